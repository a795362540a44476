//! Arithmetic of floats, on scalars and vectors alike.
//!
//! WebAssembly wants the NaNs that arithmetic gives to be quiet. Instructions see to it, but LLVM does not care and drops those
//! that change no number (`x * 1`, `x - 0`): where a constant makes that possible, the operand goes through
//! `llvm.canonicalize`. `abs`, `neg`, `copysign`, the pseudo-minimum and the pseudo-maximum are no arithmetic in this sense: they
//! keep the bits.

use inkwell::FloatPredicate;
use inkwell::types::VectorType;
use inkwell::values::VectorValue;
use wasmill_compiler::ops::{Binary, Shape, Unary};
use wasmill_compiler::target::Architecture;

use super::Value;
use crate::translator::{Translator, built};

/// Bits of the canonical NaNs.
const CANONICAL_F32: u32 = 0x7fc0_0000;
const CANONICAL_F64: u64 = 0x7ff8_0000_0000_0000;

impl<'ctx> Translator<'_, 'ctx> {
    /// `a` has the shape's type.
    pub(super) fn float_unary(&self, op: Unary, a: Value<'ctx>) -> Value<'ctx> {
        match op {
            Unary::FAbs => self.overloaded("llvm.fabs", &[a]),
            Unary::FNeg => match a {
                Value::FloatValue(a) => built(self.builder.build_float_neg(a, "")).into(),
                _ => built(self.builder.build_float_neg(a.into_vector_value(), "")).into(),
            },
            Unary::FSqrt => self.square_root(a),
            Unary::FCeil => self.round("llvm.ceil", a),
            Unary::FFloor => self.round("llvm.floor", a),
            Unary::FTrunc => self.round("llvm.trunc", a),
            _ => self.round("llvm.roundeven", a),
        }
    }

    fn square_root(&self, a: Value<'ctx>) -> Value<'ctx> {
        let root = self.overloaded("llvm.sqrt", &[a]);
        match self.environment.canonical_nans {
            // LLVM takes "NaN if the operand is less than zero, otherwise the root" for the root alone, whose NaN has a sign.
            true => self.arithmetic(self.overloaded("llvm.arithmetic.fence", &[root])),
            false => root,
        }
    }

    fn round(&self, name: &str, a: Value<'ctx>) -> Value<'ctx> {
        let rounded = self.overloaded(name, &[a]);
        match self.environment.architecture {
            // What LLVM makes there gives NaNs back as they are.
            Architecture::Riscv64(_) => self.arithmetic(self.quiet(rounded)),
            _ => self.arithmetic(rounded),
        }
    }

    pub(super) fn float_arithmetic(
        &self,
        op: Binary,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        let (x, y) = (self.operand(shape, a), self.operand(shape, b));
        // An operand beside a constant that LLVM may drop the operation for.
        let x = if self.may_be_neutral(shape, b) {
            self.quiet(x)
        } else {
            x
        };
        let y = if self.may_be_neutral(shape, a) {
            self.quiet(y)
        } else {
            y
        };
        self.arithmetic(match op {
            Binary::FAdd => self.float_add(x, y),
            Binary::FSub => self.float_sub(x, y),
            Binary::FMul => self.float_mul(x, y),
            _ => self.float_div(x, y),
        })
    }

    pub(super) fn float_minmax(
        &self,
        op: Binary,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        let (x, y) = (self.operand(shape, a), self.operand(shape, b));
        let result = match (self.is_plain(shape, a), self.is_plain(shape, b)) {
            (_, true) => self.limit(op, x, y),
            (true, _) => self.limit(op, y, x),
            _ if self.environment.architecture == Architecture::X86_64 => {
                self.minmax_in_steps(op, shape, a, b)
            }
            _ => self.minmax_at_once(op, x, y),
        };
        self.arithmetic(result)
    }

    /// The minimum or maximum with a constant that is neither zero nor NaN: `value` itself where it is NaN.
    fn limit(&self, op: Binary, value: Value<'ctx>, constant: Value<'ctx>) -> Value<'ctx> {
        self.quiet(match op {
            Binary::FMin => self.select_less(constant, value, [constant, value]),
            _ => self.select_less(value, constant, [constant, value]),
        })
    }

    /// For targets that have no instruction: x86's gives its second operand where there is no less and no greater one. Asked both
    /// ways it gives the same number twice, or both zeros, of which the bits decide; a sum is NaN where it should be.
    fn minmax_in_steps(
        &self,
        op: Binary,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        let (x, y) = (self.operand(shape, a), self.operand(shape, b));
        let both = match op {
            Binary::FMin => [
                self.select_less(x, y, [x, y]),
                self.select_less(y, x, [y, x]),
            ],
            _ => [
                self.select_less(y, x, [x, y]),
                self.select_less(x, y, [y, x]),
            ],
        };
        let [one, other] = both.map(|value| self.float_bits(shape, value));
        let bits = match op {
            Binary::FMin => self.bit_or(one, other),
            _ => self.bit_and(one, other),
        };
        let ordered = self.coerce_bits(bits, x.get_type());
        let unordered = self.float_compare(FloatPredicate::UNO, x, y);
        let sum = self.float_arithmetic(Binary::FAdd, shape, a, b);
        self.choose(unordered, sum, ordered)
    }

    /// For targets that have it.
    fn minmax_at_once(&self, op: Binary, x: Value<'ctx>, y: Value<'ctx>) -> Value<'ctx> {
        let name = match op {
            Binary::FMin => "llvm.minimum",
            _ => "llvm.maximum",
        };
        let result = self.overloaded(name, &[x, y]);
        match x == y || is_constant(x) || is_constant(y) {
            // LLVM may see that it is one of the operands.
            true => self.quiet(result),
            false => result,
        }
    }

    /// A float as an integer, or lanes of floats as lanes of integers.
    fn float_bits(&self, shape: Shape, value: Value<'ctx>) -> Value<'ctx> {
        let integer = match shape {
            Shape::F32 => Shape::I32,
            Shape::F64 => Shape::I64,
            Shape::F32x4 => Shape::I32x4,
            _ => Shape::I64x2,
        };
        self.coerce_bits(value, self.types.shape(integer))
    }

    /// The same number; a NaN is quiet.
    ///
    /// With canonical NaNs there is no need: every result is looked at.
    pub(super) fn quiet(&self, value: Value<'ctx>) -> Value<'ctx> {
        match self.environment.canonical_nans {
            true => value,
            false => self.overloaded("llvm.canonicalize", &[value]),
        }
    }

    /// The result of arithmetic: with canonical NaNs, a NaN is the canonical one.
    pub(super) fn arithmetic(&self, value: Value<'ctx>) -> Value<'ctx> {
        if !self.environment.canonical_nans {
            return value;
        }
        let nan = self.float_compare(FloatPredicate::UNO, value, value);
        self.choose(nan, self.canonical_nan(value), value)
    }

    /// Whether a value is a constant with zero, one or minus one in it, beside which arithmetic may change nothing but NaNs (and
    /// the sign).
    fn may_be_neutral(&self, shape: Shape, value: Value<'ctx>) -> bool {
        is_constant(value)
            && self
                .constant_lanes(shape, value)
                .is_none_or(|lanes| lanes.iter().any(|&lane| lane == 0.0 || lane.abs() == 1.0))
    }

    /// Whether a value is a constant without zeros and NaNs.
    fn is_plain(&self, shape: Shape, value: Value<'ctx>) -> bool {
        self.constant_lanes(shape, value)
            .is_some_and(|lanes| lanes.iter().all(|&lane| lane != 0.0 && !lane.is_nan()))
    }

    /// The numbers in a constant, if they can be read.
    ///
    /// A scalar is read by its bits: not every constant of LLVM's is a number (a lane of a constant vector may be an expression),
    /// and only integers are asked for that.
    fn constant_lanes(&self, shape: Shape, value: Value<'ctx>) -> Option<Vec<f64>> {
        if !matches!(value, Value::FloatValue(_)) {
            return constant_vector(shape, value);
        }
        if !is_constant(value) {
            return None;
        }
        let bits = self.float_bits(shape, value).into_int_value();
        let bits = bits.get_zero_extended_constant()?;
        Some(vec![match shape {
            Shape::F32 => f32::from_bits(bits as u32).into(),
            _ => f64::from_bits(bits),
        }])
    }

    fn canonical_nan(&self, like: Value<'ctx>) -> Value<'ctx> {
        let types = &self.types;
        let single = types.i32.const_int(CANONICAL_F32.into(), false);
        let double = types.i64.const_int(CANONICAL_F64, false);
        let bits: Value<'ctx> = match like {
            Value::FloatValue(value) if value.get_type() == types.f32 => single.into(),
            Value::FloatValue(_) => double.into(),
            _ => {
                let ty = like.get_type().into_vector_type();
                let is_single = ty.get_element_type() == types.f32.into();
                let lane = if is_single { single } else { double };
                VectorType::const_vector(&vec![lane; ty.get_size() as usize]).into()
            }
        };
        self.coerce_bits(bits, like.get_type())
    }
}

fn is_constant(value: Value<'_>) -> bool {
    match value {
        Value::FloatValue(value) => value.is_const(),
        Value::VectorValue(value) => value.is_const(),
        _ => false,
    }
}

/// The numbers in a constant vector, if they can be read. It may be in other lanes.
fn constant_vector(shape: Shape, value: Value<'_>) -> Option<Vec<f64>> {
    match value {
        Value::VectorValue(value) if value.is_const() && value.is_null() => Some(vec![0.0]),
        Value::VectorValue(value) if value.is_constant_data_vector() => {
            let lanes = value.get_type().get_size();
            let lanes: Vec<_> = (0..lanes)
                .map(|lane| value.get_element_as_constant(lane))
                .collect();
            match lanes[0] {
                Value::FloatValue(_) if value.get_type().get_size() * shape.lane_bytes() == 16 => {
                    lanes
                        .iter()
                        .map(|lane| Some(lane.into_float_value().get_constant()?.0))
                        .collect()
                }
                Value::IntValue(_) => reinterpret(shape, constant_bits(value, &lanes)?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The bits of a vector from its lanes, which are integers.
fn constant_bits(value: VectorValue<'_>, lanes: &[Value<'_>]) -> Option<u128> {
    let width = 128 / value.get_type().get_size();
    let mut bits = 0;
    for (lane, nth) in lanes.iter().zip(0u32..) {
        bits |= u128::from(lane.into_int_value().get_zero_extended_constant()?) << (nth * width);
    }
    Some(bits)
}

/// The numbers in the bits of a vector.
fn reinterpret(shape: Shape, bits: u128) -> Option<Vec<f64>> {
    match shape {
        Shape::F32x4 => {
            let lane = |nth: u32| f64::from(f32::from_bits((bits >> (32 * nth)) as u32));
            Some((0..4).map(lane).collect())
        }
        Shape::F64x2 => Some(
            (0..2)
                .map(|nth: u32| f64::from_bits((bits >> (64 * nth)) as u64))
                .collect(),
        ),
        _ => None,
    }
}
