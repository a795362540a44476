//! The machine: what cannot be said in Rust.
//!
//! One file per architecture with the same items. Nothing here knows about threads, signals or memories:
//!
//! | item | what it is |
//! |---|---|
//! | `Saved` | what an entry saves and a trap restores; the first field of [`crate::traps::Activation`] |
//! | `entry` | the entry stub: host to WebAssembly, any signature |
//! | `resume` | leaves everything below an activation and returns from its entry stub |
//! | `invoke_raw` | calls a C function with arguments that are known only at run time |
//! | `exit_thunk!` | defines the first instructions of a host function or built-in |
//! | `dynamic_host_entry!` | defines an entry that hands all argument registers to Rust |
//! | `frame_at_exit`, `frame_at_fault`, `next_frame` | how frames are found on the stack |
//! | `thread_state` | where the runtime's thread-local storage is |
//! | `Vector` | the type by which C passes a `v128` |
//! | `stack_pointer`, `with_saved_registers`, `read_untyped` | reading the own stack |
//! | `fault_registers`, `redirect` | reading and changing the registers of a signal's context |

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;

#[cfg(not(target_arch = "x86_64"))]
compile_error!(
    "wasmill-vm does not know this architecture: add a file beside crates/vm/src/arch/x86_64.rs"
);

/// A place in WebAssembly code, and the frame of the function it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// An address inside the instruction that is being executed: the fault itself, or the last byte of a call.
    pub(crate) pc: usize,
    /// The function's frame pointer.
    pub(crate) fp: usize,
}

#[cfg(all(test, not(miri)))]
pub(crate) mod tests;
