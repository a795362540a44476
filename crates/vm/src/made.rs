//! What tunables make: memories, tables and globals that belong to no store yet.
//!
//! ```text
//!   BaseTunables ──► Arc<dyn Memory> ──wrapper──► the runtime checks it and gives it to an island, once
//!                          │                                          │
//!                          └─ whoever keeps it sees the same memory, as long as the island keeps it
//! ```
//!
//! The traits are those that embedders see. They can be used by everybody and implemented by nobody else: compiled code
//! believes what is behind them.
//!
//! Invariants:
//! - A1: an object is adopted at most once, by the one who claimed it and checked it then.
//! - A2: a cell's mutex is never held while its owner waits for a domain.

mod global;
mod memory;
mod table;

pub(crate) use global::GlobalClaim;
pub use global::{Global, GlobalError};
pub(crate) use memory::claim_for_code as claim_memory;
pub use memory::{Memory, make_memory};
pub(crate) use table::claim as claim_table;
pub use table::{Table, make_table};

use crate::island::{Island, Object, WeakIsland};
use crate::owned::Owned;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps the traits of this module to its own types.
mod sealed {
    /// A memory of ours.
    pub trait Memory {
        /// It.
        fn made(&self) -> &super::memory::MadeMemory;
    }
    /// A table of ours.
    pub trait Table {
        /// It.
        fn made(&self) -> &super::table::MadeTable;
    }
}

/// An object that one island may adopt.
#[derive(Debug)]
struct Cell<T: Object>(Mutex<State<T>>);

#[derive(Debug)]
enum State<T: Object> {
    /// Nobody's: the mutex is all that guards it.
    Free(Owned<T>),
    /// The same, but somebody is about to adopt it.
    Claimed(Owned<T>),
    /// An island's: its domain guards it.
    Adopted(WeakIsland, NonNull<T>),
    /// Who claimed it could not use it.
    Lost,
}

// SAFETY: a free object is `Send`; an adopted one is only touched while its island lives, inside its domain.
unsafe impl<T: Object> Send for State<T> {}

/// Somebody else has adopted the object.
struct InUse;

impl<T: Object> Cell<T> {
    fn new(object: Owned<T>) -> Self {
        Self(Mutex::new(State::Free(object)))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes the object to one of the two functions: while it is free, or where it was adopted. `None` if it is gone.
    fn visit<R>(
        &self,
        free: impl FnOnce(&mut Owned<T>) -> R,
        adopted: impl FnOnce(Arc<Island>, NonNull<T>) -> R,
    ) -> Option<R> {
        let mut state = self.lock();
        let (name, place) = match &mut *state {
            State::Free(object) | State::Claimed(object) => return Some(free(object)),
            State::Adopted(name, place) => (name.clone(), *place),
            State::Lost => return None,
        };
        // A2: whoever holds the domain may be waiting for the mutex.
        drop(state);
        Some(adopted(name.upgrade()?, place))
    }

    /// Makes the caller the only one who may adopt the object, unless `check` refuses it, which leaves it free.
    fn claim<E: From<InUse>>(
        &self,
        check: impl FnOnce(&mut T) -> Result<(), E>,
    ) -> Result<Claim<'_, T>, E> {
        let mut state = self.lock();
        let State::Free(object) = &mut *state else {
            return Err(InUse.into());
        };
        check(object)?;
        *state = match std::mem::replace(&mut *state, State::Lost) {
            State::Free(object) => State::Claimed(object),
            other => other,
        };
        Ok(Claim(self))
    }
}

/// The right to adopt an object. Without being used, it takes the object with it.
pub(crate) struct Claim<'a, T: Object>(&'a Cell<T>);

impl<T: Object> Claim<'_, T> {
    /// Gives the object to an island, whose domain is held, and returns where it stays.
    pub(crate) fn adopt(self, island: &Arc<Island>) -> NonNull<T> {
        // A2: these two enter the domain, which must be held already.
        debug_assert!(island.domain().is_entered());
        let name = island.downgrade();
        let mut state = self.0.lock();
        let State::Claimed(object) = std::mem::replace(&mut *state, State::Lost) else {
            unreachable!("only a claim ends the state, and there is one");
        };
        let place = island.adopt(object);
        *state = State::Adopted(name, place);
        place
    }
}

impl<T: Object> Drop for Claim<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Claimed(_)) {
            *state = State::Lost;
        }
    }
}

#[cfg(test)]
mod tests;
