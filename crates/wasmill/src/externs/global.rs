//! Globals.

use crate::value::{check_store, from_vm, to_vm};
use crate::{RuntimeError, Store, Val};
use std::fmt;
use wasmill_engine::Export;
use wasmill_types::{GlobalType, Mutability};
use wasmill_vm::VMGlobal;

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
#[derive(Clone)]
pub struct Global {
    store: Store,
    vm: VMGlobal,
}

impl Global {
    /// A constant.
    ///
    /// # Panics
    ///
    /// If the value is a function of another store, or the store's tunables refuse to make a global.
    pub fn new(store: &Store, val: Val) -> Self {
        Self::make(store, Mutability::Const, val)
    }

    /// A variable.
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
            vm,
        }
    }

    /// The handle of the lower layer.
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    #[doc(hidden)]
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn get_vm_global(&self) -> &VMGlobal {
        &self.vm
    }

    pub(crate) fn export(&self) -> Export {
        self.vm.clone().into()
    }

    /// Weak handles exist for memories; this one goes on keeping what it refers to.
    pub(crate) fn weaken(&mut self) {}

    /// Its type.
    pub fn ty(&self) -> &GlobalType {
        self.vm.ty()
    }

    /// The store it belongs to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its value.
    #[inline]
    pub fn get(&self) -> Val {
        from_vm(&self.store, self.vm.get())
    }

    /// Writes its value.
    ///
    /// # Errors
    ///
    /// If it is a constant, or the value is of another type or another store.
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
        self.vm.set(to_vm(val));
        Ok(())
    }

    /// Whether the two are the same global.
    pub fn same(&self, other: &Self) -> bool {
        self.vm.same(&other.vm)
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
