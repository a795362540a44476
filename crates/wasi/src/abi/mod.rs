//! The ABI layer: the interface's functions as the guest calls them, with numbers and pointers into its memory.
//!
//! A call passes through here in three steps: arguments are read from guest memory through [`GuestMemory`], [`Ctx`] does what is
//! asked in terms of Rust values, results are written back. A function fails with [`Stop`]: an error number for the guest, or
//! the end of the guest. Which functions there are is said in `functions.rs`, which also makes them callable from Wasm.
//!
//! Every number from the guest is hostile: pointers are checked against the memory as it is at the time of the call, lengths never
//! become allocations, and counts are cut to what one call may do.

mod memory;
mod transfer;

pub(crate) mod fd;
pub(crate) mod misc;
pub(crate) mod path;
pub(crate) mod poll;
pub(crate) mod snapshot0;
pub(crate) mod socket;

#[cfg(test)]
mod tests;

use std::sync::Mutex;

pub(crate) use memory::GuestMemory;

use crate::ctx::Ctx;
use crate::state::WasiState;
use crate::types::*;

/// A call in progress: the guest's world and its memory.
pub(crate) struct Call<'a> {
    ctx: Ctx<'a>,
    memory: Option<GuestMemory<'a>>,
}

impl<'a> Call<'a> {
    /// A call from a guest; `memory` is what it exports under that name, if it does.
    pub(crate) fn new(state: &'a Mutex<WasiState>, memory: Option<GuestMemory<'a>>) -> Self {
        Self {
            ctx: Ctx::new(state),
            memory,
        }
    }

    fn memory(&self) -> Result<GuestMemory<'a>, Stop> {
        self.memory.ok_or(Stop::NoMemory)
    }
}

/// Why a function did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The guest is told this error number.
    Errno(Errno),
    /// The guest is over, with this exit code.
    Exit(__wasi_exitcode_t),
    /// The guest exports no memory, so there is nothing that a pointer could point into: it ends with a trap.
    NoMemory,
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop::Errno(errno)
    }
}

/// What a function comes to.
pub(crate) type Outcome = Result<(), Stop>;

/// A set of flags from the guest's number; an unknown one is EINVAL.
fn flags<F: bitflags::Flags>(raw: u32) -> Result<F, Errno>
where
    F::Bits: TryFrom<u32>,
{
    let bits = F::Bits::try_from(raw).map_err(|_| Errno::INVAL)?;
    F::from_bits(bits).ok_or(Errno::INVAL)
}
