//! `cargo xtask miri`: runs the tests that Miri can run under Miri, to find undefined behaviour.
//!
//! Miri is a part of nightly toolchains. Asked for by name it must be there; as a step of `cargo xtask test` it is left out
//! with a plain word when it is not, and runs less.

use crate::process::{nightly, run as start, succeeds};
use anyhow::{Result, bail};

/// What Miri can run: no signals, no executable memory (`wasmill-vm` has a platform of its own for it). The engine's tests
/// would build a code generator first.
const PACKAGES: &[&str] = &["wasmill-types", "wasmill-abi", "wasmill-vm"];

/// Pointers travel through tables and registers as numbers, and one of the tests reads a file.
const ALWAYS: &str = "-Zmiri-permissive-provenance -Zmiri-disable-isolation";

/// The second of the two models of who may use which pointer when; the first needs no option.
const TREE_BORROWS: &str = "-Zmiri-tree-borrows";

/// Runs the tests under Miri, under both models; an error where there is none.
pub(crate) fn run(_: &[String]) -> Result<()> {
    if !available() {
        bail!("there is no Miri: `rustup +nightly component add miri rust-src`");
    }
    for model in ["", TREE_BORROWS] {
        run_under(model)?;
    }
    Ok(())
}

/// The same under one model; left out with a word where there is none.
pub(crate) fn run_if_available() -> Result<()> {
    if available() {
        return run_under("");
    }
    println!("miri: left out, there is no nightly toolchain with `cargo miri` and `rust-src`");
    Ok(())
}

fn run_under(model: &str) -> Result<()> {
    let mut command = nightly(["miri", "test", "--lib"]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    start(command.env("MIRIFLAGS", format!("{ALWAYS} {model}").trim_end()))
}

/// Whether there is one, and a standard library for it can be built (which this does).
fn available() -> bool {
    succeeds(&mut nightly(["miri", "setup"]))
}
