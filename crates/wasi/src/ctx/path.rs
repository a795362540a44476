//! The `path_*` functions other than `path_open`: each resolves its paths to places and asks `cap-std` there.
//!
//! A virtual directory (see `place.rs`) can be looked at, but nothing in it can be changed: it mirrors what the host program opened.

use std::time::Duration;

use cap_fs_ext::{DirExt, SystemTimeSpec};
use cap_std::fs::{Metadata, MetadataExt};
use cap_std::time::SystemTime;

use super::Ctx;
use super::flags::{FstFlags, Rights};
use crate::sys::{self, NewTime};
use crate::types::*;

impl Ctx<'_> {
    pub(crate) fn path_create_directory(self, fd: __wasi_fd_t, path: &str) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_CREATE_DIRECTORY)?;
        let (dir, path) = place.host(Errno::EXIST)?;
        Ok(dir.create_dir(path)?)
    }

    pub(crate) fn path_remove_directory(self, fd: __wasi_fd_t, path: &str) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_REMOVE_DIRECTORY)?;
        let (dir, path) = place.host(Errno::BUSY)?;
        // `cap-std` takes a slash at the end for `/.`, which cannot be removed; here it says no more than the function does.
        let trimmed = path.trim_end_matches('/');
        Ok(dir.remove_dir(if trimmed.is_empty() { path } else { trimmed })?)
    }

    pub(crate) fn path_unlink_file(self, fd: __wasi_fd_t, path: &str) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_UNLINK_FILE)?;
        let (dir, path) = place.host(Errno::ISDIR)?;
        Ok(dir.remove_file(path)?)
    }

    pub(crate) fn path_filestat_get(
        self,
        fd: __wasi_fd_t,
        follow: bool,
        path: &str,
    ) -> Result<__wasi_filestat_t, Errno> {
        let place = self.place(fd, path, Rights::PATH_FILESTAT_GET)?;
        let Ok((dir, path)) = place.host(Errno::SUCCESS) else {
            return Ok(virtual_stat());
        };
        let metadata = if follow {
            dir.metadata(path)?
        } else {
            dir.symlink_metadata(path)?
        };
        Ok(filestat(&metadata))
    }

    pub(crate) fn path_filestat_set_times(
        self,
        fd: __wasi_fd_t,
        follow: bool,
        path: &str,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_FILESTAT_SET_TIMES)?;
        let (dir, path) = place.host(Errno::ACCES)?;
        let (access, modification) = (time_spec(access)?, time_spec(modification)?);
        let done = if follow {
            dir.set_times(path, access, modification)
        } else {
            dir.set_symlink_times(path, access, modification)
        };
        Ok(done?)
    }

    /// Makes a second name for a file. A symbolic link is never followed to it: that is EINVAL.
    pub(crate) fn path_link(
        self,
        old_fd: __wasi_fd_t,
        follow: bool,
        old_path: &str,
        new_fd: __wasi_fd_t,
        new_path: &str,
    ) -> Result<(), Errno> {
        let old = self.place(old_fd, old_path, Rights::PATH_LINK_SOURCE)?;
        let new = self.place(new_fd, new_path, Rights::PATH_LINK_TARGET)?;
        if follow {
            return Err(Errno::INVAL);
        }
        let (old_dir, old_path) = old.host(Errno::PERM)?;
        let (new_dir, new_path) = new.host(Errno::EXIST)?;
        Ok(old_dir.hard_link(old_path, new_dir, new_path)?)
    }

    pub(crate) fn path_rename(
        self,
        old_fd: __wasi_fd_t,
        old_path: &str,
        new_fd: __wasi_fd_t,
        new_path: &str,
    ) -> Result<(), Errno> {
        let old = self.place(old_fd, old_path, Rights::PATH_RENAME_SOURCE)?;
        let new = self.place(new_fd, new_path, Rights::PATH_RENAME_TARGET)?;
        let (old_dir, old_path) = old.host(Errno::BUSY)?;
        let (new_dir, new_path) = new.host(Errno::BUSY)?;
        // `cap-std` drops a slash at the end of the new name, which only a directory may have.
        if new_path.ends_with('/') && !old_dir.symlink_metadata(old_path)?.is_dir() {
            return Err(Errno::NOTDIR);
        }
        Ok(old_dir.rename(old_path, new_dir, new_path)?)
    }

    /// Makes a symbolic link to `target`, which must not be absolute (EPERM): it would mean a path of the host.
    pub(crate) fn path_symlink(
        self,
        target: &str,
        fd: __wasi_fd_t,
        path: &str,
    ) -> Result<(), Errno> {
        if target.contains('\0') {
            return Err(Errno::INVAL);
        }
        let place = self.place(fd, path, Rights::PATH_SYMLINK)?;
        let (dir, path) = place.host(Errno::EXIST)?;
        Ok(cap_std::fs::Dir::symlink(dir, target, path)?)
    }

    /// What a symbolic link says; one that says an absolute path of the host is EPERM.
    pub(crate) fn path_readlink(self, fd: __wasi_fd_t, path: &str) -> Result<Vec<u8>, Errno> {
        let place = self.place(fd, path, Rights::PATH_READLINK)?;
        let (dir, path) = place.host(Errno::INVAL)?;
        let target = dir.read_link(path)?;
        Ok(target.into_os_string().into_encoded_bytes())
    }
}

/// The status of a virtual directory.
pub(super) fn virtual_stat() -> __wasi_filestat_t {
    __wasi_filestat_t {
        st_filetype: __WASI_FILETYPE_DIRECTORY,
        st_nlink: 1,
        ..Default::default()
    }
}

fn filestat(metadata: &Metadata) -> __wasi_filestat_t {
    __wasi_filestat_t {
        st_dev: metadata.dev(),
        st_ino: metadata.ino(),
        st_filetype: sys::filetype_of_mode(metadata.mode()),
        st_nlink: metadata.nlink(),
        st_size: metadata.len(),
        st_atim: sys::nanoseconds(metadata.atime(), metadata.atime_nsec()),
        st_mtim: sys::nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        st_ctim: sys::nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// The new times that the flags ask for; asking twice for the same one is EINVAL.
pub(crate) fn new_times(
    access: __wasi_timestamp_t,
    modification: __wasi_timestamp_t,
    flags: FstFlags,
) -> Result<(NewTime, NewTime), Errno> {
    let time = |given: bool, now: bool, nanos| match (given, now) {
        (true, true) => Err(Errno::INVAL),
        (true, false) => Ok(NewTime::At(Duration::from_nanos(nanos))),
        (false, true) => Ok(NewTime::Now),
        (false, false) => Ok(NewTime::Keep),
    };
    Ok((
        time(
            flags.contains(FstFlags::ATIM),
            flags.contains(FstFlags::ATIM_NOW),
            access,
        )?,
        time(
            flags.contains(FstFlags::MTIM),
            flags.contains(FstFlags::MTIM_NOW),
            modification,
        )?,
    ))
}

fn time_spec(time: NewTime) -> Result<Option<SystemTimeSpec>, Errno> {
    Ok(match time {
        NewTime::Keep => None,
        NewTime::Now => Some(SystemTimeSpec::SymbolicNow),
        NewTime::At(since) => {
            let epoch = SystemTime::from_std(std::time::SystemTime::UNIX_EPOCH);
            let time = epoch.checked_add(since).ok_or(Errno::OVERFLOW)?;
            Some(SystemTimeSpec::Absolute(time))
        }
    })
}
