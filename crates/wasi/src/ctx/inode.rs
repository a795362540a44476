//! What the host program sees of the table of descriptors: [`Fd`], [`Inode`] and [`InodeVal`], all of them copies or borrowed.

use crate::files::WasiFile;
use crate::types::*;

/// Which file, folder or stream stands behind a descriptor; two descriptors of one opened thing have the same.
///
/// ```
/// # use wasmill_wasi::WasiState;
/// let state = WasiState::new("program").build()?;
/// assert_ne!(state.fs.get_fd(1).unwrap().inode, state.fs.get_fd(2).unwrap().inode);
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Inode(u64);

impl Inode {
    pub(super) fn raw(self) -> u64 {
        self.0
    }

    pub(super) fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// Gives the next one out.
    pub(super) fn advance(&mut self) -> Self {
        self.0 += 1;
        *self
    }
}

/// What is known of a descriptor: a copy, which changes nothing.
///
/// ```
/// # use wasmill_wasi::{Fd, WasiState, types::__WASI_RIGHT_FD_WRITE};
/// let state = WasiState::new("program").build()?;
/// let stdout: Fd = state.fs.get_fd(1).unwrap();
/// assert_ne!(stdout.rights & __WASI_RIGHT_FD_WRITE, 0);
/// assert_eq!(stdout.open_flags, Fd::WRITE);
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fd {
    /// What the guest may do with it.
    pub rights: __wasi_rights_t,
    /// What the guest may ask for when it opens something through it.
    pub rights_inheriting: __wasi_rights_t,
    /// How it behaves.
    pub flags: __wasi_fdflags_t,
    /// Where in the file it is.
    pub offset: u64,
    /// [`READ`](Self::READ), [`WRITE`](Self::WRITE) and [`APPEND`](Self::APPEND), as far as they apply.
    pub open_flags: u16,
    /// What stands behind it.
    pub inode: Inode,
}

impl Fd {
    /// It can be read.
    pub const READ: u16 = 1;
    /// It can be written.
    pub const WRITE: u16 = 2;
    /// What is written goes to the end.
    pub const APPEND: u16 = 4;
    /// The file is cut when it is opened.
    pub const TRUNCATE: u16 = 8;
    /// The file is created when it is opened.
    pub const CREATE: u16 = 16;
}

/// What stands behind a descriptor, in so far as the host program can use it.
///
/// ```
/// # use wasmill_wasi::{Kind, Stdout, WasiState};
/// let mut state = WasiState::new("program").build()?;
/// let Kind::File { handle: Some(file) } = state.fs.get_inodeval_mut(1).unwrap().kind else { panic!() };
/// assert!(file.downcast_ref::<Stdout>().is_some());
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
#[derive(Debug)]
pub enum Kind<'a> {
    /// A file.
    File {
        /// The file itself, if it is the host program's and not in use at the moment.
        handle: Option<&'a mut Box<dyn WasiFile>>,
    },
    /// A directory.
    Dir,
    /// A directory that exists only as the beginning of names.
    Root,
}

/// What is known of what stands behind a descriptor.
///
/// ```
/// # use wasmill_wasi::{Kind, VIRTUAL_ROOT_FD, WasiState};
/// let mut state = WasiState::new("program").build()?;
/// let root = state.fs.get_inodeval_mut(VIRTUAL_ROOT_FD).unwrap();
/// assert!(root.is_preopened && root.name == "/" && matches!(root.kind, Kind::Root));
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
#[derive(Debug)]
pub struct InodeVal<'a> {
    /// Its status.
    pub stat: __wasi_filestat_t,
    /// Whether it was opened in advance.
    pub is_preopened: bool,
    /// The name under which it was opened in advance, or none.
    pub name: String,
    /// What it is.
    pub kind: Kind<'a>,
}
