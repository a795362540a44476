//! How the command ends when something went wrong: with the guest's exit code, or with an error and its causes.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Error;
use wasmill::TrapCode;
use wasmill_wasi::WasiError;

use crate::color::is_colored;

/// Ends as the guest asked for if it did; otherwise reports the error, in colours if an option or the environment says so.
pub(crate) fn exit(error: &Error, color: Option<bool>) -> ExitCode {
    if let Some(code) = guest_exit_code(error) {
        return ExitCode::from(code);
    }
    // A reader of our output that went away wants no more of it.
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if !error.chain().any(broken_pipe) {
        print(error, color);
    }
    ExitCode::FAILURE
}

/// Reports an error.
pub(crate) fn print(error: &Error, color: Option<bool>) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "{}", text(error, is_colored(color)));
}

/// What the guest gave to `proc_exit`. Systems keep eight bits: a failure must not become success by that.
fn guest_exit_code(error: &Error) -> Option<u8> {
    let exit = error.chain().find_map(|cause| cause.downcast_ref());
    let Some(WasiError::Exit(code)) = exit else {
        return None;
    };
    let low = (code & 0xff) as u8;
    Some(if *code != 0 && low == 0 { 1 } else { low })
}

/// `error: what`, then its causes, numbered.
fn text(error: &Error, colored: bool) -> String {
    let messages = messages(error);
    let (red, bold, plain) = match colored {
        true => ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"),
        false => ("", "", ""),
    };
    let mut text = format!("{red}error{plain}{bold}: {}{plain}", messages[0]);
    let causes = &messages[1..];
    for (number, cause) in causes.iter().enumerate() {
        let last = number + 1 == causes.len();
        let (branch, indent) = match last {
            true => ("╰─>", "       "),
            false => ("│  ", "│      "),
        };
        let cause = cause.replace('\n', &format!("\n{indent}"));
        let _ = write!(text, "\n{branch} {}: {cause}", number + 1);
    }
    text
}

/// The messages from the error to its first cause. A cause that adds nothing is left out: one whose message the one
/// before shows already, and the name of a trap, which the trap's message says in words.
fn messages(error: &Error) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for cause in error.chain() {
        let message = cause.to_string();
        let known = messages.last().is_some_and(|last| last.contains(&message));
        if !known && cause.downcast_ref::<TrapCode>().is_none() {
            messages.push(message);
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill::RuntimeError;

    #[test]
    fn causes_are_numbered_and_indented() {
        let error = Error::msg("first\nsecond line").context("module instantiation failed");
        let error = error.context("failed to run `a.wasm`");
        assert_eq!(
            text(&error, false),
            "error: failed to run `a.wasm`\n│   1: module instantiation failed\n╰─> 2: first\n       second line"
        );
        let alone = text(&Error::msg("alone"), true);
        assert_eq!(alone, "\x1b[1;31merror\x1b[0m\x1b[1m: alone\x1b[0m");
    }

    #[test]
    fn causes_that_add_nothing_are_left_out() {
        let inner = io::Error::other("inner");
        let error = Error::new(inner).context("outer: inner").context("top");
        assert_eq!(messages(&error), ["top", "outer: inner"]);
    }

    #[test]
    fn guests_choose_their_exit_code() {
        let exit = |code| {
            let error = RuntimeError::user(Box::new(WasiError::Exit(code)));
            guest_exit_code(&Error::new(error).context("failed to run `a.wasm`"))
        };
        assert_eq!(exit(0), Some(0));
        assert_eq!(exit(3), Some(3));
        assert_eq!(exit(0x1_0000), Some(1));
        assert_eq!(exit(u32::MAX), Some(255));
        assert_eq!(guest_exit_code(&Error::msg("other")), None);
    }
}
