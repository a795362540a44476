//! A cache in a folder: one file for each module.
//!
//! Any number of processes may use one folder. A file is written under another name and renamed when it is complete, so
//! nobody ever loads a part; who has loaded an entry that is replaced keeps what it has. What damages a file from outside is
//! found when it is loaded, on the checked way: an error, like a missing entry. The file stays, and the next `store` replaces
//! it: to delete it could hit the good one that another process has just put in its place.

use crate::{Cache, Hash};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use wasmill::{DeserializeError, Module, SerializeError, Store};

/// A cache in a folder. Entries are called by their keys.
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

    /// Loads a module. The whole file is checked against damage, and then used where it lies.
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
        // SAFETY: as the caller promises.
        unsafe { Module::deserialize_from_file_checked(store, self.entry(key)) }
    }

    fn store(&mut self, key: Hash, module: &Module) -> Result<(), SerializeError> {
        module.serialize_to_file(self.entry(key))
    }
}
