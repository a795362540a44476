//! `fd_readdir`: the entries of a directory from a cookie on.
//!
//! The cookie is the folder's own: it stays right while entries come and go, needs no list in memory, and can be given in any
//! order; 0 is the beginning. Nothing is kept between calls. A virtual directory is short and never changes: its cookies count.

use super::Ctx;
use super::flags::Rights;
use super::fs::Object;
use super::named::Identity;
use super::node::FolderEntries;
use crate::types::*;

/// An entry: its fixed part and its name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirEntry {
    pub(crate) head: __wasi_dirent_t,
    pub(crate) name: Vec<u8>,
}

/// The rest of a directory: first what is in the folder, then the names that exist only here.
pub(crate) struct DirEntries {
    folder: Option<FolderEntries>,
    own: std::vec::IntoIter<(String, __wasi_filetype_t)>,
    /// The cookie of the next of the own names.
    next: u64,
}

/// Cookies of own names in a folder, whose cookies are positions, and those are never so large.
const OWN: u64 = 1 << 63;

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
            Object::Supplied(_) | Object::File(_) | Object::Socket(_) => {
                return Err(Errno::NOTDIR);
            }
        };
        let own = if state.fs.named.files.is_empty() {
            Vec::new()
        } else {
            state.fs.named.names_in(&Identity::of(folder.own_stat()?))
        };
        drop(state);
        Ok(DirEntries {
            own: skip(own, cookie.saturating_sub(OWN)),
            next: cookie.max(OWN),
            folder: (cookie < OWN).then(|| folder.entries(cookie)).transpose()?,
        })
    }
}

fn skip<T>(mut all: Vec<T>, count: u64) -> std::vec::IntoIter<T> {
    let skipped = usize::try_from(count).unwrap_or(usize::MAX).min(all.len());
    all.drain(..skipped);
    all.into_iter()
}

fn virtual_entries(names: Vec<(String, __wasi_filetype_t)>, cookie: u64) -> DirEntries {
    let dots = [".", ".."].map(|name| (name.to_owned(), __WASI_FILETYPE_DIRECTORY));
    DirEntries {
        folder: None,
        own: skip(dots.into_iter().chain(names).collect(), cookie),
        next: cookie,
    }
}

impl Iterator for DirEntries {
    type Item = Result<DirEntry, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(entry) = self.folder.as_mut().and_then(Iterator::next) {
            return Some(entry);
        }
        self.folder = None;
        let (name, filetype) = self.own.next()?;
        self.next = self.next.checked_add(1)?;
        Some(Ok(dir_entry(self.next, 0, filetype, name.into_bytes())))
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
