//! Environments of host functions.
//!
//! A function with an environment is a template: each instance that imports it gets a function of its own with a clone of
//! the environment, which learns of the instance after everything of it exists and before any of its code runs.

use crate::{ExportError, ExportableWithGenerics, Instance};
use std::fmt;
use std::sync::{Arc, Mutex, RwLock};
use wasmill_engine::ExportFunction;
use wasmill_vm::VMFunction;
use wasmill_vm::native::{WasmTypeList, WithoutEnv};

/// An environment could not be initialised.
///
/// ```
/// # use wasmill::{ExportError, HostEnvInitError};
/// let error = HostEnvInitError::from(ExportError::Missing("memory".into()));
/// assert_eq!(error.to_string(), "Host env initialization error: Missing export memory");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum HostEnvInitError {
    /// An export that it needs is missing, or of the wrong kind.
    #[error("Host env initialization error: {0}")]
    Export(#[from] ExportError),
}

/// What can be the environment of a host function.
///
/// A function with an environment is a template: each instance that imports it gets a function of its own, with a clone of
/// the environment. [`WasmerEnv::init_with_instance`] runs on that clone after everything of the instance exists, and
/// before its active segments and its start function.
///
/// # Deriving
///
/// For a struct, `#[derive(WasmerEnv)]` sets the fields with `#[wasmer(export)]` to exports of the instance. Such a field is
/// a [`LazyInit`] of a handle ([`Memory`](crate::Memory), [`Function`](crate::Function),
/// [`NativeFunc`](crate::NativeFunc), [`Table`](crate::Table), [`Global`](crate::Global)).
///
/// ```
/// # #[cfg(all(feature = "wat", feature = "default-compiler", feature = "default-engine"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wasmill::{imports, Function, Instance, LazyInit, Memory, Module, NativeFunc, Store, WasmerEnv};
/// #[derive(Clone, WasmerEnv)]
/// struct Env {
///     greeting: String,
///     #[wasmer(export)]
///     memory: LazyInit<Memory>,
///     #[wasmer(export(name = "__alloc", alias = "alloc"))]
///     allocate: LazyInit<NativeFunc<i32, i32>>,
///     #[wasmer(export(optional = true))]
///     free: LazyInit<NativeFunc<i32, ()>>,
/// }
///
/// fn greet(env: &Env) -> i32 {
///     let place = env.allocate_ref().unwrap().call(env.greeting.len() as i32).unwrap();
///     env.memory_ref().unwrap().write(place as u64, env.greeting.as_bytes()).unwrap();
///     assert!(env.free_ref().is_none());
///     place
/// }
///
/// let store = Store::default();
/// let env = Env {
///     greeting: "hello".into(),
///     memory: LazyInit::new(),
///     allocate: LazyInit::new(),
///     free: LazyInit::new(),
/// };
/// let imports = imports! {
///     "env" => { "greet" => Function::new_native_with_env(&store, env, greet) },
/// };
/// let module = Module::new(&store, r#"(module
///     (import "env" "greet" (func $greet (result i32)))
///     (memory (export "memory") 1)
///     (func (export "alloc") (param i32) (result i32) (i32.const 64))
///     (func (export "run") (result i32) (i32.load8_u (call $greet))))"#)?;
/// let instance = Instance::new(&module, &imports)?;
/// let run = instance.exports.get_native_function::<(), i32>("run")?;
/// assert_eq!(run.call()?, i32::from(b'h'));
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "wat", feature = "default-compiler", feature = "default-engine")))]
/// # fn main() {}
/// ```
///
/// | option | |
/// |---|---|
/// | `name = "…"` | what the export is called, if not like the field; needed in tuple structs |
/// | `alias = "…"` | what to look for next, in order, if there is none of that name; may be repeated |
/// | `optional = true` | leave the field empty if there is no such export; one of another type is an error all the same |
///
/// For each such field, say `memory`, the struct gets `memory_ref(&self) -> Option<&Memory>` and
/// `unsafe fn memory_ref_unchecked(&self) -> &Memory`. An enum can be an environment, but has no exports.
///
/// The macro tells at compile time what it does not understand:
///
/// ```compile_fail
/// #[derive(Clone, wasmill::WasmerEnv)]
/// struct Env {
///     #[wasmer(export)]
///     memory: wasmill::Memory, // not in a `LazyInit`
/// }
/// ```
///
/// ```compile_fail
/// #[derive(Clone, wasmill::WasmerEnv)]
/// struct Env {
///     #[wasmer(exported)]
///     memory: wasmill::LazyInit<wasmill::Memory>,
/// }
/// ```
///
/// ```compile_fail
/// #[derive(Clone, wasmill::WasmerEnv)]
/// struct Env {
///     #[wasmer(export)]
///     text: wasmill::LazyInit<String>, // nothing that could be exported
/// }
/// ```
///
/// # What keeps what
///
/// The instance keeps its functions and they keep their environments. So an environment must not keep its instance, or
/// both live for ever. What the macro sets is weak ([`Exports::get_with_generics_weak`](crate::Exports::get_with_generics_weak)),
/// and code written by hand should do the same. A *clone* of such a handle keeps the instance, as does an
/// [`Instance`] or its [`Exports`](crate::Exports): those are for the stack of a function, not for the environment.
pub trait WasmerEnv: Clone + Send + Sync {
    /// Tells the environment of the instance that it now belongs to.
    ///
    /// Written by hand, with a weak handle (see "What keeps what" above):
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{HostEnvInitError, Instance, LazyInit, Memory, Module, Pages, Store, WasmerEnv, imports};
    /// #[derive(Clone)]
    /// struct Env {
    ///     memory: LazyInit<Memory>,
    /// }
    ///
    /// impl WasmerEnv for Env {
    ///     fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
    ///         let memory = instance.exports.get_with_generics_weak("memory")?;
    ///         self.memory.initialize(memory);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # let module = Module::new(&Store::default(), r#"(module (memory (export "memory") 2))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let mut env = Env { memory: LazyInit::new() };
    /// env.init_with_instance(&instance).unwrap();
    /// assert_eq!(env.memory.get_ref().unwrap().size(), Pages(2));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the instance lacks something that the environment needs.
    fn init_with_instance(&mut self, _instance: &Instance) -> Result<(), HostEnvInitError> {
        Ok(())
    }
}

macro_rules! plain_envs {
    ($($ty:ty)*) => { $( impl WasmerEnv for $ty {} )* };
}

plain_envs!(() u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize f32 f64 char bool String &str);

impl WasmerEnv for WithoutEnv {}

macro_rules! shared_envs {
    ($($ty:ident)*) => { $(
        impl WasmerEnv for &std::sync::atomic::$ty {}
        impl WasmerEnv for Arc<std::sync::atomic::$ty> {}
    )* };
}

shared_envs!(AtomicBool AtomicI8 AtomicU8 AtomicI16 AtomicU16 AtomicI32 AtomicU32 AtomicI64 AtomicU64 AtomicIsize AtomicUsize);

impl<T: WasmerEnv> WasmerEnv for Box<T> {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        (**self).init_with_instance(instance)
    }
}

impl<T: WasmerEnv> WasmerEnv for Option<T> {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        match self {
            Some(env) => env.init_with_instance(instance),
            None => Ok(()),
        }
    }
}

/// All instances share the environment, and each initialises it: a [`LazyInit`] in it stays with the first.
impl<T: WasmerEnv> WasmerEnv for Arc<Mutex<T>> {
    /// # Panics
    ///
    /// If the mutex is poisoned.
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        self.lock()
            .expect("the mutex of the environment is not poisoned")
            .init_with_instance(instance)
    }
}

/// As with a mutex.
impl<T: WasmerEnv> WasmerEnv for Arc<RwLock<T>> {
    /// # Panics
    ///
    /// If the lock is poisoned.
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        self.write()
            .expect("the lock of the environment is not poisoned")
            .init_with_instance(instance)
    }
}

/// A value that is set later, at most once: an export that an environment has only once its instance exists.
///
/// ```
/// # use wasmill::LazyInit;
/// let mut place = LazyInit::new();
/// assert_eq!(place.get_ref(), None);
/// assert!(place.initialize(1));
/// assert!(!place.initialize(2));
/// assert_eq!(place.get_ref(), Some(&1));
/// ```
pub struct LazyInit<T: Sized> {
    data: Option<T>,
}

impl<T> LazyInit<T> {
    /// Without a value.
    ///
    /// ```
    /// # use wasmill::LazyInit;
    /// let place = LazyInit::<String>::new();
    /// assert_eq!(place.get_ref(), None);
    /// ```
    pub fn new() -> Self {
        Self { data: None }
    }
    /// The value.
    ///
    /// ```
    /// # use wasmill::LazyInit;
    /// let mut place = LazyInit::new();
    /// place.initialize(7);
    /// // SAFETY: it has just been set.
    /// assert_eq!(unsafe { place.get_unchecked() }, &7);
    /// ```
    ///
    /// # Safety
    ///
    /// It has been set. (It is checked all the same.)
    ///
    /// # Panics
    ///
    /// If it has not been set.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn get_unchecked(&self) -> &T {
        self.data
            .as_ref()
            .expect("a `LazyInit` was used before it was initialised")
    }
    /// The value, if it has been set.
    ///
    /// ```
    /// # use wasmill::LazyInit;
    /// let mut place = LazyInit::new();
    /// assert!(place.get_ref().is_none());
    /// place.initialize("now");
    /// assert_eq!(place.get_ref(), Some(&"now"));
    /// ```
    pub fn get_ref(&self) -> Option<&T> {
        self.data.as_ref()
    }
    /// Sets the value; `false` if it had been set, and then `value` is dropped.
    ///
    /// ```
    /// # use wasmill::LazyInit;
    /// let mut place = LazyInit::new();
    /// assert!(place.initialize("first"));
    /// assert!(!place.initialize("second"));
    /// assert_eq!(place.get_ref(), Some(&"first"));
    /// ```
    pub fn initialize(&mut self, value: T) -> bool {
        let first = self.data.is_none();
        if first {
            self.data = Some(value);
        }
        first
    }
}

impl<T> Default for LazyInit<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Clone for LazyInit<T> {
    fn clone(&self) -> Self {
        Self {
            data: self.data.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for LazyInit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyInit")
            .field("data", &self.data)
            .finish()
    }
}

/// Sets the field of an environment to the first export found under one of these names. For the code of the derive macro.
///
/// # Errors
///
/// That of the last name. What is `optional` may be missing, but not be of another type.
pub fn initialize_export<'a, T, Args, Rets>(
    field: &mut LazyInit<T>,
    instance: &'a Instance,
    names: &[&str],
    optional: bool,
) -> Result<(), HostEnvInitError>
where
    Args: WasmTypeList,
    Rets: WasmTypeList,
    T: ExportableWithGenerics<'a, Args, Rets>,
{
    let mut failure = None;
    for name in names {
        match instance.exports.get_with_generics_weak(name) {
            Ok(export) => {
                field.initialize(export);
                return Ok(());
            }
            Err(ExportError::Missing(_)) if optional => {}
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(()), |error| Err(error.into()))
}

/// What is left to do for an environment once its instance exists.
pub(crate) type InitEnv = Box<dyn FnOnce(&Instance) -> Result<(), HostEnvInitError>>;

type MakeFunction = dyn Fn(&VMFunction) -> (VMFunction, InitEnv) + Send + Sync;

/// Makes the functions of instances from a function with an environment, which it is given.
pub(crate) struct EnvFactory(Box<MakeFunction>);

impl EnvFactory {
    pub(crate) fn new(
        make: impl Fn(&VMFunction) -> (VMFunction, InitEnv) + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(make))
    }

    /// What an instance is to import in place of `export`. Metadata of another function counts for nothing.
    pub(crate) fn for_instance(export: &ExportFunction) -> Option<(VMFunction, InitEnv)> {
        let ExportFunction {
            vm_function,
            metadata,
        } = export;
        let factory = metadata.as_ref()?;
        let own = vm_function.host()?.env()?;
        let factory = Arc::ptr_eq(factory, own).then_some(factory)?;
        Some((factory.downcast_ref::<Self>()?.0)(vm_function))
    }
}

/// Initialises a clone of an environment and hands it to the function it is for.
pub(crate) fn initializer<Env: WasmerEnv + 'static>(
    mut env: Env,
    set: impl FnOnce(Env) + 'static,
) -> InitEnv {
    Box::new(move |instance| {
        env.init_with_instance(instance)?;
        set(env);
        Ok(())
    })
}
