//! Blocks, loops and branches.
//!
//! The block behind a frame's end exists only if something branches there; its parameters are the frame's results. A
//! block is sealed (all its predecessors are known) as soon as the driver ends the frame; the parts of an `if` at once.

use cranelift_codegen::ir::{
    self, Block, BlockArg, BlockCall, InstBuilder, JumpTableData, StackSlotData, StackSlotKind,
    Value,
};
use std::collections::HashMap;
use wasmill_abi::TrapCode;
use wasmill_compiler::{BranchTargets, FrameEnd, FrameKind, LocalRun};
use wasmill_types::{FunctionType, Type};

use crate::translator::{Arguments, LocalPlace, Locals, Translator, Types};
use crate::traps;
use crate::types::{POINTER, value_type};

/// `br_table`s with at most this many cases before the default become comparisons: cheaper than a table's bounds check
/// and indirect jump.
const MAX_COMPARED_CASES: usize = 2;

/// Our part of a control frame.
pub(crate) struct Frame {
    /// The types of its results.
    results: Types,
    /// Whether this is a function's own.
    function: bool,
    /// Where a branch goes: a loop's start, otherwise the block behind the end, once it exists.
    target: Option<Block>,
    /// The second part of an `if`, until it was started.
    otherwise: Option<Block>,
}

impl Frame {
    fn new(results: &[Type]) -> Self {
        Self {
            results: results.iter().map(|&ty| value_type(ty)).collect(),
            function: false,
            target: None,
            otherwise: None,
        }
    }
}

impl Translator<'_> {
    pub(super) fn emit_function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Frame {
        self.scope().first_local = self.tables.locals.len();
        let arguments = std::mem::take(&mut self.scope().arguments);
        for (&ty, value) in ty.params().iter().zip(arguments) {
            self.declare_local(ty, value);
        }
        for run in locals {
            let zero = self.zero(value_type(run.ty));
            for _ in 0..run.count {
                self.declare_local(run.ty, zero);
            }
        }
        Frame {
            function: true,
            ..Frame::new(ty.results())
        }
    }

    fn declare_local(&mut self, ty: Type, value: Value) {
        let ty = value_type(ty);
        let place = match self.locals {
            Locals::Values => LocalPlace::Variable(self.builder.declare_var(ty)),
            Locals::Frame => {
                let align = ty.bytes().trailing_zeros() as u8;
                let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, ty.bytes(), align);
                LocalPlace::Slot(self.builder.create_sized_stack_slot(slot))
            }
        };
        self.tables.locals.push((place, ty));
        let value = self.coerce(value, ty);
        self.define_local(place, value);
    }

    fn define_local(&mut self, place: LocalPlace, value: Value) {
        match place {
            LocalPlace::Variable(variable) => self.builder.def_var(variable, value),
            LocalPlace::Slot(slot) => {
                self.builder.ins().stack_store(POINTER, value, slot, 0);
            }
        }
    }

    pub(super) fn emit_local_get(&mut self, local: u32) -> Value {
        let (place, ty) = self.local(local);
        if self.failure.is_some() {
            // Nothing more may be made of this function.
            return self.zero(ty);
        }
        match place {
            LocalPlace::Variable(variable) => self.builder.use_var(variable),
            LocalPlace::Slot(slot) => self.builder.ins().stack_load(POINTER, ty, slot, 0),
        }
    }

    pub(super) fn emit_local_set(&mut self, local: u32, value: Value) -> Value {
        let (place, ty) = self.local(local);
        let value = self.coerce(value, ty);
        self.define_local(place, value);
        value
    }

    fn local(&mut self, local: u32) -> (LocalPlace, ir::Type) {
        let first = self.scope().first_local;
        self.tables.locals[first + local as usize]
    }

    pub(super) fn emit_block(&mut self, results: &[Type]) -> Frame {
        Frame::new(results)
    }

    pub(super) fn emit_loop(&mut self, params: &[Type], values: &mut [Value]) -> Frame {
        let head = self.builder.create_block();
        for &ty in params {
            self.builder.append_block_param(head, value_type(ty));
        }
        self.jump(head, values);
        self.builder.switch_to_block(head);
        self.enter_loop();
        values.copy_from_slice(self.builder.block_params(head));
        Frame {
            target: Some(head),
            ..Frame::new(&[])
        }
    }

    pub(super) fn emit_if(&mut self, condition: Value, results: &[Type]) -> Frame {
        let then = self.builder.create_block();
        let otherwise = self.builder.create_block();
        self.builder
            .ins()
            .brif(condition, then, &[], otherwise, &[]);
        self.builder.seal_block(then);
        self.builder.seal_block(otherwise);
        self.builder.switch_to_block(then);
        Frame {
            otherwise: Some(otherwise),
            ..Frame::new(results)
        }
    }

    pub(super) fn emit_else(&mut self, frame: &mut Frame, results: Option<&[Value]>) {
        if let Some(results) = results {
            let target = self.target(frame);
            self.jump(target, results);
        }
        self.start_otherwise(frame);
    }

    fn start_otherwise(&mut self, frame: &mut Frame) {
        let otherwise = frame.otherwise.take();
        let otherwise = otherwise.expect("an `if` has one second part");
        self.builder.switch_to_block(otherwise);
    }

    pub(super) fn emit_end(
        &mut self,
        mut frame: Frame,
        end: FrameEnd<'_, Value>,
        results: &mut Vec<Value>,
    ) {
        if end.kind == FrameKind::Loop {
            let head = frame.target.expect("a loop has its start from the start");
            self.builder.seal_block(head);
            self.loop_depth -= 1;
            results.extend(end.fallthrough.into_iter().flatten());
            return;
        }
        if let Some(values) = end.otherwise {
            let target = self.target(&mut frame);
            if let Some(values) = end.fallthrough {
                self.jump(target, values);
            }
            self.start_otherwise(&mut frame);
            self.jump(target, values);
        } else if let Some(values) = end.fallthrough {
            match frame.target {
                Some(target) => self.jump(target, values),
                // Nothing else comes here: the code behind goes on in the same block.
                None if frame.function => return self.leave_function(values),
                None => return results.extend_from_slice(values),
            }
        }
        let Some(target) = frame.target else { return };
        self.builder.seal_block(target);
        self.builder.switch_to_block(target);
        if frame.function {
            let values = self.builder.block_params(target).to_vec();
            self.leave_function(&values);
        } else {
            results.extend_from_slice(self.builder.block_params(target));
        }
    }

    /// The end of a function: returns its results, or hands them to the call that it replaces.
    fn leave_function(&mut self, results: &[Value]) {
        if self.is_inlining() {
            self.scope().results = Some(results.to_vec());
        } else {
            self.return_(results);
        }
    }

    pub(super) fn emit_br(&mut self, to: &mut Frame, args: &[Value]) {
        if to.function && !self.is_inlining() {
            self.return_(args);
        } else {
            let target = self.target(to);
            self.jump(target, args);
        }
    }

    pub(super) fn emit_br_if(&mut self, condition: Value, to: &mut Frame, args: &[Value]) {
        let target = self.target(to);
        let args = self.arguments(target, args);
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, target, &args, next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    pub(super) fn emit_br_table(
        &mut self,
        index: Value,
        targets: BranchTargets<'_, Frame>,
        args: &[Value],
    ) {
        let index = self.coerce(index, ir::types::I32);
        // With arguments, each target gets one block that passes them on: the table's entries stay small.
        let mut direct: HashMap<u32, Block> = HashMap::new();
        let mut passing: Vec<(Block, Block)> = Vec::new();
        let mut blocks: Vec<Block> = Vec::with_capacity(targets.cases.len());
        for &case in targets.cases {
            let block = *direct.entry(case).or_insert_with(|| {
                let target = self.target(targets.frames.frame(case));
                if args.is_empty() {
                    return target;
                }
                let block = self.builder.create_block();
                passing.push((block, target));
                block
            });
            blocks.push(block);
        }
        let default = blocks.pop().expect("the default is always there");
        self.dispatch(index, &blocks, default);
        for (block, target) in passing {
            self.builder.seal_block(block);
            self.builder.switch_to_block(block);
            self.jump(target, args);
        }
    }

    fn dispatch(&mut self, index: Value, cases: &[Block], default: Block) {
        if cases.len() > MAX_COMPARED_CASES {
            let pool = &mut self.builder.func.dfg.value_lists;
            let call = |block: Block, pool: &mut _| BlockCall::new(block, [], pool);
            let default = call(default, pool);
            let cases: Vec<BlockCall> = cases.iter().map(|&block| call(block, pool)).collect();
            let table = self
                .builder
                .create_jump_table(JumpTableData::new(default, &cases));
            self.builder.ins().br_table(index, table);
            return;
        }
        for (number, &block) in cases.iter().enumerate() {
            let equal = ir::condcodes::IntCC::Equal;
            let is_case = self.builder.ins().icmp_imm_u(equal, index, number as i64);
            let next = self.builder.create_block();
            self.builder.ins().brif(is_case, block, &[], next, &[]);
            self.builder.seal_block(next);
            self.builder.switch_to_block(next);
        }
        self.builder.ins().jump(default, &[]);
    }

    pub(super) fn emit_unreachable(&mut self) {
        // Whoever comes here was not expected to: keep the block out of the way of the others.
        if let Some(block) = self.builder.current_block()
            && block != self.entry
        {
            self.builder.set_cold_block(block);
        }
        let code = traps::to_cranelift(TrapCode::UnreachableCodeReached);
        self.builder.ins().trap(code);
    }

    /// The block that a branch to a frame goes to.
    fn target(&mut self, frame: &mut Frame) -> Block {
        *frame.target.get_or_insert_with(|| {
            let block = self.builder.create_block();
            for &ty in &frame.results {
                self.builder.append_block_param(block, ty);
            }
            block
        })
    }

    fn jump(&mut self, target: Block, args: &[Value]) {
        let args = self.arguments(target, args);
        self.builder.ins().jump(target, &args);
    }

    /// Values in the types that a block's parameters have.
    fn arguments(&mut self, target: Block, values: &[Value]) -> Arguments {
        let mut arguments = Arguments::new();
        for (nth, &value) in values.iter().enumerate() {
            let param = self.builder.block_params(target)[nth];
            let value = self.coerce(value, self.type_of(param));
            arguments.push(BlockArg::Value(value));
        }
        arguments
    }
}
