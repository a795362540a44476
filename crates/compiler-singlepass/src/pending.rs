//! The topmost operand may not be computed yet.
//!
//! An operator whose result is needed by the next one in a certain place, or in a certain form, only notes what is to be
//! done. The next hook either has a use for it (`local.set` lets it be computed right in the local's register, a branch
//! turns a comparison into flags) or settles it: then it is computed into a register of its own.
//!
//! ```text
//!   i32.add        pending: add(a, b)
//!   local.set 2    add ebx, …             computed where local 2 lives
//! ```
//!
//! The operands of what is pending belong to no place on the stack; nothing runs in between, so locals that they name
//! cannot change, and memory neither.

use wasmill_compiler::ops::*;

use crate::generator::Generator;
use crate::location::{Kind, Loc, Operand};
use crate::x64::registers::{Gpr, Xmm};

/// What the topmost operand will be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pending {
    /// It is there.
    None,
    Unary {
        op: Unary,
        shape: Shape,
        a: Operand,
    },
    Binary {
        op: Binary,
        shape: Shape,
        a: Operand,
        b: Operand,
    },
    /// Whether an integer is zero; or whether it is not.
    IsZero {
        a: Operand,
        not: bool,
    },
    /// Whether two integers have no bit in common; or whether they have.
    IsDisjoint {
        a: Operand,
        b: Operand,
        not: bool,
    },
    /// Of scalars; or its opposite.
    Compare {
        op: Compare,
        shape: Shape,
        a: Operand,
        b: Operand,
        not: bool,
    },
    Convert {
        op: Convert,
        from: Shape,
        to: Shape,
        a: Operand,
    },
    Load {
        op: Load,
        shape: Shape,
        arg: MemoryArg,
        address: Operand,
    },
}

/// The register that a result should be computed in, if that is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) gpr: Option<Gpr>,
    pub(crate) xmm: Option<Xmm>,
}

impl Want {
    /// Any register.
    pub(crate) const ANY: Self = Self {
        gpr: None,
        xmm: None,
    };
}

impl From<Loc> for Want {
    fn from(loc: Loc) -> Self {
        match loc {
            Loc::Gpr(reg) => Self {
                gpr: Some(reg),
                xmm: None,
            },
            Loc::Xmm(reg) => Self {
                gpr: None,
                xmm: Some(reg),
            },
            _ => Self::ANY,
        }
    }
}

impl Pending {
    /// The operands that it will be computed from.
    pub(crate) fn operands(&self) -> impl Iterator<Item = Operand> {
        let (a, b) = match *self {
            Self::None => (None, None),
            Self::Unary { a, .. } | Self::IsZero { a, .. } | Self::Convert { a, .. } => {
                (Some(a), None)
            }
            Self::Load { address, .. } => (Some(address), None),
            Self::Binary { a, b, .. }
            | Self::IsDisjoint { a, b, .. }
            | Self::Compare { a, b, .. } => (Some(a), Some(b)),
        };
        a.into_iter().chain(b)
    }
}

impl Generator<'_> {
    /// Pushes an operand that is not computed yet.
    pub(crate) fn push_pending(&mut self, kind: Kind, pending: Pending, nan: Option<Shape>) {
        self.push(kind, Loc::Pending, nan);
        self.pending = pending;
        self.pending_location = self.location;
    }

    /// Computes the topmost operand if that was put off.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if !matches!(self.pending, Pending::None) {
            self.settle_now();
        }
    }

    fn settle_now(&mut self) {
        let loc = self.compute(Want::ANY);
        self.set_top(loc);
    }

    /// Takes the topmost operand, computed in the register wanted if that is possible. What comes back is in a register that
    /// the hook holds, or in the wanted one; or, if nothing was put off, wherever it was.
    pub(crate) fn pop_into(&mut self, want: Loc) -> Operand {
        if matches!(self.pending, Pending::None) {
            return self.pop();
        }
        let loc = self.compute(want.into());
        let mut operand = self.pop();
        operand.loc = loc;
        operand
    }

    /// Computes what is pending: into the wanted register, or into one that belongs to the hook that runs. A trap is that
    /// of the operator that was put off.
    fn compute(&mut self, want: Want) -> Loc {
        let here = std::mem::replace(&mut self.location, self.pending_location);
        let loc = self.compute_here(want);
        self.location = here;
        loc
    }

    fn compute_here(&mut self, want: Want) -> Loc {
        let pending = std::mem::replace(&mut self.pending, Pending::None);
        match pending {
            Pending::None => unreachable!("something is pending"),
            Pending::Unary { op, shape, a } => self.compute_unary(op, shape, a, want),
            Pending::Binary { op, shape, a, b } => self.compute_binary(op, shape, a, b, want),
            Pending::IsZero { .. } | Pending::IsDisjoint { .. } | Pending::Compare { .. } => {
                let condition = self.compute_condition(pending);
                let to = want.gpr.unwrap_or_else(|| self.new_gpr());
                self.set_if(condition, to);
                Loc::Gpr(to)
            }
            Pending::Convert { op, from, to, a } => self.compute_convert(op, from, to, a, want),
            Pending::Load {
                op,
                shape,
                arg,
                address,
            } => self.compute_load(op, shape, arg, address, want),
        }
    }

    /// Forgets the topmost operand, if nothing but its value would be missed.
    pub(crate) fn drop_pending(&mut self) -> bool {
        match self.pending {
            Pending::None | Pending::Load { .. } | Pending::Convert { .. } => return false,
            Pending::Binary { op, .. } if traps(op) => return false,
            _ => {}
        }
        let pending = std::mem::replace(&mut self.pending, Pending::None);
        pending.operands().for_each(|operand| self.release(operand));
        self.pop();
        true
    }
}

/// Whether an operation may trap.
fn traps(op: Binary) -> bool {
    matches!(
        op,
        Binary::IDivS | Binary::IDivU | Binary::IRemS | Binary::IRemU
    )
}
