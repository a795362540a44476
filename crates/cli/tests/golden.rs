//! What the command prints, held against golden texts.
//!
//! Each file of `tests/golden` is a module or a script. Its comments `;; RUN: …` are the command's arguments, `%` standing
//! for the file; the comments `;;! …` at its end are what came of each: the standard output, the standard error behind
//! `2> `, and the exit code if it is not zero. With `BLESS=1` in the environment they are rewritten instead of compared.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn output_is_as_recorded() {
    let bless = std::env::var_os("BLESS").is_some();
    let files = files();
    assert!(files.len() >= 10, "the test files are missing");
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let expected = rewritten(&path, &text);
        if bless {
            fs::write(&path, expected).unwrap();
        } else if expected != text {
            wrong.push(difference(&path, &text, &expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The text of a file with what its runs give now. The runs see the file without that, so that sizes do not change.
fn rewritten(path: &Path, text: &str) -> String {
    let source: String = text
        .lines()
        .filter(|line| !line.starts_with(";;!"))
        .map(|line| format!("{line}\n"))
        .collect();
    let source = format!("{}\n", source.trim_end());
    let folder = tempfile::tempdir().unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    fs::write(folder.path().join(name), &source).unwrap();

    let mut transcript = String::new();
    for run in source
        .lines()
        .filter_map(|line| line.strip_prefix(";; RUN: "))
    {
        let args: Vec<String> = run
            .split_whitespace()
            .map(|word| word.replace('%', name))
            .collect();
        let output = support::wasmill(folder.path(), &args);
        transcript += &format!("$ wasmill {}\n", args.join(" "));
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            transcript += &format!("{line}\n");
        }
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            transcript += &format!("2> {line}\n");
        }
        match output.status.code() {
            Some(0) => {}
            code => transcript += &format!("exit {}\n", code.expect("not ended by a signal")),
        }
    }
    assert!(!transcript.is_empty(), "{}: no `;; RUN: `", path.display());
    let golden = transcript
        .lines()
        .map(|line| format!(";;! {line}").trim_end().to_owned() + "\n");
    format!("{source}\n{}", golden.collect::<String>())
}

/// The first line in which two texts differ.
fn difference(path: &Path, recorded: &str, actual: &str) -> String {
    let mut lines = recorded.lines().zip(actual.lines()).enumerate();
    let at = lines.find(|(_, (recorded, actual))| recorded != actual);
    match at {
        Some((number, (recorded, actual))) => format!(
            "{}:{}: recorded `{recorded}`, but the command gives `{actual}`",
            path.display(),
            number + 1
        ),
        None => format!("{}: the command gives more or fewer lines", path.display()),
    }
}
