//! Functions of instances with types that Rust knows.

use super::{CallArguments, FromToNativeWasmType, WasmTypeList};
use crate::function::VMFunction;
use crate::traps::Trap;
use std::marker::PhantomData;

/// A handle that stands for a function.
pub trait TypedCallee {
    /// What a trap becomes.
    type Error: From<Trap>;
    /// The function. Always the same one.
    fn vm_function(&self) -> &VMFunction;
}

/// A function whose types were compared with Rust's once.
pub struct TypedFunction<Args, Rets, F> {
    callee: F,
    function: VMFunction,
    types: PhantomData<fn(Args) -> Rets>,
}

impl<Args: WasmTypeList, Rets: WasmTypeList, F: TypedCallee> TypedFunction<Args, Rets, F> {
    /// The function with these types; `None` if it has others.
    pub fn new(callee: F) -> Option<Self> {
        let function = callee.vm_function().clone();
        let ty = function.ty();
        let fits = ty.params() == Args::wasm_types() && ty.results() == Rets::wasm_types();
        fits.then_some(Self {
            callee,
            function,
            types: PhantomData,
        })
    }
}

impl<Args, Rets, F> TypedFunction<Args, Rets, F> {
    /// The handle of this layer.
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    #[doc(hidden)]
    pub unsafe fn get_vm_function(&self) -> &VMFunction {
        &self.function
    }

    /// The handle that it was made from.
    pub fn into_callee(self) -> F {
        self.callee
    }
}

impl<Args, Rets, F: Clone> Clone for TypedFunction<Args, Rets, F> {
    fn clone(&self) -> Self {
        Self {
            callee: self.callee.clone(),
            function: self.function.clone(),
            types: PhantomData,
        }
    }
}

macro_rules! typed_calls {
    ($(($($a:ident)*))*) => { $(
        #[allow(unused_parens, non_snake_case, clippy::too_many_arguments, reason = "one form serves all lengths")]
        impl<$($a: FromToNativeWasmType,)* Rets: WasmTypeList, F: TypedCallee> TypedFunction<($($a),*), Rets, F> {
            /// Calls the function.
            ///
            /// # Errors
            ///
            /// If the call traps, or a host function gives an error.
            ///
            /// # Panics
            ///
            /// A panic of a host function goes on in the caller.
            #[inline]
            pub fn call(&self, $($a: $a),*) -> Result<Rets, F::Error> {
                // SAFETY: the types were compared when this was made.
                let outcome = unsafe { CallArguments::<Rets>::call(($($a),*), &self.function) };
                outcome.map_err(F::Error::from)
            }
        }
    )* };
}

typed_calls! {
    ()
    (A1)
    (A1 A2)
    (A1 A2 A3)
    (A1 A2 A3 A4)
    (A1 A2 A3 A4 A5)
    (A1 A2 A3 A4 A5 A6)
    (A1 A2 A3 A4 A5 A6 A7)
    (A1 A2 A3 A4 A5 A6 A7 A8)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26)
}
