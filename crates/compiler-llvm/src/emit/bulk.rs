//! Bulk operations on memories.
//!
//! Copies and fills of a few bytes, a constant number, are spelled out where accesses need no check; all else is left to the
//! runtime. Spelled out, they must still trap before anything is written: all loads come before all stores, and the store that
//! reaches furthest comes first, so that it faults while memory is untouched.

use inkwell::types::BasicTypeEnum;
use inkwell::values::IntValue;
use wasmill_abi::Builtin;
use wasmill_compiler::chunks;
use wasmill_compiler::ops::MemoryArg;
use wasmill_types::{DataIndex, MemoryIndex};

use super::Value;
use super::memory::Place;
use crate::translator::{Translator, built};

/// Bytes of the largest access.
const LARGEST: u32 = 16;

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_memory_copy(
        &mut self,
        to: MemoryIndex,
        from: MemoryIndex,
        [to_offset, from_offset, length]: [Value<'ctx>; 3],
    ) {
        if let Some(length) = self.open_coded(length, &[to, from]) {
            let from = self.whole(from, from_offset, length);
            let to = self.whole(to, to_offset, length);
            let load = |(offset, size)| {
                let value = self.load_at(self.chunk(size), self.further(from, offset));
                (offset, value)
            };
            let values: Vec<_> = chunks(length, LARGEST).into_iter().map(load).collect();
            for (offset, value) in values {
                self.store_at(value, self.further(to, offset));
            }
            return;
        }
        let [to, from] = [to, from].map(|memory| self.number(memory.as_u32()).into());
        let [to_offset, from_offset, length] =
            [to_offset, from_offset, length].map(|value| self.wide(value).into());
        let args = [to, to_offset, from, from_offset, length];
        self.call_builtin(Builtin::MemoryCopy, &args);
    }

    pub(super) fn emit_memory_fill(
        &mut self,
        memory: MemoryIndex,
        [offset, byte, length]: [Value<'ctx>; 3],
    ) {
        let byte = self.i32(byte);
        if let Some(length) = self.open_coded(length, &[memory]) {
            let place = self.whole(memory, offset, length);
            let byte = built(self.builder.build_int_truncate(byte, self.types.i8, ""));
            for (offset, size) in chunks(length, LARGEST) {
                let value = self.repeated(byte, size);
                self.store_at(value, self.further(place, offset));
            }
            return;
        }
        let memory = self.number(memory.as_u32()).into();
        let (offset, length) = (self.wide(offset).into(), self.wide(length).into());
        self.call_builtin(Builtin::MemoryFill, &[memory, offset, byte.into(), length]);
    }

    /// The length, if an operation of this length on these memories is to be spelled out.
    fn open_coded(&self, length: Value<'ctx>, memories: &[MemoryIndex]) -> Option<u32> {
        let length = self.as_constant(length)?;
        self.environment.info.open_coded(length, memories)
    }

    /// Where `length` bytes start.
    fn whole(&self, memory: MemoryIndex, offset: Value<'ctx>, length: u32) -> Place<'ctx> {
        let arg = MemoryArg {
            memory,
            offset: 0,
            align: 0,
        };
        self.place(arg, offset, length)
    }

    fn chunk(&self, size: u32) -> BasicTypeEnum<'ctx> {
        match size {
            LARGEST => self.types.vector.into(),
            _ => self.types.integer(size).into(),
        }
    }

    /// A byte, repeated to fill `size` bytes.
    fn repeated(&self, byte: IntValue<'ctx>, size: u32) -> Value<'ctx> {
        match size {
            1 => byte.into(),
            LARGEST => self.splat(byte.into(), LARGEST),
            _ => {
                let ty = self.types.integer(size);
                let byte = built(self.builder.build_int_z_extend(byte, ty, ""));
                let ones = 0x0101_0101_0101_0101 >> (64 - 8 * size);
                built(
                    self.builder
                        .build_int_mul(byte, ty.const_int(ones, false), ""),
                )
                .into()
            }
        }
    }

    pub(super) fn emit_memory_init(
        &mut self,
        memory: MemoryIndex,
        segment: DataIndex,
        operands: [Value<'ctx>; 3],
    ) {
        self.init(
            Builtin::MemoryInit,
            memory.as_u32(),
            segment.as_u32(),
            operands,
        );
    }

    pub(super) fn emit_data_drop(&mut self, segment: DataIndex) {
        let segment = self.number(segment.as_u32());
        self.call_builtin(Builtin::DataDrop, &[segment.into()]);
    }
}
