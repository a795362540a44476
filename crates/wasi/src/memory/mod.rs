//! [`MemoryFs`]: a file system in memory that the host program fills, gives to guests and reads back.
//!
//! ```text
//!  host program ─► MemoryFs (this file) ─┐
//!                                        ├─► walk.rs (paths) ─► tree.rs (what there is, and what it costs)
//!  guest ─► ctx ─► folder.rs (handles) ──┘
//! ```
//!
//! All clones of a `MemoryFs` are the same files behind one lock. Both sides do the same things through the same functions; what
//! only the host program may do (fill, read and list at once) is here.

mod error;
mod folder;
mod frozen;
mod tree;
mod walk;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use error::MemoryFsError;
pub(crate) use folder::{FrozenFile, MemoryEntries, MemoryFile, MemoryFolder};
pub(crate) use frozen::FrozenTree;
use tree::{Kind, ROOT, Tree};

use crate::ctx::Folder;
use crate::types::*;

/// How much a [`MemoryFs`] may hold; who wants more, guest or host program, is told that it is full.
///
/// Bytes are those of all files, names and symbolic links; what is needed to manage them comes on top and is bounded by the number
/// of files, and a file that grows may take up to twice its size. A gap in a file, made by writing beyond its end, counts like what
/// is written.
///
/// ```
/// # use wasmill_wasi::{MemoryFs, MemoryLimits};
/// let fs = MemoryFs::with_limits(MemoryLimits { bytes: 100, ..Default::default() });
/// assert!(fs.write("file", [0; 90]).is_ok());
/// assert!(fs.write("other", [0; 90]).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLimits {
    /// At most so many bytes; by default 256 MiB.
    pub bytes: u64,
    /// At most so many names of files, folders and symbolic links; by default 65,536.
    pub files: u64,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            files: 1 << 16,
        }
    }
}

/// The kind of something in a [`MemoryFs`].
///
/// ```
/// # use wasmill_wasi::{MemoryFs, MemoryKind};
/// assert_eq!(MemoryFs::new().metadata("/")?.kind, MemoryKind::Folder);
/// # Ok::<(), wasmill_wasi::MemoryFsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemoryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
}

/// What is known of something in a [`MemoryFs`].
///
/// ```
/// # use wasmill_wasi::MemoryFs;
/// let fs = MemoryFs::new();
/// fs.write("file", "hello")?;
/// assert_eq!(fs.metadata("file")?.len, 5);
/// # Ok::<(), wasmill_wasi::MemoryFsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryMetadata {
    /// What it is.
    pub kind: MemoryKind,
    /// How many bytes it has; a folder none.
    pub len: u64,
    /// How many names lead to it.
    pub links: u64,
    /// When it was last read, in nanoseconds since 1970.
    pub accessed: u64,
    /// When its contents last changed.
    pub modified: u64,
}

/// A name in a folder of a [`MemoryFs`].
///
/// ```
/// # use wasmill_wasi::MemoryFs;
/// let fs = MemoryFs::new();
/// fs.write("file", "")?;
/// assert_eq!(fs.list("/")?[0].name, "file");
/// # Ok::<(), wasmill_wasi::MemoryFsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryEntry {
    /// The name.
    pub name: String,
    /// What has it.
    pub kind: MemoryKind,
}

#[derive(Debug)]
struct Shared {
    device: u64,
    tree: Mutex<Tree>,
}

/// A file system in memory. All clones are the same files, which any number of guests and threads can use at once.
///
/// To a guest it looks like a folder of the host. Paths here begin at its root, with or without a `/` in front; folders are not made
/// on the way (see [`create_dir_all`](Self::create_dir_all)).
///
/// ```
/// use wasmill_wasi::{MemoryFs, WasiState};
///
/// let fs = MemoryFs::new();
/// fs.create_dir_all("texts/new")?;
/// fs.write("texts/hello.txt", "Hello!")?;
/// // The guest finds it as `/data/texts/hello.txt`, and what it writes can be read here afterwards.
/// let state = WasiState::new("program").map_memory("/data", &fs)?.build()?;
/// assert_eq!(fs.read("texts/hello.txt")?, b"Hello!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemoryFs(Arc<Shared>);

impl Default for MemoryFs {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.lock().used;
        f.debug_struct("MemoryFs")
            .field("bytes", &used.bytes)
            .field("files", &used.files)
            .finish_non_exhaustive()
    }
}

impl MemoryFs {
    /// An empty one with the default limits.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// assert!(MemoryFs::new().list("/")?.is_empty());
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    pub fn new() -> Self {
        Self::with_limits(MemoryLimits::default())
    }

    /// An empty one that holds so much and no more.
    ///
    /// ```
    /// # use std::io::ErrorKind;
    /// # use wasmill_wasi::{MemoryFs, MemoryLimits};
    /// let fs = MemoryFs::with_limits(MemoryLimits { files: 1, ..Default::default() });
    /// fs.write("one", "")?;
    /// assert_eq!(fs.write("two", "").unwrap_err().kind(), ErrorKind::StorageFull);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    pub fn with_limits(limits: MemoryLimits) -> Self {
        Self::of_tree(Tree::new(limits))
    }

    fn of_tree(tree: Tree) -> Self {
        /// Device numbers of the host's are small, or at least not of this form.
        static DEVICES: AtomicU64 = AtomicU64::new(0x6d65_6d00_0000_0001);
        Self(Arc::new(Shared {
            device: DEVICES.fetch_add(1, Ordering::Relaxed),
            tree: Mutex::new(tree),
        }))
    }

    /// Nothing that runs under the lock panics; a poisoned one would be as good.
    fn lock(&self) -> MutexGuard<'_, Tree> {
        self.0.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn device(&self) -> u64 {
        self.0.device
    }

    /// Whether both are the same files.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// assert!(fs.is_same(&fs.clone()) && !fs.is_same(&MemoryFs::new()));
    /// ```
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The root, opened.
    pub(crate) fn root(&self) -> Result<MemoryFolder, Errno> {
        MemoryFolder::new(self, &mut self.lock(), ROOT)
    }

    /// The folder with this number, opened.
    pub(crate) fn folder_at(&self, ino: u64) -> Option<MemoryFolder> {
        let mut tree = self.lock();
        if !tree.is_folder(ino) {
            return None;
        }
        MemoryFolder::new(self, &mut tree, ino).ok()
    }

    /// The file that was open so, opened again.
    pub(crate) fn file_at(&self, frozen: &FrozenFile) -> Option<MemoryFile> {
        let mut tree = self.lock();
        tree.contents(frozen.ino).ok()?;
        MemoryFile::thaw(self, &mut tree, frozen).ok()
    }

    /// Does something to a path, from the root.
    fn at<R>(
        &self,
        operation: &'static str,
        path: impl AsRef<Path>,
        run: impl FnOnce(&MemoryFolder, &str) -> Result<R, Errno>,
    ) -> Result<R, MemoryFsError> {
        let path = path.as_ref();
        path.to_str()
            .ok_or(Errno::INVAL)
            .and_then(|path| run(&self.root()?, from_root(path)))
            .map_err(|errno| MemoryFsError::new(operation, &path.to_string_lossy(), errno))
    }

    /// Makes a folder in one that is there.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.create_dir("a")?;
    /// assert!(fs.create_dir("x/y").is_err(), "there is no `x`");
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is something of that name, no folder to hold it, or no room.
    pub fn create_dir(&self, path: impl AsRef<Path>) -> Result<(), MemoryFsError> {
        self.at("create the folder", path, |root, path| {
            root.create_dir(path)
        })
    }

    /// Makes a folder and all that are missing on the way to it.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.create_dir_all("a/b/c")?;
    /// fs.create_dir_all("a/b/c")?; // Nothing is missing any more.
    /// assert!(fs.exists("a/b"));
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is a file on the way, or no room.
    pub fn create_dir_all(&self, path: impl AsRef<Path>) -> Result<(), MemoryFsError> {
        self.at("create the folder", path, |root, path| {
            Folder::from(root.clone()).create_dir_all(path)
        })
    }

    /// Makes a file with these contents, or replaces those of the file that is there; all or nothing.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// fs.write("file", [1, 2, 3])?;
    /// assert_eq!(fs.read("file")?, [1, 2, 3]);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is a folder, there is no folder to hold it, or no room.
    pub fn write(
        &self,
        path: impl AsRef<Path>,
        contents: impl Into<Vec<u8>>,
    ) -> Result<(), MemoryFsError> {
        self.at("write", path, |_, path| {
            if path.ends_with('/') {
                return Err(Errno::ISDIR);
            }
            let mut tree = self.lock();
            let found = tree.walk(ROOT, path, true)?;
            match found.ino {
                Some(ino) => tree.replace(ino, contents.into()),
                None => {
                    let file = Kind::File(contents.into());
                    tree.create(found.folder, found.new_name()?, file).map(drop)
                }
            }
        })
    }

    /// The contents of a file.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// assert_eq!(fs.read("/file")?, b"text");
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such file.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Vec<u8>, MemoryFsError> {
        self.at("read", path, |_, path| {
            let tree = self.lock();
            let found = tree.walk(ROOT, path, true)?;
            tree.contents(found.existing()?).cloned()
        })
    }

    /// Removes a file or a symbolic link.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// fs.remove_file("file")?;
    /// assert!(!fs.exists("file"));
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is a folder.
    pub fn remove_file(&self, path: impl AsRef<Path>) -> Result<(), MemoryFsError> {
        self.at("remove", path, |root, path| root.remove_file(path))
    }

    /// Removes a folder that is empty.
    ///
    /// ```
    /// # use std::io::ErrorKind;
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.create_dir_all("a/b")?;
    /// assert_eq!(fs.remove_dir("a").unwrap_err().kind(), ErrorKind::DirectoryNotEmpty);
    /// fs.remove_dir("a/b")?;
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, it is a file, or something is in it.
    pub fn remove_dir(&self, path: impl AsRef<Path>) -> Result<(), MemoryFsError> {
        self.at("remove the folder", path, |root, path| {
            root.remove_dir(path)
        })
    }

    /// Removes a folder and everything in it. A file that a guest has open stays with the guest until it is closed.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.create_dir_all("a/b")?;
    /// fs.write("a/b/file", "text")?;
    /// fs.remove_dir_all("a")?;
    /// assert_eq!((fs.used_bytes(), fs.used_files()), (0, 0));
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such folder.
    pub fn remove_dir_all(&self, path: impl AsRef<Path>) -> Result<(), MemoryFsError> {
        self.at("remove the folder", path, |root, path| {
            root.remove_dir_all(path)
        })
    }

    /// Moves a file or folder; a file or an empty folder of the new name is replaced.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("new", "text")?;
    /// fs.write("old", "")?;
    /// fs.rename("new", "old")?;
    /// assert_eq!(fs.read("old")?, b"text");
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is nothing to move, no place for it, or what is there cannot be replaced.
    pub fn rename(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
    ) -> Result<(), MemoryFsError> {
        let to = to.as_ref().to_str();
        self.at("move", from, |root, from| {
            root.rename(from, root, from_root(to.ok_or(Errno::INVAL)?))
        })
    }

    /// Makes a second name for a file.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// fs.hard_link("file", "same")?;
    /// assert_eq!(fs.metadata("file")?.links, 2);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such file, it is a folder, or the other name is taken.
    pub fn hard_link(
        &self,
        file: impl AsRef<Path>,
        name: impl AsRef<Path>,
    ) -> Result<(), MemoryFsError> {
        let file = file.as_ref().to_str();
        self.at("make the name", name, |root, name| {
            root.link(from_root(file.ok_or(Errno::INVAL)?), root, name)
        })
    }

    /// Makes a symbolic link that says `target`: a path relative to the folder of the link.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.create_dir("a")?;
    /// fs.write("file", "text")?;
    /// fs.symlink("../file", "a/link")?;
    /// assert_eq!(fs.read("a/link")?, b"text");
    /// assert!(fs.symlink("/file", "absolute").is_err());
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the name is taken, or the target is absolute: a guest's root need not be this one.
    pub fn symlink(
        &self,
        target: impl AsRef<Path>,
        name: impl AsRef<Path>,
    ) -> Result<(), MemoryFsError> {
        let target = target.as_ref().to_str();
        self.at("make the symbolic link", name, |root, name| {
            root.symlink(target.ok_or(Errno::INVAL)?, name)
        })
    }

    /// What a symbolic link says.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.symlink("anything", "link")?;
    /// assert_eq!(fs.read_link("link")?, "anything");
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<String, MemoryFsError> {
        self.at("read the link", path, |root, path| {
            String::from_utf8(root.read_link(path)?).map_err(|_| Errno::ILSEQ)
        })
    }

    /// What is in a folder, in alphabetical order.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, MemoryKind};
    /// let fs = MemoryFs::new();
    /// fs.write("b", "")?;
    /// fs.create_dir("a")?;
    /// let entries = fs.list("/")?;
    /// assert_eq!((entries[0].name.as_str(), entries[0].kind), ("a", MemoryKind::Folder));
    /// assert_eq!((entries[1].name.as_str(), entries[1].kind), ("b", MemoryKind::File));
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such folder.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Vec<MemoryEntry>, MemoryFsError> {
        self.at("list", path, |_, path| {
            let tree = self.lock();
            let found = tree.walk(ROOT, path, true)?;
            let entries = tree.entries(found.existing()?)?;
            entries
                .iter()
                .map(|(name, ino)| {
                    Ok(MemoryEntry {
                        name: String::from(&**name),
                        kind: kind(tree.node(ino)?.kind.filetype()),
                    })
                })
                .collect()
        })
    }

    /// What is known of something; a symbolic link is followed.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, MemoryKind};
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// fs.symlink("file", "link")?;
    /// assert_eq!(fs.metadata("link")?.kind, MemoryKind::File);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<MemoryMetadata, MemoryFsError> {
        self.at("look at", path, |root, path| {
            root.stat(path, true).map(|stat| metadata(&stat))
        })
    }

    /// What is known of something; a symbolic link is not followed.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, MemoryKind};
    /// let fs = MemoryFs::new();
    /// fs.symlink("anything", "link")?;
    /// assert_eq!(fs.symlink_metadata("link")?.kind, MemoryKind::Link);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn symlink_metadata(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<MemoryMetadata, MemoryFsError> {
        self.at("look at", path, |root, path| {
            root.stat(path, false).map(|stat| metadata(&stat))
        })
    }

    /// Whether a path leads to something.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// assert!(MemoryFs::new().exists("/") && !MemoryFs::new().exists("/file"));
    /// ```
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.metadata(path).is_ok()
    }

    /// How much it may hold.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, MemoryLimits};
    /// assert_eq!(MemoryFs::new().limits(), MemoryLimits::default());
    /// ```
    pub fn limits(&self) -> MemoryLimits {
        self.lock().limits
    }

    /// How many bytes it holds, as its limits count them.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// assert_eq!(fs.used_bytes(), 8, "the name counts, too");
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    pub fn used_bytes(&self) -> u64 {
        self.lock().used.bytes
    }

    /// How many names it holds, and files without one that a guest still has open.
    ///
    /// ```
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.create_dir_all("a/b")?;
    /// assert_eq!(fs.used_files(), 2);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    pub fn used_files(&self) -> u64 {
        self.lock().used.files
    }
}

/// A host program's path, relative to the root.
fn from_root(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => ".",
        path => path,
    }
}

fn kind(filetype: __wasi_filetype_t) -> MemoryKind {
    match filetype {
        __WASI_FILETYPE_DIRECTORY => MemoryKind::Folder,
        __WASI_FILETYPE_SYMBOLIC_LINK => MemoryKind::Link,
        _ => MemoryKind::File,
    }
}

fn metadata(stat: &__wasi_filestat_t) -> MemoryMetadata {
    MemoryMetadata {
        kind: kind(stat.st_filetype),
        len: stat.st_size,
        links: stat.st_nlink,
        accessed: stat.st_atim,
        modified: stat.st_mtim,
    }
}
