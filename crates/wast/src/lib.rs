//! Runs WebAssembly scripts (`.wast`): the language that the official test suite is written in.
//!
//! ```text
//!   text ─► `wast` (tokens, directives) ─► Wast: one directive after the other
//!                                            │  modules ─► wasmill: compile, instantiate, call
//!                                            └► values, messages: is the outcome what the script asserts?
//! ```
//!
//! A second dialect runs WASI programs ([`WasiTest`]).
//!
//! Nothing here is about a certain compiler or engine: everything goes through the public API, on the store that the
//! caller gives.
//!
//! ```
//! use wasmill::Store;
//! use wasmill_wast::Wast;
//!
//! let mut script = Wast::new_with_spectest(Store::default());
//! script.run_buffer("example.wast", br#"
//!     (module (func (export "add") (param i32 i32) (result i32)
//!         (i32.add (local.get 0) (local.get 1))))
//!     (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
//! "#)?;
//! # Ok::<(), wasmill_wast::WastError>(())
//! ```

mod error;
mod messages;
mod script;
mod spectest;
mod values;
mod wasi;

pub use error::{DirectiveError, DirectiveErrors, WastError};
pub use script::Wast;
pub use spectest::{spectest, spectest_importobject};
pub use wasi::{WasiTest, WasiTestError};

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
