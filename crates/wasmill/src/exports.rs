//! What an instance exports, by name and in order.
//!
//! An instance's exports cost nothing until they are asked for: names come from the module, and a handle is made when an
//! export is first looked at. A map that is written to becomes a map of its own.

use crate::{
    Extern, Function, Global, ImportObject, LikeNamespace, Memory, NativeFunc, Store, Table,
};
use indexmap::IndexMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmill_engine::Export;
use wasmill_types::ExportIndex;
use wasmill_vm::VMInstance;
use wasmill_vm::native::WasmTypeList;

/// An export could not be had.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{ExportError, Instance, Module, Store, imports};
/// # let module = Module::new(&Store::default(), r#"(module (func (export "f") (param i32)))"#).unwrap();
/// # let instance = Instance::new(&module, &imports! {}).unwrap();
/// let error = instance.exports.get_native_function::<(), ()>("f").err();
/// assert_eq!(error, Some(ExportError::IncompatibleType));
/// let error = instance.exports.get_memory("f2").unwrap_err();
/// assert_eq!(error.to_string(), "Missing export f2");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// It is of another kind, or a function of other types.
    #[error("Incompatible Export Type")]
    IncompatibleType,
    /// There is none of this name.
    #[error("Missing export {0}")]
    Missing(String),
}

/// An ordered map from names to externs. Clones share until one is written to.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{ExportError, Instance, Module, Store, imports};
/// let text = "(module (memory (export \"memory\") 1) (func (export \"f\")))";
/// let module = Module::new(&Store::default(), text).unwrap();
/// let exports = Instance::new(&module, &imports! {}).unwrap().exports;
///
/// assert!(exports.get_memory("memory").is_ok());
/// assert!(exports.get_native_function::<(), ()>("f").is_ok());
/// assert_eq!(exports.get_function("g").unwrap_err(), ExportError::Missing("g".into()));
/// assert_eq!(exports.get_global("f").unwrap_err(), ExportError::IncompatibleType);
///
/// let names: Vec<&String> = exports.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["memory", "f"]);
/// # }
/// ```
#[derive(Clone)]
pub struct Exports {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Own(Arc<IndexMap<String, Extern>>),
    Instance(Arc<InstanceExports>),
}

struct InstanceExports {
    store: Store,
    instance: VMInstance,
    made: OnceLock<Box<[OnceLock<Extern>]>>,
}

impl InstanceExports {
    fn indices(&self) -> &IndexMap<String, ExportIndex> {
        &self.instance.module().info().exports
    }

    fn at(&self, position: usize) -> Option<(&String, &Extern)> {
        let (name, index) = self.indices().get_index(position)?;
        let made = self.made.get_or_init(|| {
            std::iter::repeat_with(OnceLock::new)
                .take(self.indices().len())
                .collect()
        });
        let make = || Extern::from_vm_export(&self.store, self.instance.export(*index).into());
        Some((name, made[position].get_or_init(make)))
    }
}

impl Exports {
    /// An empty map.
    ///
    /// ```
    /// # use wasmill::Exports;
    /// assert!(Exports::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for `n` externs.
    ///
    /// ```
    /// # use wasmill::Exports;
    /// let exports = Exports::with_capacity(10);
    /// assert_eq!(exports.len(), 0, "room is no content");
    /// ```
    pub fn with_capacity(n: usize) -> Self {
        Self {
            source: Source::Own(Arc::new(IndexMap::with_capacity(n))),
        }
    }

    pub(crate) fn of_instance(store: &Store, instance: VMInstance) -> Self {
        let exports = InstanceExports {
            store: store.clone(),
            instance,
            made: OnceLock::new(),
        };
        Self {
            source: Source::Instance(Arc::new(exports)),
        }
    }

    /// How many externs there are.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (memory (export "memory") 1))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert_eq!(instance.exports.len(), 2);
    /// # }
    /// ```
    pub fn len(&self) -> usize {
        match &self.source {
            Source::Own(map) => map.len(),
            Source::Instance(exports) => exports.indices().len(),
        }
    }

    /// Whether there is none.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module)"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert!(instance.exports.is_empty());
    /// # }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn at(&self, position: usize) -> Option<(&String, &Extern)> {
        match &self.source {
            Source::Own(map) => map.get_index(position),
            Source::Instance(exports) => exports.at(position),
        }
    }

    /// Adds an extern, or replaces the one of this name.
    ///
    /// A map that came from an instance becomes a map of its own: the instance is not changed.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Exports, Global, Store, Value};
    /// # let store = Store::default();
    /// let mut env = Exports::new();
    /// env.insert("base", Global::new(&store, Value::I32(1)));
    /// env.insert("base", Global::new(&store, Value::I32(2)));
    /// assert_eq!(env.get_global("base").unwrap().get(), Value::I32(2));
    /// # }
    /// ```
    pub fn insert<S: Into<String>, E: Into<Extern>>(&mut self, name: S, value: E) {
        if let Source::Instance(_) = self.source {
            let own = self
                .iter()
                .map(|(name, item)| (name.clone(), item.clone()))
                .collect();
            self.source = Source::Own(Arc::new(own));
        }
        if let Source::Own(map) = &mut self.source {
            Arc::make_mut(map).insert(name.into(), value.into());
        }
    }

    /// The extern of this name, as what it is expected to be.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Extern, Instance, Memory, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (memory (export "memory") 1))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let memory: &Memory = instance.exports.get("memory").unwrap();
    /// let anything: &Extern = instance.exports.get("memory").unwrap();
    /// assert_eq!(anything.ty().unwrap_memory(), &memory.ty());
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind.
    pub fn get<'a, T: Exportable<'a>>(&'a self, name: &str) -> Result<&'a T, ExportError> {
        match self.get_extern(name) {
            None => Err(ExportError::Missing(name.to_owned())),
            Some(item) => T::get_self_from_extern(item),
        }
    }

    /// The global of this name.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, Value, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (global (export "version") i32 (i32.const 3)))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert_eq!(instance.exports.get_global("version").unwrap().get(), Value::I32(3));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind.
    pub fn get_global(&self, name: &str) -> Result<&Global, ExportError> {
        self.get(name)
    }

    /// The memory of this name.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (memory (export "memory") 1) (data (i32.const 8) "hello"))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let mut bytes = [0; 5];
    /// instance.exports.get_memory("memory").unwrap().read(8, &mut bytes).unwrap();
    /// assert_eq!(&bytes, b"hello");
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind.
    pub fn get_memory(&self, name: &str) -> Result<&Memory, ExportError> {
        self.get(name)
    }

    /// The table of this name.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (table (export "callbacks") 4 funcref))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert_eq!(instance.exports.get_table("callbacks").unwrap().size(), 4);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind.
    pub fn get_table(&self, name: &str) -> Result<&Table, ExportError> {
        self.get(name)
    }

    /// The function of this name.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, Value, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "answer") (result i32) (i32.const 42)))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let answer = instance.exports.get_function("answer").unwrap();
    /// assert_eq!(*answer.call(&[]).unwrap(), [Value::I32(42)]);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind.
    pub fn get_function(&self, name: &str) -> Result<&Function, ExportError> {
        self.get(name)
    }

    /// The function of this name, with types that Rust knows.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, NativeFunc, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let add: NativeFunc<(i32, i32), i32> = instance.exports.get_native_function("add").unwrap();
    /// assert_eq!(add.call(40, 2).unwrap(), 42);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind, or of other types.
    pub fn get_native_function<Args, Rets>(
        &self,
        name: &str,
    ) -> Result<NativeFunc<Args, Rets>, ExportError>
    where
        Args: WasmTypeList,
        Rets: WasmTypeList,
    {
        self.get_function(name)?
            .native()
            .map_err(|_| ExportError::IncompatibleType)
    }

    /// The extern of this name, as a handle that may have generic types.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Memory, Module, NativeFunc, Pages, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (memory (export "memory") 1) (func (export "f")))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let memory: Memory = instance.exports.get_with_generics("memory").unwrap();
    /// let f: NativeFunc<(), ()> = instance.exports.get_with_generics("f").unwrap();
    /// assert_eq!((memory.size(), f.call().unwrap()), (Pages(1), ()));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind, or of other types.
    pub fn get_with_generics<'a, T, Args, Rets>(&'a self, name: &str) -> Result<T, ExportError>
    where
        Args: WasmTypeList,
        Rets: WasmTypeList,
        T: ExportableWithGenerics<'a, Args, Rets>,
    {
        match self.get_extern(name) {
            None => Err(ExportError::Missing(name.to_owned())),
            Some(item) => T::get_self_from_extern_with_generics(item),
        }
    }

    /// The same; the handle does not keep the instance.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Memory, Module, Pages, Store, imports};
    /// let text = "(module (memory (export \"memory\") 1))";
    /// let module = Module::new(&Store::default(), text).unwrap();
    /// let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let memory: Memory = instance.exports.get_with_generics_weak("memory").unwrap();
    /// assert_eq!(memory.size(), Pages(1));
    /// drop(instance);
    /// assert_eq!(memory.size(), Pages(0), "it is gone, and says so");
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or it is of another kind, or of other types.
    pub fn get_with_generics_weak<'a, T, Args, Rets>(&'a self, name: &str) -> Result<T, ExportError>
    where
        Args: WasmTypeList,
        Rets: WasmTypeList,
        T: ExportableWithGenerics<'a, Args, Rets>,
    {
        let mut export: T = self.get_with_generics(name)?;
        export.into_weak_instance_ref();
        Ok(export)
    }

    /// The extern of this name, if there is one.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Extern, Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert!(matches!(instance.exports.get_extern("f"), Some(Extern::Function(_))));
    /// assert!(instance.exports.get_extern("g").is_none());
    /// # }
    /// ```
    pub fn get_extern(&self, name: &str) -> Option<&Extern> {
        match &self.source {
            Source::Own(map) => map.get(name),
            Source::Instance(exports) => {
                let position = exports.indices().get_index_of(name)?;
                exports.at(position).map(|(_, item)| item)
            }
        }
    }

    /// Whether there is an extern of this name.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "_start")))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// assert!(instance.exports.contains("_start"));
    /// assert!(!instance.exports.contains("_initialize"));
    /// # }
    /// ```
    pub fn contains<S: Into<String>>(&self, name: S) -> bool {
        let name = name.into();
        match &self.source {
            Source::Own(map) => map.contains_key(&name),
            Source::Instance(exports) => exports.indices().contains_key(&name),
        }
    }

    /// All externs, in order.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (memory (export "memory") 1))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// for (name, item) in instance.exports.iter() {
    ///     println!("{name}: {:?}", item.ty());
    /// }
    /// assert_eq!(instance.exports.iter().len(), 2);
    /// # }
    /// ```
    pub fn iter(&self) -> ExportsIterator<'_, impl ExactSizeIterator<Item = (&String, &Extern)>> {
        let all = (0..self.len()).map(|position| self.at(position).expect("inside the length"));
        ExportsIterator { iter: all }
    }
}

impl Default for Exports {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl fmt::Debug for Exports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<(String, Extern)> for Exports {
    fn from_iter<I: IntoIterator<Item = (String, Extern)>>(iter: I) -> Self {
        Self {
            source: Source::Own(Arc::new(iter.into_iter().collect())),
        }
    }
}

impl LikeNamespace for Exports {
    fn get_namespace_export(&self, name: &str) -> Option<Export> {
        self.get_extern(name).map(Extern::to_export)
    }
    fn get_namespace_exports(&self) -> Vec<(String, Export)> {
        self.iter()
            .map(|(name, item)| (name.clone(), item.to_export()))
            .collect()
    }
}

/// The externs of an [`Exports`], in order.
///
/// It can be narrowed down to one kind:
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Instance, Module, Store, imports};
/// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (memory (export "memory") 1))"#).unwrap();
/// # let instance = Instance::new(&module, &imports! {}).unwrap();
/// let functions: Vec<_> = instance.exports.iter().functions().map(|(name, _)| name).collect();
/// assert_eq!(functions, ["f"]);
/// # }
/// ```
pub struct ExportsIterator<'a, I: Iterator<Item = (&'a String, &'a Extern)>> {
    iter: I,
}

macro_rules! of_kind {
    ($($(#[$doc:meta])* $kind:ident $name:ident;)*) => { $(
        $(#[$doc])*
        pub fn $name(self) -> impl Iterator<Item = (&'a String, &'a $kind)> {
            self.iter.filter_map(|(name, item)| match item {
                Extern::$kind(item) => Some((name, item)),
                _ => None,
            })
        }
    )* };
}

impl<'a, I: Iterator<Item = (&'a String, &'a Extern)>> ExportsIterator<'a, I> {
    of_kind! {
        /// Only the functions.
        ///
        /// ```
        /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
        /// # use wasmill::{Instance, Module, Store, Value, imports};
        /// # let module = Module::new(&Store::default(), r#"(module (memory (export "memory") 1) (func (export "a")) (func (export "b") (param i32)))"#).unwrap();
        /// # let instance = Instance::new(&module, &imports! {}).unwrap();
        /// let no_arguments = |(_, function): &(_, &wasmill::Function)| function.param_arity() == 0;
        /// let (name, _) = instance.exports.iter().functions().find(no_arguments).unwrap();
        /// assert_eq!(name, "a");
        /// # }
        /// ```
        Function functions;
        /// Only the memories.
        ///
        /// ```
        /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
        /// # use wasmill::{Instance, Module, Store, Value, imports};
        /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (memory (export "heap") 1))"#).unwrap();
        /// # let instance = Instance::new(&module, &imports! {}).unwrap();
        /// let (name, memory) = instance.exports.iter().memories().next().unwrap();
        /// assert_eq!((name.as_str(), memory.data_size()), ("heap", 65_536));
        /// # }
        /// ```
        Memory memories;
        /// Only the globals.
        ///
        /// ```
        /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
        /// # use wasmill::{Instance, Module, Store, Value, imports};
        /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (global (export "version") i32 (i32.const 3)))"#).unwrap();
        /// # let instance = Instance::new(&module, &imports! {}).unwrap();
        /// let globals: Vec<_> = instance.exports.iter().globals().map(|(_, global)| global.get()).collect();
        /// assert_eq!(globals, [Value::I32(3)]);
        /// # }
        /// ```
        Global globals;
        /// Only the tables.
        ///
        /// ```
        /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
        /// # use wasmill::{Instance, Module, Store, Value, imports};
        /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")) (table (export "t") 4 funcref))"#).unwrap();
        /// # let instance = Instance::new(&module, &imports! {}).unwrap();
        /// let sizes: Vec<_> = instance.exports.iter().tables().map(|(_, table)| table.size()).collect();
        /// assert_eq!(sizes, [4]);
        /// # }
        /// ```
        Table tables;
    }
}

impl<'a, I: Iterator<Item = (&'a String, &'a Extern)>> Iterator for ExportsIterator<'a, I> {
    type Item = (&'a String, &'a Extern);
    fn next(&mut self) -> Option<Self::Item> {
        self.iter.next()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }
}

impl<'a, I: ExactSizeIterator<Item = (&'a String, &'a Extern)>> ExactSizeIterator
    for ExportsIterator<'a, I>
{
}

impl<'a, I: Iterator<Item = (&'a String, &'a Extern)>> fmt::Debug for ExportsIterator<'a, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExportsIterator")
    }
}

/// A kind of extern that can be exported.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{ExportError, Exportable, Extern, Global, Memory, Store, Value};
/// /// How many of these are of one kind.
/// fn count<'a, T: Exportable<'a> + 'a>(externs: &'a [Extern]) -> usize {
///     externs.iter().filter(|item| T::get_self_from_extern(item).is_ok()).count()
/// }
///
/// # let store = Store::default();
/// let externs = [Global::new(&store, Value::I32(1)).into(), Global::new(&store, Value::I32(2)).into()];
/// assert_eq!((count::<Global>(&externs), count::<Memory>(&externs)), (2, 0));
/// # }
/// ```
pub trait Exportable<'a>: Sized {
    /// The handle of the lower layer.
    ///
    /// For a [`Resolver`](crate::Resolver) or a [`LikeNamespace`] written by hand:
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Exportable, Extern, Global, Store, Value};
    /// # let store = Store::default();
    /// let global = Global::new(&store, Value::I32(1));
    /// let again = Extern::from_vm_export(&store, global.to_export());
    /// assert!(matches!(again, Extern::Global(again) if again.same(&global)));
    /// # }
    /// ```
    fn to_export(&self) -> Export;
    /// This kind, out of any.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Exportable, ExportError, Extern, Global, Memory, Store, Value};
    /// # let store = Store::default();
    /// let item = Extern::from(Global::new(&store, Value::I32(1)));
    /// assert_eq!(Global::get_self_from_extern(&item).unwrap().get(), Value::I32(1));
    /// assert_eq!(Memory::get_self_from_extern(&item).unwrap_err(), ExportError::IncompatibleType);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is another kind.
    fn get_self_from_extern(export: &'a Extern) -> Result<&'a Self, ExportError>;
    /// Makes the handle one that does not keep its instance.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Exportable, Global, Store, Value};
    /// # let store = Store::default();
    /// let global = Global::new(&store, Value::I32(1));
    /// let mut weak = global.clone();
    /// Exportable::into_weak_instance_ref(&mut weak);
    /// assert_eq!(weak.get(), Value::I32(1));
    /// drop(global);
    /// assert_eq!(weak.get(), Value::I32(0), "it is gone");
    /// # }
    /// ```
    #[expect(clippy::wrong_self_convention, reason = "the contract's name")]
    fn into_weak_instance_ref(&mut self);
}

/// A kind of extern, possibly with generic types, that can be had from exports.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{ExportError, ExportableWithGenerics, Exports, Function, Memory, NativeFunc, Store, WasmTypeList};
/// /// What a plugin calls to allocate, under its new name or its old.
/// fn allocator<'a, T, A, R>(exports: &'a Exports) -> Result<T, ExportError>
/// where
///     A: WasmTypeList,
///     R: WasmTypeList,
///     T: ExportableWithGenerics<'a, A, R>,
/// {
///     exports.get_with_generics("alloc").or_else(|_| exports.get_with_generics("malloc"))
/// }
///
/// # let store = Store::default();
/// let mut exports = Exports::new();
/// exports.insert("malloc", Function::new_native(&store, |_size: u32| 1024_u32));
/// let allocate: NativeFunc<u32, u32> = allocator(&exports).unwrap();
/// assert_eq!(allocate.call(8).unwrap(), 1024);
/// # }
/// ```
pub trait ExportableWithGenerics<'a, Args: WasmTypeList, Rets: WasmTypeList>: Sized {
    /// This kind, out of any.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{ExportError, ExportableWithGenerics, Extern, Function, NativeFunc, Store};
    /// # let store = Store::default();
    /// let item = Extern::from(Function::new_native(&store, || 42_i32));
    /// let answer = NativeFunc::<(), i32>::get_self_from_extern_with_generics(&item).unwrap();
    /// assert_eq!(answer.call().unwrap(), 42);
    /// let error = NativeFunc::<(), i64>::get_self_from_extern_with_generics(&item).err();
    /// assert_eq!(error, Some(ExportError::IncompatibleType));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is another kind, or of other types.
    fn get_self_from_extern_with_generics(export: &'a Extern) -> Result<Self, ExportError>;
    /// Makes the handle one that does not keep its instance.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{ExportableWithGenerics, Instance, Module, NativeFunc, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (func (export "f")))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// # drop(module);
    /// let mut f: NativeFunc<(), ()> = instance.exports.get_native_function("f").unwrap();
    /// f.into_weak_instance_ref();
    /// assert!(f.call().is_ok());
    /// drop(instance);
    /// assert!(f.call().is_err(), "the instance is gone");
    /// # }
    /// ```
    #[expect(clippy::wrong_self_convention, reason = "the contract's name")]
    fn into_weak_instance_ref(&mut self);
}

impl<'a, T: Exportable<'a> + Clone + 'static> ExportableWithGenerics<'a, (), ()> for T {
    fn get_self_from_extern_with_generics(export: &'a Extern) -> Result<Self, ExportError> {
        T::get_self_from_extern(export).cloned()
    }
    fn into_weak_instance_ref(&mut self) {
        <T as Exportable<'a>>::into_weak_instance_ref(self);
    }
}

const _: fn() = || {
    fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Exports>();
    send_and_sync::<ImportObject>();
};
