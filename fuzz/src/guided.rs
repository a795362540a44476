//! What libFuzzer calls with bytes of its choice. A finding is a panic, as it expects.

use std::cell::RefCell;
use std::panic::{set_hook, take_hook};
use std::sync::Once;

use crate::case::Case;
use crate::check::Checker;
use crate::hostile::Hostile;
use crate::interpreter;

thread_local! {
    static CHECKER: RefCell<Checker> = RefCell::new(forgiving());
    static HOSTILE: RefCell<Hostile> = RefCell::new(alone());
}

/// Compilers find a pool of one thread, which is this one: the process has one processor, and coverage is to repeat.
fn alone<T: Default>() -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    // There is one already if the other was made before.
    let _ = pool.use_current_thread().build_global();
    T::default()
}

/// One that goes on when `wasmi` panics: libFuzzer ends the process at any panic, before it is caught.
fn forgiving() -> Checker {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let end = take_hook();
        set_hook(Box::new(move |panic| {
            if !interpreter::is_called() {
                end(panic);
            }
        }));
    });
    alone()
}

/// Runs the case that bytes make.
///
/// # Panics
///
/// If engines differ.
pub fn differential(bytes: &[u8]) {
    let Some(case) = Case::from_bytes(bytes) else {
        return;
    };
    let checked = CHECKER.with_borrow_mut(|checker| checker.check(&case));
    if let Err(difference) = checked {
        panic!("{}", case.report(&difference));
    }
}

/// Compiles bytes, or loads them.
///
/// # Panics
///
/// If one compiler takes what another refuses.
pub fn module(bytes: &[u8]) {
    HOSTILE.with_borrow_mut(|hostile| hostile.check(bytes));
}
