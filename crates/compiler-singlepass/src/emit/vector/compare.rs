//! Comparisons of lanes, whose results are masks, and tests of whole vectors.

use wasmill_compiler::ops::{Binary, Compare, Shape, Test};

use super::super::compare::Condition;
use super::arithmetic::instruction;
use super::{floats, order};
use crate::generator::{Generator, SCRATCH_XMM};
use crate::location::{Kind, Operand};
use crate::x64::assembler::Op;
use crate::x64::opcodes::{Widen, condition};
use crate::x64::registers::{Gpr, Xmm};
use crate::x64::vectors::*;

/// What compares lanes for equality.
fn equal(shape: Shape) -> Op {
    match shape {
        Shape::I8x16 => PCMPEQB,
        Shape::I16x8 => PCMPEQW,
        Shape::I32x4 => PCMPEQD,
        _ => PCMPEQQ,
    }
}

impl Generator<'_> {
    pub(in crate::emit) fn emit_vector_compare(&mut self, op: Compare, shape: Shape) {
        let (b, a) = (self.pop_lanes(Some(shape)), self.pop_lanes(Some(shape)));
        let compare = |predicate| floats(shape).compare.imm(predicate);
        let to = match op {
            Compare::IEq => self.commuting(equal(shape), a, b, None),
            Compare::INe => {
                let to = self.commuting(equal(shape), a, b, None);
                self.inverted(to)
            }
            Compare::IGtS => self.greater(shape, a, b),
            Compare::ILtS => self.greater(shape, b, a),
            Compare::IGeS if shape == Shape::I64x2 => {
                let to = self.greater(shape, b, a);
                self.inverted(to)
            }
            Compare::ILeS if shape == Shape::I64x2 => {
                let to = self.greater(shape, a, b);
                self.inverted(to)
            }
            Compare::IGeS => self.is_bound(Binary::IMaxS, shape, a, b),
            Compare::ILeS => self.is_bound(Binary::IMinS, shape, a, b),
            Compare::IGeU => self.is_bound(Binary::IMaxU, shape, a, b),
            Compare::ILeU => self.is_bound(Binary::IMinU, shape, a, b),
            Compare::IGtU => {
                let to = self.is_bound(Binary::IMinU, shape, a, b);
                self.inverted(to)
            }
            Compare::ILtU => {
                let to = self.is_bound(Binary::IMaxU, shape, a, b);
                self.inverted(to)
            }
            Compare::FEq => self.commuting(compare(predicate::EQUAL), a, b, None),
            Compare::FNe => self.commuting(compare(predicate::NOT_EQUAL), a, b, None),
            Compare::FLt => self.two_operands(compare(predicate::LESS), a, b, None),
            Compare::FLe => self.two_operands(compare(predicate::LESS_EQUAL), a, b, None),
            Compare::FGt => self.two_operands(compare(predicate::LESS), b, a, None),
            Compare::FGe => self.two_operands(compare(predicate::LESS_EQUAL), b, a, None),
        };
        self.push_xmm(Kind::V128, to);
    }

    fn inverted(&mut self, to: Xmm) -> Xmm {
        self.invert(to, to);
        to
    }

    /// `a > b`, signed.
    fn greater(&mut self, shape: Shape, a: Operand, b: Operand) -> Xmm {
        let op = match shape {
            Shape::I8x16 => PCMPGTB,
            Shape::I16x8 => PCMPGTW,
            Shape::I32x4 => PCMPGTD,
            _ if self.environment.cpu.avx => PCMPGTQ,
            _ => return self.greater_i64x2(a, b),
        };
        self.two_operands(op, a, b, None)
    }

    /// The upper halves decide; where they are equal, that of `b - a` is -1 if the lower half of `a` is the greater one.
    fn greater_i64x2(&mut self, a: Operand, mut b: Operand) -> Xmm {
        let (to, second) = self.sequence_operands(a, &mut b, None);
        let equal = self.new_xmm();
        self.apply(PSUBQ, SCRATCH_XMM, second, to);
        self.apply(PCMPEQD, equal, to, second);
        self.apply(PAND, SCRATCH_XMM, SCRATCH_XMM, equal);
        self.apply(PCMPGTD, to, to, second);
        self.apply(POR, to, to, SCRATCH_XMM);
        self.apply_one(PSHUFD.imm(order::ODD_LANES), to, to);
        self.free_xmm(equal);
        self.release(b);
        to
    }

    /// Whether `a` is the minimum or maximum of both.
    fn is_bound(&mut self, bound: Binary, shape: Shape, mut a: Operand, mut b: Operand) -> Xmm {
        let bound = instruction(bound, shape).expect("there is one for these widths");
        let first = self.xmm(&mut a);
        let second = self.vector_or_memory(&mut b);
        self.apply(bound, SCRATCH_XMM, first, second);
        let to = self.result_xmm(None, &[a, b]);
        self.apply_to_scratch(equal(shape), to, first.into());
        to
    }

    pub(in crate::emit) fn emit_vector_test(&mut self, op: Test, shape: Shape) {
        let mut a = self.pop_lanes(None);
        let from = self.xmm(&mut a);
        let to = self.new_gpr();
        match op {
            Test::AnyTrue => {
                self.apply_one(PTEST, from, from);
                self.set_if(Condition::Flag(condition::NOT_EQUAL), to);
            }
            Test::AllTrue => {
                self.zero_xmm(SCRATCH_XMM);
                self.apply(equal(shape), SCRATCH_XMM, SCRATCH_XMM, from);
                self.apply_one(PTEST, SCRATCH_XMM, SCRATCH_XMM);
                self.set_if(Condition::Flag(condition::EQUAL), to);
            }
            Test::Bitmask => self.top_bits(shape, to, from),
            Test::Eqz => unreachable!("no test of vectors"),
        }
        self.release(a);
        self.push_gpr(Kind::I32, to);
    }

    /// Collects the top bits of the lanes.
    fn top_bits(&mut self, shape: Shape, to: Gpr, from: Xmm) {
        match shape {
            Shape::I8x16 => self.vector_to_gpr(PMOVMSKB, to, from),
            Shape::I16x8 => {
                // Narrowing keeps signs; here it gives all lanes twice.
                self.apply(PACKSSWB, SCRATCH_XMM, from, from);
                self.vector_to_gpr(PMOVMSKB, to, SCRATCH_XMM);
                self.asm().mov_widen(Widen::Zero8, false, to, to.into());
            }
            Shape::I32x4 => self.vector_to_gpr(MOVMSKPS, to, from),
            _ => self.vector_to_gpr(MOVMSKPD, to, from),
        }
    }

    /// `to = op from`
    pub(super) fn vector_to_gpr(&mut self, op: impl Into<VectorOp>, to: Gpr, from: Xmm) {
        // It is encoded as if the destination were a vector register.
        self.apply_one(op, Xmm(to.0), from);
    }
}
