//! The host behind [`Folder`](super::node::Folder) and [`OpenFile`](super::node::OpenFile): folders through `cap-std`, which follows
//! a path one component at a time (or lets the kernel do so) and refuses to leave the folder, and files through `std`.
//!
//! Where `cap-std` reads a path differently from what the interface says (a slash at its end), the difference is made up for here.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, SystemTimeSpec};
use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use cap_std::time::SystemTime;

use super::flags::{FdFlags, OFlags};
use super::node::Opened;
use super::open::OpenHow;
use super::readdir::{DirEntry, dir_entry};
use super::wait::patiently;
use crate::sys::{self, HostDirReader, NewTime};
use crate::types::*;

/// An open folder of the host.
#[derive(Debug, Clone)]
pub(crate) struct HostFolder(Arc<Dir>);

impl HostFolder {
    pub(super) fn new(file: File) -> Self {
        Self(Arc::new(Dir::from_std_file(file)))
    }

    pub(super) fn open(&self, path: &str, how: &OpenHow) -> Result<Opened, Errno> {
        let file = self.open_host(path, how)?;
        let filetype = sys::stat(&file)?.st_filetype;
        let never_waits = [__WASI_FILETYPE_DIRECTORY, __WASI_FILETYPE_REGULAR_FILE];
        if !how.flags.contains(FdFlags::NONBLOCK) && !never_waits.contains(&filetype) {
            sys::set_flags(&file, how.flags)?;
        }
        Ok(if filetype == __WASI_FILETYPE_DIRECTORY {
            Opened::Folder(Self::new(file).into())
        } else {
            Opened::File(HostFile(Arc::new(file)).into(), filetype)
        })
    }

    /// Opens without waiting in the system, where nobody could interrupt it: for the other end of a named pipe. Whoever reads a
    /// pipe waits when he reads; to write, the reader is waited for here.
    fn open_host(&self, path: &str, how: &OpenHow) -> Result<File, Errno> {
        let open = || Ok(self.0.open_with(path, &options(how))?.into_std());
        let is_pipe = || {
            let stat = self.stat(path, how.follow);
            stat.is_ok_and(|stat| stat.st_filetype == __WASI_FILETYPE_UNKNOWN)
        };
        match open() {
            Err(Errno::NXIO) if !how.flags.contains(FdFlags::NONBLOCK) && is_pipe() => {
                patiently(|| match open() {
                    Err(Errno::NXIO) => Err(Errno::AGAIN),
                    opened => opened,
                })
            }
            opened => opened,
        }
    }

    pub(super) fn create_dir(&self, path: &str) -> Result<(), Errno> {
        Ok(self.0.create_dir(path)?)
    }

    pub(super) fn remove_dir(&self, path: &str) -> Result<(), Errno> {
        // `cap-std` takes a slash at the end for `/.`, which cannot be removed; here it says no more than the function does.
        let trimmed = path.trim_end_matches('/');
        Ok(self
            .0
            .remove_dir(if trimmed.is_empty() { path } else { trimmed })?)
    }

    pub(super) fn remove_file(&self, path: &str) -> Result<(), Errno> {
        Ok(self.0.remove_file(path)?)
    }

    pub(super) fn stat(&self, path: &str, follow: bool) -> Result<__wasi_filestat_t, Errno> {
        let metadata = if follow {
            self.0.metadata(path)?
        } else {
            self.0.symlink_metadata(path)?
        };
        Ok(filestat(&metadata))
    }

    pub(super) fn set_times(
        &self,
        path: &str,
        follow: bool,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        let (access, modification) = (time_spec(access)?, time_spec(modification)?);
        Ok(if follow {
            self.0.set_times(path, access, modification)
        } else {
            self.0.set_symlink_times(path, access, modification)
        }?)
    }

    pub(super) fn link(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        Ok(self.0.hard_link(path, &to.0, new_path)?)
    }

    pub(super) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        Ok(self.0.rename(path, &to.0, new_path)?)
    }

    pub(super) fn symlink(&self, target: &str, path: &str) -> Result<(), Errno> {
        Ok(Dir::symlink(&self.0, target, path)?)
    }

    pub(super) fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let target = self.0.read_link(path)?;
        Ok(target.into_os_string().into_encoded_bytes())
    }

    /// Where it is now, if the system says.
    pub(super) fn path(&self) -> Option<PathBuf> {
        sys::path_of(&*self.0)
    }

    pub(super) fn own_stat(&self) -> Result<__wasi_filestat_t, Errno> {
        sys::stat(&*self.0)
    }

    pub(super) fn set_own_times(
        &self,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        Ok(sys::set_times(&*self.0, access, modification)?)
    }

    pub(super) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        Ok(sys::sync(&*self.0, data_only)?)
    }

    /// The entries from a cookie on: the host's own position (`d_off`), which stays right while entries come and go.
    pub(super) fn entries(&self, cookie: __wasi_dircookie_t) -> Result<HostEntries, Errno> {
        Ok(HostEntries {
            reader: HostDirReader::new(&*self.0, cookie)?,
            folder: self.clone(),
        })
    }
}

/// How the host opens what the guest asks for.
fn options(how: &OpenHow) -> OpenOptions {
    let (read, write) = how.access();
    let follow = if how.follow {
        FollowSymlinks::Yes
    } else {
        FollowSymlinks::No
    };
    let mut options = OpenOptions::new();
    options
        .read(read)
        .write(write)
        .create(how.oflags.contains(OFlags::CREAT))
        .create_new(how.oflags.contains(OFlags::CREAT | OFlags::EXCL))
        .truncate(how.oflags.contains(OFlags::TRUNC))
        .follow(follow)
        .custom_flags(sys::open_flags(
            how.flags | FdFlags::NONBLOCK,
            how.oflags.contains(OFlags::DIRECTORY),
        ));
    options
}

/// The rest of a folder of the host.
pub(crate) struct HostEntries {
    folder: HostFolder,
    reader: HostDirReader,
}

impl HostEntries {
    pub(super) fn next(&mut self) -> Option<Result<DirEntry, Errno>> {
        let entry = self.reader.next()?;
        Some(entry.and_then(|entry| self.entry(entry)))
    }

    fn entry(&self, entry: sys::HostDirEntry) -> Result<DirEntry, Errno> {
        if entry.name == b".." {
            // The parent may be outside of what the guest can see: it looks like the directory itself, as at any root.
            let own = self.folder.own_stat()?;
            return Ok(dir_entry(
                entry.next,
                own.st_ino,
                own.st_filetype,
                entry.name,
            ));
        }
        // An entry of unknown kind that went away meanwhile stays unknown.
        let filetype = entry.filetype.unwrap_or_else(|| {
            sys::stat_entry(&*self.folder.0, &entry.name)
                .map_or(__WASI_FILETYPE_UNKNOWN, |stat| stat.st_filetype)
        });
        Ok(dir_entry(entry.next, entry.ino, filetype, entry.name))
    }
}

/// An open file of the host that is not a folder.
#[derive(Debug, Clone)]
pub(crate) struct HostFile(Arc<File>);

impl HostFile {
    /// The file itself, for what only the host can do: to wait for it.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.0
    }

    /// Where it is now, if the system says.
    pub(super) fn path(&self) -> Option<PathBuf> {
        sys::path_of(&*self.0)
    }

    pub(super) fn is_terminal(&self) -> bool {
        io::IsTerminal::is_terminal(&*self.0)
    }

    pub(super) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        Ok((&*self.0).seek(to)?)
    }

    pub(super) fn stat(&self) -> Result<__wasi_filestat_t, Errno> {
        sys::stat(&*self.0)
    }

    pub(super) fn set_len(&self, len: u64) -> Result<(), Errno> {
        Ok(self.0.set_len(len)?)
    }

    pub(super) fn set_times(&self, access: NewTime, modification: NewTime) -> Result<(), Errno> {
        Ok(sys::set_times(&*self.0, access, modification)?)
    }

    pub(super) fn set_flags(&self, flags: FdFlags) -> Result<(), Errno> {
        Ok(sys::set_flags(&*self.0, flags)?)
    }

    pub(super) fn advise(
        &self,
        offset: u64,
        len: u64,
        advice: __wasi_advice_t,
    ) -> Result<(), Errno> {
        sys::advise(&self.0, offset, len, advice)
    }

    pub(super) fn allocate(&self, offset: u64, len: u64) -> Result<(), Errno> {
        sys::allocate(&self.0, offset, len)
    }

    pub(super) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        Ok(sys::sync(&*self.0, data_only)?)
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
