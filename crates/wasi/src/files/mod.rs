//! Files that a host program gives to the guest, as its standard streams or anywhere else: the trait, the process's own streams and
//! pipes.
//!
//! Data passes through [`WasiFile`]: the guest's `fd_read` and `fd_write` become `Read::read` and `Write::write` here. Files in
//! preopened directories do not come this way: they are host files and belong to [`ctx`](crate::ctx).

mod error;
mod pipe;
mod stdio;

use std::any::Any;
use std::fmt;
use std::io::{Read, Seek, Write};
use std::path::Path;

pub use error::WasiFsError;
pub use pipe::Pipe;
pub(crate) use stdio::HostStream;
pub use stdio::{Stderr, Stdin, Stdout};

/// Lets a `dyn WasiFile` be taken back as the type it was made from; implemented for everything, boxes too: with this trait in
/// scope, call its methods on the file (`(*file).upcast_any_ref()`), not on the `Box` around it.
///
/// ```
/// # use std::io::Write as _;
/// # use wasmill_wasi::{Pipe, WasiFile};
/// # let mut pipe = Pipe::new();
/// # pipe.write_all(b"hello").unwrap();
/// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
/// assert!(file.upcast_any_ref().is::<Pipe>());
/// ```
pub trait Upcastable {
    /// This value as [`Any`].
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert!(file.upcast_any_ref().downcast_ref::<Pipe>().is_some());
    /// ```
    fn upcast_any_ref(&self) -> &dyn Any;
    /// This value as a mutable [`Any`].
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// # let mut file = file;
    /// assert!(file.upcast_any_mut().downcast_mut::<Pipe>().is_some());
    /// ```
    fn upcast_any_mut(&mut self) -> &mut dyn Any;
    /// This value, boxed, as [`Any`].
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// let pipe: Box<Pipe> = file.upcast_any_box().downcast().unwrap();
    /// assert_eq!(pipe.size(), 5);
    /// ```
    fn upcast_any_box(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Any + fmt::Debug> Upcastable for T {
    fn upcast_any_ref(&self) -> &dyn Any {
        self
    }
    fn upcast_any_mut(&mut self) -> &mut dyn Any {
        self
    }
    fn upcast_any_box(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A file of the host program that can stand behind any of the guest's descriptors.
///
/// Implementations need `Serialize` and `Deserialize` and the attribute `#[typetag::serde]` (of the crate `typetag`), by which a
/// state that holds such a file can be [frozen](crate::WasiState::freeze). A file may wait, panic, and use the guest's state: while it
/// is used, no lock is held.
///
/// Reading nothing (`Ok(0)`) is the end of the file to the guest. Errors are translated to WASI error numbers by their
/// [`io::ErrorKind`](std::io::ErrorKind).
///
/// `WouldBlock` means that there is nothing yet, or no room: the guest waits, and the file is asked again every few
/// milliseconds, unless the guest does not want to wait. [`bytes_available`](Self::bytes_available) may say so, too
/// ([`WasiFsError::WouldBlock`]), to a guest that polls.
///
/// ```
/// # use std::io::Write as _;
/// # use wasmill_wasi::{Pipe, WasiFile};
/// # let mut pipe = Pipe::new();
/// # pipe.write_all(b"hello").unwrap();
/// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
/// # use std::io::Read;
/// # let mut file = file;
/// let mut text = String::new();
/// file.read_to_string(&mut text).unwrap();
/// assert_eq!((text.as_str(), file.size()), ("hello", 0));
/// ```
#[typetag::serde(tag = "type")]
pub trait WasiFile: fmt::Debug + Send + Write + Read + Seek + 'static + Upcastable {
    /// When the file was last read, in nanoseconds since 1970.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.last_accessed(), 0, "a pipe does not know");
    /// ```
    fn last_accessed(&self) -> u64;
    /// When the file was last written, in nanoseconds since 1970.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.last_modified(), 0, "a pipe does not know");
    /// ```
    fn last_modified(&self) -> u64;
    /// When the file was made, in nanoseconds since 1970.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.created_time(), 0, "a pipe does not know");
    /// ```
    fn created_time(&self) -> u64;
    /// Sets what [`last_accessed`](Self::last_accessed) says.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// file.set_last_accessed(1);
    /// assert_eq!(file.last_accessed(), 0, "a pipe does not remember");
    /// ```
    fn set_last_accessed(&self, _last_accessed: u64) {}
    /// Sets what [`last_modified`](Self::last_modified) says.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// file.set_last_modified(1);
    /// assert_eq!(file.last_modified(), 0, "a pipe does not remember");
    /// ```
    fn set_last_modified(&self, _last_modified: u64) {}
    /// Sets what [`created_time`](Self::created_time) says.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// file.set_created_time(1);
    /// assert_eq!(file.created_time(), 0, "a pipe does not remember");
    /// ```
    fn set_created_time(&self, _created_time: u64) {}
    /// The size in bytes.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.size(), 5);
    /// ```
    fn size(&self) -> u64;
    /// Cuts the file, or extends it with zeros.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile, WasiFsError};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let mut file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!((file.set_len(2), file.size()), (Ok(()), 2));
    /// assert_eq!(file.set_len(3), Err(WasiFsError::InvalidInput), "a pipe does not grow by itself");
    /// ```
    ///
    /// # Errors
    ///
    /// If the file has a length of its own.
    fn set_len(&mut self, _new_size: u64) -> Result<(), WasiFsError>;
    /// Removes the file.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile, WasiFsError};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let mut file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.unlink(), Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    fn unlink(&mut self) -> Result<(), WasiFsError>;
    /// Brings the file's contents to where they last.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.sync_to_disk(), Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// If that fails.
    fn sync_to_disk(&self) -> Result<(), WasiFsError> {
        Ok(())
    }
    /// Moves the file to another place.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// # use std::path::Path;
    /// # use wasmill_wasi::WasiFsError;
    /// assert_eq!(file.rename_file(Path::new("x")), Err(WasiFsError::InvalidInput));
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be moved; by default always.
    fn rename_file(&self, _new_name: &Path) -> Result<(), WasiFsError> {
        Err(WasiFsError::InvalidInput)
    }
    /// How many bytes can be read without waiting.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.bytes_available(), Ok(5));
    /// ```
    fn bytes_available(&self) -> Result<usize, WasiFsError>;
    /// The operating system's descriptor, if there is one.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// assert_eq!(file.get_raw_fd(), None);
    /// ```
    fn get_raw_fd(&self) -> Option<i32> {
        None
    }
}

impl dyn WasiFile {
    /// The file as a `T`, if it is one.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// # use wasmill_wasi::Stdin;
    /// assert!(file.downcast_ref::<Pipe>().is_some() && file.downcast_ref::<Stdin>().is_none());
    /// ```
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.upcast_any_ref().downcast_ref()
    }

    /// The file as a mutable `T`, if it is one.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// # use wasmill_wasi::{Pipe, WasiFile};
    /// # let mut pipe = Pipe::new();
    /// # pipe.write_all(b"hello").unwrap();
    /// let file: Box<dyn WasiFile> = Box::new(pipe); // with "hello" in it
    /// # use std::io::Write;
    /// # let mut file = file;
    /// file.downcast_mut::<Pipe>().unwrap().write_all(b", world").unwrap();
    /// assert_eq!(file.size(), 12);
    /// ```
    pub fn downcast_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.upcast_any_mut().downcast_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_back_as_what_it_was() {
        let mut file: Box<dyn WasiFile> = Box::new(Pipe::new());
        assert!(file.downcast_ref::<Stdout>().is_none());
        file.write_all(b"abc").unwrap();
        assert_eq!(file.downcast_mut::<Pipe>().unwrap().size(), 3);
        assert_eq!(
            file.rename_file(Path::new("x")),
            Err(WasiFsError::InvalidInput)
        );
    }
}
