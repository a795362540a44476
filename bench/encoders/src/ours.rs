//! The assembler of Singlepass.

use crate::Group;
use crate::x64::assembler::{Assembler, Mem};
use crate::x64::opcodes::{Alu, DOUBLE, MOVSD, ShiftOp, Widen};
use crate::x64::registers::{Gpr, R15, RBP, Xmm};

pub(crate) fn legacy(groups: &[Group], functions: usize) -> usize {
    encode(groups, functions, false)
}

pub(crate) fn vex(groups: &[Group], functions: usize) -> usize {
    encode(groups, functions, true)
}

fn encode(groups: &[Group], functions: usize, avx: bool) -> usize {
    let mut assembler = Assembler::default();
    assembler.avx = avx;
    for _ in 0..functions {
        assembler.clear();
        for group in groups {
            emit(&mut assembler, group);
        }
    }
    assembler.offset() as usize
}

fn emit(assembler: &mut Assembler, group: &Group) {
    let (a, b, c) = (Gpr(group.a), Gpr(group.b), Gpr(group.c));
    let (x, y) = (Xmm(group.x), Xmm(group.y));
    let slot = Mem::Base {
        base: RBP,
        disp: group.slot,
    };
    let index = |base, index, scale, disp| Mem::Index {
        base,
        index,
        scale,
        disp,
    };
    assembler.mov(false, a, slot.into());
    assembler.mov_to(true, slot, b);
    assembler.alu(Alu::Add, false, a, b.into());
    assembler.alu_imm(Alu::Add, true, b.into(), 8);
    assembler.alu(Alu::Sub, false, a, slot.into());
    assembler.imul(false, b, c.into());
    assembler.alu_imm(Alu::Cmp, false, a.into(), 0x12345);
    assembler.lea(true, a, index(b, c, 2, 8));
    assembler.mov(false, a, index(R15, b, 0, 0).into());
    assembler.mov_to(true, index(R15, c, 0, group.offset), a);
    let byte = index(R15, b, 0, group.offset);
    assembler.mov_widen(Widen::Zero8, false, a, byte.into());
    assembler.shift_imm(ShiftOp::Shl, false, b, 5);
    assembler.mov_imm(c, group.number);
    assembler.mov_imm(b, group.number >> 32);
    assembler.alu(Alu::And, false, a, c.into());
    assembler.test(false, a, a);
    assembler.sse1(MOVSD, false, x, slot.into(), 0);
    assembler.sse(DOUBLE.add, false, x, y.into(), 0);
    assembler.sse(DOUBLE.mul, false, y, slot.into(), 0);
    assembler.sse1(DOUBLE.compare, false, x, y.into(), 0);
}
