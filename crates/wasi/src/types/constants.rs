//! The `__WASI_*` constants other than error numbers: values the interface fixes, and nothing computed.

use super::*;

macro_rules! constants {
    ($($ty:ty { $($name:ident = $value:expr;)* })*) => {
        $($(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: $ty = $value;
        )*)*
    };
}

constants! {
    __wasi_advice_t {
        __WASI_ADVICE_NORMAL = 0;
        __WASI_ADVICE_SEQUENTIAL = 1;
        __WASI_ADVICE_RANDOM = 2;
        __WASI_ADVICE_WILLNEED = 3;
        __WASI_ADVICE_DONTNEED = 4;
        __WASI_ADVICE_NOREUSE = 5;
    }
    __wasi_clockid_t {
        __WASI_CLOCK_REALTIME = 0;
        __WASI_CLOCK_MONOTONIC = 1;
        __WASI_CLOCK_PROCESS_CPUTIME_ID = 2;
        __WASI_CLOCK_THREAD_CPUTIME_ID = 3;
    }
    __wasi_dircookie_t {
        __WASI_DIRCOOKIE_START = 0;
    }
    __wasi_eventrwflags_t {
        __WASI_EVENT_FD_READWRITE_HANGUP = 1;
    }
    __wasi_eventtype_t {
        __WASI_EVENTTYPE_CLOCK = 0;
        __WASI_EVENTTYPE_FD_READ = 1;
        __WASI_EVENTTYPE_FD_WRITE = 2;
    }
    __wasi_fdflags_t {
        __WASI_FDFLAG_APPEND = 1;
        __WASI_FDFLAG_DSYNC = 2;
        __WASI_FDFLAG_NONBLOCK = 4;
        __WASI_FDFLAG_RSYNC = 8;
        __WASI_FDFLAG_SYNC = 16;
    }
    __wasi_filetype_t {
        __WASI_FILETYPE_UNKNOWN = 0;
        __WASI_FILETYPE_BLOCK_DEVICE = 1;
        __WASI_FILETYPE_CHARACTER_DEVICE = 2;
        __WASI_FILETYPE_DIRECTORY = 3;
        __WASI_FILETYPE_REGULAR_FILE = 4;
        __WASI_FILETYPE_SOCKET_DGRAM = 5;
        __WASI_FILETYPE_SOCKET_STREAM = 6;
        __WASI_FILETYPE_SYMBOLIC_LINK = 7;
    }
    __wasi_fstflags_t {
        __WASI_FILESTAT_SET_ATIM = 1;
        __WASI_FILESTAT_SET_ATIM_NOW = 2;
        __WASI_FILESTAT_SET_MTIM = 4;
        __WASI_FILESTAT_SET_MTIM_NOW = 8;
    }
    __wasi_lookupflags_t {
        __WASI_LOOKUP_SYMLINK_FOLLOW = 1;
    }
    __wasi_oflags_t {
        __WASI_O_CREAT = 1;
        __WASI_O_DIRECTORY = 2;
        __WASI_O_EXCL = 4;
        __WASI_O_TRUNC = 8;
    }
    __wasi_preopentype_t {
        __WASI_PREOPENTYPE_DIR = 0;
    }
    __wasi_riflags_t {
        __WASI_SOCK_RECV_PEEK = 1;
        __WASI_SOCK_RECV_WAITALL = 2;
    }
    __wasi_rights_t {
        __WASI_RIGHT_FD_DATASYNC = 1 << 0;
        __WASI_RIGHT_FD_READ = 1 << 1;
        __WASI_RIGHT_FD_SEEK = 1 << 2;
        __WASI_RIGHT_FD_FDSTAT_SET_FLAGS = 1 << 3;
        __WASI_RIGHT_FD_SYNC = 1 << 4;
        __WASI_RIGHT_FD_TELL = 1 << 5;
        __WASI_RIGHT_FD_WRITE = 1 << 6;
        __WASI_RIGHT_FD_ADVISE = 1 << 7;
        __WASI_RIGHT_FD_ALLOCATE = 1 << 8;
        __WASI_RIGHT_PATH_CREATE_DIRECTORY = 1 << 9;
        __WASI_RIGHT_PATH_CREATE_FILE = 1 << 10;
        __WASI_RIGHT_PATH_LINK_SOURCE = 1 << 11;
        __WASI_RIGHT_PATH_LINK_TARGET = 1 << 12;
        __WASI_RIGHT_PATH_OPEN = 1 << 13;
        __WASI_RIGHT_FD_READDIR = 1 << 14;
        __WASI_RIGHT_PATH_READLINK = 1 << 15;
        __WASI_RIGHT_PATH_RENAME_SOURCE = 1 << 16;
        __WASI_RIGHT_PATH_RENAME_TARGET = 1 << 17;
        __WASI_RIGHT_PATH_FILESTAT_GET = 1 << 18;
        __WASI_RIGHT_PATH_FILESTAT_SET_SIZE = 1 << 19;
        __WASI_RIGHT_PATH_FILESTAT_SET_TIMES = 1 << 20;
        __WASI_RIGHT_FD_FILESTAT_GET = 1 << 21;
        __WASI_RIGHT_FD_FILESTAT_SET_SIZE = 1 << 22;
        __WASI_RIGHT_FD_FILESTAT_SET_TIMES = 1 << 23;
        __WASI_RIGHT_PATH_SYMLINK = 1 << 24;
        __WASI_RIGHT_PATH_REMOVE_DIRECTORY = 1 << 25;
        __WASI_RIGHT_PATH_UNLINK_FILE = 1 << 26;
        __WASI_RIGHT_POLL_FD_READWRITE = 1 << 27;
        __WASI_RIGHT_SOCK_SHUTDOWN = 1 << 28;
        __WASI_RIGHT_SOCK_ACCEPT = 1 << 29;
    }
    __wasi_roflags_t {
        __WASI_SOCK_RECV_DATA_TRUNCATED = 1;
    }
    __wasi_sdflags_t {
        __WASI_SHUT_RD = 1;
        __WASI_SHUT_WR = 2;
    }
    __wasi_subclockflags_t {
        __WASI_SUBSCRIPTION_CLOCK_ABSTIME = 1;
    }
    __wasi_whence_t {
        __WASI_WHENCE_SET = 0;
        __WASI_WHENCE_CUR = 1;
        __WASI_WHENCE_END = 2;
    }
}

/// The names of the signals 0 to 30 in order, each a constant of its own.
macro_rules! signals {
    ($($name:ident = $number:literal;)*) => {
        $(
            #[doc = concat!("Signal ", stringify!($number), ".")]
            pub const $name: __wasi_signal_t = $number;
        )*
    };
}

signals! {
    __WASI_SIGNONE = 0; __WASI_SIGHUP = 1; __WASI_SIGINT = 2; __WASI_SIGQUIT = 3; __WASI_SIGILL = 4; __WASI_SIGTRAP = 5;
    __WASI_SIGABRT = 6; __WASI_SIGBUS = 7; __WASI_SIGFPE = 8; __WASI_SIGKILL = 9; __WASI_SIGUSR1 = 10;
    __WASI_SIGSEGV = 11; __WASI_SIGUSR2 = 12; __WASI_SIGPIPE = 13; __WASI_SIGALRM = 14; __WASI_SIGTERM = 15;
    __WASI_SIGCHLD = 16; __WASI_SIGCONT = 17; __WASI_SIGSTOP = 18; __WASI_SIGTSTP = 19; __WASI_SIGTTIN = 20;
    __WASI_SIGTTOU = 21; __WASI_SIGURG = 22; __WASI_SIGXCPU = 23; __WASI_SIGXFSZ = 24; __WASI_SIGVTALRM = 25;
    __WASI_SIGPROF = 26; __WASI_SIGWINCH = 27; __WASI_SIGPOLL = 28; __WASI_SIGPWR = 29; __WASI_SIGSYS = 30;
}
