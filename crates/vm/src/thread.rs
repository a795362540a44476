//! What the runtime knows about each thread: its innermost activation, its stack's bounds, and a place for traps on their
//! way out.
//!
//! The part that every call needs is a cache line of thread-local storage, zero at first and without destructor, reached
//! with two instructions, also from signal handlers (`arch::thread_state`). What must be undone when the thread ends is
//! owned by an ordinary thread local that nothing else touches.
//!
//! ```text
//!   token() == 0 ──► the slow way into any lock ──► prepare: handlers (once), signal stack, stack bounds, token
//!
//!   activation: innermost ─► prev ─► … ─► null
//! ```
//!
//! Invariants:
//! - T1: `activation` is null or points to an [`Activation`] in a live frame of this thread.
//! - T2: a [`ThreadState`] is touched by its own thread only, and by signal handlers on that thread. What handlers touch
//!   while Rust code runs (`interrupt.rs`) is atomic; all else they touch only when they interrupt WebAssembly code, which
//!   is an opaque call to everything written in Rust.
//! - T3: a thread that holds a lock of a domain is prepared, because `lock` lets no thread in that has no token. So
//!   entering WebAssembly code needs no check.

use crate::interrupt::{self, Mailbox};
use crate::store::VMStore;
use crate::sys::Fault;
use crate::trap_handlers::{TrapHandlerFn, TrapHandlers};
use crate::traps::{self, Activation, EndReason};
use crate::{arch, sys};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, compiler_fence};

/// Stack that a host function is guaranteed to find below it when WebAssembly calls it.
pub const DEFAULT_HOST_RESERVE: usize = 64 << 10;

/// The most WebAssembly frames that a backtrace holds: twice as many as a trace lists, because every other one may belong to
/// code that enters a function and is not listed.
pub(crate) const MAX_FRAMES: usize = 128;

/// What the runtime keeps per thread. All zero is a valid state: that of a thread that was not prepared.
#[repr(C, align(64))]
pub(crate) struct ThreadState {
    /// The innermost activation, or null.
    pub(crate) activation: AtomicPtr<Activation>,
    /// Host code called from WebAssembly needs a stack pointer of at least this. No stack pointer is high enough while an
    /// activation is marked (`interrupt.rs`).
    pub(crate) stack_limit: AtomicUsize,
    /// See [`token`]; zero until the thread is prepared.
    token: Cell<usize>,
    /// The thread's own stack. Empty until prepared, and where the platform does not tell.
    pub(crate) stack: Cell<StackBounds>,
    /// The rest. Null until prepared, afterwards owned by [`Resources`].
    prepared: Cell<*const Prepared>,
}

/// What a thread that was prepared has, beside what every call needs.
struct Prepared {
    departure: UnsafeCell<Departure>,
    mailbox: Arc<Mailbox>,
    trap_handlers: TrapHandlers,
}

/// What a trap takes along from the code that it leaves to the code that it goes to.
pub(crate) struct Departure {
    /// Why the activation is being left, if not for a hardware trap.
    pub(crate) reason: Option<EndReason>,
    count: usize,
    frames: [usize; MAX_FRAMES],
}

impl Departure {
    /// Forgets the frames noted so far.
    pub(crate) fn begin(&mut self) {
        self.count = 0;
    }

    /// Notes an address; false if there is no more room.
    pub(crate) fn note(&mut self, pc: usize) -> bool {
        let Some(place) = self.frames.get_mut(self.count) else {
            return false;
        };
        *place = pc;
        self.count += 1;
        true
    }

    /// The addresses noted.
    pub(crate) fn frames(&self) -> &[usize] {
        &self.frames[..self.count]
    }
}

/// The extent of a thread's stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackBounds {
    /// The lowest address that can become accessible.
    pub(crate) low: usize,
    /// Behind the highest address.
    pub(crate) high: usize,
    /// Bytes of the guard area below `low` (with some C libraries: from `low` upwards).
    pub(crate) guard: usize,
}

impl StackBounds {
    /// The least stack pointer with which host code has its reserve.
    pub(crate) fn limit(&self) -> usize {
        let guard_inside = self.guard.min(sys::page_size());
        match self.low {
            0 => 0,
            low => low + guard_inside + DEFAULT_HOST_RESERVE,
        }
    }
}

// The storage has no destructor to run.
const _: () = assert!(!std::mem::needs_drop::<ThreadState>());

/// The state of the current thread.
#[inline(always)]
pub(crate) fn current() -> &'static ThreadState {
    // SAFETY: storage of this size and alignment, which lives as long as its thread; all zero was a valid state at first.
    // The reference cannot leave the thread (`Cell` makes the state not `Sync`, and so the reference not `Send`).
    unsafe { &*arch::thread_state() }
}

impl ThreadState {
    /// What a trap takes along.
    ///
    /// # Safety
    ///
    /// The thread is prepared, and nobody else on it uses the same reference at the moment (T2: a signal handler that
    /// uses it interrupts WebAssembly code only, while no Rust code on the thread is in the middle of something).
    #[allow(clippy::mut_from_ref, reason = "exclusive by the contract")]
    pub(crate) unsafe fn departure(&self) -> &mut Departure {
        // SAFETY: the caller's promise; not null once prepared.
        unsafe { &mut *(*self.prepared.get()).departure.get() }
    }

    fn prepared(&self) -> Option<&Prepared> {
        // SAFETY: null, or what `Resources` owns until it has set it to null.
        unsafe { self.prepared.get().as_ref() }
    }

    /// Where interruptions are noted, if the thread is prepared.
    pub(crate) fn mailbox(&self) -> Option<&Arc<Mailbox>> {
        self.prepared().map(|prepared| &prepared.mailbox)
    }

    /// Sets the thread's trap handler for a store. The thread is prepared.
    pub(crate) fn set_trap_handler(
        &self,
        store: &Arc<VMStore>,
        handler: Option<Box<TrapHandlerFn>>,
    ) {
        let prepared = self.prepared().expect("the thread was prepared");
        prepared.trap_handlers.set(store, handler);
    }

    /// Asks the thread's trap handler for a store about a fault of WebAssembly code; false if there is none.
    pub(crate) fn ask_trap_handler(&self, store: *const VMStore, fault: &Fault) -> bool {
        self.prepared()
            .is_some_and(|prepared| prepared.trap_handlers.ask(self, store, fault))
    }

    /// Runs what must not come into any domain.
    pub(crate) fn without_token<R>(&self, body: impl FnOnce() -> R) -> R {
        let token = self.token.replace(0);
        let result = body();
        self.token.set(token);
        result
    }

    /// The innermost activation, or null.
    #[inline(always)]
    pub(crate) fn innermost(&self) -> *mut Activation {
        self.activation.load(Ordering::Relaxed)
    }
}

/// The thread's identity for locks: a number that no other living thread has, or zero if the thread is not prepared.
#[inline(always)]
pub(crate) fn token() -> usize {
    current().token.get()
}

/// Makes the thread ready to run WebAssembly code (T3) and returns its token. Doing it again does no harm.
///
/// # Panics
///
/// If a trap handler of the embedder is running (`trap_handlers.rs`).
#[cold]
#[inline(never)]
pub(crate) fn prepare() -> usize {
    let state = current();
    if state.token.get() != 0 {
        return state.token.get();
    }
    let in_handler = state
        .prepared()
        .is_some_and(|prepared| prepared.trap_handlers.is_running());
    assert!(
        !in_handler,
        "a trap handler must not use what belongs to a store"
    );
    sys::install_handlers(traps::handle_fault, interrupt::handle_signal);
    let stack = sys::stack_bounds();
    state.stack.set(stack);
    state.stack_limit.store(stack.limit(), Ordering::Relaxed);
    // An address is a number that no other living thread has.
    let token = ptr::from_ref(state).addr();
    Resources::acquire(state, token);
    state.token.set(token);
    token
}

/// What the thread gives back at its end. Should it run WebAssembly once more, in a destructor of another thread local, it
/// is prepared again.
struct Resources {
    prepared: Box<Prepared>,
    _signal_stack: Option<sys::SignalStack>,
}

thread_local! {
    static RESOURCES: Cell<Option<Resources>> = const { Cell::new(None) };
}

impl Resources {
    fn acquire(state: &ThreadState, token: usize) {
        let departure = Departure {
            reason: None,
            count: 0,
            frames: [0; MAX_FRAMES],
        };
        let prepared = Box::new(Prepared {
            departure: UnsafeCell::new(departure),
            mailbox: Arc::default(),
            trap_handlers: TrapHandlers::default(),
        });
        let mailbox = prepared.mailbox.clone();
        state.prepared.set(&raw const *prepared);
        let mut resources = Some(Self {
            prepared,
            _signal_stack: sys::use_signal_stack(),
        });
        match RESOURCES.try_with(|place| place.set(resources.take())) {
            Ok(()) => mailbox.open(token),
            // Once the thread local itself was destroyed nothing can free them any more: then they stay. And nothing
            // could close the mailbox, so that it is never opened.
            Err(_) => std::mem::forget(resources),
        }
    }
}

impl Drop for Resources {
    fn drop(&mut self) {
        let state = current();
        if ptr::eq(state.prepared.get(), &raw const *self.prepared) {
            self.prepared.mailbox.close(state.token.get());
            state.token.set(0);
            state.prepared.set(ptr::null());
            // Before anything is freed that a signal handler finds through it.
            compiler_fence(Ordering::SeqCst);
        }
    }
}
