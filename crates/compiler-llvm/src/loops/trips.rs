//! How often a loop goes round.

use inkwell::IntPredicate;
use inkwell::values::{BasicValue, InstructionOpcode, InstructionValue, IntValue};

use super::affine::{Affine, Analysis, MAX_STEP};
use super::find::Loop;
use super::guard::Guard;
use crate::translator::built;

/// The comparison that ends each round: the loop goes on while `number predicate bound`.
pub(super) struct Trips<'ctx> {
    number: Affine<'ctx>,
    predicate: IntPredicate,
    bound: IntValue<'ctx>,
}

impl<'ctx> Trips<'ctx> {
    /// What is known of a loop, if it counts.
    pub(super) fn of(inner: &Loop<'ctx>, analysis: &mut Analysis<'_, 'ctx>) -> Option<Self> {
        let branch = inner.latch.get_terminator()?;
        if branch.get_num_operands() != 3 {
            return None;
        }
        let condition = branch.get_operand(0)?.value()?.into_int_value();
        // The operands of a branch are its condition, where it goes to if that is zero, and where it goes to otherwise.
        let goes_on_if_true = branch.get_operand(2)?.block()? == inner.header;
        let compare = condition.as_instruction_value()?;
        let predicate = compare.get_icmp_predicate()?;
        let [a, b] = [0, 1].map(|nth| integer(compare, nth));
        let (a, b) = (a?, b?);
        let (number, bound, predicate) = match analysis.is_invariant(b) {
            true => (a, b, predicate),
            false => (b, a, swapped(predicate)),
        };
        let predicate = match goes_on_if_true {
            true => predicate,
            false => inverse(predicate),
        };
        let number = analysis.affine(number)?;
        let step = number.signed_step();
        let is_counted = match predicate {
            IntPredicate::NE => step != 0,
            // Those of 64 bits might leave the range that is computed with.
            _ if number.width != 32 => false,
            IntPredicate::ULT | IntPredicate::ULE | IntPredicate::SLT | IntPredicate::SLE => {
                step > 0
            }
            IntPredicate::UGT | IntPredicate::UGE | IntPredicate::SGT | IntPredicate::SGE => {
                step < 0
            }
            IntPredicate::EQ => false,
        };
        let is_small = step.unsigned_abs() <= MAX_STEP;
        (is_counted && is_small && analysis.is_invariant(bound)).then_some(Self {
            number,
            predicate,
            bound,
        })
    }

    /// The number of rounds after the first one, at most: 64 bits, and no more than 2^32. What must hold for it to be right goes into
    /// the guard.
    pub(super) fn further_rounds(&self, guard: &mut Guard<'_, 'ctx>) -> IntValue<'ctx> {
        let step = self.number.signed_step();
        let start = guard.start(&self.number);
        let bound = guard.frozen(self.bound);
        if self.predicate == IntPredicate::NE {
            return self.rounds_until_equal(guard, start, bound);
        }
        let signed = matches!(
            self.predicate,
            IntPredicate::SLT | IntPredicate::SLE | IntPredicate::SGT | IntPredicate::SGE
        );
        let [start, bound] = [start, bound].map(|number| guard.extended(number, signed));
        // As if the bound itself always ended it.
        let bound = match self.predicate {
            IntPredicate::ULE | IntPredicate::SLE => guard.add(bound, 1),
            IntPredicate::UGE | IntPredicate::SGE => guard.add(bound, -1),
            _ => bound,
        };
        let (low, high) = match step > 0 {
            true => (start, bound),
            false => (bound, start),
        };
        let builder = guard.builder();
        let goes_on = built(builder.build_int_compare(IntPredicate::SLT, low, high, ""));
        let distance = built(builder.build_int_sub(high, low, ""));
        let size = step.unsigned_abs();
        let rounded = guard.add(distance, size as i64 - 1);
        let rounds = built(builder.build_int_unsigned_div(rounded, guard.number(size), ""));
        let rounds = built(builder.build_select(goes_on, rounds, guard.number(0), ""));
        let rounds = rounds.into_int_value();
        // The last number, which ends the loop, must not have wrapped around.
        let way = built(builder.build_int_mul(rounds, guard.number(step as u64), ""));
        let last = built(builder.build_int_add(start, way, ""));
        let (least, most) = match signed {
            true => (i64::from(i32::MIN), i64::from(i32::MAX)),
            false => (0, i64::from(u32::MAX)),
        };
        let (predicate, limit) = match step > 0 {
            true => (IntPredicate::SLE, most),
            false => (IntPredicate::SGE, least),
        };
        guard.require(predicate, last, guard.number(limit as u64));
        rounds
    }

    /// Those of a loop that ends when its number is the bound: counting round after round, it gets there, if ever, without wrapping around
    /// more than the distance itself does.
    fn rounds_until_equal(
        &self,
        guard: &mut Guard<'_, 'ctx>,
        start: IntValue<'ctx>,
        bound: IntValue<'ctx>,
    ) -> IntValue<'ctx> {
        let step = self.number.signed_step();
        let (low, high) = match step > 0 {
            true => (start, bound),
            false => (bound, start),
        };
        let distance = built(guard.builder().build_int_sub(high, low, ""));
        let distance = guard.extended(distance, false);
        let size = guard.number(step.unsigned_abs());
        let rest = built(guard.builder().build_int_unsigned_rem(distance, size, ""));
        guard.require(IntPredicate::EQ, rest, guard.number(0));
        let rounds = built(guard.builder().build_int_unsigned_div(distance, size, ""));
        if self.number.width == 64 {
            guard.require(IntPredicate::ULE, rounds, guard.number(1 << 32));
        }
        rounds
    }
}

fn integer<'ctx>(instruction: InstructionValue<'ctx>, nth: u32) -> Option<IntValue<'ctx>> {
    debug_assert_eq!(instruction.get_opcode(), InstructionOpcode::ICmp);
    let operand = instruction.get_operand(nth)?.value()?;
    operand.is_int_value().then(|| operand.into_int_value())
}

/// The comparison of the same operands the other way round.
fn swapped(predicate: IntPredicate) -> IntPredicate {
    use IntPredicate::*;
    match predicate {
        EQ | NE => predicate,
        UGT => ULT,
        UGE => ULE,
        ULT => UGT,
        ULE => UGE,
        SGT => SLT,
        SGE => SLE,
        SLT => SGT,
        SLE => SGE,
    }
}

/// The comparison that holds where this one does not.
fn inverse(predicate: IntPredicate) -> IntPredicate {
    use IntPredicate::*;
    match predicate {
        EQ => NE,
        NE => EQ,
        UGT => ULE,
        UGE => ULT,
        ULT => UGE,
        ULE => UGT,
        SGT => SLE,
        SGE => SLT,
        SLT => SGE,
        SLE => SGT,
    }
}
