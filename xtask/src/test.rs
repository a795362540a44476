//! `cargo xtask test`: sets up and passes all tests on a fresh Debian machine with Rust and gcc.
//!
//! `cargo test` builds and runs everything in the workspace, documentation tests and `tidy` (a test of this package)
//! included, and prints its plain output, so that whoever counts tests sees them. Then come loom's model checks, Miri
//! where the toolchain has it, and the small real programs.

use crate::process::{cargo, run as start};
use crate::programs::{self, Choice};
use crate::{headless, loom, miri, torture};
use anyhow::Result;

/// Runs all tests and stops at the first step that fails.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let mut tests = cargo(["test", "--workspace", "--no-fail-fast"]);
    let seconds = torture::SECONDS_IN_TESTS.to_string();
    start(tests.env(torture::SECONDS_VARIABLE, seconds))?;
    headless::run(&[])?;
    loom::run(&[])?;
    miri::run_if_available()?;
    programs::check(&Choice::small())
}
