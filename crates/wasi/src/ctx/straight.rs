//! [`Straight`]: something of the host that bytes move to and from without a buffer in between.
//!
//! What always is ready is simply read and written. The rest is asked not to wait, and waited for in `wait.rs`, so that a guest
//! that waits can be ended; only what does not know how not to wait is waited for first, each time.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use super::wait::{self, check, retry};
use crate::files::HostStream;
use crate::sys::straight::{self, How, Moved};
use crate::sys::{self, Waiter};
use crate::types::Errno;

/// How many bytes are moved between two looks whether the guest is to end: what a disk does in moments.
const LONG: usize = 16 << 20;

/// How many bytes are written at once into what may have no room: a pipe's reader begins with the first while the next are written.
const PIPED: usize = 8 << 10;

/// Pieces of a guest's memory, in the order in which they are filled or written out.
pub(crate) type Pieces<'a, 'b> = &'a [&'b [Cell<u8>]];

/// A descriptor of the host, as it is used in one call of the guest.
pub(crate) struct Straight {
    end: End,
    /// Whether it may have nothing yet, or no room.
    waits: bool,
    nonblocking: bool,
}

enum End {
    File(Arc<File>),
    /// One of the process's streams.
    Stream(HostStream),
}

impl Straight {
    pub(super) fn file(file: Arc<File>, waits: bool, nonblocking: bool) -> Self {
        Self {
            end: End::File(file),
            waits,
            nonblocking,
        }
    }

    pub(super) fn stream(stream: HostStream, nonblocking: bool) -> Self {
        Self {
            end: End::Stream(stream),
            waits: sys::stream_waits(stream),
            nonblocking,
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match &self.end {
            End::File(file) => file.as_fd(),
            End::Stream(stream) => sys::stream_fd(*stream),
        }
    }

    /// Reads at the descriptor's own position, or at one that moves nothing.
    pub(crate) fn read(&self, pieces: Pieces<'_, '_>, offset: Option<u64>) -> Result<usize, Errno> {
        if let End::Stream(stream) = self.end {
            stream.check_direction(false)?;
        }
        self.transfer(pieces, offset, false, |how| {
            straight::read(self.fd(), pieces, how)
        })
    }

    /// Writes at the descriptor's own position, or at one that moves nothing.
    pub(crate) fn write(
        &self,
        pieces: Pieces<'_, '_>,
        offset: Option<u64>,
    ) -> Result<usize, Errno> {
        if let End::Stream(stream) = self.end {
            stream.check_direction(true)?;
            stream.flush_own()?;
        }
        self.transfer(pieces, offset, true, |how| {
            straight::write(self.fd(), pieces, how)
        })
    }

    fn transfer(
        &self,
        pieces: Pieces<'_, '_>,
        offset: Option<u64>,
        write: bool,
        operation: impl Fn(How) -> io::Result<Moved>,
    ) -> Result<usize, Errno> {
        // The process's streams have no positions that are the guest's.
        if offset.is_some() && matches!(self.end, End::Stream(_)) {
            return Err(Errno::SPIPE);
        }
        let total = pieces.iter().map(|piece| piece.len()).sum();
        // Who waits for room waits until all is written, as in every system.
        let insists = write && self.waits && !self.nonblocking;
        let most = if write && self.waits { PIPED } else { LONG };
        let mut at_once = self.waits;
        let mut done = 0;
        loop {
            let how = How {
                offset,
                skip: done,
                most,
                at_once,
            };
            match self.once(write, how, &operation) {
                Ok(moved) => {
                    done += moved.bytes;
                    if done == total || moved.bytes == 0 || !(moved.whole || insists) {
                        return Ok(done);
                    }
                    check()?;
                }
                Err(Errno::INTR) => return Err(Errno::INTR),
                Err(Errno::NOTSUP) if at_once => at_once = false,
                Err(Errno::AGAIN) if at_once && !self.nonblocking && (insists || done == 0) => {
                    self.until_ready(write)?;
                }
                // What is wrong will be said to the next call.
                Err(_) if done > 0 => return Ok(done),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// One call of the system. What may wait, and does not know how not to, is waited for before.
    fn once(
        &self,
        write: bool,
        how: How,
        operation: impl Fn(How) -> io::Result<Moved>,
    ) -> Result<Moved, Errno> {
        if self.waits && !how.at_once {
            self.until_ready(write)?;
        }
        retry(|| Ok(operation(how)?))
    }

    fn until_ready(&self, write: bool) -> Result<(), Errno> {
        wait::until_ready(Waiter::file(self.fd(), write), self.nonblocking)
    }
}
