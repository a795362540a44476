//! What an engine is: it turns modules into artifacts.

use crate::{Artifact, DeserializeError, SignatureRegistry, Tunables, VMSharedSignatureIndex};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmill_compiler::{CompileError, Features, Target};
use wasmill_types::FunctionType;
use wasmill_vm::VMStore;

/// Compiles modules, or loads compiled ones, and makes them executable.
pub trait Engine: Send + Sync {
    /// The machine that the engine makes code for.
    fn target(&self) -> &Target;
    /// The features of WebAssembly that modules may use.
    fn features(&self) -> &Features;
    /// The registry of function types, shared by everything that this engine and its clones make.
    fn signatures(&self) -> &Arc<SignatureRegistry>;
    /// What the objects of all stores of this engine share, so that they may refer to one another.
    fn vm_store(&self) -> &Arc<VMStore>;
    /// The engine-wide id of a type: equal types have equal ids, as long as somebody holds one.
    fn register_signature(&self, func_type: &FunctionType) -> VMSharedSignatureIndex {
        self.signatures().register(func_type)
    }
    /// The type with this id; `None` if it is the id of another engine.
    fn lookup_signature(&self, sig: VMSharedSignatureIndex) -> Option<FunctionType> {
        self.signatures().type_of(&sig)
    }
    /// Checks that a module is valid with the engine's features.
    ///
    /// # Errors
    ///
    /// [`CompileError::Validate`] if it is not; [`CompileError::Codegen`] if the engine has no compiler.
    fn validate(&self, binary: &[u8]) -> Result<(), CompileError>;
    /// Validates and compiles a module.
    ///
    /// # Errors
    ///
    /// If the module is not valid, or too much for the compiler, or the engine has none.
    fn compile(
        &self,
        binary: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Arc<dyn Artifact>, CompileError>;
    /// Loads an artifact that [`Artifact::serialize`] gave. The bytes are checked as a whole: damage is an error.
    ///
    /// # Errors
    ///
    /// - [`DeserializeError::Incompatible`] if this is no artifact, or one of another version, or for another machine;
    /// - [`DeserializeError::CorruptedBinary`] if it is damaged.
    ///
    /// # Safety
    ///
    /// The artifact holds machine code, which nobody can check: it was made by this library, and by nobody who wants harm.
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize(&self, bytes: &[u8]) -> Result<Arc<dyn Artifact>, DeserializeError>;
    /// Loads an artifact from a file that [`Artifact::serialize_to_file`] wrote. The file is mapped: nothing is copied,
    /// several processes share the code, and pages of it are read when they run. Everything but the code is checked.
    ///
    /// # Errors
    ///
    /// As for [`Engine::deserialize`], and [`DeserializeError::Io`] if the file cannot be read.
    ///
    /// # Safety
    ///
    /// As for [`Engine::deserialize`]; and as long as the artifact or anything made of it lives, nobody changes the file's
    /// contents or makes it shorter. (It may be deleted, renamed, or replaced by another.)
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file(
        &self,
        path: &Path,
    ) -> Result<Arc<dyn Artifact>, DeserializeError>;
    /// As [`Engine::deserialize_from_file`], but everything is checked first, the code too, at the cost of reading it.
    ///
    /// # Errors
    ///
    /// As for [`Engine::deserialize_from_file`].
    ///
    /// # Safety
    ///
    /// As for [`Engine::deserialize_from_file`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file_checked(
        &self,
        path: &Path,
    ) -> Result<Arc<dyn Artifact>, DeserializeError>;
    /// The identity of the engine, the same for its clones.
    fn id(&self) -> &EngineId;
    /// A handle to this same engine.
    fn cloned(&self) -> Arc<dyn Engine + Send + Sync>;
}

/// Tells engines of this process apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineId(usize);

impl EngineId {
    /// A text that names the engine in this process.
    pub fn id(&self) -> String {
        self.0.to_string()
    }
}

impl Default for EngineId {
    /// A new identity.
    fn default() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_new_unless_cloned() {
        let a = EngineId::default();
        assert_ne!(a, EngineId::default());
        assert_eq!(a, a.clone());
        assert_eq!(a.id(), a.clone().id());
    }
}
