//! The stack that guests run on must end somewhere: a guest that recurses for ever shall trap, not use up the machine.

use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context, Result};
use rustix::process::{Resource, getrlimit};

/// More than any program needs that is not endless.
const LARGEST: usize = 256 << 20;

/// Does `work` on the main thread, as long as the system limits that one's stack; otherwise on a thread of its own.
pub(crate) fn bounded(work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    let limit = getrlimit(Resource::Stack).current;
    if limit.is_some_and(|limit| limit <= LARGEST as u64) {
        return work();
    }
    on_thread(LARGEST, work)
}

/// Does `work` on a thread with so large a stack.
pub(crate) fn on_thread(size: usize, work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(size);
        let thread = thread
            .spawn_scoped(scope, work)
            .with_context(|| format!("cannot make a stack of {size} bytes to run on"))?;
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
