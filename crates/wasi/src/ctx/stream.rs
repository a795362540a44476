//! Reading and writing: a [`Channel`] is what stands behind a descriptor, taken out of the table to be used without the lock.

use std::time::Duration;

use super::Ctx;
use super::flags::{FdFlags, Rights};
use super::fs::{Object, Slot};
use super::node::OpenFile;
use crate::files::HostStream;
use crate::sys;
use crate::types::*;

/// Where bytes come from or go to.
pub(crate) struct Channel<'a> {
    ctx: Ctx<'a>,
    end: End,
    nonblocking: bool,
    /// Whether a full buffer means that more can be read without waiting.
    regular: bool,
}

enum End {
    File(OpenFile),
    /// One of the process's streams.
    Host(HostStream),
    /// A stream of the host program; it is used under the lock.
    Supplied(Slot),
}

impl<'a> Ctx<'a> {
    /// What can be read through a descriptor.
    pub(crate) fn reader(self, fd: __wasi_fd_t) -> Result<Channel<'a>, Errno> {
        self.channel(fd, Rights::FD_READ)
    }

    /// What can be written through a descriptor.
    pub(crate) fn writer(self, fd: __wasi_fd_t) -> Result<Channel<'a>, Errno> {
        self.channel(fd, Rights::FD_WRITE)
    }

    fn channel(self, fd: __wasi_fd_t, needed: Rights) -> Result<Channel<'a>, Errno> {
        let state = self.lock();
        let entry = state.fs.entry(fd)?;
        let end = match &entry.object {
            Object::Folder(_) | Object::Virtual(_) => return Err(Errno::ISDIR),
            // As the host says of a descriptor that was not opened for this.
            _ if !entry.rights.contains(needed) => return Err(Errno::BADF),
            Object::File(file) => End::File(file.clone()),
            Object::Stream(slot) => match state.fs.host_stream(*slot) {
                Some(stream) => End::Host(stream),
                None => End::Supplied(*slot),
            },
        };
        let nonblocking = entry.flags.contains(FdFlags::NONBLOCK);
        let regular = entry.filetype == __WASI_FILETYPE_REGULAR_FILE;
        drop(state);
        Ok(Channel {
            ctx: self,
            end,
            nonblocking,
            regular,
        })
    }
}

impl Channel<'_> {
    /// Whether to go on after a read that filled its buffer: not where the next one might wait.
    pub(crate) fn reads_on(&self) -> bool {
        self.regular
    }

    pub(crate) fn read(&self, buf: &mut [u8]) -> Result<usize, Errno> {
        let len = buf.len();
        retry(|| match &self.end {
            End::File(file) => file.read(buf),
            End::Host(stream) => {
                self.ready(*stream)?;
                Ok(stream.read(buf)?)
            }
            End::Supplied(slot) => self
                .ctx
                .lock()
                .fs
                .stream(*slot)?
                .read(buf)
                .map_err(Errno::from),
        })
        .map(|count| count.min(len))
    }

    pub(crate) fn write(&self, buf: &[u8]) -> Result<usize, Errno> {
        retry(|| match &self.end {
            End::File(file) => file.write(buf),
            End::Host(stream) => Ok(stream.write(buf)?),
            End::Supplied(slot) => self
                .ctx
                .lock()
                .fs
                .stream(*slot)?
                .write(buf)
                .map_err(Errno::from),
        })
        .map(|count| count.min(buf.len()))
    }

    /// Reads at a position, which moves nothing.
    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let file = self.positioned()?;
        retry(|| file.read_at(buf, offset))
    }

    /// Writes at a position, which moves nothing.
    pub(crate) fn write_at(&self, buf: &[u8], offset: u64) -> Result<usize, Errno> {
        let file = self.positioned()?;
        retry(|| file.write_at(buf, offset))
    }

    /// The file, if it is one that has positions.
    fn positioned(&self) -> Result<&OpenFile, Errno> {
        match &self.end {
            End::File(file) => Ok(file),
            End::Host(_) | End::Supplied(_) => Err(Errno::SPIPE),
        }
    }

    /// For a guest that does not want to wait: EAGAIN unless reading would not.
    fn ready(&self, stream: HostStream) -> Result<(), Errno> {
        if !self.nonblocking {
            return Ok(());
        }
        let mut waiters = [sys::Waiter::stream(stream, false)];
        sys::wait(&mut waiters, Some(Duration::ZERO))?;
        if waiters[0].ready {
            Ok(())
        } else {
            Err(Errno::AGAIN)
        }
    }
}

/// Tries again after a signal: the guest knows no signals.
fn retry(mut operation: impl FnMut() -> Result<usize, Errno>) -> Result<usize, Errno> {
    loop {
        match operation() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}
