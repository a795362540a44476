//! Plain allocations instead of mappings, and no signals: enough to run memories, locks and registries under Miri.
//!
//! Address space costs real memory here, so a reservation gets at most [`MOST_RESERVED`] bytes behind it; what lies beyond
//! cannot be opened.

use super::{FaultHandler, SignalHandler};
use crate::thread::StackBounds;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::ptr::{self, NonNull};

/// Bytes of a reservation that really exist.
const MOST_RESERVED: usize = 1 << 20;

pub(crate) fn page_size() -> usize {
    4096
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len.min(MOST_RESERVED), page_size()).expect("a small layout")
}

pub(crate) fn map_anonymous(len: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: the layout is not empty.
    NonNull::new(unsafe { alloc_zeroed(layout(len)) })
        .ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

pub(crate) fn map_file(mut file: &File, len: usize) -> io::Result<NonNull<u8>> {
    if len > MOST_RESERVED {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    let mut contents = vec![0; len];
    file.read_exact(&mut contents)?;
    let base = map_anonymous(len.next_multiple_of(page_size()))?;
    // SAFETY: fresh, and at least as long.
    unsafe { ptr::copy_nonoverlapping(contents.as_ptr(), base.as_ptr(), len) };
    Ok(base)
}

pub(crate) fn reserve(len: usize) -> io::Result<NonNull<u8>> {
    map_anonymous(len)
}

/// Allocations are where the allocator wants them.
pub(crate) fn reserve_at(_address: usize, _len: usize) -> io::Result<NonNull<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn make_executable(_base: NonNull<u8>, _len: usize) -> io::Result<()> {
    Ok(())
}

/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn unmap(base: NonNull<u8>, len: usize) {
    // SAFETY: allocated with the same layout.
    unsafe { dealloc(base.as_ptr(), layout(len)) };
}

/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn make_accessible(_base: NonNull<u8>, len: usize) -> io::Result<()> {
    match len <= MOST_RESERVED {
        true => Ok(()),
        false => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn make_inaccessible(_base: NonNull<u8>, _len: usize) -> io::Result<()> {
    Ok(())
}

/// Without copy-on-write there is nothing to go back to: slots are given up instead of reset.
///
/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn reset(_base: NonNull<u8>, _len: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[derive(Debug)]
pub(crate) struct ImageFile(Vec<u8>);

impl ImageFile {
    pub(crate) fn new(len: usize, pieces: &[(usize, &[u8])]) -> io::Result<Self> {
        let mut contents = vec![0; len];
        for (offset, bytes) in pieces {
            contents[*offset..][..bytes.len()].copy_from_slice(bytes);
        }
        Ok(Self(contents))
    }
}

/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn map_image(base: NonNull<u8>, len: usize, file: &ImageFile) -> io::Result<()> {
    // SAFETY: the caller vouches for the range; the file is as long.
    unsafe { ptr::copy_nonoverlapping(file.0.as_ptr(), base.as_ptr(), len) };
    Ok(())
}

/// # Safety
///
/// As in `sys::unix`.
pub(crate) unsafe fn unmap_image(base: NonNull<u8>, len: usize) -> io::Result<()> {
    // SAFETY: the caller vouches for the range.
    unsafe { ptr::write_bytes(base.as_ptr(), 0, len) };
    Ok(())
}

pub(crate) fn sealed_file(_contents: &[u8]) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is no loader.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Library {}

impl Library {
    /// # Safety
    ///
    /// As in `sys::unix`.
    pub(crate) unsafe fn open(_file: &File) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn address_of(self, _symbol: &CStr) -> Option<NonNull<u8>> {
        match self {}
    }

    /// # Safety
    ///
    /// As in `sys::unix`.
    pub(crate) unsafe fn close(self) {
        match self {}
    }
}

pub(crate) fn stack_bounds() -> StackBounds {
    StackBounds::default()
}

pub(crate) struct SignalStack;

pub(crate) fn use_signal_stack() -> Option<SignalStack> {
    None
}

pub(crate) fn install_handlers(_faults: FaultHandler, _interruptions: SignalHandler) {}

/// Nobody can be interrupted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThreadName;

impl ThreadName {
    pub(crate) fn current() -> Self {
        Self
    }

    /// # Safety
    ///
    /// As in `sys::unix`.
    pub(crate) unsafe fn interrupt(self) {}

    /// # Safety
    ///
    /// As in `sys::unix`.
    pub(crate) unsafe fn cpu_time(self) -> u64 {
        0
    }
}
