//! Trap handlers of the embedder: asked about a fault of WebAssembly code before it becomes a trap.
//!
//! Each thread has handlers of its own, one for each store. A handler runs in the handler of the signal, while WebAssembly
//! code stands in the middle of an instruction. That code goes on afterwards and relies on nothing having changed, so a
//! trap handler must not come to anything that compiled code works with. It cannot: while it runs, the thread has no token,
//! and every way into a domain leads to [`thread::prepare`](crate::thread::prepare), which panics then.
//!
//! Invariants:
//! - H1: the list is touched by its own thread only, and not by the signal's handler while the thread is changing it: that
//!   looks at it only when it meets WebAssembly code.

use crate::store::VMStore;
use crate::sys::Fault;
use crate::thread::ThreadState;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::{Arc, Weak};

/// Decides about a fault: gets the signal, its information and its context (a `ucontext_t`), and says whether it has dealt
/// with it, so that the code goes on.
pub type TrapHandlerFn =
    dyn Fn(libc::c_int, *const libc::siginfo_t, *const c_void) -> bool + 'static;

/// The trap handlers of a thread.
#[derive(Default)]
pub(crate) struct TrapHandlers {
    list: RefCell<Vec<Entry>>,
    running: Cell<bool>,
}

struct Entry {
    /// Not upgraded, but as long as it is there no other store has its address.
    store: Weak<VMStore>,
    handler: Box<TrapHandlerFn>,
}

impl TrapHandlers {
    /// Sets the handler for a store, or removes it.
    pub(crate) fn set(&self, store: &Arc<VMStore>, handler: Option<Box<TrapHandlerFn>>) {
        let new = handler.map(|handler| Entry {
            store: Arc::downgrade(store),
            handler,
        });
        let mut list = self.list.borrow_mut();
        let known = list
            .iter()
            .position(|entry| entry.is_of(Arc::as_ptr(store)));
        let old = known.map(|nth| list.swap_remove(nth));
        list.extend(new);
        // What is dropped here may want to set handlers itself.
        drop(list);
        drop(old);
    }

    /// Whether one is running.
    pub(crate) fn is_running(&self) -> bool {
        self.running.get()
    }

    /// Asks the handler for a store, if there is one.
    pub(crate) fn ask(&self, thread: &ThreadState, store: *const VMStore, fault: &Fault) -> bool {
        let list = self.list.borrow();
        let Some(entry) = list.iter().find(|entry| entry.is_of(store)) else {
            return false;
        };
        self.running.set(true);
        let handled = thread.without_token(|| {
            (entry.handler)(fault.signal, fault.info, fault.context.cast_const())
        });
        self.running.set(false);
        handled
    }
}

impl Entry {
    fn is_of(&self, store: *const VMStore) -> bool {
        std::ptr::eq(self.store.as_ptr(), store)
    }
}
