//! WASI error numbers: one table gives the public `__WASI_E*` constants, the crate's own [`Errno`] and the
//! translation of host errors into it.
//!
//! Data passes one way: a host call fails with [`io::Error`], `Errno::from` picks the row whose host number it is, and the
//! ABI layer hands the row's number to the guest.

use std::{fmt, io};

use super::__wasi_errno_t;

/// A WASI error number; `Errno::SUCCESS` never appears in an `Err`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Errno(__wasi_errno_t);

impl Errno {
    /// The number as the guest sees it.
    pub(crate) fn raw(self) -> __wasi_errno_t {
        self.0
    }

    /// The number given by a host program through [`WasiFsError::UnknownError`](crate::WasiFsError).
    pub(crate) fn from_raw(raw: __wasi_errno_t) -> Self {
        Self(raw)
    }
}

/// Row: short name, public constant, number, the host's name for the same error (where there is one).
macro_rules! errnos {
    ($($short:ident $public:ident = $number:literal $(host $host:ident)?;)*) => {
        $(
            #[doc = concat!("Error number ", stringify!($number), ".")]
            pub const $public: __wasi_errno_t = $number;
        )*

        #[allow(dead_code, reason = "the table is the whole list of the interface, not only what this host reports")]
        impl Errno {
            $(pub(crate) const $short: Errno = Errno($number);)*

            /// The public name without its prefix, for messages and traces.
            pub(crate) fn name(self) -> &'static str {
                match self.0 {
                    $($number => &stringify!($public)["__WASI_".len()..],)*
                    _ => "unknown error",
                }
            }
        }

        /// Host error number and its WASI counterpart, in table order.
        const FROM_HOST: &[(rustix::io::Errno, Errno)] = &[
            $($((rustix::io::Errno::$host, Errno::$short),)?)*
        ];
    };
}

errnos! {
    SUCCESS        __WASI_ESUCCESS        = 0;
    TOOBIG         __WASI_E2BIG           = 1  host TOOBIG;
    ACCES          __WASI_EACCES          = 2  host ACCESS;
    ADDRINUSE      __WASI_EADDRINUSE      = 3  host ADDRINUSE;
    ADDRNOTAVAIL   __WASI_EADDRNOTAVAIL   = 4  host ADDRNOTAVAIL;
    AFNOSUPPORT    __WASI_EAFNOSUPPORT    = 5  host AFNOSUPPORT;
    AGAIN          __WASI_EAGAIN          = 6  host AGAIN;
    ALREADY        __WASI_EALREADY        = 7  host ALREADY;
    BADF           __WASI_EBADF           = 8  host BADF;
    BADMSG         __WASI_EBADMSG         = 9  host BADMSG;
    BUSY           __WASI_EBUSY           = 10 host BUSY;
    CANCELED       __WASI_ECANCELED       = 11 host CANCELED;
    CHILD          __WASI_ECHILD          = 12 host CHILD;
    CONNABORTED    __WASI_ECONNABORTED    = 13 host CONNABORTED;
    CONNREFUSED    __WASI_ECONNREFUSED    = 14 host CONNREFUSED;
    CONNRESET      __WASI_ECONNRESET      = 15 host CONNRESET;
    DEADLK         __WASI_EDEADLK         = 16 host DEADLK;
    DESTADDRREQ    __WASI_EDESTADDRREQ    = 17 host DESTADDRREQ;
    DOM            __WASI_EDOM            = 18 host DOM;
    DQUOT          __WASI_EDQUOT          = 19 host DQUOT;
    EXIST          __WASI_EEXIST          = 20 host EXIST;
    FAULT          __WASI_EFAULT          = 21 host FAULT;
    FBIG           __WASI_EFBIG           = 22 host FBIG;
    HOSTUNREACH    __WASI_EHOSTUNREACH    = 23 host HOSTUNREACH;
    IDRM           __WASI_EIDRM           = 24 host IDRM;
    ILSEQ          __WASI_EILSEQ          = 25 host ILSEQ;
    INPROGRESS     __WASI_EINPROGRESS     = 26 host INPROGRESS;
    INTR           __WASI_EINTR           = 27 host INTR;
    INVAL          __WASI_EINVAL          = 28 host INVAL;
    IO             __WASI_EIO             = 29 host IO;
    ISCONN         __WASI_EISCONN         = 30 host ISCONN;
    ISDIR          __WASI_EISDIR          = 31 host ISDIR;
    LOOP           __WASI_ELOOP           = 32 host LOOP;
    MFILE          __WASI_EMFILE          = 33 host MFILE;
    MLINK          __WASI_EMLINK          = 34 host MLINK;
    MSGSIZE        __WASI_EMSGSIZE        = 35 host MSGSIZE;
    MULTIHOP       __WASI_EMULTIHOP       = 36 host MULTIHOP;
    NAMETOOLONG    __WASI_ENAMETOOLONG    = 37 host NAMETOOLONG;
    NETDOWN        __WASI_ENETDOWN        = 38 host NETDOWN;
    NETRESET       __WASI_ENETRESET       = 39 host NETRESET;
    NETUNREACH     __WASI_ENETUNREACH     = 40 host NETUNREACH;
    NFILE          __WASI_ENFILE          = 41 host NFILE;
    NOBUFS         __WASI_ENOBUFS         = 42 host NOBUFS;
    NODEV          __WASI_ENODEV          = 43 host NODEV;
    NOENT          __WASI_ENOENT          = 44 host NOENT;
    NOEXEC         __WASI_ENOEXEC         = 45 host NOEXEC;
    NOLCK          __WASI_ENOLCK          = 46 host NOLCK;
    NOLINK         __WASI_ENOLINK         = 47 host NOLINK;
    NOMEM          __WASI_ENOMEM          = 48 host NOMEM;
    NOMSG          __WASI_ENOMSG          = 49 host NOMSG;
    NOPROTOOPT     __WASI_ENOPROTOOPT     = 50 host NOPROTOOPT;
    NOSPC          __WASI_ENOSPC          = 51 host NOSPC;
    NOSYS          __WASI_ENOSYS          = 52 host NOSYS;
    NOTCONN        __WASI_ENOTCONN        = 53 host NOTCONN;
    NOTDIR         __WASI_ENOTDIR         = 54 host NOTDIR;
    NOTEMPTY       __WASI_ENOTEMPTY       = 55 host NOTEMPTY;
    NOTRECOVERABLE __WASI_ENOTRECOVERABLE = 56 host NOTRECOVERABLE;
    NOTSOCK        __WASI_ENOTSOCK        = 57 host NOTSOCK;
    NOTSUP         __WASI_ENOTSUP         = 58 host OPNOTSUPP;
    NOTTY          __WASI_ENOTTY          = 59 host NOTTY;
    NXIO           __WASI_ENXIO           = 60 host NXIO;
    OVERFLOW       __WASI_EOVERFLOW       = 61 host OVERFLOW;
    OWNERDEAD      __WASI_EOWNERDEAD      = 62 host OWNERDEAD;
    PERM           __WASI_EPERM           = 63 host PERM;
    PIPE           __WASI_EPIPE           = 64 host PIPE;
    PROTO          __WASI_EPROTO          = 65 host PROTO;
    PROTONOSUPPORT __WASI_EPROTONOSUPPORT = 66 host PROTONOSUPPORT;
    PROTOTYPE      __WASI_EPROTOTYPE      = 67 host PROTOTYPE;
    RANGE          __WASI_ERANGE          = 68 host RANGE;
    ROFS           __WASI_EROFS           = 69 host ROFS;
    SPIPE          __WASI_ESPIPE          = 70 host SPIPE;
    SRCH           __WASI_ESRCH           = 71 host SRCH;
    STALE          __WASI_ESTALE          = 72 host STALE;
    TIMEDOUT       __WASI_ETIMEDOUT       = 73 host TIMEDOUT;
    TXTBSY         __WASI_ETXTBSY         = 74 host TXTBSY;
    XDEV           __WASI_EXDEV           = 75 host XDEV;
    NOTCAPABLE     __WASI_ENOTCAPABLE     = 76;
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.0)
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(host: rustix::io::Errno) -> Self {
        FROM_HOST
            .iter()
            .find(|(number, _)| *number == host)
            .map_or(Errno::IO, |(_, errno)| *errno)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        match rustix::io::Errno::from_io_error(&error) {
            Some(host) => host.into(),
            None => error.kind().into(),
        }
    }
}

/// Errors made in Rust rather than by the operating system: a path that would leave its directory is `PermissionDenied`
/// without a number, which is EPERM here and so distinct from the host's own EACCES.
impl From<io::ErrorKind> for Errno {
    fn from(kind: io::ErrorKind) -> Self {
        use io::ErrorKind as K;
        match kind {
            K::NotFound => Errno::NOENT,
            K::PermissionDenied => Errno::PERM,
            K::ConnectionRefused => Errno::CONNREFUSED,
            K::ConnectionReset => Errno::CONNRESET,
            K::ConnectionAborted => Errno::CONNABORTED,
            K::NotConnected => Errno::NOTCONN,
            K::AddrInUse => Errno::ADDRINUSE,
            K::AddrNotAvailable => Errno::ADDRNOTAVAIL,
            K::BrokenPipe => Errno::PIPE,
            K::AlreadyExists => Errno::EXIST,
            K::WouldBlock => Errno::AGAIN,
            K::NotADirectory => Errno::NOTDIR,
            K::IsADirectory => Errno::ISDIR,
            K::DirectoryNotEmpty => Errno::NOTEMPTY,
            K::ReadOnlyFilesystem => Errno::ROFS,
            K::StaleNetworkFileHandle => Errno::STALE,
            K::InvalidInput => Errno::INVAL,
            K::InvalidData => Errno::ILSEQ,
            K::TimedOut => Errno::TIMEDOUT,
            K::StorageFull => Errno::NOSPC,
            K::NotSeekable => Errno::SPIPE,
            K::QuotaExceeded => Errno::DQUOT,
            K::FileTooLarge => Errno::FBIG,
            K::ResourceBusy => Errno::BUSY,
            K::Deadlock => Errno::DEADLK,
            K::CrossesDevices => Errno::XDEV,
            K::TooManyLinks => Errno::MLINK,
            K::ArgumentListTooLong => Errno::TOOBIG,
            K::Interrupted => Errno::INTR,
            K::Unsupported => Errno::NOTSUP,
            K::OutOfMemory => Errno::NOMEM,
            _ => Errno::IO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_consecutive_and_named() {
        assert_eq!(Errno::SUCCESS.raw(), 0);
        assert_eq!(Errno::NOTCAPABLE.raw(), 76);
        for raw in 0..=76 {
            assert_ne!(Errno::from_raw(raw).name(), "unknown error", "{raw}");
        }
        assert_eq!(Errno::from_raw(77).name(), "unknown error");
        assert_eq!(format!("{:?}", Errno::NOENT), "ENOENT(44)");
    }

    #[test]
    fn host_errors_are_translated() {
        let error = std::fs::File::open("/nonexistent/file").unwrap_err();
        assert_eq!(Errno::from(error), Errno::NOENT);
        let error = io::Error::new(io::ErrorKind::PermissionDenied, "a path led outside");
        assert_eq!(Errno::from(error), Errno::PERM);
        assert_eq!(Errno::from(rustix::io::Errno::ACCESS), Errno::ACCES);
        assert_eq!(Errno::from(rustix::io::Errno::WOULDBLOCK), Errno::AGAIN);
        assert_eq!(Errno::from(rustix::io::Errno::UCLEAN), Errno::IO);
    }

    #[test]
    fn every_host_error_of_the_table_is_listed_once() {
        for (index, (host, _)) in FROM_HOST.iter().enumerate() {
            assert!(
                !FROM_HOST[..index].iter().any(|(other, _)| other == host),
                "{host:?}"
            );
        }
    }
}
