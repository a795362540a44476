//! Linear memories.

use crate::Store;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use wasmill_engine::Export;
use wasmill_types::{MemoryStyle, MemoryType, Pages};
use wasmill_vm::{Link, MemoryCell, MemoryError, MemoryView, VMMemory, ValueType, Viewed};

/// A linear memory, of the host or of an instance. Clones are the same memory.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Memory, MemoryType, Pages, Store};
/// let store = Store::default();
/// let memory = Memory::new(&store, MemoryType::new(1, None, false)).unwrap();
/// assert_eq!(memory.size(), Pages(1));
/// memory.view::<u8>()[7].set(42);
/// assert_eq!(memory.view::<u8>()[7].get(), 42);
/// # }
/// ```
///
/// A *weak* handle (see [`Exports::get_with_generics_weak`](crate::Exports::get_with_generics_weak)) does not keep the
/// memory. Once the memory is gone, it behaves as one without bytes that cannot grow. Its clones keep the memory.
#[derive(Clone)]
pub struct Memory {
    store: Store,
    link: Link<VMMemory>,
}

/// An access does not lie inside of the memory.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Memory, MemoryType, Store};
/// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
/// let error = memory.write(65_535, b"ab").unwrap_err();
/// assert_eq!(error.to_string(), "out of bounds memory access: 2 bytes at offset 65535");
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("out of bounds memory access: {length} bytes at offset {offset}")]
pub struct MemoryAccessError {
    offset: u64,
    length: usize,
}

impl Memory {
    /// A memory of its minimum size, all zero.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Pages, Store};
    /// # let store = Store::default();
    /// let memory = Memory::new(&store, MemoryType::new(1, Some(2), false)).unwrap();
    /// assert_eq!(memory.size(), Pages(1));
    /// assert!(Memory::new(&store, MemoryType::new(2, Some(1), false)).is_err());
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the type is not one of a memory, if the platform or the store's tunables refuse, or if a limit of the store is
    /// reached.
    pub fn new(store: &Store, ty: MemoryType) -> Result<Self, MemoryError> {
        let tunables = store.tunables();
        let made = tunables.create_host_memory(&ty, &tunables.memory_style(&ty))?;
        let vm = VMMemory::adopt(store.vm(), &*made, &ty, store.account())?;
        Ok(Self::from_vm(store, vm))
    }

    pub(crate) fn from_vm(store: &Store, vm: VMMemory) -> Self {
        Self {
            store: store.clone(),
            link: vm.into(),
        }
    }

    /// The handle of the lower layer; an empty memory in place of one that is gone.
    pub(crate) fn export(&self) -> Export {
        let gone = || {
            let style = MemoryStyle::Dynamic {
                offset_guard_size: 0,
            };
            let memory = VMMemory::new(self.store.vm(), &self.ty(), &style);
            memory.expect("a memory without pages needs nothing that could be refused")
        };
        self.link.upgrade().unwrap_or_else(gone).into()
    }

    /// The handle of the lower layer.
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    ///
    /// # Panics
    ///
    /// If the handle is weak.
    #[doc(hidden)]
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn get_vm_memory(&self) -> &VMMemory {
        self.link.strong()
    }

    /// Makes the handle one that does not keep the memory.
    pub(crate) fn weaken(&mut self) {
        self.link.weaken();
    }

    /// Its type, with the current size as the minimum.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, Some(3), false)).unwrap();
    /// memory.grow(1).unwrap();
    /// assert_eq!(memory.ty(), MemoryType::new(2, Some(3), false));
    /// # }
    /// ```
    pub fn ty(&self) -> MemoryType {
        let gone = MemoryType::new(0, Some(0), false);
        self.link.reach(VMMemory::ty).unwrap_or(gone)
    }

    /// The store it belongs to.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// # let store = Store::default();
    /// let memory = Memory::new(&store, MemoryType::new(1, None, false)).unwrap();
    /// assert_eq!(memory.store(), &store);
    /// # }
    /// ```
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn raw_parts(&self) -> (*mut u8, usize) {
        let gone = (NonNull::dangling().as_ptr(), 0);
        self.link.reach(VMMemory::raw_parts).unwrap_or(gone)
    }

    /// Its first byte. The address does not change while the memory lives.
    ///
    /// For C libraries and the like. In Rust, [`Memory::read`], [`Memory::write`] and [`Memory::view`] need no `unsafe`.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(3, &[7]).unwrap();
    /// // SAFETY: the fourth byte lies in the memory, which lives, and nobody else uses it.
    /// assert_eq!(unsafe { memory.data_ptr().add(3).read() }, 7);
    /// # }
    /// ```
    pub fn data_ptr(&self) -> *mut u8 {
        self.raw_parts().0
    }

    /// Its size in bytes.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(2, None, false)).unwrap();
    /// assert_eq!(memory.data_size(), 2 * 65_536);
    /// # }
    /// ```
    pub fn data_size(&self) -> u64 {
        self.raw_parts().1 as u64
    }

    /// Its bytes.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(0, b"abc").unwrap();
    /// // SAFETY: nobody else has the memory.
    /// let bytes = unsafe { memory.data_unchecked() };
    /// assert_eq!((bytes.len(), &bytes[..3]), (65_536, &b"abc"[..]));
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody writes to the memory: no guest runs with it, no view or pointer is written through.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn data_unchecked(&self) -> &[u8] {
        let (base, length) = self.raw_parts();
        // SAFETY: the memory has these bytes as long as `self` lives, and never moves; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(base, length) }
    }

    /// Its bytes, for writing.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// // SAFETY: nobody else has the memory.
    /// let bytes = unsafe { memory.data_unchecked_mut() };
    /// bytes[..3].copy_from_slice(b"abc");
    /// assert_eq!(memory.view::<u8>()[2].get(), b'c');
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody else accesses the memory: no guest runs with it, no other slice or view exists.
    #[allow(unsafe_code, clippy::mut_from_ref, reason = "the contract has it")]
    pub unsafe fn data_unchecked_mut(&self) -> &mut [u8] {
        let (base, length) = self.raw_parts();
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(base, length) }
    }

    /// Its size in pages.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Pages, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(2, None, false)).unwrap();
    /// assert_eq!((memory.size(), memory.size().bytes().0), (Pages(2), 131_072));
    /// # }
    /// ```
    pub fn size(&self) -> Pages {
        self.link.reach(VMMemory::size).unwrap_or(Pages(0))
    }

    /// Adds pages; gives the former size.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryError, MemoryType, Pages, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, Some(3), false)).unwrap();
    /// assert_eq!(memory.grow(2).unwrap(), Pages(1));
    /// assert_eq!(memory.size(), Pages(3));
    /// assert!(matches!(memory.grow(1), Err(MemoryError::CouldNotGrow { current: Pages(3), .. })));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`MemoryError::CouldNotGrow`] if it would exceed its maximum or a limit of the store, or the platform refuses.
    pub fn grow<IntoPages: Into<Pages>>(&self, delta: IntoPages) -> Result<Pages, MemoryError> {
        let attempted_delta = delta.into();
        let gone = MemoryError::CouldNotGrow {
            current: Pages(0),
            attempted_delta,
        };
        let grown = self.link.reach(|vm| vm.grow(attempted_delta));
        grown.unwrap_or(Err(gone))
    }

    /// The memory as bytes: [`Memory::view`] for the type that is asked for most.
    pub fn uint8view(&self) -> MemoryView<'_, u8> {
        self.view()
    }

    /// The memory as an array of cells, as long as the memory is now. The view holds the memory: no other thread runs
    /// code with it meanwhile.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// let view = memory.view::<u32>();
    /// assert_eq!(view.len(), 65_536 / 4);
    /// view[1].set(0x0403_0201);
    /// assert_eq!(memory.view::<u8>()[4].get(), 1, "little endian");
    /// # }
    /// ```
    #[inline(always)]
    pub fn view<T: ValueType>(&self) -> MemoryView<'_, T> {
        self.viewed()
            .map_or_else(MemoryView::empty, |memory| memory.view())
    }

    /// The value at `offset`, for [`WasmPtr`](crate::WasmPtr).
    #[inline(always)]
    pub(crate) fn cell<T: ValueType>(&self, offset: u64) -> Option<MemoryCell<'_, T>> {
        self.viewed()?.cell(offset)
    }

    /// `length` values at `offset`, for [`WasmPtr`](crate::WasmPtr).
    #[inline(always)]
    pub(crate) fn cells<T: ValueType>(
        &self,
        offset: u64,
        length: usize,
    ) -> Option<MemoryView<'_, T>> {
        self.viewed()?.cells(offset, length)
    }

    /// The memory, unless the handle is weak and it is gone.
    #[inline(always)]
    fn viewed(&self) -> Option<Viewed<'_>> {
        match &self.link {
            Link::Strong(vm) => Some(Viewed::Borrowed(vm)),
            weak => kept(weak).map(Viewed::Kept),
        }
    }

    /// Copies bytes out of the memory.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Instance, Module, Store, imports};
    /// # let module = Module::new(&Store::default(), r#"(module (memory (export "memory") 1) (data (i32.const 16) "hello"))"#).unwrap();
    /// # let instance = Instance::new(&module, &imports! {}).unwrap();
    /// let memory = instance.exports.get_memory("memory").unwrap();
    /// let mut text = vec![0; 5];
    /// memory.read(16, &mut text).unwrap();
    /// assert_eq!(text, b"hello");
    /// assert!(memory.read(65_532, &mut text).is_err());
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If not all of them lie inside.
    #[inline]
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), MemoryAccessError> {
        let length = buffer.len();
        let done = match &self.link {
            Link::Strong(vm) => vm.read(offset, buffer),
            weak => copy_weak(weak, |vm| vm.read(offset, buffer)),
        };
        done.ok_or(MemoryAccessError { offset, length })
    }

    /// Copies bytes into the memory.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(16, &1.5_f64.to_le_bytes()).unwrap();
    /// assert_eq!(memory.view::<f64>()[2].get(), 1.5);
    /// assert!(memory.write(65_536, b"!").is_err());
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If not all of them lie inside; then nothing is written.
    #[inline]
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), MemoryAccessError> {
        let done = match &self.link {
            Link::Strong(vm) => vm.write(offset, bytes),
            weak => copy_weak(weak, |vm| vm.write(offset, bytes)),
        };
        let length = bytes.len();
        done.ok_or(MemoryAccessError { offset, length })
    }

    /// Whether the two are the same memory.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store};
    /// # let store = Store::default();
    /// let memory = Memory::new(&store, MemoryType::new(1, None, false)).unwrap();
    /// assert!(memory.same(&memory.clone()));
    /// # }
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        self.link.same(&other.link, VMMemory::same)
    }
}

/// Copies from or to the memory of a weak handle. Out of line, so that a copy through a strong one has nothing to let go of.
#[cold]
#[inline(never)]
fn copy_weak(link: &Link<VMMemory>, copy: impl FnOnce(&VMMemory) -> Option<()>) -> Option<()> {
    link.reach(copy).flatten()
}

/// The memory of a weak handle. Out of line and by pointer, so that views through strong handles travel in registers.
#[cold]
#[inline(never)]
fn kept(link: &Link<VMMemory>) -> Option<Arc<VMMemory>> {
    link.upgrade().map(Arc::new)
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("ty", &self.ty())
            .finish_non_exhaustive()
    }
}
