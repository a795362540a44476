//! `cargo xtask torture`: the torture test (`crates/wasmill/tests/torture.rs`) for as long as one likes: an hour if nothing
//! else is said, optimised as programs are.

use crate::process::{cargo, run as start};
use anyhow::{Context, Result, bail};

/// How long it runs when nothing is said.
const SECONDS: u64 = 3600;
/// How long it runs as a part of `cargo xtask test`.
pub(crate) const SECONDS_IN_TESTS: u64 = 60;

/// The variable that the test reads its time from.
pub(crate) const SECONDS_VARIABLE: &str = "WASMILL_TORTURE_SECONDS";
const SEED_VARIABLE: &str = "WASMILL_TORTURE_SEED";
/// The variable that, if zero, leaves out calls that only a signal ends.
pub(crate) const SPIN_VARIABLE: &str = "WASMILL_TORTURE_SPIN";

/// What was asked for: `--seconds N`, `--seed S`.
#[derive(Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) seconds: u64,
    pub(crate) seed: Option<u64>,
}

impl Choice {
    /// Reads the arguments; `seconds` is how long it takes if they do not say.
    pub(crate) fn read(arguments: &[String], seconds: u64) -> Result<Self> {
        let mut choice = Self {
            seconds,
            seed: None,
        };
        let mut words = arguments.iter();
        while let Some(name) = words.next() {
            let value = words
                .next()
                .with_context(|| format!("{name} takes a number"))?;
            let value = value.parse().with_context(|| format!("{name} {value}"))?;
            match &**name {
                "--seconds" => choice.seconds = value,
                "--seed" => choice.seed = Some(value),
                _ => bail!("no option `{name}`: there are --seconds and --seed"),
            }
        }
        Ok(choice)
    }

    /// Runs the test with these options before its name.
    pub(crate) fn start(&self, command: &mut std::process::Command) -> Result<()> {
        command.args([
            "--package",
            "wasmill",
            "--test",
            "torture",
            "--",
            "--nocapture",
        ]);
        command.env(SECONDS_VARIABLE, self.seconds.to_string());
        if let Some(seed) = self.seed {
            command.env(SEED_VARIABLE, seed.to_string());
        }
        start(command)
    }
}

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    Choice::read(arguments, SECONDS)?.start(&mut cargo(["test", "--release"]))
}

#[cfg(test)]
mod tests {
    use super::{Choice, SECONDS};

    fn read(line: &str) -> Option<Choice> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Choice::read(&words, SECONDS).ok()
    }

    #[test]
    fn arguments_are_read() {
        let choice = |seconds, seed| Some(Choice { seconds, seed });
        assert_eq!(read(""), choice(SECONDS, None));
        assert_eq!(read("--seed 7 --seconds 5"), choice(5, Some(7)));
        for wrong in ["--seconds", "--seconds x", "--minutes 5", "5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
