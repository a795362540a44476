//! Runs a program of `tests/wasi` over the library, with captured streams, in a folder of the host or in memory.

use anyhow::{Context, Result, ensure};
use std::io::Read;
use std::path::Path;
use wasmill::{Instance, Module, RuntimeError, Store};
use wasmill_wasi::{MemoryFs, Pipe, WasiError, WasiState};

/// What the programs are given; `arguments.c` looks.
const ARGUMENTS: [&str; 3] = ["one", "two words", ""];
const VARIABLES: [(&str, &str); 3] = [("FIRST", "1"), ("SECOND", "a=b"), ("THIRD", "")];

/// Runs it, prints what it wrote, and exits as it does.
pub(crate) fn run(store: &Store, module: &Path, folder: &str) -> Result<()> {
    let module = Module::from_file(store, module)?;
    let memory = MemoryFs::new();
    let mut state = WasiState::new("program");
    state
        .args(ARGUMENTS)
        .envs(VARIABLES)
        .stdin(Box::new(Pipe::new()))
        .stdout(Box::new(Pipe::new()))
        .stderr(Box::new(Pipe::new()));
    match folder {
        "memory" => state.map_memory("dir", &memory)?,
        folder => state.map_dir("dir", folder)?,
    };
    let mut env = state.finalize()?;
    let imports = env.import_object(&module)?;
    let instance = Instance::new(&module, &imports)?;
    let outcome = instance.exports.get_function("_start")?.call(&[]);
    let mut text = String::new();
    let mut state = env.state();
    for stream in [1, 2] {
        let pipe = state.fs.swap_file(stream, Box::new(Pipe::new()))?;
        pipe.context("the stream is gone")?
            .read_to_string(&mut text)?;
    }
    eprint!("{text}");
    let code = match outcome.map_err(RuntimeError::downcast::<WasiError>) {
        Ok(_) => 0,
        Err(Ok(WasiError::Exit(code))) => code,
        Err(Ok(error)) => return Err(error.into()),
        Err(Err(error)) => return Err(error.into()),
    };
    ensure!(code < 256, "exit code {code}");
    std::process::exit(code.cast_signed())
}
