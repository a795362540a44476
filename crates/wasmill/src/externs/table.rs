//! Tables.

use crate::value::{check_store, from_vm, to_vm};
use crate::{RuntimeError, Store, Val};
use wasmill_engine::Export;
use wasmill_types::{TableType, Type, Value};
use wasmill_vm::{TableElement, TrapCode, VMTable};

/// A table of references, of the host or of an instance. Clones are the same table.
#[derive(Clone)]
pub struct Table {
    store: Store,
    vm: VMTable,
}

impl Table {
    /// A table of its minimum size, every element `init`.
    ///
    /// # Errors
    ///
    /// If the type is not one of a table, if `init` does not fit it or is of another store, if it is too large, if the
    /// store's tunables refuse, or if a limit of the store is reached.
    pub fn new(store: &Store, ty: TableType, init: Val) -> Result<Self, RuntimeError> {
        check_store(store, &init)?;
        if !ty.ty.is_ref() {
            let text = format!(
                "tables of types other than funcref or externref ({})",
                ty.ty
            );
            return Err(RuntimeError::new(text));
        }
        let init = element(&ty, init)?;
        let tunables = store.tunables();
        let made = tunables.create_host_table(&ty, &tunables.table_style(&ty));
        let made = made.map_err(RuntimeError::new)?;
        let vm = VMTable::adopt(store.vm(), &*made, &ty, init, store.account());
        let vm = vm.map_err(|error| RuntimeError::new(error.to_string()))?;
        Ok(Self::from_vm(store, vm))
    }

    pub(crate) fn from_vm(store: &Store, vm: VMTable) -> Self {
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
    pub unsafe fn get_vm_table(&self) -> &VMTable {
        &self.vm
    }

    pub(crate) fn export(&self) -> Export {
        self.vm.clone().into()
    }

    /// Weak handles exist for memories; this one goes on keeping what it refers to.
    pub(crate) fn weaken(&mut self) {}

    /// Its declared type: the minimum does not follow growth.
    pub fn ty(&self) -> &TableType {
        self.vm.ty()
    }

    /// The store it belongs to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The element at `index`, or `None` if there is no such element.
    #[inline]
    pub fn get(&self, index: u32) -> Option<Val> {
        Some(match self.vm.get(index)? {
            TableElement::Function(function) => from_vm(&self.store, Value::FuncRef(function)),
            TableElement::Extern(value) => Val::ExternRef(value),
        })
    }

    /// Writes the element at `index`.
    ///
    /// # Errors
    ///
    /// If there is no such element, or the value does not fit or is of another store.
    pub fn set(&self, index: u32, val: Val) -> Result<(), RuntimeError> {
        check_store(&self.store, &val)?;
        self.vm.set(index, element(self.ty(), val)?).map_err(trap)
    }

    /// The number of elements.
    pub fn size(&self) -> u32 {
        self.vm.size()
    }

    /// Adds `delta` elements, every one `init`; gives the former size.
    ///
    /// # Errors
    ///
    /// If the table would exceed its maximum or a limit of the store, or `init` does not fit or is of another store.
    pub fn grow(&self, delta: u32, init: Val) -> Result<u32, RuntimeError> {
        check_store(&self.store, &init)?;
        let init = element(self.ty(), init)?;
        self.vm
            .grow(delta, init)
            .map_err(|error| RuntimeError::new(error.to_string()))
    }

    /// Copies elements; the two may be the same table, and the parts may overlap.
    ///
    /// # Errors
    ///
    /// If not all elements exist, the tables differ in type, or are of different stores.
    pub fn copy(
        dst_table: &Self,
        dst_index: u32,
        src_table: &Self,
        src_index: u32,
        len: u32,
    ) -> Result<(), RuntimeError> {
        if !Store::same(&dst_table.store, &src_table.store) {
            return Err(RuntimeError::new(
                "cross-`Store` table copies are not supported",
            ));
        }
        let (dst, src) = (dst_table.ty().ty, src_table.ty().ty);
        if dst != src {
            return Err(wrong_type(dst, src));
        }
        VMTable::copy(&dst_table.vm, dst_index, &src_table.vm, src_index, len).map_err(trap)
    }

    /// Whether the two are the same table.
    pub fn same(&self, other: &Self) -> bool {
        self.vm.same(&other.vm)
    }
}

fn trap(code: TrapCode) -> RuntimeError {
    crate::instance::trap(code)
}

fn wrong_type(table: Type, value: Type) -> RuntimeError {
    RuntimeError::new(format!(
        "Attempted to set a table of type {table} with the value of type {value}"
    ))
}

/// The value as an element of a table of this type.
fn element(ty: &TableType, val: Val) -> Result<TableElement, RuntimeError> {
    let given = val.ty();
    match (ty.ty, to_vm(val)) {
        (Type::FuncRef, Value::FuncRef(function)) => Ok(TableElement::Function(function)),
        (Type::ExternRef, Value::ExternRef(value)) => Ok(TableElement::Extern(value)),
        _ if !given.is_ref() => Err(RuntimeError::new("val is not reference")),
        (expected, _) => Err(wrong_type(expected, given)),
    }
}
