//! `cargo xtask programs`: real programs that nobody here wrote, run by our command, and what they must print.
//!
//! `modules` says where each Wasm module comes from, `cases` how it is run; both are plain tables. `fetch` brings
//! packages with the registries' own clients (pinned and checked against hashes in the tree), `build` compiles C sources
//! with the pinned compiler, `runner` runs a case in a fresh folder and writes a transcript: exit codes, standard output,
//! and the files that the program made. That must equal `tests/programs/expected/CASE.txt`.
//!
//! The expected transcripts are never ours: `--reference` runs the same cases with wasmtime and writes them.
//! Everything lands in `target/programs`; what is there already is used again.

pub(crate) mod build;
mod cases;
pub(crate) mod fetch;
mod modules;
mod runner;

use crate::process::{cargo, root, run as start, target};
use anyhow::{Context, Result, bail};
use cases::{CASES, Case, Host, Size, Step};
use runner::Engine;
use std::fs;
use std::path::PathBuf;

/// Which cases to run, and how.
#[derive(Default)]
pub(crate) struct Choice {
    small_only: bool,
    release: bool,
    reference: bool,
    /// Options of our command that choose another compiler, or engine, than the default ones.
    options: Vec<&'static str>,
    names: Vec<String>,
}

impl Choice {
    /// The cases that are part of `cargo xtask test`.
    pub(crate) fn small() -> Choice {
        Choice {
            small_only: true,
            ..Choice::default()
        }
    }

    /// The same cases with the baseline compiler.
    pub(crate) fn small_singlepass() -> Choice {
        Choice {
            options: vec!["--singlepass"],
            ..Choice::small()
        }
    }

    /// The same cases with the compiler on LLVM.
    pub(crate) fn small_llvm() -> Choice {
        Choice {
            options: vec!["--llvm"],
            ..Choice::small()
        }
    }

    fn parse(arguments: &[String]) -> Result<Choice> {
        let mut choice = Choice::default();
        for argument in arguments {
            match argument.as_str() {
                "--small" => choice.small_only = true,
                "--release" => choice.release = true,
                "--reference" => choice.reference = true,
                "--singlepass" => choice.options.push("--singlepass"),
                "--llvm" => choice.options.push("--llvm"),
                "--native" => choice.options.push("--native"),
                option if option.starts_with('-') => bail!("unknown option {option}"),
                name if CASES.iter().any(|case| case.name == name) => {
                    choice.names.push(name.to_owned());
                }
                name => bail!("no program `{name}`; there are: {}", all_names()),
            }
        }
        Ok(choice)
    }

    fn takes(&self, case: &Case) -> bool {
        let by_name = self.names.is_empty() || self.names.iter().any(|name| name == case.name);
        by_name && (!self.small_only || case.size == Size::Small)
    }
}

fn all_names() -> String {
    CASES
        .iter()
        .map(|case| case.name)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs the chosen programs and compares (or, with `--reference`, writes) their transcripts.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    check(&Choice::parse(arguments)?)
}

/// Sets up and runs the chosen cases. The closing line counts them in the form that runners of tests understand.
pub(crate) fn check(choice: &Choice) -> Result<()> {
    let chosen: Vec<&Case> = CASES.iter().filter(|case| choice.takes(case)).collect();
    let engine = prepare_engine(choice, &chosen)?;
    build::prepare(&chosen)?;
    let mut failures = Vec::new();
    for case in &chosen {
        let clock = std::time::Instant::now();
        let outcome = run_case(case, &engine);
        let seconds = clock.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("program {} ... ok ({seconds:.1} s)", case.name),
            Err(error) => {
                println!(
                    "program {} ... FAILED ({seconds:.1} s)\n{error:#}",
                    case.name
                );
                failures.push(case.name);
            }
        }
    }
    println!(
        "\n{} passed, {} failed",
        chosen.len() - failures.len(),
        failures.len()
    );
    if !failures.is_empty() {
        bail!("programs that failed: {}", failures.join(" "));
    }
    Ok(())
}

fn prepare_engine(choice: &Choice, cases: &[&Case]) -> Result<Engine> {
    if choice.reference {
        return Ok(Engine::Reference);
    }
    let mut command = cargo(["build", "--package", "wasmill-cli"]);
    let llvm = choice.options.contains(&"--llvm");
    if llvm {
        command.args(["--features", "wasmill-cli/llvm"]);
    }
    let is_library = |step: &Step| matches!(step.host, Host::Library(_));
    if cases.iter().any(|case| case.steps.iter().any(is_library)) {
        command.args(["--package", "program-host"]);
        if llvm {
            command.args(["--features", "program-host/llvm"]);
        }
    }
    if choice.release {
        command.arg("--release");
    }
    start(&mut command)?;
    let profile = if choice.release { "release" } else { "debug" };
    Ok(Engine::Wasmill {
        programs: target().join(profile),
        options: choice.options.clone(),
    })
}

/// One case against its expected transcript.
fn run_case(case: &Case, engine: &Engine) -> Result<()> {
    let transcript = runner::transcript(case, engine)?;
    let path = tree_folder()
        .join("expected")
        .join(format!("{}.txt", case.name));
    if matches!(engine, Engine::Reference) {
        return fs::write(&path, transcript)
            .with_context(|| format!("cannot write {}", path.display()));
    }
    let expected =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    if transcript == expected {
        return Ok(());
    }
    bail!("{}", first_difference(&expected, &transcript));
}

/// The first line in which two transcripts differ.
fn first_difference(expected: &str, got: &str) -> String {
    let (mut left, mut right) = (expected.lines(), got.lines());
    for number in 1.. {
        let (a, b) = (left.next(), right.next());
        if a != b || a.is_none() {
            let shown = |line: Option<&str>| line.unwrap_or("(end)").to_owned();
            return format!(
                "line {number} of the transcript\n  expected: {}\n  got:      {}",
                shown(a),
                shown(b)
            );
        }
    }
    unreachable!("the loop ends with the shorter text")
}

/// What the tree holds for the programs: drivers, inputs, expected transcripts, pinned packages.
fn tree_folder() -> PathBuf {
    root().join("tests/programs")
}

/// Where downloads, built modules and run folders go.
pub(crate) fn work_folder() -> PathBuf {
    target().join("programs")
}

#[cfg(test)]
mod tests {
    use super::modules::{MODULES, Origin};
    use super::{CASES, Choice, Size, first_difference, tree_folder};
    use std::collections::BTreeSet;

    #[test]
    fn tables_agree_with_each_other_and_the_tree() {
        let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len(), "two cases of one name");
        assert!(CASES.iter().filter(|case| case.size == Size::Small).count() >= 8);
        let folder = tree_folder();
        for case in CASES {
            assert!(
                folder
                    .join("expected")
                    .join(format!("{}.txt", case.name))
                    .is_file(),
                "{}",
                case.name
            );
            for step in case.steps {
                assert!(
                    MODULES.iter().any(|module| module.name == step.module),
                    "{}",
                    step.module
                );
            }
        }
        for module in MODULES {
            let used = CASES
                .iter()
                .any(|case| case.steps.iter().any(|step| step.module == module.name));
            assert!(used, "module {} is not run", module.name);
            if let Origin::Zig(build) = &module.origin {
                for driver in build.drivers {
                    assert!(folder.join("drivers").join(driver).exists(), "{driver}");
                }
            }
        }
    }

    #[test]
    fn choices() {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let choice = Choice::parse(&words(&["--small", "lua"])).unwrap();
        assert!(choice.small_only && !choice.reference && choice.names == ["lua"]);
        assert!(Choice::parse(&words(&["--smal"])).is_err());
        assert!(Choice::parse(&words(&["no-such-program"])).is_err());
        let choice = Choice::parse(&words(&["--llvm", "--native"])).unwrap();
        assert_eq!(choice.options, ["--llvm", "--native"]);
        let small = Choice::small();
        assert!(CASES.iter().any(|case| small.takes(case)));
        assert!(
            CASES
                .iter()
                .all(|case| !small.takes(case) || case.size == Size::Small)
        );
    }

    #[test]
    fn differences_are_shown() {
        let text = first_difference("a\nb\n", "a\nc\n");
        assert!(
            text.contains("line 2") && text.contains("expected: b") && text.contains("got:      c")
        );
        assert!(first_difference("a\n", "a\nb\n").contains("(end)"));
    }
}
