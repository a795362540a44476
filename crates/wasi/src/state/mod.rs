//! [`WasiState`]: everything one guest sees of the world, built by a [`WasiStateBuilder`].
//!
//! The arguments and the environment are kept as the bytes that `args_get` and `environ_get` hand to the guest (without the
//! terminating NUL); the files are in [`WasiFs`](crate::WasiFs).

mod builder;
mod freeze;

pub use builder::{PreopenDirBuilder, WasiStateBuilder, WasiStateCreationError};

use crate::ctx::WasiFs;

/// What a guest sees: its files, arguments and environment.
///
/// ```
/// # use wasmill_wasi::WasiState;
/// let state = WasiState::new("program").arg("--help").env("LANG", "C").build()?;
/// assert_eq!(state.args, [&b"program"[..], b"--help"]);
/// assert_eq!(state.envs, [b"LANG=C"]);
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
#[derive(Debug)]
pub struct WasiState {
    /// The descriptors and what is behind them.
    pub fs: WasiFs,
    /// The arguments; the first is the program's name.
    pub args: Vec<Vec<u8>>,
    /// The environment, as `KEY=VALUE`.
    pub envs: Vec<Vec<u8>>,
}

impl WasiState {
    /// Begins a state for a program of this name.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert_eq!(WasiState::new("program").build()?.args, [b"program"]);
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    #[allow(
        clippy::new_ret_no_self,
        reason = "the API's shape: a state is always made by its builder"
    )]
    pub fn new(program_name: impl AsRef<str>) -> WasiStateBuilder {
        WasiStateBuilder::for_program(program_name.as_ref())
    }
}
