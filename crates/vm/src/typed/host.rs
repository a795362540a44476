//! Host functions with types that Rust knows: what they may be, how they are made, and what runs around them.
//!
//! Their glue, one C function per number of arguments, is in `lists.rs`.

use super::WasmTypeList;
use super::sync::is_sync;
use crate::HostError;
use crate::function::{self, HostCode, HostContext, HostFunctionParts, VMFunction};
use crate::owned::Owned;
use crate::store::VMStore;
use crate::traps::{EndReason, raise};
use std::any::Any;
use std::convert::Infallible;
use std::error::Error;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use wasmill_types::FunctionType;

/// Whether a host function has an environment.
///
/// ```
/// # use std::any::type_name;
/// # use wasmill_vm::native::{HostFunctionKind, WithEnv, WithoutEnv};
/// fn kind<K: HostFunctionKind>() -> &'static str {
///     type_name::<K>().rsplit("::").next().unwrap()
/// }
/// assert_eq!((kind::<WithEnv>(), kind::<WithoutEnv>()), ("WithEnv", "WithoutEnv"));
/// ```
pub trait HostFunctionKind {}

/// The function takes a reference to its environment first.
///
/// ```
/// # use wasmill_vm::native::{HostFunction, WithEnv, WasmTypeList};
/// fn takes_env<A: WasmTypeList, R: WasmTypeList, E>(_: impl HostFunction<A, R, WithEnv, E>) {}
/// fn greet(name: &String, times: u32) -> u32 {
///     name.len() as u32 * times
/// }
/// takes_env(greet);
/// ```
#[derive(Debug)]
pub struct WithEnv;
impl HostFunctionKind for WithEnv {}

/// The function has no environment.
///
/// ```
/// # use wasmill_vm::native::{HostFunction, WithoutEnv, WasmTypeList};
/// fn takes_none<A: WasmTypeList, R: WasmTypeList>(_: impl HostFunction<A, R, WithoutEnv, ()>) {}
/// takes_none(|a: i32| a + 1);
/// ```
#[derive(Debug, Clone)]
pub struct WithoutEnv;
impl HostFunctionKind for WithoutEnv {}

/// What a host function may return: its results, or a `Result` of them.
///
/// ```
/// # use std::convert::Infallible;
/// # use wasmill_vm::native::IntoResult;
/// assert_eq!(IntoResult::<i32>::into_result(7), Ok::<i32, Infallible>(7));
/// let parsed = "seven".parse::<i32>();
/// assert!(IntoResult::<i32>::into_result(parsed).is_err());
/// ```
pub trait IntoResult<T: WasmTypeList> {
    /// What can go wrong.
    type Error: Error + Sync + Send + 'static;
    /// The results, or what went wrong.
    ///
    /// ```
    /// # use wasmill_vm::native::IntoResult;
    /// let parsed = "7".parse::<i32>();
    /// assert_eq!(IntoResult::<i32>::into_result(parsed), Ok(7));
    /// ```
    ///
    /// # Errors
    ///
    /// What the function gave.
    fn into_result(self) -> Result<T, Self::Error>;
}

impl<T: WasmTypeList> IntoResult<T> for T {
    type Error = Infallible;
    #[inline(always)]
    fn into_result(self) -> Result<T, Infallible> {
        Ok(self)
    }
}

impl<T: WasmTypeList, E: Error + Sync + Send + 'static> IntoResult<T> for Result<T, E> {
    type Error = E;
    #[inline(always)]
    fn into_result(self) -> Self {
        self
    }
}

/// A function that several host functions share, one for each instance.
#[derive(Debug)]
pub struct SharedFunction<F>(pub(super) Arc<F>);

impl<F> SharedFunction<F> {
    /// Makes it shareable.
    pub fn new(function: F) -> Self {
        Self(Arc::new(function))
    }
}

impl<F> Clone for SharedFunction<F> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

// SAFETY: outside of this module it can only be cloned and dropped. The entries of host functions call it, in an exclusive
// domain that all of them share unless it is `Sync`.
unsafe impl<F: Send> Send for SharedFunction<F> {}
// SAFETY: as above.
unsafe impl<F: Send> Sync for SharedFunction<F> {}

/// The state of a host function with an environment.
#[derive(Debug)]
pub struct EnvState<F, Env> {
    /// The function, shared by the functions of all instances.
    pub function: SharedFunction<F>,
    /// The environment of this one. An instance's is set once the instance exists, before any code of it runs.
    pub env: OnceLock<Env>,
}

impl<F, Env> EnvState<F, Env> {
    /// Sets the environment of a state that has none yet.
    pub fn setter(state: Arc<Self>) -> impl FnOnce(Env) {
        move |env| drop(state.env.set(env))
    }

    pub(super) fn env(&self) -> &Env {
        self.env
            .get()
            .expect("the environment is initialised before the instance runs")
    }
}

/// A Rust function or closure that can be a host function.
///
/// `Kind` says whether it takes `&T` as its environment first; `Args` and `Rets` are inferred from its type.
///
/// ```
/// # use wasmill_types::{FunctionType, Type};
/// # use wasmill_vm::native::{HostFunction, WasmTypeList, WithoutEnv, type_of};
/// /// The type that WebAssembly sees.
/// fn ty<A: WasmTypeList, R: WasmTypeList>(_: impl HostFunction<A, R, WithoutEnv, ()>) -> FunctionType {
///     type_of::<A, R>()
/// }
/// assert_eq!(ty(|_a: u32, _b: f64| 0_i64).to_string(), "[I32, F64] -> [I64]");
/// ```
///
/// # Safety
///
/// `entry` is an entry for `Args` and `Rets` in the boundary ABI; its state is a `Self` ([`WithoutEnv`]) or an
/// `EnvState<Self, T>` ([`WithEnv`]).
pub unsafe trait HostFunction<
    Args: WasmTypeList,
    Rets: WasmTypeList,
    Kind: HostFunctionKind,
    T: Sized,
>: Sized + Send + 'static
{
    #[doc(hidden)]
    fn entry() -> *const c_void;

    /// Where its code starts, which follows this library's own convention.
    fn function_body_ptr(self) -> *const VMFunctionBody {
        Self::entry()
    }
}

/// The code of a function, which nobody looks into.
pub type VMFunctionBody = c_void;

/// The type of functions with these arguments and results.
pub fn type_of<Args: WasmTypeList, Rets: WasmTypeList>() -> FunctionType {
    FunctionType::new(Args::wasm_types(), Rets::wasm_types())
}

impl function::HostFunction {
    /// Makes a host function from a Rust function or closure.
    pub fn typed<F, Args, Rets, Env>(store: &Arc<VMStore>, function: F) -> VMFunction
    where
        F: HostFunction<Args, Rets, WithoutEnv, Env>,
        Args: WasmTypeList,
        Rets: WasmTypeList,
    {
        let state = Owned::new(function);
        let code = HostCode {
            entry: F::entry(),
            state: state.place().as_ptr().cast_const().cast(),
            exclusive: !is_sync::<F>(),
            domain: None,
        };
        let parts = HostFunctionParts {
            ty: type_of::<Args, Rets>(),
            code,
            env: None,
            resources: Box::new(state),
        };
        // SAFETY: the entry is for these types, and its state lives in `resources`.
        unsafe { Self::create(store, parts) }
    }

    /// Makes a host function with an environment. `instantiate` is what the API needs to make the function of an
    /// instance; `origin` is the function that this one is made from, then.
    pub fn typed_with_env<F, Args, Rets, Env>(
        store: &Arc<VMStore>,
        state: Arc<EnvState<F, Env>>,
        origin: Option<&VMFunction>,
        instantiate: Option<Arc<dyn Any + Send + Sync>>,
    ) -> VMFunction
    where
        F: HostFunction<Args, Rets, WithEnv, Env>,
        Args: WasmTypeList,
        Rets: WasmTypeList,
        Env: Send + Sync + 'static,
    {
        let code = HostCode {
            entry: F::entry(),
            state: Arc::as_ptr(&state).cast(),
            exclusive: !is_sync::<F>(),
            // They share the closure, so they exclude one another.
            domain: origin.map(|origin| origin.island().domain().clone()),
        };
        let parts = HostFunctionParts {
            ty: type_of::<Args, Rets>(),
            code,
            env: instantiate,
            resources: Box::new(state),
        };
        // SAFETY: the entry is for these types, and its state lives in `resources`.
        unsafe { Self::create(store, parts) }
    }
}

/// Runs the Rust side of a host function: what every glue below does around the closure.
///
/// # Safety
///
/// Called first thing by glue for a function of type `F`, with the context that it got through its thunk. The caller owns
/// nothing to drop.
#[inline(always)]
pub(super) unsafe fn run_host<F: 'static, T: Copy>(
    context: *const HostContext,
    body: impl FnOnce(&VMStore) -> Result<T, HostError>,
) -> T {
    // SAFETY: the context was made by `HostFunction::create`: its store lives, `exclusive` a live domain or null.
    // When a trap is raised, everything with a destructor is gone.
    unsafe {
        let store = &*(*context).header.store.cast::<VMStore>();
        let body = AssertUnwindSafe(|| body(store));
        let outcome = match is_sync::<F>() {
            true => catch_unwind(body),
            // Out of line, so that the other way needs no frame.
            false => exclusively(context, body),
        };
        let reason = match outcome {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => EndReason::User(error),
            Err(payload) => EndReason::Panic(payload),
        };
        raise(reason)
    }
}

/// Runs the Rust side of a host function in the function's own domain.
///
/// # Safety
///
/// As for [`run_host`].
#[inline(never)]
unsafe fn exclusively<T>(
    context: *const HostContext,
    body: impl FnOnce() -> T + std::panic::UnwindSafe,
) -> std::thread::Result<T> {
    // SAFETY: an exclusive function's context has its domain, which the function's island keeps.
    let _entered = unsafe { &*(*context).exclusive }.enter();
    catch_unwind(body)
}

fn boxed<E: Error + Send + Sync + 'static>(error: E) -> HostError {
    Box::new(error)
}

/// Turns what a host function returned into what its glue returns.
#[inline(always)]
pub(super) fn finish<R: IntoResult<Rets>, Rets: WasmTypeList>(
    returned: R,
    slots: Option<&mut MaybeUninit<Rets::Slots>>,
    store: &VMStore,
) -> Result<Rets::Abi, HostError> {
    let results = returned.into_result().map_err(boxed)?;
    if Rets::HAS_REFS {
        store.refs().collect_if_due();
    }
    Ok(results.into_results(slots, store))
}
