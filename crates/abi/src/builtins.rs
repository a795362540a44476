//! The table of built-ins: runtime functions that compiled code calls.
//!
//! One row gives the index into the context's table of addresses, the signature that compilers declare, and (through
//! [`for_each_builtin`]) the entry that the runtime must provide. All take the context first and use the C convention.
//! A built-in that fails raises its trap itself: it does not return.

use std::mem::size_of;

/// What built-ins take and give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinType {
    /// A 32-bit integer or `externref`.
    I32,
    /// A 64-bit integer.
    I64,
    /// A pointer or `funcref`.
    Pointer,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
}

/// Calls a macro with all rows: `/// doc  Name name(parameters) -> result;` (`-> ()` for none).
#[macro_export]
macro_rules! for_each_builtin {
    ($mac:ident) => {
        $mac! {
            /// Grows a memory by a number of pages; gives the old size, or -1.
            MemoryGrow memory_grow(memory: I32, delta: I64) -> I64;
            /// Copies between memories.
            MemoryCopy memory_copy(to: I32, to_offset: I64, from: I32, from_offset: I64, length: I64) -> ();
            /// Fills a part of a memory with a byte.
            MemoryFill memory_fill(memory: I32, offset: I64, byte: I32, length: I64) -> ();
            /// Copies from a data segment into a memory.
            MemoryInit memory_init(memory: I32, segment: I32, to_offset: I64, from_offset: I32, length: I32) -> ();
            /// Gives up a data segment.
            DataDrop data_drop(segment: I32) -> ();
            /// The reference to a function of this instance.
            RefFunc ref_func(function: I32) -> Pointer;
            /// The element of a function table whose entry is special; null if the element is. The index is in bounds.
            TableGetLazy table_get_lazy(table: I32, index: I64) -> Pointer;
            /// Grows a function table; gives the old size, or -1.
            TableGrowFunc table_grow_func(table: I32, delta: I64, value: Pointer) -> I64;
            /// Grows a table of host references; gives the old size, or -1.
            TableGrowRef table_grow_ref(table: I32, delta: I64, value: I32) -> I64;
            /// Fills a part of a function table.
            TableFillFunc table_fill_func(table: I32, offset: I64, value: Pointer, length: I64) -> ();
            /// Fills a part of a table of host references.
            TableFillRef table_fill_ref(table: I32, offset: I64, value: I32, length: I64) -> ();
            /// Copies between tables.
            TableCopy table_copy(to: I32, to_offset: I64, from: I32, from_offset: I64, length: I64) -> ();
            /// Copies from an element segment into a table.
            TableInit table_init(table: I32, segment: I32, to_offset: I64, from_offset: I32, length: I32) -> ();
            /// Gives up an element segment.
            ElemDrop elem_drop(segment: I32) -> ();
            /// Raises a trap, by its code.
            RaiseTrap raise_trap(code: I32) -> ();
            /// Rounds towards positive infinity, for targets without the instruction.
            CeilF32 ceil_f32(value: F32) -> F32;
            /// Rounds towards positive infinity.
            CeilF64 ceil_f64(value: F64) -> F64;
            /// Rounds towards negative infinity.
            FloorF32 floor_f32(value: F32) -> F32;
            /// Rounds towards negative infinity.
            FloorF64 floor_f64(value: F64) -> F64;
            /// Rounds towards zero.
            TruncF32 trunc_f32(value: F32) -> F32;
            /// Rounds towards zero.
            TruncF64 trunc_f64(value: F64) -> F64;
            /// Rounds to the nearest integer, ties to even.
            NearestF32 nearest_f32(value: F32) -> F32;
            /// Rounds to the nearest integer, ties to even.
            NearestF64 nearest_f64(value: F64) -> F64;
        }
    };
}

macro_rules! define_builtins {
    ($($(#[$doc:meta])* $name:ident $fn:ident($($param:ident: $ty:ident),*) -> $result:tt;)*) => {
        /// A built-in; the number is its place in the context's table of addresses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Builtin { $($(#[$doc])* $name,)* }

        impl Builtin {
            /// All built-ins, by number.
            pub const ALL: &[Self] = &[$(Self::$name),*];
            /// The name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($fn),)* }
            }
            /// The types of the parameters behind the context.
            pub fn params(self) -> &'static [BuiltinType] {
                match self { $(Self::$name => &[$(BuiltinType::$ty),*],)* }
            }
            /// The type of the result.
            pub fn result(self) -> Option<BuiltinType> {
                match self { $(Self::$name => define_builtins!(@result $result),)* }
            }
        }
    };
    (@result ()) => { None };
    (@result $ty:ident) => { Some(BuiltinType::$ty) };
}

for_each_builtin!(define_builtins);

impl Builtin {
    /// Where its address lies in the table that [`crate::VMContext::builtins`] points to, in bytes.
    pub fn table_offset(self) -> u32 {
        self as u32 * size_of::<usize>() as u32
    }
}
