//! What can be imported and exported, one file per kind.

mod function;
mod global;
mod memory;
mod table;

pub use function::Function;
pub use global::Global;
pub use memory::{Memory, MemoryAccessError};
pub use table::Table;

use crate::exports::{ExportError, Exportable};
use crate::{RuntimeError, Store};
use std::fmt;
use wasmill_engine::Export;
use wasmill_types::ExternType;
use wasmill_vm::{EarlyEnd, Gone, VMExtern};

/// The error for what a weak handle cannot do once its target is gone.
#[cold]
fn gone() -> RuntimeError {
    EarlyEnd::from(Gone).into()
}

/// Something that belongs to a store.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Function, Store, StoreObject, Value};
/// # let store = Store::default();
/// let value = Value::from(Function::new_native(&store, || ()));
/// assert!(value.comes_from_same_store(&store));
/// assert!(!value.comes_from_same_store(&Store::default()), "a store of another engine");
/// # }
/// ```
pub trait StoreObject {
    /// Whether it may be used with `store`.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, StoreObject, Value};
    /// assert!(Value::I32(1).comes_from_same_store(&Store::default()), "numbers belong to all");
    /// # }
    /// ```
    fn comes_from_same_store(&self, store: &Store) -> bool;
}

/// Something that can be imported and exported.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Extern, Instance, Module, Store, imports};
/// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (memory (export "memory") 1))"#).unwrap();
/// # let instance = Instance::new(&module, &imports! {}).unwrap();
/// for (_, item) in instance.exports.iter() {
///     match item {
///         Extern::Function(function) => assert_eq!(function.param_arity(), 0),
///         Extern::Memory(memory) => assert_eq!(memory.data_size(), 65_536),
///         other => unreachable!("{other:?}"),
///     }
/// }
/// # }
/// ```
#[derive(Clone)]
pub enum Extern {
    /// A function.
    Function(Function),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
}

impl Extern {
    /// Its type.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Extern, ExternType, Global, GlobalType, Mutability, Store, Type, Value};
    /// let item = Extern::from(Global::new(&Store::default(), Value::I32(1)));
    /// let constant = GlobalType::new(Type::I32, Mutability::Const);
    /// assert_eq!(item.ty(), ExternType::Global(constant));
    /// # }
    /// ```
    pub fn ty(&self) -> ExternType {
        match self {
            Self::Function(function) => ExternType::Function(function.ty().clone()),
            Self::Global(global) => ExternType::Global(*global.ty()),
            Self::Table(table) => ExternType::Table(*table.ty()),
            Self::Memory(memory) => ExternType::Memory(memory.ty()),
        }
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Extern, Global, Store, Value};
    /// # let store = Store::default();
    /// assert_eq!(Extern::from(Global::new(&store, Value::I32(1))).store(), &store);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        match self {
            Self::Function(function) => function.store(),
            Self::Global(global) => global.store(),
            Self::Table(table) => table.store(),
            Self::Memory(memory) => memory.store(),
        }
    }

    /// The extern of a handle of the lower layer.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Extern, Function, ImportObject, Store, imports};
    /// # let store = Store::default();
    /// let imports = imports! { "env" => { "f" => Function::new_native(&store, || 1) } };
    /// let export = imports.get_export("env", "f").unwrap();
    /// let item = Extern::from_vm_export(&store, export);
    /// assert_eq!(item.ty().unwrap_func().to_string(), "[] -> [I32]");
    /// # }
    /// ```
    pub fn from_vm_export(store: &Store, export: Export) -> Self {
        match VMExtern::from(export) {
            VMExtern::Function(function) => Self::Function(Function::from_vm(store, function)),
            VMExtern::Global(global) => Self::Global(Global::from_vm(store, global)),
            VMExtern::Table(table) => Self::Table(Table::from_vm(store, table)),
            VMExtern::Memory(memory) => Self::Memory(Memory::from_vm(store, memory)),
        }
    }
}

impl fmt::Debug for Extern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function(_) => "Function(...)",
            Self::Global(_) => "Global(...)",
            Self::Table(_) => "Table(...)",
            Self::Memory(_) => "Memory(...)",
        })
    }
}

impl<'a> Exportable<'a> for Extern {
    fn to_export(&self) -> Export {
        match self {
            Self::Function(function) => function.to_export(),
            Self::Global(global) => global.to_export(),
            Self::Table(table) => table.to_export(),
            Self::Memory(memory) => memory.to_export(),
        }
    }
    fn get_self_from_extern(export: &'a Extern) -> Result<&'a Self, ExportError> {
        Ok(export)
    }
    fn into_weak_instance_ref(&mut self) {
        match self {
            Self::Function(function) => function.weaken(),
            Self::Global(global) => global.weaken(),
            Self::Table(table) => table.weaken(),
            Self::Memory(memory) => memory.weaken(),
        }
    }
}

macro_rules! extern_kinds {
    ($($kind:ident)*) => { $(
        impl From<$kind> for Extern {
            fn from(item: $kind) -> Self {
                Self::$kind(item)
            }
        }

        impl<'a> Exportable<'a> for $kind {
            fn to_export(&self) -> Export {
                self.export()
            }
            fn get_self_from_extern(export: &'a Extern) -> Result<&'a Self, ExportError> {
                match export {
                    Extern::$kind(item) => Ok(item),
                    _ => Err(ExportError::IncompatibleType),
                }
            }
            fn into_weak_instance_ref(&mut self) {
                self.weaken();
            }
        }
    )* };
}

extern_kinds!(Function Global Table Memory);
