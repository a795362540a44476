//! Where imports come from, and whether what came fits.
//!
//! ```text
//!   import section ─► Resolver ─► Export ─► kind, type, layout, store? ─► what instance creation needs, in order
//! ```

use crate::{ImportError, LinkError};
use std::sync::Arc;
use wasmill_types::{ExternType, ImportIndex, MemoryIndex, MemoryStyle, ModuleInfo, PrimaryMap};
use wasmill_vm::{VMExtern, VMStore};

/// Something that can be imported: a handle to what it is.
pub type Export = VMExtern;

/// Finds imports by position or by name.
pub trait Resolver {
    /// What the import at position `index` of the import section, `field` of `module`, is to be.
    fn resolve(&self, index: u32, module: &str, field: &str) -> Option<Export>;
}

/// Finds imports by name.
pub trait NamedResolver {
    /// What `field` of `module` is to be.
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
#[derive(Clone, Copy, Debug, Default)]
pub struct NullResolver;

impl Resolver for NullResolver {
    fn resolve(&self, _index: u32, _module: &str, _field: &str) -> Option<Export> {
        None
    }
}

/// Puts resolvers one behind the other.
pub trait ChainableNamedResolver: NamedResolver + Sized {
    /// A resolver that asks `other` first, then this one.
    fn chain_front<U: NamedResolver>(self, other: U) -> NamedResolverChain<U, Self> {
        NamedResolverChain { a: other, b: self }
    }
    /// A resolver that asks this one first, then `other`.
    fn chain_back<U: NamedResolver>(self, other: U) -> NamedResolverChain<Self, U> {
        NamedResolverChain { a: self, b: other }
    }
}

impl<T: NamedResolver> ChainableNamedResolver for T {}

/// Two resolvers, asked one after the other.
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

/// Finds all imports of a module, in the order of the import section, and checks each.
///
/// # Errors
///
/// [`LinkError::Import`] for the first that is missing or does not fit.
pub fn resolve_imports(
    info: &ModuleInfo,
    memory_styles: &PrimaryMap<MemoryIndex, MemoryStyle>,
    store: &Arc<VMStore>,
    resolver: &dyn Resolver,
) -> Result<Vec<Export>, LinkError> {
    info.imports
        .iter()
        .map(|((module, field, position), index)| {
            let required = info.import_type(*index);
            resolver
                .resolve(*position, module, field)
                .ok_or_else(|| ImportError::UnknownImport(required.clone()))
                .and_then(|export| {
                    check(&export, &required, store)?;
                    check_style(&export, *index, memory_styles)?;
                    Ok(export)
                })
                .map_err(|error| LinkError::Import(module.clone(), field.clone(), error))
        })
        .collect()
}

/// Whether `export` may serve where `required` is asked for.
fn check(export: &Export, required: &ExternType, store: &Arc<VMStore>) -> Result<(), ImportError> {
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
    export: &Export,
    index: ImportIndex,
    styles: &PrimaryMap<MemoryIndex, MemoryStyle>,
) -> Result<(), ImportError> {
    let (VMExtern::Memory(memory), ImportIndex::Memory(index)) = (export, index) else {
        return Ok(());
    };
    let (required, provided) = (&styles[index], memory.style());
    if protects(&provided, required) {
        Ok(())
    } else {
        let required = required.clone();
        Err(ImportError::IncompatibleMemoryStyle(required, provided))
    }
}

/// Whether code compiled for `required` is safe on a memory laid out as `provided`. Code for dynamic memories checks
/// every access, so it needs nothing.
fn protects(provided: &MemoryStyle, required: &MemoryStyle) -> bool {
    match (required, provided) {
        (MemoryStyle::Dynamic { .. }, _) => true,
        (MemoryStyle::Static { .. }, MemoryStyle::Dynamic { .. }) => false,
        (
            MemoryStyle::Static {
                bound,
                offset_guard_size,
            },
            MemoryStyle::Static {
                bound: provided_bound,
                offset_guard_size: provided_guard,
            },
        ) => provided_bound >= bound && provided_guard >= offset_guard_size,
    }
}
