//! The engines, and what builds them: Universal, Native and Staticlib are the same but for their [`Container`].

use crate::artifact::Tools;
#[cfg(feature = "compiler")]
use crate::artifact::Workshop;
use crate::serialized::{self, Loaded};
use crate::{
    Artifact, Container, DeserializeError, Engine, EngineId, Form, InSharedObject, InStaticObject,
    ModuleArtifact, Profiler, SerializeError, SignatureRegistry, Tunables, WithSymbols,
};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use wasmill_compiler::{CompileError, Compiler, CompilerConfig, Features, Target};
#[cfg(feature = "compiler")]
use wasmill_compiler::{CompileObserver, ObservedCompileError, Progress};
use wasmill_vm::VMStore;
#[cfg(feature = "compiler")]
use xxhash_rust::xxh3::xxh3_64;

/// Builds an engine: a [`UniversalEngine`](crate::UniversalEngine), a [`NativeEngine`](crate::NativeEngine) or a
/// [`StaticlibEngine`](crate::StaticlibEngine).
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
pub struct EngineBuilder<C: Container> {
    compiler_config: Option<Box<dyn CompilerConfig>>,
    target: Option<Target>,
    features: Option<Features>,
    store: Option<Arc<VMStore>>,
    tools: Tools,
    container: PhantomData<C>,
}

impl<C: Container> EngineBuilder<C> {
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
            ..Self::headless()
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
            store: None,
            tools: Tools::default(),
            container: PhantomData,
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
    /// Lets what the engine makes be linked with what another one makes, whatever kinds and compilers they have: their stores are
    /// the same.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Engine, Native, Universal};
    /// let universal = Universal::new(Cranelift::default()).engine();
    /// let native = Native::new(Cranelift::default()).beside(&universal).engine();
    /// assert!(Arc::ptr_eq(native.vm_store(), universal.vm_store()));
    /// assert_ne!(native.id(), universal.id());
    /// ```
    #[must_use]
    pub fn beside<E: Engine + ?Sized>(mut self, other: &E) -> Self {
        self.store = Some(other.vm_store().clone());
        self
    }
    /// Lets `perf` know the functions in what the engine runs. Without it, `perf` sees addresses, unless they are in a shared object
    /// that was loaded from a file.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Profiler, Universal};
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let profiler = Profiler::jit_dump(folder)?;
    /// let engine = Universal::new(Cranelift::default()).profiler(&profiler).engine();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn profiler(mut self, profiler: &Profiler) -> Self {
        self.tools.profiler = Some(profiler.clone());
        self
    }
    /// Sets whether debuggers learn of the functions in what the engine runs: their names, and how to get from a frame to its caller.
    /// `gdb` then sets breakpoints by name and shows WebAssembly frames in backtraces; so do others that know its interface. The default is
    /// no, since it takes some time and memory for each module when it is first instantiated. Modules of the Native engine are known to
    /// debuggers anyway.
    ///
    /// What a debugger finds by name are two symbols of this library: it does not in programs whose symbols were stripped.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Universal};
    /// let engine = Universal::new(Cranelift::default()).debug_info(true).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module (func $serve))").unwrap();
    /// let artifact = engine.compile(&module, &tunables).unwrap();
    /// artifact.preinstantiate().unwrap(); // Now `break serve` finds it.
    /// ```
    #[must_use]
    pub fn debug_info(mut self, enable: bool) -> Self {
        self.tools.debugger = enable && C::FORM == Form::Universal;
        self
    }
    /// Builds the engine.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, Universal};
    /// let (first, second) = (Universal::headless().engine(), Universal::headless().engine());
    /// assert_ne!(first.id(), second.id());
    /// ```
    pub fn engine(self) -> ModuleEngine<C> {
        let Some(mut config) = self.compiler_config else {
            return ModuleEngine::from_parts(
                None,
                Target::default(),
                Features::default(),
                self.store,
                self.tools,
            );
        };
        if C::FORM != Form::Universal {
            config.enable_pic();
        }
        let target = self.target.unwrap_or_default();
        let features = self
            .features
            .unwrap_or_else(|| config.default_features_for_target(&target));
        let compiler = Some(config.compiler());
        ModuleEngine::from_parts(compiler, target, features, self.store, self.tools)
    }
}

/// An engine: a [`UniversalEngine`](crate::UniversalEngine) or a [`NativeEngine`](crate::NativeEngine). Clones are handles to the
/// same engine.
///
/// ```
/// # use wasmill_engine::{Engine, Universal};
/// let engine = Universal::headless().engine();
/// assert_eq!(engine.clone().id(), engine.id(), "a clone is the same engine");
/// ```
pub struct ModuleEngine<C: Container> {
    inner: Arc<Inner>,
    container: PhantomData<C>,
}

impl<C: Container> Clone for ModuleEngine<C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            container: PhantomData,
        }
    }
}

struct Inner {
    compiler: Option<Box<dyn Compiler>>,
    target: Target,
    features: Features,
    store: Arc<VMStore>,
    tools: Tools,
    id: EngineId,
    prefixer: Mutex<Option<Prefixer>>,
}

/// What makes the prefix of a module's symbols, from its bytes.
type Prefixer = Box<dyn Fn(&[u8]) -> String + Send>;

impl<C: Container> ModuleEngine<C> {
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
        Self::from_parts(Some(compiler), target, features, None, Tools::default())
    }
    /// An engine without a compiler: it runs modules that were compiled before.
    ///
    /// ```
    /// # use wasmill_engine::{Engine, UniversalEngine};
    /// assert!(UniversalEngine::headless().validate(b"\0asm\x01\0\0\0").is_err());
    /// ```
    pub fn headless() -> Self {
        let (target, features) = (Target::default(), Features::default());
        Self::from_parts(None, target, features, None, Tools::default())
    }

    fn from_parts(
        compiler: Option<Box<dyn Compiler>>,
        target: Target,
        features: Features,
        store: Option<Arc<VMStore>>,
        tools: Tools,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                compiler,
                target,
                features,
                store: store.unwrap_or_else(VMStore::new),
                tools,
                id: EngineId::default(),
                prefixer: Mutex::new(None),
            }),
            container: PhantomData,
        }
    }

    #[cfg(feature = "compiler")]
    fn workshop(&self) -> Result<Workshop<'_>, CompileError> {
        let inner = &*self.inner;
        let Some(compiler) = &inner.compiler else {
            return Err(CompileError::Codegen(format!(
                "The {} is operating in headless mode, so it can only execute already compiled Modules.",
                C::FORM.engine()
            )));
        };
        Ok(Workshop {
            compiler: &**compiler,
            target: &inner.target,
            features: &inner.features,
            store: &inner.store,
            tools: &inner.tools,
        })
    }

    /// What the symbols of a module have in their names.
    #[cfg(feature = "compiler")]
    fn prefix(&self, binary: &[u8]) -> String {
        if C::FORM == Form::Universal {
            return String::new();
        }
        let prefixer = self.inner.prefixer.lock();
        match &*prefixer.unwrap_or_else(PoisonError::into_inner) {
            Some(prefixer) => prefixer(binary),
            None => format!("{:016x}", xxh3_64(binary)),
        }
    }

    /// Makes a loaded module one of this engine.
    fn adopt(&self, (info, compiled): Loaded) -> ModuleArtifact<C> {
        let inner = &*self.inner;
        ModuleArtifact::new_in(&inner.store, &inner.tools, info, Arc::new(compiled))
    }
}

impl<C: WithSymbols> ModuleEngine<C> {
    /// Sets what makes, from a module's bytes, the prefix that is part of its symbols' names: `wasmill_function_{prefix}_{index}`.
    /// It counts for all clones of the engine. The default is a hash of the bytes.
    ///
    /// It cannot compile with this engine: that would wait for itself.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Native};
    /// let mut engine = Native::new(Cranelift::default()).engine();
    /// engine.set_deterministic_prefixer(|binary| format!("module{}", binary.len()));
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module (func))").unwrap();
    /// let bytes = engine.compile(&module, &tunables).unwrap().serialize().unwrap();
    /// let symbol = format!("wasmill_function_module{}_0", module.len());
    /// assert!(bytes.windows(symbol.len()).any(|part| part == symbol.as_bytes()));
    /// ```
    pub fn set_deterministic_prefixer<F>(&mut self, prefixer: F)
    where
        F: Fn(&[u8]) -> String + Send + 'static,
    {
        let mut place = self
            .inner
            .prefixer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *place = Some(Box::new(prefixer));
    }
}

impl<C: Container> ModuleArtifact<C> {
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
        engine: &ModuleEngine<C>,
        data: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Self, CompileError> {
        Self::observed(engine, data, tunables, &Progress::default())
    }

    #[cfg(feature = "compiler")]
    fn observed(
        engine: &ModuleEngine<C>,
        data: &[u8],
        tunables: &dyn Tunables,
        progress: &Progress,
    ) -> Result<Self, CompileError> {
        let workshop = engine.workshop()?;
        Self::compile(&workshop, data, engine.prefix(data), tunables, progress)
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
        engine: &ModuleEngine<C>,
        bytes: &[u8],
    ) -> Result<Self, DeserializeError> {
        Ok(engine.adopt(serialized::from_bytes(C::FORM, bytes)?))
    }

    /// Loads an artifact from a file: see [`Engine::deserialize_from_file`].
    ///
    /// ```
    /// # use std::path::Path;
    /// # use wasmill_engine::{DeserializeError, Native, NativeArtifact};
    /// # let engine = Native::headless().engine();
    /// // SAFETY: there is no such file.
    /// let error = unsafe { NativeArtifact::deserialize_from_file(&engine, Path::new("/no/such/file.so")) };
    /// assert!(matches!(error, Err(DeserializeError::Io(_))));
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
    pub unsafe fn deserialize_from_file(
        engine: &ModuleEngine<C>,
        path: &Path,
    ) -> Result<Self, DeserializeError> {
        // SAFETY: as the caller promises.
        Ok(engine.adopt(unsafe { serialized::from_file(C::FORM, path, None, false)? }))
    }
}

impl ModuleArtifact<InSharedObject> {
    /// The same as [`ModuleArtifact::deserialize_from_file`]: what is checked there costs next to nothing.
    ///
    /// ```
    /// # use std::path::Path;
    /// # use wasmill_engine::{DeserializeError, Native, NativeArtifact};
    /// # let engine = Native::headless().engine();
    /// // SAFETY: there is no such file.
    /// let error = unsafe { NativeArtifact::deserialize_from_file_unchecked(&engine, Path::new("/no/such/file.so")) };
    /// assert!(matches!(error, Err(DeserializeError::Io(_))));
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
    pub unsafe fn deserialize_from_file_unchecked(
        engine: &ModuleEngine<InSharedObject>,
        path: &Path,
    ) -> Result<Self, DeserializeError> {
        // SAFETY: as the caller promises.
        unsafe { Self::deserialize_from_file(engine, path) }
    }
}

impl ModuleArtifact<InStaticObject> {
    /// The module whose object file is linked into this program: `metadata` and `code` are the addresses of its symbols
    /// `wasmill_metadata_{prefix}` and `wasmill_code_{prefix}`. Its code runs where the linker has put it.
    ///
    /// ```
    /// # use wasmill_engine::{DeserializeError, Staticlib, StaticlibArtifact};
    /// # let engine = Staticlib::headless().engine();
    /// static OTHER: [u64; 64] = [0; 64];
    /// let other = OTHER.as_ptr().cast();
    /// // SAFETY: as many bytes as are read of what is no artifact.
    /// let error = unsafe { StaticlibArtifact::linked(&engine, other, other) };
    /// assert!(matches!(error, Err(DeserializeError::Incompatible(_))));
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Engine::deserialize_from_file`]. The code is not checked.
    ///
    /// # Safety
    ///
    /// They are the addresses of these symbols, of an object that this library has made, and that nothing has changed but the linker
    /// by its relocations. Nobody uses the same code as long as the artifact, or anything made of it, lives.
    #[allow(unsafe_code, reason = "machine code is trusted")]
    pub unsafe fn linked(
        engine: &ModuleEngine<InStaticObject>,
        metadata: *const u8,
        code: *const u8,
    ) -> Result<Self, DeserializeError> {
        // SAFETY: as the caller promises.
        Ok(engine.adopt(unsafe { serialized::from_program(metadata, code)? }))
    }

    /// What a C program must know to be linked with the object: declarations of the exported functions, the size of what they
    /// take as their first argument, and where a memory is in it.
    ///
    /// C calls the functions as they are, without a runtime: the first argument is a context of zeros, in which a memory may be
    /// set, its address and its length (LLVM's code compares with that before a loop). That is enough for functions that
    /// compute. What needs more (imports, tables, growing memories) needs [`Self::linked`]; a trap ends the program
    /// by a signal.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Staticlib, StaticlibArtifact};
    /// let mut engine = Staticlib::new(Cranelift::default()).engine();
    /// engine.set_deterministic_prefixer(|_| "sums".to_owned());
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(
    /// #     "(module (func (export \"add\") (param i32 f64) (result i64) (i64.const 0)))").unwrap();
    /// let artifact = StaticlibArtifact::new(&engine, &module, &tunables).unwrap();
    /// let expected = "int64_t wasmill_function_sums_0(void *context, int32_t, double);";
    /// assert!(artifact.c_header().contains(expected));
    /// ```
    #[must_use]
    pub fn c_header(&self) -> String {
        crate::c_header::write(&self.info, &self.compiled)
    }

    /// Bytes of what comes before the code.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Staticlib, StaticlibArtifact};
    /// # let engine = Staticlib::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// let artifact = StaticlibArtifact::new(&engine, b"\0asm\x01\0\0\0", &tunables).unwrap();
    /// assert_eq!(artifact.metadata_length().unwrap(), 4096);
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be serialized.
    pub fn metadata_length(&self) -> Result<usize, SerializeError> {
        serialized::metadata_length(&self.info, &self.compiled)
    }
}

impl<C: Container> Engine for ModuleEngine<C> {
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

    fn settings(&self) -> Option<String> {
        let Inner {
            compiler,
            target,
            features,
            prefixer,
            ..
        } = &*self.inner;
        let compiler = compiler.as_ref()?;
        let prefixer = prefixer.lock().unwrap_or_else(PoisonError::into_inner);
        let known = compiler.get_middlewares().is_empty() && prefixer.is_none();
        known.then(|| {
            format!(
                "{:?}, {}, {} {:?}, {features:?}, {} {}",
                C::FORM,
                serialized::artifact_build(),
                target.triple(),
                target.cpu_features(),
                compiler.name(),
                compiler.options()
            )
        })
    }
    #[cfg(feature = "compiler")]
    fn validate(&self, binary: &[u8]) -> Result<(), CompileError> {
        let workshop = self.workshop()?;
        workshop.compiler.validate_module(workshop.features, binary)
    }
    #[cfg(not(feature = "compiler"))]
    fn validate(&self, _binary: &[u8]) -> Result<(), CompileError> {
        Err(CompileError::Validate(format!(
            "The {} is not compiled with compiler support, which is required for validating",
            C::FORM.engine()
        )))
    }
    #[cfg(not(feature = "compiler"))]
    fn compile(
        &self,
        _binary: &[u8],
        _tunables: &dyn Tunables,
    ) -> Result<Arc<dyn Artifact>, CompileError> {
        Err(CompileError::Codegen(format!(
            "The {} is operating in headless mode, so it can not compile Modules.",
            C::FORM.engine()
        )))
    }
    #[cfg(feature = "compiler")]
    fn compile(
        &self,
        binary: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Arc<dyn Artifact>, CompileError> {
        Ok(Arc::new(ModuleArtifact::new(self, binary, tunables)?))
    }
    #[cfg(feature = "compiler")]
    fn compile_observed(
        &self,
        binary: &[u8],
        tunables: &dyn Tunables,
        observer: &CompileObserver,
    ) -> Result<Arc<dyn Artifact>, ObservedCompileError> {
        let progress = Progress::new(observer);
        match ModuleArtifact::observed(self, binary, tunables, &progress) {
            Ok(artifact) => Ok(Arc::new(artifact)),
            Err(_) if progress.is_stopped() => Err(ObservedCompileError::Stopped),
            Err(error) => Err(error.into()),
        }
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize(&self, bytes: &[u8]) -> Result<Arc<dyn Artifact>, DeserializeError> {
        // SAFETY: as the caller promises.
        Ok(Arc::new(unsafe {
            ModuleArtifact::deserialize(self, bytes)?
        }))
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file(
        &self,
        path: &Path,
    ) -> Result<Arc<dyn Artifact>, DeserializeError> {
        // SAFETY: as the caller promises.
        let loaded = unsafe { serialized::from_file(C::FORM, path, None, false)? };
        Ok(Arc::new(self.adopt(loaded)))
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file_checked(
        &self,
        path: &Path,
    ) -> Result<Arc<dyn Artifact>, DeserializeError> {
        // SAFETY: as the caller promises.
        let loaded = unsafe { serialized::from_file(C::FORM, path, None, true)? };
        Ok(Arc::new(self.adopt(loaded)))
    }
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn deserialize_from_file_part(
        &self,
        path: &Path,
        part: Range<usize>,
    ) -> Result<Arc<dyn Artifact>, DeserializeError> {
        if C::FORM != Form::Universal {
            let text = "native code is a file of its own, not a part of one";
            return Err(DeserializeError::Generic(text.to_owned()));
        }
        // SAFETY: as the caller promises.
        let loaded = unsafe { serialized::from_file(C::FORM, path, Some(part), false)? };
        Ok(Arc::new(self.adopt(loaded)))
    }
    fn id(&self) -> &EngineId {
        &self.inner.id
    }
    fn cloned(&self) -> Arc<dyn Engine + Send + Sync> {
        Arc::new(self.clone())
    }
}

impl<C: Container> fmt::Debug for ModuleEngine<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(C::FORM.engine().trim_matches('`'))
            .field("id", &self.inner.id)
            .field("compiler", &self.inner.compiler.as_ref().map(|c| c.name()))
            .field("target", &self.inner.target)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseTunables, Native, Universal};
    use wasmill_compiler::CpuFeature;
    use wasmill_compiler_cranelift::Cranelift;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn a_headless_engine_says_so() {
        let says = |engine: &dyn Engine, name: &str| {
            let expected = format!(
                "Compilation error: The {name} is operating in headless mode, so it can only execute already compiled Modules."
            );
            assert_eq!(engine.validate(EMPTY).unwrap_err().to_string(), expected);
            let tunables = BaseTunables::for_target(engine.target());
            let error = engine.compile(EMPTY, &tunables).err().unwrap();
            assert_eq!(error.to_string(), expected);
        };
        says(&Universal::headless().engine(), "UniversalEngine");
        says(&Native::headless().engine(), "`DylibEngine`");
    }

    #[test]
    fn settings_tell_engines_apart() {
        let universal = || Universal::new(Cranelift::new());
        let mut canonical = Cranelift::new();
        canonical.canonicalize_nans(true);
        let mut features = Features::default();
        features.multi_memory(true);
        let plain = Target::new(Target::default().triple().clone(), CpuFeature::set());
        let settings = [
            universal().engine().settings(),
            Native::new(Cranelift::new()).engine().settings(),
            Universal::new(canonical).engine().settings(),
            universal().features(features).engine().settings(),
            universal().target(plain).engine().settings(),
        ];
        for (nth, one) in settings.iter().enumerate() {
            assert!(one.is_some() && !settings[..nth].contains(one), "{one:?}");
        }
        let mut prefixed = Native::new(Cranelift::new()).engine();
        prefixed.set_deterministic_prefixer(|_| "p".to_owned());
        assert_eq!(prefixed.settings(), None);
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
