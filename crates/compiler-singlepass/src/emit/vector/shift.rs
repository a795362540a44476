//! Shifts of lanes by a number that is the same for all.

use wasmill_compiler::ops::{Shape, Shift};

use super::{lane_bits, splat};
use crate::generator::{Generator, SCRATCH, SCRATCH_XMM};
use crate::location::{Kind, Operand};
use crate::x64::assembler::Op;
use crate::x64::opcodes::{Alu, MOVD};
use crate::x64::registers::Xmm;
use crate::x64::vectors::*;

/// The instruction for lanes of 16 bits and more. Bytes are shifted as parts of 16-bit lanes, and there is none that extends
/// the sign of 64 bits.
fn instruction(op: Shift, shape: Shape) -> LaneShift {
    match (op, shape) {
        (Shift::Shl, Shape::I8x16 | Shape::I16x8) => PSLLW,
        (Shift::Shl, Shape::I32x4) => PSLLD,
        (Shift::Shl, _) => PSLLQ,
        (Shift::ShrS, Shape::I16x8) => PSRAW,
        (Shift::ShrS, Shape::I32x4) => PSRAD,
        (Shift::ShrU | Shift::ShrS, Shape::I8x16 | Shape::I16x8) => PSRLW,
        (Shift::ShrU, Shape::I32x4) => PSRLD,
        (Shift::ShrU | Shift::ShrS, _) => PSRLQ,
    }
}

/// What puts a sign where it was shifted to, once zeros were shifted in: `(x ^ sign) - sign`.
fn subtract(shape: Shape) -> Op {
    match shape {
        Shape::I8x16 => PSUBB,
        _ => PSUBQ,
    }
}

impl Generator<'_> {
    pub(in crate::emit) fn emit_shift(&mut self, op: Shift, shape: Shape) {
        let (count, a) = (self.pop(), self.pop_lanes(None));
        let modulus = lane_bits(shape) as u8;
        let to = match count.constant() {
            Some(count) => self.shift_by_constant(op, shape, a, count as u8 & (modulus - 1)),
            None => self.shift_by(op, shape, a, count, modulus),
        };
        self.push_xmm(Kind::V128, to);
    }

    fn shift_by_constant(&mut self, op: Shift, shape: Shape, mut a: Operand, count: u8) -> Xmm {
        let from = self.xmm(&mut a);
        let to = self.result_xmm(None, &[a]);
        self.shift_lanes(instruction(op, shape), to, from, count);
        if shape == Shape::I8x16 {
            let whole = match op {
                Shift::Shl => 0xff << count & 0xff,
                Shift::ShrS | Shift::ShrU => 0xff >> count,
            };
            self.apply_constant(PAND, to, to, splat(8, whole));
        }
        if op == Shift::ShrS && matches!(shape, Shape::I8x16 | Shape::I64x2) {
            let bits = lane_bits(shape);
            let sign = splat(bits, 1 << (bits - 1 - u32::from(count)));
            self.apply_constant(PXOR, to, to, sign);
            self.apply_constant(subtract(shape), to, to, sign);
        }
        to
    }

    fn shift_by(
        &mut self,
        op: Shift,
        shape: Shape,
        a: Operand,
        count: Operand,
        modulus: u8,
    ) -> Xmm {
        let to = self.xmm_to_change(a, None);
        // No register can be asked for once the scratch register is in use.
        let other = self.new_xmm();
        self.load_gpr(SCRATCH, &count);
        self.release(count);
        self.asm()
            .alu_imm(Alu::And, false, SCRATCH.into(), i32::from(modulus) - 1);
        let number = SCRATCH_XMM;
        self.asm().sse_gpr(MOVD, false, number.0, SCRATCH.into(), 0);
        match shape {
            Shape::I8x16 => self.shift_bytes(op, to, other),
            Shape::I64x2 if op == Shift::ShrS => {
                self.load_constant(other, splat(64, 1 << 63));
                self.apply(PSRLQ.by_register, other, other, number);
                self.apply(PSRLQ.by_register, to, to, number);
                self.apply(PXOR, to, to, other);
                self.apply(PSUBQ, to, to, other);
            }
            _ => self.apply(instruction(op, shape).by_register, to, to, number),
        }
        self.free_xmm(other);
        to
    }

    /// Shifts bytes by the number in the scratch register. Bits must not move from byte to byte, so some are cleared: before
    /// or afterwards, those that `mask`, a register to calculate in, says.
    fn shift_bytes(&mut self, op: Shift, to: Xmm, mask: Xmm) {
        let number = SCRATCH_XMM;
        // In each byte as many ones as there are bits that stay.
        self.set_ones(mask);
        self.apply(PSRLW.by_register, mask, mask, number);
        self.shift_lanes(PSRLW, mask, mask, 8);
        self.apply(PACKUSWB, mask, mask, mask);
        if op == Shift::Shl {
            self.apply(PAND, to, to, mask);
            self.apply(PSLLW.by_register, to, to, number);
            return;
        }
        self.apply(PSRLW.by_register, to, to, number);
        self.apply(PAND, to, to, mask);
        if op == Shift::ShrS {
            // The highest of the ones is where the sign is.
            self.zero_xmm(SCRATCH_XMM);
            self.apply(PAVGB, mask, mask, SCRATCH_XMM);
            self.apply(PXOR, to, to, mask);
            self.apply(PSUBB, to, to, mask);
        }
    }
}
