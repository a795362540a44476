//! Differential fuzzing: random modules under Singlepass, Cranelift, LLVM (with the feature `llvm`) and the interpreter `wasmi`, all
//! of which must agree bit by bit.
//!
//! ```text
//!   seed ─► Case: a module, settings ─┬─► native: Singlepass ──┐
//!                                     ├─► native: Cranelift ───┤
//!                                     ├─► native: LLVM (some) ─┼─► Outcomes ─► the same?
//!                                     └─► interpreter: wasmi ──┘
//! ```
//!
//! Everything follows from the seed, so that a difference can be met again anywhere. `guided` is for libFuzzer, which chooses
//! the bytes by what they cover: of cases, and of what `hostile` gives to compilers and to the loader of artifacts.

pub mod case;
pub mod check;
mod excuse;
pub mod guided;
pub mod hostile;
mod interpreter;
mod native;
mod outcome;
mod random;
mod script;
