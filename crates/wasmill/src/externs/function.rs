//! Functions.

use super::gone;
use crate::env::{EnvFactory, WasmerEnv};
use crate::native::NativeFunc;
use crate::value::{check_store, cross_store, types};
use crate::{RuntimeError, Store, Val};
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmill_engine::Export;
use wasmill_types::{FunctionType, Type};
use wasmill_vm::native::{
    EnvState, HostFunction, SharedFunction, WasmTypeList, WithEnv, WithoutEnv,
};
use wasmill_vm::{DynamicCall, HostError, Link, VMFunction};

/// A function, of the host or of an instance. Clones are the same function.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Function, Store, Value};
/// let store = Store::default();
/// let factor = 3;
/// let multiply = Function::new_native(&store, move |a: i32| a * factor);
/// assert_eq!(*multiply.call(&[Value::I32(14)]).unwrap(), [Value::I32(42)]);
/// assert_eq!(multiply.native::<i32, i32>().unwrap().call(2).unwrap(), 6);
/// # }
/// ```
///
/// A *weak* handle (see [`Exports::get_with_generics_weak`](crate::Exports::get_with_generics_weak)) does not keep the
/// function. Once the function is gone, calls give an error. Its clones keep the function.
pub struct Function {
    store: Store,
    link: Link<VMFunction>,
}

impl Clone for Function {
    // Inline, so that what is written in two parts is not read back as one.
    #[inline(always)]
    fn clone(&self) -> Self {
        Self {
            link: self.link.clone(),
            store: self.store.clone(),
        }
    }
}

impl PartialEq for Function {
    /// Whether the two are the same function. One that is gone is not the same as any.
    fn eq(&self, other: &Self) -> bool {
        self.link.same(&other.link, VMFunction::eq)
    }
}

impl Function {
    /// A host function whose type is known at run time only. A call ends with an error if the closure gives results of
    /// other types than `ty` says.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, RuntimeError, Store, Type, Value};
    /// let store = Store::default();
    /// let add = Function::new(&store, ([Type::I32, Type::I32], [Type::I32]), |args| {
    ///     let sum = args[0].unwrap_i32().checked_add(args[1].unwrap_i32());
    ///     let sum = sum.ok_or_else(|| RuntimeError::new("too large"))?;
    ///     Ok(vec![Value::I32(sum)])
    /// });
    /// let two = Value::I32(2);
    /// assert_eq!(*add.call(&[two.clone(), two.clone()]).unwrap(), [Value::I32(4)]);
    /// let error = add.call(&[two, Value::I32(i32::MAX)]).unwrap_err();
    /// assert_eq!(error.message(), "too large");
    /// # }
    /// ```
    pub fn new<FT, F>(store: &Store, ty: FT, func: F) -> Self
    where
        FT: Into<FunctionType>,
        F: Fn(&[Val]) -> Result<Vec<Val>, RuntimeError> + 'static + Send + Sync,
    {
        let own = store.clone();
        let call = move |call: &mut DynamicCall<'_>| run_dynamic(&own, call, &func);
        let vm = make_dynamic(store, ty.into(), None, call);
        Self::from_vm(store, vm)
    }

    /// The same with an environment, which each instance that imports the function gets a clone of.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use std::sync::{Arc, Mutex};
    /// # use wasmill::{Function, Store, Type, Value};
    /// # let store = Store::default();
    /// let total = Arc::new(Mutex::new(0));
    /// let add = Function::new_with_env(&store, ([Type::I32], []), total.clone(), |total, args| {
    ///     *total.lock().unwrap() += args[0].unwrap_i32();
    ///     Ok(vec![])
    /// });
    /// add.call(&[Value::I32(5)]).unwrap();
    /// add.call(&[Value::I32(2)]).unwrap();
    /// assert_eq!(*total.lock().unwrap(), 7);
    /// # }
    /// ```
    pub fn new_with_env<FT, F, Env>(store: &Store, ty: FT, env: Env, func: F) -> Self
    where
        FT: Into<FunctionType>,
        F: Fn(&Env, &[Val]) -> Result<Vec<Val>, RuntimeError> + 'static + Send + Sync,
        Env: Sized + WasmerEnv + 'static,
    {
        let (ty, func) = (ty.into(), Arc::new(func));
        let factory = {
            let (store, ty, func, env) = (store.clone(), ty.clone(), func.clone(), env.clone());
            EnvFactory::new(move |_origin| {
                let place = Arc::new(OnceLock::new());
                let vm = dynamic_with_env(&store, ty.clone(), func.clone(), place.clone(), None);
                (
                    vm,
                    crate::env::initializer(env.clone(), move |env| drop(place.set(env))),
                )
            })
        };
        let place = Arc::new(OnceLock::from(env));
        Self::from_vm(
            store,
            dynamic_with_env(store, ty, func, place, Some(factory)),
        )
    }

    /// A host function from a Rust function or closure; its type follows from Rust's. WebAssembly calls it directly.
    ///
    /// It may capture. A closure that is not `Sync`, because of what it captures, runs on one thread at a time.
    ///
    /// A `Result` of the function becomes the error of the call:
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, FunctionType, RuntimeError, Store, Type, Value};
    /// # let store = Store::default();
    /// let divide = Function::new_native(&store, |a: i64, b: i64| {
    ///     a.checked_div(b).ok_or_else(|| RuntimeError::new("cannot divide"))
    /// });
    /// assert_eq!(divide.ty(), &FunctionType::from(([Type::I64, Type::I64], [Type::I64])));
    /// assert_eq!(*divide.call(&[Value::I64(7), Value::I64(2)]).unwrap(), [Value::I64(3)]);
    /// let error = divide.call(&[Value::I64(7), Value::I64(0)]).unwrap_err();
    /// assert_eq!(error.message(), "cannot divide");
    /// # }
    /// ```
    pub fn new_native<F, Args, Rets, Env>(store: &Store, func: F) -> Self
    where
        F: HostFunction<Args, Rets, WithoutEnv, Env>,
        Args: WasmTypeList,
        Rets: WasmTypeList,
        Env: Sized + 'static,
    {
        let vm = wasmill_vm::HostFunction::typed(store.vm(), func);
        Self::from_vm(store, vm)
    }

    /// The same with an environment, which each instance that imports the function gets a clone of.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use std::sync::Arc;
    /// # use std::sync::atomic::{AtomicI32, Ordering};
    /// # use wasmill::{Function, Instance, Module, Store, imports};
    /// fn next(counter: &Arc<AtomicI32>, step: i32) -> i32 {
    ///     counter.fetch_add(step, Ordering::Relaxed) + step
    /// }
    ///
    /// # let store = Store::default();
    /// let counter = Arc::new(AtomicI32::new(10));
    /// let imports = imports! {
    ///     "env" => { "next" => Function::new_native_with_env(&store, counter.clone(), next) },
    /// };
    /// let module = Module::new(&store, r#"(module
    ///     (import "env" "next" (func $next (param i32) (result i32)))
    ///     (func (export "run") (result i32) (call $next (i32.const 5))))"#).unwrap();
    /// let instance = Instance::new(&module, &imports).unwrap();
    /// let run = instance.exports.get_native_function::<(), i32>("run").unwrap();
    /// assert_eq!((run.call().unwrap(), run.call().unwrap()), (15, 20));
    /// assert_eq!(counter.load(Ordering::Relaxed), 20);
    /// # }
    /// ```
    pub fn new_native_with_env<F, Args, Rets, Env>(store: &Store, env: Env, func: F) -> Self
    where
        F: HostFunction<Args, Rets, WithEnv, Env>,
        Args: WasmTypeList,
        Rets: WasmTypeList,
        Env: Sized + WasmerEnv + 'static,
    {
        let func = SharedFunction::new(func);
        let factory = {
            let (store, func, env) = (store.clone(), func.clone(), env.clone());
            EnvFactory::new(move |origin| {
                let state = Arc::new(EnvState {
                    function: func.clone(),
                    env: OnceLock::new(),
                });
                let vm = native_with_env(&store, state.clone(), Some(origin), None);
                let init = crate::env::initializer(env.clone(), EnvState::setter(state));
                (vm, init)
            })
        };
        let state = Arc::new(EnvState {
            function: func,
            env: OnceLock::from(env),
        });
        Self::from_vm(store, native_with_env(store, state, None, Some(factory)))
    }

    pub(crate) fn from_vm(store: &Store, vm: VMFunction) -> Self {
        Self::from_link(store.clone(), vm.into())
    }

    pub(crate) fn from_link(store: Store, link: Link<VMFunction>) -> Self {
        Self { store, link }
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
    pub unsafe fn get_vm_function(&self) -> &VMFunction {
        self.link.strong()
    }

    pub(crate) fn export(&self) -> Export {
        self.clone().into_vm().into()
    }

    /// Makes the handle one that does not keep the function.
    pub(crate) fn weaken(&mut self) {
        self.link.weaken();
    }

    /// The handle of the lower layer; a function that always fails in place of one that is gone.
    #[inline]
    pub(crate) fn into_vm(self) -> VMFunction {
        self.link.into_function(self.store.vm())
    }

    /// Gives `access` the handle of the lower layer, which stays where it is; see [`Function::into_vm`].
    #[inline(always)]
    pub(crate) fn lend<R>(&self, access: impl FnOnce(&VMFunction) -> R) -> R {
        let kept;
        let vm = match &self.link {
            Link::Strong(vm) => vm,
            Link::Weak(_) => {
                kept = self.kept();
                &*kept
            }
        };
        access(vm)
    }

    /// The handle of the lower layer for a weak one, by a pointer.
    #[cold]
    #[inline(never)]
    fn kept(&self) -> Box<VMFunction> {
        Box::new(self.clone().into_vm())
    }

    /// The handle of the lower layer, if the function is of this store.
    fn vm_of(&self, store: &Store) -> Result<VMFunction, RuntimeError> {
        match Store::same(&self.store, store) {
            true => Ok(self.clone().into_vm()),
            false => Err(cross_store()),
        }
    }

    /// Its type.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store};
    /// let f = Function::new_native(&Store::default(), |_a: i32, _b: f64| 0_i64);
    /// assert_eq!(f.ty().to_string(), "[I32, F64] -> [I64]");
    /// # }
    /// ```
    pub fn ty(&self) -> &FunctionType {
        self.link.declared_type()
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store};
    /// # let store = Store::default();
    /// assert_eq!(Function::new_native(&store, || ()).store(), &store);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How many parameters it has.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store};
    /// let f = Function::new_native(&Store::default(), |_a: i32, _b: i32| ());
    /// assert_eq!(f.param_arity(), 2);
    /// # }
    /// ```
    pub fn param_arity(&self) -> usize {
        self.ty().params().len()
    }

    /// How many results it has.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store};
    /// let f = Function::new_native(&Store::default(), |a: i32| (a, a));
    /// assert_eq!(f.result_arity(), 2);
    /// # }
    /// ```
    pub fn result_arity(&self) -> usize {
        self.ty().results().len()
    }

    /// Calls the function.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, TrapCode, Value, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let divide = instance.exports.get_function("div").unwrap();
    /// let results = divide.call(&[Value::I32(84), Value::I32(2)]).unwrap();
    /// assert_eq!(*results, [Value::I32(42)]);
    ///
    /// let error = divide.call(&[Value::I32(84), Value::I32(0)]).unwrap_err();
    /// assert_eq!(error.to_trap(), Some(TrapCode::IntegerDivisionByZero));
    /// let error = divide.call(&[Value::I32(84)]).unwrap_err();
    /// assert_eq!(
    ///     error.message(),
    ///     "Parameters of type [I32] did not match signature [I32, I32] -> [I32]"
    /// );
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If number or types of the arguments are wrong, or one is of another store; if the call traps or a host function
    /// gives an error; if the function is gone.
    ///
    /// # Panics
    ///
    /// A panic of a host function goes on in the caller.
    pub fn call(&self, params: &[Val]) -> Result<Box<[Val]>, RuntimeError> {
        let Link::Strong(vm) = &self.link else {
            return self.call_weak(params);
        };
        let callee = vm.callee();
        let ty = callee.ty();
        if !params.iter().map(Val::ty).eq(ty.params().iter().copied()) {
            return Err(RuntimeError::new(format!(
                "Parameters of type {:?} did not match signature {ty}",
                types(params)
            )));
        }
        for param in params {
            check_store(&self.store, param)?;
        }
        let lower = |function: &Self| function.clone().into_vm();
        let lift = |vm| Self::from_vm(&self.store, vm);
        let outcome = callee.call(params, lower, lift);
        outcome.map_err(RuntimeError::from)
    }

    #[cold]
    fn call_weak(&self, params: &[Val]) -> Result<Box<[Val]>, RuntimeError> {
        let vm = self.link.upgrade().ok_or_else(gone)?;
        Self::from_vm(&self.store, vm).call(params)
    }

    /// The function with types that Rust knows, for calls without checks.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store};
    /// let double = Function::new_native(&Store::default(), |a: i32| 2 * a);
    /// let native = double.native::<i32, i32>().unwrap();
    /// assert_eq!(native.call(21).unwrap(), 42);
    /// assert_eq!(
    ///     double.native::<i64, i32>().err().unwrap().message(),
    ///     "given types (`[I64]`) for the function arguments don't match the actual types (`[I32]`)"
    /// );
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the types are not those of the function.
    pub fn native<Args, Rets>(&self) -> Result<NativeFunc<Args, Rets>, RuntimeError>
    where
        Args: WasmTypeList,
        Rets: WasmTypeList,
    {
        matches(Args::wasm_types(), self.ty().params(), "arguments")?;
        matches(Rets::wasm_types(), self.ty().results(), "results")?;
        let native = NativeFunc::new(self.link.clone(), self.store.clone());
        Ok(native.expect("the types were compared"))
    }
}

fn matches(given: &[Type], actual: &[Type], what: &str) -> Result<(), RuntimeError> {
    if given == actual {
        return Ok(());
    }
    Err(RuntimeError::new(format!(
        "given types (`{given:?}`) for the function {what} don't match the actual types (`{actual:?}`)"
    )))
}

fn make_dynamic(
    store: &Store,
    ty: FunctionType,
    factory: Option<EnvFactory>,
    call: impl Fn(&mut DynamicCall<'_>) -> Result<(), HostError> + Send + Sync + 'static,
) -> VMFunction {
    let factory = factory.map(|factory| Arc::new(factory) as _);
    wasmill_vm::HostFunction::dynamic(store.vm(), ty, factory, Box::new(call))
}

/// Runs a host function of the API: translates values both ways.
fn run_dynamic(
    store: &Store,
    call: &mut DynamicCall<'_>,
    func: impl FnOnce(&[Val]) -> Result<Vec<Val>, RuntimeError>,
) -> Result<(), HostError> {
    let results = call.with_args(|vm| Function::from_vm(store, vm), func)?;
    call.give(results, |function| function.vm_of(store))
}

fn dynamic_with_env<F, Env>(
    store: &Store,
    ty: FunctionType,
    func: Arc<F>,
    env: Arc<OnceLock<Env>>,
    factory: Option<EnvFactory>,
) -> VMFunction
where
    F: Fn(&Env, &[Val]) -> Result<Vec<Val>, RuntimeError> + 'static + Send + Sync,
    Env: WasmerEnv + 'static,
{
    let own = store.clone();
    make_dynamic(store, ty, factory, move |call| {
        let env = env
            .get()
            .expect("the environment is initialised before the instance runs");
        run_dynamic(&own, call, |args| func(env, args))
    })
}

fn native_with_env<F, Args, Rets, Env>(
    store: &Store,
    state: Arc<EnvState<F, Env>>,
    origin: Option<&VMFunction>,
    factory: Option<EnvFactory>,
) -> VMFunction
where
    F: HostFunction<Args, Rets, WithEnv, Env>,
    Args: WasmTypeList,
    Rets: WasmTypeList,
    Env: WasmerEnv + 'static,
{
    let factory = factory.map(|factory| Arc::new(factory) as _);
    wasmill_vm::HostFunction::typed_with_env(store.vm(), state, origin, factory)
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("ty", self.ty()).finish()
    }
}
