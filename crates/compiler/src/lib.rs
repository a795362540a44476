//! The front end: from the bytes of a module to compiled functions.
//!
//! ```text
//!   bytes ─► translate ─► ModuleInfo + function bodies            (middlewares, if any, make another module of it here)
//!                              │   (one driver walks each body once: decode, validate, emit)
//!                              ▼
//!                         driver ──hooks──► Emit, implemented by each compiler ─► CompiledFunction
//! ```
//!
//! `operators.rs` is the only list of operators; `driver.rs` alone knows control frames, operands and dead code. Back
//! ends see the small vocabulary of [`ops`], operands already popped and validated, in reachable code only.

mod bulk;
mod compile;
mod control;
mod convert;
mod driver;
mod emit;
mod error;
mod features;
mod middleware;
mod operators;
pub mod ops;
mod ops_text;
mod output;
mod progress;
mod sections;
pub mod target;
mod translate;
mod usage;
#[cfg(feature = "wat")]
mod wat;

pub use bulk::chunks;
pub use compile::*;
pub use driver::{DriverState, MAX_OPERANDS, drive};
pub use emit::*;
pub use error::*;
pub use features::Features;
pub use middleware::{
    FunctionMiddleware, MiddlewareBinaryReader, MiddlewareReaderState, ModuleMiddleware,
    ModuleMiddlewareChain, compile_through,
};
pub use ops_text::ops_text;
pub use output::*;
pub use progress::*;
pub use sections::MAX_TABLE_ELEMENTS;
pub use target::{CpuFeature, ParseCpuFeatureError, Target};
pub use translate::*;
pub use usage::LocalUsage;
#[cfg(feature = "wat")]
pub use wat::{WatError, modernise_wat, wat2wasm};

/// The binary format, as middlewares and other programs see it: wasmparser, with the operators and their immediates as
/// the API has them that middlewares are written for.
pub mod wasmparser {
    pub use crate::middleware::{BrTable, MemoryImmediate, Operator, Type, TypeOrFuncType};
    pub use ::wasmparser::Operator as NewerOperator;
    pub use ::wasmparser::*;

    /// Part of a module.
    pub type Range = std::ops::Range<u64>;
    /// A lane of a vector.
    pub type SIMDLaneIndex = u8;
}
