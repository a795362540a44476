//! Ends a guest that runs too long.
//!
//! A watching thread interrupts what runs when the time is over. That ends compiled code at once, and host functions that wait and
//! can be woken. One that does not come back for some time after that is left where it is: the process ends with it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use wasmill::InterruptHandle;

/// How long a guest that was interrupted may take to end.
const GRACE: Duration = Duration::from_millis(500);

/// Between two attempts to interrupt.
const PAUSE: Duration = Duration::from_millis(1);

/// Does `work`, which is interrupted after `limit`. `give_up` ends the process. Says whether the time was over.
pub(crate) fn within<T>(
    limit: Option<Duration>,
    give_up: impl FnOnce() + Send,
    work: impl FnOnce() -> Result<T>,
) -> (Result<T>, bool) {
    let Some(limit) = limit else {
        return (work(), false);
    };
    let handle = InterruptHandle::for_current_thread();
    thread::scope(|scope| {
        let (running, ended) = mpsc::channel::<()>();
        let watch = scope.spawn(move || watch(limit, &handle, &ended, give_up));
        let outcome = work();
        drop(running);
        (outcome, watch.join().unwrap_or(false))
    })
}

/// Waits for the end, or for the time to be over. Says whether it was.
fn watch(
    limit: Duration,
    handle: &InterruptHandle,
    ended: &Receiver<()>,
    give_up: impl FnOnce(),
) -> bool {
    let has_ended = |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Disconnected);
    if has_ended(limit) {
        return false;
    }
    let start = Instant::now();
    while start.elapsed() < GRACE {
        // Between two calls nothing runs that could be interrupted.
        handle.interrupt();
        if has_ended(PAUSE) {
            return true;
        }
    }
    give_up();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn work_that_ends_in_time_is_left_alone() {
        for limit in [None, Some(Duration::from_secs(3600))] {
            let (outcome, late) = within(limit, || panic!("it has ended"), || Ok(7));
            assert_eq!((outcome.unwrap(), late), (7, false));
        }
    }

    #[test]
    fn work_that_cannot_be_interrupted_is_given_up() {
        let is_given_up = AtomicBool::new(false);
        let give_up = || is_given_up.store(true, Ordering::Relaxed);
        let work = || {
            while !is_given_up.load(Ordering::Relaxed) {
                thread::sleep(PAUSE);
            }
            Ok(())
        };
        let (outcome, late) = within(Some(PAUSE), give_up, work);
        assert!(outcome.is_ok() && late);
    }
}
