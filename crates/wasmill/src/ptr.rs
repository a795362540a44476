//! Pointers that guests pass: offsets into their memory, with a type.

use crate::{FromToNativeWasmType, Memory};
use std::fmt;
use std::marker::PhantomData;
use wasmill_vm::{MemoryCell, MemoryView, ValueType};

/// Marks a [`WasmPtr`] to an array.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
/// /// A host function's argument, with the length as the next: a list of numbers.
/// fn sum(memory: &Memory, list: WasmPtr<u32, Array>, length: u32) -> Option<u32> {
///     Some(list.deref(memory, 0, length)?.iter().map(|cell| cell.get()).sum())
/// }
///
/// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
/// memory.view::<u32>()[2].set(40);
/// memory.view::<u32>()[3].set(2);
/// assert_eq!(sum(&memory, WasmPtr::new(8), 2), Some(42));
/// assert_eq!(sum(&memory, WasmPtr::new(8), u32::MAX), None);
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Array;

/// Marks a [`WasmPtr`] to one value.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Item, Memory, MemoryType, Store, WasmPtr};
/// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
/// let number: WasmPtr<i16, Item> = WasmPtr::new(2); // the same as `WasmPtr<i16>`
/// number.deref(&memory).unwrap().set(-3);
/// assert_eq!(memory.view::<i16>()[1].get(), -3);
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Item;

/// A value in a memory: a `Cell` that holds the memory while it lives.
pub type WasmCell<'a, T> = MemoryCell<'a, T>;

/// An offset into a guest's memory where a `T`, or an array of them, is said to lie.
///
/// Nothing is believed: a pointer that leads out of the memory, or is not aligned for `T`, gives `None`.
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
/// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
///
/// let number = WasmPtr::<u32>::new(16);
/// number.deref(&memory).unwrap().set(7);
/// assert_eq!(number.deref(&memory).unwrap().get(), 7);
///
/// let text = WasmPtr::<u8, Array>::new(100);
/// for (cell, byte) in text.deref(&memory, 0, 5).unwrap().iter().zip(b"hello".iter()) {
///     cell.set(*byte);
/// }
/// assert_eq!(text.get_utf8_string(&memory, 5).as_deref(), Some("hello"));
///
/// assert!(WasmPtr::<u32>::new(65_533).deref(&memory).is_none(), "out of bounds");
/// assert!(WasmPtr::<u32>::new(17).deref(&memory).is_none(), "misaligned");
/// # }
/// ```
#[repr(transparent)]
pub struct WasmPtr<T: Copy, Ty = Item> {
    offset: u32,
    to: PhantomData<fn(T, Ty)>,
}

impl<T: Copy, Ty> WasmPtr<T, Ty> {
    /// The pointer with this offset.
    ///
    /// ```
    /// # use wasmill::WasmPtr;
    /// let pointer = WasmPtr::<u64>::new(0x40);
    /// assert_eq!(format!("{pointer:?}"), "WasmPtr(0x40)");
    /// ```
    pub fn new(offset: u32) -> Self {
        Self {
            offset,
            to: PhantomData,
        }
    }
    /// The offset, in bytes.
    ///
    /// ```
    /// # use wasmill::WasmPtr;
    /// let field = WasmPtr::<u32>::new(16);
    /// let next = WasmPtr::<u32>::new(field.offset() + 4);
    /// assert_eq!(next.offset(), 20);
    /// ```
    pub fn offset(self) -> u32 {
        self.offset
    }
}

impl<T: Copy + ValueType> WasmPtr<T, Item> {
    /// The value, as a cell that holds the memory while it lives.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// let cell = WasmPtr::<u32>::new(8).deref(&memory).unwrap();
    /// cell.set(cell.get() + 1);
    /// assert_eq!(memory.view::<u32>()[2].get(), 1);
    /// # drop(cell);
    /// assert!(WasmPtr::<u32>::new(u32::MAX).deref(&memory).is_none());
    /// # }
    /// ```
    #[inline]
    pub fn deref(self, memory: &Memory) -> Option<WasmCell<'_, T>> {
        memory.cell(u64::from(self.offset))
    }

    /// The same as [`WasmPtr::deref`]: a cell can be written to without being mutable.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// // SAFETY: none is needed.
    /// unsafe { WasmPtr::<u8>::new(0).deref_mut(&memory) }.unwrap().set(1);
    /// assert_eq!(memory.view::<u8>()[0].get(), 1);
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn deref_mut(self, memory: &Memory) -> Option<WasmCell<'_, T>> {
        self.deref(memory)
    }
}

impl<T: Copy + ValueType> WasmPtr<T, Array> {
    /// `length` values from the `index`th on, as cells that hold the memory while they live.
    ///
    /// `None` unless the array up to there lies in the memory and starts in it.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(8, &[10, 11, 12, 13]).unwrap();
    /// let array = WasmPtr::<u8, Array>::new(8);
    /// let bytes: Vec<u8> = array.deref(&memory, 1, 3).unwrap().iter().map(|cell| cell.get()).collect();
    /// assert_eq!(bytes, [11, 12, 13]);
    /// assert!(array.deref(&memory, 65_528, 1).is_none());
    /// # }
    /// ```
    pub fn deref(self, memory: &Memory, index: u32, length: u32) -> Option<MemoryView<'_, T>> {
        let size = size_of::<T>() as u64;
        let count = u64::from(index.checked_add(length)?);
        let end = u64::from(self.offset).checked_add(size.checked_mul(count)?)?;
        if u64::from(self.offset) >= memory.data_size() || end > memory.data_size() {
            return None;
        }
        let start = u64::from(self.offset) + size * u64::from(index);
        memory.cells(start, length as usize)
    }

    /// The same as [`WasmPtr::deref`]: cells can be written to without being mutable.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// // SAFETY: none is needed.
    /// let cells = unsafe { WasmPtr::<u16, Array>::new(0).deref_mut(&memory, 0, 2) }.unwrap();
    /// cells[1].set(7);
    /// assert_eq!(cells[1].get(), 7);
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// None is needed; the original's signature asks for it.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn deref_mut(
        self,
        memory: &Memory,
        index: u32,
        length: u32,
    ) -> Option<MemoryView<'_, T>> {
        self.deref(memory, index, length)
    }

    fn bytes(self, memory: &Memory, length: usize) -> Option<Vec<u8>> {
        let end = u64::from(self.offset).checked_add(length as u64)?;
        if end > memory.data_size() {
            return None;
        }
        let mut bytes = vec![0; length];
        memory.read(u64::from(self.offset), &mut bytes).ok()?;
        Some(bytes)
    }

    /// The length in bytes up to the first NUL.
    fn length_to_nul(self, memory: &Memory) -> Option<usize> {
        let view = memory.view::<u8>();
        view.get(self.offset as usize..)?
            .iter()
            .position(|byte| byte.get() == 0)
    }

    /// `str_len` bytes as text, in place.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(8, "größe".as_bytes()).unwrap();
    /// // SAFETY: nobody else has the memory.
    /// assert_eq!(unsafe { WasmPtr::<u8, Array>::new(8).get_utf8_str(&memory, 7) }, Some("größe"));
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// Nobody writes to these bytes while the text is in use.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn get_utf8_str(self, memory: &Memory, str_len: u32) -> Option<&str> {
        let end = (self.offset as usize).checked_add(str_len as usize)?;
        // SAFETY: passed on.
        let bytes = unsafe { memory.data_unchecked() }.get(self.offset as usize..end)?;
        std::str::from_utf8(bytes).ok()
    }

    /// `str_len` bytes as text.
    ///
    /// `None` if they do not lie in the memory, or are not UTF-8. The length is in bytes.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(8, "größe".as_bytes()).unwrap();
    /// let text = WasmPtr::<u8, Array>::new(8);
    /// assert_eq!(text.get_utf8_string(&memory, 7).as_deref(), Some("größe"));
    /// assert_eq!(text.get_utf8_string(&memory, 3), None, "ends inside of a character");
    /// # }
    /// ```
    pub fn get_utf8_string(self, memory: &Memory, str_len: u32) -> Option<String> {
        String::from_utf8(self.bytes(memory, str_len as usize)?).ok()
    }

    /// The bytes up to the first NUL as text, in place.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(0, b"hello\0...").unwrap();
    /// // SAFETY: nobody else has the memory.
    /// assert_eq!(unsafe { WasmPtr::<u8, Array>::new(0).get_utf8_str_with_nul(&memory) }, Some("hello"));
    /// # }
    /// ```
    ///
    /// # Safety
    ///
    /// Nobody writes to these bytes while the text is in use.
    #[allow(unsafe_code, reason = "the contract has it")]
    pub unsafe fn get_utf8_str_with_nul(self, memory: &Memory) -> Option<&str> {
        let length = u32::try_from(self.length_to_nul(memory)?).ok()?;
        // SAFETY: passed on.
        unsafe { self.get_utf8_str(memory, length) }
    }

    /// The bytes up to the first NUL as text.
    ///
    /// `None` if there is no NUL up to the end of the memory, or the bytes are not UTF-8.
    ///
    /// ```
    /// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
    /// # use wasmill::{Array, Memory, MemoryType, Store, WasmPtr};
    /// let memory = Memory::new(&Store::default(), MemoryType::new(1, None, false)).unwrap();
    /// memory.write(0, b"hello\0...").unwrap();
    /// let text = WasmPtr::<u8, Array>::new(0).get_utf8_string_with_nul(&memory);
    /// assert_eq!(text.as_deref(), Some("hello"));
    /// # }
    /// ```
    pub fn get_utf8_string_with_nul(self, memory: &Memory) -> Option<String> {
        let length = self.length_to_nul(memory)?;
        String::from_utf8(self.bytes(memory, length)?).ok()
    }
}

impl<T: Copy, Ty> Clone for WasmPtr<T, Ty> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Copy, Ty> Copy for WasmPtr<T, Ty> {}

impl<T: Copy, Ty> PartialEq for WasmPtr<T, Ty> {
    fn eq(&self, other: &Self) -> bool {
        self.offset == other.offset
    }
}

impl<T: Copy, Ty> Eq for WasmPtr<T, Ty> {}

impl<T: Copy, Ty> fmt::Debug for WasmPtr<T, Ty> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WasmPtr({:#x})", self.offset)
    }
}

#[allow(unsafe_code, reason = "plain numbers")]
// SAFETY: a pointer is a number; any number may come in.
unsafe impl<T: Copy, Ty> FromToNativeWasmType for WasmPtr<T, Ty> {
    type Native = i32;
    fn from_native(native: i32) -> Self {
        Self::new(native as u32)
    }
    fn to_native(self) -> i32 {
        self.offset as i32
    }
}

#[allow(unsafe_code, reason = "plain numbers")]
// SAFETY: four bytes, any of which are a valid offset.
unsafe impl<T: Copy, Ty: Copy> ValueType for WasmPtr<T, Ty> {}
