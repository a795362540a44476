//! Reading and writing: a [`Channel`] is what stands behind a descriptor, taken out of the table to be used without the lock.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::Ctx;
use super::flags::{FdFlags, RiFlags, Rights};
use super::fs::{Object, Slot};
use super::node::OpenFile;
use super::socket::Socket;
use super::wait::{self, patiently, retry};
use crate::files::{HostStream, WasiFile};
use crate::sys::{self, Waiter};
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
    Socket(Arc<Socket>),
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
            Object::Socket(socket) => End::Socket(socket.clone()),
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

    /// Whether what is written must be written at once.
    pub(crate) fn keeps_boundaries(&self) -> bool {
        matches!(&self.end, End::Socket(socket) if socket.keeps_boundaries())
    }

    pub(crate) fn read(&self, buf: &mut [u8]) -> Result<usize, Errno> {
        let len = buf.len();
        let count = match &self.end {
            End::File(file) => {
                self.until_ready(file, false)?;
                retry(|| file.read(buf))
            }
            End::Host(stream) => {
                self.until_stream_ready(*stream, false)?;
                retry(|| Ok(stream.read(buf)?))
            }
            End::Supplied(slot) => self.supplied(*slot, |file| file.read(buf)),
            End::Socket(socket) => socket
                .receive(buf, RiFlags::empty(), self.nonblocking)
                .map(|(count, _)| count),
        };
        count.map(|count| count.min(len))
    }

    pub(crate) fn write(&self, buf: &[u8]) -> Result<usize, Errno> {
        let count = match &self.end {
            End::File(file) => {
                self.until_ready(file, true)?;
                retry(|| file.write(buf))
            }
            End::Host(stream) => {
                self.until_stream_ready(*stream, true)?;
                retry(|| Ok(stream.write(buf)?))
            }
            End::Supplied(slot) => self.supplied(*slot, |file| file.write(buf)),
            End::Socket(socket) => socket.send(buf, self.nonblocking),
        };
        count.map(|count| count.min(buf.len()))
    }

    /// Waits for a file that is not always ready. A guest that does not want to wait has told the host so.
    fn until_ready(&self, file: &OpenFile, write: bool) -> Result<(), Errno> {
        match file.host() {
            Some(host) if !self.regular && !self.nonblocking => {
                wait::until_ready(Waiter::file(host.as_fd(), write), false)
            }
            _ => Ok(()),
        }
    }

    /// Waits for one of the process's streams, whose mode is not the guest's to change.
    fn until_stream_ready(&self, stream: HostStream, write: bool) -> Result<(), Errno> {
        if !sys::stream_waits(stream) {
            return Ok(());
        }
        wait::until_ready(Waiter::stream(stream, write), self.nonblocking)
    }

    /// Uses a stream of the host program, which may have nothing yet.
    fn supplied(
        &self,
        slot: Slot,
        mut operation: impl FnMut(&mut dyn WasiFile) -> io::Result<usize>,
    ) -> Result<usize, Errno> {
        let once = || {
            let mut state = self.ctx.lock();
            operation(state.fs.stream(slot)?).map_err(Errno::from)
        };
        if self.nonblocking {
            retry(once)
        } else {
            patiently(once)
        }
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
            End::Host(_) | End::Supplied(_) | End::Socket(_) => Err(Errno::SPIPE),
        }
    }
}
