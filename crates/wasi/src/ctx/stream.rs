//! Reading and writing: a [`Channel`] is what stands behind a descriptor, taken out of the table to be used without the lock.

use std::io;
use std::sync::Arc;

use super::Ctx;
use super::flags::{FdFlags, RiFlags, Rights};
use super::fs::{Object, Slot};

use super::node::OpenFile;
use super::socket::Socket;
use super::straight::Straight;
use super::wait::{patiently, retry};
use crate::files::WasiFile;
use crate::memory::MemoryFile;
use crate::types::*;

/// Where bytes come from or go to.
pub(crate) enum Channel<'a> {
    /// Something of the host.
    Straight(Straight),
    /// Something else, which takes bytes out of a buffer and puts them into one.
    Buffered(Buffered<'a>),
}

/// What is not the host's.
pub(crate) struct Buffered<'a> {
    ctx: Ctx<'a>,
    end: End,
    nonblocking: bool,
}

enum End {
    Memory(MemoryFile),
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
        let nonblocking = entry.flags.contains(FdFlags::NONBLOCK);
        let end = match &entry.object {
            Object::Folder(_) | Object::Virtual(_) => return Err(Errno::ISDIR),
            // As the host says of a descriptor that was not opened for this.
            _ if !entry.rights.contains(needed) => return Err(Errno::BADF),
            Object::File(OpenFile::Host(file)) => {
                let waits = entry.filetype != __WASI_FILETYPE_REGULAR_FILE;
                let straight = Straight::file(file.file().clone(), waits, nonblocking);
                return Ok(Channel::Straight(straight));
            }
            Object::File(OpenFile::Memory(file)) => End::Memory(file.clone()),
            Object::Socket(socket) => End::Socket(socket.clone()),
            Object::Stream(slot) => match state.fs.host_stream(*slot) {
                Some(stream) => {
                    return Ok(Channel::Straight(Straight::stream(stream, nonblocking)));
                }
                None => End::Supplied(*slot),
            },
        };
        drop(state);
        Ok(Channel::Buffered(Buffered {
            ctx: self,
            end,
            nonblocking,
        }))
    }
}

impl Buffered<'_> {
    /// Whether to go on after a read that filled its buffer: not where the next one might wait.
    pub(crate) fn reads_on(&self) -> bool {
        matches!(self.end, End::Memory(_))
    }

    /// Whether what is written must be written at once.
    pub(crate) fn keeps_boundaries(&self) -> bool {
        matches!(&self.end, End::Socket(socket) if socket.keeps_boundaries())
    }

    /// Reads at the channel's own position, or at one that moves nothing.
    pub(crate) fn read(&self, buf: &mut [u8], offset: Option<u64>) -> Result<usize, Errno> {
        let len = buf.len();
        let count = match (&self.end, offset) {
            (End::Memory(file), None) => file.read(buf),
            (End::Memory(file), Some(offset)) => file.read_at(buf, offset),
            (End::Supplied(_) | End::Socket(_), Some(_)) => Err(Errno::SPIPE),
            (End::Supplied(slot), None) => self.supplied(*slot, |file| file.read(buf)),
            (End::Socket(socket), None) => socket
                .receive(buf, RiFlags::empty(), self.nonblocking)
                .map(|(count, _)| count),
        };
        count.map(|count| count.min(len))
    }

    /// Writes at the channel's own position, or at one that moves nothing.
    pub(crate) fn write(&self, buf: &[u8], offset: Option<u64>) -> Result<usize, Errno> {
        let count = match (&self.end, offset) {
            (End::Memory(file), None) => file.write(buf),
            (End::Memory(file), Some(offset)) => file.write_at(buf, offset),
            (End::Supplied(_) | End::Socket(_), Some(_)) => Err(Errno::SPIPE),
            (End::Supplied(slot), None) => self.supplied(*slot, |file| file.write(buf)),
            (End::Socket(socket), None) => socket.send(buf, self.nonblocking),
        };
        count.map(|count| count.min(buf.len()))
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
}
