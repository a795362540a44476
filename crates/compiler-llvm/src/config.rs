//! The settings of the compiler.

use std::fmt::Debug;
use std::sync::Arc;

use inkwell::targets::TargetMachine;
use wasmill_compiler::{Compiler, CompilerConfig, ModuleMiddleware, Target};
use wasmill_types::{FunctionType, LocalFunctionIndex};

use crate::compiler::LLVMCompiler;
use crate::machine;

pub use inkwell::OptimizationLevel as LLVMOptLevel;
/// A module of LLVM's IR, as `inkwell` has it.
pub type InkwellModule<'ctx> = inkwell::module::Module<'ctx>;
/// An object file in memory, as `inkwell` has it.
pub type InkwellMemoryBuffer = inkwell::memory_buffer::MemoryBuffer<'static>;

/// What a piece of code that is shown to [`LLVMCallbacks`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompiledKind {
    /// One function that the module defines.
    Local(LocalFunctionIndex),
    /// The way from the host to functions of a type. (Made without LLVM: never shown.)
    FunctionCallTrampoline(FunctionType),
    /// The way from functions of a type to the host. (Made without LLVM: never shown.)
    DynamicFunctionTrampoline(FunctionType),
    /// All functions that LLVM sees together.
    Module,
}

/// Sees what LLVM is given and what it makes.
pub trait LLVMCallbacks: Debug + Send + Sync {
    /// The IR before any optimisation.
    fn preopt_ir(&self, function: &CompiledKind, module: &InkwellModule<'_>);
    /// The IR after the passes.
    fn postopt_ir(&self, function: &CompiledKind, module: &InkwellModule<'_>);
    /// The object file.
    fn obj_memory_buffer(&self, function: &CompiledKind, buffer: &InkwellMemoryBuffer);
}

/// Settings of the compiler on LLVM.
///
/// LLVM's passes look at pairs of what a function has, so code that nobody writes, but somebody may craft, could keep them busy
/// for hours. Functions of more than 512 KB, and smaller ones with far more of one thing than compilers make (loops or `if`s in each
/// other, loops, locals, comparisons of one local, arguments of calls), are not optimised; the rest of the module is. A function
/// that becomes more than four million of LLVM's instructions is an error, since it would take gigabytes. What counts is in the
/// function only, so the same module always gives the same code.
///
/// ```
/// # use wasmill_compiler::CompilerConfig;
/// # use wasmill_compiler_llvm::{LLVM, LLVMOptLevel};
/// let mut config = LLVM::new();
/// config.opt_level(LLVMOptLevel::Less);
/// assert_eq!(Box::new(config).compiler().name(), "llvm");
/// ```
#[derive(Clone, Debug)]
pub struct LLVM {
    pub(crate) opt_level: LLVMOptLevel,
    pub(crate) nan_canonicalization: bool,
    pub(crate) verifier: bool,
    pub(crate) callbacks: Option<Arc<dyn LLVMCallbacks>>,
    pub(crate) middlewares: Vec<Arc<dyn ModuleMiddleware>>,
}

impl Default for LLVM {
    fn default() -> Self {
        Self::new()
    }
}

impl LLVM {
    /// The default settings: the fastest code, NaNs as the processor makes them.
    pub fn new() -> Self {
        Self {
            opt_level: LLVMOptLevel::Aggressive,
            nan_canonicalization: false,
            verifier: false,
            callbacks: None,
            middlewares: Vec::new(),
        }
    }

    /// Chooses how hard LLVM tries.
    pub fn opt_level(&mut self, opt_level: LLVMOptLevel) -> &mut Self {
        self.opt_level = opt_level;
        self
    }

    /// Shows what LLVM is given and what it makes to `callbacks`.
    pub fn callbacks(&mut self, callbacks: Option<Arc<dyn LLVMCallbacks>>) -> &mut Self {
        self.callbacks = callbacks;
        self
    }

    /// LLVM, set up for a target.
    ///
    /// # Panics
    ///
    /// If there is no code for the target.
    pub fn target_machine(&self, target: &Target) -> TargetMachine {
        machine::build(self.opt_level, target).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl CompilerConfig for LLVM {
    fn enable_pic(&mut self) {
        // All code is position-independent.
    }

    fn enable_verifier(&mut self) {
        self.verifier = true;
    }

    fn canonicalize_nans(&mut self, enable: bool) {
        self.nan_canonicalization = enable;
    }

    fn compiler(self: Box<Self>) -> Box<dyn Compiler> {
        Box::new(LLVMCompiler::new(*self))
    }

    fn push_middleware(&mut self, middleware: Arc<dyn ModuleMiddleware>) {
        self.middlewares.push(middleware);
    }
}
