//! Where the per-module part of a context lies.
//!
//! The tail of a [`VMContext`] is computed once per module from one ordered list; what hot code reads comes first:
//!
//! ```text
//!   VMContext                 (fixed)
//!   memories                  VMMemoryRef       one per memory, imported or own
//!   tables                    VMTableRef        one per table, imported or own
//!   local globals             RawValue          one per global the module defines, in place
//!   imported globals          *mut RawValue     one per imported global
//!   imported functions        VMFunctionImport  one per imported function
//!   type ids                  u32               one per type: its engine-wide id
//!   funcref bits              u64               one bit per escaping function: is its funcref made?
//!   funcrefs                  VMFuncRef         one per escaping function; made when first asked for
//! ```

use crate::{RawValue, VMContext, VMFuncRef, VMFunctionImport, VMMemoryRef, VMTableRef};
use std::mem::{align_of, size_of};
use wasmill_types::{
    EntityRef, FunctionIndex, GlobalIndex, MemoryIndex, ModuleInfo, SignatureIndex, TableIndex,
};

/// The layout of the contexts of one module. All offsets are bytes from the context's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextLayout {
    memories: u32,
    tables: u32,
    local_globals: u32,
    imported_globals: u32,
    imported_functions: u32,
    type_ids: u32,
    funcref_bits: u32,
    funcrefs: u32,
    size: u32,
    num_imported_globals: u32,
}

/// The module declares so much that its context would not fit the 32-bit offsets of compiled code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextTooLarge;

impl ContextLayout {
    /// Lays out the contexts of a module.
    ///
    /// # Errors
    ///
    /// If the context would take 1 GiB or more.
    pub fn new(module: &ModuleInfo) -> Result<Self, ContextTooLarge> {
        let mut size = size_of::<VMContext>() as u64;
        let mut place = |count: usize, element: usize, align: usize| {
            let at = size.next_multiple_of(align as u64);
            size = at.saturating_add((count as u64).saturating_mul(element as u64));
            u32::try_from(at).unwrap_or(u32::MAX)
        };
        macro_rules! place {
            ($count:expr, $ty:ty) => {
                place($count, size_of::<$ty>(), align_of::<$ty>())
            };
        }
        let layout = Self {
            memories: place!(module.memories.len(), VMMemoryRef),
            tables: place!(module.tables.len(), VMTableRef),
            local_globals: place!(module.globals.len() - module.num_imported_globals, RawValue),
            imported_globals: place!(module.num_imported_globals, *mut RawValue),
            imported_functions: place!(module.num_imported_functions, VMFunctionImport),
            type_ids: place!(module.signatures.len(), u32),
            funcref_bits: place!(module.escaping_functions.len().div_ceil(64), u64),
            funcrefs: place!(module.escaping_functions.len(), VMFuncRef),
            size: 0,
            num_imported_globals: module.num_imported_globals as u32,
        };
        match u32::try_from(size) {
            Ok(size) if size < 1 << 30 => Ok(Self { size, ..layout }),
            _ => Err(ContextTooLarge),
        }
    }

    /// Bytes of a whole context.
    pub fn size(&self) -> u32 {
        self.size
    }
    /// The [`VMMemoryRef`] of a memory.
    pub fn memory(&self, index: MemoryIndex) -> u32 {
        element::<VMMemoryRef>(self.memories, index.index())
    }
    /// The [`VMTableRef`] of a table.
    pub fn table(&self, index: TableIndex) -> u32 {
        element::<VMTableRef>(self.tables, index.index())
    }
    /// Where a global is: its value, or for an imported one the pointer to its value.
    pub fn global(&self, index: GlobalIndex) -> GlobalPlace {
        match index.as_u32().checked_sub(self.num_imported_globals) {
            Some(local) => {
                GlobalPlace::Local(element::<RawValue>(self.local_globals, local as usize))
            }
            None => GlobalPlace::Imported(element::<*mut RawValue>(
                self.imported_globals,
                index.index(),
            )),
        }
    }
    /// The [`VMFunctionImport`] of an imported function.
    pub fn imported_function(&self, index: FunctionIndex) -> u32 {
        element::<VMFunctionImport>(self.imported_functions, index.index())
    }
    /// The engine-wide id (`u32`) of a type.
    pub fn type_id(&self, index: SignatureIndex) -> u32 {
        element::<u32>(self.type_ids, index.index())
    }
    /// The word with the "is made" bit of the `nth` escaping function, and the bit's number.
    pub fn funcref_bit(&self, nth: usize) -> (u32, u32) {
        (
            element::<u64>(self.funcref_bits, nth / 64),
            (nth % 64) as u32,
        )
    }
    /// The [`VMFuncRef`] of the `nth` escaping function.
    pub fn funcref(&self, nth: usize) -> u32 {
        element::<VMFuncRef>(self.funcrefs, nth)
    }
    /// Where the funcrefs start: everything before must be initialised when an instance is made.
    pub fn funcrefs_start(&self) -> u32 {
        self.funcrefs
    }
}

fn element<T>(start: u32, nth: usize) -> u32 {
    start + (nth * size_of::<T>()) as u32
}

/// Where compiled code finds a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPlace {
    /// The value itself is at this offset in the context.
    Local(u32),
    /// A pointer to the value is at this offset in the context.
    Imported(u32),
}
