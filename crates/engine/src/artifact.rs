//! Artifacts: compiled modules, executable or not.
//!
//! ```text
//!   bytes ─► translate ─► styles from tunables ─► Compiler ─► link ─► publish ─┐
//!                                                                              ▼
//!                          first instantiation: register code and types ─► RuntimeModule
//! ```
//!
//! An artifact owns its code. The runtime's half is made when the module is first instantiated and keeps the code, its
//! registration and the ids of its types; instances and functions hold that half, so code is unmapped when the last of
//! artifact, instances and functions is gone. Nothing is kept by the engine.

use crate::images::make_images;
use crate::link::padding_byte;
use crate::{CodeMap, Image, LinkError, RuntimeError, Tunables, link};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmill_abi::ContextLayout;
use wasmill_compiler::{
    Compilation, CompileError, CompileModuleInfo, Compiler, CpuFeature, Features, Target,
    Translation,
};
use wasmill_types::{
    EntityRef, LocalFunctionIndex, MemoryIndex, MemoryStyle, ModuleInfo, PrimaryMap, TableIndex,
    TableStyle,
};
use wasmill_vm::{CodeMemory, CodePointer, RuntimeModule, RuntimeModuleParts, VMStore};

/// A compiled module.
pub trait Artifact: Any + Send + Sync {
    /// What the module declares.
    fn module(&self) -> Arc<ModuleInfo>;
    /// What the module declares.
    fn module_ref(&self) -> &ModuleInfo;
    /// Gives the module a name, for messages and traces.
    fn set_name(&mut self, name: &str);
    /// The machine it was compiled for.
    fn target(&self) -> &Target;
    /// The features it was compiled with.
    fn features(&self) -> &Features;
    /// How each memory is laid out.
    fn memory_styles(&self) -> &PrimaryMap<MemoryIndex, MemoryStyle>;
    /// How each table is laid out.
    fn table_styles(&self) -> &PrimaryMap<TableIndex, TableStyle>;
    /// The machine code of the whole module.
    fn code(&self) -> &[u8];
    /// Where functions lie in the code, what may trap, and where code comes from.
    fn code_map(&self) -> &Arc<CodeMap>;
    /// The module as the runtime instantiates it.
    ///
    /// # Errors
    ///
    /// If it was compiled for another machine.
    fn runtime(&self) -> Result<&Arc<RuntimeModule>, LinkError>;
}

impl dyn Artifact {
    /// The artifact of a particular engine.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
    /// The artifact of a particular engine, for writing.
    pub fn downcast_mut<T: 'static>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }
}

/// Code, where it can run and where it cannot.
enum Code {
    Executable(Arc<CodeMemory>),
    Foreign(Image),
}

/// The artifact of the Universal engine: code mapped into this process.
pub struct UniversalArtifact {
    info: Arc<ModuleInfo>,
    layout: Arc<ContextLayout>,
    target: Target,
    features: Features,
    memory_styles: PrimaryMap<MemoryIndex, MemoryStyle>,
    table_styles: PrimaryMap<TableIndex, TableStyle>,
    code: Code,
    map: Arc<CodeMap>,
    store: Arc<VMStore>,
    runtime: OnceLock<Arc<RuntimeModule>>,
}

/// What an artifact is made with.
pub(crate) struct Workshop<'a> {
    pub(crate) compiler: &'a dyn Compiler,
    pub(crate) target: &'a Target,
    pub(crate) features: &'a Features,
    pub(crate) store: &'a Arc<VMStore>,
}

impl UniversalArtifact {
    /// Compiles a module.
    ///
    /// # Errors
    ///
    /// If the module is not valid, or too much for the compiler or for this machine.
    pub(crate) fn compile(
        workshop: &Workshop<'_>,
        binary: &[u8],
        tunables: &dyn Tunables,
    ) -> Result<Self, CompileError> {
        let Workshop {
            compiler, features, ..
        } = *workshop;
        let compile = |Translation { info, bodies }: Translation<'_>| {
            let module = compile_info(info, features, tunables)?;
            let compilation = compiler.compile_module(workshop.target, &module, bodies)?;
            Ok((module, compilation))
        };
        let translation = wasmill_compiler::translate(binary, features)?;
        let middlewares = compiler.get_middlewares();
        let (module, Compilation { mut functions }) =
            wasmill_compiler::compile_through(middlewares, translation, features, compile)?;
        let padding = padding_byte(workshop.target.triple().architecture);
        let image = link(&mut functions, padding).map_err(unlinkable)?;
        let map =
            CodeMap::new(&mut functions, &image, module.module.clone()).map_err(unlinkable)?;
        drop(functions);
        tracing::debug!(
            code = image.code.len(),
            tables = map.memory(),
            "module compiled"
        );
        Ok(Self {
            info: module.module,
            layout: module.layout,
            target: workshop.target.clone(),
            features: workshop.features.clone(),
            memory_styles: module.memory_styles,
            table_styles: module.table_styles,
            code: load(image, workshop.target)?,
            map: Arc::new(map),
            store: workshop.store.clone(),
            runtime: OnceLock::new(),
        })
    }

    /// Registers code and types.
    fn make_runtime(&self) -> Result<RuntimeModule, LinkError> {
        let Code::Executable(code) = &self.code else {
            return Err(LinkError::Trap(RuntimeError::new(format!(
                "the module was compiled for {}, which cannot run on this machine",
                describe(&self.target)
            ))));
        };
        let types = self.store.signatures().register_all(&self.info.signatures);
        let registration = wasmill_vm::register(code.clone(), self.map.clone());
        let entry = |index| {
            let range = self.map.function_range(index);
            let start = range.expect("every function has code").start;
            CodePointer(code.base().wrapping_add(start as usize).cast())
        };
        let count = self.info.functions.len() - self.info.num_imported_functions;
        let info = self.info.clone();
        let parts = RuntimeModuleParts {
            store: self.store.clone(),
            info: self.info.clone(),
            layout: self.layout.clone(),
            functions: (0..count)
                .map(|n| entry(LocalFunctionIndex::new(n)))
                .collect(),
            type_ids: types.ids().values().copied().collect(),
            memory_styles: self.memory_styles.clone(),
            make_images: Box::new(move || make_images(&info)),
            resources: Box::new((registration, code.clone(), types)),
        };
        #[allow(unsafe_code, reason = "here code becomes something that can be called")]
        // SAFETY: the code was compiled for this very description, layout and styles, which nothing can change (names
        // aside) and which `load` found fit for this machine; entries lie in the code, which `resources` keeps mapped,
        // as it keeps the ids.
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
    })
}

fn unlinkable(error: crate::ImageError) -> CompileError {
    match error {
        crate::ImageError::TooLarge(_) => CompileError::Resource(error.to_string()),
        _ => CompileError::Codegen(error.to_string()),
    }
}

/// Makes code executable if it is for this machine.
fn load(image: Image, target: &Target) -> Result<Code, CompileError> {
    if !runs_here(target) {
        return Ok(Code::Foreign(image));
    }
    let finish = |code: &mut [u8], base| image.resolve_absolute(code, base);
    let code = CodeMemory::publish_with(&image.code, finish)
        .map_err(|error| CompileError::Resource(format!("memory for code: {error}")))?;
    Ok(Code::Executable(Arc::new(code)))
}

/// Whether code for a target can run in this process.
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

impl Artifact for UniversalArtifact {
    fn module(&self) -> Arc<ModuleInfo> {
        self.info.clone()
    }
    fn module_ref(&self) -> &ModuleInfo {
        &self.info
    }
    fn set_name(&mut self, name: &str) {
        self.map.rename(&mut self.info, name);
    }
    fn target(&self) -> &Target {
        &self.target
    }
    fn features(&self) -> &Features {
        &self.features
    }
    fn memory_styles(&self) -> &PrimaryMap<MemoryIndex, MemoryStyle> {
        &self.memory_styles
    }
    fn table_styles(&self) -> &PrimaryMap<TableIndex, TableStyle> {
        &self.table_styles
    }
    fn code(&self) -> &[u8] {
        match &self.code {
            Code::Executable(code) => code.as_slice(),
            Code::Foreign(image) => &image.code,
        }
    }
    fn code_map(&self) -> &Arc<CodeMap> {
        &self.map
    }
    fn runtime(&self) -> Result<&Arc<RuntimeModule>, LinkError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let made = Arc::new(self.make_runtime()?);
        // Of two threads that get here at once, one wins; the other's is dropped.
        Ok(self.runtime.get_or_init(|| made))
    }
}

impl fmt::Debug for UniversalArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UniversalArtifact")
            .field("name", &self.info.name)
            .field("target", &self.target)
            .field("code", &self.code().len())
            .finish_non_exhaustive()
    }
}
