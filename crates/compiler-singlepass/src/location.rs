//! Where operands are.
//!
//! An operand stays where it came from until it is needed: a constant is only a number, a `local.get` only the local's name.
//! What was computed is in a register until registers run out or paths meet; then it goes to its slot in the frame, of
//! which every place of the operand stack has one.

use wasmill_compiler::ops::Shape;
use wasmill_types::Type;

use crate::x64::registers::{Gpr, Xmm};

/// What kind of register an operand needs, and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 32 bits in a general register, whose upper half is zero.
    I32,
    /// 64 bits in a general register.
    I64,
    F32,
    F64,
    V128,
}

impl From<Type> for Kind {
    fn from(ty: Type) -> Self {
        match ty {
            Type::I32 | Type::ExternRef => Self::I32,
            Type::I64 | Type::FuncRef => Self::I64,
            Type::F32 => Self::F32,
            Type::F64 => Self::F64,
            Type::V128 => Self::V128,
        }
    }
}

impl From<Shape> for Kind {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::I32 => Self::I32,
            Shape::I64 => Self::I64,
            Shape::F32 => Self::F32,
            Shape::F64 => Self::F64,
            _ => Self::V128,
        }
    }
}

impl Kind {
    /// Whether it lives in general registers.
    pub(crate) fn is_general(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }
    /// Whether instructions work on 64 bits.
    pub(crate) fn is_wide(self) -> bool {
        matches!(self, Self::I64 | Self::F64)
    }
    /// Bytes in the frame.
    pub(crate) fn size(self) -> i32 {
        match self {
            Self::V128 => 16,
            _ => 8,
        }
    }
}

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loc {
    /// Nowhere yet: its bits. Not for vectors.
    Const(u64),
    /// In the constant pool, at this offset. Vectors only.
    Pool(u32),
    /// It is what this local holds.
    Local(u32),
    /// In a general register of its own.
    Gpr(Gpr),
    /// In a vector register of its own.
    Xmm(Xmm),
    /// In its slot in the frame.
    Slot,
    /// Not computed yet (topmost operand only): see `pending.rs`.
    Pending,
}

/// An operand: one on the stack, or one that an operator has taken from there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) kind: Kind,
    pub(crate) loc: Loc,
    /// Its slot, relative to the frame pointer.
    pub(crate) slot: i32,
    /// Whether it is still to get the canonical bits if it is a NaN, or its lanes are: what of, then.
    pub(crate) nan: Option<Shape>,
}

impl Operand {
    /// The constant, as an immediate that instructions sign-extend.
    pub(crate) fn immediate(&self) -> Option<i32> {
        match self.loc {
            Loc::Const(bits) if self.kind.is_wide() => i32::try_from(bits as i64).ok(),
            Loc::Const(bits) => Some(bits as i32),
            _ => None,
        }
    }
    /// The bits of a constant.
    pub(crate) fn constant(&self) -> Option<u64> {
        match self.loc {
            Loc::Const(bits) => Some(bits),
            _ => None,
        }
    }
    /// Whether it is known to be what another operand of this kind is, and nothing need be released.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.loc == other.loc && matches!(self.loc, Loc::Local(_) | Loc::Const(_))
    }
    /// Whether it is in a general register of its own.
    pub(crate) fn is_own_gpr(&self) -> bool {
        matches!(self.loc, Loc::Gpr(_))
    }
    /// Whether it is in a vector register of its own.
    pub(crate) fn is_own_xmm(&self) -> bool {
        matches!(self.loc, Loc::Xmm(_))
    }
}
