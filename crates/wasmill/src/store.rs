//! The store: where modules, instances and host objects belong.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use wasmill_engine::{BaseTunables, Engine, Resources, Tunables};
use wasmill_vm::{Account, StoreLimits, StoreUsage, TrapHandlerFn, VMStore};

/// What modules are compiled with, and what may refer to what: values of one store cannot be given to another.
///
/// A cheap handle. The store keeps no instances alive; their handles do.
///
/// ```
/// # #[cfg(all(feature = "default-cranelift", feature = "default-engine"))] {
/// use wasmill::{Cranelift, Store, Universal};
/// let store = Store::default();
/// assert_eq!(store, store.clone());
///
/// // The same, by hand.
/// let by_hand = Store::new(&Universal::new(Cranelift::default()).engine());
/// assert_ne!(store, by_hand, "another engine");
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<dyn Engine + Send + Sync>,
    tunables: Box<dyn Tunables + Send + Sync>,
    /// The tunables are [`BaseTunables`], whose choices instantiation knows without asking.
    is_base: bool,
    account: Option<Arc<Account>>,
}

impl Store {
    /// A store that compiles with this engine, with the usual layout of memories.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Cranelift, Store, Universal};
    /// let engine = Universal::new(Cranelift::default()).engine();
    /// let store = Store::new(&engine);
    /// assert_eq!(store, Store::new(&engine), "stores of one engine are the same");
    /// # }
    /// ```
    pub fn new<E: Engine + ?Sized>(engine: &E) -> Self {
        Self::new_with_tunables(engine, BaseTunables::for_target(engine.target()))
    }

    /// A store that compiles with this engine, and whose memories, tables and globals `tunables` lay out and make (see
    /// [`Tunables`] for an example).
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{BaseTunables, Cranelift, Store, Universal};
    /// # use wasmill::{Memory, MemoryType, vm::MemoryStyle};
    /// let engine = Universal::new(Cranelift::default()).engine();
    /// // For many small memories: they reserve what they use, and accesses are checked.
    /// let mut tunables = BaseTunables::for_target(&Default::default());
    /// tunables.static_memory_bound = 0.into();
    /// let store = Store::new_with_tunables(&engine, tunables);
    /// let style = store.tunables().memory_style(&MemoryType::new(1, None, false));
    /// assert!(matches!(style, MemoryStyle::Dynamic { .. }));
    /// # }
    /// ```
    pub fn new_with_tunables<E: Engine + ?Sized>(
        engine: &E,
        tunables: impl Tunables + Send + Sync + 'static,
    ) -> Self {
        Self::make(engine, tunables, None)
    }

    /// A store as [`Store::new_with_tunables`] makes it, whose objects may not exceed these limits together: what the
    /// host makes and what instances define, at creation and when they grow. What is freed is given back.
    ///
    /// The limits hold for this store and its clones, not for other stores of the engine. What is beyond them fails like
    /// what the system refuses: `memory.grow` and `table.grow` give -1, everything else an error that names the limit.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{BaseTunables, Memory, MemoryType, Store, StoreLimits};
    /// # let engine = Store::default().engine().clone();
    /// let tunables = BaseTunables::for_target(engine.target());
    /// let limits = StoreLimits::new().memory_bytes(3 * 65536);
    /// let store = Store::new_with_limits(&*engine, tunables, limits);
    ///
    /// let memory = Memory::new(&store, MemoryType::new(2, None, false)).unwrap();
    /// assert_eq!(
    ///     Memory::new(&store, MemoryType::new(2, None, false)).unwrap_err().to_string(),
    ///     "A user-defined error occurred: the store's limit of 196608 bytes of memory is exceeded"
    /// );
    /// assert!(memory.grow(2).is_err());
    /// drop(memory);
    /// assert_eq!(store.usage().unwrap().memory_bytes, 0);
    /// # }
    /// ```
    pub fn new_with_limits<E: Engine + ?Sized>(
        engine: &E,
        tunables: impl Tunables + Send + Sync + 'static,
        limits: StoreLimits,
    ) -> Self {
        Self::make(engine, tunables, Some(Account::new(limits)))
    }

    fn make<E: Engine + ?Sized>(
        engine: &E,
        tunables: impl Tunables + Send + Sync + 'static,
        account: Option<Arc<Account>>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine: engine.cloned(),
                is_base: (&tunables as &dyn Any).is::<BaseTunables>(),
                tunables: Box::new(tunables),
                account,
            }),
        }
    }

    /// The limits that its objects may not exceed together, if it was made with some.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{BaseTunables, Store, StoreLimits};
    /// # let engine = Store::default().engine().clone();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// let store = Store::new_with_limits(&*engine, tunables, StoreLimits::new().instances(10));
    /// assert!(store.limits().is_some());
    /// assert!(Store::default().limits().is_none());
    /// # }
    /// ```
    pub fn limits(&self) -> Option<&StoreLimits> {
        self.account().map(|account| account.limits())
    }

    /// What its objects take together now; `None` if it was made without limits, since then nobody counts.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{BaseTunables, Memory, MemoryType, Store, StoreLimits};
    /// # let engine = Store::default().engine().clone();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// let store = Store::new_with_limits(&*engine, tunables, StoreLimits::new());
    /// let memory = Memory::new(&store, MemoryType::new(2, None, false)).unwrap();
    /// assert_eq!(store.usage().unwrap().memory_bytes, 131_072);
    /// # }
    /// ```
    pub fn usage(&self) -> Option<StoreUsage> {
        self.account().map(|account| account.usage())
    }

    pub(crate) fn account(&self) -> Option<&Arc<Account>> {
        self.inner.account.as_ref()
    }

    /// Where its instances get what their modules define.
    pub(crate) fn resources(&self) -> Resources<'_> {
        Resources {
            tunables: (!self.inner.is_base).then(|| self.tunables()),
            account: self.account(),
        }
    }

    /// How memories, tables and globals are laid out and made.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, TableType, Type, vm::TableStyle};
    /// # let store = Store::default();
    /// let style = store.tunables().table_style(&TableType::new(Type::FuncRef, 1, None));
    /// assert_eq!(style, TableStyle::CallerChecksSignature);
    /// # }
    /// ```
    pub fn tunables(&self) -> &dyn Tunables {
        &*self.inner.tunables
    }

    /// What modules are compiled with.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Target};
    /// # let store = Store::default();
    /// assert_eq!(store.engine().target(), &Target::default());
    /// assert!(store.engine().features().simd);
    /// # }
    /// ```
    pub fn engine(&self) -> &Arc<dyn Engine + Send + Sync> {
        &self.inner.engine
    }

    /// Sets the handler that is asked first when code of this store faults on the current thread; `None` removes it.
    ///
    /// It gets the signal's number, information and context. After true the code goes on where the context says, which by
    /// default means that the same instruction is tried again; after false the fault becomes a trap as usual, or is passed
    /// on. It is called on the thread that set it, and for no other (each thread can have its own), for stores of the same
    /// engine, while their compiled code runs (not for faults of host functions). It is dropped when it is replaced or its
    /// thread ends.
    ///
    /// The handler runs in the middle of an instruction of the guest, on the stack for signals (64 KiB): it cannot use what
    /// belongs to a store. Every attempt to run guests, or to look at memories, tables or globals, panics; a panic that leaves
    /// the handler ends the process.
    ///
    /// A handler that only looks (it is asked about real faults alone, and says that none is its own):
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use std::sync::Arc;
    /// # use std::sync::atomic::{AtomicU32, Ordering};
    /// # use wasmill::{Instance, Module, Store, TrapCode, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (memory 1) (func (export "run") (drop (i32.load (i32.const -4)))))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// # let store = module.store();
    /// let faults = Arc::new(AtomicU32::new(0));
    /// let count = faults.clone();
    /// store.set_trap_handler(Some(Box::new(move |_signal, _info, _context| {
    ///     count.fetch_add(1, Ordering::Relaxed);
    ///     false
    /// })));
    /// let error = instance.exports.get_function("run").unwrap().call(&[]).unwrap_err();
    /// assert_eq!(error.to_trap(), Some(TrapCode::HeapAccessOutOfBounds));
    /// assert_eq!(faults.load(Ordering::Relaxed), 1);
    /// store.set_trap_handler(None);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If it is called by such a handler.
    pub fn set_trap_handler(&self, handler: Option<Box<TrapHandlerFn>>) {
        self.vm().set_trap_handler(handler);
    }

    /// Whether values of one may be given to the other: they are of the same engine.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Store, Universal, Cranelift};
    /// let engine = Universal::new(Cranelift::default()).engine();
    /// assert!(Store::same(&Store::new(&engine), &Store::new(&engine)));
    /// assert!(!Store::same(&Store::new(&engine), &Store::default()));
    /// # }
    /// ```
    #[inline]
    pub fn same(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner) || Arc::ptr_eq(a.vm(), b.vm())
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

/// The compiler and the engine that features have chosen; of two engines, Universal.
#[cfg(all(feature = "default-compiler", feature = "default-engine"))]
mod default {
    #[cfg(feature = "default-cranelift")]
    pub(super) use crate::Cranelift as Compiler;
    #[cfg(feature = "default-llvm")]
    pub(super) use crate::LLVM as Compiler;
    #[cfg(all(feature = "default-dylib", not(feature = "default-universal")))]
    pub(super) use crate::Native as Engine;
    #[cfg(feature = "default-singlepass")]
    pub(super) use crate::Singlepass as Compiler;
    #[cfg(feature = "default-universal")]
    pub(super) use crate::Universal as Engine;
}

#[cfg(all(
    any(
        feature = "default-cranelift",
        feature = "default-llvm",
        feature = "default-singlepass"
    ),
    any(feature = "default-universal", feature = "default-dylib")
))]
impl Default for Store {
    /// A store with the default engine and compiler.
    fn default() -> Self {
        Self::new(&default::Engine::new(default::Compiler::default()).engine())
    }
}
