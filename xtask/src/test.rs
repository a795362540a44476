//! `cargo xtask test`: sets up and passes all tests on a fresh Debian machine with Rust and gcc.
//!
//! `cargo test` builds and runs everything in the workspace, documentation tests and `tidy` (a test of this package)
//! included, and prints its plain output, so that whoever counts tests sees them. Then the front crate's tests run with
//! the other compilers as the default one; then come loom's model checks, Miri where the toolchain has it, and the small
//! real programs with each compiler.

use crate::process::{cargo, run as start};
use crate::programs::{self, Choice};
use crate::{headless, loom, miri, torture};
use anyhow::Result;

/// Runs all tests and stops at the first step that fails.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let mut tests = cargo(["test", "--workspace", "--no-fail-fast"]);
    let seconds = torture::SECONDS_IN_TESTS.to_string();
    start(tests.env(torture::SECONDS_VARIABLE, seconds))?;
    other_compilers()?;
    headless::run(&[])?;
    loom::run(&[])?;
    miri::run_if_available()?;
    programs::check(&Choice::small())?;
    programs::check(&Choice::small_singlepass())
}

/// The front crate's tests say `Store::default()` wherever the compiler does not matter.
fn other_compilers() -> Result<()> {
    start(&mut cargo([
        "test",
        "--package",
        "wasmill",
        "--tests",
        "--no-fail-fast",
        "--no-default-features",
        "--features",
        "wat,default-singlepass,default-universal,cranelift",
    ]))
}
