//! `fd_readdir`: the entries of a directory from a cookie on.
//!
//! The cookie is the folder's own: it stays right while entries come and go, needs no list in memory, and can be given in any
//! order; 0 is the beginning. Nothing is kept between calls. A virtual directory is short and never changes: its cookies count.

use super::Ctx;
use super::flags::Rights;
use super::fs::Object;
use super::node::FolderEntries;
use crate::types::*;

/// An entry: its fixed part and its name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirEntry {
    pub(crate) head: __wasi_dirent_t,
    pub(crate) name: Vec<u8>,
}

/// The rest of a directory.
pub(crate) enum DirEntries {
    Folder(FolderEntries),
    Virtual {
        names: std::vec::IntoIter<String>,
        next: u64,
    },
}

impl Ctx<'_> {
    /// The entries from the cookie on.
    pub(crate) fn fd_readdir(
        self,
        fd: __wasi_fd_t,
        cookie: __wasi_dircookie_t,
    ) -> Result<DirEntries, Errno> {
        let state = self.lock();
        let entry = state.fs.entry(fd)?;
        if !matches!(entry.object, Object::Folder(_) | Object::Virtual(_)) {
            return Err(Errno::NOTDIR);
        }
        entry.require(Rights::FD_READDIR)?;
        let folder = match &entry.object {
            Object::Folder(folder) => folder.clone(),
            Object::Virtual(prefix) => match state.fs.virtual_names(prefix) {
                Err(root) => root,
                Ok(names) => return Ok(virtual_entries(names, cookie)),
            },
            Object::Stream(_) | Object::File(_) | Object::Socket(_) => return Err(Errno::NOTDIR),
        };
        drop(state);
        Ok(DirEntries::Folder(folder.entries(cookie)?))
    }
}

fn virtual_entries(names: Vec<String>, cookie: u64) -> DirEntries {
    let mut all = vec![".".to_owned(), "..".to_owned()];
    all.extend(names);
    let skipped = usize::try_from(cookie).unwrap_or(usize::MAX).min(all.len());
    all.drain(..skipped);
    DirEntries::Virtual {
        names: all.into_iter(),
        next: cookie,
    }
}

impl Iterator for DirEntries {
    type Item = Result<DirEntry, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            DirEntries::Folder(entries) => entries.next(),
            DirEntries::Virtual { names, next } => {
                let name = names.next()?;
                *next += 1;
                Some(Ok(dir_entry(
                    *next,
                    0,
                    __WASI_FILETYPE_DIRECTORY,
                    name.into_bytes(),
                )))
            }
        }
    }
}

pub(crate) fn dir_entry(
    next: u64,
    ino: u64,
    filetype: __wasi_filetype_t,
    name: Vec<u8>,
) -> DirEntry {
    // A name is at most a few hundred bytes on any host.
    let d_namlen = u32::try_from(name.len()).unwrap_or(u32::MAX);
    DirEntry {
        head: __wasi_dirent_t {
            d_next: next,
            d_ino: ino,
            d_namlen,
            d_type: filetype,
        },
        name,
    }
}
