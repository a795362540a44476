//! Programs of the system that tests run, where they are.

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a program of the system is there; if not, that is said.
pub fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    let command = command.arg("--version").stdout(Stdio::null());
    let is_there = command.status().is_ok_and(|status| status.success());
    if !is_there {
        println!("{program} is not installed: nothing is tested with it");
    }
    is_there
}

/// Runs a command in a folder; what it prints.
///
/// # Panics
/// If it fails, or has something to complain about.
pub fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    assert_eq!(errors, "", "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}
