//! What a cache is.

use crate::Hash;
use std::error::Error;
use wasmill::{Module, Store};

/// Keeps compiled modules by the hash of what they were compiled from.
pub trait Cache {
    /// Why a module could not be stored.
    type SerializeError: Error + Send + Sync;
    /// Why a module could not be loaded.
    type DeserializeError: Error + Send + Sync;

    /// Loads a module.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be used here.
    ///
    /// # Safety
    ///
    /// There is machine code in the cache, which nobody can check: nobody who wants harm can write to it.
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn load(&self, store: &Store, key: Hash) -> Result<Module, Self::DeserializeError>;

    /// Stores a module, in the place of one that was stored with the same key.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn store(&mut self, key: Hash, module: &Module) -> Result<(), Self::SerializeError>;
}
