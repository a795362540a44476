//! The `fd_*` functions about a descriptor itself: closing, moving, status, flags, rights, position, size and times.
//!
//! Reading and writing are in `stream.rs`, directories in `readdir.rs`.

use std::io::SeekFrom;

use super::Ctx;
use super::flags::{FdFlags, Rights};
use super::fs::{Entry, Object, WasiFs};
use super::path::virtual_stat;
use super::supplied;
use crate::sys::NewTime;
use crate::types::*;

impl WasiFs {
    /// What is known about a descriptor.
    pub(super) fn fd_stat(&self, fd: __wasi_fd_t) -> Result<__wasi_fdstat_t, Errno> {
        let entry = self.entry(fd)?;
        let mut stat = __wasi_fdstat_t {
            fs_filetype: entry.filetype,
            fs_flags: entry.flags.bits(),
            fs_rights_base: entry.rights.bits(),
            fs_rights_inheriting: entry.inheriting.bits(),
        };
        if let Object::Supplied(file) = &entry.object {
            if let Some(stream) = self.supplied.host_stream(file.id) {
                stat.fs_filetype = stream.filetype();
                stat.fs_rights_base &= !Rights::POSITION.bits();
            } else if !self.supplied.is_there(file.id) {
                return Err(Errno::BADF);
            }
        }
        Ok(stat)
    }
}

impl Ctx<'_> {
    pub(crate) fn fd_close(self, fd: __wasi_fd_t) -> Result<(), Errno> {
        // What was opened is closed after the lock is gone: closing may wait for the disk.
        let entry = self.lock().fs.remove(fd)?;
        self.finish(&entry);
        Ok(())
    }

    pub(crate) fn fd_renumber(self, from: __wasi_fd_t, to: __wasi_fd_t) -> Result<(), Errno> {
        let replaced = self.lock().fs.renumber(from, to)?;
        if let Some(entry) = replaced {
            self.finish(&entry);
        }
        Ok(())
    }

    /// A file of the host program may hold bytes back; a guest that closes it has no way to hear of an error. With the last
    /// descriptor a file goes that has no name.
    fn finish(self, entry: &Entry) {
        if let Object::Supplied(file) = &entry.object {
            let _ = self.with_file(file.id, |file| Ok(file.flush()?));
            let unused = self.lock().fs.remove_unused(file.id);
            drop(unused);
        }
    }

    pub(crate) fn fd_prestat_name(self, fd: __wasi_fd_t) -> Result<String, Errno> {
        self.lock().fs.entry(fd)?.preopen.clone().ok_or(Errno::BADF)
    }

    pub(crate) fn fd_fdstat_get(self, fd: __wasi_fd_t) -> Result<__wasi_fdstat_t, Errno> {
        self.lock().fs.fd_stat(fd)
    }

    pub(crate) fn fd_fdstat_set_flags(self, fd: __wasi_fd_t, flags: FdFlags) -> Result<(), Errno> {
        let mut state = self.lock();
        let entry = state.fs.entry_mut(fd)?;
        entry.require(Rights::FD_FDSTAT_SET_FLAGS)?;
        // How writes reach the disk is settled when the file is opened.
        let changed = entry.flags ^ flags;
        if changed.intersects(FdFlags::DSYNC | FdFlags::RSYNC | FdFlags::SYNC) {
            return Err(Errno::INVAL);
        }
        // A standard stream's flags are kept here only: the host's are shared with other processes.
        if let Object::File(file) = &entry.object {
            file.set_flags(flags)?;
        }
        entry.flags = flags;
        Ok(())
    }

    /// Gives up rights; asking for more than there is is ENOTCAPABLE.
    pub(crate) fn fd_fdstat_set_rights(
        self,
        fd: __wasi_fd_t,
        rights: Rights,
        inheriting: Rights,
    ) -> Result<(), Errno> {
        let mut state = self.lock();
        let entry = state.fs.entry_mut(fd)?;
        if !entry.rights.contains(rights) || !entry.inheriting.contains(inheriting) {
            return Err(Errno::NOTCAPABLE);
        }
        entry.rights = rights;
        entry.inheriting = inheriting;
        Ok(())
    }

    pub(crate) fn fd_filestat_get(self, fd: __wasi_fd_t) -> Result<__wasi_filestat_t, Errno> {
        let object = self.lock().fs.object(fd, Rights::FD_FILESTAT_GET)?;
        match object {
            Object::File(file) => file.stat(),
            Object::Folder(folder) => folder.own_stat(),
            Object::Virtual(_) => Ok(virtual_stat()),
            Object::Socket(socket) => socket.stat(),
            Object::Supplied(file) => self.file_stat(file.id),
        }
    }

    pub(crate) fn fd_filestat_set_size(self, fd: __wasi_fd_t, size: u64) -> Result<(), Errno> {
        match self.file_object(fd, Rights::FD_FILESTAT_SET_SIZE)? {
            Object::Supplied(file) => self.with_file(file.id, |file| Ok(file.set_len(size)?)),
            Object::File(file) => file.set_len(size),
            Object::Socket(_) => Err(Errno::INVAL),
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
        }
    }

    pub(crate) fn fd_filestat_set_times(
        self,
        fd: __wasi_fd_t,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        let object = self.lock().fs.object(fd, Rights::FD_FILESTAT_SET_TIMES)?;
        match object {
            Object::File(file) => file.set_times(access, modification),
            Object::Folder(folder) => folder.set_own_times(access, modification),
            Object::Supplied(file) => self.with_file(file.id, |file| {
                supplied::set_times(file, access, modification);
                Ok(())
            }),
            Object::Socket(_) | Object::Virtual(_) => Err(Errno::ACCES),
        }
    }

    pub(crate) fn fd_advise(
        self,
        fd: __wasi_fd_t,
        offset: u64,
        len: u64,
        advice: __wasi_advice_t,
    ) -> Result<(), Errno> {
        let object = self.file_object(fd, Rights::FD_ADVISE)?;
        if advice > __WASI_ADVICE_NOREUSE {
            return Err(Errno::INVAL);
        }
        match object {
            Object::File(file) => file.advise(offset, len, advice),
            Object::Supplied(_) | Object::Socket(_) => Err(Errno::SPIPE),
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
        }
    }

    pub(crate) fn fd_allocate(self, fd: __wasi_fd_t, offset: u64, len: u64) -> Result<(), Errno> {
        match self.file_object(fd, Rights::FD_ALLOCATE)? {
            Object::File(file) => file.allocate(offset, len),
            Object::Supplied(_) | Object::Socket(_) => Err(Errno::SPIPE),
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
        }
    }

    pub(crate) fn fd_sync(self, fd: __wasi_fd_t, data_only: bool) -> Result<(), Errno> {
        let needed = if data_only {
            Rights::FD_DATASYNC
        } else {
            Rights::FD_SYNC
        };
        let object = self.lock().fs.object(fd, needed)?;
        match object {
            Object::File(file) => file.sync(data_only),
            Object::Folder(folder) => folder.sync(data_only),
            Object::Virtual(_) => Ok(()),
            Object::Socket(_) => Err(Errno::INVAL),
            Object::Supplied(file) => self.with_file(file.id, |file| {
                file.flush()?;
                Ok(file.sync_to_disk()?)
            }),
        }
    }

    /// Moves the position and says where it is then.
    pub(crate) fn fd_seek(self, fd: __wasi_fd_t, to: SeekFrom) -> Result<u64, Errno> {
        // Asking where one is is no more than telling, which the right to seek includes.
        let may_seek = self.lock().fs.entry(fd)?.rights.contains(Rights::FD_SEEK);
        let needed = if to == SeekFrom::Current(0) && !may_seek {
            Rights::FD_TELL
        } else {
            Rights::FD_SEEK
        };
        match self.file_object(fd, needed)? {
            Object::File(file) => file.seek(to),
            Object::Supplied(file) => file.seek(self, to),
            Object::Socket(_) => Err(Errno::SPIPE),
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
        }
    }

    /// What is behind a descriptor of which only files have a use: a directory is EBADF before rights are looked at, and a socket
    /// is as it is.
    fn file_object(self, fd: __wasi_fd_t, needed: Rights) -> Result<Object, Errno> {
        let state = self.lock();
        match state.fs.entry(fd)?.object {
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
            Object::Socket(_) => state.fs.object(fd, Rights::empty()),
            Object::File(_) | Object::Supplied(_) => state.fs.object(fd, needed),
        }
    }
}
