//! Links the shared library of LLVM 22, if wasmer's LLVM compiler takes part.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LLVM_CONFIG");
    if std::env::var_os("CARGO_FEATURE_LLVM").is_some() {
        // The suite sets the variable; by hand, what Debian has.
        let program = std::env::var("LLVM_CONFIG").unwrap_or_else(|_| "llvm-config-22".into());
        let output = Command::new(&program).arg("--libdir").output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        let folder = String::from_utf8_lossy(&output.stdout);
        println!("cargo::rustc-link-arg=-L{}", folder.trim());
        println!("cargo::rustc-link-arg=-lLLVM-22");
    }
}
