//! How code outside of a module enters a function.
//!
//! In the code of a module two registers always hold the same: `r14` the context of the instance, `r15` the base of its
//! first memory. Functions call each other without setting them. Whoever comes from elsewhere enters through these
//! instructions, which lie in front of every function that can escape:
//!
//! ```text
//!   boundary entry   push rbp; mov rbp, rsp
//!                    push r14; push r15            (both belong to the caller in the C convention)
//!                    mov r14, rdi; mov r15, [r14 + …]
//!                    mov esi, esi …                (an `i32` has zeros above from here on)
//!                    (copies of the arguments on the stack)
//!                    call inner
//!                    pop r15; pop r14; pop rbp; ret
//!   inner entry      push rbp; mov rbp, rsp; …
//! ```
//!
//! Arguments in registers stay where they are. The length depends on the function's type only, so that callers within the
//! module know how far behind the function's start the inner entry is.

use std::mem::offset_of;
use wasmill_abi::VMMemoryRef;
use wasmill_types::{EntityRef, FunctionType, MemoryIndex};

use crate::abi::{Assignment, Place};
use crate::environment::Environment;
use crate::location::Kind;
use crate::x64::assembler::{Assembler, Mem};
use crate::x64::opcodes::Alu;
use crate::x64::registers::{R14, R15, RAX, RBP, RDI, RSP};

/// The register of the context.
pub(crate) use crate::x64::registers::R14 as CONTEXT;
/// The register of the first memory's base.
pub(crate) use crate::x64::registers::R15 as MEMORY;

/// From the frame pointer to the first argument on the stack.
pub(crate) const ARGUMENTS: i32 = 16;

/// Emits the boundary entry of functions of a type, which the inner entry follows at once.
pub(crate) fn emit(assembler: &mut Assembler, environment: &Environment<'_>, ty: &FunctionType) {
    let mut assignment = Assignment::new();
    if ty.results().len() > 1 {
        assignment.next(Kind::I64);
    }
    let mut narrow = Vec::new();
    for &ty in ty.params() {
        let kind = Kind::from(ty);
        if let (Kind::I32, Place::Gpr(reg)) = (kind, assignment.next(kind)) {
            narrow.push(reg);
        }
    }
    let stack = (assignment.stack_bytes() + 15) & !15;

    assembler.push(RBP);
    assembler.mov(true, RBP, RSP.into());
    assembler.push(R14);
    assembler.push(R15);
    assembler.mov(true, CONTEXT, RDI.into());
    if !environment.module().memories.is_empty() {
        let first = environment.info.layout.memory(MemoryIndex::new(0));
        let disp = first as i32 + offset_of!(VMMemoryRef, base) as i32;
        let base = CONTEXT;
        assembler.mov(true, MEMORY, Mem::Base { base, disp }.into());
    }
    if stack > 0 {
        assembler.alu_imm(Alu::Sub, true, RSP.into(), stack);
        for disp in (0..stack).step_by(8) {
            let from = Mem::Base {
                base: RBP,
                disp: ARGUMENTS + disp,
            };
            assembler.mov(true, RAX, from.into());
            assembler.mov_to(true, Mem::Base { base: RSP, disp }, RAX);
        }
    }
    for reg in narrow {
        assembler.mov(false, reg, reg.into());
    }
    let call = assembler.call_elsewhere();
    if stack > 0 {
        assembler.alu_imm(Alu::Add, true, RSP.into(), stack);
    }
    assembler.pop(R15);
    assembler.pop(R14);
    assembler.pop(RBP);
    assembler.ret();
    let inner = assembler.offset();
    assembler.patch32(call, (inner - call - 4) as i32);
}

/// Where the next argument of a function is for the function itself, relative to its frame pointer.
pub(crate) fn stack_argument(place: Place) -> Option<i32> {
    match place {
        Place::Stack(at) => Some(ARGUMENTS + at),
        Place::Gpr(_) | Place::Xmm(_) => None,
    }
}
