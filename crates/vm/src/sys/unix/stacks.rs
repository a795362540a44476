//! The current thread's stacks: the bounds of the one it runs on, and one for signal handlers.

use super::{page_size, reserve_at};
use crate::thread::StackBounds;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// What the main thread's stack may grow to where the system sets no limit, or a larger one. (Threads are given stacks of a
/// fixed size.) It holds for the host's own code, too, once the thread has run WebAssembly.
const LARGEST_MAIN_STACK: usize = 256 << 20;

/// Room for signal handlers. Other handlers in the chain run on it as well.
const SIGNAL_STACK: usize = 64 << 10;

/// The extent of the current thread's stack; all zero if the system does not tell.
pub(crate) fn stack_bounds() -> StackBounds {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut base, mut len, mut guard) = (ptr::null_mut(), 0, 0);
    // SAFETY: the calls fill what they are given pointers to; the attributes are used only once they are filled.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return StackBounds::default();
        }
        let known = libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut len) == 0
            && libc::pthread_attr_getguardsize(attributes.as_ptr(), &mut guard) == 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if !known {
            return StackBounds::default();
        }
    }
    let (low, high) = (base.addr(), base.addr() + len);
    match is_main_thread() {
        true => main_thread_bounds(low, high),
        false => StackBounds { low, high, guard },
    }
}

fn is_main_thread() -> bool {
    // SAFETY: no arguments, no failure.
    unsafe { libc::getpid() == libc::gettid() }
}

/// The main thread's stack grows on demand down to its limit, and stops a gap before the next mapping below. The C library
/// takes the end of that mapping for the stack's end where the limit is farther away.
fn main_thread_bounds(low: usize, high: usize) -> StackBounds {
    /// The kernel's `stack_guard_gap`, if it was not changed at boot.
    const GAP_PAGES: usize = 256;
    let gap = GAP_PAGES * page_size();
    let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    let by_limit = limit.and_then(|limit| high.checked_sub(usize::try_from(limit).ok()?));
    // Without a limit, or with one of many gigabytes, endless recursion would eat all memory first.
    let bound = (high - LARGEST_MAIN_STACK) & !(page_size() - 1);
    let page = page_size();
    if by_limit.is_none_or(|end| end < bound) && reserve_at(bound - page, page).is_ok() {
        return StackBounds {
            low: bound,
            high,
            guard: 0,
        };
    }
    match by_limit {
        Some(end) if end >= low => StackBounds {
            low: end,
            high,
            guard: 0,
        },
        _ => StackBounds {
            low: low + gap,
            high,
            guard: 0,
        },
    }
}

/// The current thread's signal stack, with a guard page below. Dropping it, on its thread, takes it out of use.
pub(crate) struct SignalStack {
    base: NonNull<u8>,
    len: usize,
}

impl SignalStack {
    fn map() -> Option<Self> {
        // SAFETY: no pointers. The kernel's own part of a signal frame depends on the processor (AVX-512, AMX).
        let frame = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) } as usize;
        let len = (SIGNAL_STACK + frame).next_multiple_of(page_size()) + page_size();
        let base = super::map_anonymous(len).ok()?;
        // SAFETY: the lowest page of the fresh mapping.
        unsafe { super::make_inaccessible(base, page_size()) }.ok()?;
        Some(Self { base, len })
    }

    fn usable(&self) -> libc::stack_t {
        let guard = page_size();
        libc::stack_t {
            ss_sp: self.base.as_ptr().wrapping_add(guard).cast(),
            ss_flags: 0,
            ss_size: self.len - guard,
        }
    }
}

/// Changes the current thread's signal stack, or only asks for it.
fn sigaltstack(new: Option<&libc::stack_t>) -> Option<libc::stack_t> {
    let mut old = MaybeUninit::uninit();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: both are valid or null; the caller owns the new stack until it is replaced.
    let done = unsafe { libc::sigaltstack(new, old.as_mut_ptr()) } == 0;
    // SAFETY: filled on success.
    done.then(|| unsafe { old.assume_init() })
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        let ours = self.usable().ss_sp;
        if sigaltstack(None).is_some_and(|active| active.ss_sp == ours) {
            // What was there before may be gone by now (Rust's own stack is), so there is none from here on.
            let none = libc::stack_t {
                ss_sp: ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: self.len,
            };
            sigaltstack(Some(&none));
        }
        // SAFETY: it is no longer in use: its owner is not dropped by a signal handler.
        unsafe { super::unmap(self.base, self.len) };
    }
}

/// Gives the current thread a signal stack of a good size, unless it has one.
pub(crate) fn use_signal_stack() -> Option<SignalStack> {
    let enough = |active: libc::stack_t| {
        active.ss_flags & libc::SS_DISABLE == 0 && active.ss_size >= SIGNAL_STACK
    };
    if sigaltstack(None).is_some_and(enough) {
        return None;
    }
    // Without a stack, overflows end the process as they do in any program; all else works.
    let stack = SignalStack::map()?;
    sigaltstack(Some(&stack.usable()))?;
    Some(stack)
}
