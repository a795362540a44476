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
/// ```
/// # use wasmill_types::{Type, Value};
/// # use wasmill_vm::native::NativeWasmType;
/// assert_eq!((i32::WASM_TYPE, f64::WASM_TYPE), (Type::I32, Type::F64));
/// assert_eq!(7_i64.to_value::<()>(), Value::I64(7));
/// ```
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
    ///
    /// ```
    /// # use wasmill_vm::native::NativeWasmType;
    /// assert_eq!(((-1_i32).to_binary(), 1.0_f32.to_binary()), (-1, 0x3f80_0000));
    /// ```
    fn to_binary(self) -> i128;
    /// The value of a storage form. References are null.
    ///
    /// ```
    /// # use wasmill_vm::native::NativeWasmType;
    /// assert_eq!((i64::from_binary(-1), f32::from_binary(0x3f80_0000)), (-1, 1.0));
    /// ```
    fn from_binary(binary: i128) -> Self;
    /// The value as one whose type is known at run time.
    ///
    /// ```
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::native::NativeWasmType;
    /// assert_eq!(0.5_f64.to_value::<()>(), Value::F64(0.5));
    /// ```
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
/// For types of the host's own in the signatures of host functions:
///
/// ```
/// # use wasmill_types::Value;
/// # use wasmill_vm::native::FromToNativeWasmType;
/// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
/// /// A file as guests know it.
/// struct FileNumber(u16);
///
/// // SAFETY: a number; guests may say any.
/// unsafe impl FromToNativeWasmType for FileNumber {
///     type Native = i32;
///     fn from_native(native: i32) -> Self {
///         Self(native as u16)
///     }
///     fn to_native(self) -> i32 {
///         self.0.into()
///     }
/// }
///
/// let next = HostFunction::typed(&VMStore::new(), |file: FileNumber| FileNumber(file.0 + 1));
/// let results = next.callee().call::<VMFunction>(&[Value::I32(3)], Clone::clone, |f| f).unwrap();
/// assert_eq!(*results, [Value::I32(4)]);
/// ```
///
/// # Safety
///
/// The conversions do not depend on anything that a guest could forge.
pub unsafe trait FromToNativeWasmType: Sized {
    /// The WebAssembly type it is carried as.
    type Native: NativeWasmType;
    /// From the carried form.
    ///
    /// ```
    /// # use wasmill_vm::native::FromToNativeWasmType;
    /// assert_eq!((u32::from_native(-1), u8::from_native(0x101)), (u32::MAX, 1));
    /// ```
    fn from_native(native: Self::Native) -> Self;
    /// To the carried form.
    ///
    /// ```
    /// # use wasmill_vm::native::FromToNativeWasmType;
    /// assert_eq!((u32::MAX.to_native(), (-1_i8).to_native()), (-1, -1));
    /// ```
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
/// ```
/// # use wasmill_types::Type;
/// # use wasmill_vm::native::WasmTypeList;
/// assert_eq!(<(u32, f64)>::wasm_types(), [Type::I32, Type::F64]);
/// assert_eq!((<()>::wasm_types(), i64::wasm_types()), (&[][..], &[Type::I64][..]));
/// ```
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
    ///
    /// ```
    /// # use wasmill_vm::native::WasmTypeList;
    /// assert_eq!(<(i32, i64)>::from_array([1, -2]), (1, -2));
    /// ```
    fn from_array(array: Self::Array) -> Self;
    /// From storage forms.
    ///
    /// ```
    /// # use wasmill_vm::native::WasmTypeList;
    /// assert_eq!(<(i32, i64)>::from_slice(&[1, -2]).unwrap(), (1, -2));
    /// assert!(<(i32, i64)>::from_slice(&[1]).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If the number of values is wrong.
    fn from_slice(slice: &[i128]) -> Result<Self, TryFromSliceError>;
    /// To storage forms.
    ///
    /// ```
    /// # use wasmill_vm::native::WasmTypeList;
    /// assert_eq!((1_i32, -2_i64).into_array(), [1, -2]);
    /// ```
    fn into_array(self) -> Self::Array;
    /// Storage forms to be filled.
    ///
    /// ```
    /// # use wasmill_vm::native::WasmTypeList;
    /// let mut results = <(i32, i64)>::empty_array();
    /// results.as_mut().copy_from_slice(&[1, -2]);
    /// assert_eq!(<(i32, i64)>::from_array(results), (1, -2));
    /// ```
    fn empty_array() -> Self::Array;
    /// From a C struct.
    ///
    /// ```
    /// # use wasmill_vm::native::WasmTypeList;
    /// let values = (1_i32, -2_i64);
    /// assert_eq!(<(i32, i64)>::from_c_struct(values.into_c_struct()), values);
    /// ```
    fn from_c_struct(c_struct: Self::CStruct) -> Self;
    /// To a C struct.
    ///
    /// ```
    /// # use wasmill_vm::native::WasmTypeList;
    /// let c_struct = (1_i32, -2_i64).into_c_struct();
    /// assert_eq!(size_of_val(&c_struct), 16, "as C lays it out");
    /// ```
    fn into_c_struct(self) -> Self::CStruct;
    /// The WebAssembly types.
    ///
    /// ```
    /// # use wasmill_types::Type;
    /// # use wasmill_vm::native::WasmTypeList;
    /// assert_eq!(<(i8, u64, f32)>::wasm_types(), [Type::I32, Type::I64, Type::F32]);
    /// ```
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
