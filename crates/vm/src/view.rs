//! Views of a memory's bytes as typed cells.
//!
//! A view holds the memory's domain while it lives, so nothing else runs in between; it stays valid over `grow`, since a
//! memory never moves.

use crate::domain::Guard;
use crate::externs::VMMemory;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
};

/// Plain data that may be read from and written to a guest's memory.
///
/// # Safety
///
/// Every pattern of bytes is a valid value, there are no padding bytes, and no reference or pointer of the host inside.
pub unsafe trait ValueType: Copy {}

macro_rules! value_types {
    ($($ty:ty)*) => { $(
        // SAFETY: numbers.
        unsafe impl ValueType for $ty {}
    )* };
}

value_types!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 f32 f64);

/// Numbers that can be accessed atomically.
pub trait Atomic {
    /// The atomic of this size.
    type Output;
}

macro_rules! atomics {
    ($($ty:ty => $atomic:ty;)*) => { $(
        impl Atomic for $ty {
            type Output = $atomic;
        }
    )* };
}

atomics! {
    i8 => AtomicI8;
    i16 => AtomicI16;
    i32 => AtomicI32;
    i64 => AtomicI64;
    u8 => AtomicU8;
    u16 => AtomicU16;
    u32 => AtomicU32;
    u64 => AtomicU64;
    f32 => AtomicU32;
    f64 => AtomicU64;
}

/// How a view is accessed.
pub trait Atomicity {}

/// A view of atomics.
#[derive(Debug)]
pub struct Atomically;
impl Atomicity for Atomically {}

/// A view of cells.
#[derive(Debug)]
pub struct NonAtomically;
impl Atomicity for NonAtomically {}

/// A memory as an array of `T`, as long as it was when the view was made.
pub struct MemoryView<'a, T: 'a, A = NonAtomically> {
    place: NonNull<T>,
    length: usize,
    guard: Option<Guard<'a>>,
    access: PhantomData<(&'a Cell<T>, A)>,
    /// What an owned view keeps, freed after the guard (fields drop in order).
    keep: Option<VMMemory>,
}

impl<'a, T: ValueType> MemoryView<'a, T, NonAtomically> {
    /// A view of `length` values at `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` is aligned and valid for `length` values while the view lives, and nothing else accesses them but through
    /// cells on this thread.
    pub unsafe fn new(ptr: *mut T, length: u32) -> Self {
        let place = NonNull::new(ptr).unwrap_or(NonNull::dangling());
        Self {
            place,
            length: length as usize,
            guard: None,
            access: PhantomData,
            keep: None,
        }
    }
}

impl<T: ValueType> MemoryView<'_, T, NonAtomically> {
    /// A view of nothing.
    pub fn empty() -> Self {
        let place = NonNull::dangling();
        Self {
            place,
            length: 0,
            guard: None,
            access: PhantomData,
            keep: None,
        }
    }
}

impl<'a, T: Atomic> MemoryView<'a, T> {
    /// The same view with atomic accesses.
    pub fn atomically(&self) -> MemoryView<'a, T::Output, Atomically> {
        MemoryView {
            place: self.place.cast(),
            length: self.length,
            guard: self.guard.as_ref().map(Guard::again),
            access: PhantomData,
            keep: self.keep.clone(),
        }
    }
}

impl<T> Deref for MemoryView<'_, T, NonAtomically> {
    type Target = [Cell<T>];
    #[inline(always)]
    fn deref(&self) -> &[Cell<T>] {
        // SAFETY: valid and aligned for this length; the guard keeps others out, and this thread accesses it by cells
        // or from code that the compiler cannot see.
        unsafe { slice::from_raw_parts(self.place.as_ptr().cast(), self.length) }
    }
}

impl<T> Deref for MemoryView<'_, T, Atomically> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: as above; `T` is an atomic, for which shared access is what it is made for.
        unsafe { slice::from_raw_parts(self.place.as_ptr(), self.length) }
    }
}

impl<T, A> fmt::Debug for MemoryView<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryView")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// One value in a memory. It is a [`Cell`], and holds the memory's domain while it lives.
pub struct MemoryCell<'a, T> {
    place: NonNull<T>,
    _guard: Guard<'a>,
    /// As in [`MemoryView`].
    _keep: Option<VMMemory>,
}

impl<T: Copy> MemoryCell<'_, T> {
    /// Reads the value.
    pub fn load(&self) -> T {
        self.get()
    }
    /// Writes the value.
    pub fn store(&self, value: T) {
        self.set(value);
    }
    /// The value for writing.
    ///
    /// # Safety
    ///
    /// Nothing else accesses the value while the reference lives: no other view, and no code of the guest.
    pub unsafe fn as_mut(&mut self) -> &mut T {
        // SAFETY: valid and aligned; the rest is the caller's promise.
        unsafe { self.place.as_mut() }
    }
}

impl<T> Deref for MemoryCell<'_, T> {
    type Target = Cell<T>;
    #[inline(always)]
    fn deref(&self) -> &Cell<T> {
        // SAFETY: checked when it was made: inside the memory, aligned, plain data; the guard keeps others out.
        unsafe { self.place.cast().as_ref() }
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for MemoryCell<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryCell").field(&self.get()).finish()
    }
}

/// Some values in a memory. It is a slice of [`Cell`]s, and holds the memory's domain while it lives.
pub type MemoryCells<'a, T> = MemoryView<'a, T, NonAtomically>;

impl VMMemory {
    /// The memory as an array; bytes at the end that make no whole `T` are left out.
    #[inline]
    pub fn view<T: ValueType>(&self) -> MemoryView<'_, T> {
        let guard = self.enter();
        // SAFETY: valid as long as the island; the domain is held.
        let definition = unsafe { self.definition().as_ref() };
        let place = NonNull::new(definition.base.cast()).unwrap_or(NonNull::dangling());
        let length = definition
            .current_length
            .checked_div(size_of::<T>())
            .unwrap_or(0);
        MemoryView {
            place,
            length,
            guard: Some(guard),
            access: PhantomData,
            keep: None,
        }
    }

    /// The value at `offset`; `None` if it is not inside the memory, not aligned, or has no bytes.
    pub fn cell<T: ValueType>(&self, offset: u64) -> Option<MemoryCell<'_, T>> {
        let guard = self.enter();
        let place = self.typed_place(offset, 1)?;
        Some(MemoryCell {
            place,
            _guard: guard,
            _keep: None,
        })
    }

    /// `length` values at `offset`; `None` under the same conditions.
    pub fn cells<T: ValueType>(&self, offset: u64, length: usize) -> Option<MemoryCells<'_, T>> {
        let guard = self.enter();
        let place = self.typed_place(offset, length)?;
        Some(MemoryView {
            place,
            length,
            guard: Some(guard),
            access: PhantomData,
            keep: None,
        })
    }

    /// The memory as an array, in a view that keeps the memory. See [`VMMemory::view`].
    pub fn into_view<'a, T: ValueType>(self) -> MemoryView<'a, T> {
        let MemoryView {
            place,
            length,
            guard,
            ..
        } = self.view();
        // SAFETY: the view keeps the memory, and so its domain, longer than the guard.
        let guard = guard.map(|guard| unsafe { guard.detach() });
        MemoryView {
            place,
            length,
            guard,
            access: PhantomData,
            keep: Some(self),
        }
    }

    /// The value at `offset`, in a cell that keeps the memory. See [`VMMemory::cell`].
    pub fn into_cell<'a, T: ValueType>(self, offset: u64) -> Option<MemoryCell<'a, T>> {
        let MemoryCell { place, _guard, .. } = self.cell(offset)?;
        // SAFETY: as above.
        let _guard = unsafe { _guard.detach() };
        Some(MemoryCell {
            place,
            _guard,
            _keep: Some(self),
        })
    }

    /// `length` values at `offset`, in a view that keeps the memory. See [`VMMemory::cells`].
    pub fn into_cells<'a, T: ValueType>(
        self,
        offset: u64,
        length: usize,
    ) -> Option<MemoryCells<'a, T>> {
        let MemoryView {
            place,
            length,
            guard,
            ..
        } = self.cells(offset, length)?;
        // SAFETY: as above.
        let guard = guard.map(|guard| unsafe { guard.detach() });
        Some(MemoryView {
            place,
            length,
            guard,
            access: PhantomData,
            keep: Some(self),
        })
    }

    fn typed_place<T: ValueType>(&self, offset: u64, length: usize) -> Option<NonNull<T>> {
        let bytes = size_of::<T>().checked_mul(length)?;
        let place = self.place(offset, bytes)?.cast::<T>();
        NonNull::new(place).filter(|_| size_of::<T>() != 0 && place.is_aligned())
    }
}
