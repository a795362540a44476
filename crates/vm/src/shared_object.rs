//! Shared objects: files that the system's loader maps, so that debuggers and profilers know what is in them.
//!
//! The loader names what it has by path and by file, and hands out what it has where it sees the same name or the same file. So a file
//! is opened through its descriptor, whose name no other has as long as it is open. That is not enough where the embedder has opened
//! the same file: such names stay with it. So what the loader gives is compared with what was asked for; and where it is another
//! one, or one that somebody of us has already, a copy is loaded instead.
//!
//! Invariants:
//! - O1: `LOADED` has the handle of every [`SharedObject`], once; the loader is asked to load and to unload with its lock held only.
//! - O2: so each object is the only one of ours at its addresses, and what it has mapped stays until it is dropped.

use crate::sys;
use std::ffi::CStr;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

static LOADED: Mutex<Vec<sys::Library>> = Mutex::new(Vec::new());

fn loaded() -> MutexGuard<'static, Vec<sys::Library>> {
    LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many copies are tried before the loader is said to be wrong.
const MOST_COPIES: usize = 8;

/// A loaded shared object. Unloaded when dropped.
pub struct SharedObject {
    library: sys::Library,
    /// Where its mark lies.
    mark: NonNull<u8>,
    /// Open as long as the object lives: its name contains the number.
    file: File,
}

// SAFETY: O1, O2: the loader is asked with the lock held, and what is mapped does not change; the mark points there.
unsafe impl Send for SharedObject {}
// SAFETY: as above.
unsafe impl Sync for SharedObject {}

/// Bytes by which a shared object is known: no other one has the same behind a symbol of this name.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The symbol, which the object defines.
    pub symbol: &'static CStr,
    /// The bytes in the file.
    pub bytes: Range<usize>,
}

impl SharedObject {
    /// A file without a name, with these contents, which nobody can change.
    ///
    /// # Errors
    ///
    /// If the system has no memory for it, or no such files.
    pub fn file(contents: &[u8]) -> io::Result<File> {
        sys::sealed_file(contents)
    }

    /// Loads the shared object in a file, which has these contents.
    ///
    /// # Errors
    ///
    /// If the loader refuses it, in its words.
    ///
    /// # Safety
    ///
    /// What the object asks the loader to do and to run may be done; it maps its mark. As long as this lives, nobody changes the
    /// file's contents or makes it shorter.
    ///
    /// # Panics
    ///
    /// If the mark does not lie in the contents.
    pub unsafe fn load(file: File, contents: &[u8], mark: &Mark) -> io::Result<Self> {
        let mut loaded = loaded();
        let expected = &contents[mark.bytes.clone()];
        // All stay open meanwhile, so that each has another name.
        let mut files = vec![file];
        while let Some(file) = files.pop() {
            // SAFETY: as the caller promises.
            let library = unsafe { sys::Library::open(&file)? };
            let found = library.address_of(mark.symbol);
            // SAFETY: as the caller promises; if it is another one, then one of ours that somebody else has opened.
            let found = found.filter(|found| unsafe { starts_with(*found, expected) });
            if let Some(mark) = found.filter(|_| !loaded.contains(&library)) {
                loaded.push(library);
                return Ok(Self {
                    library,
                    mark,
                    file,
                });
            }
            // SAFETY: opened just now, once more than it was; nobody has anything of this time.
            unsafe { library.close() };
            files.push(file);
            if files.len() <= MOST_COPIES {
                files.push(Self::file(contents)?);
            } else {
                break;
            }
        }
        Err(io::Error::other("the loader gives another object"))
    }

    /// The address of the mark's first byte.
    pub fn mark(&self) -> NonNull<u8> {
        self.mark
    }
}

/// # Safety
///
/// As many bytes are readable there.
unsafe fn starts_with(place: NonNull<u8>, expected: &[u8]) -> bool {
    // SAFETY: as the caller promises.
    unsafe { std::slice::from_raw_parts(place.as_ptr(), expected.len()) == expected }
}

impl Drop for SharedObject {
    fn drop(&mut self) {
        let mut loaded = loaded();
        loaded.retain(|library| *library != self.library);
        // SAFETY: O1; whoever uses what is mapped keeps this.
        unsafe { self.library.close() };
    }
}

impl fmt::Debug for SharedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedObject({:?}, {:?})", self.mark, self.file)
    }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn files_in_memory_do_not_change() {
        let mut file = SharedObject::file(b"contents").unwrap();
        assert_eq!(file.metadata().unwrap().len(), 8);
        file.write_all(b"others").unwrap_err();
        file.set_len(4).unwrap_err();
    }

    #[test]
    fn what_is_no_object_is_refused_in_words() {
        let contents = [7; 5000];
        let mark = Mark {
            symbol: c"MARK",
            bytes: 0..100,
        };
        let file = SharedObject::file(&contents).unwrap();
        // SAFETY: there is nothing to run.
        let error = unsafe { SharedObject::load(file, &contents, &mark) }.unwrap_err();
        assert!(error.to_string().contains("/fd/"), "{error}");
        assert!(loaded().is_empty());
    }
}
