//! Values with the API's own function handle in them.

use crate::{Extern, Function, RuntimeError, Store, StoreObject};
use wasmill_types::{Type, Value, WasmValueType};
use wasmill_vm::VMFunction;

/// A WebAssembly value.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Type, Val};
/// let value = Val::from(42);
/// assert_eq!((value.ty(), value.i32(), value.i64()), (Type::I32, Some(42), None));
/// assert_eq!(value.to_string(), "42");
/// assert_eq!(u32::try_from(Val::I32(-1)), Ok(u32::MAX));
/// assert_eq!(f32::try_from(value), Err("Value is not of Wasm type f32"));
/// # }
/// ```
pub type Val = Value<Function>;

impl WasmValueType for Function {}

impl From<Function> for Val {
    fn from(function: Function) -> Self {
        Self::FuncRef(Some(function))
    }
}

impl StoreObject for Val {
    #[inline]
    fn comes_from_same_store(&self, store: &Store) -> bool {
        match self {
            Self::FuncRef(Some(function)) => Store::same(function.store(), store),
            _ => true,
        }
    }
}

impl StoreObject for Extern {
    fn comes_from_same_store(&self, store: &Store) -> bool {
        Store::same(self.store(), store)
    }
}

/// The value for the lower layer.
#[inline]
pub(crate) fn to_vm(value: Val) -> Value<VMFunction> {
    value.map(Function::into_vm)
}

/// Refuses values of another store.
#[inline]
pub(crate) fn check_store(store: &Store, value: &Val) -> Result<(), RuntimeError> {
    match value.comes_from_same_store(store) {
        true => Ok(()),
        false => Err(cross_store()),
    }
}

/// The error for a value of another store.
#[cold]
pub(crate) fn cross_store() -> RuntimeError {
    RuntimeError::new("cross-`Store` values are not supported")
}

/// The types of some values.
pub(crate) fn types(values: &[Val]) -> Vec<Type> {
    values.iter().map(Val::ty).collect()
}
