//! `cargo xtask features`: the front crate must build under every set of features that a user may ask for.
//!
//! The sets are read from its manifest, so that a new feature or synonym is covered without a second list: none, the
//! default, each feature alone, and the default without text input.

use crate::process::{cargo, root, run as start};
use anyhow::{Context, Result, ensure};
use std::fs;

/// Lints the crate `wasmill` under each feature set; warnings are errors.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let manifest = fs::read_to_string(root().join("crates/wasmill/Cargo.toml"))
        .context("cannot read the front crate's manifest")?;
    let names = feature_names(&manifest);
    ensure!(
        names.contains(&"default-universal"),
        "no features found in the front crate's manifest"
    );
    check(&[])?;
    check(&["--no-default-features"])?;
    check(&[
        "--no-default-features",
        "--features",
        "default-cranelift,default-universal",
    ])?;
    for name in names.into_iter().filter(|&name| name != "default") {
        check(&["--no-default-features", "--features", name])?;
    }
    Ok(())
}

fn check(set: &[&str]) -> Result<()> {
    let words = ["clippy", "--package", "wasmill"]
        .iter()
        .chain(set)
        .chain(&["--", "-D", "warnings"]);
    start(&mut cargo(words))
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
