//! Boxes whose contents others know by address.
//!
//! A `Box` says that it is the only way to its contents: to move it ends every pointer into them. What an island owns is
//! reached by address all the time, by compiled code, handles and other objects, while its owner is moved from list to
//! list. [`Owned`] frees its contents as a box does, and claims nothing more.
//!
//! Invariants:
//! - O1: until something is given to an island, whoever holds its `Owned` is alone in using it; others may know
//!   its address. Afterwards the island's rules hold.
//! - O2: an address that is to stay valid comes from [`Owned::place`], by pointer arithmetic only: a pointer made from a
//!   reference ends when the next reference is made.

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Owns an allocation, at an address that stays the same.
#[derive(Debug)]
pub(crate) struct Owned<T: ?Sized>(NonNull<T>);

// SAFETY: it owns its contents.
unsafe impl<T: ?Sized + Send> Send for Owned<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for Owned<T> {}

impl<T> Owned<T> {
    pub(crate) fn new(contents: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(contents))))
    }

    /// The same with its type changed by `unsize`, which does nothing else.
    pub(crate) fn unsize<U: ?Sized>(
        self,
        unsize: impl FnOnce(NonNull<T>) -> NonNull<U>,
    ) -> Owned<U> {
        let place = unsize(self.0);
        debug_assert_eq!(place.addr(), self.0.addr());
        std::mem::forget(self);
        Owned(place)
    }
}

impl<T: ?Sized> Owned<T> {
    /// Where the contents are (O2).
    pub(crate) fn place(&self) -> NonNull<T> {
        self.0
    }
}

impl<T: ?Sized> Deref for Owned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: O1.
        unsafe { self.0.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for Owned<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: O1.
        unsafe { self.0.as_mut() }
    }
}

impl<T: ?Sized> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: it came from a box, and nobody uses the contents any more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
