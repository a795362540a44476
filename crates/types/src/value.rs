//! Values as the host sees them, and how they cross into compiled code.
//!
//! [`Value`] is generic over what a function reference is: the API instantiates it with its `Function`, so this crate
//! needs to know nothing of stores. A value crosses into compiled code as sixteen raw bytes (`RawValue` in
//! `wasmill-abi`); references cross as machine words that only the runtime can make.

use crate::Type;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A nullable, opaque reference to a host value, counted and shared.
///
/// ```
/// # use wasmill_types::ExternRef;
/// let a = ExternRef::new(String::from("hello"));
/// assert_eq!(a.downcast::<String>().map(String::as_str), Some("hello"));
/// assert!(ExternRef::null().is_null());
/// ```
#[derive(Clone, Default)]
pub struct ExternRef(Option<Arc<dyn Any + Send + Sync>>);

impl ExternRef {
    /// A reference to `value`.
    ///
    /// ```
    /// # use wasmill_types::ExternRef;
    /// let reference = ExternRef::new(vec![1, 2, 3]);
    /// assert_eq!(reference.downcast::<Vec<i32>>().unwrap().len(), 3);
    /// ```
    pub fn new<T: Any + Send + Sync + 'static>(value: T) -> Self {
        Self(Some(Arc::new(value)))
    }
    /// The null reference.
    ///
    /// ```
    /// # use wasmill_types::ExternRef;
    /// assert_eq!(ExternRef::null(), ExternRef::default());
    /// ```
    pub fn null() -> Self {
        Self(None)
    }
    /// Whether this is the null reference.
    ///
    /// ```
    /// # use wasmill_types::ExternRef;
    /// assert!(ExternRef::null().is_null());
    /// assert!(!ExternRef::new(0).is_null());
    /// ```
    pub fn is_null(&self) -> bool {
        self.0.is_none()
    }
    /// The value, if it is a `T`.
    ///
    /// ```
    /// # use wasmill_types::ExternRef;
    /// let reference = ExternRef::new(7_u8);
    /// assert_eq!((reference.downcast::<u8>(), reference.downcast::<i8>()), (Some(&7), None));
    /// ```
    pub fn downcast<T: Any + Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }
    /// How many references to the value exist, on the host and in guests; zero for null.
    ///
    /// ```
    /// # use wasmill_types::ExternRef;
    /// let reference = ExternRef::new("shared");
    /// let other = reference.clone();
    /// assert_eq!(other.strong_count(), 2);
    /// drop(reference);
    /// assert_eq!(other.strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.0.as_ref().map_or(0, Arc::strong_count)
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("ExternRef(null)"),
            Some(value) => write!(f, "ExternRef({:p})", Arc::as_ptr(value)),
        }
    }
}

impl PartialEq for ExternRef {
    /// References are equal if they refer to the same value.
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b)),
            _ => false,
        }
    }
}

impl Eq for ExternRef {}

/// What may stand for a function reference in a [`Value`].
///
/// ```
/// # use wasmill_types::{Type, Value, WasmValueType};
/// /// Functions by name.
/// #[derive(Clone, Debug, PartialEq)]
/// struct Named(&'static str);
/// impl WasmValueType for Named {}
///
/// let value = Value::FuncRef(Some(Named("run")));
/// assert_eq!((value.ty(), format!("{value:?}")), (Type::FuncRef, "FuncRef(Named(\"run\"))".into()));
/// ```
pub trait WasmValueType: Clone + fmt::Debug {}

impl WasmValueType for () {}

/// A WebAssembly value; `T` is the form of a function reference.
///
/// ```
/// # use wasmill_types::{Type, Value};
/// let value: Value<()> = 42.into();
/// assert_eq!((value.ty(), value.unwrap_i32()), (Type::I32, 42));
/// assert_eq!(u64::try_from(Value::<()>::I64(-1)), Ok(u64::MAX));
/// ```
#[derive(Clone, PartialEq)]
pub enum Value<T> {
    /// A 32-bit integer, of either sign.
    I32(i32),
    /// A 64-bit integer, of either sign.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
    /// A reference to a host value.
    ExternRef(ExternRef),
    /// A reference to a function, or null.
    FuncRef(Option<T>),
    /// A 128-bit vector, lane 0 in the low bits.
    V128(u128),
}

macro_rules! value_accessors {
    ($($variant:ident($ty:ty): $get:ident $unwrap:ident, $example:literal;)*) => { $(
        #[doc = concat!("The `", stringify!($ty), "`, or `None` for a value of another type.")]
        ///
        /// ```
        /// # use wasmill_types::{ExternRef, Value};
        #[doc = concat!("let value = Value::<()>::", stringify!($variant), "(", $example, ");")]
        #[doc = concat!("assert_eq!(value.", stringify!($get), "(), Some(", $example, "));")]
        #[doc = concat!("assert_eq!(Value::<()>::FuncRef(None).", stringify!($get), "(), None);")]
        /// ```
        pub fn $get(&self) -> Option<$ty> {
            match self {
                Self::$variant(value) => Some(value.clone()),
                _ => None,
            }
        }
        #[doc = concat!("The `", stringify!($ty), "`.")]
        ///
        /// ```
        /// # use wasmill_types::{ExternRef, Value};
        #[doc = concat!("let value = Value::<()>::", stringify!($variant), "(", $example, ");")]
        #[doc = concat!("assert_eq!(value.", stringify!($unwrap), "(), ", $example, ");")]
        /// ```
        ///
        /// # Panics
        ///
        /// If the value is of another type.
        pub fn $unwrap(&self) -> $ty {
            self.$get().expect(concat!("expected ", stringify!($ty)))
        }
    )* };
}

#[allow(
    clippy::clone_on_copy,
    reason = "one macro arm serves numbers and references"
)]
impl<T: WasmValueType> Value<T> {
    value_accessors! {
        I32(i32): i32 unwrap_i32, "-1";
        I64(i64): i64 unwrap_i64, "-1";
        F32(f32): f32 unwrap_f32, "0.5";
        F64(f64): f64 unwrap_f64, "0.5";
        V128(u128): v128 unwrap_v128, "1 << 64";
        ExternRef(ExternRef): externref unwrap_externref, "ExternRef::null()";
    }

    /// The same value with another form of function references.
    ///
    /// ```
    /// # use wasmill_types::Value;
    /// let value: Value<&str> = Value::FuncRef(Some(())).map(|()| "run");
    /// assert_eq!(value, Value::FuncRef(Some("run")));
    /// ```
    #[inline]
    pub fn map<U>(self, function: impl FnOnce(T) -> U) -> Value<U> {
        match self {
            Self::I32(value) => Value::I32(value),
            Self::I64(value) => Value::I64(value),
            Self::F32(value) => Value::F32(value),
            Self::F64(value) => Value::F64(value),
            Self::V128(value) => Value::V128(value),
            Self::ExternRef(value) => Value::ExternRef(value),
            Self::FuncRef(reference) => Value::FuncRef(reference.map(function)),
        }
    }
    /// The null host reference.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, Value};
    /// assert_eq!(Value::<()>::null(), Value::ExternRef(ExternRef::null()));
    /// ```
    pub fn null() -> Self {
        Self::ExternRef(ExternRef::null())
    }
    /// The type of the value.
    ///
    /// ```
    /// # use wasmill_types::{Type, Value};
    /// assert_eq!(Value::<()>::V128(0).ty(), Type::V128);
    /// ```
    pub fn ty(&self) -> Type {
        match self {
            Self::I32(_) => Type::I32,
            Self::I64(_) => Type::I64,
            Self::F32(_) => Type::F32,
            Self::F64(_) => Type::F64,
            Self::ExternRef(_) => Type::ExternRef,
            Self::FuncRef(_) => Type::FuncRef,
            Self::V128(_) => Type::V128,
        }
    }
    /// The function reference, or `None` for a value of another type.
    ///
    /// ```
    /// # use wasmill_types::Value;
    /// assert_eq!(Value::FuncRef(Some(())).funcref(), Some(&Some(())));
    /// assert_eq!(Value::<()>::FuncRef(None).funcref(), Some(&None));
    /// assert_eq!(Value::<()>::I32(0).funcref(), None);
    /// ```
    pub fn funcref(&self) -> Option<&Option<T>> {
        match self {
            Self::FuncRef(function) => Some(function),
            _ => None,
        }
    }
    /// The function reference.
    ///
    /// ```
    /// # use wasmill_types::Value;
    /// assert_eq!(Value::FuncRef(Some(())).unwrap_funcref(), &Some(()));
    /// ```
    ///
    /// # Panics
    ///
    /// If the value is of another type.
    pub fn unwrap_funcref(&self) -> &Option<T> {
        self.funcref().expect("expected funcref")
    }
}

impl<T: fmt::Debug> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(value) => write!(f, "I32({value:?})"),
            Self::I64(value) => write!(f, "I64({value:?})"),
            Self::F32(value) => write!(f, "F32({value:?})"),
            Self::F64(value) => write!(f, "F64({value:?})"),
            Self::ExternRef(value) => write!(f, "ExternRef({value:?})"),
            Self::FuncRef(None) => f.write_str("Null FuncRef"),
            Self::FuncRef(Some(value)) => write!(f, "FuncRef({value:?})"),
            Self::V128(value) => write!(f, "V128({value:?})"),
        }
    }
}

#[allow(
    clippy::to_string_trait_impl,
    reason = "the contract has `to_string` without `Display`"
)]
impl<T: WasmValueType> ToString for Value<T> {
    fn to_string(&self) -> String {
        match self {
            Self::I32(value) => value.to_string(),
            Self::I64(value) => value.to_string(),
            Self::F32(value) => value.to_string(),
            Self::F64(value) => value.to_string(),
            Self::ExternRef(_) => "externref".to_owned(),
            Self::FuncRef(_) => "funcref".to_owned(),
            Self::V128(value) => value.to_string(),
        }
    }
}

macro_rules! value_from {
    ($($ty:ty => $variant:ident as $storage:ty;)*) => { $(
        impl<T> From<$ty> for Value<T> {
            fn from(value: $ty) -> Self {
                Self::$variant(value as $storage)
            }
        }
    )* };
}

value_from! {
    i32 => I32 as i32;
    u32 => I32 as i32;
    i64 => I64 as i64;
    u64 => I64 as i64;
    f32 => F32 as f32;
    f64 => F64 as f64;
}

impl<T> From<ExternRef> for Value<T> {
    fn from(value: ExternRef) -> Self {
        Self::ExternRef(value)
    }
}

macro_rules! value_try_into {
    ($($ty:ty: $variant:ident, $text:literal;)*) => { $(
        impl<T> TryFrom<Value<T>> for $ty {
            type Error = &'static str;
            fn try_from(value: Value<T>) -> Result<Self, Self::Error> {
                match value {
                    Value::$variant(value) => Ok(value as $ty),
                    _ => Err($text),
                }
            }
        }
    )* };
}

value_try_into! {
    i32: I32, "Value is not of Wasm type i32";
    u32: I32, "Value is not of Wasm type i32";
    i64: I64, "Value is not of Wasm type i64";
    u64: I64, "Value is not of Wasm type i64";
    f32: F32, "Value is not of Wasm type f32";
    f64: F64, "Value is not of Wasm type f64";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        assert_eq!(format!("{:?}", Value::<()>::F32(1.5)), "F32(1.5)");
        assert_eq!(format!("{:?}", Value::<()>::FuncRef(None)), "Null FuncRef");
        assert_eq!(Value::<()>::I64(-7).to_string(), "-7");
    }

    #[test]
    fn unsigned_values_keep_their_bits() {
        assert_eq!(Value::<()>::from(u32::MAX), Value::I32(-1));
        assert_eq!(u64::try_from(Value::<()>::I64(-1)), Ok(u64::MAX));
        assert_eq!(
            i32::try_from(Value::<()>::F64(0.0)),
            Err("Value is not of Wasm type i32")
        );
    }

    #[test]
    #[should_panic(expected = "expected i32")]
    fn unwrap_names_the_type() {
        Value::<()>::I64(1).unwrap_i32();
    }

    #[test]
    fn extern_refs_compare_by_identity() {
        let a = ExternRef::new(1u8);
        assert_eq!(a, a.clone());
        assert_ne!(a, ExternRef::new(1u8));
        assert_eq!(a.strong_count(), 1);
    }
}
