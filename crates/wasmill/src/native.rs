//! Functions with types that Rust knows.

use crate::exports::{ExportError, ExportableWithGenerics};
use crate::{Extern, Function, RuntimeError};
use wasmill_vm::VMFunction;
use wasmill_vm::native::{TypedCallee, WasmTypeList};

/// A function whose types were compared with Rust's once, so that calls need no check. Clones are the same function.
///
/// Its method `call` takes as many arguments as the function has parameters.
pub type NativeFunc<Args = (), Rets = ()> = wasmill_vm::native::TypedFunction<Args, Rets, Function>;

impl TypedCallee for Function {
    type Error = RuntimeError;
    #[inline(always)]
    fn vm_function(&self) -> &VMFunction {
        self.vm()
    }
}

impl<Args, Rets> From<NativeFunc<Args, Rets>> for Function {
    fn from(native: NativeFunc<Args, Rets>) -> Self {
        native.into_callee()
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
    fn into_weak_instance_ref(&mut self) {}
}
