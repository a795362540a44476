//! From the bodies of a module to its code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::UserFuncName;
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmill_compiler::{
    Compilation, CompileError, CompileModuleInfo, CompileStage, CompiledFunction, Compiler,
    DriverState, FunctionBodyData, ModuleMiddleware, Target, compile_functions, drive,
};
use wasmill_types::{LocalFunctionIndex, PrimaryMap};

use crate::config::{Cranelift, CraneliftOptLevel};
use crate::emit::Frame;
use crate::environment::Environment;
use crate::inline::{Inlining, Locations};
use crate::translator::{Locals, Tables, Translator};
use crate::{isa, output};

/// Bytes of a body up to which it is optimised. The longest that we know in a real program has 0.9 MB; optimising takes up to a
/// thousand times as much memory.
const MAX_OPTIMISED: usize = 1 << 20;

/// Compiles WebAssembly with Cranelift.
#[derive(Clone, Debug)]
pub struct CraneliftCompiler {
    config: Cranelift,
}

impl CraneliftCompiler {
    /// A compiler with these settings.
    pub fn new(config: Cranelift) -> Self {
        Self { config }
    }

    /// The settings.
    pub fn config(&self) -> &Cranelift {
        &self.config
    }

    /// Compiles the functions of a module, each by `compile`, which gets a state of its thread.
    pub(crate) fn compile_with<'a>(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'a>>,
        finish: impl Fn(&mut Worker, &Environment<'_>, &Body) -> Result<CompiledFunction, CompileError>
        + Sync,
    ) -> Result<PrimaryMap<LocalFunctionIndex, CompiledFunction>, CompileError> {
        let isa = isa::build(&self.config, target)?;
        let plain_isa = isa::build_plain(&self.config, target)?;
        let inlines = self.config.opt_level != CraneliftOptLevel::None;
        let inlining = Inlining::new(&bodies, inlines);
        let environment = Environment::new(module, &*isa, &*plain_isa, inlining);
        compile_functions(
            &module.progress,
            CompileStage::Compiling,
            bodies,
            Worker::default,
            |worker, index, body| {
                guarded(worker, |worker| {
                    let body = worker.translate(&environment, index, body)?;
                    finish(worker, &environment, &body)
                })
            },
        )
    }
}

impl Compiler for CraneliftCompiler {
    fn name(&self) -> &str {
        "cranelift"
    }

    fn options(&self) -> String {
        let Cranelift {
            opt_level,
            nan_canonicalization,
            pic,
            // Does not change the code.
            verifier: _,
            middlewares,
        } = &self.config;
        let middlewares = middlewares.len();
        format!(
            "opt_level={opt_level:?} canonicalize_nans={nan_canonicalization} pic={pic} middlewares={middlewares}"
        )
    }

    fn compile_module(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    ) -> Result<Compilation, CompileError> {
        let functions = self.compile_with(target, module, bodies, Worker::generate)?;
        Ok(Compilation {
            functions,
            other_faults: None,
        })
    }

    fn get_middlewares(&self) -> &[Arc<dyn ModuleMiddleware>] {
        &self.config.middlewares
    }
}

/// Runs Cranelift so that a bug in it is an error, not the end of the host: modules are hostile.
fn guarded<T>(
    worker: &mut Worker,
    work: impl FnOnce(&mut Worker) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    match catch_unwind(AssertUnwindSafe(|| work(worker))) {
        Ok(outcome) => {
            if outcome.is_err() {
                *worker = Worker::default();
            }
            outcome
        }
        Err(_) => {
            *worker = Worker::default();
            Err(CompileError::Codegen("the code generator panicked".into()))
        }
    }
}

/// A translated function: what must be known of it beside the IR in the worker's context.
pub(crate) struct Body {
    /// Which function.
    pub(crate) index: LocalFunctionIndex,
    /// Where its body lies in the module.
    pub(crate) range: std::ops::Range<u32>,
    /// What the locations in the IR mean.
    pub(crate) locations: Locations,
    /// Whether it is not to be optimised: it is too long, or its shape (very many locals and loops, or loops nested very deep)
    /// would make that take more than linear time; see [`Locals`].
    pub(crate) is_extreme: bool,
}

/// What a thread keeps from function to function, to save allocations.
pub(crate) struct Worker {
    pub(crate) context: Context,
    builder: FunctionBuilderContext,
    tables: Tables,
    driver: DriverState<cranelift_codegen::ir::Value, Frame>,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
            tables: Tables::default(),
            driver: DriverState::default(),
        }
    }
}

impl Worker {
    /// Validates a body and makes IR of it, in `self.context`.
    pub(crate) fn translate(
        &mut self,
        environment: &Environment<'_>,
        index: LocalFunctionIndex,
        body: FunctionBodyData<'_>,
    ) -> Result<Body, CompileError> {
        let again = body.again();
        if body.len() <= MAX_OPTIMISED {
            if let Some(body) = self.attempt(environment, index, body, Locals::Values)? {
                return Ok(body);
            }
            *self = Self::default();
        }
        let body = self.attempt(environment, index, again, Locals::Frame)?;
        body.ok_or_else(|| CompileError::Codegen("a function was given up twice".into()))
    }

    /// The same, with locals kept one way; `None` if the IR would become too large that way.
    fn attempt(
        &mut self,
        environment: &Environment<'_>,
        index: LocalFunctionIndex,
        body: FunctionBodyData<'_>,
        locals: Locals,
    ) -> Result<Option<Body>, CompileError> {
        let range = body.start_offset()..body.end_offset();
        self.context.clear();
        let module = environment.module();
        let function = module.func_index(index);
        self.context.func.name = UserFuncName::user(0, function.as_u32());

        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let (tables, length) = (&mut self.tables, body.len());
        let mut translator = Translator::new(environment, builder, tables, index, length, locals);
        drive(module, body, &mut self.driver, &mut translator)?;
        let locations = translator.finish()?;
        Ok(locations.map(|locations| Body {
            index,
            range,
            locations,
            is_extreme: locals == Locals::Frame,
        }))
    }

    /// Makes machine code of the IR in `self.context`.
    pub(crate) fn generate(
        &mut self,
        environment: &Environment<'_>,
        body: &Body,
    ) -> Result<CompiledFunction, CompileError> {
        let mut control = ControlPlane::default();
        let isa = match body.is_extreme {
            true => environment.plain_isa,
            false => environment.isa,
        };
        let compiled = self.context.compile(isa, &mut control);
        if let Err(error) = compiled {
            return Err(codegen_error(error.inner, environment, body));
        }
        output::finish(&self.context, environment, body)
    }
}

fn codegen_error(error: CodegenError, environment: &Environment<'_>, body: &Body) -> CompileError {
    let index = environment.module().func_index(body.index).as_u32();
    match error {
        CodegenError::ImplLimitExceeded | CodegenError::CodeTooLarge => {
            CompileError::Resource(format!("function {index} is too large to compile"))
        }
        CodegenError::Unsupported(what) => CompileError::UnsupportedFeature(what),
        CodegenError::Verifier(errors) => {
            CompileError::Codegen(format!("function {index}: {errors}"))
        }
        other => CompileError::Codegen(format!("function {index}: {other}")),
    }
}
