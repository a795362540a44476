//! The lock of a domain: reentrant, and biased to its last owner.
//!
//! Whoever calls into a guest or looks at its memory holds such a lock, so entering and leaving it must cost next to
//! nothing while one thread does so again and again. That thread *owns* the lock: it enters with plain loads and stores, no
//! atomic read-modify-write and no fence. The price is paid by a thread that wants to take the lock over: it makes all
//! other threads pass a memory barrier (`membarrier`).
//!
//! # Protocol
//!
//! Each thread that uses a lock has a [`Slot`] there: how often it has entered (`held`, written by that thread only) and
//! whether it may do so the quick way (`slow`, written under the mutex only). `owner` says whose turn it is; it changes
//! under the mutex only, and only while the owner's `held` is zero.
//!
//! ```text
//!   enter, quick:  owner is mine?  held += 1;  light barrier;  not slow, or held was > 0?  → in
//!                                                              otherwise held = 0, and the slow way
//!   exit, quick:                   held -= 1;  light barrier;  not slow?                   → out
//!                                                              otherwise wake a waiter, under the mutex
//!   take over:     (mutex)         slow = true;  heavy barrier;  owner's held == 0?        → owner = me
//!                                                              otherwise wait, and look again
//! ```
//!
//! Light and heavy barrier work as a pair: of "my store, barrier, your store's load" on both sides, at least one side sees the
//! other's store. So either the owner sees `slow`, backs off or wakes the waiter; or the other thread sees `held` and
//! waits. What is seen by mistake (a `held` that is about to be taken back) only makes the other thread wait until the
//! owner comes by the mutex, which it is on its way to.
//!
//! A lock that was taken from a quick owner gives the quick way to its next owner only after a number of entries in a row,
//! more each time, so that threads which take turns do not pay for heavy barriers. Without barriers from the system,
//! nobody gets the quick way.
//!
//! Waiters are served in no particular order, but one that was passed over too often keeps newcomers out.
//!
//! # Merging
//!
//! [`IslandLock::merge_into`] ends a lock: from then on [`IslandLock::enter`] gives nothing, also to those who were waiting,
//! and the caller must find out which lock took its place. What was entered on it counts as entered on the other: the
//! slots that `enter` gave say zero from then on.
//!
//! # Tokens
//!
//! A thread that was not prepared has the token zero, which no slot has: it comes the slow way, and is prepared there.
//! Whoever holds a lock can therefore run WebAssembly code (T3).
//!
//! # Invariants
//!
//! - L1: slots live as long as the lock, and a lock does not move once it was entered. (A late store of an owner that
//!   was overtaken hits its own slot, never the next owner's.)
//! - L2: a slot belongs to one token, and no two living threads have the same token. A thread that gets the token of one
//!   that has ended inherits its slots; it has seen all that the other did, because handing on the memory of a thread
//!   synchronises.

use crate::thread;
#[cfg(loom)]
use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, fence},
};
use std::fmt;
use std::ptr;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
#[cfg(not(loom))]
use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize},
};

/// What one thread has to do with one lock.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The thread's token, or zero as long as the slot is nobody's.
    thread: AtomicUsize,
    /// How often the thread has entered. Guards can be forgotten, again and again, but not as often as this can count.
    held: AtomicU64,
    /// The quick way is closed.
    slow: AtomicBool,
}

impl Slot {
    fn new(thread: usize) -> Self {
        Self {
            thread: AtomicUsize::new(thread),
            held: AtomicU64::new(0),
            slow: AtomicBool::new(true),
        }
    }

    /// The first half of leaving. The calling thread is the slot's.
    #[inline(always)]
    pub(crate) fn exit(&self) -> Exit {
        let held = self.held.load(Relaxed);
        if held == 0 {
            return Exit::Moved;
        }
        self.held.store(held - 1, Release);
        barriers::light();
        match self.slow.load(Relaxed) {
            true => Exit::Slow,
            false => Exit::Done,
        }
    }
}

/// What is left to do of leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing.
    Done,
    /// To wake somebody who waits for the lock ([`IslandLock::wake`]), if there is anybody and the thread is out.
    Slow,
    /// Everything: what was entered was moved to another lock.
    Moved,
}

/// A reentrant lock, biased to its last owner.
pub(crate) struct IslandLock {
    /// The slot of the thread whose turn it is, or null.
    owner: AtomicPtr<Slot>,
    /// The slot of the first thread that comes: most locks see only one.
    first: Slot,
    state: Mutex<State>,
    changed: Condvar,
}

/// What the mutex guards.
struct State {
    /// The lock has given way to another one.
    merged: bool,
    /// Threads that wait for `changed`.
    waiters: u32,
    /// One of them was woken and has not looked yet.
    waking: bool,
    /// The slot of a waiter that was passed over too often, or null.
    starving: *const Slot,
    /// Entries in a row by the owner, all slow.
    streak: u32,
    /// How many of them it takes to get the quick way.
    threshold: u32,
    /// The slots of all threads but the first. Boxed: they must not move (L1).
    #[allow(clippy::vec_box, reason = "the slots must not move")]
    others: Vec<Box<Slot>>,
}

// SAFETY: `starving` is compared, never followed.
unsafe impl Send for State {}

/// A waiter that was woken this often in vain keeps newcomers out.
const PATIENCE: u32 = 4;
const FIRST_THRESHOLD: u32 = 8;
const LAST_THRESHOLD: u32 = 1024;

#[cfg(any(loom, miri))]
mod barriers {
    //! Both sides use real fences, which a model checker understands.
    #[cfg(loom)]
    use super::fence;
    #[cfg(not(loom))]
    use std::sync::atomic::fence;

    pub(super) fn available() -> bool {
        true
    }
    pub(super) fn light() {
        fence(std::sync::atomic::Ordering::SeqCst);
    }
    pub(super) fn heavy() {
        fence(std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(not(any(loom, miri)))]
mod barriers {
    //! The light side only stops the compiler; the heavy side does the work for both.
    use crate::sys;

    pub(super) fn available() -> bool {
        sys::has_process_barrier()
    }
    #[inline(always)]
    pub(super) fn light() {
        std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    }
    pub(super) fn heavy() {
        sys::process_barrier();
    }
}

impl IslandLock {
    /// A lock that nobody holds.
    pub(crate) fn new() -> Self {
        Self {
            owner: AtomicPtr::new(ptr::null_mut()),
            first: Slot::new(0),
            state: Mutex::new(State {
                merged: false,
                waiters: 0,
                waking: false,
                starving: ptr::null(),
                streak: 0,
                threshold: 0,
                others: Vec::new(),
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The owner's slot, if it is this thread's.
    #[inline(always)]
    fn own_slot(&self, token: usize) -> Option<&Slot> {
        // SAFETY: L1.
        let slot = unsafe { self.owner.load(Acquire).as_ref() }?;
        (slot.thread.load(Relaxed) == token).then_some(slot)
    }

    /// Enters, waiting for another thread to leave if need be, and gives what [`IslandLock::exit`] wants. Nothing if the
    /// lock has given way to another: then nothing was entered. `token` is the calling thread's, or zero if it has none yet.
    #[inline(always)]
    pub(crate) fn enter(&self, token: usize) -> Option<&Slot> {
        self.enter_quick(token).or_else(|| self.enter_slow(token))
    }

    /// Enters the quick way, if that is open.
    #[inline(always)]
    pub(crate) fn enter_quick(&self, token: usize) -> Option<&Slot> {
        let slot = self.own_slot(token)?;
        let held = slot.held.load(Relaxed);
        slot.held.store(held + 1, Relaxed);
        barriers::light();
        if slot.slow.load(Relaxed) && held == 0 {
            slot.held.store(0, Release);
            return None;
        }
        Some(slot)
    }

    /// Leaves. False if what was entered here was moved to another lock: then that is the one to leave.
    #[must_use = "nothing was left if this is false"]
    pub(crate) fn exit(&self, slot: &Slot) -> bool {
        let exit = slot.exit();
        if exit == Exit::Slow {
            self.wake(slot);
        }
        exit != Exit::Moved
    }

    /// The slot of the thread that is in.
    pub(crate) fn owner(&self) -> Option<&Slot> {
        // SAFETY: L1.
        unsafe { self.owner.load(Relaxed).as_ref() }
    }

    /// Whether the calling thread, whose token this is, is in.
    #[inline]
    pub(crate) fn is_held_by(&self, token: usize) -> bool {
        // (No slot of an owner has the token zero.)
        self.own_slot(token)
            .is_some_and(|slot| slot.held.load(Relaxed) > 0)
    }

    /// The token of the thread that is in, or zero. By the time the caller looks at it, that may have changed.
    pub(crate) fn holder(&self) -> usize {
        // SAFETY: L1.
        let owner = unsafe { self.owner.load(Acquire).as_ref() };
        owner
            .filter(|slot| slot.held.load(Acquire) > 0)
            .map_or(0, |slot| slot.thread.load(Relaxed))
    }

    #[cold]
    #[inline(never)]
    fn enter_slow(&self, token: usize) -> Option<&Slot> {
        let token = if token == 0 { thread::prepare() } else { token };
        let mut state = self.lock();
        let slot = self.slot_of(&mut state, token);
        // SAFETY: L1.
        let own = unsafe { &*slot };
        if own.held.load(Relaxed) > 0 {
            // Already in, with a token that was forgotten on the way.
            own.held.store(own.held.load(Relaxed) + 1, Relaxed);
            return Some(own);
        }
        let mut passed_over = 0;
        loop {
            if state.merged {
                return None;
            }
            if self.may_take(&mut state, slot) {
                break;
            }
            if passed_over == 0 && !state.starving.is_null() {
                // Someone may have taken this thread's attempt for an entry: let him look again.
                self.changed.notify_all();
            }
            if passed_over >= PATIENCE && state.starving.is_null() {
                state.starving = slot;
            }
            passed_over += 1;
            state.waiters += 1;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiters -= 1;
            state.waking = false;
        }
        self.take(&mut state, slot);
        Some(own)
    }

    /// Whether the lock is free, and free for this thread. Closes the owner's quick way to find out.
    fn may_take(&self, state: &mut State, slot: *const Slot) -> bool {
        if !state.starving.is_null() && state.starving != slot {
            return false;
        }
        let owner = self.owner.load(Relaxed);
        // SAFETY: L1.
        let Some(owner) = (unsafe { owner.as_ref() }) else {
            return true;
        };
        if ptr::eq(owner, slot) {
            return true;
        }
        if !owner.slow.load(Relaxed) {
            owner.slow.store(true, Relaxed);
            barriers::heavy();
            state.threshold = (state.threshold * 4).clamp(FIRST_THRESHOLD, LAST_THRESHOLD);
        }
        owner.held.load(Acquire) == 0
    }

    fn take(&self, state: &mut State, slot: *const Slot) {
        if state.starving == slot {
            state.starving = ptr::null();
        }
        state.streak = match ptr::eq(self.owner.load(Relaxed), slot) {
            true => state.streak.saturating_add(1),
            false => 0,
        };
        // SAFETY: L1.
        let own = unsafe { &*slot };
        own.held.store(1, Relaxed);
        let quick = state.waiters == 0
            && state.starving.is_null()
            && state.streak >= state.threshold
            && barriers::available();
        own.slow.store(!quick, Relaxed);
        self.owner.store(slot.cast_mut(), Release);
    }

    /// Lets somebody in who waits, if the slot's thread is out.
    pub(crate) fn wake(&self, slot: &Slot) {
        if slot.held.load(Relaxed) > 0 {
            return;
        }
        let mut state = self.lock();
        if !state.starving.is_null() {
            self.changed.notify_all();
        } else if state.waiters > 0 && !state.waking {
            state.waking = true;
            self.changed.notify_one();
        }
    }

    /// This thread's slot, made if there is none. Valid as long as the lock (L1).
    fn slot_of(&self, state: &mut State, token: usize) -> *const Slot {
        let first = self.first.thread.load(Relaxed);
        if first == 0 {
            self.first.thread.store(token, Relaxed);
        }
        if first == 0 || first == token {
            return &self.first;
        }
        let known = state
            .others
            .iter()
            .position(|slot| slot.thread.load(Relaxed) == token);
        let nth = known.unwrap_or_else(|| {
            state.others.push(Box::new(Slot::new(token)));
            state.others.len() - 1
        });
        &*state.others[nth]
    }

    /// Ends this lock in favour of `root`. The calling thread, whose token this is, holds both; what it has entered here
    /// counts as entered there. Whoever waits or comes is told (`enter` gives nothing), so where to go from here must
    /// be known before.
    pub(crate) fn merge_into(&self, root: &Self, token: usize) {
        let own = self
            .own_slot(token)
            .expect("the thread holds the lock that ends");
        let other = root
            .own_slot(token)
            .expect("the thread holds the lock that stays");
        let mut state = self.lock();
        let depth = own.held.load(Relaxed);
        other.held.store(other.held.load(Relaxed) + depth, Relaxed);
        state.merged = true;
        own.slow.store(true, Relaxed);
        self.owner.store(ptr::null_mut(), Release);
        own.held.store(0, Release);
        self.changed.notify_all();
    }
}

impl fmt::Debug for IslandLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IslandLock")
    }
}

#[cfg(test)]
mod tests;
