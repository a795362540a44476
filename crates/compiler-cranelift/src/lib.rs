//! The optimizing compiler of Wasmill, on Cranelift.
//!
//! ```text
//!   FunctionBodyData ─► driver ─► Translator ─► Cranelift's IR ─► CompiledFunction
//!                      (hooks)    (emit/…)      (optimize, allocate registers, encode)
//! ```
//!
//! - `compiler`: from the bodies of a module to its code, function by function, on all threads.
//! - `translator`, `emit`: the hooks, by category of operators.
//! - `inline`: small functions of the module become part of their callers.
//! - `environment`: what all functions of a module share; `regions`: what memory accesses may assume.
//! - `types`, `traps`, `isa`: our words for things to Cranelift's; `output`: back.
//! - `inspect`: the IR and the machine code as text.

mod compiler;
mod config;
mod emit;
mod environment;
mod inline;
mod inspect;
mod isa;
mod output;
mod regions;
mod translator;
mod traps;
mod types;

pub use compiler::CraneliftCompiler;
pub use config::{Cranelift, CraneliftOptLevel};
pub use inspect::FunctionText;
