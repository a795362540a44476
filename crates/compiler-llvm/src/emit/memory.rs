//! Loads and stores, and the sizes of memories.
//!
//! A memory never moves, so its base is an invariant of the instance. An access whose address lies in the memory's
//! reservation whatever the index is not checked: it faults. Otherwise there is one comparison, against a constant where the
//! reservation allows it, against the current size else; out of bounds, a conditional move replaces the address by null, where
//! the access faults. Any fault in code that LLVM made is an access out of bounds: all other traps are instructions that say
//! what they are.
//!
//! An access that may fault is volatile, and so is every store: see the head of the crate. What is known to lie in the memory at
//! its smallest is loaded as LLVM likes.

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::types::BasicType;
use inkwell::values::{BasicValue, InstructionValue, IntValue, PointerValue};
use wasmill_abi::{Builtin, PAGE_SIZE, VMMemoryDefinition, VMMemoryRef};
use wasmill_compiler::ops::{Load, MemoryArg, Shape, Store};
use wasmill_types::{MemoryIndex, MemoryStyle};

use super::Value;
use crate::metadata::Region;
use crate::translator::{Translator, built};

/// Where an access goes, and how.
#[derive(Clone, Copy)]
pub(super) struct Place<'ctx> {
    pub(super) pointer: PointerValue<'ctx>,
    pub(super) region: Region,
    /// Whether it may fault.
    pub(super) faults: bool,
    /// The alignment that is certain.
    pub(super) align: u32,
}

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_load(
        &mut self,
        op: Load,
        shape: Shape,
        arg: MemoryArg,
        address: Value<'ctx>,
    ) -> Value<'ctx> {
        let place = self.place(arg, address, op.bytes(shape));
        let types = self.types;
        match op {
            // Vectors are stored and loaded in one type.
            Load::Full if shape.is_vector() => self.load_at(types.vector, place),
            Load::Full => self.load_at(types.shape(shape), place),
            Load::S8 | Load::S16 | Load::S32 => self.load_extended(op, shape, place, true),
            Load::U8 | Load::U16 | Load::U32 => self.load_extended(op, shape, place, false),
            Load::ExtendS | Load::ExtendU => self.load_lanes(op, shape, place),
            Load::Splat => {
                let lane = self.load_at(types.lanes(shape).get_element_type(), place);
                self.splat(lane, 16 / shape.lane_bytes())
            }
            Load::Zero => {
                let vector = types.lanes(shape);
                let lane = self.load_at(vector.get_element_type(), place);
                let zero = types.i32.const_zero();
                built(
                    self.builder
                        .build_insert_element(vector.const_zero(), lane, zero, ""),
                )
                .into()
            }
        }
    }

    /// A narrow integer, extended to the shape.
    fn load_extended(
        &self,
        op: Load,
        shape: Shape,
        place: Place<'ctx>,
        signed: bool,
    ) -> Value<'ctx> {
        let narrow = self.types.integer(op.bytes(shape));
        let narrow = self.load_at(narrow, place).into_int_value();
        let wide = self.types.shape(shape).into_int_type();
        let wide = match signed {
            true => self.builder.build_int_s_extend(narrow, wide, ""),
            false => self.builder.build_int_z_extend(narrow, wide, ""),
        };
        built(wide).into()
    }

    /// Eight bytes, as lanes of half the width, extended.
    fn load_lanes(&self, op: Load, shape: Shape, place: Place<'ctx>) -> Value<'ctx> {
        let bytes = shape.lane_bytes();
        let narrow = self.types.integer(bytes / 2).vec_type(16 / bytes);
        let narrow = self.load_at(narrow, place).into_vector_value();
        let wide = self.types.lanes(shape);
        let wide = match op {
            Load::ExtendS => self.builder.build_int_s_extend(narrow, wide, ""),
            _ => self.builder.build_int_z_extend(narrow, wide, ""),
        };
        built(wide).into()
    }

    pub(super) fn emit_store(
        &mut self,
        op: Store,
        shape: Shape,
        arg: MemoryArg,
        address: Value<'ctx>,
        value: Value<'ctx>,
    ) {
        let place = self.place(arg, address, op.bytes(shape));
        let value = match shape.is_vector() {
            true => self.coerce(value, self.types.vector.into()),
            false => self.coerce(value, self.types.shape(shape)),
        };
        let value = match op {
            Store::Full => value,
            Store::Low8 | Store::Low16 | Store::Low32 => {
                let narrow = self.types.integer(op.bytes(shape));
                let value = value.into_int_value();
                match value.get_type() == narrow {
                    true => value.into(),
                    false => built(self.builder.build_int_truncate(value, narrow, "")).into(),
                }
            }
        };
        self.store_at(value, place);
    }

    pub(super) fn emit_load_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value<'ctx>,
        vector: Value<'ctx>,
    ) -> Value<'ctx> {
        let place = self.place(arg, address, shape.lane_bytes());
        let ty = self.types.lanes(shape);
        let value = self.load_at(ty.get_element_type(), place);
        let vector = self.lanes(vector, ty);
        let lane = self.number(lane.into());
        built(self.builder.build_insert_element(vector, value, lane, "")).into()
    }

    pub(super) fn emit_store_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value<'ctx>,
        vector: Value<'ctx>,
    ) {
        let place = self.place(arg, address, shape.lane_bytes());
        let vector = self.lanes(vector, self.types.lanes(shape));
        let lane = self.number(lane.into());
        let value = built(self.builder.build_extract_element(vector, lane, ""));
        self.store_at(value, place);
    }

    pub(super) fn emit_memory_size(&mut self, memory: MemoryIndex) -> Value<'ctx> {
        if let Some(pages) = self.environment.info.fixed_pages(memory) {
            return self.number(pages).into();
        }
        let bytes = self.memory_length(memory);
        let shift = self
            .types
            .i64
            .const_int(PAGE_SIZE.trailing_zeros().into(), false);
        let pages = built(self.builder.build_right_shift(bytes, shift, false, ""));
        built(self.builder.build_int_truncate(pages, self.types.i32, "")).into()
    }

    pub(super) fn emit_memory_grow(
        &mut self,
        memory: MemoryIndex,
        delta: Value<'ctx>,
    ) -> Value<'ctx> {
        let memory = self.number(memory.as_u32());
        let delta = self.wide(delta);
        let old = self.call_builtin_value(Builtin::MemoryGrow, &[memory.into(), delta.into()]);
        let old = old.into_int_value();
        built(self.builder.build_int_truncate(old, self.types.i32, "")).into()
    }

    /// The current size of a memory in bytes.
    fn memory_length(&self, memory: MemoryIndex) -> IntValue<'ctx> {
        let memory = self.environment.info.layout.memory(memory);
        let definition = offset_of!(VMMemoryRef, definition) as u32;
        let definition = self.load_invariant(memory + definition);
        let offset = offset_of!(VMMemoryDefinition, current_length) as u32;
        let region = Some(Region::Definitions);
        self.load(self.types.i64, definition, offset, region)
            .into_int_value()
    }

    /// Where an access of `size` bytes goes: checked if it must be.
    pub(super) fn place(&self, arg: MemoryArg, index: Value<'ctx>, size: u32) -> Place<'ctx> {
        let base = self.memory_base(arg.memory);
        let place = |pointer, faults| Place {
            pointer,
            region: Region::memory(self.module(), arg.memory),
            faults,
            align: 1,
        };
        if let Some(index) = self.as_constant(index) {
            let offset = index + arg.offset;
            if offset + u64::from(size) <= self.environment.info.minimum_bytes(arg.memory) {
                return place(self.at(base, offset), false);
            }
        }
        let index = self.wide(index);
        let pointer = self.add_offset(base, index);
        let pointer = self.at(pointer, arg.offset);
        let style = &self.environment.info.memory_styles[arg.memory];
        if style.covers(arg.offset, u64::from(size)) {
            return place(pointer, true);
        }
        let end = arg.offset + u64::from(size);
        let out_of_bounds = self.is_out_of_bounds(arg.memory, index, end);
        let null = self.types.pointer.const_null();
        let pointer = built(self.builder.build_select(out_of_bounds, null, pointer, ""));
        place(pointer.into_pointer_value(), true)
    }

    /// Whether an access that ends `end` bytes behind `index` must trap. If this says no, the access may still leave the
    /// memory, but then it faults.
    fn is_out_of_bounds(
        &self,
        memory: MemoryIndex,
        index: IntValue<'ctx>,
        end: u64,
    ) -> IntValue<'ctx> {
        let style = &self.environment.info.memory_styles[memory];
        let guard = style.offset_guard_size();
        let constant = |value| self.types.i64.const_int(value, false);
        let above = |a, b| built(self.builder.build_int_compare(IntPredicate::UGT, a, b, ""));
        if let MemoryStyle::Static { bound, .. } = style {
            // Up to `bound` everything is memory or inaccessible, and so is the guard behind.
            let reserved = bound.bytes().0 as u64 + guard;
            if end <= reserved {
                return above(index, constant(reserved - end));
            }
        }
        let length = self.memory_length(memory);
        if end <= guard {
            return above(index, length);
        }
        let end = built(self.builder.build_int_add(index, constant(end), ""));
        above(end, length)
    }

    /// The place some bytes further on.
    pub(super) fn further(&self, place: Place<'ctx>, bytes: u32) -> Place<'ctx> {
        Place {
            pointer: self.at(place.pointer, bytes.into()),
            ..place
        }
    }

    pub(super) fn load_at(&self, ty: impl BasicType<'ctx>, place: Place<'ctx>) -> Value<'ctx> {
        let value = built(self.builder.build_load(ty, place.pointer, ""));
        let load = value.as_instruction_value().expect("a load");
        self.describe_access(load, place, place.faults);
        value
    }

    pub(super) fn store_at(&self, value: Value<'ctx>, place: Place<'ctx>) {
        let store = built(self.builder.build_store(place.pointer, value));
        self.describe_access(store, place, true);
    }

    fn describe_access(&self, access: InstructionValue<'ctx>, place: Place<'ctx>, volatile: bool) {
        self.unit.metadata.set_region(access, place.region);
        access.set_alignment(place.align).expect("a power of two");
        access.set_volatile(volatile).expect("an access to memory");
    }
}
