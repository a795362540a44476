//! What an engine is: it turns modules into artifacts.

use crate::{Artifact, Signature, SignatureRegistry, Tunables};
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
    /// The engine-wide id of a type, for as long as the guard lives.
    fn register_signature(&self, ty: &FunctionType) -> Signature {
        self.signatures().register(ty)
    }
    /// The type with this engine-wide id, if somebody holds it.
    fn lookup_signature(&self, id: u32) -> Option<FunctionType> {
        self.signatures().lookup(id)
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
