//! The structures that `wasi_unstable` lays out differently: an older file status, and its own numbering of `whence`.
//!
//! Everything else is shared with `wasi_snapshot_preview1`.

use super::layout::put;
use super::*;

/// `wasi_unstable`: relative to the current position.
pub const __WASI_WHENCE_CUR: __wasi_whence_t = 0;
/// `wasi_unstable`: relative to the end.
pub const __WASI_WHENCE_END: __wasi_whence_t = 1;
/// `wasi_unstable`: absolute.
pub const __WASI_WHENCE_SET: __wasi_whence_t = 2;

/// The 32-bit number of names of a file.
pub type __wasi_linkcount_t = u32;

/// What is known about a file, in the older layout.
///
/// ```
/// # use wasmill_wasi::types::{self, snapshot0};
/// let stat = types::__wasi_filestat_t { st_nlink: u64::MAX, ..Default::default() };
/// assert_eq!(snapshot0::__wasi_filestat_t::from(stat).st_nlink, u32::MAX, "the most it can say");
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

impl From<super::__wasi_filestat_t> for __wasi_filestat_t {
    fn from(stat: super::__wasi_filestat_t) -> Self {
        Self {
            st_dev: stat.st_dev,
            st_ino: stat.st_ino,
            st_filetype: stat.st_filetype,
            st_nlink: u32::try_from(stat.st_nlink).unwrap_or(u32::MAX),
            st_size: stat.st_size,
            st_atim: stat.st_atim,
            st_mtim: stat.st_mtim,
            st_ctim: stat.st_ctim,
        }
    }
}

impl __wasi_filestat_t {
    /// Bytes it takes in guest memory.
    pub const SIZE: usize = 56;

    /// Its bytes in guest memory.
    ///
    /// ```
    /// # use wasmill_wasi::types::snapshot0::__wasi_filestat_t;
    /// let stat = __wasi_filestat_t { st_size: 42, ..Default::default() };
    /// assert_eq!(stat.to_le_bytes()[24], 42);
    /// ```
    pub fn to_le_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        put(&mut bytes, 0, self.st_dev.to_le_bytes());
        put(&mut bytes, 8, self.st_ino.to_le_bytes());
        put(&mut bytes, 16, self.st_filetype.to_le_bytes());
        put(&mut bytes, 20, self.st_nlink.to_le_bytes());
        put(&mut bytes, 24, self.st_size.to_le_bytes());
        put(&mut bytes, 32, self.st_atim.to_le_bytes());
        put(&mut bytes, 40, self.st_mtim.to_le_bytes());
        put(&mut bytes, 48, self.st_ctim.to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_filestat_saturates_its_link_count() {
        let stat = super::super::__wasi_filestat_t {
            st_nlink: u64::MAX,
            st_size: 9,
            ..Default::default()
        };
        let bytes = __wasi_filestat_t::from(stat).to_le_bytes();
        assert_eq!(bytes[20..24], [0xff; 4]);
        assert_eq!(bytes[24], 9);
    }
}
