//! Handles that do not keep what they refer to.
//!
//! An environment of an instance must reach the instance's exports without keeping the instance, or neither would ever
//! go. So a handle of the API is a [`Link`]: strong, or weak. A weak one names the island (a name that follows merges)
//! and remembers where in it; to use it is to keep the island for that long, if something else still does.
//!
//! Invariants:
//! - W1: a weak handle is made from a strong one only, with the island and the address of that. So whoever gets the
//!   island has what keeps the address valid.

use crate::dynamic::{DynamicCall, HostError};
use crate::externs::{VMGlobal, VMMemory};
use crate::function::{HostFunction, VMFunction};
use crate::island::{Island, WeakIsland};
use crate::store::VMStore;
use crate::table::VMTable;
use crate::traps::{Backtrace, EarlyEnd, EndReason};
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use wasmill_types::{FunctionType, GlobalType, TableType};

/// A weak handle was used after what it refers to had gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a weak handle was used after its instance was dropped")]
pub struct Gone;

impl From<Gone> for EarlyEnd {
    /// The error of a call, with the frames that are on the stack.
    #[cold]
    fn from(gone: Gone) -> Self {
        Self {
            reason: EndReason::User(Box::new(gone)),
            backtrace: Backtrace::capture(),
        }
    }
}

/// A handle: an island, and where something is that the island can reach.
///
/// # Safety
///
/// `at` gives back the handle that `parts` describe.
pub unsafe trait Handle: Clone {
    /// What is known of it for ever.
    type Type: Clone + Send + Sync;
    /// The island that it is reached from, where it is, and its type as far as that never changes.
    fn parts(&self) -> (&Arc<Island>, NonNull<()>, &Self::Type);
    /// The handle with this island, address and type.
    ///
    /// # Safety
    ///
    /// They are those of a handle that there was, and `island` is the one that it was reached from (or a part of it now).
    unsafe fn at(island: Arc<Island>, address: NonNull<()>, ty: &Self::Type) -> Self;
}

/// A handle that does not keep its island.
#[derive(Clone)]
pub struct WeakHandle<H: Handle> {
    island: WeakIsland,
    address: NonNull<()>,
    ty: H::Type,
}

// SAFETY: it can only be cloned, dropped and made a handle that can be sent.
unsafe impl<H: Handle + Send> Send for WeakHandle<H> {}
// SAFETY: as above.
unsafe impl<H: Handle + Sync> Sync for WeakHandle<H> {}

impl<H: Handle> WeakHandle<H> {
    fn new(handle: &H) -> Self {
        let (island, address, ty) = handle.parts();
        Self {
            island: island.downgrade(),
            address,
            ty: ty.clone(),
        }
    }

    /// A handle that keeps what this one refers to, unless that is gone.
    pub fn upgrade(&self) -> Option<H> {
        let island = self.island.upgrade()?;
        // SAFETY: W1.
        Some(unsafe { H::at(island, self.address, &self.ty) })
    }

    /// A link that keeps what this one refers to, unless that is gone.
    #[cold]
    #[inline(never)]
    fn link(&self) -> Link<H> {
        match self.upgrade() {
            Some(handle) => Link::Strong(handle),
            None => Link::Weak(Box::new(self.clone())),
        }
    }

    /// The same as [`WeakHandle::upgrade`] out of line, and by a pointer: so the way through a strong handle, which is the one that matters, has
    /// nothing in memory.
    #[cold]
    #[inline(never)]
    fn kept(&self) -> Option<Box<H>> {
        self.upgrade().map(Box::new)
    }
}

/// A handle that keeps what it refers to, or one that does not.
pub enum Link<H: Handle> {
    /// Keeps it.
    Strong(H),
    /// Does not.
    Weak(Box<WeakHandle<H>>),
}

impl<H: Handle> Link<H> {
    /// Makes it a link that does not keep what it refers to.
    pub fn weaken(&mut self) {
        if let Self::Strong(handle) = self {
            *self = Self::Weak(Box::new(WeakHandle::new(handle)));
        }
    }

    /// A handle that keeps what this one refers to, unless that is gone.
    pub fn upgrade(&self) -> Option<H> {
        match self {
            Self::Strong(handle) => Some(handle.clone()),
            Self::Weak(weak) => weak.upgrade(),
        }
    }

    /// The handle of a link that is strong.
    ///
    /// # Panics
    ///
    /// If it is weak.
    pub fn strong(&self) -> &H {
        match self {
            Self::Strong(handle) => handle,
            Self::Weak(_) => panic!("a weak handle has no strong one inside"),
        }
    }

    /// Gives `access` what the link refers to, and keeps it meanwhile; `None` if it is gone.
    #[inline(always)]
    pub fn reach<R>(&self, access: impl FnOnce(&H) -> R) -> Option<R> {
        let kept;
        let handle = match self {
            Self::Strong(handle) => handle,
            Self::Weak(weak) => {
                kept = weak.kept()?;
                &*kept
            }
        };
        // In one place, so that it is no function of its own.
        Some(access(handle))
    }

    /// Whether `same` says so of what the two refer to. What is gone is not the same as anything.
    pub fn same(&self, other: &Self, same: impl FnOnce(&H, &H) -> bool) -> bool {
        let both = self.reach(|a| other.reach(|b| same(a, b)));
        both.flatten().unwrap_or(false)
    }

    /// Its type, as far as that never changes.
    pub fn declared_type(&self) -> &H::Type {
        match self {
            Self::Strong(handle) => handle.parts().2,
            Self::Weak(weak) => &weak.ty,
        }
    }
}

impl Link<VMFunction> {
    /// The function of `store` that it refers to; one that always fails in place of one that is gone.
    #[inline]
    pub fn into_function(self, store: &Arc<VMStore>) -> VMFunction {
        match self {
            Self::Strong(function) => function,
            Self::Weak(weak) => weak.upgrade().unwrap_or_else(|| {
                let fail = |_: &mut DynamicCall<'_>| Err(HostError::from(Gone));
                HostFunction::dynamic(store, weak.ty, None, Box::new(fail))
            }),
        }
    }
}

impl<H: Handle> From<H> for Link<H> {
    fn from(handle: H) -> Self {
        Self::Strong(handle)
    }
}

impl<H: Handle> Clone for Link<H> {
    /// A clone keeps what it refers to, unless that is gone.
    #[inline(always)]
    fn clone(&self) -> Self {
        match self {
            Self::Strong(handle) => Self::Strong(handle.clone()),
            Self::Weak(weak) => weak.link(),
        }
    }
}

impl<H: Handle + fmt::Debug> fmt::Debug for Link<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strong(handle) => handle.fmt(f),
            Self::Weak(_) => f.write_str("Weak"),
        }
    }
}

macro_rules! handles {
    ($($handle:ident, $ty:ty: |$this:ident| ($place:expr, $declared:expr), |$island:ident, $address:ident, $known:ident| $at:expr;)*) => { $(
        // SAFETY: `at` takes what `parts` give.
        unsafe impl Handle for $handle {
            type Type = $ty;
            fn parts(&self) -> (&Arc<Island>, NonNull<()>, &$ty) {
                let $this = self;
                ($this.island(), $place.cast(), $declared)
            }
            unsafe fn at($island: Arc<Island>, $address: NonNull<()>, $known: &$ty) -> Self {
                // SAFETY: the island reaches what is there, as the caller promises.
                unsafe { $at }
            }
        }
    )* };
}

handles! {
    VMFunction, FunctionType: |this| (this.funcref(), this.ty()),
        |island, address, _ty| Self::from_raw(&island, address.cast());
    VMTable, TableType: |this| (this.as_ptr(), this.ty()),
        |island, address, _ty| Self::from_raw(island, address.cast());
    // Of the type of a memory, the minimum changes.
    VMMemory, (): |this| (this.as_ptr(), &()),
        |island, address, _ty| Self::from_raw(island, address.cast());
    VMGlobal, GlobalType: |this| (this.as_ptr(), this.ty()),
        |island, address, ty| Self::from_raw(island, address.cast(), *ty);
}

#[cfg(test)]
mod tests;
