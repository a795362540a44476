//! Tools of LLVM 22, which not every machine has: what needs them is left out where they are missing, and a sentence says so.

use std::process::Command;

/// Something that has to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// LLVM's shared library and headers, which its `llvm-config` finds.
    Llvm,
    /// The compiler of C.
    Clang,
}

impl Tool {
    /// The program, if it is here and of the right version.
    pub(crate) fn find(self) -> Option<String> {
        let (variable, names) = match self {
            Tool::Llvm => ("LLVM_CONFIG", ["llvm-config-22", "llvm-config"]),
            Tool::Clang => ("CLANG", ["clang-22", "clang"]),
        };
        let named = std::env::var(variable).ok();
        let mut candidates = named.into_iter().chain(names.map(String::from));
        candidates.find(|program| version(program).is_some_and(|text| text.starts_with("22.")))
    }

    /// Its version.
    pub(crate) fn version(self) -> Option<String> {
        version(&self.find()?)
    }

    /// Why something is left out.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Tool::Llvm => {
                "LLVM 22 is missing: `apt-get install llvm-22-dev`, or name its `llvm-config` in LLVM_CONFIG"
            }
            Tool::Clang => {
                "clang 22 is missing: `apt-get install clang-22`, or name it in the variable CLANG"
            }
        }
    }
}

/// The first word with a dot in it that the program says about its version: `22.1.8`.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.split_whitespace();
    Some(words.find(|word| word.contains('.'))?.to_owned())
}
