//! Values that are chosen from, and loads among them.
//!
//! On x86-64, a load whose value only a `select` uses becomes an operand of the conditional move, and a late pass of LLVM makes a branch of
//! that (`X86CmovConversion`), behind which the load happens in one of both cases: even a volatile one, so that its trap would be
//! lost in the other. A frozen value is not folded into the move.

use inkwell::values::{BasicValue, BasicValueEnum, InstructionOpcode, InstructionValue};

use crate::unit::Unit;

/// Keeps the loads of a unit, which no pass over IR follows any more, where they are.
pub(crate) fn keep_loads(unit: &Unit<'_>) {
    let functions = unit.module.get_functions();
    let blocks = functions.flat_map(|function| function.get_basic_block_iter());
    for instruction in blocks.flat_map(|block| block.get_instructions()) {
        if instruction.get_opcode() == InstructionOpcode::Select {
            // The first operand is the condition.
            for nth in [1, 2] {
                keep_load(unit, instruction, nth);
            }
        }
    }
}

/// Freezes one of the values that a `select` chooses from, if a load that may trap gives it.
fn keep_load<'ctx>(unit: &Unit<'ctx>, select: InstructionValue<'ctx>, nth: u32) -> Option<()> {
    let value = select.get_operand(nth)?.value()?;
    if !is_loaded(value) {
        return None;
    }
    let builder = &unit.builder;
    builder.position_before(&select);
    match select.get_debug_location() {
        Some(location) => builder.set_current_debug_location(location),
        None => builder.unset_current_debug_location(),
    }
    select.set_operand(nth, unit.freeze(value));
    Some(())
}

/// Whether a value is what a volatile load gave, perhaps with its bits taken as another type.
fn is_loaded(value: BasicValueEnum<'_>) -> bool {
    let Some(mut instruction) = value.as_instruction_value() else {
        return false;
    };
    while instruction.get_opcode() == InstructionOpcode::BitCast {
        let operand = instruction
            .get_operand(0)
            .and_then(|operand| operand.value());
        match operand.and_then(|operand| operand.as_instruction_value()) {
            Some(operand) => instruction = operand,
            None => return false,
        }
    }
    instruction.get_opcode() == InstructionOpcode::Load && instruction.get_volatile() == Ok(true)
}
