//! Functions with types that Rust knows.

use crate::exports::{ExportError, ExportableWithGenerics};
use crate::{Extern, Function, RuntimeError, Store};
use std::sync::Arc;
use wasmill_vm::native::{HandleContext, WasmTypeList};
use wasmill_vm::{EarlyEnd, VMStore};

/// A function whose types were compared with Rust's once, so that calls need no check. Clones are the same function.
///
/// Its method `call` takes as many arguments as the function has parameters.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Function, NativeFunc, Store};
/// let store = Store::default();
/// let divide = Function::new_native(&store, |a: u32, b: u32| (a / b, a % b));
/// let divide: NativeFunc<(u32, u32), (u32, u32)> = divide.native().unwrap();
/// assert_eq!(divide.call(17, 5).unwrap(), (3, 2));
/// # }
/// ```
pub type NativeFunc<Args = (), Rets = ()> = wasmill_vm::native::TypedFunction<Args, Rets, Store>;

impl HandleContext for Store {
    type Error = RuntimeError;
    fn error_of_direct_call(end: EarlyEnd) -> RuntimeError {
        RuntimeError::from_direct_call(end)
    }
    fn vm_store(&self) -> &Arc<VMStore> {
        self.vm()
    }
}

impl<Args, Rets> From<NativeFunc<Args, Rets>> for Function {
    fn from(native: NativeFunc<Args, Rets>) -> Self {
        let (link, store) = native.into_parts();
        Self::from_link(store, link)
    }
}

impl<'a, Args, Rets> ExportableWithGenerics<'a, Args, Rets> for NativeFunc<Args, Rets>
where
    Args: WasmTypeList,
    Rets: WasmTypeList,
{
    fn get_self_from_extern_with_generics(export: &'a Extern) -> Result<Self, ExportError> {
        match export {
            Extern::Function(function) => {
                function.native().map_err(|_| ExportError::IncompatibleType)
            }
            _ => Err(ExportError::IncompatibleType),
        }
    }
    fn into_weak_instance_ref(&mut self) {
        self.weaken();
    }
}
