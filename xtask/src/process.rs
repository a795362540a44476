//! What the tasks share: where the tree is, and running other programs with a plain account of what failed.
//!
//! Every command is echoed as it would be typed, so that a log of CI can be followed and repeated by hand.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The root of the tree: the parent of this package's folder.
pub(crate) fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// The build folder that all tasks share (`CARGO_TARGET_DIR`, or `target` in the tree).
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(path) => root().join(path),
        None => root().join("target"),
    }
}

/// A `cargo` command at the root: the cargo that runs this task.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// A `cargo` command at the root, of the nightly toolchain, whichever runs this task.
pub(crate) fn nightly<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").args(arguments).current_dir(root());
    // The cargo that runs this task has put its own toolchain into the environment.
    for variable in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC", "RUSTDOC"] {
        command.env_remove(variable);
    }
    command
}

/// Runs a command that inherits the output streams; anything but exit code 0 is an error. No task reads standard input.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", display(command));
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{}`", display(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", display(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed on standard output; its error stream is inherited.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    println!("$ {}", display(command));
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", display(command)))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        print!("{text}");
        bail!("`{}` failed: {}", display(command), output.status);
    }
    Ok(text)
}

/// Whether a command starts and exits with code 0; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it: variables, the program's file name, arguments; the tree's path is left out.
fn display(command: &Command) -> String {
    let root = format!("{}/", root().display());
    let mut words: Vec<String> = Vec::new();
    for (name, value) in command.get_envs() {
        let value = value.unwrap_or_default().to_string_lossy();
        words.push(format!("{}={}", name.to_string_lossy(), quote(&value)));
    }
    let program = PathBuf::from(command.get_program());
    words.push(
        program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    );
    words.extend(
        command
            .get_args()
            .map(|word| quote(&word.to_string_lossy())),
    );
    words.join(" ").replace(&root, "")
}

/// A word with quotes around it where a shell would need them.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}

#[cfg(test)]
mod tests {
    use super::{cargo, display, quote, root};

    #[test]
    fn commands_are_shown_as_typed() {
        let mut command = cargo(["test", "--cfg loom"]);
        command.env("BLESS", "1").arg(root().join("crates"));
        assert_eq!(display(&command), "BLESS=1 cargo test '--cfg loom' crates");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn the_root_is_the_workspace() {
        assert!(root().join("Cargo.toml").is_file() && root().join("xtask").is_dir());
    }
}
