//! What a run of a case shows, in terms that do not depend on the engine.

use wasmill::TrapCode;

use crate::random::mix;

/// A value, bit by bit. A function is only null or not; host references are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bits {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    Func { null: bool },
    Extern(Option<u32>),
}

impl Bits {
    /// A number for the account of what the host was given.
    pub(crate) fn digest(self) -> u64 {
        match self {
            Self::I32(bits) | Self::F32(bits) => u64::from(bits),
            Self::I64(bits) | Self::F64(bits) => bits,
            Self::V128(bits) => mix(bits as u64) ^ (bits >> 64) as u64,
            Self::Func { null } => u64::from(null),
            Self::Extern(number) => number.map_or(u64::MAX, u64::from),
        }
    }
}

/// Why a run or a call ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Trap(TrapCode),
    /// A host function said so.
    Host,
    Other(String),
}

/// What an exported object is in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Global(Bits),
    Memory { pages: u64, digest: u64 },
    Table(Vec<Bits>),
    Function,
}

/// All that can be seen of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Why there is no instance.
    pub(crate) refused: Option<Failure>,
    pub(crate) calls: Vec<Result<Vec<Bits>, Failure>>,
    /// How often the host was called, and with what.
    pub(crate) host: (u64, u64),
    pub(crate) exports: Vec<State>,
}

impl Outcome {
    /// A call used up its stack, which engines do at different depths.
    pub(crate) fn exhausted(&self) -> bool {
        let overflow = Failure::Trap(TrapCode::StackOverflow);
        self.refused.as_ref() == Some(&overflow) || self.calls.contains(&Err(overflow))
    }

    /// How this differs from another, if it does.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        if self == other || self.exhausted() || other.exhausted() {
            return None;
        }
        if self.refused != other.refused {
            return Some(format!("instance: {:?}, {:?}", self.refused, other.refused));
        }
        let calls = self.calls.iter().zip(&other.calls).enumerate();
        if let Some((index, (a, b))) = calls.into_iter().find(|(_, (a, b))| a != b) {
            return Some(format!("call {index}: {a:x?}, {b:x?}"));
        }
        let exports = self.exports.iter().zip(&other.exports).enumerate();
        if let Some((index, (a, b))) = exports.into_iter().find(|(_, (a, b))| a != b) {
            return Some(format!("export {index}: {a:x?}, {b:x?}"));
        }
        Some(format!("host calls: {:x?}, {:x?}", self.host, other.host))
    }
}

/// A digest of a part of a memory, which starts there; zeros, the usual contents, are quick. Those of all parts, combined by `^`,
/// are that of the whole.
pub(crate) fn digest(start: u64, bytes: &[u8]) -> u64 {
    const LINE: usize = 64;
    let mut digest = 0;
    for (at, line) in (start..).step_by(LINE).zip(bytes.chunks(LINE)) {
        if line.iter().fold(0, |all, byte| all | byte) == 0 {
            continue;
        }
        for (at, word) in (at..).step_by(8).zip(line.as_chunks().0) {
            let word = u64::from_le_bytes(*word);
            if word != 0 {
                digest ^= mix(word ^ mix(at));
            }
        }
    }
    digest
}
