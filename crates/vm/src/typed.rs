//! Calls with types that Rust knows, both ways, without adapters.
//!
//! A typed call casts the entry stub to the callee's own C signature; a typed host function *is* a C function of its
//! signature, behind a thunk of three instructions that records the caller. The macros at the end of the file make one
//! implementation per number of arguments.
//!
//! Invariants:
//! - P1: `WasmTypeList::wasm_types` says exactly the types that `Abi` and the raw forms carry, so a comparison of types
//!   makes a cast of the entry right. All traits with a say in it are unsafe to implement.

use crate::arch::exit_thunk;
use crate::function::{HostCode, HostContext, HostFunctionParts, VMFunction};
use crate::store::VMStore;
use crate::traps::{self, Trap, TrapReason, check_host_stack, raise};
use crate::{HostError, function};
use std::any::Any;
use std::array::TryFromSliceError;
use std::convert::Infallible;
use std::error::Error;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, size_of, transmute};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, OnceLock};
use wasmill_abi::{ContextHeader, RawValue};
use wasmill_types::{ExternRef, FunctionType, Type, Value, WasmValueType};

/// A Rust type that is a WebAssembly type.
///
/// # Safety
///
/// `Abi` is how a value of `WASM_TYPE` travels in C (P1), and every value of it that compiled code can give is valid.
pub unsafe trait NativeWasmType: Sized {
    /// The WebAssembly type.
    const WASM_TYPE: Type;
    /// How it travels in the boundary ABI.
    type Abi: Copy;

    /// The 128-bit storage form: integers by their sign, floats as bits. References have none: they give 0.
    fn to_binary(self) -> i128;
    /// The value of a storage form. References are null.
    fn from_binary(binary: i128) -> Self;
    /// The value as one whose type is known at run time.
    fn to_value<T: WasmValueType>(self) -> Value<T>;

    #[doc(hidden)]
    fn into_abi(self, store: &VMStore) -> Self::Abi;
    #[doc(hidden)]
    fn from_abi(abi: Self::Abi, store: &VMStore) -> Self;
    #[doc(hidden)]
    fn into_raw(self, store: &VMStore) -> RawValue;
    #[doc(hidden)]
    fn from_raw(raw: RawValue, store: &VMStore) -> Self;
}

macro_rules! native_numbers {
    ($($ty:ident: $wasm:ident, $from_raw:ident, |$value:ident| $binary:expr, |$bits:ident| $back:expr;)*) => { $(
        // SAFETY: the C type of the same name, and all bit patterns are valid.
        unsafe impl NativeWasmType for $ty {
            const WASM_TYPE: Type = Type::$wasm;
            type Abi = $ty;
            fn to_binary(self) -> i128 {
                let $value = self;
                $binary
            }
            fn from_binary($bits: i128) -> Self {
                $back
            }
            fn to_value<T: WasmValueType>(self) -> Value<T> {
                Value::$wasm(self)
            }
            #[inline(always)]
            fn into_abi(self, _: &VMStore) -> $ty {
                self
            }
            #[inline(always)]
            fn from_abi(abi: $ty, _: &VMStore) -> $ty {
                abi
            }
            #[inline(always)]
            fn into_raw(self, _: &VMStore) -> RawValue {
                RawValue::$from_raw(self)
            }
            #[inline(always)]
            fn from_raw(raw: RawValue, _: &VMStore) -> $ty {
                raw.$ty()
            }
        }
    )* };
}

native_numbers! {
    i32: I32, from_i32, |value| i128::from(value), |bits| bits as i32;
    i64: I64, from_i64, |value| i128::from(value), |bits| bits as i64;
    f32: F32, from_f32, |value| i128::from(value.to_bits()), |bits| f32::from_bits(bits as u32);
    f64: F64, from_f64, |value| i128::from(value.to_bits()), |bits| f64::from_bits(bits as u64);
}

// SAFETY: an `externref` travels as a `u32`, and any number reads as a reference or null.
unsafe impl NativeWasmType for ExternRef {
    const WASM_TYPE: Type = Type::ExternRef;
    type Abi = u32;
    fn to_binary(self) -> i128 {
        0
    }
    fn from_binary(_: i128) -> Self {
        Self::null()
    }
    fn to_value<T: WasmValueType>(self) -> Value<T> {
        Value::ExternRef(self)
    }
    fn into_abi(self, store: &VMStore) -> u32 {
        store.refs().insert(self)
    }
    fn from_abi(abi: u32, store: &VMStore) -> Self {
        store.refs().get(abi)
    }
    fn into_raw(self, store: &VMStore) -> RawValue {
        RawValue::from_u32(self.into_abi(store))
    }
    fn from_raw(raw: RawValue, store: &VMStore) -> Self {
        store.refs().get(raw.u32())
    }
}

/// A Rust type that can be an argument or a result.
///
/// # Safety
///
/// The conversions do not depend on anything that a guest could forge.
pub unsafe trait FromToNativeWasmType: Sized {
    /// The WebAssembly type it is carried as.
    type Native: NativeWasmType;
    /// From the carried form.
    fn from_native(native: Self::Native) -> Self;
    /// To the carried form.
    fn to_native(self) -> Self::Native;
}

macro_rules! carried_by_cast {
    ($($($ty:ident),* => $native:ident;)*) => { $( $(
        // SAFETY: numbers.
        unsafe impl FromToNativeWasmType for $ty {
            type Native = $native;
            #[inline(always)]
            fn from_native(native: $native) -> Self {
                native as Self
            }
            #[inline(always)]
            fn to_native(self) -> $native {
                self as $native
            }
        }
    )* )* };
}

carried_by_cast! {
    i8, u8, i16, u16, i32, u32 => i32;
    i64, u64 => i64;
    f32 => f32;
    f64 => f64;
}

// SAFETY: a reference stays a reference.
unsafe impl FromToNativeWasmType for ExternRef {
    type Native = Self;
    fn from_native(native: Self) -> Self {
        native
    }
    fn to_native(self) -> Self {
        self
    }
}

type AbiOf<T> = <<T as FromToNativeWasmType>::Native as NativeWasmType>::Abi;

/// A list of Rust types that are arguments or results: `()`, one type, a tuple of up to 26, or [`Infallible`].
///
/// # Safety
///
/// All that is said here about the types is true (P1).
pub unsafe trait WasmTypeList: Sized {
    /// The list as a C struct.
    type CStruct;
    /// The list as storage forms.
    type Array: AsMut<[i128]>;

    /// From storage forms.
    fn from_array(array: Self::Array) -> Self;
    /// From storage forms.
    ///
    /// # Errors
    ///
    /// If the number of values is wrong.
    fn from_slice(slice: &[i128]) -> Result<Self, TryFromSliceError>;
    /// To storage forms.
    fn into_array(self) -> Self::Array;
    /// Storage forms to be filled.
    fn empty_array() -> Self::Array;
    /// From a C struct.
    fn from_c_struct(c_struct: Self::CStruct) -> Self;
    /// To a C struct.
    fn into_c_struct(self) -> Self::CStruct;
    /// The WebAssembly types.
    fn wasm_types() -> &'static [Type];

    /// What a function with these results returns: nothing, or the one.
    #[doc(hidden)]
    type Abi: Copy;
    /// Room for these results in memory.
    #[doc(hidden)]
    type Slots: Copy;
    #[doc(hidden)]
    const LEN: usize;
    #[doc(hidden)]
    const HAS_REFS: bool;
    /// The values that a function has returned (up to one) or written (two or more).
    #[doc(hidden)]
    fn from_results(abi: Self::Abi, slots: Self::Slots, store: &VMStore) -> Self;
    /// What to return; two or more are written to `slots`.
    #[doc(hidden)]
    fn into_results(
        self,
        slots: Option<&mut MaybeUninit<Self::Slots>>,
        store: &VMStore,
    ) -> Self::Abi;
}

/// The `Abi` of results that are written to memory.
pub(crate) type InMemory = ();

/// Arguments that a function can be called with.
///
/// # Safety
///
/// `call` casts the entry to the right type (P1).
pub unsafe trait CallArguments<Rets: WasmTypeList>: WasmTypeList {
    /// Calls the function.
    ///
    /// # Errors
    ///
    /// If the call traps.
    ///
    /// # Safety
    ///
    /// The function's type is that of these arguments and results.
    #[doc(hidden)]
    unsafe fn call(self, function: &VMFunction) -> Result<Rets, Trap>;
}

/// A handle that stands for a function.
pub trait TypedCallee {
    /// What a trap becomes.
    type Error: From<Trap>;
    /// The function. Always the same one.
    fn vm_function(&self) -> &VMFunction;
}

/// A function whose types were compared with Rust's once.
pub struct TypedFunction<Args, Rets, F> {
    callee: F,
    function: VMFunction,
    types: PhantomData<fn(Args) -> Rets>,
}

impl<Args: WasmTypeList, Rets: WasmTypeList, F: TypedCallee> TypedFunction<Args, Rets, F> {
    /// The function with these types; `None` if it has others.
    pub fn new(callee: F) -> Option<Self> {
        let function = callee.vm_function().clone();
        let ty = function.ty();
        let fits = ty.params() == Args::wasm_types() && ty.results() == Rets::wasm_types();
        fits.then_some(Self {
            callee,
            function,
            types: PhantomData,
        })
    }
}

impl<Args, Rets, F> TypedFunction<Args, Rets, F> {
    /// The handle that it was made from.
    pub fn into_callee(self) -> F {
        self.callee
    }
}

impl<Args, Rets, F: Clone> Clone for TypedFunction<Args, Rets, F> {
    fn clone(&self) -> Self {
        Self {
            callee: self.callee.clone(),
            function: self.function.clone(),
            types: PhantomData,
        }
    }
}

macro_rules! typed_calls {
    ($(($($a:ident)*))*) => { $(
        #[allow(unused_parens, non_snake_case, clippy::too_many_arguments, reason = "one form serves all lengths")]
        impl<$($a: FromToNativeWasmType,)* Rets: WasmTypeList, F: TypedCallee> TypedFunction<($($a),*), Rets, F> {
            /// Calls the function.
            ///
            /// # Errors
            ///
            /// If the call traps, or a host function gives an error.
            ///
            /// # Panics
            ///
            /// A panic of a host function goes on in the caller.
            #[inline]
            pub fn call(&self, $($a: $a),*) -> Result<Rets, F::Error> {
                // SAFETY: the types were compared when this was made.
                let outcome = unsafe { CallArguments::<Rets>::call(($($a),*), &self.function) };
                outcome.map_err(F::Error::from)
            }
        }
    )* };
}

typed_calls! {
    ()
    (A1)
    (A1 A2)
    (A1 A2 A3)
    (A1 A2 A3 A4)
    (A1 A2 A3 A4 A5)
    (A1 A2 A3 A4 A5 A6)
    (A1 A2 A3 A4 A5 A6 A7)
    (A1 A2 A3 A4 A5 A6 A7 A8)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26)
}

/// Whether a host function has an environment.
pub trait HostFunctionKind {}

/// The function takes a reference to its environment first.
#[derive(Debug)]
pub struct WithEnv;
impl HostFunctionKind for WithEnv {}

/// The function has no environment.
#[derive(Debug, Clone)]
pub struct WithoutEnv;
impl HostFunctionKind for WithoutEnv {}

/// What a host function may return: its results, or a `Result` of them.
pub trait IntoResult<T: WasmTypeList> {
    /// What can go wrong.
    type Error: Error + Sync + Send + 'static;
    /// The results, or what went wrong.
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
pub struct SharedFunction<F>(Arc<F>);

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
// domain that all of them share unless it has no state.
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

    fn env(&self) -> &Env {
        self.env
            .get()
            .expect("the environment is initialised before the instance runs")
    }
}

/// A Rust function or closure that can be a host function.
///
/// `Kind` says whether it takes `&T` as its environment first; `Args` and `Rets` are inferred from its type.
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
}

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
        let state = Box::new(function);
        let code = HostCode {
            entry: F::entry(),
            state: ptr::from_ref(&*state).cast(),
            exclusive: is_exclusive::<F>(),
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
        instantiate: Option<Box<dyn Any + Send + Sync>>,
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
            exclusive: is_exclusive::<F>(),
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
unsafe fn run_host<F, T: Copy>(
    context: *const HostContext,
    body: impl FnOnce(&VMStore) -> Result<T, HostError>,
) -> T {
    // SAFETY: the context was made by `HostFunction::create`: its owner is the store, `exclusive` a live domain or null.
    // When a trap is raised, everything with a destructor is gone.
    unsafe {
        check_host_stack();
        let store = &*(*context).header.owner.cast::<VMStore>();
        let body = AssertUnwindSafe(|| body(store));
        let outcome = match is_exclusive::<F>() {
            // Out of line, so that the other way needs no frame.
            true => exclusively(context, body),
            false => catch_unwind(body),
        };
        let reason = match outcome {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => TrapReason::User(error),
            Err(payload) => TrapReason::Panic(payload),
        };
        raise(reason)
    }
}

/// Whether only one thread at a time may run a function. One that captures nothing is the same on all threads; another one
/// may not be `Sync`.
const fn is_exclusive<F>() -> bool {
    size_of::<F>() != 0
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

/// A C struct of no values.
#[repr(C)]
#[derive(Debug)]
pub struct S0();

// SAFETY: no values.
unsafe impl WasmTypeList for Infallible {
    type CStruct = Self;
    type Array = [i128; 0];
    fn from_array(_: [i128; 0]) -> Self {
        panic!("a function that never returns has returned")
    }
    fn from_slice(_: &[i128]) -> Result<Self, TryFromSliceError> {
        panic!("a function that never returns has returned")
    }
    fn into_array(self) -> [i128; 0] {
        []
    }
    fn empty_array() -> [i128; 0] {
        []
    }
    fn from_c_struct(c_struct: Self) -> Self {
        c_struct
    }
    fn into_c_struct(self) -> Self {
        self
    }
    fn wasm_types() -> &'static [Type] {
        &[]
    }
    type Abi = ();
    type Slots = ();
    const LEN: usize = 0;
    const HAS_REFS: bool = false;
    fn from_results((): (), (): (), _: &VMStore) -> Self {
        panic!("a function that never returns has returned")
    }
    fn into_results(self, _: Option<&mut MaybeUninit<()>>, _: &VMStore) {
        match self {}
    }
}

macro_rules! count {
    () => { 0 };
    ($head:ident $($tail:ident)*) => { 1 + count!($($tail)*) };
}

/// How the results are given back: nothing, one in a register, or more in memory.
macro_rules! results_abi {
    () => {
        type Abi = ();
        type Slots = ();
        fn from_results((): (), (): (), _: &VMStore) -> Self {}
        fn into_results(self, _: Option<&mut MaybeUninit<()>>, _: &VMStore) {}
    };
    ($a:ident) => {
        type Abi = AbiOf<$a>;
        type Slots = ();
        #[inline(always)]
        fn from_results(abi: AbiOf<$a>, (): (), store: &VMStore) -> Self {
            $a::from_native(<$a::Native as NativeWasmType>::from_abi(abi, store))
        }
        #[inline(always)]
        fn into_results(self, _: Option<&mut MaybeUninit<()>>, store: &VMStore) -> AbiOf<$a> {
            self.to_native().into_abi(store)
        }
    };
    ($($a:ident)+) => {
        type Abi = InMemory;
        type Slots = [RawValue; count!($($a)+)];
        #[inline(always)]
        fn from_results((): InMemory, slots: Self::Slots, store: &VMStore) -> Self {
            #[allow(non_snake_case, reason = "one name serves type and value")]
            let [$($a),+] = slots;
            ($($a::from_native(<$a::Native as NativeWasmType>::from_raw($a, store))),+)
        }
        #[inline(always)]
        fn into_results(self, slots: Option<&mut MaybeUninit<Self::Slots>>, store: &VMStore) {
            #[allow(non_snake_case, reason = "one name serves type and value")]
            let ($($a),+) = self;
            slots.expect("two or more").write([$($a.to_native().into_raw(store)),+]);
        }
    };
}

macro_rules! type_lists {
    ($($c_struct:ident($($a:ident)*);)*) => { $(
        type_lists!(@struct $c_struct $($a)*);

        #[allow(unused_parens, non_snake_case, unused_mut, clippy::unused_unit, reason = "one form serves all lengths")]
        // SAFETY: all facts come from the members' own.
        unsafe impl<$($a: FromToNativeWasmType),*> WasmTypeList for ($($a),*) {
            type CStruct = $c_struct<$($a::Native),*>;
            type Array = [i128; count!($($a)*)];

            fn from_array(array: Self::Array) -> Self {
                let [$($a),*] = array;
                ($($a::from_native(NativeWasmType::from_binary($a))),*)
            }
            fn from_slice(slice: &[i128]) -> Result<Self, TryFromSliceError> {
                Ok(Self::from_array(slice.try_into()?))
            }
            fn into_array(self) -> Self::Array {
                let ($($a),*) = self;
                [$($a.to_native().to_binary()),*]
            }
            fn empty_array() -> Self::Array {
                [0; count!($($a)*)]
            }
            fn from_c_struct(c_struct: Self::CStruct) -> Self {
                let $c_struct($($a),*) = c_struct;
                ($($a::from_native($a)),*)
            }
            fn into_c_struct(self) -> Self::CStruct {
                let ($($a),*) = self;
                $c_struct($($a.to_native()),*)
            }
            fn wasm_types() -> &'static [Type] {
                const { &[$(<$a::Native as NativeWasmType>::WASM_TYPE),*] }
            }
            const LEN: usize = count!($($a)*);
            const HAS_REFS: bool =
                false $(|| matches!(<$a::Native as NativeWasmType>::WASM_TYPE, Type::ExternRef))*;
            results_abi!($($a)*);
        }

        #[allow(unused_parens, non_snake_case, reason = "one form serves all lengths")]
        // SAFETY: the two casts follow the boundary ABI for the members' types.
        unsafe impl<Rets: WasmTypeList, $($a: FromToNativeWasmType),*> CallArguments<Rets> for ($($a),*) {
            #[inline(always)]
            unsafe fn call(self, function: &VMFunction) -> Result<Rets, Trap> {
                type Direct<R, $($a),*> = unsafe extern "C" fn(*mut ContextHeader, $(AbiOf<$a>),*) -> R;
                type Memory<$($a),*> =
                    unsafe extern "C" fn(*mut ContextHeader, *mut c_void, $(AbiOf<$a>),*);
                let ($($a),*) = self;
                let _guard = function.enter();
                let record = function.record();
                let (code, context) = (record.code, record.context);
                let store: &VMStore = function.island().store();
                if Self::HAS_REFS {
                    store.refs().collect_if_due();
                }
                $( let $a = $a.to_native().into_abi(store); )*
                let mut slots = MaybeUninit::<Rets::Slots>::uninit();
                // SAFETY: the caller says the types match; the record is valid and its domain held. The closures own
                // nothing. Slots are written by a function that returns.
                unsafe {
                    if Rets::LEN <= 1 {
                        let abi = traps::enter(context, code, |stub| {
                            let entry = transmute::<*const c_void, Direct<Rets::Abi, $($a),*>>(stub);
                            entry(context, $($a),*)
                        })?;
                        // No slots: a type without bytes.
                        Ok(Rets::from_results(abi, slots.assume_init(), store))
                    } else {
                        let place = slots.as_mut_ptr().cast();
                        traps::enter(context, code, |stub| {
                            let entry = transmute::<*const c_void, Memory<$($a),*>>(stub);
                            entry(context, place, $($a),*);
                        })?;
                        // `Abi` of two or more is `()`.
                        let abi = MaybeUninit::<Rets::Abi>::uninit().assume_init();
                        Ok(Rets::from_results(abi, slots.assume_init(), store))
                    }
                }
            }
        }

        host_functions!(WithoutEnv $($a)*);
        host_functions!(WithEnv $($a)*);
    )* };
    (@struct $c_struct:ident) => {};
    (@struct $c_struct:ident $($a:ident)+) => {
        #[doc = concat!("A C struct of ", stringify!($($a)+), ".")]
        #[repr(C)]
        #[derive(Debug)]
        pub struct $c_struct<$($a),+>($(pub $a),+);
    };
}

/// The glue of host functions with this many arguments: one for results in a register, one for results in memory.
macro_rules! host_functions {
    (WithoutEnv $($a:ident)*) => {
        #[allow(unused_parens, non_snake_case, reason = "one form serves all lengths")]
        // SAFETY: both entries follow the boundary ABI for the members' types, and the state is a `F`.
        unsafe impl<F, R, Rets, $($a),*> HostFunction<($($a),*), Rets, WithoutEnv, ()> for F
        where
            F: Fn($($a),*) -> R + Send + 'static,
            R: IntoResult<Rets>,
            Rets: WasmTypeList,
            $($a: FromToNativeWasmType,)*
        {
            fn entry() -> *const c_void {
                unsafe extern "C" fn direct<F, R, Rets, $($a),*>(
                    context: *const HostContext,
                    $($a: AbiOf<$a>),*
                ) -> Rets::Abi
                where
                    F: Fn($($a),*) -> R,
                    R: IntoResult<Rets>,
                    Rets: WasmTypeList,
                    $($a: FromToNativeWasmType,)*
                {
                    // SAFETY: called through the thunk with the context that was made for this function.
                    unsafe {
                        run_host::<F, _>(context, |store| {
                            let function = &*(*context).state.cast::<F>();
                            $( let $a = $a::from_native(NativeWasmType::from_abi($a, store)); )*
                            finish(function($($a),*), None, store)
                        })
                    }
                }
                unsafe extern "C" fn memory<F, R, Rets, $($a),*>(
                    context: *const HostContext,
                    slots: *mut MaybeUninit<Rets::Slots>,
                    $($a: AbiOf<$a>),*
                )
                where
                    F: Fn($($a),*) -> R,
                    R: IntoResult<Rets>,
                    Rets: WasmTypeList,
                    $($a: FromToNativeWasmType,)*
                {
                    // SAFETY: as above; the caller provides the slots.
                    unsafe {
                        run_host::<F, _>(context, |store| {
                            let function = &*(*context).state.cast::<F>();
                            $( let $a = $a::from_native(NativeWasmType::from_abi($a, store)); )*
                            finish(function($($a),*), Some(&mut *slots), store)
                        });
                    }
                }
                exit_thunk!(fn direct_thunk[
                    F: Fn($($a),*) -> R, R: IntoResult<Rets>, Rets: WasmTypeList $(, $a: FromToNativeWasmType)*
                ] => direct::<F, R, Rets, $($a),*>);
                exit_thunk!(fn memory_thunk[
                    F: Fn($($a),*) -> R, R: IntoResult<Rets>, Rets: WasmTypeList $(, $a: FromToNativeWasmType)*
                ] => memory::<F, R, Rets, $($a),*>);
                if Rets::LEN <= 1 {
                    direct_thunk::<F, R, Rets, $($a),*> as *const c_void
                } else {
                    memory_thunk::<F, R, Rets, $($a),*> as *const c_void
                }
            }
        }
    };
    (WithEnv $($a:ident)*) => {
        #[allow(unused_parens, non_snake_case, reason = "one form serves all lengths")]
        // SAFETY: both entries follow the boundary ABI for the members' types, and the state is an `EnvState<F, Env>`.
        unsafe impl<F, R, Rets, Env, $($a),*> HostFunction<($($a),*), Rets, WithEnv, Env> for F
        where
            F: Fn(&Env, $($a),*) -> R + Send + 'static,
            R: IntoResult<Rets>,
            Rets: WasmTypeList,
            Env: Sized,
            $($a: FromToNativeWasmType,)*
        {
            fn entry() -> *const c_void {
                unsafe extern "C" fn direct<F, R, Rets, Env, $($a),*>(
                    context: *const HostContext,
                    $($a: AbiOf<$a>),*
                ) -> Rets::Abi
                where
                    F: Fn(&Env, $($a),*) -> R,
                    R: IntoResult<Rets>,
                    Rets: WasmTypeList,
                    $($a: FromToNativeWasmType,)*
                {
                    // SAFETY: called through the thunk with the context that was made for this function.
                    unsafe {
                        run_host::<F, _>(context, |store| {
                            let state = &*(*context).state.cast::<EnvState<F, Env>>();
                            $( let $a = $a::from_native(NativeWasmType::from_abi($a, store)); )*
                            finish((state.function.0)(state.env(), $($a),*), None, store)
                        })
                    }
                }
                unsafe extern "C" fn memory<F, R, Rets, Env, $($a),*>(
                    context: *const HostContext,
                    slots: *mut MaybeUninit<Rets::Slots>,
                    $($a: AbiOf<$a>),*
                )
                where
                    F: Fn(&Env, $($a),*) -> R,
                    R: IntoResult<Rets>,
                    Rets: WasmTypeList,
                    $($a: FromToNativeWasmType,)*
                {
                    // SAFETY: as above; the caller provides the slots.
                    unsafe {
                        run_host::<F, _>(context, |store| {
                            let state = &*(*context).state.cast::<EnvState<F, Env>>();
                            $( let $a = $a::from_native(NativeWasmType::from_abi($a, store)); )*
                            finish((state.function.0)(state.env(), $($a),*), Some(&mut *slots), store)
                        });
                    }
                }
                exit_thunk!(fn direct_thunk[
                    F: Fn(&Env, $($a),*) -> R, R: IntoResult<Rets>, Rets: WasmTypeList, Env $(, $a: FromToNativeWasmType)*
                ] => direct::<F, R, Rets, Env, $($a),*>);
                exit_thunk!(fn memory_thunk[
                    F: Fn(&Env, $($a),*) -> R, R: IntoResult<Rets>, Rets: WasmTypeList, Env $(, $a: FromToNativeWasmType)*
                ] => memory::<F, R, Rets, Env, $($a),*>);
                if Rets::LEN <= 1 {
                    direct_thunk::<F, R, Rets, Env, $($a),*> as *const c_void
                } else {
                    memory_thunk::<F, R, Rets, Env, $($a),*> as *const c_void
                }
            }
        }
    };
}

/// Turns what a host function returned into what its glue returns.
#[inline(always)]
fn finish<R: IntoResult<Rets>, Rets: WasmTypeList>(
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

type_lists! {
    S0();
    S1(A1);
    S2(A1 A2);
    S3(A1 A2 A3);
    S4(A1 A2 A3 A4);
    S5(A1 A2 A3 A4 A5);
    S6(A1 A2 A3 A4 A5 A6);
    S7(A1 A2 A3 A4 A5 A6 A7);
    S8(A1 A2 A3 A4 A5 A6 A7 A8);
    S9(A1 A2 A3 A4 A5 A6 A7 A8 A9);
    S10(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
    S11(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
    S12(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
    S13(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
    S14(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
    S15(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
    S16(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
    S17(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17);
    S18(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18);
    S19(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19);
    S20(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20);
    S21(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21);
    S22(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22);
    S23(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23);
    S24(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24);
    S25(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25);
    S26(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26);
}
