//! `cargo xtask cross`: object files and shared objects of Cranelift and LLVM for AArch64 and RISC-V, called by C programs under `qemu-user`.
//!
//! `cargo xtask test` installs the same tools for LLVM, which has these processors anyway; Cranelift is built once more for them, which
//! takes a minute or two, and so is left to this task.

use crate::llvm;
use crate::process::{cargo, run as start};
use crate::programs::fetch::need_tool;
use anyhow::Result;

/// Programs, and the Debian packages that have them.
const TOOLS: [(&str, &str); 4] = [
    ("qemu-aarch64", "qemu-user"),
    ("qemu-riscv64", "qemu-user"),
    (
        "aarch64-linux-gnu-gcc",
        "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    ),
    (
        "riscv64-linux-gnu-gcc",
        "gcc-riscv64-linux-gnu libc6-dev-riscv64-cross",
    ),
];

/// Runs the tests of object files with all that there is for other processors.
pub(crate) fn run(_: &[String]) -> Result<()> {
    install()?;
    let mut tests = cargo(["test", "--package", "wasmill-tests", "--test", "objects"]);
    let features = match llvm::available() {
        true => "other-processors,llvm",
        false => "other-processors",
    };
    start(tests.args(["--features", features]))
}

/// Makes sure that the tools are there.
pub(crate) fn install() -> Result<()> {
    TOOLS
        .iter()
        .try_for_each(|(program, packages)| need_tool(program, &["--version"], packages))
}
