//! [`Pipe`]: bytes in memory, first in, first out; for feeding a guest's input and capturing its output.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use super::{WasiFile, WasiFsError};

/// A queue of bytes: writing appends, reading takes away; an empty pipe reads as the end of the file.
///
/// What a guest writes is kept in the host's memory until it is read. A guest that is not trusted should get a
/// [`bounded`](Self::bounded) pipe.
///
/// ```
/// # use std::io::{Read, Write};
/// # use wasmill_wasi::Pipe;
/// let mut pipe = Pipe::new();
/// pipe.write_all(b"first in").unwrap();
/// let mut bytes = [0; 5];
/// pipe.read_exact(&mut bytes).unwrap();
/// assert_eq!(&bytes, b"first");
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pipe {
    buffer: VecDeque<u8>,
    limit: Option<usize>,
}

impl Pipe {
    /// An empty pipe.
    ///
    /// ```
    /// # use std::io::Read;
    /// # use wasmill_wasi::Pipe;
    /// assert_eq!(Pipe::new().read(&mut [0; 8]).unwrap(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty pipe that holds at most `limit` bytes; to write into a full one fails as it does on a full disk.
    ///
    /// ```
    /// # use std::io::Write;
    /// # use wasmill_wasi::Pipe;
    /// let mut pipe = Pipe::bounded(4);
    /// assert_eq!(pipe.write(b"hello").unwrap(), 4);
    /// assert!(pipe.write(b"o").is_err());
    /// ```
    pub fn bounded(limit: usize) -> Self {
        Self {
            buffer: VecDeque::new(),
            limit: Some(limit),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.buffer.read(buf)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let room = self
            .limit
            .map_or(buf.len(), |limit| limit.saturating_sub(self.buffer.len()));
        if room == 0 && !buf.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.buffer.write(&buf[..room.min(buf.len())])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Pipe {
    fn seek(&mut self, _pos: SeekFrom) -> io::Result<u64> {
        Err(io::Error::other("can not seek in a pipe"))
    }
}

// A name that no type of the host program has.
#[typetag::serde(name = "wasmill::Pipe")]
impl WasiFile for Pipe {
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
        self.buffer.len() as u64
    }
    fn set_len(&mut self, new_size: u64) -> Result<(), WasiFsError> {
        // The guest may only shorten what it could have written: an enormous size must not become an allocation.
        let new_size = usize::try_from(new_size).map_err(|_| WasiFsError::InvalidInput)?;
        if new_size > self.buffer.len() {
            return Err(WasiFsError::InvalidInput);
        }
        self.buffer.truncate(new_size);
        Ok(())
    }
    fn unlink(&mut self) -> Result<(), WasiFsError> {
        Ok(())
    }
    fn bytes_available(&self) -> Result<usize, WasiFsError> {
        Ok(self.buffer.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_order_and_once() {
        let mut pipe = Pipe::new();
        pipe.write_all(b"hello ").unwrap();
        pipe.write_all(b"world").unwrap();
        assert_eq!(pipe.size(), 11);
        let mut first = [0; 4];
        pipe.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"hell");
        let mut rest = String::new();
        pipe.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "o world");
        assert_eq!(pipe.read(&mut first).unwrap(), 0);
        assert!(pipe.seek(SeekFrom::Start(0)).is_err());
    }

    #[test]
    fn a_bounded_pipe_takes_so_much_and_no_more() {
        let mut pipe = Pipe::bounded(5);
        assert_eq!(pipe.write(b"abc").unwrap(), 3);
        assert_eq!(pipe.write(b"def").unwrap(), 2);
        assert_eq!(pipe.write(b"").unwrap(), 0);
        assert_eq!(
            pipe.write(b"f").unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        pipe.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(pipe.write(b"fgh").unwrap(), 2);
    }

    #[test]
    fn a_pipe_cannot_be_blown_up() {
        let mut pipe = Pipe::new();
        pipe.write_all(b"abc").unwrap();
        assert_eq!(pipe.set_len(1 << 40), Err(WasiFsError::InvalidInput));
        pipe.set_len(1).unwrap();
        assert_eq!(pipe.bytes_available(), Ok(1));
    }
}
