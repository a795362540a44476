//! LLVM 22, which the crate `wasmill-compiler-llvm` links: whether it is here, and installing it where that is possible.
//!
//! Without it everything else builds and is tested, and a sentence says what was left out.

use crate::process::{cargo, run as start, succeeds};
use std::process::Command;
use std::sync::OnceLock;

/// The Debian package that has all that is needed.
const PACKAGE: &str = "llvm-22-dev";

/// Whether LLVM can be linked. The first to ask installs it, on a machine where `apt-get` may.
pub(crate) fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        let here = is_here() || (install() && is_here());
        if !here {
            println!("LLVM 22 is not here ({PACKAGE}): the LLVM compiler is left out.");
        }
        here
    })
}

/// As the build script of the compiler finds it.
fn is_here() -> bool {
    let named = std::env::var("LLVM_CONFIG").ok();
    let candidates = named
        .iter()
        .map(String::as_str)
        .chain(["llvm-config-22", "llvm-config"]);
    candidates.into_iter().any(|program| {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| output.stdout.starts_with(b"22."))
    })
}

/// Installs it; fails quietly where there is no `apt-get`, no right to use it, or no such package.
fn install() -> bool {
    let root = Command::new("id").arg("-u").output();
    if !root.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        return false;
    }
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(words);
        command
    };
    let install = ["install", "-y", "--no-install-recommends", PACKAGE];
    succeeds(&mut apt(&["update"])) && start(&mut apt(&install)).is_ok()
}

/// A `cargo` command on the whole workspace, with the LLVM compiler if it can be built.
pub(crate) fn workspace(command: &str) -> Command {
    let mut command = cargo([command, "--workspace"]);
    match available() {
        true => command.args([
            "--features",
            "wasmill-tests/llvm,wasmill-cli/llvm,program-host/llvm",
        ]),
        false => command.args(["--exclude", "wasmill-compiler-llvm"]),
    };
    command
}
