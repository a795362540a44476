//! Traps as programs make them and match on them.
//!
//! The runtime's own word for what ends a call is [`EarlyEnd`](crate::EarlyEnd) (`traps.rs`), which also knows panics.

use crate::traps::Backtrace;
use std::error::Error;
use wasmill_abi::TrapCode;

/// Why a call into WebAssembly is to end early. It becomes an error by `RuntimeError::from_trap`.
///
/// ```
/// # use wasmill_vm::{Trap, TrapCode};
/// match Trap::of_code(TrapCode::OutOfBounds) {
///     Trap::Lib { trap_code, .. } => assert_eq!(trap_code, TrapCode::OutOfBounds),
///     other => panic!("it is one of the runtime's: {other:?}"),
/// }
/// ```
#[derive(Debug)]
pub enum Trap {
    /// An error of the host.
    User(Box<dyn Error + Send + Sync>),
    /// A fault of WebAssembly code.
    Wasm {
        /// The address of the instruction. If a trap is known to be possible there, it is that one.
        pc: usize,
        /// The frames it happened in.
        backtrace: Backtrace,
        /// Which trap it is if nothing is known of the instruction; `None` for a stack overflow.
        signal_trap: Option<TrapCode>,
    },
    /// A trap that the runtime raises rather than the processor.
    Lib {
        /// Which one.
        trap_code: TrapCode,
        /// The frames it happened in.
        backtrace: Backtrace,
    },
    /// The runtime had no memory left.
    OOM {
        /// The frames it happened in.
        backtrace: Backtrace,
    },
}

impl Trap {
    /// A trap with this code and no frames.
    ///
    /// ```
    /// # use wasmill_vm::{Trap, TrapCode};
    /// let trap = Trap::of_code(TrapCode::Interrupted);
    /// assert!(matches!(trap, Trap::Lib { trap_code: TrapCode::Interrupted, .. }));
    /// ```
    pub fn of_code(trap_code: TrapCode) -> Self {
        Self::Lib {
            trap_code,
            backtrace: Backtrace::default(),
        }
    }
}
