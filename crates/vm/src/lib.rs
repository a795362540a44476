//! What runs: instances, memories, tables, globals, traps, islands.
//!
//! ```text
//!   RuntimeModule ──VMInstance::new──► island ─owns─► instance, memories, tables     handles: VMFunction, VMTable, …
//!                                        │ domain: the lock around all that runs
//!   Callee::call, CallArguments::call ──enter (traps)──► compiled code ──thunk──► host functions, built-ins
//! ```
//!
//! Lifetime is a matter of islands (`island.rs`), exclusion one of domains (`domain.rs`); both are explained there. What
//! touches the machine is behind `arch` (assembly, one file per architecture) and `sys` (one folder per platform).
//!
//! This crate knows neither compilers nor the binary format.

#![allow(
    unsafe_code,
    reason = "this crate is where machine code meets safe code; each module names its invariants"
)]

mod arch;
mod builtins;
mod code;
mod debugger;
mod domain;
mod dynamic;
mod externs;
mod function;
mod instance;
mod interrupt;
mod island;
mod limits;
mod lock;
mod made;
mod mapped_file;
mod memory;
mod module;
mod owned;
mod pieces;
mod pool;
mod refs;
mod shared_object;
mod signatures;
mod store;
mod sys;
mod table;
mod thread;
mod trap;
mod trap_handlers;
mod traps;
mod typed;
mod view;
mod weak;

pub use code::*;
pub use debugger::DebuggerRegistration;
pub use domain::{Domain, Guard};
pub use dynamic::*;
pub use externs::{VMExtern, VMGlobal, VMMemory};
pub use function::{HostFunction, VMFunction};
pub use instance::{InstanceError, InstanceImports, InstanceParts, VMInstance};
pub use interrupt::{InterruptHandle, interrupted};
pub use island::Island;
pub use limits::{Account, LimitError, StoreLimits, StoreUsage};
pub use made::{Global, GlobalError, Memory, Table, make_memory, make_table};
pub use mapped_file::MappedFile;
pub use memory::*;
pub use module::*;
pub use refs::RefHeap;
pub use shared_object::{Mark, SharedObject};
pub use signatures::{Signature, SignatureRegistry, SignatureSet};
pub use store::VMStore;
pub use table::{MAX_TABLE_ELEMENTS, TableElement, TableError, VMTable};
pub use thread::DEFAULT_HOST_RESERVE;
pub use trap::Trap;
pub use trap_handlers::TrapHandlerFn;
pub use traps::{Backtrace, CodeLocation, EarlyEnd, EndReason};
pub use view::*;
pub use wasmill_abi::TrapCode;
pub use weak::{Gone, Handle, Link, WeakHandle};

/// Typed calls: what the API's generic functions are made of.
pub mod native {
    pub use crate::typed::*;
}
