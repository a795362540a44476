//! [`RuntimeError`]: what the host learns when WebAssembly code stops.
//!
//! A trap must be cheap, also for programs that trap all the time. So an error keeps the code locations that were
//! captured and looks names and offsets up only when somebody asks for the trace; errors are shared, not copied.

use crate::source::Sources;
use crate::{CodeMap, FrameInfo};
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmill_abi::TrapCode;
use wasmill_vm::{Backtrace, EarlyEnd, EndReason, Trap};

/// An error that occurred while WebAssembly code ran: a trap, or an error of a host function.
///
/// ```
/// # use wasmill_engine::RuntimeError;
/// use std::num::ParseIntError;
///
/// // As a host function makes it; what the guest's caller gets is the same.
/// let reason = "seven".parse::<i32>().unwrap_err();
/// let error = RuntimeError::user(Box::new(reason.clone()));
/// assert_eq!(error.message(), reason.to_string());
/// assert!(error.is::<ParseIntError>() && error.trace().is_empty());
/// assert_eq!(error.downcast::<ParseIntError>().unwrap(), reason);
/// ```
#[derive(Clone)]
pub struct RuntimeError {
    inner: Arc<Inner>,
}

struct Inner {
    source: Source,
    traces: Traces,
    /// The WebAssembly frames, looked up when first asked for.
    wasm_trace: OnceLock<Vec<FrameInfo>>,
}

/// Where an error was made.
struct Traces {
    /// Locations in WebAssembly code, innermost first.
    wasm: Backtrace,
    /// The host's frames, when the environment asks for them.
    native: std::backtrace::Backtrace,
}

impl Traces {
    /// Of an error that host code makes now.
    fn here() -> Self {
        Self {
            wasm: Backtrace::capture(),
            native: std::backtrace::Backtrace::capture(),
        }
    }

    /// Of a trap. The host's frames say nothing about it, and walking them would cost many times what the trap does.
    fn of_trap(wasm: Backtrace) -> Self {
        Self {
            wasm,
            native: std::backtrace::Backtrace::disabled(),
        }
    }
}

/// The debug form of what somebody panicked with, as far as that can be told.
fn payload_text(payload: &(dyn Any + Send)) -> String {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => format!("{text:?}"),
        (_, Some(text)) => format!("{text:?}"),
        _ => format!("{payload:?}"),
    }
}

/// What [`RuntimeError::raise`] unwinds with.
struct Raised(Box<dyn Error + Send + Sync>);

#[derive(Debug)]
enum Source {
    Generic(String),
    User(Box<dyn Error + Send + Sync>),
    Trap(TrapCode),
    OutOfMemory,
}

impl RuntimeError {
    /// An error with a message. Its trace has the WebAssembly frames that are on this thread's stack now.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// let error = RuntimeError::new("not today");
    /// assert_eq!(error.to_string(), "RuntimeError: not today");
    /// ```
    pub fn new<I: Into<String>>(message: I) -> Self {
        Self::from_parts(Source::Generic(message.into()), Traces::here())
    }

    /// The error that a trap becomes.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// # use wasmill_vm::{Backtrace, Trap, TrapCode};
    /// let backtrace = Backtrace::capture();
    /// let error = RuntimeError::from_trap(Trap::Lib { trap_code: TrapCode::OutOfBounds, backtrace });
    /// assert_eq!(error.message(), "out of bounds");
    /// ```
    pub fn from_trap(trap: Trap) -> Self {
        let (source, backtrace) = match trap {
            Trap::User(error) => return Self::user(error),
            Trap::Wasm {
                pc,
                backtrace,
                signal_trap,
            } => {
                let meaning = wasmill_vm::fault_meaning(pc);
                let recorded = meaning.and_then(|meaning| meaning.site.or(meaning.otherwise));
                let code = recorded.or(signal_trap);
                let code = code.unwrap_or(TrapCode::StackOverflow);
                (Source::Trap(code), backtrace)
            }
            Trap::Lib {
                trap_code,
                backtrace,
            } => (Source::Trap(trap_code), backtrace),
            Trap::OOM { backtrace } => (Source::OutOfMemory, backtrace),
        };
        Self::from_parts(source, Traces::of_trap(backtrace))
    }

    /// The error of a call that ended early.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// # use wasmill_vm::{Backtrace, EarlyEnd, EndReason, TrapCode};
    /// let reason = EndReason::Wasm(TrapCode::IntegerDivisionByZero);
    /// let error = RuntimeError::from_early_end(EarlyEnd { reason, backtrace: Backtrace::default() });
    /// assert_eq!(error.message(), "integer divide by zero");
    /// ```
    ///
    /// # Panics
    ///
    /// If a panic of a host function ended it, the panic continues here.
    pub fn from_early_end(end: EarlyEnd) -> Self {
        let EarlyEnd { reason, backtrace } = end;
        match reason {
            EndReason::Wasm(code) => {
                Self::from_parts(Source::Trap(code), Traces::of_trap(backtrace))
            }
            EndReason::User(error) => Self::from_user(error, || Traces::of_trap(backtrace)),
            EndReason::Panic(payload) => match payload.downcast::<Raised>() {
                Ok(raised) => Self::from_user(raised.0, || Traces::of_trap(backtrace)),
                Err(payload) => std::panic::resume_unwind(payload),
            },
        }
    }

    /// The same if nothing but one host function was called, without WebAssembly around it: a panic of that function is an error
    /// too, whose message is the payload's debug form.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// # use wasmill_vm::{Backtrace, EarlyEnd, EndReason};
    /// let reason = EndReason::Panic(Box::new("oh no"));
    /// let error = RuntimeError::from_direct_call(EarlyEnd { reason, backtrace: Backtrace::default() });
    /// assert_eq!(error.message(), "\"oh no\"");
    /// ```
    pub fn from_direct_call(end: EarlyEnd) -> Self {
        match end.reason {
            EndReason::Panic(payload) if !payload.is::<Raised>() => {
                Self::new(payload_text(&*payload))
            }
            _ => Self::from_early_end(end),
        }
    }

    /// An error of the host. A boxed `RuntimeError` is unwrapped, not nested: it keeps its own trace.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// let cause = std::io::Error::other("disk full");
    /// let error = RuntimeError::user(Box::new(cause));
    /// assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().to_string(), "disk full");
    /// let again = RuntimeError::user(Box::new(error));
    /// assert!(again.is::<std::io::Error>(), "not nested");
    /// ```
    pub fn user(error: Box<dyn Error + Send + Sync>) -> Self {
        Self::from_user(error, Traces::here)
    }

    /// Ends the WebAssembly call that the current host function was called from, with `error`. Returning an `Err` from the
    /// host function does the same and is to be preferred.
    ///
    /// The host function's frames are unwound, so everything on them is dropped. (The error travels as the payload of an
    /// unwind that no panic hook sees; the boundary to WebAssembly stops it, and [`RuntimeError::from_early_end`] takes the
    /// error out again.)
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, Export, NamedResolver, Resources, RuntimeError, Universal, instantiate};
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// fn fail() {
    ///     RuntimeError::raise("enough".into())
    /// }
    ///
    /// # struct Imports(Arc<VMStore>);
    /// # impl NamedResolver for Imports {
    /// #     fn resolve_by_name(&self, _: &str, _: &str) -> Option<Export> {
    /// #         Some(HostFunction::typed(&self.0, fail).into())
    /// #     }
    /// # }
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = r#"(module (import "env" "fail" (func)) (func (export "run") (call 0)))"#;
    /// # let artifact = engine.compile(&wat::parse_str(module).unwrap(), &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let imports = Imports(engine.vm_store().clone());
    /// # let instance = instantiate(runtime, &imports, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let wasmill_vm::VMExtern::Function(run) = instance.export(runtime.info().exports["run"]) else { unreachable!() };
    /// // Called by a guest:
    /// let trap = run.callee().call::<VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// assert_eq!(RuntimeError::from_early_end(trap).message(), "enough");
    /// ```
    ///
    /// # Panics
    ///
    /// If no WebAssembly code is on this thread's stack.
    pub fn raise(error: Box<dyn Error + Send + Sync>) -> ! {
        assert!(
            !Backtrace::capture().frames.is_empty(),
            "`RuntimeError::raise` outside of a call from WebAssembly: {error}"
        );
        std::panic::resume_unwind(Box::new(Raised(error)))
    }

    fn from_user(error: Box<dyn Error + Send + Sync>, traces: impl FnOnce() -> Traces) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::from_parts(Source::User(error), traces()),
        }
    }

    fn from_parts(source: Source, traces: Traces) -> Self {
        Self {
            inner: Arc::new(Inner {
                source,
                traces,
                wasm_trace: OnceLock::new(),
            }),
        }
    }

    /// What happened, without the trace.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// let error = RuntimeError::new("not today");
    /// assert_eq!((error.message(), error.to_string()), ("not today".into(), "RuntimeError: not today".into()));
    /// ```
    pub fn message(&self) -> String {
        self.inner.source.to_string()
    }

    /// The WebAssembly frames, innermost first.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// let names: Vec<_> = error.trace().iter().map(|frame| frame.function_name()).collect();
    /// assert_eq!(names, [Some("fail")]);
    /// ```
    pub fn trace(&self) -> &[FrameInfo] {
        self.inner
            .wasm_trace
            .get_or_init(|| resolve(&self.inner.traces.wasm))
    }

    /// The host's own error, if it is a `T` and nobody else holds this error.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// # use std::fmt::Error;
    /// let error = RuntimeError::user(Box::new(Error));
    /// let shared = error.clone();
    /// let error = error.downcast::<Error>().unwrap_err();
    /// drop(shared);
    /// assert_eq!(error.downcast::<Error>().unwrap(), Error);
    /// ```
    ///
    /// # Errors
    ///
    /// The unchanged error otherwise. See [`RuntimeError::downcast_ref`] for errors that are shared.
    pub fn downcast<T: Error + 'static>(self) -> Result<T, Self> {
        if !self.is::<T>() {
            return Err(self);
        }
        let inner = Arc::try_unwrap(self.inner).map_err(|inner| Self { inner })?;
        match inner.source {
            Source::User(error) => Ok(*error.downcast().expect("its type was checked above")),
            _ => unreachable!("`is` holds of user errors only"),
        }
    }

    /// The host's own error, if it is a `T`.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// let error = RuntimeError::user("seven".parse::<i32>().unwrap_err().into());
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// assert!(error.downcast_ref::<std::io::Error>().is_none());
    /// ```
    pub fn downcast_ref<T: Error + 'static>(&self) -> Option<&T> {
        match &self.inner.source {
            Source::User(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// Whether this is the host's own error, a `T`.
    ///
    /// ```
    /// # use wasmill_engine::RuntimeError;
    /// let error = RuntimeError::user(Box::new(std::fmt::Error));
    /// assert!(error.is::<std::fmt::Error>() && !RuntimeError::new("text").is::<std::fmt::Error>());
    /// ```
    pub fn is<T: Error + 'static>(&self) -> bool {
        self.downcast_ref::<T>().is_some()
    }

    /// The code, if this is a trap of WebAssembly code.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// # use wasmill_vm::TrapCode;
    /// assert_eq!(error.to_trap(), Some(TrapCode::UnreachableCodeReached));
    /// assert_eq!(RuntimeError::new("no trap").to_trap(), None);
    /// ```
    pub fn to_trap(self) -> Option<TrapCode> {
        match self.inner.source {
            Source::Trap(code) => Some(code),
            _ => None,
        }
    }
}

/// The most places in code that a trace tells of. There are more of them in a [`Backtrace`], as some belong to no operator.
const LISTED: usize = 64;

/// Looks code locations up in the tables of their images.
fn resolve(backtrace: &Backtrace) -> Vec<FrameInfo> {
    let places = backtrace.frames.iter().filter_map(|location| {
        let map = location.metadata.as_any().downcast_ref::<CodeMap>()?;
        Some((map, map.frames(location.offset)))
    });
    let places = places.filter(|(_, frames)| !frames.is_empty());
    let frames = places
        .take(LISTED)
        .flat_map(|(map, frames)| frames.into_iter().map(move |frame| (map, frame)));
    let (maps, mut frames): (Vec<_>, Vec<_>) = frames.unzip();
    add_sources(&maps, &mut frames);
    frames
}

/// Lets the frames of each module share what finds their places in the source.
fn add_sources(maps: &[&CodeMap], frames: &mut [FrameInfo]) {
    let mut modules: Vec<(&CodeMap, Vec<usize>)> = Vec::new();
    for (nth, map) in maps.iter().enumerate() {
        match modules
            .iter_mut()
            .find(|(other, _)| std::ptr::eq(*other, *map))
        {
            Some((_, members)) => members.push(nth),
            None => modules.push((map, vec![nth])),
        }
    }
    for (map, members) in modules {
        let offset = |nth: &usize| frames[*nth].module_offset() as u32;
        let offsets = members.iter().map(offset).collect();
        if let Some(sources) = Sources::new(map.info(), offsets).map(Arc::new) {
            for (position, nth) in members.into_iter().enumerate() {
                frames[nth].set_sources(&sources, position);
            }
        }
    }
}

impl From<Trap> for RuntimeError {
    fn from(trap: Trap) -> Self {
        Self::from_trap(trap)
    }
}

impl From<EarlyEnd> for RuntimeError {
    fn from(end: EarlyEnd) -> Self {
        Self::from_early_end(end)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generic(message) => f.write_str(message),
            Self::User(error) => error.fmt(f),
            Self::Trap(code) => f.write_str(code.message()),
            Self::OutOfMemory => f.write_str("Wasmill VM out of memory"),
        }
    }
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuntimeError: {}", self.inner.source)?;
        for frame in self.trace() {
            write!(f, "\n    at {frame}")?;
            for symbol in frame.symbols() {
                write!(f, "\n        {symbol}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeError")
            .field("source", &self.inner.source)
            .field("wasm_trace", &self.trace())
            .field("native_trace", &self.inner.traces.native)
            .finish()
    }
}

impl Error for RuntimeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.inner.source {
            Source::User(error) => Some(&**error),
            Source::Trap(code) => Some(code),
            Source::Generic(_) | Source::OutOfMemory => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;
    use wasmill_compiler::{AddressMapEntry, CompiledFunction};
    use wasmill_types::{FunctionIndex, ModuleInfo, PrimaryMap};
    use wasmill_vm::CodeLocation;

    #[derive(Debug)]
    struct Custom(u32);
    impl fmt::Display for Custom {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "custom {}", self.0)
        }
    }
    impl Error for Custom {}

    fn custom(number: u32) -> Box<dyn Error + Send + Sync> {
        Box::new(Custom(number))
    }

    /// Two frames of a module with one function.
    fn backtrace() -> Backtrace {
        let function = CompiledFunction {
            code: vec![0; 32],
            start_offset: 0x20,
            end_offset: 0x40,
            address_map: vec![AddressMapEntry {
                offset: 8,
                module_offset: 0x2a,
            }],
            ..CompiledFunction::default()
        };
        let mut functions: PrimaryMap<_, _> = [function].into_iter().collect();
        let layout = Layout::new(&functions).unwrap();
        let mut info = ModuleInfo::new();
        info.function_names
            .insert(FunctionIndex::from_u32(0), "main".into());
        let map = Arc::new(CodeMap::new(&mut functions, None, &layout, Arc::new(info)).unwrap());
        let frames = [9, 0].map(|offset| CodeLocation {
            metadata: map.clone(),
            offset,
        });
        Backtrace {
            frames: frames.into(),
        }
    }

    fn ended(reason: EndReason) -> RuntimeError {
        RuntimeError::from(EarlyEnd {
            reason,
            backtrace: backtrace(),
        })
    }

    const FRAMES: &str = "\n    at main (<module>[0]:0x2a)\n    at main (<module>[0]:0x20)";

    #[test]
    fn a_trap_tells_code_and_frames() {
        let error = ended(EndReason::Wasm(TrapCode::IntegerDivisionByZero));
        assert_eq!(error.message(), "integer divide by zero");
        assert_eq!(
            error.to_string(),
            format!("RuntimeError: integer divide by zero{FRAMES}")
        );
        assert_eq!(error.trace().len(), 2);
        assert_eq!(error.source().unwrap().to_string(), "int_divz");
        assert!(!error.is::<TrapCode>(), "only user errors can be asked for");
        assert_eq!(
            error.clone().to_trap(),
            Some(TrapCode::IntegerDivisionByZero)
        );
    }

    #[test]
    fn traps_that_programs_make() {
        let wasm = |signal_trap| Trap::Wasm {
            pc: 0,
            backtrace: backtrace(),
            signal_trap,
        };
        let misaligned = RuntimeError::from(wasm(Some(TrapCode::UnalignedAtomic)));
        assert_eq!(misaligned.trace().len(), 2);
        assert_eq!(misaligned.to_trap(), Some(TrapCode::UnalignedAtomic));
        let unknown = RuntimeError::from_trap(wasm(None));
        assert_eq!(unknown.message(), "call stack exhausted");
        let user = RuntimeError::from_trap(Trap::User(custom(2)));
        assert_eq!(user.downcast::<Custom>().unwrap().0, 2);
        let memory = RuntimeError::from_trap(Trap::OOM {
            backtrace: backtrace(),
        });
        assert_eq!(
            memory.to_string(),
            format!("RuntimeError: Wasmill VM out of memory{FRAMES}")
        );
        assert!(memory.source().is_none() && memory.to_trap().is_none());
    }

    #[test]
    fn a_user_error_has_the_frames_of_the_boundary() {
        let error = ended(EndReason::User(custom(7)));
        assert_eq!(error.to_string(), format!("RuntimeError: custom 7{FRAMES}"));
        assert_eq!(error.source().unwrap().to_string(), "custom 7");
        assert!(error.is::<Custom>() && !error.is::<fmt::Error>());
        assert_eq!(error.downcast_ref::<Custom>().unwrap().0, 7);
        assert_eq!(error.clone().to_trap(), None);
        assert_eq!(error.downcast::<Custom>().unwrap().0, 7);
    }

    #[test]
    fn downcast_gives_the_error_back_if_it_cannot() {
        let error = RuntimeError::user(custom(1));
        let error = error.downcast::<fmt::Error>().unwrap_err();
        let other = error.clone();
        let error = error.downcast::<Custom>().unwrap_err();
        drop(other);
        assert_eq!(error.downcast::<Custom>().unwrap().0, 1);
        let message = RuntimeError::new("text").downcast::<Custom>();
        assert_eq!(message.unwrap_err().message(), "text");
    }

    #[test]
    fn a_boxed_runtime_error_is_not_nested() {
        let inner = ended(EndReason::Wasm(TrapCode::BadSignature));
        let outer = RuntimeError::user(Box::new(inner));
        assert_eq!(outer.trace().len(), 2);
        assert_eq!(outer.to_trap(), Some(TrapCode::BadSignature));

        let inner = RuntimeError::new("made without frames");
        let outer = ended(EndReason::User(Box::new(inner)));
        assert_eq!(outer.to_string(), "RuntimeError: made without frames");
    }

    #[test]
    fn debug_names_source_and_traces() {
        let text = format!("{:?}", ended(EndReason::User(custom(3))));
        assert!(
            text.starts_with("RuntimeError { source: User(Custom(3)), wasm_trace: [FrameInfo {")
        );
        assert!(text.contains("native_trace: "), "{text}");
    }

    #[test]
    fn raised_errors_arrive_as_user_errors() {
        let error = ended(EndReason::Panic(Box::new(Raised(custom(5)))));
        assert_eq!(error.trace().len(), 2);
        assert_eq!(error.downcast::<Custom>().unwrap().0, 5);
    }

    #[test]
    #[should_panic(expected = "outside of a call from WebAssembly: custom 5")]
    fn raising_needs_a_guest() {
        RuntimeError::raise(custom(5));
    }

    #[test]
    #[should_panic(expected = "of the host")]
    fn a_panic_goes_on() {
        ended(EndReason::Panic(Box::new("of the host")));
    }

    #[test]
    fn errors_cross_threads() {
        fn crosses<T: Send + Sync + Clone + 'static>() {}
        crosses::<RuntimeError>();
        crosses::<FrameInfo>();
    }
}
