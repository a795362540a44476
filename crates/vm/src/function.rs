//! Functions: the handle, and host functions.
//!
//! A function reference in compiled code is a pointer to a [`VMFuncRef`]: entry, context, type id. For a WebAssembly
//! function the context is its instance's; for a host function it is a [`HostContext`].
//!
//! A host function is shared freely between islands and threads, but its *context* says which island it is called from
//! (results that are functions must become reachable from there), so each island that can call it has a slot of its own:
//! an instance one for each host function that it imports, an island one for each that was put into its tables or globals.
//!
//! Invariants:
//! - F1: a `VMFuncRef` that anything in an island can reach belongs to that island or to one that it keeps.
//! - F2: `HostContext::function` points to a [`HostFunction`] of an island that the slot's island keeps (or is).

use crate::domain::{Domain, Guard};
use crate::island::{Home, Island, Object};
use crate::owned::Owned;
use crate::signatures::Signature;
use crate::store::VMStore;
use std::any::Any;
use std::cell::OnceCell;
use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Weak};
use wasmill_abi::{ContextHeader, VMFuncRef};
use wasmill_types::{FunctionType, Type};

/// The context of a host function in one island.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct HostContext {
    pub(crate) header: ContextHeader,
    /// The closure's state, as its entry expects it.
    pub(crate) state: *const c_void,
    /// The domain to enter around the closure, or null if it may run on several threads at once.
    pub(crate) exclusive: *const Domain,
    pub(crate) function: *const HostFunction,
    /// Knows the island that the function is called from.
    pub(crate) home: *const Home,
}

/// A host function's presence in one island.
#[derive(Debug)]
pub(crate) struct HostSlot {
    funcref: VMFuncRef,
    context: HostContext,
}

/// A slot that belongs to an island itself, not to an instance.
#[derive(Debug)]
struct AdoptedSlot {
    slot: HostSlot,
    home: Home,
}

impl Object for AdoptedSlot {
    fn moved_to(&self, island: &Arc<Island>) {
        self.home.set(island);
    }
}

impl AdoptedSlot {
    fn new(function: &HostFunction) -> Owned<Self> {
        let adopted = Owned::new(Self {
            slot: HostSlot::new(function),
            home: Home::default(),
        });
        let place = adopted.place().as_ptr();
        // SAFETY: fresh, and it stays where it is.
        unsafe { HostSlot::settle(&raw mut (*place).slot, &raw const (*place).home) };
        adopted
    }
}

/// Marks a [`VMFuncRef`] of a host function.
const HOST: u32 = 1;

// SAFETY: the pointers lead to a `HostFunction` that is `Send` and kept (F2).
unsafe impl Send for HostSlot {}

impl HostSlot {
    /// A slot for `function`, whose island the slot's island must keep. To be settled before use.
    pub(crate) fn new(function: &HostFunction) -> Self {
        Self {
            funcref: VMFuncRef {
                code: function.code.entry,
                context: ptr::null_mut(),
                type_id: function.signature.id(),
                reserved: HOST,
                tail_code: ptr::null(),
            },
            context: HostContext {
                header: ContextHeader {
                    owner: ptr::null_mut(),
                    store: function.store.cast(),
                },
                state: function.code.state,
                exclusive: function.exclusive,
                function,
                home: ptr::null(),
            },
        }
    }

    /// Fixes where a slot is (it must not move any more) and who knows its island.
    ///
    /// # Safety
    ///
    /// The slot lives, and nobody refers to it.
    pub(crate) unsafe fn settle(slot: *mut Self, home: *const Home) {
        // SAFETY: as the caller promises.
        unsafe {
            (*slot).context.home = home;
            (*slot).funcref.context = (&raw mut (*slot).context).cast();
        }
    }

    pub(crate) fn funcref(&self) -> NonNull<VMFuncRef> {
        NonNull::from(&self.funcref)
    }
}

/// The machine side of a host function.
#[derive(Debug)]
pub struct HostCode {
    /// The entry in the boundary ABI; it takes a [`HostContext`].
    pub entry: *const c_void,
    /// What [`HostContext::state`] is to be.
    pub state: *const c_void,
    /// Whether only one thread at a time may run it.
    pub exclusive: bool,
    /// The domain of the function, if it shares one.
    pub domain: Option<Arc<Domain>>,
}

/// A function made by the host.
pub struct HostFunction {
    ty: FunctionType,
    signature: Signature,
    code: HostCode,
    /// The domain of `island` if only one thread at a time may run it, else null.
    exclusive: *const Domain,
    /// The island that owns it and nothing else: a leaf, which anything may keep.
    island: Weak<Island>,
    /// The island's store, which it keeps.
    store: *const VMStore,
    /// Set once, before anybody else knows the function.
    slot: OnceCell<Owned<AdoptedSlot>>,
    /// Makes the function that an instance gets, for functions with an environment.
    env: Option<Arc<dyn Any + Send + Sync>>,
    /// Owns what `code.state` points to.
    _resources: Box<dyn Any + Send>,
}

// SAFETY: `code.state` points into `_resources`, which is `Send`; who runs it when is the domains' business.
unsafe impl Send for HostFunction {}
impl Object for HostFunction {}

/// The parts of a host function.
pub struct HostFunctionParts {
    /// Its type.
    pub ty: FunctionType,
    /// Its machine side.
    pub code: HostCode,
    /// For functions with an environment: what the API needs to make the function of an instance.
    pub env: Option<Arc<dyn Any + Send + Sync>>,
    /// Owns what `code.state` points to.
    pub resources: Box<dyn Any + Send>,
}

impl HostFunction {
    /// The handle that does not depend on whose slot it was reached through.
    fn handle(&self) -> VMFunction {
        let island = self
            .island
            .upgrade()
            .expect("whoever reaches a host function keeps its island");
        let slot = self
            .slot
            .get()
            .expect("every host function has a slot of its own");
        VMFunction {
            island,
            funcref: slot.slot.funcref(),
        }
    }

    /// Makes a host function with an island of its own.
    ///
    /// # Safety
    ///
    /// `code.entry` is an entry for `ty` in the boundary ABI that may be called with `code.state` on any thread, one
    /// thread at a time if `exclusive`; `code.state` stays valid as long as `resources` lives.
    pub unsafe fn create(store: &Arc<VMStore>, parts: HostFunctionParts) -> VMFunction {
        let mut types = parts.ty.params().iter().chain(parts.ty.results());
        let domain = match parts.code.domain.clone() {
            Some(domain) => domain,
            // A direct call converts references, which only the reference domain may do (R1).
            None if types.any(|ty| *ty == Type::ExternRef) => store.ref_domain().clone(),
            None => Domain::new(),
        };
        let island = Island::new(store.clone(), domain);
        let exclusive = match parts.code.exclusive {
            true => Arc::as_ptr(island.domain()),
            false => ptr::null(),
        };
        let function = Owned::new(Self {
            signature: store.signatures().register(&parts.ty),
            ty: parts.ty,
            code: parts.code,
            exclusive,
            island: Arc::downgrade(&island),
            store: Arc::as_ptr(store),
            slot: OnceCell::new(),
            env: parts.env,
            _resources: parts.resources,
        });
        let slot = AdoptedSlot::new(&function);
        slot.moved_to(&island);
        let funcref = slot.slot.funcref();
        let set = function.slot.set(slot);
        debug_assert!(set.is_ok(), "the function is new");
        island.adopt(function);
        VMFunction { island, funcref }
    }

    /// Its type.
    pub fn ty(&self) -> &FunctionType {
        &self.ty
    }

    /// What the API left to make the function of an instance.
    pub fn env(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.env.as_ref()
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunction")
            .field("ty", &self.ty)
            .finish_non_exhaustive()
    }
}

/// A handle to a function, of the host or of an instance. It keeps what the function needs.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::Value;
/// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
/// # let store = VMStore::new();
/// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
/// let results = function.callee().call::<VMFunction>(&[], Clone::clone, |f| f);
/// assert_eq!(*results.unwrap(), [Value::I64(42)]);
/// ```
#[derive(Clone)]
pub struct VMFunction {
    island: Arc<Island>,
    funcref: NonNull<VMFuncRef>,
}

// SAFETY: the funcref is immutable and lives as long as the island (F1); calls enter the domain.
unsafe impl Send for VMFunction {}
// SAFETY: as above.
unsafe impl Sync for VMFunction {}

/// The host function behind a record, if it is that of one.
#[inline]
fn host_behind(record: &VMFuncRef) -> Option<&HostFunction> {
    if record.reserved != HOST {
        return None;
    }
    // SAFETY: a record marked so has a `HostContext`, whose function is kept (F2).
    unsafe { Some(&*(*record.context.cast::<HostContext>()).function) }
}

impl VMFunction {
    /// A handle to a function that `island` can reach. That of a host function does not keep `island`.
    ///
    /// # Safety
    ///
    /// `funcref` is valid as long as `island` lives (F1).
    #[inline]
    pub(crate) unsafe fn from_raw(island: &Arc<Island>, funcref: NonNull<VMFuncRef>) -> Self {
        // SAFETY: as the caller promises.
        match host_behind(unsafe { funcref.as_ref() }) {
            Some(host) => host.handle(),
            None => Self {
                island: island.clone(),
                funcref,
            },
        }
    }

    /// The island that it is reached from.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// # let store = VMStore::new();
    /// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
    /// assert!(Arc::ptr_eq(function.island().store(), &store));
    /// ```
    pub fn island(&self) -> &Arc<Island> {
        &self.island
    }

    /// Enters the function's domain.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// # let store = VMStore::new();
    /// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
    /// let guard = function.enter();
    /// assert!(function.callee().call::<VMFunction>(&[], Clone::clone, |f| f).is_ok(), "this thread may");
    /// drop(guard);
    /// ```
    #[inline(always)]
    pub fn enter(&self) -> Guard<'_> {
        self.island.domain().enter()
    }

    /// The reference as compiled code sees it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// # let store = VMStore::new();
    /// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
    /// // SAFETY: the record lives as long as the function.
    /// assert_eq!(unsafe { function.funcref().as_ref() }.type_id, function.type_id());
    /// ```
    #[inline(always)]
    pub fn funcref(&self) -> NonNull<VMFuncRef> {
        self.funcref
    }

    #[inline(always)]
    pub(crate) fn record(&self) -> &VMFuncRef {
        // SAFETY: F1.
        unsafe { self.funcref.as_ref() }
    }

    /// The host function behind it, if it is one.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// # let store = VMStore::new();
    /// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
    /// assert_eq!(function.host().unwrap().ty(), function.ty());
    /// ```
    #[inline]
    pub fn host(&self) -> Option<&HostFunction> {
        host_behind(self.record())
    }

    /// Its type.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// # let store = VMStore::new();
    /// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
    /// assert_eq!(function.ty().to_string(), "[] -> [I64]");
    /// ```
    #[inline]
    pub fn ty(&self) -> &FunctionType {
        match self.host() {
            Some(host) => host.ty(),
            // SAFETY: F1, and a record that is not the host's belongs to an instance.
            None => unsafe { crate::instance::function_type(self.funcref) },
        }
    }

    /// The engine-wide id of its type.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// # let store = VMStore::new();
    /// let function: VMFunction = HostFunction::typed(&store, || 42_i64);
    /// let other = HostFunction::typed(&store, || 0_i64);
    /// assert_eq!(function.type_id(), other.type_id(), "the same type");
    /// ```
    pub fn type_id(&self) -> u32 {
        self.record().type_id
    }

    /// The function as something in `island` may hold it, if `island` holds it already: then nothing need be done.
    #[inline]
    pub(crate) fn held_by(&self, island: &Arc<Island>) -> Option<NonNull<VMFuncRef>> {
        (self.host().is_none() && self.island.same(island)).then_some(self.funcref)
    }

    /// Makes one domain of the function's and `island`'s, if [`VMFunction::adopted_by`] needs that. To be called before the
    /// island's domain is entered: who holds one domain and waits for another may wait for ever.
    pub(crate) fn join_domain(&self, island: &Island) {
        if self.host().is_none() && Arc::ptr_eq(self.island.store(), island.store()) {
            island.domain().merge(self.island.domain());
        }
    }

    /// The function as something in `island` may hold it: makes sure that `island` keeps it, or merges.
    ///
    /// # Panics
    ///
    /// If the two are of different stores: what refers to one another has one heap of host references (R1).
    pub(crate) fn adopted_by(&self, island: &Arc<Island>) -> NonNull<VMFuncRef> {
        assert!(
            Arc::ptr_eq(self.island.store(), island.store()),
            "a function of another store"
        );
        match self.host() {
            Some(host) => {
                let _guard = island.domain().enter();
                let known = island.root().host_slot(host);
                known.unwrap_or_else(|| {
                    island.keep(&host.handle().island);
                    let slot = island.adopt(AdoptedSlot::new(host));
                    // SAFETY: the slot was just made and stays where it is (I3).
                    let funcref = unsafe { slot.as_ref() }.slot.funcref();
                    island.root().remember_host_slot(host, funcref);
                    funcref
                })
            }
            None => {
                island.merge(&self.island);
                self.funcref
            }
        }
    }
}

impl PartialEq for VMFunction {
    fn eq(&self, other: &Self) -> bool {
        match (self.host(), other.host()) {
            (Some(a), Some(b)) => ptr::eq(a, b),
            (None, None) => self.funcref == other.funcref,
            _ => false,
        }
    }
}

impl fmt::Debug for VMFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VMFunction")
            .field("ty", &self.ty())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a function of another store")]
    fn nothing_holds_a_function_of_another_store() {
        let ty = FunctionType::new([], []);
        let function =
            HostFunction::dynamic(&VMStore::new(), ty, None, Box::new(|_: &mut _| Ok(())));
        function.adopted_by(&Island::new(VMStore::new(), Domain::new()));
    }

    #[test]
    fn a_host_function_is_the_same_wherever_it_is_put() {
        let (store, seen) = (VMStore::new(), Arc::new(()));
        let captured = seen.clone();
        let function = HostFunction::typed(&store, move |n: i32| {
            n + Arc::strong_count(&captured) as i32
        });
        assert_eq!(*function.ty(), FunctionType::new([Type::I32], [Type::I32]));
        let island = Island::new(store.clone(), Domain::new());
        let place = function.adopted_by(&island);
        assert_eq!(function.adopted_by(&island), place);
        // SAFETY: the island has just got it.
        let held = unsafe { VMFunction::from_raw(&island, place) };
        assert!(held == function && held.held_by(&island).is_none());
        drop((function, held));
        // SAFETY: the island keeps it.
        let again = unsafe { VMFunction::from_raw(&island, place) };
        assert_eq!(again.ty().results(), [Type::I32]);
        drop(again);
        assert_eq!(Arc::strong_count(&seen), 2);
        drop(island);
        assert_eq!(Arc::strong_count(&seen), 1);
    }
}
