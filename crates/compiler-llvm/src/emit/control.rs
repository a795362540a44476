//! Blocks, loops and branches.
//!
//! The block behind a frame's end exists only if something branches there; it starts with a phi for each of the frame's
//! results. Branches back to the start of an innermost loop say so, once the loop has ended.

use std::collections::HashMap;

use inkwell::basic_block::BasicBlock;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValue, InstructionValue, PhiValue};
use wasmill_abi::TrapCode;
use wasmill_compiler::{BranchTargets, FrameEnd, FrameKind, LocalRun};
use wasmill_types::{FunctionType, Type};

use super::Value;
use crate::translator::{Translator, built};

/// Our part of a control frame.
pub(crate) struct Frame<'ctx> {
    /// The types of what a branch brings.
    arity: Vec<BasicTypeEnum<'ctx>>,
    /// Whether this is the function's own.
    function: bool,
    /// Where a branch goes: a loop's start, otherwise the block behind the end, once it exists.
    target: Option<Target<'ctx>>,
    /// The second part of an `if`, until it was started.
    otherwise: Option<BasicBlock<'ctx>>,
}

/// A block and the values that it takes.
#[derive(Clone)]
struct Target<'ctx> {
    block: BasicBlock<'ctx>,
    phis: Vec<PhiValue<'ctx>>,
    /// The loop that starts there: so many are around it.
    depth: Option<usize>,
}

/// A loop that has not ended yet.
pub(crate) struct OpenLoop<'ctx> {
    /// Whether no loop was met in it.
    innermost: bool,
    /// The branches to its start.
    branches: Vec<InstructionValue<'ctx>>,
}

impl<'ctx> Target<'ctx> {
    fn values(&self) -> impl Iterator<Item = Value<'ctx>> {
        self.phis.iter().map(|phi| phi.as_basic_value())
    }
}

impl<'ctx> Translator<'_, 'ctx> {
    fn frame(&self, results: &[Type]) -> Frame<'ctx> {
        Frame {
            arity: results.iter().map(|&ty| self.types.value(ty)).collect(),
            function: false,
            target: None,
            otherwise: None,
        }
    }

    pub(super) fn emit_function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Frame<'ctx> {
        for (nth, &ty) in ty.params().iter().enumerate() {
            let value = self.parameter(nth);
            self.declare_local(ty, value);
        }
        for run in locals {
            let zero = self.types.value(run.ty).const_zero();
            for _ in 0..run.count {
                self.declare_local(run.ty, zero);
            }
        }
        Frame {
            function: true,
            ..self.frame(ty.results())
        }
    }

    fn declare_local(&mut self, ty: Type, value: Value<'ctx>) {
        let ty = self.types.value(ty);
        let align = if ty.is_vector_type() { 16 } else { 8 };
        let slot = self.slot(ty, align);
        self.locals.push((slot, ty));
        built(self.builder.build_store(slot, value));
    }

    pub(super) fn emit_local_get(&mut self, local: u32) -> Value<'ctx> {
        let (slot, ty) = self.locals[local as usize];
        built(self.builder.build_load(ty, slot, ""))
    }

    pub(super) fn emit_local_set(&mut self, local: u32, value: Value<'ctx>) -> Value<'ctx> {
        let (slot, ty) = self.locals[local as usize];
        built(self.builder.build_store(slot, self.coerce(value, ty)));
        value
    }

    pub(super) fn emit_block(&mut self, results: &[Type]) -> Frame<'ctx> {
        self.frame(results)
    }

    pub(super) fn emit_loop(&mut self, params: &[Type], values: &mut [Value<'ctx>]) -> Frame<'ctx> {
        self.extent.enter(FrameKind::Loop);
        let mut frame = self.frame(params);
        let mut head = self.target(&mut frame);
        self.jump(&head, values);
        head.depth = Some(self.enter_loop());
        frame.target = Some(head.clone());
        self.builder.position_at_end(head.block);
        for (value, param) in values.iter_mut().zip(head.values()) {
            *value = param;
        }
        frame
    }

    fn enter_loop(&mut self) -> usize {
        if let Some(around) = self.loops.last_mut() {
            around.innermost = false;
        }
        self.loops.push(OpenLoop {
            innermost: true,
            branches: Vec::new(),
        });
        self.loops.len() - 1
    }

    fn leave_loop(&mut self) {
        let ended = self.loops.pop().expect("one started");
        if ended.innermost {
            self.unit.metadata.set_innermost(&ended.branches);
        }
    }

    /// A branch goes to a target, among others.
    fn note_branch(&mut self, branch: InstructionValue<'ctx>, to: &Target<'ctx>) {
        if let Some(depth) = to.depth {
            self.loops[depth].branches.push(branch);
        }
    }

    pub(super) fn emit_if(&mut self, condition: Value<'ctx>, results: &[Type]) -> Frame<'ctx> {
        self.extent.enter(FrameKind::If);
        let (then, otherwise) = (self.new_block(), self.new_block());
        let condition = self.condition(condition);
        built(
            self.builder
                .build_conditional_branch(condition, then, otherwise),
        );
        self.builder.position_at_end(then);
        Frame {
            otherwise: Some(otherwise),
            ..self.frame(results)
        }
    }

    pub(super) fn emit_else(&mut self, frame: &mut Frame<'ctx>, results: Option<&[Value<'ctx>]>) {
        if let Some(results) = results {
            let target = self.target(frame);
            self.jump(&target, results);
        }
        self.start_otherwise(frame);
    }

    fn start_otherwise(&mut self, frame: &mut Frame<'ctx>) {
        let otherwise = frame.otherwise.take();
        let otherwise = otherwise.expect("an `if` has one second part");
        self.builder.position_at_end(otherwise);
    }

    pub(super) fn emit_end(
        &mut self,
        mut frame: Frame<'ctx>,
        end: FrameEnd<'_, Value<'ctx>>,
        results: &mut Vec<Value<'ctx>>,
    ) {
        self.extent.leave(end.kind);
        if end.kind == FrameKind::Loop {
            self.leave_loop();
            results.extend(end.fallthrough.into_iter().flatten());
            return;
        }
        if let Some(values) = end.otherwise {
            let target = self.target(&mut frame);
            if let Some(values) = end.fallthrough {
                self.jump(&target, values);
            }
            self.start_otherwise(&mut frame);
            self.jump(&target, values);
        } else if let Some(values) = end.fallthrough {
            match &frame.target {
                Some(target) => self.jump(target, values),
                // Nothing else comes here: the code behind goes on in the same block.
                None if frame.function => return self.return_(values),
                None => return results.extend_from_slice(values),
            }
        }
        let Some(target) = frame.target else { return };
        self.builder.position_at_end(target.block);
        if frame.function {
            let values: Vec<_> = target.values().collect();
            self.return_(&values);
        } else {
            results.extend(target.values());
        }
    }

    pub(super) fn emit_br(&mut self, to: &mut Frame<'ctx>, args: &[Value<'ctx>]) {
        if to.function {
            self.return_(args);
        } else {
            let target = self.target(to);
            self.jump(&target, args);
        }
    }

    pub(super) fn emit_br_if(
        &mut self,
        condition: Value<'ctx>,
        to: &mut Frame<'ctx>,
        args: &[Value<'ctx>],
    ) {
        let condition = self.condition(condition);
        let target = self.target(to);
        self.pass(&target, args);
        let next = self.new_block();
        let branch = built(
            self.builder
                .build_conditional_branch(condition, target.block, next),
        );
        self.note_branch(branch, &target);
        self.builder.position_at_end(next);
    }

    pub(super) fn emit_br_table(
        &mut self,
        index: Value<'ctx>,
        targets: BranchTargets<'_, Frame<'ctx>>,
        args: &[Value<'ctx>],
    ) {
        let index = self.i32(index);
        // A target may occur any number of times, and a phi wants as many entries: one block of its own passes the arguments on.
        let mut direct: HashMap<u32, BasicBlock<'ctx>> = HashMap::new();
        let mut passing: Vec<(BasicBlock<'ctx>, Target<'ctx>)> = Vec::new();
        let mut reached: Vec<Target<'ctx>> = Vec::new();
        let mut blocks: Vec<BasicBlock<'ctx>> = Vec::with_capacity(targets.cases.len());
        for &case in targets.cases {
            let block = *direct.entry(case).or_insert_with(|| {
                let target = self.target(targets.frames.frame(case));
                if args.is_empty() {
                    let block = target.block;
                    reached.push(target);
                    return block;
                }
                let block = self.new_block();
                passing.push((block, target));
                block
            });
            blocks.push(block);
        }
        let default = blocks.pop().expect("the default is always there");
        let cases = blocks.iter().enumerate();
        // What goes to the default anyway needs no case.
        let cases = cases.filter(|(_, block)| **block != default);
        let cases: Vec<_> = cases
            .map(|(number, &block)| (self.number(number as u32), block))
            .collect();
        let switch = built(self.builder.build_switch(index, default, &cases));
        for target in reached {
            self.note_branch(switch, &target);
        }
        for (block, target) in passing {
            self.builder.position_at_end(block);
            self.jump(&target, args);
        }
    }

    pub(super) fn emit_unreachable(&mut self) {
        self.trap(TrapCode::UnreachableCodeReached);
    }

    /// Where a branch to a frame goes.
    fn target(&self, frame: &mut Frame<'ctx>) -> Target<'ctx> {
        let make = || {
            let here = self.current_block();
            let block = self.new_block();
            self.builder.position_at_end(block);
            let phis = frame
                .arity
                .iter()
                .map(|&ty| built(self.builder.build_phi(ty, "")));
            let phis = phis.collect();
            self.builder.position_at_end(here);
            Target {
                block,
                phis,
                depth: None,
            }
        };
        frame.target.get_or_insert_with(make).clone()
    }

    fn jump(&mut self, target: &Target<'ctx>, args: &[Value<'ctx>]) {
        self.pass(target, args);
        let branch = built(self.builder.build_unconditional_branch(target.block));
        self.note_branch(branch, target);
    }

    /// Gives a target the values that come from the current block.
    fn pass(&self, target: &Target<'ctx>, args: &[Value<'ctx>]) {
        for (phi, &value) in target.phis.iter().zip(args) {
            let value = self.coerce(value, phi.as_basic_value().get_type());
            phi.add_incoming(&[(&value as &dyn BasicValue<'ctx>, self.current_block())]);
        }
    }
}
