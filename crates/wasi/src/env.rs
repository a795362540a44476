//! [`WasiEnv`]: a [`WasiState`] as the environment of host functions, together with the guest's memory.
//!
//! The state is shared by all clones. The memory is found when an instance is made: the runtime clones the environment for it and
//! calls [`init_with_instance`](WasmerEnv::init_with_instance), which looks up the export named `memory`.

use std::sync::{Arc, Mutex, MutexGuard};

use wasmill::{
    ExportError, HostEnvInitError, ImportObject, Instance, LazyInit, Memory, Module, NamedResolver,
    WasmerEnv,
};

use crate::ctx::lock_complete;
use crate::functions::{generate_import_object_from_env, namespace};
use crate::state::{WasiState, WasiStateBuilder, WasiStateCreationError};
use crate::types::__wasi_exitcode_t;
use crate::version::{get_wasi_version, get_wasi_versions};

/// Why a guest ended, or could not begin.
///
/// How to tell that a guest has ended by itself:
///
/// ```
/// # use wasmill::{Instance, Module, Store};
/// # use wasmill_wasi::{WasiError, WasiState};
/// # let module = Module::new(&Store::default(), r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 3))))"#)?;
/// # let imports = WasiState::new("program").finalize()?.import_object(&module)?;
/// # let instance = Instance::new(&module, &imports)?;
/// let error = instance.exports.get_function("_start")?.call(&[]).unwrap_err();
/// assert_eq!(error.downcast::<WasiError>().unwrap(), WasiError::Exit(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WasiError {
    /// The guest called `proc_exit` with this code. The call that ran the guest returns this as a user error.
    #[error("WASI exited with code: {0}")]
    Exit(__wasi_exitcode_t),
    /// The module imports nothing of WASI, or from more than one version.
    #[error("The WASI version could not be determined")]
    UnknownWasiVersion,
}

/// What WASI functions work with: the state, shared by all clones, and the memory of the instance they serve.
///
/// ```
/// # use wasmill_wasi::WasiState;
/// let env = WasiState::new("program").arg("input.txt").finalize()?;
/// let clone = env.clone();
/// assert_eq!(clone.state().args[1], b"input.txt", "clones share the state");
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct WasiEnv {
    /// What the guest sees. It is locked for moments only, never while the guest runs.
    pub state: Arc<Mutex<WasiState>>,
    memory: LazyInit<Memory>,
}

impl WasiEnv {
    /// An environment for a state, with no memory yet.
    ///
    /// ```
    /// # use wasmill_wasi::{WasiEnv, WasiState};
    /// let env = WasiEnv::new(WasiState::new("program").build()?);
    /// assert!(env.memory_ref().is_none());
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn new(state: WasiState) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
            memory: LazyInit::new(),
        }
    }

    /// The functions of the one WASI version that the module imports from.
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_wasi::{WasiError, WasiState};
    /// # let store = Store::default();
    /// let mut env = WasiState::new("program").finalize()?;
    /// let text = r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))"#;
    /// let imports = env.import_object(&Module::new(&store, text)?)?;
    /// assert!(imports.get_export("wasi_snapshot_preview1", "fd_write").is_some());
    ///
    /// let error = env.import_object(&Module::new(&store, "(module)")?).unwrap_err();
    /// assert_eq!(error, WasiError::UnknownWasiVersion);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the module imports no functions of WASI.
    pub fn import_object(&mut self, module: &Module) -> Result<ImportObject, WasiError> {
        let version = get_wasi_version(module, false).ok_or(WasiError::UnknownWasiVersion)?;
        Ok(generate_import_object_from_env(
            module.store(),
            self.clone(),
            version,
        ))
    }

    /// The functions of all the WASI versions that the module imports from.
    ///
    /// ```
    /// # use wasmill::{Instance, Module, Store};
    /// # use wasmill_wasi::WasiState;
    /// # let store = Store::default();
    /// let mut env = WasiState::new("program").finalize()?;
    /// let text = r#"(module
    ///     (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    ///     (import "wasi_unstable" "sched_yield" (func (result i32))))"#;
    /// let module = Module::new(&store, text)?;
    /// let imports = env.import_object_for_all_wasi_versions(&module)?;
    /// assert!(Instance::new(&module, &imports).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the module imports no functions of WASI.
    pub fn import_object_for_all_wasi_versions(
        &mut self,
        module: &Module,
    ) -> Result<Box<dyn NamedResolver>, WasiError> {
        let versions = get_wasi_versions(module, false).unwrap_or_default();
        if versions.is_empty() {
            return Err(WasiError::UnknownWasiVersion);
        }
        let mut imports = ImportObject::new();
        for version in versions {
            imports.register(
                version.get_namespace_str(),
                namespace(module.store(), self, version),
            );
        }
        Ok(Box::new(imports))
    }

    /// The state, locked. The guest's next WASI call waits until the guard is dropped.
    ///
    /// While a guest in another thread uses a [`WasiFile`](crate::WasiFile) of the host program's own making, this waits, and while
    /// the calling thread does (the file itself calls this), the file is not to be found in the state. Whoever locks
    /// [`state`](Self::state) directly may miss it in both cases.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let env = WasiState::new("program").finalize()?;
    /// env.state().args.push(b"one-more".to_vec());
    /// assert_eq!(env.state().args.len(), 2);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn state(&self) -> MutexGuard<'_, WasiState> {
        lock_complete(&self.state)
    }

    /// The guest's memory.
    ///
    /// ```
    /// # use wasmill::{Instance, Module, Store, WasmerEnv, imports};
    /// # use wasmill_wasi::WasiState;
    /// # let module = Module::new(&Store::default(), "(module (memory (export \"memory\") 1))")?;
    /// # let instance = Instance::new(&module, &imports! {})?;
    /// let mut env = WasiState::new("program").finalize()?;
    /// env.init_with_instance(&instance)?;
    /// assert_eq!(env.memory().data_size(), 65_536);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If this environment belongs to no instance yet, or the guest exports no memory. A guest never causes this: its calls end
    /// with a trap instead.
    pub fn memory(&self) -> &Memory {
        self.memory_ref()
            .expect("a WASI environment has a memory once its guest is instantiated and exports one as `memory`")
    }

    /// The guest's memory, if this environment belongs to an instance that exports one.
    ///
    /// ```
    /// # use wasmill::{Instance, Module, Store, WasmerEnv, imports};
    /// # use wasmill_wasi::WasiState;
    /// # let module = Module::new(&Store::default(), "(module (memory (export \"memory\") 1))")?;
    /// # let instance = Instance::new(&module, &imports! {})?;
    /// let mut env = WasiState::new("program").finalize()?;
    /// env.init_with_instance(&instance)?;
    /// assert!(env.memory_ref().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memory_ref(&self) -> Option<&Memory> {
        self.memory.get_ref()
    }
}

impl WasmerEnv for WasiEnv {
    /// Looks up the export `memory`. A guest without one can still call what takes no pointers.
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        // A weak handle: the environment belongs to the instance and must not keep it alive.
        match instance
            .exports
            .get_with_generics_weak::<Memory, (), ()>("memory")
        {
            Ok(memory) => {
                self.memory.initialize(memory);
                Ok(())
            }
            Err(ExportError::Missing(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl WasiStateBuilder {
    /// [`build`](Self::build)s the state and makes an environment of it.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let env = WasiState::new("program").finalize()?;
    /// assert_eq!(env.state().args, [b"program"]);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn finalize(&mut self) -> Result<WasiEnv, WasiStateCreationError> {
        Ok(WasiEnv::new(self.build()?))
    }
}
