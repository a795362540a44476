//! Waiting for the host, in short steps: in between it is asked whether the guest is to end.
//!
//! Nothing in this crate waits but through here, and what takes long because it is much asks here in between. A wait of the operating system ends early when the guest is interrupted, but
//! not if that happens just before it begins: then the step's end is the end.

use std::time::Duration;

use crate::sys::{self, Waiter};
use crate::types::*;

/// How long is waited at once.
const STEP: Duration = Duration::from_millis(50);

/// Waits until one of the waiters is ready or the time is over, or shorter. EINTR if the guest is to end.
pub(super) fn step(waiters: &mut [Waiter<'_>], timeout: Option<Duration>) -> Result<(), Errno> {
    check()?;
    sys::wait(
        waiters,
        Some(timeout.map_or(STEP, |timeout| timeout.min(STEP))),
    )?;
    check()
}

/// EINTR if the guest is to end: its caller then gets an error, whatever is returned to the guest.
pub(crate) fn check() -> Result<(), Errno> {
    match wasmill::interrupted() {
        true => Err(Errno::INTR),
        false => Ok(()),
    }
}

/// Waits until a waiter is ready; a guest that does not want to wait gets EAGAIN if it is not.
pub(super) fn until_ready(waiter: Waiter<'_>, nonblocking: bool) -> Result<(), Errno> {
    let mut waiters = [waiter];
    loop {
        step(&mut waiters, nonblocking.then_some(Duration::ZERO))?;
        if waiters[0].ready {
            return Ok(());
        }
        if nonblocking {
            return Err(Errno::AGAIN);
        }
    }
}

/// Tries again after a signal: the guest knows no signals.
pub(super) fn retry<T>(mut operation: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match operation() {
            Err(Errno::INTR) => check()?,
            result => return result,
        }
    }
}

/// Tries again, every now and then, what has nothing yet and cannot be waited for.
pub(super) fn patiently<T>(mut operation: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match retry(&mut operation) {
            Err(Errno::AGAIN) => step(&mut [], Some(NOW_AND_THEN))?,
            result => return result,
        }
    }
}

/// How often streams of the host program are asked that have nothing yet.
pub(super) const NOW_AND_THEN: Duration = Duration::from_millis(5);
