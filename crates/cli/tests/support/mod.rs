//! What the tests of the command share: running it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The command with these arguments, in a folder, without input.
pub(crate) fn wasmill<A: AsRef<OsStr>>(folder: &Path, args: &[A]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wasmill"))
        .args(args)
        .current_dir(folder)
        .env_remove("WASMILL_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("the command starts")
}
