//! The Universal engine: code mapped into this process.

#[cfg(feature = "compiler")]
use crate::artifact::Workshop;
use crate::serialized::{self, Loaded};
use crate::{
    Artifact, DeserializeError, Engine, EngineId, SignatureRegistry, Tunables, UniversalArtifact,
};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use wasmill_compiler::{CompileError, Compiler, CompilerConfig, Features, Target};
use wasmill_vm::VMStore;

/// Builds a [`UniversalEngine`].
///
/// ```
/// # use wasmill_compiler::{CpuFeature, Features, Target};
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{Engine, Universal};
/// let mut features = Features::new();
/// features.simd(false);
/// let plain = Target::new("x86_64-linux-gnu".parse().unwrap(), CpuFeature::set());
/// let engine = Universal::new(Cranelift::default())
///     .target(plain)
///     .features(features)
///     .engine();
/// assert!(!engine.features().simd);
///
/// let headless = Universal::headless().engine();
/// assert!(headless.validate(b"\0asm\x01\0\0\0").is_err(), "it has no compiler");
/// ```
pub struct Universal {
    compiler_config: Option<Box<dyn CompilerConfig>>,
    target: Option<Target>,
    features: Option<Features>,
}

impl Universal {
    /// An engine with a compiler.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Engine, Universal};
    /// let engine = Universal::new(Cranelift::default()).engine();
    /// assert!(engine.validate(b"\0asm\x01\0\0\0").is_ok());
    /// ```
    pub fn new<T: Into<Box<dyn CompilerConfig>>>(compiler_config: T) -> Self {
        Self {
            compiler_config: Some(compiler_config.into()),
            target: None,
            features: None,
        }
    }
    /// An engine without a compiler: it runs modules that were compiled before.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, Universal};
    /// let engine = Universal::headless().engine();
    /// assert!(engine.validate(b"\0asm\x01\0\0\0").is_err());
    /// ```
    pub fn headless() -> Self {
        Self {
            compiler_config: None,
            target: None,
            features: None,
        }
    }
    /// Sets the machine to make code for. The default is this one.
    ///
    /// ```
    /// # use wasmill_compiler::{CpuFeature, Target};
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Engine, Universal};
    /// let plain = Target::new("x86_64-linux-gnu".parse().unwrap(), CpuFeature::set());
    /// let engine = Universal::new(Cranelift::default()).target(plain).engine();
    /// assert!(engine.target().cpu_features().is_empty());
    /// ```
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }
    /// Sets the features that modules may use. The default is the compiler's.
    ///
    /// ```
    /// # use wasmill_compiler::Features;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Engine, Universal};
    /// let mut features = Features::new();
    /// features.multi_memory(true);
    /// let engine = Universal::new(Cranelift::default()).features(features).engine();
    /// assert!(engine.features().multi_memory);
    /// ```
    #[must_use]
    pub fn features(mut self, features: Features) -> Self {
        self.features = Some(features);
        self
    }
    /// Builds the engine.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, Universal};
    /// let (first, second) = (Universal::headless().engine(), Universal::headless().engine());
    /// assert_ne!(first.id(), second.id());
    /// ```
    pub fn engine(self) -> UniversalEngine {
        let Some(config) = self.compiler_config else {
            return UniversalEngine::headless();
        };
        let target = self.target.unwrap_or_default();
        let features = self
            .features
            .unwrap_or_else(|| config.default_features_for_target(&target));
        UniversalEngine::new(config.compiler(), target, features)
    }
}

/// An engine that maps code into this process. Clones are handles to the same engine.
///
/// ```
/// # use wasmill_engine::{Engine, Universal};
/// let engine = Universal::headless().engine();
/// assert_eq!(engine.clone().id(), engine.id(), "a clone is the same engine");
/// ```
#[derive(Clone)]
pub struct UniversalEngine {
    inner: Arc<Inner>,
}

struct Inner {
    compiler: Option<Box<dyn Compiler>>,
    target: Target,
    features: Features,
    store: Arc<VMStore>,
    id: EngineId,
}

impl UniversalEngine {
    /// An engine with a compiler.
    ///
    /// ```
    /// # use wasmill_compiler::{CompilerConfig, Features, Target};
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Engine, UniversalEngine};
    /// let compiler = Box::new(Cranelift::default()).compiler();
    /// let engine = UniversalEngine::new(compiler, Target::default(), Features::default());
    /// assert!(engine.validate(b"\0asm\x01\0\0\0").is_ok());
    /// ```
    pub fn new(compiler: Box<dyn Compiler>, target: Target, features: Features) -> Self {
        Self::from_parts(Some(compiler), target, features)
    }
    /// An engine without a compiler: it runs modules that were compiled before.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, UniversalEngine};
    /// assert!(UniversalEngine::headless().validate(b"\0asm\x01\0\0\0").is_err());
    /// ```
    pub fn headless() -> Self {
        Self::from_parts(None, Target::default(), Features::default())
    }

    fn from_parts(compiler: Option<Box<dyn Compiler>>, target: Target, features: Features) -> Self {
        Self {
            inner: Arc::new(Inner {
                compiler,
                target,
                features,
                store: VMStore::new(),
                id: EngineId::default(),
            }),
        }
    }

    #[cfg(feature = "compiler")]
    fn workshop(&self) -> Result<Workshop<'_>, CompileError> {
        let inner = &*self.inner;
        let Some(compiler) = &inner.compiler else {
            return Err(CompileError::Codegen(
                "The UniversalEngine is operating in headless mode, so it can only execute already compiled Modules."
                    .to_owned(),
            ));
        };
        Ok(Workshop {
            compiler: &**compiler,
            target: &inner.target,
            features: &inner.features,
            store: &inner.store,
        })
    }
}

impl UniversalEngine {
    /// Makes a loaded module one of this engine.
    fn adopt(&self, (info, compiled): Loaded) -> UniversalArtifact {
        UniversalArtifact::new_in(&self.inner.store, info, Arc::new(compiled))
    }
}

impl UniversalArtifact {
    /// Compiles a module.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # use wasmill_engine::UniversalArtifact;
    /// let artifact = UniversalArtifact::new(&engine, b"\0asm\x01\0\0\0", &tunables).unwrap();
    /// assert!(artifact.module_ref().exports.is_empty());
    /// ```
    ///
    /// # Errors
    ///
    /// If the module is not valid, or too much for the compiler or for this machine, or the engine has no compiler.
    #[cfg(feature = "compiler")]
    pub fn new(
        engine: &UniversalEngine,
        data: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Self, CompileError> {
        Self::compile(&engine.workshop()?, data, tunables)
    }

    /// Loads an artifact: see [`Engine::deserialize`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module $m)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_engine::UniversalArtifact;
    /// let bytes = artifact.serialize().unwrap();
    /// // SAFETY: we have just made these bytes.
    /// let loaded = unsafe { UniversalArtifact::deserialize(&engine, &bytes) }.unwrap();
    /// assert_eq!(loaded.module_ref().name(), "m");
    /// ```
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Safety
    ///
    /// As there.
    #[allow(unsafe_code, reason = "machine code is trusted")]
    pub unsafe fn deserialize(
        universal: &UniversalEngine,
        bytes: &[u8],
    ) -> Result<Self, DeserializeError> {
        Ok(universal.adopt(serialized::from_bytes(bytes)?))
    }
}

impl Engine for UniversalEngine {
    fn target(&self) -> &Target {
        &self.inner.target
    }
    fn features(&self) -> &Features {
        &self.inner.features
    }
    fn signatures(&self) -> &Arc<SignatureRegistry> {
        self.inner.store.signatures()
    }
    fn vm_store(&self) -> &Arc<VMStore> {
        &self.inner.store
    }
    #[cfg(feature = "compiler")]
    fn validate(&self, binary: &[u8]) -> Result<(), CompileError> {
        let workshop = self.workshop()?;
        workshop.compiler.validate_module(workshop.features, binary)
    }
    #[cfg(not(feature = "compiler"))]
    fn validate(&self, _binary: &[u8]) -> Result<(), CompileError> {
        Err(CompileError::Validate(
            "The UniversalEngine is not compiled with compiler support, which is required for validating"
                .to_owned(),
        ))
    }
    #[cfg(not(feature = "compiler"))]
    fn compile(
        &self,
        _binary: &[u8],
        _tunables: &dyn Tunables,
    ) -> Result<Arc<dyn Artifact>, CompileError> {
        Err(CompileError::Codegen(
            "The UniversalEngine is operating in headless mode, so it can not compile Modules."
                .to_owned(),
        ))
    }
    #[cfg(feature = "compiler")]
    fn compile(
        &self,
        binary: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Arc<dyn Artifact>, CompileError> {
        Ok(Arc::new(UniversalArtifact::new(self, binary, tunables)?))
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize(&self, bytes: &[u8]) -> Result<Arc<dyn Artifact>, DeserializeError> {
        // SAFETY: as the caller promises.
        Ok(Arc::new(unsafe {
            UniversalArtifact::deserialize(self, bytes)?
        }))
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file(
        &self,
        path: &Path,
    ) -> Result<Arc<dyn Artifact>, DeserializeError> {
        // SAFETY: as the caller promises.
        let loaded = unsafe { serialized::from_file(path, false)? };
        Ok(Arc::new(self.adopt(loaded)))
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file_checked(
        &self,
        path: &Path,
    ) -> Result<Arc<dyn Artifact>, DeserializeError> {
        // SAFETY: as the caller promises.
        let loaded = unsafe { serialized::from_file(path, true)? };
        Ok(Arc::new(self.adopt(loaded)))
    }
    fn id(&self) -> &EngineId {
        &self.inner.id
    }
    fn cloned(&self) -> Arc<dyn Engine + Send + Sync> {
        Arc::new(self.clone())
    }
}

impl fmt::Debug for UniversalEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UniversalEngine")
            .field("id", &self.inner.id)
            .field("compiler", &self.inner.compiler.as_ref().map(|c| c.name()))
            .field("target", &self.inner.target)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BaseTunables;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn a_headless_engine_says_so() {
        let engine = Universal::headless().engine();
        let expected = "Compilation error: The UniversalEngine is operating in headless mode, so it can only execute already compiled Modules.";
        assert_eq!(engine.validate(EMPTY).unwrap_err().to_string(), expected);
        let tunables = BaseTunables::for_target(engine.target());
        let error = engine.compile(EMPTY, &tunables).err().unwrap();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn clones_are_the_same_engine() {
        let engine = Universal::headless().engine();
        assert_eq!(engine.id(), engine.cloned().id());
        assert_eq!(engine.id(), engine.clone().id());
        assert_ne!(engine.id(), Universal::headless().engine().id());
        assert!(Arc::ptr_eq(
            engine.signatures(),
            engine.cloned().signatures()
        ));
    }
}
