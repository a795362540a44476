//! The bytes of memory that a loop uses.
//!
//! Accesses that move together, at constant distances, form a *range*: one check before the loop covers all of them in all rounds, and
//! the copy of the loop computes one pointer for all.

use inkwell::IntPredicate;
use inkwell::values::{InstructionOpcode, InstructionValue, IntValue, PointerValue};
use smallvec::SmallVec;
use wasmill_types::MemoryIndex;

use super::affine::{Address, Affine, sign_extended};
use super::guard::Guard;
use crate::translator::built;

/// Ranges of a loop that is copied: each costs a check.
const MAX_RANGES: usize = 12;

/// An access to memory that may fault, and where it goes.
pub(super) struct Access<'ctx> {
    pub(super) instruction: InstructionValue<'ctx>,
    pub(super) memory: MemoryIndex,
    pub(super) address: Address<'ctx>,
    /// How many bytes.
    pub(super) size: u64,
}

impl Access<'_> {
    fn is_store(&self) -> bool {
        self.instruction.get_opcode() == InstructionOpcode::Store
    }

    /// Which operand the address is.
    pub(super) fn pointer_operand(&self) -> u32 {
        u32::from(self.is_store())
    }
}

/// Where an access lies: in which range, and how far behind its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) range: usize,
    pub(super) offset: u64,
}

/// Bytes that are used in each round, all of them at the same distance from those of the round before.
pub(super) struct Range<'ctx> {
    memory: MemoryIndex,
    pub(super) base: PointerValue<'ctx>,
    /// What moves, and factors. If it is one number, its constant is the least of all accesses.
    parts: SmallVec<[(Affine<'ctx>, u64); 1]>,
    /// Bytes behind that, up to the end of the last access.
    length: u64,
    is_written: bool,
}

/// How far from the memory's start a range is in the first round, where all rounds' first byte is, and where their last one ends.
#[derive(Clone, Copy)]
pub(super) struct Extent<'ctx> {
    pub(super) first: IntValue<'ctx>,
    low: IntValue<'ctx>,
    end: IntValue<'ctx>,
}

impl<'ctx> Extent<'ctx> {
    /// Requires that two do not overlap, unless they certainly do: then this is false.
    pub(super) fn require_apart(&self, other: &Self, guard: &mut Guard<'_, 'ctx>) -> bool {
        let below = |a, b| {
            built(
                guard
                    .builder()
                    .build_int_compare(IntPredicate::ULE, a, b, ""),
            )
        };
        let [before, behind] = [below(self.end, other.low), below(other.end, self.low)];
        let apart = built(guard.builder().build_or(before, behind, ""));
        if apart.get_zero_extended_constant() == Some(0) {
            return false;
        }
        guard.require_bit(apart);
        true
    }
}

/// Where all accesses lie, in their order; `None` if there would be too many ranges.
pub(super) fn arrange<'ctx>(accesses: &[Access<'ctx>]) -> Option<(Vec<Range<'ctx>>, Vec<Spot>)> {
    let mut ranges: Vec<Range<'ctx>> = Vec::new();
    let mut places: Vec<(usize, i64)> = Vec::new();
    for access in accesses {
        let found = ranges.iter().enumerate().find_map(|(nth, range)| {
            let distance = range.distance(access)?;
            Some((nth, distance))
        });
        places.push(found.unwrap_or_else(|| {
            ranges.push(Range::starting_with(access));
            (ranges.len() - 1, 0)
        }));
        if ranges.len() > MAX_RANGES {
            return None;
        }
    }
    let mut spots = Vec::with_capacity(accesses.len());
    let mut least = vec![0; ranges.len()];
    for &(range, distance) in &places {
        least[range] = distance.min(least[range]);
    }
    for (access, &(nth, distance)) in accesses.iter().zip(&places) {
        let range = &mut ranges[nth];
        let offset = (distance - least[nth]) as u64 * range.scale() + access.address.constant;
        range.length = range.length.max(offset + access.size);
        range.is_written |= access.is_store();
        spots.push(Spot { range: nth, offset });
    }
    for (range, least) in ranges.iter_mut().zip(least) {
        range.move_start(least);
    }
    Some((ranges, spots))
}

impl<'ctx> Range<'ctx> {
    fn starting_with(access: &Access<'ctx>) -> Self {
        Self {
            memory: access.memory,
            base: access.address.base,
            parts: access.address.parts.clone(),
            length: 0,
            is_written: false,
        }
    }

    /// How much larger the number is that an access is at, if it moves with this range.
    fn distance(&self, access: &Access<'ctx>) -> Option<i64> {
        let address = &access.address;
        let same = |((a, a_scale), (b, b_scale)): (&(Affine<'ctx>, u64), &(Affine<'ctx>, u64))| {
            a_scale == b_scale && a.moves_with(b)
        };
        let moves_along = self.base == address.base
            && self.memory == access.memory
            && self.parts.len() == address.parts.len()
            && self.parts.iter().zip(&address.parts).all(same);
        if !moves_along {
            return None;
        }
        match (self.parts.as_slice(), address.parts.as_slice()) {
            ([(mine, _)], [(its, _)]) => {
                Some(sign_extended(its.constant.wrapping_sub(mine.constant), 32))
            }
            _ => {
                let mut both = self.parts.iter().zip(&address.parts);
                both.all(|((mine, _), (its, _))| mine.constant == its.constant)
                    .then_some(0)
            }
        }
    }

    fn scale(&self) -> u64 {
        match self.parts.as_slice() {
            [(_, scale)] => *scale,
            _ => 1,
        }
    }

    fn move_start(&mut self, by: i64) {
        if let [(number, _)] = self.parts.as_mut_slice() {
            number.constant = u64::from((number.constant as u32).wrapping_add(by as u32));
        }
    }

    /// How many bytes further on each round is.
    pub(super) fn step(&self) -> i64 {
        let steps = self.parts.iter();
        steps
            .map(|(number, scale)| number.signed_step() * *scale as i64)
            .sum()
    }

    /// Requires that all accesses of all rounds are in bounds, and that no number wraps around on the way.
    pub(super) fn require(
        &self,
        guard: &mut Guard<'_, 'ctx>,
        further_rounds: IntValue<'ctx>,
    ) -> Extent<'ctx> {
        let mut first = guard.number(0);
        let mut low = guard.number(0);
        let mut end = guard.number(self.length);
        for (number, scale) in &self.parts {
            let start = guard.start(number);
            let start = guard.extended(start, false);
            let step = guard.number(number.signed_step() as u64);
            let way = built(guard.builder().build_int_mul(further_rounds, step, ""));
            let last = built(guard.builder().build_int_add(start, way, ""));
            let (lowest, highest) = match number.signed_step() >= 0 {
                true => {
                    // The end of a single number's range is below the size of a memory, which is 2^32 at most. A sum, or a
                    // multiple, could wrap around at 2^64 before that is seen.
                    if self.parts.len() > 1 || *scale > 1 {
                        guard.require(IntPredicate::ULT, last, guard.number(1 << 32));
                    }
                    (start, last)
                }
                false => {
                    guard.require(IntPredicate::SGE, last, guard.number(0));
                    (last, start)
                }
            };
            let scale = guard.number(*scale);
            for (sum, number) in [(&mut first, start), (&mut low, lowest), (&mut end, highest)] {
                let product = built(guard.builder().build_int_mul(number, scale, ""));
                *sum = built(guard.builder().build_int_add(*sum, product, ""));
            }
        }
        guard.require_bytes(self.memory, end);
        Extent { first, low, end }
    }

    /// Whether a loop that writes to one of two ranges and uses the other must know that they do not overlap.
    pub(super) fn may_interfere(&self, other: &Self) -> bool {
        self.memory == other.memory && (self.is_written || other.is_written)
    }
}
