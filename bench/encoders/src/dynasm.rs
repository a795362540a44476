//! dynasm: instructions are assembled when the program is compiled, and only registers and numbers filled in. Displacements
//! that vary have four bytes unless the code has another path for short ones.

use crate::Group;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynasmApi, VecAssembler, dynasm};

pub(crate) fn encode(groups: &[Group], functions: usize) -> usize {
    let mut length = 0;
    for _ in 0..functions {
        let mut assembler = VecAssembler::<X64Relocation>::new_with_capacity(
            0,
            if length == 0 { 4096 } else { length },
            0,
            0,
            0,
            0,
            0,
        );
        for group in groups {
            emit(&mut assembler, group);
        }
        length = assembler.offset().0;
    }
    length
}

fn emit(assembler: &mut VecAssembler<X64Relocation>, group: &Group) {
    let &Group {
        a,
        b,
        c,
        x,
        y,
        slot,
        offset,
        number,
    } = group;
    dynasm!(assembler
        ; .arch x64
        ; mov Rd(a), [rbp + slot]
        ; mov [rbp + slot], Rq(b)
        ; add Rd(a), Rd(b)
        ; add Rq(b), BYTE 8
        ; sub Rd(a), [rbp + slot]
        ; imul Rd(b), Rd(c)
        ; cmp Rd(a), DWORD 0x12345
        ; lea Rq(a), [Rq(b) + Rq(c) * 4 + 8]
        ; mov Rd(a), [r15 + Rq(b)]
        ; mov [r15 + Rq(c) + offset], Rq(a)
        ; movzx Rd(a), BYTE [r15 + Rq(b) + offset]
        ; shl Rd(b), BYTE 5
        ; mov Rq(c), QWORD number as i64
        ; mov Rd(b), DWORD (number >> 32) as i32
        ; and Rd(a), Rd(c)
        ; test Rd(a), Rd(a)
        ; movsd Rx(x), [rbp + slot]
        ; addsd Rx(x), Rx(y)
        ; mulsd Rx(y), [rbp + slot]
        ; ucomisd Rx(x), Rx(y)
    );
}
