//! The hooks of the driver, by category of operators.
//!
//! This file only says which category each hook belongs to.

mod bulk;
mod call;
mod control;
mod convert;
mod float;
mod memory;
mod scalar;
mod table;
mod variable;
mod vector;

pub(crate) use control::{Frame, OpenLoop};

use inkwell::values::BasicValueEnum;
use wasmill_compiler::ops::*;
use wasmill_compiler::{BranchTargets, Emit, FrameEnd, LocalRun};
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, FunctionType, GlobalIndex, MemoryIndex, SignatureIndex,
    TableIndex, Type,
};

use crate::translator::Translator;

/// An operand.
pub(crate) type Value<'ctx> = BasicValueEnum<'ctx>;

impl<'ctx> Emit for Translator<'_, 'ctx> {
    type Value = Value<'ctx>;
    type Frame = Frame<'ctx>;

    fn location(&mut self, module_offset: u32) {
        self.start_operator(module_offset);
        self.locate(module_offset);
    }

    fn constant(&mut self, value: Const) -> Value<'ctx> {
        self.emit_constant(value)
    }
    fn unary(&mut self, op: Unary, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        self.emit_unary(op, shape, a)
    }
    fn test(&mut self, op: Test, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        self.emit_test(op, shape, a)
    }
    fn binary(&mut self, op: Binary, shape: Shape, a: Value<'ctx>, b: Value<'ctx>) -> Value<'ctx> {
        self.emit_binary(op, shape, a, b)
    }
    fn compare(
        &mut self,
        op: Compare,
        shape: Shape,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_compare(op, shape, a, b)
    }
    fn shift(&mut self, op: Shift, shape: Shape, a: Value<'ctx>, by: Value<'ctx>) -> Value<'ctx> {
        self.emit_shift(op, shape, a, by)
    }
    fn convert(&mut self, op: Convert, from: Shape, to: Shape, a: Value<'ctx>) -> Value<'ctx> {
        self.emit_convert(op, from, to, a)
    }
    fn select(
        &mut self,
        ty: Type,
        condition: Value<'ctx>,
        a: Value<'ctx>,
        b: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_select(ty, condition, a, b)
    }

    fn splat(&mut self, shape: Shape, a: Value<'ctx>) -> Value<'ctx> {
        self.emit_splat(shape, a)
    }
    fn extract_lane(
        &mut self,
        shape: Shape,
        extend: LaneExtend,
        lane: u8,
        a: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_extract_lane(shape, extend, lane, a)
    }
    fn replace_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        a: Value<'ctx>,
        scalar: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_replace_lane(shape, lane, a, scalar)
    }
    fn shuffle(&mut self, lanes: [u8; 16], a: Value<'ctx>, b: Value<'ctx>) -> Value<'ctx> {
        self.emit_shuffle(lanes, a, b)
    }
    fn bitselect(&mut self, a: Value<'ctx>, b: Value<'ctx>, mask: Value<'ctx>) -> Value<'ctx> {
        self.emit_bitselect(a, b, mask)
    }

    fn load(
        &mut self,
        op: Load,
        shape: Shape,
        arg: MemoryArg,
        address: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_load(op, shape, arg, address)
    }
    fn store(
        &mut self,
        op: Store,
        shape: Shape,
        arg: MemoryArg,
        address: Value<'ctx>,
        value: Value<'ctx>,
    ) {
        self.emit_store(op, shape, arg, address, value);
    }
    fn load_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value<'ctx>,
        vector: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_load_lane(shape, lane, arg, address, vector)
    }
    fn store_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value<'ctx>,
        vector: Value<'ctx>,
    ) {
        self.emit_store_lane(shape, lane, arg, address, vector);
    }
    fn memory_size(&mut self, memory: MemoryIndex) -> Value<'ctx> {
        self.emit_memory_size(memory)
    }
    fn memory_grow(&mut self, memory: MemoryIndex, delta: Value<'ctx>) -> Value<'ctx> {
        self.emit_memory_grow(memory, delta)
    }
    fn memory_copy(
        &mut self,
        to: MemoryIndex,
        from: MemoryIndex,
        to_offset: Value<'ctx>,
        from_offset: Value<'ctx>,
        length: Value<'ctx>,
    ) {
        self.emit_memory_copy(to, from, [to_offset, from_offset, length]);
    }
    fn memory_fill(
        &mut self,
        memory: MemoryIndex,
        offset: Value<'ctx>,
        byte: Value<'ctx>,
        length: Value<'ctx>,
    ) {
        self.emit_memory_fill(memory, [offset, byte, length]);
    }
    fn memory_init(
        &mut self,
        memory: MemoryIndex,
        segment: DataIndex,
        to_offset: Value<'ctx>,
        from_offset: Value<'ctx>,
        length: Value<'ctx>,
    ) {
        self.emit_memory_init(memory, segment, [to_offset, from_offset, length]);
    }
    fn data_drop(&mut self, segment: DataIndex) {
        self.emit_data_drop(segment);
    }

    fn local_get(&mut self, local: u32) -> Value<'ctx> {
        self.emit_local_get(local)
    }
    fn local_set(&mut self, local: u32, value: Value<'ctx>) {
        self.emit_local_set(local, value);
    }
    fn local_tee(&mut self, local: u32, value: Value<'ctx>) -> Value<'ctx> {
        self.emit_local_set(local, value)
    }
    fn global_get(&mut self, global: GlobalIndex) -> Value<'ctx> {
        self.emit_global_get(global)
    }
    fn global_set(&mut self, global: GlobalIndex, value: Value<'ctx>) {
        self.emit_global_set(global, value);
    }
    fn drop(&mut self, _value: Value<'ctx>) {}

    fn ref_null(&mut self, ty: Type) -> Value<'ctx> {
        self.emit_ref_null(ty)
    }
    fn ref_is_null(&mut self, _ty: Type, reference: Value<'ctx>) -> Value<'ctx> {
        self.emit_ref_is_null(reference)
    }
    fn ref_func(&mut self, function: FunctionIndex) -> Value<'ctx> {
        self.emit_ref_func(function)
    }
    fn table_get(&mut self, table: TableIndex, index: Value<'ctx>) -> Value<'ctx> {
        self.emit_table_get(table, index)
    }
    fn table_set(&mut self, table: TableIndex, index: Value<'ctx>, value: Value<'ctx>) {
        self.emit_table_set(table, index, value);
    }
    fn table_size(&mut self, table: TableIndex) -> Value<'ctx> {
        self.emit_table_size(table)
    }
    fn table_grow(
        &mut self,
        table: TableIndex,
        value: Value<'ctx>,
        delta: Value<'ctx>,
    ) -> Value<'ctx> {
        self.emit_table_grow(table, value, delta)
    }
    fn table_fill(
        &mut self,
        table: TableIndex,
        offset: Value<'ctx>,
        value: Value<'ctx>,
        length: Value<'ctx>,
    ) {
        self.emit_table_fill(table, [offset, value, length]);
    }
    fn table_copy(
        &mut self,
        to: TableIndex,
        from: TableIndex,
        to_offset: Value<'ctx>,
        from_offset: Value<'ctx>,
        length: Value<'ctx>,
    ) {
        self.emit_table_copy(to, from, [to_offset, from_offset, length]);
    }
    fn table_init(
        &mut self,
        table: TableIndex,
        segment: ElemIndex,
        to_offset: Value<'ctx>,
        from_offset: Value<'ctx>,
        length: Value<'ctx>,
    ) {
        self.emit_table_init(table, segment, [to_offset, from_offset, length]);
    }
    fn elem_drop(&mut self, segment: ElemIndex) {
        self.emit_elem_drop(segment);
    }

    fn call(
        &mut self,
        function: FunctionIndex,
        args: &[Value<'ctx>],
        results: &mut Vec<Value<'ctx>>,
    ) {
        self.emit_call(function, args, results);
    }
    fn call_indirect(
        &mut self,
        ty: SignatureIndex,
        table: TableIndex,
        index: Value<'ctx>,
        args: &[Value<'ctx>],
        results: &mut Vec<Value<'ctx>>,
    ) {
        self.emit_call_indirect(ty, table, index, args, results);
    }

    fn function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Frame<'ctx> {
        self.emit_function(ty, locals)
    }
    fn block(&mut self, _params: &[Type], results: &[Type]) -> Frame<'ctx> {
        self.emit_block(results)
    }
    fn loop_(&mut self, params: &[Type], values: &mut [Value<'ctx>]) -> Frame<'ctx> {
        self.emit_loop(params, values)
    }
    fn if_(&mut self, condition: Value<'ctx>, _params: &[Type], results: &[Type]) -> Frame<'ctx> {
        self.emit_if(condition, results)
    }
    fn else_(&mut self, frame: &mut Frame<'ctx>, results: Option<&[Value<'ctx>]>) {
        self.emit_else(frame, results);
    }
    fn end(
        &mut self,
        frame: Frame<'ctx>,
        end: FrameEnd<'_, Value<'ctx>>,
        results: &mut Vec<Value<'ctx>>,
    ) {
        self.emit_end(frame, end, results);
    }
    fn br(&mut self, to: &mut Frame<'ctx>, args: &[Value<'ctx>]) {
        self.emit_br(to, args);
    }
    fn br_if(&mut self, condition: Value<'ctx>, to: &mut Frame<'ctx>, args: &[Value<'ctx>]) {
        self.emit_br_if(condition, to, args);
    }
    fn br_table(
        &mut self,
        index: Value<'ctx>,
        targets: BranchTargets<'_, Frame<'ctx>>,
        args: &[Value<'ctx>],
    ) {
        self.emit_br_table(index, targets, args);
    }
    fn unreachable(&mut self) {
        self.emit_unreachable();
    }
}
