//! Islands: what lives and dies together.
//!
//! An island owns objects (instances, tables, memories, globals, host functions) that can reach one another by plain
//! pointers. Handles of the API count references to an island; when none is left, it is freed as a whole.
//!
//! Two ways in which one island can need another:
//! - *It keeps it*: a directed edge. An instance that imports a memory, a number, or a function that takes and gives no
//!   function references needs the exporter, while the exporter can never reach the importer. The importer can be freed
//!   alone: a library instance outlives the million instances that used it.
//! - *They merge*: a table, a function-reference global, or a function through which function references can flow makes
//!   each reachable from the other. Then they become one (forwarding, as in union-find), together with every island
//!   that lies on a cycle of edges through them; so edges never form a cycle and reference counts suffice.
//!
//! Invariants:
//! - I1: an island's state is touched only by a thread that holds its domain (D2), or by the last owner.
//! - I2: islands that merge, and all islands on edges between them, belong to one domain. (Edges to other domains lead
//!   to leaves only: host functions and immutable globals, which keep nothing.)
//! - I3: an object's address is stable from `adopt` until the island that owns it is freed; moving it to another island
//!   in a merge moves the box, not the object.

use crate::domain::Domain;
use crate::function::HostFunction;
use crate::owned::Owned;
use crate::store::VMStore;
use std::any::Any;
use std::cell::{RefCell, UnsafeCell};
use std::collections::HashMap;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use wasmill_abi::VMFuncRef;

/// Something an island owns.
pub(crate) trait Object: Any + Send {
    /// Tells the object which island it belongs to: when it is adopted, and after each merge that moved it.
    fn moved_to(&self, _island: &Arc<Island>) {}
}

/// Where an object notes which island it belongs to.
///
/// It is written in `moved_to` and read in the same domain, so never at the same time.
#[derive(Debug, Default)]
pub(crate) struct Home(RefCell<Weak<Island>>);

impl Home {
    /// The island. It lives: it owns whoever has this.
    pub(crate) fn island(&self) -> Arc<Island> {
        self.0
            .borrow()
            .upgrade()
            .expect("an island outlives its objects")
    }

    pub(crate) fn set(&self, island: &Arc<Island>) {
        *self.0.borrow_mut() = Arc::downgrade(island);
    }
}

/// Names an island without keeping it, and goes on doing so when the island is merged into another.
#[derive(Clone, Debug)]
pub(crate) struct WeakIsland(Arc<Mutex<Weak<Island>>>);

impl WeakIsland {
    fn lock(&self) -> MutexGuard<'_, Weak<Island>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The island, if something keeps it.
    pub(crate) fn upgrade(&self) -> Option<Arc<Island>> {
        self.lock().upgrade()
    }
}

/// The set of objects that are freed together.
pub struct Island {
    domain: Arc<Domain>,
    store: Arc<VMStore>,
    parent: OnceLock<Arc<Island>>,
    /// Made when first asked for.
    name: OnceLock<WeakIsland>,
    state: UnsafeCell<State>,
}

#[derive(Default)]
struct State {
    objects: Vec<Owned<dyn Object>>,
    keeps: Vec<Arc<Island>>,
    /// What stands for host functions in this island's tables and globals (see `function.rs`), so that putting the
    /// same one in again costs nothing.
    host_slots: HashMap<*const HostFunction, NonNull<VMFuncRef>>,
    /// The names of islands that were merged into this one.
    names: Vec<WeakIsland>,
}

// SAFETY: I1: the only unsynchronised part is `state`, and the domain's lock guards it; objects are `Send`.
unsafe impl Send for Island {}
// SAFETY: as above.
unsafe impl Sync for Island {}

impl Island {
    /// An island without objects.
    pub fn new(store: Arc<VMStore>, domain: Arc<Domain>) -> Arc<Self> {
        Arc::new(Self {
            domain,
            store,
            parent: OnceLock::new(),
            name: OnceLock::new(),
            state: UnsafeCell::default(),
        })
    }

    /// The domain to enter before anything of the island is touched.
    #[inline(always)]
    pub fn domain(&self) -> &Arc<Domain> {
        &self.domain
    }

    /// The store it belongs to.
    pub fn store(&self) -> &Arc<VMStore> {
        &self.store
    }

    /// The island that this one is part of now.
    pub fn root(self: &Arc<Self>) -> &Arc<Self> {
        let mut node = self;
        while let Some(parent) = node.parent.get() {
            node = parent;
        }
        node
    }

    /// Whether the two are the same island now.
    #[inline]
    pub fn same(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        if Arc::ptr_eq(self, other) {
            return true;
        }
        loop {
            let root = self.root();
            if Arc::ptr_eq(root, other.root()) {
                return true;
            }
            // As in `Domain::same`: another thread may have merged the two between the two looks.
            if root.parent.get().is_none() {
                return false;
            }
        }
    }

    /// The state of a root.
    ///
    /// # Safety
    ///
    /// The caller holds the domain and lets go of the reference before anything else can ask for it.
    #[allow(clippy::mut_from_ref, reason = "the domain's lock makes it exclusive")]
    unsafe fn state(&self) -> &mut State {
        debug_assert!(self.domain.is_entered());
        // SAFETY: the caller holds the lock (I1).
        unsafe { &mut *self.state.get() }
    }

    /// Gives an object to the island and returns where it stays (I3).
    pub(crate) fn adopt<T: Object>(self: &Arc<Self>, object: Owned<T>) -> NonNull<T> {
        let _guard = self.domain.enter();
        object.moved_to(self.root());
        let place = object.place();
        let object = object.unsize(|place| place as NonNull<dyn Object>);
        // SAFETY: the domain is entered; the reference ends here.
        unsafe { self.root().state() }.objects.push(object);
        place
    }

    /// Makes this island keep `other`: a directed edge.
    pub fn keep(self: &Arc<Self>, other: &Arc<Self>) {
        let _guard = self.domain.enter();
        let (root, other) = (self.root(), other.root());
        if Arc::ptr_eq(root, other) {
            return;
        }
        // SAFETY: the domain is entered; the reference ends here.
        let keeps = &mut unsafe { root.state() }.keeps;
        // Imports of one exporter come in a row; a double edge would do no harm.
        if !keeps.last().is_some_and(|kept| Arc::ptr_eq(kept, other)) {
            keeps.push(other.clone());
        }
    }

    /// What stands for a host function in this island. The caller holds the domain, and this is a root.
    pub(crate) fn host_slot(&self, function: &HostFunction) -> Option<NonNull<VMFuncRef>> {
        // SAFETY: `state` checks the one condition that matters; the reference ends here.
        unsafe { self.state() }
            .host_slots
            .get(&ptr::from_ref(function))
            .copied()
    }

    /// Remembers what stands for a host function that this island keeps.
    pub(crate) fn remember_host_slot(&self, function: &HostFunction, slot: NonNull<VMFuncRef>) {
        // SAFETY: as in `host_slot`.
        unsafe { self.state() }.host_slots.insert(function, slot);
    }

    /// A name of the island that does not keep it.
    pub(crate) fn downgrade(self: &Arc<Self>) -> WeakIsland {
        // While the domain is held, the root stays the root.
        let _guard = self.domain.enter();
        let root = self.root();
        root.name
            .get_or_init(|| WeakIsland(Arc::new(Mutex::new(Arc::downgrade(root)))))
            .clone()
    }

    /// Makes the two one island, and their domains one domain.
    pub fn merge(self: &Arc<Self>, other: &Arc<Self>) {
        if self.same(other) {
            return;
        }
        self.domain.merge(&other.domain);
        let _guard = self.domain.enter();
        let root = link(self.root().clone(), other.root().clone());
        collapse_cycles(root);
    }
}

/// Makes two different roots one and returns the new root. The caller holds the domain of both.
fn link(a: Arc<Island>, b: Arc<Island>) -> Arc<Island> {
    if Arc::ptr_eq(&a, &b) {
        return a;
    }
    // SAFETY: the caller holds the domain (I2); the reference ends with the expression.
    let objects = |island: &Island| unsafe { island.state() }.objects.len();
    let (root, child) = if objects(&a) >= objects(&b) {
        (a, b)
    } else {
        (b, a)
    };
    // SAFETY: as above; the two references are to different islands.
    let (root_state, child_state) = unsafe { (root.state(), child.state()) };
    child_state
        .objects
        .iter()
        .for_each(|object| object.moved_to(&root));
    root_state.objects.append(&mut child_state.objects);
    root_state.keeps.append(&mut child_state.keeps);
    root_state.host_slots.extend(child_state.host_slots.drain());
    child_state.names.extend(child.name.get().cloned());
    child_state
        .names
        .iter()
        .for_each(|name| *name.lock() = Arc::downgrade(&root));
    root_state.names.append(&mut child_state.names);
    let set = child.parent.set(root.clone());
    debug_assert!(set.is_ok(), "a root has no parent, and the domain is held");
    root
}

/// Merges into `root` every island that it reaches by edges and that reaches it: afterwards no edge is part of a cycle.
fn collapse_cycles(root: Arc<Island>) {
    // All islands of the domain that the root reaches, with edges turned round.
    let mut reached: Vec<Arc<Island>> = vec![root.clone()];
    let mut incoming: Vec<Vec<usize>> = vec![Vec::new()];
    let mut numbers = HashMap::from([(Arc::as_ptr(&root), 0)]);
    let mut next = 0;
    while next < reached.len() {
        // SAFETY: the caller holds the domain of all that are reached (I2); the list is copied before anything else
        // happens.
        let keeps: Vec<_> = unsafe { reached[next].state() }
            .keeps
            .iter()
            .map(|kept| kept.root().clone())
            .collect();
        // Islands of other domains are leaves: they cannot be part of a cycle.
        for kept in keeps
            .into_iter()
            .filter(|kept| kept.domain.same(&root.domain))
        {
            let number = *numbers.entry(Arc::as_ptr(&kept)).or_insert_with(|| {
                reached.push(kept);
                incoming.push(Vec::new());
                reached.len() - 1
            });
            incoming[number].push(next);
        }
        next += 1;
    }
    // Back from the root along turned edges: those are on cycles.
    let mut on_cycle = vec![false; reached.len()];
    let mut work = vec![0];
    while let Some(index) = work.pop() {
        if !std::mem::replace(&mut on_cycle[index], true) {
            work.extend_from_slice(&incoming[index]);
        }
    }
    let mut merged = root;
    for (island, on_cycle) in reached.into_iter().zip(on_cycle) {
        if on_cycle {
            merged = link(merged.root().clone(), island.root().clone());
        }
    }
    // What was an edge inside the new island is none any more.
    // SAFETY: as above.
    let keeps = std::mem::take(&mut unsafe { merged.state() }.keeps);
    let outside: Vec<_> = keeps
        .into_iter()
        .filter(|kept| !kept.same(&merged))
        .collect();
    // SAFETY: as above.
    unsafe { merged.state() }.keeps = outside;
}

impl Drop for Island {
    fn drop(&mut self) {
        // Islands can keep one another in long chains: free them one after the other, not one inside the other.
        let mut work = vec![std::mem::take(self.state.get_mut())];
        while let Some(mut state) = work.pop() {
            state.objects.clear();
            for kept in state.keeps {
                if let Some(mut island) = Arc::into_inner(kept) {
                    work.push(std::mem::take(island.state.get_mut()));
                }
            }
        }
    }
}

impl fmt::Debug for Island {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Island")
            .field("merged", &self.parent.get().is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Probe(Arc<AtomicUsize>);
    impl Object for Probe {}
    impl Drop for Probe {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct World {
        store: Arc<VMStore>,
        freed: Arc<AtomicUsize>,
    }

    impl World {
        fn new() -> Self {
            Self {
                store: VMStore::new(),
                freed: Arc::default(),
            }
        }
        fn island(&self) -> Arc<Island> {
            let island = Island::new(self.store.clone(), Domain::new());
            island.adopt(Owned::new(Probe(self.freed.clone())));
            island
        }
        fn freed(&self) -> usize {
            self.freed.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn an_importer_is_freed_before_what_it_keeps() {
        let world = World::new();
        let library = world.island();
        for _ in 0..3 {
            let user = world.island();
            user.domain().merge(library.domain());
            user.keep(&library);
        }
        assert_eq!(world.freed(), 3);
        drop(library);
        assert_eq!(world.freed(), 4);
    }

    #[test]
    fn what_is_kept_outlives_its_handle() {
        let world = World::new();
        let library = world.island();
        let user = world.island();
        user.keep(&library);
        drop(library);
        assert_eq!(world.freed(), 0);
        drop(user);
        assert_eq!(world.freed(), 2);
    }

    #[test]
    fn merged_islands_are_freed_together() {
        let world = World::new();
        let (a, b) = (world.island(), world.island());
        a.merge(&b);
        drop(a);
        assert_eq!(world.freed(), 0);
        drop(b);
        assert_eq!(world.freed(), 2);
    }

    #[test]
    fn merging_along_edges_leaves_no_cycle() {
        let world = World::new();
        let (a, b, c) = (world.island(), world.island(), world.island());
        for pair in [(&b, &a), (&c, &b)] {
            pair.0.domain().merge(pair.1.domain());
            pair.0.keep(pair.1);
        }
        // c keeps b keeps a; now a and c reach each other.
        a.merge(&c);
        assert!(a.same(&b) && b.same(&c));
        drop((a, b));
        assert_eq!(world.freed(), 0);
        drop(c);
        assert_eq!(world.freed(), 3);
    }

    #[test]
    fn a_long_chain_is_freed_without_recursion() {
        const LENGTH: usize = if cfg!(miri) { 60 } else { 100_000 };
        let world = World::new();
        let mut last = world.island();
        for _ in 0..LENGTH {
            let next = world.island();
            next.keep(&last);
            last = next;
        }
        drop(last);
        assert_eq!(world.freed(), LENGTH + 1);
    }

    #[test]
    fn a_weak_name_follows_merges_and_keeps_nothing() {
        let world = World::new();
        let (a, b, c) = (world.island(), world.island(), world.island());
        let name = b.downgrade();
        a.merge(&b);
        drop(b);
        c.merge(&a);
        drop(a);
        assert!(name.upgrade().is_some_and(|island| island.same(&c)));
        drop(c);
        assert!(name.upgrade().is_none());
        assert_eq!(world.freed(), 3);
    }

    #[test]
    fn entries_survive_a_merge() {
        let world = World::new();
        let (a, b) = (world.island(), world.island());
        let outer = a.domain().enter();
        let inner = b.domain().enter();
        a.merge(&b);
        drop(outer);
        assert!(b.domain().is_entered());
        drop(inner);
        assert!(!a.domain().is_entered());
    }
}
