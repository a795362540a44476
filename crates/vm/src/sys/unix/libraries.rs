//! The system's loader of shared objects.

use super::mappings::write_all;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use std::ffi::{CStr, CString, c_void};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::ptr::NonNull;

/// A file in memory that can be mapped executable, with contents that do not change.
pub(crate) fn sealed_file(contents: &[u8]) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels since 6.3 want to be told that it is executable; older ones do not know the flag.
    let file = match memfd_create(c"wasmill-native", flags | MemfdFlags::EXEC) {
        Err(Errno::INVAL) => memfd_create(c"wasmill-native", flags)?,
        other => other?,
    };
    write_all(&file, contents, 0)?;
    fcntl_add_seals(
        &file,
        SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
    )?;
    Ok(file.into())
}

/// What the loader knows a shared object by. The same object has the same handle.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Library(NonNull<c_void>);

// SAFETY: the loader's functions may be called from any thread, and it is only given to them.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// Loads what is in a file.
    ///
    /// # Safety
    ///
    /// The object may do what it does when it is loaded. The file does not change as long as it is.
    pub(crate) unsafe fn open(file: &File) -> io::Result<Self> {
        let name = name_of(file)?;
        // SAFETY: a C string; the rest is the caller's promise.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        NonNull::new(handle).map(Self).ok_or_else(last_error)
    }

    /// The address of a symbol.
    pub(crate) fn address_of(self, symbol: &CStr) -> Option<NonNull<u8>> {
        // SAFETY: a C string, and a handle that is open as long as somebody has this.
        let address = unsafe { libc::dlsym(self.0.as_ptr(), symbol.as_ptr()) };
        NonNull::new(address.cast())
    }

    /// Gives back what [`Library::open`] took.
    ///
    /// # Safety
    ///
    /// Once for each time it was opened; nobody uses what it has mapped any more.
    pub(crate) unsafe fn close(self) {
        // SAFETY: as the caller promises. It fails for handles only that are none.
        unsafe { libc::dlclose(self.0.as_ptr()) };
    }
}

/// A path to an open file that no other file has as long as it is open. With the number of the process, so that it means the
/// same for a debugger; unless `/proc` is that of other processes.
fn name_of(file: &File) -> io::Result<CString> {
    let own = file.metadata()?;
    let number = file.as_raw_fd();
    let name = format!("/proc/{}/fd/{number}", std::process::id());
    let is_it = |other: &fs::Metadata| (other.dev(), other.ino()) == (own.dev(), own.ino());
    let name = match fs::metadata(&name) {
        Ok(found) if is_it(&found) => name,
        _ => format!("/proc/self/fd/{number}"),
    };
    Ok(CString::new(name)?)
}

/// What the loader says about the last call that failed on this thread.
fn last_error() -> io::Error {
    // SAFETY: no arguments.
    let text = unsafe { libc::dlerror() };
    match text.is_null() {
        true => io::Error::other("no reason given"),
        // SAFETY: a C string, valid until this thread calls the loader again.
        false => io::Error::other(unsafe { CStr::from_ptr(text) }.to_string_lossy()),
    }
}
