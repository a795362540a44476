//! The interface's bit sets as types: rights, and the flags of descriptors, lookups, opening and time setting.
//!
//! Raw numbers from the guest become these with `from_bits`: an unknown bit is EINVAL, except for rights, where it grants nothing.

use bitflags::bitflags;

use crate::types::*;

macro_rules! flag_sets {
    ($($(#[$meta:meta])* $name:ident: $raw:ty { $($flag:ident = $value:ident,)* })*) => {$(
        bitflags! {
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub(crate) struct $name: $raw {
                $(const $flag = $value;)*
            }
        }
    )*};
}

flag_sets! {
    /// What may be done through a descriptor.
    Rights: __wasi_rights_t {
        FD_DATASYNC = __WASI_RIGHT_FD_DATASYNC,
        FD_READ = __WASI_RIGHT_FD_READ,
        FD_SEEK = __WASI_RIGHT_FD_SEEK,
        FD_FDSTAT_SET_FLAGS = __WASI_RIGHT_FD_FDSTAT_SET_FLAGS,
        FD_SYNC = __WASI_RIGHT_FD_SYNC,
        FD_TELL = __WASI_RIGHT_FD_TELL,
        FD_WRITE = __WASI_RIGHT_FD_WRITE,
        FD_ADVISE = __WASI_RIGHT_FD_ADVISE,
        FD_ALLOCATE = __WASI_RIGHT_FD_ALLOCATE,
        PATH_CREATE_DIRECTORY = __WASI_RIGHT_PATH_CREATE_DIRECTORY,
        PATH_CREATE_FILE = __WASI_RIGHT_PATH_CREATE_FILE,
        PATH_LINK_SOURCE = __WASI_RIGHT_PATH_LINK_SOURCE,
        PATH_LINK_TARGET = __WASI_RIGHT_PATH_LINK_TARGET,
        PATH_OPEN = __WASI_RIGHT_PATH_OPEN,
        FD_READDIR = __WASI_RIGHT_FD_READDIR,
        PATH_READLINK = __WASI_RIGHT_PATH_READLINK,
        PATH_RENAME_SOURCE = __WASI_RIGHT_PATH_RENAME_SOURCE,
        PATH_RENAME_TARGET = __WASI_RIGHT_PATH_RENAME_TARGET,
        PATH_FILESTAT_GET = __WASI_RIGHT_PATH_FILESTAT_GET,
        PATH_FILESTAT_SET_SIZE = __WASI_RIGHT_PATH_FILESTAT_SET_SIZE,
        PATH_FILESTAT_SET_TIMES = __WASI_RIGHT_PATH_FILESTAT_SET_TIMES,
        FD_FILESTAT_GET = __WASI_RIGHT_FD_FILESTAT_GET,
        FD_FILESTAT_SET_SIZE = __WASI_RIGHT_FD_FILESTAT_SET_SIZE,
        FD_FILESTAT_SET_TIMES = __WASI_RIGHT_FD_FILESTAT_SET_TIMES,
        PATH_SYMLINK = __WASI_RIGHT_PATH_SYMLINK,
        PATH_REMOVE_DIRECTORY = __WASI_RIGHT_PATH_REMOVE_DIRECTORY,
        PATH_UNLINK_FILE = __WASI_RIGHT_PATH_UNLINK_FILE,
        POLL_FD_READWRITE = __WASI_RIGHT_POLL_FD_READWRITE,
        SOCK_SHUTDOWN = __WASI_RIGHT_SOCK_SHUTDOWN,
        SOCK_ACCEPT = __WASI_RIGHT_SOCK_ACCEPT,
    }
    /// How a descriptor behaves.
    FdFlags: __wasi_fdflags_t {
        APPEND = __WASI_FDFLAG_APPEND,
        DSYNC = __WASI_FDFLAG_DSYNC,
        NONBLOCK = __WASI_FDFLAG_NONBLOCK,
        RSYNC = __WASI_FDFLAG_RSYNC,
        SYNC = __WASI_FDFLAG_SYNC,
    }
    /// How a path is opened.
    OFlags: __wasi_oflags_t {
        CREAT = __WASI_O_CREAT,
        DIRECTORY = __WASI_O_DIRECTORY,
        EXCL = __WASI_O_EXCL,
        TRUNC = __WASI_O_TRUNC,
    }
    /// How a path is resolved.
    LookupFlags: __wasi_lookupflags_t {
        SYMLINK_FOLLOW = __WASI_LOOKUP_SYMLINK_FOLLOW,
    }
    /// How to receive.
    RiFlags: __wasi_riflags_t {
        PEEK = __WASI_SOCK_RECV_PEEK,
        WAITALL = __WASI_SOCK_RECV_WAITALL,
    }
    /// Which times to set, and to what.
    FstFlags: __wasi_fstflags_t {
        ATIM = __WASI_FILESTAT_SET_ATIM,
        ATIM_NOW = __WASI_FILESTAT_SET_ATIM_NOW,
        MTIM = __WASI_FILESTAT_SET_MTIM,
        MTIM_NOW = __WASI_FILESTAT_SET_MTIM_NOW,
    }
}

impl Rights {
    /// Everything but what came later, to accept connections, which no folder passes on.
    pub(crate) const OF_ANYTHING: Self = Self::all().difference(Self::SOCK_ACCEPT);

    /// What a socket can be used for.
    pub(crate) const OF_SOCKETS: Self = Self::FD_READ
        .union(Self::FD_WRITE)
        .union(Self::FD_FDSTAT_SET_FLAGS)
        .union(Self::FD_FILESTAT_GET)
        .union(Self::POLL_FD_READWRITE)
        .union(Self::SOCK_SHUTDOWN)
        .union(Self::SOCK_ACCEPT);

    /// What an open file can be used for.
    pub(crate) const OF_FILES: Self = Self::FD_DATASYNC
        .union(Self::FD_READ)
        .union(Self::FD_SEEK)
        .union(Self::FD_FDSTAT_SET_FLAGS)
        .union(Self::FD_SYNC)
        .union(Self::FD_TELL)
        .union(Self::FD_WRITE)
        .union(Self::FD_ADVISE)
        .union(Self::FD_ALLOCATE)
        .union(Self::FD_FILESTAT_GET)
        .union(Self::FD_FILESTAT_SET_SIZE)
        .union(Self::FD_FILESTAT_SET_TIMES)
        .union(Self::POLL_FD_READWRITE);

    /// What an open directory can be used for.
    pub(crate) const OF_DIRECTORIES: Self = Self::FD_DATASYNC
        .union(Self::FD_FDSTAT_SET_FLAGS)
        .union(Self::FD_SYNC)
        .union(Self::FD_ADVISE)
        .union(Self::PATH_CREATE_DIRECTORY)
        .union(Self::PATH_CREATE_FILE)
        .union(Self::PATH_LINK_SOURCE)
        .union(Self::PATH_LINK_TARGET)
        .union(Self::PATH_OPEN)
        .union(Self::FD_READDIR)
        .union(Self::PATH_READLINK)
        .union(Self::PATH_RENAME_SOURCE)
        .union(Self::PATH_RENAME_TARGET)
        .union(Self::PATH_FILESTAT_GET)
        .union(Self::PATH_FILESTAT_SET_SIZE)
        .union(Self::PATH_FILESTAT_SET_TIMES)
        .union(Self::FD_FILESTAT_GET)
        .union(Self::FD_FILESTAT_SET_TIMES)
        .union(Self::PATH_SYMLINK)
        .union(Self::PATH_REMOVE_DIRECTORY)
        .union(Self::PATH_UNLINK_FILE)
        .union(Self::POLL_FD_READWRITE);

    /// What a standard stream can be used for, besides the one direction it has.
    pub(crate) const OF_STREAMS: Self = Self::OF_FILES
        .difference(Self::FD_READ)
        .difference(Self::FD_WRITE)
        .difference(Self::FD_ALLOCATE)
        .difference(Self::FD_FILESTAT_SET_TIMES);

    /// What changes a file's size, other than writing.
    pub(crate) const OF_SIZE: Self = Self::FD_ALLOCATE.union(Self::FD_FILESTAT_SET_SIZE);

    /// What moves in a file: a terminal has neither, which is how programs know it.
    pub(crate) const POSITION: Self = Self::FD_SEEK.union(Self::FD_TELL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rights_are_29_bits_and_one_more() {
        assert_eq!(Rights::OF_ANYTHING.bits(), crate::ALL_RIGHTS);
        assert_eq!(Rights::all().bits(), (1 << 30) - 1);
        assert!(
            !Rights::OF_DIRECTORIES
                .intersects(Rights::FD_READ | Rights::FD_WRITE | Rights::POSITION)
        );
        assert!(!Rights::OF_STREAMS.intersects(Rights::FD_READ | Rights::FD_WRITE));
    }
}
