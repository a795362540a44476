//! `cargo xtask headless`: a module that a program with a compiler has compiled runs in one that has none.
//!
//! The first program is the example `engine-headless`, which the tests have built already; the second, `tests/headless`, is
//! built on its own, since in a build of the whole workspace it would get the features of all the others.

use crate::llvm;
use crate::process::{cargo, output, run as start, target};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::process::Command;

const EXPECTED: &str = "42
Compilation error: The UniversalEngine is operating in headless mode, so it can not compile Modules.
Validation error: The UniversalEngine is not compiled with compiler support, which is required for validating
";

/// Compiles, runs, and tells the sizes of the two programs.
pub(crate) fn run(_: &[String]) -> Result<()> {
    start(llvm::workspace("build").args(["--example", "engine-headless"]))?;
    let host = ["--package", "headless-host"];
    let tree = output(&mut cargo(
        ["tree", "--edges", "normal", "--prefix", "none"]
            .iter()
            .chain(&host),
    ))?;
    ensure!(
        !tree.contains("cranelift"),
        "the program without a compiler depends on one"
    );
    start(&mut cargo(["build"].iter().chain(&host)))?;

    let folder = target().join("debug");
    let file = target().join("tmp/headless.wasmu");
    fs::create_dir_all(target().join("tmp"))?;
    let (with, without) = (
        folder.join("examples/engine-headless"),
        folder.join("headless-host"),
    );
    start(Command::new(&with).arg(&file))?;
    let printed = output(Command::new(&without).arg(&file))?;
    ensure!(
        printed == EXPECTED,
        "the program without a compiler printed:\n{printed}"
    );

    let size = |path| -> Result<u64> {
        let metadata = fs::metadata(path).with_context(|| format!("no {path:?}"))?;
        Ok(metadata.len() / 1024)
    };
    println!(
        "with a compiler {} KiB, without {} KiB",
        size(&with)?,
        size(&without)?
    );
    Ok(())
}
