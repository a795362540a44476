//! Artifacts: compiled modules, executable or not.
//!
//! ```text
//!   bytes ─► translate ─► styles from tunables ─► Compiler ─► link ─► publish ─┐     (Native: in a shared object)
//!                                                                              ▼
//!                          first instantiation: register code and types ─► RuntimeModule
//!
//!   bytes or file ─► `serialized`: check, decode, map the code ─► the same
//! ```
//!
//! An artifact owns its code. The runtime's half is made when the module is first instantiated and keeps the code, its
//! registration and the ids of its types; instances and functions hold that half, so code is unmapped when the last of
//! artifact, instances and functions is gone. Nothing is kept by the engine.

use crate::images::make_images;
use crate::serialized::{self, Origin};
use crate::{
    AbsoluteAddress, CodeMap, Container, DeserializeError, FunctionBodyPtr, InstantiationError,
    LinkError, Profiler, RuntimeError, SerializeError, Tunables, VMSharedSignatureIndex,
};
#[cfg(feature = "compiler")]
use crate::{Form, Layout, link::resolve_absolute, padding_byte};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use wasmill_abi::ContextLayout;
#[cfg(feature = "compiler")]
use wasmill_compiler::{
    Compilation, CompileStage, CompiledFunction, Compiler, CpuFeature, Translation,
};
use wasmill_compiler::{CompileError, CompileModuleInfo, Features, Progress, Target};
use wasmill_types::{
    BoxedSlice, EntityRef, LocalFunctionIndex, MemoryIndex, MemoryStyle, ModuleInfo, PrimaryMap,
    SignatureIndex, TableIndex, TableStyle,
};
#[cfg(feature = "compiler")]
use wasmill_vm::WritableCode;
use wasmill_vm::{
    CodeMemory, CodePointer, CodeRegistration, DebuggerRegistration, RuntimeModule,
    RuntimeModuleParts, VMStore,
};

/// A compiled module.
///
/// What a module became; programs that use `Module` of the front crate never need it.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # let module = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
/// # let artifact = engine.compile(&module, &tunables).unwrap();
/// assert!(artifact.module_ref().exports.contains_key("f"));
/// assert_eq!(artifact.target(), engine.target());
/// ```
pub trait Artifact: Any + Send + Sync {
    /// What the module declares.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module $m)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert_eq!(artifact.module().name(), "m");
    /// ```
    fn module(&self) -> Arc<ModuleInfo>;
    /// What the module declares.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (memory 1))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert_eq!(artifact.module_ref().memories.len(), 1);
    /// ```
    fn module_ref(&self) -> &ModuleInfo;
    /// Nothing: what a module declares is what its code was compiled for, so nobody may change it. See
    /// [`Artifact::set_name`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let mut artifact = artifact;
    /// assert!(Arc::get_mut(&mut artifact).unwrap().module_mut().is_none());
    /// ```
    fn module_mut(&mut self) -> Option<&mut ModuleInfo> {
        None
    }
    /// Gives the module a name, for messages and traces.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let mut artifact = artifact;
    /// Arc::get_mut(&mut artifact).unwrap().set_name("plugin");
    /// assert_eq!(artifact.module_ref().name(), "plugin");
    /// ```
    fn set_name(&mut self, name: &str);
    /// The same module under another name. Nothing is copied but its description; traces are made from the code, which is
    /// common, and show the former name.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module $m)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert_eq!(artifact.renamed("plugin").module_ref().name(), "plugin");
    /// assert_eq!(artifact.module_ref().name(), "m");
    /// ```
    fn renamed(&self, name: &str) -> Arc<dyn Artifact>;
    /// The machine it was compiled for.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_compiler::Target;
    /// assert_eq!(artifact.target(), &Target::default());
    /// ```
    fn target(&self) -> &Target;
    /// The features it was compiled with.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert!(artifact.features().bulk_memory);
    /// ```
    fn features(&self) -> &Features;
    /// How each memory is laid out.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (memory 1))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// let memory = MemoryIndex::from_u32(0);
    /// let declared = &artifact.module_ref().memories[memory];
    /// assert_eq!(artifact.memory_styles()[memory], tunables.memory_style(declared));
    /// # use wasmill_types::MemoryIndex;
    /// ```
    fn memory_styles(&self) -> &PrimaryMap<MemoryIndex, MemoryStyle>;
    /// How each table is laid out.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (table 1 funcref))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_types::TableStyle;
    /// assert_eq!(artifact.table_styles().as_slice(), [TableStyle::CallerChecksSignature]);
    /// ```
    fn table_styles(&self) -> &PrimaryMap<TableIndex, TableStyle>;
    /// Where the code of each function that the module defines starts; empty if it was compiled for another machine. Valid
    /// as long as the artifact, or anything made of it, lives. What is there follows this library's own convention.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (func) (func))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert_eq!(artifact.finished_functions().len(), 2);
    /// ```
    fn finished_functions(&self) -> &BoxedSlice<LocalFunctionIndex, FunctionBodyPtr>;
    /// The engine-wide ids of the module's types.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (func (param i32)))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_types::SignatureIndex;
    /// let id = artifact.signatures().get(SignatureIndex::from_u32(0)).unwrap();
    /// assert_eq!(engine.lookup_signature(id.clone()).unwrap().to_string(), "[I32] -> []");
    /// ```
    fn signatures(&self) -> &BoxedSlice<SignatureIndex, VMSharedSignatureIndex>;
    /// The machine code of the whole module.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (func))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// assert!(!artifact.code().is_empty());
    /// ```
    fn code(&self) -> &[u8];
    /// Where functions lie in the code, what may trap, and where code comes from.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (func) (func))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_types::LocalFunctionIndex;
    /// let second = artifact.code_map().function_range(LocalFunctionIndex::from_u32(1)).unwrap();
    /// assert!(second.end as usize <= artifact.code().len());
    /// ```
    fn code_map(&self) -> &Arc<CodeMap>;
    /// The module as the runtime instantiates it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// let runtime = artifact.runtime().unwrap();
    /// assert!(Arc::ptr_eq(runtime, artifact.runtime().unwrap()), "it is made once");
    /// ```
    ///
    /// # Errors
    ///
    /// If it was compiled for another machine.
    fn runtime(&self) -> Result<&Arc<RuntimeModule>, LinkError>;
    /// Makes what the first instantiation would have to make.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// artifact.preinstantiate().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If it was compiled for another machine.
    fn preinstantiate(&self) -> Result<(), InstantiationError> {
        self.runtime()?;
        Ok(())
    }
    /// Makes the code known to traps and traces. Instantiation does the same.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module (func unreachable))"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// artifact.register_frame_info();
    /// assert!(wasmill_engine::is_wasm_pc(artifact.code().as_ptr() as usize));
    /// ```
    fn register_frame_info(&self) {
        // Code that cannot run has no frames.
        let _ = self.runtime();
    }
    /// The artifact as bytes, to be loaded by [`crate::Engine::deserialize`]: the same module gives the same bytes.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// let bytes = artifact.serialize().unwrap();
    /// // SAFETY: we have just made these bytes.
    /// let again = unsafe { engine.deserialize(&bytes) }.unwrap();
    /// assert_eq!(again.serialize().unwrap(), bytes);
    /// ```
    ///
    /// # Errors
    ///
    /// If it is too large.
    fn serialize(&self) -> Result<Vec<u8>, SerializeError>;
    /// Writes the artifact to a file. The file appears when it is complete, and replaces one that is there.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let path = std::env::temp_dir().join(format!("wasmill-artifact-{}.wasmu", std::process::id()));
    /// artifact.serialize_to_file(&path).unwrap();
    /// assert_eq!(std::fs::read(&path).unwrap(), artifact.serialize().unwrap());
    /// # std::fs::remove_file(&path).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn serialize_to_file(&self, path: &Path) -> Result<(), SerializeError>;
}

impl dyn Artifact {
    /// The artifact of a particular engine.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_engine::UniversalArtifact;
    /// assert!(artifact.downcast_ref::<UniversalArtifact>().is_some());
    /// ```
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
    /// The artifact of a particular engine, for writing.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str(r#"(module)"#).unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # use wasmill_engine::UniversalArtifact;
    /// # let mut artifact = artifact;
    /// let artifact = Arc::get_mut(&mut artifact).unwrap();
    /// artifact.downcast_mut::<UniversalArtifact>().unwrap().set_name("plugin");
    /// assert_eq!(artifact.module_ref().name(), "plugin");
    /// ```
    pub fn downcast_mut<T: 'static>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }
}

/// Code, where it can run and where it cannot.
pub(crate) enum Code {
    Executable(Arc<PublishedCode>),
    /// For another machine, or not loaded yet.
    #[cfg_attr(
        not(feature = "compiler"),
        allow(dead_code, reason = "such artifacts are made here, but never loaded")
    )]
    Bytes(Vec<u8>),
}

impl Code {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Executable(code) => code.memory.as_slice(),
            Self::Bytes(code) => code,
        }
    }
}

/// What tells tools of the system about code, if an engine was asked to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tools {
    pub(crate) profiler: Option<Profiler>,
    /// Whether debuggers learn of code that is in no shared object.
    pub(crate) debugger: bool,
}

/// As long as this lives, code is known to those who asked.
struct Registered {
    _code: CodeRegistration,
    _debugger: Option<DebuggerRegistration>,
}

/// Executable code, registered when it is first needed.
pub(crate) struct PublishedCode {
    memory: Arc<CodeMemory>,
    registration: OnceLock<Registered>,
}

impl PublishedCode {
    pub(crate) fn new(memory: CodeMemory) -> Self {
        Self {
            memory: Arc::new(memory),
            registration: OnceLock::new(),
        }
    }

    /// Where the code of a function starts.
    fn entry(&self, map: &CodeMap, index: LocalFunctionIndex) -> CodePointer {
        let range = map.function_range(index);
        let start = range.expect("every function has code").start;
        CodePointer(self.memory.base().wrapping_add(start as usize).cast())
    }

    /// Makes the code known to traps and traces as long as this lives, and to tools.
    fn register(&self, map: &Arc<CodeMap>, tools: &Tools) {
        let register = || {
            if let Some(profiler) = &tools.profiler {
                profiler.add(&self.memory, map);
            }
            let file = tools
                .debugger
                .then(|| serialized::debug_file(&self.memory, map));
            Registered {
                _debugger: file.flatten().map(DebuggerRegistration::new),
                _code: wasmill_vm::register(self.memory.clone(), map.clone()),
            }
        };
        self.registration.get_or_init(register);
    }
}

/// What a compilation gives, and what an artifact has: everything but the description.
pub(crate) struct Compiled {
    pub(crate) layout: Arc<ContextLayout>,
    pub(crate) target: Target,
    pub(crate) features: Features,
    pub(crate) origin: Origin,
    pub(crate) memory_styles: PrimaryMap<MemoryIndex, MemoryStyle>,
    pub(crate) table_styles: PrimaryMap<TableIndex, TableStyle>,
    /// Words in the code that depend on its address.
    pub(crate) absolute: Vec<AbsoluteAddress>,
    pub(crate) code: Code,
    pub(crate) map: Arc<CodeMap>,
    /// Whether segments and data are known to be right; otherwise that is found out for the first instance.
    pub(crate) contents_are_checked: bool,
}

/// The artifact of an engine: a [`UniversalArtifact`](crate::UniversalArtifact) or a [`NativeArtifact`](crate::NativeArtifact).
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{Artifact as _, BaseTunables, Engine, Tunables as _, Universal};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # use wasmill_engine::UniversalArtifact;
/// let artifact = UniversalArtifact::new(&engine, b"\0asm\x01\0\0\0", &tunables).unwrap();
/// assert!(UniversalArtifact::is_deserializable(&artifact.serialize().unwrap()));
/// ```
pub struct ModuleArtifact<C: Container> {
    pub(crate) info: Arc<ModuleInfo>,
    /// Shared by artifacts that differ in their names only.
    pub(crate) compiled: Arc<Compiled>,
    store: Arc<VMStore>,
    tools: Tools,
    runtime: OnceLock<Arc<RuntimeModule>>,
    /// What the host may ask for and the runtime keeps in another form, made when asked for.
    function_bodies: OnceLock<BoxedSlice<LocalFunctionIndex, FunctionBodyPtr>>,
    signatures: OnceLock<BoxedSlice<SignatureIndex, VMSharedSignatureIndex>>,
    container: PhantomData<C>,
}

/// What an artifact is made with.
#[cfg(feature = "compiler")]
pub(crate) struct Workshop<'a> {
    pub(crate) compiler: &'a dyn Compiler,
    pub(crate) target: &'a Target,
    pub(crate) features: &'a Features,
    pub(crate) store: &'a Arc<VMStore>,
    pub(crate) tools: &'a Tools,
}

impl<C: Container> ModuleArtifact<C> {
    /// Compiles a module.
    ///
    /// # Errors
    ///
    /// If the module is not valid, or too much for the compiler or for this machine.
    #[cfg(feature = "compiler")]
    pub(crate) fn compile(
        workshop: &Workshop<'_>,
        binary: &[u8],
        prefix: String,
        tunables: &dyn Tunables,
        progress: &Progress,
    ) -> Result<Self, CompileError> {
        let Workshop {
            compiler, features, ..
        } = *workshop;
        serialized::check_target(C::FORM, workshop.target, &prefix)?;
        let compile = |Translation { info, bodies }: Translation<'_>| {
            let mut module = compile_info(info, features, tunables)?;
            module.progress = progress.clone();
            let compilation = compiler.compile_module(workshop.target, &module, bodies)?;
            Ok((module, compilation))
        };
        progress.stage(CompileStage::Reading, 0)?;
        let translation = wasmill_compiler::translate(binary, features)?;
        let (module, compilation) = wasmill_compiler::compile_through(
            compiler.get_middlewares(),
            translation,
            features,
            progress,
            compile,
        )?;
        let Compilation {
            mut functions,
            other_faults,
        } = compilation;
        progress.stage(CompileStage::Linking, 0)?;
        let layout = Layout::new(&functions).map_err(unlinkable)?;
        let (code, absolute) = link(C::FORM, &layout, &mut functions, workshop.target)?;
        let info = module.module.clone();
        let map = CodeMap::new(&mut functions, other_faults, &layout, info).map_err(unlinkable)?;
        drop(functions);
        tracing::debug!(code = layout.size, tables = map.memory(), "module compiled");
        let mut compiled = Compiled {
            layout: module.layout,
            target: workshop.target.clone(),
            features: workshop.features.clone(),
            origin: Origin {
                compiler: workshop.compiler.name().to_owned(),
                options: workshop.compiler.options(),
                prefix,
            },
            memory_styles: module.memory_styles,
            table_styles: module.table_styles,
            absolute,
            code,
            map: Arc::new(map),
            contents_are_checked: true,
        };
        if C::FORM == Form::Native && runs_here(workshop.target) {
            let code = serialized::load_object(&module.module, &compiled)?;
            compiled.code = Code::Executable(Arc::new(PublishedCode::new(code)));
        }
        Ok(Self::new_in(
            workshop.store,
            workshop.tools,
            module.module,
            Arc::new(compiled),
        ))
    }

    /// Puts a compiled module into a store.
    pub(crate) fn new_in(
        store: &Arc<VMStore>,
        tools: &Tools,
        info: Arc<ModuleInfo>,
        compiled: Arc<Compiled>,
    ) -> Self {
        Self {
            info,
            compiled,
            store: store.clone(),
            tools: tools.clone(),
            runtime: OnceLock::new(),
            function_bodies: OnceLock::new(),
            signatures: OnceLock::new(),
            container: PhantomData,
        }
    }

    /// Whether bytes start like an artifact of the engine: for the Native one, like native code of some system.
    ///
    /// ```
    /// # use wasmill_engine::{NativeArtifact, UniversalArtifact};
    /// assert!(!UniversalArtifact::is_deserializable(b"\0asm\x01\0\0\0"), "a module, not compiled yet");
    /// assert!(NativeArtifact::is_deserializable(b"\x7fELF\x02 and so on"));
    /// ```
    pub fn is_deserializable(bytes: &[u8]) -> bool {
        C::FORM.starts(bytes)
    }

    /// How files with such artifacts are usually called.
    ///
    /// ```
    /// # use wasmill_compiler::target::Triple;
    /// # use wasmill_engine::{NativeArtifact, UniversalArtifact};
    /// assert_eq!(UniversalArtifact::get_default_extension(&Triple::host()), "wasmu");
    /// let windows = "x86_64-pc-windows-msvc".parse().unwrap();
    /// assert_eq!(NativeArtifact::get_default_extension(&windows), "dll");
    /// ```
    pub fn get_default_extension(triple: &target_lexicon::Triple) -> &'static str {
        C::FORM.extension(triple)
    }

    /// Registers code and types.
    fn make_runtime(&self) -> Result<RuntimeModule, LinkError> {
        let compiled = &self.compiled;
        let Code::Executable(code) = &compiled.code else {
            return Err(LinkError::Trap(RuntimeError::new(format!(
                "the module was compiled for {}, which cannot run on this machine",
                describe(&compiled.target)
            ))));
        };
        if !compiled.contents_are_checked {
            let damaged = |why| DeserializeError::CorruptedBinary(String::from(why)).to_string();
            let checked = serialized::check_contents(&self.info).map_err(damaged);
            checked.map_err(|text| LinkError::Trap(RuntimeError::new(text)))?;
        }
        let types = self.store.signatures().register_all(&self.info.signatures);
        code.register(&compiled.map, &self.tools);
        let (published, map) = (code.clone(), compiled.map.clone());
        let entry = move |index| published.entry(&map, index);
        let info = self.info.clone();
        let parts = RuntimeModuleParts {
            store: self.store.clone(),
            info: self.info.clone(),
            layout: compiled.layout.clone(),
            entry: Box::new(entry),
            type_ids: types.ids().values().copied().collect(),
            memory_styles: compiled.memory_styles.clone(),
            make_images: Box::new(move || make_images(&info)),
            resources: Box::new((code.clone(), types)),
        };
        #[allow(unsafe_code, reason = "here code becomes something that can be called")]
        // SAFETY: the code was compiled for this very description, layout and styles, which nothing can change (names
        // aside), and was found fit for this machine: by `compile`, or by whoever vouched for an artifact when it was
        // loaded. Entries lie in the code, which `resources` keeps mapped, as it keeps the ids.
        Ok(unsafe { RuntimeModule::new(parts) })
    }
}

/// What compilers must know of a module: its description, laid out as instances of it will be.
///
/// # Errors
///
/// If one instance would be too large.
pub fn compile_info(
    info: ModuleInfo,
    features: &Features,
    tunables: &dyn Tunables,
) -> Result<CompileModuleInfo, CompileError> {
    let layout = ContextLayout::new(&info).map_err(|_| {
        CompileError::Resource("the module declares too much for one instance".to_owned())
    })?;
    let memory_style = |ty| tunables.memory_style(ty).clamped();
    let memory_styles = info.memories.values().map(memory_style);
    let table_styles = info.tables.values().map(|ty| tunables.table_style(ty));
    Ok(CompileModuleInfo {
        memory_styles: memory_styles.collect(),
        table_styles: table_styles.collect(),
        layout: Arc::new(layout),
        features: features.clone(),
        module: Arc::new(info),
        progress: Progress::default(),
    })
}

#[cfg(feature = "compiler")]
fn unlinkable(error: crate::ImageError) -> CompileError {
    match error {
        crate::ImageError::TooLarge(_) => CompileError::Resource(error.to_string()),
        _ => CompileError::Codegen(error.to_string()),
    }
}

/// The code of `functions`, executable if it is for this machine and mapped as it is; and its words that depend on where it lies.
#[cfg(feature = "compiler")]
fn link(
    form: Form,
    layout: &Layout,
    functions: &mut PrimaryMap<LocalFunctionIndex, CompiledFunction>,
    target: &Target,
) -> Result<(Code, Vec<AbsoluteAddress>), CompileError> {
    let padding = padding_byte(target.triple().architecture);
    let mut link = |code: &mut [u8]| layout.write(functions, padding, code).map_err(unlinkable);
    let size = layout.size as usize;
    if form == Form::Native || !runs_here(target) {
        let mut code = vec![0; size];
        let absolute = link(&mut code)?;
        return Ok((Code::Bytes(code), absolute));
    }
    let no_memory = |error| CompileError::Resource(format!("memory for code: {error}"));
    let mut code = WritableCode::new(size).map_err(no_memory)?;
    let absolute = link(code.bytes())?;
    let address = code.address();
    resolve_absolute(&absolute, code.bytes(), address);
    let code = PublishedCode::new(code.publish().map_err(no_memory)?);
    Ok((Code::Executable(Arc::new(code)), absolute))
}

/// Whether code for a target can run in this process.
#[cfg(feature = "compiler")]
fn runs_here(target: &Target) -> bool {
    let host = Target::default();
    target.triple().architecture == host.triple().architecture
        && target.triple().operating_system == host.triple().operating_system
        && target.cpu_features().is_subset(CpuFeature::for_host())
}

fn describe(target: &Target) -> String {
    let features: Vec<_> = target
        .cpu_features()
        .iter()
        .map(|f| f.to_string())
        .collect();
    match features.is_empty() {
        true => target.triple().to_string(),
        false => format!("{} with {}", target.triple(), features.join(", ")),
    }
}

impl<C: Container> Artifact for ModuleArtifact<C> {
    fn module(&self) -> Arc<ModuleInfo> {
        self.info.clone()
    }
    fn module_ref(&self) -> &ModuleInfo {
        &self.info
    }
    fn set_name(&mut self, name: &str) {
        match Arc::strong_count(&self.compiled) {
            1 => self.compiled.map.rename(&mut self.info, name),
            _ => Arc::make_mut(&mut self.info).name = Some(name.to_owned()),
        }
    }
    fn renamed(&self, name: &str) -> Arc<dyn Artifact> {
        let mut info = (*self.info).clone();
        info.name = Some(name.to_owned());
        let compiled = self.compiled.clone();
        let info = Arc::new(info);
        Arc::new(Self::new_in(&self.store, &self.tools, info, compiled))
    }
    fn target(&self) -> &Target {
        &self.compiled.target
    }
    fn features(&self) -> &Features {
        &self.compiled.features
    }
    fn memory_styles(&self) -> &PrimaryMap<MemoryIndex, MemoryStyle> {
        &self.compiled.memory_styles
    }
    fn table_styles(&self) -> &PrimaryMap<TableIndex, TableStyle> {
        &self.compiled.table_styles
    }
    fn finished_functions(&self) -> &BoxedSlice<LocalFunctionIndex, FunctionBodyPtr> {
        let compiled = &self.compiled;
        let defined = 0..self.info.functions.len() - self.info.num_imported_functions;
        self.function_bodies.get_or_init(|| {
            let bodies: PrimaryMap<_, _> = match &compiled.code {
                Code::Bytes(_) => PrimaryMap::new(),
                Code::Executable(code) => defined
                    .map(|n| code.entry(&compiled.map, LocalFunctionIndex::new(n)))
                    .collect(),
            };
            bodies.into_boxed_slice()
        })
    }
    fn signatures(&self) -> &BoxedSlice<SignatureIndex, VMSharedSignatureIndex> {
        self.signatures.get_or_init(|| {
            let registry = self.store.signatures();
            let types = self.info.signatures.values();
            let ids: PrimaryMap<_, _> = types.map(|ty| registry.register(ty)).collect();
            ids.into_boxed_slice()
        })
    }
    fn code(&self) -> &[u8] {
        self.compiled.code.as_slice()
    }
    fn code_map(&self) -> &Arc<CodeMap> {
        &self.compiled.map
    }
    fn runtime(&self) -> Result<&Arc<RuntimeModule>, LinkError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let made = Arc::new(self.make_runtime()?);
        // Of two threads that get here at once, one wins; the other's is dropped.
        Ok(self.runtime.get_or_init(|| made))
    }
    fn serialize(&self) -> Result<Vec<u8>, SerializeError> {
        serialized::to_bytes(C::FORM, &self.info, &self.compiled)
    }
    fn serialize_to_file(&self, path: &Path) -> Result<(), SerializeError> {
        serialized::to_file(C::FORM, &self.info, &self.compiled, path)
    }
}

impl<C: Container> fmt::Debug for ModuleArtifact<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(C::FORM.artifact())
            .field("name", &self.info.name)
            .field("target", &self.compiled.target)
            .field("code", &self.code().len())
            .finish_non_exhaustive()
    }
}
