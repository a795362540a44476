//! From the bodies of a module to its code.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use wasmill_abi::TrapCode;
use wasmill_compiler::target::Architecture;
use wasmill_compiler::{
    Compilation, CompileError, CompileModuleInfo, CompileStage, CompiledFunction, Compiler,
    ModuleMiddleware, Target,
};
use wasmill_types::{EntityRef, LocalFunctionIndex, PrimaryMap};

use crate::config::{CompiledKind, InkwellMemoryBuffer, LLVM, LLVMOptLevel};
use crate::diagnostics::Session;
use crate::environment::Environment;
use crate::inspect::Texts;
use crate::parts::{Bodies, Part};
use crate::unit::Unit;
use crate::{loops, machine, object, parts, pipeline, selects};

/// What LLVM's recursion may take: address space, of which little is ever touched.
const STACK_BYTES: usize = 64 << 20;

/// Compiles WebAssembly with LLVM.
#[derive(Clone, Debug)]
pub struct LLVMCompiler {
    config: LLVM,
}

impl LLVMCompiler {
    /// A compiler with these settings.
    pub fn new(config: LLVM) -> Self {
        Self { config }
    }

    /// The settings.
    pub fn config(&self) -> &LLVM {
        &self.config
    }
}

impl Compiler for LLVMCompiler {
    fn name(&self) -> &str {
        "llvm"
    }

    fn options(&self) -> String {
        let LLVM {
            opt_level,
            nan_canonicalization,
            // Do not change the code.
            verifier: _,
            callbacks: _,
            middlewares,
        } = &self.config;
        let middlewares = middlewares.len();
        format!(
            "opt_level={opt_level:?} canonicalize_nans={nan_canonicalization} middlewares={middlewares}"
        )
    }

    fn compile_module(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: Bodies<'_>,
    ) -> Result<Compilation, CompileError> {
        let functions = self.compile_with(target, module, bodies, None)?;
        Ok(Compilation {
            functions,
            other_faults: Some(TrapCode::HeapAccessOutOfBounds),
        })
    }

    fn get_middlewares(&self) -> &[Arc<dyn ModuleMiddleware>] {
        &self.config.middlewares
    }
}

/// Runs the compiler on a thread whose stack has room for passes that recurse; a bug in it is an error, not the end of the
/// host: modules are hostile.
fn guarded<T: Send>(
    work: impl FnOnce() -> Result<T, CompileError> + Send,
) -> Result<T, CompileError> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work);
        let thread = thread.map_err(|error| CompileError::Resource(error.to_string()))?;
        let panicked = |_| Err(CompileError::Codegen("the code generator panicked".into()));
        thread.join().unwrap_or_else(panicked)
    })
}

impl LLVMCompiler {
    /// Compiles the functions of a module, and gives what they become on the way to `texts`.
    pub(crate) fn compile_with(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: Bodies<'_>,
        texts: Option<&Texts>,
    ) -> Result<PrimaryMap<LocalFunctionIndex, CompiledFunction>, CompileError> {
        // An unsupported target is an error for a module without functions, too.
        machine::build(self.config.opt_level, target)?;
        let architecture = target.triple().architecture;
        let nans = self.config.nan_canonicalization;
        let environment = Environment::new(module, architecture, nans);
        let parts = parts::divide(&bodies);
        let progress = module
            .progress
            .stage(CompileStage::Compiling, bodies.len())?;
        let large = Mutex::new(());
        let work = |part: Part| {
            let _alone = parts::is_large(&bodies, &part)
                .then(|| large.lock().unwrap_or_else(PoisonError::into_inner));
            progress.check()?;
            let length = part.len();
            let compile = || self.compile_part(target, &environment, &bodies, part, texts);
            let functions = guarded(compile)?;
            progress.advance(length).map(|()| functions)
        };
        let parts: Vec<_> = parts.into_par_iter().map(work).collect();
        let mut functions = PrimaryMap::new();
        for part in parts {
            for function in part? {
                functions.push(function);
            }
        }
        Ok(functions)
    }

    fn compile_part(
        &self,
        target: &Target,
        environment: &Environment<'_>,
        bodies: &Bodies<'_>,
        part: Part,
        texts: Option<&Texts>,
    ) -> Result<Vec<CompiledFunction>, CompileError> {
        let machine = machine::build(self.config.opt_level, target)?;
        let session = Session::new();
        let whole = part.len() == bodies.len();
        let unit = Unit::new(session.context(), &machine, whole);
        let first = LocalFunctionIndex::new(part.start);
        // Who dumps units tells them apart by this.
        match whole {
            true => unit.module.set_name("module"),
            false => unit
                .module
                .set_name(&format!("module-from-{}", first.as_u32())),
        }
        let content = parts::translate(environment, &unit, bodies, part)?;
        unit.debug.finalize();
        // What generates code is made for one level, which attributes of functions change only in part.
        let (level, machine) = match content.is_extreme {
            true => {
                let level = LLVMOptLevel::None;
                (level, machine::build(level, target)?)
            }
            false => (self.config.opt_level, machine),
        };
        let object = self.generate(environment, &unit, level, &machine, texts);
        session.check()?;
        let object = object?;
        object::read(
            object.as_slice(),
            first,
            &content.ranges,
            environment.architecture,
        )
    }

    /// Runs LLVM.
    fn generate(
        &self,
        environment: &Environment<'_>,
        unit: &Unit<'_>,
        level: LLVMOptLevel,
        machine: &TargetMachine,
        texts: Option<&Texts>,
    ) -> Result<InkwellMemoryBuffer, CompileError> {
        let failed = |error: String| CompileError::Codegen(error);
        let kind = CompiledKind::Module;
        let callbacks = self.config.callbacks.as_deref();
        if let Some(callbacks) = callbacks {
            callbacks.preopt_ir(&kind, &unit.module);
        }
        if let Some(texts) = texts {
            texts.take_ir(&unit.module);
        }
        let verify = || match self.config.verifier || cfg!(debug_assertions) {
            true => unit
                .module
                .verify()
                .map_err(|error| failed(error.to_string())),
            false => Ok(()),
        };
        verify()?;
        let run = |passes: &str| {
            let options = PassBuilderOptions::create();
            let done = unit.module.run_passes(passes, machine, options);
            done.map_err(|error| failed(error.to_string()))
        };
        match level {
            LLVMOptLevel::None => run("default<O0>")?,
            LLVMOptLevel::Less => run("default<O1>")?,
            LLVMOptLevel::Default => run("default<O2>")?,
            LLVMOptLevel::Aggressive => {
                run(pipeline::SIMPLIFY)?;
                loops::check_once(unit, environment, &machine.get_target_data());
                verify()?;
                run(pipeline::WIDEN)?;
                loops::drop_useless(unit);
                run(pipeline::OPTIMIZE)?;
            }
        }
        if environment.architecture == Architecture::X86_64 {
            selects::keep_loads(unit);
        }
        if let Some(callbacks) = callbacks {
            callbacks.postopt_ir(&kind, &unit.module);
        }
        if let Some(texts) = texts {
            texts.take_optimized(&unit.module, machine)?;
        }
        let object = machine
            .write_to_memory_buffer(&unit.module, FileType::Object)
            .map_err(|error| failed(error.to_string()))?;
        if let Some(callbacks) = callbacks {
            callbacks.obj_memory_buffer(&kind, &object);
        }
        Ok(object)
    }
}
