//! What resolvers give: handles to things that can be imported.

use std::any::Any;
use std::sync::Arc;
use wasmill_vm::native::{HandleContext, TypedFunction};
use wasmill_vm::{VMExtern, VMFunction, VMGlobal, VMMemory, VMTable};

/// Something that can be imported: a handle to what it is.
///
/// ```
/// # use wasmill_engine::Export;
/// # use wasmill_types::{Mutability, Value};
/// # use wasmill_vm::{VMGlobal, VMStore};
/// let seven = VMGlobal::new(&VMStore::new(), Mutability::Const, Value::I32(7));
/// let export = Export::from(seven);
/// assert!(matches!(export, Export::Global(global) if global.get() == Value::I32(7)));
/// ```
#[derive(Clone, Debug)]
pub enum Export {
    /// A function.
    Function(ExportFunction),
    /// A table.
    Table(VMTable),
    /// A memory.
    Memory(VMMemory),
    /// A global.
    Global(VMGlobal),
}

/// A function that can be imported.
///
/// ```
/// # use wasmill_engine::ExportFunction;
/// # use wasmill_vm::{HostFunction, VMStore};
/// let export = ExportFunction::from(HostFunction::typed(&VMStore::new(), || 42));
/// assert_eq!(export.vm_function.ty().to_string(), "[] -> [I32]");
/// assert!(export.metadata.is_none(), "it has no environment");
/// ```
#[derive(Clone, Debug)]
pub struct ExportFunction {
    /// The function.
    pub vm_function: VMFunction,
    /// For a host function with an environment: what makes the function of an instance, with an environment of its own.
    /// Without it, instances import the function as it is, with the environment that it was made with.
    pub metadata: Option<Arc<ExportFunctionMetadata>>,
}

/// What makes the function of an instance from one with an environment. Only the API knows what it is.
pub type ExportFunctionMetadata = dyn Any + Send + Sync;

impl From<VMFunction> for ExportFunction {
    fn from(vm_function: VMFunction) -> Self {
        let metadata = vm_function.host().and_then(|host| host.env()).cloned();
        Self {
            vm_function,
            metadata,
        }
    }
}

impl<Args, Rets, C: HandleContext> From<&TypedFunction<Args, Rets, C>> for ExportFunction {
    /// Of a weak handle whose function is gone: a function that always fails.
    fn from(function: &TypedFunction<Args, Rets, C>) -> Self {
        function.to_vm_function().into()
    }
}

impl From<Export> for VMExtern {
    fn from(export: Export) -> Self {
        match export {
            Export::Function(function) => Self::Function(function.vm_function),
            Export::Table(table) => Self::Table(table),
            Export::Memory(memory) => Self::Memory(memory),
            Export::Global(global) => Self::Global(global),
        }
    }
}

impl From<VMExtern> for Export {
    fn from(handle: VMExtern) -> Self {
        match handle {
            VMExtern::Function(function) => Self::Function(function.into()),
            VMExtern::Table(table) => Self::Table(table),
            VMExtern::Memory(memory) => Self::Memory(memory),
            VMExtern::Global(global) => Self::Global(global),
        }
    }
}

macro_rules! export_from {
    ($($ty:ident => $variant:ident;)*) => { $(
        impl From<$ty> for Export {
            fn from(handle: $ty) -> Self {
                Self::$variant(handle.into())
            }
        }
    )* };
}

export_from! {
    ExportFunction => Function;
    VMFunction => Function;
    VMTable => Table;
    VMMemory => Memory;
    VMGlobal => Global;
}
