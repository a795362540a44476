//! Comparisons, and what is done with conditions: branches take them as flags, everything else as a number.

use wasmill_compiler::ops::{Binary, Compare, Shape, Test};
use wasmill_types::Type;

use super::float::scalar_ops;
use crate::generator::{Generator, SCRATCH, SCRATCH_XMM};
use crate::location::{Kind, Loc, Operand};
use crate::pending::Pending;
use crate::x64::assembler::Label;
use crate::x64::opcodes::{ANDPS, Alu, ScalarOps, Widen, XORPS, condition};
use crate::x64::registers::{Gpr, Xmm};
use crate::x64::vectors::predicate;

/// What the processor's flags say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The condition with this number.
    Flag(u8),
    /// Two floats were compared, and are equal: two flags say so.
    FloatEqual,
    /// Two floats were compared, and are not equal.
    FloatNotEqual,
}

impl Condition {
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Flag(number) => Self::Flag(number ^ 1),
            Self::FloatEqual => Self::FloatNotEqual,
            Self::FloatNotEqual => Self::FloatEqual,
        }
    }
}

/// The condition of an integer comparison, and of the one with the operands swapped.
fn integer_condition(op: Compare) -> (u8, u8) {
    use condition::*;
    match op {
        Compare::IEq => (EQUAL, EQUAL),
        Compare::INe => (NOT_EQUAL, NOT_EQUAL),
        Compare::ILtS => (LESS, GREATER),
        Compare::ILtU => (BELOW, ABOVE),
        Compare::IGtS => (GREATER, LESS),
        Compare::IGtU => (ABOVE, BELOW),
        Compare::ILeS => (LESS_EQUAL, GREATER_EQUAL),
        Compare::ILeU => (BELOW_EQUAL, ABOVE_EQUAL),
        Compare::IGeS => (GREATER_EQUAL, LESS_EQUAL),
        Compare::IGeU => (ABOVE_EQUAL, BELOW_EQUAL),
        _ => unreachable!("floats are compared elsewhere"),
    }
}

impl Generator<'_> {
    pub(super) fn emit_test(&mut self, op: Test, shape: Shape) {
        if op != Test::Eqz {
            self.settle();
            return self.emit_vector_test(op, shape);
        }
        if shape == Shape::I32 {
            match &mut self.pending {
                Pending::IsZero { not, .. }
                | Pending::IsDisjoint { not, .. }
                | Pending::Compare { not, .. } => {
                    *not = !*not;
                    return;
                }
                _ => {}
            }
        }
        if let Pending::Binary {
            op: Binary::And,
            shape,
            a,
            b,
        } = self.pending
            && !shape.is_vector()
        {
            self.pending = Pending::None;
            self.pop();
            let not = false;
            self.push_pending(Kind::I32, Pending::IsDisjoint { a, b, not }, None);
            return;
        }
        self.settle();
        self.emit_is_zero();
    }

    pub(super) fn emit_is_zero(&mut self) {
        let a = self.pop();
        let not = false;
        self.push_pending(Kind::I32, Pending::IsZero { a, not }, None);
    }

    pub(super) fn emit_compare(&mut self, op: Compare, shape: Shape) {
        if shape.is_vector() {
            return self.emit_vector_compare(op, shape);
        }
        let (b, a) = (self.pop(), self.pop());
        let not = false;
        let pending = Pending::Compare {
            op,
            shape,
            a,
            b,
            not,
        };
        self.push_pending(Kind::I32, pending, None);
    }

    /// Compares; gives the condition under which the answer is yes.
    pub(crate) fn compute_condition(&mut self, pending: Pending) -> Condition {
        let (condition, not) = match pending {
            Pending::IsZero { a, not } => (self.is_zero(a), not),
            Pending::IsDisjoint { a, b, not } => (self.is_disjoint(a, b), not),
            Pending::Compare {
                op,
                shape,
                a,
                b,
                not,
            } => {
                let condition = match shape {
                    Shape::I32 | Shape::I64 => self.compare_integers(op, a, b),
                    _ => self.compare_floats(op, a, b),
                };
                (condition, not)
            }
            _ => unreachable!("a comparison is pending"),
        };
        match not {
            true => condition.negated(),
            false => condition,
        }
    }

    fn is_zero(&mut self, mut a: Operand) -> Condition {
        let wide = a.kind.is_wide();
        match self.gpr_or_memory(&mut a) {
            crate::x64::assembler::Rm::Reg(reg) => self.asm().test(wide, reg, reg),
            memory => self.asm().alu_imm(Alu::Cmp, wide, memory, 0),
        }
        self.release(a);
        Condition::Flag(condition::EQUAL)
    }

    fn is_disjoint(&mut self, mut a: Operand, mut b: Operand) -> Condition {
        let wide = a.kind.is_wide();
        if a.immediate().is_some() {
            std::mem::swap(&mut a, &mut b);
        }
        if let Some(value) = b.immediate() {
            let a = self.gpr_or_memory(&mut a);
            self.asm().test_imm(wide, a, value);
        } else {
            let (a, b) = (self.gpr(&mut a), self.gpr(&mut b));
            self.asm().test(wide, a, b);
        }
        self.release(a);
        self.release(b);
        Condition::Flag(condition::EQUAL)
    }

    fn compare_integers(&mut self, op: Compare, mut a: Operand, mut b: Operand) -> Condition {
        let wide = a.kind.is_wide();
        let (mut condition, swapped) = integer_condition(op);
        if a.immediate().is_some() && b.immediate().is_none() {
            std::mem::swap(&mut a, &mut b);
            condition = swapped;
        }
        match b.immediate() {
            Some(0) if self.place_is_gpr(&a) => {
                let reg = self.gpr(&mut a);
                self.asm().test(wide, reg, reg);
            }
            Some(value) => {
                let a = self.gpr_or_memory(&mut a);
                self.asm().alu_imm(Alu::Cmp, wide, a, value);
            }
            None => {
                let reg = self.gpr(&mut a);
                let b = self.gpr_or_memory(&mut b);
                self.asm().alu(Alu::Cmp, wide, reg, b);
            }
        }
        self.release(a);
        self.release(b);
        Condition::Flag(condition)
    }

    fn compare_floats(&mut self, op: Compare, mut a: Operand, mut b: Operand) -> Condition {
        let compare = scalar_ops(a.kind).compare;
        // Only "above" and "above or equal" are false for NaNs.
        if matches!(op, Compare::FLt | Compare::FLe) {
            std::mem::swap(&mut a, &mut b);
        }
        let reg = self.xmm(&mut a);
        let other = self.xmm_or_memory(&mut b);
        self.asm().sse1(compare, false, reg, other, 0);
        self.release(a);
        self.release(b);
        match op {
            Compare::FEq => Condition::FloatEqual,
            Compare::FNe => Condition::FloatNotEqual,
            Compare::FLt | Compare::FGt => Condition::Flag(condition::ABOVE),
            _ => Condition::Flag(condition::ABOVE_EQUAL),
        }
    }

    /// Sets a register to 1 if a condition holds, to 0 otherwise.
    pub(crate) fn set_if(&mut self, condition: Condition, to: Gpr) {
        match condition {
            Condition::Flag(number) => self.asm().set_if(number, to),
            Condition::FloatEqual => {
                self.asm().set_if(condition::NOT_PARITY, SCRATCH);
                self.asm().set_if(condition::EQUAL, to);
                self.asm().alu(Alu::And, false, to, SCRATCH.into());
            }
            Condition::FloatNotEqual => {
                self.asm().set_if(condition::PARITY, SCRATCH);
                self.asm().set_if(condition::NOT_EQUAL, to);
                self.asm().alu(Alu::Or, false, to, SCRATCH.into());
            }
        }
        self.asm().mov_widen(Widen::Zero8, false, to, to.into());
    }

    /// Jumps if a condition holds.
    pub(crate) fn jump_if(&mut self, condition: Condition, label: &mut Label) {
        match condition {
            Condition::Flag(number) => self.asm().jump_if(number, label),
            Condition::FloatEqual => {
                let past = self.asm().short_jump_if(condition::PARITY);
                self.asm().jump_if(condition::EQUAL, label);
                self.asm().land(past);
            }
            Condition::FloatNotEqual => {
                self.asm().jump_if(condition::PARITY, label);
                self.asm().jump_if(condition::NOT_EQUAL, label);
            }
        }
    }

    pub(super) fn emit_select(&mut self, ty: Type) {
        let kind = Kind::from(ty);
        match kind.is_general() {
            true => self.select_general(kind),
            false => self.select_vector(kind),
        }
    }

    /// `b` where the condition is zero; `a` takes its place by a conditional move.
    fn select_general(&mut self, kind: Kind) {
        // What the condition is computed from is held, so the operands below can be taken first.
        let pending = self.take_condition();
        let (b, mut a) = (self.pop(), self.pop());
        let from = self.gpr_or_memory(&mut a);
        let to = self.gpr_to_change(b, None);
        let condition = self.compute_condition(pending);
        let wide = kind.is_wide();
        match condition {
            Condition::Flag(number) => self.asm().cmov(number, wide, to, from),
            Condition::FloatNotEqual => {
                self.asm().cmov(condition::PARITY, wide, to, from);
                self.asm().cmov(condition::NOT_EQUAL, wide, to, from);
            }
            Condition::FloatEqual => {
                let past = self.asm().short_jump_if(condition::PARITY);
                self.asm().cmov(condition::EQUAL, wide, to, from);
                self.asm().land(past);
            }
        }
        self.release(a);
        self.push_gpr(kind, to);
    }

    fn select_vector(&mut self, kind: Kind) {
        let pending = self.take_condition();
        let (mut b, mut a) = (self.pop(), self.pop());
        if self.is_number(&a) {
            a.nan = b.nan;
        } else if self.is_number(&b) {
            b.nan = a.nan;
        }
        if a.nan != b.nan {
            // One of them has the bits that it is to have, whatever they are.
            self.canonical(&mut b);
            self.canonical(&mut a);
        }
        let to = match pending {
            Pending::Compare {
                op,
                shape,
                a: x,
                b: y,
                not,
            } if kind == shape.into() => match not {
                true => self.select_by_floats(op, x, y, b, a),
                false => self.select_by_floats(op, x, y, a, b),
            },
            _ => self.select_by_branch(pending, a, b),
        };
        self.push(kind, Loc::Xmm(to), a.nan);
    }

    /// `a` if the comparison of `x` and `y`, floats of the same kind, holds, `b` otherwise.
    fn select_by_floats(
        &mut self,
        op: Compare,
        mut x: Operand,
        mut y: Operand,
        a: Operand,
        b: Operand,
    ) -> Xmm {
        let ops = scalar_ops(a.kind);
        if matches!(op, Compare::FGt | Compare::FGe) {
            std::mem::swap(&mut x, &mut y);
        }
        let predicate = match op {
            Compare::FEq => predicate::EQUAL,
            Compare::FNe => predicate::NOT_EQUAL,
            Compare::FLt | Compare::FGt => predicate::LESS,
            _ => predicate::LESS_EQUAL,
        };
        // Of floats that are not less the processor's instructions give the second, as here: NaNs and zeros too.
        let bound = match predicate {
            predicate::LESS if a.is_same(&x) && b.is_same(&y) => Some(ops.min),
            predicate::LESS if a.is_same(&y) && b.is_same(&x) => Some(ops.max),
            _ => None,
        };
        match bound {
            Some(bound) => self.scalar_op(bound, false, a, b, None),
            None => self.select_by_mask(ops, predicate, x, y, a, b),
        }
    }

    fn select_by_mask(
        &mut self,
        ops: &ScalarOps,
        predicate: u8,
        mut x: Operand,
        mut y: Operand,
        mut a: Operand,
        b: Operand,
    ) -> Xmm {
        let to = self.xmm_to_change(b, None);
        let chosen = self.xmm(&mut a);
        let first = self.xmm(&mut x);
        let second = self.xmm_or_memory(&mut y);
        let mask = SCRATCH_XMM;
        if self.environment.cpu.avx {
            self.xmm_op_imm(ops.mask, mask, first, second, predicate);
            self.xmm_op_imm(ops.blend, to, to, chosen.into(), mask.0 << 4);
        } else {
            // Where the opposite holds, what `to` differs in stays.
            self.xmm_op_imm(ops.mask, mask, first, second, predicate ^ predicate::NOT);
            self.asm().sse(XORPS, false, to, chosen.into(), 0);
            self.asm().sse(ANDPS, false, to, mask.into(), 0);
            self.asm().sse(XORPS, false, to, chosen.into(), 0);
        }
        for operand in [x, y, a] {
            self.release(operand);
        }
        to
    }

    fn select_by_branch(&mut self, pending: Pending, mut a: Operand, b: Operand) -> Xmm {
        let from = self.xmm(&mut a);
        let to = self.xmm_to_change(b, None);
        let condition = self.compute_condition(pending);
        match condition.negated() {
            Condition::Flag(number) => {
                let past = self.asm().short_jump_if(number);
                self.move_xmm(to, from);
                self.asm().land(past);
            }
            Condition::FloatEqual => {
                let take = self.asm().short_jump_if(condition::PARITY);
                let past = self.asm().short_jump_if(condition::EQUAL);
                self.asm().land(take);
                self.move_xmm(to, from);
                self.asm().land(past);
            }
            Condition::FloatNotEqual => {
                let first = self.asm().short_jump_if(condition::PARITY);
                let second = self.asm().short_jump_if(condition::NOT_EQUAL);
                self.move_xmm(to, from);
                self.asm().land(first);
                self.asm().land(second);
            }
        }
        self.release(a);
        to
    }

    /// Takes the topmost operand as a condition that is compared later.
    pub(super) fn take_condition(&mut self) -> Pending {
        match self.pending {
            Pending::IsZero { .. } | Pending::IsDisjoint { .. } | Pending::Compare { .. } => {
                let pending = std::mem::replace(&mut self.pending, Pending::None);
                self.pop();
                pending
            }
            Pending::Binary {
                op: Binary::And,
                shape: Shape::I32,
                a,
                b,
            } => {
                self.pending = Pending::None;
                self.pop();
                Pending::IsDisjoint { a, b, not: true }
            }
            _ => {
                self.settle();
                let a = self.pop();
                Pending::IsZero { a, not: true }
            }
        }
    }
}
