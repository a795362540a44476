//! The fixed part of an artifact: what it is, and where everything lies.
//!
//! ```text
//!    0  magic            22 bytes: NUL, `wasmill-universal`, NULs
//!   22  format           u16: FORMAT
//!   24  version          24 bytes: the version of this crate, NULs
//!   48  checksum         u64 of the header behind it
//!   56  code checksum    u64 of the code and what follows it
//!   64  code length      u64
//!   72  alignment        u64: the code starts at a multiple of it, and the file ends at one
//!   80  sections         two u64 for each: its length, and the checksum of it and of what fills up to the next
//! ```
//!
//! Numbers are little-endian. Sections lie one behind the other, each at a multiple of 8; so their lengths say all, and
//! lengths that do not add up to the size of the file are damage. Each section has a checksum of its own, so that one that is not
//! needed need not be read.

use super::corrupted;
use crate::{DeserializeError, Form, VERSION};
use std::ops::Range;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// How every artifact of the Universal engine starts.
pub(crate) const MAGIC: &[u8; 22] = b"\0wasmill-universal\0\0\0\0";
/// The form of what follows the version. A change of anything behind that is a change of this number.
pub(super) const FORMAT: u16 = 4;
/// Where the version ends.
const PROLOGUE: usize = 48;
/// Where the checksum that comes first ends: it covers the rest of the header.
const CHECKED_FROM: usize = PROLOGUE + 8;
/// Sections between the header and the code.
pub(super) const SECTIONS: usize = 24;
/// Bytes of the header.
pub(super) const HEADER: usize = PROLOGUE + 8 * (4 + 2 * SECTIONS);
/// Where sections start.
const SECTION_ALIGNMENT: usize = 8;
/// No page of a system is larger, and none is smaller than 4 KiB.
const MOST_ALIGNMENT: u64 = 0x1_0000;

/// What the header of an artifact says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) layout: Layout,
    /// The checksums of the sections.
    pub(super) checksums: [u64; SECTIONS],
    code_checksum: u64,
}

/// Where the parts of an artifact lie.
#[derive(Debug)]
pub(super) struct Layout {
    /// The sections.
    pub(super) sections: [Range<usize>; SECTIONS],
    /// The code, without what fills its last page.
    pub(super) code: Range<usize>,
    /// Bytes of the whole.
    pub(super) total: usize,
}

impl Layout {
    /// Lays out sections and code of these lengths; `None` if that is more than there can be.
    fn new(lengths: &[u64; SECTIONS], code: u64, alignment: u64) -> Option<Self> {
        let mut end = HEADER;
        let mut sections = [const { 0..0 }; SECTIONS];
        for (section, length) in sections.iter_mut().zip(lengths) {
            let start = end.checked_next_multiple_of(SECTION_ALIGNMENT)?;
            end = start.checked_add(usize::try_from(*length).ok()?)?;
            *section = start..end;
        }
        let alignment = usize::try_from(alignment).ok()?;
        let start = end.checked_next_multiple_of(alignment)?;
        let code = start..start.checked_add(usize::try_from(code).ok()?)?;
        Some(Self {
            total: code.end.checked_next_multiple_of(alignment)?,
            sections,
            code,
        })
    }

    /// A section with what fills up to the next one, or to the code.
    pub(super) fn filled(&self, nth: usize) -> Range<usize> {
        let next = self.sections.get(nth + 1).unwrap_or(&self.code);
        self.sections[nth].start..next.start
    }
}

/// The head of an artifact: everything before the code.
pub(super) fn write(
    sections: &[&[u8]; SECTIONS],
    code: &[&[u8]],
    alignment: u64,
) -> Option<Vec<u8>> {
    let lengths = sections.map(|section| section.len() as u64);
    let code_length = code.first().map_or(0, |code| code.len() as u64);
    let layout = Layout::new(&lengths, code_length, alignment)?;
    let mut head = Vec::with_capacity(layout.code.start);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&FORMAT.to_le_bytes());
    head.extend_from_slice(VERSION.as_bytes());
    head.resize(HEADER, 0);
    for (section, range) in sections.iter().zip(&layout.sections) {
        head.resize(range.start, 0);
        head.extend_from_slice(section);
    }
    head.resize(layout.code.start, 0);
    let mut checksum = Xxh3::new();
    code.iter().for_each(|part| checksum.update(part));
    let mut numbers = vec![checksum.digest(), code_length, alignment];
    for (nth, length) in lengths.into_iter().enumerate() {
        numbers.extend([length, xxh3_64(&head[layout.filled(nth)])]);
    }
    for (nth, number) in numbers.iter().enumerate() {
        head[CHECKED_FROM + 8 * nth..][..8].copy_from_slice(&number.to_le_bytes());
    }
    let checksum = xxh3_64(&head[CHECKED_FROM..HEADER]);
    head[PROLOGUE..CHECKED_FROM].copy_from_slice(&checksum.to_le_bytes());
    Some(head)
}

impl Header {
    /// Reads and checks the header of an artifact that these bytes are, and finds the parts.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, DeserializeError> {
        let header = Self::read_front(bytes)?;
        match header.layout.total == bytes.len() {
            true => Ok(header),
            false => Err(wrong_length(bytes.len())),
        }
    }

    /// The same of bytes that an artifact starts with.
    pub(super) fn read_front(bytes: &[u8]) -> Result<Self, DeserializeError> {
        check_prologue(bytes)?;
        let numbers = bytes
            .get(PROLOGUE..HEADER)
            .ok_or_else(|| corrupted("it ends in its header"))?;
        let checksum = xxh3_64(&numbers[CHECKED_FROM - PROLOGUE..]);
        let numbers = numbers.as_chunks().0.iter();
        let mut numbers = numbers.map(|bytes| u64::from_le_bytes(*bytes));
        let mut next = || numbers.next().expect("as many as the header has");
        if checksum != next() {
            return Err(corrupted("the checksum of its header does not match"));
        }
        let (code_checksum, code, alignment) = (next(), next(), next());
        let sections: [_; SECTIONS] = std::array::from_fn(|_| (next(), next()));
        if !alignment.is_power_of_two() || alignment > MOST_ALIGNMENT {
            return Err(corrupted("its alignment is impossible"));
        }
        let layout = Layout::new(&sections.map(|(length, _)| length), code, alignment);
        let layout = layout.ok_or_else(|| wrong_length(bytes.len()))?;
        Ok(Self {
            layout,
            checksums: sections.map(|(_, checksum)| checksum),
            code_checksum,
        })
    }

    /// Checks the code, and what follows it.
    pub(super) fn check_code(&self, bytes: &[u8]) -> Result<(), DeserializeError> {
        match xxh3_64(&bytes[self.layout.code.start..]) == self.code_checksum {
            true => Ok(()),
            false => Err(corrupted("the checksum of its code does not match")),
        }
    }
}

fn wrong_length(length: usize) -> DeserializeError {
    corrupted(format!(
        "it has {length} bytes, which is not what its header says"
    ))
}

fn check_prologue(bytes: &[u8]) -> Result<(), DeserializeError> {
    if !bytes.starts_with(MAGIC) {
        return Err(Form::Universal.not_ours());
    }
    let prologue = bytes
        .get(MAGIC.len()..PROLOGUE)
        .ok_or_else(|| corrupted("it ends in its header"))?;
    let (format, version) = prologue.split_at(2);
    let version = String::from_utf8_lossy(version);
    let version = version.trim_end_matches('\0');
    if format != FORMAT.to_le_bytes() || version != VERSION {
        return Err(DeserializeError::Incompatible(format!(
            "it was made by Wasmill {version:?} (format {}), and this is Wasmill {VERSION:?} (format {FORMAT}): \
             compile the module again",
            u16::from_le_bytes([format[0], format[1]])
        )));
    }
    Ok(())
}

const _: () = assert!(VERSION.len() <= PROLOGUE - MAGIC.len() - 2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_lie_behind_each_other() {
        let mut lengths = [0; SECTIONS];
        (lengths[0], lengths[1]) = (3, 8);
        let layout = Layout::new(&lengths, 5, 4096).unwrap();
        assert_eq!(layout.sections[0], HEADER..HEADER + 3);
        assert_eq!(layout.sections[1], HEADER + 8..HEADER + 16);
        assert_eq!(layout.filled(0), HEADER..HEADER + 8);
        assert_eq!(layout.filled(SECTIONS - 1), HEADER + 16..4096);
        assert_eq!((layout.code, layout.total), (4096..4101, 8192));
    }

    #[test]
    fn lengths_that_cannot_be_are_no_layout() {
        for place in 0..SECTIONS {
            for length in [u64::MAX, u64::MAX - 8000, i64::MAX as u64] {
                let mut lengths = [1 << 62; SECTIONS];
                lengths[place] = length;
                assert!(Layout::new(&lengths, 0, 4096).is_none());
            }
        }
        assert!(Layout::new(&[0; SECTIONS], u64::MAX, 4096).is_none());
    }
}
