//! What the command says on its way, on standard error: warnings, and with `--verbose` what happens.
//!
//! Nothing is written into a text that nobody reads: notes are closures.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::Duration;

use crate::color;

/// How much is said, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Nothing but errors.
    pub(crate) quiet: bool,
    /// How often `--verbose` was given: 1 says what happens, 2 what the libraries have to say, 3 every call of WASI.
    pub(crate) verbosity: u8,
    /// Whether there are colours, if an option decides it.
    pub(crate) color: Option<bool>,
}

static MANNER: OnceLock<Manner> = OnceLock::new();

/// Decides how much is said. The first decision holds.
pub(crate) fn set_manner(manner: Manner) {
    let _ = MANNER.set(manner);
}

/// What was decided.
pub(crate) fn manner() -> Manner {
    MANNER.get().copied().unwrap_or_default()
}

/// Something that may be wrong.
pub(crate) fn warning(text: impl Display) {
    if !manner().quiet {
        print("warning", "\x1b[1;33m", &text);
    }
}

/// What a command is about to do, on standard output, one fact a line.
pub(crate) fn print_facts(facts: &[(&str, &dyn Display)]) -> io::Result<()> {
    for (name, fact) in facts.iter().filter(|_| !manner().quiet) {
        writeln!(io::stdout(), "{name}: {fact}")?;
    }
    Ok(())
}

/// What was done.
pub(crate) fn success(text: impl Display) {
    if manner().quiet {
        return;
    }
    let (start, end) = match color::is_colored(manner().color) {
        true => ("\x1b[1;32m", "\x1b[0m"),
        false => ("", ""),
    };
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "{start}✔{end} {text}");
}

/// Something worth knowing for whoever asks for it.
pub(crate) fn note<T: Display>(text: impl FnOnce() -> T) {
    if manner().verbosity > 0 {
        print("note", "\x1b[1;36m", &text());
    }
}

fn print(kind: &str, color: &str, text: &dyn Display) {
    let (start, end) = match color::is_colored(manner().color) {
        true => (color, "\x1b[0m"),
        false => ("", ""),
    };
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "{start}{kind}{end}: {text}");
}

/// How long something took, for people.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_people() {
        let times = [12, 12_345, 1_234_567, 75_000_000].map(Duration::from_micros);
        assert_eq!(times.map(time), ["12 µs", "12.3 ms", "1.23 s", "75.00 s"]);
    }
}
