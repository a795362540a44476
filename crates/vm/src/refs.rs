//! The values that guests' `externref`s refer to.
//!
//! Compiled code holds an `externref` as a `u32`: the number of a slot here, or 0 for null. Slots are given back by a
//! mark-and-sweep collection. Roots are the globals and tables that can hold such references (registered while they
//! live) and the machine stack of the running thread between its innermost host code and its outermost entry, read
//! conservatively: any aligned 32-bit word that could be a slot's number keeps the slot. So compiled code needs neither
//! barriers nor stack maps.
//!
//! Invariants:
//! - R1: whoever can hold a reference belongs to the store's reference domain, so that at a collection no other thread
//!   runs code that holds one.
//! - R2: a collection happens only in [`RefHeap::collect_if_due`], which its callers run before they make raw
//!   references: between it and the moment the new references are in a root, no collection can happen.
//! - R3: a registered root stays valid until it is unregistered, which waits for a running collection.

use crate::traps;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmill_abi::{RawValue, VMTableDefinition};
use wasmill_types::ExternRef;

/// Where references can be found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RootSource {
    /// A global of type `externref`.
    Global(*const RawValue),
    /// A table of type `externref`.
    Table(*const VMTableDefinition),
}

/// Names a registered root.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Copy)]
pub(crate) struct RootKey(u64);

/// The slots, and where references to them can be.
#[derive(Default)]
pub struct RefHeap {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Slot `n` is at `n - 1`; null marks a free one.
    slots: Vec<ExternRef>,
    free: Vec<u32>,
    /// Slots in use at which the next collection is due.
    due_at: usize,
    roots: HashMap<RootKey, RootSource>,
    next_key: u64,
}

// SAFETY: R3: the pointers in `roots` are read only under the mutex, while what they point to lives and (R1) rests.
unsafe impl Send for State {}

/// Fewer references than these are never worth a collection.
const SMALLEST_DUE: usize = 1024;

impl RefHeap {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The raw form of a reference. See R2.
    pub(crate) fn insert(&self, value: ExternRef) -> u32 {
        if value.is_null() {
            return 0;
        }
        let mut state = self.lock();
        if let Some(slot) = state.free.pop() {
            state.slots[slot as usize - 1] = value;
            return slot;
        }
        state.slots.push(value);
        u32::try_from(state.slots.len()).expect("fewer than 2^32 references to host values")
    }

    /// The reference of a raw form. A number that was never given out reads as null.
    pub(crate) fn get(&self, raw: u32) -> ExternRef {
        let state = self.lock();
        let slot = (raw as usize)
            .checked_sub(1)
            .and_then(|slot| state.slots.get(slot));
        slot.cloned().unwrap_or_default()
    }

    /// Adds a place that can hold references.
    ///
    /// # Safety
    ///
    /// The place stays valid until it is unregistered, and is written only inside the reference domain.
    pub(crate) unsafe fn register(&self, source: RootSource) -> RootKey {
        let mut state = self.lock();
        state.next_key += 1;
        let key = RootKey(state.next_key);
        state.roots.insert(key, source);
        key
    }

    /// Removes a place.
    pub(crate) fn unregister(&self, key: RootKey) {
        self.lock().roots.remove(&key);
    }

    /// Frees slots that nothing refers to any more, if enough have been given out. The caller is in the reference domain.
    pub(crate) fn collect_if_due(&self) {
        let mut state = self.lock();
        let used = state.slots.len() - state.free.len();
        if used >= state.due_at.max(SMALLEST_DUE) {
            let dead = state.sweep();
            drop(state);
            // Dropping host values runs host code: not under the mutex.
            drop(dead);
        }
    }

    /// How many references guests hold, as far as is known.
    pub fn len(&self) -> usize {
        let state = self.lock();
        state.slots.len() - state.free.len()
    }

    /// Whether no guest holds a reference.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl State {
    fn sweep(&mut self) -> Vec<ExternRef> {
        let mut live = vec![false; self.slots.len() + 1];
        let mut mark = |raw: u32| {
            if let Some(live) = live.get_mut(raw as usize) {
                *live = true;
            }
        };
        for root in self.roots.values() {
            match *root {
                // SAFETY: R3 and R1: it is valid and nobody writes to it.
                RootSource::Global(global) => mark(unsafe { (*global).u32() }),
                RootSource::Table(table) => {
                    // SAFETY: R3 and R1, and a table's base is valid for its elements.
                    let elements = unsafe {
                        let table = &*table;
                        let count = table.current_elements as usize;
                        match count {
                            0 => &[],
                            _ => std::slice::from_raw_parts(table.base.cast::<u32>(), count),
                        }
                    };
                    elements.iter().copied().for_each(&mut mark);
                }
            }
        }
        traps::scan_stack(&mut mark);
        let mut dead = Vec::new();
        for (slot, value) in self.slots.iter_mut().enumerate() {
            if !value.is_null() && !live[slot + 1] {
                dead.push(std::mem::take(value));
                self.free.push(slot as u32 + 1);
            }
        }
        self.due_at = 2 * (self.slots.len() - self.free.len());
        dead
    }
}

impl fmt::Debug for RefHeap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefHeap({} references)", self.len())
    }
}
