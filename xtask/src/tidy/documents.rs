//! Checks of the documents against the tree: what they name in backticks must exist, every crate must be described, and every
//! example listed.
//!
//! A name is judged by its shape. With a `/` inside or the ending of a source file it is a path; starting with
//! `wasmill` it is a package or a binary; in CamelCase it is a type (`Type`, `Type::method`, `Type<T>`), which some file
//! must declare or `xtask/externals.txt` list as another project's. Everything else, and fenced code, is prose.

use super::tree::Tree;
use std::collections::BTreeSet;

/// The documents that are checked.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "RATIONALE.md",
    "CONTRIBUTING.md",
];

/// Types and paths of other projects or of the platform, one a line; `#` starts a comment.
const EXTERNALS: &str = "xtask/externals.txt";

/// What says which examples there are.
const EXAMPLES: &str = "examples/Cargo.toml";

/// Endings by which a word without `/` is a file of the tree.
const FILE_ENDINGS: &[&str] = &[".rs", ".md", ".toml", ".wat", ".mjs"];

/// What a word in backticks names.
#[derive(Debug, PartialEq)]
enum Name<'a> {
    Path(&'a str),
    Package(&'a str),
    Type(&'a str),
    Prose,
}

/// Checks all documents, that ARCHITECTURE.md names every crate, and README.md every example.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    let known = Known::collect(tree);
    let mut problems = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| DOCUMENTS.contains(&file.path.as_str()))
    {
        for (number, word) in words(&file.text) {
            if let Some(problem) = known.problem(tree, word) {
                problems.push(format!("{}:{number}: {problem}", file.path));
            }
        }
    }
    for document in DOCUMENTS
        .iter()
        .filter(|&&document| tree.text(document).is_none())
    {
        problems.push(format!("{document}: missing"));
    }
    problems.extend(undescribed_crates(tree));
    problems.extend(unlisted_examples(tree));
    problems
}

/// Examples that README.md does not name in backticks, and programs that are no examples: cargo builds none that the
/// manifest does not name.
fn unlisted_examples(tree: &Tree) -> Vec<String> {
    let manifest = tree.text(EXAMPLES).unwrap_or_default();
    let readme = words(tree.text("README.md").unwrap_or_default());
    let values = |key| manifest.lines().filter_map(move |line| value(line, key));
    let listed = |name: &str| readme.iter().any(|(_, word)| *word == name);
    // The first name is that of the package.
    let unlisted = values("name").skip(1).filter(|name| !listed(name));
    let unlisted = unlisted.map(|name| format!("README.md: does not list the example `{name}`"));
    let programs = tree.files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("examples/")?;
        (name.ends_with(".rs") && !name.contains('/')).then_some(name)
    });
    let unknown = programs.filter(|program| !values("path").any(|path| path == *program));
    unlisted
        .chain(unknown.map(|program| format!("{EXAMPLES}: no example is `{program}`")))
        .collect()
}

/// The text of a line `key = "text"`.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let text = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
    Some(text.trim().trim_matches('"'))
}

/// Crates that ARCHITECTURE.md does not name in backticks, by folder or package.
fn undescribed_crates(tree: &Tree) -> Vec<String> {
    let text = tree.text("ARCHITECTURE.md").unwrap_or_default();
    let named: BTreeSet<&str> = words(text).into_iter().map(|(_, word)| word).collect();
    let crates = tree
        .folders
        .iter()
        .filter_map(|folder| folder.strip_prefix("crates/"));
    crates
        .filter(|name| !name.contains('/'))
        .filter(|name| {
            let spellings = [
                (*name).to_owned(),
                format!("crates/{name}"),
                format!("wasmill-{name}"),
            ];
            !spellings
                .iter()
                .any(|spelling| named.contains(spelling.as_str()))
        })
        .map(|name| format!("ARCHITECTURE.md: says nothing of `crates/{name}`"))
        .collect()
}

/// What the tree declares, to look names up in.
struct Known<'a> {
    types: BTreeSet<&'a str>,
    packages: BTreeSet<&'a str>,
    externals: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn collect(tree: &'a Tree) -> Known<'a> {
        let mut known = Known {
            types: BTreeSet::new(),
            packages: BTreeSet::new(),
            externals: BTreeSet::new(),
        };
        for file in &tree.files {
            if file.path.ends_with(".rs") {
                known.types.extend(declared_types(&file.text));
            } else if file.path.ends_with("Cargo.toml") {
                let names = file
                    .text
                    .lines()
                    .filter_map(|line| line.strip_prefix("name = "));
                known
                    .packages
                    .extend(names.map(|name| name.trim().trim_matches('"')));
            } else if file.path == EXTERNALS {
                let lines = file.text.lines().filter(|line| !line.starts_with('#'));
                known.externals.extend(lines.map(str::trim));
            }
        }
        known
    }

    /// What is wrong with a word of a document, if anything.
    fn problem(&self, tree: &Tree, word: &str) -> Option<String> {
        if self.externals.contains(word) {
            return None;
        }
        match shape(word) {
            Name::Path(path) => {
                let missing = expand(path).into_iter().find(|path| !tree.has(path))?;
                Some(format!("no file or folder `{missing}`"))
            }
            Name::Package(name) if !self.packages.contains(name) => {
                Some(format!("no package `{name}`"))
            }
            Name::Type(name) if !self.types.contains(name) && !self.externals.contains(name) => {
                Some(format!(
                    "no type `{name}` (another project's? then list it in {EXTERNALS})"
                ))
            }
            _ => None,
        }
    }
}

/// The words in single backticks outside fenced code, with their line numbers.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // Between backticks are the odd pieces; an unpaired backtick leaves the last piece outside.
            let pieces: Vec<&str> = line.split('`').collect();
            let inside = pieces
                .iter()
                .enumerate()
                .filter(|(at, _)| at % 2 == 1 && at + 1 < pieces.len());
            found.extend(inside.map(|(_, word)| (index + 1, *word)));
        }
    }
    found
}

/// Judges a word by its shape: see the head of this file.
fn shape(word: &str) -> Name<'_> {
    let path_like = |c: char| c.is_ascii_alphanumeric() || "_-./{},*".contains(c);
    let starts_well = word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    let is_file = FILE_ENDINGS
        .iter()
        .any(|ending| word.len() > ending.len() && word.ends_with(ending));
    if starts_well
        && word.chars().all(path_like)
        && (word.contains('/') || is_file)
        && !word.starts_with("target/")
    {
        return Name::Path(word.trim_end_matches('/'));
    }
    let is_package = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if word.starts_with("wasmill-") && word.chars().all(is_package) {
        return Name::Package(word);
    }
    let end = word
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let continues = rest.is_empty() || rest.starts_with("::") || rest.starts_with('<');
    let camel = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.contains(|c: char| c.is_ascii_lowercase());
    if camel && name.len() > 1 && continues {
        return Name::Type(name);
    }
    Name::Prose
}

/// The paths that one with `{a,b}` stands for; one with `*` stands for the folder before it.
fn expand(path: &str) -> Vec<String> {
    if let (Some(open), Some(close)) = (path.find('{'), path.find('}'))
        && open < close
    {
        let (head, tail) = (&path[..open], &path[close + 1..]);
        let middles = path[open + 1..close].split(',');
        return middles
            .flat_map(|middle| expand(&format!("{head}{middle}{tail}")))
            .collect();
    }
    let plain = path.split('*').next().unwrap_or_default();
    let folder = if plain.len() == path.len() {
        plain
    } else {
        plain.rsplit_once('/').map_or("", |(head, _)| head)
    };
    if folder.is_empty() {
        Vec::new()
    } else {
        vec![folder.to_owned()]
    }
}

/// The names that a Rust file declares as a type, trait or macro.
fn declared_types(text: &str) -> impl Iterator<Item = &str> {
    const KEYWORDS: &[&str] = &["struct", "enum", "trait", "type", "union", "macro_rules!"];
    text.lines().filter_map(|line| {
        let mut words = line
            .split_whitespace()
            .skip_while(|word| !KEYWORDS.contains(word));
        words.next()?;
        let name = words.next()?;
        let end = name
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        Some(&name[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::{Name, Tree, check, declared_types, expand, shape, words};

    #[test]
    fn shapes() {
        let cases = [
            ("crates/vm/src/lib.rs", Name::Path("crates/vm/src/lib.rs")),
            ("crates/vm/", Name::Path("crates/vm")),
            (".ci/run", Name::Path(".ci/run")),
            ("README.md", Name::Path("README.md")),
            ("wasmill-vm", Name::Package("wasmill-vm")),
            ("Store", Name::Type("Store")),
            ("Store::default()", Name::Type("Store")),
            ("Vec<Val>", Name::Type("Vec")),
            ("BLESS", Name::Prose),
            ("Store is", Name::Prose),
            ("i32.add", Name::Prose),
            ("target/programs", Name::Prose),
            ("cargo xtask test", Name::Prose),
            ("--dir", Name::Prose),
            ("/", Name::Prose),
            (".rs", Name::Prose),
        ];
        for (word, name) in cases {
            assert_eq!(shape(word), name, "{word}");
        }
    }

    #[test]
    fn only_backticks_outside_fences_count() {
        let text = "a `b` c `d e`\n```rust\n`f`\n```\nunpaired ` here\n";
        assert_eq!(words(text), [(1, "b"), (1, "d e")]);
    }

    #[test]
    fn braces_and_stars() {
        assert_eq!(expand("a/{b,c}.rs"), ["a/b.rs", "a/c.rs"]);
        assert_eq!(expand("crates/*/src"), ["crates"]);
        assert_eq!(expand("plain/x"), ["plain/x"]);
    }

    #[test]
    fn declarations() {
        let text = "pub struct A<T>(T);\n  enum B {\npub unsafe trait C: D {}\ntype E = u8;\nmacro_rules! f {\nlet x = 1;\n";
        assert_eq!(
            declared_types(text).collect::<Vec<_>>(),
            ["A", "B", "C", "E", "f"]
        );
    }

    /// A tree with all documents, whose README is `text`.
    fn tree_with(text: &str) -> Tree {
        Tree::of(&[
            ("README.md", text),
            ("ARCHITECTURE.md", "`crates/vm`"),
            ("RATIONALE.md", ""),
            ("CONTRIBUTING.md", ""),
            ("crates/vm/Cargo.toml", "name = \"wasmill-vm\"\n"),
            ("crates/vm/src/sys/unix.rs", "pub struct Island {\n"),
            ("xtask/externals.txt", "# known\nVec\nextern/x.rs\n"),
        ])
    }

    #[test]
    fn what_exists_passes() {
        let text = "`Island`, `Vec<u8>`, `sys/unix.rs`, `crates/{vm}`, `wasmill-vm`, `extern/x.rs`, `crates/vm/src`";
        assert_eq!(check(&tree_with(text)), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_exist_is_reported() {
        let cases = [
            (
                "`Gone`",
                "README.md:1: no type `Gone` (another project's? then list it in xtask/externals.txt)",
            ),
            ("`nix.rs`", "README.md:1: no file or folder `nix.rs`"),
            ("\n`crates/x`", "README.md:2: no file or folder `crates/x`"),
            ("`wasmill-x`", "README.md:1: no package `wasmill-x`"),
        ];
        for (text, problem) in cases {
            assert_eq!(check(&tree_with(text)), [problem]);
        }
    }

    #[test]
    fn every_example() {
        let manifest = "[package]\nname = \"wasmill-examples\"\n\n[[example]]\nname = \"first-steps\"\npath = \"first.rs\"\n";
        let problems = |readme, program| {
            check(&Tree::of(&[
                ("README.md", readme),
                ("ARCHITECTURE.md", ""),
                ("RATIONALE.md", ""),
                ("CONTRIBUTING.md", ""),
                ("examples/Cargo.toml", manifest),
                (program, ""),
            ]))
        };
        assert_eq!(
            problems("`first-steps`", "examples/first.rs"),
            Vec::<String>::new()
        );
        assert_eq!(
            problems("first-steps", "examples/first.rs"),
            ["README.md: does not list the example `first-steps`"]
        );
        assert_eq!(
            problems("`first-steps`", "examples/second.rs"),
            ["examples/Cargo.toml: no example is `second.rs`"]
        );
    }

    #[test]
    fn every_document_and_every_crate() {
        let tree = Tree::of(&[
            ("README.md", ""),
            ("ARCHITECTURE.md", ""),
            ("crates/abi/Cargo.toml", ""),
        ]);
        let problems = check(&tree);
        assert!(problems.contains(&"RATIONALE.md: missing".to_owned()));
        assert!(problems.contains(&"ARCHITECTURE.md: says nothing of `crates/abi`".to_owned()));
    }
}
