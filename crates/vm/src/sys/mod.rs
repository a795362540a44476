//! The platform: memory mappings, signals, stacks, barriers. The one place to edit for a port.
//!
//! Each variant has the same items:
//!
//! | item | what it does |
//! |---|---|
//! | `page_size` | bytes of a page |
//! | `map_anonymous`, `make_executable`, `unmap` | memory for code |
//! | `map_file` | the contents of a file, for reading |
//! | `sealed_file`, `Library` | shared objects, and files for them |
//! | `reserve`, `reserve_at` | address space without access, for linear memories |
//! | `make_accessible`, `make_inaccessible` | open and close a part of a reservation |
//! | `ImageFile`, `map_image`, `unmap_image` | contents shared between mappings, copied on write |
//! | `reset` | drops what was written: zero bytes, or the image, show again |
//! | `stack_bounds`, `use_signal_stack`, `SignalStack` | the current thread's stacks |
//! | `install_handlers` | passes faults and interruptions to functions, and on to whoever was there before |
//! | `ThreadName` | a thread to interrupt |
//! | `has_process_barrier`, `process_barrier` | makes all other threads of the process pass a full barrier |
//!
//! `miri` runs the same logic on plain allocations, without signals. (The lock uses fences there instead of the barriers.)

#[cfg(all(target_os = "linux", not(miri)))]
mod unix;
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) use unix::*;

#[cfg(miri)]
mod miri;
#[cfg(miri)]
pub(crate) use miri::*;

#[cfg(not(any(target_os = "linux", miri)))]
compile_error!("wasmill-vm does not know this system: add a folder beside crates/vm/src/sys/unix");

use std::ffi::c_void;

/// A fault as a signal handler sees it.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What kind of signal.
    pub(crate) kind: FaultKind,
    /// Whether the interrupted instruction caused it.
    pub(crate) is_synchronous: bool,
    /// The address whose access failed; the instruction's own for other kinds.
    pub(crate) address: usize,
    /// The signal's context, which can be changed.
    pub(crate) context: *mut c_void,
    /// The signal.
    pub(crate) signal: libc::c_int,
    /// What else the system says about it.
    pub(crate) info: *const libc::siginfo_t,
}

/// What kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// An access to memory.
    Memory,
    /// An illegal instruction, or an arithmetic fault.
    #[cfg_attr(miri, allow(dead_code, reason = "nothing faults there"))]
    Instruction,
}

/// Decides about a fault; true if it has changed the context so that the handler can return.
pub(crate) type FaultHandler = fn(&Fault) -> bool;

/// Gets the context of an interruption, which it can change; true if it was meant for us.
pub(crate) type SignalHandler = fn(*mut c_void) -> bool;
