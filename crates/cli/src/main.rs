//! The command `wasmill`: runs, checks and explains WebAssembly modules.
//!
//! ```text
//!   words ─► options (clap) ─► commands/* ─► the public API ─► an exit code
//!                                   └─ error with its causes ─► report ─► standard error, exit code 1
//! ```
//!
//! A guest's own exit code is passed through. Everything that goes wrong before or around the guest is exit code 1.

mod cache;
mod capabilities;
mod color;
mod commands;
mod contents;
mod duration;
mod executable;
mod features;
mod files;
mod foreign;
mod fuel;
mod invoke;
mod limits;
mod listing;
#[cfg(feature = "llvm")]
mod llvm_dump;
mod log;
mod messages;
mod options;
mod output_file;
mod pipes;
mod progress;
mod report;
mod runtime;
mod similar;
mod size;
mod source;
mod stack;
mod store_options;
mod target_options;
mod timeout;
mod tool_options;
mod unlinked;
mod values;
mod version;
mod wasi_options;

use std::io::Write;
use std::process::ExitCode;

use options::{Command, Options};

fn main() -> ExitCode {
    // An executable may be a copy of this program.
    if let Some(code) = executable::execute() {
        return code;
    }
    let words: Vec<_> = std::env::args_os().collect();
    if version::is_asked(&words) {
        // Nobody is left to tell if this fails.
        let _ = std::io::stdout().write_all(version::text().as_bytes());
        return ExitCode::SUCCESS;
    }
    let words = options::with_default_command(words);
    let options = match Options::of(&words) {
        Ok(options) => options,
        Err(error) => return usage(&error, options::color_in(&words)),
    };
    let manner = options.manner();
    messages::set_manner(manner);
    log::start(manner.verbosity);
    let outcome = stack::bounded(|| match options.command {
        Command::Run(run) => run.execute(),
        Command::Compile(compile) => compile.execute(),
        Command::Validate(validate) => validate.execute(),
        Command::Inspect(inspect) => inspect.execute(),
        Command::Wast(wast) => wast.execute(),
        Command::Explore(explore) => explore.execute(),
        Command::Cache(cache) => cache.execute(),
        Command::CreateExe(create) => create.execute(),
        Command::Config(config) => config.execute(),
        Command::Completions(completions) => completions.execute(),
        Command::Binfmt(binfmt) => binfmt.execute(),
        Command::SelfUpdate(update) => update.execute(),
        Command::Man(man) => man.execute(),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report::exit(&error, manner.color),
    }
}

/// Prints help, the version, or what is wrong with the words; only the latter is a failure.
fn usage(error: &clap::Error, color: Option<bool>) -> ExitCode {
    let text = error.render();
    let text = match color::is_colored(color) {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    // Nobody is left to tell if this fails.
    let _ = match error.use_stderr() {
        true => std::io::stderr().write_all(text.as_bytes()),
        false => std::io::stdout().write_all(text.as_bytes()),
    };
    if error.use_stderr() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
