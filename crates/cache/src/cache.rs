//! What a cache is.

use crate::Hash;
use std::error::Error;
use wasmill::{CompileError, Module, Store};

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

    /// Loads a module, or compiles it and stores it, if there is none that can be used. That it cannot be stored is no
    /// error. (An addition to the original API.)
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-5-{}", std::process::id()));
    /// let store = Store::default();
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// let wasm = b"(module $m)";
    /// let key = Hash::generate(wasm).compiled_in(&store).expect("no middlewares");
    /// for _ in 0..2 {
    ///     // SAFETY: only this program writes to the folder.
    ///     let module = unsafe { cache.load_or_compile(&store, key, wasm) }?;
    ///     assert_eq!(module.name(), Some("m"));
    /// }
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be compiled.
    ///
    /// # Safety
    ///
    /// As for [`Cache::load`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn load_or_compile(
        &mut self,
        store: &Store,
        key: Hash,
        bytes: &[u8],
    ) -> Result<Module, CompileError> {
        // SAFETY: as the caller promises.
        unsafe { load_or(self, store, key, || Module::new(store, bytes)) }
    }

    /// The same for who has more to do than to compile it, if there is none that can be used: `make` makes it then. (An addition
    /// to the original API.)
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-6-{}", std::process::id()));
    /// let store = Store::default();
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// let key = Hash::generate(b"(module)").compiled_in(&store).expect("no middlewares");
    /// let mut compiled = 0;
    /// for _ in 0..2 {
    ///     // SAFETY: only this program writes to the folder.
    ///     unsafe { cache.load_or_make(&store, key, || {
    ///         compiled += 1;
    ///         Module::new(&store, b"(module)")
    ///     }) }?;
    /// }
    /// assert_eq!(compiled, 1);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    ///
    /// # Safety
    ///
    /// As for [`Cache::load`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn load_or_make<E>(
        &mut self,
        store: &Store,
        key: Hash,
        make: impl FnOnce() -> Result<Module, E>,
    ) -> Result<Module, E>
    where
        Self: Sized,
    {
        // SAFETY: as the caller promises.
        unsafe { load_or(self, store, key, make) }
    }
}

/// # Safety
///
/// As for [`Cache::load`].
#[allow(unsafe_code, reason = "machine code is trusted")]
unsafe fn load_or<C: Cache + ?Sized, E>(
    cache: &mut C,
    store: &Store,
    key: Hash,
    make: impl FnOnce() -> Result<Module, E>,
) -> Result<Module, E> {
    // SAFETY: as the caller promises.
    if let Ok(module) = unsafe { cache.load(store, key) }
        && is_as_tunables_want(&module)
    {
        return Ok(module);
    }
    let module = make()?;
    // What was made runs, whether it can be kept or not.
    let _ = cache.store(key, &module);
    Ok(module)
}

/// Tunables decide about code by how they lay out memories and tables. No key knows them, but artifacts say what was decided.
fn is_as_tunables_want(module: &Module) -> bool {
    let (tunables, artifact, info) = (module.store().tunables(), module.artifact(), module.info());
    let memories = info.memories.values();
    let memories = memories.map(|ty| tunables.memory_style(ty).clamped());
    let tables = info.tables.values().map(|ty| tunables.table_style(ty));
    memories.eq(artifact.memory_styles().values().cloned())
        && tables.eq(artifact.table_styles().values().cloned())
}
