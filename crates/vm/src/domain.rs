//! Lock domains: who may run at the same time.
//!
//! Everything that can touch the same mutable state (an instance, what it imports, the memories and tables they share)
//! belongs to one *domain*, and whoever runs code of it or looks into it holds the domain's reentrant lock. Linking
//! merges domains: one becomes the child of the other and forwards to it (union-find by rank, so chains stay short).
//!
//! A domain says nothing of lifetime; that is what islands are for (`island.rs`).
//!
//! Invariants:
//! - D1: `parent` is set at most once, by a thread that holds the locks of both domains.
//! - D2: state that belongs to a domain is touched only by a thread that holds the lock of the domain's root.

use crate::lock::{Exit, IslandLock, Slot};
use crate::thread;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// A node of the union-find forest of lock domains.
#[derive(Debug)]
pub struct Domain {
    lock: IslandLock,
    parent: OnceLock<Arc<Domain>>,
    rank: AtomicU32,
}

impl Domain {
    /// A domain of its own.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            lock: IslandLock::new(),
            parent: OnceLock::new(),
            rank: AtomicU32::new(0),
        })
    }

    #[inline(always)]
    fn root(&self) -> &Self {
        match self.parent.get() {
            None => self,
            Some(parent) => parent.far_root(),
        }
    }

    #[inline(never)]
    fn far_root(&self) -> &Self {
        let mut node = self;
        while let Some(parent) = node.parent.get() {
            node = parent;
        }
        node
    }

    fn root_arc(self: &Arc<Self>) -> &Arc<Self> {
        let mut node = self;
        while let Some(parent) = node.parent.get() {
            node = parent;
        }
        node
    }

    /// Waits until this thread may run in the domain. The same thread may enter again.
    #[inline(always)]
    pub fn enter(&self) -> Guard<'_> {
        let token = thread::token();
        let slot = match self.lock.enter_quick(token) {
            Some(slot) => slot,
            None => self.enter_slow(token),
        };
        Guard {
            domain: self,
            slot,
            not_send: PhantomData,
        }
    }

    /// The lock is not this thread's, or the domain was merged: waits, and holds the root.
    #[cold]
    #[inline(never)]
    fn enter_slow(&self, token: usize) -> &Slot {
        loop {
            // `parent` is set before the lock says so (D1).
            if let Some(slot) = self.root().lock.enter(token) {
                return slot;
            }
        }
    }

    /// Ends an exit that was not done at once.
    #[cold]
    #[inline(never)]
    fn end_exit(&self, slot: &Slot, exit: Exit) {
        let lock = &self.root().lock;
        if exit == Exit::Slow {
            // If the lock was merged in between, those who waited for it know.
            return lock.wake(slot);
        }
        // The domain was merged after this thread entered it: it is in the root.
        let left = lock.owner().is_some_and(|slot| lock.exit(slot));
        debug_assert!(left, "left without having entered");
    }

    /// Whether this thread holds the domain.
    pub fn is_entered(&self) -> bool {
        self.root().lock.is_held_by(thread::token())
    }

    /// The token of the thread that holds the domain, or zero. By the time the caller looks at it, that may have changed.
    pub(crate) fn holder(&self) -> usize {
        loop {
            let root = self.root();
            let holder = root.lock.holder();
            // A lock that was merged has no owner; its domain's parent was set before (D1).
            if holder != 0 || ptr::eq(root, self.root()) {
                return holder;
            }
        }
    }

    /// Whether the two are the same domain now.
    pub fn same(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        loop {
            let root = self.root_arc();
            if Arc::ptr_eq(root, other.root_arc()) {
                return true;
            }
            // If it still is a root, it was one when the other's was looked for, and that was another one.
            if root.parent.get().is_none() {
                return false;
            }
        }
    }

    /// Makes the two one domain. Waits for both; a thread that holds none meanwhile does not wait for ever.
    pub fn merge(self: &Arc<Self>, other: &Arc<Self>) {
        while !self.try_merge(other) {}
    }

    /// One attempt. False if another thread has merged one of the two meanwhile.
    fn try_merge(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        let (a, b) = (self.root_arc(), other.root_arc());
        if Arc::ptr_eq(a, b) {
            return true;
        }
        // Who waits here holds at most one lock, of a lower address than the one he waits for: so never in a circle. That
        // holds of the very locks of these two, not of whatever they were merged into.
        let (first, second) = match Arc::as_ptr(a) < Arc::as_ptr(b) {
            true => (a, b),
            false => (b, a),
        };
        let Some(_first) = first.enter_root_only() else {
            return false;
        };
        let Some(_second) = second.enter_root_only() else {
            return false;
        };
        let (rank_a, rank_b) = (
            a.rank.load(Ordering::Relaxed),
            b.rank.load(Ordering::Relaxed),
        );
        let (child, root) = if rank_a < rank_b { (a, b) } else { (b, a) };
        if rank_a == rank_b {
            root.rank.fetch_add(1, Ordering::Relaxed);
        }
        let moved = child.parent.set(root.clone());
        debug_assert!(
            moved.is_ok(),
            "D1: a root has no parent, and both locks are held"
        );
        // Entries of this thread into the child are entries into the root from here on.
        child.lock.merge_into(&root.lock, thread::token());
        true
    }

    /// Enters, unless the domain is or becomes a part of another.
    fn enter_root_only(&self) -> Option<Guard<'_>> {
        let slot = self.lock.enter(thread::token())?;
        Some(Guard {
            domain: self,
            slot,
            not_send: PhantomData,
        })
    }
}

/// Holds a domain for the current thread while it lives.
#[derive(Debug)]
#[must_use = "the domain is left when the guard is dropped"]
pub struct Guard<'a> {
    domain: &'a Domain,
    slot: &'a Slot,
    not_send: PhantomData<*mut ()>,
}

impl<'a> Guard<'a> {
    /// One more entry into the same domain.
    pub(crate) fn again(&self) -> Guard<'a> {
        self.domain.enter()
    }

    /// The same guard with a lifetime of the caller's choice.
    ///
    /// # Safety
    ///
    /// The domain outlives the guard.
    #[inline(always)]
    pub(crate) unsafe fn detach<'b>(self) -> Guard<'b> {
        let (domain, slot) = (ptr::from_ref(self.domain), ptr::from_ref(self.slot));
        std::mem::forget(self);
        Guard {
            // SAFETY: the caller's promise.
            domain: unsafe { &*domain },
            // SAFETY: the slot is the domain's, or that of one which the domain keeps.
            slot: unsafe { &*slot },
            not_send: PhantomData,
        }
    }
}

impl Drop for Guard<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        match self.slot.exit() {
            Exit::Done => {}
            exit => self.domain.end_exit(self.slot, exit),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Domain;
    use std::sync::Barrier;

    #[test]
    fn threads_that_merge_in_any_order_do_not_wait_in_a_circle() {
        const DOMAINS: usize = 12;
        let rounds = if cfg!(miri) { 5 } else { 500 };
        for round in 0..rounds {
            let domains: Vec<_> = (0..DOMAINS).map(|_| Domain::new()).collect();
            let start = Barrier::new(4);
            std::thread::scope(|scope| {
                for nth in 0..4 {
                    let (domains, start) = (&domains, &start);
                    scope.spawn(move || {
                        start.wait();
                        for step in 0..DOMAINS {
                            let a = (step * 5 + nth * 3 + round) % DOMAINS;
                            let b = (step * 7 + nth * 11 + 1) % DOMAINS;
                            domains[a].merge(&domains[b]);
                            assert!(domains[a].same(&domains[b]));
                            drop(domains[b].enter());
                        }
                    });
                }
            });
        }
    }
}
