//! Sockets: what the host program handed in, and what is accepted from those.
//!
//! A guest cannot make a socket or name an address. The host's sockets are all in non-blocking mode; whether the guest wants to
//! wait is a flag of its descriptor, and waiting is done with `poll`, so that it can be interrupted.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType};

use super::flags::{FdFlags, Rights};
use super::fs::{Entry, Object};
use super::inode::Inode;
use super::wait::{retry, until_ready};
use super::{Ctx, RiFlags};
use crate::sys::{self, Waiter};
use crate::types::*;

/// A socket of the host.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    kind: Kind,
    /// Whether it was in non-blocking mode when it came.
    was_nonblocking: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Connections are accepted from it.
    Listener,
    /// One end of a connection that keeps no boundaries.
    Stream,
    /// One that keeps them: what is sent at once is received at once.
    Messages,
}

impl Socket {
    /// What the host program handed in, from now on in non-blocking mode. `Err` says what is wrong with it.
    pub(crate) fn new(fd: OwnedFd) -> Result<Self, String> {
        let kind = Self::kind(&fd).map_err(|error| format!("this is no socket: {error}"))?;
        let refused = |error| format!("cannot make a socket non-blocking: {error}");
        let flags = rustix::fs::fcntl_getfl(&fd).map_err(refused)?;
        rustix::io::ioctl_fionbio(&fd, true).map_err(refused)?;
        let was_nonblocking = flags.contains(rustix::fs::OFlags::NONBLOCK);
        Ok(Self {
            fd,
            kind,
            was_nonblocking,
        })
    }

    /// Another handle of the same socket.
    pub(crate) fn try_clone(&self) -> std::io::Result<Self> {
        Ok(Self {
            fd: self.fd.try_clone()?,
            ..*self
        })
    }

    fn kind(fd: &OwnedFd) -> rustix::io::Result<Kind> {
        Ok(match rustix::net::sockopt::socket_type(fd)? {
            SocketType::STREAM if rustix::net::sockopt::socket_acceptconn(fd)? => Kind::Listener,
            SocketType::STREAM => Kind::Stream,
            _ => Kind::Messages,
        })
    }

    pub(super) fn filetype(&self) -> __wasi_filetype_t {
        match self.kind {
            Kind::Listener | Kind::Stream => __WASI_FILETYPE_SOCKET_STREAM,
            Kind::Messages => __WASI_FILETYPE_SOCKET_DGRAM,
        }
    }

    pub(super) fn entry(self) -> Entry {
        let mut flags = FdFlags::empty();
        flags.set(FdFlags::NONBLOCK, self.was_nonblocking);
        Entry {
            filetype: self.filetype(),
            object: Object::Socket(Arc::new(self)),
            // What makes no sense for this kind of socket the host will say.
            rights: Rights::OF_SOCKETS,
            inheriting: Rights::OF_SOCKETS,
            granted: Rights::OF_SOCKETS,
            flags,
            preopen: None,
            inode: Inode::default(),
        }
    }

    pub(super) fn stat(&self) -> Result<__wasi_filestat_t, Errno> {
        Ok(__wasi_filestat_t {
            st_filetype: self.filetype(),
            ..sys::stat(&self.fd)?
        })
    }

    pub(super) fn waiter(&self, write: bool) -> Waiter<'_> {
        Waiter::socket(self.fd.as_fd(), write)
    }

    /// Whether it has connections rather than bytes.
    pub(super) fn is_listener(&self) -> bool {
        self.kind == Kind::Listener
    }

    /// Does something to the socket, when it is ready for it.
    fn when_ready<T>(
        &self,
        write: bool,
        nonblocking: bool,
        mut operation: impl FnMut() -> rustix::io::Result<T>,
    ) -> Result<T, Errno> {
        loop {
            match retry(|| Ok(operation()?)) {
                Err(Errno::AGAIN) => until_ready(self.waiter(write), nonblocking)?,
                result => return result,
            }
        }
    }

    /// Receives, and says whether a message was longer than the buffer.
    pub(crate) fn receive(
        &self,
        buf: &mut [u8],
        flags: RiFlags,
        nonblocking: bool,
    ) -> Result<(usize, bool), Errno> {
        let mut host = RecvFlags::DONTWAIT;
        host.set(RecvFlags::PEEK, flags.contains(RiFlags::PEEK));
        // A stream's rest is not cut off: it comes with the next call.
        host.set(RecvFlags::TRUNC, self.kind == Kind::Messages);
        // All of it is waited for if that is wanted, and if what was seen is taken away.
        let all = flags == RiFlags::WAITALL && self.kind == Kind::Stream;
        let mut total = 0;
        loop {
            let rest = &mut buf[total..];
            let received = self.when_ready(false, nonblocking, || {
                rustix::net::recv(&self.fd, &mut *rest, host)
            });
            let length = match received {
                Ok((_, length)) => length,
                Err(errno) if total == 0 => return Err(errno),
                Err(_) => return Ok((total, false)),
            };
            let room = buf.len() - total;
            total += length.min(room);
            if !all || length == 0 || total == buf.len() {
                return Ok((total, length > room));
            }
        }
    }

    pub(crate) fn send(&self, buf: &[u8], nonblocking: bool) -> Result<usize, Errno> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        self.when_ready(true, nonblocking, || {
            rustix::net::send(&self.fd, buf, flags)
        })
    }

    /// Whether what is sent must be sent at once.
    pub(crate) fn keeps_boundaries(&self) -> bool {
        self.kind == Kind::Messages
    }
}

impl Ctx<'_> {
    /// The socket behind a descriptor that may be used so, and whether the guest does not want to wait.
    pub(crate) fn socket(
        self,
        fd: __wasi_fd_t,
        needed: Rights,
    ) -> Result<(Arc<Socket>, bool), Errno> {
        let state = self.lock();
        let entry = state.fs.entry(fd)?;
        let Object::Socket(socket) = &entry.object else {
            return Err(Errno::NOTSOCK);
        };
        entry.require(needed)?;
        let nonblocking = entry.flags.contains(FdFlags::NONBLOCK);
        Ok((socket.clone(), nonblocking))
    }

    /// Accepts a connection; its descriptor begins with these flags.
    pub(crate) fn sock_accept(self, fd: __wasi_fd_t, flags: FdFlags) -> Result<__wasi_fd_t, Errno> {
        let (listener, nonblocking) = self.socket(fd, Rights::SOCK_ACCEPT)?;
        if !FdFlags::NONBLOCK.contains(flags) {
            return Err(Errno::INVAL);
        }
        let accepted = listener.when_ready(false, nonblocking, || {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            rustix::net::accept_with(&listener.fd, flags)
        })?;
        let socket = Socket {
            kind: Socket::kind(&accepted)?,
            fd: accepted,
            was_nonblocking: flags.contains(FdFlags::NONBLOCK),
        };
        self.lock().fs.insert(socket.entry())
    }

    /// Ends one direction of a connection, or both.
    pub(crate) fn sock_shutdown(self, fd: __wasi_fd_t, how: u32) -> Result<(), Errno> {
        let (socket, _) = self.socket(fd, Rights::SOCK_SHUTDOWN)?;
        let how = match u8::try_from(how) {
            Ok(__WASI_SHUT_RD) => Shutdown::Read,
            Ok(__WASI_SHUT_WR) => Shutdown::Write,
            Ok(BOTH) => Shutdown::Both,
            _ => return Err(Errno::INVAL),
        };
        Ok(rustix::net::shutdown(&socket.fd, how)?)
    }
}

const BOTH: __wasi_sdflags_t = __WASI_SHUT_RD | __WASI_SHUT_WR;
