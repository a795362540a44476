//! Tables.

use super::gone;
use crate::value::check_store;
use crate::{Function, RuntimeError, Store, Val};
use wasmill_engine::Export;
use wasmill_types::{ExternRef, TableType, Type};
use wasmill_vm::{Link, TableElement, TableError, TrapCode, VMTable};

/// A table of references, of the host or of an instance. Clones are the same table.
///
/// A *weak* handle (see [`Exports::get_with_generics_weak`](crate::Exports::get_with_generics_weak)) does not keep the
/// table. Once the table is gone, it behaves as one without elements that cannot grow. Its clones keep the table.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Function, Store, Table, TableType, Type, Value};
/// let store = Store::default();
/// let table = Table::new(&store, TableType::new(Type::FuncRef, 1, Some(2)), Value::FuncRef(None)).unwrap();
/// let answer = Function::new_native(&store, || 42);
/// table.set(0, answer.clone().into()).unwrap();
/// assert_eq!(table.get(0), Some(answer.clone().into()));
/// assert_eq!(table.grow(1, answer.into()).unwrap(), 1);
/// assert_eq!((table.size(), table.get(2)), (2, None));
/// # }
/// ```
#[derive(Clone)]
pub struct Table {
    store: Store,
    link: Link<VMTable>,
}

impl Table {
    /// A table of its minimum size, every element `init`.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Table, TableType, Type, Value};
    /// let ty = TableType::new(Type::FuncRef, 4, Some(16));
    /// let table = Table::new(&Store::default(), ty, Value::FuncRef(None)).unwrap();
    /// assert_eq!((table.size(), table.get(3)), (4, Some(Value::FuncRef(None))));
    /// # }
    /// ```
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
        Ok(Self::from_vm(store, vm.map_err(failure)?))
    }

    pub(crate) fn from_vm(store: &Store, vm: VMTable) -> Self {
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
    pub unsafe fn get_vm_table(&self) -> &VMTable {
        self.link.strong()
    }

    /// The handle of the lower layer; an empty table in place of one that is gone.
    pub(crate) fn export(&self) -> Export {
        let gone = || {
            let ty = TableType::new(self.ty().ty, 0, Some(0));
            let null = match ty.ty {
                Type::ExternRef => TableElement::Extern(ExternRef::null()),
                _ => TableElement::Function(None),
            };
            VMTable::new(self.store.vm(), ty, null).expect("a table without elements can be made")
        };
        self.link.upgrade().unwrap_or_else(gone).into()
    }

    /// Makes the handle one that does not keep the table.
    pub(crate) fn weaken(&mut self) {
        self.link.weaken();
    }

    /// Its declared type: the minimum does not follow growth.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Table, TableType, Type, Value};
    /// let ty = TableType::new(Type::ExternRef, 1, None);
    /// let table = Table::new(&Store::default(), ty, Value::null()).unwrap();
    /// table.grow(5, Value::null()).unwrap();
    /// assert_eq!(table.ty(), &ty);
    /// # }
    /// ```
    pub fn ty(&self) -> &TableType {
        self.link.declared_type()
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Table, TableType, Type, Value};
    /// # let store = Store::default();
    /// let table = Table::new(&store, TableType::new(Type::ExternRef, 1, None), Value::null()).unwrap();
    /// assert_eq!(table.store(), &store);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The element at `index`, or `None` if there is no such element.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, Value, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func $f (result i32) (i32.const 7)) (table (export "t") funcref (elem $f)))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let table = instance.exports.get_table("t").unwrap();
    /// let Some(Value::FuncRef(Some(f))) = table.get(0) else { panic!("there is a function") };
    /// assert_eq!(*f.call(&[]).unwrap(), [Value::I32(7)]);
    /// assert_eq!(table.get(1), None);
    /// # }
    /// ```
    #[inline]
    pub fn get(&self, index: u32) -> Option<Val> {
        match &self.link {
            Link::Strong(vm) => {
                vm.get_as(index, |function| Function::from_vm(&self.store, function))
            }
            weak => Self::from_vm(&self.store, weak.upgrade()?).get(index),
        }
    }

    /// Writes the element at `index`.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{ExternRef, Store, Table, TableType, Type, Value};
    /// # let ty = TableType::new(Type::ExternRef, 1, None);
    /// let table = Table::new(&Store::default(), ty, Value::null()).unwrap();
    /// table.set(0, ExternRef::new("mine").into()).unwrap();
    /// let element = table.get(0).unwrap().unwrap_externref();
    /// assert_eq!(element.downcast::<&str>(), Some(&"mine"));
    /// assert!(table.set(1, Value::null()).is_err(), "there is no such element");
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such element, or the value does not fit or is of another store.
    #[inline]
    pub fn set(&self, index: u32, val: Val) -> Result<(), RuntimeError> {
        check_store(&self.store, &val)?;
        let set = match &val {
            // A function is not moved: its handle stays in `val`.
            Val::FuncRef(function) if self.ty().ty == Type::FuncRef => {
                self.link.reach(|vm| match function {
                    Some(function) => function.lend(|f| vm.set_function(index, Some(f))),
                    None => vm.set_function(index, None),
                })
            }
            _ => {
                let element = element(self.ty(), val)?;
                self.link.reach(|vm| vm.set(index, element))
            }
        };
        set.ok_or_else(gone)?.map_err(trap)
    }

    /// The number of elements.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Table, TableType, Type, Value};
    /// # let ty = TableType::new(Type::ExternRef, 3, None);
    /// let table = Table::new(&Store::default(), ty, Value::null()).unwrap();
    /// assert_eq!(table.size(), 3);
    /// # }
    /// ```
    pub fn size(&self) -> u32 {
        self.link.reach(VMTable::size).unwrap_or(0)
    }

    /// Adds `delta` elements, every one `init`; gives the former size.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Table, TableType, Type, Value};
    /// # let ty = TableType::new(Type::FuncRef, 1, Some(3));
    /// let table = Table::new(&Store::default(), ty, Value::FuncRef(None)).unwrap();
    /// assert_eq!(table.grow(2, Value::FuncRef(None)).unwrap(), 1);
    /// assert_eq!(table.size(), 3);
    /// assert!(table.grow(1, Value::FuncRef(None)).is_err(), "the maximum is reached");
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the table would exceed its maximum or a limit of the store, or `init` does not fit or is of another store.
    pub fn grow(&self, delta: u32, init: Val) -> Result<u32, RuntimeError> {
        check_store(&self.store, &init)?;
        let init = element(self.ty(), init)?;
        let grown = self.link.reach(|vm| vm.grow(delta, init));
        let grown = grown.unwrap_or(Err(TableError::Grow(delta)));
        grown.map_err(failure)
    }

    /// Copies elements; the two may be the same table, and the parts may overlap.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{ExternRef, Store, Table, TableType, Type, Value};
    /// # let ty = TableType::new(Type::ExternRef, 4, None);
    /// let table = Table::new(&Store::default(), ty, Value::null()).unwrap();
    /// let value = Value::from(ExternRef::new(1));
    /// table.set(0, value.clone()).unwrap();
    /// Table::copy(&table, 2, &table, 0, 2).unwrap();
    /// assert_eq!((table.get(2), table.get(3)), (Some(value), Some(Value::null())));
    /// # }
    /// ```
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
        let (Some(dst), Some(src)) = (dst_table.link.upgrade(), src_table.link.upgrade()) else {
            return Err(gone());
        };
        VMTable::copy(&dst, dst_index, &src, src_index, len).map_err(trap)
    }

    /// Whether the two are the same table.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Table, TableType, Type, Value};
    /// # let ty = TableType::new(Type::ExternRef, 4, None);
    /// let table = Table::new(&Store::default(), ty, Value::null()).unwrap();
    /// assert!(table.same(&table.clone()));
    /// # }
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        self.link.same(&other.link, VMTable::same)
    }
}

fn trap(code: TrapCode) -> RuntimeError {
    crate::instance::trap(code)
}

fn failure(error: TableError) -> RuntimeError {
    match error {
        TableError::Trap(code) => trap(code),
        other => RuntimeError::new(other.to_string()),
    }
}

fn wrong_type(table: Type, value: Type) -> RuntimeError {
    RuntimeError::new(format!(
        "Attempted to set a table of type {table} with the value of type {value}"
    ))
}

/// The value as an element of a table of this type.
#[inline]
fn element(ty: &TableType, val: Val) -> Result<TableElement, RuntimeError> {
    match (ty.ty, val) {
        (Type::FuncRef, Val::FuncRef(function)) => {
            Ok(TableElement::Function(function.map(Function::into_vm)))
        }
        (Type::ExternRef, Val::ExternRef(value)) => Ok(TableElement::Extern(value)),
        (_, val) if !val.ty().is_ref() => Err(RuntimeError::new("val is not reference")),
        (expected, val) => Err(wrong_type(expected, val.ty())),
    }
}
