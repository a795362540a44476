//! Types and signatures: WebAssembly's to Cranelift's.
//!
//! On merge points, in locals and at calls every vector has one type, [`VECTOR`]. In between a vector keeps the type of
//! the operation that made it, and a comparison's result stays the one byte that Cranelift gives: see
//! `Translator::coerce`, the only place where such values change their type.

use cranelift_codegen::ir::{self, AbiParam, ArgumentPurpose, types};
use cranelift_codegen::isa::CallConv;
use wasmill_abi::{Builtin, BuiltinType};
use wasmill_compiler::ops::Shape;
use wasmill_types::{FunctionType, Type};

/// The type of vectors where paths meet.
pub(crate) const VECTOR: ir::Type = types::I8X16;
/// The type of addresses. All targets have 64 bits.
pub(crate) const POINTER: ir::Type = types::I64;

/// The type of a WebAssembly value.
pub(crate) fn value_type(ty: Type) -> ir::Type {
    match ty {
        Type::I32 | Type::ExternRef => types::I32,
        Type::I64 => types::I64,
        Type::F32 => types::F32,
        Type::F64 => types::F64,
        Type::V128 => VECTOR,
        Type::FuncRef => POINTER,
    }
}

/// The type that operations on a shape work on.
pub(crate) fn shape_type(shape: Shape) -> ir::Type {
    match shape {
        Shape::I32 => types::I32,
        Shape::I64 => types::I64,
        Shape::F32 => types::F32,
        Shape::F64 => types::F64,
        Shape::V128 | Shape::I8x16 => types::I8X16,
        Shape::I16x8 => types::I16X8,
        Shape::I32x4 => types::I32X4,
        Shape::I64x2 => types::I64X2,
        Shape::F32x4 => types::F32X4,
        Shape::F64x2 => types::F64X2,
    }
}

/// The signature of a function in the boundary ABI (`wasmill_abi::call`).
pub(crate) fn signature(ty: &FunctionType, call_conv: CallConv) -> ir::Signature {
    let mut signature = with_context(call_conv);
    if returns_through_memory(ty) {
        signature.params.push(AbiParam::new(POINTER));
    } else {
        let results = ty.results().iter().map(|&ty| value_type(ty));
        signature.returns.extend(results.map(AbiParam::new));
    }
    let params = ty.params().iter().map(|&ty| value_type(ty));
    signature.params.extend(params.map(AbiParam::new));
    signature
}

/// Whether results go through a hidden pointer.
pub(crate) fn returns_through_memory(ty: &FunctionType) -> bool {
    ty.results().len() > 1
}

/// The signature of a built-in.
pub(crate) fn builtin_signature(builtin: Builtin, call_conv: CallConv) -> ir::Signature {
    let mut signature = with_context(call_conv);
    let params = builtin.params().iter().map(|&ty| builtin_type(ty));
    signature.params.extend(params.map(AbiParam::new));
    let result = builtin.result().map(builtin_type);
    signature.returns.extend(result.map(AbiParam::new));
    signature
}

fn with_context(call_conv: CallConv) -> ir::Signature {
    let mut signature = ir::Signature::new(call_conv);
    let context = AbiParam::special(POINTER, ArgumentPurpose::VMContext);
    signature.params.push(context);
    signature
}

fn builtin_type(ty: BuiltinType) -> ir::Type {
    match ty {
        BuiltinType::I32 => types::I32,
        BuiltinType::I64 => types::I64,
        BuiltinType::Pointer => POINTER,
        BuiltinType::F32 => types::F32,
        BuiltinType::F64 => types::F64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_result_is_returned_and_more_go_through_memory() {
        let one = FunctionType::new(vec![Type::I32], vec![Type::F64]);
        let one = signature(&one, CallConv::SystemV);
        assert_eq!(one.to_string(), "(i64 vmctx, i32) -> f64 system_v");
        let two = FunctionType::new(vec![Type::FuncRef], vec![Type::ExternRef, Type::V128]);
        let two = signature(&two, CallConv::SystemV);
        assert_eq!(two.to_string(), "(i64 vmctx, i64, i64) system_v");
    }

    #[test]
    fn shapes_and_types_agree_in_size() {
        let shapes = [
            Shape::I32,
            Shape::I64,
            Shape::F32,
            Shape::F64,
            Shape::V128,
            Shape::I8x16,
            Shape::I16x8,
            Shape::I32x4,
            Shape::I64x2,
            Shape::F32x4,
            Shape::F64x2,
        ];
        for shape in shapes {
            assert_eq!(shape_type(shape).bytes(), shape.bytes(), "{shape:?}");
            if shape.is_vector() && shape != Shape::V128 {
                assert_eq!(shape_type(shape).lane_type().bytes(), shape.lane_bytes());
            }
        }
    }

    #[test]
    fn builtins_take_the_context_first() {
        for &builtin in Builtin::ALL {
            let signature = builtin_signature(builtin, CallConv::SystemV);
            assert_eq!(signature.params.len(), builtin.params().len() + 1);
            assert_eq!(signature.params[0].purpose, ArgumentPurpose::VMContext);
        }
    }
}
