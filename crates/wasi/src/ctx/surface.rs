//! [`WasiFs`] as the host program uses it beyond the standard streams: looking at descriptors, making and closing them, and putting
//! its own files and directories in the guest's way.
//!
//! The original lets its tables be changed directly. Here each of them is a method that gives the same information, and what
//! changes something keeps the table whole (see RATIONALE.md). Errors are WASI error numbers where the original's are.

use std::collections::BTreeMap;
use std::io::SeekFrom;

use super::flags::{FdFlags, OFlags, Rights};
use super::fs::{Entry, Object, WasiFs, virtual_directory};
use super::inode::{Fd, Inode, InodeVal, Kind};
use super::named::{Identity, Named, Parent};
use super::node::{Folder, Opened};
use super::open::OpenHow;
use super::path::virtual_stat;
use super::place::components;
use super::supplied::{self, FileRef};
use crate::files::{WasiFile, WasiFsError};
use crate::memory::MemoryFs;
use crate::types::*;

fn fs_error(errno: Errno) -> WasiFsError {
    WasiFsError::from_wasi_err(errno.raw())
}

impl WasiFs {
    /// What is known of a descriptor.
    ///
    /// ```
    /// # use wasmill_wasi::{WasiState, types::__WASI_EBADF};
    /// let state = WasiState::new("program").build()?;
    /// assert_eq!(state.fs.get_fd(0).unwrap().offset, 0);
    /// assert_eq!(state.fs.get_fd(99), Err(__WASI_EBADF));
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if it is not open.
    pub fn get_fd(&self, fd: __wasi_fd_t) -> Result<Fd, __wasi_errno_t> {
        self.entry(fd).map(described).map_err(Errno::raw)
    }

    /// All open descriptors.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").build()?;
    /// assert!(state.fs.fd_map().into_keys().eq(0..4), "three streams and the root");
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn fd_map(&self) -> BTreeMap<__wasi_fd_t, Fd> {
        self.open_entries()
            .map(|(fd, entry)| (fd, described(entry)))
            .collect()
    }

    /// The descriptors that were opened in advance and are open still, the virtual root among them.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").preopen_dir(".")?.build()?;
    /// assert_eq!(state.fs.preopen_fds(), [3, 4]);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn preopen_fds(&self) -> Vec<__wasi_fd_t> {
        self.open_entries()
            .filter(|(_, entry)| entry.preopen.is_some())
            .map(|(fd, _)| fd)
            .collect()
    }

    /// What was opened in advance, by name.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").map_dir("data", ".")?.build()?;
    /// assert_eq!(state.fs.name_map()["data"], state.fs.get_fd(4).unwrap().inode);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn name_map(&self) -> BTreeMap<String, Inode> {
        self.open_entries()
            .filter_map(|(_, entry)| Some((entry.preopen.clone()?, entry.inode)))
            .collect()
    }

    /// Everything that is open and its status, as far as it can be told.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").build()?;
    /// assert!(state.fs.inodes().contains_key(&state.fs.get_fd(3).unwrap().inode));
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn inodes(&self) -> BTreeMap<Inode, __wasi_filestat_t> {
        self.open_entries()
            .filter_map(|(fd, entry)| Some((entry.inode, self.filestat_fd(fd).ok()?)))
            .collect()
    }

    /// The descriptors of files that have no name any more.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").build()?.fs.orphan_fds().is_empty());
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn orphan_fds(&self) -> Vec<__wasi_fd_t> {
        self.open_entries()
            .map(|(fd, _)| fd)
            .filter(|fd| self.filestat_fd(*fd).is_ok_and(|stat| stat.st_nlink == 0))
            .collect()
    }

    /// The descriptor that is opened next.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert_eq!(WasiState::new("program").build()?.fs.next_fd(), 4);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn next_fd(&self) -> __wasi_fd_t {
        // The table is short.
        self.free.first().copied().unwrap_or(self.entries.len()) as __wasi_fd_t
    }

    /// The file system in memory that the guest finds under this name.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, WasiState};
    /// let fs = MemoryFs::new();
    /// let state = WasiState::new("program").map_memory("/data", &fs)?.build()?;
    /// assert!(state.fs.memory_fs("/data").unwrap().is_same(&fs));
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn memory_fs(&self, alias: &str) -> Option<&MemoryFs> {
        let mount = self.mounts.iter().find(|mount| mount.is_named(alias))?;
        match &mount.folder {
            Folder::Memory(folder) => Some(folder.fs()),
            Folder::Host(_) => None,
        }
    }

    /// What stands behind a descriptor, with the host program's own file, if it is one, to be used.
    ///
    /// ```
    /// # use wasmill_wasi::{Kind, Pipe, WasiState};
    /// let mut state = WasiState::new("program").stdout(Box::new(Pipe::new())).build()?;
    /// let stdout = state.fs.get_inodeval_mut(1).unwrap();
    /// assert!(matches!(stdout.kind, Kind::File { handle: Some(_) }));
    /// assert!(state.fs.get_inodeval_mut(99).is_err());
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if it is not open.
    pub fn get_inodeval_mut(&mut self, fd: __wasi_fd_t) -> Result<InodeVal<'_>, __wasi_errno_t> {
        let stat = self.filestat_fd(fd)?;
        let entry = self.entry(fd).map_err(Errno::raw)?;
        let name = entry.preopen.clone();
        let (is_preopened, object) = (name.is_some(), entry.object.clone());
        let kind = match object {
            Object::Folder(_) => Kind::Dir,
            Object::Virtual(_) => Kind::Root,
            Object::Supplied(file) => Kind::File {
                handle: self.supplied.place_mut(file.id).and_then(Option::as_mut),
            },
            _ => Kind::File { handle: None },
        };
        Ok(InodeVal {
            stat,
            is_preopened,
            name: name.unwrap_or_default(),
            kind,
        })
    }

    /// The status of what is described so, as far as the description tells.
    ///
    /// ```
    /// # use wasmill_wasi::{Kind, Pipe, WasiFile, WasiState};
    /// let state = WasiState::new("program").build()?;
    /// let mut file: Box<dyn WasiFile> = Box::new(Pipe::new());
    /// let kind = Kind::File { handle: Some(&mut file) };
    /// assert_eq!(state.fs.get_stat_for_kind(&kind).unwrap().st_size, 0);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn get_stat_for_kind(&self, kind: &Kind<'_>) -> Option<__wasi_filestat_t> {
        match kind {
            Kind::File { handle } => Some(supplied::stat(&***handle.as_ref()?)),
            Kind::Root => Some(virtual_stat()),
            Kind::Dir => None,
        }
    }

    /// The status of what stands behind a descriptor.
    ///
    /// ```
    /// # use wasmill_wasi::{WasiState, types::__WASI_FILETYPE_DIRECTORY};
    /// let state = WasiState::new("program").preopen_dir(".")?.build()?;
    /// assert_eq!(state.fs.filestat_fd(4).unwrap().st_filetype, __WASI_FILETYPE_DIRECTORY);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if it is not open, or what the system says.
    pub fn filestat_fd(&self, fd: __wasi_fd_t) -> Result<__wasi_filestat_t, __wasi_errno_t> {
        let entry = self.entry(fd).map_err(Errno::raw)?;
        let stat = match &entry.object {
            Object::File(file) => file.stat(),
            Object::Folder(folder) => folder.own_stat(),
            Object::Socket(socket) => socket.stat(),
            Object::Virtual(_) => Ok(virtual_stat()),
            Object::Supplied(file) => match self.supplied.place(file.id) {
                Some(Some(file)) => Ok(supplied::stat(&**file)),
                _ => Err(Errno::BADF),
            },
        };
        stat.map_err(Errno::raw)
    }

    /// What the guest is told of a descriptor.
    ///
    /// ```
    /// # use wasmill_wasi::{WasiState, types::__WASI_FILETYPE_DIRECTORY};
    /// let state = WasiState::new("program").build()?;
    /// assert_eq!(state.fs.fdstat(3).unwrap().fs_filetype, __WASI_FILETYPE_DIRECTORY);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if it is not open.
    pub fn fdstat(&self, fd: __wasi_fd_t) -> Result<__wasi_fdstat_t, __wasi_errno_t> {
        self.fd_stat(fd).map_err(Errno::raw)
    }

    /// What the guest is told of a directory that was opened in advance.
    ///
    /// ```
    /// # use wasmill_wasi::{WasiState, types::PrestatEnum};
    /// let state = WasiState::new("program").map_dir("data", ".")?.build()?;
    /// assert_eq!(state.fs.prestat_fd(4).unwrap().u, PrestatEnum::Dir { pr_name_len: 4 });
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if it is none.
    pub fn prestat_fd(&self, fd: __wasi_fd_t) -> Result<__wasi_prestat_t, __wasi_errno_t> {
        let entry = self.entry(fd).map_err(Errno::raw)?;
        let name = entry.preopen.as_ref().ok_or(__WASI_EBADF)?;
        let len = u32::try_from(name.len()).map_err(|_| __WASI_EOVERFLOW)?;
        Ok(__wasi_prestat_t::dir(len))
    }

    /// Has a file write out what it holds back.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert_eq!(WasiState::new("program").build()?.fs.flush(1), Ok(()));
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if it is not open, EISDIR if it is a directory, or what the file says.
    pub fn flush(&mut self, fd: __wasi_fd_t) -> Result<(), __wasi_errno_t> {
        let object = self.entry(fd).map_err(Errno::raw)?.object.clone();
        match object {
            Object::Folder(_) | Object::Virtual(_) => Err(__WASI_EISDIR),
            Object::Supplied(file) => match self.supplied.place_mut(file.id) {
                Some(Some(file)) => file.flush().map_err(|error| Errno::from(error).raw()),
                _ => Err(__WASI_EBADF),
            },
            // Nothing is held back.
            _ => Ok(()),
        }
    }

    /// Makes another descriptor for what is open already. What the host program permits stays the limit.
    ///
    /// ```
    /// # use wasmill_wasi::{Fd, WasiState};
    /// let mut state = WasiState::new("program").build()?;
    /// let stdout = state.fs.get_fd(1).unwrap();
    /// let fd = state.fs.create_fd(stdout.rights, 0, 0, Fd::WRITE, stdout.inode).unwrap();
    /// assert_eq!(state.fs.get_fd(fd).unwrap(), stdout);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// EBADF if that is not open, EMFILE if too much is.
    pub fn create_fd(
        &mut self,
        rights: __wasi_rights_t,
        rights_inheriting: __wasi_rights_t,
        flags: __wasi_fdflags_t,
        open_flags: u16,
        inode: Inode,
    ) -> Result<__wasi_fd_t, __wasi_errno_t> {
        let mut open = self.open_entries();
        let (_, like) = open
            .find(|(_, entry)| entry.inode == inode)
            .ok_or(__WASI_EBADF)?;
        let entry = Entry {
            object: like.object.clone(),
            rights: Rights::from_bits_truncate(rights) & like.granted,
            inheriting: Rights::from_bits_truncate(rights_inheriting),
            flags: fd_flags(flags, open_flags),
            preopen: None,
            ..*like
        };
        drop(open);
        let fd = self.insert(entry).map_err(Errno::raw)?;
        self.entry_mut(fd).map_err(Errno::raw)?.inode = inode;
        Ok(fd)
    }

    /// Closes all descriptors of something, and gives back the host program's file, if it was one and has no name.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let mut state = WasiState::new("program").preopen_dir(".")?.build()?;
    /// let dir = state.fs.get_fd(4).unwrap().inode;
    /// state.fs.remove_inode(dir);
    /// assert!(state.fs.get_fd(4).is_err());
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn remove_inode(&mut self, inode: Inode) -> Option<Box<dyn WasiFile>> {
        let open = self.open_entries();
        let all: Vec<_> = open
            .filter(|(_, entry)| entry.inode == inode)
            .map(|(fd, _)| fd)
            .collect();
        let mut file = None;
        for fd in all {
            if let Ok(Object::Supplied(supplied)) = self.remove(fd).map(|entry| entry.object) {
                file = self.remove_unused(supplied.id);
            }
        }
        file
    }

    /// Puts a file of the host program under a name into a directory that is open as `base`, opens it, and gives its descriptor.
    /// The guest can open it by its name, too, with at most these rights, and remove it; the folder itself is not touched.
    ///
    /// ```
    /// # use wasmill_wasi::{ALL_RIGHTS, Fd, Pipe, VIRTUAL_ROOT_FD, WasiState};
    /// let mut state = WasiState::new("program").build()?;
    /// let dev = state.fs.open_dir_all(VIRTUAL_ROOT_FD, "dev".into(), ALL_RIGHTS, ALL_RIGHTS, 0)?;
    /// let file = Box::new(Pipe::new());
    /// // The guest finds it as `/dev/queue`.
    /// state.fs.open_file_at(dev, file, Fd::READ | Fd::WRITE, "queue".into(), ALL_RIGHTS, 0, 0)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidFd`](WasiFsError::InvalidFd) or [`BaseNotDirectory`](WasiFsError::BaseNotDirectory) if there is no such directory,
    /// [`AlreadyExists`](WasiFsError::AlreadyExists) if there is something of that name, [`InvalidInput`](WasiFsError::InvalidInput)
    /// if it is no name.
    #[allow(clippy::too_many_arguments, reason = "the original's own signature")]
    pub fn open_file_at(
        &mut self,
        base: __wasi_fd_t,
        mut file: Box<dyn WasiFile>,
        open_flags: u16,
        name: String,
        rights: __wasi_rights_t,
        rights_inheriting: __wasi_rights_t,
        flags: __wasi_fdflags_t,
    ) -> Result<__wasi_fd_t, WasiFsError> {
        let parent = self.parent(base)?;
        if name.contains(['/', '\0']) || components(&name).all(|part| part == "..") {
            return Err(WasiFsError::InvalidInput);
        }
        if self.is_taken(&parent, &name) {
            return Err(WasiFsError::AlreadyExists);
        }
        if open_flags & Fd::TRUNCATE != 0 {
            file.set_len(0)?;
        }
        let granted = Rights::from_bits_truncate(rights | rights_inheriting);
        let id = self.supplied.add(file);
        let rights = Rights::from_bits_truncate(rights) & Rights::OF_FILES;
        let flags = fd_flags(flags, open_flags);
        let entry = Entry::of_supplied(FileRef::at(id, 0), rights, granted, flags);
        let fd = self.insert(entry).map_err(|errno| {
            self.supplied.remove(id);
            fs_error(errno)
        })?;
        self.named.files.push(Named {
            parent,
            name,
            id,
            rights: granted,
        });
        Ok(fd)
    }

    fn parent(&self, base: __wasi_fd_t) -> Result<Parent, WasiFsError> {
        match &self.entry(base).map_err(fs_error)?.object {
            Object::Virtual(prefix) => Ok(Parent::Virtual(prefix.clone())),
            Object::Folder(folder) => {
                let identity = Identity::of(folder.own_stat().map_err(fs_error)?);
                Ok(Parent::Folder(folder.clone(), identity))
            }
            _ => Err(WasiFsError::BaseNotDirectory),
        }
    }

    fn is_taken(&self, parent: &Parent, name: &str) -> bool {
        match parent {
            Parent::Folder(folder, identity) => {
                let mut named = self.named.files.iter();
                named.any(|named| named.name == name && named.is_in(identity))
                    || folder.stat(name, false).is_ok()
            }
            Parent::Virtual(prefix) => {
                let at: Vec<_> = components(prefix).collect();
                let mut here = self.mounts.iter().filter(|mount| mount.is(&at));
                self.goes_on(&at, name)
                    || self.named.in_virtual(&at, name).is_some()
                    || here.any(|mount| mount.folder.stat(name, false).is_ok())
            }
        }
    }

    /// Opens a directory below one that is open as `base`, makes what is missing on the way, and gives its descriptor. In the
    /// virtual root the directories are virtual themselves and hold what [`open_file_at`](Self::open_file_at) puts there.
    ///
    /// ```
    /// # use wasmill_wasi::{ALL_RIGHTS, MemoryFs, VIRTUAL_ROOT_FD, WasiState};
    /// let fs = MemoryFs::new();
    /// let mut state = WasiState::new("program").map_memory("/data", &fs)?.build()?;
    /// state.fs.open_dir_all(VIRTUAL_ROOT_FD, "data/a/b".into(), ALL_RIGHTS, ALL_RIGHTS, 0)?;
    /// assert!(fs.exists("a/b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidFd`](WasiFsError::InvalidFd) or [`BaseNotDirectory`](WasiFsError::BaseNotDirectory) if there is no such directory or a
    /// file on the way, [`InvalidInput`](WasiFsError::InvalidInput) if the name leads upwards, or what the folder says.
    pub fn open_dir_all(
        &mut self,
        base: __wasi_fd_t,
        name: String,
        rights: __wasi_rights_t,
        rights_inheriting: __wasi_rights_t,
        flags: __wasi_fdflags_t,
    ) -> Result<__wasi_fd_t, WasiFsError> {
        if name.contains('\0') || components(&name).any(|part| part == "..") {
            return Err(WasiFsError::InvalidInput);
        }
        let object = match self.parent(base)? {
            Parent::Folder(folder, _) => open_folder_all(&folder, &name)?,
            Parent::Virtual(prefix) => self.open_virtual_all(&prefix, &name)?,
        };
        let (rights, inheriting) = (
            Rights::from_bits_truncate(rights),
            Rights::from_bits_truncate(rights_inheriting),
        );
        let entry = Entry {
            object,
            flags: fd_flags(flags, 0),
            ..virtual_directory(String::new(), rights, inheriting)
        };
        self.insert(entry).map_err(fs_error)
    }

    /// Follows a name from a virtual directory: through virtual directories, new ones if need be, or into a preopened folder.
    fn open_virtual_all(&mut self, prefix: &str, name: &str) -> Result<Object, WasiFsError> {
        let mut at: Vec<String> = components(prefix).map(str::to_owned).collect();
        let parts: Vec<&str> = components(name).collect();
        for (index, part) in parts.iter().enumerate() {
            let here: Vec<&str> = at.iter().map(String::as_str).collect();
            if !self.goes_on(&here, part) {
                if let Some(mount) = self.mounts.iter().find(|mount| mount.is(&here)) {
                    return open_folder_all(&mount.folder, &parts[index..].join("/"));
                }
                if self.named.in_virtual(&here, part).is_some() {
                    return Err(WasiFsError::BaseNotDirectory);
                }
                let made = at.iter().cloned().chain([(*part).to_owned()]).collect();
                self.named.folders.insert(made);
            }
            at.push((*part).to_owned());
        }
        let here: Vec<&str> = at.iter().map(String::as_str).collect();
        let mount = self.mounts.iter().find(|mount| mount.is(&here));
        Ok(mount.map_or_else(
            || Object::Virtual(at.join("/")),
            |mount| Object::Folder(mount.folder.clone()),
        ))
    }

    fn open_entries(&self) -> impl Iterator<Item = (__wasi_fd_t, &Entry)> {
        (0..)
            .zip(&self.entries)
            .filter_map(|(fd, entry)| Some((fd, entry.as_ref()?)))
    }
}

fn open_folder_all(folder: &Folder, path: &str) -> Result<Object, WasiFsError> {
    let path = if path.is_empty() { "." } else { path };
    folder.create_dir_all(path).map_err(fs_error)?;
    let how = OpenHow {
        follow: true,
        oflags: OFlags::DIRECTORY,
        rights: Rights::FD_READDIR,
        inheriting: Rights::empty(),
        flags: FdFlags::empty(),
    };
    match folder.open(path, &how).map_err(fs_error)? {
        Opened::Folder(folder) => Ok(Object::Folder(folder)),
        Opened::File(..) => Err(WasiFsError::BaseNotDirectory),
    }
}

fn fd_flags(flags: __wasi_fdflags_t, open_flags: u16) -> FdFlags {
    let mut flags = FdFlags::from_bits_truncate(flags);
    flags.set(
        FdFlags::APPEND,
        flags.contains(FdFlags::APPEND) || open_flags & Fd::APPEND != 0,
    );
    flags
}

fn described(entry: &Entry) -> Fd {
    let flags = [
        (Fd::READ, entry.rights.contains(Rights::FD_READ)),
        (Fd::WRITE, entry.rights.contains(Rights::FD_WRITE)),
        (Fd::APPEND, entry.flags.contains(FdFlags::APPEND)),
    ];
    let offset = match &entry.object {
        Object::File(file) => file.seek(SeekFrom::Current(0)).unwrap_or(0),
        Object::Supplied(file) => file.position().unwrap_or(0),
        _ => 0,
    };
    Fd {
        rights: entry.rights.bits(),
        rights_inheriting: entry.inheriting.bits(),
        flags: entry.flags.bits(),
        offset,
        open_flags: flags
            .iter()
            .filter(|(_, set)| *set)
            .fold(0, |all, (flag, _)| all | flag),
        inode: entry.inode,
    }
}
