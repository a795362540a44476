//! What the tests of the command share: running it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The command with these arguments, in a folder, without input. What it keeps is not where the user's own is.
pub(crate) fn command<A: AsRef<OsStr>>(folder: &Path, args: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmill"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("WASMILL_COLOR")
        .env_remove("WASMILL_CACHE_SIZE")
        .env("WASMILL_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null());
    command
}

/// What comes of it.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) fn wasmill<A: AsRef<OsStr>>(folder: &Path, args: &[A]) -> Output {
    command(folder, args).output().expect("the command starts")
}
