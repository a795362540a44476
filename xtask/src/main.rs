//! The project's tasks, in Rust instead of shell scripts: `cargo xtask NAME [ARGS]`.
//!
//! One file per task; `process` has what they share. `TASKS` below is the only list: the usage text comes from it.
//! xtask depends on none of our own crates, so that it still works when they do not build.

mod bless;
mod ci;
mod compat;
mod cross;
mod features;
mod fuzz;
mod headless;
mod llvm;
mod loom;
mod miri;
mod process;
mod programs;
mod sanitize;
mod test;
mod tidy;
mod torture;
mod wasi;

use anyhow::{Result, anyhow, bail};
use std::process::ExitCode;

/// A task: its name, its arguments and purpose for the usage text, and what runs it.
struct Task {
    name: &'static str,
    usage: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        usage: "all tests, tidy, loom and the small real programs, set up as needed",
        run: test::run,
    },
    Task {
        name: "ci",
        usage: "what .ci/run does: format, lints, documentation, feature sets, test",
        run: ci::run,
    },
    Task {
        name: "tidy",
        usage: "rules that no compiler checks: head comments, names in documents, leftovers",
        run: tidy::run,
    },
    Task {
        name: "features",
        usage: "check the front crate under each of its feature sets",
        run: features::run,
    },
    Task {
        name: "headless",
        usage: "run a serialized module in a program without a compiler",
        run: headless::run,
    },
    Task {
        name: "programs",
        usage: "run real programs: [--small] [--release] [--singlepass|--llvm] [--native] [--reference] [NAME…]",
        run: programs::run,
    },
    Task {
        name: "wasi",
        usage: "WASI function by function: the C programs of tests/wasi by command and library: [NAME…]",
        run: wasi::run,
    },
    Task {
        name: "compat",
        usage: "published crates written for wasmer 2, on Wasmill: [--update] [NAME…]",
        run: compat::run,
    },
    Task {
        name: "cross",
        usage: "object files of all compilers for other processors, in C programs under qemu-user",
        run: cross::run,
    },
    Task {
        name: "bless",
        usage: "rewrite the golden files of the tests that have some",
        run: bless::run,
    },
    Task {
        name: "loom",
        usage: "model-check the locks (tests named loom_*)",
        run: loom::run,
    },
    Task {
        name: "miri",
        usage: "run what Miri can run under Miri (needs a toolchain that has it)",
        run: miri::run,
    },
    Task {
        name: "torture",
        usage: "everything at once, at random: [--seconds N] [--seed S]; an hour",
        run: torture::run,
    },
    Task {
        name: "fuzz",
        usage: "random modules, all compilers against each other and wasmi: [--seconds N] [--seed S] [--llvm N]",
        run: fuzz::run,
    },
    Task {
        name: "sanitize",
        usage: "tests under AddressSanitizer and ThreadSanitizer (nightly): [--seconds N]",
        run: sanitize::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((name, rest)) => dispatch(name, rest),
        None => Err(anyhow!(usage())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(name: &str, arguments: &[String]) -> Result<()> {
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(arguments),
        None => bail!("no task `{name}`\n{}", usage()),
    }
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask TASK [ARGS]\n");
    for task in TASKS {
        text += &format!("  {:<10}{}\n", task.name, task.usage);
    }
    text
}
