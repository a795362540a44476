//! Which ranges of a loop do not overlap.
//!
//! What moves along in different ranges may be the same bytes, which LLVM would have to check for by itself, and does so badly where
//! code was unrolled before: it has one pair of bounds for each access. Here the guard compares the ranges, and their accesses carry
//! *alias scopes* that say so: one scope for each range.

use inkwell::values::{InstructionValue, MetadataValue};

use super::guard::Guard;
use super::range::{Extent, Range};
use crate::translator::built;
use crate::unit::Unit;

/// Pairs of ranges that are compared.
const MAX_PAIRS: usize = 16;

/// The scopes of a loop's ranges.
pub(super) struct Scopes<'ctx> {
    /// For each range, its scope and those that it is apart from, as lists.
    ranges: Vec<Option<(MetadataValue<'ctx>, MetadataValue<'ctx>)>>,
}

impl<'ctx> Scopes<'ctx> {
    /// Requires that ranges do not overlap where this matters.
    pub(super) fn require(
        ranges: &[Range<'ctx>],
        extents: &[Extent<'ctx>],
        guard: &mut Guard<'_, 'ctx>,
    ) -> Self {
        let count = ranges.len();
        let pairs = (0..count).flat_map(|b| (0..b).map(move |a| (a, b)));
        let pairs = pairs.filter(|&(a, b)| ranges[a].may_interfere(&ranges[b]));
        let pairs: Vec<_> = pairs.collect();
        let mut apart = vec![Vec::new(); count];
        if pairs.len() <= MAX_PAIRS {
            for (a, b) in pairs {
                if extents[a].require_apart(&extents[b], guard) {
                    apart[a].push(b);
                    apart[b].push(a);
                }
            }
        }
        Self::new(&apart, guard.unit)
    }

    fn new(apart: &[Vec<usize>], unit: &Unit<'ctx>) -> Self {
        let scopes = unit.metadata.scopes(apart.len());
        let list = |numbers: &[usize]| {
            let scopes: Vec<_> = numbers.iter().map(|&nth| scopes[nth].into()).collect();
            unit.context.metadata_node(&scopes)
        };
        let ranges = apart.iter().enumerate();
        let ranges =
            ranges.map(|(nth, others)| (!others.is_empty()).then(|| (list(&[nth]), list(others))));
        Self {
            ranges: ranges.collect(),
        }
    }

    /// Says that the scopes start anew: if what surrounds the loop is unrolled, each copy has its own.
    pub(super) fn declare(&self, unit: &Unit<'ctx>) {
        let declare = unit.intrinsic("llvm.experimental.noalias.scope.decl", &[]);
        for (scope, _) in self.ranges.iter().flatten() {
            built(unit.builder.build_call(declare, &[(*scope).into()], ""));
        }
    }

    /// An access belongs to a range.
    pub(super) fn describe(&self, access: InstructionValue<'ctx>, range: usize, unit: &Unit<'ctx>) {
        if let Some((scope, others)) = self.ranges[range] {
            unit.metadata.set_scopes(access, scope, others);
        }
    }
}
