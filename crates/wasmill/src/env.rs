//! Environments of host functions.
//!
//! A function with an environment is a template: each instance that imports it gets a function of its own with a clone of
//! the environment, which learns of the instance after everything of it exists and before any of its code runs.

use crate::{ExportError, Instance};
use std::fmt;
use std::sync::{Arc, Mutex};
use wasmill_vm::VMFunction;

/// An environment could not be initialised.
#[derive(Debug, thiserror::Error)]
pub enum HostEnvInitError {
    /// An export that it needs is missing, or of the wrong kind.
    #[error("Host env initialization error: {0}")]
    Export(#[from] ExportError),
}

/// What can be the environment of a host function.
pub trait WasmerEnv: Clone + Send + Sync {
    /// Tells the environment of the instance that it now belongs to.
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

plain_envs!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize f32 f64 char bool String);

impl WasmerEnv for () {}

macro_rules! shared_envs {
    ($($ty:ident)*) => { $(
        impl WasmerEnv for &'static std::sync::atomic::$ty {}
        impl WasmerEnv for Arc<std::sync::atomic::$ty> {}
    )* };
}

shared_envs!(AtomicBool AtomicI8 AtomicU8 AtomicI16 AtomicU16 AtomicI32 AtomicU32 AtomicI64 AtomicU64 AtomicIsize AtomicUsize);

impl<T: WasmerEnv> WasmerEnv for Box<T> {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        (**self).init_with_instance(instance)
    }
}

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

/// A value that is set later, at most once.
pub struct LazyInit<T: Sized> {
    data: Option<T>,
}

impl<T> LazyInit<T> {
    /// Without a value.
    pub fn new() -> Self {
        Self { data: None }
    }
    /// The value.
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
    pub fn get_ref(&self) -> Option<&T> {
        self.data.as_ref()
    }
    /// Sets the value; `false` if it had been set, and then `value` is dropped.
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

    /// What an instance is to import in place of `function`.
    pub(crate) fn for_instance(function: &VMFunction) -> Option<(VMFunction, InitEnv)> {
        let factory = function.host()?.env()?.downcast_ref::<Self>()?;
        Some((factory.0)(function))
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
