//! Values in places of sixteen bytes: the only `unsafe` of this crate.
//!
//! Numbers have the storage form of `WasmTypeList`'s arrays: integers extended by their sign, floats as bits. A place with
//! a reference owns it: what is written has to be read back, once, to be dropped.

#![allow(unsafe_code, reason = "the contract has these two")]

use crate::{ExternRef, Type, Value, WasmValueType};
use std::any::Any;

const _: () = assert!(size_of::<ExternRef>() <= size_of::<i128>());

impl<T: WasmValueType> Value<T> {
    /// Writes the value to a place.
    ///
    /// ```
    /// # use wasmill_types::{Type, Value};
    /// let mut place = 0;
    /// // SAFETY: the place is one for an `i128`, and read as what was written.
    /// let read = unsafe {
    ///     Value::<()>::I32(-1).write_value_to(&mut place);
    ///     Value::<()>::read_value_from(&(), &place, Type::I32)
    /// };
    /// assert_eq!((place, read), (-1, Value::I32(-1)));
    /// ```
    ///
    /// # Safety
    ///
    /// `p` is valid for writing an `i128`. What is there is not dropped.
    pub unsafe fn write_value_to(&self, p: *mut i128) {
        let bits = match self {
            Self::I32(value) => i128::from(*value),
            Self::I64(value) => i128::from(*value),
            Self::F32(value) => i128::from(value.to_bits()),
            Self::F64(value) => i128::from(value.to_bits()),
            Self::V128(value) => *value as i128,
            Self::ExternRef(_) | Self::FuncRef(_) => 0,
        };
        // SAFETY: the caller's promise; a reference is no larger than an `i128` and has no greater alignment.
        unsafe {
            p.write(bits);
            match self {
                Self::ExternRef(value) => p.cast::<ExternRef>().write(value.clone()),
                Self::FuncRef(Some(function)) => {
                    let own = Box::new(function.clone());
                    p.cast::<*mut T>().write(Box::into_raw(own));
                }
                _ => {}
            }
        }
    }

    /// Reads a value that [`Value::write_value_to`] wrote. `store` is not needed: what was written knows its own.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, Type, Value};
    /// let (mut place, reference) = (0, ExternRef::new("kept"));
    /// // SAFETY: the place is one for an `i128`; it is read once, as what was written.
    /// let read = unsafe {
    ///     Value::<()>::ExternRef(reference.clone()).write_value_to(&mut place);
    ///     Value::<()>::read_value_from(&(), &place, Type::ExternRef)
    /// };
    /// assert_eq!(read, Value::ExternRef(reference));
    /// ```
    ///
    /// # Safety
    ///
    /// A value of this type, and with this `T`, was written to `p`; if it is a reference, it has not been read yet.
    pub unsafe fn read_value_from(_store: &dyn Any, p: *const i128, ty: Type) -> Self {
        // SAFETY: the caller's promise: the place holds what was written, and gives up what it owns.
        unsafe {
            match ty {
                Type::ExternRef => Self::ExternRef(p.cast::<ExternRef>().read()),
                Type::FuncRef => {
                    let function = p.cast::<*mut T>().read();
                    Self::FuncRef((!function.is_null()).then(|| *Box::from_raw(function)))
                }
                Type::I32 => Self::I32(p.read() as i32),
                Type::I64 => Self::I64(p.read() as i64),
                Type::F32 => Self::F32(f32::from_bits(p.read() as u32)),
                Type::F64 => Self::F64(f64::from_bits(p.read() as u64)),
                Type::V128 => Self::V128(p.read() as u128),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place of a value, and the value read back from it.
    fn through<T: WasmValueType>(value: &Value<T>) -> (i128, Value<T>) {
        let mut place = -1;
        // SAFETY: a place for an `i128`, read once and as what was written.
        let read = unsafe {
            value.write_value_to(&mut place);
            Value::read_value_from(&(), &place, value.ty())
        };
        (if value.ty().is_num() { place } else { 0 }, read)
    }

    #[test]
    fn numbers_have_their_storage_form() {
        let forms = [
            (Value::<()>::I32(-2), -2),
            (Value::I64(i64::MIN), i128::from(i64::MIN)),
            (Value::F32(-0.0), 1 << 31),
            (Value::F64(1.0), 0x3ff0_0000_0000_0000),
            (Value::V128(u128::MAX), -1),
        ];
        for (value, form) in forms {
            assert_eq!(through(&value), (form, value));
        }
    }

    #[test]
    fn references_are_kept_by_their_place() {
        let reference = ExternRef::new(String::from("kept"));
        let (_, read) = through(&Value::<()>::ExternRef(reference.clone()));
        assert_eq!(reference.strong_count(), 2);
        assert_eq!(read, Value::ExternRef(reference.clone()));
        drop(read);
        assert_eq!(reference.strong_count(), 1);
        assert_eq!(through(&Value::<()>::null()).1, Value::null());
        assert_eq!(through(&Value::<()>::FuncRef(None)).1, Value::FuncRef(None));
        let function = Value::FuncRef(Some(()));
        assert_eq!(through(&function).1, function);
    }
}
