//! `path_open`: from a path and what the guest wants of it to a new descriptor.
//!
//! The guest's wish comes as rights; the host knows only reading and writing. So the rights decide how the host opens the file, and
//! what the guest gets is what it asked for, less what its directory does not pass on, less what makes no sense for the kind of
//! file that was found.

use super::Ctx;
use super::flags::{FdFlags, OFlags, Rights};
use super::fs::{Entry, Object, virtual_directory};
use super::inode::Inode;
use super::node::{Folder, Opened};
use super::place::{Place, Target};
use super::supplied::{FileId, FileRef};
use crate::types::*;

/// What the guest wants of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenHow {
    pub(crate) follow: bool,
    pub(crate) oflags: OFlags,
    pub(crate) rights: Rights,
    pub(crate) inheriting: Rights,
    pub(crate) flags: FdFlags,
}

impl OpenHow {
    /// What the directory must allow.
    fn needed(&self) -> Rights {
        let mut needed = Rights::PATH_OPEN;
        if self.oflags.contains(OFlags::CREAT) {
            needed |= Rights::PATH_CREATE_FILE;
        }
        if self.oflags.contains(OFlags::TRUNC) {
            needed |= Rights::PATH_FILESTAT_SET_SIZE;
        }
        needed
    }

    /// Refuses reading or writing where the directory does not pass it on. Other rights are silently left out: programs ask
    /// for all they might need.
    fn check(&self, place: &Place) -> Result<(), Errno> {
        let wanted = self.rights & (Rights::FD_READ | Rights::FD_WRITE);
        if !place.granted.contains(wanted) {
            return Err(Errno::ACCES);
        }
        if !place.inheriting.contains(wanted) {
            return Err(Errno::NOTCAPABLE);
        }
        Ok(())
    }

    /// Whether the guest is going to change a file. Creating and cutting do, whatever is done with it afterwards.
    fn writes(&self) -> bool {
        self.oflags.intersects(OFlags::CREAT | OFlags::TRUNC)
            || self.rights.contains(Rights::FD_WRITE)
    }

    /// Whether the file has to be opened for reading, and for writing.
    pub(crate) fn access(&self) -> (bool, bool) {
        let write = self.writes() || self.rights.intersects(Rights::OF_SIZE);
        let read = self.rights.intersects(Rights::FD_READ | Rights::FD_READDIR);
        (read || !write, write)
    }
}

impl Ctx<'_> {
    /// Opens a file or directory.
    pub(crate) fn path_open(
        self,
        fd: __wasi_fd_t,
        path: &str,
        how: &OpenHow,
    ) -> Result<__wasi_fd_t, Errno> {
        let changes = OFlags::CREAT | OFlags::EXCL | OFlags::TRUNC;
        if how.oflags.contains(OFlags::DIRECTORY) && how.oflags.intersects(changes) {
            return Err(Errno::INVAL);
        }
        let place = self.place(fd, path, how.needed())?;
        how.check(&place)?;
        let entry = match &place.target {
            Target::Folder { folder, path } => match open_in(folder, path, &place, how) {
                Err(Errno::PERM) => {
                    let place = self.across(place, how.follow, how.needed())?;
                    how.check(&place)?;
                    let (folder, path) = place.folder(Errno::PERM)?;
                    open_in(folder, path, &place, how)?
                }
                opened => opened?,
            },
            Target::Virtual(prefix) => open_virtual(prefix, &place, how)?,
            Target::Supplied(id) => self.open_supplied(*id, &place, how)?,
        };
        self.lock().fs.insert(entry)
    }

    fn open_supplied(self, id: FileId, place: &Place, how: &OpenHow) -> Result<Entry, Errno> {
        if how.oflags.contains(OFlags::CREAT | OFlags::EXCL) {
            return Err(Errno::EXIST);
        }
        if how.oflags.contains(OFlags::DIRECTORY) {
            return Err(Errno::NOTDIR);
        }
        if how.oflags.contains(OFlags::TRUNC) {
            if !place.granted.contains(Rights::FD_WRITE) {
                return Err(Errno::ACCES);
            }
            self.with_file(id, |file| Ok(file.set_len(0)?))?;
        }
        let rights = how.rights & place.inheriting & place.granted & Rights::OF_FILES;
        Ok(Entry::of_supplied(
            FileRef::at(id, 0),
            rights,
            place.granted,
            how.flags,
        ))
    }
}

fn open_virtual(prefix: &str, place: &Place, how: &OpenHow) -> Result<Entry, Errno> {
    if how.oflags.contains(OFlags::CREAT | OFlags::EXCL) {
        return Err(Errno::EXIST);
    }
    if how.oflags.contains(OFlags::CREAT) || how.rights.contains(Rights::FD_WRITE) {
        return Err(Errno::ISDIR);
    }
    let inheriting = how.inheriting & place.inheriting;
    Ok(virtual_directory(
        prefix.to_owned(),
        how.rights & place.inheriting,
        inheriting,
    ))
}

fn open_in(folder: &Folder, path: &str, place: &Place, how: &OpenHow) -> Result<Entry, Errno> {
    let rights = how.rights & place.inheriting & place.granted;
    let opened = match folder.open(path, &OpenHow { rights, ..*how }) {
        // A folder has no use for the rights to a file's size, for which a file would be opened to write.
        Err(Errno::ISDIR) if !how.writes() => {
            let rights = rights - Rights::OF_SIZE;
            folder.open(path, &OpenHow { rights, ..*how })
        }
        opened => opened,
    };
    let (object, possible, filetype) = match opened? {
        Opened::Folder(folder) => (
            Object::Folder(folder),
            Rights::OF_DIRECTORIES,
            __WASI_FILETYPE_DIRECTORY,
        ),
        Opened::File(file, filetype) => {
            let possible = if file.is_terminal() {
                Rights::OF_FILES - Rights::POSITION
            } else {
                Rights::OF_FILES
            };
            (Object::File(file), possible, filetype)
        }
    };
    Ok(Entry {
        object,
        rights: rights & possible,
        inheriting: how.inheriting & place.inheriting,
        granted: place.granted,
        flags: how.flags,
        filetype,
        preopen: None,
        inode: Inode::default(),
    })
}
