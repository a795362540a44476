//! `cargo xtask bless`: rewrites golden files after a change of output that is meant.
//!
//! A test target takes part by reading the variable `BLESS`; those targets are found by that word in their source, so
//! there is no list to keep. Look at the difference before committing it.

use crate::process::{cargo, root, run as start};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Runs every test target that mentions `BLESS`, with `BLESS=1`.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let targets = golden_targets(&root())?;
    ensure!(!targets.is_empty(), "no test target reads BLESS");
    for (package, test) in targets {
        start(cargo(["test", "--package", &package, "--test", &test]).env("BLESS", "1"))?;
    }
    Ok(())
}

/// (package, test target) of each integration test in `crates/` that mentions `BLESS`, in order.
fn golden_targets(root: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for folder in entries(&root.join("crates"))? {
        let tests = folder.join("tests");
        if !tests.is_dir() {
            continue;
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
        let package = package_name(&manifest).context("a manifest without a name")?;
        for entry in entries(&tests)? {
            let main = if entry.is_dir() {
                entry.join("main.rs")
            } else {
                entry.clone()
            };
            let is_rust = main.extension().is_some_and(|extension| extension == "rs");
            if is_rust && main.is_file() && mentions_bless(&entry)? {
                let stem = entry.file_stem().unwrap_or_default();
                found.push((package.to_owned(), stem.to_string_lossy().into_owned()));
            }
        }
    }
    Ok(found)
}

/// Whether a target's file, or any file of its folder, mentions `BLESS`.
fn mentions_bless(path: &Path) -> Result<bool> {
    if path.is_dir() {
        for entry in entries(path)? {
            if mentions_bless(&entry)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    Ok(is_rust && fs::read_to_string(path)?.contains("\"BLESS\""))
}

/// The package's name in a manifest.
fn package_name(manifest: &str) -> Option<&str> {
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix("name = "))?;
    Some(line.trim().trim_matches('"'))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = list
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::{golden_targets, package_name};
    use std::fs;

    #[test]
    fn finds_the_targets_that_read_bless() {
        let root = std::env::temp_dir().join(format!("xtask-bless-{}", std::process::id()));
        let tests = root.join("crates/a/tests");
        fs::create_dir_all(tests.join("golden/sub")).unwrap();
        fs::write(
            root.join("crates/a/Cargo.toml"),
            "[package]\nname = \"wasmill-a\"\n",
        )
        .unwrap();
        fs::write(tests.join("plain.rs"), "fn main() {}").unwrap();
        fs::write(tests.join("single.rs"), "var(\"BLESS\")").unwrap();
        fs::write(tests.join("golden/main.rs"), "mod sub;").unwrap();
        fs::write(tests.join("golden/sub/x.rs"), "var(\"BLESS\")").unwrap();
        let found = golden_targets(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        let of = |test: &str| ("wasmill-a".to_owned(), test.to_owned());
        assert_eq!(found, [of("golden"), of("single")]);
        assert_eq!(package_name("[package]\n"), None);
    }
}
