//! `cargo xtask features`: the front crate must build under every set of features that a user may ask for, and say in
//! plain words why a set cannot be built.
//!
//! The sets are read from its manifest, so that a new feature or synonym is covered without a second list: none, the
//! default, each feature alone, and some that only matter together. What is lacking yet, or contradictory, is in
//! `REFUSED` with words of the error it must give.

use crate::llvm;
use crate::process::{cargo, root, run as start};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::process::{Command, Stdio};

/// The manifest of the front crate, and what must be among its features for this check to mean anything.
const MANIFEST: &str = "crates/wasmill/Cargo.toml";

const EXCLUSIVE: &str = "let quick = Store::new(&Universal::new(Singlepass::default()).engine());";

/// Sets that must not build, and words of the one error they must give. A feature that is here alone is not tried as one
/// that builds.
const REFUSED: &[(&str, &str)] = &[
    ("default-cranelift,default-singlepass", EXCLUSIVE),
    ("default-cranelift,default-llvm", EXCLUSIVE),
    (
        "default-llvm,default-singlepass,default-universal",
        EXCLUSIVE,
    ),
    (
        "default-compiler,default-universal",
        "No default compiler chosen",
    ),
    (
        "default-cranelift,default-engine",
        "No default engine chosen",
    ),
];

/// Sets of several features that must build: without text, with a compiler that is not the default, without a compiler.
const TOGETHER: &[&str] = &[
    "default-cranelift,default-universal",
    "default-singlepass,default-universal",
    "default-singlepass,default-native",
    "default-cranelift,default-universal,default-dylib",
    "cranelift,singlepass,universal",
    "cranelift,universal",
    "wat,universal",
];

/// Lints the crate `wasmill` under each feature set; warnings are errors.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let manifest = fs::read_to_string(root().join(MANIFEST))
        .context("cannot read the front crate's manifest")?;
    let names = feature_names(&manifest);
    for known in REFUSED.iter().flat_map(|(set, _)| set.split(',')) {
        ensure!(names.contains(&known), "no feature `{known}` in {MANIFEST}");
    }
    builds(&[])?;
    builds(&["--no-default-features"])?;
    let refused = |name: &str| REFUSED.iter().any(|(set, _)| *set == name);
    let lacking = |name: &str| name.ends_with("llvm") && !llvm::available();
    let alone = names
        .into_iter()
        .filter(|&name| name != "default" && !refused(name) && !lacking(name));
    for set in alone.chain(TOGETHER.iter().copied()) {
        builds(&["--no-default-features", "--features", set])?;
    }
    REFUSED
        .iter()
        .filter(|(set, _)| !set.contains("llvm") || llvm::available())
        .try_for_each(|(set, words)| is_refused(set, words))
}

fn lint(set: &[&str]) -> Command {
    let words = ["clippy", "--package", "wasmill"].iter().chain(set);
    cargo(words.chain(&["--", "-D", "warnings"]))
}

fn builds(set: &[&str]) -> Result<()> {
    start(&mut lint(set))
}

/// Checks that a set does not build, and that the words, and no other refusal, are among the errors.
fn is_refused(set: &str, words: &str) -> Result<()> {
    println!("$ (must fail) cargo clippy --package wasmill --no-default-features --features {set}");
    let output = lint(&["--no-default-features", "--features", set])
        .stdin(Stdio::null())
        .output()
        .context("cannot start cargo")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "`{set}` builds, and should not");
    ensure!(
        errors.contains(words),
        "`{set}` does not say `{words}`:\n{errors}"
    );
    let others = REFUSED.iter().map(|(_, other)| *other);
    for other in others.filter(|other| *other != words) {
        ensure!(
            !errors.contains(other),
            "`{set}` says `{other}` too:\n{errors}"
        );
    }
    Ok(())
}

/// The keys of the `[features]` table. Entries may span lines: only lines that start with a key count.
fn feature_names(manifest: &str) -> Vec<&str> {
    let table = manifest
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1);
    table
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().trim_matches('"'))
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::feature_names;

    #[test]
    fn keys_of_the_table_only() {
        let manifest = "[dependencies]\na = \"1\"\n[features]\ndefault = [\n  \"x\",\n]\n# y = 1\nx = []\n[lints]\nz = 1\n";
        assert_eq!(feature_names(manifest), ["default", "x"]);
        assert!(feature_names("[package]\n").is_empty());
    }
}
