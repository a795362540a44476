//! From the bodies of a module to its code.

use std::sync::Arc;
use std::thread;

use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use wasmill_abi::TrapCode;
use wasmill_compiler::{
    Compilation, CompileError, CompileModuleInfo, CompiledFunction, Compiler, DriverState,
    FunctionBodyData, ModuleMiddleware, Target, drive,
};
use wasmill_types::{LocalFunctionIndex, PrimaryMap};

use crate::config::{CompiledKind, InkwellMemoryBuffer, LLVM, LLVMOptLevel};
use crate::diagnostics::Session;
use crate::environment::Environment;
use crate::inspect::Texts;
use crate::translator::Translator;
use crate::unit::Unit;
use crate::{loops, machine, object, pipeline};

/// Bytes of function bodies up to which LLVM sees a module as a whole, and about the most of the parts of larger ones.
const UNIT_BYTES: usize = 256 << 10;

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

/// Functions that follow each other, and the index of the first.
type Part<'a> = (LocalFunctionIndex, Vec<FunctionBodyData<'a>>);

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
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
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

/// Divides a module into what LLVM sees at once.
fn divide(bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>) -> Vec<Part<'_>> {
    let lengths: Vec<usize> = bodies.values().map(FunctionBodyData::len).collect();
    let numbers = part_numbers(&lengths);
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut last = None;
    for (nth, (body, number)) in bodies.into_values().zip(numbers).enumerate() {
        if last.replace(number) != Some(number) {
            parts.push((LocalFunctionIndex::from_u32(nth as u32), Vec::new()));
        }
        let (_, bodies) = parts.last_mut().expect("the first body made one");
        bodies.push(body);
    }
    parts
}

/// The part that each body belongs to: by lengths only, so that the outcome is the same everywhere. There is an even number of
/// about equal parts, so that two processors have the same to do.
fn part_numbers(lengths: &[usize]) -> impl Iterator<Item = usize> {
    let total: usize = lengths.iter().sum();
    let count = match total.div_ceil(UNIT_BYTES) {
        0 | 1 => 1,
        many => many.next_multiple_of(2),
    };
    let share = total.div_ceil(count).max(1);
    let mut start = 0;
    lengths.iter().map(move |length| {
        let number = start / share;
        start += length;
        number
    })
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
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
        texts: Option<&Texts>,
    ) -> Result<PrimaryMap<LocalFunctionIndex, CompiledFunction>, CompileError> {
        // An unsupported target is an error for a module without functions, too.
        machine::build(self.config.opt_level, target)?;
        let architecture = target.triple().architecture;
        let nans = self.config.nan_canonicalization;
        let environment = Environment::new(module, architecture, nans);
        let parts = divide(bodies);
        let whole = parts.len() == 1;
        let work = |part| guarded(|| self.compile_part(target, &environment, part, whole, texts));
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
        (first, bodies): Part<'_>,
        whole: bool,
        texts: Option<&Texts>,
    ) -> Result<Vec<CompiledFunction>, CompileError> {
        let machine = machine::build(self.config.opt_level, target)?;
        let session = Session::new();
        let unit = Unit::new(session.context(), &machine, whole);
        // Who dumps units tells them apart by this.
        match whole {
            true => unit.module.set_name("module"),
            false => unit
                .module
                .set_name(&format!("module-from-{}", first.as_u32())),
        }
        let mut ranges = Vec::with_capacity(bodies.len());
        let mut functions = Vec::with_capacity(bodies.len());
        let mut state = DriverState::new();
        let (mut all_extreme, mut wide) = (true, false);
        for (nth, body) in bodies.into_iter().enumerate() {
            let local = LocalFunctionIndex::from_u32(first.as_u32() + nth as u32);
            let index = environment.module().func_index(local);
            let range = body.start_offset()..body.end_offset();
            let mut translator = Translator::new(environment, &unit, index, range.clone());
            ranges.push(range);
            drive(environment.module(), body, &mut state, &mut translator)?;
            functions.push(translator.function);
            all_extreme &= translator.finish()?;
            wide |= translator.extent.has_wide_calls();
        }
        unit.debug.finalize();
        for (&function, range) in functions.iter().zip(&ranges) {
            unit.keep_if_large(function, range.len());
        }
        // What generates code is made for one level, which attributes of functions change only in part.
        let (level, machine) = match all_extreme || wide {
            true => {
                let level = LLVMOptLevel::None;
                (level, machine::build(level, target)?)
            }
            false => (self.config.opt_level, machine),
        };
        let object = self.generate(environment, &unit, level, &machine, texts);
        session.check()?;
        let object = object?;
        object::read(object.as_slice(), first, &ranges, environment.architecture)
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
                run(pipeline::OPTIMIZE)?;
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_about_equal() {
        let parts = |lengths: &[usize]| part_numbers(lengths).collect::<Vec<_>>();
        assert!(parts(&[]).is_empty());
        assert_eq!(parts(&[UNIT_BYTES / 2; 2]), [0, 0]);
        assert_eq!(parts(&[UNIT_BYTES / 2; 4]), [0, 0, 1, 1]);
        // Three would be enough.
        assert_eq!(parts(&[UNIT_BYTES / 2; 5]), [0, 0, 1, 2, 3]);
        assert_eq!(parts(&[10, UNIT_BYTES * 4, 10, 10])[..2], [0, 0]);
        assert_eq!(parts(&[10, UNIT_BYTES * 4, 10, 10])[2..], [5, 5]);
    }
}
