//! A copy of a loop, for when all its accesses are in bounds.
//!
//! Its accesses are not volatile: LLVM may combine them, move them within the loop and make vectors of them. What comes after
//! the loop may trap, so all that was written must be in memory where it is left: a fence, which is no instruction, stands there.

use std::collections::HashMap;

use inkwell::AtomicOrdering;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{
    AnyValue, BasicValue, BasicValueEnum, FunctionValue, InstructionOpcode, InstructionValue,
    IntValue, PhiValue, PointerValue,
};

use super::apart::Scopes;
use super::find::Loop;
use super::range::{Access, Extent, Range, Spot};
use crate::translator::built;
use crate::unit::Unit;

/// What is copied, and what is known of it.
pub(super) struct Plan<'a, 'ctx> {
    pub(super) unit: &'a Unit<'ctx>,
    pub(super) function: FunctionValue<'ctx>,
    pub(super) inner: &'a Loop<'ctx>,
    pub(super) accesses: &'a [Access<'ctx>],
    pub(super) ranges: &'a [Range<'ctx>],
    pub(super) spots: &'a [Spot],
    pub(super) extents: &'a [Extent<'ctx>],
    pub(super) scopes: &'a Scopes<'ctx>,
}

/// Writes a copy; gives the block that leads into it.
pub(super) fn copy<'ctx>(plan: &Plan<'_, 'ctx>) -> BasicBlock<'ctx> {
    let preheader = plan.block();
    let blocks = plan.inner.blocks.iter().copied();
    let mut copy = Copy {
        plan,
        preheader,
        blocks: blocks.map(|block| (block, plan.block())).collect(),
        values: HashMap::new(),
        distances: Vec::new(),
        pointers: Vec::new(),
    };
    let starts = copy.enter();
    for &block in &plan.inner.blocks {
        copy.instructions(block, &starts);
    }
    for &block in &plan.inner.blocks {
        copy.close(block);
    }
    preheader
}

impl<'ctx> Plan<'_, 'ctx> {
    fn block(&self) -> BasicBlock<'ctx> {
        self.unit.context.append_basic_block(self.function, "")
    }

    fn access(&self, instruction: InstructionValue<'ctx>) -> Option<(&Access<'ctx>, Spot)> {
        let mut all = self.accesses.iter().zip(self.spots);
        let (access, spot) = all.find(|(access, _)| access.instruction == instruction)?;
        Some((access, *spot))
    }

    /// What is written from now on belongs where an instruction does.
    fn locate(&self, instruction: InstructionValue<'ctx>) {
        match instruction.get_debug_location() {
            Some(location) => self.unit.builder.set_current_debug_location(location),
            None => self.unit.builder.unset_current_debug_location(),
        }
    }
}

struct Copy<'a, 'ctx> {
    plan: &'a Plan<'a, 'ctx>,
    preheader: BasicBlock<'ctx>,
    /// From the loop's blocks and values to its own.
    blocks: HashMap<BasicBlock<'ctx>, BasicBlock<'ctx>>,
    values: HashMap<BasicValueEnum<'ctx>, BasicValueEnum<'ctx>>,
    /// How far the rounds have come, for each step that ranges have.
    distances: Vec<(i64, PhiValue<'ctx>)>,
    /// Where the ranges are in the current round.
    pointers: Vec<PointerValue<'ctx>>,
}

impl<'ctx> Copy<'_, 'ctx> {
    /// Writes the block before the first round, and what counts the rounds. Gives where the ranges start.
    fn enter(&mut self) -> Vec<PointerValue<'ctx>> {
        let Plan {
            unit,
            inner,
            ranges,
            extents,
            ..
        } = *self.plan;
        let (builder, types) = (&unit.builder, unit.types);
        builder.position_at_end(self.preheader);
        self.plan.scopes.declare(unit);
        let starts = ranges.iter().zip(extents);
        let starts = starts
            .map(|(range, extent)| unit.add_offset(range.base, extent.first))
            .collect();
        let header = self.blocks[&inner.header];
        built(builder.build_unconditional_branch(header));
        builder.position_at_end(header);
        for step in ranges.iter().map(Range::step) {
            if step != 0 && self.distance(step).is_none() {
                let phi = built(builder.build_phi(types.i64, ""));
                phi.add_incoming(&[(&types.i64.const_zero(), self.preheader)]);
                self.distances.push((step, phi));
            }
        }
        starts
    }

    fn distance(&self, step: i64) -> Option<IntValue<'ctx>> {
        let mut distances = self.distances.iter();
        let (_, phi) = distances.find(|(other, _)| *other == step)?;
        Some(phi.as_basic_value().into_int_value())
    }

    /// Copies what a block does; its phis get their values, and it its end, when all blocks are there.
    fn instructions(&mut self, block: BasicBlock<'ctx>, starts: &[PointerValue<'ctx>]) {
        let unit = self.plan.unit;
        unit.builder.position_at_end(self.blocks[&block]);
        let all = || block.get_instructions();
        let is_phi = |instruction: &InstructionValue<'ctx>| {
            instruction.get_opcode() == InstructionOpcode::Phi
        };
        for phi in all().take_while(is_phi) {
            self.plan.locate(phi);
            let phi: PhiValue<'ctx> = phi.try_into().expect("a phi");
            let value = phi.as_basic_value();
            let copy = built(unit.builder.build_phi(value.get_type(), ""));
            self.values.insert(value, copy.as_basic_value());
        }
        if block == self.plan.inner.header {
            for (range, &start) in self.plan.ranges.iter().zip(starts) {
                let distance = self.distance(range.step());
                let pointer = distance.map(|distance| unit.add_offset(start, distance));
                self.pointers.push(pointer.unwrap_or(start));
            }
        }
        for instruction in all().skip_while(is_phi) {
            if !instruction.is_terminator() {
                self.instruction(instruction);
            }
        }
    }

    fn instruction(&mut self, instruction: InstructionValue<'ctx>) {
        let unit = self.plan.unit;
        self.plan.locate(instruction);
        let access = self.plan.access(instruction);
        let pointer = access.map(|(access, spot)| {
            let pointer = unit.at(self.pointers[spot.range], spot.offset);
            (access.pointer_operand(), pointer, spot.range)
        });
        let copy = instruction.explicit_clone();
        unit.builder.insert_instruction(&copy, None);
        for (nth, operand) in (0..).zip(instruction.get_operands()) {
            let value = operand.and_then(|operand| operand.value());
            if let Some(new) = value.and_then(|value| self.values.get(&value)) {
                copy.set_operand(nth, *new);
            }
        }
        if let Some((nth, pointer, range)) = pointer {
            copy.set_operand(nth, pointer);
            self.plan.scopes.describe(copy, range, unit);
            copy.set_volatile(false).expect("an access to memory");
        }
        if let Some(value) = as_value(instruction).zip(as_value(copy)) {
            self.values.insert(value.0, value.1);
        }
    }

    /// Ends a block as the loop's does, and gives its phis their values.
    fn close(&self, block: BasicBlock<'ctx>) {
        let Plan { unit, inner, .. } = *self.plan;
        let builder = &unit.builder;
        let terminator = block.get_terminator().expect("it was looked at");
        let end = |terminator| {
            builder.position_at_end(self.blocks[&block]);
            self.plan.locate(terminator);
        };
        if block == inner.latch {
            end(terminator);
            for (step, phi) in &self.distances {
                let step = unit.types.i64.const_int(*step as u64, true);
                let value = phi.as_basic_value().into_int_value();
                let next = built(builder.build_int_add(value, step, ""));
                phi.add_incoming(&[(&next, self.blocks[&block])]);
            }
        }
        let operand = |nth| terminator.get_operand(nth).expect("it was looked at");
        if terminator.get_num_operands() == 1 {
            let target = self.target(block, operand(0).unwrap_block());
            end(terminator);
            built(builder.build_unconditional_branch(target));
        } else {
            let [otherwise, then] =
                [1, 2].map(|nth| self.target(block, operand(nth).unwrap_block()));
            end(terminator);
            let condition = self.value(operand(0).unwrap_value()).into_int_value();
            built(builder.build_conditional_branch(condition, then, otherwise));
        }
        for phi in phis(block) {
            let copy = self.value(phi.as_basic_value()).as_instruction_value();
            let copy: PhiValue<'ctx> = copy.and_then(|phi| phi.try_into().ok()).expect("a phi");
            for (value, from) in phi.get_incomings() {
                let from = self.blocks.get(&from).copied().unwrap_or(self.preheader);
                copy.add_incoming(&[(&self.value(value), from)]);
            }
        }
    }

    fn value(&self, value: BasicValueEnum<'ctx>) -> BasicValueEnum<'ctx> {
        self.values.get(&value).copied().unwrap_or(value)
    }

    /// Where the copy of `from` goes instead of `to`: out of the loop, over a fence.
    fn target(&self, from: BasicBlock<'ctx>, to: BasicBlock<'ctx>) -> BasicBlock<'ctx> {
        if let Some(&block) = self.blocks.get(&to) {
            return block;
        }
        let builder = &self.plan.unit.builder;
        let way = self.plan.block();
        builder.position_at_end(way);
        builder.unset_current_debug_location();
        built(builder.build_fence(AtomicOrdering::SequentiallyConsistent, true, ""));
        built(builder.build_unconditional_branch(to));
        for phi in phis(to) {
            let mut incoming = phi.get_incomings();
            let (value, _) = incoming
                .find(|(_, block)| *block == from)
                .expect("an entry for each way");
            phi.add_incoming(&[(&self.value(value), way)]);
        }
        way
    }
}

/// The phis of a block.
fn phis<'ctx>(block: BasicBlock<'ctx>) -> impl Iterator<Item = PhiValue<'ctx>> {
    let instructions = block.get_instructions();
    instructions.map_while(|instruction| instruction.try_into().ok())
}

/// The value of an instruction that has one.
pub(super) fn as_value<'ctx>(instruction: InstructionValue<'ctx>) -> Option<BasicValueEnum<'ctx>> {
    instruction.as_any_value_enum().try_into().ok()
}
