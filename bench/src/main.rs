//! `wasmill-bench`: benchmarks Wasmill beside other WebAssembly runtimes in one run.
//!
//! Data flow: [`suite`] lists the cases → [`setup`] makes their modules and [`engines`] builds a worker program per
//! engine → [`run`] lets the engines take turns at each case through [`worker`] → [`report`] turns samples into
//! medians, ratios and geometric means. README.md says how to use it and what the figures mean.

mod engines;
mod linear;
mod machine;
mod processes;
mod report;
mod run;
mod setup;
mod shapes;
mod stats;
mod suite;
mod tools;
mod worker;

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, Subcommand};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use suite::Item;
use wasmill_bench_harness::protocol::Case;

/// Benchmarks Wasmill beside wasmtime (Cranelift and Winch), wasmer (Cranelift, LLVM and Singlepass), wasmi, V8, and C
/// without Wasm.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommands>,
    #[command(flatten)]
    choice: Choice,
    /// Few, short samples: a first look.
    #[arg(long)]
    quick: bool,
    /// Samples per case and engine.
    #[arg(long, default_value_t = 9)]
    samples: usize,
    /// Count processor time instead of wall time: for a machine that has other work to do. (Compiling on all threads
    /// is reported in both anyway.)
    #[arg(long)]
    processor_time: bool,
    /// Another build of Wasmill's worker as a further column.
    #[arg(long, value_name = "NAME=PROGRAM")]
    also: Vec<String>,
    /// Write all figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables to this file, too.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// What to measure, in whom.
#[derive(clap::Args)]
struct Choice {
    /// Only cases whose name has one of these parts (see `list`).
    #[arg(long, global = true, value_delimiter = ',')]
    filter: Vec<String>,
    /// Only these engines.
    #[arg(long, global = true, value_delimiter = ',', default_values_t = engines::names().iter().map(|n| n.to_string()))]
    engines: Vec<String>,
    /// Large modules, too.
    #[arg(long, global = true)]
    large: bool,
    #[command(flatten)]
    build: engines::Build,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Make the modules and build the workers, as a run does by itself.
    Setup,
    /// List the cases.
    List,
    /// Compile generated modules of sizes that double, ordinary and hostile ones, and say what a byte costs.
    Linear(linear::Options),
    /// Compare whole processes: `wasmtime run` and `wasmill run`.
    Processes(processes::Options),
    /// Repeat one case in one engine in this very process: to be run under `perf record`.
    Profile {
        /// The case's name or a part that only it has.
        case: String,
        /// The engine.
        #[arg(long, default_value = "wasmill")]
        engine: String,
        /// For how long.
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Write the machine code that an engine makes of a case's module to a file and list its functions.
    Code {
        /// The case's name or a part that only it has.
        case: String,
        /// The engine.
        #[arg(long, default_value = "wasmtime")]
        engine: String,
        /// The file; `objdump -D -b binary -m i386:x86-64` reads it.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

fn main() -> ExitCode {
    match act(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the backtrace that `RUST_BACKTRACE` would add: what failed is not this program.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn act(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Some(Subcommands::List) => {
            for item in suite::all() {
                println!(
                    "{}{}",
                    item.name,
                    if item.large { " (with --large)" } else { "" }
                );
            }
            Ok(())
        }
        Some(Subcommands::Setup) => {
            let engines = engines::build(&arguments.choice.engines, &arguments.choice.build)?;
            prepare(&chosen(&arguments.choice)?, &engines)
        }
        Some(Subcommands::Linear(options)) => {
            let engines = engines::build(&options.engines, &arguments.choice.build)?;
            linear::run(&engines, options)
        }
        Some(Subcommands::Processes(options)) => processes::run(options, &arguments.choice),
        Some(Subcommands::Profile {
            case,
            engine,
            seconds,
        }) => profile(&find(case)?, engine, *seconds, &arguments.choice.build),
        Some(Subcommands::Code {
            case,
            engine,
            output,
        }) => code(&find(case)?, engine, output, &arguments.choice.build),
        None => compare(arguments),
    }
}

/// The folder of this workspace, which has the sources; everything that is made goes into its target folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn chosen(choice: &Choice) -> Result<Vec<Item>> {
    let wanted = |item: &Item| {
        let large = choice.large || !item.large;
        large
            && (choice.filter.is_empty()
                || choice
                    .filter
                    .iter()
                    .any(|part| item.name.contains(part.as_str())))
    };
    let items: Vec<Item> = suite::all().into_iter().filter(wanted).collect();
    ensure!(!items.is_empty(), "no case fits `--filter`");
    Ok(items)
}

fn prepare(items: &[Item], engines: &[engines::Engine]) -> Result<()> {
    let mut modules: Vec<&str> = items.iter().map(|item| item.module).collect();
    modules.sort_unstable();
    modules.dedup();
    setup::run(&modules)?;
    match engines.iter().any(|engine| engine.name == engines::NATIVE) {
        true => setup::libraries(&modules),
        false => Ok(()),
    }
}

fn compare(arguments: &Arguments) -> Result<()> {
    let items = chosen(&arguments.choice)?;
    let mut engines = engines::build(&arguments.choice.engines, &arguments.choice.build)?;
    prepare(&items, &engines)?;
    for other in &arguments.also {
        engines.push(engines::other_build(other)?);
    }
    let effort = if arguments.quick {
        run::Effort::quick()
    } else {
        run::Effort::full(arguments.samples)
    };
    let mut done = 0;
    let measured = run::measure(&engines, &items, effort, |item| {
        done += 1;
        eprintln!("[{done}/{}] {}", items.len(), item.name);
    });
    let clock = if arguments.processor_time {
        report::Clock::Processor
    } else {
        report::Clock::Wall
    };
    let report = report::Report::new(&engines, &measured, clock)?;
    print!("{}", report.markdown());
    if let Some(file) = &arguments.markdown {
        std::fs::write(file, report.markdown())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.json()?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    match report.failures.len() {
        0 => Ok(()),
        count => bail!("{count} failures, listed above"),
    }
}

/// The one case of this name, or with this part in its name.
fn find(part: &str) -> Result<Item> {
    let mut items: Vec<Item> = suite::all();
    items.retain(|item| item.name.contains(part));
    let ending = format!("/{part}");
    let exact = |item: &Item| item.name == part || item.name.ends_with(&ending);
    if items.len() > 1
        && let Some(position) = items.iter().position(exact)
    {
        items.swap(0, position);
        items.truncate(1);
    }
    match items.len() {
        0 => bail!("no case `{part}`: `list` lists them"),
        1 => Ok(items.remove(0)),
        _ => {
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            bail!("`{part}` may be any of {}", names.join(", "))
        }
    }
}

/// The worker program of one engine, ready to be started for one case.
fn worker_command(item: &Item, engine: &str, build: &engines::Build) -> Result<Command> {
    let mut engines = engines::build(&[engine.to_owned()], build)?;
    prepare(std::slice::from_ref(item), &engines)?;
    let engine = engines.remove(0);
    let mut command = Command::new(engine.program);
    command
        .args(&engine.arguments)
        .env_remove("RUST_BACKTRACE")
        .env_remove("RUST_LIB_BACKTRACE");
    Ok(command)
}

/// Replaces this process by the worker, so that a profiler that started this one sees nothing else.
fn profile(item: &Item, engine: &str, seconds: f64, build: &engines::Build) -> Result<()> {
    let case = Case {
        module: setup::module_path(item.module),
        action: item.action.clone(),
    };
    let error = worker_command(item, engine, build)?
        .args(["--profile", &seconds.to_string()])
        .arg(serde_json::to_string(&case)?)
        .exec();
    Err(error).context("cannot start the worker")
}

fn code(item: &Item, engine: &str, output: &Path, build: &engines::Build) -> Result<()> {
    let error = worker_command(item, engine, build)?
        .arg("--code")
        .args([&setup::module_path(item.module), output])
        .exec();
    Err(error).context("cannot start the worker")
}
