//! [`WasiFs`] as plain data: descriptors with their rights and positions, the host program's files, and file systems in memory go in
//! whole, folders of the host as paths.
//!
//! What the guest has open in a folder of the host is found by asking the system where it is now; it goes in as a path below a
//! preopened folder, and is opened again as the guest would open it, never beside or above. A socket, a pipe of the host, or a
//! file that has no name any more has no such path: then nothing is frozen. What comes back from bytes is not believed: every
//! reference between the parts is looked up.

use std::collections::HashMap;
use std::io::SeekFrom;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::flags::{FdFlags, OFlags, Rights};
use super::fs::{Entry, MAX_FDS, Object, Source, WasiFs};
use super::host::HostFile;
use super::inode::Inode;
use super::named::{Identity, Named, Names, Parent};
use super::node::{Folder, OpenFile, Opened};
use super::open::OpenHow;
use super::place::Mount;
use super::supplied::{FileId, FileRef, Supplied};
use crate::files::WasiFile;
use crate::memory::{FrozenFile, FrozenTree, MemoryFs};
use crate::types::*;

/// Numbers that are given out one after another never get near here.
const MAX_NUMBER: u64 = 1 << 62;

/// Which folder of the host to open for a preopened name and the path it had; `None` for none.
pub(crate) type Resolve<'a> = &'a mut dyn FnMut(&str, &Path) -> Option<PathBuf>;

#[derive(Serialize, Deserialize)]
pub(crate) struct FrozenFs {
    memories: Vec<FrozenTree>,
    /// The host program's files by number, each as its own bytes.
    files: Vec<(u64, Option<Vec<u8>>)>,
    next_file: u64,
    mounts: Vec<FrozenMount>,
    folders: Vec<Vec<String>>,
    named: Vec<FrozenNamed>,
    descriptors: Vec<(u32, FrozenEntry)>,
    next_inode: u64,
}

#[derive(Serialize, Deserialize)]
struct FrozenMount {
    alias: String,
    source: FrozenSource,
    granted: u64,
}

#[derive(Serialize, Deserialize)]
enum FrozenSource {
    /// The path.
    Host(Vec<u8>),
    /// Which of the file systems in memory, and which folder there.
    Memory(usize, u64),
}

/// A folder or a file of the host: a path below a preopened folder, by the number of that.
type Below = (usize, String);

#[derive(Serialize, Deserialize)]
enum FrozenFolder {
    Host(Below),
    Memory(usize, u64),
}

#[derive(Serialize, Deserialize)]
struct FrozenNamed {
    parent: FrozenParent,
    name: String,
    file: u64,
    rights: u64,
}

#[derive(Serialize, Deserialize)]
enum FrozenParent {
    Virtual(String),
    Folder(FrozenFolder),
}

#[derive(Serialize, Deserialize)]
struct FrozenEntry {
    object: FrozenObject,
    rights: u64,
    inheriting: u64,
    granted: u64,
    flags: u16,
    filetype: u8,
    preopen: Option<String>,
    inode: u64,
}

#[derive(Serialize, Deserialize)]
enum FrozenObject {
    /// A file of the host program, and the descriptor's position in it.
    Supplied(u64, Option<u64>),
    /// A file of the host, and the position in it.
    HostFile(Below, u64),
    MemoryFile(usize, FrozenFile),
    Folder(FrozenFolder),
    Virtual(String),
}

/// What is collected while parts are frozen that refer to it.
struct Freezer<'a> {
    fs: &'a WasiFs,
    /// Where each preopened folder of the host is now.
    roots: Vec<Option<PathBuf>>,
    memories: Vec<MemoryFs>,
}

impl WasiFs {
    /// Everything as data; `None` if something cannot be found again.
    pub(crate) fn freeze(&self) -> Option<FrozenFs> {
        let mut freezer = Freezer {
            fs: self,
            roots: self.mounts.iter().map(Mount::host_path).collect(),
            memories: Vec::new(),
        };
        let mounts = self.mounts.iter().enumerate();
        let mounts = mounts
            .map(|(index, mount)| freezer.mount(index, mount))
            .collect::<Option<_>>()?;
        let named = self.named.files.iter();
        let named = named
            .map(|named| freezer.named(named))
            .collect::<Option<_>>()?;
        let descriptors = (0..).zip(&self.entries);
        let descriptors = descriptors
            .filter_map(|(fd, entry)| Some((fd, entry.as_ref()?)))
            .map(|(fd, entry)| Some((fd, freezer.entry(entry)?)))
            .collect::<Option<_>>()?;
        Some(FrozenFs {
            files: self.supplied.freeze()?,
            next_file: self.supplied.next(),
            mounts,
            folders: self.named.folders.iter().cloned().collect(),
            named,
            descriptors,
            next_inode: self.next_inode.raw(),
            memories: freezer.memories.iter().map(MemoryFs::freeze).collect(),
        })
    }
}

impl Freezer<'_> {
    fn mount(&mut self, index: usize, mount: &Mount) -> Option<FrozenMount> {
        let source = match &mount.folder {
            Folder::Memory(folder) => FrozenSource::Memory(self.memory(folder.fs()), folder.ino()),
            Folder::Host(_) => {
                FrozenSource::Host(self.roots[index].as_ref()?.as_os_str().as_bytes().to_vec())
            }
        };
        Some(FrozenMount {
            alias: mount.alias().to_owned(),
            source,
            granted: mount.granted.bits(),
        })
    }

    /// The number of a file system in memory; all that is in one goes in once.
    fn memory(&mut self, fs: &MemoryFs) -> usize {
        let known = self.memories.iter().position(|known| known.is_same(fs));
        known.unwrap_or_else(|| {
            self.memories.push(fs.clone());
            self.memories.len() - 1
        })
    }

    /// Where something of the host is: the path must lead to the very thing.
    fn below(&self, path: Option<PathBuf>, stat: __wasi_filestat_t) -> Option<Below> {
        let path = path?;
        let candidates = self.roots.iter().enumerate();
        candidates
            .filter_map(|(index, root)| Some((index, path.strip_prefix(root.as_ref()?).ok()?)))
            .find_map(|(index, rest)| {
                let rest = match rest.to_str()? {
                    "" => ".",
                    rest => rest,
                };
                let found = self.fs.mounts[index].folder.stat(rest, false).ok()?;
                let same = Identity::of(found) == Identity::of(stat);
                same.then(|| (index, rest.to_owned()))
            })
    }

    fn folder(&mut self, folder: &Folder) -> Option<FrozenFolder> {
        Some(match folder {
            Folder::Memory(folder) => FrozenFolder::Memory(self.memory(folder.fs()), folder.ino()),
            Folder::Host(folder) => {
                let stat = folder.own_stat().ok()?;
                FrozenFolder::Host(self.below(folder.path(), stat)?)
            }
        })
    }

    fn named(&mut self, named: &Named) -> Option<FrozenNamed> {
        let parent = match &named.parent {
            Parent::Virtual(prefix) => FrozenParent::Virtual(prefix.clone()),
            Parent::Folder(folder, _) => FrozenParent::Folder(self.folder(folder)?),
        };
        Some(FrozenNamed {
            parent,
            name: named.name.clone(),
            file: named.id.0,
            rights: named.rights.bits(),
        })
    }

    fn host_file(&self, file: &HostFile) -> Option<FrozenObject> {
        let stat = file.stat().ok()?;
        if stat.st_filetype != __WASI_FILETYPE_REGULAR_FILE {
            return None;
        }
        let below = self.below(file.path(), stat)?;
        Some(FrozenObject::HostFile(
            below,
            file.seek(SeekFrom::Current(0)).ok()?,
        ))
    }

    fn entry(&mut self, entry: &Entry) -> Option<FrozenEntry> {
        let object = match &entry.object {
            Object::Supplied(file) => FrozenObject::Supplied(file.id.0, file.position()),
            Object::File(OpenFile::Host(file)) => self.host_file(file)?,
            Object::File(OpenFile::Memory(file)) => {
                FrozenObject::MemoryFile(self.memory(file.fs()), file.freeze())
            }
            Object::Folder(folder) => FrozenObject::Folder(self.folder(folder)?),
            Object::Virtual(prefix) => FrozenObject::Virtual(prefix.clone()),
            Object::Socket(_) => return None,
        };
        Some(FrozenEntry {
            object,
            rights: entry.rights.bits(),
            inheriting: entry.inheriting.bits(),
            granted: entry.granted.bits(),
            flags: entry.flags.bits(),
            filetype: entry.filetype,
            preopen: entry.preopen.clone(),
            inode: entry.inode.raw(),
        })
    }
}

impl Supplied {
    /// All files as their own bytes; `None` if one is in use or cannot be written so.
    fn freeze(&self) -> Option<Vec<(u64, Option<Vec<u8>>)>> {
        self.all()?
            .map(|(id, file)| {
                let bytes = file.map(|file| postcard::to_allocvec(file).ok());
                Some((id.0, bytes.map_or(Some(None), |bytes| bytes.map(Some))?))
            })
            .collect()
    }
}

/// What has been thawed already, for the parts that refer to it.
struct Thawed {
    memories: Vec<MemoryFs>,
    mounts: Vec<Mount>,
}

impl FrozenFs {
    /// Everything as it was; `None` if a folder is gone or refused, or a part does not fit the others.
    pub(crate) fn thaw(self, resolve: Resolve<'_>) -> Option<WasiFs> {
        if self.next_file > MAX_NUMBER || self.next_inode > MAX_NUMBER {
            return None;
        }
        let memories: Option<_> = self.memories.into_iter().map(MemoryFs::thaw).collect();
        let mut thawed = Thawed {
            memories: memories?,
            mounts: Vec::new(),
        };
        for mount in self.mounts {
            let mount = thawed.mount(mount, resolve)?;
            if thawed.mounts.iter().any(|other| other.is_like(&mount)) {
                return None;
            }
            thawed.mounts.push(mount);
        }
        let mut fs = WasiFs::new([None, None, None]);
        fs.supplied = thaw_files(self.files, self.next_file)?;
        fs.named = thawed.names(self.named, self.folders, &fs.supplied)?;
        fs.next_inode = Inode::from_raw(self.next_inode);
        thawed.descriptors(self.descriptors, &mut fs)?;
        thawed.memories.iter().for_each(MemoryFs::forget_orphans);
        fs.mounts = thawed.mounts;
        Some(fs)
    }
}

fn thaw_files(frozen: Vec<(u64, Option<Vec<u8>>)>, next: u64) -> Option<Supplied> {
    let mut supplied = Supplied::new([None, None, None]);
    let mut last = None;
    for (id, bytes) in frozen {
        // Each number once, in order; the streams are always there.
        if last.is_some_and(|last| id <= last) || id >= next {
            return None;
        }
        last = Some(id);
        let file: Option<Box<dyn WasiFile>> = match bytes {
            None => None,
            Some(bytes) => Some(postcard::from_bytes(&bytes).ok()?),
        };
        supplied.put(FileId(id), file);
    }
    supplied.set_next(next);
    Some(supplied)
}

impl Thawed {
    fn mount(&self, frozen: FrozenMount, resolve: Resolve<'_>) -> Option<Mount> {
        let folder = match frozen.source {
            FrozenSource::Memory(index, ino) => self.memories.get(index)?.folder_at(ino)?.into(),
            FrozenSource::Host(path) => {
                let path = PathBuf::from(std::ffi::OsString::from_vec(path));
                let path = resolve(&frozen.alias, &path)?;
                Source::Host(path).open().ok()?
            }
        };
        let granted = Rights::from_bits_truncate(frozen.granted);
        let alias = (!frozen.alias.contains('\0')).then_some(frozen.alias)?;
        Some(Mount::new(&alias, folder, granted))
    }

    fn names(
        &self,
        named: Vec<FrozenNamed>,
        folders: Vec<Vec<String>>,
        supplied: &Supplied,
    ) -> Option<Names> {
        let mut names = Names {
            files: Vec::new(),
            folders: folders.into_iter().collect(),
        };
        for named in named {
            let id = FileId(named.file);
            if names.has(id) || !supplied.has(id) {
                return None;
            }
            let parent = match named.parent {
                FrozenParent::Virtual(prefix) => Parent::Virtual(prefix),
                FrozenParent::Folder(folder) => {
                    let folder = self.folder(&folder)?;
                    let identity = Identity::of(folder.own_stat().ok()?);
                    Parent::Folder(folder, identity)
                }
            };
            names.files.push(Named {
                parent,
                name: named.name,
                id,
                rights: Rights::from_bits_truncate(named.rights),
            });
        }
        Some(names)
    }

    fn folder(&self, frozen: &FrozenFolder) -> Option<Folder> {
        match frozen {
            FrozenFolder::Memory(index, ino) => {
                Some(self.memories.get(*index)?.folder_at(*ino)?.into())
            }
            FrozenFolder::Host(below) => match self.open(
                below,
                OFlags::DIRECTORY,
                Rights::FD_READDIR,
                FdFlags::empty(),
            )? {
                Opened::Folder(folder) => Some(folder),
                Opened::File(..) => None,
            },
        }
    }

    /// Opens something of the host; what is neither a file nor a folder could make the host program wait.
    fn open(
        &self,
        (mount, path): &Below,
        oflags: OFlags,
        rights: Rights,
        flags: FdFlags,
    ) -> Option<Opened> {
        let folder = &self.mounts.get(*mount)?.folder;
        if path.contains('\0') || !matches!(folder, Folder::Host(_)) {
            return None;
        }
        let kind = folder.stat(path, false).ok()?.st_filetype;
        if !matches!(
            kind,
            __WASI_FILETYPE_REGULAR_FILE | __WASI_FILETYPE_DIRECTORY
        ) {
            return None;
        }
        let how = OpenHow {
            follow: false,
            oflags,
            rights,
            inheriting: Rights::empty(),
            flags,
        };
        folder.open(path, &how).ok()
    }

    /// Fills the table of descriptors.
    fn descriptors(&self, frozen: Vec<(u32, FrozenEntry)>, fs: &mut WasiFs) -> Option<()> {
        fs.entries.clear();
        fs.free.clear();
        let mut known: HashMap<u64, Object> = HashMap::new();
        for (fd, frozen) in frozen {
            let fd = fd as usize;
            if fd >= MAX_FDS || fd < fs.entries.len() {
                return None;
            }
            fs.free.extend(fs.entries.len()..fd);
            fs.entries.resize_with(fd, || None);
            // Two descriptors of one opened thing share its position.
            let object = match known.get(&frozen.inode) {
                Some(object) => object.clone(),
                None => self.object(&frozen, fs)?,
            };
            known.insert(frozen.inode, object.clone());
            if frozen.inode > fs.next_inode.raw() {
                return None;
            }
            fs.entries.push(Some(Entry {
                object,
                rights: Rights::from_bits_truncate(frozen.rights),
                inheriting: Rights::from_bits_truncate(frozen.inheriting),
                granted: Rights::from_bits_truncate(frozen.granted),
                flags: FdFlags::from_bits_truncate(frozen.flags),
                filetype: frozen.filetype,
                preopen: frozen.preopen,
                inode: Inode::from_raw(frozen.inode),
            }));
        }
        Some(())
    }

    fn object(&self, frozen: &FrozenEntry, fs: &WasiFs) -> Option<Object> {
        Some(match &frozen.object {
            FrozenObject::Supplied(file, position) => {
                let id = FileId(*file);
                if !fs.supplied.has(id) {
                    return None;
                }
                Object::Supplied(match position {
                    Some(position) => FileRef::at(id, *position),
                    None => FileRef::stream(id),
                })
            }
            FrozenObject::HostFile(below, position) => {
                let rights = Rights::from_bits_truncate(frozen.rights);
                let flags = FdFlags::from_bits_truncate(frozen.flags);
                let Opened::File(file, _) = self.open(below, OFlags::empty(), rights, flags)?
                else {
                    return None;
                };
                file.seek(SeekFrom::Start(*position)).ok()?;
                Object::File(file)
            }
            FrozenObject::MemoryFile(index, file) => {
                Object::File(self.memories.get(*index)?.file_at(file)?.into())
            }
            FrozenObject::Folder(folder) => Object::Folder(self.folder(folder)?),
            FrozenObject::Virtual(prefix) => Object::Virtual(prefix.clone()),
        })
    }
}

impl Mount {
    fn host_path(&self) -> Option<PathBuf> {
        match &self.folder {
            Folder::Host(folder) => folder.path(),
            Folder::Memory(_) => None,
        }
    }
}
