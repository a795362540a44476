//! Loads and stores of vectors and of lanes.

use wasmill_abi::TrapCode;
use wasmill_compiler::ops::{Load, MemoryArg, Shape};

use super::arithmetic::extend_low;
use super::order;
use crate::generator::{Generator, SCRATCH};
use crate::location::Kind;
use crate::x64::assembler::Mem;
use crate::x64::opcodes::Widen;
use crate::x64::registers::Xmm;
use crate::x64::vectors::*;

impl Generator<'_> {
    /// Loads a float or a vector. The first instruction is the access, which can trap.
    pub(in crate::emit) fn load_vector(&mut self, op: Load, shape: Shape, to: Xmm, from: Mem) {
        let half = match shape {
            Shape::I16x8 => Shape::I8x16,
            Shape::I32x4 => Shape::I16x8,
            _ => Shape::I32x4,
        };
        match op {
            Load::ExtendS => self.apply_one(extend_low(half, true), to, from),
            Load::ExtendU => self.apply_one(extend_low(half, false), to, from),
            Load::Zero if shape == Shape::I32x4 => self.load_xmm(Kind::F32, to, from),
            Load::Zero => self.load_xmm(Kind::F64, to, from),
            Load::Splat => self.load_splat(shape, to, from),
            _ => self.load_xmm(shape.into(), to, from),
        }
    }

    fn load_splat(&mut self, shape: Shape, to: Xmm, from: Mem) {
        match shape {
            Shape::I8x16 | Shape::I16x8 => {
                let widen = match shape {
                    Shape::I8x16 => Widen::Zero8,
                    _ => Widen::Zero16,
                };
                self.asm().mov_widen(widen, false, SCRATCH, from.into());
                self.splat_general(shape, to, SCRATCH.into());
            }
            Shape::I32x4 if self.environment.cpu.avx => self.apply_one(VBROADCASTSS, to, from),
            Shape::I32x4 => {
                self.load_xmm(Kind::F32, to, from);
                self.apply_one(PSHUFD.imm(order::FIRST), to, to);
            }
            _ => self.apply_one(MOVDDUP, to, from),
        }
    }

    pub(in crate::emit) fn emit_load_lane(&mut self, shape: Shape, lane: u8, arg: MemoryArg) {
        let (vector, address) = (self.pop_lanes(None), self.pop());
        let to = self.xmm_to_change(vector, None);
        let place = self.place(arg, address, shape.lane_bytes());
        self.trap_site(TrapCode::HeapAccessOutOfBounds);
        self.insert_lane(shape, lane, to, place.mem.into());
        self.release_place(place);
        self.push_xmm(Kind::V128, to);
    }

    pub(in crate::emit) fn emit_store_lane(&mut self, shape: Shape, lane: u8, arg: MemoryArg) {
        let (mut vector, address) = (self.pop_lanes(None), self.pop());
        let from = self.xmm(&mut vector);
        let place = self.place(arg, address, shape.lane_bytes());
        self.trap_site(TrapCode::HeapAccessOutOfBounds);
        self.store_lane_at(shape, lane, place.mem, from);
        self.release_place(place);
        self.release(vector);
    }

    fn store_lane_at(&mut self, shape: Shape, lane: u8, to: Mem, from: Xmm) {
        let (op, wide) = match shape {
            Shape::I32x4 if lane == 0 => return self.store_xmm(Kind::F32, to, from),
            Shape::I64x2 if lane == 0 => return self.store_xmm(Kind::F64, to, from),
            Shape::I8x16 => (PEXTRB, false),
            Shape::I16x8 => (PEXTRW_TO, false),
            Shape::I32x4 => (PEXTRD, false),
            _ => (PEXTRD, true),
        };
        self.asm().sse_gpr(op, wide, from.0, to.into(), 1);
        self.asm().imm8(lane);
    }
}
