//! The compiler of Wasmill for the fastest code, on LLVM 22.
//!
//! ```text
//!   bodies ─► driver ─► Translator ─► LLVM's IR ─► passes ─► object file ─► CompiledFunction
//!            (hooks)    (emit/…)      one module a unit      (object.rs, debug.rs)
//! ```
//!
//! - `compiler`: from the bodies of a module to its code, unit by unit, on all threads; `parts`: how it is divided.
//! - `unit`: functions that LLVM sees together: what it may inline, and what it must keep.
//! - `translator`, `emit`: the hooks, by category of operators; `extent`: which functions LLVM had better leave alone.
//! - `pipeline`: LLVM's passes.
//! - `machine`: the target; `types`: our words for things to LLVM's; `metadata`: what LLVM may assume of memory.
//! - `object`, `debug`: from LLVM's object file to what the runtime needs.
//! - `loops`: a pass of our own: loops over arrays get a copy whose accesses are checked beforehand.
//! - `selects`: another, behind all others: what LLVM must not do to loads that a value is chosen from.
//! - `diagnostics`: what goes wrong inside of LLVM.
//! - `inspect`: IR and machine code as text.
//!
//! # Traps
//!
//! All accesses of guest memory that may fault, and all writes that outlive the call, are volatile for LLVM: none is left
//! out, and they keep their order, so that a trap leaves behind exactly what WebAssembly says. Everything else that traps is a
//! comparison and an instruction that faults, which carries its trap code.

mod compiler;
mod config;
mod debug;
mod diagnostics;
mod emit;
mod environment;
mod extent;
mod inspect;
mod loops;
mod machine;
mod metadata;
mod object;
mod parts;
mod pipeline;
mod selects;
mod translator;
mod types;
mod unit;

pub use compiler::LLVMCompiler;
pub use config::{
    CompiledKind, InkwellMemoryBuffer, InkwellModule, LLVM, LLVMCallbacks, LLVMOptLevel,
};
pub use inspect::FunctionText;
