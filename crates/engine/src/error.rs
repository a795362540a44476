//! Why linking, instantiation and loading fail.

use crate::RuntimeError;
use std::io;
use thiserror::Error;
use wasmill_compiler::CompileError;
use wasmill_types::{ExternType, MemoryStyle};

/// What is wrong with one import. The first type is the one the module requires.
///
/// ```
/// # use wasmill_engine::{ImportError, LinkError};
/// # use wasmill_types::{ExternType, FunctionType};
/// let required = ExternType::from(FunctionType::new([], []));
/// let error = LinkError::Import("env".into(), "f".into(), ImportError::UnknownImport(required));
/// assert!(error.to_string().starts_with("Error while importing \"env\".\"f\": unknown import."));
/// ```
#[derive(Clone, Debug, Error)]
pub enum ImportError {
    /// What was provided is of another type.
    #[error("incompatible import type. Expected {0:?} but received {1:?}")]
    IncompatibleType(ExternType, ExternType),
    /// Nothing was provided.
    #[error("unknown import. Expected {0:?}")]
    UnknownImport(ExternType),
    /// The code relies on a memory layout (the first) that the memory provided (the second) does not have.
    #[error("incompatible memory layout. Expected {0:?} but received {1:?}")]
    IncompatibleMemoryStyle(MemoryStyle, MemoryStyle),
    /// What was provided belongs to another store.
    #[error("cross-`Store` imports are not supported")]
    CrossStore,
}

/// A module could not be linked.
///
/// To tell the user which import is missing:
///
/// ```
/// # use wasmill_engine::{ImportError, LinkError};
/// # use wasmill_types::{ExternType, FunctionType};
/// fn missing(error: &LinkError) -> Option<String> {
///     match error {
///         LinkError::Import(module, field, ImportError::UnknownImport(_)) => Some(format!("{module}.{field}")),
///         _ => None,
///     }
/// }
///
/// let required = ExternType::from(FunctionType::new([], []));
/// let error = LinkError::Import("env".into(), "f".into(), ImportError::UnknownImport(required));
/// assert_eq!(missing(&error).as_deref(), Some("env.f"));
/// ```
#[derive(Debug, Error)]
pub enum LinkError {
    /// An import (module, field) does not fit.
    #[error("Error while importing {0:?}.{1:?}: {2}")]
    Import(String, String, #[source] ImportError),
    /// A trap occurred.
    #[error("RuntimeError occurred during linking: {0}")]
    Trap(#[source] RuntimeError),
    /// Something ran out.
    #[error("Insufficient resources: {0}")]
    Resource(String),
}

/// A module could not be instantiated.
#[derive(Debug, Error)]
pub enum InstantiationError {
    /// It could not be linked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// An initialiser or the start function trapped.
    #[error(transparent)]
    Start(RuntimeError),
}

/// An artifact could not be serialized.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # let module = wat::parse_str(r#"(module)"#).unwrap();
/// # let artifact = engine.compile(&module, &tunables).unwrap();
/// # use std::path::Path;
/// # use wasmill_engine::SerializeError;
/// let error = artifact.serialize_to_file(Path::new("/no/such/folder/module.wasmu")).unwrap_err();
/// assert!(matches!(error, SerializeError::Io(_)));
/// ```
#[derive(Debug, Error)]
pub enum SerializeError {
    /// It could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It has no serialized form.
    #[error("{0}")]
    Generic(String),
}

/// An artifact could not be loaded.
///
/// A cache compiles anew where the artifact is of no use, whatever the reason:
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # use wasmill_engine::{Artifact, DeserializeError};
/// # let (stored, module) = (b"something else", b"\0asm\x01\0\0\0");
/// // SAFETY: nobody but this program writes to the cache.
/// let artifact: Arc<dyn Artifact> = match unsafe { engine.deserialize(stored) } {
///     Ok(artifact) => artifact,
///     Err(DeserializeError::Io(error)) => panic!("{error}"),
///     Err(_) => engine.compile(module, &tunables).unwrap(),
/// };
/// # assert!(artifact.module_ref().exports.is_empty());
/// ```
#[derive(Debug, Error)]
pub enum DeserializeError {
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Something else.
    #[error("{0}")]
    Generic(String),
    /// It is whole, but not for this program or this machine.
    #[error("incompatible binary: {0}")]
    Incompatible(String),
    /// It is damaged.
    #[error("corrupted binary: {0}")]
    CorruptedBinary(String),
    /// It could not be made executable.
    #[error(transparent)]
    Compiler(#[from] CompileError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_types::{FunctionType, GlobalType, Mutability, Type};

    fn import(error: ImportError) -> String {
        LinkError::Import("env".into(), "f".into(), error).to_string()
    }

    #[test]
    fn texts_of_import_errors() {
        let function = ExternType::Function(FunctionType::new([Type::I32], []));
        assert_eq!(
            import(ImportError::UnknownImport(function)),
            "Error while importing \"env\".\"f\": unknown import. Expected Function(FunctionType { params: [I32], results: [] })"
        );
        let global = |ty| ExternType::Global(GlobalType::new(ty, Mutability::Const));
        assert_eq!(
            import(ImportError::IncompatibleType(
                global(Type::I32),
                global(Type::I64)
            )),
            "Error while importing \"env\".\"f\": incompatible import type. Expected Global(GlobalType { ty: I32, mutability: Const }) \
             but received Global(GlobalType { ty: I64, mutability: Const })"
        );
        assert_eq!(
            import(ImportError::CrossStore),
            "Error while importing \"env\".\"f\": cross-`Store` imports are not supported"
        );
    }

    #[test]
    fn other_texts() {
        let resource = LinkError::Resource("Failed to create memory: x".into());
        let text = "Insufficient resources: Failed to create memory: x";
        assert_eq!(resource.to_string(), text);
        assert_eq!(InstantiationError::from(resource).to_string(), text);
        let trap = LinkError::Trap(RuntimeError::new("no"));
        assert_eq!(
            trap.to_string(),
            "RuntimeError occurred during linking: RuntimeError: no"
        );
    }

    #[test]
    fn texts_of_artifacts() {
        let text = DeserializeError::Incompatible("x".into()).to_string();
        assert_eq!(text, "incompatible binary: x");
        let text = DeserializeError::CorruptedBinary("x".into()).to_string();
        assert_eq!(text, "corrupted binary: x");
        let error = CompileError::Codegen("x".into());
        let text = DeserializeError::from(error).to_string();
        assert_eq!(text, "Compilation error: x");
        assert_eq!(SerializeError::Generic("x".into()).to_string(), "x");
    }
}
