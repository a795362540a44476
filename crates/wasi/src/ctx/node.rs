//! [`Folder`] and [`OpenFile`]: what the rest of the core knows of folders and files, whoever keeps them.
//!
//! Every function that takes a path takes one relative to the folder, never leads out of it, and fails as the host's own would:
//! each back end does the same with the same errors, which the tests demand of all of them.

use std::fs::File;
use std::io::SeekFrom;
use std::sync::Arc;

use super::flags::FdFlags;
use super::host::{HostEntries, HostFile, HostFolder};
use super::open::OpenHow;
use super::readdir::DirEntry;
use crate::memory::{MemoryEntries, MemoryFile, MemoryFolder};
use crate::sys::NewTime;
use crate::types::*;

/// An open folder.
#[derive(Debug, Clone)]
pub(crate) enum Folder {
    Host(HostFolder),
    Memory(MemoryFolder),
}

/// An open file that is not a folder.
#[derive(Debug, Clone)]
pub(crate) enum OpenFile {
    Host(HostFile),
    Memory(MemoryFile),
}

/// What a path led to, opened; of a file also its kind.
pub(crate) enum Opened {
    Folder(Folder),
    File(OpenFile, __wasi_filetype_t),
}

/// The entries of a folder from a cookie on.
pub(crate) enum FolderEntries {
    Host(HostEntries),
    Memory(MemoryEntries),
}

impl From<HostFolder> for Folder {
    fn from(folder: HostFolder) -> Self {
        Self::Host(folder)
    }
}

impl From<MemoryFolder> for Folder {
    fn from(folder: MemoryFolder) -> Self {
        Self::Memory(folder)
    }
}

impl From<MemoryFile> for OpenFile {
    fn from(file: MemoryFile) -> Self {
        Self::Memory(file)
    }
}

impl From<HostFile> for OpenFile {
    fn from(file: HostFile) -> Self {
        Self::Host(file)
    }
}

/// The same call to whichever back end it is.
macro_rules! each {
    ($value:expr, $it:ident => $call:expr) => {
        match $value {
            Self::Host($it) => $call,
            Self::Memory($it) => $call,
        }
    };
}

/// Whether a path says by its end that it leads to a folder: then a symbolic link in front of that end is followed.
fn means_folder(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.")
}

impl Folder {
    pub(super) fn open(&self, path: &str, how: &OpenHow) -> Result<Opened, Errno> {
        each!(self, it => it.open(path, how))
    }

    pub(super) fn create_dir(&self, path: &str) -> Result<(), Errno> {
        each!(self, it => it.create_dir(path))
    }

    /// Makes a folder and all that are missing on the way; what is there must lead to folders.
    pub(crate) fn create_dir_all(&self, path: &str) -> Result<(), Errno> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let part = &path[..end];
            match self.create_dir(part) {
                Err(Errno::EXIST)
                    if self.stat(part, true)?.st_filetype == __WASI_FILETYPE_DIRECTORY => {}
                Err(Errno::EXIST) => return Err(Errno::NOTDIR),
                done => done?,
            }
        }
        Ok(())
    }

    pub(super) fn remove_dir(&self, path: &str) -> Result<(), Errno> {
        each!(self, it => it.remove_dir(path))
    }

    pub(super) fn remove_file(&self, path: &str) -> Result<(), Errno> {
        each!(self, it => it.remove_file(path))
    }

    pub(super) fn stat(&self, path: &str, follow: bool) -> Result<__wasi_filestat_t, Errno> {
        let follow = follow || means_folder(path);
        each!(self, it => it.stat(path, follow))
    }

    pub(super) fn set_times(
        &self,
        path: &str,
        follow: bool,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        let follow = follow || means_folder(path);
        each!(self, it => it.set_times(path, follow, access, modification))
    }

    /// Makes another name, in `to`, for a file of this folder; a symbolic link is not followed.
    pub(super) fn link(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        match (self, to) {
            (Self::Host(from), Self::Host(to)) => from.link(path, to, new_path),
            (Self::Memory(from), Self::Memory(to)) => from.link(path, to, new_path),
            _ => Err(Errno::XDEV),
        }
    }

    /// Moves something of this folder to a name in `to`.
    pub(super) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        // The back ends drop a slash at the end of the new name, which only a folder may have.
        let folder = __WASI_FILETYPE_DIRECTORY;
        let old = path.trim_end_matches('/');
        if new_path.ends_with('/') && self.stat(old, false)?.st_filetype != folder {
            return Err(Errno::NOTDIR);
        }
        match (self, to) {
            (Self::Host(from), Self::Host(to)) => from.rename(path, to, new_path),
            (Self::Memory(from), Self::Memory(to)) => from.rename(path, to, new_path),
            _ => Err(Errno::XDEV),
        }
    }

    pub(super) fn symlink(&self, target: &str, path: &str) -> Result<(), Errno> {
        each!(self, it => it.symlink(target, path))
    }

    pub(super) fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        each!(self, it => it.read_link(path))
    }

    /// The status of the folder itself.
    pub(super) fn own_stat(&self) -> Result<__wasi_filestat_t, Errno> {
        each!(self, it => it.own_stat())
    }

    pub(super) fn set_own_times(
        &self,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        each!(self, it => it.set_own_times(access, modification))
    }

    pub(super) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        each!(self, it => it.sync(data_only))
    }

    pub(super) fn entries(&self, cookie: __wasi_dircookie_t) -> Result<FolderEntries, Errno> {
        Ok(match self {
            Self::Host(it) => FolderEntries::Host(it.entries(cookie)?),
            Self::Memory(it) => FolderEntries::Memory(it.entries(cookie)?),
        })
    }
}

impl OpenFile {
    /// The host's file, if that is what it is: only such a one can make anybody wait.
    pub(super) fn host(&self) -> Option<&Arc<File>> {
        match self {
            Self::Host(it) => Some(it.file()),
            Self::Memory(_) => None,
        }
    }

    /// A terminal is known by having no position.
    pub(super) fn is_terminal(&self) -> bool {
        each!(self, it => it.is_terminal())
    }

    pub(super) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        each!(self, it => it.seek(to))
    }

    pub(super) fn stat(&self) -> Result<__wasi_filestat_t, Errno> {
        each!(self, it => it.stat())
    }

    pub(super) fn set_len(&self, len: u64) -> Result<(), Errno> {
        each!(self, it => it.set_len(len))
    }

    pub(super) fn set_times(&self, access: NewTime, modification: NewTime) -> Result<(), Errno> {
        each!(self, it => it.set_times(access, modification))
    }

    pub(super) fn set_flags(&self, flags: FdFlags) -> Result<(), Errno> {
        each!(self, it => it.set_flags(flags))
    }

    pub(super) fn advise(
        &self,
        offset: u64,
        len: u64,
        advice: __wasi_advice_t,
    ) -> Result<(), Errno> {
        each!(self, it => it.advise(offset, len, advice))
    }

    pub(super) fn allocate(&self, offset: u64, len: u64) -> Result<(), Errno> {
        each!(self, it => it.allocate(offset, len))
    }

    pub(super) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        each!(self, it => it.sync(data_only))
    }

    /// How much is left to read.
    pub(super) fn rest(&self) -> u64 {
        let size = self.stat().map_or(0, |stat| stat.st_size);
        let position = self.seek(SeekFrom::Current(0)).unwrap_or(0);
        size.saturating_sub(position)
    }
}

impl Iterator for FolderEntries {
    type Item = Result<DirEntry, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        each!(self, it => it.next())
    }
}
