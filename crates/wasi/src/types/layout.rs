//! The structures of `wasi_snapshot_preview1` and their bytes in guest memory.
//!
//! Each structure knows its size there and how to write or read itself, little-endian and without padding from the host.

use super::*;

/// Puts `bytes` at `at` of a fixed buffer.
pub(super) fn put<const N: usize>(buffer: &mut [u8], at: usize, bytes: [u8; N]) {
    buffer[at..at + N].copy_from_slice(&bytes);
}

/// Takes `N` bytes at `at` out of a fixed buffer.
pub(super) fn take<const N: usize>(buffer: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&buffer[at..at + N]);
    bytes
}

/// A buffer in guest memory to read into.
///
/// ```
/// # use wasmill_wasi::types::__wasi_iovec_t;
/// let place = __wasi_iovec_t::from_le_bytes([0, 1, 0, 0, 16, 0, 0, 0]);
/// assert_eq!((place.buf, place.buf_len), (256, 16));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_iovec_t {
    /// Where it begins.
    pub buf: u32,
    /// How long it is.
    pub buf_len: u32,
}

/// A buffer in guest memory to write from.
///
/// ```
/// # use wasmill_wasi::types::__wasi_ciovec_t;
/// let text = __wasi_ciovec_t { buf: 256, buf_len: 5 };
/// assert_eq!(text.buf + text.buf_len, 261);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_ciovec_t {
    /// Where it begins.
    pub buf: u32,
    /// How long it is.
    pub buf_len: u32,
}

impl __wasi_iovec_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 8;

    /// Reads it from its bytes in guest memory.
    ///
    /// ```
    /// # use wasmill_wasi::types::__wasi_iovec_t;
    /// let place = __wasi_iovec_t { buf: 1, buf_len: 2 };
    /// assert_eq!(__wasi_iovec_t::from_le_bytes([1, 0, 0, 0, 2, 0, 0, 0]), place);
    /// ```
    pub fn from_le_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self {
            buf: u32::from_le_bytes(take(&bytes, 0)),
            buf_len: u32::from_le_bytes(take(&bytes, 4)),
        }
    }
}

/// What is known about a file.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let stat = __wasi_filestat_t { st_size: 42, st_filetype: __WASI_FILETYPE_REGULAR_FILE, ..Default::default() };
/// assert_eq!(stat.to_le_bytes()[32], 42);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct __wasi_filestat_t {
    /// The device it is on.
    pub st_dev: __wasi_device_t,
    /// Its number on the device.
    pub st_ino: __wasi_inode_t,
    /// Its kind.
    pub st_filetype: __wasi_filetype_t,
    /// How many names it has.
    pub st_nlink: __wasi_linkcount_t,
    /// Its size in bytes.
    pub st_size: __wasi_filesize_t,
    /// When it was last read, since 1970.
    pub st_atim: __wasi_timestamp_t,
    /// When its contents last changed.
    pub st_mtim: __wasi_timestamp_t,
    /// When its description last changed.
    pub st_ctim: __wasi_timestamp_t,
}

impl __wasi_filestat_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 64;

    /// Its bytes in guest memory.
    ///
    /// ```
    /// # use wasmill_wasi::types::__wasi_filestat_t;
    /// let stat = __wasi_filestat_t { st_nlink: 2, ..Default::default() };
    /// assert_eq!(stat.to_le_bytes()[24..32], [2, 0, 0, 0, 0, 0, 0, 0]);
    /// ```
    pub fn to_le_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        put(&mut bytes, 0, self.st_dev.to_le_bytes());
        put(&mut bytes, 8, self.st_ino.to_le_bytes());
        put(&mut bytes, 16, self.st_filetype.to_le_bytes());
        put(&mut bytes, 24, self.st_nlink.to_le_bytes());
        put(&mut bytes, 32, self.st_size.to_le_bytes());
        put(&mut bytes, 40, self.st_atim.to_le_bytes());
        put(&mut bytes, 48, self.st_mtim.to_le_bytes());
        put(&mut bytes, 56, self.st_ctim.to_le_bytes());
        bytes
    }
}

/// What is known about a descriptor.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let stat = __wasi_fdstat_t { fs_filetype: __WASI_FILETYPE_DIRECTORY, ..Default::default() };
/// assert_eq!(stat.fs_rights_base, 0, "nothing may be done with it");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct __wasi_fdstat_t {
    /// The kind of file behind it.
    pub fs_filetype: __wasi_filetype_t,
    /// How it behaves.
    pub fs_flags: __wasi_fdflags_t,
    /// What may be done with it.
    pub fs_rights_base: __wasi_rights_t,
    /// What may at most be done with descriptors opened through it.
    pub fs_rights_inheriting: __wasi_rights_t,
}

impl __wasi_fdstat_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 24;

    /// Its bytes in guest memory.
    ///
    /// ```
    /// # use wasmill_wasi::types::*;
    /// let stat = __wasi_fdstat_t { fs_filetype: __WASI_FILETYPE_DIRECTORY, ..Default::default() };
    /// assert_eq!(stat.to_le_bytes()[0], __WASI_FILETYPE_DIRECTORY);
    /// ```
    pub fn to_le_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        put(&mut bytes, 0, self.fs_filetype.to_le_bytes());
        put(&mut bytes, 2, self.fs_flags.to_le_bytes());
        put(&mut bytes, 8, self.fs_rights_base.to_le_bytes());
        put(&mut bytes, 16, self.fs_rights_inheriting.to_le_bytes());
        bytes
    }
}

/// What a descriptor that was opened in advance is, with the length of its name.
///
/// ```
/// # use wasmill_wasi::types::{PrestatEnum, __wasi_prestat_t};
/// assert_eq!(__wasi_prestat_t::dir(4).u, PrestatEnum::Dir { pr_name_len: 4 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrestatEnum {
    /// A directory, whose name has so many bytes (no NUL is counted).
    Dir {
        /// The length of its name.
        pr_name_len: u32,
    },
}

/// A [`PrestatEnum`] in the form the interface gives it.
///
/// ```
/// # use wasmill_wasi::types::{__WASI_PREOPENTYPE_DIR, __wasi_prestat_t};
/// assert_eq!(__wasi_prestat_t::dir("data".len() as u32).pr_type, __WASI_PREOPENTYPE_DIR);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_prestat_t {
    /// What it is: [`__WASI_PREOPENTYPE_DIR`].
    pub pr_type: __wasi_preopentype_t,
    /// The details.
    pub u: PrestatEnum,
}

impl __wasi_prestat_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 8;

    /// A directory whose name has so many bytes.
    ///
    /// ```
    /// # use wasmill_wasi::types::{PrestatEnum, __wasi_prestat_t};
    /// let PrestatEnum::Dir { pr_name_len } = __wasi_prestat_t::dir(4).u;
    /// assert_eq!(pr_name_len, 4);
    /// ```
    pub fn dir(pr_name_len: u32) -> Self {
        Self {
            pr_type: __WASI_PREOPENTYPE_DIR,
            u: PrestatEnum::Dir { pr_name_len },
        }
    }

    /// Its bytes in guest memory.
    ///
    /// ```
    /// # use wasmill_wasi::types::__wasi_prestat_t;
    /// assert_eq!(__wasi_prestat_t::dir(4).to_le_bytes(), [0, 0, 0, 0, 4, 0, 0, 0]);
    /// ```
    pub fn to_le_bytes(&self) -> [u8; Self::SIZE] {
        let PrestatEnum::Dir { pr_name_len } = self.u;
        let mut bytes = [0; Self::SIZE];
        bytes[0] = self.pr_type;
        put(&mut bytes, 4, pr_name_len.to_le_bytes());
        bytes
    }
}

/// The head of a directory entry; its name follows.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let entry = __wasi_dirent_t { d_next: 1, d_ino: 7, d_namlen: 9, d_type: __WASI_FILETYPE_REGULAR_FILE };
/// assert_eq!(dirent_to_le_bytes(&entry).len(), __wasi_dirent_t::SIZE);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_dirent_t {
    /// Where the next entry is.
    pub d_next: __wasi_dircookie_t,
    /// The file's number on its device.
    pub d_ino: __wasi_inode_t,
    /// The length of the name.
    pub d_namlen: __wasi_dirnamlen_t,
    /// The file's kind.
    pub d_type: __wasi_filetype_t,
}

impl __wasi_dirent_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 24;
}

/// The bytes of a directory entry's head in guest memory.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let entry = __wasi_dirent_t { d_next: 1, d_ino: 7, d_namlen: 9, d_type: __WASI_FILETYPE_DIRECTORY };
/// assert_eq!(dirent_to_le_bytes(&entry)[16..21], [9, 0, 0, 0, __WASI_FILETYPE_DIRECTORY]);
/// ```
pub fn dirent_to_le_bytes(ent: &__wasi_dirent_t) -> [u8; __wasi_dirent_t::SIZE] {
    let mut bytes = [0; __wasi_dirent_t::SIZE];
    put(&mut bytes, 0, ent.d_next.to_le_bytes());
    put(&mut bytes, 8, ent.d_ino.to_le_bytes());
    put(&mut bytes, 16, ent.d_namlen.to_le_bytes());
    bytes[20] = ent.d_type;
    bytes
}

/// What became of a subscription about a file.
///
/// ```
/// # use wasmill_wasi::types::__wasi_event_fd_readwrite_t;
/// let ready = __wasi_event_fd_readwrite_t { nbytes: 80, flags: 0 };
/// assert_ne!(ready, __wasi_event_fd_readwrite_t::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct __wasi_event_fd_readwrite_t {
    /// How many bytes can be had (or taken) at once, as far as is known.
    pub nbytes: __wasi_filesize_t,
    /// Whether the other side is gone.
    pub flags: __wasi_eventrwflags_t,
}

/// What became of a subscription, by its kind.
///
/// ```
/// # use wasmill_wasi::types::{EventEnum, __wasi_event_fd_readwrite_t};
/// let readable = EventEnum::FdRead(__wasi_event_fd_readwrite_t { nbytes: 80, flags: 0 });
/// assert_ne!(readable, EventEnum::Clock);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventEnum {
    /// A clock reached its time.
    Clock,
    /// A file can be read.
    FdRead(__wasi_event_fd_readwrite_t),
    /// A file can be written.
    FdWrite(__wasi_event_fd_readwrite_t),
}

/// The kinds of events and subscriptions.
///
/// ```
/// # use wasmill_wasi::types::EventType;
/// assert!(EventType::FdRead.to_raw() != EventType::FdWrite.to_raw());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// A clock.
    Clock,
    /// Reading.
    FdRead,
    /// Writing.
    FdWrite,
}

impl EventType {
    /// The kind's number in the interface.
    ///
    /// ```
    /// # use wasmill_wasi::types::{EventType, __WASI_EVENTTYPE_CLOCK};
    /// assert_eq!(EventType::Clock.to_raw(), __WASI_EVENTTYPE_CLOCK);
    /// ```
    pub fn to_raw(self) -> __wasi_eventtype_t {
        match self {
            EventType::Clock => __WASI_EVENTTYPE_CLOCK,
            EventType::FdRead => __WASI_EVENTTYPE_FD_READ,
            EventType::FdWrite => __WASI_EVENTTYPE_FD_WRITE,
        }
    }
}

/// An event of `poll_oneoff`.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let event = __wasi_event_t { userdata: 5, error: 0, type_: EventType::Clock.to_raw(), u: EventEnum::Clock };
/// assert_eq!(event.to_le_bytes()[0], 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_event_t {
    /// The subscription's mark.
    pub userdata: __wasi_userdata_t,
    /// What went wrong, if anything.
    pub error: __wasi_errno_t,
    /// What it is about.
    pub type_: __wasi_eventtype_t,
    /// The details.
    pub u: EventEnum,
}

impl __wasi_event_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 32;

    /// Its bytes in guest memory.
    ///
    /// ```
    /// # use wasmill_wasi::types::*;
    /// let event = __wasi_event_t { userdata: 5, error: __WASI_EBADF, type_: __WASI_EVENTTYPE_CLOCK, u: EventEnum::Clock };
    /// assert_eq!(event.to_le_bytes()[8..10], __WASI_EBADF.to_le_bytes());
    /// ```
    pub fn to_le_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        put(&mut bytes, 0, self.userdata.to_le_bytes());
        put(&mut bytes, 8, self.error.to_le_bytes());
        bytes[10] = self.type_;
        if let EventEnum::FdRead(readwrite) | EventEnum::FdWrite(readwrite) = self.u {
            put(&mut bytes, 16, readwrite.nbytes.to_le_bytes());
            put(&mut bytes, 24, readwrite.flags.to_le_bytes());
        }
        bytes
    }
}

/// A subscription to a clock.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let in_a_second = __wasi_subscription_clock_t {
///     clock_id: __WASI_CLOCK_MONOTONIC,
///     timeout: 1_000_000_000,
///     precision: 0,
///     flags: 0,
/// };
/// assert_eq!(in_a_second.flags & __WASI_SUBSCRIPTION_CLOCK_ABSTIME, 0, "from now on");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_subscription_clock_t {
    /// Which clock.
    pub clock_id: __wasi_clockid_t,
    /// When, or in how long.
    pub timeout: __wasi_timestamp_t,
    /// How much later is soon enough.
    pub precision: __wasi_timestamp_t,
    /// [`__WASI_SUBSCRIPTION_CLOCK_ABSTIME`] or nothing.
    pub flags: __wasi_subclockflags_t,
}

/// A subscription to a file.
///
/// ```
/// # use wasmill_wasi::types::__wasi_subscription_fs_readwrite_t;
/// assert_eq!(__wasi_subscription_fs_readwrite_t { fd: 0 }.fd, 0, "the standard input");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_subscription_fs_readwrite_t {
    /// Which file.
    pub fd: __wasi_fd_t,
}

/// A subscription of `poll_oneoff`, by its kind.
///
/// ```
/// # use wasmill_wasi::types::{WasiSubscription, __wasi_subscription_fs_readwrite_t};
/// let input = __wasi_subscription_fs_readwrite_t { fd: 0 };
/// assert_ne!(WasiSubscription::FdRead(input), WasiSubscription::FdWrite(input));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WasiSubscription {
    /// A clock.
    Clock(__wasi_subscription_clock_t),
    /// Reading.
    FdRead(__wasi_subscription_fs_readwrite_t),
    /// Writing.
    FdWrite(__wasi_subscription_fs_readwrite_t),
}

/// A subscription of `poll_oneoff`.
///
/// ```
/// # use wasmill_wasi::types::*;
/// let input = WasiSubscription::FdRead(__wasi_subscription_fs_readwrite_t { fd: 0 });
/// let subscription = __wasi_subscription_t { userdata: 5, type_: __WASI_EVENTTYPE_FD_READ, u: input };
/// assert_eq!(subscription.type_, EventType::FdRead.to_raw());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct __wasi_subscription_t {
    /// The guest's mark.
    pub userdata: __wasi_userdata_t,
    /// What it is about.
    pub type_: __wasi_eventtype_t,
    /// The details.
    pub u: WasiSubscription,
}

/// Where the fields of a subscription are: the two versions of the interface differ only in this.
#[derive(Clone, Copy)]
pub(crate) struct SubscriptionLayout {
    pub(crate) size: usize,
    /// Where the fields of a clock begin; a file's descriptor is always at 16.
    clock: usize,
}

impl SubscriptionLayout {
    /// `wasi_snapshot_preview1`.
    pub(crate) const SNAPSHOT1: Self = Self {
        size: 48,
        clock: 16,
    };
    /// `wasi_unstable`, where a clock carries an identifier of its own in front.
    pub(crate) const SNAPSHOT0: Self = Self {
        size: 56,
        clock: 24,
    };

    /// Reads a subscription from its `size` bytes; `Err` holds the mark and the number of an unknown kind.
    pub(crate) fn read(
        self,
        bytes: &[u8],
    ) -> Result<__wasi_subscription_t, (__wasi_userdata_t, __wasi_eventtype_t)> {
        let userdata = u64::from_le_bytes(take(bytes, 0));
        let type_ = bytes[8];
        let file = __wasi_subscription_fs_readwrite_t {
            fd: u32::from_le_bytes(take(bytes, 16)),
        };
        let u = match type_ {
            __WASI_EVENTTYPE_CLOCK => WasiSubscription::Clock(__wasi_subscription_clock_t {
                clock_id: u32::from_le_bytes(take(bytes, self.clock)),
                timeout: u64::from_le_bytes(take(bytes, self.clock + 8)),
                precision: u64::from_le_bytes(take(bytes, self.clock + 16)),
                flags: u16::from_le_bytes(take(bytes, self.clock + 24)),
            }),
            __WASI_EVENTTYPE_FD_READ => WasiSubscription::FdRead(file),
            __WASI_EVENTTYPE_FD_WRITE => WasiSubscription::FdWrite(file),
            _ => return Err((userdata, type_)),
        };
        Ok(__wasi_subscription_t { userdata, type_, u })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filestat_has_its_documented_layout() {
        let stat = __wasi_filestat_t {
            st_dev: 1,
            st_ino: 2,
            st_filetype: __WASI_FILETYPE_REGULAR_FILE,
            st_nlink: 3,
            st_size: 4,
            st_atim: 5,
            st_mtim: 6,
            st_ctim: 7,
        };
        let words: Vec<u64> = stat
            .to_le_bytes()
            .chunks(8)
            .map(|chunk| u64::from_le_bytes(take(chunk, 0)))
            .collect();
        assert_eq!(words, [1, 2, 4, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn small_structures_have_their_documented_layout() {
        let stat = __wasi_fdstat_t {
            fs_filetype: 3,
            fs_flags: 0x0201,
            fs_rights_base: 7,
            fs_rights_inheriting: 9,
        };
        let bytes = stat.to_le_bytes();
        assert_eq!(bytes[..4], [3, 0, 1, 2]);
        assert_eq!((bytes[8], bytes[16]), (7, 9));
        assert_eq!(
            __wasi_prestat_t::dir(0x0102).to_le_bytes(),
            [0, 0, 0, 0, 2, 1, 0, 0]
        );
        let dirent = __wasi_dirent_t {
            d_next: 1,
            d_ino: 2,
            d_namlen: 3,
            d_type: 4,
        };
        let bytes = dirent_to_le_bytes(&dirent);
        assert_eq!((bytes[0], bytes[8], bytes[16], bytes[20]), (1, 2, 3, 4));
    }

    #[test]
    fn both_layouts_of_a_clock_subscription_are_read() {
        for (layout, clock) in [
            (SubscriptionLayout::SNAPSHOT1, 16),
            (SubscriptionLayout::SNAPSHOT0, 24),
        ] {
            let mut bytes = vec![0; layout.size];
            put(&mut bytes, 0, 11_u64.to_le_bytes());
            put(&mut bytes, clock, 1_u32.to_le_bytes());
            put(&mut bytes, clock + 8, 22_u64.to_le_bytes());
            put(&mut bytes, clock + 24, 1_u16.to_le_bytes());
            let subscription = layout.read(&bytes).unwrap();
            assert_eq!(subscription.userdata, 11);
            let WasiSubscription::Clock(clock) = subscription.u else {
                panic!("{subscription:?}")
            };
            assert_eq!((clock.clock_id, clock.timeout, clock.flags), (1, 22, 1));
            bytes[8] = 9;
            assert_eq!(layout.read(&bytes), Err((11, 9)));
        }
    }
}
