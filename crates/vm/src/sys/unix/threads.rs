//! Threads as others see them: to interrupt one, and to ask how much it has run.

use super::signals::INTERRUPTION;
use std::mem::MaybeUninit;
use std::ptr;

/// Names a thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThreadName(libc::pthread_t);

impl ThreadName {
    /// The current thread, which takes interruptions from now on even if it was started with all signals blocked.
    pub(crate) fn current() -> Self {
        // SAFETY: the set is initialised by the first call; the thread is the own one.
        unsafe {
            let mut set = MaybeUninit::uninit();
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), INTERRUPTION);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
            Self(libc::pthread_self())
        }
    }

    /// Makes the thread call the handler of interruptions, wherever it is.
    ///
    /// # Safety
    ///
    /// The thread has not ended.
    pub(crate) unsafe fn interrupt(self) {
        // SAFETY: as the caller promises. It cannot fail: thread and signal exist.
        unsafe { libc::pthread_kill(self.0, INTERRUPTION) };
    }

    /// How long the thread has run, in nanoseconds. The least it says is that it has run since, if the number has changed.
    ///
    /// # Safety
    ///
    /// The thread has not ended.
    pub(crate) unsafe fn cpu_time(self) -> u64 {
        let mut clock = 0;
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: as the caller promises; both calls fill what they are given.
        unsafe {
            libc::pthread_getcpuclockid(self.0, &mut clock);
            libc::clock_gettime(clock, &mut time);
        }
        (time.tv_sec as u64)
            .wrapping_mul(1_000_000_000)
            .wrapping_add(time.tv_nsec as u64)
    }
}
