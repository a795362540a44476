//! Files that are read, and run, where the system's cache has them: nothing is copied, and processes share the pages.
//!
//! Invariants:
//! - F1: bytes `0..len` are mapped and readable from when a [`MappedFile`] is made until it is dropped.
//! - F2: they do not change: whoever made the mapping has promised that nobody changes the file.

use crate::sys;
use std::fmt;
use std::fs::File;
use std::io;
use std::ptr::NonNull;

/// The contents of a file, mapped. Unmapped when dropped.
pub struct MappedFile {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: F2: the bytes are immutable, and the mapping is owned.
unsafe impl Send for MappedFile {}
// SAFETY: as above.
unsafe impl Sync for MappedFile {}

impl MappedFile {
    /// Maps a whole file. The file may be closed, renamed or deleted then, but not changed.
    ///
    /// # Errors
    ///
    /// If the file is empty, too large, or cannot be mapped.
    ///
    /// # Safety
    ///
    /// As long as it is mapped, nobody changes the file's contents or makes it shorter.
    pub unsafe fn new(file: &File) -> io::Result<Self> {
        let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if len == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty file"));
        }
        let base = sys::map_file(file, len)?;
        Ok(Self { base, len })
    }

    /// The first byte, at the start of a page.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Bytes of whole pages that are mapped.
    pub(crate) fn mapped(&self) -> usize {
        self.len.next_multiple_of(sys::page_size())
    }
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: F1, F2.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the mapping is owned, and every reference into it borrows this.
        unsafe { sys::unmap(self.base, self.mapped()) };
    }
}

impl fmt::Debug for MappedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MappedFile({:?}, {:#x} bytes)", self.base, self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::MappedFile;
    use std::fs::{self, File};
    use std::sync::Arc;

    #[test]
    fn a_mapped_file_is_its_bytes_from_any_thread() {
        let name = format!("wasmill-mapped-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let bytes: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
        fs::write(&path, &bytes).unwrap();
        // SAFETY: nobody changes the file.
        let mapped = unsafe { MappedFile::new(&File::open(&path).unwrap()) };
        let mapped = Arc::new(mapped.unwrap());
        fs::remove_file(&path).unwrap();
        assert!(mapped.base().addr().get().is_multiple_of(4096));
        assert_eq!(mapped.mapped(), 8192);
        let other = mapped.clone();
        let seen = std::thread::spawn(move || (*other).as_ref().to_vec());
        assert!((*mapped).as_ref() == bytes && seen.join().unwrap() == bytes);
    }

    #[test]
    fn an_empty_file_is_refused() {
        let path = std::env::temp_dir().join(format!("wasmill-empty-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        // SAFETY: nobody changes the file.
        unsafe { MappedFile::new(&file) }.unwrap_err();
        fs::remove_file(&path).unwrap();
    }
}
