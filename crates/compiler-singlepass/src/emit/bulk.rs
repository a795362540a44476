//! Bulk operations on memories.

use wasmill_abi::Builtin;
use wasmill_types::{DataIndex, MemoryIndex};

use super::call::Argument;
use crate::generator::Generator;

impl Generator<'_> {
    pub(super) fn emit_memory_copy(&mut self, to: MemoryIndex, from: MemoryIndex) {
        let [to_offset, from_offset, length] = self.pop_three();
        let (to, from) = (
            Argument::Number(to.as_u32()),
            Argument::Number(from.as_u32()),
        );
        let args = [to, to_offset, from, from_offset, length];
        self.call_builtin(Builtin::MemoryCopy, &args);
    }

    pub(super) fn emit_memory_fill(&mut self, memory: MemoryIndex) {
        let [offset, byte, length] = self.pop_three();
        let args = [Argument::Number(memory.as_u32()), offset, byte, length];
        self.call_builtin(Builtin::MemoryFill, &args);
    }

    pub(super) fn emit_memory_init(&mut self, memory: MemoryIndex, segment: DataIndex) {
        let [to_offset, from_offset, length] = self.pop_three();
        let (memory, segment) = (
            Argument::Number(memory.as_u32()),
            Argument::Number(segment.as_u32()),
        );
        let args = [memory, segment, to_offset, from_offset, length];
        self.call_builtin(Builtin::MemoryInit, &args);
    }

    pub(super) fn emit_data_drop(&mut self, segment: DataIndex) {
        let segment = Argument::Number(segment.as_u32());
        self.call_builtin(Builtin::DataDrop, &[segment]);
    }
}
