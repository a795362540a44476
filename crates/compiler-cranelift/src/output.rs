//! What Cranelift made, in the words of the runtime.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::{Context, FinalizedMachReloc, FinalizedRelocTarget, MachSrcLoc, MachTrap};
use wasmill_compiler::target::Architecture;
use wasmill_compiler::{
    AddressMapEntry, CompileError, CompiledFunction, InlinedRange, Relocation, RelocationKind,
    RelocationTarget, TrapSite,
};
use wasmill_types::FunctionIndex;

use crate::compiler::Body;
use crate::environment::Environment;
use crate::inline::Locations;
use crate::traps;

/// Collects what the runtime needs of a function that was just compiled.
pub(crate) fn finish(
    context: &Context,
    environment: &Environment<'_>,
    body: &Body,
) -> Result<CompiledFunction, CompileError> {
    let code = context.compiled_code().expect("it was just compiled");
    let buffer = &code.buffer;
    let relocations = buffer.relocs().iter();
    let relocations = relocations
        .map(|relocation| convert_relocation(relocation, &context.func, environment))
        .collect::<Result<_, _>>()?;
    let traps: Vec<_> = buffer
        .traps()
        .iter()
        .map(convert_trap)
        .collect::<Result<_, _>>()?;
    let mut bytes = buffer.data().to_vec();
    if environment.isa.triple().architecture == Architecture::X86_64 {
        cheapen_traps(&mut bytes, &traps);
    }
    let locations = buffer.get_srclocs_sorted();
    let preferred = environment.isa.function_alignment().preferred;
    Ok(CompiledFunction {
        code: bytes,
        alignment: buffer.alignment.max(preferred),
        relocations,
        traps,
        address_map: address_map(locations, &body.locations),
        inlined: inlined_ranges(locations, &body.locations),
        start_offset: body.range.start,
        end_offset: body.range.end,
    })
}

/// Puts `hlt` in the place of `ud2`: both fault in user mode, but hypervisors that look at undefined instructions make the
/// latter cost ten times as much as any other fault.
fn cheapen_traps(code: &mut [u8], traps: &[TrapSite]) {
    const UD2: [u8; 2] = [0x0f, 0x0b];
    const HLT_NOP: [u8; 2] = [0xf4, 0x90];
    for trap in traps {
        let start = trap.offset as usize;
        if let Some(instruction) = code.get_mut(start..start + UD2.len())
            && *instruction == UD2
        {
            instruction.copy_from_slice(&HLT_NOP);
        }
    }
}

/// Only functions of the module may be referred to: everything else is reached through the context.
fn convert_relocation(
    relocation: &FinalizedMachReloc,
    function: &Function,
    environment: &Environment<'_>,
) -> Result<Relocation, CompileError> {
    let refuse = || {
        let target = relocation.target.display(Some(&function.params));
        CompileError::Codegen(format!("relocation {:?} to {target}", relocation.kind))
    };
    let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = relocation.target else {
        return Err(refuse());
    };
    let index = FunctionIndex::from_u32(function.params.user_named_funcs()[name].index);
    let target = environment.module().local_func_index(index);
    Ok(Relocation {
        offset: relocation.offset,
        kind: convert_kind(relocation.kind).ok_or_else(refuse)?,
        target: RelocationTarget::Function(target.ok_or_else(refuse)?),
        addend: relocation.addend,
    })
}

fn convert_kind(kind: Reloc) -> Option<RelocationKind> {
    match kind {
        Reloc::Abs8 => Some(RelocationKind::Abs8),
        Reloc::X86PCRel4 | Reloc::X86CallPCRel4 => Some(RelocationKind::PcRel4),
        Reloc::Arm64Call => Some(RelocationKind::Arm64Call),
        Reloc::RiscvCallPlt => Some(RelocationKind::RiscvCall),
        _ => None,
    }
}

fn convert_trap(trap: &MachTrap) -> Result<TrapSite, CompileError> {
    let code = traps::from_cranelift(trap.code)
        .ok_or_else(|| CompileError::Codegen(format!("trap code {}", trap.code)))?;
    Ok(TrapSite {
        offset: trap.offset,
        code,
    })
}

type Location = MachSrcLoc<cranelift_codegen::Final>;

fn address_map(ranges: &[Location], locations: &Locations) -> Vec<AddressMapEntry> {
    let mut map: Vec<AddressMapEntry> = Vec::new();
    for range in ranges.iter().filter(|range| !range.loc.is_default()) {
        let module_offset = locations.module_offset(range.loc.bits());
        if map
            .last()
            .is_none_or(|last| last.module_offset != module_offset)
        {
            map.push(AddressMapEntry {
                offset: range.start,
                module_offset,
            });
        }
    }
    map
}

/// The ranges of inlined code, an outer one before those inside of it.
fn inlined_ranges(ranges: &[Location], locations: &Locations) -> Vec<InlinedRange> {
    let mut done: Vec<InlinedRange> = Vec::new();
    // The calls around the current place, outermost first, and where in `done` their ranges are.
    let mut open: Vec<(u32, usize)> = Vec::new();
    for range in ranges {
        let calls = match range.loc.is_default() {
            true => Vec::new(),
            false => calls_around(range.loc.bits(), locations),
        };
        let same = open
            .iter()
            .zip(&calls)
            .take_while(|(open, call)| open.0 == **call);
        let same = same.count();
        open.truncate(same);
        for &call in &calls[same..] {
            open.push((call, done.len()));
            done.push(InlinedRange {
                start: range.start,
                end: range.end,
                call: locations.module_offset(call),
            });
        }
        for &(_, at) in &open {
            done[at].end = range.end;
        }
    }
    done
}

/// The calls that a location was inlined with, outermost first.
fn calls_around(location: u32, locations: &Locations) -> Vec<u32> {
    let around = |&location: &u32| locations.inlined_at(location);
    let mut calls: Vec<u32> = std::iter::successors(around(&location), around).collect();
    calls.reverse();
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_abi::TrapCode;

    #[test]
    fn only_undefined_instructions_at_trap_sites_change() {
        let mut code = [0x0f, 0x0b, 0x0f, 0x0b, 0x8b, 0x00, 0x0f];
        let site = |offset| TrapSite {
            offset,
            code: TrapCode::OutOfBounds,
        };
        cheapen_traps(&mut code, &[site(2), site(4), site(6)]);
        assert_eq!(code, [0x0f, 0x0b, 0xf4, 0x90, 0x8b, 0x00, 0x0f]);
    }
}
