//! What the benchmark driver and the engines' workers share.
//!
//! The driver (`wasmill-bench`) starts one worker program per engine and talks to it in JSON lines over its standard
//! input and output: *prepare this case*, *measure it*, *release it* ([`protocol`]). A worker is a [`Peer`], one small
//! file that says how its engine compiles, instantiates and calls, handed to [`serve`], which does the rest: reading
//! requests, the clock, memory figures, the loop for `perf`.
//!
//! Workers are processes of their own so that engines share nothing: no signal handlers, no Cranelift (two of them pin
//! different patch releases), no heap; and so that an engine that crashes costs its column, not the run.

pub mod clock;
mod interruption;
mod loading;
pub mod memory;
pub mod peer;
pub mod protocol;
pub mod serve;

pub use peer::{
    Access, Artifact, Batch, CallKind, Code, Compiled, Compiler, Endless, Instantiation, Kernel,
    Peer, Source, Threads, TrapKind,
};
pub use serve::serve;
