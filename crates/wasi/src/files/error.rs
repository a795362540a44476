//! [`WasiFsError`]: what a [`WasiFile`](super::WasiFile) reports, and its translation to and from WASI error numbers.

use std::io;

use crate::types::*;

/// Row: variant, its text, its error number, the kind of I/O error it stands for (where there is one).
macro_rules! fs_errors {
    ($($(#[$meta:meta])* $variant:ident $text:literal = $errno:ident $(, $kind:ident)?;)*) => {
        /// An error of a file or of the file system.
        ///
        /// ```
        /// # use std::io::{Error, ErrorKind};
        /// # use wasmill_wasi::WasiFsError;
        /// let error = WasiFsError::from(Error::from(ErrorKind::NotFound));
        /// assert_eq!(error, WasiFsError::EntityNotFound);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum WasiFsError {
            $($(#[$meta])* #[error($text)] $variant,)*
            /// Any other error, by its number.
            #[error("unknown error found")]
            UnknownError(__wasi_errno_t),
        }

        impl WasiFsError {
            /// The error that a WASI error number stands for.
            ///
            /// ```
            /// # use wasmill_wasi::{WasiFsError, types::__WASI_EBADF};
            /// assert_eq!(WasiFsError::from_wasi_err(__WASI_EBADF), WasiFsError::InvalidFd);
            /// ```
            pub fn from_wasi_err(err: __wasi_errno_t) -> Self {
                match err {
                    $(#[allow(unreachable_patterns, reason = "several variants share EIO; the first row wins")]
                    $errno => Self::$variant,)*
                    other => Self::UnknownError(other),
                }
            }

            /// The WASI error number of this error.
            ///
            /// ```
            /// # use wasmill_wasi::{WasiFsError, types::__WASI_ENOENT};
            /// assert_eq!(WasiFsError::EntityNotFound.into_wasi_err(), __WASI_ENOENT);
            /// ```
            pub fn into_wasi_err(self) -> __wasi_errno_t {
                match self {
                    $(Self::$variant => $errno,)*
                    Self::UnknownError(other) => other,
                }
            }
        }

        impl From<io::Error> for WasiFsError {
            fn from(error: io::Error) -> Self {
                match error.kind() {
                    $($(io::ErrorKind::$kind => Self::$variant,)?)*
                    _ => Self::from_wasi_err(Errno::from(error).raw()),
                }
            }
        }
    };
}

fs_errors! {
    /// The descriptor to start from is not a directory.
    BaseNotDirectory "fd not a directory" = __WASI_ENOTDIR, NotADirectory;
    /// The descriptor is not a file.
    NotAFile "fd not a file" = __WASI_EISDIR, IsADirectory;
    /// There is no such descriptor.
    InvalidFd "invalid fd" = __WASI_EBADF;
    /// The file is there already.
    AlreadyExists "file exists" = __WASI_EEXIST, AlreadyExists;
    /// Reading or writing failed.
    IOError "io error" = __WASI_EIO;
    /// The address is taken.
    AddressInUse "address is in use" = __WASI_EADDRINUSE, AddrInUse;
    /// The address cannot be used.
    AddressNotAvailable "address could not be found" = __WASI_EADDRNOTAVAIL, AddrNotAvailable;
    /// The other end of the pipe is closed.
    BrokenPipe "broken pipe (was closed)" = __WASI_EPIPE, BrokenPipe;
    /// The connection was aborted.
    ConnectionAborted "connection aborted" = __WASI_ECONNABORTED, ConnectionAborted;
    /// The connection was refused.
    ConnectionRefused "connection request refused" = __WASI_ECONNREFUSED, ConnectionRefused;
    /// The connection was reset.
    ConnectionReset "connection reset" = __WASI_ECONNRESET, ConnectionReset;
    /// The operation was interrupted before it finished.
    Interrupted "operation interrupted" = __WASI_EINTR, Interrupted;
    /// The data is malformed.
    InvalidData "invalid internal data" = __WASI_EILSEQ, InvalidData;
    /// An argument is malformed.
    InvalidInput "invalid input" = __WASI_EINVAL, InvalidInput;
    /// There is no connection.
    NotConnected "connection is not open" = __WASI_ENOTCONN, NotConnected;
    /// There is no such file.
    EntityNotFound "entity not found" = __WASI_ENOENT, NotFound;
    /// The device does not answer.
    NoDevice "can't access device" = __WASI_ENODEV;
    /// The permissions do not allow it.
    PermissionDenied "permission denied" = __WASI_EACCES, PermissionDenied;
    /// It took too long.
    TimedOut "time out" = __WASI_ETIMEDOUT, TimedOut;
    /// The data ended early.
    UnexpectedEof "unexpected eof" = __WASI_EPROTO, UnexpectedEof;
    /// It would have to wait.
    WouldBlock "blocking operation. try again later" = __WASI_EAGAIN, WouldBlock;
    /// Nothing could be written.
    WriteZero "write returned 0" = __WASI_ENOSPC, WriteZero;
}

impl From<WasiFsError> for Errno {
    fn from(error: WasiFsError) -> Self {
        Errno::from_raw(error.into_wasi_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_both_ways() {
        for raw in 0..100 {
            assert_eq!(WasiFsError::from_wasi_err(raw).into_wasi_err(), raw);
        }
        assert_eq!(
            WasiFsError::from_wasi_err(__WASI_EBADF),
            WasiFsError::InvalidFd
        );
        assert_eq!(
            WasiFsError::from_wasi_err(76),
            WasiFsError::UnknownError(76)
        );
    }

    #[test]
    fn io_errors_are_translated() {
        let error = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(WasiFsError::from(error), WasiFsError::EntityNotFound);
        let error = io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
        assert_eq!(WasiFsError::from(error).into_wasi_err(), __WASI_ENOSPC);
        assert_eq!(
            WasiFsError::from(io::Error::other("x")),
            WasiFsError::IOError
        );
    }
}
