//! The commands, one file each.

mod cache;
mod compile;
mod create_exe;
mod explore;
mod inspect;
mod run;
mod validate;
mod wast;

pub(crate) use cache::Cache;
pub(crate) use compile::Compile;
pub(crate) use create_exe::CreateExe;
pub(crate) use explore::Explore;
pub(crate) use inspect::Inspect;
pub(crate) use run::Run;
pub(crate) use validate::Validate;
pub(crate) use wast::Wast;
