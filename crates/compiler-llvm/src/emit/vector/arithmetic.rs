//! Arithmetic on lanes that goes by way of wider ones.
//!
//! Spelled out in the patterns that LLVM has instructions for on its targets; where it finds none, the target's own
//! intrinsic.

use inkwell::IntPredicate;
use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::VectorValue;
use wasmill_compiler::ops::{Binary, Shape};
use wasmill_compiler::target::Architecture;

use crate::emit::Value;
use crate::translator::{Translator, built};

impl<'ctx> Translator<'_, 'ctx> {
    pub(in crate::emit) fn vector_binary(
        &self,
        op: Binary,
        shape: Shape,
        a: VectorValue<'ctx>,
        b: VectorValue<'ctx>,
    ) -> Value<'ctx> {
        let lanes = a.get_type().get_size();
        let (low, high) = (0..lanes / 2, lanes / 2..lanes);
        match op {
            Binary::IAvgrU => self.rounding_average(a, b),
            Binary::IQ15MulrSatS => self.multiply_q15(a, b),
            Binary::IDotS => self.dot(a, b),
            Binary::Swizzle => self.swizzle(a, b),
            Binary::NarrowS => self.narrow(shape, true, a, b),
            Binary::NarrowU => self.narrow(shape, false, a, b),
            Binary::ExtMulLowS => self.multiply_wide([a, b], low, true),
            Binary::ExtMulLowU => self.multiply_wide([a, b], low, false),
            Binary::ExtMulHighS => self.multiply_wide([a, b], high, true),
            Binary::ExtMulHighU => self.multiply_wide([a, b], high, false),
            _ => unreachable!("{op:?} is no operation on vectors only"),
        }
    }

    /// Lanes of twice the width; the vector may be of any length.
    pub(in crate::emit) fn widen(&self, a: VectorValue<'ctx>, signed: bool) -> VectorValue<'ctx> {
        let ty = a.get_type();
        let bytes = ty.get_element_type().into_int_type().get_bit_width() / 8;
        let wide = self.types.integer(2 * bytes).vec_type(ty.get_size());
        match signed {
            true => built(self.builder.build_int_s_extend(a, wide, "")),
            false => built(self.builder.build_int_z_extend(a, wide, "")),
        }
    }

    /// Some lanes of one vector.
    pub(in crate::emit) fn part(
        &self,
        a: VectorValue<'ctx>,
        lanes: impl IntoIterator<Item = u32>,
    ) -> VectorValue<'ctx> {
        self.rearrange(a, a.get_type().get_poison(), lanes)
    }

    fn narrow_lanes(&self, a: Value<'ctx>, ty: VectorType<'ctx>) -> Value<'ctx> {
        built(
            self.builder
                .build_int_truncate(a.into_vector_value(), ty, ""),
        )
        .into()
    }

    fn rounding_average(&self, a: VectorValue<'ctx>, b: VectorValue<'ctx>) -> Value<'ctx> {
        let [x, y] = [a, b].map(|value| Value::from(self.widen(value, false)));
        let one = self.integer_like(x, 1);
        let sum = self.int_add(self.int_add(x, y), one);
        self.narrow_lanes(self.shift_right(sum, one), a.get_type())
    }

    fn multiply_q15(&self, a: VectorValue<'ctx>, b: VectorValue<'ctx>) -> Value<'ctx> {
        let args = [a.into(), b.into()];
        match self.environment.architecture {
            Architecture::X86_64 => {
                // The instruction does not saturate. Only -1 * -1 is too large, and only it gives this number.
                let result = self.intrinsic_value("llvm.x86.ssse3.pmul.hr.sw.128", &[], &args);
                let least = self.integer_like(result, 0x8000);
                let wrapped = self.int_compare(IntPredicate::EQ, result, least);
                self.bit_xor(result, self.mask(wrapped.into_vector_value()))
            }
            Architecture::Aarch64(_) => {
                self.intrinsic_value("llvm.aarch64.neon.sqrdmulh", &[a.get_type().into()], &args)
            }
            _ => {
                let [x, y] = [a, b].map(|value| Value::from(self.widen(value, true)));
                let product = self.int_mul(x, y);
                let rounded = self.int_add(product, self.integer_like(x, 1 << 14));
                let result = self.shift_right_signed(rounded, self.integer_like(x, 15));
                let most = self.integer_like(x, 0x7fff);
                self.narrow_lanes(self.overloaded("llvm.smin", &[result, most]), a.get_type())
            }
        }
    }

    /// `a` and `b` are `I16x8`.
    fn dot(&self, a: VectorValue<'ctx>, b: VectorValue<'ctx>) -> Value<'ctx> {
        let [x, y] = [a, b].map(|value| Value::from(self.widen(value, true)));
        let products = self.int_mul(x, y).into_vector_value();
        let (even, odd) = (
            self.part(products, [0, 2, 4, 6]),
            self.part(products, [1, 3, 5, 7]),
        );
        self.int_add(even.into(), odd.into())
    }

    fn multiply_wide(
        &self,
        operands: [VectorValue<'ctx>; 2],
        lanes: std::ops::Range<u32>,
        signed: bool,
    ) -> Value<'ctx> {
        let [x, y] =
            operands.map(|value| self.widen(self.part(value, lanes.clone()), signed).into());
        self.int_mul(x, y)
    }

    /// The operands' lanes, which are signed, in half the width.
    fn narrow(
        &self,
        shape: Shape,
        signed: bool,
        a: VectorValue<'ctx>,
        b: VectorValue<'ctx>,
    ) -> Value<'ctx> {
        let lanes = 2 * a.get_type().get_size();
        let both: Value<'ctx> = self.rearrange(a, b, 0..lanes).into();
        let bits = shape.lane_bytes() * 4;
        let (least, most) = match signed {
            true => (-1i64 << (bits - 1), (1i64 << (bits - 1)) - 1),
            false => (0, (1i64 << bits) - 1),
        };
        let (least, most) = (self.signed_like(both, least), self.signed_like(both, most));
        let both = self.overloaded("llvm.smin", &[both, most]);
        let both = self.overloaded("llvm.smax", &[both, least]);
        self.narrow_lanes(
            both,
            self.types.integer(shape.lane_bytes() / 2).vec_type(lanes),
        )
    }

    /// A signed number in each lane.
    fn signed_like(&self, like: Value<'ctx>, number: i64) -> Value<'ctx> {
        let BasicTypeEnum::VectorType(ty) = like.get_type() else {
            unreachable!("a vector")
        };
        let bits = ty.get_element_type().into_int_type().get_bit_width();
        self.integer_like(like, number as u64 & (u64::MAX >> (64 - bits)))
    }
}
