//! Memory mappings.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::{Errno, pwrite};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};
use rustix::mm::{madvise, mmap, mmap_anonymous, mprotect, munmap};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::{self, NonNull};

/// Bytes of a page.
pub(crate) fn page_size() -> usize {
    rustix::param::page_size()
}

fn non_null(mapping: *mut c_void) -> NonNull<u8> {
    NonNull::new(mapping.cast()).expect("mmap never chooses address zero")
}

/// Maps fresh, writable, zeroed memory.
pub(crate) fn map_anonymous(len: usize) -> io::Result<NonNull<u8>> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping where the system chooses.
    Ok(non_null(unsafe {
        mmap_anonymous(ptr::null_mut(), len, access, MapFlags::PRIVATE)?
    }))
}

/// Maps the first `len` bytes of a file, for reading; what others write to the mapped pages is theirs.
pub(crate) fn map_file(file: &File, len: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: a new mapping where the system chooses.
    Ok(non_null(unsafe {
        mmap(
            ptr::null_mut(),
            len,
            ProtFlags::READ,
            MapFlags::PRIVATE,
            file,
            0,
        )?
    }))
}

/// Reserves address space at an address, unless something is mapped there.
pub(crate) fn reserve_at(address: usize, len: usize) -> io::Result<NonNull<u8>> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED_NOREPLACE;
    let place = ptr::without_provenance_mut(address);
    // SAFETY: it replaces nothing.
    let placed = unsafe { mmap_anonymous(place, len, ProtFlags::empty(), flags)? };
    if placed.addr() == address {
        return Ok(non_null(placed));
    }
    // Kernels that do not know the flag take the address for a hint.
    // SAFETY: the mapping was just made, and nobody knows of it.
    unsafe { munmap(placed, len)? };
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes memory executable and read-only.
///
/// # Safety
///
/// The range is part of a mapping of ours, and nobody writes to it any more.
pub(crate) unsafe fn make_executable(base: NonNull<u8>, len: usize) -> io::Result<()> {
    let access = MprotectFlags::READ | MprotectFlags::EXEC;
    // SAFETY: passed on.
    unsafe { mprotect(base.as_ptr().cast(), len, access) }.map_err(io::Error::from)
}

/// Gives a mapping back.
///
/// # Safety
///
/// The range is a mapping of ours, and nobody uses it any more.
pub(crate) unsafe fn unmap(base: NonNull<u8>, len: usize) {
    // SAFETY: passed on.
    let result = unsafe { munmap(base.as_ptr().cast(), len) };
    // It fails only where a mapping would have to be split and there are too many: then the range is given up. Its
    // pages at least must go.
    if result.is_err() {
        // SAFETY: passed on.
        let _ = unsafe { madvise(base.as_ptr().cast(), len, Advice::LinuxDontNeed) };
    }
}

/// Reserves address space without access. It takes no memory.
pub(crate) fn reserve(len: usize) -> io::Result<NonNull<u8>> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new mapping where the system chooses.
    Ok(non_null(unsafe {
        mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), flags)?
    }))
}

/// Opens a part of a reservation for reading and writing. Bytes that were never written are zero.
///
/// # Safety
///
/// The range lies in a reservation of ours.
pub(crate) unsafe fn make_accessible(base: NonNull<u8>, len: usize) -> io::Result<()> {
    let access = MprotectFlags::READ | MprotectFlags::WRITE;
    // SAFETY: passed on.
    unsafe { mprotect(base.as_ptr().cast(), len, access) }.map_err(io::Error::from)
}

/// Closes a part of a reservation.
///
/// # Safety
///
/// The range lies in a reservation of ours, and nobody relies on access to it.
pub(crate) unsafe fn make_inaccessible(base: NonNull<u8>, len: usize) -> io::Result<()> {
    // SAFETY: passed on.
    unsafe { mprotect(base.as_ptr().cast(), len, MprotectFlags::empty()) }.map_err(io::Error::from)
}

/// Drops what was written to a range of private mappings: zero bytes, or the image, show again.
///
/// # Safety
///
/// The range lies in a reservation of ours, and nobody reads or writes it meanwhile.
pub(crate) unsafe fn reset(base: NonNull<u8>, len: usize) -> io::Result<()> {
    // SAFETY: passed on.
    unsafe { madvise(base.as_ptr().cast(), len, Advice::LinuxDontNeed) }.map_err(io::Error::from)
}

/// Immutable contents that can be mapped any number of times.
#[derive(Debug)]
pub(crate) struct ImageFile(OwnedFd);

impl ImageFile {
    /// Makes a file of `len` bytes, with these pieces at their offsets and zero elsewhere.
    pub(crate) fn new(len: usize, pieces: &[(usize, &[u8])]) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Kernels since 6.3 want to be told that it is not executable; older ones do not know the flag.
        let file = match memfd_create(c"wasmill-image", flags | MemfdFlags::NOEXEC_SEAL) {
            Err(Errno::INVAL) => memfd_create(c"wasmill-image", flags)?,
            other => other?,
        };
        ftruncate(&file, len as u64)?;
        for (offset, bytes) in pieces {
            write_all(&file, bytes, *offset as u64)?;
        }
        fcntl_add_seals(
            &file,
            SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
        )?;
        Ok(Self(file))
    }
}

pub(super) fn write_all(file: &OwnedFd, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match pwrite(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Shows an image of `len` bytes at `base`, readable and writable, copied on write.
///
/// # Safety
///
/// The range lies in a reservation of ours, and nobody uses it.
pub(crate) unsafe fn map_image(base: NonNull<u8>, len: usize, file: &ImageFile) -> io::Result<()> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
    // SAFETY: passed on.
    unsafe { mmap(base.as_ptr().cast(), len, access, flags, &file.0, 0)? };
    Ok(())
}

/// Puts zeroed memory in an image's place, without access.
///
/// # Safety
///
/// As for [`map_image`].
pub(crate) unsafe fn unmap_image(base: NonNull<u8>, len: usize) -> io::Result<()> {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
    // SAFETY: passed on.
    unsafe { mmap_anonymous(base.as_ptr().cast(), len, ProtFlags::empty(), flags)? };
    Ok(())
}
