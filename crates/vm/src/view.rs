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
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
};

/// Plain data that may be read from and written to a guest's memory.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{MemoryStyle, MemoryType};
/// # use wasmill_vm::{VMMemory, VMStore};
/// # let store = VMStore::new();
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
/// # use wasmill_vm::{ValueType, Viewed};
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// struct Point {
///     x: i32,
///     y: i32,
/// }
///
/// // SAFETY: two numbers, without padding.
/// unsafe impl ValueType for Point {}
///
/// Viewed::Borrowed(&memory).view::<Point>()[1].set(Point { x: 1, y: -1 });
/// let view = Viewed::Borrowed(&memory).view::<i32>();
/// assert_eq!((view[2].get(), view[3].get()), (1, -1));
/// # let point = Viewed::Borrowed(&memory).view::<Point>()[1].get();
/// # assert_eq!((point.x, point.y), (1, -1));
/// ```
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
///
/// ```
/// # use std::any::TypeId;
/// # use std::sync::atomic::AtomicU32;
/// # use wasmill_vm::Atomic;
/// assert_eq!(TypeId::of::<<u32 as Atomic>::Output>(), TypeId::of::<AtomicU32>());
/// ```
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
///
/// ```
/// # use wasmill_vm::{Atomicity, MemoryView};
/// /// Takes a view, however it is accessed.
/// fn describe<T, A: Atomicity>(view: &MemoryView<'_, T, A>) -> String {
///     format!("{view:?}")
/// }
/// assert!(describe(&MemoryView::<u8>::empty()).contains("length: 0"));
/// ```
pub trait Atomicity {}

/// A view of atomics.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{MemoryStyle, MemoryType};
/// # use wasmill_vm::{VMMemory, VMStore};
/// # let store = VMStore::new();
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
/// # use std::sync::atomic::{AtomicU32, Ordering};
/// # use wasmill_vm::{Atomically, MemoryView, Viewed};
/// let view: MemoryView<'_, AtomicU32, Atomically> = Viewed::Borrowed(&memory).view::<u32>().atomically();
/// assert_eq!(view[0].fetch_add(1, Ordering::SeqCst), 0);
/// ```
#[derive(Debug)]
pub struct Atomically;
impl Atomicity for Atomically {}

/// A view of cells.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{MemoryStyle, MemoryType};
/// # use wasmill_vm::{VMMemory, VMStore};
/// # let store = VMStore::new();
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
/// # use wasmill_vm::{MemoryView, NonAtomically, Viewed};
/// let view: MemoryView<'_, u32, NonAtomically> = Viewed::Borrowed(&memory).view();
/// view[0].set(1);
/// assert_eq!(view[0].get(), 1);
/// ```
#[derive(Debug)]
pub struct NonAtomically;
impl Atomicity for NonAtomically {}

/// A memory as an array of `T`, as long as it was when the view was made.
///
/// While it lives, no other thread runs code with the memory; the memory may grow, which the view does not see.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{MemoryStyle, MemoryType};
/// # use wasmill_vm::{VMMemory, VMStore};
/// # let store = VMStore::new();
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
/// # use wasmill_types::Pages;
/// # use wasmill_vm::{MemoryView, Viewed};
/// let view: MemoryView<'_, u16> = Viewed::Borrowed(&memory).view();
/// for (number, cell) in (0..).zip(view.iter()) {
///     cell.set(number);
/// }
/// memory.grow(Pages(1)).unwrap();
/// assert_eq!((view.len(), view[7].get()), (32_768, 7));
/// ```
pub struct MemoryView<'a, T: 'a, A = NonAtomically> {
    place: NonNull<T>,
    length: usize,
    guard: Option<Guard<'a>>,
    access: PhantomData<(&'a Cell<T>, A)>,
    /// Let go of after the guard (fields drop in order).
    keep: Keep,
}

/// The memory, if a view keeps it. Letting go of one is out of line, so that it costs nothing where there is none.
#[derive(Clone)]
struct Keep(Option<Arc<VMMemory>>);

impl Drop for Keep {
    #[inline(always)]
    fn drop(&mut self) {
        #[cold]
        #[inline(never)]
        fn release(memory: Arc<VMMemory>) {
            drop(memory);
        }
        if let Some(memory) = self.0.take() {
            release(memory);
        }
    }
}

impl<'a, T: ValueType> MemoryView<'a, T, NonAtomically> {
    /// A view of `length` values at `ptr`.
    ///
    /// ```
    /// # use wasmill_vm::MemoryView;
    /// let mut numbers = [1_u32, 2, 3];
    /// // SAFETY: these are three numbers, and nothing else accesses them meanwhile.
    /// let view = unsafe { MemoryView::new(numbers.as_mut_ptr(), 3) };
    /// assert_eq!(view.iter().map(|cell| cell.get()).sum::<u32>(), 6);
    /// ```
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
            keep: Keep(None),
        }
    }
}

impl<T: ValueType> MemoryView<'_, T, NonAtomically> {
    /// A view of nothing.
    ///
    /// ```
    /// # use wasmill_vm::MemoryView;
    /// assert!(MemoryView::<u32>::empty().is_empty());
    /// ```
    pub fn empty() -> Self {
        let place = NonNull::dangling();
        Self {
            place,
            length: 0,
            guard: None,
            access: PhantomData,
            keep: Keep(None),
        }
    }
}

impl<'a, T: Atomic> MemoryView<'a, T> {
    /// The same view with atomic accesses.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use std::sync::atomic::Ordering;
    /// # use wasmill_vm::Viewed;
    /// let view = Viewed::Borrowed(&memory).view::<i32>();
    /// let atomics = view.atomically();
    /// atomics[3].store(-1, Ordering::SeqCst);
    /// assert_eq!(view[3].get(), -1);
    /// ```
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
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{MemoryStyle, MemoryType};
/// # use wasmill_vm::{VMMemory, VMStore};
/// # let store = VMStore::new();
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
/// # use wasmill_vm::Viewed;
/// let cell = Viewed::Borrowed(&memory).cell::<u32>(8).unwrap();
/// cell.set(7);
/// assert_eq!(cell.get(), 7);
/// ```
pub struct MemoryCell<'a, T: 'a>(MemoryView<'a, T>);

impl<T: Copy> MemoryCell<'_, T> {
    /// Reads the value.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_vm::Viewed;
    /// memory.write(8, &7_u32.to_le_bytes()).unwrap();
    /// assert_eq!(Viewed::Borrowed(&memory).cell::<u32>(8).unwrap().load(), 7);
    /// ```
    pub fn load(&self) -> T {
        self.get()
    }
    /// Writes the value.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_vm::Viewed;
    /// let cell = Viewed::Borrowed(&memory).cell::<u32>(8).unwrap();
    /// cell.store(7);
    /// assert_eq!(cell.load(), 7);
    /// ```
    pub fn store(&self, value: T) {
        self.set(value);
    }
    /// The value for writing.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_vm::Viewed;
    /// let mut cell = Viewed::Borrowed(&memory).cell::<u32>(8).unwrap();
    /// // SAFETY: nothing else accesses the memory.
    /// *unsafe { cell.as_mut() } += 7;
    /// assert_eq!(cell.load(), 7);
    /// ```
    ///
    /// # Safety
    ///
    /// Nothing else accesses the value while the reference lives: no other view, and no code of the guest.
    pub unsafe fn as_mut(&mut self) -> &mut T {
        // SAFETY: valid and aligned; the rest is the caller's promise.
        unsafe { self.0.place.as_mut() }
    }
}

impl<T> Deref for MemoryCell<'_, T> {
    type Target = Cell<T>;
    #[inline(always)]
    fn deref(&self) -> &Cell<T> {
        // SAFETY: a view of one value: as there.
        unsafe { self.0.place.cast().as_ref() }
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for MemoryCell<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryCell").field(&self.get()).finish()
    }
}

/// Some values in a memory. It is a slice of [`Cell`]s, and holds the memory's domain while it lives.
pub type MemoryCells<'a, T> = MemoryView<'a, T, NonAtomically>;

/// A memory to look into.
#[derive(Debug)]
pub enum Viewed<'a> {
    /// Somebody else keeps it for so long.
    Borrowed(&'a VMMemory),
    /// What looks into it keeps it.
    Kept(Arc<VMMemory>),
}

impl<'a> Viewed<'a> {
    /// The memory as an array; bytes at the end that make no whole `T` are left out.
    #[inline(always)]
    pub fn view<T: ValueType>(self) -> MemoryView<'a, T> {
        let view = self.open(|memory| {
            // SAFETY: valid as long as the island; the domain is held.
            let definition = unsafe { memory.definition().as_ref() };
            let length = definition.current_length.checked_div(size_of::<T>());
            let place = NonNull::new(definition.base.cast()).unwrap_or(NonNull::dangling());
            Some((place, length.unwrap_or(0)))
        });
        view.unwrap_or_else(MemoryView::empty)
    }

    /// The value at `offset`; `None` if it is not inside the memory, not aligned, or has no bytes.
    #[inline(always)]
    pub fn cell<T: ValueType>(self, offset: u64) -> Option<MemoryCell<'a, T>> {
        self.cells(offset, 1).map(MemoryCell)
    }

    /// `length` values at `offset`; `None` under the same conditions.
    #[inline(always)]
    pub fn cells<T: ValueType>(self, offset: u64, length: usize) -> Option<MemoryCells<'a, T>> {
        self.open(|memory| {
            let bytes = size_of::<T>().checked_mul(length)?;
            let place = NonNull::new(memory.place(offset, bytes)?.cast::<T>())?;
            (size_of::<T>() != 0 && place.is_aligned()).then_some((place, length))
        })
    }

    /// Enters the domain and makes a view of what `find` finds, if anything: a place inside the memory, aligned for as many
    /// `T` as it says.
    #[inline(always)]
    fn open<T>(
        self,
        find: impl FnOnce(&VMMemory) -> Option<(NonNull<T>, usize)>,
    ) -> Option<MemoryView<'a, T>> {
        let (memory, keep) = match self {
            Self::Borrowed(memory) => (ptr::from_ref(memory), Keep(None)),
            Self::Kept(memory) => (Arc::as_ptr(&memory), Keep(Some(memory))),
        };
        // SAFETY: somebody keeps it for so long, or `keep` does.
        let memory = unsafe { &*memory };
        let guard = memory.enter();
        let (place, length) = find(memory)?;
        // SAFETY: somebody keeps the memory, and so its domain, as long as the view may live; or the view itself does.
        let guard = Some(unsafe { guard.detach() });
        Some(MemoryView {
            place,
            length,
            guard,
            access: PhantomData,
            keep,
        })
    }
}
