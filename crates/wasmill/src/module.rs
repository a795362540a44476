//! Modules.

use crate::Store;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use wasmill_compiler::{CompileError, CompileObserver, ObservedCompileError};
use wasmill_engine::{Artifact, DeserializeError, SerializeError};
use wasmill_types::{ExportType, ExportsIterator, ImportType, ImportsIterator, ModuleInfo};

/// A module could not be read or compiled.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{IoCompileError, Module, Store};
/// let error = Module::from_file(&Store::default(), "/no/such/file.wasm").unwrap_err();
/// assert!(matches!(error, IoCompileError::Io(_)));
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum IoCompileError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The module could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

/// A compiled module. Clones are the same module.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Module, Store};
/// let store = Store::default();
/// let module = Module::new(&store, "(module $adder (func (export \"add\")))").unwrap();
/// assert_eq!(module.name(), Some("adder"));
///
/// let error = Module::new(&store, "(module (func (result i32)))").unwrap_err();
/// assert!(error.to_string().starts_with("Validation error: type mismatch"));
/// # }
/// ```
#[derive(Clone)]
pub struct Module {
    store: Store,
    artifact: Arc<dyn Artifact>,
}

impl Module {
    /// Compiles a module from its binary form, or (feature `wat`) from text.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// # let store = Store::default();
    /// let from_text = Module::new(&store, "(module (memory (export \"m\") 1))").unwrap();
    /// let from_bytes = Module::new(&store, b"\0asm\x01\0\0\0").unwrap();
    /// assert_eq!((from_text.exports().len(), from_bytes.exports().len()), (1, 0));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not valid, uses what is not supported, or is too large.
    pub fn new(store: &Store, bytes: impl AsRef<[u8]>) -> Result<Self, CompileError> {
        let bytes = binary(bytes.as_ref())?;
        Self::from_binary(store, &bytes)
    }

    /// As [`Module::new`], seen by an observer, who may stop it. (An addition to the original API.)
    ///
    /// Whoever compiles what strangers send wants a deadline:
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// use std::ops::ControlFlow;
    /// use std::time::{Duration, Instant};
    /// use wasmill::{CompileObserver, Module, ObservedCompileError, Store};
    ///
    /// fn compile(bytes: &[u8], time: Duration) -> Result<Module, ObservedCompileError> {
    ///     let deadline = Instant::now() + time;
    ///     let observer = CompileObserver::new(move |step| {
    ///         println!("{:?}: {} of {} functions", step.stage, step.done, step.total);
    ///         match Instant::now() < deadline {
    ///             true => ControlFlow::Continue(()),
    ///             false => ControlFlow::Break(()),
    ///         }
    ///     });
    ///     Module::new_observed(&Store::default(), bytes, &observer)
    /// }
    ///
    /// assert!(compile(b"\0asm\x01\0\0\0", Duration::from_secs(60)).is_ok());
    /// let late = compile(b"\0asm\x01\0\0\0", Duration::ZERO);
    /// assert!(matches!(late, Err(ObservedCompileError::Stopped)));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ObservedCompileError::Stopped`] if the observer stops it; those of [`Module::new`].
    pub fn new_observed(
        store: &Store,
        bytes: impl AsRef<[u8]>,
        observer: &CompileObserver,
    ) -> Result<Self, ObservedCompileError> {
        let bytes = binary(bytes.as_ref())?;
        let engine = store.engine();
        let artifact = engine.compile_observed(&bytes, store.tunables(), observer)?;
        Ok(Self::loaded(store, artifact))
    }

    /// Compiles the module in a file, and names it after the file.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// # let path = std::env::temp_dir().join(format!("wasmill-from-file-{}.wat", std::process::id()));
    /// std::fs::write(&path, "(module (func (export \"run\")))").unwrap();
    /// let module = Module::from_file(&Store::default(), &path).unwrap();
    /// assert!(module.name().unwrap().ends_with(".wat"));
    /// # std::fs::remove_file(&path).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Module::new`], and if the file cannot be read.
    pub fn from_file(store: &Store, file: impl AsRef<Path>) -> Result<Self, IoCompileError> {
        let path = file.as_ref().canonicalize()?;
        let bytes = std::fs::read(&path)?;
        let mut module = Self::new(store, bytes)?;
        module.set_name(&path.to_string_lossy());
        Ok(module)
    }

    /// Compiles a module from its binary form.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// # let store = Store::default();
    /// assert!(Module::from_binary(&store, b"\0asm\x01\0\0\0").is_ok());
    /// assert!(Module::from_binary(&store, b"(module)").is_err(), "text is for `Module::new`");
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not valid, uses what is not supported, or is too large.
    pub fn from_binary(store: &Store, binary: &[u8]) -> Result<Self, CompileError> {
        let artifact = store.engine().compile(binary, store.tunables())?;
        Ok(Self::loaded(store, artifact))
    }

    /// Compiles a module that is known to be valid. (It is validated all the same: that costs next to nothing here.)
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// // SAFETY: an empty module is valid.
    /// let module = unsafe { Module::from_binary_unchecked(&Store::default(), b"\0asm\x01\0\0\0") };
    /// assert!(module.is_ok());
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// The module is valid.
    ///
    /// # Errors
    ///
    /// As [`Module::from_binary`].
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn from_binary_unchecked(
        store: &Store,
        binary: &[u8],
    ) -> Result<Self, CompileError> {
        Self::from_binary(store, binary)
    }

    /// Checks that a module is valid.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{CompileError, Module, Store, wat2wasm};
    /// # let store = Store::default();
    /// assert!(Module::validate(&store, b"\0asm\x01\0\0\0").is_ok());
    /// let nothing_to_return = wat2wasm(b"(module (func (result i32)))").unwrap();
    /// let error = Module::validate(&store, &nothing_to_return).unwrap_err();
    /// assert!(matches!(error, CompileError::Validate(_)));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn validate(store: &Store, binary: &[u8]) -> Result<(), CompileError> {
        store.engine().validate(binary)
    }

    /// The compiled module as bytes, for [`Module::deserialize`]. The same module, compiled with the same settings by the
    /// same version, gives the same bytes.
    ///
    /// ```
    /// # #[cfg(all(feature = "wat", feature = "default-compiler", feature = "default-engine"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wasmill::{Module, Store, Universal};
    /// let module = Module::new(&Store::default(), "(module (func (export \"f\")))")?;
    /// let bytes = module.serialize()?;
    /// // Elsewhere, in a program that needs no compiler:
    /// let store = Store::new(&Universal::headless().engine());
    /// // SAFETY: we have just made these bytes.
    /// let module = unsafe { Module::deserialize(&store, &bytes)? };
    /// assert_eq!(module.exports().next().unwrap().name(), "f");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(feature = "wat", feature = "default-compiler", feature = "default-engine")))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// If it is too large.
    pub fn serialize(&self) -> Result<Vec<u8>, SerializeError> {
        self.artifact.serialize()
    }

    /// Writes the compiled module to a file, for [`Module::deserialize_from_file`]. The file appears when it is complete,
    /// and replaces one that is there; modules that were loaded from that one are not disturbed.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// # let path = std::env::temp_dir().join(format!("wasmill-to-file-{}.wasmu", std::process::id()));
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")))"#).unwrap();
    /// module.serialize_to_file(&path).unwrap();
    /// // SAFETY: we have just written the file, and nobody changes it.
    /// let loaded = unsafe { Module::deserialize_from_file(module.store(), &path) }.unwrap();
    /// assert_eq!(loaded.exports().next().unwrap().name(), "f");
    /// # std::fs::remove_file(&path).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn serialize_to_file(&self, path: impl AsRef<Path>) -> Result<(), SerializeError> {
        self.artifact.serialize_to_file(path.as_ref())
    }

    /// Loads a module that was compiled before: what [`Module::serialize`] gave. All bytes are checked against damage
    /// first, and then copied.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{DeserializeError, Module, Store};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")))"#).unwrap();
    /// let mut bytes = module.serialize().unwrap();
    /// // SAFETY: we have just made these bytes.
    /// let loaded = unsafe { Module::deserialize(module.store(), &bytes) }.unwrap();
    /// assert_eq!(loaded.exports().len(), 1);
    ///
    /// *bytes.last_mut().unwrap() ^= 1;
    /// // SAFETY: damage is found before anything of it is used.
    /// let error = unsafe { Module::deserialize(module.store(), &bytes) }.unwrap_err();
    /// assert!(matches!(error, DeserializeError::CorruptedBinary(_)));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`DeserializeError::Incompatible`] if this is not a serialized module, or one of another version, or for another
    ///   machine;
    /// - [`DeserializeError::CorruptedBinary`] if it is damaged.
    ///
    /// # Safety
    ///
    /// There is machine code in the bytes, which nobody can check: they come from this library, and from nobody who wants
    /// harm.
    #[allow(unsafe_code, reason = "machine code is trusted")]
    pub unsafe fn deserialize(store: &Store, bytes: &[u8]) -> Result<Self, DeserializeError> {
        // SAFETY: as the caller promises.
        let artifact = unsafe { store.engine().deserialize(bytes)? };
        Ok(Self::loaded(store, artifact))
    }

    /// Loads a module from a file that [`Module::serialize_to_file`] wrote. The file is mapped: nothing is copied, pages of
    /// code are read when they first run, and processes share them. So it takes a fraction of a millisecond, however large the
    /// module is.
    ///
    /// The code is not checked against damage, everything else is: at once, or, in what is larger than 2 MiB besides code, before it
    /// is first used. Damage that is found so late makes instantiation fail (data, segments), or is as if nothing were there:
    /// traces without names or places, custom sections that are missing, traps that are accesses out of bounds.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{DeserializeError, Module, Store};
    /// # let store = Store::default();
    /// // SAFETY: there is no such file.
    /// let error = unsafe { Module::deserialize_from_file(&store, "/no/such/file.wasmu") }.unwrap_err();
    /// assert!(matches!(error, DeserializeError::Io(_)));
    /// # let path = std::env::temp_dir().join(format!("wasmill-from-mapped-{}.wasmu", std::process::id()));
    /// # let module = Module::new(&store, "(module (func (export \"f\")))").unwrap();
    /// module.serialize_to_file(&path).unwrap();
    /// // SAFETY: we have just written the file, and nobody changes it.
    /// let loaded = unsafe { Module::deserialize_from_file(&store, &path) }.unwrap();
    /// assert_eq!(loaded.exports().len(), 1);
    /// # std::fs::remove_file(&path).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Module::deserialize`], and [`DeserializeError::Io`] if the file cannot be read.
    ///
    /// # Safety
    ///
    /// As for [`Module::deserialize`]; and as long as the module or anything made of it lives, nobody changes the file's
    /// contents or makes it shorter. It may be deleted, renamed, or replaced by another.
    #[allow(unsafe_code, reason = "machine code is trusted")]
    pub unsafe fn deserialize_from_file(
        store: &Store,
        path: impl AsRef<Path>,
    ) -> Result<Self, DeserializeError> {
        // SAFETY: as the caller promises.
        let artifact = unsafe { store.engine().deserialize_from_file(path.as_ref())? };
        Ok(Self::loaded(store, artifact))
    }

    /// As [`Module::deserialize_from_file`], but all of the file is checked against damage, the code too. That takes as long
    /// as reading it. (An addition to the original API.)
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{DeserializeError, Module, Store};
    /// # let path = std::env::temp_dir().join(format!("wasmill-checked-{}.wasmu", std::process::id()));
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")))"#).unwrap();
    /// let mut bytes = module.serialize().unwrap();
    /// *bytes.last_mut().unwrap() ^= 1;
    /// std::fs::write(&path, bytes).unwrap();
    /// // SAFETY: we made the file, and the damage is found before anything runs.
    /// let loaded = unsafe { Module::deserialize_from_file_checked(module.store(), &path) };
    /// assert!(matches!(loaded.unwrap_err(), DeserializeError::CorruptedBinary(_)));
    /// # std::fs::remove_file(&path).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Module::deserialize_from_file`].
    ///
    /// # Safety
    ///
    /// As for [`Module::deserialize_from_file`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    pub unsafe fn deserialize_from_file_checked(
        store: &Store,
        path: impl AsRef<Path>,
    ) -> Result<Self, DeserializeError> {
        // SAFETY: as the caller promises.
        let artifact = unsafe {
            store
                .engine()
                .deserialize_from_file_checked(path.as_ref())?
        };
        Ok(Self::loaded(store, artifact))
    }

    /// As [`Module::deserialize_from_file`], from these bytes of a file that has other things before or behind them, as an
    /// executable has; [`Engine::deserialize_from_file_part`](crate::Engine::deserialize_from_file_part) says where they may
    /// start. (An addition to the original API.)
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-universal"))] {
    /// # use wasmill::{Module, Store};
    /// # let path = std::env::temp_dir().join(format!("wasmill-module-part-{}", std::process::id()));
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")))"#).unwrap();
    /// let bytes = module.serialize().unwrap();
    /// std::fs::write(&path, [&[0; 4096][..], &bytes].concat()).unwrap();
    /// let part = 4096..4096 + bytes.len();
    /// // SAFETY: we have just written the file, and nobody changes it.
    /// let loaded = unsafe { Module::deserialize_from_file_part(module.store(), &path, part) }.unwrap();
    /// assert_eq!(loaded.exports().len(), 1);
    /// # std::fs::remove_file(&path).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Module::deserialize_from_file`].
    ///
    /// # Safety
    ///
    /// As for [`Module::deserialize_from_file`].
    #[allow(unsafe_code, reason = "machine code is trusted")]
    pub unsafe fn deserialize_from_file_part(
        store: &Store,
        path: impl AsRef<Path>,
        part: Range<usize>,
    ) -> Result<Self, DeserializeError> {
        let (engine, path) = (store.engine(), path.as_ref());
        // SAFETY: as the caller promises.
        let artifact = unsafe { engine.deserialize_from_file_part(path, part)? };
        Ok(Self::loaded(store, artifact))
    }

    fn loaded(store: &Store, artifact: Arc<dyn Artifact>) -> Self {
        Self {
            store: store.clone(),
            artifact,
        }
    }

    /// Its name: from its name section, or given by the host.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// # let store = Store::default();
    /// assert_eq!(Module::new(&store, "(module $calculator)").unwrap().name(), Some("calculator"));
    /// assert_eq!(Module::new(&store, "(module)").unwrap().name(), None);
    /// # }
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.info().name.as_deref()
    }

    /// Names the module, and says whether it could: it always can. Clones and instances that exist keep the name they have,
    /// and so do traces of code that is shared with them.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// let mut module = Module::new(&Store::default(), "(module)").unwrap();
    /// assert!(module.set_name("empty"));
    /// let other = module.clone();
    /// assert!(module.set_name("something else"));
    /// assert_eq!(other.name(), Some("empty"));
    /// # }
    /// ```
    pub fn set_name(&mut self, name: &str) -> bool {
        match Arc::get_mut(&mut self.artifact) {
            Some(artifact) => artifact.set_name(name),
            None => self.artifact = self.artifact.renamed(name),
        }
        true
    }

    /// What it imports, in order.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{ImportType, Module, Mutability, GlobalType, Store, Type};
    /// let text = "(module (import \"env\" \"f\" (func)) (import \"env\" \"g\" (global i32)))";
    /// let module = Module::new(&Store::default(), text).unwrap();
    /// assert_eq!(module.imports().len(), 2);
    /// let globals: Vec<_> = module.imports().globals().collect();
    /// let i32_constant = GlobalType::new(Type::I32, Mutability::Const);
    /// assert_eq!(globals, [ImportType::new("env", "g", i32_constant)]);
    /// # }
    /// ```
    pub fn imports<'a>(
        &'a self,
    ) -> ImportsIterator<impl ExactSizeIterator<Item = ImportType> + 'a> {
        self.info().imports()
    }

    /// What it exports, in order.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{ExportType, Module, MemoryType, Store};
    /// let text = "(module (memory (export \"memory\") 1) (func (export \"f\")))";
    /// let module = Module::new(&Store::default(), text).unwrap();
    /// let names: Vec<_> = module.exports().map(|export| export.name().to_owned()).collect();
    /// assert_eq!(names, ["memory", "f"]);
    /// let memories: Vec<_> = module.exports().memories().collect();
    /// assert_eq!(memories, [ExportType::new("memory", MemoryType::new(1, None, false))]);
    /// # }
    /// ```
    pub fn exports<'a>(
        &'a self,
    ) -> ExportsIterator<impl ExactSizeIterator<Item = ExportType> + 'a> {
        self.info().exports()
    }

    /// The contents of all custom sections of this name, in order. (The name section is not among them.)
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// let text = "(module (@custom \"notes\" \"one\") (@custom \"notes\" \"two\"))";
    /// let module = Module::new(&Store::default(), text).unwrap();
    /// let notes: Vec<_> = module.custom_sections("notes").collect();
    /// assert_eq!((&*notes[0], &*notes[1]), (&b"one"[..], &b"two"[..]));
    /// # }
    /// ```
    pub fn custom_sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Arc<[u8]>> + 'a {
        self.info().custom_sections(name)
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Module, Store};
    /// # let store = Store::default();
    /// assert_eq!(Module::new(&store, "(module)").unwrap().store(), &store);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Everything it declares.
    #[doc(hidden)]
    pub fn info(&self) -> &ModuleInfo {
        self.artifact.module_ref()
    }

    /// The compiled form.
    #[doc(hidden)]
    pub fn artifact(&self) -> &Arc<dyn Artifact> {
        &self.artifact
    }
}

#[cfg(feature = "wat")]
fn binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>, CompileError> {
    let text = |error| format!("Error when converting wat: {error}");
    crate::wat2wasm(bytes).map_err(|error| crate::WasmError::Generic(text(error)).into())
}

#[cfg(not(feature = "wat"))]
fn binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>, CompileError> {
    Ok(Cow::Borrowed(bytes))
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .finish()
    }
}
