//! Vectors from one shape to another.
//!
//! For x86-64, LLVM converts floats to integers lane by lane where it must saturate; there the instructions for vectors, whose
//! result for all that has none is the least integer, are used by hand.

use inkwell::FloatPredicate;
use inkwell::types::VectorType;
use inkwell::values::VectorValue;
use wasmill_compiler::ops::{Convert, Shape};
use wasmill_compiler::target::Architecture;

use crate::emit::Value;
use crate::emit::convert::is_promoted;
use crate::translator::{Translator, built};

/// The first number that is too large for a signed 32-bit integer.
const SIGNED_END: f64 = 2_147_483_648.0;

impl<'ctx> Translator<'_, 'ctx> {
    pub(in crate::emit) fn convert_vector(
        &self,
        op: Convert,
        from: Shape,
        to: Shape,
        a: VectorValue<'ctx>,
    ) -> Value<'ctx> {
        let lanes = a.get_type().get_size();
        let (low, high) = (0..lanes / 2, lanes / 2..lanes);
        match op {
            Convert::ExtendLowS => self.widen(self.part(a, low), true).into(),
            Convert::ExtendLowU => self.widen(self.part(a, low), false).into(),
            Convert::ExtendHighS => self.widen(self.part(a, high), true).into(),
            Convert::ExtendHighU => self.widen(self.part(a, high), false).into(),
            Convert::ExtAddPairwiseS => self.add_pairs(self.operand(to, a.into()), from, true),
            Convert::ExtAddPairwiseU => self.add_pairs(self.operand(to, a.into()), from, false),
            Convert::TruncSatS => self.saturate(from, a, true),
            Convert::TruncSatU => self.saturate(from, a, false),
            Convert::ConvertS => self.lanes_to_floats(a, to, true),
            Convert::ConvertU => self.lanes_to_floats(a, to, false),
            Convert::Promote => {
                let ty = self.types.lanes(to);
                let wide = built(self.builder.build_float_ext(self.part(a, low), ty, ""));
                self.arithmetic(wide.into())
            }
            Convert::Demote => self.demote(a),
            _ => unreachable!("{op:?} is no conversion of vectors"),
        }
    }

    /// Adds the halves of each lane, `half` being their shape.
    fn add_pairs(&self, a: Value<'ctx>, half: Shape, signed: bool) -> Value<'ctx> {
        let bits = self.integer_like(a, u64::from(half.lane_bytes()) * 8);
        let up = self.shift_left(a, bits);
        match signed {
            true => self.int_add(
                self.shift_right_signed(up, bits),
                self.shift_right_signed(a, bits),
            ),
            false => self.int_add(self.shift_right(up, bits), self.shift_right(a, bits)),
        }
    }

    fn lanes_to_floats(&self, a: VectorValue<'ctx>, to: Shape, signed: bool) -> Value<'ctx> {
        let a = match to {
            Shape::F64x2 => self.part(a, 0..2),
            _ => a,
        };
        let ty = self.types.lanes(to);
        match signed {
            true => built(self.builder.build_signed_int_to_float(a, ty, "")).into(),
            false => built(self.builder.build_unsigned_int_to_float(a, ty, "")).into(),
        }
    }

    fn demote(&self, a: VectorValue<'ctx>) -> Value<'ctx> {
        let ty = self.types.f32.vec_type(2);
        let narrow: Value<'ctx> = built(self.builder.build_float_trunc(a, ty, "")).into();
        let wide = self.with_zeros(self.arithmetic(narrow).into_vector_value());
        // LLVM cannot do this to two lanes: it would end the process.
        if is_promoted(a.into()) {
            self.quiet(wide)
        } else {
            wide
        }
    }

    /// Two lanes, and two zeros behind them.
    fn with_zeros(&self, a: VectorValue<'ctx>) -> Value<'ctx> {
        self.rearrange(a, a.get_type().const_zero(), 0..4).into()
    }

    /// Floats to 32-bit integers.
    fn saturate(&self, from: Shape, a: VectorValue<'ctx>, signed: bool) -> Value<'ctx> {
        let value = a.into();
        match (self.environment.architecture, from, signed) {
            (Architecture::X86_64, Shape::F32x4, true) => self.singles_to_signed(value),
            (Architecture::X86_64, Shape::F32x4, false) => self.singles_to_unsigned(value),
            (Architecture::X86_64, _, true) => self.doubles_to_signed(value),
            (Architecture::X86_64, _, false) => self.doubles_to_unsigned(value),
            _ => self.saturate_plainly(a, signed),
        }
    }

    fn saturate_plainly(&self, a: VectorValue<'ctx>, signed: bool) -> Value<'ctx> {
        let name = if signed {
            "llvm.fptosi.sat"
        } else {
            "llvm.fptoui.sat"
        };
        let ty: VectorType<'ctx> = self.types.i32.vec_type(a.get_type().get_size());
        let result = self.intrinsic_value(name, &[ty.into(), a.get_type().into()], &[a.into()]);
        match ty.get_size() {
            2 => self.with_zeros(result.into_vector_value()),
            _ => result,
        }
    }

    /// x86's conversion, which gives the least integer where there is none.
    fn truncate_singles(&self, a: Value<'ctx>) -> Value<'ctx> {
        self.intrinsic_value("llvm.x86.sse2.cvttps2dq", &[], &[a.into()])
    }

    fn singles_to_signed(&self, a: Value<'ctx>) -> Value<'ctx> {
        let number = self.float_compare(FloatPredicate::ORD, a, a);
        let a = self.choose(number, a, self.float_like(a, 0.0));
        let too_large = self.float_compare(FloatPredicate::OGE, a, self.float_like(a, SIGNED_END));
        // All bits of the least integer turned are the greatest.
        self.bit_xor(
            self.truncate_singles(a),
            self.mask(too_large.into_vector_value()),
        )
    }

    fn singles_to_unsigned(&self, a: Value<'ctx>) -> Value<'ctx> {
        let (zero, end) = (self.float_like(a, 0.0), self.float_like(a, SIGNED_END));
        let a = self.select_less(zero, a, [a, zero]);
        // What is above the end of the signed integers, which the first conversion gives for all such numbers as its result.
        let above = self.float_sub(a, end);
        let too_large = self.float_compare(FloatPredicate::OGE, above, end);
        let above = self.truncate_singles(above);
        let above = self.bit_xor(above, self.mask(too_large.into_vector_value()));
        let above = self.overloaded("llvm.smax", &[above, self.integer_like(above, 0)]);
        self.int_add(self.truncate_singles(a), above)
    }

    fn doubles_to_signed(&self, a: Value<'ctx>) -> Value<'ctx> {
        // NaNs are limited to zero; too small numbers give the least integer by themselves.
        let number = self.float_compare(FloatPredicate::ORD, a, a);
        let (most, zero) = (
            self.float_like(a, SIGNED_END - 1.0),
            self.float_like(a, 0.0),
        );
        let limit = self.choose(number, most, zero);
        let a = self.select_less(a, limit, [a, limit]);
        self.intrinsic_value("llvm.x86.sse2.cvttpd2dq", &[], &[a.into()])
    }

    fn doubles_to_unsigned(&self, a: Value<'ctx>) -> Value<'ctx> {
        let (zero, most) = (
            self.float_like(a, 0.0),
            self.float_like(a, f64::from(u32::MAX)),
        );
        let a = self.select_less(zero, a, [a, zero]);
        let a = self.select_less(a, most, [a, most]);
        let whole = self.overloaded("llvm.trunc", &[a]);
        // Added to 2^52, an integer is the low bits of the sum.
        let sum = self.float_add(whole, self.float_like(a, (1u64 << 52) as f64));
        let halves = self.operand(Shape::I32x4, sum).into_vector_value();
        self.rearrange(halves, halves.get_type().const_zero(), [0, 2, 4, 4])
            .into()
    }
}
