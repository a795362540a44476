//! The commands, one file each.

mod binfmt;
mod cache;
mod compile;
mod completions;
mod config;
mod create_exe;
mod explore;
mod inspect;
mod man;
mod run;
mod self_update;
mod validate;
mod wast;

pub(crate) use binfmt::Binfmt;
pub(crate) use cache::Cache;
pub(crate) use compile::Compile;
pub(crate) use completions::Completions;
pub(crate) use config::Config;
pub(crate) use create_exe::CreateExe;
pub(crate) use explore::Explore;
pub(crate) use inspect::Inspect;
pub(crate) use man::Man;
pub(crate) use run::Run;
pub(crate) use self_update::SelfUpdate;
pub(crate) use validate::Validate;
pub(crate) use wast::Wast;
