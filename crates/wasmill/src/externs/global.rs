//! Globals.

use super::gone;
use crate::value::{check_store, to_vm};
use crate::{Function, RuntimeError, Store, Val};
use std::fmt;
use wasmill_engine::Export;
use wasmill_types::{ExternRef, GlobalType, Mutability, Type, Value};
use wasmill_vm::{Link, VMGlobal};

/// A global variable, of the host or of an instance. Clones are the same global.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Global, Store, Value};
/// let store = Store::default();
/// let counter = Global::new_mut(&store, Value::I32(1));
/// counter.set(Value::I32(2)).unwrap();
/// assert_eq!(counter.get(), Value::I32(2));
/// # }
/// ```
///
/// A *weak* handle (see [`Exports::get_with_generics_weak`](crate::Exports::get_with_generics_weak)) does not keep the
/// global. Once the global is gone, its value is zero or null, and cannot be set. Its clones keep the global.
#[derive(Clone)]
pub struct Global {
    store: Store,
    link: Link<VMGlobal>,
}

impl Global {
    /// A constant.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Global, Mutability, Store, Value};
    /// let limit = Global::new(&Store::default(), Value::I64(100));
    /// assert_eq!(limit.ty().mutability, Mutability::Const);
    /// assert!(limit.set(Value::I64(1)).is_err());
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the value is a function of another store, or the store's tunables refuse to make a global.
    pub fn new(store: &Store, val: Val) -> Self {
        Self::make(store, Mutability::Const, val)
    }

    /// A variable.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Global, Store, Value};
    /// let level = Global::new_mut(&Store::default(), Value::F32(0.5));
    /// level.set(Value::F32(0.75)).unwrap();
    /// assert_eq!(level.get(), Value::F32(0.75));
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the value is a function of another store, or the store's tunables refuse to make a global.
    pub fn new_mut(store: &Store, val: Val) -> Self {
        Self::make(store, Mutability::Var, val)
    }

    fn make(store: &Store, mutability: Mutability, val: Val) -> Self {
        if let Err(error) = check_store(store, &val) {
            panic!("{}", error.message());
        }
        let ty = GlobalType::new(val.ty(), mutability);
        let made = store.tunables().create_global(ty);
        let made = made.unwrap_or_else(|error| panic!("{error}"));
        let vm = VMGlobal::adopt(store.vm(), &made, mutability, to_vm(val));
        Self::from_vm(store, vm.unwrap_or_else(|error| panic!("{error}")))
    }

    pub(crate) fn from_vm(store: &Store, vm: VMGlobal) -> Self {
        Self {
            store: store.clone(),
            link: vm.into(),
        }
    }

    /// The handle of the lower layer.
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    ///
    /// # Panics
    ///
    /// If the handle is weak.
    #[doc(hidden)]
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn get_vm_global(&self) -> &VMGlobal {
        self.link.strong()
    }

    /// The handle of the lower layer; one with zero or null in place of one that is gone.
    pub(crate) fn export(&self) -> Export {
        let ty = self.ty();
        let gone = || VMGlobal::new(self.store.vm(), ty.mutability, zero(ty.ty));
        self.link.upgrade().unwrap_or_else(gone).into()
    }

    /// Makes the handle one that does not keep the global.
    pub(crate) fn weaken(&mut self) {
        self.link.weaken();
    }

    /// Its type.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Global, Store, Value};
    /// let global = Global::new_mut(&Store::default(), Value::I32(1));
    /// assert_eq!(global.ty().to_string(), "I32 (mutable)");
    /// # }
    /// ```
    pub fn ty(&self) -> &GlobalType {
        self.link.declared_type()
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Global, Store, Value};
    /// # let store = Store::default();
    /// assert_eq!(Global::new(&store, Value::I32(1)).store(), &store);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its value.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, Value, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (global (export "__heap_base") i32 (i32.const 66560)))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let base = instance.exports.get_global("__heap_base").unwrap().get();
    /// assert_eq!(base, Value::I32(66_560));
    /// # }
    /// ```
    #[inline]
    pub fn get(&self) -> Val {
        let function = |vm| Function::from_vm(&self.store, vm);
        let value = self.link.reach(|vm| vm.get_as(function));
        value.unwrap_or_else(|| zero(self.ty().ty))
    }

    /// Writes its value.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Global, Store, Value};
    /// let global = Global::new_mut(&Store::default(), Value::I32(1));
    /// global.set(Value::I32(2)).unwrap();
    /// assert_eq!(global.get(), Value::I32(2));
    /// assert_eq!(
    ///     global.set(Value::I64(3)).unwrap_err().message(),
    ///     "Attempted to operate on a global of type I32 as a global of type I64"
    /// );
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is a constant, or the value is of another type or another store, or the global is gone.
    #[inline]
    pub fn set(&self, val: Val) -> Result<(), RuntimeError> {
        check_store(&self.store, &val)?;
        if !self.ty().mutability.is_mutable() {
            return Err(RuntimeError::new("Attempted to set an immutable global"));
        }
        if val.ty() != self.ty().ty {
            return Err(RuntimeError::new(format!(
                "Attempted to operate on a global of type {} as a global of type {}",
                self.ty().ty,
                val.ty()
            )));
        }
        let set = self.link.reach(|vm| vm.set(to_vm(val)));
        set.ok_or_else(gone)
    }

    /// Whether the two are the same global.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Global, Store, Value};
    /// # let store = Store::default();
    /// let global = Global::new(&store, Value::I32(1));
    /// assert!(global.same(&global.clone()));
    /// assert!(!global.same(&Global::new(&store, Value::I32(1))));
    /// # }
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        self.link.same(&other.link, VMGlobal::same)
    }
}

/// The value of a global of this type that is gone.
#[cold]
fn zero<T>(ty: Type) -> Value<T> {
    match ty {
        Type::I32 => Value::I32(0),
        Type::I64 => Value::I64(0),
        Type::F32 => Value::F32(0.0),
        Type::F64 => Value::F64(0.0),
        Type::V128 => Value::V128(0),
        Type::ExternRef => Value::ExternRef(ExternRef::null()),
        Type::FuncRef => Value::FuncRef(None),
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Global")
            .field("ty", self.ty())
            .field("value", &self.get())
            .finish()
    }
}
