//! `cargo xtask miri`: runs the tests that Miri can run under Miri, to find undefined behaviour.
//!
//! Miri ships with few toolchains. Asked for by name it must be there; as a step of `cargo xtask test` it is left out
//! with a plain word when it is not.

use crate::process::{cargo, run as start, succeeds};
use anyhow::{Result, bail};

/// What Miri can run: no signals, no executable memory (`wasmill-vm` has a platform of its own for it).
const PACKAGES: &[&str] = &["wasmill-types", "wasmill-abi", "wasmill-vm"];

/// Runs the tests under Miri; an error where the toolchain has none.
pub(crate) fn run(_: &[String]) -> Result<()> {
    if !available() {
        bail!(
            "this toolchain has no Miri (`cargo miri` is missing): install the component `miri` of a nightly"
        );
    }
    let mut command = cargo(["miri", "test", "--lib"]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    start(command.env("MIRIFLAGS", "-Zmiri-permissive-provenance"))
}

/// The same, left out with a word where the toolchain has no Miri.
pub(crate) fn run_if_available() -> Result<()> {
    if available() {
        return run(&[]);
    }
    println!("miri: left out, this toolchain has no `cargo miri`");
    Ok(())
}

fn available() -> bool {
    succeeds(&mut cargo(["miri", "--version"]))
}
