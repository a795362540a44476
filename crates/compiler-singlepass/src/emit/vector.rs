//! Vectors.

use wasmill_compiler::ops::*;

use crate::generator::Generator;
use crate::location::{Kind, Loc};
use crate::x64::assembler::Mem;
use crate::x64::registers::Xmm;

impl Generator<'_> {
    pub(super) fn push_vector_constant(&mut self, bits: u128) {
        if let Mem::Pool(offset) = self.asm().constant128(bits) {
            self.push(Kind::V128, Loc::Pool(offset), false);
        }
    }
    /// Loads a float or a vector; the access can trap.
    pub(super) fn load_vector(&mut self, op: Load, shape: Shape, to: Xmm, from: Mem) {
        match op {
            Load::Full => self.load_xmm(shape.into(), to, from),
            _ => unreachable!(),
        }
    }
    pub(super) fn emit_vector_unary(&mut self, _op: Unary, _shape: Shape) {
        unreachable!()
    }
    pub(super) fn emit_vector_binary(&mut self, _op: Binary, _shape: Shape) {
        unreachable!()
    }
    pub(super) fn emit_vector_compare(&mut self, _op: Compare, _shape: Shape) {
        unreachable!()
    }
    pub(super) fn emit_vector_test(&mut self, _op: Test, _shape: Shape) {
        unreachable!()
    }
    pub(super) fn emit_vector_convert(&mut self, _op: Convert, _from: Shape, _to: Shape) {
        unreachable!()
    }
    pub(super) fn emit_shift(&mut self, _op: Shift, _shape: Shape) {
        unreachable!()
    }
    pub(super) fn emit_splat(&mut self, _shape: Shape) {
        unreachable!()
    }
    pub(super) fn emit_extract_lane(&mut self, _shape: Shape, _extend: LaneExtend, _lane: u8) {
        unreachable!()
    }
    pub(super) fn emit_replace_lane(&mut self, _shape: Shape, _lane: u8) {
        unreachable!()
    }
    pub(super) fn emit_shuffle(&mut self, _lanes: [u8; 16]) {
        unreachable!()
    }
    pub(super) fn emit_bitselect(&mut self) {
        unreachable!()
    }
    pub(super) fn emit_load_lane(&mut self, _shape: Shape, _lane: u8, _arg: MemoryArg) {
        unreachable!()
    }
    pub(super) fn emit_store_lane(&mut self, _shape: Shape, _lane: u8, _arg: MemoryArg) {
        unreachable!()
    }
}
