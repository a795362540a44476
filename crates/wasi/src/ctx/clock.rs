//! Clocks and random bytes: what a guest learns from the host besides files.

use super::Ctx;
use crate::sys;
use crate::types::*;

/// A clock of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Realtime,
    Monotonic,
    ProcessCpu,
    ThreadCpu,
}

impl Clock {
    /// The clock with this number.
    pub(crate) fn from_raw(raw: __wasi_clockid_t) -> Result<Self, Errno> {
        match raw {
            __WASI_CLOCK_REALTIME => Ok(Self::Realtime),
            __WASI_CLOCK_MONOTONIC => Ok(Self::Monotonic),
            __WASI_CLOCK_PROCESS_CPUTIME_ID => Ok(Self::ProcessCpu),
            __WASI_CLOCK_THREAD_CPUTIME_ID => Ok(Self::ThreadCpu),
            _ => Err(Errno::INVAL),
        }
    }
}

impl Ctx<'_> {
    /// The smallest step of a clock.
    pub(crate) fn clock_res_get(self, clock: Clock) -> __wasi_timestamp_t {
        sys::clock_resolution(clock)
    }

    /// The time on a clock. Nothing is rounded: `precision` in the interface only says what would do.
    pub(crate) fn clock_time_get(self, clock: Clock) -> __wasi_timestamp_t {
        sys::clock_time(clock)
    }

    /// Fills a buffer with unpredictable bytes.
    pub(crate) fn random_get(self, buf: &mut [u8]) -> Result<(), Errno> {
        Ok(sys::random(buf)?)
    }

    /// Lets other threads run.
    pub(crate) fn sched_yield(self) {
        std::thread::yield_now();
    }
}
