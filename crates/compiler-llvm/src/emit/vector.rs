//! What only vectors have: moving lanes, questions about all lanes.
//!
//! Values keep the lanes that the operation gave them: see `Translator::coerce`.

mod arithmetic;
mod convert;

use inkwell::IntPredicate;
use inkwell::types::VectorType;
use inkwell::values::{IntValue, VectorValue};
use wasmill_compiler::ops::{LaneExtend, Shape};
use wasmill_compiler::target::Architecture;

use super::Value;
use crate::translator::{Translator, built};

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_splat(&self, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        let lane = self.lane_scalar(shape, a);
        self.splat(lane, shape.bytes() / shape.lane_bytes())
    }

    /// A scalar in so many lanes.
    pub(super) fn splat(&self, lane: Value<'ctx>, lanes: u32) -> Value<'ctx> {
        let ty = match lane {
            Value::IntValue(lane) => lane.get_type().vec_type(lanes),
            _ => lane.into_float_value().get_type().vec_type(lanes),
        };
        let zero = self.types.i32.const_zero();
        let one = built(
            self.builder
                .build_insert_element(ty.get_poison(), lane, zero, ""),
        );
        self.rearrange(one, one, vec![0; lanes as usize]).into()
    }

    pub(super) fn emit_extract_lane(
        &self,
        shape: Shape,
        extend: LaneExtend,
        lane: u8,
        a: Value<'ctx>,
    ) -> Value<'ctx> {
        let (a, at) = (
            self.lanes(a, self.types.lanes(shape)),
            self.number(lane.into()),
        );
        let lane = built(self.builder.build_extract_element(a, at, ""));
        let i32 = self.types.i32;
        match extend {
            LaneExtend::None => lane,
            LaneExtend::Signed => built(self.builder.build_int_s_extend(
                lane.into_int_value(),
                i32,
                "",
            ))
            .into(),
            LaneExtend::Unsigned => built(self.builder.build_int_z_extend(
                lane.into_int_value(),
                i32,
                "",
            ))
            .into(),
        }
    }

    pub(super) fn emit_replace_lane(
        &self,
        shape: Shape,
        lane: u8,
        a: Value<'ctx>,
        scalar: Value<'ctx>,
    ) -> Value<'ctx> {
        let a = self.lanes(a, self.types.lanes(shape));
        let scalar = self.lane_scalar(shape, scalar);
        built(
            self.builder
                .build_insert_element(a, scalar, self.number(lane.into()), ""),
        )
        .into()
    }

    /// A scalar operand as wide as a lane.
    fn lane_scalar(&self, shape: Shape, scalar: Value<'ctx>) -> Value<'ctx> {
        match shape {
            Shape::I8x16 | Shape::I16x8 => {
                let ty = self.types.integer(shape.lane_bytes());
                built(self.builder.build_int_truncate(self.i32(scalar), ty, "")).into()
            }
            _ => self.coerce(scalar, self.types.lanes(shape).get_element_type()),
        }
    }

    pub(super) fn emit_shuffle(
        &self,
        lanes: [u8; 16],
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        let ty = self.types.vector;
        self.rearrange(self.lanes(a, ty), self.lanes(b, ty), lanes.map(u32::from))
            .into()
    }

    /// The lanes of `a` and `b`, counted through, that are named.
    pub(super) fn rearrange(
        &self,
        a: VectorValue<'ctx>,
        b: VectorValue<'ctx>,
        lanes: impl IntoIterator<Item = u32>,
    ) -> VectorValue<'ctx> {
        let lanes: Vec<_> = lanes.into_iter().map(|lane| self.number(lane)).collect();
        let mask = VectorType::const_vector(&lanes);
        built(self.builder.build_shuffle_vector(a, b, mask, ""))
    }

    pub(super) fn emit_bitselect(
        &self,
        a: Value<'ctx>,
        b: Value<'ctx>,
        mask: Value<'ctx>,
    ) -> Value<'ctx> {
        // In the mask's lanes LLVM sees where they come from a comparison.
        let ty = self.integer_lanes(&[mask, a, b]).into();
        let [a, b, mask] = [a, b, mask].map(|value| self.coerce(value, ty));
        self.bit_or(self.bit_and(a, mask), self.bit_and(b, self.invert(mask)))
    }

    /// The lanes of the first operand that is in lanes of integers and no constant, whose lanes say nothing.
    pub(super) fn integer_lanes(&self, operands: &[Value<'ctx>]) -> VectorType<'ctx> {
        let telling = operands
            .iter()
            .map(|operand| operand.into_vector_value())
            .find(|operand| {
                !operand.is_const() && operand.get_type().get_element_type().is_int_type()
            });
        telling.map_or(self.types.vector, |operand| operand.get_type())
    }

    /// All ones where the bit for a lane is set, zeros elsewhere.
    pub(super) fn mask(&self, bits: VectorValue<'ctx>) -> Value<'ctx> {
        let lanes = bits.get_type().get_size();
        let ty = self.types.integer(16 / lanes).vec_type(lanes);
        built(self.builder.build_int_s_extend(bits, ty, "")).into()
    }

    /// Whether a bit is set.
    pub(super) fn any_true(&self, a: Value<'ctx>) -> Value<'ctx> {
        let whole = self.coerce_bits(a, self.types.context.i128_type().into());
        self.int_compare(IntPredicate::NE, whole, self.integer_like(whole, 0))
    }

    /// Whether no lane is zero.
    pub(super) fn all_true(&self, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        let a = self.operand(shape, a);
        let set = self.int_compare(IntPredicate::NE, a, self.integer_like(a, 0));
        self.overloaded("llvm.vector.reduce.and", &[set])
    }

    /// The top bits of the lanes.
    pub(super) fn bitmask(&self, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        let a = self.operand(shape, a);
        let negative = self.int_compare(IntPredicate::SLT, a, self.integer_like(a, 0));
        let lanes = negative.get_type().into_vector_type().get_size();
        let width = std::num::NonZeroU32::new(lanes).expect("vectors have lanes");
        let bits = self
            .types
            .context
            .custom_width_int_type(width)
            .expect("at most 16 bits");
        let bits = self.coerce_bits(negative, bits.into()).into_int_value();
        built(self.builder.build_int_z_extend(bits, self.types.i32, "")).into()
    }

    /// `a` and `indices` are `I8x16`.
    fn swizzle(&self, a: VectorValue<'ctx>, indices: VectorValue<'ctx>) -> Value<'ctx> {
        match self.environment.architecture {
            Architecture::X86_64 => {
                // The instruction gives zero where the top bit is set, and takes the low four bits elsewhere.
                let indices: Value<'ctx> = indices.into();
                let limit = self.integer_like(indices, 0x70);
                let indices = self.overloaded("llvm.uadd.sat", &[indices, limit]);
                self.intrinsic_value(
                    "llvm.x86.ssse3.pshuf.b.128",
                    &[],
                    &[a.into(), indices.into()],
                )
            }
            Architecture::Aarch64(_) => {
                let overloads = [a.get_type().into()];
                self.intrinsic_value(
                    "llvm.aarch64.neon.tbl1",
                    &overloads,
                    &[a.into(), indices.into()],
                )
            }
            _ => (0..16)
                .fold(indices, |result, lane| {
                    self.swizzle_byte(a, indices, lane, result)
                })
                .into(),
        }
    }

    /// Puts the byte that one of the indices names into its lane of `result`.
    fn swizzle_byte(
        &self,
        a: VectorValue<'ctx>,
        indices: VectorValue<'ctx>,
        lane: u32,
        result: VectorValue<'ctx>,
    ) -> VectorValue<'ctx> {
        let at: IntValue<'ctx> = self.number(lane);
        let index = built(self.builder.build_extract_element(indices, at, ""));
        let masked = self
            .bit_and(index, self.integer_like(index, 15))
            .into_int_value();
        let byte = built(self.builder.build_extract_element(a, masked, ""));
        let inside = self.int_compare(IntPredicate::ULT, index, self.integer_like(index, 16));
        let byte = self.choose(inside, byte, self.integer_like(index, 0));
        built(self.builder.build_insert_element(result, byte, at, ""))
    }
}
