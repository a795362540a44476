//! Arithmetic and logic on lanes.

use wasmill_compiler::ops::Binary::*;
use wasmill_compiler::ops::Shape::*;
use wasmill_compiler::ops::{Binary, Shape, Unary};

use super::super::float::rounding;
use super::{floats, lane_bits, order, splat};
use crate::generator::{Generator, SCRATCH_XMM};
use crate::location::Operand;
use crate::x64::assembler::Op;
use crate::x64::opcodes::{ANDPS, ORPS, XORPS};
use crate::x64::registers::Xmm;
use crate::x64::vectors::*;

/// The instruction that is an operation on integers, if there is one.
pub(super) fn instruction(op: Binary, shape: Shape) -> Option<Op> {
    Some(match (op, shape) {
        (And, V128) => PAND,
        (Or, V128) => POR,
        (Xor, V128) => PXOR,
        (IAdd, I8x16) => PADDB,
        (IAdd, I16x8) => PADDW,
        (IAdd, I32x4) => PADDD,
        (IAdd, I64x2) => PADDQ,
        (ISub, I8x16) => PSUBB,
        (ISub, I16x8) => PSUBW,
        (ISub, I32x4) => PSUBD,
        (ISub, I64x2) => PSUBQ,
        (IAddSatS, I8x16) => PADDSB,
        (IAddSatS, I16x8) => PADDSW,
        (IAddSatU, I8x16) => PADDUSB,
        (IAddSatU, I16x8) => PADDUSW,
        (ISubSatS, I8x16) => PSUBSB,
        (ISubSatS, I16x8) => PSUBSW,
        (ISubSatU, I8x16) => PSUBUSB,
        (ISubSatU, I16x8) => PSUBUSW,
        (IMul, I16x8) => PMULLW,
        (IMul, I32x4) => PMULLD,
        (IMinS, I8x16) => PMINSB,
        (IMinS, I16x8) => PMINSW,
        (IMinS, I32x4) => PMINSD,
        (IMinU, I8x16) => PMINUB,
        (IMinU, I16x8) => PMINUW,
        (IMinU, I32x4) => PMINUD,
        (IMaxS, I8x16) => PMAXSB,
        (IMaxS, I16x8) => PMAXSW,
        (IMaxS, I32x4) => PMAXSD,
        (IMaxU, I8x16) => PMAXUB,
        (IMaxU, I16x8) => PMAXUW,
        (IMaxU, I32x4) => PMAXUD,
        (IAvgrU, I8x16) => PAVGB,
        (IAvgrU, I16x8) => PAVGW,
        (IDotS, I16x8) => PMADDWD,
        (NarrowS, I16x8) => PACKSSWB,
        (NarrowS, I32x4) => PACKSSDW,
        (NarrowU, I16x8) => PACKUSWB,
        (NarrowU, I32x4) => PACKUSDW,
        _ => return None,
    })
}

/// Whether the operands of such an instruction may be swapped.
fn commutes(op: Binary) -> bool {
    !matches!(op, ISub | ISubSatS | ISubSatU | NarrowS | NarrowU)
}

/// What extends the low half of the lanes to twice their width.
pub(super) fn extend_low(shape: Shape, signed: bool) -> Op {
    match (shape, signed) {
        (I8x16, true) => PMOVSXBW,
        (I8x16, false) => PMOVZXBW,
        (I16x8, true) => PMOVSXWD,
        (I16x8, false) => PMOVZXWD,
        (_, true) => PMOVSXDQ,
        (_, false) => PMOVZXDQ,
    }
}

impl Generator<'_> {
    pub(in crate::emit) fn vector_unary(
        &mut self,
        op: Unary,
        shape: Shape,
        a: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        let sign = splat(lane_bits(shape), 1 << (lane_bits(shape).min(64) - 1));
        match (op, shape) {
            (Unary::Not, _) => self.not(a, want),
            (Unary::INeg, _) => self.negate(shape, a, want),
            (Unary::IAbs, I8x16) => self.one_operand(PABSB, a, want),
            (Unary::IAbs, I16x8) => self.one_operand(PABSW, a, want),
            (Unary::IAbs, I32x4) => self.one_operand(PABSD, a, want),
            (Unary::IAbs, I64x2) => self.absolute_i64x2(a, want),
            (Unary::Popcnt, I8x16) => self.count_ones_i8x16(a, want),
            (Unary::FAbs, _) => self.with_constant(ANDPS, a, !sign, want),
            (Unary::FNeg, _) => self.with_constant(XORPS, a, sign, want),
            (Unary::FSqrt, _) => self.one_operand(floats(shape).sqrt, a, want),
            (Unary::FCeil | Unary::FFloor | Unary::FTrunc | Unary::FNearest, _) => {
                let round = floats(shape).round.imm(rounding(op));
                self.one_operand(round, a, want)
            }
            _ => unreachable!("no operation on vectors: {op:?} {shape:?}"),
        }
    }

    fn not(&mut self, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let from = self.xmm(&mut a);
        let to = self.result_xmm(want, &[a]);
        self.invert(to, from);
        to
    }

    fn negate(&mut self, shape: Shape, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let subtract = instruction(ISub, shape).expect("there is one for every width");
        let from = self.vector_or_memory(&mut a);
        let to = self.result_xmm(want, &[a]);
        self.zero_xmm(SCRATCH_XMM);
        self.apply_to_scratch(subtract, to, from);
        to
    }

    /// Inverts lanes whose sign is set, and subtracts -1 from them.
    fn absolute_i64x2(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.xmm_to_change(a, want);
        self.apply_one(PSHUFD.imm(order::ODD_LANES), SCRATCH_XMM, to);
        self.shift_lanes(PSRAD, SCRATCH_XMM, SCRATCH_XMM, 31);
        self.apply(PXOR, to, to, SCRATCH_XMM);
        self.apply(PSUBQ, to, to, SCRATCH_XMM);
        to
    }

    /// Looks up both halves of each byte in a table of sixteen.
    fn count_ones_i8x16(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let counts = u128::from_le_bytes(std::array::from_fn(|half| half.count_ones() as u8));
        let low_halves = splat(8, 0x0f);
        let to = self.xmm_to_change(a, want);
        let high = self.new_xmm();
        self.shift_lanes(PSRLW, high, to, 4);
        self.apply_constant(PAND, high, high, low_halves);
        self.apply_constant(PAND, to, to, low_halves);
        self.load_constant(SCRATCH_XMM, counts);
        self.apply(PSHUFB, SCRATCH_XMM, SCRATCH_XMM, to);
        self.load_constant(to, counts);
        self.apply(PSHUFB, to, to, high);
        self.apply(PADDB, to, to, SCRATCH_XMM);
        self.free_xmm(high);
        to
    }

    pub(in crate::emit) fn vector_binary(
        &mut self,
        op: Binary,
        shape: Shape,
        a: Operand,
        b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        if let Some(instruction) = instruction(op, shape) {
            return match commutes(op) {
                true => self.commuting(instruction, a, b, want),
                false => self.two_operands(instruction, a, b, want),
            };
        }
        match op {
            AndNot => self.two_operands(PANDN, b, a, want),
            IMul => self.multiply_i64x2(a, b, want),
            IQ15MulrSatS => self.multiply_q15(a, b, want),
            Swizzle => self.swizzle(a, b, want),
            ExtMulLowS => self.multiply_extended(shape, true, false, a, b, want),
            ExtMulLowU => self.multiply_extended(shape, false, false, a, b, want),
            ExtMulHighS => self.multiply_extended(shape, true, true, a, b, want),
            ExtMulHighU => self.multiply_extended(shape, false, true, a, b, want),
            FMin => self.float_bound(shape, floats(shape).min, ORPS, a, b, want),
            FMax => self.float_bound(shape, floats(shape).max, ANDPS, a, b, want),
            FPMin => self.two_operands(floats(shape).min, b, a, want),
            FPMax => self.two_operands(floats(shape).max, b, a, want),
            FAdd | FSub | FMul | FDiv => self.float_arithmetic(op, floats(shape), a, b, want),
            _ => unreachable!("no operation on vectors: {op:?} {shape:?}"),
        }
    }

    fn float_arithmetic(
        &mut self,
        op: Binary,
        ops: &FloatOps,
        a: Operand,
        b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        match op {
            FAdd => self.commuting(ops.add, a, b, want),
            FMul => self.commuting(ops.mul, a, b, want),
            FSub => self.two_operands(ops.sub, a, b, want),
            _ => self.two_operands(ops.div, a, b, want),
        }
    }

    /// The processor's minimum gives the second operand for zeros of both signs and for NaNs. So it is taken in both
    /// orders: both results are the same or zeros, and or-ing those (for the minimum; and-ing for the maximum) gives the
    /// right one. Lanes with a NaN become the canonical one.
    fn float_bound(
        &mut self,
        shape: Shape,
        op: Op,
        of_equals: Op,
        a: Operand,
        mut b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        let (to, second) = self.sequence_operands(a, &mut b, want);
        let other = self.new_xmm();
        self.mark_nans(shape, to, second);
        self.apply(op, other, second, to);
        self.apply(op, to, to, second);
        self.apply(of_equals, to, to, other);
        self.replace_marked(shape, to);
        self.free_xmm(other);
        self.release(b);
        to
    }

    /// The product of the low halves, and above it the sum of the two mixed products.
    fn multiply_i64x2(&mut self, a: Operand, mut b: Operand, want: Option<Xmm>) -> Xmm {
        let (to, second) = self.sequence_operands(a, &mut b, want);
        let mixed = self.new_xmm();
        self.shift_lanes(PSRLQ, mixed, to, 32);
        self.apply(PMULUDQ, mixed, mixed, second);
        self.shift_lanes(PSRLQ, SCRATCH_XMM, second, 32);
        self.apply(PMULUDQ, SCRATCH_XMM, SCRATCH_XMM, to);
        self.apply(PADDQ, mixed, mixed, SCRATCH_XMM);
        self.shift_lanes(PSLLQ, mixed, mixed, 32);
        self.apply(PMULUDQ, to, to, second);
        self.apply(PADDQ, to, to, mixed);
        self.free_xmm(mixed);
        self.release(b);
        to
    }

    /// Only the square of -1 is out of range, and comes out as -1: all its bits are inverted.
    fn multiply_q15(&mut self, a: Operand, b: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.commuting(PMULHRSW, a, b, want);
        self.apply_constant(PCMPEQW, SCRATCH_XMM, to, splat(16, 0x8000));
        self.apply(PXOR, to, to, SCRATCH_XMM);
        to
    }

    /// The instruction takes the lower four bits of an index, or gives zero if its top bit is set: saturating addition sets
    /// that for 16 and above.
    fn swizzle(&mut self, mut a: Operand, mut b: Operand, want: Option<Xmm>) -> Xmm {
        let indices = self.xmm(&mut b);
        let from = self.xmm(&mut a);
        self.apply_constant(PADDUSB, SCRATCH_XMM, indices, splat(8, 0x70));
        let to = self.result_xmm(want, &[a, b]);
        self.apply(PSHUFB, to, from, SCRATCH_XMM);
        to
    }

    /// Multiplies lanes of one half into lanes of twice the width.
    fn multiply_extended(
        &mut self,
        shape: Shape,
        signed: bool,
        high: bool,
        a: Operand,
        mut b: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        let (to, second) = self.sequence_operands(a, &mut b, want);
        match shape {
            I8x16 => {
                self.extend_half(shape, signed, high, SCRATCH_XMM, second);
                self.extend_half(shape, signed, high, to, to);
                self.apply(PMULLW, to, to, SCRATCH_XMM);
            }
            I16x8 => {
                // Both halves of the products, put together.
                let upper = if signed { PMULHW } else { PMULHUW };
                let unpack = if high { PUNPCKHWD } else { PUNPCKLWD };
                self.apply(upper, SCRATCH_XMM, to, second);
                self.apply(PMULLW, to, to, second);
                self.apply(unpack, to, to, SCRATCH_XMM);
            }
            _ => {
                // Lanes 0 and 2 are multiplied.
                let spread = if high {
                    order::SPREAD_HIGH
                } else {
                    order::SPREAD_LOW
                };
                self.apply_one(PSHUFD.imm(spread), SCRATCH_XMM, second);
                self.apply_one(PSHUFD.imm(spread), to, to);
                let multiply = if signed { PMULDQ } else { PMULUDQ };
                self.apply(multiply, to, to, SCRATCH_XMM);
            }
        }
        self.release(b);
        to
    }

    /// Extends the lanes of one half.
    pub(super) fn extend_half(
        &mut self,
        shape: Shape,
        signed: bool,
        high: bool,
        to: Xmm,
        from: Xmm,
    ) {
        let extend = extend_low(shape, signed);
        if high {
            self.apply_one(PSHUFD.imm(order::HIGH_HALF), to, from);
            self.apply_one(extend, to, to);
        } else {
            self.apply_one(extend, to, from);
        }
    }
}
