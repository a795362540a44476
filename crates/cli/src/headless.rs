//! The program `wasmill-headless`: the runtime without compilers, which `wasmill create-exe` puts in front of a module.
//!
//! Alone it does nothing but to say what it is.

mod capabilities;
mod color;
mod executable;
mod pipes;
mod report;
mod stack;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = executable::execute() {
        return code;
    }
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "--version")
    {
        println!("wasmill-headless {}", wasmill_engine::artifact_build());
        return ExitCode::SUCCESS;
    }
    let error =
        "this is the runtime that `wasmill create-exe` makes executables of, without a module";
    report::exit(&anyhow::Error::msg(error), None)
}
