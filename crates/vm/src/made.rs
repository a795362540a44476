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
//! - A1: an object is adopted at most once, after its adopter has checked it.
//! - A2: a cell's mutex is never held while its owner waits for a domain: adopters hold the island's domain before.

mod global;
mod memory;
mod table;

pub use global::{Global, GlobalError};
pub(crate) use memory::adopt_for_instance as adopt_memory;
pub use memory::{Memory, make_memory};
pub(crate) use table::adopt as adopt_table;
pub use table::{Table, make_table};

use crate::island::{Island, Object, WeakIsland};
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
    Free(Box<T>),
    /// An island's: its domain guards it.
    Adopted(WeakIsland, NonNull<T>),
    /// It was being adopted when something panicked.
    Lost,
}

// SAFETY: a free object is `Send`; an adopted one is only touched while its island lives, inside its domain.
unsafe impl<T: Object> Send for State<T> {}

/// Somebody else has adopted the object.
struct InUse;

impl<T: Object> Cell<T> {
    fn new(object: Box<T>) -> Self {
        Self(Mutex::new(State::Free(object)))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes the object to one of the two functions: while it is free, or where it was adopted. `None` if it is gone.
    fn visit<R>(
        &self,
        free: impl FnOnce(&mut T) -> R,
        adopted: impl FnOnce(Arc<Island>, NonNull<T>) -> R,
    ) -> Option<R> {
        let mut state = self.lock();
        let (name, place) = match &mut *state {
            State::Free(object) => return Some(free(object)),
            State::Adopted(name, place) => (name.clone(), *place),
            State::Lost => return None,
        };
        // A2: whoever holds the domain may be waiting for the mutex.
        drop(state);
        Some(adopted(name.upgrade()?, place))
    }

    /// Gives the object to an island whose domain this thread holds, unless `check` refuses it.
    fn adopt<E: From<InUse>>(
        &self,
        island: &Arc<Island>,
        check: impl FnOnce(&mut T) -> Result<(), E>,
    ) -> Result<NonNull<T>, E> {
        debug_assert!(island.domain().is_entered(), "A2");
        let mut state = self.lock();
        let State::Free(object) = &mut *state else {
            return Err(InUse.into());
        };
        check(object)?;
        let State::Free(object) = std::mem::replace(&mut *state, State::Lost) else {
            unreachable!("it was free a moment ago");
        };
        let place = island.adopt(object);
        *state = State::Adopted(island.downgrade(), place);
        Ok(place)
    }
}

#[cfg(test)]
mod tests;
