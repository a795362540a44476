//! [`Straight`]: something of the host that bytes move to and from without a buffer in between.
//!
//! What always is ready is simply read and written. The rest is asked not to wait, and waited for in `wait.rs`, so that a guest
//! that waits can be ended; only what does not know how not to wait is waited for first, each time.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use super::wait::{self, retry};
use crate::files::HostStream;
use crate::sys::straight::{self, How};
use crate::sys::{self, Waiter};
use crate::types::Errno;

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
        operation: impl Fn(How) -> io::Result<usize>,
    ) -> Result<usize, Errno> {
        // The process's streams have no positions that are the guest's.
        if offset.is_some() && matches!(self.end, End::Stream(_)) {
            return Err(Errno::SPIPE);
        }
        let once = |skip, at_once| {
            let how = How {
                offset,
                skip,
                at_once,
            };
            retry(|| Ok(operation(how)?))
        };
        if !self.waits {
            return once(0, false);
        }
        // Who waits for room waits until all is written, as in every system.
        let wanted = match write && !self.nonblocking {
            true => pieces.iter().map(|piece| piece.len()).sum(),
            false => 1,
        };
        let mut done = 0;
        loop {
            match once(done, true) {
                Ok(moved) => {
                    done += moved;
                    if moved == 0 || done >= wanted {
                        return Ok(done);
                    }
                }
                Err(Errno::AGAIN) if !self.nonblocking => self.until_ready(write)?,
                Err(Errno::NOTSUP) => {
                    self.until_ready(write)?;
                    return Ok(done + once(done, false)?);
                }
                // What is wrong will be said to the next call.
                Err(_) if done > 0 => return Ok(done),
                result => return result,
            }
        }
    }

    fn until_ready(&self, write: bool) -> Result<(), Errno> {
        wait::until_ready(Waiter::file(self.fd(), write), self.nonblocking)
    }
}
