//! Constants, arithmetic and comparisons of integers, on scalars and vectors alike, and selections.
//!
//! LLVM leaves some of these undefined (shifts by too much, divisions that WebAssembly traps on): none is reached here. Floats
//! are in `float`, what only vectors have in `vector`.

mod builds;

use inkwell::types::VectorType;
use inkwell::values::IntValue;
use inkwell::{FloatPredicate, IntPredicate};
use wasmill_abi::TrapCode;
use wasmill_compiler::ops::{Binary, Compare, Const, Shape, Shift, Test, Unary};
use wasmill_types::Type;

use super::Value;
use crate::translator::{Translator, built};

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_constant(&self, value: Const) -> Value<'ctx> {
        let types = &self.types;
        match value {
            Const::I32(value) => self.number(value as u32).into(),
            Const::I64(value) => types.i64.const_int(value as u64, false).into(),
            // From the bits: a signalling NaN would not survive as a number.
            Const::F32(bits) => self.coerce_bits(self.number(bits).into(), types.f32.into()),
            Const::F64(bits) => {
                self.coerce_bits(types.i64.const_int(bits, false).into(), types.f64.into())
            }
            Const::V128(bits) => {
                let bytes = bits
                    .to_le_bytes()
                    .map(|byte| types.i8.const_int(byte.into(), false));
                VectorType::const_vector(&bytes).into()
            }
        }
    }

    pub(super) fn emit_unary(&self, op: Unary, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        let a = self.operand(shape, a);
        let no = self.types.bool.const_zero();
        match op {
            Unary::Clz => self.overloaded_with("llvm.ctlz", a, no),
            Unary::Ctz => self.overloaded_with("llvm.cttz", a, no),
            Unary::IAbs => self.overloaded_with("llvm.abs", a, no),
            Unary::Popcnt => self.overloaded("llvm.ctpop", &[a]),
            Unary::Extend8S => self.extend_low(1, a.into_int_value()),
            Unary::Extend16S => self.extend_low(2, a.into_int_value()),
            Unary::Extend32S => self.extend_low(4, a.into_int_value()),
            Unary::INeg => self.int_sub(self.integer_like(a, 0), a),
            Unary::Not => self.invert(a),
            _ => self.float_unary(op, a),
        }
    }

    /// Extends the low bytes of a scalar by their sign.
    fn extend_low(&self, bytes: u32, a: IntValue<'ctx>) -> Value<'ctx> {
        let low = built(
            self.builder
                .build_int_truncate(a, self.types.integer(bytes), ""),
        );
        built(self.builder.build_int_s_extend(low, a.get_type(), "")).into()
    }

    /// The answer to the three questions is a bit: see `Translator::coerce`.
    pub(super) fn emit_test(&self, op: Test, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        match op {
            // A comparison's result is asked as the bit that it is.
            Test::Eqz => self.int_compare(IntPredicate::EQ, a, self.integer_like(a, 0)),
            Test::AnyTrue => self.any_true(a),
            Test::AllTrue => self.all_true(shape, a),
            Test::Bitmask => self.bitmask(shape, a),
        }
    }

    pub(super) fn emit_binary(
        &self,
        op: Binary,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        match op {
            Binary::And | Binary::Or | Binary::Xor | Binary::AndNot => self.logic(op, shape, a, b),
            Binary::FAdd | Binary::FSub | Binary::FMul | Binary::FDiv => {
                self.float_arithmetic(op, shape, a, b)
            }
            Binary::FMin | Binary::FMax => self.float_minmax(op, shape, a, b),
            _ => self.integer_binary(op, shape, self.operand(shape, a), self.operand(shape, b)),
        }
    }

    fn integer_binary(
        &self,
        op: Binary,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        match op {
            Binary::IAdd => self.int_add(a, b),
            Binary::ISub => self.int_sub(a, b),
            Binary::IMul => self.int_mul(a, b),
            Binary::IDivS | Binary::IDivU | Binary::IRemS | Binary::IRemU => self
                .divide(op, a.into_int_value(), b.into_int_value())
                .into(),
            Binary::IShl => self.shift_left(a, self.shift_amount(a, b)),
            Binary::IShrS => self.shift_right_signed(a, self.shift_amount(a, b)),
            Binary::IShrU => self.shift_right(a, self.shift_amount(a, b)),
            // These take the amount modulo the width by themselves.
            Binary::IRotl => self.overloaded("llvm.fshl", &[a, a, b]),
            Binary::IRotr => self.overloaded("llvm.fshr", &[a, a, b]),
            Binary::IAddSatS => self.overloaded("llvm.sadd.sat", &[a, b]),
            Binary::IAddSatU => self.overloaded("llvm.uadd.sat", &[a, b]),
            Binary::ISubSatS => self.overloaded("llvm.ssub.sat", &[a, b]),
            Binary::ISubSatU => self.overloaded("llvm.usub.sat", &[a, b]),
            Binary::IMinS => self.overloaded("llvm.smin", &[a, b]),
            Binary::IMinU => self.overloaded("llvm.umin", &[a, b]),
            Binary::IMaxS => self.overloaded("llvm.smax", &[a, b]),
            Binary::IMaxU => self.overloaded("llvm.umax", &[a, b]),
            Binary::FCopysign => self.overloaded("llvm.copysign", &[a, b]),
            // Exactly these selections: they keep the bits of NaNs, and targets have instructions for them.
            Binary::FPMin => self.select_less(b, a, [b, a]),
            Binary::FPMax => self.select_less(a, b, [b, a]),
            _ => self.vector_binary(op, shape, a.into_vector_value(), b.into_vector_value()),
        }
    }

    /// Bitwise operations: vectors in whatever integer lanes they are, so that masks stay in sight.
    fn logic(&self, op: Binary, shape: Shape, a: Value<'ctx>, b: Value<'ctx>) -> Value<'ctx> {
        let ty = match shape.is_vector() {
            true => self.integer_lanes(&[a, b]).into(),
            false => self.types.shape(shape),
        };
        let (a, b) = (self.coerce(a, ty), self.coerce(b, ty));
        match op {
            Binary::And => self.bit_and(a, b),
            Binary::Or => self.bit_or(a, b),
            Binary::Xor => self.bit_xor(a, b),
            _ => self.bit_and(a, self.invert(b)),
        }
    }

    /// Division and remainder, which trap where there is no result.
    fn divide(&self, op: Binary, a: IntValue<'ctx>, b: IntValue<'ctx>) -> IntValue<'ctx> {
        let ty = a.get_type();
        let zero = built(
            self.builder
                .build_int_compare(IntPredicate::EQ, b, ty.const_zero(), ""),
        );
        self.trap_if(zero, TrapCode::IntegerDivisionByZero);
        match op {
            Binary::IDivU => built(self.builder.build_int_unsigned_div(a, b, "")),
            Binary::IRemU => built(self.builder.build_int_unsigned_rem(a, b, "")),
            Binary::IDivS => {
                self.trap_if_quotient_overflows(a, b);
                built(self.builder.build_int_signed_div(a, b, ""))
            }
            _ => {
                // The remainder by -1 is that by 1, which LLVM defines for all numbers.
                let one = ty.const_int(1, false);
                let b = self.choose(self.is_minus_one(b).into(), one.into(), b.into());
                built(self.builder.build_int_signed_rem(a, b.into_int_value(), ""))
            }
        }
    }

    fn is_minus_one(&self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        let ones = value.get_type().const_all_ones();
        built(
            self.builder
                .build_int_compare(IntPredicate::EQ, value, ones, ""),
        )
    }

    fn trap_if_quotient_overflows(&self, a: IntValue<'ctx>, b: IntValue<'ctx>) {
        let minus_one = self.is_minus_one(b);
        if minus_one.get_zero_extended_constant() == Some(0) {
            return;
        }
        let ty = a.get_type();
        let least = ty.const_int(1 << (ty.get_bit_width() - 1), false);
        let is_least = built(
            self.builder
                .build_int_compare(IntPredicate::EQ, a, least, ""),
        );
        let overflows = built(self.builder.build_and(minus_one, is_least, ""));
        self.trap_if(overflows, TrapCode::IntegerOverflow);
    }

    /// The amount modulo the width of the scalar `a`.
    fn shift_amount(&self, a: Value<'ctx>, by: Value<'ctx>) -> Value<'ctx> {
        let bits = a.get_type().into_int_type().get_bit_width();
        self.bit_and(by, self.integer_like(a, u64::from(bits) - 1))
    }

    /// A bit for scalars (see `Translator::coerce`), a mask of the lanes for vectors.
    pub(super) fn emit_compare(
        &self,
        op: Compare,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        let (a, b) = (self.operand(shape, a), self.operand(shape, b));
        let integers = |predicate| self.int_compare(predicate, a, b);
        let floats = |predicate| self.float_compare(predicate, a, b);
        let outcome = match op {
            Compare::IEq => integers(IntPredicate::EQ),
            Compare::INe => integers(IntPredicate::NE),
            Compare::ILtS => integers(IntPredicate::SLT),
            Compare::ILtU => integers(IntPredicate::ULT),
            Compare::IGtS => integers(IntPredicate::SGT),
            Compare::IGtU => integers(IntPredicate::UGT),
            Compare::ILeS => integers(IntPredicate::SLE),
            Compare::ILeU => integers(IntPredicate::ULE),
            Compare::IGeS => integers(IntPredicate::SGE),
            Compare::IGeU => integers(IntPredicate::UGE),
            Compare::FEq => floats(FloatPredicate::OEQ),
            Compare::FNe => floats(FloatPredicate::UNE),
            Compare::FLt => floats(FloatPredicate::OLT),
            Compare::FGt => floats(FloatPredicate::OGT),
            Compare::FLe => floats(FloatPredicate::OLE),
            Compare::FGe => floats(FloatPredicate::OGE),
        };
        match outcome {
            Value::VectorValue(lanes) => self.mask(lanes),
            bit => bit,
        }
    }

    pub(super) fn emit_shift(
        &self,
        op: Shift,
        shape: Shape,
        a: Value<'ctx>,
        by: Value<'ctx>,
    ) -> Value<'ctx> {
        let a = self.operand(shape, a);
        let modulus = self.number(shape.lane_bytes() * 8 - 1);
        let by = built(self.builder.build_and(self.i32(by), modulus, ""));
        let by = built(self.builder.build_int_cast_sign_flag(
            by,
            self.types.integer(shape.lane_bytes()),
            false,
            "",
        ));
        let by = self.splat(by.into(), shape.bytes() / shape.lane_bytes());
        match op {
            Shift::Shl => self.shift_left(a, by),
            Shift::ShrS => self.shift_right_signed(a, by),
            Shift::ShrU => self.shift_right(a, by),
        }
    }

    pub(super) fn emit_select(
        &self,
        ty: Type,
        condition: Value<'ctx>,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        let condition = self.condition(condition).into();
        // Operands that agree stay as they are, comparisons' results and vectors of one shape included.
        match a.get_type() == b.get_type() {
            true => self.choose(condition, a, b),
            false => self.choose(condition, self.canonical(a, ty), self.canonical(b, ty)),
        }
    }
}
