//! The process's own standard streams as [`WasiFile`]s.
//!
//! Nothing is buffered here. Output keeps its order with the host program's `println!`. Input is taken from the operating system
//! as it is asked for, so that nothing else is lost to the host program or the next guest, and polling tells the truth.

use std::io::{self, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use super::{WasiFile, WasiFsError};
use crate::sys;
use crate::types::*;

/// One of the process's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostStream {
    Stdin,
    Stdout,
    Stderr,
}

impl HostStream {
    /// The stream behind a file, if the file is one of the three types below.
    pub(crate) fn of(file: &dyn WasiFile) -> Option<Self> {
        let any = file.upcast_any_ref();
        if any.is::<Stdin>() {
            Some(Self::Stdin)
        } else if any.is::<Stdout>() {
            Some(Self::Stdout)
        } else if any.is::<Stderr>() {
            Some(Self::Stderr)
        } else {
            None
        }
    }

    /// A terminal is a character device, by which programs know that somebody is watching; all else is not told.
    pub(crate) fn filetype(self) -> __wasi_filetype_t {
        if sys::stream_is_terminal(self) {
            __WASI_FILETYPE_CHARACTER_DEVICE
        } else {
            __WASI_FILETYPE_UNKNOWN
        }
    }

    /// Fails unless the stream goes this way.
    pub(crate) fn check_direction(self, write: bool) -> io::Result<()> {
        match (self, write) {
            (Self::Stdin, true) => Err(io::Error::other("can not write to stdin")),
            (Self::Stdout | Self::Stderr, false) => {
                Err(io::Error::other("can not read from an output stream"))
            }
            _ => Ok(()),
        }
    }

    /// Empties Rust's own buffer, so that what the host program printed before comes before what is written past it.
    pub(crate) fn flush_own(self) -> io::Result<()> {
        match self {
            Self::Stdin => Ok(()),
            Self::Stdout => io::stdout().lock().flush(),
            Self::Stderr => io::stderr().lock().flush(),
        }
    }

    fn read(self, buf: &mut [u8]) -> io::Result<usize> {
        self.check_direction(false)?;
        sys::read_stream(self, buf)
    }

    /// Writes past Rust's own buffer: so what could not be written is known exactly.
    fn write(self, buf: &[u8]) -> io::Result<usize> {
        self.check_direction(true)?;
        self.flush_own()?;
        sys::write_stream(self, buf)
    }
}

macro_rules! streams {
    ($($(#[$meta:meta])* $name:ident $stream:ident $tag:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
        pub struct $name;

        impl Read for $name {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                HostStream::$stream.read(buf)
            }
        }

        impl Write for $name {
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                HostStream::$stream.write(buf)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        impl Seek for $name {
            fn seek(&mut self, _pos: SeekFrom) -> io::Result<u64> {
                Err(io::Error::other("can not seek in a standard stream"))
            }
        }

        #[typetag::serde(name = $tag)]
        impl WasiFile for $name {
            fn last_accessed(&self) -> u64 {
                0
            }
            fn last_modified(&self) -> u64 {
                0
            }
            fn created_time(&self) -> u64 {
                0
            }
            fn size(&self) -> u64 {
                0
            }
            fn set_len(&mut self, _new_size: u64) -> Result<(), WasiFsError> {
                Err(WasiFsError::PermissionDenied)
            }
            fn unlink(&mut self) -> Result<(), WasiFsError> {
                Ok(())
            }
            fn bytes_available(&self) -> Result<usize, WasiFsError> {
                Ok(sys::stream_bytes_available(HostStream::$stream)?)
            }
            fn get_raw_fd(&self) -> Option<i32> {
                Some(sys::stream_raw_fd(HostStream::$stream))
            }
        }
    )*};
}

streams! {
    /// The process's standard input.
    ///
    /// ```
    /// # use wasmill_wasi::{Stdin, WasiFile};
    /// assert_eq!(Stdin.get_raw_fd(), Some(0));
    /// ```
    Stdin Stdin "wasmill::Stdin";
    /// The process's standard output.
    ///
    /// ```
    /// # use wasmill_wasi::{Stdout, WasiFile};
    /// assert_eq!(Stdout.get_raw_fd(), Some(1));
    /// ```
    Stdout Stdout "wasmill::Stdout";
    /// The process's standard error.
    ///
    /// ```
    /// # use wasmill_wasi::{Stderr, WasiFile};
    /// assert_eq!(Stderr.get_raw_fd(), Some(2));
    /// ```
    Stderr Stderr "wasmill::Stderr";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_recognised_and_keep_their_direction() {
        assert_eq!(HostStream::of(&Stdin), Some(HostStream::Stdin));
        assert_eq!(HostStream::of(&super::super::Pipe::new()), None);
        assert_eq!(Stdin.write(b"x").unwrap_err().kind(), io::ErrorKind::Other);
        assert_eq!(
            Stdout.read(&mut [0]).unwrap_err().kind(),
            io::ErrorKind::Other
        );
        assert_eq!(
            Stderr.seek(SeekFrom::Start(0)).unwrap_err().kind(),
            io::ErrorKind::Other
        );
        assert_eq!(Stderr.get_raw_fd(), Some(2));
    }
}
