//! Linear memories.

use crate::Store;
use std::fmt;
use wasmill_types::{MemoryType, Pages};
use wasmill_vm::{MemoryError, MemoryView, VMMemory, ValueType};

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
#[derive(Clone)]
pub struct Memory {
    store: Store,
    vm: VMMemory,
}

/// An access does not lie inside of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("out of bounds memory access: {length} bytes at offset {offset}")]
pub struct MemoryAccessError {
    offset: u64,
    length: usize,
}

impl Memory {
    /// A memory of its minimum size, all zero.
    ///
    /// # Errors
    ///
    /// If the type is not one of a memory, or the platform refuses.
    pub fn new(store: &Store, ty: MemoryType) -> Result<Self, MemoryError> {
        let style = store.tunables().memory_style(&ty);
        Ok(Self::from_vm(
            store,
            VMMemory::new(store.vm(), &ty, &style)?,
        ))
    }

    pub(crate) fn from_vm(store: &Store, vm: VMMemory) -> Self {
        Self {
            store: store.clone(),
            vm,
        }
    }

    pub(crate) fn vm(&self) -> &VMMemory {
        &self.vm
    }

    /// Its type, with the current size as the minimum.
    pub fn ty(&self) -> MemoryType {
        self.vm.ty()
    }

    /// The store it belongs to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its first byte. The address does not change while the memory lives.
    pub fn data_ptr(&self) -> *mut u8 {
        self.vm.raw_parts().0
    }

    /// Its size in bytes.
    pub fn data_size(&self) -> u64 {
        self.vm.raw_parts().1 as u64
    }

    /// Its bytes.
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody writes to the memory: no guest runs with it, no view or pointer is written through.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn data_unchecked(&self) -> &[u8] {
        let (base, length) = self.vm.raw_parts();
        // SAFETY: the memory has these bytes as long as `self` lives, and never moves; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(base, length) }
    }

    /// Its bytes, for writing.
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody else accesses the memory: no guest runs with it, no other slice or view exists.
    #[allow(unsafe_code, clippy::mut_from_ref, reason = "the contract has it")]
    pub unsafe fn data_unchecked_mut(&self) -> &mut [u8] {
        let (base, length) = self.vm.raw_parts();
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(base, length) }
    }

    /// Its size in pages.
    pub fn size(&self) -> Pages {
        self.vm.size()
    }

    /// Adds pages; gives the former size.
    ///
    /// # Errors
    ///
    /// [`MemoryError::CouldNotGrow`] if it would exceed its maximum, or the platform refuses.
    pub fn grow<IntoPages: Into<Pages>>(&self, delta: IntoPages) -> Result<Pages, MemoryError> {
        self.vm.grow(delta.into())
    }

    /// The memory as an array of cells, as long as the memory is now. The view holds the memory: no other thread runs
    /// code with it meanwhile.
    #[inline]
    pub fn view<T: ValueType>(&self) -> MemoryView<'_, T> {
        self.vm.view()
    }

    /// Copies bytes out of the memory.
    ///
    /// # Errors
    ///
    /// If not all of them lie inside.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), MemoryAccessError> {
        let length = buffer.len();
        self.vm
            .read(offset, buffer)
            .ok_or(MemoryAccessError { offset, length })
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    ///
    /// If not all of them lie inside; then nothing is written.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), MemoryAccessError> {
        self.vm.write(offset, bytes).ok_or(MemoryAccessError {
            offset,
            length: bytes.len(),
        })
    }

    /// Whether the two are the same memory.
    pub fn same(&self, other: &Self) -> bool {
        self.vm.same(&other.vm)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("ty", &self.ty())
            .finish_non_exhaustive()
    }
}
