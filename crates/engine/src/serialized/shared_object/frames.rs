//! How to get from a frame to its caller, as unwinders read it: `.eh_frame`, and the index `.eh_frame_hdr` in front of it; and as
//! debuggers read it where there is no shared object.
//!
//! All compilers keep frame pointers, and set them up with the same instructions. So nobody has to tell where they did: a place where
//! a function is entered and that starts with these instructions has a frame, and after them its caller is found through the frame
//! pointer. What does not start like that has no entry; unwinders then try by themselves.
//!
//! ```text
//!   x86-64:   push rbp          caller's stack pointer = rsp + 16, its rbp at -16, its address at -8
//!             mov rbp, rsp      … = rbp + 16
//! ```

use std::ops::Range;
use target_lexicon::Architecture;

/// Bytes of an entry. They are all of the same length, so that the index can be made without looking at them.
const ENTRY: usize = 32;
/// Bytes of what they have in common.
const COMMON: usize = 24;
/// Bytes of an entry for debuggers, which has whole addresses.
const DEBUG_ENTRY: usize = 40;
/// Bytes of the index before its table.
const INDEX_HEAD: usize = 12;
/// Bytes of the length 0 at the end.
const END: usize = 4;

/// An address relative to where it is, in four bytes with a sign.
const RELATIVE: u8 = 0x1b;
/// The same relative to the start of the index.
const RELATIVE_TO_INDEX: u8 = 0x3b;
/// Four bytes without a sign.
const NUMBER: u8 = 0x03;

/// The way in which a processor's functions set up their frames.
struct Convention {
    /// The instructions, in each of the ways to write them.
    prologues: &'static [&'static [u8]],
    /// The number of the register with the return address, in the numbering of debuggers.
    return_address: u8,
    /// What holds where a function is entered.
    at_entry: &'static [u8],
    /// What changes with the instructions.
    changes: &'static [u8],
}

/// Advances by so many bytes of code: at most 63.
const fn advance(bytes: u8) -> u8 {
    0x40 | bytes
}

/// The caller's value of a register is saved; how many words below the caller's stack pointer comes behind.
const fn saved(register: u8) -> u8 {
    0x80 | register
}

/// The caller's stack pointer is that of this register, plus a distance.
const CALLER_IS: u8 = 0x0c;
/// The distance is another one now.
const DISTANCE: u8 = 0x0e;
/// The register is another one now.
const REGISTER: u8 = 0x0d;

const X64: Convention = Convention {
    prologues: &[&[0x55, 0x48, 0x89, 0xe5], &[0x55, 0x48, 0x8b, 0xec]],
    return_address: 16,
    at_entry: &[CALLER_IS, 7, 8, saved(16), 1],
    changes: &[
        advance(1),
        DISTANCE,
        16,
        saved(6),
        2,
        advance(3),
        REGISTER,
        6,
    ],
};

/// `stp x29, x30, [sp, #-16]!; mov x29, sp`
const ARM64: Convention = Convention {
    prologues: &[&[0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91]],
    return_address: 30,
    at_entry: &[CALLER_IS, 31, 0],
    changes: &[
        advance(4),
        DISTANCE,
        16,
        saved(29),
        2,
        saved(30),
        1,
        advance(4),
        REGISTER,
        29,
    ],
};

/// `addi sp, sp, -16; sd ra, 8(sp); sd s0, 0(sp); addi s0, sp, 16`, in two bytes each: the frame pointer is the caller's stack
/// pointer.
const RISCV64: Convention = Convention {
    prologues: &[&[0x41, 0x11, 0x06, 0xe4, 0x22, 0xe0, 0x00, 0x08]],
    return_address: 1,
    at_entry: &[CALLER_IS, 2, 0],
    changes: &[
        advance(2),
        DISTANCE,
        16,
        advance(2),
        saved(1),
        1,
        advance(2),
        saved(8),
        2,
        advance(2),
        CALLER_IS,
        8,
        0,
    ],
};

impl Convention {
    /// That of one of the processors that shared objects are written for.
    fn of(architecture: Architecture) -> &'static Self {
        match architecture {
            Architecture::X86_64 => &X64,
            Architecture::Aarch64(_) => &ARM64,
            _ => &RISCV64,
        }
    }

    fn starts(&self, code: &[u8]) -> bool {
        self.prologues.iter().any(|known| code.starts_with(known))
    }
}

/// The frames that code has: where each is set up, and up to where it counts.
pub(in crate::serialized) struct Frames {
    convention: &'static Convention,
    ranges: Vec<Range<u32>>,
}

impl Frames {
    /// Those among `places` that start as functions do.
    pub(in crate::serialized) fn find(
        architecture: Architecture,
        code: &[u8],
        places: impl Iterator<Item = Range<u32>>,
    ) -> Self {
        let convention = Convention::of(architecture);
        let is_frame = |range: &Range<u32>| {
            let code = code.get(range.start as usize..range.end as usize);
            code.is_some_and(|code| convention.starts(code))
        };
        Self {
            convention,
            ranges: places.filter(is_frame).collect(),
        }
    }

    /// Bytes of the index.
    pub(super) fn index_len(&self) -> usize {
        INDEX_HEAD + 8 * self.ranges.len()
    }

    /// Bytes of the entries.
    pub(super) fn len(&self) -> usize {
        COMMON + ENTRY * self.ranges.len() + END
    }

    /// The index and the entries, for these addresses; `None` if they are too far from each other.
    pub(super) fn write(&self, index: usize, entries: usize, code: usize) -> Option<[Vec<u8>; 2]> {
        let mut written = [
            Vec::with_capacity(self.index_len()),
            Vec::with_capacity(self.len()),
        ];
        let [table, frames] = &mut written;
        table.extend([1, RELATIVE, NUMBER, RELATIVE_TO_INDEX]);
        table.extend(distance(index + 4, entries)?);
        table.extend(u32::try_from(self.ranges.len()).ok()?.to_le_bytes());
        self.write_common(frames);
        for range in &self.ranges {
            let (start, entry) = (code + range.start as usize, entries + frames.len());
            table.extend(distance(index, start)?);
            table.extend(distance(index, entry)?);
            record(frames, ENTRY, &[]);
            // How far back what they have in common is, from this very field.
            let back = entry + 4 - entries;
            frames.extend(u32::try_from(back).ok()?.to_le_bytes());
            frames.extend(distance(entry + 8, start)?);
            frames.extend((range.end - range.start).to_le_bytes());
            frames.push(0);
            frames.extend(self.convention.changes);
            frames.resize(entry - entries + ENTRY, 0);
        }
        frames.extend([0; END]);
        Some(written)
    }

    /// The entries for a linker, which adds the end.
    pub(in crate::serialized) fn write_for_linker(&self) -> Option<Vec<u8>> {
        let [_, mut frames] = self.write(0, 0, 0)?;
        frames.truncate(frames.len() - END);
        Some(frames)
    }

    /// Where entries have the distance to their code, and which code that is.
    pub(in crate::serialized) fn places(&self) -> impl Iterator<Item = (u64, u32)> {
        let place = |nth: usize| (COMMON + ENTRY * nth + 8) as u64;
        let ranges = self.ranges.iter().enumerate();
        ranges.map(move |(nth, range)| (place(nth), range.start))
    }

    /// The entries for debuggers only, `.debug_frame`, for code at this address: it may be anywhere.
    pub(super) fn write_for_debuggers(&self, code: u64) -> Vec<u8> {
        let mut frames = Vec::with_capacity(COMMON + DEBUG_ENTRY * self.ranges.len());
        record(&mut frames, COMMON, &[0xff, 0xff, 0xff, 0xff, 1, 0]);
        frames.extend([1, 0x78, self.convention.return_address]);
        frames.extend(self.convention.at_entry);
        frames.resize(COMMON, 0);
        for range in &self.ranges {
            let end = frames.len() + DEBUG_ENTRY;
            record(&mut frames, DEBUG_ENTRY, &[0; 4]);
            frames.extend((code + u64::from(range.start)).to_le_bytes());
            frames.extend(u64::from(range.end - range.start).to_le_bytes());
            frames.extend(self.convention.changes);
            frames.resize(end, 0);
        }
        frames
    }

    fn write_common(&self, frames: &mut Vec<u8>) {
        record(frames, COMMON, &[0, 0, 0, 0, 1]);
        frames.extend(b"zR\0");
        // Code is counted in bytes, saved registers in words downwards; then comes one byte more: how entries have addresses.
        frames.extend([1, 0x78, self.convention.return_address, 1, RELATIVE]);
        frames.extend(self.convention.at_entry);
        frames.resize(COMMON, 0);
    }
}

/// Starts a record of so many bytes.
fn record(frames: &mut Vec<u8>, bytes: usize, start: &[u8]) {
    frames.extend((bytes as u32 - 4).to_le_bytes());
    frames.extend(start);
}

fn distance(from: usize, to: usize) -> Option<[u8; 4]> {
    let distance = (to as i64).checked_sub(from as i64)?;
    Some(i32::try_from(distance).ok()?.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_starts_as_functions_do_has_a_frame() {
        let mut code = vec![0xcc; 64];
        code[..4].copy_from_slice(X64.prologues[0]);
        code[32..36].copy_from_slice(X64.prologues[1]);
        // The second starts with something else, the third ends too early, the last lies outside.
        let places = [0..16, 16..32, 32..34, 32..64, 60..80];
        let frames = Frames::find(Architecture::X86_64, &code, places.into_iter());
        assert_eq!(frames.ranges, [0..16, 32..64]);
        let [index, entries] = frames.write(0x100, 0x200, 0x1000).unwrap();
        assert_eq!(
            (index.len(), entries.len()),
            (frames.index_len(), frames.len())
        );
        // Sorted pairs: where a function starts, and its entry, both from the start of the index.
        assert_eq!(index[12..16], 0xf00_i32.to_le_bytes());
        assert_eq!(index[20..24], 0xf20_i32.to_le_bytes());
        let entry = 0x100 + COMMON as i32 + ENTRY as i32;
        assert_eq!(index[24..28], entry.to_le_bytes());
        assert!(frames.write(0, 0, 1 << 40).is_none(), "too far");
    }

    #[test]
    fn all_conventions_fit_into_an_entry() {
        for convention in [&X64, &ARM64, &RISCV64] {
            assert!(17 + convention.changes.len() <= ENTRY);
            assert!(24 + convention.changes.len() <= DEBUG_ENTRY);
            assert!(17 + convention.at_entry.len() <= COMMON);
        }
    }
}
