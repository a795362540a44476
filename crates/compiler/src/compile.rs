//! What a compiler is to the engine, and how its work is spread over threads.
//!
//! ```text
//!   translate ─► bodies ─┬─► worker 1 ─► Compiler's function ─┐
//!                        ├─► worker 2 ─► …                    ├─► functions, in order
//!                        └─► …                                ┘
//! ```

use crate::{
    Compilation, CompileError, CompileStage, Features, FunctionBodyData, ModuleMiddleware,
    Progress, Target,
};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use wasmill_abi::ContextLayout;
use wasmill_types::{
    EntityRef, LocalFunctionIndex, MemoryIndex, MemoryStyle, ModuleInfo, PrimaryMap, TableIndex,
    TableStyle, Type,
};

/// All that compilers know of a module, but for its code.
#[derive(Clone, Debug)]
pub struct CompileModuleInfo {
    /// What the module declares.
    pub module: Arc<ModuleInfo>,
    /// Where compiled code finds the parts of an instance.
    pub layout: Arc<ContextLayout>,
    /// The proposals that were switched on.
    pub features: Features,
    /// How each memory is laid out.
    pub memory_styles: PrimaryMap<MemoryIndex, MemoryStyle>,
    /// How each table is laid out.
    pub table_styles: PrimaryMap<TableIndex, TableStyle>,
    /// Where compilers say how far they are, and learn that they should stop.
    pub progress: Progress,
}

/// What of a module is the same in every instance, at any time.
impl CompileModuleInfo {
    /// The number of elements of a table whose size never changes.
    pub fn fixed_table_length(&self, table: TableIndex) -> Option<u32> {
        let ty = &self.module.tables[table];
        (ty.maximum == Some(ty.minimum)).then_some(ty.minimum)
    }

    /// Bytes that a memory has at any time.
    pub fn minimum_bytes(&self, memory: MemoryIndex) -> u64 {
        self.module.memories[memory].minimum.bytes().0 as u64
    }

    /// The number of pages of a memory whose size never changes.
    pub fn fixed_pages(&self, memory: MemoryIndex) -> Option<u32> {
        let ty = &self.module.memories[memory];
        (ty.maximum == Some(ty.minimum)).then_some(ty.minimum.0)
    }

    /// Whether a table holds functions (otherwise references to host values).
    pub fn is_function_table(&self, table: TableIndex) -> bool {
        self.module.tables[table].ty == Type::FuncRef
    }
}

/// Turns function bodies into machine code.
pub trait Compiler: Send + Sync {
    /// The name, for messages and to tell artifacts apart.
    fn name(&self) -> &str;

    /// What else influences the code, as a text for people: artifacts record it.
    fn options(&self) -> String {
        String::new()
    }

    /// Checks that a module is valid with these features.
    ///
    /// # Errors
    ///
    /// [`CompileError::Validate`] if it is not.
    fn validate_module(&self, features: &Features, data: &[u8]) -> Result<(), CompileError> {
        crate::validate(data, features)
    }

    /// Compiles all functions that a module defines, validating them.
    ///
    /// # Errors
    ///
    /// If a function is not valid, if the target is not supported, or if a function is too large.
    fn compile_module(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    ) -> Result<Compilation, CompileError>;

    /// The middlewares that rewrite a module before it is compiled, in order. The compiler itself knows nothing of them:
    /// whoever calls [`Compiler::compile_module`] goes through [`crate::compile_through`].
    fn get_middlewares(&self) -> &[Arc<dyn ModuleMiddleware>] {
        &[]
    }
}

/// For the examples below, which need settings but no compiler: `config` remembers what it was asked for.
macro_rules! example_config {
    () => {
        r#"# use std::sync::Arc;
# use wasmill_compiler::{Compilation, CompileError, CompileModuleInfo, Compiler, CompilerConfig};
# use wasmill_compiler::{Features, FunctionBodyData, FunctionMiddleware, ModuleMiddleware, Target};
# use wasmill_types::{LocalFunctionIndex, PrimaryMap};
# #[derive(Debug, Default)]
# struct Config {
#     pic: bool,
#     verifier: bool,
#     canonical_nans: bool,
#     middlewares: Vec<Arc<dyn ModuleMiddleware>>,
# }
# impl Compiler for Config {
#     fn name(&self) -> &str {
#         "example"
#     }
#     fn compile_module(
#         &self,
#         target: &Target,
#         _: &CompileModuleInfo,
#         _: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
#     ) -> Result<Compilation, CompileError> {
#         Err(CompileError::UnsupportedTarget(target.triple().to_string()))
#     }
#     fn get_middlewares(&self) -> &[Arc<dyn ModuleMiddleware>] {
#         &self.middlewares
#     }
# }
# impl CompilerConfig for Config {
#     fn enable_pic(&mut self) {
#         self.pic = true;
#     }
#     fn enable_verifier(&mut self) {
#         self.verifier = true;
#     }
#     fn canonicalize_nans(&mut self, enable: bool) {
#         self.canonical_nans = enable;
#     }
#     fn push_middleware(&mut self, middleware: Arc<dyn ModuleMiddleware>) {
#         self.middlewares.push(middleware);
#     }
#     fn compiler(self: Box<Self>) -> Box<dyn Compiler> {
#         self
#     }
# }
# let mut config = Config::default();"#
    };
}

/// The settings of a compiler, and how to make it. A compiler ignores what it has no setting for.
///
/// ```
#[doc = example_config!()]
/// /// Whatever compiler it is: its code gives the same results everywhere.
/// fn deterministic(config: &mut dyn CompilerConfig) {
///     config.canonicalize_nans(true);
/// }
///
/// deterministic(&mut config);
/// assert!(config.canonical_nans);
/// ```
pub trait CompilerConfig {
    /// Asks for code that can be loaded at any address.
    ///
    /// ```
    #[doc = example_config!()]
    /// config.enable_pic();
    /// assert!(config.pic);
    /// ```
    fn enable_pic(&mut self) {}

    /// Asks the compiler to check its own work.
    ///
    /// ```
    #[doc = example_config!()]
    /// config.enable_verifier();
    /// assert!(config.verifier);
    /// ```
    fn enable_verifier(&mut self) {}

    /// Asks for NaNs with deterministic bits.
    ///
    /// ```
    #[doc = example_config!()]
    /// config.enable_nan_canonicalization();
    /// assert!(config.canonical_nans);
    /// ```
    #[deprecated(note = "use `canonicalize_nans(true)`")]
    fn enable_nan_canonicalization(&mut self) {
        self.canonicalize_nans(true);
    }

    /// Asks for NaNs with deterministic bits, or not.
    ///
    /// ```
    #[doc = example_config!()]
    /// config.canonicalize_nans(true);
    /// assert!(config.canonical_nans);
    /// ```
    fn canonicalize_nans(&mut self, _enable: bool) {}

    /// Makes the compiler.
    ///
    /// ```
    #[doc = example_config!()]
    /// let compiler = Box::new(config).compiler();
    /// assert_eq!(compiler.name(), "example");
    /// ```
    fn compiler(self: Box<Self>) -> Box<dyn Compiler>;

    /// The proposals that are on by default for a target.
    ///
    /// ```
    #[doc = example_config!()]
    /// let features = config.default_features_for_target(&Target::default());
    /// assert_eq!(features, Features::default());
    /// ```
    fn default_features_for_target(&self, _target: &Target) -> Features {
        Features::default()
    }

    /// Puts a middleware behind those that are there.
    ///
    /// ```
    #[doc = example_config!()]
    /// /// Leaves functions as they are.
    /// #[derive(Debug)]
    /// struct Unchanged;
    /// impl FunctionMiddleware for Unchanged {}
    /// impl ModuleMiddleware for Unchanged {
    ///     fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
    ///         Box::new(Unchanged)
    ///     }
    /// }
    ///
    /// config.push_middleware(Arc::new(Unchanged));
    /// assert_eq!(Box::new(config).compiler().get_middlewares().len(), 1);
    /// ```
    fn push_middleware(&mut self, middleware: Arc<dyn ModuleMiddleware>);
}

impl<T: CompilerConfig + 'static> From<T> for Box<dyn CompilerConfig + 'static> {
    fn from(config: T) -> Self {
        Box::new(config)
    }
}

/// A function that waits to be compiled.
type Job<'a> = (LocalFunctionIndex, FunctionBodyData<'a>);

/// Bytes of a body from which only one at a time is compiled, so that what several threads need at once is bounded: an optimising
/// compiler takes up to a thousand times as much memory as the body has bytes.
pub const LARGE_BODY: usize = 256 << 10;

/// The functions that wait, the longest first.
struct Queue<'a> {
    jobs: VecDeque<Job<'a>>,
    /// Whether somebody has a large one.
    has_large: bool,
}

impl<'a> Queue<'a> {
    /// The next one. While somebody has a large one it is the shortest; if that is large as well, there is nothing to do for
    /// the caller: who has the large one goes on with those that are left.
    fn next(&mut self) -> Option<Job<'a>> {
        let is_large = |job: &Job<'_>| job.1.len() >= LARGE_BODY;
        if !self.jobs.front().is_some_and(is_large) {
            return self.jobs.pop_front();
        }
        match self.has_large {
            true => self.jobs.pop_back_if(|job| !is_large(job)),
            false => {
                self.has_large = true;
                self.jobs.pop_front()
            }
        }
    }
}

/// Compiles functions (or makes anything else of them) on all threads of the current `rayon` pool, the longest first, so
/// that no thread starts a long one when the others are done. Every thread has a state of its own, which it keeps from
/// function to function.
///
/// The outcome does not depend on the number of threads or on their timing, as long as that of `compile` does not, and the
/// observer of `progress` does not stop it. The functions go through `stage`.
///
/// # Errors
///
/// That of the first function, by index, for which `compile` fails; that of [`StageProgress::check`](crate::StageProgress::check).
pub fn compile_functions<'a, S, T: Send>(
    progress: &Progress,
    stage: CompileStage,
    bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'a>>,
    make_state: impl Fn() -> S + Sync,
    compile: impl Fn(&mut S, LocalFunctionIndex, FunctionBodyData<'a>) -> Result<T, CompileError> + Sync,
) -> Result<PrimaryMap<LocalFunctionIndex, T>, CompileError> {
    let count = bodies.len();
    let progress = progress.stage(stage, count)?;
    let jobs = bodies.into_values().enumerate();
    let mut jobs: Vec<Job<'a>> = jobs
        .map(|(index, body)| (LocalFunctionIndex::new(index), body))
        .collect();
    let workers = rayon::current_num_threads().min(count);
    if workers > 1 {
        // Stable, so functions of one length keep their order.
        jobs.sort_by_key(|(_, body)| std::cmp::Reverse(body.len()));
    }
    let queue = Mutex::new(Queue {
        jobs: jobs.into(),
        has_large: false,
    });
    // Nothing behind the first failure is worth compiling; everything before it is: it may fail too.
    let first_failure = AtomicUsize::new(usize::MAX);
    let work = || {
        let mut state = make_state();
        let mut done = Vec::new();
        let mut had_large = false;
        loop {
            let job = {
                let mut queue = queue.lock().unwrap_or_else(|e| e.into_inner());
                queue.has_large &= !had_large;
                queue.next()
            };
            let Some((index, body)) = job else {
                return done;
            };
            had_large = body.len() >= LARGE_BODY;
            if index.index() > first_failure.load(Ordering::Relaxed) {
                continue;
            }
            let outcome = compile(&mut state, index, body);
            if outcome.is_err() {
                first_failure.fetch_min(index.index(), Ordering::Relaxed);
            }
            done.push((index, outcome));
            if progress.advance(1).is_err() {
                return done;
            }
        }
    };
    let mut done = if workers > 1 {
        let done = Mutex::new(Vec::with_capacity(count));
        rayon::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|_| {
                    let mut part = work();
                    let mut done = done.lock().unwrap_or_else(|e| e.into_inner());
                    done.append(&mut part);
                });
            }
        });
        done.into_inner().unwrap_or_else(|e| e.into_inner())
    } else {
        work()
    };
    progress.check()?;
    done.sort_unstable_by_key(|(index, _)| *index);
    // In order, so the first error is that of the lowest index; all before it are there.
    done.into_iter().map(|(_, outcome)| outcome).collect()
}
