//! The words of the command line.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::{
    Binfmt, Cache, Compile, Completions, Config, CreateExe, Explore, Inspect, Man, Run, SelfUpdate,
    Validate, Wast,
};

/// What this program is called by Linux when it runs a module like a program.
pub(crate) const BINFMT_INTERPRETER: &str = "wasmill-binfmt-interpreter";

const COLOR_HELP: &str = "Errors are coloured when they go to a terminal; WASMILL_COLOR=true or =false decides otherwise.";

/// Runs, checks and explains WebAssembly modules.
///
/// `wasmill FILE …` is short for `wasmill run FILE …`.
#[derive(Debug, Parser)]
#[command(name = "wasmill", version, arg_required_else_help = true, after_help = COLOR_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Compile(Compile),
    Validate(Validate),
    Inspect(Inspect),
    Wast(Wast),
    Explore(Explore),
    Cache(Cache),
    CreateExe(CreateExe),
    Config(Config),
    Completions(Completions),
    Binfmt(Binfmt),
    SelfUpdate(SelfUpdate),
    #[command(hide = true)]
    Man(Man),
}

/// Puts `run` in front of words that begin with no command. A file that is called like a command needs `./`.
pub(crate) fn with_default_command(mut words: Vec<OsString>) -> Vec<OsString> {
    if is_interpreter(&words) {
        return interpreted(words);
    }
    let first = words.get(1).map(|word| word.to_string_lossy());
    if first.is_some_and(|first| !is_command(&first)) {
        words.insert(1, "run".into());
    }
    words
}

/// Whether Linux has called this program to run a module.
fn is_interpreter(words: &[OsString]) -> bool {
    let program = words.first().map(Path::new);
    program.and_then(Path::file_name) == Some(BINFMT_INTERPRETER.as_ref())
}

/// The same of what Linux gives: interpreter, file, name that the file was called by, its arguments.
fn interpreted(words: Vec<OsString>) -> Vec<OsString> {
    let options = std::env::var("WASMILL_BINFMT_OPTIONS").unwrap_or_default();
    let mut words = words.into_iter().skip(1);
    let (file, name) = (words.next(), words.next());
    let mut run: Vec<OsString> = vec!["wasmill".into(), "run".into()];
    run.extend(options.split_whitespace().map(OsString::from));
    if let Some(name) = name {
        run.extend(["--command-name".into(), name]);
    }
    run.push("--".into());
    run.extend(file.into_iter().chain(words));
    run
}

fn is_command(word: &str) -> bool {
    ["help", "-h", "--help", "-V", "--version"].contains(&word)
        || Options::command().find_subcommand(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn run_is_the_default() {
        let with = |given: &[&str]| with_default_command(words(given));
        let run = words(&["wasmill", "run", "a.wasm", "x"]);
        assert_eq!(with(&["wasmill", "a.wasm", "x"]), run);
        assert_eq!(with(&["wasmill", "run", "a.wasm", "x"]), run);
        let flag = words(&["wasmill", "run", "-i", "f", "a.wasm"]);
        assert_eq!(with(&["wasmill", "-i", "f", "a.wasm"]), flag);
        for alone in ["help", "--help", "-V", "inspect", "explore"] {
            assert_eq!(with(&["wasmill", alone]), words(&["wasmill", alone]));
        }
        assert_eq!(with(&["wasmill"]), words(&["wasmill"]));
    }

    /// What `run` gets of these words: file, function, arguments.
    fn run(given: &[&str]) -> Result<(String, Option<String>, Vec<String>), clap::Error> {
        let options = Options::try_parse_from(with_default_command(words(given)))?;
        let Command::Run(run) = options.command else {
            panic!("{given:?} is not a run");
        };
        let text = |word: &OsString| word.to_string_lossy().into_owned();
        Ok((
            run.file.display().to_string(),
            run.invoke,
            run.args.iter().map(text).collect(),
        ))
    }

    #[test]
    fn arguments_of_the_guest_follow_the_file() {
        let expected = |function: Option<&str>, args: &[&str]| {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            ("a.wasm".to_owned(), function.map(str::to_owned), args)
        };
        let plain = run(&["wasmill", "a.wasm", "x", "y"]).unwrap();
        assert_eq!(plain, expected(None, &["x", "y"]));
        let dashes = run(&["wasmill", "a.wasm", "--dir", ".", "x", "--", "-v", "--dir"]).unwrap();
        assert_eq!(dashes, expected(None, &["x", "-v", "--dir"]));
        let numbers = run(&["wasmill", "a.wasm", "--invoke", "f", "-1", "-2.5"]).unwrap();
        assert_eq!(numbers, expected(Some("f"), &["-1", "-2.5"]));
        let error = run(&["wasmill", "a.wasm", "--unknown"]).unwrap_err();
        assert!(error.to_string().contains("-- --unknown"), "{error}");
    }
}
