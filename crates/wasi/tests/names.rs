//! What programs written for the original name: everything that it exports is here under the same name, of the same kind.

use std::fmt::Debug;
use std::io::{self, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use wasmill_wasi::types::{self, snapshot0};
use wasmill_wasi::{
    ALL_RIGHTS, Fd, Pipe, Stderr, Stdin, Stdout, VIRTUAL_ROOT_FD, WasiEnv, WasiError, WasiFile,
    WasiFs, WasiFsError, WasiState, WasiStateBuilder, WasiStateCreationError, WasiVersion,
    generate_import_object_from_env, get_wasi_version, get_wasi_versions, is_wasi_module,
};

/// A file as programs for the original write it.
#[derive(Debug, Serialize, Deserialize)]
struct LoggingFile {
    lines: Vec<String>,
}

impl Read for LoggingFile {
    fn read(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

impl Write for LoggingFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.lines.push(String::from_utf8_lossy(buf).into_owned());
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for LoggingFile {
    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Err(io::Error::other("can not seek"))
    }
}

#[typetag::serde]
impl WasiFile for LoggingFile {
    fn last_accessed(&self) -> u64 {
        0
    }
    fn last_modified(&self) -> u64 {
        0
    }
    fn created_time(&self) -> u64 {
        0
    }
    fn size(&self) -> u64 {
        0
    }
    fn set_len(&mut self, _len: u64) -> Result<(), WasiFsError> {
        Err(WasiFsError::PermissionDenied)
    }
    fn unlink(&mut self) -> Result<(), WasiFsError> {
        Ok(())
    }
    fn bytes_available(&self) -> Result<usize, WasiFsError> {
        Ok(0)
    }
}

#[test]
fn a_file_of_a_program_for_the_original() {
    let file = LoggingFile { lines: Vec::new() };
    let mut builder: WasiStateBuilder = WasiState::new("program");
    builder
        .stdout(Box::new(file))
        .setup_fs(Box::new(|fs: &mut WasiFs| {
            let dir = fs
                .open_dir_all(
                    VIRTUAL_ROOT_FD,
                    "_wasm/dev".to_owned(),
                    ALL_RIGHTS,
                    ALL_RIGHTS,
                    0,
                )
                .map_err(|error| error.to_string())?;
            let file = Box::new(LoggingFile { lines: Vec::new() });
            fs.open_file_at(
                dir,
                file,
                Fd::READ | Fd::WRITE,
                "log".to_owned(),
                ALL_RIGHTS,
                0,
                0,
            )
            .map(drop)
            .map_err(|error| error.to_string())
        }));
    let mut state: WasiState = builder.build().unwrap();
    let stdout = state.fs.stdout_mut().unwrap().as_mut().unwrap();
    stdout.write_all(b"hello").unwrap();
    assert_eq!(
        stdout.downcast_ref::<LoggingFile>().unwrap().lines,
        ["hello"]
    );
    let old = state
        .fs
        .swap_file(1, Box::new(Pipe::new()))
        .unwrap()
        .unwrap();
    assert!(old.downcast_ref::<LoggingFile>().is_some());
}

#[test]
fn the_crate_exports_what_the_original_does() {
    fn is<T: Debug>() {}
    is::<Fd>();
    is::<Pipe>();
    is::<(Stdin, Stdout, Stderr)>();
    is::<Box<dyn WasiFile>>();
    is::<WasiFs>();
    is::<WasiFsError>();
    is::<WasiState>();
    is::<WasiStateBuilder>();
    is::<WasiStateCreationError>();
    is::<WasiVersion>();
    is::<WasiError>();
    is::<WasiEnv>();
    is::<Result<Box<dyn wasmill_wasi::VirtualFile>, wasmill_wasi::FsError>>();
    let _ = (
        generate_import_object_from_env,
        get_wasi_version,
        get_wasi_versions,
        is_wasi_module,
    );
    assert_eq!((ALL_RIGHTS, VIRTUAL_ROOT_FD), (0x1FFF_FFFF, 3));
    assert_eq!(
        (Fd::READ, Fd::WRITE, Fd::APPEND, Fd::TRUNCATE, Fd::CREATE),
        (1, 2, 4, 8, 16)
    );
}

/// Checks that each alias is the integer of this size.
macro_rules! aliases {
    ($($name:ident $integer:ty,)*) => {
        $(let _: types::$name = <$integer>::MAX;)*
    };
}

#[test]
fn the_types_have_their_names() {
    aliases! {
        __wasi_errno_t u16, __wasi_fd_t u32, __wasi_rights_t u64, __wasi_fdflags_t u16, __wasi_filesize_t u64,
        __wasi_filedelta_t i64, __wasi_timestamp_t u64, __wasi_clockid_t u32, __wasi_whence_t u8, __wasi_oflags_t u16,
        __wasi_lookupflags_t u32, __wasi_fstflags_t u16, __wasi_filetype_t u8, __wasi_inode_t u64, __wasi_device_t u64,
        __wasi_linkcount_t u64, __wasi_dircookie_t u64, __wasi_advice_t u8, __wasi_signal_t u8, __wasi_exitcode_t u32,
        __wasi_userdata_t u64, __wasi_eventtype_t u8, __wasi_eventrwflags_t u16, __wasi_subclockflags_t u16,
        __wasi_riflags_t u16, __wasi_roflags_t u16, __wasi_siflags_t u16, __wasi_sdflags_t u8, __wasi_preopentype_t u8,
    }
    let _ = types::__wasi_iovec_t { buf: 0, buf_len: 0 };
    let _ = types::__wasi_ciovec_t { buf: 0, buf_len: 0 };
    let stat = types::__wasi_filestat_t {
        st_dev: 0,
        st_ino: 0,
        st_filetype: 0,
        st_nlink: 0,
        st_size: 0,
        st_atim: 0,
        st_mtim: 0,
        st_ctim: 0,
    };
    let _ = snapshot0::__wasi_filestat_t::from(stat);
    let _ = types::__wasi_fdstat_t {
        fs_filetype: 0,
        fs_flags: 0,
        fs_rights_base: 0,
        fs_rights_inheriting: 0,
    };
    let _ = types::__wasi_prestat_t {
        pr_type: types::__WASI_PREOPENTYPE_DIR,
        u: types::PrestatEnum::Dir { pr_name_len: 0 },
    };
    let entry = types::__wasi_dirent_t {
        d_next: 0,
        d_ino: 0,
        d_namlen: 0,
        d_type: 0,
    };
    assert_eq!(types::dirent_to_le_bytes(&entry), [0; 24]);
    let event = types::__wasi_event_t {
        userdata: 0,
        error: 0,
        type_: types::EventType::Clock.to_raw(),
        u: types::EventEnum::Clock,
    };
    let _ = [
        types::EventEnum::FdRead(types::__wasi_event_fd_readwrite_t {
            nbytes: 0,
            flags: 0,
        }),
        types::EventEnum::FdWrite(types::__wasi_event_fd_readwrite_t {
            nbytes: 0,
            flags: 0,
        }),
        event.u,
    ];
    let file = types::__wasi_subscription_fs_readwrite_t { fd: 0 };
    let clock = types::__wasi_subscription_clock_t {
        clock_id: 0,
        timeout: 0,
        precision: 0,
        flags: types::__WASI_SUBSCRIPTION_CLOCK_ABSTIME,
    };
    for u in [
        types::WasiSubscription::Clock(clock),
        types::WasiSubscription::FdRead(file),
        types::WasiSubscription::FdWrite(file),
    ] {
        let type_ = types::EventType::FdRead.to_raw();
        let _ = types::__wasi_subscription_t {
            userdata: 0,
            type_,
            u,
        };
    }
}

macro_rules! numbered {
    ($first:expr; $($name:ident)*) => {
        [$((stringify!($name), u64::from(types::$name)),)*]
            .iter()
            .enumerate()
            .for_each(|(index, (name, value))| assert_eq!(*value, $first(index as u64), "{name}"))
    };
}

#[test]
fn the_constants_have_their_values() {
    numbered! { |index| index;
        __WASI_ESUCCESS __WASI_E2BIG __WASI_EACCES __WASI_EADDRINUSE __WASI_EADDRNOTAVAIL __WASI_EAFNOSUPPORT __WASI_EAGAIN
        __WASI_EALREADY __WASI_EBADF __WASI_EBADMSG __WASI_EBUSY __WASI_ECANCELED __WASI_ECHILD __WASI_ECONNABORTED
        __WASI_ECONNREFUSED __WASI_ECONNRESET __WASI_EDEADLK __WASI_EDESTADDRREQ __WASI_EDOM __WASI_EDQUOT __WASI_EEXIST
        __WASI_EFAULT __WASI_EFBIG __WASI_EHOSTUNREACH __WASI_EIDRM __WASI_EILSEQ __WASI_EINPROGRESS __WASI_EINTR
        __WASI_EINVAL __WASI_EIO __WASI_EISCONN __WASI_EISDIR __WASI_ELOOP __WASI_EMFILE __WASI_EMLINK __WASI_EMSGSIZE
        __WASI_EMULTIHOP __WASI_ENAMETOOLONG __WASI_ENETDOWN __WASI_ENETRESET __WASI_ENETUNREACH __WASI_ENFILE
        __WASI_ENOBUFS __WASI_ENODEV __WASI_ENOENT __WASI_ENOEXEC __WASI_ENOLCK __WASI_ENOLINK __WASI_ENOMEM
        __WASI_ENOMSG __WASI_ENOPROTOOPT __WASI_ENOSPC __WASI_ENOSYS __WASI_ENOTCONN __WASI_ENOTDIR __WASI_ENOTEMPTY
        __WASI_ENOTRECOVERABLE __WASI_ENOTSOCK __WASI_ENOTSUP __WASI_ENOTTY __WASI_ENXIO __WASI_EOVERFLOW
        __WASI_EOWNERDEAD __WASI_EPERM __WASI_EPIPE __WASI_EPROTO __WASI_EPROTONOSUPPORT __WASI_EPROTOTYPE __WASI_ERANGE
        __WASI_EROFS __WASI_ESPIPE __WASI_ESRCH __WASI_ESTALE __WASI_ETIMEDOUT __WASI_ETXTBSY __WASI_EXDEV
        __WASI_ENOTCAPABLE
    }
    numbered! { |index: u64| 1 << index;
        __WASI_RIGHT_FD_DATASYNC __WASI_RIGHT_FD_READ __WASI_RIGHT_FD_SEEK __WASI_RIGHT_FD_FDSTAT_SET_FLAGS
        __WASI_RIGHT_FD_SYNC __WASI_RIGHT_FD_TELL __WASI_RIGHT_FD_WRITE __WASI_RIGHT_FD_ADVISE __WASI_RIGHT_FD_ALLOCATE
        __WASI_RIGHT_PATH_CREATE_DIRECTORY __WASI_RIGHT_PATH_CREATE_FILE __WASI_RIGHT_PATH_LINK_SOURCE
        __WASI_RIGHT_PATH_LINK_TARGET __WASI_RIGHT_PATH_OPEN __WASI_RIGHT_FD_READDIR __WASI_RIGHT_PATH_READLINK
        __WASI_RIGHT_PATH_RENAME_SOURCE __WASI_RIGHT_PATH_RENAME_TARGET __WASI_RIGHT_PATH_FILESTAT_GET
        __WASI_RIGHT_PATH_FILESTAT_SET_SIZE __WASI_RIGHT_PATH_FILESTAT_SET_TIMES __WASI_RIGHT_FD_FILESTAT_GET
        __WASI_RIGHT_FD_FILESTAT_SET_SIZE __WASI_RIGHT_FD_FILESTAT_SET_TIMES __WASI_RIGHT_PATH_SYMLINK
        __WASI_RIGHT_PATH_REMOVE_DIRECTORY __WASI_RIGHT_PATH_UNLINK_FILE __WASI_RIGHT_POLL_FD_READWRITE
        __WASI_RIGHT_SOCK_SHUTDOWN
    }
    numbered! { |index| index;
        __WASI_FILETYPE_UNKNOWN __WASI_FILETYPE_BLOCK_DEVICE __WASI_FILETYPE_CHARACTER_DEVICE __WASI_FILETYPE_DIRECTORY
        __WASI_FILETYPE_REGULAR_FILE __WASI_FILETYPE_SOCKET_DGRAM __WASI_FILETYPE_SOCKET_STREAM
        __WASI_FILETYPE_SYMBOLIC_LINK
    }
    numbered! { |index| index;
        __WASI_ADVICE_NORMAL __WASI_ADVICE_SEQUENTIAL __WASI_ADVICE_RANDOM __WASI_ADVICE_WILLNEED __WASI_ADVICE_DONTNEED
        __WASI_ADVICE_NOREUSE
    }
    numbered! { |index| index;
        __WASI_CLOCK_REALTIME __WASI_CLOCK_MONOTONIC __WASI_CLOCK_PROCESS_CPUTIME_ID __WASI_CLOCK_THREAD_CPUTIME_ID
    }
    numbered! { |index| index; __WASI_EVENTTYPE_CLOCK __WASI_EVENTTYPE_FD_READ __WASI_EVENTTYPE_FD_WRITE }
    numbered! { |index| index; __WASI_WHENCE_SET __WASI_WHENCE_CUR __WASI_WHENCE_END }
    numbered! { |index: u64| 1 << index;
        __WASI_FDFLAG_APPEND __WASI_FDFLAG_DSYNC __WASI_FDFLAG_NONBLOCK __WASI_FDFLAG_RSYNC __WASI_FDFLAG_SYNC
    }
    numbered! { |index: u64| 1 << index;
        __WASI_FILESTAT_SET_ATIM __WASI_FILESTAT_SET_ATIM_NOW __WASI_FILESTAT_SET_MTIM __WASI_FILESTAT_SET_MTIM_NOW
    }
    numbered! { |index: u64| 1 << index; __WASI_O_CREAT __WASI_O_DIRECTORY __WASI_O_EXCL __WASI_O_TRUNC }
    numbered! { |index: u64| 1 << index; __WASI_SOCK_RECV_PEEK __WASI_SOCK_RECV_WAITALL }
    numbered! { |index: u64| 1 << index; __WASI_SHUT_RD __WASI_SHUT_WR }
    numbered! { |_| 1;
        __WASI_LOOKUP_SYMLINK_FOLLOW __WASI_SOCK_RECV_DATA_TRUNCATED __WASI_SUBSCRIPTION_CLOCK_ABSTIME
        __WASI_EVENT_FD_READWRITE_HANGUP
    }
    numbered! { |_| 0; __WASI_DIRCOOKIE_START __WASI_PREOPENTYPE_DIR }
    numbered! { |index| index;
        __WASI_SIGNONE __WASI_SIGHUP __WASI_SIGINT __WASI_SIGQUIT __WASI_SIGILL __WASI_SIGTRAP __WASI_SIGABRT __WASI_SIGBUS
        __WASI_SIGFPE __WASI_SIGKILL __WASI_SIGUSR1 __WASI_SIGSEGV __WASI_SIGUSR2 __WASI_SIGPIPE __WASI_SIGALRM
        __WASI_SIGTERM __WASI_SIGCHLD __WASI_SIGCONT __WASI_SIGSTOP __WASI_SIGTSTP __WASI_SIGTTIN __WASI_SIGTTOU
        __WASI_SIGURG __WASI_SIGXCPU __WASI_SIGXFSZ __WASI_SIGVTALRM __WASI_SIGPROF __WASI_SIGWINCH __WASI_SIGPOLL
        __WASI_SIGPWR __WASI_SIGSYS
    }
    assert_eq!(
        [
            snapshot0::__WASI_WHENCE_CUR,
            snapshot0::__WASI_WHENCE_END,
            snapshot0::__WASI_WHENCE_SET
        ],
        [0, 1, 2]
    );
    let _: snapshot0::__wasi_linkcount_t = u32::MAX;
}
