//! Plain WebAssembly data: types, values, indices, units, and the description of a module.
//!
//! Every other crate speaks in these words, so nothing here can execute anything, and nothing but `raw` is `unsafe`.
//! Data flows one way: the front end fills a [`ModuleInfo`], compilers read it, the runtime instantiates from it.

mod bytes;
mod deferred;
mod indices;
mod listing;
mod map;
mod module;
mod names;
mod raw;
mod types;
mod units;
mod value;

pub use bytes::*;
pub use deferred::Deferred;
pub use indices::*;
pub use listing::{ExportsIterator, ImportsIterator};
pub use map::{BoxedSlice, EntityRef, PrimaryMap};
pub use module::*;
pub use names::*;
pub use types::*;
pub use units::*;
pub use value::*;

/// Entity maps and the trait of their keys, under the name programs know.
pub mod entity {
    pub use crate::map::{BoxedSlice, EntityRef, PrimaryMap};
}

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
