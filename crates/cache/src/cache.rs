//! What a cache is.

use crate::Hash;
use std::error::Error;
use wasmill::{Module, Store};

/// Keeps compiled modules by the hash of what they were compiled from.
///
/// One in memory, for programs that compile the same module several times:
///
/// ```
/// use std::collections::HashMap;
/// use wasmill::{DeserializeError, Module, SerializeError, Store};
/// use wasmill_cache::{Cache, Hash};
///
/// #[derive(Default)]
/// struct InMemory(HashMap<Hash, Vec<u8>>);
///
/// impl Cache for InMemory {
///     type SerializeError = SerializeError;
///     type DeserializeError = DeserializeError;
///
///     unsafe fn load(&self, store: &Store, key: Hash) -> Result<Module, DeserializeError> {
///         let missing = || DeserializeError::Generic("there is no such module".to_owned());
///         let bytes = self.0.get(&key).ok_or_else(missing)?;
///         // SAFETY: only `store` puts something there.
///         unsafe { Module::deserialize(store, bytes) }
///     }
///
///     fn store(&mut self, key: Hash, module: &Module) -> Result<(), SerializeError> {
///         self.0.insert(key, module.serialize()?);
///         Ok(())
///     }
/// }
///
/// let (mut cache, store) = (InMemory::default(), Store::default());
/// let wasm = b"(module $m)";
/// cache.store(Hash::generate(wasm), &Module::new(&store, wasm)?)?;
/// // SAFETY: as above.
/// let module = unsafe { cache.load(&store, Hash::generate(wasm)) }?;
/// assert_eq!(module.name(), Some("m"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Cache {
    /// Why a module could not be stored.
    type SerializeError: Error + Send + Sync;
    /// Why a module could not be loaded.
    type DeserializeError: Error + Send + Sync;

    /// Loads a module.
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-1-{}", std::process::id()));
    /// # let store = Store::default();
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// # let module = Module::new(&store, "(module $m)")?;
    /// let key = Hash::generate(b"not stored yet");
    /// // SAFETY: only this program writes to the folder.
    /// assert!(unsafe { cache.load(&store, key) }.is_err());
    /// cache.store(key, &module)?;
    /// // SAFETY: as above.
    /// assert_eq!(unsafe { cache.load(&store, key) }?.name(), Some("m"));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-2-{}", std::process::id()));
    /// # let store = Store::default();
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// let key = Hash::generate(b"settings that decide, and the module");
    /// cache.store(key, &Module::new(&store, "(module $first)")?)?;
    /// cache.store(key, &Module::new(&store, "(module $second)")?)?;
    /// // SAFETY: only this program writes to the folder.
    /// assert_eq!(unsafe { cache.load(&store, key) }?.name(), Some("second"));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn store(&mut self, key: Hash, module: &Module) -> Result<(), Self::SerializeError>;
}
