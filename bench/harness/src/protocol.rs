//! What driver and worker say to each other: one JSON value per line, an answer to each request.

use crate::peer::{Access, CallKind, Instantiation, Source, Threads, TrapKind};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One thing to measure. Modules are binary Wasm files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The module's file.
    pub module: PathBuf,
    /// What to do with it.
    pub action: Action,
}

/// What to do with a module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// Call `run` with this argument; one iteration is one call.
    Run(i32),
    /// Call `run` with the number of iterations: for figures per turn of a loop inside the module.
    Loop,
    /// Compile it.
    Compile(Threads),
    /// Validate it, on one thread.
    Validate,
    /// Compile it once and tell how far memory rose. Wants a fresh worker.
    CompileMemory,
    /// Instantiate and drop.
    Instantiate(Instantiation),
    /// Call across the boundary.
    Call(CallKind),
    /// Look into an instance's state, or change it.
    Access(Access),
    /// Trap and catch.
    Trap(TrapKind),
    /// Interrupt a call. Times are from the interruption to the call's end, which only a clock on the wall can tell.
    Interrupt,
    /// Load a compiled module.
    Load(Source),
}

/// From the driver to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Get this case ready, forgetting any earlier one.
    Prepare(Case),
    /// Do the prepared case this many times.
    Measure(u64),
}

/// From a worker to the driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The case can be measured.
    Ready,
    /// The engine has no such thing.
    NotApplicable,
    /// One measurement.
    Sample(Sample),
    /// Something went wrong.
    Failed(String),
}

/// One measurement of a number of iterations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// How many iterations the figures are for.
    pub iterations: u64,
    /// Wall time of all of them.
    pub wall_ns: u64,
    /// Processor time of all of them, over all threads.
    pub cpu_ns: u64,
    /// What `run` returned.
    pub checksum: Option<i64>,
    /// Bytes of machine code, where known.
    pub code_bytes: Option<u64>,
    /// Peak resident memory above what was there before.
    pub peak_bytes: Option<u64>,
}
