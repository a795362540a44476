//! From the bodies of a module to its code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wasmill_compiler::target::Architecture;
use wasmill_compiler::{
    Compilation, CompileError, CompileModuleInfo, CompileStage, CompiledFunction, Compiler,
    CpuFeature, DriverState, FunctionBodyData, LocalUsage, ModuleMiddleware, Target,
    compile_functions, drive,
};
use wasmill_types::{LocalFunctionIndex, PrimaryMap};

use crate::config::Singlepass;
use crate::emit::Frame;
use crate::environment::{Cpu, Environment};
use crate::generator::{Generator, Tables};

/// Compiles WebAssembly in one pass.
#[derive(Clone, Debug)]
pub struct SinglepassCompiler {
    config: Singlepass,
}

impl SinglepassCompiler {
    /// A compiler with these settings.
    pub fn new(config: Singlepass) -> Self {
        Self { config }
    }

    /// The settings.
    pub fn config(&self) -> &Singlepass {
        &self.config
    }
}

impl Compiler for SinglepassCompiler {
    fn name(&self) -> &str {
        "singlepass"
    }

    fn options(&self) -> String {
        let Singlepass {
            nan_canonicalization,
            middlewares,
        } = &self.config;
        let middlewares = middlewares.len();
        format!("canonicalize_nans={nan_canonicalization} middlewares={middlewares}")
    }

    fn compile_module(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    ) -> Result<Compilation, CompileError> {
        let cpu = cpu(target)?;
        let environment = Environment::new(module, cpu, self.config.nan_canonicalization);
        let functions = compile_functions(
            &module.progress,
            CompileStage::Compiling,
            bodies,
            Worker::default,
            |worker, index, body| {
                guarded(worker, |worker| worker.compile(&environment, index, body))
            },
        )?;
        Ok(Compilation {
            functions,
            other_faults: None,
        })
    }

    fn get_middlewares(&self) -> &[Arc<dyn ModuleMiddleware>] {
        &self.config.middlewares
    }
}

/// What the target's processor can do.
fn cpu(target: &Target) -> Result<Cpu, CompileError> {
    let triple = target.triple();
    let refuse = |what: &str| CompileError::UnsupportedTarget(format!("{triple}{what}"));
    if triple.architecture != Architecture::X86_64 {
        return Err(refuse(" (Singlepass makes code for x86-64 only)"));
    }
    if !target.cpu_features().contains(CpuFeature::SSE41) {
        return Err(refuse(" without SSE4.1, which Singlepass needs"));
    }
    Ok(Cpu::new(*target.cpu_features()))
}

/// Runs the compiler so that a bug in it is an error, not the end of the host: modules are hostile.
fn guarded<T>(
    worker: &mut Worker,
    work: impl FnOnce(&mut Worker) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    catch_unwind(AssertUnwindSafe(|| work(worker))).unwrap_or_else(|_| {
        *worker = Worker::default();
        Err(CompileError::Codegen("the code generator panicked".into()))
    })
}

/// What a thread keeps from function to function, to save allocations.
#[derive(Default)]
struct Worker {
    tables: Tables,
    usage: LocalUsage,
    driver: DriverState<(), Frame>,
}

impl Worker {
    fn compile(
        &mut self,
        environment: &Environment<'_>,
        index: LocalFunctionIndex,
        body: FunctionBodyData<'_>,
    ) -> Result<CompiledFunction, CompileError> {
        let (start_offset, end_offset) = (body.start_offset(), body.end_offset());
        let func = environment.module().func_index(index);
        let params = environment.function_type(func).params().len();
        self.usage.read(&body, params);
        let again = body.again();
        let mut function = match self.attempt(environment, index, body)? {
            Some(function) => function,
            None => {
                self.usage.forget_arithmetic();
                let function = self.attempt(environment, index, again)?;
                function.expect("what is not guessed is not wrong")
            }
        };
        function.start_offset = start_offset;
        function.end_offset = end_offset;
        Ok(function)
    }

    /// Compiles with what the look ahead says; `None` if that is wrong.
    fn attempt(
        &mut self,
        environment: &Environment<'_>,
        index: LocalFunctionIndex,
        body: FunctionBodyData<'_>,
    ) -> Result<Option<CompiledFunction>, CompileError> {
        let mut generator = Generator::new(environment, &mut self.tables, &self.usage, index);
        drive(environment.module(), body, &mut self.driver, &mut generator)?;
        match generator.is_misled {
            true => Ok(None),
            false => generator.finish().map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_compiler_testing::{plan, unchecked};

    #[test]
    fn targets_that_it_cannot_make_code_for() {
        let check = |triple: &str, features| {
            let target = Target::new(triple.parse().unwrap(), features);
            cpu(&target).map(drop).map_err(|error| error.to_string())
        };
        let sse41 = CpuFeature::set() | CpuFeature::SSE41;
        assert_eq!(check("x86_64-unknown-linux-gnu", sse41), Ok(()));
        for (triple, features, words) in [
            (
                "aarch64-unknown-linux-gnu",
                CpuFeature::set(),
                "x86-64 only",
            ),
            ("i686-unknown-linux-gnu", sse41, "x86-64 only"),
            (
                "x86_64-unknown-linux-gnu",
                CpuFeature::SSE2.into(),
                "without SSE4.1",
            ),
        ] {
            let error = check(triple, features).unwrap_err();
            assert!(
                error.starts_with(&format!("The target {triple} ")),
                "{error}"
            );
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_wrong_guess_about_locals_is_found() {
        let wat = "(module (memory 1)
            (func (local f64) (local.set 0 (f64.sqrt (local.get 0))))
            (func (local f64) (local.set 0 (f64.load (i32.const 0)))))";
        let wasm = wat::parse_str(wat).expect("a module");
        let (info, translation) = plan(&wasm, &unchecked()).expect("a valid module");
        let cpu = Cpu::new(CpuFeature::SSE41.into());
        let environment = Environment::new(&info, cpu, true);
        let bodies: Vec<_> = translation.bodies.values().collect();
        let index = LocalFunctionIndex::from_u32(1);
        let mut worker = Worker::default();
        let mut attempt = |guess: &FunctionBodyData<'_>, forget| {
            worker.usage.read(guess, 0);
            if forget {
                worker.usage.forget_arithmetic();
            }
            let function = worker.attempt(&environment, index, bodies[1].again());
            function.expect("a valid function")
        };
        assert!(attempt(bodies[1], false).is_some());
        assert_eq!(
            attempt(bodies[0], false),
            None,
            "the guess for another function"
        );
        assert!(attempt(bodies[0], true).is_some());
    }
}
