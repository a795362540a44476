//! Instances.

use crate::env::{EnvFactory, HostEnvInitError};
use crate::{Exports, Module, RuntimeError, Store};
use std::fmt;
use wasmill_abi::VMContext;
use wasmill_engine::{Export, LinkError, Resolver};
use wasmill_vm::{InterruptHandle, Trap, TrapCode, VMExtern, VMInstance};

/// A module could not be instantiated.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Instance, InstantiationError, Module, Store, TrapCode, imports};
/// # let module = Module::new(&Store::default(), r#"(module (func unreachable) (start 0))"#).unwrap();
/// match Instance::new(&module, &imports! {}) {
///     Err(InstantiationError::Start(error)) => {
///         assert_eq!(error.to_trap(), Some(TrapCode::UnreachableCodeReached));
///     }
///     other => panic!("the start function traps: {other:?}"),
/// }
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum InstantiationError {
    /// It could not be linked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// An initialiser or the start function failed.
    #[error(transparent)]
    Start(RuntimeError),
    /// The environment of an imported function could not be initialised.
    #[error(transparent)]
    HostEnvInitialization(#[from] HostEnvInitError),
}

/// A module with its imports, memories, tables and globals: what code runs in. Clones are the same instance.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Instance, Module, Store, imports};
/// # let module = Module::new(&Store::default(), r#"(module (global $n (mut i32) (i32.const 0)) (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#).unwrap();
/// // Two instances of one module share code, but nothing that can change.
/// let first = Instance::new(&module, &imports! {}).unwrap();
/// let second = Instance::new(&module, &imports! {}).unwrap();
/// let count = first.exports.get_native_function::<(), i32>("count").unwrap();
/// assert_eq!((count.call().unwrap(), count.call().unwrap()), (1, 2));
/// let count = second.exports.get_native_function::<(), i32>("count").unwrap();
/// assert_eq!(count.call().unwrap(), 1);
/// # }
/// ```
#[derive(Clone)]
pub struct Instance {
    module: Module,
    vm: VMInstance,
    /// What it exports.
    pub exports: Exports,
}

impl Instance {
    /// Instantiates a module: links its imports, makes its memories, tables and globals, initialises the environments of
    /// imported functions, copies its active segments, and runs its start function.
    ///
    /// ```
    /// # #[cfg(all(feature = "wat", feature = "default-compiler", feature = "default-engine"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wasmill::{imports, Global, Instance, Module, Store, Value};
    /// let store = Store::default();
    /// let module = Module::new(&store, "(module (import \"env\" \"x\" (global i32)))")?;
    /// let import_object = imports! {
    ///     "env" => { "x" => Global::new(&store, Value::I32(0)) },
    /// };
    /// let instance = Instance::new(&module, &import_object)?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(feature = "wat", feature = "default-compiler", feature = "default-engine")))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// - [`InstantiationError::Link`] if an import is missing or does not fit, or a memory or table cannot be made, or, in a
    ///   store without bulk operations, a segment does not fit: nothing was written then;
    /// - [`InstantiationError::HostEnvInitialization`] if an environment lacks something;
    /// - [`InstantiationError::Start`] if a segment does not fit or the start function traps. What was written into
    ///   imported memories and tables until then stays.
    pub fn new(module: &Module, resolver: &dyn Resolver) -> Result<Self, InstantiationError> {
        let mut environments = Vec::new();
        let mut adapt = |export: Export| -> VMExtern {
            if let Export::Function(function) = &export
                && let Some((function, init)) = EnvFactory::for_instance(function)
            {
                environments.push(init);
                return function.into();
            }
            export.into()
        };
        let store = module.store();
        let runtime = module.artifact().runtime()?;
        let vm = wasmill_engine::instantiate(runtime, resolver, store.resources(), &mut adapt)?;
        let exports = Exports::of_instance(store, vm.clone());
        let instance = Self {
            module: module.clone(),
            vm,
            exports,
        };
        let _guard = instance.vm.enter();
        // WebAssembly 1.0: an instance takes effect as a whole, or cannot be linked.
        if !module.artifact().features().bulk_memory {
            let checked = instance.vm.check_segments();
            checked.map_err(|code| LinkError::Trap(trap(code)))?;
        }
        for init in environments {
            init(&instance)?;
        }
        instance
            .vm
            .initialize()
            .map_err(|code| InstantiationError::Start(trap(code)))?;
        let started = instance.vm.start();
        started.map_err(|end| InstantiationError::Start(end.into()))?;
        drop(_guard);
        Ok(instance)
    }

    /// The module it is an instance of.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module $calculator)"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert_eq!(instance.module().name(), Some("calculator"));
    /// # }
    /// ```
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module)"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert_eq!(instance.store(), module.store());
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        self.module.store()
    }

    /// A handle that ends calls into this instance from other threads, at no cost to the code that runs.
    ///
    /// It does not keep the instance, and can be made and used at any time, also while a call is running. A start function
    /// runs before there is an instance: [`InterruptHandle::for_current_thread`] ends that, too.
    ///
    /// ```
    /// # #[cfg(all(feature = "wat", feature = "default-compiler", feature = "default-engine"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wasmill::{imports, Instance, Module, Store, TrapCode};
    /// let store = Store::default();
    /// let module = Module::new(&store, "(module (func (export \"run\") (loop br 0)))")?;
    /// let instance = Instance::new(&module, &imports! {})?;
    /// let handle = instance.interrupt_handle();
    /// std::thread::spawn(move || while !handle.interrupt() {});
    /// let run = instance.exports.get_native_function::<(), ()>("run")?;
    /// let error = run.call().unwrap_err();
    /// assert_eq!(error.to_trap(), Some(TrapCode::Interrupted));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(feature = "wat", feature = "default-compiler", feature = "default-engine")))]
    /// # fn main() {}
    /// ```
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.vm.interrupt_handle()
    }

    /// The context that its code gets.
    #[doc(hidden)]
    pub fn vmctx_ptr(&self) -> *mut VMContext {
        self.vm.context()
    }
}

/// A trap outside of any code.
pub(crate) fn trap(code: TrapCode) -> RuntimeError {
    Trap::of_code(code).into()
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("exports", &self.exports)
            .finish()
    }
}
