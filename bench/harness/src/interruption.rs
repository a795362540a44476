//! How long it takes until a call ends that another thread interrupts.
//!
//! The clock starts when the other thread begins to interrupt and stops when the call has returned its error. What comes
//! before (the call has to be under way) does not count.

use crate::peer::Endless;
use anyhow::Result;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a call runs before it is interrupted.
const RUNNING: Duration = Duration::from_micros(200);

/// Interrupts one call, and says how long it went on.
pub(crate) fn latency(endless: &mut Endless) -> Result<Duration> {
    let Endless { call, interrupt } = endless;
    let (called, ended) = (AtomicBool::new(false), AtomicBool::new(false));
    let until_interrupted = || {
        while !called.load(Ordering::Acquire) {
            thread::yield_now();
        }
        thread::sleep(RUNNING);
        let mut start = Instant::now();
        while !interrupt() && !ended.load(Ordering::Acquire) {
            start = Instant::now();
        }
        start
    };
    thread::scope(|scope| {
        let interrupter = scope.spawn(until_interrupted);
        called.store(true, Ordering::Release);
        let outcome = call();
        let end = Instant::now();
        ended.store(true, Ordering::Release);
        let start = interrupter.join().expect("it cannot panic");
        outcome.map(|()| end.saturating_duration_since(start))
    })
}
