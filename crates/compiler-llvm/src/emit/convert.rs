//! From one shape to another.
//!
//! LLVM's conversions of floats to integers give poison where there is no such integer: the trapping ones compare first, the
//! others use LLVM's saturating form, or what the target does well.

use inkwell::FloatPredicate;
use inkwell::types::{BasicTypeEnum, FloatType, IntType};
use inkwell::values::{FloatValue, InstructionOpcode};
use wasmill_abi::TrapCode;
use wasmill_compiler::ops::{Convert, Shape};

use super::Value;
use crate::translator::{Translator, built};

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_convert(
        &self,
        op: Convert,
        from: Shape,
        to: Shape,
        a: Value<'ctx>,
    ) -> Value<'ctx> {
        // The extension of a comparison's bit to `i64` need not stop at `i32`.
        let is_bit = a.get_type() == self.types.bool.into();
        if matches!(op, Convert::ExtendU | Convert::ExtendS) && is_bit {
            return self.operand(to, a);
        }
        let a = self.operand(from, a);
        match from.is_vector() {
            true => self.convert_vector(op, from, to, a.into_vector_value()),
            false => self.convert_scalar(op, to, a),
        }
    }

    fn convert_scalar(&self, op: Convert, to: Shape, a: Value<'ctx>) -> Value<'ctx> {
        match self.types.shape(to) {
            ty if op == Convert::Reinterpret => self.coerce_bits(a, ty),
            BasicTypeEnum::FloatType(ty) => self.convert_to_float(op, ty, a),
            ty => self.convert_to_integer(op, ty.into_int_type(), a),
        }
    }

    fn convert_to_float(&self, op: Convert, ty: FloatType<'ctx>, a: Value<'ctx>) -> Value<'ctx> {
        let builder = self.builder;
        match op {
            Convert::ConvertS => {
                built(builder.build_signed_int_to_float(a.into_int_value(), ty, "")).into()
            }
            Convert::ConvertU => {
                built(builder.build_unsigned_int_to_float(a.into_int_value(), ty, "")).into()
            }
            Convert::Promote => {
                self.arithmetic(built(builder.build_float_ext(self.float(a), ty, "")).into())
            }
            _ => {
                let result = built(builder.build_float_trunc(self.float(a), ty, "")).into();
                self.arithmetic(if is_promoted(a) {
                    self.quiet(result)
                } else {
                    result
                })
            }
        }
    }

    fn convert_to_integer(&self, op: Convert, ty: IntType<'ctx>, a: Value<'ctx>) -> Value<'ctx> {
        let builder = self.builder;
        let overloads = [ty.into(), a.get_type()];
        match op {
            Convert::Wrap => built(builder.build_int_truncate(a.into_int_value(), ty, "")).into(),
            Convert::ExtendS => {
                built(builder.build_int_s_extend(a.into_int_value(), ty, "")).into()
            }
            Convert::ExtendU => {
                built(builder.build_int_z_extend(a.into_int_value(), ty, "")).into()
            }
            Convert::TruncSatS => self.intrinsic_value("llvm.fptosi.sat", &overloads, &[a.into()]),
            Convert::TruncSatU => self.intrinsic_value("llvm.fptoui.sat", &overloads, &[a.into()]),
            Convert::TruncS => {
                self.trap_without_integer(self.float(a), ty.get_bit_width(), true);
                built(builder.build_float_to_signed_int(self.float(a), ty, "")).into()
            }
            _ => {
                self.trap_without_integer(self.float(a), ty.get_bit_width(), false);
                built(builder.build_float_to_unsigned_int(self.float(a), ty, "")).into()
            }
        }
    }

    /// Traps unless a float, its fraction cut off, is an integer of so many bits.
    fn trap_without_integer(&self, a: FloatValue<'ctx>, bits: u32, signed: bool) {
        let compare = |predicate, b| built(self.builder.build_float_compare(predicate, a, b, ""));
        let (low, high) = self.limits(a, bits, signed);
        // Both are true of NaN as well.
        let low = compare(low.0, a.get_type().const_float(low.1));
        let high = compare(FloatPredicate::UGE, a.get_type().const_float(high));
        let outside = built(self.builder.build_or(low, high, ""));
        let (trap, next) = (self.new_block(), self.new_block());
        let branch = built(self.builder.build_conditional_branch(outside, trap, next));
        self.unit.metadata.set_rare(branch);
        self.builder.position_at_end(trap);
        self.trap_if(
            compare(FloatPredicate::UNO, a),
            TrapCode::BadConversionToInteger,
        );
        self.trap(TrapCode::IntegerOverflow);
        self.builder.position_at_end(next);
    }

    /// What floats are too small, and from where on they are too large.
    ///
    /// All the limits are floats of the type: where the number below the least integer is not, the least integer itself is the limit.
    fn limits(&self, a: FloatValue<'ctx>, bits: u32, signed: bool) -> ((FloatPredicate, f64), f64) {
        let exponent = if signed { bits - 1 } else { bits };
        let high = 2f64.powi(exponent as i32);
        let low = match (signed, bits) {
            (false, _) => (FloatPredicate::ULE, -1.0),
            (true, 32) if a.get_type() == self.types.f64 => (FloatPredicate::ULE, -high - 1.0),
            (true, _) => (FloatPredicate::ULT, -high),
        };
        (low, high)
    }
}

/// Whether a float is in sight as the promotion of another, which a demotion would give back as it was.
pub(super) fn is_promoted(value: Value<'_>) -> bool {
    let instruction = match value {
        Value::FloatValue(value) => value.as_instruction(),
        Value::VectorValue(value) => value.as_instruction(),
        _ => None,
    };
    instruction.is_some_and(|instruction| instruction.get_opcode() == InstructionOpcode::FPExt)
}
