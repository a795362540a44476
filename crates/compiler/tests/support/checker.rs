//! A back end that compiles nothing but believes nothing: it types every operand on its own.
//!
//! The types come from operations and shapes, so a row of the operator table that names a wrong shape, a hook that gets
//! its operands in the wrong order (where their types differ), and a frame that ends with the wrong results all fail here.

use wasmill_compiler::ops::*;
use wasmill_compiler::{BranchTargets, Emit, FrameEnd, FrameKind, FunctionBodyData, LocalRun};
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, FunctionType, GlobalIndex, MemoryIndex, ModuleInfo,
    SignatureIndex, TableIndex, Type,
};

/// The back end, for one function.
pub(crate) struct Checker<'m> {
    module: &'m ModuleInfo,
    index: FunctionIndex,
    locals: Vec<LocalRun>,
    offset: u32,
    end: u32,
    hooks: u64,
    values: u32,
    open: u32,
    ended: bool,
}

/// An operand: its type, and which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    ty: Type,
    number: u32,
}

/// A frame: what a branch to it takes.
#[derive(Debug)]
pub(crate) struct Frame {
    kind: FrameKind,
    depth: u32,
    branch: Vec<Type>,
    branched_to: bool,
}

impl<'m> Checker<'m> {
    pub(crate) fn new(module: &'m ModuleInfo, body: &FunctionBodyData<'_>) -> Self {
        Self {
            module,
            index: body.index(),
            locals: Vec::new(),
            offset: body.start_offset(),
            end: body.end_offset(),
            hooks: 0,
            values: 0,
            open: 0,
            ended: false,
        }
    }

    /// How many hooks were called, of a function that has ended.
    pub(crate) fn finish(self) -> u64 {
        assert!(self.ended && self.open == 0, "the function has not ended");
        self.hooks
    }

    fn hook(&mut self) {
        assert!(!self.ended, "a hook behind the end");
        self.hooks += 1;
    }

    fn give(&mut self, ty: Type) -> Value {
        self.hook();
        self.fresh(ty)
    }

    fn fresh(&mut self, ty: Type) -> Value {
        self.values += 1;
        Value {
            ty,
            number: self.values - 1,
        }
    }

    fn fresh_all(&mut self, types: &[Type], results: &mut Vec<Value>) {
        assert!(results.is_empty(), "left from the last hook");
        results.extend(types.iter().map(|ty| self.fresh(*ty)));
    }

    fn take(&self, value: Value, ty: Type) {
        assert_eq!(value.ty, ty, "at {:#x}", self.offset);
        assert!(value.number < self.values);
    }

    fn take_all(&self, values: &[Value], types: &[Type]) {
        assert_eq!(values.len(), types.len(), "at {:#x}", self.offset);
        values
            .iter()
            .zip(types)
            .for_each(|(v, ty)| self.take(*v, *ty));
    }

    fn take_indices(&self, values: [Value; 3]) {
        values
            .into_iter()
            .for_each(|value| self.take(value, Type::I32));
    }

    fn memory(&self, memory: MemoryIndex) {
        assert!(self.module.memories.is_valid(memory));
    }

    fn access(&self, arg: MemoryArg, bytes: u32, address: Value) {
        self.memory(arg.memory);
        assert!(
            1u64 << arg.align <= u64::from(bytes),
            "at {:#x}",
            self.offset
        );
        assert!(arg.offset <= u64::from(u32::MAX));
        self.take(address, Type::I32);
    }

    fn local(&self, mut local: u32) -> Type {
        let params = self.module.function_type(self.index).params();
        if let Some(ty) = params.get(local as usize) {
            return *ty;
        }
        local -= params.len() as u32;
        for run in &self.locals {
            match local.checked_sub(run.count) {
                Some(rest) => local = rest,
                None => return run.ty,
            }
        }
        panic!("no such local");
    }

    fn open(&mut self, kind: FrameKind, branch: &[Type]) -> Frame {
        self.hook();
        self.open += 1;
        Frame {
            kind,
            depth: self.open,
            branch: branch.to_vec(),
            branched_to: false,
        }
    }

    fn branch(&self, to: &mut Frame, args: &[Value]) {
        assert!(to.depth <= self.open);
        self.take_all(args, &to.branch);
        to.branched_to = true;
    }
}

/// The type of a value of this shape.
fn of(shape: Shape) -> Type {
    match shape {
        Shape::I32 => Type::I32,
        Shape::I64 => Type::I64,
        Shape::F32 => Type::F32,
        Shape::F64 => Type::F64,
        _ => Type::V128,
    }
}

/// The type of a lane as a scalar.
fn scalar(shape: Shape) -> Type {
    match shape {
        Shape::I8x16 | Shape::I16x8 | Shape::I32x4 => Type::I32,
        Shape::I64x2 => Type::I64,
        Shape::F32x4 => Type::F32,
        Shape::F64x2 => Type::F64,
        _ => panic!("no lanes"),
    }
}

/// How many lanes a shape has.
fn lanes(shape: Shape) -> u32 {
    assert!(shape.is_vector() && shape != Shape::V128);
    16 / shape.lane_bytes()
}

impl Emit for Checker<'_> {
    type Value = Value;
    type Frame = Frame;

    fn location(&mut self, module_offset: u32) {
        assert!((self.offset..self.end).contains(&module_offset));
        self.offset = module_offset;
    }

    fn constant(&mut self, value: Const) -> Value {
        self.give(match value {
            Const::I32(_) => Type::I32,
            Const::I64(_) => Type::I64,
            Const::F32(_) => Type::F32,
            Const::F64(_) => Type::F64,
            Const::V128(_) => Type::V128,
        })
    }
    fn unary(&mut self, _: Unary, shape: Shape, a: Value) -> Value {
        self.take(a, of(shape));
        self.give(of(shape))
    }
    fn test(&mut self, _: Test, shape: Shape, a: Value) -> Value {
        self.take(a, of(shape));
        self.give(Type::I32)
    }
    fn binary(&mut self, _: Binary, shape: Shape, a: Value, b: Value) -> Value {
        self.take_all(&[a, b], &[of(shape); 2]);
        assert!(a.number != b.number);
        self.give(of(shape))
    }
    fn compare(&mut self, _: Compare, shape: Shape, a: Value, b: Value) -> Value {
        self.take_all(&[a, b], &[of(shape); 2]);
        self.give(if shape.is_vector() {
            Type::V128
        } else {
            Type::I32
        })
    }
    fn shift(&mut self, _: Shift, shape: Shape, a: Value, by: Value) -> Value {
        self.take_all(&[a, by], &[Type::V128, Type::I32]);
        lanes(shape);
        self.give(Type::V128)
    }
    fn convert(&mut self, _: Convert, from: Shape, to: Shape, a: Value) -> Value {
        self.take(a, of(from));
        assert_ne!(from, to);
        self.give(of(to))
    }
    fn select(&mut self, ty: Type, condition: Value, a: Value, b: Value) -> Value {
        self.take_all(&[condition, a, b], &[Type::I32, ty, ty]);
        self.give(ty)
    }
    fn splat(&mut self, shape: Shape, a: Value) -> Value {
        self.take(a, scalar(shape));
        self.give(Type::V128)
    }
    fn extract_lane(&mut self, shape: Shape, extend: LaneExtend, lane: u8, a: Value) -> Value {
        self.take(a, Type::V128);
        assert!(u32::from(lane) < lanes(shape));
        let narrow = matches!(shape, Shape::I8x16 | Shape::I16x8);
        assert_eq!(narrow, extend != LaneExtend::None);
        self.give(scalar(shape))
    }
    fn replace_lane(&mut self, shape: Shape, lane: u8, a: Value, value: Value) -> Value {
        self.take_all(&[a, value], &[Type::V128, scalar(shape)]);
        assert!(u32::from(lane) < lanes(shape));
        self.give(Type::V128)
    }
    fn shuffle(&mut self, lanes: [u8; 16], a: Value, b: Value) -> Value {
        self.take_all(&[a, b], &[Type::V128; 2]);
        assert!(lanes.iter().all(|lane| *lane < 32));
        self.give(Type::V128)
    }
    fn bitselect(&mut self, a: Value, b: Value, mask: Value) -> Value {
        self.take_all(&[a, b, mask], &[Type::V128; 3]);
        self.give(Type::V128)
    }

    fn load(&mut self, op: Load, shape: Shape, arg: MemoryArg, address: Value) -> Value {
        self.access(arg, op.bytes(shape), address);
        self.give(of(shape))
    }
    fn store(&mut self, op: Store, shape: Shape, arg: MemoryArg, address: Value, value: Value) {
        self.hook();
        self.access(arg, op.bytes(shape), address);
        self.take(value, of(shape));
    }
    fn load_lane(&mut self, shape: Shape, lane: u8, arg: MemoryArg, at: Value, v: Value) -> Value {
        self.access(arg, shape.lane_bytes(), at);
        self.take(v, Type::V128);
        assert!(u32::from(lane) < lanes(shape));
        self.give(Type::V128)
    }
    fn store_lane(&mut self, shape: Shape, lane: u8, arg: MemoryArg, address: Value, v: Value) {
        self.hook();
        self.access(arg, shape.lane_bytes(), address);
        self.take(v, Type::V128);
        assert!(u32::from(lane) < lanes(shape));
    }
    fn memory_size(&mut self, memory: MemoryIndex) -> Value {
        self.memory(memory);
        self.give(Type::I32)
    }
    fn memory_grow(&mut self, memory: MemoryIndex, delta: Value) -> Value {
        self.memory(memory);
        self.take(delta, Type::I32);
        self.give(Type::I32)
    }
    fn memory_copy(&mut self, to: MemoryIndex, from: MemoryIndex, a: Value, b: Value, n: Value) {
        self.hook();
        self.memory(to);
        self.memory(from);
        self.take_indices([a, b, n]);
    }
    fn memory_fill(&mut self, memory: MemoryIndex, offset: Value, byte: Value, length: Value) {
        self.hook();
        self.memory(memory);
        self.take_indices([offset, byte, length]);
    }
    fn memory_init(&mut self, to: MemoryIndex, from: DataIndex, a: Value, b: Value, n: Value) {
        self.hook();
        self.memory(to);
        assert!(self.module.data_segments.is_valid(from));
        self.take_indices([a, b, n]);
    }
    fn data_drop(&mut self, segment: DataIndex) {
        self.hook();
        assert!(self.module.data_segments.is_valid(segment));
    }

    fn local_get(&mut self, local: u32) -> Value {
        self.give(self.local(local))
    }
    fn local_set(&mut self, local: u32, value: Value) {
        self.hook();
        self.take(value, self.local(local));
    }
    fn local_tee(&mut self, local: u32, value: Value) -> Value {
        self.take(value, self.local(local));
        self.give(value.ty)
    }
    fn global_get(&mut self, global: GlobalIndex) -> Value {
        self.give(self.module.globals[global].ty)
    }
    fn global_set(&mut self, global: GlobalIndex, value: Value) {
        self.hook();
        assert!(self.module.globals[global].mutability.is_mutable());
        self.take(value, self.module.globals[global].ty);
    }
    fn drop(&mut self, value: Value) {
        self.hook();
        self.take(value, value.ty);
    }

    fn ref_null(&mut self, ty: Type) -> Value {
        assert!(ty.is_ref());
        self.give(ty)
    }
    fn ref_is_null(&mut self, ty: Type, reference: Value) -> Value {
        assert!(ty.is_ref());
        self.take(reference, ty);
        self.give(Type::I32)
    }
    fn ref_func(&mut self, function: FunctionIndex) -> Value {
        let escaping = &self.module.escaping_functions;
        assert!(escaping.binary_search(&function).is_ok());
        self.give(Type::FuncRef)
    }
    fn table_get(&mut self, table: TableIndex, index: Value) -> Value {
        self.take(index, Type::I32);
        self.give(self.module.tables[table].ty)
    }
    fn table_set(&mut self, table: TableIndex, index: Value, value: Value) {
        self.hook();
        self.take_all(&[index, value], &[Type::I32, self.module.tables[table].ty]);
    }
    fn table_size(&mut self, table: TableIndex) -> Value {
        assert!(self.module.tables.is_valid(table));
        self.give(Type::I32)
    }
    fn table_grow(&mut self, table: TableIndex, value: Value, delta: Value) -> Value {
        self.take_all(&[value, delta], &[self.module.tables[table].ty, Type::I32]);
        self.give(Type::I32)
    }
    fn table_fill(&mut self, table: TableIndex, offset: Value, value: Value, length: Value) {
        self.hook();
        let ty = self.module.tables[table].ty;
        self.take_all(&[offset, value, length], &[Type::I32, ty, Type::I32]);
    }
    fn table_copy(&mut self, to: TableIndex, from: TableIndex, a: Value, b: Value, n: Value) {
        self.hook();
        assert_eq!(self.module.tables[to].ty, self.module.tables[from].ty);
        self.take_indices([a, b, n]);
    }
    fn table_init(&mut self, to: TableIndex, from: ElemIndex, a: Value, b: Value, n: Value) {
        self.hook();
        let from = &self.module.element_segments[from];
        assert_eq!(self.module.tables[to].ty, from.ty);
        self.take_indices([a, b, n]);
    }
    fn elem_drop(&mut self, segment: ElemIndex) {
        self.hook();
        assert!(self.module.element_segments.is_valid(segment));
    }

    fn call(&mut self, function: FunctionIndex, args: &[Value], results: &mut Vec<Value>) {
        self.hook();
        let ty = self.module.function_type(function);
        self.take_all(args, ty.params());
        self.fresh_all(ty.results(), results);
    }
    fn call_indirect(
        &mut self,
        ty: SignatureIndex,
        table: TableIndex,
        index: Value,
        args: &[Value],
        results: &mut Vec<Value>,
    ) {
        self.hook();
        assert_eq!(self.module.tables[table].ty, Type::FuncRef);
        let ty = &self.module.signatures[ty];
        self.take(index, Type::I32);
        self.take_all(args, ty.params());
        self.fresh_all(ty.results(), results);
    }

    fn function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Frame {
        assert_eq!(self.hooks, 0);
        assert_eq!(ty, self.module.function_type(self.index));
        assert!(locals.iter().all(|run| run.count > 0));
        self.locals = locals.to_vec();
        self.open(FrameKind::Function, ty.results())
    }
    fn block(&mut self, _params: &[Type], results: &[Type]) -> Frame {
        self.open(FrameKind::Block, results)
    }
    fn loop_(&mut self, params: &[Type], values: &mut [Value]) -> Frame {
        self.take_all(values, params);
        for value in values {
            *value = self.fresh(value.ty);
        }
        self.open(FrameKind::Loop, params)
    }
    fn if_(&mut self, condition: Value, _params: &[Type], results: &[Type]) -> Frame {
        self.take(condition, Type::I32);
        self.open(FrameKind::If, results)
    }
    fn else_(&mut self, frame: &mut Frame, results: Option<&[Value]>) {
        self.hook();
        assert_eq!((frame.kind, frame.depth), (FrameKind::If, self.open));
        frame.kind = FrameKind::Else;
        if let Some(results) = results {
            self.take_all(results, &frame.branch);
            frame.branched_to = true;
        }
    }
    fn end(&mut self, frame: Frame, end: FrameEnd<'_, Value>, results: &mut Vec<Value>) {
        self.hook();
        assert_eq!((frame.kind, frame.depth), (end.kind, self.open));
        self.open -= 1;
        if frame.kind == FrameKind::Loop {
            assert!(!end.branched_to && end.otherwise.is_none());
            results.extend_from_slice(end.fallthrough.unwrap_or_default());
            return;
        }
        assert_eq!(frame.branched_to, end.branched_to);
        assert_eq!(end.otherwise.is_some(), frame.kind == FrameKind::If);
        for values in [end.fallthrough, end.otherwise].into_iter().flatten() {
            self.take_all(values, &frame.branch);
        }
        if frame.kind == FrameKind::Function {
            self.ended = true;
        } else if end.is_live() {
            self.fresh_all(&frame.branch, results);
        }
    }
    fn br(&mut self, to: &mut Frame, args: &[Value]) {
        self.hook();
        self.branch(to, args);
    }
    fn br_if(&mut self, condition: Value, to: &mut Frame, args: &[Value]) {
        self.hook();
        self.take(condition, Type::I32);
        self.branch(to, args);
    }
    fn br_table(&mut self, index: Value, targets: BranchTargets<'_, Frame>, args: &[Value]) {
        self.hook();
        self.take(index, Type::I32);
        assert!(!targets.cases.is_empty());
        for case in targets.cases {
            let to = targets.frames.frame(*case);
            assert_eq!(to.depth, case + 1);
            self.branch(to, args);
        }
    }
    fn unreachable(&mut self) {
        self.hook();
    }
}
