//! The instructions by name.
//!
//! Those on general registers are methods; `wide` says whether they work on 64 bits (otherwise on 32, and the upper half
//! of the destination becomes zero). Those on the lowest lane of vector registers are
//! constants ([`Op`]), for which `masm.rs` chooses the encoding; for those on all lanes see `vectors.rs`.

use super::assembler::{Assembler, Mem, Op, Rm};
use super::registers::Gpr;

pub(super) const fn op(prefix: u8, map: u8, byte: u8) -> Op {
    Op { prefix, map, byte }
}
const fn one(byte: u8) -> Op {
    op(0, 0, byte)
}
const fn two(byte: u8) -> Op {
    op(0, 1, byte)
}

/// Conditions, by the processor's numbers. The lowest bit negates.
pub(crate) mod condition {
    pub(crate) const BELOW: u8 = 2;
    pub(crate) const ABOVE_EQUAL: u8 = 3;
    pub(crate) const EQUAL: u8 = 4;
    pub(crate) const NOT_EQUAL: u8 = 5;
    pub(crate) const BELOW_EQUAL: u8 = 6;
    pub(crate) const ABOVE: u8 = 7;
    pub(crate) const SIGN: u8 = 8;
    pub(crate) const PARITY: u8 = 10;
    pub(crate) const NOT_PARITY: u8 = 11;
    pub(crate) const LESS: u8 = 12;
    pub(crate) const GREATER_EQUAL: u8 = 13;
    pub(crate) const LESS_EQUAL: u8 = 14;
    pub(crate) const GREATER: u8 = 15;
}

/// The arithmetic that has one pattern of encodings; the number is its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alu {
    Add = 0,
    Or = 1,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// Shifts and rotations; the number is the one in their encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShiftOp {
    Rol = 0,
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}

/// How a value narrower than a register is widened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Widen {
    Zero8,
    Zero16,
    Sign8,
    Sign16,
    /// To 64 bits.
    Sign32,
}

impl Assembler {
    pub(crate) fn mov(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(one(0x8b), wide, to.0, from, 0);
    }
    pub(crate) fn mov_to(&mut self, wide: bool, to: Mem, from: Gpr) {
        self.gpr(one(0x89), wide, from.0, to.into(), 0);
    }
    pub(crate) fn mov8_to(&mut self, to: Mem, from: Gpr) {
        self.gpr8(one(0x88), from.0, to.into(), 0);
    }
    pub(crate) fn mov16_to(&mut self, to: Mem, from: Gpr) {
        self.gpr(op(0x66, 0, 0x89), false, from.0, to.into(), 0);
    }
    /// Stores an immediate (sign-extended to 64 bits if `wide`).
    pub(crate) fn mov_imm_to(&mut self, wide: bool, to: Mem, value: i32) {
        self.gpr(one(0xc7), wide, 0, to.into(), 4);
        self.imm32(value);
    }
    pub(crate) fn mov8_imm_to(&mut self, to: Mem, value: u8) {
        self.gpr8(one(0xc6), 0, to.into(), 1);
        self.imm8(value);
    }
    pub(crate) fn mov16_imm_to(&mut self, to: Mem, value: u16) {
        self.gpr(op(0x66, 0, 0xc7), false, 0, to.into(), 2);
        self.imm16(value);
    }
    /// Sets a register to a constant without changing flags.
    pub(crate) fn mov_imm(&mut self, to: Gpr, value: u64) {
        if let Ok(value) = u32::try_from(value) {
            self.gpr_in_opcode(false, 0xb8, to);
            self.imm32(value as i32);
        } else if let Ok(value) = i32::try_from(value as i64) {
            self.gpr(one(0xc7), true, 0, to.into(), 4);
            self.imm32(value);
        } else {
            self.gpr_in_opcode(true, 0xb8, to);
            self.imm64(value);
        }
    }
    pub(crate) fn lea(&mut self, wide: bool, to: Gpr, place: Mem) {
        self.gpr(one(0x8d), wide, to.0, place.into(), 0);
    }
    /// Loads and widens, or widens a register.
    pub(crate) fn mov_widen(&mut self, widen: Widen, wide: bool, to: Gpr, from: Rm) {
        match widen {
            Widen::Zero8 => self.gpr_low8(two(0xb6), false, to, from),
            Widen::Zero16 => self.gpr(two(0xb7), false, to.0, from, 0),
            Widen::Sign8 => self.gpr_low8(two(0xbe), wide, to, from),
            Widen::Sign16 => self.gpr(two(0xbf), wide, to.0, from, 0),
            Widen::Sign32 => self.gpr(one(0x63), true, to.0, from, 0),
        }
    }
    /// An instruction whose second operand is a byte.
    fn gpr_low8(&mut self, op: Op, wide: bool, to: Gpr, from: Rm) {
        if wide || to.0 >= 8 {
            // There is a prefix anyway.
            self.gpr(op, wide, to.0, from, 0);
        } else {
            let force = matches!(from, Rm::Reg(reg) if (4..8).contains(&reg.0));
            match force {
                true => self.gpr8(op, to.0, from, 0),
                false => self.gpr(op, false, to.0, from, 0),
            }
        }
    }
    pub(crate) fn alu(&mut self, alu: Alu, wide: bool, to: Gpr, from: Rm) {
        self.gpr(one((alu as u8) << 3 | 3), wide, to.0, from, 0);
    }
    pub(crate) fn alu_imm(&mut self, alu: Alu, wide: bool, to: Rm, value: i32) {
        if let Ok(short) = i8::try_from(value) {
            self.gpr(one(0x83), wide, alu as u8, to, 1);
            self.imm8(short as u8);
        } else {
            self.gpr(one(0x81), wide, alu as u8, to, 4);
            self.imm32(value);
        }
    }
    pub(crate) fn test(&mut self, wide: bool, a: Gpr, b: Gpr) {
        self.gpr(one(0x85), wide, b.0, a.into(), 0);
    }
    pub(crate) fn test_imm(&mut self, wide: bool, a: Rm, value: i32) {
        self.gpr(one(0xf7), wide, 0, a, 4);
        self.imm32(value);
    }
    pub(crate) fn imul(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(two(0xaf), wide, to.0, from, 0);
    }
    pub(crate) fn imul_imm(&mut self, wide: bool, to: Gpr, from: Rm, value: i32) {
        if let Ok(short) = i8::try_from(value) {
            self.gpr(one(0x6b), wide, to.0, from, 1);
            self.imm8(short as u8);
        } else {
            self.gpr(one(0x69), wide, to.0, from, 4);
            self.imm32(value);
        }
    }
    /// By the count in `cl`.
    pub(crate) fn shift_cl(&mut self, shift: ShiftOp, wide: bool, to: Gpr) {
        self.gpr(one(0xd3), wide, shift as u8, to.into(), 0);
    }
    pub(crate) fn shift_imm(&mut self, shift: ShiftOp, wide: bool, to: Gpr, count: u8) {
        self.gpr(one(0xc1), wide, shift as u8, to.into(), 1);
        self.imm8(count);
    }
    /// `shlx`, `sarx`, `shrx`: needs BMI2.
    pub(crate) fn shift_x(&mut self, shift: ShiftOp, wide: bool, to: Gpr, from: Rm, count: Gpr) {
        let prefix = match shift {
            ShiftOp::Shl => 0x66,
            ShiftOp::Sar => 0xf3,
            ShiftOp::Shr => 0xf2,
            ShiftOp::Rol | ShiftOp::Ror => unreachable!("there is no such instruction"),
        };
        self.vex_gpr(op(prefix, 2, 0xf7), wide, to.0, count.0, from, 0);
    }
    /// `rorx`: needs BMI2.
    pub(crate) fn rorx(&mut self, wide: bool, to: Gpr, from: Rm, count: u8) {
        self.vex_gpr(op(0xf2, 3, 0xf0), wide, to.0, 0, from, 1);
        self.imm8(count);
    }
    pub(crate) fn neg(&mut self, wide: bool, to: Gpr) {
        self.gpr(one(0xf7), wide, 3, to.into(), 0);
    }
    /// Divides `rdx:rax`, unsigned.
    pub(crate) fn div(&mut self, wide: bool, by: Rm) {
        self.gpr(one(0xf7), wide, 6, by, 0);
    }
    /// Divides `rdx:rax`, signed.
    pub(crate) fn idiv(&mut self, wide: bool, by: Rm) {
        self.gpr(one(0xf7), wide, 7, by, 0);
    }
    /// Extends the sign of `rax` to `rdx`.
    pub(crate) fn sign_to_rdx(&mut self, wide: bool) {
        match wide {
            true => self.raw(&[0x48, 0x99]),
            false => self.raw(&[0x99]),
        }
    }
    pub(crate) fn bsr(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(two(0xbd), wide, to.0, from, 0);
    }
    pub(crate) fn bsf(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(two(0xbc), wide, to.0, from, 0);
    }
    /// Needs LZCNT.
    pub(crate) fn lzcnt(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(op(0xf3, 1, 0xbd), wide, to.0, from, 0);
    }
    /// Needs BMI1.
    pub(crate) fn tzcnt(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(op(0xf3, 1, 0xbc), wide, to.0, from, 0);
    }
    /// Needs POPCNT.
    pub(crate) fn popcnt(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.gpr(op(0xf3, 1, 0xb8), wide, to.0, from, 0);
    }
    /// Sets the low byte to 0 or 1.
    pub(crate) fn set_if(&mut self, condition: u8, to: Gpr) {
        self.gpr8(two(0x90 | condition), 0, to.into(), 0);
    }
    pub(crate) fn cmov(&mut self, condition: u8, wide: bool, to: Gpr, from: Rm) {
        self.gpr(two(0x40 | condition), wide, to.0, from, 0);
    }
    pub(crate) fn push(&mut self, reg: Gpr) {
        self.gpr_in_opcode(false, 0x50, reg);
    }
    pub(crate) fn pop(&mut self, reg: Gpr) {
        self.gpr_in_opcode(false, 0x58, reg);
    }
    pub(crate) fn call(&mut self, target: Rm) {
        self.gpr(one(0xff), false, 2, target, 0);
    }
    pub(crate) fn jump_to(&mut self, target: Rm) {
        self.gpr(one(0xff), false, 4, target, 0);
    }
    pub(crate) fn leave(&mut self) {
        self.raw(&[0xc9]);
    }
    pub(crate) fn ret(&mut self) {
        self.raw(&[0xc3]);
    }
    /// Faults.
    pub(crate) fn hlt(&mut self) {
        self.raw(&[0xf4]);
    }
}

/// Moves between registers and memory.
pub(crate) const MOVAPS: Op = two(0x28);
pub(crate) const MOVUPS: Op = two(0x10);
pub(crate) const MOVUPS_TO: Op = two(0x11);
pub(crate) const MOVSS: Op = op(0xf3, 1, 0x10);
pub(crate) const MOVSS_TO: Op = op(0xf3, 1, 0x11);
pub(crate) const MOVSD: Op = op(0xf2, 1, 0x10);
pub(crate) const MOVSD_TO: Op = op(0xf2, 1, 0x11);
/// From a general register; `wide` for 64 bits.
pub(crate) const MOVD: Op = op(0x66, 1, 0x6e);
/// To a general register or memory.
pub(crate) const MOVD_TO: Op = op(0x66, 1, 0x7e);
pub(crate) const UCOMISS: Op = two(0x2e);
pub(crate) const UCOMISD: Op = op(0x66, 1, 0x2e);
pub(crate) const CVTSI2SS: Op = op(0xf3, 1, 0x2a);
pub(crate) const CVTSI2SD: Op = op(0xf2, 1, 0x2a);
pub(crate) const CVTTSS2SI: Op = op(0xf3, 1, 0x2c);
pub(crate) const CVTTSD2SI: Op = op(0xf2, 1, 0x2c);
pub(crate) const CVTSS2SD: Op = op(0xf3, 1, 0x5a);
pub(crate) const CVTSD2SS: Op = op(0xf2, 1, 0x5a);
pub(crate) const XORPS: Op = two(0x57);
pub(crate) const ANDPS: Op = two(0x54);
pub(crate) const ANDNPS: Op = two(0x55);
pub(crate) const ORPS: Op = two(0x56);

/// Arithmetic on the lowest lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScalarOps {
    pub(crate) add: Op,
    pub(crate) sub: Op,
    pub(crate) mul: Op,
    pub(crate) div: Op,
    pub(crate) min: Op,
    pub(crate) max: Op,
    pub(crate) sqrt: Op,
    /// With the way of rounding as an immediate.
    pub(crate) round: Op,
    pub(crate) compare: Op,
    /// With one of `vectors::predicate`: all bits if it holds, otherwise none.
    pub(crate) mask: Op,
    /// Of AVX, on all lanes: the immediate holds the number of the mask's register.
    pub(crate) blend: Op,
}

const fn scalar_ops(prefix: u8, double: u8, compare: Op) -> ScalarOps {
    ScalarOps {
        add: op(prefix, 1, 0x58),
        sub: op(prefix, 1, 0x5c),
        mul: op(prefix, 1, 0x59),
        div: op(prefix, 1, 0x5e),
        min: op(prefix, 1, 0x5d),
        max: op(prefix, 1, 0x5f),
        sqrt: op(prefix, 1, 0x51),
        round: op(0x66, 3, 0x0a + double),
        compare,
        mask: op(prefix, 1, 0xc2),
        blend: op(0x66, 3, 0x4a + double),
    }
}

pub(crate) const SINGLE: ScalarOps = scalar_ops(0xf3, 0, UCOMISS);
pub(crate) const DOUBLE: ScalarOps = scalar_ops(0xf2, 1, UCOMISD);
