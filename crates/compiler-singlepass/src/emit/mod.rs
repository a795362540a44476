//! The hooks of the driver, by category of operators.
//!
//! This file only says which category each hook belongs to, and settles what is pending for the hooks that have no use
//! for it.

mod bulk;
mod call;
mod compare;
mod control;
mod convert;
mod float;
mod integer;
mod memory;
mod table;
mod variable;
mod vector;

pub(crate) use control::Frame;

use wasmill_compiler::ops::*;
use wasmill_compiler::{BranchTargets, Emit, FrameEnd, LocalRun};
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, FunctionType, GlobalIndex, MemoryIndex, SignatureIndex,
    TableIndex, Type,
};

use crate::generator::Generator;

impl Emit for Generator<'_> {
    /// An operand is known by its place on the stack.
    type Value = ();
    type Frame = Frame;

    #[inline]
    fn location(&mut self, module_offset: u32) {
        self.set_location(module_offset);
    }

    fn constant(&mut self, value: Const) {
        self.settle();
        self.emit_constant(value);
    }
    fn unary(&mut self, op: Unary, shape: Shape, (): ()) {
        self.settle();
        self.emit_unary(op, shape);
    }
    fn test(&mut self, op: Test, shape: Shape, (): ()) {
        self.emit_test(op, shape);
    }
    fn binary(&mut self, op: Binary, shape: Shape, (): (), (): ()) {
        self.settle();
        self.emit_binary(op, shape);
    }
    fn compare(&mut self, op: Compare, shape: Shape, (): (), (): ()) {
        self.settle();
        self.emit_compare(op, shape);
    }
    fn shift(&mut self, op: Shift, shape: Shape, (): (), (): ()) {
        self.settle();
        self.emit_shift(op, shape);
    }
    fn convert(&mut self, op: Convert, from: Shape, to: Shape, (): ()) {
        self.settle();
        self.emit_convert(op, from, to);
    }
    fn select(&mut self, ty: Type, (): (), (): (), (): ()) {
        self.emit_select(ty);
    }

    fn splat(&mut self, shape: Shape, (): ()) {
        self.settle();
        self.emit_splat(shape);
    }
    fn extract_lane(&mut self, shape: Shape, extend: LaneExtend, lane: u8, (): ()) {
        self.settle();
        self.emit_extract_lane(shape, extend, lane);
    }
    fn replace_lane(&mut self, shape: Shape, lane: u8, (): (), (): ()) {
        self.settle();
        self.emit_replace_lane(shape, lane);
    }
    fn shuffle(&mut self, lanes: [u8; 16], (): (), (): ()) {
        self.settle();
        self.emit_shuffle(lanes);
    }
    fn bitselect(&mut self, (): (), (): (), (): ()) {
        self.settle();
        self.emit_bitselect();
    }

    fn load(&mut self, op: Load, shape: Shape, arg: MemoryArg, (): ()) {
        self.settle();
        self.emit_load(op, shape, arg);
    }
    fn store(&mut self, op: Store, shape: Shape, arg: MemoryArg, (): (), (): ()) {
        self.settle();
        self.emit_store(op, shape, arg);
    }
    fn load_lane(&mut self, shape: Shape, lane: u8, arg: MemoryArg, (): (), (): ()) {
        self.settle();
        self.emit_load_lane(shape, lane, arg);
    }
    fn store_lane(&mut self, shape: Shape, lane: u8, arg: MemoryArg, (): (), (): ()) {
        self.settle();
        self.emit_store_lane(shape, lane, arg);
    }
    fn memory_size(&mut self, memory: MemoryIndex) {
        self.settle();
        self.emit_memory_size(memory);
    }
    fn memory_grow(&mut self, memory: MemoryIndex, (): ()) {
        self.settle();
        self.emit_memory_grow(memory);
    }
    fn memory_copy(&mut self, to: MemoryIndex, from: MemoryIndex, (): (), (): (), (): ()) {
        self.settle();
        self.emit_memory_copy(to, from);
    }
    fn memory_fill(&mut self, memory: MemoryIndex, (): (), (): (), (): ()) {
        self.settle();
        self.emit_memory_fill(memory);
    }
    fn memory_init(&mut self, memory: MemoryIndex, segment: DataIndex, (): (), (): (), (): ()) {
        self.settle();
        self.emit_memory_init(memory, segment);
    }
    fn data_drop(&mut self, segment: DataIndex) {
        self.settle();
        self.emit_data_drop(segment);
    }

    fn local_get(&mut self, local: u32) {
        self.settle();
        self.emit_local_get(local);
    }
    fn local_set(&mut self, local: u32, (): ()) {
        self.emit_local_set(local);
    }
    fn local_tee(&mut self, local: u32, (): ()) {
        self.emit_local_tee(local);
    }
    fn global_get(&mut self, global: GlobalIndex) {
        self.settle();
        self.emit_global_get(global);
    }
    fn global_set(&mut self, global: GlobalIndex, (): ()) {
        self.settle();
        self.emit_global_set(global);
    }
    fn drop(&mut self, (): ()) {
        self.emit_drop();
    }

    fn ref_null(&mut self, ty: Type) {
        self.settle();
        self.emit_ref_null(ty);
    }
    fn ref_is_null(&mut self, _ty: Type, (): ()) {
        self.settle();
        self.emit_is_zero();
    }
    fn ref_func(&mut self, function: FunctionIndex) {
        self.settle();
        self.emit_ref_func(function);
    }
    fn table_get(&mut self, table: TableIndex, (): ()) {
        self.settle();
        self.emit_table_get(table);
    }
    fn table_set(&mut self, table: TableIndex, (): (), (): ()) {
        self.settle();
        self.emit_table_set(table);
    }
    fn table_size(&mut self, table: TableIndex) {
        self.settle();
        self.emit_table_size(table);
    }
    fn table_grow(&mut self, table: TableIndex, (): (), (): ()) {
        self.settle();
        self.emit_table_grow(table);
    }
    fn table_fill(&mut self, table: TableIndex, (): (), (): (), (): ()) {
        self.settle();
        self.emit_table_fill(table);
    }
    fn table_copy(&mut self, to: TableIndex, from: TableIndex, (): (), (): (), (): ()) {
        self.settle();
        self.emit_table_copy(to, from);
    }
    fn table_init(&mut self, table: TableIndex, segment: ElemIndex, (): (), (): (), (): ()) {
        self.settle();
        self.emit_table_init(table, segment);
    }
    fn elem_drop(&mut self, segment: ElemIndex) {
        self.settle();
        self.emit_elem_drop(segment);
    }

    fn call(&mut self, function: FunctionIndex, _args: &[()], results: &mut Vec<()>) {
        self.settle();
        self.emit_call(function, results);
    }
    fn call_indirect(
        &mut self,
        ty: SignatureIndex,
        table: TableIndex,
        (): (),
        _args: &[()],
        results: &mut Vec<()>,
    ) {
        self.settle();
        self.emit_call_indirect(ty, table, results);
    }

    fn function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Frame {
        self.emit_function(ty, locals)
    }
    fn block(&mut self, params: &[Type], results: &[Type]) -> Frame {
        self.settle();
        self.emit_block(params, results)
    }
    fn loop_(&mut self, params: &[Type], _values: &mut [()]) -> Frame {
        self.settle();
        self.emit_loop(params)
    }
    fn if_(&mut self, (): (), params: &[Type], results: &[Type]) -> Frame {
        self.emit_if(params, results)
    }
    fn else_(&mut self, frame: &mut Frame, results: Option<&[()]>) {
        self.emit_else(frame, results.is_some());
    }
    fn end(&mut self, frame: Frame, end: FrameEnd<'_, ()>, results: &mut Vec<()>) {
        self.emit_end(frame, &end, results);
    }
    fn br(&mut self, to: &mut Frame, _args: &[()]) {
        self.emit_br(to);
    }
    fn br_if(&mut self, (): (), to: &mut Frame, _args: &[()]) {
        self.emit_br_if(to);
    }
    fn br_table(&mut self, (): (), targets: BranchTargets<'_, Frame>, args: &[()]) {
        self.settle();
        self.emit_br_table(targets, args.len());
    }
    fn unreachable(&mut self) {
        self.settle();
        self.emit_unreachable();
    }
}
