//! What the driver tells back ends, held against golden texts.
//!
//! Each `tests/ops/*.wat` is a module followed by the hooks it leads to, as comments that start with `;;! `. With
//! `BLESS=1` in the environment the comments are rewritten instead of compared.

use std::fs;
use std::path::Path;
use wasmill_compiler::{Features, ops_text};

#[test]
fn hooks_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ops");
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let module: String = text
            .lines()
            .filter(|line| !line.starts_with(";;!"))
            .map(|line| format!("{line}\n"))
            .collect();
        let wasm = wat::parse_str(&module).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let hooks = ops_text(&wasm, &Features::default(), false)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let golden: String = hooks.lines().map(|line| format!(";;! {line}\n")).collect();
        let expected = format!("{}\n\n{golden}", module.trim_end());
        if bless {
            fs::write(&path, expected).unwrap();
        } else if expected != text {
            wrong.push(difference(&path, &text, &expected));
        }
    }
    assert!(seen >= 4, "the test files are missing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first line in which two texts differ.
fn difference(path: &Path, recorded: &str, actual: &str) -> String {
    let mut lines = recorded.lines().zip(actual.lines()).enumerate();
    let at = lines.find(|(_, (recorded, actual))| recorded != actual);
    match at {
        Some((number, (recorded, actual))) => format!(
            "{}:{}: recorded `{recorded}`, but the driver gives `{actual}`",
            path.display(),
            number + 1
        ),
        None => format!("{}: the driver gives more or fewer lines", path.display()),
    }
}
