//! The runtime functions that compiled code calls.
//!
//! One row of `wasmill_abi::for_each_builtin` becomes three things here: a thunk that records the caller, a C function
//! that turns the context into an [`Instance`] and an error into a trap, and a call of the safe function of the same
//! name below. Offsets and lengths are the guest's: every one is checked.

use crate::arch::exit_thunk;
use crate::instance::Instance;
use crate::pieces::{BYTES, Order, in_pieces};
use crate::table::{self, RawElement};
use crate::traps::{EndReason, raise};
use std::ffi::c_void;
use std::ptr;
use wasmill_abi::{TrapCode, VMContext, VMFuncRef, for_each_builtin};
use wasmill_types::{
    DataIndex, ElemIndex, EntityRef, FunctionIndex, MemoryIndex, Pages, TableIndex,
};

/// The addresses of all built-ins, in order: what `VMContext::builtins` points to.
pub(crate) fn table() -> *const *const c_void {
    ENTRIES.0.as_ptr().cast()
}

type Result<T> = std::result::Result<T, TrapCode>;

/// What every grow operation gives when it cannot.
const FAILED: u64 = u64::MAX;

macro_rules! rust_type {
    (I32) => { u32 };
    (I64) => { u64 };
    (Pointer) => { *const VMFuncRef };
    (F32) => { f32 };
    (F64) => { f64 };
    (()) => { () };
}

macro_rules! define_entries {
    ($($(#[$doc:meta])* $name:ident $fn:ident($($param:ident: $ty:ident),*) -> $result:tt;)*) => {
        mod entries {
            use super::*;
            $(
                pub(super) unsafe extern "C" fn $fn(
                    context: *mut VMContext,
                    $($param: rust_type!($ty)),*
                ) -> rust_type!($result) {
                    // SAFETY: compiled code passes its own context, and runs inside its instance's domain; the thunk
                    // recorded the exit. Nothing here or below has a destructor to run when the trap is raised.
                    unsafe {
                        match super::$fn(Instance::from_context(context), $($param),*) {
                            Ok(value) => value,
                            Err(code) => raise(EndReason::Wasm(code)),
                        }
                    }
                }
            )*
        }
        mod thunks {
            use super::*;
            $( exit_thunk!(pub(super) fn $fn => entries::$fn); )*
        }
        static ENTRIES: Entries<{ [$(stringify!($fn)),*].len() }> = Entries([$(thunks::$fn),*]);
    };
}

/// Addresses of thunks; the type of the functions is not the one they are called with.
struct Entries<const N: usize>([unsafe extern "C" fn(); N]);

for_each_builtin!(define_entries);

fn memory_grow(instance: &Instance, memory: u32, delta: u64) -> Result<u64> {
    let Ok(delta) = u32::try_from(delta) else {
        return Ok(FAILED);
    };
    let memory = instance.memory(MemoryIndex::new(memory as usize));
    // SAFETY: the instance's island keeps the memory, and the domain is held; the reference ends here.
    let memory = unsafe { &mut (*memory.as_ptr()).0 };
    Ok(memory
        .grow(Pages(delta))
        .map_or(FAILED, |old| u64::from(old.0)))
}

fn memory_copy(
    instance: &Instance,
    to: u32,
    to_offset: u64,
    from: u32,
    from_offset: u64,
    length: u64,
) -> Result<()> {
    let to = instance.memory_range(MemoryIndex::new(to as usize), to_offset, length)?;
    let from = instance.memory_range(MemoryIndex::new(from as usize), from_offset, length)?;
    let order = Order::of_copy(to.cast_const(), from.cast_const());
    in_pieces(length as usize, BYTES, order, |piece| {
        // SAFETY: both ranges were checked; they may overlap, and the pieces come in an order that allows it.
        unsafe { ptr::copy(from.add(piece.start), to.add(piece.start), piece.len()) };
    })
}

fn memory_fill(
    instance: &Instance,
    memory: u32,
    offset: u64,
    byte: u32,
    length: u64,
) -> Result<()> {
    let place = instance.memory_range(MemoryIndex::new(memory as usize), offset, length)?;
    in_pieces(length as usize, BYTES, Order::Forwards, |piece| {
        // SAFETY: the range was checked.
        unsafe { ptr::write_bytes(place.add(piece.start), byte as u8, piece.len()) };
    })
}

fn memory_init(
    instance: &Instance,
    memory: u32,
    segment: u32,
    to: u64,
    from: u32,
    length: u32,
) -> Result<()> {
    let segment = DataIndex::new(segment as usize);
    instance.memory_init(
        MemoryIndex::new(memory as usize),
        segment,
        to,
        from,
        length,
        false,
    )
}

fn data_drop(instance: &Instance, segment: u32) -> Result<()> {
    instance.data_drop(DataIndex::new(segment as usize));
    Ok(())
}

fn ref_func(instance: &Instance, function: u32) -> Result<*const VMFuncRef> {
    Ok(instance
        .function_ref(FunctionIndex::new(function as usize))
        .as_ptr())
}

fn table_get_lazy(instance: &Instance, table: u32, index: u64) -> Result<*const VMFuncRef> {
    let table = instance.table(TableIndex::new(table as usize));
    // SAFETY: the instance's island keeps the table, and the domain is held; the reference ends with the statement.
    match unsafe { &mut *table.as_ptr() }.get(index) {
        Some(RawElement::Function(function)) => Ok(function),
        _ => Err(TrapCode::TableAccessOutOfBounds),
    }
}

fn grow(instance: &Instance, table: u32, delta: u64, value: RawElement) -> Result<u64> {
    let table = instance.table(TableIndex::new(table as usize));
    // SAFETY: the instance's island keeps the table, and the domain is held; the reference ends here.
    let old = unsafe { &mut *table.as_ptr() }.grow(delta, value)?;
    Ok(old.map_or(FAILED, u64::from))
}

fn table_grow_func(
    instance: &Instance,
    table: u32,
    delta: u64,
    value: *const VMFuncRef,
) -> Result<u64> {
    grow(instance, table, delta, RawElement::Function(value))
}

fn table_grow_ref(instance: &Instance, table: u32, delta: u64, value: u32) -> Result<u64> {
    grow(instance, table, delta, RawElement::Extern(value))
}

fn fill(
    instance: &Instance,
    table: u32,
    offset: u64,
    value: RawElement,
    length: u64,
) -> Result<()> {
    let table = instance.table(TableIndex::new(table as usize));
    // SAFETY: the instance's island keeps the table, and the domain is held; the reference ends here.
    unsafe { &mut *table.as_ptr() }.fill(offset, value, length)
}

fn table_fill_func(
    instance: &Instance,
    table: u32,
    offset: u64,
    value: *const VMFuncRef,
    length: u64,
) -> Result<()> {
    fill(instance, table, offset, RawElement::Function(value), length)
}

fn table_fill_ref(
    instance: &Instance,
    table: u32,
    offset: u64,
    value: u32,
    length: u64,
) -> Result<()> {
    fill(instance, table, offset, RawElement::Extern(value), length)
}

fn table_copy(
    instance: &Instance,
    to: u32,
    to_offset: u64,
    from: u32,
    from_offset: u64,
    length: u64,
) -> Result<()> {
    let to = instance.table(TableIndex::new(to as usize));
    let from = instance.table(TableIndex::new(from as usize));
    // SAFETY: the instance's island keeps both, and the domain is held.
    unsafe { table::copy(to, to_offset, from, from_offset, length) }
}

fn table_init(
    instance: &Instance,
    table: u32,
    segment: u32,
    to: u64,
    from: u32,
    length: u32,
) -> Result<()> {
    let segment = ElemIndex::new(segment as usize);
    instance.table_init(
        TableIndex::new(table as usize),
        segment,
        to,
        from,
        length,
        false,
    )
}

fn elem_drop(instance: &Instance, segment: u32) -> Result<()> {
    instance.elem_drop(ElemIndex::new(segment as usize));
    Ok(())
}

fn raise_trap(_: &Instance, code: u32) -> Result<()> {
    Err(TrapCode::from_u32(code).unwrap_or(TrapCode::UnreachableCodeReached))
}

fn ceil_f32(_: &Instance, value: f32) -> Result<f32> {
    Ok(value.ceil())
}

fn ceil_f64(_: &Instance, value: f64) -> Result<f64> {
    Ok(value.ceil())
}

fn floor_f32(_: &Instance, value: f32) -> Result<f32> {
    Ok(value.floor())
}

fn floor_f64(_: &Instance, value: f64) -> Result<f64> {
    Ok(value.floor())
}

fn trunc_f32(_: &Instance, value: f32) -> Result<f32> {
    Ok(value.trunc())
}

fn trunc_f64(_: &Instance, value: f64) -> Result<f64> {
    Ok(value.trunc())
}

fn nearest_f32(_: &Instance, value: f32) -> Result<f32> {
    Ok(value.round_ties_even())
}

fn nearest_f64(_: &Instance, value: f64) -> Result<f64> {
    Ok(value.round_ties_even())
}
