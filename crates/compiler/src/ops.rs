//! The vocabulary that back ends speak: operations and the shapes they work on.
//!
//! WebAssembly's operators are about two hundred operations applied to a few shapes of data. A row of `operators.rs`
//! maps an operator to a hook of [`crate::Emit`], an operation from here, and shapes.

use wasmill_types::MemoryIndex;

/// What an operation works on: a scalar, or a vector divided into lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A vector as 128 bits.
    V128,
    /// A vector of 8-bit integers.
    I8x16,
    /// A vector of 16-bit integers.
    I16x8,
    /// A vector of 32-bit integers.
    I32x4,
    /// A vector of 64-bit integers.
    I64x2,
    /// A vector of 32-bit floats.
    F32x4,
    /// A vector of 64-bit floats.
    F64x2,
}

/// One operand, one result of the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// Leading zero bits.
    Clz,
    /// Trailing zero bits.
    Ctz,
    /// One bits (of each lane, for `I8x16`).
    Popcnt,
    /// Extends the low 8 bits by their sign.
    Extend8S,
    /// Extends the low 16 bits by their sign.
    Extend16S,
    /// Extends the low 32 bits by their sign.
    Extend32S,
    /// Absolute value of each lane, wrapping.
    IAbs,
    /// Negates each lane, wrapping.
    INeg,
    /// Inverts all bits.
    Not,
    /// Clears the sign.
    FAbs,
    /// Flips the sign.
    FNeg,
    /// Rounds towards positive infinity.
    FCeil,
    /// Rounds towards negative infinity.
    FFloor,
    /// Rounds towards zero.
    FTrunc,
    /// Rounds to nearest, ties to even.
    FNearest,
    /// Square root.
    FSqrt,
}

/// One operand, an `i32` result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Is the integer zero?
    Eqz,
    /// Is any bit of the vector set?
    AnyTrue,
    /// Is every lane nonzero?
    AllTrue,
    /// The top bits of the lanes, lane 0 lowest.
    Bitmask,
}

/// Two operands of one shape; the result has it too, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the arithmetic ones say what they are")]
pub enum Binary {
    IAdd,
    ISub,
    IMul,
    IDivS,
    IDivU,
    IRemS,
    IRemU,
    And,
    Or,
    Xor,
    /// `a & !b`.
    AndNot,
    IShl,
    IShrS,
    IShrU,
    IRotl,
    IRotr,
    FAdd,
    FSub,
    FMul,
    FDiv,
    FMin,
    FMax,
    FCopysign,
    /// `b < a ? b : a`.
    FPMin,
    /// `a < b ? b : a`.
    FPMax,
    IAddSatS,
    IAddSatU,
    ISubSatS,
    ISubSatU,
    IMinS,
    IMinU,
    IMaxS,
    IMaxU,
    /// Rounding average, unsigned.
    IAvgrU,
    /// Rounding, saturating multiplication of Q15 numbers.
    IQ15MulrSatS,
    /// Sums of products of pairs of `I16x8` lanes; gives `I32x4`.
    IDotS,
    /// Selects bytes of `a` by the indices in `b`; zero where out of range.
    Swizzle,
    /// Narrows the lanes of both (shape: that of the operands), saturating, signed result.
    NarrowS,
    /// Narrows the lanes of both (shape: that of the operands), saturating, unsigned result.
    NarrowU,
    /// Multiplies the low lanes (shape: that of the operands) into lanes of twice the width.
    ExtMulLowS,
    ExtMulLowU,
    ExtMulHighS,
    ExtMulHighU,
}

/// Compares two operands: an `i32` for scalars, a mask of the lanes for vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Compare {
    IEq,
    INe,
    ILtS,
    ILtU,
    IGtS,
    IGtU,
    ILeS,
    ILeU,
    IGeS,
    IGeU,
    FEq,
    FNe,
    FLt,
    FGt,
    FLe,
    FGe,
}

/// Shifts every lane of a vector by an `i32` amount, modulo the lane's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Shift {
    Shl,
    ShrS,
    ShrU,
}

/// From one shape to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Convert {
    /// The low half of an `i64`.
    Wrap,
    /// Extends an integer by its sign.
    ExtendS,
    /// Extends an integer by zeros.
    ExtendU,
    /// Float to signed integer; traps where there is none.
    TruncS,
    /// Float to unsigned integer; traps where there is none.
    TruncU,
    /// Float to signed integer, saturating. For `F64x2` to `I32x4` the upper lanes are zero.
    TruncSatS,
    /// Float to unsigned integer, saturating. For `F64x2` to `I32x4` the upper lanes are zero.
    TruncSatU,
    /// Signed integer to float. For `I32x4` to `F64x2` of the low lanes.
    ConvertS,
    /// Unsigned integer to float. For `I32x4` to `F64x2` of the low lanes.
    ConvertU,
    /// `f64` to `f32`; for vectors the upper lanes are zero.
    Demote,
    /// `f32` to `f64`; for vectors of the low lanes.
    Promote,
    /// The same bits.
    Reinterpret,
    /// Extends the low lanes by their sign.
    ExtendLowS,
    /// Extends the low lanes by zeros.
    ExtendLowU,
    /// Extends the high lanes by their sign.
    ExtendHighS,
    /// Extends the high lanes by zeros.
    ExtendHighU,
    /// Adds neighbouring lanes, extended by their sign.
    ExtAddPairwiseS,
    /// Adds neighbouring lanes, extended by zeros.
    ExtAddPairwiseU,
}

/// How a lane narrower than `i32` is extended when it is extracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LaneExtend {
    /// The lane is as wide as its scalar.
    None,
    /// By its sign.
    Signed,
    /// By zeros.
    Unsigned,
}

/// What a load does with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Load {
    /// As wide as the shape.
    Full,
    /// One byte, sign-extended.
    S8,
    /// One byte, zero-extended.
    U8,
    /// Two bytes, sign-extended.
    S16,
    /// Two bytes, zero-extended.
    U16,
    /// Four bytes, sign-extended.
    S32,
    /// Four bytes, zero-extended.
    U32,
    /// Eight bytes: half as wide lanes, each extended by its sign to the lanes of the shape.
    ExtendS,
    /// Eight bytes: half as wide lanes, each extended by zeros to the lanes of the shape.
    ExtendU,
    /// One lane of the shape, into all lanes.
    Splat,
    /// One lane of the shape (32 or 64 bits), into lane 0; the others are zero.
    Zero,
}

/// What a store writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Store {
    /// The whole value.
    Full,
    /// The low byte.
    Low8,
    /// The low two bytes.
    Low16,
    /// The low four bytes.
    Low32,
}

impl Shape {
    /// Bytes of a lane; of the whole for scalars and `V128`.
    pub fn lane_bytes(self) -> u32 {
        match self {
            Self::I8x16 => 1,
            Self::I16x8 => 2,
            Self::I32 | Self::F32 | Self::I32x4 | Self::F32x4 => 4,
            Self::I64 | Self::F64 | Self::I64x2 | Self::F64x2 => 8,
            Self::V128 => 16,
        }
    }
    /// Bytes of the whole.
    pub fn bytes(self) -> u32 {
        if self.is_vector() {
            16
        } else {
            self.lane_bytes()
        }
    }
    /// Whether this is a vector.
    pub fn is_vector(self) -> bool {
        !matches!(self, Self::I32 | Self::I64 | Self::F32 | Self::F64)
    }
}

impl Load {
    /// Bytes that are read.
    pub fn bytes(self, shape: Shape) -> u32 {
        match self {
            Self::Full => shape.bytes(),
            Self::S8 | Self::U8 => 1,
            Self::S16 | Self::U16 => 2,
            Self::S32 | Self::U32 => 4,
            Self::ExtendS | Self::ExtendU => 8,
            Self::Splat | Self::Zero => shape.lane_bytes(),
        }
    }
}

impl Store {
    /// Bytes that are written.
    pub fn bytes(self, shape: Shape) -> u32 {
        match self {
            Self::Full => shape.bytes(),
            Self::Low8 => 1,
            Self::Low16 => 2,
            Self::Low32 => 4,
        }
    }
}

/// The immediates of a memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryArg {
    /// The memory.
    pub memory: MemoryIndex,
    /// Added to the address operand, without wrapping.
    pub offset: u64,
    /// The promised alignment, as a power of two.
    pub align: u8,
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Const {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector, lane 0 lowest.
    V128(u128),
}
