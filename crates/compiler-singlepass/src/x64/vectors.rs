//! The instructions on vectors, by name.
//!
//! They are constants, for which `masm.rs` chooses the encoding: the legacy one, whose first operand is the destination,
//! or the VEX one with a destination of its own.

use super::assembler::Op;
use super::opcodes::op;

/// An instruction with the immediate that belongs to it, if it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VectorOp {
    pub(crate) op: Op,
    pub(crate) imm: Option<u8>,
}

impl From<Op> for VectorOp {
    fn from(op: Op) -> Self {
        Self { op, imm: None }
    }
}

impl Op {
    /// With an immediate.
    pub(crate) const fn imm(self, imm: u8) -> VectorOp {
        let imm = Some(imm);
        VectorOp { op: self, imm }
    }
}

/// Of SSE2, on integers.
const fn sse2(byte: u8) -> Op {
    op(0x66, 1, byte)
}
/// Of the second opcode map.
const fn map2(byte: u8) -> Op {
    op(0x66, 2, byte)
}
/// Of the third opcode map: all of them have an immediate.
const fn map3(byte: u8) -> Op {
    op(0x66, 3, byte)
}

pub(crate) const PUNPCKLBW: Op = sse2(0x60);
pub(crate) const PUNPCKLWD: Op = sse2(0x61);
pub(crate) const PUNPCKLDQ: Op = sse2(0x62);
pub(crate) const PACKSSWB: Op = sse2(0x63);
pub(crate) const PCMPGTB: Op = sse2(0x64);
pub(crate) const PCMPGTW: Op = sse2(0x65);
pub(crate) const PCMPGTD: Op = sse2(0x66);
pub(crate) const PACKUSWB: Op = sse2(0x67);
pub(crate) const PUNPCKHBW: Op = sse2(0x68);
pub(crate) const PUNPCKHWD: Op = sse2(0x69);
pub(crate) const PUNPCKHDQ: Op = sse2(0x6a);
pub(crate) const PACKSSDW: Op = sse2(0x6b);
pub(crate) const PUNPCKLQDQ: Op = sse2(0x6c);
pub(crate) const PUNPCKHQDQ: Op = sse2(0x6d);
pub(crate) const PSHUFD: Op = sse2(0x70);
pub(crate) const PSHUFLW: Op = op(0xf2, 1, 0x70);
pub(crate) const PCMPEQB: Op = sse2(0x74);
pub(crate) const PCMPEQW: Op = sse2(0x75);
pub(crate) const PCMPEQD: Op = sse2(0x76);
pub(crate) const PINSRW: Op = sse2(0xc4);
pub(crate) const PEXTRW: Op = sse2(0xc5);
pub(crate) const PADDQ: Op = sse2(0xd4);
pub(crate) const PMULLW: Op = sse2(0xd5);
pub(crate) const PMOVMSKB: Op = sse2(0xd7);
pub(crate) const PSUBUSB: Op = sse2(0xd8);
pub(crate) const PSUBUSW: Op = sse2(0xd9);
pub(crate) const PMINUB: Op = sse2(0xda);
pub(crate) const PAND: Op = sse2(0xdb);
pub(crate) const PADDUSB: Op = sse2(0xdc);
pub(crate) const PADDUSW: Op = sse2(0xdd);
pub(crate) const PMAXUB: Op = sse2(0xde);
pub(crate) const PANDN: Op = sse2(0xdf);
pub(crate) const PAVGB: Op = sse2(0xe0);
pub(crate) const PAVGW: Op = sse2(0xe3);
pub(crate) const PMULHUW: Op = sse2(0xe4);
pub(crate) const PMULHW: Op = sse2(0xe5);
pub(crate) const PSUBSB: Op = sse2(0xe8);
pub(crate) const PSUBSW: Op = sse2(0xe9);
pub(crate) const PMINSW: Op = sse2(0xea);
pub(crate) const POR: Op = sse2(0xeb);
pub(crate) const PADDSB: Op = sse2(0xec);
pub(crate) const PADDSW: Op = sse2(0xed);
pub(crate) const PMAXSW: Op = sse2(0xee);
pub(crate) const PXOR: Op = sse2(0xef);
pub(crate) const PMULUDQ: Op = sse2(0xf4);
pub(crate) const PMADDWD: Op = sse2(0xf5);
pub(crate) const PSUBB: Op = sse2(0xf8);
pub(crate) const PSUBW: Op = sse2(0xf9);
pub(crate) const PSUBD: Op = sse2(0xfa);
pub(crate) const PSUBQ: Op = sse2(0xfb);
pub(crate) const PADDB: Op = sse2(0xfc);
pub(crate) const PADDW: Op = sse2(0xfd);
pub(crate) const PADDD: Op = sse2(0xfe);

pub(crate) const PSHUFB: Op = map2(0x00);
pub(crate) const PMADDUBSW: Op = map2(0x04);
pub(crate) const PMULHRSW: Op = map2(0x0b);
pub(crate) const PTEST: Op = map2(0x17);
pub(crate) const PABSB: Op = map2(0x1c);
pub(crate) const PABSW: Op = map2(0x1d);
pub(crate) const PABSD: Op = map2(0x1e);
pub(crate) const PMOVSXBW: Op = map2(0x20);
pub(crate) const PMOVSXWD: Op = map2(0x23);
pub(crate) const PMOVSXDQ: Op = map2(0x25);
pub(crate) const PMULDQ: Op = map2(0x28);
pub(crate) const PCMPEQQ: Op = map2(0x29);
pub(crate) const PACKUSDW: Op = map2(0x2b);
pub(crate) const PMOVZXBW: Op = map2(0x30);
pub(crate) const PMOVZXWD: Op = map2(0x33);
pub(crate) const PMOVZXDQ: Op = map2(0x35);
/// Of SSE4.2.
pub(crate) const PCMPGTQ: Op = map2(0x37);
pub(crate) const PMINSB: Op = map2(0x38);
pub(crate) const PMINSD: Op = map2(0x39);
pub(crate) const PMINUW: Op = map2(0x3a);
pub(crate) const PMINUD: Op = map2(0x3b);
pub(crate) const PMAXSB: Op = map2(0x3c);
pub(crate) const PMAXSD: Op = map2(0x3d);
pub(crate) const PMAXUW: Op = map2(0x3e);
pub(crate) const PMAXUD: Op = map2(0x3f);
pub(crate) const PMULLD: Op = map2(0x40);
/// Of AVX, from memory.
pub(crate) const VBROADCASTSS: Op = map2(0x18);

pub(crate) const PBLENDW: Op = map3(0x0e);
pub(crate) const PALIGNR: Op = map3(0x0f);
/// To a general register or memory, like the next ones.
pub(crate) const PEXTRB: Op = map3(0x14);
pub(crate) const PEXTRW_TO: Op = map3(0x15);
/// Of 64 bits if `wide`.
pub(crate) const PEXTRD: Op = map3(0x16);
/// From a general register or memory, like the next one.
pub(crate) const PINSRB: Op = map3(0x20);
pub(crate) const INSERTPS: Op = map3(0x21);
/// Of 64 bits if `wide`.
pub(crate) const PINSRD: Op = map3(0x22);

pub(crate) const CVTDQ2PS: Op = op(0, 1, 0x5b);
pub(crate) const CVTTPS2DQ: Op = op(0xf3, 1, 0x5b);
pub(crate) const CVTPS2PD: Op = op(0, 1, 0x5a);
pub(crate) const CVTPD2PS: Op = sse2(0x5a);
pub(crate) const CVTTPD2DQ: Op = sse2(0xe6);
pub(crate) const CVTDQ2PD: Op = op(0xf3, 1, 0xe6);
pub(crate) const SHUFPS: Op = op(0, 1, 0xc6);
pub(crate) const MOVDDUP: Op = op(0xf2, 1, 0x12);
pub(crate) const MOVMSKPS: Op = op(0, 1, 0x50);
pub(crate) const MOVMSKPD: Op = sse2(0x50);

/// Arithmetic on all lanes of floats.
#[derive(Clone, Copy)]
pub(crate) struct FloatOps {
    pub(crate) add: Op,
    pub(crate) sub: Op,
    pub(crate) mul: Op,
    pub(crate) div: Op,
    /// The second operand if one is a NaN or both are zeros; so does `max`.
    pub(crate) min: Op,
    pub(crate) max: Op,
    pub(crate) sqrt: Op,
    /// With the way of rounding as an immediate.
    pub(crate) round: Op,
    /// With one of [`predicate`].
    pub(crate) compare: Op,
    /// Of AVX: the immediate holds the number of the mask's register.
    pub(crate) blend: Op,
}

const fn float_ops(prefix: u8, double: u8) -> FloatOps {
    FloatOps {
        add: op(prefix, 1, 0x58),
        sub: op(prefix, 1, 0x5c),
        mul: op(prefix, 1, 0x59),
        div: op(prefix, 1, 0x5e),
        min: op(prefix, 1, 0x5d),
        max: op(prefix, 1, 0x5f),
        sqrt: op(prefix, 1, 0x51),
        round: map3(0x08 + double),
        compare: op(prefix, 1, 0xc2),
        blend: map3(0x4a + double),
    }
}

pub(crate) const SINGLES: FloatOps = float_ops(0, 0);
pub(crate) const DOUBLES: FloatOps = float_ops(0x66, 1);

/// What lanes of floats can be compared for.
pub(crate) mod predicate {
    pub(crate) const EQUAL: u8 = 0;
    pub(crate) const LESS: u8 = 1;
    pub(crate) const LESS_EQUAL: u8 = 2;
    pub(crate) const UNORDERED: u8 = 3;
    pub(crate) const NOT_EQUAL: u8 = 4;
    pub(crate) const NOT_LESS: u8 = 5;
    pub(crate) const ORDERED: u8 = 7;
    /// Makes the opposite of any of them.
    pub(crate) const NOT: u8 = 4;
}

/// A shift of all lanes: by the number in a vector register, or by an immediate.
#[derive(Clone, Copy)]
pub(crate) struct LaneShift {
    pub(crate) by_register: Op,
    pub(crate) by_number: Op,
    /// Takes the place of a register in the encoding of the latter.
    pub(crate) digit: u8,
}

const fn lane_shift(by_register: u8, by_number: u8, digit: u8) -> LaneShift {
    LaneShift {
        by_register: sse2(by_register),
        by_number: sse2(by_number),
        digit,
    }
}

pub(crate) const PSRLW: LaneShift = lane_shift(0xd1, 0x71, 2);
pub(crate) const PSRLD: LaneShift = lane_shift(0xd2, 0x72, 2);
pub(crate) const PSRLQ: LaneShift = lane_shift(0xd3, 0x73, 2);
pub(crate) const PSRAW: LaneShift = lane_shift(0xe1, 0x71, 4);
pub(crate) const PSRAD: LaneShift = lane_shift(0xe2, 0x72, 4);
pub(crate) const PSLLW: LaneShift = lane_shift(0xf1, 0x71, 6);
pub(crate) const PSLLD: LaneShift = lane_shift(0xf2, 0x72, 6);
pub(crate) const PSLLQ: LaneShift = lane_shift(0xf3, 0x73, 6);
