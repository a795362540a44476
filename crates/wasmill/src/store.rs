//! The store: where modules, instances and host objects belong.

use std::fmt;
use std::sync::Arc;
use wasmill_engine::{BaseTunables, Engine, Tunables};
use wasmill_vm::VMStore;

/// What modules are compiled with, and what may refer to what: values of one store cannot be given to another.
///
/// A cheap handle. The store keeps no instances alive; their handles do.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<dyn Engine + Send + Sync>,
    tunables: Box<dyn Tunables + Send + Sync>,
}

impl Store {
    /// A store that compiles with this engine, with the usual layout of memories.
    pub fn new<E: Engine + ?Sized>(engine: &E) -> Self {
        Self::new_with_tunables(engine, BaseTunables::for_target(engine.target()))
    }

    /// A store that compiles with this engine, and lays out memories and tables as `tunables` say.
    pub fn new_with_tunables<E: Engine + ?Sized>(
        engine: &E,
        tunables: impl Tunables + 'static,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine: engine.cloned(),
                tunables: Box::new(tunables),
            }),
        }
    }

    /// How memories and tables are laid out.
    pub fn tunables(&self) -> &dyn Tunables {
        &*self.inner.tunables
    }

    /// What modules are compiled with.
    pub fn engine(&self) -> &Arc<dyn Engine + Send + Sync> {
        &self.inner.engine
    }

    /// Whether values of one may be given to the other: they are of the same engine.
    pub fn same(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(a.vm(), b.vm())
    }

    pub(crate) fn vm(&self) -> &Arc<VMStore> {
        self.inner.engine.vm_store()
    }
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        Self::same(self, other)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

#[cfg(all(feature = "default-cranelift", feature = "default-universal"))]
impl Default for Store {
    /// A store with the default engine and compiler.
    fn default() -> Self {
        Self::new(&crate::Universal::new(crate::Cranelift::default()).engine())
    }
}
