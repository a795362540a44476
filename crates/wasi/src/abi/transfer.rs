//! Scattered reading and gathered writing between guest memory and a channel, through one buffer of bounded size.
//!
//! The guest's list of buffers is cut to [`MAX_BUFFERS`] (a call may always do less than it was asked for). Bytes move in chunks: as
//! long as each is filled, the next follows; a short one ends the call, and so does a full one where the next might have to wait.
//! To and from what is the host's bytes move straight, without that buffer.

use std::cell::Cell;

use smallvec::SmallVec;

use super::memory::{GuestMemory, copy_in, copy_out};
use crate::ctx::{Channel, check_interruption};
use crate::types::*;

/// How many of the guest's buffers one call uses.
const MAX_BUFFERS: u32 = 1024;

/// How many bytes are moved at once.
const CHUNK: usize = 64 << 10;

/// The guest's buffers, and how far they are used up.
pub(super) struct Buffers<'a> {
    buffers: SmallVec<[&'a [Cell<u8>]; 4]>,
    /// The first that is not used up, and how much of it is.
    next: usize,
    used: usize,
    remaining: usize,
    /// Whether the guest's list was longer.
    is_cut: bool,
}

impl<'a> Buffers<'a> {
    /// Reads the guest's list. All together must not be more than a result can say.
    pub(super) fn read(memory: GuestMemory<'a>, pointer: u32, count: u32) -> Result<Self, Errno> {
        let is_cut = count > MAX_BUFFERS;
        let count = count.min(MAX_BUFFERS);
        let list = memory.elements(pointer, count, __wasi_iovec_t::SIZE)?;
        let mut buffers = SmallVec::with_capacity(count as usize);
        let mut remaining = 0_usize;
        for cells in list.chunks_exact(__wasi_iovec_t::SIZE) {
            let mut bytes = [0; __wasi_iovec_t::SIZE];
            copy_out(cells, &mut bytes);
            let buffer = __wasi_iovec_t::from_le_bytes(bytes);
            let buffer = memory.bytes(buffer.buf, buffer.buf_len)?;
            remaining += buffer.len();
            buffers.push(buffer);
        }
        if u32::try_from(remaining).is_err() {
            return Err(Errno::INVAL);
        }
        Ok(Self {
            buffers,
            next: 0,
            used: 0,
            remaining,
            is_cut,
        })
    }

    /// Goes through the next `len` bytes, piece by piece.
    fn advance(&mut self, len: usize, mut piece: impl FnMut(&[Cell<u8>])) {
        let mut left = len.min(self.remaining);
        self.remaining -= left;
        while left > 0 {
            let rest = &self.buffers[self.next][self.used..];
            let taken = rest.len().min(left);
            piece(&rest[..taken]);
            left -= taken;
            self.used += taken;
            if taken == rest.len() {
                self.next += 1;
                self.used = 0;
            }
        }
    }

    /// Reads into the buffers what there is: at the channel's own position, or at `offset`.
    pub(super) fn read_from(
        self,
        channel: &Channel<'_>,
        offset: Option<u64>,
    ) -> Result<u32, Errno> {
        match channel {
            // As much as the buffers hold at most, which a u32 says.
            Channel::Straight(_) if self.remaining == 0 => Ok(0),
            Channel::Straight(host) => Ok(host.read(&self.buffers, offset)? as u32),
            Channel::Buffered(other) => self.fill(other.reads_on(), |chunk, before| {
                other.read(chunk, behind(offset, before)?)
            }),
        }
    }

    /// Writes the buffers out: at the channel's own position, or at `offset`.
    pub(super) fn write_to(self, channel: &Channel<'_>, offset: Option<u64>) -> Result<u32, Errno> {
        match channel {
            Channel::Straight(_) if self.remaining == 0 => Ok(0),
            Channel::Straight(host) => Ok(host.write(&self.buffers, offset)? as u32),
            Channel::Buffered(other) => {
                if other.keeps_boundaries() {
                    self.check_message()?;
                }
                self.drain(|chunk, before| other.write(chunk, behind(offset, before)?))
            }
        }
    }

    /// What must be sent at once must be whole, and fit into one chunk.
    pub(super) fn check_message(&self) -> Result<(), Errno> {
        match self.is_cut || self.remaining > CHUNK {
            true => Err(Errno::MSGSIZE),
            false => Ok(()),
        }
    }

    fn scratch(&self) -> SmallVec<[u8; 1024]> {
        SmallVec::from_elem(0, self.remaining.min(CHUNK))
    }

    /// Writes everything out through `write`, which gets how much was written before and says how much it took.
    pub(super) fn drain(
        mut self,
        mut write: impl FnMut(&[u8], u64) -> Result<usize, Errno>,
    ) -> Result<u32, Errno> {
        let mut scratch = self.scratch();
        let mut total = 0_u32;
        while self.remaining > 0 {
            check_interruption()?;
            let len = self.remaining.min(scratch.len());
            let mut filled = 0;
            self.advance(len, |piece| {
                copy_out(piece, &mut scratch[filled..filled + piece.len()]);
                filled += piece.len();
            });
            match write(&scratch[..len], u64::from(total)) {
                Ok(written) => {
                    // At most what remained, which a u32 holds.
                    total += written.min(len) as u32;
                    if written < len {
                        break;
                    }
                }
                Err(errno) if total == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(total)
    }

    /// Fills the buffers through `read`, which gets how much was read before and says how much it found; `on` says whether to
    /// go on after a full chunk.
    pub(super) fn fill(
        mut self,
        on: bool,
        mut read: impl FnMut(&mut [u8], u64) -> Result<usize, Errno>,
    ) -> Result<u32, Errno> {
        let mut scratch = self.scratch();
        let mut total = 0_u32;
        while self.remaining > 0 {
            check_interruption()?;
            let len = self.remaining.min(scratch.len());
            let found = match read(&mut scratch[..len], u64::from(total)) {
                Ok(found) => found.min(len),
                Err(errno) if total == 0 => return Err(errno),
                Err(_) => break,
            };
            let mut taken = 0;
            self.advance(found, |piece| {
                copy_in(piece, &scratch[taken..taken + piece.len()]);
                taken += piece.len();
            });
            total += found as u32;
            if found < len || !on {
                break;
            }
        }
        Ok(total)
    }
}

/// The position behind so many bytes; `None` is the channel's own.
fn behind(offset: Option<u64>, moved: u64) -> Result<Option<u64>, Errno> {
    let at = |offset: u64| offset.checked_add(moved).ok_or(Errno::INVAL);
    offset.map(at).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory whose first bytes list the given buffers.
    fn memory_with(buffers: &[(u32, u32)], size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        for (index, (pointer, len)) in buffers.iter().enumerate() {
            bytes[index * 8..][..4].copy_from_slice(&pointer.to_le_bytes());
            bytes[index * 8 + 4..][..4].copy_from_slice(&len.to_le_bytes());
        }
        bytes
    }

    fn with<R>(
        bytes: &mut [u8],
        count: u32,
        run: impl FnOnce(Result<Buffers<'_>, Errno>) -> R,
    ) -> R {
        let memory = GuestMemory::new(Cell::from_mut(bytes).as_slice_of_cells());
        run(Buffers::read(memory, 0, count))
    }

    #[test]
    fn buffers_are_gathered_in_order() {
        let mut bytes = memory_with(&[(100, 3), (0, 0), (200, 2), (103, 1)], 300);
        bytes[100..104].copy_from_slice(b"abcf");
        bytes[200..202].copy_from_slice(b"de");
        let mut out = Vec::new();
        let total = with(&mut bytes, 4, |buffers| {
            buffers.unwrap().drain(|chunk, before| {
                assert_eq!(before, out.len() as u64);
                out.extend_from_slice(chunk);
                Ok(chunk.len())
            })
        });
        assert_eq!((total, out), (Ok(6), b"abcdef".to_vec()));
    }

    #[test]
    fn buffers_are_filled_in_order_and_left_alone_beyond() {
        let mut bytes = memory_with(&[(100, 3), (200, 4)], 300);
        let total = with(&mut bytes, 2, |buffers| {
            buffers.unwrap().fill(true, |chunk, _| {
                chunk[..5].copy_from_slice(b"abcde");
                Ok(5)
            })
        });
        assert_eq!(total, Ok(5));
        assert_eq!(&bytes[100..104], b"abc\0");
        assert_eq!(&bytes[200..204], b"de\0\0");
    }

    #[test]
    fn much_moves_in_chunks() {
        let size = 3 * CHUNK + 17;
        let mut bytes = memory_with(&[(64, size as u32)], size + 64);
        let mut chunks = Vec::new();
        let total = with(&mut bytes, 1, |buffers| {
            buffers.unwrap().fill(true, |chunk, before| {
                assert_eq!(before, chunks.iter().sum::<usize>() as u64);
                chunks.push(chunk.len());
                chunk.fill(7);
                Ok(chunk.len())
            })
        });
        assert_eq!(total, Ok(size as u32));
        assert_eq!(chunks, [CHUNK, CHUNK, CHUNK, 17]);
        assert!(bytes[64..].iter().all(|byte| *byte == 7));
        // Where the next chunk might have to wait, the first is all.
        let total = with(
            &mut memory_with(&[(64, size as u32)], size + 64),
            1,
            |buffers| buffers.unwrap().fill(false, |chunk, _| Ok(chunk.len())),
        );
        assert_eq!(total, Ok(CHUNK as u32));
    }

    #[test]
    fn an_error_after_some_bytes_is_kept_for_the_next_call() {
        let size = 2 * CHUNK;
        let mut bytes = memory_with(&[(64, size as u32)], size + 64);
        let once = |_: usize, before: u64| {
            if before == 0 {
                Ok(CHUNK)
            } else {
                Err(Errno::IO)
            }
        };
        let total = with(&mut bytes, 1, |buffers| {
            buffers.unwrap().drain(|chunk, at| once(chunk.len(), at))
        });
        assert_eq!(total, Ok(CHUNK as u32));
        let total = with(&mut bytes, 1, |buffers| {
            buffers.unwrap().drain(|_, _| Err(Errno::IO))
        });
        assert_eq!(total, Err(Errno::IO));
        let total = with(&mut bytes, 1, |buffers| {
            buffers.unwrap().fill(true, |_, _| Err(Errno::IO))
        });
        assert_eq!(total, Err(Errno::IO));
    }

    #[test]
    fn hostile_lists_are_refused_or_cut() {
        let fault = |buffers: Result<Buffers<'_>, Errno>| buffers.map(drop).unwrap_err();
        assert_eq!(
            with(&mut memory_with(&[(100, 300)], 300), 1, fault),
            Errno::FAULT
        );
        assert_eq!(
            with(&mut memory_with(&[(u32::MAX, 2)], 300), 1, fault),
            Errno::FAULT
        );
        assert_eq!(
            with(&mut memory_with(&[], 300), u32::MAX, fault),
            Errno::FAULT
        );
        // A list that covers more than a result can say: the same bytes 1024 times.
        let mut bytes = memory_with(&[(0, 5 << 20); 1024], 5 << 20);
        assert_eq!(with(&mut bytes, 1024, fault), Errno::INVAL);
        let mut bytes = memory_with(&[(0, 1); 2000], 16_000);
        let total = with(&mut bytes, 2000, |buffers| {
            buffers.unwrap().drain(|chunk, _| Ok(chunk.len()))
        });
        assert_eq!(total, Ok(1024));
    }
}
