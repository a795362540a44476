//! From one shape to another.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmill_compiler::ops::{Convert, Shape};

use crate::translator::Translator;
use crate::types::shape_type;

impl Translator<'_> {
    pub(super) fn emit_convert(&mut self, op: Convert, from: Shape, to: Shape, a: Value) -> Value {
        let ty = shape_type(to);
        // The extension of a comparison's byte to `i64` need not stop at `i32`.
        if matches!(op, Convert::ExtendU | Convert::ExtendS) && self.type_of(a) == types::I8 {
            return self.builder.ins().uextend(ty, a);
        }
        let a = self.coerce(a, shape_type(from));
        match op {
            Convert::Wrap => self.builder.ins().ireduce(ty, a),
            Convert::ExtendS => self.builder.ins().sextend(ty, a),
            Convert::ExtendU => self.builder.ins().uextend(ty, a),
            Convert::TruncS => self.builder.ins().fcvt_to_sint(ty, a),
            Convert::TruncU => self.builder.ins().fcvt_to_uint(ty, a),
            Convert::TruncSatS if from == Shape::F64x2 => self.truncate_doubles_signed(a),
            Convert::TruncSatS => self.builder.ins().fcvt_to_sint_sat(ty, a),
            Convert::TruncSatU if from == Shape::F64x2 => self.truncate_doubles_unsigned(a),
            Convert::TruncSatU => self.builder.ins().fcvt_to_uint_sat(ty, a),
            Convert::ConvertS if to == Shape::F64x2 => {
                let low = self.builder.ins().swiden_low(a);
                self.builder.ins().fcvt_from_sint(ty, low)
            }
            Convert::ConvertS => self.builder.ins().fcvt_from_sint(ty, a),
            Convert::ConvertU if to == Shape::F64x2 => {
                let low = self.builder.ins().uwiden_low(a);
                self.builder.ins().fcvt_from_uint(ty, low)
            }
            Convert::ConvertU => self.builder.ins().fcvt_from_uint(ty, a),
            Convert::Demote if from.is_vector() => self.builder.ins().fvdemote(a),
            Convert::Demote => self.builder.ins().fdemote(ty, a),
            Convert::Promote if from.is_vector() => self.builder.ins().fvpromote_low(a),
            Convert::Promote => self.builder.ins().fpromote(ty, a),
            Convert::Reinterpret => self.builder.ins().bitcast(ty, MemFlagsData::new(), a),
            Convert::ExtendLowS => self.builder.ins().swiden_low(a),
            Convert::ExtendLowU => self.builder.ins().uwiden_low(a),
            Convert::ExtendHighS => self.builder.ins().swiden_high(a),
            Convert::ExtendHighU => self.builder.ins().uwiden_high(a),
            Convert::ExtAddPairwiseS => {
                let low = self.builder.ins().swiden_low(a);
                let high = self.builder.ins().swiden_high(a);
                self.builder.ins().iadd_pairwise(low, high)
            }
            Convert::ExtAddPairwiseU => {
                let low = self.builder.ins().uwiden_low(a);
                let high = self.builder.ins().uwiden_high(a);
                self.builder.ins().iadd_pairwise(low, high)
            }
        }
    }

    fn truncate_doubles_signed(&mut self, a: Value) -> Value {
        let wide = self.builder.ins().fcvt_to_sint_sat(types::I64X2, a);
        let zero = self.vconst(types::I64X2, 0);
        self.builder.ins().snarrow(wide, zero)
    }

    fn truncate_doubles_unsigned(&mut self, a: Value) -> Value {
        if self.environment.abilities.rounds {
            let wide = self.builder.ins().fcvt_to_uint_sat(types::I64X2, a);
            let zero = self.vconst(types::I64X2, 0);
            return self.builder.ins().uunarrow(wide, zero);
        }
        // The vector form rounds first, for which Cranelift would call a function: lane by lane it does not.
        let mut result = self.vconst(types::I32X4, 0);
        for lane in 0..2u8 {
            let value = self.builder.ins().extractlane(a, lane);
            let value = self.builder.ins().fcvt_to_uint_sat(types::I32, value);
            result = self.builder.ins().insertlane(result, value, lane);
        }
        result
    }
}
