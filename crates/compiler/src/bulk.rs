//! Copies and fills of few bytes, a constant number, spelled out as loads and stores.

use crate::CompileModuleInfo;
use wasmill_types::MemoryIndex;

/// The longest copy or fill that is spelled out, in bytes.
const MAX_OPEN_CODED: u64 = 64;

impl CompileModuleInfo {
    /// The length, if an operation of this constant length on these memories is worth spelling out: it is short, and no
    /// access needs a check.
    pub fn open_coded(&self, length: u64, memories: &[MemoryIndex]) -> Option<u32> {
        let covered = |&memory: &MemoryIndex| self.memory_styles[memory].covers(0, length);
        let fits = (1..=MAX_OPEN_CODED).contains(&length) && memories.iter().all(covered);
        fits.then_some(length as u32)
    }
}

/// The parts of a copy: where they start, and their sizes (powers of two up to `largest`), from the last to the first.
/// The last one overlaps the one before it if it must, so there are few.
pub fn chunks(length: u32, largest: u32) -> Vec<(u32, u32)> {
    let size = (1 << length.ilog2()).min(largest);
    let mut chunks: Vec<(u32, u32)> = (0..length / size).map(|nth| (nth * size, size)).collect();
    let rest = length % size;
    if rest > 0 {
        let size = rest.next_power_of_two();
        chunks.push((length - size, size));
    }
    chunks.reverse();
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_byte_and_the_last_comes_first() {
        for largest in [8, 16] {
            for length in 1..=MAX_OPEN_CODED as u32 {
                let chunks = chunks(length, largest);
                let (offset, size) = chunks[0];
                assert_eq!(offset + size, length);
                let mut covered = vec![false; length as usize];
                for (offset, size) in chunks {
                    assert!(size.is_power_of_two() && size <= largest);
                    covered[offset as usize..(offset + size) as usize].fill(true);
                }
                assert!(covered.into_iter().all(|byte| byte), "{length}");
            }
        }
    }
}
