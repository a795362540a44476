//! Why linking and instantiation fail.

use crate::RuntimeError;
use thiserror::Error;
use wasmill_types::{ExternType, MemoryStyle};

/// What is wrong with one import. The first type is the one the module requires.
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
}
