//! Whether a section is what was written: found out once, when it is needed.
//!
//! A signal handler may be the first to ask (for the table of traps), so nothing here allocates, locks or waits. Threads that ask
//! at once find out the same.

use std::sync::atomic::{AtomicU8, Ordering};
use wasmill_types::SharedBytes;
use xxhash_rust::xxh3::xxh3_64;

/// The seal of one section.
pub(super) struct Seal {
    bytes: SharedBytes,
    checksum: u64,
    state: AtomicU8,
}

/// Nobody has asked.
const UNKNOWN: u8 = 0;
const WHOLE: u8 = 1;
const BROKEN: u8 = 2;

impl Seal {
    pub(super) fn new(bytes: SharedBytes, checksum: u64) -> Self {
        Self {
            bytes,
            checksum,
            state: AtomicU8::new(UNKNOWN),
        }
    }
}

impl wasmill_types::Seal for Seal {
    fn is_whole(&self) -> bool {
        // The bytes never change, so whatever the order is in which threads see the answer, it is the same.
        if self.state.load(Ordering::Relaxed) == UNKNOWN {
            let state = match xxh3_64(&self.bytes) == self.checksum {
                true => WHOLE,
                false => BROKEN,
            };
            self.state.store(state, Ordering::Relaxed);
        }
        self.state.load(Ordering::Relaxed) == WHOLE
    }
}
