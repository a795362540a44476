//! What the command prints, held against transcripts.
//!
//! Each file of `tests/transcripts` is a session at a shell, in a folder of its own:
//!
//! ```text
//! # A comment. One like this skips the file where a word does not hold (see `holds`):
//! # needs: x86-64
//! --- sum.wat
//! (module …)                          a file of that folder, up to the line `---`; what is called *.wasm is made binary
//! ---
//! $ wasmill sum.wat -i sum 1 2        a line for `sh`
//! 3                                   its standard output; a line that could be mistaken has `1> ` in front
//! 2> warning: …                       its standard error
//! exit 1                              its exit code, if it is not zero
//! ```
//!
//! `[FOLDER]`, `[WASMILL]` (the program), `[HOST]` and `[VERSION]` stand for what differs from machine to machine; where `[..]` was written into a
//! transcript, anything may stand. With `BLESS=1` in the environment what changed is rewritten instead of compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use wasmill::{HOST, wat2wasm};

/// How lines begin that are not of the standard output.
const MARKS: [&str; 6] = ["$ ", "# ", "--- ", "1> ", "2> ", "exit "];

#[test]
fn sessions_are_as_recorded() {
    let bless = std::env::var_os("BLESS").is_some();
    let files = files();
    assert!(files.len() >= 20, "the transcripts are missing");
    let (files, wrong) = (Mutex::new(files.into_iter()), Mutex::new(Vec::new()));
    let next = || files.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(path) = next() {
                    let text = fs::read_to_string(&path).unwrap();
                    let actual = replayed(&text);
                    if actual == text {
                        continue;
                    }
                    if bless {
                        fs::write(&path, actual).unwrap();
                    } else {
                        wrong
                            .lock()
                            .unwrap()
                            .push(difference(&path, &text, &actual));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{}\nIf that is meant: cargo xtask bless",
        wrong.join("\n")
    );
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The transcript as its session goes now.
fn replayed(text: &str) -> String {
    let needs = text.lines().find_map(|line| line.strip_prefix("# needs: "));
    if !needs.unwrap_or_default().split_whitespace().all(holds) {
        return text.to_owned();
    }
    let folder = tempfile::tempdir().unwrap();
    let mut actual = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        actual += &format!("{line}\n");
        if let Some(name) = line.strip_prefix("--- ") {
            let body: Vec<_> = lines.by_ref().take_while(|line| *line != "---").collect();
            let body: String = body.iter().map(|line| format!("{line}\n")).collect();
            write(&folder.path().join(name), &body);
            actual += &format!("{body}---\n");
        } else if let Some(command) = line.strip_prefix("$ ") {
            let mut recorded = Vec::new();
            while let Some(line) = lines.next_if(|line| is_output(line)) {
                recorded.push(line);
            }
            let blank = recorded.iter().rev().take_while(|line| line.is_empty());
            let blank = blank.count();
            recorded.truncate(recorded.len() - blank);
            for line in run(folder.path(), command) {
                // What was made to hold for more than one line goes on to.
                let recorded = recorded.iter().find(|recorded| holds_for(recorded, &line));
                actual += &format!("{}\n", recorded.unwrap_or(&line.as_str()));
            }
            actual += &"\n".repeat(blank);
        }
    }
    actual
}

/// Whether what a transcript needs is there.
fn holds(word: &str) -> bool {
    match word {
        "x86-64" => cfg!(target_arch = "x86_64"),
        "llvm" => cfg!(feature = "llvm"),
        "no-llvm" => !cfg!(feature = "llvm"),
        _ => panic!("nobody knows what `# needs: {word}` means"),
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    match path
        .extension()
        .is_some_and(|extension| extension == "wasm")
    {
        true => fs::write(path, wat2wasm(text.as_bytes()).unwrap()),
        false => fs::write(path, text),
    }
    .unwrap();
}

/// Whether a line after a command is of what it printed.
fn is_output(line: &str) -> bool {
    ["$ ", "# ", "--- "]
        .iter()
        .all(|mark| !line.starts_with(mark))
}

/// Whether a recorded line is this line, `[..]` in it standing for anything.
fn holds_for(recorded: &str, line: &str) -> bool {
    let Some((first, others)) = recorded.split_once("[..]") else {
        return recorded == line;
    };
    let (between, last) = others.rsplit_once("[..]").unwrap_or(("", others));
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    for part in between.split("[..]") {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What comes of a line for the shell, as a transcript has it.
fn run(folder: &Path, line: &str) -> Vec<String> {
    let wasmill = Path::new(env!("CARGO_BIN_EXE_wasmill"));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("WASMILL_") || name.starts_with("XDG_") || name.contains("COLOR") {
            command.env_remove(&*name);
        }
    }
    let output = command
        .args(["-c", line])
        .current_dir(folder)
        .env(
            "PATH",
            format!("{}:{path}", wasmill.parent().unwrap().display()),
        )
        .env("HOME", folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    let mut lines = Vec::new();
    for line in normalized(folder, &output.stdout).lines() {
        let mistaken = MARKS.iter().any(|mark| line.starts_with(mark));
        lines.push(format!("{}{line}", if mistaken { "1> " } else { "" }));
    }
    let errors = normalized(folder, &output.stderr);
    assert!(!errors.contains("panicked at"), "$ {line}\n{errors}");
    lines.extend(errors.lines().map(|line| format!("2> {line}")));
    match output.status.code() {
        Some(0) => {}
        code => lines.push(format!("exit {}", code.expect("not ended by a signal"))),
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Text without what differs from machine to machine.
fn normalized(folder: &Path, bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim_end()
        .replace(env!("CARGO_BIN_EXE_wasmill"), "[WASMILL]")
        .replace(folder.to_str().unwrap(), "[FOLDER]")
        .replace(&HOST.to_string(), "[HOST]")
        .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        .replace('\x1b', "\\e")
        .replace('\0', "\\0")
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

#[test]
fn marks_are_told_from_output() {
    let text =
        "# One.\n--- a/b.wat\n(module)\n---\n$ cat a/b.wat; echo '# x'; echo y >&2; exit 3\n";
    let output = "(module)\n1> # x\n2> y\nexit 3\n";
    let session = format!("{text}{output}\n# Two.\n$ pwd\n[FOLDER]\n");
    assert_eq!(replayed(&session), session);
    assert_eq!(replayed(&format!("{text}old\n")), format!("{text}{output}"));
    let any = "$ echo took 12 ms\ntook [..] ms\n";
    assert_eq!(replayed(any), any);
    assert_eq!(replayed("$ echo 1\n2[..]\n"), "$ echo 1\n1\n");
}
