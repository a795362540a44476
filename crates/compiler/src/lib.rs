//! The front end: from the bytes of a module to compiled functions.
//!
//! ```text
//!   bytes ─► translate ─► ModuleInfo + function bodies
//!                              │   (one driver walks each body once: decode, validate, emit)
//!                              ▼
//!                         driver ──hooks──► Emit, implemented by each compiler ─► CompiledFunction
//! ```
//!
//! `operators.rs` is the only list of operators; `driver.rs` alone knows control frames, operands and dead code. Back
//! ends see the small vocabulary of [`ops`], operands already popped and validated, in reachable code only.

mod emit;
mod error;
pub mod ops;
mod output;

pub use emit::*;
pub use error::*;
pub use output::*;
pub use wasmparser;
