//! The `path_*` functions other than `path_open`: each resolves its paths to places and asks the folders there.
//!
//! A virtual directory (see `place.rs`) can be looked at, but nothing in it can be changed: it mirrors what the host program opened.
//! A file of the host program can be used and removed; it stays where the host program put it (EBUSY).

use std::time::Duration;

use super::Ctx;
use super::flags::{FstFlags, Rights};
use super::place::Target;
use super::supplied::{self, FileId};
use crate::sys::NewTime;
use crate::types::*;

impl Ctx<'_> {
    pub(crate) fn path_create_directory(self, fd: __wasi_fd_t, path: &str) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_CREATE_DIRECTORY)?;
        let (folder, path) = place.folder(Errno::EXIST)?;
        folder.create_dir(path)
    }

    pub(crate) fn path_remove_directory(self, fd: __wasi_fd_t, path: &str) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_REMOVE_DIRECTORY)?;
        if place.supplied().is_some() {
            return Err(Errno::NOTDIR);
        }
        let (folder, path) = place.folder(Errno::BUSY)?;
        folder.remove_dir(path)
    }

    pub(crate) fn path_unlink_file(self, fd: __wasi_fd_t, path: &str) -> Result<(), Errno> {
        let place = self.place(fd, path, Rights::PATH_UNLINK_FILE)?;
        if let Some(id) = place.supplied() {
            return self.unlink_supplied(id);
        }
        let (folder, path) = place.folder(Errno::ISDIR)?;
        folder.remove_file(path)
    }

    /// Takes its name from a file of the host program; with its last descriptor it goes itself.
    fn unlink_supplied(self, id: FileId) -> Result<(), Errno> {
        self.with_file(id, |file| Ok(file.unlink()?))?;
        let mut state = self.lock();
        state.fs.named.remove(id);
        let unused = state.fs.remove_unused(id);
        drop(state);
        drop(unused);
        Ok(())
    }

    pub(crate) fn path_filestat_get(
        self,
        fd: __wasi_fd_t,
        follow: bool,
        path: &str,
    ) -> Result<__wasi_filestat_t, Errno> {
        // A slash at the end follows a link, and wants a directory.
        let slash = path.ends_with('/');
        let follow = follow || slash;
        let place = self.place(fd, path, Rights::PATH_FILESTAT_GET)?;
        let stat = match &place.target {
            Target::Folder { folder, path } => folder.stat(path, follow),
            Target::Virtual(_) => Ok(virtual_stat()),
            Target::Supplied(id) => self.file_stat(*id),
        };
        let stat = match stat {
            Err(Errno::PERM) => {
                let place = self.across(place, follow, Rights::PATH_FILESTAT_GET)?;
                let (folder, path) = place.folder(Errno::PERM)?;
                folder.stat(path, follow)?
            }
            stat => stat?,
        };
        match slash && stat.st_filetype != __WASI_FILETYPE_DIRECTORY {
            true => Err(Errno::NOTDIR),
            false => Ok(stat),
        }
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
        if let Some(id) = place.supplied() {
            return self.with_file(id, |file| {
                supplied::set_times(file, access, modification);
                Ok(())
            });
        }
        let (folder, path) = place.folder(Errno::ACCES)?;
        folder.set_times(path, follow, access, modification)
    }

    /// Makes a second name for a file. A symbolic link is never followed to it: to ask for that is EINVAL. (Where there is no
    /// link, asking does no harm; older programs always do.)
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
        let (old_folder, old_path) = old.folder(Errno::PERM)?;
        let (new_folder, new_path) = new.folder(Errno::EXIST)?;
        if follow && old_folder.stat(old_path, false)?.st_filetype == __WASI_FILETYPE_SYMBOLIC_LINK
        {
            return Err(Errno::INVAL);
        }
        old_folder.link(old_path, new_folder, new_path)
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
        let (old_folder, old_path) = old.folder(Errno::BUSY)?;
        let (new_folder, new_path) = new.folder(Errno::BUSY)?;
        old_folder.rename(old_path, new_folder, new_path)
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
        let (folder, path) = place.folder(Errno::EXIST)?;
        folder.symlink(target, path)
    }

    /// What a symbolic link says; one that says an absolute path of the host is EPERM.
    pub(crate) fn path_readlink(self, fd: __wasi_fd_t, path: &str) -> Result<Vec<u8>, Errno> {
        let place = self.place(fd, path, Rights::PATH_READLINK)?;
        let (folder, path) = place.folder(Errno::INVAL)?;
        folder.read_link(path)
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
