//! Finds LLVM 22 and links its shared library.

use std::process::Command;

const MISSING: &str = "the LLVM compiler needs LLVM 22: install it (Debian, Ubuntu: `apt-get install llvm-22-dev`) \
     or name its `llvm-config` in the environment variable LLVM_CONFIG";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LLVM_CONFIG");
    let named = std::env::var("LLVM_CONFIG").ok();
    let candidates = named
        .iter()
        .map(String::as_str)
        .chain(["llvm-config-22", "llvm-config"]);
    let found = candidates.into_iter().find(|program| is_llvm_22(program));
    match found.and_then(|program| ask(program, "--libdir")) {
        Some(folder) => {
            println!("cargo::rustc-link-search=native={folder}");
            println!("cargo::rustc-link-lib=dylib=LLVM-22");
        }
        None => println!("cargo::error={MISSING}"),
    }
}

fn is_llvm_22(program: &str) -> bool {
    ask(program, "--version").is_some_and(|version| version.starts_with("22."))
}

/// What `llvm-config` answers; `None` if there is none.
fn ask(program: &str, question: &str) -> Option<String> {
    let output = Command::new(program).arg(question).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
