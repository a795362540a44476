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
mod commands;
mod executable;
mod invoke;
#[cfg(feature = "llvm")]
mod llvm_dump;
mod module_file;
mod options;
mod output_file;
mod report;
mod runtime;
mod size;
mod stack;
mod store_options;
mod target_options;
mod tool_options;
mod wasi_options;

use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    // An executable may be a copy of this program.
    if let Some(code) = executable::execute() {
        return code;
    }
    let words = options::with_default_command(std::env::args_os().collect());
    let options = match Options::try_parse_from(words) {
        Ok(options) => options,
        Err(error) => return usage(&error),
    };
    let outcome = stack::bounded(|| match options.command {
        Command::Run(run) => run.execute(),
        Command::Compile(compile) => compile.execute(),
        Command::Validate(validate) => validate.execute(),
        Command::Inspect(inspect) => inspect.execute(),
        Command::Wast(wast) => wast.execute(),
        Command::Explore(explore) => explore.execute(),
        Command::Cache(cache) => cache.execute(),
        Command::CreateExe(create) => create.execute(),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report::exit(&error),
    }
}

/// Prints help, the version, or what is wrong with the words; only the latter is a failure.
fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell if this fails.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
