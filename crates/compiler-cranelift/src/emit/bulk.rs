//! Bulk operations on memories.
//!
//! Copies and fills of a few bytes, a constant number, are spelled out where accesses need no check; all else is left to
//! the runtime. Spelled out, they must still trap before anything is written: all loads come before all stores, and the
//! store that reaches furthest comes first, so that it faults while memory is untouched.

use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmill_abi::Builtin;
use wasmill_compiler::chunks;
use wasmill_compiler::ops::MemoryArg;
use wasmill_types::{DataIndex, MemoryIndex};

use super::memory::Place;
use crate::translator::Translator;
use crate::types::VECTOR;

impl Translator<'_> {
    pub(super) fn emit_memory_copy(
        &mut self,
        to: MemoryIndex,
        from: MemoryIndex,
        [to_offset, from_offset, length]: [Value; 3],
    ) {
        if let Some(length) = self.open_coded(length, &[to, from]) {
            let from = self.whole(from, from_offset, length);
            let to = self.whole(to, to_offset, length);
            let chunks = chunks(length, self.largest_chunk());
            let load = |&(offset, size)| {
                let place = self.further(from, offset);
                (offset, self.load_at(chunk_type(size), place))
            };
            let values: Vec<(u32, Value)> = chunks.iter().map(load).collect();
            for (offset, value) in values {
                let place = self.further(to, offset);
                self.store_at(value, place);
            }
            return;
        }
        let [to, from] = [to, from].map(|memory| self.iconst(types::I32, memory.as_u32().into()));
        let [to_offset, from_offset, length] =
            [to_offset, from_offset, length].map(|value| self.index(value));
        let args = [to, to_offset, from, from_offset, length];
        self.call_builtin(Builtin::MemoryCopy, &args);
    }

    pub(super) fn emit_memory_fill(
        &mut self,
        memory: MemoryIndex,
        [offset, byte, length]: [Value; 3],
    ) {
        let byte = self.coerce(byte, types::I32);
        if let Some(length) = self.open_coded(length, &[memory]) {
            let place = self.whole(memory, offset, length);
            let byte = self.builder.ins().ireduce(types::I8, byte);
            for (offset, size) in chunks(length, self.largest_chunk()) {
                let value = self.repeated(byte, size);
                let place = self.further(place, offset);
                self.store_at(value, place);
            }
            return;
        }
        let memory = self.iconst(types::I32, memory.as_u32().into());
        let (offset, length) = (self.index(offset), self.index(length));
        self.call_builtin(Builtin::MemoryFill, &[memory, offset, byte, length]);
    }

    /// The length, if an operation of this length on these memories is to be spelled out.
    fn open_coded(&self, length: Value, memories: &[MemoryIndex]) -> Option<u32> {
        let length = self.as_constant(length)?;
        self.environment.info.open_coded(length, memories)
    }

    /// Where `length` bytes start.
    fn whole(&mut self, memory: MemoryIndex, offset: Value, length: u32) -> Place {
        let arg = MemoryArg {
            memory,
            offset: 0,
            align: 0,
        };
        self.place(arg, offset, length)
    }

    fn largest_chunk(&self) -> u32 {
        match self.environment.abilities.vectors {
            true => 16,
            false => 8,
        }
    }

    /// A byte, repeated to fill `size` bytes.
    fn repeated(&mut self, byte: Value, size: u32) -> Value {
        let ty = chunk_type(size);
        if size == 1 {
            return byte;
        }
        if ty.is_vector() {
            return self.builder.ins().splat(ty, byte);
        }
        let byte = self.builder.ins().uextend(ty, byte);
        let ones = 0x0101_0101_0101_0101 >> (64 - ty.bits());
        let ones = self.iconst(ty, ones);
        self.builder.ins().imul(byte, ones)
    }

    pub(super) fn emit_memory_init(
        &mut self,
        memory: MemoryIndex,
        segment: DataIndex,
        [to_offset, from_offset, length]: [Value; 3],
    ) {
        let memory = self.iconst(types::I32, memory.as_u32().into());
        let segment = self.iconst(types::I32, segment.as_u32().into());
        let to_offset = self.index(to_offset);
        let from_offset = self.coerce(from_offset, types::I32);
        let length = self.coerce(length, types::I32);
        let args = [memory, segment, to_offset, from_offset, length];
        self.call_builtin(Builtin::MemoryInit, &args);
    }

    pub(super) fn emit_data_drop(&mut self, segment: DataIndex) {
        let segment = self.iconst(types::I32, segment.as_u32().into());
        self.call_builtin(Builtin::DataDrop, &[segment]);
    }
}

fn chunk_type(size: u32) -> cranelift_codegen::ir::Type {
    match size {
        1 => types::I8,
        2 => types::I16,
        4 => types::I32,
        8 => types::I64,
        _ => VECTOR,
    }
}
