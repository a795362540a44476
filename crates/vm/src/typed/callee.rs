//! Functions of instances with types that Rust knows.

use super::{CallArguments, FromToNativeWasmType, WasmTypeList};
use crate::function::VMFunction;
use crate::store::VMStore;
use crate::traps::EarlyEnd;
use crate::weak::{Gone, Link};
use std::marker::PhantomData;
use std::sync::Arc;

/// What the API keeps with each handle.
pub trait HandleContext {
    /// What the early end of a call becomes.
    type Error: From<EarlyEnd>;
    /// What the end of a call becomes if a host function was called directly.
    fn error_of_direct_call(end: EarlyEnd) -> Self::Error;
    /// The store that the function is of.
    fn vm_store(&self) -> &Arc<VMStore>;
}

/// A function whose types were compared with Rust's once.
///
/// ```
/// # use wasmill_vm::native::{HandleContext, TypedFunction};
/// # use std::sync::Arc;
/// # use wasmill_vm::{EarlyEnd, HostFunction, VMStore};
/// /// An API that keeps nothing but the store with its handles, and gives the ends of calls as they are.
/// struct Plain(Arc<VMStore>);
///
/// impl HandleContext for Plain {
///     type Error = EarlyEnd;
///     fn error_of_direct_call(end: EarlyEnd) -> EarlyEnd {
///         end
///     }
///     fn vm_store(&self) -> &Arc<VMStore> {
///         &self.0
///     }
/// }
///
/// let store = VMStore::new();
/// let add = HostFunction::typed(&store, |a: i32, b: i32| a + b);
/// let add = TypedFunction::<(i32, i32), i32, Plain>::new(add.into(), Plain(store)).unwrap();
/// assert_eq!(add.call(40, 2).unwrap(), 42);
/// ```
pub struct TypedFunction<Args, Rets, C> {
    function: Link<VMFunction>,
    context: C,
    types: PhantomData<fn(Args) -> Rets>,
}

impl<Args: WasmTypeList, Rets: WasmTypeList, C: HandleContext> TypedFunction<Args, Rets, C> {
    /// The function with these types; `None` if it has others.
    pub fn new(function: Link<VMFunction>, context: C) -> Option<Self> {
        let ty = function.declared_type();
        let fits = ty.params() == Args::wasm_types() && ty.results() == Rets::wasm_types();
        fits.then_some(Self {
            function,
            context,
            types: PhantomData,
        })
    }
}

impl<Args, Rets, C> TypedFunction<Args, Rets, C> {
    /// The handle of this layer.
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    ///
    /// # Panics
    ///
    /// If the handle is weak.
    #[doc(hidden)]
    pub unsafe fn get_vm_function(&self) -> &VMFunction {
        self.function.strong()
    }

    /// A handle of this layer that keeps the function; a function that always fails in place of one that is gone.
    pub fn to_vm_function(&self) -> VMFunction
    where
        C: HandleContext,
    {
        self.function.clone().into_function(self.context.vm_store())
    }

    /// What a call that ended with `trap` gives.
    #[cold]
    #[inline(never)]
    fn error(&self, trap: EarlyEnd) -> C::Error
    where
        C: HandleContext,
    {
        match self.function.reach(|function| function.host().is_some()) {
            Some(true) => C::error_of_direct_call(trap),
            _ => trap.into(),
        }
    }

    /// What it was made from.
    pub fn into_parts(self) -> (Link<VMFunction>, C) {
        (self.function, self.context)
    }

    /// Makes the handle one that does not keep the function.
    pub fn weaken(&mut self) {
        self.function.weaken();
    }
}

impl<Args, Rets, C: Clone> Clone for TypedFunction<Args, Rets, C> {
    fn clone(&self) -> Self {
        Self {
            function: self.function.clone(),
            context: self.context.clone(),
            types: PhantomData,
        }
    }
}

impl<Args: CallArguments<Rets>, Rets: WasmTypeList, C: HandleContext> TypedFunction<Args, Rets, C> {
    /// Calls what a weak link refers to.
    ///
    /// # Safety
    ///
    /// As for [`CallArguments::call`].
    #[cold]
    #[inline(never)]
    unsafe fn call_weak(&self, args: Args) -> Result<Rets, C::Error> {
        let function = self
            .function
            .upgrade()
            .ok_or_else(|| self.error(Gone.into()))?;
        // SAFETY: the caller's promise.
        unsafe { args.call(&function) }.map_err(|trap| self.error(trap))
    }
}

macro_rules! typed_calls {
    ($(($($a:ident)*))*) => { $(
        #[allow(unused_parens, non_snake_case, clippy::too_many_arguments, reason = "one form serves all lengths")]
        impl<$($a: FromToNativeWasmType,)* Rets: WasmTypeList, C: HandleContext> TypedFunction<($($a),*), Rets, C> {
            /// Calls the function.
            ///
            /// # Errors
            ///
            /// If the call traps, or a host function gives an error, or the handle is weak and the function gone.
            ///
            /// # Panics
            ///
            /// A panic of a host function goes on in the caller, unless the function itself is of the host: then it is an
            /// error.
            #[inline(always)]
            pub fn call(&self, $($a: $a),*) -> Result<Rets, C::Error> {
                let Link::Strong(function) = &self.function else {
                    // SAFETY: the types were compared when this was made.
                    return unsafe { self.call_weak(($($a),*)) };
                };
                // SAFETY: as above.
                let outcome = unsafe { CallArguments::<Rets>::call(($($a),*), function) };
                outcome.map_err(|trap| self.error(trap))
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
