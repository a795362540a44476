//! How far a compilation is, for a host that wants to know, or to stop it.
//!
//! A [`CompileObserver`] is what the host has, a [`Progress`] what a compilation has. Compilers count the functions that are done,
//! and ask before each whether to go on: an addition, a call and a load, no lock; where nobody observes, nothing.

use crate::CompileError;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use thiserror::Error;

/// What a compilation does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CompileStage {
    /// Reads everything but the bodies of functions, and checks these, too, if middlewares will see them.
    Reading,
    /// Sends functions through middlewares, if there are some.
    Rewriting,
    /// Validates functions and makes machine code of them.
    Compiling,
    /// Puts the code of all functions together, and makes it executable.
    Linking,
}

/// How far a compilation is.
///
/// ```
/// # use wasmill_compiler::{CompileStage, CompileStep};
/// fn percent(step: &CompileStep) -> usize {
///     100 * step.done / step.total.max(1)
/// }
/// # let observer = wasmill_compiler::CompileObserver::new(|step| {
/// #     assert!(percent(&step) <= 100);
/// #     std::ops::ControlFlow::Continue(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileStep {
    /// What it does now.
    pub stage: CompileStage,
    /// Functions that are through this stage. Threads that finish some at the same time may report in any order.
    pub done: usize,
    /// Functions that go through this stage: all that the module defines, or 0 where they do not go one by one.
    pub total: usize,
}

/// Sees how far a compilation is, and may stop it. Clones are the same observer.
///
/// It is called when a stage starts, and whenever a function is done (with LLVM: some functions, which it compiles together), on the thread
/// that did it, so by several at once; the compilation waits for it. If it breaks, functions that are being compiled are
/// finished, no other is started, and the compilation fails with [`ObservedCompileError::Stopped`]. A panic of the
/// observer becomes one of whoever compiles.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::time::{Duration, Instant};
/// use wasmill_compiler::CompileObserver;
///
/// // Whatever the module is: no more than about five seconds.
/// let deadline = Instant::now() + Duration::from_secs(5);
/// let observer = CompileObserver::new(move |_| match Instant::now() < deadline {
///     true => ControlFlow::Continue(()),
///     false => ControlFlow::Break(()),
/// });
/// ```
#[derive(Clone)]
pub struct CompileObserver(Arc<Observe>);

type Observe = dyn Fn(CompileStep) -> ControlFlow<()> + Send + Sync;

impl CompileObserver {
    /// Makes an observer of a function.
    ///
    /// ```
    /// # use std::ops::ControlFlow;
    /// # use wasmill_compiler::CompileObserver;
    /// let observer = CompileObserver::new(|step| {
    ///     eprintln!("{:?}: {} of {}", step.stage, step.done, step.total);
    ///     ControlFlow::Continue(())
    /// });
    /// ```
    pub fn new(observe: impl Fn(CompileStep) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }
}

impl fmt::Debug for CompileObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompileObserver").finish_non_exhaustive()
    }
}

/// What comes of a compilation that was observed, if it is no module.
///
/// ```
/// # use wasmill_compiler::{CompileError, ObservedCompileError};
/// let stopped = ObservedCompileError::Stopped;
/// assert_eq!(stopped.to_string(), "The compilation was stopped by its observer");
/// let failed = ObservedCompileError::from(CompileError::Codegen("no".to_owned()));
/// assert_eq!(failed.to_string(), "Compilation error: no");
/// ```
#[derive(Debug, Error)]
pub enum ObservedCompileError {
    /// The observer said so.
    #[error("The compilation was stopped by its observer")]
    Stopped,
    /// The module could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

/// The progress of one compilation. The default is one that nobody observes.
///
/// ```
/// # use std::ops::ControlFlow;
/// # use wasmill_compiler::{CompileObserver, CompileStage, Progress};
/// // An observer that has seen enough when the second function is done.
/// let observer = CompileObserver::new(|step| match step.done {
///     0 | 1 => ControlFlow::Continue(()),
///     _ => ControlFlow::Break(()),
/// });
/// let progress = Progress::new(&observer);
/// let functions = progress.stage(CompileStage::Compiling, 3)?;
/// assert!(functions.advance(1).is_ok());
/// assert!(functions.advance(1).is_err());
/// assert!(progress.is_stopped());
/// # Ok::<(), wasmill_compiler::CompileError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Progress(Option<Arc<Observed>>);

#[derive(Debug)]
struct Observed {
    observer: CompileObserver,
    is_stopped: AtomicBool,
}

impl Progress {
    /// The progress of a compilation that has an observer.
    pub fn new(observer: &CompileObserver) -> Self {
        Self(Some(Arc::new(Observed {
            observer: observer.clone(),
            is_stopped: AtomicBool::new(false),
        })))
    }

    /// Starts a stage that `total` functions go through.
    ///
    /// # Errors
    ///
    /// As [`StageProgress::check`].
    pub fn stage(
        &self,
        stage: CompileStage,
        total: usize,
    ) -> Result<StageProgress<'_>, CompileError> {
        let started = StageProgress {
            progress: self,
            stage,
            total,
            done: AtomicUsize::new(0),
        };
        started.advance(0).map(|()| started)
    }

    /// Whether the observer has said that it should not go on.
    pub fn is_stopped(&self) -> bool {
        let observed = self.0.as_ref();
        observed.is_some_and(|observed| observed.is_stopped.load(Ordering::Relaxed))
    }
}

/// How many functions are through a stage.
#[derive(Debug)]
pub struct StageProgress<'a> {
    progress: &'a Progress,
    stage: CompileStage,
    total: usize,
    done: AtomicUsize,
}

impl StageProgress<'_> {
    /// Counts functions that are through the stage, and asks whether to go on.
    ///
    /// # Errors
    ///
    /// As [`StageProgress::check`].
    pub fn advance(&self, functions: usize) -> Result<(), CompileError> {
        let Some(observed) = &self.progress.0 else {
            return Ok(());
        };
        let step = CompileStep {
            stage: self.stage,
            done: self.done.fetch_add(functions, Ordering::Relaxed) + functions,
            total: self.total,
        };
        if (observed.observer.0)(step).is_break() {
            observed.is_stopped.store(true, Ordering::Relaxed);
        }
        self.check()
    }

    /// Asks whether to go on.
    ///
    /// # Errors
    ///
    /// If the observer has said no. Whoever compiles through an engine gets [`ObservedCompileError::Stopped`] then, not
    /// this error.
    pub fn check(&self) -> Result<(), CompileError> {
        match self.progress.is_stopped() {
            false => Ok(()),
            true => Err(CompileError::Resource(
                ObservedCompileError::Stopped.to_string(),
            )),
        }
    }
}
