//! Where imports come from, and whether what came fits.
//!
//! ```text
//!   import section ─► Resolver ─► Export ─► kind, type, layout, store? ─► what instance creation needs, in order
//! ```

use crate::tunables::make_parts;
use crate::{Export, ImportError, LinkError, Tunables};
use std::sync::Arc;
use wasmill_types::{ExternType, ImportIndex, ModuleInfo};
use wasmill_vm::{Account, InstanceImports, RuntimeModule, VMExtern, VMInstance, VMStore};

/// Finds imports by position or by name.
///
/// For imports that are told apart by position. Where names are enough, implement [`NamedResolver`]: whatever does is a
///
/// resolver too.
///
/// ```
/// # use wasmill_engine::{Export, Resolver};
/// # use wasmill_types::{Mutability, Value};
/// # use wasmill_vm::{VMGlobal, VMStore};
/// /// Gives every import its position as a global.
/// struct Positions(Arc<VMStore>);
///
/// impl Resolver for Positions {
///     fn resolve(&self, index: u32, _module: &str, _field: &str) -> Option<Export> {
///         Some(VMGlobal::new(&self.0, Mutability::Const, Value::from(index)).into())
///     }
/// }
///
/// # use std::sync::Arc;
/// let export = Positions(VMStore::new()).resolve(3, "env", "any").unwrap();
/// let Export::Global(global) = export else { panic!("it is a global") };
/// assert_eq!(global.get(), Value::I32(3));
/// ```
pub trait Resolver {
    /// What the import at position `index` of the import section, `field` of `module`, is to be.
    ///
    /// ```
    /// # use wasmill_engine::{NullResolver, Resolver};
    /// assert!(NullResolver.resolve(0, "env", "f").is_none());
    /// ```
    fn resolve(&self, index: u32, module: &str, field: &str) -> Option<Export>;
}

/// Finds imports by name.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_engine::{Export, NamedResolver};
/// # use wasmill_types::{Mutability, Value};
/// # use wasmill_vm::{VMGlobal, VMStore};
/// /// What a program is told about itself.
/// struct Settings(Arc<VMStore>);
///
/// impl NamedResolver for Settings {
///     fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
///         let value = match (module, field) {
///             ("settings", "verbose") => 1,
///             ("settings", "version") => 3,
///             _ => return None,
///         };
///         Some(VMGlobal::new(&self.0, Mutability::Const, Value::I32(value)).into())
///     }
/// }
///
/// let settings = Settings(VMStore::new());
/// assert!(settings.resolve_by_name("settings", "verbose").is_some());
/// assert!(settings.resolve_by_name("env", "abort").is_none());
/// ```
pub trait NamedResolver {
    /// What `field` of `module` is to be.
    ///
    /// ```
    /// # use wasmill_engine::NamedResolver;
    /// assert!(().resolve_by_name("env", "f").is_none(), "`()` has nothing");
    /// ```
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export>;
}

impl<T: NamedResolver> Resolver for T {
    fn resolve(&self, _index: u32, module: &str, field: &str) -> Option<Export> {
        self.resolve_by_name(module, field)
    }
}

impl<T: NamedResolver + ?Sized> NamedResolver for &T {
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
        (**self).resolve_by_name(module, field)
    }
}

impl NamedResolver for Box<dyn NamedResolver> {
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
        (**self).resolve_by_name(module, field)
    }
}

impl NamedResolver for () {
    /// Always `None`.
    fn resolve_by_name(&self, _module: &str, _field: &str) -> Option<Export> {
        None
    }
}

/// Finds nothing.
///
/// ```
/// # use wasmill_engine::{NullResolver, Resolver};
/// assert!(NullResolver.resolve(0, "env", "f").is_none());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NullResolver;

impl Resolver for NullResolver {
    fn resolve(&self, _index: u32, _module: &str, _field: &str) -> Option<Export> {
        None
    }
}

/// Puts resolvers one behind the other.
///
/// ```
/// # use wasmill_engine::{ChainableNamedResolver, Export, NamedResolver};
/// /// Finds nothing, but says so.
/// struct Logged(&'static str);
///
/// impl NamedResolver for Logged {
///     fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
///         println!("{} is asked for {module}.{field}", self.0);
///         None
///     }
/// }
///
/// let chain = Logged("the second").chain_front(Logged("the first")).chain_back(());
/// assert!(chain.resolve_by_name("env", "f").is_none());
/// ```
pub trait ChainableNamedResolver: NamedResolver + Sized {
    /// A resolver that asks `other` first, then this one.
    ///
    /// ```
    /// # use wasmill_engine::{ChainableNamedResolver, Export, NamedResolver};
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMFunction, VMGlobal, VMStore};
    /// /// Has this number under every name.
    /// struct One(i32);
    /// # impl NamedResolver for One {
    /// #     fn resolve_by_name(&self, _: &str, _: &str) -> Option<Export> {
    /// #         Some(VMGlobal::new(&VMStore::new(), Mutability::Const, Value::I32(self.0)).into())
    /// #     }
    /// # }
    /// # fn value(export: Option<Export>) -> Value<VMFunction> {
    /// #     match export {
    /// #         Some(Export::Global(global)) => global.get(),
    /// #         _ => panic!("it is a global"),
    /// #     }
    /// # }
    /// let chain = One(1).chain_front(One(2));
    /// assert_eq!(value(chain.resolve_by_name("env", "x")), Value::I32(2));
    /// ```
    fn chain_front<U: NamedResolver>(self, other: U) -> NamedResolverChain<U, Self> {
        NamedResolverChain { a: other, b: self }
    }
    /// A resolver that asks this one first, then `other`.
    ///
    /// ```
    /// # use wasmill_engine::{ChainableNamedResolver, Export, NamedResolver};
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMFunction, VMGlobal, VMStore};
    /// /// Has this number under every name.
    /// struct One(i32);
    /// # impl NamedResolver for One {
    /// #     fn resolve_by_name(&self, _: &str, _: &str) -> Option<Export> {
    /// #         Some(VMGlobal::new(&VMStore::new(), Mutability::Const, Value::I32(self.0)).into())
    /// #     }
    /// # }
    /// # fn value(export: Option<Export>) -> Value<VMFunction> {
    /// #     match export {
    /// #         Some(Export::Global(global)) => global.get(),
    /// #         _ => panic!("it is a global"),
    /// #     }
    /// # }
    /// let chain = One(1).chain_back(One(2));
    /// assert_eq!(value(chain.resolve_by_name("env", "x")), Value::I32(1));
    /// ```
    fn chain_back<U: NamedResolver>(self, other: U) -> NamedResolverChain<Self, U> {
        NamedResolverChain { a: self, b: other }
    }
}

impl<T: NamedResolver> ChainableNamedResolver for T {}

/// Two resolvers, asked one after the other.
///
/// ```
/// # use wasmill_engine::{ChainableNamedResolver, Export, NamedResolver};
/// # use wasmill_types::{Mutability, Value};
/// # use wasmill_vm::{VMFunction, VMGlobal, VMStore};
/// /// Has this number under every name.
/// struct One(i32);
/// # impl NamedResolver for One {
/// #     fn resolve_by_name(&self, _: &str, _: &str) -> Option<Export> {
/// #         Some(VMGlobal::new(&VMStore::new(), Mutability::Const, Value::I32(self.0)).into())
/// #     }
/// # }
/// # fn value(export: Option<Export>) -> Value<VMFunction> {
/// #     match export {
/// #         Some(Export::Global(global)) => global.get(),
/// #         _ => panic!("it is a global"),
/// #     }
/// # }
/// # use wasmill_engine::NamedResolverChain;
/// let chain: NamedResolverChain<One, ()> = One(1).chain_back(());
/// assert_eq!(value(chain.resolve_by_name("anything", "at all")), Value::I32(1));
/// ```
#[derive(Clone, Debug)]
pub struct NamedResolverChain<A: NamedResolver, B: NamedResolver> {
    a: A,
    b: B,
}

impl<A: NamedResolver, B: NamedResolver> NamedResolver for NamedResolverChain<A, B> {
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
        self.a
            .resolve_by_name(module, field)
            .or_else(|| self.b.resolve_by_name(module, field))
    }
}

/// Finds all imports of a module, in the order of the import section, and checks each. `adapt` gets what the resolver
/// found and may replace it before it is checked.
///
/// # Errors
///
/// [`LinkError::Import`] for the first that is missing or does not fit.
pub fn resolve_imports(
    module: &RuntimeModule,
    resolver: &dyn Resolver,
    adapt: &mut dyn FnMut(Export) -> VMExtern,
) -> Result<Vec<VMExtern>, LinkError> {
    let (info, store) = (module.info(), module.store());
    let mut imports = Vec::with_capacity(info.imports.len());
    for ((namespace, field, position), index) in &info.imports {
        let import = match resolver
            .resolve(*position, namespace, field)
            .map(&mut *adapt)
        {
            // The usual case, without copies of types.
            Some(export) if is_the_function(&export, *index, info, store) => Ok(export),
            Some(export) => check(&export, &info.import_type(*index), store)
                .and_then(|()| check_style(&export, *index, module))
                .map(|()| export),
            None => Err(ImportError::UnknownImport(info.import_type(*index))),
        };
        let name = |error| LinkError::Import(namespace.clone(), field.clone(), error);
        imports.push(import.map_err(name)?);
    }
    Ok(imports)
}

/// Whether `export` is a function of the store, and of the type that the import requires.
fn is_the_function(
    export: &VMExtern,
    index: ImportIndex,
    info: &ModuleInfo,
    store: &Arc<VMStore>,
) -> bool {
    match (export, index) {
        (VMExtern::Function(function), ImportIndex::Function(index)) => {
            function.ty() == info.function_type(index)
                && Arc::ptr_eq(function.island().store(), store)
        }
        _ => false,
    }
}

/// Where an instance gets what its module defines, and what that counts against.
#[derive(Clone, Copy, Default)]
pub struct Resources<'a> {
    /// Who makes memories, tables and globals; `None` for what [`BaseTunables`](crate::BaseTunables) would make, in a
    /// shorter way.
    pub tunables: Option<&'a dyn Tunables>,
    /// The limits of the store, if it has some.
    pub account: Option<&'a Arc<Account>>,
}

/// Links and lays out an instance: finds and checks its imports, makes its memories, tables and globals. No code of it
/// runs yet, and its active segments have not run (see [`VMInstance::initialize`] and [`VMInstance::start`]).
///
/// # Errors
///
/// [`LinkError::Import`] if an import does not fit, [`LinkError::Resource`] if a memory or table cannot be made, or what
/// tunables made does not fit, or a limit is reached.
pub fn instantiate(
    module: &Arc<RuntimeModule>,
    resolver: &dyn Resolver,
    resources: Resources<'_>,
    adapt: &mut dyn FnMut(Export) -> VMExtern,
) -> Result<VMInstance, LinkError> {
    let mut imports = InstanceImports::default();
    for import in resolve_imports(module, resolver, adapt)? {
        match import {
            VMExtern::Function(function) => imports.functions.push(function),
            VMExtern::Table(table) => imports.tables.push(table),
            VMExtern::Memory(memory) => imports.memories.push(memory),
            VMExtern::Global(global) => imports.globals.push(global),
        }
    }
    // The host's code runs before anything is locked.
    let parts = resources
        .tunables
        .map(|tunables| make_parts(module, tunables));
    let parts = parts.transpose()?;
    #[allow(unsafe_code, reason = "the checks that linking needs are here")]
    // SAFETY: the imports were checked against the module's own description: kinds, types, layouts and store. Imports of
    // one kind are in the order of their index space, which is that of the import section.
    let instance =
        unsafe { VMInstance::new(module.clone(), imports, parts.as_ref(), resources.account) };
    instance.map_err(|error| LinkError::Resource(error.to_string()))
}

/// Whether `export` may serve where `required` is asked for.
fn check(
    export: &VMExtern,
    required: &ExternType,
    store: &Arc<VMStore>,
) -> Result<(), ImportError> {
    // The minimum of a memory or table is its size now.
    let provided = export.ty();
    let same_elements = match (&provided, required) {
        (ExternType::Table(provided), ExternType::Table(required)) => provided.ty == required.ty,
        _ => true,
    };
    if !same_elements || !provided.is_compatible_with(required) {
        return Err(ImportError::IncompatibleType(required.clone(), provided));
    }
    if !Arc::ptr_eq(export.island().store(), store) {
        return Err(ImportError::CrossStore);
    }
    Ok(())
}

/// Whether a memory has the reservation and the guard that unchecked accesses rely on.
fn check_style(
    export: &VMExtern,
    index: ImportIndex,
    module: &RuntimeModule,
) -> Result<(), ImportError> {
    let (VMExtern::Memory(memory), ImportIndex::Memory(index)) = (export, index) else {
        return Ok(());
    };
    let (required, provided) = (module.memory_style(index), memory.style());
    if provided.protects(required) {
        Ok(())
    } else {
        let required = required.clone();
        Err(ImportError::IncompatibleMemoryStyle(required, provided))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_types::{
        FunctionType, GlobalType, MemoryStyle, MemoryType, Mutability, Pages, TableType, Type,
        Value,
    };
    use wasmill_vm::{TableElement, VMGlobal, VMMemory, VMTable};

    /// Answers every name with one global.
    #[derive(Clone)]
    struct Only(&'static str, Export);
    impl NamedResolver for Only {
        fn resolve_by_name(&self, _module: &str, field: &str) -> Option<Export> {
            (field == self.0).then(|| self.1.clone())
        }
    }

    fn global(store: &Arc<VMStore>, value: i32) -> Export {
        VMGlobal::new(store, Mutability::Const, Value::I32(value)).into()
    }

    fn value(export: Option<Export>) -> Option<i32> {
        match export? {
            Export::Global(global) => global.get().i32(),
            _ => None,
        }
    }

    #[test]
    fn the_front_of_a_chain_wins() {
        let store = VMStore::new();
        let (a, b) = (Only("x", global(&store, 1)), Only("x", global(&store, 2)));
        let ask = |resolver: &dyn NamedResolver| value(resolver.resolve_by_name("", "x"));
        assert_eq!(ask(&a.clone().chain_front(b.clone())), Some(2));
        assert_eq!(ask(&a.clone().chain_back(b.clone())), Some(1));
        let c = Only("y", global(&store, 3));
        assert_eq!(ask(&c.clone().chain_back(a.clone())), Some(1));
        assert_eq!(ask(&c.clone().chain_back(()).chain_front(&b)), Some(2));
        let boxed: Box<dyn NamedResolver> = Box::new(a);
        assert_eq!(ask(&boxed), Some(1));
        assert_eq!(value(c.resolve(7, "any", "y")), Some(3));
        assert!(NullResolver.resolve(0, "", "x").is_none());
        assert!(().resolve(0, "", "x").is_none());
    }

    /// The text of what is wrong with `export` where `required` is asked for.
    fn wrong(export: &VMExtern, required: impl Into<ExternType>, store: &Arc<VMStore>) -> String {
        check(export, &required.into(), store)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn kinds_and_types_must_fit() {
        let store = VMStore::new();
        let export = VMExtern::from(global(&store, 1));
        let ty = GlobalType::new(Type::I32, Mutability::Const);
        check(&export, &ty.into(), &store).unwrap();
        assert_eq!(
            wrong(&export, FunctionType::new([], []), &store),
            "incompatible import type. Expected Function(FunctionType { params: [], results: [] }) \
             but received Global(GlobalType { ty: I32, mutability: Const })"
        );
        let mutable = GlobalType::new(Type::I32, Mutability::Var);
        assert!(wrong(&export, mutable, &store).starts_with("incompatible import type"));
    }

    #[test]
    fn memories_fit_by_their_size_now() {
        let store = VMStore::new();
        let ty = MemoryType::new(1, Some(3), false);
        let style = MemoryStyle::Dynamic {
            offset_guard_size: 0x1_0000,
        };
        let memory = VMMemory::new(&store, &ty, &style).unwrap();
        let export = VMExtern::from(memory.clone());
        let two = MemoryType::new(2, None, false);
        assert!(wrong(&export, two, &store).ends_with("received Memory(MemoryType { minimum: 1 pages, maximum: Some(3 pages), shared: false })"));
        memory.grow(Pages(1)).unwrap();
        check(&export, &two.into(), &store).unwrap();
        wrong(&export, MemoryType::new(1, Some(2), false), &store);
    }

    #[test]
    fn tables_need_the_very_element_type() {
        let store = VMStore::new();
        let table = |ty, init| VMTable::new(&store, TableType::new(ty, 2, None), init).unwrap();
        let functions = table(Type::FuncRef, TableElement::Function(None)).into();
        check(
            &functions,
            &TableType::new(Type::FuncRef, 1, None).into(),
            &store,
        )
        .unwrap();
        wrong(&functions, TableType::new(Type::ExternRef, 1, None), &store);
        wrong(&functions, TableType::new(Type::FuncRef, 3, None), &store);
        wrong(
            &functions,
            TableType::new(Type::FuncRef, 1, Some(9)),
            &store,
        );
    }

    #[test]
    fn other_stores_are_told_apart() {
        let (store, other) = (VMStore::new(), VMStore::new());
        let ty = GlobalType::new(Type::I32, Mutability::Const);
        assert_eq!(
            wrong(&global(&other, 1).into(), ty, &store),
            "cross-`Store` imports are not supported"
        );
    }
}
