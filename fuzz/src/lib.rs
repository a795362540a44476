//! Differential fuzzing: random modules under Singlepass, under Cranelift and under the interpreter `wasmi`, all of which must
//! agree bit by bit.
//!
//! ```text
//!   seed ─► Case: a module, settings ─┬─► native: Singlepass ──┐
//!                                     ├─► native: Cranelift ───┼─► Outcome, Outcome, Outcome ─► the same?
//!                                     └─► interpreter: wasmi ──┘
//! ```
//!
//! Everything follows from the seed, so that a difference can be met again anywhere. What is not here: mutation guided by
//! coverage; the generator makes valid modules, and executions by the million find what there is.

pub mod case;
pub mod check;
mod interpreter;
mod native;
mod outcome;
mod random;
mod script;
