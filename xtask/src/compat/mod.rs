//! `cargo xtask compat`: published crates that were written for wasmer 2, built and tested on Wasmill.
//!
//! `cases` says which crates, which of their tests cannot pass, and every change that their sources need, with its reason:
//! the list of those is what this command is for. `prepare` brings a crate's source from the registry and renames its
//! dependencies (`wasmer = { package = "wasmill", path = … }`), which is all that a user has to do.
//!
//! All crates are members of one workspace in `target/compat`; the versions of what they depend on are pinned by
//! `tests/compat/Cargo.lock`, which `--update` writes anew.

mod cases;
mod prepare;

use crate::process::{cargo, output, root, target};
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
    if options.is_empty() {
        fs::copy(pinned_lock(), &lock).context("no pinned versions: run with `--update`")?;
    }
    let chosen = |case: &&Case| names.is_empty() || names.contains(&case.name);
    let failures: Vec<String> = CASES
        .iter()
        .filter(chosen)
        .filter_map(|case| {
            test(case)
                .err()
                .map(|error| format!("{}: {error:#}", case.name))
        })
        .collect();
    if !options.is_empty() {
        fs::copy(&lock, pinned_lock())?;
    }
    CASES.iter().filter(chosen).for_each(report);
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

fn all_names() -> String {
    let names: Vec<_> = CASES.iter().map(|case| case.name).collect();
    names.join(" ")
}

/// Builds a crate and runs the tests of it that can pass.
fn test(case: &Case) -> Result<()> {
    let mut command = in_workspace(["test", "--package", case.name, "--no-fail-fast"]);
    command.args(case.arguments).arg("--");
    for (test, _) in case.skipped {
        command.args(["--skip", test]);
    }
    let text = output(&mut command)?;
    let results: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("test result: "))
        .collect();
    ensure!(!results.is_empty(), "no test was run");
    for result in results.iter().filter(|line| !line.contains(" 0 passed")) {
        println!("{}: {result}", case.name);
    }
    Ok(())
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
