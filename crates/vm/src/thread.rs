//! What the runtime knows about each thread: its innermost activation, its stack's bounds, and a place for traps on their
//! way out.
//!
//! All of it is one thread local without a destructor, so reaching it is a plain access relative to the thread pointer,
//! also from signal handlers. What must be undone when the thread ends (its signal stack) is behind `sys`.
//!
//! ```text
//!   token() == 0 ──► the slow way into any lock ──► prepare: handlers (once), signal stack, stack bounds, token
//!
//!   activation: innermost ─► prev ─► … ─► null
//! ```
//!
//! Invariants:
//! - T1: `activation` is null or points to an [`Activation`] in a live frame of this thread.
//! - T2: a [`ThreadState`] is touched by its own thread only, and by signal handlers that interrupt WebAssembly code on
//!   that thread (which is an opaque call to everything written in Rust).
//! - T3: a thread that holds a lock of a domain is prepared, because `lock` lets no thread in that has no token. So
//!   entering WebAssembly code needs no check.

use crate::sys;
use crate::traps::{self, Activation, TrapReason};
use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ptr;

/// Stack that a host function is guaranteed to find below it when WebAssembly calls it.
pub const DEFAULT_HOST_RESERVE: usize = 64 << 10;

/// The most WebAssembly frames that a backtrace holds.
pub(crate) const MAX_FRAMES: usize = 64;

/// What the runtime keeps per thread. What every call needs comes first.
#[repr(C)]
pub(crate) struct ThreadState {
    /// The innermost activation, or null.
    pub(crate) activation: Cell<*mut Activation>,
    /// Host code called from WebAssembly needs a stack pointer of at least this.
    pub(crate) stack_limit: Cell<usize>,
    /// See [`token`]; zero until the thread is prepared.
    token: Cell<usize>,
    /// The thread's own stack. Empty until prepared, and where the platform does not tell.
    pub(crate) stack: Cell<StackBounds>,
    /// Why the activation that is being left was left, if not for a hardware trap.
    pub(crate) pending: UnsafeCell<ManuallyDrop<Option<TrapReason>>>,
    /// How many of `frames` are in use.
    pub(crate) frame_count: Cell<usize>,
    /// Where frames are noted before the stack below an activation is given up.
    pub(crate) frames: UnsafeCell<[usize; MAX_FRAMES]>,
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

thread_local! {
    static STATE: ThreadState = const {
        ThreadState {
            activation: Cell::new(ptr::null_mut()),
            stack_limit: Cell::new(0),
            token: Cell::new(0),
            stack: Cell::new(StackBounds { low: 0, high: 0, guard: 0 }),
            pending: UnsafeCell::new(ManuallyDrop::new(None)),
            frame_count: Cell::new(0),
            frames: UnsafeCell::new([0; MAX_FRAMES]),
        }
    };
}

// A destructor would cost every access a check.
const _: () = assert!(!std::mem::needs_drop::<ThreadState>());

/// The state of the current thread.
#[inline(always)]
pub(crate) fn current() -> &'static ThreadState {
    // SAFETY: a thread local without destructor lives as long as its thread. The reference cannot leave the thread
    // (`Cell` makes the state neither `Sync` nor the reference `Send`).
    STATE.with(|state| unsafe { &*ptr::from_ref(state) })
}

/// The thread's identity for locks: a number that no other living thread has, or zero if the thread is not prepared.
#[inline(always)]
pub(crate) fn token() -> usize {
    current().token.get()
}

/// Makes the thread ready to run WebAssembly code (T3) and returns its token. Doing it again does no harm.
#[cold]
#[inline(never)]
pub(crate) fn prepare() -> usize {
    let state = current();
    sys::install_handlers(traps::handle_fault);
    sys::use_signal_stack();
    let stack = sys::stack_bounds();
    let guard_inside = stack.guard.min(sys::page_size());
    state.stack.set(stack);
    state.stack_limit.set(match stack.low {
        0 => 0,
        low => low + guard_inside + DEFAULT_HOST_RESERVE,
    });
    // An address is a number that no other living thread has.
    let token = ptr::from_ref(state).addr();
    state.token.set(token);
    token
}

/// Called when the thread's signal stack goes away at the thread's end. Should the thread run WebAssembly once more, in a
/// destructor of another thread local, it gets a new one.
pub(crate) fn signal_stack_lost() {
    current().token.set(0);
}
