//! Types and signatures: WebAssembly's to LLVM's.
//!
//! Where paths meet, in locals and at calls every vector has one type, [`Types::vector`]. In between a vector keeps the type of
//! the operation that made it, and a comparison's result stays the one bit that LLVM gives: see `Translator::coerce`, the only
//! place where such values change their type.

use inkwell::AddressSpace;
use inkwell::context::Context;
use inkwell::types::{
    BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FloatType, FunctionType as LlvmFunctionType,
    IntType, PointerType, VectorType,
};
use wasmill_abi::{Builtin, BuiltinType};
use wasmill_compiler::ops::Shape;
use wasmill_types::{FunctionType, Type};

/// The types that code is made of.
#[derive(Clone, Copy)]
pub(crate) struct Types<'ctx> {
    pub(crate) context: &'ctx Context,
    pub(crate) bool: IntType<'ctx>,
    pub(crate) i8: IntType<'ctx>,
    pub(crate) i16: IntType<'ctx>,
    pub(crate) i32: IntType<'ctx>,
    pub(crate) i64: IntType<'ctx>,
    pub(crate) f32: FloatType<'ctx>,
    pub(crate) f64: FloatType<'ctx>,
    pub(crate) pointer: PointerType<'ctx>,
    /// The type of vectors where paths meet: sixteen bytes.
    pub(crate) vector: VectorType<'ctx>,
}

impl<'ctx> Types<'ctx> {
    pub(crate) fn new(context: &'ctx Context) -> Self {
        Self {
            context,
            bool: context.bool_type(),
            i8: context.i8_type(),
            i16: context.i16_type(),
            i32: context.i32_type(),
            i64: context.i64_type(),
            f32: context.f32_type(),
            f64: context.f64_type(),
            pointer: context.ptr_type(AddressSpace::default()),
            vector: context.i8_type().vec_type(16),
        }
    }

    /// The type of a WebAssembly value.
    pub(crate) fn value(&self, ty: Type) -> BasicTypeEnum<'ctx> {
        match ty {
            Type::I32 | Type::ExternRef => self.i32.into(),
            Type::I64 => self.i64.into(),
            Type::F32 => self.f32.into(),
            Type::F64 => self.f64.into(),
            Type::V128 => self.vector.into(),
            Type::FuncRef => self.pointer.into(),
        }
    }

    /// The type that operations on a shape work on.
    pub(crate) fn shape(&self, shape: Shape) -> BasicTypeEnum<'ctx> {
        match shape {
            Shape::I32 => self.i32.into(),
            Shape::I64 => self.i64.into(),
            Shape::F32 => self.f32.into(),
            Shape::F64 => self.f64.into(),
            Shape::V128 => self.vector.into(),
            Shape::I8x16
            | Shape::I16x8
            | Shape::I32x4
            | Shape::I64x2
            | Shape::F32x4
            | Shape::F64x2 => self.lanes(shape).into(),
        }
    }

    /// The vector type of a shape that is a vector.
    pub(crate) fn lanes(&self, shape: Shape) -> VectorType<'ctx> {
        match shape {
            Shape::I16x8 => self.i16.vec_type(8),
            Shape::I32x4 => self.i32.vec_type(4),
            Shape::I64x2 => self.i64.vec_type(2),
            Shape::F32x4 => self.f32.vec_type(4),
            Shape::F64x2 => self.f64.vec_type(2),
            _ => self.vector,
        }
    }

    /// The type of an integer of so many bytes.
    pub(crate) fn integer(&self, bytes: u32) -> IntType<'ctx> {
        match bytes {
            1 => self.i8,
            2 => self.i16,
            4 => self.i32,
            8 => self.i64,
            _ => unreachable!("integers have 1, 2, 4 or 8 bytes"),
        }
    }

    /// The signature of a function in the boundary ABI (`wasmill_abi::call`).
    pub(crate) fn signature(&self, ty: &FunctionType) -> LlvmFunctionType<'ctx> {
        let mut params: Vec<BasicMetadataTypeEnum<'ctx>> = vec![self.pointer.into()];
        let in_memory = returns_through_memory(ty);
        if in_memory {
            params.push(self.pointer.into());
        }
        params.extend(
            ty.params()
                .iter()
                .map(|&ty| BasicMetadataTypeEnum::from(self.value(ty))),
        );
        match ty.results().first() {
            Some(&result) if !in_memory => self.value(result).fn_type(&params, false),
            _ => self.context.void_type().fn_type(&params, false),
        }
    }

    /// The signature of a built-in.
    pub(crate) fn builtin_signature(&self, builtin: Builtin) -> LlvmFunctionType<'ctx> {
        let mut params: Vec<BasicMetadataTypeEnum<'ctx>> = vec![self.pointer.into()];
        params.extend(
            builtin
                .params()
                .iter()
                .map(|&ty| BasicMetadataTypeEnum::from(self.builtin(ty))),
        );
        match builtin.result() {
            Some(ty) => self.builtin(ty).fn_type(&params, false),
            None => self.context.void_type().fn_type(&params, false),
        }
    }

    fn builtin(&self, ty: BuiltinType) -> BasicTypeEnum<'ctx> {
        match ty {
            BuiltinType::I32 => self.i32.into(),
            BuiltinType::I64 => self.i64.into(),
            BuiltinType::Pointer => self.pointer.into(),
            BuiltinType::F32 => self.f32.into(),
            BuiltinType::F64 => self.f64.into(),
        }
    }
}

/// Whether results go through a hidden pointer.
pub(crate) fn returns_through_memory(ty: &FunctionType) -> bool {
    ty.results().len() > 1
}
