//! A cache in a folder: one file for each module.
//!
//! Any number of processes may use one folder. A file is written under another name and renamed when it is complete, so
//! nobody ever loads a part; who has loaded an entry that is replaced or deleted keeps what it has. What damages a file from
//! outside is found when it is loaded, on the checked way: an error, like a missing entry, and the file is deleted. Nothing
//! waits for the disk: what a power failure leaves is such a damage.

use crate::folder::{self, CacheUsage, Locked};
use crate::{Cache, Hash};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use wasmill::{DeserializeError, Module, SerializeError, Store};

/// A cache in a folder. Entries are called by their keys.
///
/// The folder does not grow without end: once its entries are larger than a bound, of a gigabyte unless
/// [`FileSystemCache::set_bound`] says otherwise, those that were not used for longest are deleted. Files that are not called
/// by a key stay. (This, and all about it, is an addition to the original API.)
///
/// ```
/// # use wasmill::{Module, Store};
/// # use wasmill_cache::{Cache, FileSystemCache, Hash};
/// # let folder = std::env::temp_dir().join(format!("wasmill-cache-3-{}", std::process::id()));
/// # let store = Store::default();
/// let mut cache = FileSystemCache::new(&folder)?;
/// let key = Hash::generate(b"(module)");
/// cache.store(key, &Module::new(&store, "(module)")?)?;
/// assert!(folder.join(key.to_string()).is_file());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileSystemCache {
    path: PathBuf,
    extension: Option<String>,
    bound: Option<u64>,
}

impl FileSystemCache {
    /// A cache in this folder, which is made if it is not there, with its parents.
    ///
    /// ```
    /// # use wasmill_cache::FileSystemCache;
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-new-{}", std::process::id()));
    /// FileSystemCache::new(folder.join("made/with/parents"))?;
    /// # std::fs::write(folder.join("file"), "")?;
    /// assert!(FileSystemCache::new(folder.join("file")).is_err());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is a file, or if the folder cannot be made, or cannot be written to.
    pub fn new<P: Into<PathBuf>>(path: P) -> io::Result<Self> {
        let path = path.into();
        match fs::metadata(&path) {
            Ok(metadata) if !metadata.is_dir() => {
                Err(denied("the supplied path already points to a file", &path))
            }
            Ok(_) => check_writable(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(&path),
            Err(error) => Err(error),
        }?;
        Ok(Self {
            path,
            extension: None,
            bound: Some(folder::DEFAULT_BOUND),
        })
    }

    /// Gives the files of entries an extension, or none. Entries with another one are not found then.
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-4-{}", std::process::id()));
    /// # let store = Store::default();
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// cache.set_cache_extension(Some("v2"));
    /// let key = Hash::generate(b"(module)");
    /// cache.store(key, &Module::new(&store, "(module)")?)?;
    /// assert!(folder.join(format!("{key}.v2")).is_file());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_cache_extension(&mut self, extension: Option<impl ToString>) {
        self.extension = extension.map(|extension| extension.to_string());
    }

    /// Bounds the bytes of all entries in the folder, whatever their extension; `None` is no bound. It holds from the next
    /// [`store`](Cache::store) on. A module that is larger is not stored.
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-bound-{}", std::process::id()));
    /// # let store = Store::default();
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// cache.set_bound(Some(20_000));
    /// for n in 0..9 {
    ///     cache.store(Hash::new([n; 32]), &Module::new(&store, "(module)")?)?;
    /// }
    /// let usage = cache.usage()?;
    /// assert!(usage.entries < 9 && usage.bytes <= 20_000);
    /// assert!(folder.join(Hash::new([8; 32]).to_string()).is_file(), "the last one is there");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_bound(&mut self, bytes: Option<u64>) {
        self.bound = bytes;
    }

    /// The bound of the bytes of all entries.
    ///
    /// ```
    /// # use wasmill_cache::FileSystemCache;
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-bound-of-{}", std::process::id()));
    /// assert_eq!(FileSystemCache::new(&folder)?.bound(), Some(1_000_000_000));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bound(&self) -> Option<u64> {
        self.bound
    }

    /// Counts the entries of the folder, whatever their extension.
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-usage-of-{}", std::process::id()));
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// cache.store(Hash::generate(b"(module)"), &Module::new(&Store::default(), "(module)")?)?;
    /// assert_eq!(cache.usage()?.entries, 1);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn usage(&self) -> io::Result<CacheUsage> {
        folder::usage_of(&self.path)
    }

    /// Deletes all entries of the folder, whatever their extension. Modules that were loaded from them stay what they are.
    ///
    /// ```
    /// # use wasmill::{Module, Store};
    /// # use wasmill_cache::{Cache, FileSystemCache, Hash};
    /// # let folder = std::env::temp_dir().join(format!("wasmill-cache-clean-{}", std::process::id()));
    /// let mut cache = FileSystemCache::new(&folder)?;
    /// cache.store(Hash::generate(b"(module)"), &Module::new(&Store::default(), "(module)")?)?;
    /// cache.clean()?;
    /// assert_eq!(cache.usage()?.entries, 0);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or an entry cannot be deleted.
    pub fn clean(&mut self) -> io::Result<()> {
        Locked::new(&self.path).clean()
    }

    /// Deletes an entry that nobody can use. It is looked at again under the folder's lock: another process may have put a
    /// good one into its place.
    ///
    /// # Safety
    ///
    /// As for [`Cache::load`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn remove_unusable(&self, store: &Store, file: &Path) {
        let _lock = Locked::new(&self.path);
        // SAFETY: as the caller promises.
        let again = unsafe { Module::deserialize_from_file_checked(store, file) };
        if again.is_err_and(|error| is_unusable(&error)) {
            // Who may not delete it finds it again, and it is an error again.
            let _ = fs::remove_file(file);
        }
    }

    fn entry(&self, key: Hash) -> PathBuf {
        let name = match &self.extension {
            Some(extension) => format!("{key}.{extension}"),
            None => key.to_string(),
        };
        self.path.join(name)
    }
}

/// Permissions do not tell: whether a file can be made is known when it is.
fn check_writable(path: &Path) -> io::Result<()> {
    match tempfile::tempfile_in(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(denied("the supplied path is readonly", path))
        }
        outcome => outcome.map(drop),
    }
}

fn denied(text: &str, path: &Path) -> io::Error {
    let text = format!("{text}: {}", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

impl Cache for FileSystemCache {
    type SerializeError = SerializeError;
    type DeserializeError = DeserializeError;

    /// Loads a module. The whole file is checked against damage, and then used where it lies. A file that is damaged, or not
    /// for this program or machine, is deleted.
    ///
    /// # Errors
    ///
    /// [`DeserializeError::Io`] if there is none; the others if it is damaged, or not for this program or machine.
    ///
    /// # Safety
    ///
    /// Nobody who wants harm can write to the folder, and nobody changes its files in place. (This cache replaces them.)
    #[allow(unsafe_code, reason = "machine code is trusted")]
    unsafe fn load(&self, store: &Store, key: Hash) -> Result<Module, DeserializeError> {
        let file = self.entry(key);
        // SAFETY: as the caller promises.
        let loaded = unsafe { Module::deserialize_from_file_checked(store, &file) };
        match &loaded {
            Ok(_) => folder::touch(&file),
            // SAFETY: as the caller promises.
            Err(error) if is_unusable(error) => unsafe { self.remove_unusable(store, &file) },
            Err(_) => {}
        }
        loaded
    }

    fn store(&mut self, key: Hash, module: &Module) -> Result<(), SerializeError> {
        let file = folder::unfinished(&self.path)?;
        module.serialize_to_file(&file)?;
        let bytes = fs::metadata(&file)?.len();
        if self.bound.is_some_and(|bound| bytes > bound) {
            return Ok(());
        }
        Ok(Locked::new(&self.path).put(file, &self.entry(key), self.bound)?)
    }
}

/// Whether the file is what is wrong, and not the system.
fn is_unusable(error: &DeserializeError) -> bool {
    matches!(
        error,
        DeserializeError::Incompatible(_) | DeserializeError::CorruptedBinary(_)
    )
}
