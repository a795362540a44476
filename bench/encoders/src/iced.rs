//! The encoder of iced-x86: an instruction is a value first.

use crate::Group;
use iced_x86::{Code, Encoder, Instruction, MemoryOperand, Register};

pub(crate) fn encode(groups: &[Group], functions: usize) -> usize {
    let mut encoder = Encoder::new(64);
    let mut length = 0;
    for _ in 0..functions {
        for group in groups {
            emit(&mut encoder, group);
        }
        let mut bytes = encoder.take_buffer();
        length = bytes.len();
        bytes.clear();
        encoder.set_buffer(bytes);
    }
    length
}

fn emit(encoder: &mut Encoder, group: &Group) {
    let narrow = |number: u8| Register::EAX + u32::from(number);
    let wide = |number: u8| Register::RAX + u32::from(number);
    let vector = |number: u8| Register::XMM0 + u32::from(number);
    let (a, b, c) = (narrow(group.a), narrow(group.b), narrow(group.c));
    let (wide_a, wide_b, wide_c) = (wide(group.a), wide(group.b), wide(group.c));
    let (x, y) = (vector(group.x), vector(group.y));
    let slot = MemoryOperand::with_base_displ(Register::RBP, group.slot.into());
    let index = |base, index, scale, disp: i32| {
        let size = u32::from(disp != 0);
        MemoryOperand::with_base_index_scale_displ_size(base, index, scale, disp.into(), size)
    };
    let mut put = |instruction: Result<Instruction, iced_x86::IcedError>| {
        let instruction = instruction.expect("operands fit");
        encoder.encode(&instruction, 0).expect("it can be encoded");
    };
    put(Instruction::with2(Code::Mov_r32_rm32, a, slot));
    put(Instruction::with2(Code::Mov_rm64_r64, slot, wide_b));
    put(Instruction::with2(Code::Add_r32_rm32, a, b));
    put(Instruction::with2(Code::Add_rm64_imm8, wide_b, 8));
    put(Instruction::with2(Code::Sub_r32_rm32, a, slot));
    put(Instruction::with2(Code::Imul_r32_rm32, b, c));
    put(Instruction::with2(Code::Cmp_rm32_imm32, a, 0x12345));
    put(Instruction::with2(
        Code::Lea_r64_m,
        wide_a,
        index(wide_b, wide_c, 4, 8),
    ));
    let place = index(Register::R15, wide_b, 1, 0);
    put(Instruction::with2(Code::Mov_r32_rm32, a, place));
    let place = index(Register::R15, wide_c, 1, group.offset);
    put(Instruction::with2(Code::Mov_rm64_r64, place, wide_a));
    let place = index(Register::R15, wide_b, 1, group.offset);
    put(Instruction::with2(Code::Movzx_r32_rm8, a, place));
    put(Instruction::with2(Code::Shl_rm32_imm8, b, 5));
    put(Instruction::with2(
        Code::Mov_r64_imm64,
        wide_c,
        group.number,
    ));
    let half = (group.number >> 32) as u32;
    put(Instruction::with2(Code::Mov_r32_imm32, b, half));
    put(Instruction::with2(Code::And_r32_rm32, a, c));
    put(Instruction::with2(Code::Test_rm32_r32, a, a));
    put(Instruction::with2(Code::Movsd_xmm_xmmm64, x, slot));
    put(Instruction::with2(Code::Addsd_xmm_xmmm64, x, y));
    put(Instruction::with2(Code::Mulsd_xmm_xmmm64, y, slot));
    put(Instruction::with2(Code::Ucomisd_xmm_xmmm64, x, y));
}
