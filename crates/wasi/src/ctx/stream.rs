//! Reading and writing: a [`Channel`] is what stands behind a descriptor, taken out of the table to be used without the lock.

use std::sync::Arc;

use super::Ctx;
use super::flags::{FdFlags, RiFlags, Rights};
use super::fs::Object;

use super::node::OpenFile;
use super::socket::Socket;
use super::straight::Straight;
use super::supplied::FileRef;
use super::wait::{patiently, retry};
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
    append: bool,
}

enum End {
    Memory(MemoryFile),
    /// A file of the host program.
    Supplied(FileRef),
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
            Object::Supplied(file) => match state.fs.supplied.host_stream(file.id) {
                Some(stream) => {
                    return Ok(Channel::Straight(Straight::stream(stream, nonblocking)));
                }
                None => End::Supplied(file.clone()),
            },
        };
        let append = entry.flags.contains(FdFlags::APPEND);
        drop(state);
        Ok(Channel::Buffered(Buffered {
            ctx: self,
            end,
            nonblocking,
            append,
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
            (End::Socket(_), Some(_)) => Err(Errno::SPIPE),
            (End::Supplied(file), None) => self.supplied(|| file.read(self.ctx, buf)),
            (End::Supplied(file), Some(offset)) => {
                self.supplied(|| file.read_at(self.ctx, buf, offset))
            }
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
            (End::Socket(_), Some(_)) => Err(Errno::SPIPE),
            (End::Supplied(file), None) => self.supplied(|| file.write(self.ctx, buf, self.append)),
            (End::Supplied(file), Some(offset)) => {
                self.supplied(|| file.write_at(self.ctx, buf, offset))
            }
            (End::Socket(socket), None) => socket.send(buf, self.nonblocking),
        };
        count.map(|count| count.min(buf.len()))
    }

    /// Uses a stream of the host program, which may have nothing yet.
    fn supplied(&self, operation: impl FnMut() -> Result<usize, Errno>) -> Result<usize, Errno> {
        if self.nonblocking {
            retry(operation)
        } else {
            patiently(operation)
        }
    }
}
