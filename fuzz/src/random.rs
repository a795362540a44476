//! Numbers that follow from a seed: splitmix64, which is fast and needs no warming up.

use wasmill::Type;

use crate::outcome::Bits;

/// A stream of numbers.
#[derive(Clone)]
pub(crate) struct Random(u64);

/// Values at the edges of types, as 64 bits.
const EDGES: [u64; 20] = [
    0,
    1,
    2,
    7,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
    0x7fc0_0000_3f80_0000,
    0x7ff8_0000_0000_0000,
    0xc1e0_0000_0000_0000,
];

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes());
        words.take(length).collect()
    }

    /// A value of this type. References to functions are null: engines share none.
    pub(crate) fn value(&mut self, ty: Type) -> Bits {
        match ty {
            Type::I32 => Bits::I32(self.word() as u32),
            Type::I64 => Bits::I64(self.word()),
            Type::F32 => Bits::F32(self.float32()),
            Type::F64 => Bits::F64(self.float64()),
            Type::V128 => Bits::V128(u128::from(self.word()) << 64 | u128::from(self.word())),
            Type::FuncRef => Bits::Func { null: true },
            Type::ExternRef => Bits::Extern((!self.once_in(3)).then(|| self.below(4) as u32)),
        }
    }

    fn word(&mut self) -> u64 {
        match self.below(4) {
            0 => self.next(),
            1 => EDGES[self.below(EDGES.len() as u64) as usize],
            2 => self.below(256),
            _ => self.next() >> self.below(64),
        }
    }

    fn float32(&mut self) -> u32 {
        match self.below(3) {
            0 => self.word() as u32,
            1 => (self.word() as i32 as f32).to_bits(),
            _ => (self.word() as i64 as f32 / 256.0).to_bits(),
        }
    }

    fn float64(&mut self) -> u64 {
        match self.below(3) {
            0 => self.word(),
            1 => (self.word() as i32 as f64).to_bits(),
            _ => (self.word() as i64 as f64 / 256.0).to_bits(),
        }
    }
}

/// Spreads the bits of a number.
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
