//! Arithmetic on scalar floats.
//!
//! Where NaNs are to have the canonical bits, results are not made canonical one by one: NaNs stay NaNs from operation to
//! operation, so an operand only remembers that it may be one ([`Operand::nan`]) until its bits can be seen: when it is
//! stored, passed on, reinterpreted, or its sign is taken.

use wasmill_compiler::ops::{Binary, Shape, Unary};

use crate::aside::Rare;
use crate::generator::{Generator, SCRATCH_XMM};
use crate::location::{Kind, Loc, Operand};
use crate::pending::Pending;
use crate::x64::assembler::{Op, XmmRm};
use crate::x64::opcodes::*;
use crate::x64::registers::Xmm;

/// The bits that NaNs have where they can be seen.
pub(super) const CANONICAL_NAN32: u64 = 0x7fc0_0000;
pub(super) const CANONICAL_NAN64: u64 = 0x7ff8_0000_0000_0000;

/// What a way of rounding is called in instructions; none of them reports that it was inexact.
pub(super) fn rounding(op: Unary) -> u8 {
    const QUIET: u8 = 8;
    QUIET
        | match op {
            Unary::FNearest => 0,
            Unary::FFloor => 1,
            Unary::FCeil => 2,
            _ => 3,
        }
}

/// The instructions on the lowest lane.
pub(super) fn scalar_ops(kind: Kind) -> &'static ScalarOps {
    match kind {
        Kind::F32 => &SINGLE,
        _ => &DOUBLE,
    }
}

fn sign_bit(kind: Kind) -> u64 {
    match kind {
        Kind::F32 => 1 << 31,
        _ => 1 << 63,
    }
}

impl Generator<'_> {
    pub(super) fn emit_float_unary(&mut self, op: Unary, shape: Shape) {
        let mut a = self.pop();
        let is_bitwise = matches!(op, Unary::FAbs | Unary::FNeg);
        if is_bitwise {
            self.canonical(&mut a);
        }
        let nan = self.nan_of(!is_bitwise, shape);
        self.push_pending(shape.into(), Pending::Unary { op, shape, a }, nan);
    }

    pub(super) fn emit_float_binary(&mut self, op: Binary, shape: Shape) {
        let (mut b, mut a) = (self.pop(), self.pop());
        let is_bitwise = op == Binary::FCopysign;
        if is_bitwise {
            self.canonical(&mut b);
            self.canonical(&mut a);
        }
        let nan = self.nan_of(!is_bitwise, shape);
        let pending = Pending::Binary { op, shape, a, b };
        self.push_pending(shape.into(), pending, nan);
    }

    /// What a result is still to get the canonical bits of, if it is that of arithmetic.
    pub(super) fn nan_of(&self, is_arithmetic: bool, shape: Shape) -> Option<Shape> {
        (is_arithmetic && self.environment.canonical_nans).then_some(shape)
    }

    /// Whether an operand is a constant without a NaN; of vectors only zero is known to be one.
    pub(super) fn is_number(&mut self, operand: &Operand) -> bool {
        match (operand.loc, operand.kind) {
            (Loc::Const(bits), Kind::F32) => !f32::from_bits(bits as u32).is_nan(),
            (Loc::Const(bits), _) => !f64::from_bits(bits).is_nan(),
            (Loc::Pool(constant), _) => self.asm().is_zero128(constant),
            _ => false,
        }
    }

    /// Makes an operand's bits, or those of its lanes, those of the canonical NaN if it may be another one.
    pub(crate) fn canonical(&mut self, operand: &mut Operand) {
        let Some(shape) = operand.nan.take() else {
            return;
        };
        let reg = self.xmm_to_change(*operand, None);
        operand.loc = Loc::Xmm(reg);
        self.make_canonical(shape, reg);
    }

    /// Replaces NaNs by the canonical one.
    pub(crate) fn make_canonical(&mut self, shape: Shape, reg: Xmm) {
        debug_assert!(!self.flags_live);
        if shape.is_vector() {
            self.mark_nans(shape, reg, reg);
            return self.replace_marked(shape, reg);
        }
        let compare = scalar_ops(shape.into()).compare;
        self.asm().sse1(compare, false, reg, reg.into(), 0);
        self.aside_if(condition::PARITY, Rare::Canonical { shape, reg });
    }

    /// Puts the canonical NaN into a register, or into those of its lanes that are marked in the scratch register.
    pub(crate) fn put_nan(&mut self, shape: Shape, reg: Xmm) {
        match shape {
            Shape::F32 => self.set_xmm(Kind::F32, reg, CANONICAL_NAN32),
            Shape::F64 => self.set_xmm(Kind::F64, reg, CANONICAL_NAN64),
            _ => self.put_nan_in_lanes(shape, reg),
        }
    }

    pub(super) fn float_unary(&mut self, op: Unary, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let kind = a.kind;
        if matches!(op, Unary::FAbs | Unary::FNeg) {
            let to = self.xmm_to_change(a, want);
            let (op, mask) = match op {
                Unary::FAbs => (ANDPS, sign_bit(kind) - 1),
                _ => (XORPS, sign_bit(kind)),
            };
            self.set_xmm(kind, SCRATCH_XMM, mask);
            self.asm().sse(op, false, to, SCRATCH_XMM.into(), 0);
            return to;
        }
        let from = self.xmm_or_memory(&mut a);
        let to = self.result_xmm(want, &[a]);
        if op == Unary::FSqrt {
            self.lowest_lane_op(scalar_ops(kind).sqrt, to, from, 0);
        } else {
            self.lowest_lane_op(scalar_ops(kind).round, to, from, 1);
            self.asm().imm8(rounding(op));
        }
        to
    }

    /// `to = op from`, where the instruction takes the other lanes from a further operand: from the source itself, if it
    /// can, so that nothing else must be waited for.
    pub(super) fn lowest_lane_op(&mut self, op: Op, to: Xmm, from: XmmRm, tail: u8) {
        match from {
            XmmRm::Reg(other) if self.environment.cpu.avx => {
                self.asm().vex(op, false, to.0, other.0, from, tail);
            }
            _ => self.asm().sse(op, false, to, from, tail),
        }
    }

    pub(super) fn float_binary(
        &mut self,
        op: Binary,
        a: Operand,
        b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        let ops = scalar_ops(a.kind);
        match op {
            Binary::FAdd => self.scalar_op(ops.add, true, a, b, want),
            Binary::FSub => self.scalar_op(ops.sub, false, a, b, want),
            Binary::FMul => self.scalar_op(ops.mul, true, a, b, want),
            Binary::FDiv => self.scalar_op(ops.div, false, a, b, want),
            Binary::FMin => self.minimum(ops, ops.min, ORPS, a, b),
            Binary::FMax => self.minimum(ops, ops.max, ANDPS, a, b),
            Binary::FCopysign => self.copy_sign(a, b),
            _ => unreachable!("no operation on scalar floats"),
        }
    }

    pub(super) fn scalar_op(
        &mut self,
        op: Op,
        commutes: bool,
        mut a: Operand,
        mut b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        if self.environment.cpu.avx {
            let first = self.xmm(&mut a);
            let second = self.xmm_or_memory(&mut b);
            let to = self.result_xmm(want, &[a, b]);
            self.asm().vex(op, false, to.0, first.0, second, 0);
            return to;
        }
        if commutes && b.is_own_xmm() && !a.is_own_xmm() {
            std::mem::swap(&mut a, &mut b);
        }
        let second = self.xmm_or_memory(&mut b);
        let want = want.filter(|&want| second != XmmRm::Reg(want));
        let to = self.xmm_to_change(a, want);
        self.asm().sse(op, false, to, second, 0);
        self.release(b);
        to
    }

    /// The processor's own gives the second operand for zeros of both signs and for NaNs. These are seldom, and left to
    /// [`Rare::Bound`].
    fn minimum(
        &mut self,
        ops: &'static ScalarOps,
        op: Op,
        of_equals: Op,
        a: Operand,
        mut b: Operand,
    ) -> Xmm {
        let second = self.xmm(&mut b);
        let to = self.xmm_to_change(a, None);
        self.asm().sse1(ops.compare, false, to, second.into(), 0);
        let bound = Rare::Bound {
            ops,
            of_equals,
            to,
            second,
        };
        // So it is for NaNs.
        self.aside_if(condition::EQUAL, bound);
        self.asm().sse(op, false, to, second.into(), 0);
        self.return_here();
        self.release(b);
        to
    }

    fn copy_sign(&mut self, a: Operand, b: Operand) -> Xmm {
        let kind = a.kind;
        let to = self.xmm_to_change(a, None);
        let sign = self.xmm_to_change(b, None);
        self.set_xmm(kind, SCRATCH_XMM, sign_bit(kind));
        self.asm().sse(ANDPS, false, sign, SCRATCH_XMM.into(), 0);
        self.asm().sse(ANDNPS, false, SCRATCH_XMM, to.into(), 0);
        self.asm().sse(ORPS, false, sign, SCRATCH_XMM.into(), 0);
        self.free_xmm(to);
        sign
    }
}
