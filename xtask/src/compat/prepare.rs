//! Brings the crates into the workspace: fetched, checked, unpacked, renamed, changed.
//!
//! A crate's archive comes from cargo's own cache, where `cargo info` puts it, and is checked against its pinned hash.
//! Only what differs from what is there already is written, so that cargo rebuilds only that.

use super::cases::{Case, Change};
use super::work_folder;
use crate::process::{cargo, output, root, run as start};
use crate::programs::fetch::{hex, remove};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose names stand in the crates' manifests, and which of our crates take their places: name, package, folder.
const REPLACED: &[(&str, &str, &str)] = &[
    ("wasmer", "wasmill", "crates/wasmill"),
    ("wasmer-engine", "wasmill-engine", "crates/engine"),
    (
        "wasmer-middlewares",
        "wasmill-middlewares",
        "crates/middlewares",
    ),
];

/// Writes the workspace with all crates.
pub(super) fn workspace(cases: &[Case]) -> Result<()> {
    let folder = work_folder();
    fs::create_dir_all(&folder)?;
    let mut manifest = String::from("[workspace]\nresolver = \"2\"\nmembers = [\n");
    let mut patches =
        String::from("]\n\n[profile.dev.package.\"*\"]\nopt-level = 2\n\n[patch.crates-io]\n");
    for case in cases {
        source(case)?;
        manifest += &format!("    \"{}\",\n", case.name);
        patches += &format!("{0} = {{ path = \"{0}\" }}\n", case.name);
    }
    write(&folder.join("Cargo.toml"), &(manifest + &patches))
}

/// Writes one crate: its own files, then our changes.
fn source(case: &Case) -> Result<()> {
    let folder = work_folder().join(case.name);
    let fresh = work_folder().join("fresh");
    remove(&fresh)?;
    fs::create_dir_all(&fresh)?;
    let mut tar = Command::new("tar");
    start(tar.arg("-xzf").arg(archive(case)?).arg("-C").arg(&fresh))?;
    let unpacked = fresh.join(format!("{}-{}", case.name, case.version));
    let manifest = unpacked.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, renamed(&text, &root()))?;
    for Change { file, from, to, .. } in case.changes {
        let path = unpacked.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("no file {file}"))?;
        ensure!(text.contains(from), "{}: {file} has no `{from}`", case.name);
        fs::write(path, text.replace(from, to))?;
    }
    for (file, text) in case.added {
        let path = unpacked.join(file);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::write(path, text)?;
    }
    update(&unpacked, &folder)?;
    remove(&fresh)
}

/// The archive of a crate in cargo's cache.
fn archive(case: &Case) -> Result<PathBuf> {
    let file = format!("{}-{}.crate", case.name, case.version);
    let path = match cached(&file)? {
        Some(path) => path,
        None => {
            let package = format!("{}@{}", case.name, case.version);
            output(&mut cargo(["info", "--quiet", &package]))?;
            cached(&file)?.with_context(|| format!("cargo did not fetch {package}"))?
        }
    };
    let hash = hex(&Sha256::digest(fs::read(&path)?));
    ensure!(
        hash == case.hash,
        "{file}: the hash is {hash}, pinned is {}",
        case.hash
    );
    Ok(path)
}

/// A file in the caches of the registries that cargo knows.
fn cached(file: &str) -> Result<Option<PathBuf>> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir()
            .context("no home folder")?
            .join(".cargo"),
    };
    let Ok(caches) = fs::read_dir(home.join("registry/cache")) else {
        return Ok(None);
    };
    for cache in caches {
        let path = cache?.path().join(file);
        if path.is_file() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// A manifest with our crates in place of the original's: in the table of such a dependency, the version becomes package
/// and path. Everything else (features, whether it is optional) stays.
fn renamed(manifest: &str, root: &Path) -> String {
    let mut replaced = None;
    let mut text = String::new();
    for line in manifest.lines() {
        if let Some(table) = line.strip_prefix('[') {
            let name = table
                .trim_end_matches(']')
                .rsplit_once("dependencies.")
                .map_or("", |(_, name)| name);
            replaced = REPLACED.iter().find(|(original, ..)| *original == name);
        }
        match replaced {
            Some((_, package, folder)) if line.starts_with("version") => {
                let path = root.join(folder);
                text += &format!("package = \"{package}\"\npath = {path:?}\n");
            }
            _ => text += &format!("{line}\n"),
        }
    }
    text
}

/// Makes a folder equal to another, touching only what differs.
fn update(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        let name = path.file_name().context("a file without a name")?;
        if !from.join(name).exists() {
            if path.is_dir() {
                remove(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let path = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            update(&entry.path(), &path)?;
        } else {
            write(&path, &fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// Writes a file unless it is so already.
fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content.as_ref()) {
        return Ok(());
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::renamed;
    use std::path::Path;

    #[test]
    fn only_the_originals_dependencies_are_renamed() {
        let manifest = "[package]\nname = \"x\"\nversion = \"1\"\n[dependencies.wasmer]\nversion = \"=2.3.0\"\nfeatures = [\"wat\"]\n[dependencies.serde]\nversion = \"1\"\n[target.'cfg(unix)'.dependencies.wasmer-engine]\nversion = \"2\"\n";
        let text = renamed(manifest, Path::new("/tree"));
        assert!(text.contains("[dependencies.wasmer]\npackage = \"wasmill\"\npath = \"/tree/crates/wasmill\"\nfeatures = [\"wat\"]\n"));
        assert!(text.contains("wasmer-engine]\npackage = \"wasmill-engine\"\n"));
        assert!(text.contains("[dependencies.serde]\nversion = \"1\"\n"));
        assert!(text.contains("name = \"x\"\nversion = \"1\"\n"));
    }
}
