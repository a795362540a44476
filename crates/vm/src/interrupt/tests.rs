//! Interruption of hand-written guests: states that compiled code and the API do not show.

use super::*;
use crate::arch::exit_thunk;
use crate::arch::tests::{self as guest, enter_guest};
use crate::traps::{EarlyEnd, EndReason};
use std::sync::mpsc;

fn assert_interrupted<T: fmt::Debug>(outcome: Result<T, EarlyEnd>) -> EarlyEnd {
    let trap = outcome.unwrap_err();
    assert!(
        matches!(trap.reason, EndReason::Wasm(TrapCode::Interrupted)),
        "{trap:?}"
    );
    trap
}

fn interrupt(handle: &InterruptHandle) {
    while !handle.interrupt() {
        yield_now();
    }
}

/// Interrupts the guest that the current thread is about to run.
fn interrupt_soon() -> std::thread::JoinHandle<()> {
    let handle = InterruptHandle::for_current_thread();
    std::thread::spawn(move || interrupt(&handle))
}

/// Nothing is left of an interruption.
fn assert_at_rest() {
    let thread = thread::current();
    assert!(!is_marked(thread));
    let limit = thread.stack_limit.load(Ordering::Relaxed);
    assert_eq!(limit, thread.stack.get().limit());
    assert_eq!(
        enter_guest!(guest::add() => fn(i32, i32) -> i32, 2, 3).unwrap(),
        5
    );
}

#[test]
fn a_guest_that_spins_ends() {
    for _ in 0..100 {
        let interrupter = interrupt_soon();
        let trap = assert_interrupted(enter_guest!(guest::spin() => fn(),));
        assert_eq!(trap.backtrace.frames.len(), 1);
        interrupter.join().unwrap();
        assert_at_rest();
    }
}

#[test]
fn a_thread_that_was_started_with_all_signals_blocked() {
    // SAFETY: a full set, for threads that this one starts.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, ptr::null_mut());
    }
    let guest = std::thread::spawn(|| {
        let interrupter = interrupt_soon();
        assert_interrupted(enter_guest!(guest::spin() => fn(),));
        interrupter.join().unwrap();
    });
    guest.join().unwrap();
}

/// Blocks the signal while a host function runs, as no well-behaved one does.
fn block(how: libc::c_int) {
    // SAFETY: a set of one signal, for this thread.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigaddset(&mut set, libc::SIGURG);
        libc::pthread_sigmask(how, &set, ptr::null_mut());
    }
}

#[test]
fn a_request_that_nobody_sees_is_taken_back() {
    let (ask, asked) = mpsc::channel();
    let guest = std::thread::spawn(move || {
        let handle = InterruptHandle::for_current_thread();
        block(libc::SIG_BLOCK);
        let (tell, told) = mpsc::channel();
        ask.send((handle, tell)).unwrap();
        let told: bool = told.recv().unwrap();
        block(libc::SIG_UNBLOCK);
        // The signal comes now, and finds no request.
        assert_at_rest();
        told
    });
    let (handle, tell) = asked.recv().unwrap();
    tell.send(handle.interrupt()).unwrap();
    assert!(!guest.join().unwrap());
}

unsafe extern "C" fn interrupt_self(_: *mut ContextHeader, n: i64) -> i64 {
    assert!(InterruptHandle::for_current_thread().interrupt());
    assert_eq!(check(), Err(TrapCode::Interrupted));
    n
}
exit_thunk!(fn interrupt_self_thunk => interrupt_self);

fn call_host(host: unsafe extern "C" fn()) -> Result<i64, EarlyEnd> {
    let mut host_context = guest::context();
    let host_context = &raw mut *host_context;
    enter_guest!(
        guest::outer() => fn(*const c_void, *mut ContextHeader, i64) -> i64,
        host as *const c_void, host_context, 1
    )
}

#[test]
fn a_marked_call_that_returns_ends_all_the_same() {
    for _ in 0..10 {
        assert_interrupted(call_host(interrupt_self_thunk));
        assert_at_rest();
    }
}

unsafe extern "C" fn interrupt_and_trap(_: *mut ContextHeader, n: i64) -> i64 {
    assert!(InterruptHandle::for_current_thread().interrupt());
    let inner = enter_guest!(guest::divide() => fn(i32, i32) -> i32, 1, 0);
    let inner = inner.unwrap_err().reason;
    assert!(
        matches!(inner, EndReason::Wasm(TrapCode::IntegerDivisionByZero)),
        "{inner:?}"
    );
    // Whatever calls the host inside ends at once.
    assert_interrupted(call_host(interrupt_self_thunk));
    assert!(
        is_marked(thread::current()),
        "the outer activation is still to end"
    );
    // SAFETY: behind a thunk, with nothing to drop.
    unsafe { traps::raise(EndReason::Panic(Box::new(n))) }
}
exit_thunk!(fn interrupt_and_trap_thunk => interrupt_and_trap);

#[test]
fn a_marked_call_that_ends_otherwise_leaves_no_mark() {
    for _ in 0..10 {
        let trap = call_host(interrupt_and_trap_thunk).unwrap_err();
        assert!(matches!(trap.reason, EndReason::Panic(_)), "{trap:?}");
        assert_at_rest();
    }
}

#[test]
fn mailboxes_go_with_their_threads() {
    let mailbox = std::thread::spawn(|| {
        thread::prepare();
        let mailbox = thread::current().mailbox().unwrap().clone();
        assert!(
            lock(&MAILBOXES)
                .values()
                .any(|known| Arc::ptr_eq(known, &mailbox))
        );
        mailbox
    });
    let mailbox = mailbox.join().unwrap();
    assert!(
        !lock(&MAILBOXES)
            .values()
            .any(|known| Arc::ptr_eq(known, &mailbox))
    );
    assert!(!mailbox.interrupt(ANY));
}
