//! The baseline compiler of Wasmill: one pass, no IR, time and memory linear in the input.
//!
//! ```text
//!   FunctionBodyData ─► LocalUsage ─► which locals get registers (locals.rs)
//!            └────────► driver ─► Generator ─► Assembler ─► CompiledFunction
//!                       (hooks)   (emit/…)     (x64/…)
//! ```
//!
//! - `compiler`: from the bodies of a module to its code, function by function, on all threads.
//! - `generator`: the state of one function: the operand stack and who owns which register. `location`: where an operand
//!   can be. `pending`: the topmost operand may not be computed yet. `locals`: where locals are.
//! - `emit`: the hooks, by category of operators.
//! - `aside`: what is seldom reached stands behind the function.
//! - `entry`, `abi`: how functions are entered and called.
//! - `x64`: the machine, which knows no WebAssembly.
//! - `inspect` (a feature, for it takes a disassembler): machine code as text.

mod abi;
mod aside;
mod compiler;
mod config;
mod emit;
mod entry;
mod environment;
mod generator;
#[cfg(feature = "inspect")]
mod inspect;
mod locals;
mod location;
mod masm;
mod pending;
mod x64;

pub use compiler::SinglepassCompiler;
pub use config::Singlepass;
