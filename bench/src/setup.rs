//! Makes the modules: everything a run needs that is not in the tree as it is used.
//!
//! Sources become binary Wasm in `target/modules/NAME.wasm`:
//! - `kernels/NAME.c` and `programs/NAME.c` with the C compiler of PyPI's `ziglang`, which goes into a virtual
//!   environment under `target`; the C of bzip2 and SQLite comes with two crates, where `cargo metadata` finds them;
//! - `kernels/NAME.wat` and `modules/NAME.wat` with the `wat` crate;
//! - a few regular modules from [`generated`] and [`sized`];
//! - real modules out of npm packages.
//!
//! A module is made again when a source of it is newer. [`libraries`] makes shared libraries of the same C, with clang: what
//! the kernels are without Wasm.

use crate::shapes::SHAPES;
use crate::tools::Tool;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The version decides what code comes out, so it is pinned.
const ZIG: &str = "ziglang==0.17.0";

/// Module, npm package with its pinned version, file in it.
const NPM: [(&str, &str, &str); 5] = [
    (
        "dprint_json",
        "@dprint/json@0.24.0",
        "@dprint/json/plugin.wasm",
    ),
    (
        "dprint_typescript",
        "@dprint/typescript@0.96.1",
        "@dprint/typescript/plugin.wasm",
    ),
    (
        "esbuild",
        "esbuild-wasm@0.28.2",
        "esbuild-wasm/esbuild.wasm",
    ),
    (
        "quickjs",
        "@jitl/quickjs-wasmfile-release-sync@0.32.0",
        "@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm",
    ),
    (
        "yosys",
        "@yowasp/yosys@0.55.944",
        "@yowasp/yosys/gen/yosys.core.wasm",
    ),
];

const BZIP2_FILES: [&str; 7] = [
    "blocksort.c",
    "bzlib.c",
    "compress.c",
    "crctable.c",
    "decompress.c",
    "huffman.c",
    "randtable.c",
];

const BZIP2_OPTIONS: [&str; 1] = ["-DBZ_NO_STDIO"];

const SQLITE_FILES: [&str; 1] = ["sqlite3.c"];

const SQLITE_OPTIONS: [&str; 5] = [
    "-DSQLITE_OS_OTHER=1",
    "-DSQLITE_THREADSAFE=0",
    "-DSQLITE_TEMP_STORE=3",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
    "-DSQLITE_OMIT_LOCALTIME",
];

/// The folder of whole programs, which [`crate::processes`] starts.
const COMMANDS: &str = "commands";

/// Where a module of the suite is after [`run`].
pub(crate) fn module_path(name: &str) -> PathBuf {
    crate::root()
        .join("target/modules")
        .join(name)
        .with_extension("wasm")
}

/// Makes the named modules that are missing or out of date.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    fs::create_dir_all(crate::root().join("target/modules"))?;
    for name in names {
        make(name).with_context(|| format!("cannot make the module {name}"))?;
    }
    Ok(())
}

/// Makes native code of those of the named modules that are written in C, beside the module.
pub(crate) fn libraries(names: &[&str]) -> Result<()> {
    let clang = Tool::Clang.find().context(Tool::Clang.missing())?;
    for name in names {
        if let Some(source) = c_source(name) {
            let made = make_library(&clang, name, &source);
            made.with_context(|| format!("cannot make native code of {name}"))?;
        }
    }
    Ok(())
}

fn make(name: &str) -> Result<()> {
    if let Some(source) = c_source(name) {
        return make_module(name, &source);
    }
    let root = crate::root();
    for folder in ["kernels", "modules"] {
        let text = root.join(folder).join(name).with_extension("wat");
        if text.exists() {
            return assemble(name, &text);
        }
    }
    match NPM.iter().find(|(module, ..)| *module == name) {
        Some((_, package, file)) => fetch(name, package, file),
        None => generate(name),
    }
}

/// The file with the function `run`, of a module that is written in C.
fn c_source(name: &str) -> Option<PathBuf> {
    let folders = ["kernels", "programs", COMMANDS];
    let mut files = folders
        .map(|folder| crate::root().join(folder).join(name).with_extension("c"))
        .into_iter();
    files.find(|file| file.exists())
}

fn is_current(module: &Path, sources: &[&Path]) -> bool {
    let time = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    let Some(made) = time(module) else {
        return false;
    };
    sources
        .iter()
        .all(|source| time(source).is_some_and(|changed| changed <= made))
}

fn assemble(name: &str, text: &Path) -> Result<()> {
    let module = module_path(name);
    if !is_current(&module, &[text]) {
        fs::write(module, wat::parse_file(text)?)?;
    }
    Ok(())
}

fn make_module(name: &str, source: &Path) -> Result<()> {
    let module = module_path(name);
    if is_current(&module, &[source, &common_header()]) {
        return Ok(());
    }
    let library = library(name)?;
    let mut command = Command::new(c_compiler()?);
    command.args(["-m", "ziglang", "cc", "-O2", "-fno-sanitize=all", "-s"]);
    match library {
        _ if is_command(source) => command.args(["-target", "wasm32-wasi"]),
        Some(_) => command.args([
            "-target",
            "wasm32-wasi",
            "-mexec-model=reactor",
            "-Wl,--export=run",
        ]),
        None => command
            .args([
                "-target",
                "wasm32-freestanding",
                "-nostdlib",
                "-Wl,--export=run",
            ])
            .args(["-Wl,--no-entry", "-Wall", "-Wextra"]),
    };
    if name.starts_with("simd_") {
        command.arg("-msimd128");
    }
    let cache = crate::root().join("target/zig-cache");
    command
        .env("ZIG_GLOBAL_CACHE_DIR", &cache)
        .env("ZIG_LOCAL_CACHE_DIR", &cache);
    compile_c(command, source, library, &module)
}

/// Whether a source is a whole program, with `main`.
fn is_command(source: &Path) -> bool {
    source
        .parent()
        .is_some_and(|folder| folder.ends_with(COMMANDS))
}

fn make_library(clang: &str, name: &str, source: &Path) -> Result<()> {
    let file = module_path(name).with_extension("so");
    // Those are written in words of Wasm.
    let intrinsics = fs::read_to_string(source)?.contains("wasm_simd128.h");
    if intrinsics || is_current(&file, &[source, &common_header()]) {
        return Ok(());
    }
    let mut command = Command::new(clang);
    command.args(["-O3", "-march=native", "-fPIC", "-shared", "-w", "-lm"]);
    compile_c(command, source, library(name)?, &file)
}

fn common_header() -> PathBuf {
    crate::root().join("kernels/common.h")
}

/// What a program wraps: sources of others, and what the compiler has to be told of them. Kernels wrap nothing.
struct Library {
    sources: Vec<PathBuf>,
    options: Vec<String>,
}

fn library(name: &str) -> Result<Option<Library>> {
    let (package, folder, files, options) = match name {
        "bzip2" => (
            "bzip2-sys",
            "bzip2-1.0.8",
            &BZIP2_FILES[..],
            &BZIP2_OPTIONS[..],
        ),
        "sqlite" => (
            "libsqlite3-sys",
            "sqlite3",
            &SQLITE_FILES[..],
            &SQLITE_OPTIONS[..],
        ),
        _ => return Ok(None),
    };
    let folder = crate_folder(package)?.join(folder);
    let include = format!("-I{}", folder.display());
    Ok(Some(Library {
        sources: files.iter().map(|file| folder.join(file)).collect(),
        options: options
            .iter()
            .map(|option| (*option).into())
            .chain([include])
            .collect(),
    }))
}

/// One call of a C compiler with what all have in common: exact floats, nothing visible but `run`.
fn compile_c(
    mut command: Command,
    source: &Path,
    library: Option<Library>,
    result: &Path,
) -> Result<()> {
    command.args(["-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden"]);
    command.arg(source);
    if let Some(library) = library {
        command.args(library.options).args(library.sources);
    }
    let output = command.arg("-o").arg(result).output();
    let output = output.context("cannot run the C compiler")?;
    ensure!(
        output.status.success(),
        "the C compiler says:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The Python that has the C compiler, installed on first use.
fn c_compiler() -> Result<PathBuf> {
    let folder = crate::root().join("target/python");
    let python = folder.join("bin/python3");
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(ZIG) {
        eprintln!("installing {ZIG} from PyPI");
        must(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        must(Command::new(&python).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            ZIG,
        ]))?;
        fs::write(stamp, ZIG)?;
    }
    Ok(python)
}

/// Where cargo keeps the sources of a package of our lock file.
fn crate_folder(package: &str) -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(crate::root().join("Cargo.toml"))
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "cargo says:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let manifest = packages
        .iter()
        .find(|candidate| candidate["name"] == package)
        .and_then(|found| found["manifest_path"].as_str())
        .with_context(|| format!("{package} is not in the lock file"))?;
    Ok(Path::new(manifest)
        .parent()
        .context("a manifest has a folder")?
        .to_owned())
}

fn fetch(name: &str, package: &str, file: &str) -> Result<()> {
    let module = module_path(name);
    // The stamp beside a module says which version it is of.
    let stamp = module.with_extension("npm");
    if module.exists() && fs::read_to_string(&stamp).ok().as_deref() == Some(package) {
        return Ok(());
    }
    eprintln!("installing {package} from npm");
    let folder = crate::root().join("target/npm");
    fs::create_dir_all(&folder)?;
    must(
        Command::new("npm")
            .args([
                "install",
                "--silent",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefix",
            ])
            .arg(&folder)
            .arg(package),
    )?;
    fs::copy(folder.join("node_modules").join(file), module)?;
    fs::write(stamp, package)?;
    Ok(())
}

pub(crate) fn must(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}

/// Ordinary functions, as many as make a compiled module of 1, 10 and 100 MB: Cranelift and what belongs to its code take two
/// times the bytes and a little.
const SIZED: [(&str, usize); 3] = [
    ("artifact_1mb", 490_000),
    ("artifact_10mb", 4_900_000),
    ("artifact_100mb", 49_000_000),
];

fn sized(name: &str) -> Option<Vec<u8>> {
    let (_, bytes) = SIZED.iter().find(|(sized, _)| *sized == name)?;
    let shape = SHAPES.iter().find(|shape| shape.name == "functions")?;
    Some(shape.module(*bytes))
}

fn generate(name: &str) -> Result<()> {
    let module = module_path(name);
    let binary = match sized(name) {
        Some(binary) => binary,
        None => wat::parse_str(generated(name)?)?,
    };
    if fs::read(&module).ok().as_ref() != Some(&binary) {
        fs::write(module, binary)?;
    }
    Ok(())
}

/// Modules for instantiation that are too regular to be files.
fn generated(name: &str) -> Result<String> {
    let mut body = String::new();
    match name {
        "tiny" => body.push_str("(func (export \"nop\"))"),
        "memory" => body.push_str("(memory (export \"memory\") 1) (func (export \"nop\"))"),
        "data_1mib" => {
            let data = "\\5a".repeat(1 << 20);
            let touch = [1000, 300_000, 600_000, 900_000]
                .map(|at| format!("(i32.store (i32.const {at}) (i32.add (i32.load (i32.const {at})) (i32.const 1)))"));
            write!(
                body,
                "(memory (export \"memory\") 17) (data (i32.const 0) \"{data}\") (func (export \"touch\") {})",
                touch.join(" ")
            )?;
        }
        "table_2000" => {
            write!(
                body,
                "(table (export \"table\") 2000 funcref) (elem (i32.const 0) func"
            )?;
            for entry in 0..2000 {
                write!(body, " $f{}", entry % 100)?;
            }
            body.push(')');
            for function in 0..100 {
                write!(
                    body,
                    "(func $f{function} (result i32) (i32.const {function}))"
                )?;
            }
        }
        "exports_200" => {
            for function in 0..200 {
                write!(
                    body,
                    "(func (export \"function_{function}\") (param i32) (result i32) (i32.const {function}))"
                )?;
            }
        }
        other => bail!("there is no source for {other}"),
    }
    Ok(format!("(module {body})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generated_module_is_text_format() {
        for name in ["tiny", "memory", "data_1mib", "table_2000", "exports_200"] {
            let text = generated(name).expect("it is in the list");
            wat::parse_str(text).expect("it parses");
        }
        assert!(generated("unknown").is_err());
    }

    #[test]
    fn every_module_of_the_suite_has_a_source() {
        for item in crate::suite::all() {
            let root = crate::root();
            let file = |folder: &str, extension: &str| {
                root.join(folder)
                    .join(item.module)
                    .with_extension(extension)
                    .exists()
            };
            let known = c_source(item.module).is_some()
                || file("kernels", "wat")
                || file("modules", "wat")
                || NPM.iter().any(|(module, ..)| *module == item.module)
                || SIZED.iter().any(|(module, _)| *module == item.module)
                || generated(item.module).is_ok();
            assert!(known, "{}", item.module);
        }
    }
}
