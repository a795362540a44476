//! `cargo xtask headless`: a module that a program with a compiler has compiled runs in one that has none.
//!
//! The first program is the example `engine-headless`, or `engine-dylib` for the Native engine, which the tests have built already;
//! the second, `tests/headless`, is built on its own, since in a build of the whole workspace it would get the features of all the others.
//! With it comes `wasmill-headless` at its smallest, of which `wasmill create-exe` makes an executable.

use crate::llvm;
use crate::process::{cargo, output, root, run as start, target};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What compiles, into what, and how the second program names its engine.
const ENGINES: [(&str, &str, &str); 2] = [
    ("engine-headless", "headless.wasmu", "UniversalEngine"),
    ("engine-dylib", "headless.so", "`DylibEngine`"),
];

/// The programs without a compiler.
const WITHOUT: [&[&str]; 2] = [
    &["--package", "headless-host"],
    &["--package", "wasmill-cli", "--no-default-features"],
];

fn expected(engine: &str) -> String {
    format!(
        "42
Compilation error: The {engine} is operating in headless mode, so it can not compile Modules.
Validation error: The {engine} is not compiled with compiler support, which is required for validating
"
    )
}

/// Compiles, runs, and tells the sizes of the two programs.
pub(crate) fn run(_: &[String]) -> Result<()> {
    for (example, ..) in ENGINES {
        start(llvm::workspace("build").args(["--example", example]))?;
    }
    start(llvm::workspace("build").args(["--bin", "wasmill"]))?;
    for arguments in WITHOUT {
        let tree = ["tree", "--edges", "normal", "--prefix", "none"];
        let tree = output(&mut cargo(tree.iter().chain(arguments)))?;
        ensure!(
            !tree.contains("cranelift"),
            "{arguments:?}: a program without a compiler depends on one"
        );
        start(&mut cargo(["build"].iter().chain(arguments)))?;
    }

    let folder = target().join("debug");
    fs::create_dir_all(target().join("tmp"))?;
    let without = folder.join("headless-host");
    for (example, file, engine) in ENGINES {
        let file = target().join("tmp").join(file);
        start(Command::new(folder.join("examples").join(example)).arg(&file))?;
        let printed = output(Command::new(&without).arg(&file))?;
        ensure!(
            printed == expected(engine),
            "the program without a compiler printed:\n{printed}"
        );
    }
    let with = folder.join("examples/engine-headless");

    let (runtime, hello) = (folder.join("wasmill-headless"), executable(&folder)?);
    println!(
        "with a compiler {} KiB, without {} KiB, wasmill-headless {} KiB, an executable {} KiB",
        size(&with)?,
        size(&without)?,
        size(&runtime)?,
        size(&hello)?
    );
    Ok(())
}

/// Makes an executable of the smallest runtime, and runs it.
fn executable(folder: &Path) -> Result<PathBuf> {
    let hello = target().join("tmp/hello");
    let mut create = Command::new(folder.join("wasmill"));
    create.args(["create-exe", "examples/hello.wat", "-o"]);
    start(create.arg(&hello).current_dir(root()))?;
    let printed = output(Command::new(&hello).arg("you"))?;
    ensure!(
        printed.contains("you"),
        "the executable printed:\n{printed}"
    );
    Ok(hello)
}

/// Of a file, in KiB.
fn size(path: &Path) -> Result<u64> {
    let metadata = fs::metadata(path).with_context(|| format!("no {path:?}"))?;
    Ok(metadata.len() / 1024)
}
