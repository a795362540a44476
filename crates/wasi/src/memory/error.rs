//! [`MemoryFsError`]: what the host program is told when something cannot be done to a [`MemoryFs`](super::MemoryFs).

use std::io;

use crate::files::WasiFsError;
use crate::types::*;

/// Why something could not be done to a [`MemoryFs`](super::MemoryFs): what, to which path, and why.
///
/// ```
/// # use std::io::ErrorKind;
/// # use wasmill_wasi::MemoryFs;
/// let error = MemoryFs::new().read("no/such/file").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "could not read `no/such/file` in memory: there is no such file or folder");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not {operation} `{path}` in memory: {}", self.reason())]
pub struct MemoryFsError {
    operation: &'static str,
    path: String,
    errno: Errno,
}

impl MemoryFsError {
    pub(super) fn new(operation: &'static str, path: &str, errno: Errno) -> Self {
        Self {
            operation,
            path: path.to_owned(),
            errno,
        }
    }

    /// The kind of the error, as `std` names it.
    ///
    /// ```
    /// # use std::io::ErrorKind;
    /// # use wasmill_wasi::MemoryFs;
    /// let fs = MemoryFs::new();
    /// fs.write("file", "x")?;
    /// assert_eq!(fs.create_dir("file").unwrap_err().kind(), ErrorKind::AlreadyExists);
    /// # Ok::<(), wasmill_wasi::MemoryFsError>(())
    /// ```
    pub fn kind(&self) -> io::ErrorKind {
        use io::ErrorKind as K;
        match self.errno {
            Errno::NOENT => K::NotFound,
            Errno::EXIST => K::AlreadyExists,
            Errno::NOTDIR => K::NotADirectory,
            Errno::ISDIR => K::IsADirectory,
            Errno::NOTEMPTY => K::DirectoryNotEmpty,
            Errno::NOSPC => K::StorageFull,
            Errno::PERM => K::PermissionDenied,
            Errno::BUSY => K::ResourceBusy,
            Errno::MLINK => K::TooManyLinks,
            Errno::FBIG => K::FileTooLarge,
            Errno::INVAL | Errno::NAMETOOLONG => K::InvalidInput,
            _ => K::Other,
        }
    }

    /// The error number that a guest would get.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, types::__WASI_ENOENT};
    /// assert_eq!(MemoryFs::new().read("file").unwrap_err().errno(), __WASI_ENOENT);
    /// ```
    pub fn errno(&self) -> __wasi_errno_t {
        self.errno.raw()
    }

    fn reason(&self) -> &'static str {
        match self.errno {
            Errno::NOENT => "there is no such file or folder",
            Errno::EXIST => "there is something of that name already",
            Errno::NOTDIR => "what should be a folder is a file",
            Errno::ISDIR => "it is a folder",
            Errno::NOTEMPTY => "the folder is not empty",
            Errno::NOSPC => {
                "the file system is full (`MemoryFs::with_limits` makes one that holds more)"
            }
            Errno::PERM => "it would lead out of the file system, or is a folder",
            Errno::BUSY => "a path must end with a name, not with `.` or `..`",
            Errno::LOOP => "too many symbolic links lead to each other",
            Errno::MLINK => "the file has too many names",
            Errno::NAMETOOLONG => "a name may have 255 bytes, a path 4095",
            Errno::INVAL => "the path is not UTF-8, is the folder's own end, or no symbolic link",
            _ => self.errno.name(),
        }
    }
}

impl From<MemoryFsError> for WasiFsError {
    fn from(error: MemoryFsError) -> Self {
        Self::from_wasi_err(error.errno())
    }
}

impl From<MemoryFsError> for io::Error {
    fn from(error: MemoryFsError) -> Self {
        Self::new(error.kind(), error)
    }
}
