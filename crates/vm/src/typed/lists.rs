//! Lists of types by their length: one implementation of everything for each number of members, made by macros.

use super::host::{finish, run_host};
use super::{
    AbiOf, CallArguments, EnvState, FromToNativeWasmType, HostFunction, InMemory, IntoResult,
    NativeWasmType, WasmTypeList, WithEnv, WithoutEnv,
};
use crate::arch::exit_thunk;
use crate::domain::Guard;
use crate::function::{HostContext, VMFunction};
use crate::store::VMStore;
use crate::traps::{self, EarlyEnd};
use std::array::TryFromSliceError;
use std::convert::Infallible;
use std::ffi::c_void;
use std::mem::{MaybeUninit, transmute};
use wasmill_abi::{ContextHeader, RawValue};
use wasmill_types::Type;

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

/// Ends a call that has trapped. Out of line, so that a call which returns does not take its result through memory.
#[cold]
#[inline(never)]
fn leave(guard: Guard<'_>, trap: EarlyEnd) -> EarlyEnd {
    drop(guard);
    trap
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
            unsafe fn call(self, function: &VMFunction) -> Result<Rets, EarlyEnd> {
                type Direct<R, $($a),*> = unsafe extern "C" fn(*mut ContextHeader, $(AbiOf<$a>),*) -> R;
                type Memory<$($a),*> =
                    unsafe extern "C" fn(*mut ContextHeader, *mut c_void, $(AbiOf<$a>),*);
                let ($($a),*) = self;
                let guard = function.enter();
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
                        let outcome = traps::enter(context, code, |stub| {
                            let entry = transmute::<*const c_void, Direct<Rets::Abi, $($a),*>>(stub);
                            entry(context, $($a),*)
                        });
                        let abi = match outcome {
                            Ok(abi) => abi,
                            Err(trap) => return Err(leave(guard, trap)),
                        };
                        // No slots: a type without bytes.
                        Ok(Rets::from_results(abi, slots.assume_init(), store))
                    } else {
                        let place = slots.as_mut_ptr().cast();
                        let outcome = traps::enter(context, code, |stub| {
                            let entry = transmute::<*const c_void, Memory<$($a),*>>(stub);
                            entry(context, place, $($a),*);
                        });
                        if let Err(trap) = outcome {
                            return Err(leave(guard, trap));
                        }
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
                    F: Fn($($a),*) -> R + 'static,
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
                    F: Fn($($a),*) -> R + 'static,
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
                    F: Fn($($a),*) -> R + 'static, R: IntoResult<Rets>, Rets: WasmTypeList $(, $a: FromToNativeWasmType)*
                ] => direct::<F, R, Rets, $($a),*>);
                exit_thunk!(fn memory_thunk[
                    F: Fn($($a),*) -> R + 'static, R: IntoResult<Rets>, Rets: WasmTypeList $(, $a: FromToNativeWasmType)*
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
                    F: Fn(&Env, $($a),*) -> R + 'static,
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
                    F: Fn(&Env, $($a),*) -> R + 'static,
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
                    F: Fn(&Env, $($a),*) -> R + 'static, R: IntoResult<Rets>, Rets: WasmTypeList, Env $(, $a: FromToNativeWasmType)*
                ] => direct::<F, R, Rets, Env, $($a),*>);
                exit_thunk!(fn memory_thunk[
                    F: Fn(&Env, $($a),*) -> R + 'static, R: IntoResult<Rets>, Rets: WasmTypeList, Env $(, $a: FromToNativeWasmType)*
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
