//! `cargo xtask ci`: what `.ci/run` runs: formatting, lints, documentation, feature sets, then `cargo xtask test`.
//!
//! The cheap steps come first. All use one target folder; lints, documentation and feature checks share the metadata of
//! the dependencies, which no step but `test` has to build for real.

use crate::process::{cargo, run as start};
use crate::{features, test};
use anyhow::Result;

/// Runs every step and stops at the first that fails.
pub(crate) fn run(_: &[String]) -> Result<()> {
    start(&mut cargo(["fmt", "--all", "--check"]))?;
    start(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    document()?;
    features::run(&[])?;
    test::run(&[])
}

/// Documentation of the libraries without a warning (the command's own page would overwrite the library's: same name).
fn document() -> Result<()> {
    start(cargo(["doc", "--workspace", "--no-deps", "--lib"]).env("RUSTDOCFLAGS", "-D warnings"))
}
