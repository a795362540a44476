//! Names that the host program gave to its own files, and the directories it made in the virtual root to hold them.
//!
//! Such a name lies over a folder without being in it: in a virtual directory it is found by its path, in any other folder by the
//! folder's device and number, so that it is found on every way there and stays when the folder moves. The folder is kept open,
//! by which its number is not used again. All this costs nothing where there are no such names.

use std::collections::BTreeSet;

use super::flags::Rights;
use super::node::Folder;
use super::place::{Target, components};
use super::supplied::FileId;
use crate::types::*;

/// Which folder: its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(super) fn of(stat: __wasi_filestat_t) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }
}

/// Where a name is.
#[derive(Debug, Clone)]
pub(super) enum Parent {
    /// In a virtual directory, by its path from the root.
    Virtual(String),
    Folder(Folder, Identity),
}

/// A file of the host program with a name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) parent: Parent,
    pub(super) name: String,
    pub(super) id: FileId,
    /// What the host program permits.
    pub(super) rights: Rights,
}

impl Named {
    /// Whether it is in this folder.
    pub(super) fn is_in(&self, folder: &Identity) -> bool {
        matches!(&self.parent, Parent::Folder(_, identity) if identity == folder)
    }

    fn is_in_virtual(&self, at: &[&str]) -> bool {
        matches!(&self.parent, Parent::Virtual(prefix) if components(prefix).eq(at.iter().copied()))
    }
}

/// All names of the host program's files, and the virtual directories that it made.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) files: Vec<Named>,
    pub(super) folders: BTreeSet<Vec<String>>,
}

impl Names {
    /// The files in real folders whose name is the last one of the path.
    pub(super) fn of_this_name(&self, target: &Target) -> Vec<Named> {
        let Target::Folder { path, .. } = target else {
            return Vec::new();
        };
        let last = components(path).next_back();
        let files = self.files.iter().filter(|named| {
            matches!(named.parent, Parent::Folder(..)) && Some(&*named.name) == last
        });
        files.cloned().collect()
    }

    pub(super) fn in_virtual(&self, at: &[&str], name: &str) -> Option<&Named> {
        self.files
            .iter()
            .find(|named| named.name == name && named.is_in_virtual(at))
    }

    /// Whether the host program made this directory.
    pub(super) fn has_folder(&self, at: &[&str], name: &str) -> bool {
        self.folders
            .iter()
            .any(|made| made.iter().eq(at.iter().chain([&name])))
    }

    pub(super) fn names_in_virtual(
        &self,
        at: &[&str],
    ) -> impl Iterator<Item = (&str, __wasi_filetype_t)> {
        let files = self.files.iter().filter(|named| named.is_in_virtual(at));
        let files = files.map(|named| (&*named.name, __WASI_FILETYPE_UNKNOWN));
        let folders = self.folders.iter().filter_map(move |made| {
            let (name, parent) = made.split_last()?;
            parent.iter().eq(at).then_some(&**name)
        });
        files.chain(folders.map(|name| (name, __WASI_FILETYPE_DIRECTORY)))
    }

    /// The names over a folder.
    pub(super) fn names_in(&self, folder: &Identity) -> Vec<(String, __wasi_filetype_t)> {
        let files = self.files.iter().filter(|named| named.is_in(folder));
        files
            .map(|named| (named.name.clone(), __WASI_FILETYPE_UNKNOWN))
            .collect()
    }

    /// Takes the name from a file.
    pub(super) fn remove(&mut self, id: FileId) {
        self.files.retain(|named| named.id != id);
    }

    pub(super) fn has(&self, id: FileId) -> bool {
        self.files.iter().any(|named| named.id == id)
    }
}
