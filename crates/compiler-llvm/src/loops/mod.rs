//! Loops over memory, checked once.
//!
//! Accesses that may fault are volatile, which keeps LLVM from making anything of a loop over an array. Where an innermost loop counts
//! and all its accesses move evenly, a check in front of it tells whether all of them, in all rounds, are in bounds. If so, a copy of the
//! loop runs whose accesses are ordinary ones, which no pass can tell from those of a C program; otherwise the loop as it was, which traps
//! where and as WebAssembly says. Whether the check fails is never wrong, only slow.
//!
//! ```text
//!                      guard                    `find`: loops; `affine`: what moves evenly
//!            in bounds /   \ not certain        `trips`: how often a loop goes round at most
//!                     ▼     ▼                   `range`: what it uses of memory
//!                  copy     loop                `apart`: what does not overlap
//!                fence │     │                   `guard`: the code before it; `copy`: the copy
//!                      ▼     ▼
//!                   what comes after
//! ```
//!
//! It runs between the passes that simplify and those that make vectors, and after these once more: a copy that they made nothing of
//! is dropped, since others hardly run faster than the loop. Like them it takes a time that grows with the code:
//! each loop, each block and each number is looked at a bounded number of times, and no loop becomes more than one copy.

mod affine;
mod apart;
mod copy;
mod find;
mod guard;
mod range;
#[cfg(test)]
mod tests;
mod trips;

use std::collections::HashMap;
use std::mem::offset_of;

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::basic_block::BasicBlock;
use inkwell::targets::TargetData;
use inkwell::types::{AnyType, AnyTypeEnum, BasicTypeEnum};
use inkwell::values::{
    AnyValueEnum, BasicValue, BasicValueEnum, BasicValueUse, CallSiteValue, FunctionValue,
    InstructionOpcode, InstructionValue, PhiValue, PointerValue,
};
use wasmill_abi::VMMemoryRef;
use wasmill_types::{EntityRef, MemoryIndex};

use self::affine::Analysis;
use self::apart::Scopes;
use self::copy::Plan;
use self::find::Loop;
use self::guard::Guard;
use self::range::Access;
use self::trips::Trips;
use crate::environment::Environment;
use crate::translator::built;
use crate::unit::Unit;

/// Instructions of the largest loop that is copied.
const MAX_INSTRUCTIONS: usize = 400;
/// Places that a value of the loop may go to outside: what LLVM makes has one for each way out.
const MAX_INCOMING: u32 = 64;

/// Gives loops of a unit that was simplified a copy without checks.
pub(crate) fn check_once(unit: &Unit<'_>, environment: &Environment<'_>, data: &TargetData) {
    let kind = Attribute::get_named_enum_kind_id("optnone");
    for function in unit.module.get_functions() {
        let is_left_alone = function
            .get_enum_attribute(AttributeLoc::Function, kind)
            .is_some();
        let context = context_parameter(function, environment);
        let Some(context) = context.filter(|_| !is_left_alone) else {
            continue;
        };
        let pass = Pass {
            unit,
            environment,
            data,
            function,
            context,
        };
        for inner in find::innermost(function) {
            pass.visit(&inner);
        }
    }
}

/// Drops those copies that LLVM made no vectors of: the others hardly run faster, and cost time and code.
pub(crate) fn drop_useless(unit: &Unit<'_>) {
    for function in unit.module.get_functions() {
        let ends = function.get_basic_block_iter();
        let ends = ends.filter_map(|block| block.get_terminator());
        let guards: Vec<_> = ends.filter(|end| unit.metadata.is_optional(*end)).collect();
        if guards.is_empty() {
            continue;
        }
        let loops = find::innermost(function);
        let ways_in = loops.iter().flat_map(|inner| {
            let blocks = [inner.preheader, inner.header];
            blocks.map(|block| (block, inner.latch))
        });
        let latches = ways_in.collect();
        for guard in guards {
            decide(unit, guard, &latches);
        }
    }
}

/// Keeps a copy or drops it; if it is kept, the loop is not made faster. `latches` has the innermost loops', by the blocks that lead to
/// these.
fn decide<'ctx>(
    unit: &Unit<'ctx>,
    guard: InstructionValue<'ctx>,
    latches: &HashMap<BasicBlock<'ctx>, BasicBlock<'ctx>>,
) -> Option<()> {
    let target = |nth| guard.get_operand(nth)?.block();
    // Conditional branches have their targets the other way round.
    let (copy, original) = (target(2)?, target(1)?);
    let branch_back = |block| latches.get(&block)?.get_terminator();
    // In front of a loop of vectors there are other blocks.
    let is_scalar = branch_back(copy).is_some_and(|branch| !unit.metadata.is_vectorized(branch));
    if is_scalar {
        unit.builder.position_before(&guard);
        built(unit.builder.build_unconditional_branch(original));
        guard.erase_from_basic_block();
    } else {
        unit.metadata.set_short(branch_back(original)?);
    }
    Some(())
}

/// The instance's context, which is told by what is promised of it. A function that does not use it may not have it any more.
fn context_parameter<'ctx>(
    function: FunctionValue<'ctx>,
    environment: &Environment<'_>,
) -> Option<PointerValue<'ctx>> {
    let kind = Attribute::get_named_enum_kind_id("dereferenceable");
    let size = u64::from(environment.info.layout.size());
    let attribute = function.get_enum_attribute(AttributeLoc::Param(0), kind)?;
    if attribute.get_enum_value() != size {
        return None;
    }
    match function.get_nth_param(0)? {
        BasicValueEnum::PointerValue(context) => Some(context),
        _ => None,
    }
}

struct Pass<'a, 'ctx> {
    unit: &'a Unit<'ctx>,
    environment: &'a Environment<'a>,
    data: &'a TargetData,
    function: FunctionValue<'ctx>,
    context: PointerValue<'ctx>,
}

impl<'ctx> Pass<'_, 'ctx> {
    fn visit(&self, inner: &Loop<'ctx>) -> Option<()> {
        let mut analysis = Analysis::new(inner);
        let accesses = self.accesses(inner, &mut analysis)?;
        if accesses.is_empty() || !is_closed(inner) {
            return None;
        }
        let trips = Trips::of(inner, &mut analysis)?;
        let (ranges, spots) = range::arrange(&accesses)?;
        let branch = inner.preheader.get_terminator()?;
        self.unit.builder.position_before(&branch);
        let mut guard = Guard::new(self.unit, self.environment, self.context);
        let further_rounds = trips.further_rounds(&mut guard);
        let extents: Vec<_> = ranges
            .iter()
            .map(|range| range.require(&mut guard, further_rounds))
            .collect();
        let scopes = Scopes::require(&ranges, &extents, &mut guard);
        let holds = guard.holds();
        if holds.get_zero_extended_constant() == Some(0) {
            return None;
        }
        let copy = copy::copy(&Plan {
            unit: self.unit,
            function: self.function,
            inner,
            accesses: &accesses,
            ranges: &ranges,
            spots: &spots,
            extents: &extents,
            scopes: &scopes,
        });
        self.unit.builder.position_before(&branch);
        let builder = &self.unit.builder;
        let decision = built(builder.build_conditional_branch(holds, copy, inner.header));
        let metadata = &self.unit.metadata;
        // Where a program computes with numbers or vectors of its own, the order of loads matters, too.
        match inner.instructions().any(is_numeric) {
            true => metadata.set_short(inner.latch.get_terminator()?),
            false => metadata.set_optional(decision),
        }
        branch.erase_from_basic_block();
        Some(())
    }

    /// All accesses of a loop that may fault; `None` if something in it cannot be in a copy.
    fn accesses(
        &self,
        inner: &Loop<'ctx>,
        analysis: &mut Analysis<'_, 'ctx>,
    ) -> Option<Vec<Access<'ctx>>> {
        let mut accesses = Vec::new();
        for (nth, instruction) in inner.instructions().enumerate() {
            if nth > MAX_INSTRUCTIONS {
                return None;
            }
            match instruction.get_opcode() {
                InstructionOpcode::Load | InstructionOpcode::Store => {
                    let ordinary = instruction.get_volatile() == Ok(false);
                    if !ordinary {
                        accesses.push(self.access(instruction, analysis)?);
                    }
                }
                InstructionOpcode::Call if is_computation(instruction) => {}
                InstructionOpcode::Call
                | InstructionOpcode::Alloca
                | InstructionOpcode::Fence
                | InstructionOpcode::AtomicCmpXchg
                | InstructionOpcode::AtomicRMW => return None,
                _ => {}
            }
        }
        Some(accesses)
    }

    fn access(
        &self,
        instruction: InstructionValue<'ctx>,
        analysis: &mut Analysis<'_, 'ctx>,
    ) -> Option<Access<'ctx>> {
        let operand = |nth| instruction.get_operand(nth)?.value();
        let (pointer, ty) = match instruction.get_opcode() {
            InstructionOpcode::Store => (operand(1)?, operand(0)?.get_type().as_any_type_enum()),
            _ => (operand(0)?, instruction.get_type()),
        };
        let address = analysis.address(pointer.into_pointer_value())?;
        let ty: BasicTypeEnum<'ctx> = ty.try_into().ok()?;
        Some(Access {
            instruction,
            memory: self.memory_at(address.base)?,
            address,
            size: self.data.get_store_size(&ty),
        })
    }

    /// The memory whose start a pointer is: one that was loaded from the context.
    fn memory_at(&self, base: PointerValue<'ctx>) -> Option<MemoryIndex> {
        let load = base.as_instruction_value()?;
        if load.get_opcode() != InstructionOpcode::Load {
            return None;
        }
        let place = load.get_operand(0)?.value()?.into_pointer_value();
        let offset = if place == self.context {
            0
        } else {
            let (from, offset) = affine::element_operands(place)?;
            offset
                .get_zero_extended_constant()
                .filter(|_| from == self.context)?
        };
        let info = self.environment.info;
        let mut memories = (0..info.module.memories.len()).map(MemoryIndex::new);
        memories.find(|memory| {
            let base = info.layout.memory(*memory) + offset_of!(VMMemoryRef, base) as u32;
            u64::from(base) == offset
        })
    }
}

/// Whether an instruction gives a vector or a number with a fraction.
fn is_numeric(instruction: InstructionValue<'_>) -> bool {
    use AnyTypeEnum::{FloatType, VectorType};
    matches!(instruction.get_type(), FloatType(_) | VectorType(_))
}

/// Whether a call only computes something from its arguments.
fn is_computation(call: InstructionValue<'_>) -> bool {
    let kind = Attribute::get_named_enum_kind_id("memory");
    let callee = CallSiteValue::try_from(call)
        .ok()
        .and_then(CallSiteValue::get_called_fn_value);
    callee.is_some_and(|callee| {
        let effects = callee.get_enum_attribute(AttributeLoc::Function, kind);
        let has_none = effects.is_some_and(|effects| effects.get_enum_value() == 0);
        has_none && callee.get_name().to_bytes().starts_with(b"llvm.")
    })
}

/// Whether all values of a loop that are used outside of it pass a phi on the way.
fn is_closed(inner: &Loop<'_>) -> bool {
    inner.instructions().all(|instruction| {
        let uses = std::iter::successors(instruction.get_first_use(), |one| one.get_next_use());
        let mut uses = uses.map(BasicValueUse::get_user);
        uses.all(|user| stays_inside(inner, instruction, user))
    })
}

fn stays_inside<'ctx>(
    inner: &Loop<'ctx>,
    instruction: InstructionValue<'ctx>,
    user: AnyValueEnum<'ctx>,
) -> bool {
    let user = match user {
        AnyValueEnum::InstructionValue(user) => Some(user),
        _ => BasicValueEnum::try_from(user)
            .ok()
            .and_then(|user| user.as_instruction_value()),
    };
    let Some(user) = user else { return false };
    if user
        .get_parent()
        .is_some_and(|parent| inner.contains(parent))
    {
        return true;
    }
    let Ok(phi) = PhiValue::try_from(user) else {
        return false;
    };
    let value = copy::as_value(instruction);
    phi.count_incoming() <= MAX_INCOMING
        && phi
            .get_incomings()
            .all(|(incoming, from)| inner.contains(from) || value != Some(incoming))
}
