//! The guest-independent core of WASI: descriptors, rights, paths, clocks and polling.
//!
//! Nothing here touches guest memory or knows of Wasm. [`Ctx`] is one guest's world, shared behind a mutex with the host program;
//! its methods have the interface's names, take and return Rust values, and fail with an [`Errno`](crate::types::Errno).
//!
//! The mutex is held to look a descriptor up and to change the table, never while waiting: an operation takes a clone of what is
//! behind the descriptor (an `Arc`) out of the table, lets go, and then asks the operating system. A file that the host program
//! supplied as a `Box<dyn WasiFile>` is taken out and put back (see `supplied.rs`).

mod across;
mod clock;
mod descriptor;
mod flags;
mod freeze;
mod fs;
mod host;
mod inode;
mod named;
mod node;
mod open;
mod path;
mod place;
mod poll;
mod readdir;
mod socket;
mod straight;
mod stream;
mod supplied;
mod surface;
mod wait;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use clock::Clock;
pub(crate) use flags::{FdFlags, FstFlags, LookupFlags, OFlags, RiFlags, Rights};
pub(crate) use freeze::{FrozenFs, Resolve};
pub use fs::WasiFs;
pub(crate) use fs::{Permissions, Preopen, Source};
pub use inode::{Fd, Inode, InodeVal, Kind};
pub(crate) use node::{Folder, Opened};
pub(crate) use open::OpenHow;
pub(crate) use path::new_times;
pub(crate) use readdir::{DirEntry, dir_entry};
pub(crate) use socket::Socket;
pub(crate) use stream::Channel;
pub(crate) use supplied::lock_complete;
pub(crate) use wait::check as check_interruption;

use crate::state::WasiState;

#[cfg(test)]
pub(crate) mod tests;

/// A guest's world, as the ABI layer uses it.
#[derive(Clone, Copy)]
pub(crate) struct Ctx<'a> {
    state: &'a Mutex<WasiState>,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(state: &'a Mutex<WasiState>) -> Self {
        Self { state }
    }

    /// Locks the state. A panic of the host program while it held the lock leaves nothing half-done that matters here.
    pub(crate) fn lock(self) -> MutexGuard<'a, WasiState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
