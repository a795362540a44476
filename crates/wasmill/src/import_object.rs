//! What the host offers for import.

use crate::{Exports, Extern, Store};
use indexmap::IndexMap;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmill_engine::{Export, NamedResolver};

/// Something with named exports.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Export, Exportable, Function, ImportObject, LikeNamespace, Store};
///
/// /// Has a function of every name.
/// struct Everything(Function);
///
/// impl LikeNamespace for Everything {
///     fn get_namespace_export(&self, _name: &str) -> Option<Export> {
///         Some(self.0.to_export())
///     }
///     fn get_namespace_exports(&self) -> Vec<(String, Export)> {
///         Vec::new()
///     }
/// }
///
/// let anything = Function::new_native(&Store::default(), || ());
/// let mut import_object = ImportObject::new();
/// import_object.register("env", Everything(anything));
/// assert!(import_object.get_export("env", "whatever").is_some());
/// # }
/// ```
pub trait LikeNamespace: Send + Sync {
    /// The export of this name, if there is one.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Exports, Function, LikeNamespace, Store};
    /// # let store = Store::default();
    /// let mut env = Exports::new();
    /// env.insert("f", Function::new_native(&store, || ()));
    /// assert!(env.get_namespace_export("f").is_some());
    /// assert!(env.get_namespace_export("g").is_none());
    /// # }
    /// ```
    fn get_namespace_export(&self, name: &str) -> Option<Export>;
    /// All exports.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Exports, Function, LikeNamespace, Store};
    /// # let store = Store::default();
    /// let mut env = Exports::new();
    /// env.insert("f", Function::new_native(&store, || ()));
    /// let names: Vec<_> = env.get_namespace_exports().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["f"]);
    /// # }
    /// ```
    fn get_namespace_exports(&self) -> Vec<(String, Export)>;
}

/// Namespaces by name. Clones share one map.
///
/// Made with [`imports!`](crate::imports).
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Exports, Function, ImportObject, Store};
/// let store = Store::default();
/// let mut env = Exports::new();
/// env.insert("answer", Function::new_native(&store, || 42));
/// let mut import_object = ImportObject::new();
/// assert!(import_object.register("env", env).is_none());
/// assert!(import_object.contains_namespace("env"));
/// assert!(import_object.get_export("env", "answer").is_some());
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ImportObject {
    map: Arc<Mutex<IndexMap<String, Box<dyn LikeNamespace>>>>,
}

impl ImportObject {
    /// Without namespaces.
    ///
    /// ```
    /// # use wasmill::ImportObject;
    /// assert_eq!(ImportObject::new().into_iter().count(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Box<dyn LikeNamespace>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The export `name` of namespace `module`, if there is one.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store, imports};
    /// # let store = Store::default();
    /// let import_object = imports! { "env" => { "f" => Function::new_native(&store, || ()) } };
    /// assert!(import_object.get_export("env", "f").is_some());
    /// assert!(import_object.get_export("env", "g").is_none());
    /// # }
    /// ```
    pub fn get_export(&self, module: &str, name: &str) -> Option<Export> {
        self.lock().get(module)?.get_namespace_export(name)
    }

    /// Whether there is a namespace of this name.
    ///
    /// ```
    /// # use wasmill::{Exports, imports};
    /// # let wasi = Exports::new();
    /// let import_object = imports! { "wasi_snapshot_preview1" => wasi };
    /// assert!(import_object.contains_namespace("wasi_snapshot_preview1"));
    /// assert!(!import_object.contains_namespace("env"));
    /// ```
    pub fn contains_namespace(&self, name: &str) -> bool {
        self.lock().contains_key(name)
    }

    /// Adds a namespace; gives the one of this name that it replaces.
    ///
    /// ```
    /// # use wasmill::{Exports, ImportObject};
    /// let mut import_object = ImportObject::new();
    /// assert!(import_object.register("env", Exports::new()).is_none());
    /// assert!(import_object.register("env", Exports::new()).is_some(), "the first is replaced");
    /// ```
    pub fn register<S, N>(&mut self, name: S, namespace: N) -> Option<Box<dyn LikeNamespace>>
    where
        S: Into<String>,
        N: LikeNamespace + 'static,
    {
        self.lock().insert(name.into(), Box::new(namespace))
    }

    /// The exports of a namespace, as a map of its own.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Function, Store, imports};
    /// # let store = Store::default();
    /// let mut import_object = imports! { "env" => { "f" => Function::new_native(&store, || 1) } };
    /// // A second namespace with what the first has, and more.
    /// let mut more = import_object.get_namespace_exports(&store, "env").unwrap();
    /// more.insert("g", Function::new_native(&store, || 2));
    /// import_object.register("more", more);
    /// assert!(import_object.get_export("more", "f").is_some());
    /// assert!(import_object.get_export("env", "g").is_none());
    /// # }
    /// ```
    pub fn get_namespace_exports(&self, store: &Store, name: &str) -> Option<Exports> {
        let exports = self.lock().get(name)?.get_namespace_exports();
        Some(
            exports
                .into_iter()
                .map(|(name, e)| (name, Extern::from_vm_export(store, e)))
                .collect(),
        )
    }
}

impl NamedResolver for ImportObject {
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
        self.get_export(module, field)
    }
}

impl fmt::Debug for ImportObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lock().len() {
            0 => f.write_str("ImportObject { map: (empty) }"),
            n => write!(f, "ImportObject {{ map: (... {n} item(s) ...) }}"),
        }
    }
}

/// All exports of an [`ImportObject`] with their namespaces' names, in the order in which they were added.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Function, Store, imports};
/// # let store = Store::default();
/// let import_object = imports! { "env" => { "f" => Function::new_native(&store, || ()) } };
/// for ((namespace, name), _) in import_object {
///     assert_eq!((&*namespace, &*name), ("env", "f"));
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct ImportObjectIterator {
    elements: VecDeque<((String, String), Export)>,
}

impl Iterator for ImportObjectIterator {
    type Item = ((String, String), Export);
    fn next(&mut self) -> Option<Self::Item> {
        self.elements.pop_front()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.elements.len(), Some(self.elements.len()))
    }
}

impl ExactSizeIterator for ImportObjectIterator {}

impl IntoIterator for ImportObject {
    type Item = ((String, String), Export);
    type IntoIter = ImportObjectIterator;
    fn into_iter(self) -> ImportObjectIterator {
        let map = self.lock();
        let of_namespace = |module: &String, namespace: &dyn LikeNamespace| {
            let module = module.clone();
            let exports = namespace.get_namespace_exports().into_iter();
            exports
                .map(move |(name, export)| ((module.clone(), name), export))
                .collect::<Vec<_>>()
        };
        ImportObjectIterator {
            elements: map
                .iter()
                .flat_map(|(module, namespace)| of_namespace(module, &**namespace))
                .collect(),
        }
    }
}

/// Makes an [`ImportObject`].
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{imports, Exports, Function, Store};
/// let store = Store::default();
/// let more = Exports::new();
/// let import_object = imports! {
///     "env" => {
///         "log" => Function::new_native(&store, |value: i32| println!("{value}")),
///     },
///     "more" => more,
/// };
/// assert!(import_object.get_export("env", "log").is_some());
/// # }
/// ```
///
/// A namespace that is given twice is replaced as a whole.
#[macro_export]
macro_rules! imports {
    ( $( $ns_name:expr => $ns:tt ),* $(,)? ) => {{
        #[allow(unused_mut, reason = "there may be no namespace")]
        let mut import_object = $crate::ImportObject::new();
        $( import_object.register($ns_name, $crate::import_namespace!($ns)); )*
        import_object
    }};
}

/// Makes an [`Exports`].
#[doc(hidden)]
#[macro_export]
macro_rules! namespace {
    ( $( $name:expr => $item:expr ),* $(,)? ) => {
        $crate::import_namespace!({ $( $name => $item ),* })
    };
}

/// A namespace of `imports!`.
#[doc(hidden)]
#[macro_export]
macro_rules! import_namespace {
    ( { $( $name:expr => $item:expr ),* $(,)? } ) => {{
        #[allow(unused_mut, reason = "there may be no item")]
        let mut namespace = $crate::Exports::new();
        $( namespace.insert($name, $item); )*
        namespace
    }};
    ( $namespace:ident ) => {
        $namespace
    };
}
