//! The vocabulary of WASI preview 1 as the `wasi_snapshot_preview1` interface spells it: integer aliases, constants and
//! structures named `__wasi_*` and `__WASI_*`, for programs that speak to the guest at that level.
//!
//! The structures are plain host values. Their bytes in guest memory are produced and read by the ABI layer, field by field
//! in little-endian order, so that no padding of a host structure is ever copied.
#![allow(non_camel_case_types, reason = "the interface's own names")]

mod constants;
mod errno;
mod layout;
pub mod snapshot0;

pub use constants::*;
pub(crate) use errno::Errno;
pub use errno::*;
pub use layout::*;

macro_rules! aliases {
    ($($name:ident = $integer:ty, $doc:literal;)*) => {
        $(#[doc = $doc] pub type $name = $integer;)*
    };
}

aliases! {
    __wasi_advice_t = u8, "How a range of a file will be used.";
    __wasi_clockid_t = u32, "Which clock.";
    __wasi_device_t = u64, "A device number.";
    __wasi_dircookie_t = u64, "A position in a directory; 0 is its beginning.";
    __wasi_dirnamlen_t = u32, "The length of a directory entry's name.";
    __wasi_errno_t = u16, "An error number; 0 is success.";
    __wasi_eventrwflags_t = u16, "The state of a file that became ready.";
    __wasi_eventtype_t = u8, "What an event is about.";
    __wasi_exitcode_t = u32, "What a program exits with.";
    __wasi_fd_t = u32, "A file descriptor.";
    __wasi_fdflags_t = u16, "How a descriptor behaves.";
    __wasi_filedelta_t = i64, "A relative position in a file.";
    __wasi_filesize_t = u64, "A position in, or the size of a file.";
    __wasi_filetype_t = u8, "The kind of a file.";
    __wasi_fstflags_t = u16, "Which times to set.";
    __wasi_inode_t = u64, "A file's serial number on its device.";
    __wasi_linkcount_t = u64, "How many names a file has.";
    __wasi_lookupflags_t = u32, "How a path is resolved.";
    __wasi_oflags_t = u16, "How a path is opened.";
    __wasi_preopentype_t = u8, "What kind of capability was opened in advance.";
    __wasi_riflags_t = u16, "How to receive.";
    __wasi_rights_t = u64, "What may be done through a descriptor.";
    __wasi_roflags_t = u16, "What receiving found.";
    __wasi_sdflags_t = u8, "Which directions to shut down.";
    __wasi_siflags_t = u16, "How to send.";
    __wasi_signal_t = u8, "A signal number.";
    __wasi_size_t = u32, "A size in guest memory.";
    __wasi_subclockflags_t = u16, "How a clock subscription counts.";
    __wasi_timestamp_t = u64, "Nanoseconds.";
    __wasi_userdata_t = u64, "The guest's own mark on a subscription.";
    __wasi_whence_t = u8, "What a position is relative to.";
}
