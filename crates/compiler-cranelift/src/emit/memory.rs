//! Loads and stores, and the sizes of memories.
//!
//! A memory never moves, so its base is an invariant of the instance. An access whose address lies in the memory's
//! reservation whatever the index is not checked: it faults, and the instruction carries the trap code. Otherwise there is
//! one comparison, against a constant where the reservation allows it, against the current size else; out of bounds, a
//! conditional move (never a branch, which the processor might mispredict past) replaces the address by null, where the
//! access faults with the same trap code.
//!
//! All offsets that fit go into the instruction; address arithmetic is in 64 bits and cannot wrap, since the index has 32
//! bits and the offset at most 33.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, Value, types};
use std::mem::offset_of;
use wasmill_abi::{Builtin, PAGE_SIZE, TrapCode, VMMemoryDefinition, VMMemoryRef};
use wasmill_compiler::ops::{Load, MemoryArg, Shape, Store};
use wasmill_types::{MemoryIndex, MemoryStyle};

use crate::regions::Region;
use crate::translator::Translator;
use crate::types::{POINTER, VECTOR, shape_type};

/// Where an access goes, and how.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) flags: MemFlagsData,
    pub(super) address: Value,
    pub(super) offset: i32,
}

impl Translator<'_> {
    pub(super) fn emit_load(
        &mut self,
        op: Load,
        shape: Shape,
        arg: MemoryArg,
        address: Value,
    ) -> Value {
        let place = self.place(arg, address, op.bytes(shape));
        let Place {
            flags,
            address,
            offset,
        } = place;
        let ty = shape_type(shape);
        match op {
            Load::Full => self.builder.ins().load(ty, flags, address, offset),
            Load::S8 => self.builder.ins().sload8(ty, flags, address, offset),
            Load::U8 => self.builder.ins().uload8(ty, flags, address, offset),
            Load::S16 => self.builder.ins().sload16(ty, flags, address, offset),
            Load::U16 => self.builder.ins().uload16(ty, flags, address, offset),
            Load::S32 => self.builder.ins().sload32(flags, address, offset),
            Load::U32 => self.builder.ins().uload32(flags, address, offset),
            Load::ExtendS | Load::ExtendU => self.load_extend(op, shape, place),
            Load::Splat => {
                let lane = ty.lane_type();
                let lane = self.builder.ins().load(lane, flags, address, offset);
                self.builder.ins().splat(ty, lane)
            }
            Load::Zero => {
                let lane = ty.lane_type();
                let lane = self.builder.ins().load(lane, flags, address, offset);
                self.builder.ins().scalar_to_vector(ty, lane)
            }
        }
    }

    /// Eight bytes, as lanes of half the width, extended.
    fn load_extend(&mut self, op: Load, shape: Shape, place: Place) -> Value {
        let Place {
            flags,
            address,
            offset,
        } = place;
        let signed = op == Load::ExtendS;
        match shape.lane_bytes() {
            2 if signed => self.builder.ins().sload8x8(flags, address, offset),
            2 => self.builder.ins().uload8x8(flags, address, offset),
            4 if signed => self.builder.ins().sload16x4(flags, address, offset),
            4 => self.builder.ins().uload16x4(flags, address, offset),
            _ if signed => self.builder.ins().sload32x2(flags, address, offset),
            _ => self.builder.ins().uload32x2(flags, address, offset),
        }
    }

    pub(super) fn emit_store(
        &mut self,
        op: Store,
        shape: Shape,
        arg: MemoryArg,
        address: Value,
        value: Value,
    ) {
        let Place {
            flags,
            address,
            offset,
        } = self.place(arg, address, op.bytes(shape));
        if op == Store::Low8 && self.type_of(value) == types::I8 {
            // A comparison's result is the byte already.
            self.builder.ins().store(flags, value, address, offset);
            return;
        }
        // Vectors are stored and loaded in one type, so that stores are forwarded to loads.
        let ty = if shape.is_vector() {
            VECTOR
        } else {
            shape_type(shape)
        };
        let value = self.coerce(value, ty);
        match op {
            Store::Full => self.builder.ins().store(flags, value, address, offset),
            Store::Low8 => self.builder.ins().istore8(flags, value, address, offset),
            Store::Low16 => self.builder.ins().istore16(flags, value, address, offset),
            Store::Low32 => self.builder.ins().istore32(flags, value, address, offset),
        };
    }

    pub(super) fn emit_load_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value,
        vector: Value,
    ) -> Value {
        let place = self.place(arg, address, shape.lane_bytes());
        let ty = shape_type(shape);
        let value =
            self.builder
                .ins()
                .load(ty.lane_type(), place.flags, place.address, place.offset);
        let vector = self.coerce(vector, ty);
        self.builder.ins().insertlane(vector, value, lane)
    }

    pub(super) fn emit_store_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value,
        vector: Value,
    ) {
        let place = self.place(arg, address, shape.lane_bytes());
        let vector = self.coerce(vector, shape_type(shape));
        let value = self.builder.ins().extractlane(vector, lane);
        self.builder
            .ins()
            .store(place.flags, value, place.address, place.offset);
    }

    pub(super) fn emit_memory_size(&mut self, memory: MemoryIndex) -> Value {
        if let Some(pages) = self.environment.info.fixed_pages(memory) {
            return self.iconst(types::I32, u64::from(pages));
        }
        let bytes = self.memory_length(memory);
        let shift = i64::from(PAGE_SIZE.trailing_zeros());
        let pages = self.builder.ins().ushr_imm_u(bytes, shift);
        self.builder.ins().ireduce(types::I32, pages)
    }

    pub(super) fn emit_memory_grow(&mut self, memory: MemoryIndex, delta: Value) -> Value {
        let memory = self.iconst(types::I32, u64::from(memory.as_u32()));
        let delta = self.index(delta);
        let old = self.call_builtin_value(Builtin::MemoryGrow, &[memory, delta]);
        self.builder.ins().ireduce(types::I32, old)
    }

    /// The current size of a memory in bytes.
    fn memory_length(&mut self, memory: MemoryIndex) -> Value {
        let memory = self.environment.info.layout.memory(memory);
        let definition = offset_of!(VMMemoryRef, definition) as u32;
        let definition = self.load_invariant(memory + definition);
        let flags = Region::Definitions.trusted(self.builder.func);
        let offset = offset_of!(VMMemoryDefinition, current_length) as i32;
        self.builder.ins().load(POINTER, flags, definition, offset)
    }

    /// The first byte of a memory.
    fn memory_base(&mut self, memory: MemoryIndex) -> Value {
        let memory = self.environment.info.layout.memory(memory);
        self.load_invariant(memory + offset_of!(VMMemoryRef, base) as u32)
    }

    /// An `i32` operand as an unsigned 64-bit number.
    pub(super) fn index(&mut self, index: Value) -> Value {
        self.builder.ins().uextend(POINTER, index)
    }

    /// Where an access of `size` bytes goes: checked if it must be.
    pub(super) fn place(&mut self, arg: MemoryArg, index: Value, size: u32) -> Place {
        let region = Region::memory(self.environment.module(), arg.memory);
        let trap = Some(TrapCode::HeapAccessOutOfBounds);
        let flags = region.guest(self.builder.func, trap);
        let base = self.memory_base(arg.memory);

        if let Some(index) = self.as_constant(index) {
            let offset = index + arg.offset;
            if offset + u64::from(size) <= self.environment.info.minimum_bytes(arg.memory) {
                let flags = region.guest(self.builder.func, None);
                return self.place_at(flags, base, offset);
            }
        }
        let index = self.index(index);
        let end = arg.offset + u64::from(size);
        let style = &self.environment.info.memory_styles[arg.memory];
        if style.covers(arg.offset, u64::from(size)) {
            let address = self.builder.ins().iadd(base, index);
            return self.place_at(flags, address, arg.offset);
        }
        let out_of_bounds = self.is_out_of_bounds(arg.memory, index, end);
        let address = self.builder.ins().iadd(base, index);
        let address = self.add_constant(address, arg.offset);
        let null = self.iconst(POINTER, 0);
        let address = self
            .builder
            .ins()
            .select_spectre_guard(out_of_bounds, null, address);
        self.place_at(flags, address, 0)
    }

    /// Whether an access that ends `end` bytes behind `index` must trap. If this says no, the access may still leave the
    /// memory, but then it faults.
    fn is_out_of_bounds(&mut self, memory: MemoryIndex, index: Value, end: u64) -> Value {
        let above = IntCC::UnsignedGreaterThan;
        let style = &self.environment.info.memory_styles[memory];
        let guard = style.offset_guard_size();
        if let MemoryStyle::Static { bound, .. } = style {
            // Up to `bound` everything is memory or inaccessible, and so is the guard behind.
            let reserved = bound.bytes().0 as u64 + guard;
            if end <= reserved {
                let last = reserved - end;
                return self.builder.ins().icmp_imm_u(above, index, last as i64);
            }
        }
        let length = self.memory_length(memory);
        if end <= guard {
            return self.builder.ins().icmp(above, index, length);
        }
        let end = self.add_constant(index, end);
        self.builder.ins().icmp(above, end, length)
    }

    fn add_constant(&mut self, value: Value, constant: u64) -> Value {
        if constant == 0 {
            return value;
        }
        let constant = self.iconst(POINTER, constant);
        self.builder.ins().iadd(value, constant)
    }

    fn place_at(&mut self, flags: MemFlagsData, address: Value, offset: u64) -> Place {
        match i32::try_from(offset) {
            Ok(offset) => Place {
                flags,
                address,
                offset,
            },
            Err(_) => Place {
                flags,
                address: self.add_constant(address, offset),
                offset: 0,
            },
        }
    }

    /// The place some bytes further on.
    pub(super) fn further(&self, place: Place, bytes: u32) -> Place {
        Place {
            offset: place.offset + bytes as i32,
            ..place
        }
    }

    pub(super) fn load_at(&mut self, ty: ir::Type, place: Place) -> Value {
        self.builder
            .ins()
            .load(ty, place.flags, place.address, place.offset)
    }

    pub(super) fn store_at(&mut self, value: Value, place: Place) {
        self.builder
            .ins()
            .store(place.flags, value, place.address, place.offset);
    }
}
