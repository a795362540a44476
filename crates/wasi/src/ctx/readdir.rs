//! `fd_readdir`: the entries of a directory from a cookie on.
//!
//! For a host directory the cookie is the host's own position (`d_off`), which stays right while entries come and go, needs no
//! list in memory, and can be given in any order; 0 is the beginning. Nothing is kept between calls. A virtual directory is short
//! and never changes: its cookies count.

use std::sync::Arc;

use cap_std::fs::Dir;

use super::Ctx;
use super::flags::Rights;
use super::fs::Object;
use crate::sys::{self, HostDirReader};
use crate::types::*;

/// An entry: its fixed part and its name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirEntry {
    pub(crate) head: __wasi_dirent_t,
    pub(crate) name: Vec<u8>,
}

/// The rest of a directory.
pub(crate) enum DirEntries {
    Host {
        dir: Arc<Dir>,
        reader: HostDirReader,
    },
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
        if !matches!(entry.object, Object::Dir(_) | Object::Virtual(_)) {
            return Err(Errno::NOTDIR);
        }
        entry.require(Rights::FD_READDIR)?;
        let dir = match &entry.object {
            Object::Dir(dir) => dir.clone(),
            Object::Virtual(prefix) => match state.fs.virtual_names(prefix) {
                Err(root) => root,
                Ok(names) => return Ok(virtual_entries(names, cookie)),
            },
            Object::Stream(_) | Object::File(_) => return Err(Errno::NOTDIR),
        };
        drop(state);
        let reader = HostDirReader::new(&*dir, cookie)?;
        Ok(DirEntries::Host { dir, reader })
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
            DirEntries::Host { dir, reader } => {
                let entry = reader.next()?;
                Some(entry.and_then(|entry| host_entry(dir, entry)))
            }
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

fn dir_entry(next: u64, ino: u64, filetype: __wasi_filetype_t, name: Vec<u8>) -> DirEntry {
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

fn host_entry(dir: &Dir, entry: sys::HostDirEntry) -> Result<DirEntry, Errno> {
    if entry.name == b".." {
        // The parent may be outside of what the guest can see: it looks like the directory itself, as at any root.
        let own = sys::stat(dir)?;
        return Ok(dir_entry(
            entry.next,
            own.st_ino,
            own.st_filetype,
            entry.name,
        ));
    }
    // An entry of unknown kind that went away meanwhile stays unknown.
    let filetype = entry.filetype.unwrap_or_else(|| {
        sys::stat_entry(dir, &entry.name).map_or(__WASI_FILETYPE_UNKNOWN, |stat| stat.st_filetype)
    });
    Ok(dir_entry(entry.next, entry.ino, filetype, entry.name))
}
