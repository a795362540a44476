//! What an engine is: it turns modules into artifacts.

use crate::{Artifact, DeserializeError, SignatureRegistry, Tunables, VMSharedSignatureIndex};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmill_compiler::{CompileError, CompileObserver, Features, ObservedCompileError, Target};
use wasmill_types::FunctionType;
use wasmill_vm::VMStore;

/// Compiles modules, or loads compiled ones, and makes them executable.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// let artifact = engine.compile(b"\0asm\x01\0\0\0", &tunables).unwrap();
/// // Another process, with an engine that need not have a compiler:
/// let headless = Universal::headless().engine();
/// // SAFETY: the bytes come from this library.
/// let loaded = unsafe { headless.deserialize(&artifact.serialize().unwrap()) }.unwrap();
/// assert_eq!(loaded.code(), artifact.code());
/// ```
pub trait Engine: Send + Sync {
    /// The machine that the engine makes code for.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # use wasmill_compiler::Target;
    /// assert_eq!(engine.target(), &Target::default());
    /// ```
    fn target(&self) -> &Target;
    /// The features of WebAssembly that modules may use.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// assert!(engine.features().simd && !engine.features().threads);
    /// ```
    fn features(&self) -> &Features;
    /// The registry of function types, shared by everything that this engine and its clones make.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// let clone = engine.cloned();
    /// assert!(Arc::ptr_eq(engine.signatures(), clone.signatures()));
    /// ```
    fn signatures(&self) -> &Arc<SignatureRegistry>;
    /// What the objects of all stores of this engine share, so that they may refer to one another.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// assert!(Arc::ptr_eq(engine.vm_store(), engine.clone().vm_store()));
    /// assert!(!Arc::ptr_eq(engine.vm_store(), Universal::headless().engine().vm_store()));
    /// ```
    fn vm_store(&self) -> &Arc<VMStore>;
    /// The engine-wide id of a type: equal types have equal ids, as long as somebody holds one.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, Universal};
    /// # use wasmill_types::{FunctionType, Type};
    /// let engine = Universal::headless().engine();
    /// let ty = FunctionType::new([Type::I32], []);
    /// let id = engine.register_signature(&ty);
    /// assert_eq!(id, engine.register_signature(&ty));
    /// ```
    fn register_signature(&self, func_type: &FunctionType) -> VMSharedSignatureIndex {
        self.signatures().register(func_type)
    }
    /// The type with this id; `None` if it is the id of another engine.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, Universal};
    /// # use wasmill_types::{FunctionType, Type};
    /// let engine = Universal::headless().engine();
    /// let ty = FunctionType::new([Type::I32], []);
    /// let id = engine.register_signature(&ty);
    /// assert_eq!(engine.lookup_signature(id), Some(ty));
    /// ```
    fn lookup_signature(&self, sig: VMSharedSignatureIndex) -> Option<FunctionType> {
        self.signatures().type_of(&sig)
    }
    /// All that decides about the code made of a module, as a text: the same module and the same settings give the same
    /// artifact. `None` if that is not known: what middlewares or a prefixer do, and what makes code where there is no
    /// compiler.
    ///
    /// ```
    /// # use wasmill_compiler::Features;
    /// # use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
    /// # use wasmill_engine::{Engine, Universal};
    /// let settings = |config: &Cranelift| Universal::new(config.clone()).engine().settings();
    /// let mut config = Cranelift::default();
    /// let before = settings(&config);
    /// assert!(before.is_some() && before == settings(&config));
    /// config.opt_level(CraneliftOptLevel::None);
    /// assert_ne!(settings(&config), before);
    /// assert_eq!(Universal::headless().engine().settings(), None);
    /// ```
    fn settings(&self) -> Option<String> {
        None
    }
    /// Checks that a module is valid with the engine's features.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// assert!(engine.validate(b"\0asm\x01\0\0\0").is_ok());
    /// assert!(engine.validate(b"\0asm\x01\0\0\0 and more").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`CompileError::Validate`] if it is not; [`CompileError::Codegen`] if the engine has no compiler.
    fn validate(&self, binary: &[u8]) -> Result<(), CompileError>;
    /// Validates and compiles a module.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// let module = wat::parse_str("(module (func (export \"f\")))").unwrap();
    /// let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert_eq!(artifact.module_ref().functions.len(), 1);
    /// ```
    ///
    /// # Errors
    ///
    /// If the module is not valid, or too much for the compiler, or the engine has none.
    fn compile(
        &self,
        binary: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Arc<dyn Artifact>, CompileError>;
    /// As [`Engine::compile`], seen by an observer, who may stop it. (An addition to the original API; engines that do not know it
    /// compile unobserved.)
    ///
    /// ```
    /// # use std::ops::ControlFlow;
    /// # use wasmill_compiler::{CompileObserver, ObservedCompileError};
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// let module = wat::parse_str("(module (func) (func))").unwrap();
    /// let observer = CompileObserver::new(|step| match step.done {
    ///     0 => ControlFlow::Continue(()),
    ///     _ => ControlFlow::Break(()),
    /// });
    /// let outcome = engine.compile_observed(&module, &tunables, &observer);
    /// assert!(matches!(outcome, Err(ObservedCompileError::Stopped)));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ObservedCompileError::Stopped`] if the observer stops it; those of [`Engine::compile`].
    fn compile_observed(
        &self,
        binary: &[u8],
        tunables: &dyn Tunables,
        _observer: &CompileObserver,
    ) -> Result<Arc<dyn Artifact>, ObservedCompileError> {
        Ok(self.compile(binary, tunables)?)
    }
    /// Loads an artifact that [`Artifact::serialize`] gave. The bytes are checked as a whole: damage is an error.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// let mut bytes = artifact.serialize().unwrap();
    /// // SAFETY: we have just made these bytes.
    /// assert!(unsafe { engine.deserialize(&bytes) }.is_ok());
    /// bytes.truncate(100);
    /// // SAFETY: damage is found before anything of it is used.
    /// assert!(unsafe { engine.deserialize(&bytes) }.is_err());
    /// ```
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
    /// several processes share the code, and pages of it are read when they run. Everything but the code is checked, at once or before it is used.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let path = std::env::temp_dir().join(format!("wasmill-engine-{}.wasmu", std::process::id()));
    /// artifact.serialize_to_file(&path).unwrap();
    /// // SAFETY: we have just written the file, and nobody changes it.
    /// let loaded = unsafe { engine.deserialize_from_file(&path) }.unwrap();
    /// assert_eq!(loaded.code(), artifact.code());
    /// # std::fs::remove_file(&path).unwrap();
    /// ```
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
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # use std::path::Path;
    /// # use wasmill_engine::DeserializeError;
    /// // SAFETY: there is no such file.
    /// let error = unsafe { engine.deserialize_from_file_checked(Path::new("/no/such/file.wasmu")) };
    /// assert!(matches!(error, Err(DeserializeError::Io(_))));
    /// ```
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
    /// As [`Engine::deserialize_from_file`], from these bytes of a file that has other things before or behind them, as an
    /// executable has. The part should start with a page (of the target: 4 KiB on x86-64, 64 KiB elsewhere): otherwise its
    /// code is copied, or, if it starts at an odd place, an error. Only the Universal engine has artifacts that can be parts.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let artifact = engine.compile(b"\0asm\x01\0\0\0", &tunables).unwrap();
    /// # let path = std::env::temp_dir().join(format!("wasmill-part-{}", std::process::id()));
    /// let bytes = artifact.serialize().unwrap();
    /// std::fs::write(&path, [&[0; 4096][..], &bytes, b"and more"].concat()).unwrap();
    /// let part = 4096..4096 + bytes.len();
    /// // SAFETY: we have just written the file, and nobody changes it.
    /// assert!(unsafe { engine.deserialize_from_file_part(&path, part.clone()) }.is_ok());
    /// // SAFETY: as above.
    /// assert!(unsafe { engine.deserialize_from_file_part(&path, 0..part.end) }.is_err());
    /// # std::fs::remove_file(&path).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Engine::deserialize_from_file`].
    ///
    /// # Safety
    ///
    /// As for [`Engine::deserialize_from_file`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file_part(
        &self,
        path: &Path,
        part: Range<usize>,
    ) -> Result<Arc<dyn Artifact>, DeserializeError>;
    /// The identity of the engine, the same for its clones.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// assert_eq!(engine.id(), engine.cloned().id());
    /// assert_ne!(engine.id(), Universal::headless().engine().id());
    /// ```
    fn id(&self) -> &EngineId;
    /// A handle to this same engine.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # use wasmill_engine::Engine as _;
    /// let handle: Arc<dyn Engine + Send + Sync> = engine.cloned();
    /// assert_eq!(handle.id(), engine.id());
    /// ```
    fn cloned(&self) -> Arc<dyn Engine + Send + Sync>;
}

/// Tells engines of this process apart.
///
/// ```
/// # use wasmill_engine::EngineId;
/// let id = EngineId::default();
/// assert_eq!(id, id.clone());
/// assert_ne!(id, EngineId::default(), "each is new");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineId(usize);

impl EngineId {
    /// A text that names the engine in this process.
    ///
    /// ```
    /// # use wasmill_engine::EngineId;
    /// let id = EngineId::default();
    /// assert_eq!(id.id(), id.clone().id());
    /// ```
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
