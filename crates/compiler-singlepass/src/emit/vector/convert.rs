//! From lanes of one shape to lanes of another.

use wasmill_compiler::ops::{Convert, Shape};

use super::arithmetic::extend_low;
use super::{order, splat};
use crate::generator::{Generator, SCRATCH_XMM};
use crate::location::Operand;
use crate::x64::opcodes::ANDPS;
use crate::x64::registers::Xmm;
use crate::x64::vectors::*;

/// The same float in all lanes.
fn splat_single(value: f32) -> u128 {
    splat(32, value.to_bits().into())
}
fn splat_double(value: f64) -> u128 {
    splat(64, value.to_bits())
}

const TWO_TO_16: f32 = 65536.0;
const TWO_TO_31: f32 = 2_147_483_648.0;
/// Above it the lower half of a double's bits is the lower half of an integer.
const TWO_TO_52: f64 = 4_503_599_627_370_496.0;

impl Generator<'_> {
    pub(in crate::emit) fn vector_convert(
        &mut self,
        op: Convert,
        from: Shape,
        to: Shape,
        a: Operand,
        want: Option<Xmm>,
    ) -> Xmm {
        use Shape::*;
        match (op, from, to) {
            (Convert::ExtendLowS, ..) => self.one_operand(extend_low(from, true), a, want),
            (Convert::ExtendLowU, ..) => self.one_operand(extend_low(from, false), a, want),
            (Convert::ExtendHighS, ..) => {
                let reg = self.xmm_to_change(a, want);
                self.extend_half(from, true, true, reg, reg);
                reg
            }
            (Convert::ExtendHighU, ..) => self.extend_high_unsigned(from, a, want),
            (Convert::ExtAddPairwiseS, I8x16, _) => self.add_pairs_i8x16(a, want),
            (Convert::ExtAddPairwiseU, I8x16, _) => {
                self.with_constant(PMADDUBSW, a, splat(8, 1), want)
            }
            (Convert::ExtAddPairwiseS, ..) => self.with_constant(PMADDWD, a, splat(16, 1), want),
            (Convert::ExtAddPairwiseU, ..) => self.add_pairs_unsigned(a, want),
            (Convert::ConvertS, _, F32x4) => self.one_operand(CVTDQ2PS, a, want),
            (Convert::ConvertS, _, _) => self.one_operand(CVTDQ2PD, a, want),
            (Convert::ConvertU, _, F32x4) => self.singles_from_unsigned(a, want),
            (Convert::ConvertU, _, _) => self.doubles_from_unsigned(a, want),
            (Convert::TruncSatS, F32x4, _) => self.singles_to_signed(a, want),
            (Convert::TruncSatS, ..) => self.doubles_to_signed(a, want),
            (Convert::TruncSatU, F32x4, _) => self.singles_to_unsigned(a, want),
            (Convert::TruncSatU, ..) => self.doubles_to_unsigned(a, want),
            (Convert::Demote, ..) => self.one_operand(CVTPD2PS, a, want),
            (Convert::Promote, ..) => self.one_operand(CVTPS2PD, a, want),
            _ => unreachable!("no conversion of vectors: {op:?} {from:?} {to:?}"),
        }
    }

    /// Puts zeros between the lanes.
    fn extend_high_unsigned(&mut self, from: Shape, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let unpack = match from {
            Shape::I8x16 => PUNPCKHBW,
            Shape::I16x8 => PUNPCKHWD,
            _ => PUNPCKHDQ,
        };
        let first = self.xmm(&mut a);
        let to = self.result_xmm(want, &[a]);
        self.zero_xmm(SCRATCH_XMM);
        self.apply(unpack, to, first, SCRATCH_XMM);
        to
    }

    /// The first operand of the instruction is unsigned, the second is signed.
    fn add_pairs_i8x16(&mut self, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let from = self.vector_or_memory(&mut a);
        let to = self.result_xmm(want, &[a]);
        self.load_constant(SCRATCH_XMM, splat(8, 1));
        self.apply_to_scratch(PMADDUBSW, to, from);
        to
    }

    /// Flipping the top bit makes lanes signed and smaller by 2^15; a pair of them lacks 2^16 then.
    fn add_pairs_unsigned(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.with_constant(PXOR, a, splat(16, 0x8000), want);
        self.apply_constant(PMADDWD, to, to, splat(16, 1));
        self.apply_constant(PADDD, to, to, splat(32, 0x1_0000));
        to
    }

    /// Both halves of a lane are exact; only their sum is rounded.
    fn singles_from_unsigned(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.xmm_to_change(a, want);
        self.shift_lanes(PSRLD, SCRATCH_XMM, to, 16);
        self.apply_one(CVTDQ2PS, SCRATCH_XMM, SCRATCH_XMM);
        let scale = splat_single(TWO_TO_16);
        self.apply_constant(SINGLES.mul, SCRATCH_XMM, SCRATCH_XMM, scale);
        self.apply_constant(PAND, to, to, splat(32, 0xffff));
        self.apply_one(CVTDQ2PS, to, to);
        self.apply(SINGLES.add, to, to, SCRATCH_XMM);
        to
    }

    /// With the upper half of 2^52 above it, an integer is a double that is larger by as much.
    fn doubles_from_unsigned(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let upper = splat(32, TWO_TO_52.to_bits() >> 32);
        let to = self.with_constant(PUNPCKLDQ, a, upper, want);
        self.apply_constant(DOUBLES.sub, to, to, splat_double(TWO_TO_52));
        to
    }

    /// The instruction gives the smallest integer for all that is out of range: all bits of that are inverted where the float
    /// is too large. NaNs become zero first.
    fn singles_to_signed(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.xmm_to_change(a, want);
        let ordered = SINGLES.compare.imm(predicate::ORDERED);
        self.apply(ordered, SCRATCH_XMM, to, to);
        self.apply(ANDPS, to, to, SCRATCH_XMM);
        let too_large = SINGLES.compare.imm(predicate::NOT_LESS);
        self.apply_constant(too_large, SCRATCH_XMM, to, splat_single(TWO_TO_31));
        self.apply_one(CVTTPS2DQ, to, to);
        self.apply(PXOR, to, to, SCRATCH_XMM);
        to
    }

    /// The sum of two signed conversions: of the float, which is 2^31 if it is too large for one, and of what it is more than
    /// that.
    fn singles_to_unsigned(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.xmm_to_change(a, want);
        let rest = self.new_xmm();
        let limit = splat_single(TWO_TO_31);
        // The second operand is taken if the first is a NaN.
        self.zero_xmm(SCRATCH_XMM);
        self.apply(SINGLES.max, to, to, SCRATCH_XMM);
        self.apply_constant(SINGLES.sub, rest, to, limit);
        let too_large = SINGLES.compare.imm(predicate::NOT_LESS);
        self.apply_constant(too_large, SCRATCH_XMM, rest, limit);
        self.apply_one(CVTTPS2DQ, to, to);
        self.apply_one(CVTTPS2DQ, rest, rest);
        self.apply(PXOR, rest, rest, SCRATCH_XMM);
        self.zero_xmm(SCRATCH_XMM);
        self.apply(PMAXSD, rest, rest, SCRATCH_XMM);
        self.apply(PADDD, to, to, rest);
        self.free_xmm(rest);
        to
    }

    /// Nothing is larger than the largest integer, and NaNs become zero. What is too small becomes the smallest integer.
    fn doubles_to_signed(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        let to = self.xmm_to_change(a, want);
        let ordered = DOUBLES.compare.imm(predicate::ORDERED);
        self.apply(ordered, SCRATCH_XMM, to, to);
        let largest = splat_double(i32::MAX.into());
        self.apply_constant(ANDPS, SCRATCH_XMM, SCRATCH_XMM, largest);
        self.apply(DOUBLES.min, to, to, SCRATCH_XMM);
        self.apply_one(CVTTPD2DQ, to, to);
        to
    }

    /// Once the float is in range and has no fraction, 2^52 is added, and the lower half of its bits is the integer.
    fn doubles_to_unsigned(&mut self, a: Operand, want: Option<Xmm>) -> Xmm {
        const TOWARDS_ZERO: u8 = 3;
        let to = self.xmm_to_change(a, want);
        self.zero_xmm(SCRATCH_XMM);
        self.apply(DOUBLES.max, to, to, SCRATCH_XMM);
        self.apply_constant(DOUBLES.min, to, to, splat_double(u32::MAX.into()));
        self.apply_one(DOUBLES.round.imm(TOWARDS_ZERO), to, to);
        self.apply_constant(DOUBLES.add, to, to, splat_double(TWO_TO_52));
        self.apply(SHUFPS.imm(order::EVEN_LANES), to, to, SCRATCH_XMM);
        to
    }
}
