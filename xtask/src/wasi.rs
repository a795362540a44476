//! `cargo xtask wasi`: WASI function by function and error by error, as programs in C that say which line is not as it must be.
//!
//! Every program of `tests/wasi` is compiled with the pinned compiler of `programs` and run three times, each time in an empty
//! folder called `dir`: by the command, and by the library with a folder of the host and with one in memory. A program that
//! passes prints nothing and exits with 0 (`arguments.c`, which is about that, with 33).

use crate::process::{cargo, root, run as start, target};
use crate::programs::{build, fetch, work_folder};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every program is given; the library's host has the same.
const VARIABLES: [&str; 3] = ["FIRST=1", "SECOND=a=b", "THIRD="];
const ARGUMENTS: [&str; 3] = ["one", "two words", ""];

/// Runs all programs, or those that are named.
pub(crate) fn run(names: &[String]) -> Result<()> {
    start(&mut cargo([
        "build",
        "--package",
        "wasmill-cli",
        "--package",
        "program-host",
    ]))?;
    let compiler = build::compiler()?;
    let (mut passed, mut failed) = (0, Vec::new());
    for source in sources(names)? {
        let module = compiled(&compiler, &source)?;
        for host in [Host::Command, Host::Library, Host::Memory] {
            let name = format!("{} ({})", module.display_name(), host.name());
            match host.run(&module) {
                Ok(()) => passed += 1,
                Err(error) => {
                    println!("wasi {name} ... FAILED\n{error:#}");
                    failed.push(name);
                }
            }
        }
    }
    println!("\n{passed} passed, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("WASI programs that failed: {}", failed.join(", "));
    }
    Ok(())
}

/// The programs' sources, sorted.
fn sources(names: &[String]) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(root().join("tests/wasi")).context("no folder tests/wasi")? {
        let path = entry?.path();
        let chosen = names.is_empty()
            || names
                .iter()
                .any(|name| path.file_stem() == Some(OsStr::new(name)));
        if chosen && path.extension() == Some(OsStr::new("c")) {
            sources.push(path);
        }
    }
    sources.sort();
    match sources.is_empty() {
        true => bail!("no program of tests/wasi is called {}", names.join(" or ")),
        false => Ok(sources),
    }
}

/// A compiled program.
struct Module(PathBuf);

impl Module {
    fn display_name(&self) -> String {
        let stem = self.0.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    fn exit_code(&self) -> i32 {
        match self.display_name().as_str() {
            "arguments" => 33,
            _ => 0,
        }
    }
}

/// Compiles a program, unless that was done: its folder carries the hash of its source and of what all share.
fn compiled(compiler: &Path, source: &Path) -> Result<Module> {
    let header = source.with_file_name("check.h");
    let recipe = [fs::read(source)?, fs::read(header)?].concat();
    let hash = fetch::short_hash(&[compiler.as_os_str().as_encoded_bytes(), &recipe].concat());
    let folder = work_folder().join("wasi").join(hash);
    fs::create_dir_all(&folder)?;
    let name = source.file_name().context("a source without a name")?;
    let path = folder.join(name).with_extension("wasm");
    if !path.is_file() {
        let flags = ["-Os", "-Wall", "-Wextra", "-Werror"].map(str::to_owned);
        let words = [&flags[..], &[source.to_string_lossy().into_owned()]].concat();
        build::compile_to(compiler, &words, &path)?;
    }
    Ok(Module(path))
}

/// Who runs a program, and where its folder is.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    Command,
    Library,
    Memory,
}

impl Host {
    fn name(self) -> &'static str {
        match self {
            Host::Command => "command",
            Host::Library => "library",
            Host::Memory => "library, in memory",
        }
    }

    /// Runs a program and compares its exit code.
    fn run(self, module: &Module) -> Result<()> {
        let folder = work_folder().join("wasi/run");
        fetch::remove(&folder)?;
        fs::create_dir_all(&folder)?;
        let output = self
            .command(&module.0, &folder)
            .stdin(Stdio::null())
            .output()
            .context("cannot start it")?;
        if output.status.code() == Some(module.exit_code()) && output.stdout.is_empty() {
            return Ok(());
        }
        bail!(
            "{}, not exit code {}\n{}{}",
            output.status,
            module.exit_code(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }

    fn command(self, module: &Path, folder: &Path) -> Command {
        let programs = target().join("debug");
        if self != Host::Command {
            let mut command = Command::new(programs.join("program-host"));
            command.arg("wasi").arg(module);
            command.arg(if self == Host::Memory {
                Path::new("memory")
            } else {
                folder
            });
            return command;
        }
        let mut mapping = std::ffi::OsString::from("dir:");
        mapping.push(folder);
        let mut command = Command::new(programs.join("wasmill"));
        command
            .args(["run", "--disable-cache", "--mapdir"])
            .arg(mapping);
        for variable in VARIABLES {
            command.args(["--env", variable]);
        }
        command.arg(module).arg("--").args(ARGUMENTS);
        command
    }
}
