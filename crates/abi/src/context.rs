//! The structs that compiled code reads and writes.

use std::ffi::c_void;

/// Sixteen bytes that hold any value: integers and float bits low bytes first, references as in [`crate::call`].
#[repr(C, align(16))]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RawValue(pub [u8; 16]);

// By way of one wide number, which travels in registers.
macro_rules! raw_value_forms {
    ($($ty:ident as $unsigned:ident: $from:ident $get:ident;)*) => { $(
        #[doc = concat!("Holds a `", stringify!($ty), "`; the remaining bytes are zero.")]
        #[inline]
        pub fn $from(value: $ty) -> Self {
            Self((value as $unsigned as u128).to_le_bytes())
        }
        #[doc = concat!("Reads the low bytes as a `", stringify!($ty), "`.")]
        #[inline]
        pub fn $get(self) -> $ty {
            u128::from_le_bytes(self.0) as $ty
        }
    )* };
}

impl RawValue {
    raw_value_forms! {
        i32 as u32: from_i32 i32;
        u32 as u32: from_u32 u32;
        i64 as u64: from_i64 i64;
        u64 as u64: from_u64 u64;
        u128 as u128: from_u128 u128;
        usize as usize: from_usize usize;
    }
    /// Holds the bits of an `f32`.
    #[inline]
    pub fn from_f32(value: f32) -> Self {
        Self::from_u32(value.to_bits())
    }
    /// Holds the bits of an `f64`.
    #[inline]
    pub fn from_f64(value: f64) -> Self {
        Self::from_u64(value.to_bits())
    }
    /// Reads the low bytes as an `f32`.
    #[inline]
    pub fn f32(self) -> f32 {
        f32::from_bits(self.u32())
    }
    /// Reads the low bytes as an `f64`.
    #[inline]
    pub fn f64(self) -> f64 {
        f64::from_bits(self.u64())
    }
}

impl std::fmt::Debug for RawValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#034x}", self.u128())
    }
}

/// How every context starts, that of an instance and that of a host function.
#[repr(C)]
#[derive(Debug)]
pub struct ContextHeader {
    /// The runtime's instance behind this context, or null for a host function.
    pub owner: *mut c_void,
    /// The runtime's store that it belongs to.
    pub store: *const c_void,
}

/// An instance as compiled code sees it: this, then the tail that [`crate::ContextLayout`] computes.
///
/// ```
/// # use std::mem::{offset_of, size_of};
/// # use wasmill_abi::{ContextHeader, VMContext};
/// // Compiled code reaches its parts by offset.
/// assert_eq!(offset_of!(VMContext, builtins), size_of::<ContextHeader>());
/// ```
#[repr(C, align(16))]
#[derive(Debug)]
pub struct VMContext {
    /// What all contexts share.
    pub header: ContextHeader,
    /// Addresses of the built-ins, in the order of [`crate::Builtin`].
    pub builtins: *const *const c_void,
}

/// A reference to a function: what a non-null `funcref` points to. Immutable once made.
///
/// ```
/// # use std::mem::offset_of;
/// # use wasmill_abi::VMFuncRef;
/// assert_eq!(offset_of!(VMFuncRef, code), 0, "what an indirect call loads first");
/// ```
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy)]
pub struct VMFuncRef {
    /// The entry in the boundary ABI.
    pub code: *const c_void,
    /// The context to pass.
    pub context: *mut ContextHeader,
    /// The engine-wide id of the function's type.
    pub type_id: u32,
    /// Zero; takes the display depth of typed references.
    pub reserved: u32,
    /// The entry in the private convention of tail calls, or null. (Not used yet.)
    pub tail_code: *const c_void,
}

/// An imported function, as its importer calls it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VMFunctionImport {
    /// The entry in the boundary ABI.
    pub code: *const c_void,
    /// The context to pass.
    pub context: *mut ContextHeader,
    /// The funcref it was made from, for `ref.func` and re-exports.
    pub funcref: *const VMFuncRef,
}

/// The state of a memory, at an address that stays the same for the memory's life.
///
/// ```
/// # use wasmill_abi::VMMemoryDefinition;
/// let mut page = [0_u8; 65_536];
/// let memory = VMMemoryDefinition { base: page.as_mut_ptr(), current_length: page.len() };
/// assert_eq!(memory.current_length, 65_536);
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VMMemoryDefinition {
    /// The first byte. It never moves.
    pub base: *mut u8,
    /// The current size in bytes.
    pub current_length: usize,
}

/// A memory as one instance uses it, its own or imported.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VMMemoryRef {
    /// The first byte, an invariant of the instance.
    pub base: *mut u8,
    /// The memory's state, for its current size.
    pub definition: *mut VMMemoryDefinition,
}

/// The state of a table, at an address that stays the same for the table's life.
///
/// ```
/// # use wasmill_abi::VMTableDefinition;
/// let empty = VMTableDefinition { base: std::ptr::null_mut(), current_elements: 0 };
/// assert_eq!(empty.current_elements, 0);
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VMTableDefinition {
    /// The first element. It moves when the table grows, unless the table is of fixed size.
    ///
    /// Elements of function tables are pointers to [`VMFuncRef`], with two special values: see [`UNINITIALIZED_ELEMENT`]
    /// and [`NULL_ELEMENT`]. Elements of `externref` tables are `u32`.
    pub base: *mut u8,
    /// The current size in elements.
    pub current_elements: u32,
}

/// A table as one instance uses it, its own or imported.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct VMTableRef {
    /// The first element; valid only for tables of fixed size (minimum = maximum), whose elements never move.
    pub base: *mut u8,
    /// The table's state.
    pub definition: *mut VMTableDefinition,
}

/// An element of a function table that still has its initial value, which the runtime knows: ask
/// [`crate::Builtin::TableGetLazy`].
pub const UNINITIALIZED_ELEMENT: usize = 0;
/// An element of a function table that is known to be null. A pointer above this is a funcref, so one unsigned
/// comparison finds both special values.
pub const NULL_ELEMENT: usize = 1;
/// Bytes of an element in a function table.
pub const FUNCREF_ELEMENT_SIZE: u32 = 8;
/// Bytes of an element in an `externref` table.
pub const EXTERNREF_ELEMENT_SIZE: u32 = 4;

/// Bytes of a WebAssembly page.
pub const PAGE_SIZE: u64 = 0x1_0000;
/// Address space reserved for an unchecked 32-bit memory: any 32-bit index plus any 32-bit offset lies inside.
pub const UNCHECKED_RESERVATION: u64 = 8 << 30;
/// Inaccessible bytes behind the largest size of an unchecked memory: an access of index plus offset plus sixteen bytes
/// of data faults in them.
pub const UNCHECKED_GUARD: u64 = 0x1_0000;
