//! The options that choose compiler, engine and features, and the store that they make.

use std::time::Duration;
#[cfg(feature = "llvm")]
use std::{path::PathBuf, sync::Arc};

use anyhow::{Result, anyhow};
use clap::Args;
use wasmill::{
    CompileError, CompilerConfig, Cranelift, Dylib, DylibArtifact, Features, Module,
    ObservedCompileError, Singlepass, Staticlib, StaticlibArtifact, Store, Target, Triple,
    Universal, UniversalArtifact,
};
use wasmill_engine::{Container, EngineBuilder, ModuleEngine, WithSymbols};

use crate::features::FeatureOptions;
use crate::fuel;
use crate::limits::LimitOptions;
#[cfg(feature = "llvm")]
use crate::llvm_dump::LlvmDump;
use crate::progress;
use crate::tool_options::ToolOptions;

/// How modules are compiled.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Compilation")]
pub(crate) struct StoreOptions {
    /// Use the Cranelift compiler (the default): slower to compile, faster to run.
    #[arg(long, group = "compiler")]
    cranelift: bool,

    /// Use the Singlepass compiler: compiles at once, in time that follows the module's size.
    #[arg(long, group = "compiler")]
    singlepass: bool,

    /// Use the LLVM compiler: takes longest to compile, makes the fastest code.
    #[cfg(feature = "llvm")]
    #[arg(long, group = "compiler")]
    llvm: bool,

    /// Write what LLVM is given and what it makes into this folder (with --llvm).
    #[cfg(feature = "llvm")]
    #[arg(long, value_name = "DIR", requires = "llvm")]
    llvm_debug_dir: Option<PathBuf>,

    /// Use the engine that keeps code in memory (the default).
    #[arg(long, alias = "jit", group = "engine")]
    universal: bool,

    /// Use the engine that makes shared objects, which debuggers and profilers can read.
    #[arg(long, visible_alias = "native", group = "engine")]
    dylib: bool,

    /// Use the engine that makes object files for linkers.
    #[arg(long, alias = "object-file", group = "engine")]
    staticlib: bool,

    /// Let the compiler check its own work.
    #[arg(long)]
    enable_verifier: bool,

    /// Give every NaN the same bits (Singlepass always does).
    #[arg(long)]
    canonicalize_nans: bool,

    #[command(flatten)]
    features: FeatureOptions,
}

impl StoreOptions {
    /// The engine and the compiler, for messages.
    pub(crate) fn description(&self) -> String {
        let engine = self.engine_kind().name();
        format!("engine: {engine}, compiler: {}", self.compiler_name())
    }

    /// The compiler, for messages.
    pub(crate) fn compiler_name(&self) -> &'static str {
        #[cfg(feature = "llvm")]
        if self.llvm {
            return "llvm";
        }
        match self.singlepass {
            true => "singlepass",
            false => "cranelift",
        }
    }

    /// Whether compiling does more than to make the module, so that one that was made before will not do.
    pub(crate) fn must_compile(&self) -> bool {
        #[cfg(feature = "llvm")]
        if self.llvm_debug_dir.is_some() {
            return true;
        }
        self.enable_verifier
    }

    /// The engine.
    pub(crate) fn engine_kind(&self) -> EngineKind {
        match (self.dylib, self.staticlib) {
            (true, _) => EngineKind::Dylib,
            (_, true) => EngineKind::Staticlib,
            _ => EngineKind::Universal,
        }
    }

    /// Whether Singlepass was asked for.
    pub(crate) fn is_singlepass(&self) -> bool {
        self.singlepass
    }

    /// The settings of Singlepass.
    pub(crate) fn singlepass(&self) -> Singlepass {
        let mut config = Singlepass::new();
        self.set_up(&mut config);
        config
    }

    /// The settings of Cranelift.
    pub(crate) fn cranelift(&self) -> Cranelift {
        let mut config = Cranelift::new();
        self.set_up(&mut config);
        config
    }

    /// The settings of LLVM, if it was asked for.
    #[cfg(feature = "llvm")]
    pub(crate) fn llvm(&self) -> Option<wasmill_compiler_llvm::LLVM> {
        let mut config = self.llvm.then(wasmill_compiler_llvm::LLVM::new)?;
        self.set_up(&mut config);
        let folder = self.llvm_debug_dir.as_deref();
        config.callbacks(folder.map(|folder| Arc::new(LlvmDump::new(folder)) as _));
        Some(config)
    }

    /// The settings of the compiler that was asked for.
    pub(crate) fn compiler(&self) -> Box<dyn CompilerConfig> {
        #[cfg(feature = "llvm")]
        if let Some(config) = self.llvm() {
            return Box::new(config);
        }
        if !self.singlepass {
            return Box::new(self.cranelift());
        }
        Box::new(self.singlepass())
    }

    fn set_up(&self, config: &mut dyn CompilerConfig) {
        if self.canonicalize_nans {
            config.canonicalize_nans(true);
        }
        if self.enable_verifier {
            config.enable_verifier();
        }
    }

    /// What modules may use: the default, and what was asked for.
    pub(crate) fn features(&self) -> Features {
        self.features.features()
    }

    /// Whether a module is valid with these features.
    pub(crate) fn is_valid(&self, wasm: &[u8], features: Features) -> bool {
        let engine = Universal::new(self.compiler()).features(features).engine();
        Module::validate(&Store::new(&engine), wasm).is_ok()
    }

    /// Compiles a module, within `limit` if there is one.
    pub(crate) fn compile(
        &self,
        store: &Store,
        bytes: &[u8],
        limit: Option<Duration>,
    ) -> Result<Module> {
        progress::compile(store, bytes, limit).map_err(|error| match error {
            ObservedCompileError::Compile(error) => self.explain(error, bytes),
            ObservedCompileError::Stopped => {
                let limit = limit.unwrap_or_default();
                anyhow!("the module was not compiled within {limit:?} (--timeout)\nTry a faster compiler: --singlepass")
            }
        })
    }

    /// The error of a module that cannot be compiled, with what to try.
    pub(crate) fn explain(&self, error: CompileError, bytes: &[u8]) -> anyhow::Error {
        self.features.explain(error, bytes)
    }

    /// A store with a new engine.
    pub(crate) fn store(&self) -> Store {
        let (tools, limits) = (ToolOptions::default(), LimitOptions::default());
        self.store_for(&tools, &limits).expect("no tools, no files")
    }

    /// The same, with what tools have to know, and with limits. Fuel is a matter of the code.
    pub(crate) fn store_for(&self, tools: &ToolOptions, limits: &LimitOptions) -> Result<Store> {
        Ok(match self.engine_kind() {
            EngineKind::Universal => {
                limits.store(&self.engine(Universal::new, tools, limits.fuel)?.engine())
            }
            EngineKind::Dylib => {
                limits.store(&self.engine(Dylib::new, tools, limits.fuel)?.engine())
            }
            EngineKind::Staticlib => {
                limits.store(&self.engine(Staticlib::new, tools, limits.fuel)?.engine())
            }
        })
    }

    /// A store whose modules are for some machine, with a prefix of their symbols where they have some.
    pub(crate) fn store_for_target(&self, target: Target, prefix: Option<&str>) -> Result<Store> {
        let tools = ToolOptions::default();
        Ok(match self.engine_kind() {
            EngineKind::Universal => Store::new(
                &self
                    .engine(Universal::new, &tools, None)?
                    .target(target)
                    .engine(),
            ),
            EngineKind::Dylib => {
                let engine = self
                    .engine(Dylib::new, &tools, None)?
                    .target(target)
                    .engine();
                Store::new(&with_prefix(engine, prefix))
            }
            EngineKind::Staticlib => {
                let engine = self
                    .engine(Staticlib::new, &tools, None)?
                    .target(target)
                    .engine();
                Store::new(&with_prefix(engine, prefix))
            }
        })
    }

    fn engine<C: Container>(
        &self,
        new: impl FnOnce(Box<dyn CompilerConfig>) -> EngineBuilder<C>,
        tools: &ToolOptions,
        fuel: Option<u64>,
    ) -> Result<EngineBuilder<C>> {
        let mut compiler = self.compiler();
        if let Some(points) = fuel {
            compiler.push_middleware(fuel::metering(points));
        }
        tools.set_up(new(compiler).features(self.features()))
    }
}

fn with_prefix<C: WithSymbols>(
    mut engine: ModuleEngine<C>,
    prefix: Option<&str>,
) -> ModuleEngine<C> {
    if let Some(prefix) = prefix.map(str::to_owned) {
        engine.set_deterministic_prefixer(move |_| prefix.clone());
    }
    engine
}

/// An engine that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineKind {
    Universal,
    Dylib,
    Staticlib,
}

impl EngineKind {
    /// Its name, for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Universal => "universal",
            Self::Dylib => "dylib",
            Self::Staticlib => "staticlib",
        }
    }

    /// How files of its compiled modules are called.
    pub(crate) fn extension(self, triple: &Triple) -> &'static str {
        match self {
            Self::Universal => UniversalArtifact::get_default_extension(triple),
            Self::Dylib => DylibArtifact::get_default_extension(triple),
            Self::Staticlib => StaticlibArtifact::get_default_extension(triple),
        }
    }
}
