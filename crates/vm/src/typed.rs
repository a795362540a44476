//! Calls with types that Rust knows, both ways, without adapters.
//!
//! A typed call casts the entry stub to the callee's own C signature; a typed host function *is* a C function of its
//! signature, behind a thunk of a few instructions that records the caller and checks the stack. The macros in `lists.rs` make one implementation per
//! number of arguments.
//!
//! Invariants:
//! - P1: `WasmTypeList::wasm_types` says exactly the types that `Abi` and the raw forms carry, so a comparison of types
//!   makes a cast of the entry right. All traits with a say in it are unsafe to implement.

mod callee;
mod host;
mod lists;
mod sync;

pub use callee::*;
pub use host::*;
pub use lists::*;

use crate::arch;
use crate::function::VMFunction;
use crate::store::VMStore;
use crate::traps::EarlyEnd;
use std::array::TryFromSliceError;
use std::mem::{MaybeUninit, transmute};
use wasmill_abi::RawValue;
use wasmill_types::{ExternRef, Type, Value, WasmValueType};

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

// SAFETY: a `v128` travels as C's 16-byte vector; all bit patterns are valid.
unsafe impl NativeWasmType for u128 {
    const WASM_TYPE: Type = Type::V128;
    type Abi = arch::Vector;
    fn to_binary(self) -> i128 {
        self as i128
    }
    fn from_binary(binary: i128) -> Self {
        binary as Self
    }
    fn to_value<T: WasmValueType>(self) -> Value<T> {
        Value::V128(self)
    }
    #[inline(always)]
    fn into_abi(self, _: &VMStore) -> arch::Vector {
        // SAFETY: both are 16 bytes, of any value.
        unsafe { transmute::<Self, arch::Vector>(self) }
    }
    #[inline(always)]
    fn from_abi(abi: arch::Vector, _: &VMStore) -> Self {
        // SAFETY: as above.
        unsafe { transmute::<arch::Vector, Self>(abi) }
    }
    fn into_raw(self, _: &VMStore) -> RawValue {
        RawValue::from_u128(self)
    }
    fn from_raw(raw: RawValue, _: &VMStore) -> Self {
        raw.u128()
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

/// A list of Rust types that are arguments or results: `()`, one type, a tuple of up to 26, or [`Infallible`](std::convert::Infallible).
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
    unsafe fn call(self, function: &VMFunction) -> Result<Rets, EarlyEnd>;
}
