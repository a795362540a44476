//! `cargo xtask fuzz`: random modules under all compilers and under `wasmi`, which must agree; a minute if nothing else is
//! said. `fuzz` is a workspace of its own, so that its dependencies stay out of the main one; it reads the arguments.

use crate::llvm;
use crate::process::{cargo, root, run as start};
use anyhow::Result;

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo(["run", "--release", "--locked", "--quiet"]);
    if llvm::available() {
        command.args(["--features", "llvm"]);
    }
    command.arg("--").args(arguments);
    start(command.current_dir(root().join("fuzz")))
}
