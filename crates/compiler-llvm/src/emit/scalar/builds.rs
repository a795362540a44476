//! The builder's operations, for scalars and vectors alike.
//!
//! Operands have the same type already. Nothing here promises LLVM more than WebAssembly does: no flags.

use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::{BasicMetadataValueEnum, IntValue};
use inkwell::{FloatPredicate, IntPredicate};
use wasmill_compiler::ops::Shape;

use crate::emit::Value;
use crate::translator::{Translator, built};

/// Defines functions of two operands: scalars of one kind, or vectors.
macro_rules! operations {
    ($kind:ident: $($name:ident = $build:ident ( $($flag:literal)? );)*) => {
        impl<'ctx> Translator<'_, 'ctx> { $(
            pub(in crate::emit) fn $name(&self, a: Value<'ctx>, b: Value<'ctx>) -> Value<'ctx> {
                match (a, b) {
                    (Value::$kind(a), Value::$kind(b)) => {
                        built(self.builder.$build(a, b, $($flag,)? "")).into()
                    }
                    _ => {
                        let (a, b) = (a.into_vector_value(), b.into_vector_value());
                        built(self.builder.$build(a, b, $($flag,)? "")).into()
                    }
                }
            }
        )* }
    };
}

operations! { IntValue:
    int_add = build_int_add();
    int_sub = build_int_sub();
    int_mul = build_int_mul();
    bit_and = build_and();
    bit_or = build_or();
    bit_xor = build_xor();
    shift_left = build_left_shift();
    shift_right = build_right_shift(false);
    shift_right_signed = build_right_shift(true);
}

operations! { FloatValue:
    float_add = build_float_add();
    float_sub = build_float_sub();
    float_mul = build_float_mul();
    float_div = build_float_div();
}

impl<'ctx> Translator<'_, 'ctx> {
    /// An operand of an operation on a shape.
    pub(in crate::emit) fn operand(&self, shape: Shape, value: Value<'ctx>) -> Value<'ctx> {
        self.coerce(value, self.types.shape(shape))
    }

    /// The same bits as another type.
    pub(in crate::emit) fn coerce_bits(
        &self,
        value: Value<'ctx>,
        ty: BasicTypeEnum<'ctx>,
    ) -> Value<'ctx> {
        built(self.builder.build_bit_cast(value, ty, ""))
    }

    /// A number in the type of an integer, or in each lane of its type.
    pub(in crate::emit) fn integer_like(&self, value: Value<'ctx>, number: u64) -> Value<'ctx> {
        match value.get_type() {
            BasicTypeEnum::VectorType(ty) => {
                let lane = ty
                    .get_element_type()
                    .into_int_type()
                    .const_int(number, false);
                VectorType::const_vector(&vec![lane; ty.get_size() as usize]).into()
            }
            ty => ty.into_int_type().const_int(number, false).into(),
        }
    }

    /// A number in the type of a float, or in each lane of its type.
    pub(in crate::emit) fn float_like(&self, value: Value<'ctx>, number: f64) -> Value<'ctx> {
        match value.get_type() {
            BasicTypeEnum::VectorType(ty) => {
                let lane = ty.get_element_type().into_float_type().const_float(number);
                VectorType::const_vector(&vec![lane; ty.get_size() as usize]).into()
            }
            ty => ty.into_float_type().const_float(number).into(),
        }
    }

    /// Inverts all bits.
    pub(in crate::emit) fn invert(&self, a: Value<'ctx>) -> Value<'ctx> {
        match a {
            Value::IntValue(a) => built(self.builder.build_not(a, "")).into(),
            _ => built(self.builder.build_not(a.into_vector_value(), "")).into(),
        }
    }

    /// A bit, or a bit for each lane.
    pub(in crate::emit) fn int_compare(
        &self,
        predicate: IntPredicate,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        match (a, b) {
            (Value::IntValue(a), Value::IntValue(b)) => {
                built(self.builder.build_int_compare(predicate, a, b, "")).into()
            }
            _ => {
                let (a, b) = (a.into_vector_value(), b.into_vector_value());
                built(self.builder.build_int_compare(predicate, a, b, "")).into()
            }
        }
    }

    /// A bit, or a bit for each lane.
    pub(in crate::emit) fn float_compare(
        &self,
        predicate: FloatPredicate,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        match (a, b) {
            (Value::FloatValue(a), Value::FloatValue(b)) => {
                built(self.builder.build_float_compare(predicate, a, b, "")).into()
            }
            _ => {
                let (a, b) = (a.into_vector_value(), b.into_vector_value());
                built(self.builder.build_float_compare(predicate, a, b, "")).into()
            }
        }
    }

    /// `condition ? a : b`, for a bit or a bit for each lane.
    pub(in crate::emit) fn choose(
        &self,
        condition: Value<'ctx>,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        match condition {
            Value::IntValue(bit) => built(self.builder.build_select(bit, a, b, "")),
            lanes => built(
                self.builder
                    .build_select(lanes.into_vector_value(), a, b, ""),
            ),
        }
    }

    /// `x < y ? choice[0] : choice[1]`, of floats.
    pub(in crate::emit) fn select_less(
        &self,
        x: Value<'ctx>,
        y: Value<'ctx>,
        choice: [Value<'ctx>; 2],
    ) -> Value<'ctx> {
        self.choose(
            self.float_compare(FloatPredicate::OLT, x, y),
            choice[0],
            choice[1],
        )
    }

    /// An intrinsic that is overloaded by the type of its operands.
    pub(in crate::emit) fn overloaded(&self, name: &str, operands: &[Value<'ctx>]) -> Value<'ctx> {
        let args: Vec<BasicMetadataValueEnum<'ctx>> =
            operands.iter().map(|&operand| operand.into()).collect();
        self.intrinsic_value(name, &[operands[0].get_type()], &args)
    }

    /// The same with a flag.
    pub(in crate::emit) fn overloaded_with(
        &self,
        name: &str,
        operand: Value<'ctx>,
        flag: IntValue<'ctx>,
    ) -> Value<'ctx> {
        self.intrinsic_value(name, &[operand.get_type()], &[operand.into(), flag.into()])
    }
}
