//! `cargo xtask compat`: published crates that were written for wasmer 2, built and tested on Wasmill.
//!
//! `cases` says which crates, which of their tests cannot pass, and every change that their sources need, with its reason:
//! the list of those is what this command is for. `prepare` brings a crate's source from the registry and renames its
//! dependencies (`wasmer = { package = "wasmill", path = … }`), which is all that a user has to do.
//!
//! All crates are members of one workspace in `target/compat`; the versions of what they depend on are pinned by
//! `tests/compat/Cargo.lock`. With `--update` it gets what cargo had to add to it for this run.

mod cases;
mod prepare;

use crate::process::{cargo, root, run as start, target};
use anyhow::{Context, Result, bail, ensure};
use cases::{CASES, Case};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The workspace that the crates are built in.
fn work_folder() -> PathBuf {
    target().join("compat")
}

/// The pinned versions.
fn pinned_lock() -> PathBuf {
    root().join("tests/compat/Cargo.lock")
}

/// Prepares, builds and tests all crates, or those that are named; says what had to be changed.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (options, names): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with('-'));
    if let Some(option) = options.iter().find(|&&option| option != "--update") {
        bail!("unknown option {option}");
    }
    for name in &names {
        let known = CASES.iter().any(|case| case.name == *name);
        ensure!(known, "no crate `{name}`; there are: {}", all_names());
    }
    let lock = work_folder().join("Cargo.lock");
    prepare::workspace(CASES)?;
    fs::copy(pinned_lock(), &lock).context("the pinned versions are missing")?;
    let chosen = |case: &&Case| names.is_empty() || names.contains(&case.name);
    let chosen: Vec<&Case> = CASES.iter().filter(chosen).collect();
    let outcome = test(&chosen);
    if !options.is_empty() {
        fs::copy(&lock, pinned_lock())?;
    }
    chosen.iter().for_each(|case| report(case));
    outcome
}

fn all_names() -> String {
    let names: Vec<_> = CASES.iter().map(|case| case.name).collect();
    names.join(" ")
}

/// Builds the crates, all at once so that what they share is built once, and runs the tests of them that can pass.
fn test(cases: &[&Case]) -> Result<()> {
    let mut command = in_workspace(["test", "--no-fail-fast", "--lib"]);
    for case in cases {
        command.args(["--package", case.name]);
        for feature in case.features {
            command.args(["--features", &format!("{}/{feature}", case.name)]);
        }
        for test in case.tests {
            command.args(["--test", test]);
        }
    }
    command.arg("--");
    for (test, _) in cases.iter().flat_map(|case| case.skipped) {
        command.args(["--skip", test]);
    }
    start(&mut command)
}

/// A `cargo` command in the workspace of the crates. Their warnings are not ours to read.
fn in_workspace<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = cargo(arguments);
    command
        .current_dir(work_folder())
        .env("CARGO_TARGET_DIR", work_folder().join("target"))
        .env("RUSTFLAGS", "--cap-lints=warn -Awarnings");
    command
}

/// Says what had to be changed, and what cannot be.
fn report(case: &Case) {
    println!("\n{} {}: {}", case.name, case.version, case.what);
    match case.changes.len() {
        0 => println!("  unchanged but for its manifest"),
        n => println!("  {n} changes:"),
    }
    for change in case.changes {
        println!("  - {}: {}", change.file, change.reason);
    }
    for (test, reason) in case.skipped {
        println!("  - not run: {test}: {reason}");
    }
}
