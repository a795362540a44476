//! The registers of x86-64, and sets of them.

use std::fmt;

/// A general register, by its number in encodings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gpr(pub(crate) u8);

/// A vector register, by its number in encodings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Xmm(pub(crate) u8);

pub(crate) const RAX: Gpr = Gpr(0);
pub(crate) const RCX: Gpr = Gpr(1);
pub(crate) const RDX: Gpr = Gpr(2);
pub(crate) const RBX: Gpr = Gpr(3);
pub(crate) const RSP: Gpr = Gpr(4);
pub(crate) const RBP: Gpr = Gpr(5);
pub(crate) const RSI: Gpr = Gpr(6);
pub(crate) const RDI: Gpr = Gpr(7);
pub(crate) const R8: Gpr = Gpr(8);
pub(crate) const R9: Gpr = Gpr(9);
pub(crate) const R10: Gpr = Gpr(10);
pub(crate) const R11: Gpr = Gpr(11);
pub(crate) const R12: Gpr = Gpr(12);
pub(crate) const R13: Gpr = Gpr(13);
pub(crate) const R14: Gpr = Gpr(14);
pub(crate) const R15: Gpr = Gpr(15);

impl fmt::Debug for Gpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 16] = [
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
            "r12", "r13", "r14", "r15",
        ];
        f.write_str(NAMES[usize::from(self.0)])
    }
}

impl fmt::Debug for Xmm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xmm{}", self.0)
    }
}

/// A set of registers of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegisterSet(pub(crate) u16);

impl RegisterSet {
    pub(crate) const fn of(numbers: &[u8]) -> Self {
        let mut set = 0;
        let mut at = 0;
        while at < numbers.len() {
            set |= 1 << numbers[at];
            at += 1;
        }
        Self(set)
    }
    pub(crate) fn contains(self, number: u8) -> bool {
        self.0 & 1 << number != 0
    }
    pub(crate) fn insert(&mut self, number: u8) {
        self.0 |= 1 << number;
    }
    pub(crate) fn remove(&mut self, number: u8) {
        self.0 &= !(1 << number);
    }
    /// The lowest number in the set.
    pub(crate) fn first(self) -> Option<u8> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as u8)
    }
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        (0..16).filter(move |&number| self.contains(number))
    }
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
