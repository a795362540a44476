//! The words of the command line.

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands::{
    Binfmt, Cache, Compile, Completions, Config, CreateExe, Explore, Inspect, Man, Run, SelfUpdate,
    Validate, Wast,
};
use crate::messages::Manner;
use crate::similar;

/// What this program is called by Linux when it runs a module like a program.
pub(crate) const BINFMT_INTERPRETER: &str = "wasmill-binfmt-interpreter";

const EXAMPLES: &str = "\
Examples:
  wasmill program.wasm arguments            run a WASI program
  wasmill sums.wat --invoke add 1 2         call a function of a module
  wasmill help run                          all options of a command

Colours: --color decides, or WASMILL_COLOR=true|false, NO_COLOR, CLICOLOR_FORCE, CLICOLOR; else they are for terminals.";

/// Runs, checks and explains WebAssembly modules.
///
/// `wasmill FILE …` is short for `wasmill run FILE …`.
#[derive(Debug, Parser)]
#[command(name = "wasmill", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    common: CommonOptions,
}

/// What all commands understand.
#[derive(Args, Debug)]
#[command(next_help_heading = "Messages")]
struct CommonOptions {
    /// Whether messages are coloured.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    color: Color,

    /// Say what happens; twice: what the libraries have to say, too; three times: every call of WASI.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,

    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// When messages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    fn decided(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
        }
    }
}

impl Options {
    /// What words say. Those of `run` are understood without the options of the other commands, which takes a tenth of a
    /// millisecond less.
    pub(crate) fn of(words: &[OsString]) -> Result<Self, clap::Error> {
        match Self::of_run(words) {
            Some(options) => Ok(options),
            None => Self::try_parse_from(words),
        }
    }

    fn of_run(words: &[OsString]) -> Option<Self> {
        if words.get(first_word(words))? != "run" {
            return None;
        }
        let run = Run::augment_args(clap::Command::new("run"));
        let command = CommonOptions::augment_args(clap::Command::new("wasmill")).subcommand(run);
        let matches = command.try_get_matches_from(words).ok()?;
        let (_, run) = matches.subcommand()?;
        Some(Self {
            command: Command::Run(Run::from_arg_matches(run).ok()?),
            common: CommonOptions::from_arg_matches(&matches).ok()?,
        })
    }

    /// How much is said.
    pub(crate) fn manner(&self) -> Manner {
        Manner {
            quiet: self.common.quiet,
            verbosity: self.common.verbose,
            color: self.common.color.decided(),
        }
    }
}

/// What words say of colours, for errors in other words.
pub(crate) fn color_in(words: &[OsString]) -> Option<bool> {
    let words = words.iter().take_while(|word| *word != "--");
    let mut words = words.map(|word| word.to_string_lossy());
    let mut color = None;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('=').map(|value| value.to_owned().into()),
            None => continue,
        };
        color = value.and_then(|value| Color::from_str(&value, false).ok());
    }
    color.and_then(Color::decided)
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Compile(Compile),
    CreateExe(CreateExe),
    Validate(Validate),
    Inspect(Inspect),
    Explore(Explore),
    Wast(Wast),
    Cache(Cache),
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
    let at = first_word(&words);
    let first = words.get(at).map(|word| word.to_string_lossy());
    if first.is_some_and(|first| !is_command(&first)) {
        words.insert(at, "run".into());
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

/// Where the first word is that is no option of all commands.
fn first_word(words: &[OsString]) -> usize {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        at += match word.to_str() {
            Some("--color") => 2,
            Some("--verbose" | "-v" | "-vv" | "-vvv" | "--quiet" | "-q") => 1,
            Some(word) if word.starts_with("--color=") => 1,
            _ => break,
        };
    }
    at
}

/// Whether a word is a command, or asks for help or the version.
pub(crate) fn is_command(word: &str) -> bool {
    ["help", "objdump", "-h", "--help", "-V", "--version"].contains(&word)
        || Command::has_subcommand(word)
}

/// The command that a word may be a misspelling of.
pub(crate) fn misspelt_command(word: &str) -> Option<String> {
    let options = Options::command();
    let names = options.get_subcommands().map(|command| command.get_name());
    let first = *similar::misspelt(word, names).first()?;
    Some(first.to_owned())
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
        let manner = words(&["wasmill", "--color", "never", "-v", "run", "a.wasm"]);
        assert_eq!(
            with(&["wasmill", "--color", "never", "-v", "a.wasm"]),
            manner
        );
        assert_eq!(
            with(&["wasmill", "--color", "never", "-v", "run", "a.wasm"]),
            manner
        );
    }

    #[test]
    fn options_of_all_commands_may_stand_anywhere() {
        for given in [
            &["wasmill", "-v", "run", "a.wasm", "--color=never"][..],
            &["wasmill", "--color", "never", "a.wasm", "-v"],
            &["wasmill", "--color=never", "inspect", "a.wasm", "-v"],
        ] {
            let manner = Options::of(&with_default_command(words(given)))
                .unwrap()
                .manner();
            assert_eq!(
                (manner.verbosity, manner.color),
                (1, Some(false)),
                "{given:?}"
            );
        }
    }

    #[test]
    fn colours_are_found_in_words_that_are_wrong() {
        let color = |given: &[&str]| color_in(&words(given));
        assert_eq!(
            color(&["wasmill", "--color", "always", "--wrong"]),
            Some(true)
        );
        assert_eq!(color(&["wasmill", "--wrong", "--color=never"]), Some(false));
        for nothing in [
            &["--color"][..],
            &["--color=maybe"],
            &["--", "--color=never"],
            &["--colors=never"],
        ] {
            assert_eq!(color(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn commands_may_be_misspelt() {
        assert_eq!(misspelt_command("inspct").as_deref(), Some("inspect"));
        assert_eq!(misspelt_command("program.wasm"), None);
    }

    /// What `run` gets of these words: file, function, arguments.
    fn run(given: &[&str]) -> Result<(String, Option<String>, Vec<String>), clap::Error> {
        let options = Options::of(&with_default_command(words(given)))?;
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
