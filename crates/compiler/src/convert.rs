//! From wasmparser's types and errors to ours.
//!
//! What cannot be converted belongs to a proposal that is not supported. The validator rejects it first, with the
//! features that are switched on; so these errors are a second fence.

use crate::ops::MemoryArg;
use crate::{CompileError, WasmError};
use wasmill_types::{GlobalType, MemoryIndex, MemoryType, Mutability, Pages, TableType, Type};
use wasmparser::{AbstractHeapType, HeapType, MemArg, MemArgTarget, RefType, ValType};

type Converted<T> = Result<T, Box<CompileError>>;

/// The module is not valid.
#[cold]
pub(crate) fn invalid(error: wasmparser::Error) -> Box<CompileError> {
    let text = format!("{} (at offset {})", error.message(), error.offset());
    Box::new(CompileError::Validate(text))
}

/// The module uses something that is not supported.
#[cold]
pub(crate) fn unsupported(what: &str) -> Box<CompileError> {
    Box::new(CompileError::UnsupportedFeature(what.to_owned()))
}

/// The module is above a limit of this implementation.
#[cold]
pub(crate) fn too_large(what: &str) -> Box<CompileError> {
    Box::new(CompileError::Resource(format!("too many {what}")))
}

pub(crate) fn value_type(ty: ValType) -> Converted<Type> {
    Ok(match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::V128 => Type::V128,
        ValType::Ref(ty) => element_type(ty)?,
    })
}

pub(crate) fn element_type(ty: RefType) -> Converted<Type> {
    if ty == RefType::FUNCREF {
        Ok(Type::FuncRef)
    } else if ty == RefType::EXTERNREF {
        Ok(Type::ExternRef)
    } else {
        Err(unsupported("function_references"))
    }
}

pub(crate) fn reference_type(ty: HeapType) -> Converted<Type> {
    match ty {
        HeapType::Abstract {
            shared: false,
            ty: AbstractHeapType::Func,
        } => Ok(Type::FuncRef),
        HeapType::Abstract {
            shared: false,
            ty: AbstractHeapType::Extern,
        } => Ok(Type::ExternRef),
        _ => Err(unsupported("function_references")),
    }
}

#[inline]
pub(crate) fn memory_arg(arg: MemArg) -> Converted<MemoryArg> {
    match arg.target {
        MemArgTarget::Memory(memory) => Ok(MemoryArg {
            memory: MemoryIndex::from_u32(memory),
            offset: arg.offset,
            align: arg.align,
        }),
        MemArgTarget::Array(_) => Err(unsupported("gc")),
    }
}

pub(crate) fn table_type(ty: wasmparser::TableType) -> Converted<TableType> {
    if ty.table64 {
        return Err(unsupported("memory64"));
    }
    if ty.shared {
        return Err(unsupported("shared_everything_threads"));
    }
    let size = |size: u64| u32::try_from(size).map_err(|_| too_large("table elements"));
    Ok(TableType {
        ty: element_type(ty.element_type)?,
        minimum: size(ty.initial)?,
        maximum: ty.maximum.map(size).transpose()?,
    })
}

pub(crate) fn memory_type(ty: wasmparser::MemoryType) -> Converted<MemoryType> {
    if ty.memory64 {
        return Err(unsupported("memory64"));
    }
    if ty.page_size_log2.is_some() {
        return Err(unsupported("custom_page_sizes"));
    }
    let pages = |pages: u64| {
        u32::try_from(pages)
            .map(Pages)
            .map_err(|_| too_large("memory pages"))
    };
    Ok(MemoryType {
        minimum: pages(ty.initial)?,
        maximum: ty.maximum.map(pages).transpose()?,
        shared: ty.shared,
    })
}

pub(crate) fn global_type(ty: wasmparser::GlobalType) -> Converted<GlobalType> {
    if ty.shared {
        return Err(unsupported("shared_everything_threads"));
    }
    Ok(GlobalType::new(
        value_type(ty.content_type)?,
        Mutability::from(ty.mutable),
    ))
}

/// The module is above a limit that its index spaces have.
#[cold]
pub(crate) fn limit_exceeded() -> Box<CompileError> {
    Box::new(CompileError::Wasm(WasmError::ImplLimitExceeded))
}
