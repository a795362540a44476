//! The back end of [`Folder`](crate::ctx) and its files that keeps everything in memory: what a guest does to them.
//!
//! Each function locks the file system once and does all its work under the lock, so that other guests and the host program see
//! it done or not begun. A handle keeps its node alive; it is dropped, never made and dropped again, while the lock is held.

use std::io::SeekFrom;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::MemoryFs;
use super::tree::{Entries, Ino, Kind, Tree};
use super::walk::{Found, Last, MAX_PATH, without_slashes};
use crate::ctx::{DirEntry, FdFlags, OFlags, OpenHow, Opened, dir_entry};
use crate::sys::NewTime;
use crate::types::*;

/// Keeps a node as long as it exists.
#[derive(Debug)]
struct Handle {
    fs: MemoryFs,
    ino: Ino,
}

impl Handle {
    /// The lock of `fs` is held by the caller, who has its tree.
    fn new(fs: &MemoryFs, tree: &mut Tree, ino: Ino) -> Result<Self, Errno> {
        tree.open(ino)?;
        Ok(Self {
            fs: fs.clone(),
            ino,
        })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.fs.lock().close(self.ino);
    }
}

/// An open folder in memory.
#[derive(Debug, Clone)]
pub(crate) struct MemoryFolder(Arc<Handle>);

impl MemoryFolder {
    pub(super) fn new(fs: &MemoryFs, tree: &mut Tree, ino: Ino) -> Result<Self, Errno> {
        Ok(Self(Arc::new(Handle::new(fs, tree, ino)?)))
    }

    /// The file system it is in.
    pub(crate) fn fs(&self) -> &MemoryFs {
        &self.0.fs
    }

    /// Its number there.
    pub(crate) fn ino(&self) -> Ino {
        self.0.ino
    }

    pub(crate) fn open(&self, path: &str, how: &OpenHow) -> Result<Opened, Errno> {
        let mut tree = self.fs().lock();
        let ino = self.find_to_open(&mut tree, path, how)?;
        if tree.is_folder(ino) {
            let folder = Self::new(self.fs(), &mut tree, ino)?;
            return Ok(Opened::Folder(folder.into()));
        }
        let (read, write) = how.access();
        let frozen = FrozenFile {
            ino,
            position: 0,
            append: how.flags.contains(FdFlags::APPEND),
            read,
            write,
        };
        let file = MemoryFile::thaw(self.fs(), &mut tree, &frozen)?;
        Ok(Opened::File(file.into(), __WASI_FILETYPE_REGULAR_FILE))
    }

    /// The file or folder to open, created or cut if so wished.
    fn find_to_open(&self, tree: &mut Tree, path: &str, how: &OpenHow) -> Result<Ino, Errno> {
        let create = how.oflags.contains(OFlags::CREAT);
        let new = how.oflags.contains(OFlags::CREAT | OFlags::EXCL);
        if create && path.ends_with('/') {
            let found = tree.walk(self.ino(), without_slashes(path), false)?;
            let named = matches!(found.last, Last::Name(_));
            return Err(if new && !named {
                Errno::EXIST
            } else {
                Errno::ISDIR
            });
        }
        let found = tree.walk(self.ino(), path, how.follow && !new)?;
        if found.ino.is_none() && create {
            return tree.create(found.folder, found.new_name()?, Kind::File(Vec::new()));
        }
        if new {
            return Err(Errno::EXIST);
        }
        let ino = found.existing()?;
        let directory = how.oflags.contains(OFlags::DIRECTORY);
        match &tree.node(ino)?.kind {
            Kind::Folder(_) if create || how.access().1 => Err(Errno::ISDIR),
            Kind::Folder(_) => Ok(ino),
            Kind::File(_) | Kind::Link(_) if directory => Err(Errno::NOTDIR),
            Kind::Link(_) => Err(Errno::LOOP),
            Kind::File(_) => {
                if how.oflags.contains(OFlags::TRUNC) {
                    tree.resize(ino, 0)?;
                }
                Ok(ino)
            }
        }
    }

    pub(crate) fn create_dir(&self, path: &str) -> Result<(), Errno> {
        let mut tree = self.fs().lock();
        let found = tree.walk(self.ino(), without_slashes(path), false)?;
        let kind = Kind::Folder(Entries::new(found.folder));
        tree.create(found.folder, found.new_name()?, kind).map(drop)
    }

    /// Removes a folder and everything in it, the deepest first.
    pub(super) fn remove_dir_all(&self, path: &str) -> Result<(), Errno> {
        let mut tree = self.fs().lock();
        let found = tree.walk(self.ino(), without_slashes(path), false)?;
        let Last::Name(name) = &found.last else {
            return Err(Errno::BUSY);
        };
        let ino = found.existing()?;
        tree.entries(ino)?;
        tree.empty(ino)?;
        tree.remove_name(found.folder, name)
    }

    pub(crate) fn remove_dir(&self, path: &str) -> Result<(), Errno> {
        let mut tree = self.fs().lock();
        let found = tree.walk(self.ino(), without_slashes(path), false)?;
        let name = match &found.last {
            Last::Name(name) => name,
            Last::Here | Last::Above => return Err(Errno::INVAL),
        };
        if !tree.entries(found.existing()?)?.is_empty() {
            return Err(Errno::NOTEMPTY);
        }
        tree.remove_name(found.folder, name)
    }

    pub(crate) fn remove_file(&self, path: &str) -> Result<(), Errno> {
        let mut tree = self.fs().lock();
        let found = tree.walk(self.ino(), path, false)?;
        let ino = found.existing()?;
        match &found.last {
            Last::Name(name) if !tree.is_folder(ino) => tree.remove_name(found.folder, name),
            _ => Err(Errno::ISDIR),
        }
    }

    pub(crate) fn stat(&self, path: &str, follow: bool) -> Result<__wasi_filestat_t, Errno> {
        let tree = self.fs().lock();
        let found = tree.walk(self.ino(), path, follow)?;
        tree.stat(found.existing()?, self.fs().device())
    }

    pub(crate) fn set_times(
        &self,
        path: &str,
        follow: bool,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        let mut tree = self.fs().lock();
        let found = tree.walk(self.ino(), path, follow)?;
        let ino = found.existing()?;
        tree.set_times(ino, access, modification)
    }

    pub(crate) fn link(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        self.same_fs(to)?;
        let mut tree = self.fs().lock();
        let old = tree.walk(self.ino(), path, false)?;
        let new = tree.walk(to.ino(), new_path, false)?;
        let ino = old.existing()?;
        if new.ino.is_some() {
            return Err(Errno::EXIST);
        }
        if tree.is_folder(ino) {
            return Err(Errno::PERM);
        }
        tree.add_name(new.folder, new.new_name()?, ino)
    }

    pub(crate) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        self.same_fs(to)?;
        let mut tree = self.fs().lock();
        let old = tree.walk(self.ino(), without_slashes(path), false)?;
        let new = tree.walk(to.ino(), without_slashes(new_path), false)?;
        let (Last::Name(old_name), Last::Name(new_name)) = (&old.last, &new.last) else {
            return Err(Errno::BUSY);
        };
        let ino = old.existing()?;
        if path.ends_with('/') && !tree.is_folder(ino) {
            return Err(Errno::NOTDIR);
        }
        if tree.is_folder(ino) && tree.lies_in(new.folder, ino)? {
            return Err(Errno::INVAL);
        }
        if let Some(replaced) = new.ino {
            if replaced == ino {
                return Ok(());
            }
            replaceable(&tree, ino, &old, replaced)?;
            tree.remove_name(new.folder, new_name)?;
        }
        tree.move_name((old.folder, old_name), (new.folder, new_name))
    }

    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<(), Errno> {
        match target.as_bytes() {
            [b'/', ..] => return Err(Errno::PERM),
            target if target.len() > MAX_PATH => return Err(Errno::NAMETOOLONG),
            _ => {}
        }
        let mut tree = self.fs().lock();
        let found = tree.walk(self.ino(), path, false)?;
        if target.is_empty() {
            return Err(Errno::NOENT);
        }
        let name = found.new_name()?;
        tree.create(found.folder, name, Kind::Link(target.to_owned()))
            .map(drop)
    }

    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let tree = self.fs().lock();
        let found = tree.walk(self.ino(), path, false)?;
        match &tree.node(found.existing()?)?.kind {
            Kind::Link(target) => Ok(target.clone().into_bytes()),
            Kind::File(_) | Kind::Folder(_) => Err(Errno::INVAL),
        }
    }

    pub(crate) fn own_stat(&self) -> Result<__wasi_filestat_t, Errno> {
        self.fs().lock().stat(self.ino(), self.fs().device())
    }

    pub(crate) fn set_own_times(
        &self,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        self.fs().lock().set_times(self.ino(), access, modification)
    }

    /// Nothing lasts longer than the memory it is in.
    pub(crate) fn sync(&self, _data_only: bool) -> Result<(), Errno> {
        Ok(())
    }

    /// The entries from a cookie on: the serial number of the entry before.
    pub(crate) fn entries(&self, cookie: __wasi_dircookie_t) -> Result<MemoryEntries, Errno> {
        Ok(MemoryEntries {
            folder: self.clone(),
            before: cookie,
        })
    }

    fn same_fs(&self, other: &Self) -> Result<(), Errno> {
        if self.fs().is_same(other.fs()) {
            Ok(())
        } else {
            Err(Errno::XDEV)
        }
    }
}

/// Whether something may take the place of something else that has the name it shall get.
fn replaceable(tree: &Tree, ino: Ino, old: &Found, replaced: Ino) -> Result<(), Errno> {
    match &tree.node(replaced)?.kind {
        // What is to be moved lies in what it would replace.
        Kind::Folder(_) if tree.lies_in(old.folder, replaced)? => Err(Errno::NOTEMPTY),
        Kind::Folder(_) if !tree.is_folder(ino) => Err(Errno::ISDIR),
        Kind::Folder(entries) if !entries.is_empty() => Err(Errno::NOTEMPTY),
        Kind::File(_) | Kind::Link(_) if tree.is_folder(ino) => Err(Errno::NOTDIR),
        _ => Ok(()),
    }
}

/// The rest of a folder in memory: the entry after the last is looked for each time.
pub(crate) struct MemoryEntries {
    folder: MemoryFolder,
    before: u64,
}

impl MemoryEntries {
    pub(crate) fn next(&mut self) -> Option<Result<DirEntry, Errno>> {
        let ino = self.folder.ino();
        let tree = self.folder.fs().lock();
        let own =
            |serial, name: &[u8]| dir_entry(serial, ino, __WASI_FILETYPE_DIRECTORY, name.to_vec());
        let entry = match self.before {
            0 => own(1, b"."),
            // The parent may be outside of what the guest can see: it looks like the folder itself, as at any root.
            1 => own(2, b".."),
            before => {
                let (serial, name, ino) = tree.entries(ino).ok()?.after(before)?;
                let filetype = tree.node(ino).ok()?.kind.filetype();
                dir_entry(serial, ino, filetype, name.as_bytes().to_vec())
            }
        };
        self.before = entry.head.d_next;
        Some(Ok(entry))
    }
}

/// An open file in memory.
#[derive(Debug, Clone)]
pub(crate) struct MemoryFile(Arc<OpenFile>);

/// How a file is open: what is needed to open it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FrozenFile {
    pub(super) ino: Ino,
    position: u64,
    append: bool,
    read: bool,
    write: bool,
}

/// The position is read and changed under the lock of the file system.
#[derive(Debug)]
struct OpenFile {
    handle: Handle,
    position: AtomicU64,
    append: AtomicBool,
    read: bool,
    write: bool,
}

impl MemoryFile {
    /// Opens a file that is there. The lock of `fs` is held by the caller, who has its tree.
    pub(super) fn thaw(fs: &MemoryFs, tree: &mut Tree, frozen: &FrozenFile) -> Result<Self, Errno> {
        position(frozen.position)?;
        Ok(Self(Arc::new(OpenFile {
            handle: Handle::new(fs, tree, frozen.ino)?,
            position: AtomicU64::new(frozen.position),
            append: AtomicBool::new(frozen.append),
            read: frozen.read,
            write: frozen.write,
        })))
    }

    pub(crate) fn freeze(&self) -> FrozenFile {
        FrozenFile {
            ino: self.handle().ino,
            position: self.0.position.load(Ordering::Relaxed),
            append: self.0.append.load(Ordering::Relaxed),
            read: self.0.read,
            write: self.0.write,
        }
    }

    /// The file system it is in.
    pub(crate) fn fs(&self) -> &MemoryFs {
        &self.handle().fs
    }

    fn handle(&self) -> &Handle {
        &self.0.handle
    }

    fn readable(&self) -> Result<Ino, Errno> {
        self.0.read.then_some(self.handle().ino).ok_or(Errno::BADF)
    }

    fn writable(&self, otherwise: Errno) -> Result<Ino, Errno> {
        self.0.write.then_some(self.handle().ino).ok_or(otherwise)
    }

    pub(crate) fn read(&self, buf: &mut [u8]) -> Result<usize, Errno> {
        let ino = self.readable()?;
        let mut tree = self.handle().fs.lock();
        let position = self.0.position.load(Ordering::Relaxed);
        let count = tree.read(ino, buf, position)?;
        self.0
            .position
            .store(position + count as u64, Ordering::Relaxed);
        Ok(count)
    }

    pub(crate) fn write(&self, buf: &[u8]) -> Result<usize, Errno> {
        let ino = self.writable(Errno::BADF)?;
        let mut tree = self.handle().fs.lock();
        let position = if self.0.append.load(Ordering::Relaxed) {
            tree.contents(ino)?.len() as u64
        } else {
            self.0.position.load(Ordering::Relaxed)
        };
        let count = tree.write(ino, buf, position)?;
        self.0
            .position
            .store(position + count as u64, Ordering::Relaxed);
        Ok(count)
    }

    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<usize, Errno> {
        position(offset)?;
        let ino = self.readable()?;
        self.handle().fs.lock().read(ino, buf, offset)
    }

    /// A file that is appended to is appended to here as well, as on the host.
    pub(crate) fn write_at(&self, buf: &[u8], offset: u64) -> Result<usize, Errno> {
        position(offset)?;
        let ino = self.writable(Errno::BADF)?;
        let mut tree = self.handle().fs.lock();
        let offset = if self.0.append.load(Ordering::Relaxed) {
            tree.contents(ino)?.len() as u64
        } else {
            offset
        };
        tree.write(ino, buf, offset)
    }

    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        let tree = self.handle().fs.lock();
        let (from, delta) = match to {
            SeekFrom::Start(at) => (Some(at), 0),
            SeekFrom::Current(delta) => (Some(self.0.position.load(Ordering::Relaxed)), delta),
            SeekFrom::End(delta) => (Some(tree.contents(self.handle().ino)?.len() as u64), delta),
        };
        let at = from
            .and_then(|from| from.checked_add_signed(delta))
            .ok_or(Errno::INVAL)?;
        position(at)?;
        self.0.position.store(at, Ordering::Relaxed);
        Ok(at)
    }

    pub(crate) fn stat(&self) -> Result<__wasi_filestat_t, Errno> {
        let fs = &self.handle().fs;
        fs.lock().stat(self.handle().ino, fs.device())
    }

    pub(crate) fn set_len(&self, len: u64) -> Result<(), Errno> {
        position(len)?;
        let ino = self.writable(Errno::INVAL)?;
        self.handle().fs.lock().resize(ino, len)
    }

    pub(crate) fn set_times(&self, access: NewTime, modification: NewTime) -> Result<(), Errno> {
        let handle = self.handle();
        handle.fs.lock().set_times(handle.ino, access, modification)
    }

    pub(crate) fn set_flags(&self, flags: FdFlags) -> Result<(), Errno> {
        let append = flags.contains(FdFlags::APPEND);
        self.0.append.store(append, Ordering::Relaxed);
        Ok(())
    }

    /// Memory is always at hand.
    pub(crate) fn advise(
        &self,
        _offset: u64,
        _len: u64,
        _advice: __wasi_advice_t,
    ) -> Result<(), Errno> {
        Ok(())
    }

    /// Makes the file at least so long; what is there needs no other place.
    pub(crate) fn allocate(&self, offset: u64, len: u64) -> Result<(), Errno> {
        position(offset)?;
        position(len)?;
        if len == 0 {
            return Err(Errno::INVAL);
        }
        let ino = self.writable(Errno::BADF)?;
        // Neither is above half of what a u64 holds.
        let end = offset + len;
        position(end).map_err(|_| Errno::FBIG)?;
        let mut tree = self.handle().fs.lock();
        if end > tree.contents(ino)?.len() as u64 {
            tree.resize(ino, end)?;
        }
        Ok(())
    }

    pub(crate) fn sync(&self, _data_only: bool) -> Result<(), Errno> {
        Ok(())
    }

    pub(crate) fn is_terminal(&self) -> bool {
        false
    }
}

/// Checks that this is a position: they are signed on every host.
fn position(at: u64) -> Result<(), Errno> {
    i64::try_from(at).map(drop).map_err(|_| Errno::INVAL)
}
