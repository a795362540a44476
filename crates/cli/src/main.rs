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
mod files;
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
mod version;
mod wasi_options;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

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
        Command::Config(config) => config.execute(),
        Command::Completions(completions) => completions.execute(),
        Command::Binfmt(binfmt) => binfmt.execute(),
        Command::SelfUpdate(update) => update.execute(),
        Command::Man(man) => man.execute(),
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
