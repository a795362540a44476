//! Where arguments and results are at a call.
//!
//! Everything follows the platform's C convention (`wasmill_abi::call`): the context first, then the place for results if
//! there are several, then the parameters. Calls within a module leave the context's register alone: see `entry.rs`.

use crate::location::Kind;
use crate::x64::registers::{Gpr, R8, R9, RCX, RDI, RDX, RSI, Xmm};

/// The registers of general arguments, in order.
const GENERAL: [Gpr; 6] = [RDI, RSI, RDX, RCX, R8, R9];
/// How many vector registers take arguments.
const VECTORS: u8 = 8;

/// Where an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Gpr(Gpr),
    Xmm(Xmm),
    /// On the stack, so many bytes above the stack pointer at the call.
    Stack(i32),
}

/// Gives arguments their places, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Assignment {
    general: usize,
    vectors: u8,
    stack: i32,
}

impl Assignment {
    /// Behind the context.
    pub(crate) fn new() -> Self {
        Self {
            general: 1,
            ..Self::default()
        }
    }
    /// The place of the next argument.
    pub(crate) fn next(&mut self, kind: Kind) -> Place {
        if kind.is_general() {
            if let Some(&reg) = GENERAL.get(self.general) {
                self.general += 1;
                return Place::Gpr(reg);
            }
        } else if self.vectors < VECTORS {
            self.vectors += 1;
            return Place::Xmm(Xmm(self.vectors - 1));
        }
        let size = kind.size();
        let at = (self.stack + size - 1) & -size;
        self.stack = at + size;
        Place::Stack(at)
    }
    /// Bytes that all arguments so far take on the stack.
    pub(crate) fn stack_bytes(self) -> i32 {
        self.stack
    }
}
