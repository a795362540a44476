//! From instructions to bytes.
//!
//! An instruction is an [`Op`] (prefix, opcode map, opcode byte), a register and a register or memory operand. The part up
//! to the addressing byte is put together in one 64-bit word and written at once; displacement and immediate follow. The
//! buffer always has room for a whole instruction, so that writing is a bounds check and a store.
//!
//! A [`Label`] is a place that jumps go to. Jumps to a label that is not bound yet form a chain through their own
//! displacement fields; binding walks it once.
//!
//! Constants are gathered behind the code, at [`Assembler::finish`]; instructions refer to them relative to themselves.

use super::registers::{Gpr, Xmm};

/// The longest instruction, rounded up.
const ROOM: usize = 32;

/// An instruction, but for its operands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    /// 0, or the mandatory prefix (0x66, 0xf3, 0xf2).
    pub(crate) prefix: u8,
    /// 0 for one-byte opcodes, 1 for `0f`, 2 for `0f 38`, 3 for `0f 3a`.
    pub(crate) map: u8,
    /// The last byte of the opcode.
    pub(crate) byte: u8,
}

/// A place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mem {
    /// `[base + disp]`
    Base { base: Gpr, disp: i32 },
    /// `[base + index * 2^scale + disp]`; the index is not `rsp`.
    Index {
        base: Gpr,
        index: Gpr,
        scale: u8,
        disp: i32,
    },
    /// A constant of the pool, by its offset in it.
    Pool(u32),
}

/// A general register or a place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rm {
    Reg(Gpr),
    Mem(Mem),
}

/// A vector register or a place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XmmRm {
    Reg(Xmm),
    Mem(Mem),
}

/// What both have in common: the number of a register, or a place in memory.
#[derive(Clone, Copy)]
enum Operand {
    Reg(u8),
    Mem(Mem),
}

impl From<Gpr> for Rm {
    fn from(reg: Gpr) -> Self {
        Self::Reg(reg)
    }
}
impl From<Mem> for Rm {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}
impl From<Xmm> for XmmRm {
    fn from(reg: Xmm) -> Self {
        Self::Reg(reg)
    }
}
impl From<Mem> for XmmRm {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}
impl From<Rm> for Operand {
    fn from(rm: Rm) -> Self {
        match rm {
            Rm::Reg(reg) => Self::Reg(reg.0),
            Rm::Mem(mem) => Self::Mem(mem),
        }
    }
}
impl From<XmmRm> for Operand {
    fn from(rm: XmmRm) -> Self {
        match rm {
            XmmRm::Reg(reg) => Self::Reg(reg.0),
            XmmRm::Mem(mem) => Self::Mem(mem),
        }
    }
}

impl Operand {
    /// The bits X and B of a prefix, in their places in `rex`.
    fn extension(self) -> u8 {
        match self {
            Self::Reg(reg) => reg >> 3,
            Self::Mem(Mem::Base { base, .. }) => base.0 >> 3,
            Self::Mem(Mem::Index { base, index, .. }) => base.0 >> 3 | (index.0 >> 3) << 1,
            Self::Mem(Mem::Pool(_)) => 0,
        }
    }
}

/// A place in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// Not known yet; the last place that waits for it, if any does (see [`Assembler::bind`]).
    Open(u32),
    /// Here.
    Bound(u32),
}

impl Label {
    /// Where no jump waits. A jump's displacement is never at the start of the code.
    const NONE: u32 = 0;

    /// A label that nothing refers to yet.
    pub(crate) fn new() -> Self {
        Self::Open(Self::NONE)
    }
    /// Whether some jump waits for it.
    pub(crate) fn is_awaited(self) -> bool {
        matches!(self, Self::Open(last) if last != Self::NONE)
    }
}

/// A table entry (relative to itself) waits for a label, not a jump (relative to its end).
const IS_ENTRY: u32 = 1 << 31;

/// A reference to the pool that waits for its place.
#[derive(Clone, Copy, Debug)]
struct PoolUse {
    /// Where the displacement is.
    at: u32,
    /// Bytes of the instruction behind the displacement.
    tail: u8,
    /// The constant, by its offset in the pool.
    constant: u32,
}

/// Machine code in the making.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    /// Whether the processor has AVX.
    pub(crate) avx: bool,
    bytes: Vec<u8>,
    length: usize,
    pool: Vec<u64>,
    pool_uses: Vec<PoolUse>,
    /// Short jumps that have not landed yet: what is written now may be skipped.
    short_jumps: u32,
}

impl Assembler {
    /// Forgets everything, but keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
        self.pool.clear();
        self.pool_uses.clear();
        self.short_jumps = 0;
    }

    /// Whether some short jump may skip what is written now.
    pub(crate) fn may_be_skipped(&self) -> bool {
        self.short_jumps > 0
    }

    /// How many bytes there are.
    #[inline]
    pub(crate) fn offset(&self) -> u32 {
        self.length as u32
    }

    /// Makes sure that one instruction fits.
    #[inline]
    fn reserve(&mut self) {
        if self.length + ROOM > self.bytes.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = (self.bytes.len() * 2).max(4096);
        self.bytes.resize(length, 0);
    }

    /// Writes the low `count` bytes of a word, within the room of one instruction.
    #[inline]
    fn put(&mut self, word: u64, count: usize) {
        let place = &mut self.bytes[self.length..self.length + 8];
        place.copy_from_slice(&word.to_le_bytes());
        self.length += count;
    }

    /// Raw bytes, at most eight.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= 8);
        self.reserve();
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        self.put(u64::from_le_bytes(word), bytes.len());
    }

    /// An immediate of 8 bits, behind the instruction it belongs to.
    #[inline]
    pub(crate) fn imm8(&mut self, value: u8) {
        self.put(value.into(), 1);
    }
    /// An immediate of 16 bits.
    #[inline]
    pub(crate) fn imm16(&mut self, value: u16) {
        self.put(value.into(), 2);
    }
    /// An immediate of 32 bits.
    #[inline]
    pub(crate) fn imm32(&mut self, value: i32) {
        self.put(u64::from(value as u32), 4);
    }
    /// An immediate of 64 bits.
    #[inline]
    pub(crate) fn imm64(&mut self, value: u64) {
        self.put(value, 8);
    }

    /// An instruction with general registers. `tail`: how many bytes of immediate follow.
    #[inline]
    pub(crate) fn gpr(&mut self, op: Op, wide: bool, reg: u8, rm: Rm, tail: u8) {
        self.legacy(op, wide, false, reg, rm.into(), tail);
    }

    /// An instruction whose register is in the opcode.
    #[inline]
    pub(crate) fn gpr_in_opcode(&mut self, wide: bool, byte: u8, reg: Gpr) {
        self.reserve();
        let rex = u8::from(wide) << 3 | reg.0 >> 3;
        let (prefix, bits) = rex_prefix(rex, false);
        let opcode = u64::from(byte | reg.0 & 7);
        self.put(prefix | opcode << bits, bits as usize / 8 + 1);
    }

    /// The same for an instruction that works on the low byte of registers: `reg` and `rm` may need a prefix to be the low
    /// bytes of `rsi` and the like.
    #[inline]
    pub(crate) fn gpr8(&mut self, op: Op, reg: u8, rm: Rm, tail: u8) {
        let needs_prefix = |number: u8| (4..8).contains(&number);
        let force = needs_prefix(reg) || matches!(rm, Rm::Reg(reg) if needs_prefix(reg.0));
        self.legacy(op, false, force, reg, rm.into(), tail);
    }

    /// An instruction `reg = reg op rm` on vector registers.
    #[inline]
    pub(crate) fn sse(&mut self, op: Op, wide: bool, reg: Xmm, rm: XmmRm, tail: u8) {
        self.either(op, wide, reg.0, reg.0, rm.into(), tail);
    }

    /// An instruction with one source: `reg` and `rm` are that and the destination.
    #[inline]
    pub(crate) fn sse1(&mut self, op: Op, wide: bool, reg: Xmm, rm: XmmRm, tail: u8) {
        self.either(op, wide, reg.0, 0, rm.into(), tail);
    }

    /// The same with a general register or memory as `rm`.
    #[inline]
    pub(crate) fn sse_gpr(&mut self, op: Op, wide: bool, reg: u8, rm: Rm, tail: u8) {
        self.either(op, wide, reg, 0, rm.into(), tail);
    }

    /// The same with a general register as `reg`.
    #[inline]
    pub(crate) fn sse_gpr_from(&mut self, op: Op, wide: bool, reg: u8, from: Xmm) {
        self.either(op, wide, reg, 0, Operand::Reg(from.0), 0);
    }

    /// In the VEX encoding if there is AVX. The two are not mixed: an instruction in the legacy encoding keeps the upper
    /// half of wide registers, and depends on it therefore.
    #[inline]
    fn either(&mut self, op: Op, wide: bool, reg: u8, second: u8, rm: Operand, tail: u8) {
        match self.avx {
            true => self.vex_encoded(op, wide, reg, second, rm, tail),
            false => self.legacy(op, wide, false, reg, rm, tail),
        }
    }

    /// A three-operand instruction in the VEX encoding, 128 bits wide. `second` is 0 where the instruction has no such
    /// operand.
    #[inline]
    pub(crate) fn vex(&mut self, op: Op, wide: bool, reg: u8, second: u8, rm: XmmRm, tail: u8) {
        self.vex_encoded(op, wide, reg, second, rm.into(), tail);
    }

    /// The same with a general register or memory as the last operand.
    #[inline]
    pub(crate) fn vex_gpr(&mut self, op: Op, wide: bool, reg: u8, second: u8, rm: Rm, tail: u8) {
        self.vex_encoded(op, wide, reg, second, rm.into(), tail);
    }

    #[inline(always)]
    fn legacy(&mut self, op: Op, wide: bool, force: bool, reg: u8, rm: Operand, tail: u8) {
        self.reserve();
        let (mut word, mut bits) = (0u64, 0);
        if op.prefix != 0 {
            word = op.prefix.into();
            bits = 8;
        }
        let rex = u8::from(wide) << 3 | (reg >> 3) << 2 | rm.extension();
        let (prefix, prefix_bits) = rex_prefix(rex, force);
        word |= prefix << bits;
        bits += prefix_bits;
        let (opcode, count) = match op.map {
            0 => (0, 0),
            1 => (0x0f, 8),
            2 => (0x380f, 16),
            _ => (0x3a0f, 16),
        };
        word |= (opcode | u64::from(op.byte) << count) << bits;
        self.operands(word, bits + count + 8, reg, rm, tail);
    }

    #[inline]
    fn vex_encoded(&mut self, op: Op, wide: bool, reg: u8, second: u8, rm: Operand, tail: u8) {
        self.reserve();
        let extension = rm.extension();
        let not_r = u64::from(!(reg >> 3) & 1) << 7;
        let simple = match op.prefix {
            0x66 => 1,
            0xf3 => 2,
            0xf2 => 3,
            _ => 0u8,
        };
        let last = u64::from((!second & 15) << 3 | simple);
        let (word, bits) = if extension == 0 && op.map == 1 && !wide {
            (0xc5 | (not_r | last) << 8 | u64::from(op.byte) << 16, 24)
        } else {
            let not_x = u64::from(!(extension >> 1) & 1) << 6;
            let not_b = u64::from(!extension & 1) << 5;
            let first = not_r | not_x | not_b | u64::from(op.map);
            let last = last | u64::from(wide) << 7;
            (
                0xc4 | first << 8 | last << 16 | u64::from(op.byte) << 24,
                32,
            )
        };
        self.operands(word, bits, reg, rm, tail);
    }

    /// Appends the addressing bytes and the displacement to what is in `word`, and writes all of it.
    #[inline(always)]
    fn operands(&mut self, word: u64, bits: u32, reg: u8, rm: Operand, tail: u8) {
        let reg = u64::from(reg & 7) << 3;
        let count = bits as usize / 8;
        match rm {
            Operand::Reg(rm) => {
                self.put(word | (0xc0 | reg | u64::from(rm & 7)) << bits, count + 1);
            }
            Operand::Mem(Mem::Base { base, disp }) => {
                let low = u64::from(base.0 & 7);
                let (mode, size) = displacement(low, disp);
                // A base whose low bits are 4 (`rsp`, `r12`) needs one more byte.
                let (more, length) = if low == 4 { (0x24 << 8, 2) } else { (0, 1) };
                let word = word | (mode | reg | low | more) << bits;
                self.put(word, count + length);
                self.put(u64::from(disp as u32), size);
            }
            Operand::Mem(Mem::Index {
                base,
                index,
                scale,
                disp,
            }) => {
                debug_assert_ne!(index.0, 4, "rsp is no index");
                let low = u64::from(base.0 & 7);
                let (mode, size) = displacement(low, disp);
                let sib = u64::from(scale) << 6 | u64::from(index.0 & 7) << 3 | low;
                let word = word | (mode | reg | 4 | sib << 8) << bits;
                self.put(word, count + 2);
                self.put(u64::from(disp as u32), size);
            }
            Operand::Mem(Mem::Pool(constant)) => {
                self.put(word | (reg | 5) << bits, count + 1);
                let at = self.offset();
                self.pool_uses.push(PoolUse { at, tail, constant });
                self.put(0, 4);
            }
        }
    }

    /// A constant of 64 bits in the pool, or of 32 bits with zeros above.
    pub(crate) fn constant64(&mut self, value: u64) -> Mem {
        // Looks at a few of the last ones only: time must not grow with the number of constants.
        const NEAR: usize = 16;
        let from = self.pool.len().saturating_sub(NEAR);
        let known = self.pool[from..].iter().position(|&other| other == value);
        let at = known.map_or(self.pool.len(), |at| from + at);
        if at == self.pool.len() {
            self.pool.push(value);
        }
        Mem::Pool(at as u32 * 8)
    }

    /// A constant of 128 bits in the pool, aligned to its size.
    pub(crate) fn constant128(&mut self, value: u128) -> Mem {
        const NEAR: usize = 16;
        let words = [value as u64, (value >> 64) as u64];
        let mut at = self.pool.len().saturating_sub(NEAR) & !1;
        while at + 2 <= self.pool.len() {
            if self.pool[at..at + 2] == words {
                return Mem::Pool(at as u32 * 8);
            }
            at += 2;
        }
        if self.pool.len() % 2 == 1 {
            self.pool.push(0);
        }
        let at = self.pool.len() as u32 * 8;
        self.pool.extend(words);
        Mem::Pool(at)
    }

    /// Whether a constant of 128 bits is zero.
    pub(crate) fn is_zero128(&self, constant: u32) -> bool {
        let at = constant as usize / 8;
        self.pool[at..at + 2] == [0, 0]
    }

    /// Binds a label to this place: fills in all jumps that wait for it.
    pub(crate) fn bind(&mut self, label: &mut Label) {
        let here = self.offset();
        let Label::Open(mut last) = std::mem::replace(label, Label::Bound(here)) else {
            unreachable!("a label is bound once");
        };
        while last != Label::NONE {
            let at = last & !IS_ENTRY;
            let next = self.word(at);
            let from = if last & IS_ENTRY != 0 { at } else { at + 4 };
            self.patch32(at, here.wrapping_sub(from) as i32);
            last = next;
        }
    }

    /// A 32-bit displacement to a label, relative to its own end.
    fn reference(&mut self, label: &mut Label) {
        let at = self.offset();
        match label {
            Label::Bound(place) => self.imm32(place.wrapping_sub(at + 4) as i32),
            Label::Open(last) => {
                self.imm32(*last as i32);
                *last = at;
            }
        }
    }

    /// A table entry: where a label is, relative to the entry.
    pub(crate) fn table_entry(&mut self, label: &mut Label) {
        self.reserve();
        let at = self.offset();
        match label {
            Label::Bound(place) => self.imm32(place.wrapping_sub(at) as i32),
            Label::Open(last) => {
                self.imm32(*last as i32);
                *last = at | IS_ENTRY;
            }
        }
    }

    /// `jmp label`
    pub(crate) fn jump(&mut self, label: &mut Label) {
        self.reserve();
        if let Some(distance) = self.short(*label) {
            self.put(0xeb | u64::from(distance) << 8, 2);
        } else {
            self.put(0xe9, 1);
            self.reference(label);
        }
    }

    /// `jcc label`; `condition` is the processor's number of it.
    pub(crate) fn jump_if(&mut self, condition: u8, label: &mut Label) {
        self.reserve();
        if let Some(distance) = self.short(*label) {
            self.put(u64::from(0x70 | condition) | u64::from(distance) << 8, 2);
        } else {
            self.put(0x0f | u64::from(0x80 | condition) << 8, 2);
            self.reference(label);
        }
    }

    /// The displacement of a short jump (of two bytes) to a bound label, if it is near enough.
    fn short(&self, label: Label) -> Option<u8> {
        let Label::Bound(place) = label else {
            return None;
        };
        let distance = i64::from(place) - i64::from(self.offset() + 2);
        i8::try_from(distance).ok().map(|distance| distance as u8)
    }

    /// A jump of two bytes forward, to be ended by [`Assembler::land`] not more than 127 bytes later.
    pub(crate) fn short_jump_if(&mut self, condition: u8) -> u32 {
        self.reserve();
        self.put(u64::from(0x70 | condition), 2);
        self.short_jumps += 1;
        self.offset()
    }

    /// The same without a condition.
    pub(crate) fn short_jump(&mut self) -> u32 {
        self.reserve();
        self.put(0xeb, 2);
        self.short_jumps += 1;
        self.offset()
    }

    /// Lets a short jump go here.
    pub(crate) fn land(&mut self, jump: u32) {
        let distance = i8::try_from(self.offset() - jump).expect("a short jump stays short");
        self.bytes[jump as usize - 1] = distance as u8;
        self.short_jumps -= 1;
    }

    /// `call` to a place that is not known yet; gives the offset of the 32-bit displacement.
    pub(crate) fn call_elsewhere(&mut self) -> u32 {
        self.reserve();
        self.put(0xe8, 1);
        let at = self.offset();
        self.put(0, 4);
        at
    }

    /// `lea` of a place that follows soon; gives the offset of the displacement for [`Assembler::land_ahead`].
    pub(crate) fn lea_ahead(&mut self, to: Gpr) -> u32 {
        self.reserve();
        let rex = 0x48 | (to.0 >> 3) << 2;
        let operand = 5 | (to.0 & 7) << 3;
        self.put(u64::from(rex) | 0x8d << 8 | u64::from(operand) << 16, 3);
        let at = self.offset();
        self.put(0, 4);
        at
    }

    /// Lets such a `lea` mean this place.
    pub(crate) fn land_ahead(&mut self, at: u32) {
        let distance = self.offset() - at - 4;
        self.patch32(at, distance as i32);
    }

    fn word(&self, at: u32) -> u32 {
        let at = at as usize;
        let bytes = self.bytes[at..at + 4].try_into();
        u32::from_le_bytes(bytes.expect("four bytes"))
    }

    /// Replaces 32 bits.
    pub(crate) fn patch32(&mut self, at: u32, value: i32) {
        let at = at as usize;
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Replaces some bytes.
    pub(crate) fn patch(&mut self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Puts the constants behind the code and gives all of it. The code must be aligned to 16 bytes if there are constants
    /// of that size.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let code = self.length;
        if self.pool.is_empty() {
            return self.bytes[..code].to_vec();
        }
        let start = code.next_multiple_of(16);
        for PoolUse { at, tail, constant } in std::mem::take(&mut self.pool_uses) {
            let from = at + 4 + u32::from(tail);
            self.patch32(at, (start as u32 + constant).wrapping_sub(from) as i32);
        }
        let mut bytes = Vec::with_capacity(start + self.pool.len() * 8);
        bytes.extend_from_slice(&self.bytes[..code]);
        bytes.resize(start, 0xcc);
        bytes.extend(self.pool.iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }
}

/// The prefix with these bits, and how many bits it has: none if it says nothing. Without a branch, since nobody can predict
/// which registers come.
#[inline]
fn rex_prefix(rex: u8, force: bool) -> (u64, u32) {
    let is_there = rex != 0 || force;
    let mask = u8::from(is_there).wrapping_neg();
    (u64::from((0x40 | rex) & mask), u32::from(mask & 8))
}

/// The mode bits of the addressing byte for a displacement, and the displacement's size. A base whose low bits are 5 (`rbp`,
/// `r13`) has no form without.
#[inline]
fn displacement(low: u64, disp: i32) -> (u64, usize) {
    let is_there = disp != 0 || low == 5;
    // No branch here either: none, one byte, four bytes.
    let mode = usize::from(is_there) + usize::from(i32::from(disp as i8) != disp);
    ((mode as u64) << 6, mode * mode)
}
