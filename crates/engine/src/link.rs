//! Lays compiled functions out into one text image and fills in the addresses they ask for.
//!
//! ```text
//!   CompiledFunction 0, 1, 2 …  ─►  [ f0 ][pad][ f1 ][pad][ f2 ] …     one image, in the order of the indices
//! ```
//!
//! Functions keep their order, so the same functions always give the same bytes. The gaps are filled with instructions
//! that trap. What is relative to the place is final; 64-bit absolute addresses ([`AbsoluteAddress`]) wait for the
//! address that a loader chooses.

use std::ops::Range;
use thiserror::Error;
use wasmill_compiler::{CompiledFunction, Relocation, RelocationKind, RelocationTarget};
use wasmill_types::{EntityRef, LocalFunctionIndex, PrimaryMap};

/// Functions start on a multiple of this at least: the size of an instruction fetch block.
const MIN_ALIGNMENT: u32 = 16;
/// No compiler has a reason to ask for more than a page.
const MAX_ALIGNMENT: u32 = PAGE as u32;
/// What AArch64's `adrp` counts in, whatever pages the system has. An image is mapped, so it starts at a multiple.
const PAGE: i64 = 4096;
/// Offsets in an image are 32-bit and calls reach 2 GiB either way.
const MAX_IMAGE: u64 = i32::MAX as u64;

/// The functions of a module could not be laid out into one image.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// All functions together are larger than 32-bit offsets can tell.
    #[error("the compiled code takes {0} bytes, more than one image can hold")]
    TooLarge(u64),
    /// An alignment is no power of two, or above a page.
    #[error("function {function} asks for an alignment of {alignment} bytes")]
    Alignment {
        /// The function, counted among those the module defines.
        function: u32,
        /// What it asks for.
        alignment: u32,
    },
    /// A relocation lies outside its function.
    #[error("function {function} has a relocation outside its code, at byte {offset}")]
    Place {
        /// The function, counted among those the module defines.
        function: u32,
        /// The relocation's offset.
        offset: u32,
    },
    /// A relocation names a function that does not exist.
    #[error("function {function} refers to function {target}, which does not exist")]
    Target {
        /// The function, counted among those the module defines.
        function: u32,
        /// The function it names.
        target: u32,
    },
    /// The distance does not fit the instruction.
    #[error("a {kind:?} in function {function} cannot reach a target {distance} bytes away")]
    Range {
        /// The function, counted among those the module defines.
        function: u32,
        /// How the address is encoded.
        kind: RelocationKind,
        /// From the place to the target.
        distance: i64,
    },
}

/// A 64-bit word that becomes the image's address plus `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsoluteAddress {
    /// Where in the image.
    pub offset: u32,
    /// What to add to the image's address.
    pub value: i64,
}

/// Where the functions of a module lie in its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Where each function lies.
    pub functions: PrimaryMap<LocalFunctionIndex, Range<u32>>,
    /// Bytes of the whole image.
    pub size: u32,
    /// The alignment that the whole image needs.
    pub alignment: u32,
}

/// Fills in the words that depend on the address: `code` will run at `base`.
pub(crate) fn resolve_absolute(words: &[AbsoluteAddress], code: &mut [u8], base: u64) {
    for word in words {
        let at = word.offset as usize;
        code[at..at + 8].copy_from_slice(&base.wrapping_add_signed(word.value).to_le_bytes());
    }
}

/// The byte that fills gaps: executed, it traps on the architecture.
pub fn padding_byte(architecture: target_lexicon::Architecture) -> u8 {
    match architecture {
        target_lexicon::Architecture::X86_64 | target_lexicon::Architecture::X86_32(_) => 0xcc,
        // AArch64 (`udf #0`) and RISC-V both define the all-zero instruction as illegal.
        _ => 0,
    }
}

impl Layout {
    /// Gives each function its place.
    ///
    /// # Errors
    ///
    /// If the functions do not fit into one image, or ask for an impossible alignment.
    pub fn new(
        functions: &PrimaryMap<LocalFunctionIndex, CompiledFunction>,
    ) -> Result<Self, ImageError> {
        let mut places = PrimaryMap::with_capacity(functions.len());
        let (mut end, mut greatest) = (0u64, MIN_ALIGNMENT);
        for (index, function) in functions.iter() {
            let alignment = function.alignment.max(MIN_ALIGNMENT);
            if !alignment.is_power_of_two() || alignment > MAX_ALIGNMENT {
                return Err(ImageError::Alignment {
                    function: index.as_u32(),
                    alignment,
                });
            }
            greatest = greatest.max(alignment);
            let start = end.next_multiple_of(u64::from(alignment));
            end = start + function.code.len() as u64;
            if end > MAX_IMAGE {
                let size = functions.values().map(|f| f.code.len() as u64).sum();
                return Err(ImageError::TooLarge(size));
            }
            places.push(start as u32..end as u32);
        }
        Ok(Self {
            functions: places,
            size: end as u32,
            alignment: greatest,
        })
    }

    /// Writes `functions` to their places in `image`, which is as long as [`Layout::size`] says, and applies their
    /// relocations. Takes the code out of the functions, so that it does not exist twice for longer than one function
    /// takes. What comes back are the words that depend on the image's address, in ascending order.
    ///
    /// # Errors
    ///
    /// If the functions ask for something impossible.
    ///
    /// # Panics
    ///
    /// If the functions are not as long as those that this layout was made for, or the image is shorter.
    pub fn write(
        &self,
        functions: &mut PrimaryMap<LocalFunctionIndex, CompiledFunction>,
        padding: u8,
        image: &mut [u8],
    ) -> Result<Vec<AbsoluteAddress>, ImageError> {
        let (mut absolute, mut end) = (Vec::new(), 0);
        for (nth, function) in functions.values_mut().enumerate() {
            let index = LocalFunctionIndex::new(nth);
            let range = &self.functions[index];
            let place = range.start as usize..range.end as usize;
            image[end..place.start].fill(padding);
            end = place.end;
            image[place].copy_from_slice(&std::mem::take(&mut function.code));
            for relocation in &function.relocations {
                absolute.extend(self.relocate(image, index, relocation)?);
            }
        }
        absolute.sort_unstable_by_key(|word: &AbsoluteAddress| word.offset);
        Ok(absolute)
    }

    /// Applies one relocation of `function`, or gives what it will be when the address is known.
    fn relocate(
        &self,
        image: &mut [u8],
        function: LocalFunctionIndex,
        relocation: &Relocation,
    ) -> Result<Option<AbsoluteAddress>, ImageError> {
        let range = self.functions[function].clone();
        let size = match relocation.kind {
            RelocationKind::Abs8 | RelocationKind::RiscvCall => 8,
            _ => 4,
        };
        let place = relocation
            .offset
            .checked_add(size)
            .filter(|end| *end <= range.end - range.start)
            .map(|_| range.start + relocation.offset)
            .ok_or(ImageError::Place {
                function: function.as_u32(),
                offset: relocation.offset,
            })?;
        let RelocationTarget::Function(target) = relocation.target;
        let target = self.functions.get(target).ok_or(ImageError::Target {
            function: function.as_u32(),
            target: target.as_u32(),
        })?;
        let value = i64::from(target.start).saturating_add(relocation.addend);
        if relocation.kind == RelocationKind::Abs8 {
            return Ok(Some(AbsoluteAddress {
                offset: place,
                value,
            }));
        }
        let distance = distance(relocation.kind, value, i64::from(place));
        let field = &mut image[place as usize..(place + size) as usize];
        encode_relative(field, relocation.kind, distance).ok_or(ImageError::Range {
            function: function.as_u32(),
            kind: relocation.kind,
            distance,
        })?;
        Ok(None)
    }
}

/// What a place holds of a target, both in bytes from the image's start.
fn distance(kind: RelocationKind, target: i64, place: i64) -> i64 {
    let page = |address: i64| address & -PAGE;
    match kind {
        RelocationKind::Arm64Page => page(target).saturating_sub(page(place)),
        RelocationKind::Arm64PageOffset { .. } => target & (PAGE - 1),
        _ => target.saturating_sub(place),
    }
}

/// Writes a distance into an instruction, or gives `None` if it does not fit.
fn encode_relative(field: &mut [u8], kind: RelocationKind, distance: i64) -> Option<()> {
    match kind {
        RelocationKind::PcRel4 => {
            field.copy_from_slice(&i32::try_from(distance).ok()?.to_le_bytes());
        }
        RelocationKind::Arm64Call => {
            // A signed count of instructions in the low 26 bits.
            let words = distance / 4;
            if distance % 4 != 0 || !(-(1 << 25)..1 << 25).contains(&words) {
                return None;
            }
            patch(field, 0x03ff_ffff, words as u32);
        }
        RelocationKind::Arm64Page => {
            // A signed count of pages: its low two bits at 29, the other nineteen at 5.
            let pages = distance / PAGE;
            if !(-(1 << 20)..1 << 20).contains(&pages) {
                return None;
            }
            let pages = pages as u32;
            patch(field, 0x60ff_ffe0, (pages & 3) << 29 | pages >> 2 << 5);
        }
        RelocationKind::Arm64PageOffset { scale } => {
            let unit = 1_i64.checked_shl(scale.into())?;
            if distance % unit != 0 {
                return None;
            }
            patch(field, 0x003f_fc00, ((distance / unit) as u32) << 10);
        }
        RelocationKind::RiscvCall => {
            let (high, low) = riscv_halves(distance)?;
            patch(&mut field[..4], 0xffff_f000, high);
            patch(&mut field[4..], 0xfff0_0000, low << 20);
        }
        RelocationKind::RiscvHigh => patch(field, 0xffff_f000, riscv_halves(distance)?.0),
        RelocationKind::RiscvLow => patch(field, 0xfff0_0000, riscv_halves(distance)?.1 << 20),
        RelocationKind::RiscvLowStore => {
            let low = riscv_halves(distance)?.1;
            patch(field, 0xfe00_0f80, low >> 5 << 25 | (low & 31) << 7);
        }
        RelocationKind::Abs8 => unreachable!("handled by the caller"),
    }
    Some(())
}

/// `auipc` takes bits 12 to 31, rounded so that the signed low 12 bits in the next instruction make up the rest.
fn riscv_halves(distance: i64) -> Option<(u32, u32)> {
    let high = i32::try_from((distance.checked_add(0x800)? >> 12) << 12).ok()?;
    Some((high as u32, (distance - i64::from(high)) as u32))
}

/// Replaces the bits under `mask` of a little-endian instruction word.
fn patch(field: &mut [u8], mask: u32, bits: u32) {
    let old = u32::from_le_bytes([field[0], field[1], field[2], field[3]]);
    field.copy_from_slice(&(old & !mask | bits & mask).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What linking gives.
    #[derive(Debug, PartialEq)]
    struct Image {
        code: Vec<u8>,
        layout: Layout,
        absolute: Vec<AbsoluteAddress>,
    }

    fn link(
        functions: &mut PrimaryMap<LocalFunctionIndex, CompiledFunction>,
        padding: u8,
    ) -> Result<Image, ImageError> {
        let layout = Layout::new(functions)?;
        let mut code = vec![0x55; layout.size as usize];
        let absolute = layout.write(functions, padding, &mut code)?;
        Ok(Image {
            code,
            layout,
            absolute,
        })
    }

    fn function(code: Vec<u8>, relocations: Vec<Relocation>) -> CompiledFunction {
        CompiledFunction {
            code,
            relocations,
            ..CompiledFunction::default()
        }
    }

    fn call(offset: u32, kind: RelocationKind, target: usize, addend: i64) -> Relocation {
        Relocation {
            offset,
            kind,
            target: RelocationTarget::Function(LocalFunctionIndex::new(target)),
            addend,
        }
    }

    fn functions(list: Vec<CompiledFunction>) -> PrimaryMap<LocalFunctionIndex, CompiledFunction> {
        list.into_iter().collect()
    }

    #[test]
    fn functions_are_aligned_and_gaps_trap() {
        let mut wide = function(vec![3; 3], vec![]);
        wide.alignment = 64;
        let mut all = functions(vec![
            function(vec![1; 5], vec![]),
            function(vec![2; 16], vec![]),
            wide,
            function(vec![], vec![]),
        ]);
        let image = link(&mut all, 0xcc).unwrap();
        let places: Vec<_> = image.layout.functions.values().cloned().collect();
        assert_eq!(places, [0..5, 16..32, 64..67, 80..80]);
        assert_eq!(image.layout.alignment, 64);
        assert_eq!(image.code.len(), 80);
        assert!(image.code[5..16].iter().all(|byte| *byte == 0xcc));
        assert!(image.code[67..80].iter().all(|byte| *byte == 0xcc));
        assert!(all.values().all(|function| function.code.is_empty()));
    }

    #[test]
    fn no_functions_make_an_empty_image() {
        assert_eq!(link(&mut functions(vec![]), 0).unwrap().code, []);
    }

    #[test]
    fn x86_calls_reach_forward_backward_and_themselves() {
        // e8 rel32, relative to the end of the field: hence the addend.
        let code = vec![0xe8, 0, 0, 0, 0];
        let to = |target| vec![call(1, RelocationKind::PcRel4, target, -4)];
        let mut all = functions(vec![
            function(code.clone(), to(1)),
            function(code.clone(), to(0)),
            function(code, to(2)),
        ]);
        let image = link(&mut all, 0xcc).unwrap();
        let distance = |at: usize| i32::from_le_bytes(image.code[at..at + 4].try_into().unwrap());
        assert_eq!(distance(1), 16 - 5);
        assert_eq!(distance(17), -(16 + 5));
        assert_eq!(distance(33), -5);
    }

    #[test]
    fn arm_calls_count_instructions_and_keep_the_opcode() {
        let bl = 0x9400_0000u32.to_le_bytes().to_vec();
        let to = |target| vec![call(0, RelocationKind::Arm64Call, target, 0)];
        let mut all = functions(vec![function(bl.clone(), to(1)), function(bl, to(0))]);
        let image = link(&mut all, 0).unwrap();
        assert_eq!(image.code[0..4], 0x9400_0004u32.to_le_bytes());
        assert_eq!(image.code[16..20], 0x97ff_fffcu32.to_le_bytes());
    }

    #[test]
    fn riscv_calls_round_the_high_part() {
        let pair = || {
            let mut code = 0x0000_0097u32.to_le_bytes().to_vec(); // auipc ra, 0
            code.extend(0x0000_80e7u32.to_le_bytes()); // jalr ra, ra, 0
            code
        };
        // (distance, bits of auipc, bits of jalr): 0x800 does not fit twelve signed bits.
        for (distance, high, low) in [
            (0x10, 0, 0x010),
            (0x800, 0x1000, 0x800),
            (0x7ff, 0, 0x7ff),
            (-4, 0, 0xffc),
            (-0x801, 0xffff_f000u32, 0x7ffu32),
        ] {
            let mut field = pair();
            encode_relative(&mut field, RelocationKind::RiscvCall, distance).unwrap();
            assert_eq!(field[..4], (0x97 | high).to_le_bytes(), "{distance}");
            assert_eq!(field[4..], (0x80e7 | low << 20).to_le_bytes(), "{distance}");
        }
    }

    #[test]
    fn arm_pages_and_offsets_in_them() {
        let word = |kind, code: u32, target: i64, place: i64| {
            let mut field = code.to_le_bytes();
            encode_relative(&mut field, kind, distance(kind, target, place)).unwrap();
            u32::from_le_bytes(field)
        };
        // As LLVM's assembler has them: adrp x8, +1 page, +6 pages, -1 page.
        for (target, place, expected) in [
            (0x1000, 0xffc, 0xb000_0008_u32),
            (0x6fff, 0, 0xd000_0028),
            (0, 0x1000, 0xf0ff_ffe8),
            (0x1fff, 0x1004, 0x9000_0008),
        ] {
            let found = word(RelocationKind::Arm64Page, 0x9000_0008, target, place);
            assert_eq!(found, expected, "{target:#x} from {place:#x}");
        }
        // add x8, x8, #0x123; ldr q0, [x8, #0x120]; ldr d0, [x8, #0xff8]
        for (scale, code, target, expected) in [
            (0, 0x9100_0108_u32, 0x5123, 0x9104_8d08_u32),
            (4, 0x3dc0_0100, 0x5120, 0x3dc0_4900),
            (3, 0xfd40_0100, 0xff8, 0xfd47_fd00),
        ] {
            let kind = RelocationKind::Arm64PageOffset { scale };
            assert_eq!(word(kind, code, target, 0), expected, "{scale}");
        }
        let kind = RelocationKind::Arm64PageOffset { scale: 3 };
        assert!(encode_relative(&mut [0; 4], kind, 4).is_none());
    }

    #[test]
    fn riscv_halves_of_a_distance_apart() {
        // auipc a0, 0; lw a0, 0(a0); sw a1, 0(a0)
        for (distance, auipc, load, store) in [
            (0x1234, 0x0000_1517_u32, 0x2345_2503_u32, 0x22b5_2a23_u32),
            (0x800, 0x0000_1517, 0x8005_2503, 0x80b5_2023),
            (-4, 0x0000_0517, 0xffc5_2503, 0xfeb5_2e23),
        ] {
            for (kind, code, expected) in [
                (RelocationKind::RiscvHigh, 0x0000_0517_u32, auipc),
                (RelocationKind::RiscvLow, 0x0005_2503, load),
                (RelocationKind::RiscvLowStore, 0x00b5_2023, store),
            ] {
                let mut field = code.to_le_bytes();
                encode_relative(&mut field, kind, distance).unwrap();
                assert_eq!(u32::from_le_bytes(field), expected, "{kind:?} {distance}");
            }
        }
    }

    #[test]
    fn distances_out_of_range_are_refused() {
        let fits = |kind, distance| encode_relative(&mut [0; 8][..width(kind)], kind, distance);
        fn width(kind: RelocationKind) -> usize {
            if kind == RelocationKind::RiscvCall {
                8
            } else {
                4
            }
        }
        for (kind, most) in [
            (RelocationKind::PcRel4, i64::from(i32::MAX)),
            (RelocationKind::Arm64Call, (1 << 27) - 4),
            (RelocationKind::RiscvCall, (1 << 31) - 0x801),
        ] {
            assert!(fits(kind, most).is_some(), "{kind:?}");
            assert!(fits(kind, most + 4).is_none(), "{kind:?}");
            assert!(fits(kind, i64::MAX).is_none(), "{kind:?}");
            assert!(fits(kind, i64::MIN).is_none(), "{kind:?}");
        }
        assert!(fits(RelocationKind::Arm64Call, 2).is_none());

        let far = vec![call(0, RelocationKind::PcRel4, 0, i64::MAX)];
        let error = link(&mut functions(vec![function(vec![0; 4], far)]), 0).unwrap_err();
        assert!(matches!(error, ImageError::Range { function: 0, .. }));
    }

    #[test]
    fn absolute_words_wait_for_the_address() {
        let word = vec![call(4, RelocationKind::Abs8, 1, 3)];
        let mut all = functions(vec![
            function(vec![0; 12], word),
            function(vec![0; 1], vec![]),
        ]);
        let image = link(&mut all, 0).unwrap();
        assert_eq!(
            image.absolute,
            [AbsoluteAddress {
                offset: 4,
                value: 19
            }]
        );
        let mut code = image.code.clone();
        resolve_absolute(&image.absolute, &mut code, 0x7f00_0000_0000);
        assert_eq!(code[4..12], 0x7f00_0000_0013u64.to_le_bytes());
        assert_eq!(code[..4], image.code[..4]);
    }

    #[test]
    fn impossible_requests_are_typed_errors() {
        let past_end = vec![call(1, RelocationKind::PcRel4, 0, 0)];
        assert_eq!(
            link(&mut functions(vec![function(vec![0; 4], past_end)]), 0),
            Err(ImageError::Place {
                function: 0,
                offset: 1
            })
        );
        let overflow = vec![call(u32::MAX, RelocationKind::PcRel4, 0, 0)];
        assert!(link(&mut functions(vec![function(vec![0; 4], overflow)]), 0).is_err());
        let nowhere = vec![call(0, RelocationKind::PcRel4, 1, 0)];
        assert_eq!(
            link(&mut functions(vec![function(vec![0; 4], nowhere)]), 0),
            Err(ImageError::Target {
                function: 0,
                target: 1
            })
        );
        for alignment in [48, 8192] {
            let mut odd = function(vec![0], vec![]);
            odd.alignment = alignment;
            assert_eq!(
                link(&mut functions(vec![odd]), 0),
                Err(ImageError::Alignment {
                    function: 0,
                    alignment
                })
            );
        }
    }
}
