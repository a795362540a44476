//! `cargo xtask test`: sets up and passes all tests on a fresh Debian machine with Rust and gcc.
//!
//! `cargo test` builds and runs everything in the workspace, documentation tests and `tidy` (a test of this package)
//! included, and prints its plain output, so that whoever counts tests sees them. Then the front crate's tests run with
//! the other compilers as the default one, once in the Native engine; then come loom's model checks, Miri where the toolchain has it, WASI function by
//! function, and the small real programs with each compiler.

use crate::process::{cargo, run as start};
use crate::programs::{self, Choice};
use crate::{cross, headless, llvm, loom, miri, torture, wasi};
use anyhow::Result;

/// Runs all tests and stops at the first step that fails.
pub(crate) fn run(_: &[String]) -> Result<()> {
    if let Err(error) = programs::fetch::need_tool("gdb", &["--version"], "gdb") {
        println!("{error:#}. The tests with a debugger are left out.");
    }
    // Without LLVM nothing is compiled for other processors here.
    if llvm::available()
        && let Err(error) = cross::install()
    {
        println!("{error:#}. The tests with object files of other processors are left out.");
    }
    let mut tests = llvm::workspace("test");
    tests.arg("--no-fail-fast");
    let seconds = torture::SECONDS_IN_TESTS.to_string();
    start(tests.env(torture::SECONDS_VARIABLE, seconds))?;
    other_compilers()?;
    headless::run(&[])?;
    loom::run(&[])?;
    miri::run_if_available()?;
    wasi::run(&[])?;
    programs::check(&Choice::small())?;
    programs::check(&Choice::small_singlepass())?;
    match llvm::available() {
        true => programs::check(&Choice::small_llvm()),
        false => Ok(()),
    }
}

/// The front crate's tests say `Store::default()` wherever compiler and engine do not matter.
fn other_compilers() -> Result<()> {
    let singlepass = "wat,default-singlepass,default-native,universal,cranelift";
    let llvm = "wat,default-llvm,default-universal,cranelift,singlepass";
    let compilers = [singlepass]
        .into_iter()
        .chain(llvm::available().then_some(llvm));
    for features in compilers {
        let mut tests = cargo(["test", "--package", "wasmill", "--tests", "--no-fail-fast"]);
        tests.args(["--no-default-features", "--features", features]);
        start(&mut tests)?;
    }
    Ok(())
}
