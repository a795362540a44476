//! The map from code to the operators it was made from, two to three bytes per entry.
//!
//! Entries are stored in blocks. A block's first entry is absolute, the others are differences to their predecessor:
//! the code offset as a LEB128 number, the module offset as a zigzag LEB128 number (operators do not come in order).
//!
//! ```text
//!   block_code    [ c0 ][ c32 ][ c64 ] …      binary search for the block …
//!   block_module  [ m0 ][ m32 ][ m64 ] …
//!   block_bytes   [ 0  ][ p32 ][ p64 ] …      … then at most 31 differences are added up
//!   bytes         d1 d2 … d31 d33 …
//! ```

use crate::ImageError;
use crate::table::Table;
use wasmill_types::SharedBytes;

/// Entries in a block: the longest walk of a lookup.
const BLOCK: u32 = 32;

/// A sorted map from code offsets to module offsets. An entry holds up to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap {
    block_code: Table<u32>,
    block_module: Table<u32>,
    block_bytes: Table<u32>,
    bytes: Table<u8>,
}

/// Builds an [`AddressMap`] from entries in ascending order.
#[derive(Debug, Default)]
pub struct AddressMapBuilder {
    map: AddressMap,
    /// The entry that may still be replaced by another at the same code offset.
    last: Option<(u32, u32)>,
    /// The entry before, already in the map.
    previous: (u32, u32),
    /// How many entries are in the map's last block.
    in_block: u32,
    /// The next entry is the first of a function.
    new_function: bool,
}

impl AddressMapBuilder {
    /// Says that the following entries belong to another function: its first is kept even if it says nothing new.
    pub fn begin_function(&mut self) {
        self.new_function = true;
    }

    /// Adds an entry: from `code` on, code belongs to `module`. Of several entries at one code offset the last counts;
    /// one that goes back is ignored, since nothing could find it.
    ///
    /// # Errors
    ///
    /// If the map becomes larger than 32-bit offsets can tell.
    #[inline]
    pub fn push(&mut self, code: u32, module: u32) -> Result<(), ImageError> {
        if let Some(last) = self.last {
            if code < last.0 || (module == last.1 && !self.new_function) {
                return Ok(());
            }
            if code > last.0 {
                self.commit(last)?;
            }
        }
        self.last = Some((code, module));
        self.new_function = false;
        Ok(())
    }

    /// The map.
    ///
    /// # Errors
    ///
    /// If the map becomes larger than 32-bit offsets can tell.
    pub fn finish(mut self) -> Result<AddressMap, ImageError> {
        if let Some(last) = self.last {
            self.commit(last)?;
        }
        let map = &mut self.map;
        map.block_code.to_mut().shrink_to_fit();
        map.block_module.to_mut().shrink_to_fit();
        map.block_bytes.to_mut().shrink_to_fit();
        map.bytes.to_mut().shrink_to_fit();
        Ok(self.map)
    }

    fn commit(&mut self, (code, module): (u32, u32)) -> Result<(), ImageError> {
        let map = &mut self.map;
        if map.block_code.is_empty() || self.in_block == BLOCK {
            let position = map.bytes.len();
            let position =
                u32::try_from(position).map_err(|_| ImageError::TooLarge(position as u64))?;
            map.block_code.to_mut().push(code);
            map.block_module.to_mut().push(module);
            map.block_bytes.to_mut().push(position);
            self.in_block = 0;
        } else {
            let difference = i64::from(module) - i64::from(self.previous.1);
            let bytes = map.bytes.to_mut();
            write_number(bytes, u64::from(code - self.previous.0));
            write_number(bytes, zigzag(difference));
        }
        self.in_block += 1;
        self.previous = (code, module);
        Ok(())
    }
}

impl AddressMap {
    /// The last entry at or before a code offset: its own code offset, and its module offset.
    pub fn lookup(&self, code: u32) -> Option<(u32, u32)> {
        self.find(code).map(|(entry, _)| entry)
    }

    /// Where the entry at or before a code offset ends: where the next one starts.
    pub(crate) fn end(&self, code: u32) -> Option<u32> {
        self.find(code)?.1.filter(|end| *end > code)
    }

    /// The last entry at or before a code offset, and where the next one starts.
    fn find(&self, code: u32) -> Option<((u32, u32), Option<u32>)> {
        let block = self
            .block_code
            .partition_point(|start| *start <= code)
            .checked_sub(1)?;
        let end = self.block_bytes.get(block + 1).copied();
        let end = end.map_or(self.bytes.len(), |end| end as usize);
        let mut bytes = self.bytes.get(self.block_bytes[block] as usize..end)?;
        let mut entry = (self.block_code[block], self.block_module[block]);
        // No block of ours is longer; one that was read may say so, and must not take longer for it.
        for _ in 1..BLOCK {
            if bytes.is_empty() {
                break;
            }
            let next = entry.0.checked_add(read_number(&mut bytes)? as u32)?;
            if next > code {
                return Some((entry, Some(next)));
            }
            let module = i64::from(entry.1).checked_add(unzigzag(read_number(&mut bytes)?))?;
            entry = (next, u32::try_from(module).ok()?);
        }
        Some((entry, self.block_code.get(block + 1).copied()))
    }

    /// The map in these tables; `None` if they do not belong together.
    pub(crate) fn in_place(tables: [SharedBytes; 4]) -> Option<Self> {
        let [block_code, block_module, block_bytes, bytes] = tables;
        let map = Self {
            block_code: Table::in_place(block_code)?,
            block_module: Table::in_place(block_module)?,
            block_bytes: Table::in_place(block_bytes)?,
            bytes: Table::in_place(bytes)?,
        };
        let blocks = map.block_code.len();
        (map.block_module.len() == blocks && map.block_bytes.len() == blocks).then_some(map)
    }

    /// Whether the tables are what was written.
    pub(crate) fn is_whole(&self) -> bool {
        let blocks = [&self.block_code, &self.block_module, &self.block_bytes];
        blocks.into_iter().all(Table::is_whole) && self.bytes.is_whole()
    }

    /// The tables that the map consists of.
    pub(crate) fn tables(&self) -> [&[u8]; 4] {
        [
            self.block_code.as_bytes(),
            self.block_module.as_bytes(),
            self.block_bytes.as_bytes(),
            self.bytes.as_bytes(),
        ]
    }

    /// Bytes that the map takes.
    pub fn memory(&self) -> usize {
        self.bytes.len() + 4 * 3 * self.block_code.len()
    }
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Appends a number, seven bits a byte, low bits first.
#[inline]
fn write_number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes a number off the front; `None` if the bytes are no number.
fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(u32, u32)]) -> AddressMap {
        let mut builder = AddressMapBuilder::default();
        for (code, module) in entries {
            builder.push(*code, *module).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn an_entry_holds_up_to_the_next() {
        let map = map(&[(4, 100), (10, 90), (11, 4_000_000_000), (20, 0)]);
        for (code, expected) in [
            (3, None),
            (4, Some((4, 100))),
            (9, Some((4, 100))),
            (10, Some((10, 90))),
            (11, Some((11, 4_000_000_000))),
            (19, Some((11, 4_000_000_000))),
            (u32::MAX, Some((20, 0))),
        ] {
            assert_eq!(map.lookup(code), expected, "{code}");
        }
        assert_eq!(AddressMap::default().lookup(0), None);
    }

    #[test]
    fn many_blocks_agree_with_a_plain_list() {
        // Steps of varying size, module offsets that jump back and forth.
        let entries: Vec<(u32, u32)> = (0..1000u32)
            .map(|n| (n * 7 + n % 5, (n.wrapping_mul(2_654_435_761)) >> 8))
            .collect();
        let map = map(&entries);
        for code in 0..7100 {
            let expected = entries.iter().rev().find(|entry| entry.0 <= code);
            assert_eq!(map.lookup(code).as_ref(), expected, "{code}");
        }
    }

    #[test]
    fn an_entry_ends_where_the_next_one_starts() {
        let entries: Vec<_> = (0..100).map(|n| (10 * n, n)).collect();
        let map = map(&entries);
        for n in 0..99 {
            assert_eq!(map.end(10 * n), Some(10 * n + 10));
            assert_eq!(map.end(10 * n + 9), Some(10 * n + 10));
        }
        assert_eq!(map.end(990), None);
    }

    #[test]
    fn what_says_nothing_new_takes_no_room() {
        let map = map(&[(0, 5), (2, 5), (3, 6), (3, 7), (2, 9), (8, 7)]);
        assert_eq!(map.lookup(2), Some((0, 5)));
        assert_eq!(map.lookup(3), Some((3, 7)));
        assert_eq!(map.lookup(9), Some((3, 7)));
        assert_eq!(map.bytes.len(), 2);
    }

    #[test]
    fn functions_do_not_share_entries() {
        let mut builder = AddressMapBuilder::default();
        builder.push(4, 9).unwrap();
        builder.begin_function();
        builder.push(16, 9).unwrap();
        builder.push(20, 9).unwrap();
        let map = builder.finish().unwrap();
        assert_eq!(map.lookup(15), Some((4, 9)));
        assert_eq!(map.lookup(24), Some((16, 9)));
    }

    #[test]
    fn a_usual_entry_takes_less_than_three_bytes() {
        let entries: Vec<_> = (0..10_000).map(|n| (n * 6, 1000 + n * 2)).collect();
        assert!(map(&entries).memory() < 10_000 * 5 / 2);
    }

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, zigzag(value));
            let mut rest = &bytes[..];
            assert_eq!(read_number(&mut rest).map(unzigzag), Some(value));
            assert!(rest.is_empty());
        }
        assert_eq!(read_number(&mut &[0x80u8][..]), None);
    }
}
