//! Vectors: the hooks, and the shapes of code that operations on lanes have.
//!
//! - `arithmetic`: one operand or two, lanes of the same shape (or of half or twice the width). `compare`: masks and
//!   tests. `convert`: from one shape to another. `shift`.
//! - `lanes`: between scalars and lanes. `shuffle`: bytes of two vectors. `memory`.
//!
//! Most operations are one instruction, which a table gives. The others are sequences, which work in a register that holds
//! the first operand and may be changed; none of them needs more than SSE4.1.
//!
//! Where NaNs are to have the canonical bits, a vector remembers what its lanes are ([`Operand::nan`]) as long as nobody
//! reads it in another way.

mod arithmetic;
mod compare;
mod convert;
mod lanes;
mod memory;
mod shift;
mod shuffle;

use wasmill_compiler::ops::{Binary, Convert, Shape, Unary};

use super::float::{CANONICAL_NAN32, CANONICAL_NAN64};
use crate::aside::Rare;
use crate::generator::{Generator, SCRATCH_XMM};
use crate::locals::Pin;
use crate::location::{Kind, Loc, Operand};
use crate::pending::Pending;
use crate::x64::assembler::{Mem, Op, XmmRm};
use crate::x64::opcodes::{ANDPS, ORPS, XORPS, condition};
use crate::x64::registers::Xmm;
use crate::x64::vectors::*;

/// The instructions on lanes of floats.
fn floats(shape: Shape) -> &'static FloatOps {
    match shape {
        Shape::F32x4 => &SINGLES,
        _ => &DOUBLES,
    }
}

/// Orders of 32-bit lanes, two bits for each, the lowest first.
mod order {
    pub(super) const FIRST: u8 = 0;
    pub(super) const LOW_HALF: u8 = 0b01_00_01_00;
    pub(super) const HIGH_HALF: u8 = 0b11_10_11_10;
    /// Those of the first operand, then those of the second.
    pub(super) const EVEN_LANES: u8 = 0b10_00_10_00;
    /// Each of them twice.
    pub(super) const ODD_LANES: u8 = 0b11_11_01_01;
    /// The lanes of one half in the even places.
    pub(super) const SPREAD_LOW: u8 = 0b01_01_00_00;
    pub(super) const SPREAD_HIGH: u8 = 0b11_11_10_10;
}

/// A vector whose lanes, of so many bits, all hold these bits.
fn splat(bits: u32, lane: u64) -> u128 {
    let mut vector = u128::from(lane) & (u128::MAX >> (128 - bits));
    let mut width = bits;
    while width < 128 {
        vector |= vector << width;
        width *= 2;
    }
    vector
}

fn lane_bits(shape: Shape) -> u32 {
    shape.lane_bytes() * 8
}

/// Whether an operation gives NaNs of its own, in whatever form.
fn is_rounded(op: Unary) -> bool {
    use Unary::*;
    matches!(op, FSqrt | FCeil | FFloor | FTrunc | FNearest)
}

/// The same with two operands; the minimum and maximum of lanes give the canonical one.
fn is_arithmetic(op: Binary) -> bool {
    use Binary::*;
    matches!(op, FAdd | FSub | FMul | FDiv)
}

impl Generator<'_> {
    // ---- hooks

    pub(super) fn push_vector_constant(&mut self, bits: u128) {
        let Mem::Pool(offset) = self.asm().constant128(bits) else {
            unreachable!("constants are in the pool")
        };
        self.push(Kind::V128, Loc::Pool(offset), None);
    }

    pub(super) fn emit_vector_unary(&mut self, op: Unary, shape: Shape) {
        let is_bitwise = matches!(op, Unary::FAbs | Unary::FNeg);
        let a = self.pop_lanes((!is_bitwise).then_some(shape));
        let nan = self.nan_of(is_rounded(op), shape);
        self.push_pending(Kind::V128, Pending::Unary { op, shape, a }, nan);
    }

    pub(super) fn emit_vector_binary(&mut self, op: Binary, shape: Shape) {
        let is_bitwise = matches!(op, Binary::FPMin | Binary::FPMax);
        let lanes = (!is_bitwise).then_some(shape);
        let (b, a) = (self.pop_lanes(lanes), self.pop_lanes(lanes));
        let nan = self.nan_of(is_arithmetic(op), shape);
        self.push_pending(Kind::V128, Pending::Binary { op, shape, a, b }, nan);
    }

    pub(super) fn emit_vector_convert(&mut self, op: Convert, from: Shape, to: Shape) {
        let a = self.pop_lanes(Some(from));
        let is_rounded = matches!(op, Convert::Demote | Convert::Promote);
        let nan = self.nan_of(is_rounded, to);
        self.push_pending(Kind::V128, Pending::Convert { op, from, to, a }, nan);
    }

    /// Takes the topmost operand to compute with its lanes as floats of this shape; or to look at its bits in any other way.
    fn pop_lanes(&mut self, shape: Option<Shape>) -> Operand {
        let mut operand = self.pop();
        if operand.nan != shape {
            self.canonical(&mut operand);
        }
        operand
    }

    // ---- instructions

    /// `to = a op b`; `b` is not `to` unless `a` is, or AVX is there.
    fn apply(&mut self, op: impl Into<VectorOp>, to: Xmm, a: Xmm, b: impl Into<XmmRm>) {
        let VectorOp { op, imm } = op.into();
        match imm {
            None => self.xmm_op(op, to, a, b.into()),
            Some(imm) => self.xmm_op_imm(op, to, a, b.into(), imm),
        }
    }

    /// `to = op from`; or, where the instruction does not write, `to op from`.
    fn apply_one(&mut self, op: impl Into<VectorOp>, to: Xmm, from: impl Into<XmmRm>) {
        let VectorOp { op, imm } = op.into();
        let tail = u8::from(imm.is_some());
        match self.environment.cpu.avx {
            true => self.asm().vex(op, false, to.0, 0, from.into(), tail),
            false => self.asm().sse(op, false, to, from.into(), tail),
        }
        if let Some(imm) = imm {
            self.asm().imm8(imm);
        }
    }

    /// `to = scratch op b`, whose operands must stay in this order; `b` may be `to`. The scratch register is lost.
    fn apply_to_scratch(&mut self, op: Op, to: Xmm, b: XmmRm) {
        if self.environment.cpu.avx {
            self.apply(op, to, SCRATCH_XMM, b);
        } else {
            self.apply(op, SCRATCH_XMM, SCRATCH_XMM, b);
            self.move_xmm(to, SCRATCH_XMM);
        }
    }

    /// `to = a op constant`
    fn apply_constant(&mut self, op: impl Into<VectorOp>, to: Xmm, a: Xmm, constant: u128) {
        let constant = self.asm().constant128(constant);
        self.apply(op, to, a, constant);
    }

    /// Shifts all lanes.
    fn shift_lanes(&mut self, shift: LaneShift, to: Xmm, from: Xmm, count: u8) {
        let (op, digit) = (shift.by_number, shift.digit);
        if self.environment.cpu.avx {
            self.asm().vex(op, false, digit, to.0, from.into(), 1);
        } else {
            self.move_xmm(to, from);
            self.asm().sse(op, false, Xmm(digit), to.into(), 1);
        }
        self.asm().imm8(count);
    }

    fn load_constant(&mut self, to: Xmm, constant: u128) {
        let constant = self.asm().constant128(constant);
        self.load_xmm(Kind::V128, to, constant);
    }

    /// Sets all bits.
    fn set_ones(&mut self, to: Xmm) {
        self.asm().sse(PCMPEQD, false, to, to.into(), 0);
    }

    /// Inverts all bits. The scratch register is lost.
    fn invert(&mut self, to: Xmm, from: Xmm) {
        self.set_ones(SCRATCH_XMM);
        self.apply(PXOR, to, from, SCRATCH_XMM);
    }

    // ---- shapes of code

    /// `op a`, in one instruction.
    fn one_operand(&mut self, op: impl Into<VectorOp>, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let from = self.vector_or_memory(&mut a);
        let to = self.result_xmm(want, &[a]);
        self.apply_one(op, to, from);
        to
    }

    /// `a op constant`, in one instruction.
    fn with_constant(
        &mut self,
        op: impl Into<VectorOp>,
        mut a: Operand,
        constant: u128,
        want: Option<Xmm>,
    ) -> Xmm {
        let from = self.xmm(&mut a);
        let to = self.result_xmm(want, &[a]);
        self.apply_constant(op, to, from, constant);
        to
    }

    /// `a op b`, in one instruction.
    fn two_operands(
        &mut self,
        op: impl Into<VectorOp>,
        mut a: Operand,
        mut b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        if self.environment.cpu.avx {
            let first = self.xmm(&mut a);
            let second = self.vector_or_memory(&mut b);
            let to = self.result_xmm(want, &[a, b]);
            self.apply(op, to, first, second);
            return to;
        }
        let (to, second) = self.sequence_operands(a, &mut b, want);
        self.apply(op, to, to, second);
        self.release(b);
        to
    }

    /// The same where operands may be swapped: first what is in a register, if possible in one that can be overwritten.
    fn commuting(
        &mut self,
        op: impl Into<VectorOp>,
        a: Operand,
        b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        let own = b.is_own_xmm() && !a.is_own_xmm();
        let near = self.place_is_xmm(&b) && !self.place_is_xmm(&a);
        match own || near {
            true => self.two_operands(op, b, a, want),
            false => self.two_operands(op, a, b, want),
        }
    }

    /// Whether an operand is in a vector register, its own or that of its local.
    fn place_is_xmm(&self, operand: &Operand) -> bool {
        match operand.loc {
            Loc::Xmm(_) => true,
            Loc::Local(local) => matches!(self.tables.locals.get(local).pin, Pin::Xmm(_)),
            _ => false,
        }
    }

    /// Two operands for a sequence: the first in a register that may be changed (it is gone then), the second in another
    /// one, to be read.
    fn sequence_operands(&mut self, a: Operand, b: &mut Operand, want: Option<Xmm>) -> (Xmm, Xmm) {
        let second = self.xmm(b);
        let want = want.filter(|&want| want != second);
        (self.xmm_to_change(a, want), second)
    }

    // ---- NaNs

    /// Marks in the scratch register the lanes in which `a` or `b` is a NaN.
    pub(super) fn mark_nans(&mut self, shape: Shape, a: Xmm, b: Xmm) {
        let unordered = floats(shape).compare.imm(predicate::UNORDERED);
        self.apply(unordered, SCRATCH_XMM, a, b);
    }

    /// Puts the canonical NaN into the lanes that are marked, if there are any.
    pub(super) fn replace_marked(&mut self, shape: Shape, reg: Xmm) {
        self.apply_one(PTEST, SCRATCH_XMM, SCRATCH_XMM);
        self.aside_if(condition::NOT_EQUAL, Rare::Canonical { shape, reg });
    }

    /// Puts the canonical NaN into the lanes that are marked. The scratch register is lost.
    pub(super) fn put_nan_in_lanes(&mut self, shape: Shape, to: Xmm) {
        let canonical = match shape {
            Shape::F32x4 => splat(32, CANONICAL_NAN32),
            _ => splat(64, CANONICAL_NAN64),
        };
        if self.environment.cpu.avx {
            let blend = floats(shape).blend.imm(SCRATCH_XMM.0 << 4);
            self.apply_constant(blend, to, to, canonical);
        } else {
            // All bits, and then without those that the canonical one lacks.
            self.apply(ORPS, to, to, SCRATCH_XMM);
            self.apply_constant(ANDPS, SCRATCH_XMM, SCRATCH_XMM, !canonical);
            self.apply(XORPS, to, to, SCRATCH_XMM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::splat;

    #[test]
    fn constants_are_repeated_in_all_lanes() {
        assert_eq!(splat(8, 0xf3), 0xf3f3_f3f3_f3f3_f3f3_f3f3_f3f3_f3f3_f3f3);
        assert_eq!(
            splat(16, 0x10002),
            0x0002_0002_0002_0002_0002_0002_0002_0002
        );
        assert_eq!(splat(32, 7), 0x0000_0007_0000_0007_0000_0007_0000_0007);
        assert_eq!(splat(64, u64::MAX - 1), u128::MAX - (1 << 64) - 1);
    }
}
