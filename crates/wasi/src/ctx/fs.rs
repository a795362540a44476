//! [`WasiFs`]: the table of descriptors, what stands behind them, and what the host program opened in advance.
//!
//! Descriptors 0 to 2 are the standard streams, 3 is the virtual root `/` (see `place.rs`), and preopened directories follow from 4.
//! Rights are kept in three sets: `rights` is what the guest may do with the descriptor, `inheriting` what it may ask for when
//! it opens something through it (the guest can give up both), and `granted` is the host program's permission, which is never
//! changed. What the host does not permit is EACCES, what the guest gave up or never asked for is ENOTCAPABLE.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::flags::{FdFlags, Rights};
use super::host::HostFolder;
use super::inode::Inode;
use super::named::Names;
use super::node::{Folder, OpenFile};
use super::place::Mount;
use super::socket::Socket;
use super::supplied::{FileId, FileRef, Supplied};
use crate::files::{Stderr, Stdin, Stdout, WasiFile, WasiFsError};
use crate::memory::MemoryFs;
use crate::types::*;
use crate::{VIRTUAL_ROOT_FD, sys};

/// How many descriptors a guest may hold: more than any program needs, fewer than would starve the host process's memory.
pub(super) const MAX_FDS: usize = 1 << 14;

/// What stands behind a descriptor.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    /// A file of the host program: a standard stream, or what it put in another place.
    Supplied(FileRef),
    /// A file that is not a directory.
    File(OpenFile),
    /// A directory with files.
    Folder(Folder),
    /// A socket.
    Socket(Arc<Socket>),
    /// A directory that exists only as the beginning of preopened names; `""` is the root.
    Virtual(String),
}

/// A descriptor.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) object: Object,
    pub(super) rights: Rights,
    pub(super) inheriting: Rights,
    pub(super) granted: Rights,
    pub(super) flags: FdFlags,
    pub(super) filetype: __wasi_filetype_t,
    /// The name under which it was opened in advance, if it was.
    pub(super) preopen: Option<String>,
    /// Set when the entry gets its descriptor.
    pub(super) inode: Inode,
}

impl Entry {
    /// A descriptor of a file of the host program.
    pub(super) fn of_supplied(
        file: FileRef,
        rights: Rights,
        granted: Rights,
        flags: FdFlags,
    ) -> Self {
        Self {
            object: Object::Supplied(file),
            rights,
            inheriting: Rights::empty(),
            granted,
            flags,
            filetype: __WASI_FILETYPE_UNKNOWN,
            preopen: None,
            inode: Inode::default(),
        }
    }

    /// Checks that the descriptor may be used so.
    pub(super) fn require(&self, needed: Rights) -> Result<(), Errno> {
        if self.rights.contains(needed) {
            return Ok(());
        }
        let denied_by_host = !self.granted.contains(needed);
        Err(if denied_by_host {
            Errno::ACCES
        } else {
            Errno::NOTCAPABLE
        })
    }
}

/// What the host program permits in a preopened directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permissions {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) create: bool,
}

impl Permissions {
    /// The rights that the permissions amount to, for directories and for the files in them.
    fn rights(self) -> Rights {
        let mut rights = Rights::FD_ADVISE | Rights::FD_TELL | Rights::FD_SEEK;
        if self.read {
            rights |= Rights::FD_READ
                | Rights::PATH_OPEN
                | Rights::FD_READDIR
                | Rights::PATH_READLINK
                | Rights::PATH_FILESTAT_GET
                | Rights::FD_FILESTAT_GET
                | Rights::PATH_LINK_SOURCE
                | Rights::PATH_RENAME_SOURCE
                | Rights::POLL_FD_READWRITE
                | Rights::SOCK_SHUTDOWN;
        }
        if self.write {
            rights |= Rights::FD_DATASYNC
                | Rights::FD_FDSTAT_SET_FLAGS
                | Rights::FD_WRITE
                | Rights::FD_SYNC
                | Rights::FD_ALLOCATE
                | Rights::PATH_OPEN
                | Rights::PATH_RENAME_TARGET
                | Rights::PATH_FILESTAT_SET_SIZE
                | Rights::PATH_FILESTAT_SET_TIMES
                | Rights::FD_FILESTAT_SET_SIZE
                | Rights::FD_FILESTAT_SET_TIMES
                | Rights::PATH_REMOVE_DIRECTORY
                | Rights::PATH_UNLINK_FILE
                | Rights::POLL_FD_READWRITE;
        }
        if self.create {
            rights |= Rights::PATH_CREATE_DIRECTORY
                | Rights::PATH_CREATE_FILE
                | Rights::PATH_LINK_TARGET
                | Rights::PATH_OPEN
                | Rights::PATH_RENAME_TARGET
                | Rights::PATH_SYMLINK;
        }
        rights
    }
}

/// Where a directory to open in advance is.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Host(PathBuf),
    Memory(MemoryFs),
}

impl Source {
    pub(super) fn open(&self) -> Result<Folder, String> {
        match self {
            Self::Host(path) => open_host_folder(path),
            Self::Memory(fs) => match fs.root() {
                Ok(root) => Ok(root.into()),
                Err(errno) => Err(format!("Could not open the root of {fs:?}: {errno:?}")),
            },
        }
    }
}

/// A directory to open in advance.
#[derive(Debug, Clone)]
pub(crate) struct Preopen {
    pub(crate) source: Source,
    /// What the guest calls it.
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
}

/// The guest's files: its descriptors, its standard streams and its preopened directories.
///
/// ```
/// # use wasmill_wasi::WasiState;
/// # use wasmill_wasi::Pipe;
/// let mut state = WasiState::new("program").stdout(Box::new(Pipe::new())).build()?;
/// // What the guest has written, once it has run:
/// let output = state.fs.stdout_mut()?.take().unwrap();
/// assert_eq!(output.size(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WasiFs {
    /// By descriptor. Only open descriptors can be replaced, so the table has no more gaps than `free` tells.
    pub(super) entries: Vec<Option<Entry>>,
    /// The closed descriptors below the table's end.
    pub(super) free: BTreeSet<usize>,
    /// The host program's files; the standard streams outlive the guest's descriptors, so that they can be read afterwards.
    pub(super) supplied: Supplied,
    pub(super) mounts: Vec<Mount>,
    pub(super) named: Names,
    pub(super) next_inode: Inode,
}

impl WasiFs {
    /// The three standard streams (the process's own, unless given), the virtual root, and nothing else.
    pub(crate) fn new(streams: [Option<Box<dyn WasiFile>>; 3]) -> Self {
        let [stdin, stdout, stderr] = streams;
        let mut fs = Self {
            entries: Vec::new(),
            free: BTreeSet::new(),
            supplied: Supplied::new([
                Some(stdin.unwrap_or_else(|| Box::new(Stdin))),
                Some(stdout.unwrap_or_else(|| Box::new(Stdout))),
                Some(stderr.unwrap_or_else(|| Box::new(Stderr))),
            ]),
            mounts: Vec::new(),
            named: Names::default(),
            next_inode: Inode::default(),
        };
        for slot in 0..3 {
            let direction = if slot == 0 {
                Rights::FD_READ
            } else {
                Rights::FD_WRITE
            };
            let rights = Rights::OF_STREAMS | direction;
            let file = FileRef::stream(FileId(slot));
            let entry = Entry::of_supplied(file, rights, rights, FdFlags::empty());
            fs.push(entry);
        }
        fs.push(Entry {
            preopen: Some("/".to_owned()),
            ..virtual_directory(String::new(), Rights::OF_ANYTHING, Rights::OF_ANYTHING)
        });
        debug_assert_eq!(fs.entries.len(), VIRTUAL_ROOT_FD as usize + 1);
        fs
    }

    fn push(&mut self, entry: Entry) {
        let inode = self.next_inode.advance();
        self.entries.push(Some(Entry { inode, ..entry }));
    }

    /// Opens a directory in advance. `Err` says what is wrong with it.
    pub(crate) fn preopen(&mut self, preopen: &Preopen) -> Result<(), String> {
        let folder = preopen.source.open()?;
        let mount = Mount::new(&preopen.name, folder, preopen.permissions.rights());
        let taken = self.mounts.iter().any(|other| other.is_like(&mount));
        if taken {
            return Err(format!(
                "Found duplicate entry for alias `{}`",
                preopen.name
            ));
        }
        let entry = Entry {
            object: Object::Folder(mount.folder.clone()),
            rights: mount.granted & Rights::OF_DIRECTORIES,
            inheriting: Rights::OF_ANYTHING,
            granted: mount.granted,
            flags: FdFlags::empty(),
            filetype: __WASI_FILETYPE_DIRECTORY,
            preopen: Some(preopen.name.clone()),
            inode: Inode::default(),
        };
        self.mounts.push(mount);
        self.insert(entry)
            .map_err(|_| "too many preopened directories".to_owned())?;
        Ok(())
    }

    /// Hands a socket to the guest, as the next descriptor.
    pub(crate) fn hand_in(&mut self, socket: Socket) -> Result<(), String> {
        self.insert(socket.entry())
            .map(drop)
            .map_err(|_| "too many sockets".to_owned())
    }

    /// The descriptor's entry.
    pub(super) fn entry(&self, fd: __wasi_fd_t) -> Result<&Entry, Errno> {
        self.entries
            .get(fd as usize)
            .and_then(Option::as_ref)
            .ok_or(Errno::BADF)
    }

    pub(super) fn entry_mut(&mut self, fd: __wasi_fd_t) -> Result<&mut Entry, Errno> {
        self.entries
            .get_mut(fd as usize)
            .and_then(Option::as_mut)
            .ok_or(Errno::BADF)
    }

    /// What stands behind a descriptor that may be used so.
    pub(super) fn object(&self, fd: __wasi_fd_t, needed: Rights) -> Result<Object, Errno> {
        let entry = self.entry(fd)?;
        entry.require(needed)?;
        // A virtual directory that is a preopened one as well is that one.
        if let Object::Virtual(prefix) = &entry.object
            && let Some((folder, granted)) = self.mounted_at(prefix)
        {
            return match granted.contains(needed) {
                true => Ok(Object::Folder(folder.clone())),
                false => Err(Errno::ACCES),
            };
        }
        Ok(entry.object.clone())
    }

    /// Gives an entry the lowest free descriptor.
    pub(super) fn insert(&mut self, entry: Entry) -> Result<__wasi_fd_t, Errno> {
        let index = match self.free.pop_first() {
            Some(index) => index,
            None if self.entries.len() < MAX_FDS => {
                self.entries.push(None);
                self.entries.len() - 1
            }
            None => return Err(Errno::MFILE),
        };
        let inode = self.next_inode.advance();
        self.entries[index] = Some(Entry { inode, ..entry });
        // Below MAX_FDS.
        Ok(index as __wasi_fd_t)
    }

    pub(super) fn remove(&mut self, fd: __wasi_fd_t) -> Result<Entry, Errno> {
        let entry = self
            .entries
            .get_mut(fd as usize)
            .and_then(Option::take)
            .ok_or(Errno::BADF)?;
        self.free.insert(fd as usize);
        Ok(entry)
    }

    /// Moves `from` onto `to`, which must be open and is closed by it; gives back what was there.
    pub(super) fn renumber(
        &mut self,
        from: __wasi_fd_t,
        to: __wasi_fd_t,
    ) -> Result<Option<Entry>, Errno> {
        self.entry(from)?;
        self.entry(to)?;
        if from == to {
            return Ok(None);
        }
        let entry = self.remove(from)?;
        Ok(self.entries[to as usize].replace(entry))
    }

    /// Drops a file of the host program that nothing leads to any more.
    pub(super) fn remove_unused(&mut self, id: FileId) -> Option<Box<dyn WasiFile>> {
        let refers =
            |entry: &Entry| matches!(&entry.object, Object::Supplied(file) if file.id == id);
        if self.named.has(id) || self.entries.iter().flatten().any(refers) {
            return None;
        }
        self.supplied.remove(id)
    }

    /// The descriptor of a stream, whether the guest has closed it or not; else that of an open file.
    fn supplied_id(&self, fd: __wasi_fd_t) -> Result<Option<FileId>, WasiFsError> {
        if fd < 3 {
            return Ok(Some(FileId(fd.into())));
        }
        match &self.entry(fd).map_err(|_| WasiFsError::InvalidFd)?.object {
            Object::Supplied(file) => Ok(Some(file.id)),
            Object::File(_) | Object::Socket(_) => Ok(None),
            Object::Folder(_) | Object::Virtual(_) => Err(WasiFsError::NotAFile),
        }
    }

    /// Puts another file behind a standard stream (0, 1 or 2) or behind any file that the guest has open, and gives back the one
    /// that was there, if the host program supplied that one, too.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use wasmill_wasi::{Pipe, WasiFsError};
    /// let mut state = WasiState::new("program").build()?;
    /// assert!(state.fs.swap_file(1, Box::new(Pipe::new()))?.is_some());
    /// assert_eq!(state.fs.swap_file(3, Box::new(Pipe::new())).unwrap_err(), WasiFsError::NotAFile);
    /// assert_eq!(state.fs.swap_file(9, Box::new(Pipe::new())).unwrap_err(), WasiFsError::InvalidFd);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not open, or is a directory.
    pub fn swap_file(
        &mut self,
        fd: __wasi_fd_t,
        file: Box<dyn WasiFile>,
    ) -> Result<Option<Box<dyn WasiFile>>, WasiFsError> {
        if let Some(id) = self.supplied_id(fd)? {
            let place = self.supplied.place_mut(id).ok_or(WasiFsError::InvalidFd)?;
            return Ok(place.replace(file));
        }
        let id = self.supplied.add(file);
        let entry = self.entry_mut(fd).map_err(|_| WasiFsError::InvalidFd)?;
        entry.object = Object::Supplied(FileRef::stream(id));
        entry.filetype = __WASI_FILETYPE_UNKNOWN;
        Ok(None)
    }

    fn stream(&self, number: u64) -> Result<&Option<Box<dyn WasiFile>>, WasiFsError> {
        let place = self.supplied.place(FileId(number));
        place.ok_or(WasiFsError::InvalidFd)
    }

    fn stream_mut(&mut self, number: u64) -> Result<&mut Option<Box<dyn WasiFile>>, WasiFsError> {
        let place = self.supplied.place_mut(FileId(number));
        place.ok_or(WasiFsError::InvalidFd)
    }

    /// The guest's standard input.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").build()?.fs.stdin()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None; the original's signature has one.
    pub fn stdin(&self) -> Result<&Option<Box<dyn WasiFile>>, WasiFsError> {
        self.stream(0)
    }

    /// The guest's standard input, to write to or to take away.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let mut state = WasiState::new("program").build()?;
    /// *state.fs.stdin_mut()? = None; // The guest has none.
    /// assert!(state.fs.stdin()?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None; the original's signature has one.
    pub fn stdin_mut(&mut self) -> Result<&mut Option<Box<dyn WasiFile>>, WasiFsError> {
        self.stream_mut(0)
    }

    /// The guest's standard output.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").build()?.fs.stdout()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None; the original's signature has one.
    pub fn stdout(&self) -> Result<&Option<Box<dyn WasiFile>>, WasiFsError> {
        self.stream(1)
    }

    /// The guest's standard output, to read from or to take away.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use std::io::Read;
    /// # use wasmill_wasi::Pipe;
    /// # let mut state = WasiState::new("program").stdout(Box::new(Pipe::new())).build()?;
    /// let mut text = String::new();
    /// state.fs.stdout_mut()?.as_mut().unwrap().read_to_string(&mut text)?;
    /// assert_eq!(text, "");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None; the original's signature has one.
    pub fn stdout_mut(&mut self) -> Result<&mut Option<Box<dyn WasiFile>>, WasiFsError> {
        self.stream_mut(1)
    }

    /// The guest's standard error.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").build()?.fs.stderr()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None; the original's signature has one.
    pub fn stderr(&self) -> Result<&Option<Box<dyn WasiFile>>, WasiFsError> {
        self.stream(2)
    }

    /// The guest's standard error, to read from or to take away.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let mut state = WasiState::new("program").build()?;
    /// *state.fs.stderr_mut()? = None; // What the guest complains of is lost.
    /// assert!(state.fs.stderr()?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None; the original's signature has one.
    pub fn stderr_mut(&mut self) -> Result<&mut Option<Box<dyn WasiFile>>, WasiFsError> {
        self.stream_mut(2)
    }
}

/// The entry of a directory that only exists as the beginning of preopened names.
pub(super) fn virtual_directory(prefix: String, rights: Rights, inheriting: Rights) -> Entry {
    Entry {
        object: Object::Virtual(prefix),
        rights: rights & Rights::OF_DIRECTORIES,
        inheriting,
        granted: Rights::OF_ANYTHING,
        flags: FdFlags::empty(),
        filetype: __WASI_FILETYPE_DIRECTORY,
        preopen: None,
        inode: Inode::default(),
    }
}

/// Opens a directory the host program named. It is opened for reading rather than as a mere path, so that it can be listed,
/// brought to the disk and have its times set.
fn open_host_folder(path: &Path) -> Result<Folder, String> {
    let refused = |error| format!("Could not open directory {path:?}: {error}");
    let file = File::open(path).map_err(refused)?;
    let stat = sys::stat(&file).map_err(|error| format!("Could not read {path:?}: {error:?}"))?;
    if stat.st_filetype != __WASI_FILETYPE_DIRECTORY {
        return Err(format!(
            "WASI only supports pre-opened directories right now; found {path:?}"
        ));
    }
    Ok(HostFolder::new(file).into())
}
