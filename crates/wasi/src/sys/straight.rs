//! Moves bytes between what a descriptor of the host is and pieces of a guest's memory without a buffer in between: the system
//! copies them.
//!
//! The only unsafe code of this crate. No Rust reference to the bytes is made, neither here nor in the system, so it does not matter
//! if pieces overlap, or who else looks at them meanwhile.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, iovec, off64_t};

/// How many pieces go into one call of the system. Programs have one or two.
const PIECES: usize = 16;

/// How one call of the system is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct How {
    /// Where in the file, which leaves the file's own position alone; `None` is that position.
    pub(crate) offset: Option<u64>,
    /// How many bytes of the pieces were moved before, and are left out.
    pub(crate) skip: usize,
    /// How many bytes to move at most.
    pub(crate) most: usize,
    /// Whether to fail (EAGAIN) rather than to wait. Not all that a descriptor can be knows how not to (ENOTSUP).
    pub(crate) at_once: bool,
}

/// What one call of the system has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) bytes: usize,
    /// Whether that is as many as were asked for.
    pub(crate) whole: bool,
}

/// Reads into the pieces, in order. Less than there is room for means that there is no more now.
pub(crate) fn read(fd: BorrowedFd<'_>, pieces: &[&[Cell<u8>]], how: How) -> io::Result<Moved> {
    transfer(pieces, how, |list, at, flags| {
        let count = list.len() as c_int;
        // SAFETY: the descriptor is open; `transfer` lists pieces that are borrowed as cells, so that they are there until this
        // returns, and may be written to.
        unsafe { libc::preadv2(fd.as_raw_fd(), list.as_ptr(), count, at, flags) }
    })
}

/// Writes the pieces out, in order.
pub(crate) fn write(fd: BorrowedFd<'_>, pieces: &[&[Cell<u8>]], how: How) -> io::Result<Moved> {
    transfer(pieces, how, |list, at, flags| {
        let count = list.len() as c_int;
        // SAFETY: as above.
        unsafe { libc::pwritev2(fd.as_raw_fd(), list.as_ptr(), count, at, flags) }
    })
}

fn transfer(
    pieces: &[&[Cell<u8>]],
    how: How,
    call: impl FnOnce(&[iovec], off64_t, c_int) -> isize,
) -> io::Result<Moved> {
    let mut list = [iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: 0,
    }; PIECES];
    let mut skip = how.skip;
    let mut listed = 0;
    let mut wanted = 0;
    for piece in pieces {
        let skipped = piece.len().min(skip);
        skip -= skipped;
        let piece = &piece[skipped..];
        let piece = &piece[..piece.len().min(how.most - wanted)];
        if piece.is_empty() {
            continue;
        }
        list[listed].iov_base = piece.as_ptr().cast_mut().cast();
        list[listed].iov_len = piece.len();
        listed += 1;
        wanted += piece.len();
        if listed == PIECES || wanted == how.most {
            break;
        }
    }
    let flags = if how.at_once { libc::RWF_NOWAIT } else { 0 };
    let moved = call(&list[..listed], position(how.offset, how.skip)?, flags);
    let bytes = usize::try_from(moved).map_err(|_| io::Error::last_os_error())?;
    Ok(Moved {
        bytes,
        whole: bytes == wanted,
    })
}

/// The position behind `moved` bytes as the system takes it; -1 is the file's own.
fn position(offset: Option<u64>, moved: usize) -> io::Result<off64_t> {
    let Some(offset) = offset else { return Ok(-1) };
    let at = offset.checked_add(moved as u64);
    let at = at.and_then(|at| off64_t::try_from(at).ok());
    at.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;

    /// Cuts cells into pieces of these lengths.
    fn pieces<'a>(mut cells: &'a [Cell<u8>], lengths: &[usize]) -> Vec<&'a [Cell<u8>]> {
        let next = |length: &usize| {
            let (piece, rest) = cells.split_at(*length);
            cells = rest;
            piece
        };
        lengths.iter().map(next).collect()
    }

    const OWN: How = How {
        offset: None,
        skip: 0,
        most: usize::MAX,
        at_once: false,
    };

    type Operation = fn(BorrowedFd<'_>, &[&[Cell<u8>]], How) -> io::Result<Moved>;

    /// Call after call, as long as each moves whole.
    fn all(
        operation: Operation,
        fd: BorrowedFd<'_>,
        pieces: &[&[Cell<u8>]],
        mut how: How,
    ) -> io::Result<usize> {
        loop {
            let moved = operation(fd, pieces, how)?;
            how.skip += moved.bytes;
            if !moved.whole || moved.bytes == 0 {
                return Ok(how.skip);
            }
        }
    }

    fn at(offset: u64) -> How {
        How {
            offset: Some(offset),
            ..OWN
        }
    }

    #[test]
    fn bytes_move_in_order_through_many_pieces() {
        let file = tempfile::tempfile().unwrap();
        let file = file.as_fd();
        let lengths: Vec<usize> = (0..40).map(|index| index % 5).collect();
        let size = lengths.iter().sum();
        let mut bytes: Vec<u8> = (0..size).map(|index| index as u8).collect();
        let expected = bytes.clone();
        let cells = Cell::from_mut(&mut bytes[..]).as_slice_of_cells();
        let list = pieces(cells, &lengths);
        assert_eq!(all(write, file, &list, OWN).unwrap(), size);
        assert_eq!(all(read, file, &list, OWN).unwrap(), 0, "at the end");
        cells.iter().for_each(|cell| cell.set(0));
        assert_eq!(all(read, file, &list, at(0)).unwrap(), size);
        assert_eq!(bytes, expected);
        // From a position on: the last pieces stay as they are.
        let cells = Cell::from_mut(&mut bytes[..]).as_slice_of_cells();
        let list = pieces(cells, &lengths);
        assert_eq!(all(read, file, &list, at(3)).unwrap(), size - 3);
        assert_eq!(bytes[..size - 3], expected[3..]);
        assert_eq!(bytes[size - 3..], expected[size - 3..]);
    }

    #[test]
    fn positions_that_no_file_has_are_refused() {
        let file = tempfile::tempfile().unwrap();
        let mut bytes = [0];
        let cells = Cell::from_mut(&mut bytes[..]).as_slice_of_cells();
        for offset in [u64::MAX, 1 << 63] {
            let error = all(write, file.as_fd(), &[cells], at(offset)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn overlapping_pieces_move_one_after_the_other() {
        let file = tempfile::tempfile().unwrap();
        let mut bytes = *b"abcd";
        let cells = Cell::from_mut(&mut bytes[..]).as_slice_of_cells();
        all(write, file.as_fd(), &[cells, &cells[1..3]], OWN).unwrap();
        all(read, file.as_fd(), &[&cells[..3], &cells[1..]], at(0)).unwrap();
        assert_eq!(&bytes, b"adbc");
    }

    #[test]
    fn a_pipe_that_has_nothing_or_no_room_says_so() {
        let (from, mut to) = io::pipe().unwrap();
        let mut bytes = vec![7; 1 << 20];
        let cells = Cell::from_mut(&mut bytes[..]).as_slice_of_cells();
        let at_once = How {
            at_once: true,
            ..OWN
        };
        let nothing = read(from.as_fd(), &[cells], at_once).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        to.write_all(b"abc").unwrap();
        assert_eq!(read(from.as_fd(), &[cells], at_once).unwrap().bytes, 3);
        let written = write(to.as_fd(), &[cells], at_once).unwrap().bytes;
        assert!((1..1 << 20).contains(&written), "{written}");
        let no_room = write(to.as_fd(), &[cells], at_once).unwrap_err();
        let tail = How {
            skip: cells.len() - 2,
            ..at_once
        };
        let mut drained = vec![0; written];
        (&from).read_exact(&mut drained).unwrap();
        assert_eq!(write(to.as_fd(), &[&[], cells], tail).unwrap().bytes, 2);
        assert_eq!(no_room.kind(), io::ErrorKind::WouldBlock);
    }
}
