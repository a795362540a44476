//! `cargo xtask fuzz`: random modules under both compilers and under `wasmi`, which must agree; a minute if nothing else is
//! said. `fuzz` is a workspace of its own, so that its dependencies stay out of the main one.

use crate::process::{cargo, root, run as start};
use crate::torture::Choice;
use anyhow::Result;

/// How long it runs when nothing is said.
const SECONDS: u64 = 60;

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let choice = Choice::read(arguments, SECONDS)?;
    let mut command = cargo(["run", "--release", "--locked", "--quiet", "--"]);
    command.args(["--seconds", &choice.seconds.to_string()]);
    if let Some(seed) = choice.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    start(command.current_dir(root().join("fuzz")))
}
