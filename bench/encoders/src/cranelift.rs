//! Cranelift's assembler, without the rest of Cranelift.

use crate::Group;
use cranelift_assembler_x64::{
    Amode, AmodeOffset, AmodeOffsetPlusKnownOffset, GprMem, NonRspGpr, Registers, Scale, XmmMem,
    inst,
};

const RBP: u8 = 5;
const R15: u8 = 15;

/// Registers by their numbers.
struct Numbers;

impl Registers for Numbers {
    type ReadGpr = u8;
    type ReadWriteGpr = u8;
    type WriteGpr = u8;
    type ReadXmm = u8;
    type ReadWriteXmm = u8;
    type WriteXmm = u8;
}

pub(crate) fn encode(groups: &[Group], functions: usize) -> usize {
    let mut bytes = Vec::new();
    for _ in 0..functions {
        bytes.clear();
        for group in groups {
            emit(&mut bytes, group);
        }
    }
    bytes.len()
}

fn based(base: u8, disp: i32) -> Amode<u8> {
    Amode::ImmReg {
        base,
        simm32: AmodeOffsetPlusKnownOffset {
            simm32: AmodeOffset::new(disp),
            offset: None,
        },
        trap: None,
    }
}

fn indexed(base: u8, index: u8, scale: Scale, disp: i32) -> Amode<u8> {
    Amode::ImmRegRegShift {
        base,
        index: NonRspGpr::new(index),
        scale,
        simm32: AmodeOffset::new(disp),
        trap: None,
    }
}

fn emit(bytes: &mut Vec<u8>, group: &Group) {
    let &Group { a, b, c, x, y, .. } = group;
    let slot = based(RBP, group.slot);
    let memory = GprMem::<u8, u8>::Mem;
    let register = GprMem::<u8, u8>::Gpr;
    inst::movl_rm::<Numbers>::new(a, memory(slot)).encode(bytes);
    inst::movq_mr::<Numbers>::new(memory(slot), b).encode(bytes);
    inst::addl_rm::<Numbers>::new(a, register(b)).encode(bytes);
    inst::addq_mi_sxb::<Numbers>::new(register(b), 8i8).encode(bytes);
    inst::subl_rm::<Numbers>::new(a, memory(slot)).encode(bytes);
    inst::imull_rm::<Numbers>::new(b, register(c)).encode(bytes);
    inst::cmpl_mi::<Numbers>::new(register(a), 0x12345i32).encode(bytes);
    inst::leaq_rm::<Numbers>::new(a, indexed(b, c, Scale::Four, 8)).encode(bytes);
    inst::movl_rm::<Numbers>::new(a, memory(indexed(R15, b, Scale::One, 0))).encode(bytes);
    let place = indexed(R15, c, Scale::One, group.offset);
    inst::movq_mr::<Numbers>::new(memory(place), a).encode(bytes);
    let place = indexed(R15, b, Scale::One, group.offset);
    inst::movzbl_rm::<Numbers>::new(a, memory(place)).encode(bytes);
    inst::shll_mi::<Numbers>::new(register(b), 5u8).encode(bytes);
    inst::movabsq_oi::<Numbers>::new(c, group.number).encode(bytes);
    inst::movl_oi::<Numbers>::new(b, (group.number >> 32) as u32).encode(bytes);
    inst::andl_rm::<Numbers>::new(a, register(c)).encode(bytes);
    inst::testl_mr::<Numbers>::new(register(a), a).encode(bytes);
    inst::movsd_a_m::<Numbers>::new(x, slot).encode(bytes);
    inst::addsd_a::<Numbers>::new(x, XmmMem::<u8, u8>::Xmm(y)).encode(bytes);
    inst::mulsd_a::<Numbers>::new(y, XmmMem::<u8, u8>::Mem(slot)).encode(bytes);
    inst::ucomisd_a::<Numbers>::new(x, XmmMem::<u8, u8>::Xmm(y)).encode(bytes);
}
