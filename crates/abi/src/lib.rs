//! What compiled code and the runtime share, and nothing else.
//!
//! Compilers read field offsets from the `#[repr(C)]` structs here with `offset_of!`; the runtime fills those very
//! structs. There is one definition of everything, so the two cannot disagree:
//!
//! - [`call`]: the calling convention at every boundary, with pictures.
//! - `context`: the structs: context headers, funcrefs, and the definitions of memories, tables and globals.
//! - `offsets`: where the per-module part of a context lies.
//! - `builtins`: the table of runtime functions that compiled code calls.
//! - `traps`: the table of trap codes.

mod builtins;
pub mod call;
mod context;
mod offsets;
mod traps;

pub use builtins::*;
pub use context::*;
pub use offsets::*;
pub use traps::*;
