//! Between scalars and lanes, and the choice between bits of two vectors.

use wasmill_compiler::ops::{LaneExtend, Shape};

use super::{lane_bits, order, splat};
use crate::generator::{Generator, SCRATCH_XMM};
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::{Op, Rm};
use crate::x64::opcodes::{MOVD, MOVD_TO, MOVSD, Widen};
use crate::x64::registers::{Gpr, Xmm};
use crate::x64::vectors::*;

/// The scalar that a lane is.
fn scalar(shape: Shape) -> Shape {
    match shape {
        Shape::I64x2 => Shape::I64,
        Shape::F32x4 => Shape::F32,
        Shape::F64x2 => Shape::F64,
        _ => Shape::I32,
    }
}

/// What puts an integer into a lane; whether it is 64 bits wide.
fn insertion(shape: Shape) -> (Op, bool) {
    match shape {
        Shape::I8x16 => (PINSRB, false),
        Shape::I16x8 => (PINSRW, false),
        Shape::I32x4 => (PINSRD, false),
        _ => (PINSRD, true),
    }
}

impl Generator<'_> {
    pub(in crate::emit) fn emit_splat(&mut self, shape: Shape) {
        let mut a = self.pop();
        if let Some(bits) = a.constant() {
            return self.push_vector_constant(splat(lane_bits(shape), bits));
        }
        self.canonical(&mut a);
        let to = match shape {
            Shape::F32x4 => {
                let from = self.xmm(&mut a);
                let to = self.result_xmm(None, &[a]);
                self.apply(SHUFPS.imm(order::FIRST), to, from, from);
                to
            }
            Shape::F64x2 => {
                let from = self.xmm_or_memory(&mut a);
                let to = self.result_xmm(None, &[a]);
                self.apply_one(MOVDDUP, to, from);
                to
            }
            _ => {
                let from = self.gpr_or_memory(&mut a);
                let to = self.new_xmm();
                self.splat_general(shape, to, from);
                self.release(a);
                to
            }
        };
        self.push_xmm(Kind::V128, to);
    }

    /// Copies an integer into all lanes. The scratch register is lost.
    pub(super) fn splat_general(&mut self, shape: Shape, to: Xmm, from: Rm) {
        let wide = shape == Shape::I64x2;
        self.asm().sse_gpr(MOVD, wide, to.0, from, 0);
        match shape {
            Shape::I8x16 => {
                self.zero_xmm(SCRATCH_XMM);
                self.apply(PSHUFB, to, to, SCRATCH_XMM);
            }
            Shape::I16x8 => {
                self.apply_one(PSHUFLW.imm(order::FIRST), to, to);
                self.apply_one(PSHUFD.imm(order::FIRST), to, to);
            }
            Shape::I32x4 => self.apply_one(PSHUFD.imm(order::FIRST), to, to),
            _ => self.apply_one(PSHUFD.imm(order::LOW_HALF), to, to),
        }
    }

    pub(in crate::emit) fn emit_extract_lane(
        &mut self,
        shape: Shape,
        extend: LaneExtend,
        lane: u8,
    ) {
        let mut a = self.pop_lanes(Some(shape));
        let kind = Kind::from(scalar(shape));
        if kind.is_general() {
            let from = self.xmm(&mut a);
            let to = self.new_gpr();
            self.extract_general(shape, lane, to, from);
            self.release(a);
            if extend == LaneExtend::Signed {
                let widen = match shape {
                    Shape::I8x16 => Widen::Sign8,
                    _ => Widen::Sign16,
                };
                self.asm().mov_widen(widen, false, to, to.into());
            }
            return self.push_gpr(kind, to);
        }
        let to = match (shape, lane) {
            (_, 0) => self.xmm_to_change(a, None),
            (Shape::F32x4, _) => self.one_operand(PSHUFD.imm(lane), a, None),
            _ => self.one_operand(PSHUFD.imm(order::HIGH_HALF), a, None),
        };
        self.push(kind, Loc::Xmm(to), a.nan.map(scalar));
    }

    /// Copies a lane into a general register, extended by zeros.
    fn extract_general(&mut self, shape: Shape, lane: u8, to: Gpr, from: Xmm) {
        let wide = shape == Shape::I64x2;
        match shape {
            Shape::I16x8 => self.vector_to_gpr(PEXTRW.imm(lane), to, from),
            Shape::I8x16 => {
                self.asm().sse_gpr(PEXTRB, false, from.0, to.into(), 1);
                self.asm().imm8(lane);
            }
            _ if lane == 0 => self.asm().sse_gpr(MOVD_TO, wide, from.0, to.into(), 0),
            _ => {
                self.asm().sse_gpr(PEXTRD, wide, from.0, to.into(), 1);
                self.asm().imm8(lane);
            }
        }
    }

    pub(in crate::emit) fn emit_replace_lane(&mut self, shape: Shape, lane: u8) {
        let mut value = self.pop();
        self.canonical(&mut value);
        let a = self.pop_lanes(None);
        let to = match shape {
            Shape::F32x4 => {
                let from = self.xmm(&mut value);
                self.replace(INSERTPS.imm(lane << 4), a, from)
            }
            Shape::F64x2 => {
                let from = self.xmm(&mut value);
                match lane {
                    0 => self.replace(MOVSD, a, from),
                    _ => self.replace(PUNPCKLQDQ, a, from),
                }
            }
            _ => {
                let from = self.gpr(&mut value);
                let to = self.xmm_to_change(a, None);
                self.insert_lane(shape, lane, to, from.into());
                to
            }
        };
        self.release(value);
        self.push_xmm(Kind::V128, to);
    }

    fn replace(&mut self, op: impl Into<VectorOp>, a: Operand, from: Xmm) -> Xmm {
        let to = self.xmm_to_change(a, None);
        self.apply(op, to, to, from);
        to
    }

    /// Puts an integer, or bits from memory, into a lane. It is one instruction.
    pub(super) fn insert_lane(&mut self, shape: Shape, lane: u8, to: Xmm, from: Rm) {
        let (op, wide) = insertion(shape);
        match self.environment.cpu.avx {
            true => self.asm().vex_gpr(op, wide, to.0, to.0, from, 1),
            false => self.asm().sse_gpr(op, wide, to.0, from, 1),
        }
        self.asm().imm8(lane);
    }

    /// `b`, but for the bits in which it differs from `a` and that the mask chooses.
    pub(in crate::emit) fn emit_bitselect(&mut self) {
        let (mut mask, mut b, a) = (
            self.pop_lanes(None),
            self.pop_lanes(None),
            self.pop_lanes(None),
        );
        let chosen = self.vector_or_memory(&mut mask);
        let (to, second) = self.sequence_operands(a, &mut b, None);
        self.apply(PXOR, to, to, second);
        self.apply(PAND, to, to, chosen);
        self.apply(PXOR, to, to, second);
        self.release(mask);
        self.release(b);
        self.push_xmm(Kind::V128, to);
    }
}
