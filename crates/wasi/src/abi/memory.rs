//! [`GuestMemory`]: the one way to the guest's bytes. Every access is checked; what does not lie in the memory is EFAULT.
//!
//! Numbers are little-endian and need no alignment. Bytes are copied through [`Cell`]s: no Rust reference to guest memory that
//! promises anything about its contents is ever made, so it does not matter what else looks at it.

use std::cell::Cell;

use crate::types::*;

/// The longest path that is read from a guest, in bytes; no host resolves longer ones.
const MAX_PATH: u32 = 1 << 16;

/// A guest's memory, during one call.
#[derive(Clone, Copy)]
pub(crate) struct GuestMemory<'a> {
    bytes: &'a [Cell<u8>],
}

impl<'a> GuestMemory<'a> {
    pub(crate) fn new(bytes: &'a [Cell<u8>]) -> Self {
        Self { bytes }
    }

    /// The bytes `pointer .. pointer + len`. No bytes at all are anywhere.
    pub(super) fn bytes(self, pointer: u32, len: u32) -> Result<&'a [Cell<u8>], Errno> {
        if len == 0 {
            return Ok(&[]);
        }
        let start = pointer as usize;
        let end = start.checked_add(len as usize).ok_or(Errno::FAULT)?;
        self.bytes.get(start..end).ok_or(Errno::FAULT)
    }

    /// The bytes of `count` elements of `size` bytes each.
    pub(super) fn elements(
        self,
        pointer: u32,
        count: u32,
        size: usize,
    ) -> Result<&'a [Cell<u8>], Errno> {
        let len = u64::from(count) * size as u64;
        self.bytes(pointer, u32::try_from(len).map_err(|_| Errno::FAULT)?)
    }

    pub(super) fn write(self, pointer: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        copy_in(self.bytes(pointer, len)?, bytes);
        Ok(())
    }

    pub(super) fn write_u32(self, pointer: u32, value: u32) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }

    pub(super) fn write_u64(self, pointer: u32, value: u64) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }

    /// Checks that results can be written to `pointer`, before anything is done that could not be undone.
    pub(super) fn check(self, pointer: u32, size: u32) -> Result<(), Errno> {
        self.bytes(pointer, size).map(drop)
    }

    /// A path: EINVAL if it is not UTF-8.
    pub(super) fn path(self, pointer: u32, len: u32) -> Result<String, Errno> {
        let cells = self.bytes(pointer, len)?;
        if len > MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
        let bytes = cells.iter().map(Cell::get).collect();
        String::from_utf8(bytes).map_err(|_| Errno::INVAL)
    }
}

/// Copies out of guest memory; both have the same length.
pub(super) fn copy_out(from: &[Cell<u8>], to: &mut [u8]) {
    debug_assert_eq!(from.len(), to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.get();
    }
}

/// Copies into guest memory; both have the same length.
pub(super) fn copy_in(to: &[Cell<u8>], from: &[u8]) {
    debug_assert_eq!(from.len(), to.len());
    for (to, from) in to.iter().zip(from) {
        to.set(*from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_a_fault() {
        let mut bytes = [0_u8; 16];
        let memory = GuestMemory::new(Cell::from_mut(&mut bytes[..]).as_slice_of_cells());
        assert!(memory.bytes(0, 16).is_ok());
        assert!(memory.bytes(16, 0).is_ok());
        assert!(memory.bytes(u32::MAX, 0).is_ok());
        for (pointer, len) in [
            (0, 17),
            (16, 1),
            (1, 16),
            (u32::MAX, 1),
            (u32::MAX, u32::MAX),
            (0, u32::MAX),
        ] {
            assert_eq!(
                memory.bytes(pointer, len).map(drop),
                Err(Errno::FAULT),
                "{pointer} {len}"
            );
        }
        assert_eq!(
            memory.elements(0, u32::MAX, 48).map(drop),
            Err(Errno::FAULT)
        );
        assert_eq!(memory.elements(0, 2, 8).unwrap().len(), 16);
        assert_eq!(memory.write_u32(13, 1), Err(Errno::FAULT));
        memory.write_u32(11, 0x0403_0201).unwrap();
        assert_eq!(bytes[10..16], [0, 1, 2, 3, 4, 0]);
    }

    #[test]
    fn paths_are_utf8_and_of_bounded_length() {
        let mut bytes = vec![b'a'; 1 << 20];
        bytes[5] = 0xff;
        let memory = GuestMemory::new(Cell::from_mut(&mut bytes[..]).as_slice_of_cells());
        assert_eq!(memory.path(0, 5).unwrap(), "aaaaa");
        assert_eq!(memory.path(0, 6), Err(Errno::INVAL));
        assert_eq!(memory.path(8, 1 << 17), Err(Errno::NAMETOOLONG));
        assert_eq!(memory.path(8, 1 << 20), Err(Errno::FAULT));
        assert_eq!(memory.path(0, 0).unwrap(), "");
    }
}
