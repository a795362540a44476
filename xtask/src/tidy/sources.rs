//! Checks of single files: head comments, leftovers, trailing space, and what only the author's machine knows.

use super::tree::{File, Tree};

/// Text written by people: trailing space matters. Expected outputs of programs are not.
const TEXT: &[&str] = &[
    ".rs", ".md", ".toml", ".c", ".h", ".mjs", ".wat", ".wast", ".yml", ".lua", ".js", ".sql",
];

/// Marks of unfinished or forgotten code; split so that this file does not contain them.
const LEFTOVERS: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("db", "g!("),
];

/// Paths and hosts that only one machine knows; split for the same reason.
const LOCAL: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("registry.np", "mjs.org"),
    concat!("deb.deb", "ian.org"),
];

/// The one source of packages that a lock file may name.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Runs all checks on all files.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    if file.path.ends_with("Cargo.lock") {
        lock_file(file, &mut problems);
        return problems;
    }
    local_names(file, &mut problems);
    if file.path.ends_with(".rs") {
        head_comment(file, &mut problems);
        leftovers(file, &mut problems);
    }
    if file.ends_with(TEXT) {
        trailing_space(file, &mut problems);
    }
    problems
}

/// The first line of a Rust file says what the file is for.
fn head_comment(file: &File, problems: &mut Vec<String>) {
    let first = file.text.lines().next().unwrap_or_default();
    if first
        .strip_prefix("//! ")
        .is_none_or(|text| text.trim().is_empty())
    {
        problems.push(format!(
            "{}:1: does not start with a `//!` head comment",
            file.path
        ));
    }
}

fn leftovers(file: &File, problems: &mut Vec<String>) {
    for (number, line) in file.numbered() {
        for &mark in LEFTOVERS.iter().filter(|&&mark| line.contains(mark)) {
            problems.push(format!("{}:{number}: leftover `{mark})`", file.path));
        }
    }
}

fn local_names(file: &File, problems: &mut Vec<String>) {
    for (number, line) in file.numbered() {
        // What examples call a guest's home is nobody's.
        let line = line
            .replace(concat!("/ho", "me/guest"), "")
            .replace(concat!("/ho", "me/user"), "");
        for &name in LOCAL.iter().filter(|&&name| line.contains(name)) {
            problems.push(format!(
                "{}:{number}: `{name}` is of one machine",
                file.path
            ));
        }
    }
}

fn trailing_space(file: &File, problems: &mut Vec<String>) {
    for (number, line) in file.numbered() {
        if line.trim_end() != line {
            problems.push(format!("{}:{number}: trailing space", file.path));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        problems.push(format!("{}: does not end with a line break", file.path));
    }
}

fn lock_file(file: &File, problems: &mut Vec<String>) {
    for (number, line) in file.numbered() {
        let Some(source) = line.strip_prefix("source = ") else {
            continue;
        };
        if source.trim_matches('"') != REGISTRY {
            problems.push(format!("{}:{number}: a package from {source}", file.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFTOVERS, LOCAL, Tree, check};

    /// What is found in one file.
    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)]))
    }

    #[test]
    fn a_clean_file_passes() {
        assert!(found("a.rs", "//! Says what it is for.\n\nfn a() {}\n").is_empty());
        assert!(found("expected/a.txt", "end of line \nno break").is_empty());
        assert!(found("README.md", "").is_empty());
    }

    #[test]
    fn head_comments_are_required() {
        for text in [
            "",
            "\n",
            "//!\n",
            "// plain\n",
            "fn a() {}\n",
            "\n//! late\n",
        ] {
            let problems = found("a.rs", text);
            assert_eq!(
                problems,
                ["a.rs:1: does not start with a `//!` head comment"],
                "{text:?}"
            );
        }
    }

    #[test]
    fn leftovers_are_found_with_their_line() {
        for mark in LEFTOVERS {
            let problems = found("a.rs", &format!("//! A.\nfn a() {{\n    {mark})\n}}\n"));
            assert_eq!(problems, [format!("a.rs:3: leftover `{mark})`")]);
        }
    }

    #[test]
    fn local_names_are_found_in_any_file() {
        for name in LOCAL {
            let problems = found("notes.txt", &format!("see {name}x"));
            assert_eq!(
                problems,
                [format!("notes.txt:1: `{name}` is of one machine")]
            );
        }
    }

    #[test]
    fn trailing_space_and_missing_line_break() {
        assert_eq!(
            found("a.md", "a \nb\t\nc\n"),
            ["a.md:1: trailing space", "a.md:2: trailing space"]
        );
        assert_eq!(found("a.md", "a"), ["a.md: does not end with a line break"]);
    }

    #[test]
    fn lock_files_name_one_registry() {
        let good = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert!(found("Cargo.lock", good).is_empty());
        assert_eq!(found("bench/Cargo.lock", "source = \"git+x\"\n").len(), 1);
    }
}
