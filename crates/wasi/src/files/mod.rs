//! Files that a host program gives to the guest as its standard streams: the trait, the process's own streams and pipes.
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

/// Lets a `dyn WasiFile` be taken back as the type it was made from; implemented for everything.
pub trait Upcastable {
    /// This value as [`Any`].
    fn upcast_any_ref(&self) -> &dyn Any;
    /// This value as a mutable [`Any`].
    fn upcast_any_mut(&mut self) -> &mut dyn Any;
    /// This value, boxed, as [`Any`].
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

/// A file that can stand behind one of the guest's standard streams.
///
/// Reading nothing (`Ok(0)`) is the end of the file to the guest. Errors are translated to WASI error numbers by their
/// [`io::ErrorKind`](std::io::ErrorKind).
pub trait WasiFile: fmt::Debug + Send + Write + Read + Seek + 'static + Upcastable {
    /// When the file was last read, in nanoseconds since 1970.
    fn last_accessed(&self) -> u64;
    /// When the file was last written, in nanoseconds since 1970.
    fn last_modified(&self) -> u64;
    /// When the file was made, in nanoseconds since 1970.
    fn created_time(&self) -> u64;
    /// Sets what [`last_accessed`](Self::last_accessed) says.
    fn set_last_accessed(&self, _last_accessed: u64) {}
    /// Sets what [`last_modified`](Self::last_modified) says.
    fn set_last_modified(&self, _last_modified: u64) {}
    /// Sets what [`created_time`](Self::created_time) says.
    fn set_created_time(&self, _created_time: u64) {}
    /// The size in bytes.
    fn size(&self) -> u64;
    /// Cuts the file, or extends it with zeros.
    fn set_len(&mut self, _new_size: u64) -> Result<(), WasiFsError>;
    /// Removes the file.
    fn unlink(&mut self) -> Result<(), WasiFsError>;
    /// Brings the file's contents to where they last.
    fn sync_to_disk(&self) -> Result<(), WasiFsError> {
        Ok(())
    }
    /// Moves the file to another place.
    fn rename_file(&self, _new_name: &Path) -> Result<(), WasiFsError> {
        Err(WasiFsError::InvalidInput)
    }
    /// How many bytes can be read without waiting.
    fn bytes_available(&self) -> Result<usize, WasiFsError>;
    /// The operating system's descriptor, if there is one.
    fn get_raw_fd(&self) -> Option<i32> {
        None
    }
}

impl dyn WasiFile {
    /// The file as a `T`, if it is one.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.upcast_any_ref().downcast_ref()
    }

    /// The file as a mutable `T`, if it is one.
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
