//! Whether a closure may run on several threads at once.
//!
//! `Function::new_native` does not ask for `Sync`, so whether a closure has it must be found out. Rust's own library helps:
//! [`Iterator::fuse`] sees to it that an iterator gives nothing after its end, but leaves those alone that are
//! [`FusedIterator`]s and so promise it. The iterator here gives something after its end, and makes that promise only for types
//! that are `Sync`: so if something comes out, the type is `Sync`. Should a later library treat all iterators alike, every
//! closure would count as one that is not `Sync`: slower, but right.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::mem;

/// Gives nothing, then something.
struct Probe<F> {
    ended: bool,
    of: PhantomData<F>,
}

impl<F> Iterator for Probe<F> {
    type Item = ();
    #[inline(always)]
    fn next(&mut self) -> Option<()> {
        mem::replace(&mut self.ended, true).then_some(())
    }
}

impl<F: Sync> FusedIterator for Probe<F> {}

/// Whether `F` is known to be `Sync`. (`'static`, since no lifetime may have a say in it.)
#[inline(always)]
pub(super) fn is_sync<F: 'static>() -> bool {
    let probe = Probe::<F> {
        ended: false,
        of: PhantomData,
    };
    let mut fused = probe.fuse();
    fused.next().is_none() && fused.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::{Arc, Mutex};

    fn of<F: 'static>(_: &F) -> bool {
        is_sync::<F>()
    }

    /// No bytes, but not to be shared.
    struct Token(PhantomData<Cell<()>>);

    #[test]
    fn closures_are_what_they_capture() {
        let (number, shared, cell) = (3, Arc::new(Mutex::new(Cell::new(3))), Cell::new(3));
        assert!(of(&|| 3));
        assert!(of(&move || number));
        assert!(of(&move || shared.lock().unwrap().get()));
        assert!(!of(&move || cell.get()));
        let token = Token(PhantomData);
        assert!(!of(&move || {
            let Token(_) = &token;
        }));
    }
}
