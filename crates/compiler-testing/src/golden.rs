//! Golden files: modules with the IR or machine code that must come out.
//!
//! A file starts with `;;!` lines that say what to do (`memory = unchecked | reserved | dynamic`, and what the compiler's
//! own test knows); what comes out is appended as `;;` lines behind the module. To write them anew, the test says so.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wasmill_types::{FunctionIndex, MemoryStyle};

/// What separates the module from the output.
const OUTPUT: &str = "\n;; ---\n";

/// The module of a golden file, and how it is to be compiled.
#[derive(Debug)]
pub struct Golden {
    settings: HashMap<String, String>,
    /// In binary.
    pub wasm: Vec<u8>,
    /// What its memories are like.
    pub memory: MemoryStyle,
}

impl Golden {
    fn read(source: &str) -> Self {
        let lines = source.lines().map_while(|line| line.strip_prefix(";;!"));
        let pairs = lines.filter_map(|line| line.split_once('='));
        let settings: HashMap<_, _> = pairs
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let memory = match settings.get("memory").map(String::as_str) {
            None | Some("unchecked") => crate::unchecked(),
            Some("reserved") => crate::reserved(),
            Some("dynamic") => crate::dynamic(),
            Some(other) => panic!("unknown kind of memory: {other}"),
        };
        Self {
            settings,
            wasm: wat::parse_str(source).expect("a module"),
            memory,
        }
    }

    /// A setting at the top of the file.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }
}

/// Compares what `compile` gives, the index and a text of each function, with the golden files of a folder, or writes them anew.
///
/// # Panics
/// If there are fewer than `least` files, or something else comes out than a file says.
pub fn check_golden(
    folder: &Path,
    least: usize,
    bless: bool,
    compile: impl Fn(&Golden) -> Vec<(FunctionIndex, String)>,
) {
    let files = files(folder);
    assert!(files.len() >= least, "files are missing");
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        let (module, expected) = text.split_once(OUTPUT).unwrap_or((text.trim_end(), ""));
        let output = comments(&compile(&Golden::read(module)));
        if output == expected {
            continue;
        }
        if bless {
            fs::write(&path, format!("{module}{OUTPUT}{output}")).expect("written");
        } else {
            wrong.push(format!("{}:\n{output}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as expected (BLESS=1 accepts it):\n{}",
        wrong.join("\n")
    );
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "wat"))
        .collect();
    files.sort();
    files
}

fn comments(functions: &[(FunctionIndex, String)]) -> String {
    let mut output = String::new();
    for (index, text) in functions {
        writeln!(output, ";; function {}", index.as_u32()).expect("memory");
        for line in text.lines() {
            writeln!(output, "{}", format!(";;   {line}").trim_end()).expect("memory");
        }
    }
    output
}
