//! Arithmetic, comparisons and constants: what Cranelift has one instruction for, on scalars and vectors alike.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{self, InstBuilder, Value};
use wasmill_compiler::ops::{Binary, Compare, Const, Shape, Shift, Test, Unary};
use wasmill_types::Type;

use crate::translator::Translator;
use crate::types::{VECTOR, shape_type, value_type};

impl Translator<'_> {
    pub(super) fn emit_constant(&mut self, value: Const) -> Value {
        match value {
            Const::I32(value) => self.iconst(ir::types::I32, u64::from(value as u32)),
            Const::I64(value) => self.iconst(ir::types::I64, value as u64),
            Const::F32(bits) => self.builder.ins().f32const(Ieee32::with_bits(bits)),
            Const::F64(bits) => self.builder.ins().f64const(Ieee64::with_bits(bits)),
            Const::V128(bits) => self.vconst(VECTOR, bits),
        }
    }

    pub(super) fn emit_unary(&mut self, op: Unary, shape: Shape, a: Value) -> Value {
        let a = self.coerce(a, shape_type(shape));
        match op {
            Unary::Clz => self.builder.ins().clz(a),
            Unary::Ctz => self.builder.ins().ctz(a),
            Unary::Popcnt => self.builder.ins().popcnt(a),
            Unary::Extend8S => self.sign_extend_low(ir::types::I8, a),
            Unary::Extend16S => self.sign_extend_low(ir::types::I16, a),
            Unary::Extend32S => self.sign_extend_low(ir::types::I32, a),
            Unary::IAbs => self.builder.ins().iabs(a),
            Unary::INeg => self.builder.ins().ineg(a),
            Unary::Not => self.builder.ins().bnot(a),
            Unary::FAbs => self.builder.ins().fabs(a),
            Unary::FNeg => self.builder.ins().fneg(a),
            Unary::FCeil | Unary::FFloor | Unary::FTrunc | Unary::FNearest => {
                self.emit_rounding(op, shape, a)
            }
            Unary::FSqrt => self.builder.ins().sqrt(a),
        }
    }

    fn sign_extend_low(&mut self, low: ir::Type, a: Value) -> Value {
        let ty = self.type_of(a);
        let low = self.builder.ins().ireduce(low, a);
        self.builder.ins().sextend(ty, low)
    }

    /// The result is a byte for the three questions: see `Translator::coerce`.
    pub(super) fn emit_test(&mut self, op: Test, shape: Shape, a: Value) -> Value {
        match op {
            // A comparison's result is asked as the byte that it is.
            Test::Eqz if self.type_of(a) == ir::types::I8 => {
                self.builder.ins().icmp_imm_u(IntCC::Equal, a, 0)
            }
            Test::Eqz => {
                let a = self.coerce(a, shape_type(shape));
                self.builder.ins().icmp_imm_u(IntCC::Equal, a, 0)
            }
            Test::AnyTrue => {
                let a = self.coerce(a, shape_type(shape));
                self.builder.ins().vany_true(a)
            }
            Test::AllTrue => {
                let a = self.coerce(a, shape_type(shape));
                self.builder.ins().vall_true(a)
            }
            Test::Bitmask => {
                let a = self.coerce(a, shape_type(shape));
                self.builder.ins().vhigh_bits(ir::types::I32, a)
            }
        }
    }

    pub(super) fn emit_binary(&mut self, op: Binary, shape: Shape, a: Value, b: Value) -> Value {
        let ty = shape_type(shape);
        let (a, b) = (self.coerce(a, ty), self.coerce(b, ty));
        match op {
            Binary::IAdd => self.builder.ins().iadd(a, b),
            Binary::ISub => self.builder.ins().isub(a, b),
            Binary::IMul => self.builder.ins().imul(a, b),
            Binary::IDivS => self.builder.ins().sdiv(a, b),
            Binary::IDivU => self.builder.ins().udiv(a, b),
            Binary::IRemS => self.builder.ins().srem(a, b),
            Binary::IRemU => self.builder.ins().urem(a, b),
            Binary::And => self.builder.ins().band(a, b),
            Binary::Or => self.builder.ins().bor(a, b),
            Binary::Xor => self.builder.ins().bxor(a, b),
            Binary::AndNot => self.builder.ins().band_not(a, b),
            Binary::IShl => self.builder.ins().ishl(a, b),
            Binary::IShrS => self.builder.ins().sshr(a, b),
            Binary::IShrU => self.builder.ins().ushr(a, b),
            Binary::IRotl => self.builder.ins().rotl(a, b),
            Binary::IRotr => self.builder.ins().rotr(a, b),
            Binary::FAdd => self.builder.ins().fadd(a, b),
            Binary::FSub => self.builder.ins().fsub(a, b),
            Binary::FMul => self.builder.ins().fmul(a, b),
            Binary::FDiv => self.builder.ins().fdiv(a, b),
            Binary::FMin => self.builder.ins().fmin(a, b),
            Binary::FMax => self.builder.ins().fmax(a, b),
            Binary::FCopysign => self.builder.ins().fcopysign(a, b),
            Binary::FPMin => self.replace_where_less(b, a, [b, a]),
            Binary::FPMax => self.replace_where_less(a, b, [b, a]),
            Binary::IAddSatS => self.builder.ins().sadd_sat(a, b),
            Binary::IAddSatU => self.builder.ins().uadd_sat(a, b),
            Binary::ISubSatS => self.builder.ins().ssub_sat(a, b),
            Binary::ISubSatU => self.builder.ins().usub_sat(a, b),
            Binary::IMinS => self.builder.ins().smin(a, b),
            Binary::IMinU => self.builder.ins().umin(a, b),
            Binary::IMaxS => self.builder.ins().smax(a, b),
            Binary::IMaxU => self.builder.ins().umax(a, b),
            Binary::IAvgrU => self.builder.ins().avg_round(a, b),
            Binary::IQ15MulrSatS => self.builder.ins().sqmul_round_sat(a, b),
            Binary::IDotS => self.emit_dot(a, b),
            Binary::Swizzle => self.emit_swizzle(a, b),
            Binary::NarrowS => self.builder.ins().snarrow(a, b),
            Binary::NarrowU => self.builder.ins().unarrow(a, b),
            Binary::ExtMulLowS => {
                let (a, b) = (
                    self.builder.ins().swiden_low(a),
                    self.builder.ins().swiden_low(b),
                );
                self.builder.ins().imul(a, b)
            }
            Binary::ExtMulLowU => {
                let (a, b) = (
                    self.builder.ins().uwiden_low(a),
                    self.builder.ins().uwiden_low(b),
                );
                self.builder.ins().imul(a, b)
            }
            Binary::ExtMulHighS => {
                let (a, b) = (
                    self.builder.ins().swiden_high(a),
                    self.builder.ins().swiden_high(b),
                );
                self.builder.ins().imul(a, b)
            }
            Binary::ExtMulHighU => {
                let (a, b) = (
                    self.builder.ins().uwiden_high(a),
                    self.builder.ins().uwiden_high(b),
                );
                self.builder.ins().imul(a, b)
            }
        }
    }

    /// In each lane: `x < y ? choice[0] : choice[1]`. The form that targets have instructions for.
    fn replace_where_less(&mut self, x: Value, y: Value, choice: [Value; 2]) -> Value {
        let ty = self.type_of(x);
        let less = self.builder.ins().fcmp(FloatCC::LessThan, x, y);
        let less = self.coerce(less, ty);
        self.builder.ins().bitselect(less, choice[0], choice[1])
    }

    /// A byte for scalars (see `Translator::coerce`), a mask of the lanes for vectors.
    pub(super) fn emit_compare(&mut self, op: Compare, shape: Shape, a: Value, b: Value) -> Value {
        let ty = shape_type(shape);
        let (a, b) = (self.coerce(a, ty), self.coerce(b, ty));
        match op {
            Compare::IEq => self.builder.ins().icmp(IntCC::Equal, a, b),
            Compare::INe => self.builder.ins().icmp(IntCC::NotEqual, a, b),
            Compare::ILtS => self.builder.ins().icmp(IntCC::SignedLessThan, a, b),
            Compare::ILtU => self.builder.ins().icmp(IntCC::UnsignedLessThan, a, b),
            Compare::IGtS => self.builder.ins().icmp(IntCC::SignedGreaterThan, a, b),
            Compare::IGtU => self.builder.ins().icmp(IntCC::UnsignedGreaterThan, a, b),
            Compare::ILeS => self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, a, b),
            Compare::ILeU => self
                .builder
                .ins()
                .icmp(IntCC::UnsignedLessThanOrEqual, a, b),
            Compare::IGeS => self
                .builder
                .ins()
                .icmp(IntCC::SignedGreaterThanOrEqual, a, b),
            Compare::IGeU => self
                .builder
                .ins()
                .icmp(IntCC::UnsignedGreaterThanOrEqual, a, b),
            Compare::FEq => self.builder.ins().fcmp(FloatCC::Equal, a, b),
            Compare::FNe => self.builder.ins().fcmp(FloatCC::NotEqual, a, b),
            Compare::FLt => self.builder.ins().fcmp(FloatCC::LessThan, a, b),
            Compare::FGt => self.builder.ins().fcmp(FloatCC::GreaterThan, a, b),
            Compare::FLe => self.builder.ins().fcmp(FloatCC::LessThanOrEqual, a, b),
            Compare::FGe => self.builder.ins().fcmp(FloatCC::GreaterThanOrEqual, a, b),
        }
    }

    pub(super) fn emit_shift(&mut self, op: Shift, shape: Shape, a: Value, by: Value) -> Value {
        let a = self.coerce(a, shape_type(shape));
        let by = self.coerce(by, ir::types::I32);
        match op {
            Shift::Shl => self.builder.ins().ishl(a, by),
            Shift::ShrS => self.builder.ins().sshr(a, by),
            Shift::ShrU => self.builder.ins().ushr(a, by),
        }
    }

    pub(super) fn emit_select(&mut self, ty: Type, condition: Value, a: Value, b: Value) -> Value {
        // Operands that agree stay as they are, comparisons' results and vectors of one shape included.
        if self.type_of(a) == self.type_of(b) {
            return self.builder.ins().select(condition, a, b);
        }
        let (a, b) = (
            self.coerce(a, value_type(ty)),
            self.coerce(b, value_type(ty)),
        );
        self.builder.ins().select(condition, a, b)
    }
}
