//! `cargo xtask ci`: what `.ci/run` runs: formatting, lints, documentation, feature sets, then `cargo xtask test`.
//!
//! The cheap steps come first. All use one target folder; lints, documentation and feature checks share the metadata of
//! the dependencies, which no step but `test` has to build for real. `fuzz`, a workspace of its own, is linted only: building it
//! for real takes minutes.

use crate::process::{cargo, root, run as start, target};
use crate::{features, llvm, test};
use anyhow::Result;
use std::process::Command;

/// Runs every step and stops at the first that fails.
pub(crate) fn run(_: &[String]) -> Result<()> {
    start(&mut cargo(["fmt", "--all", "--check"]))?;
    start(cargo(["fmt", "--check"]).current_dir(root().join("fuzz")))?;
    start(&mut lints(llvm::workspace("clippy")))?;
    let mut of_fuzz = cargo(["clippy", "--locked"]);
    of_fuzz.env("CARGO_TARGET_DIR", target());
    start(lints(of_fuzz).current_dir(root().join("fuzz")))?;
    document()?;
    features::run(&[])?;
    test::run(&[])
}

/// Clippy, told to look at tests too and to refuse warnings.
fn lints(mut clippy: Command) -> Command {
    clippy.args(["--all-targets", "--", "-D", "warnings"]);
    clippy
}

/// Documentation of the libraries without a warning (the command's own page would overwrite the library's: same name).
fn document() -> Result<()> {
    start(
        llvm::workspace("doc")
            .args(["--no-deps", "--lib"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
