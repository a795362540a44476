//! `processes`: what a person waits for who starts a command. Whole processes are measured, from before they are started until
//! they have ended: `wasmtime run` beside `wasmill run`, on the same programs of `commands/`.
//!
//! Data flow: [`CASES`] × [`runtimes`] → one run each that fills the caches and whose output must agree → rounds in which the
//! runtimes take turns → medians of wall time (or of processor time, with what their threads used), and their ratios.

use crate::stats::median;
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasmill_bench_harness::clock::{Elapsed, timed_with_children};

/// The version of the crate `wasmtime-cli` that is installed: that of the library which the other tables compare with.
const WASMTIME: &str = "48.0.8";

/// Where a command's standard input comes from, or its output goes to.
#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Nothing,
    /// The file that all of the suite read.
    Large,
    /// A pipe; this process reads all that comes.
    Pipe,
}

/// A program, and how it is run.
struct Case {
    name: &'static str,
    module: &'static str,
    /// Whether what was compiled before may be used.
    cached: bool,
    args: &'static [&'static str],
    input: Stream,
    output: Stream,
}

/// What most cases have, for `..CASE`.
const CASE: Case = Case {
    name: "",
    module: "transfer",
    cached: true,
    args: &[],
    input: Stream::Nothing,
    output: Stream::Pipe,
};

/// All cases. The guest's folder `/data` is scratch space.
const CASES: [Case; 11] = [
    Case {
        name: "start/hello",
        module: "hello",
        ..CASE
    },
    Case {
        name: "start/hello_cold",
        module: "hello",
        cached: false,
        ..CASE
    },
    Case {
        name: "stdout/null_64k",
        args: &["write", "-", "8192", "65536"],
        output: Stream::Nothing,
        ..CASE
    },
    Case {
        name: "stdout/null_512b",
        args: &["write", "-", "256", "512"],
        output: Stream::Nothing,
        ..CASE
    },
    Case {
        name: "stdout/pipe_64k",
        args: &["write", "-", "1024", "65536"],
        ..CASE
    },
    Case {
        name: "stdin/file_64k",
        args: &["read", "-", "65536"],
        input: Stream::Large,
        ..CASE
    },
    Case {
        name: "file/read_64k",
        args: &["read", "/data/large", "65536"],
        ..CASE
    },
    Case {
        name: "file/read_4k",
        args: &["read", "/data/large", "4096"],
        ..CASE
    },
    Case {
        name: "file/read_1m",
        args: &["read", "/data/large", "1048576"],
        ..CASE
    },
    Case {
        name: "file/write_64k",
        args: &["write", "/data/written", "256", "65536"],
        ..CASE
    },
    Case {
        name: "file/small",
        args: &["files", "/data", "2000"],
        ..CASE
    },
];

/// MiB of the file that cases read.
const LARGE: usize = 512;

/// What the command line asks for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Samples of each case and runtime.
    #[arg(long, default_value_t = 15)]
    samples: usize,
    /// Another build of the command `wasmill` as a further column.
    #[arg(long, value_name = "NAME=PROGRAM")]
    command: Vec<String>,
}

/// A command that runs WASI programs.
struct Runtime {
    name: String,
    program: PathBuf,
    /// How it shows the folder to the guest as `/data`.
    folder: fn(&Path) -> [String; 2],
    /// What keeps it from its cache.
    cold: &'static [&'static str],
    options: &'static [&'static str],
}

/// Measures and prints.
pub(crate) fn run(options: &Options, chosen: &crate::Choice) -> Result<()> {
    let wanted = |case: &&Case| {
        let mut parts = chosen.filter.iter();
        chosen.filter.is_empty() || parts.any(|part| case.name.contains(part.as_str()))
    };
    let cases: Vec<&Case> = CASES.iter().filter(wanted).collect();
    ensure!(!cases.is_empty(), "no case fits `--filter`");
    let runtimes = runtimes(options, chosen.build.as_built)?;
    crate::setup::run(&["hello", "transfer"])?;
    let scratch = Scratch::new()?;
    let mut out = format!("{}\n\n", crate::machine::describe());
    write_head(&mut out, &runtimes)?;
    for case in cases {
        eprintln!("{}", case.name);
        let samples = measure(case, &runtimes, &scratch, options.samples)?;
        write_row(&mut out, case, &samples)?;
    }
    print!("{out}");
    Ok(())
}

fn runtimes(options: &Options, as_built: bool) -> Result<Vec<Runtime>> {
    let wasmill = |name: &str, program: PathBuf, options| Runtime {
        name: name.into(),
        program,
        folder: |host| ["--mapdir".into(), format!("/data:{}", host.display())],
        cold: &["--disable-cache"],
        options,
    };
    let ours = ours(as_built)?;
    let mut all = vec![
        Runtime {
            name: "wasmtime".into(),
            program: wasmtime()?,
            folder: |host| ["--dir".into(), format!("{}::/data", host.display())],
            cold: &["-C", "cache=n"],
            options: &[],
        },
        wasmill("wasmill", ours.clone(), &[]),
        wasmill("singlepass", ours, &["--singlepass"]),
    ];
    for other in &options.command {
        let (name, program) = other.split_once('=').context("expected NAME=PROGRAM")?;
        all.push(wasmill(name, program.into(), &[]));
    }
    Ok(all)
}

/// The command as it is in this checkout.
fn ours(as_built: bool) -> Result<PathBuf> {
    let root = crate::root().parent().context("bench is in the checkout")?;
    if !as_built {
        crate::setup::must(
            Command::new(env!("CARGO"))
                .args([
                    "build",
                    "--quiet",
                    "--release",
                    "--package",
                    "wasmill-cli",
                    "--manifest-path",
                ])
                .arg(root.join("Cargo.toml"))
                .arg("--target-dir")
                .arg(root.join("target")),
        )?;
    }
    let program = root.join("target/release/wasmill");
    ensure!(program.exists(), "the command was never built");
    Ok(program)
}

/// What wasmtime's command is built with: all that running a program takes and explains. What is left out (a web server, tensors,
/// a debugger and so on) would only make it larger.
const WASMTIME_FEATURES: &str = "run,compile,config,backtrace,wat,parallel-compilation,pooling-allocator,cache,logging,demangle,cranelift,coredump,addr2line,debug-builtins,component-model,threads,gc,gc-copying,gc-drc,gc-null,clap/default,clap/wrap_help";

/// wasmtime's own command, built on first use.
fn wasmtime() -> Result<PathBuf> {
    let folder = crate::root().join("target/wasmtime-cli");
    let program = folder.join("bin/wasmtime");
    let version = Command::new(&program).arg("--version").output();
    let is_current = version.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).contains(&format!(" {WASMTIME}"))
    });
    if !is_current {
        eprintln!("installing wasmtime-cli {WASMTIME} from crates.io, which takes some minutes");
        let version = format!("={WASMTIME}");
        crate::setup::must(
            Command::new(env!("CARGO"))
                .args([
                    "install",
                    "--quiet",
                    "--locked",
                    "--force",
                    "wasmtime-cli",
                    "--version",
                ])
                .arg(version)
                .args(["--no-default-features", "--features", WASMTIME_FEATURES])
                .arg("--root")
                .arg(&folder),
        )?;
    }
    Ok(program)
}

/// A folder with the large file, and one for caches that no user has.
struct Scratch {
    data: PathBuf,
    home: PathBuf,
}

impl Scratch {
    fn new() -> Result<Self> {
        let folder = crate::root().join("target/processes");
        let scratch = Self {
            data: folder.join("data"),
            home: folder.join("home"),
        };
        fs::create_dir_all(&scratch.data)?;
        fs::create_dir_all(&scratch.home)?;
        let large = scratch.data.join("large");
        if fs::metadata(&large).map_or(0, |metadata| metadata.len()) != (LARGE as u64) << 20 {
            fs::write(large, vec![b'x'; LARGE << 20])?;
        }
        Ok(scratch)
    }
}

fn measure(
    case: &Case,
    runtimes: &[Runtime],
    scratch: &Scratch,
    samples: usize,
) -> Result<Vec<Vec<Elapsed>>> {
    let mut expected = None;
    for runtime in runtimes {
        let (output, _) = once(case, runtime, scratch)?;
        let expected = expected.get_or_insert_with(|| output.clone());
        ensure!(
            *expected == output,
            "{} prints something else than the others in {}: {:?}, not {:?}",
            runtime.name,
            case.name,
            output,
            expected
        );
    }
    let mut measured: Vec<Vec<Elapsed>> = runtimes.iter().map(|_| Vec::new()).collect();
    for round in 0..samples {
        for turn in 0..runtimes.len() {
            let index = (round + turn) % runtimes.len();
            measured[index].push(once(case, &runtimes[index], scratch)?.1);
        }
    }
    Ok(measured)
}

/// One process: how much it printed and how that began, and what it took.
fn once(case: &Case, runtime: &Runtime, scratch: &Scratch) -> Result<((usize, Vec<u8>), Elapsed)> {
    let mut command = Command::new(&runtime.program);
    command.arg("run").args(runtime.options);
    if !case.cached {
        command.args(runtime.cold);
    }
    command
        .args((runtime.folder)(&scratch.data))
        .arg(crate::setup::module_path(case.module))
        .args(case.args)
        .env("HOME", &scratch.home)
        .env_remove("XDG_CACHE_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(match case.input {
            Stream::Large => Stdio::from(File::open(scratch.data.join("large"))?),
            _ => Stdio::null(),
        })
        .stdout(match case.output {
            Stream::Pipe => Stdio::piped(),
            _ => Stdio::null(),
        });
    let (result, elapsed) = timed_with_children(|| -> io::Result<_> {
        let mut child = command.spawn()?;
        let mut printed = (0, Vec::new());
        if let Some(mut output) = child.stdout.take() {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let count = output.read(&mut buffer)?;
                if count == 0 {
                    break;
                }
                let rest = 64 - printed.1.len();
                printed.1.extend_from_slice(&buffer[..count.min(rest)]);
                printed.0 += count;
            }
        }
        Ok((child.wait()?, printed))
    });
    let (status, printed) = result.with_context(|| format!("cannot run {}", runtime.name))?;
    ensure!(
        status.success(),
        "{} fails in {}: {status}",
        runtime.name,
        case.name
    );
    Ok((printed, elapsed))
}

fn write_head(out: &mut String, runtimes: &[Runtime]) -> std::fmt::Result {
    writeln!(
        out,
        "Whole processes: median wall time in ms, its ratio to wasmtime's, and (processor time in ms of all threads, its ratio).\n"
    )?;
    let names: Vec<&str> = runtimes.iter().map(|runtime| &*runtime.name).collect();
    writeln!(out, "| case | {} |", names.join(" | "))?;
    writeln!(out, "|---|{}", "--:|".repeat(names.len()))
}

fn write_row(out: &mut String, case: &Case, samples: &[Vec<Elapsed>]) -> std::fmt::Result {
    let milliseconds = |samples: &[Elapsed], of: fn(&Elapsed) -> u64| {
        let values = samples.iter().map(|sample| of(sample) as f64 / 1e6);
        median(values.collect()).unwrap_or(f64::NAN)
    };
    let [wall, cpu]: [fn(&Elapsed) -> u64; 2] = [|sample| sample.wall_ns, |sample| sample.cpu_ns];
    write!(out, "| {} |", case.name)?;
    for one in samples {
        let ratio = |of| milliseconds(one, of) / milliseconds(&samples[0], of);
        write!(
            out,
            " {:.2} ×{:.2} ({:.2} ×{:.2}) |",
            milliseconds(one, wall),
            ratio(wall),
            milliseconds(one, cpu),
            ratio(cpu)
        )?;
    }
    writeln!(out)
}
