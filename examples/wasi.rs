//! Run a WASI program: one that was written for an operating system, and gets only what the host gives it.
//!
//! `cargo run --example wasi`

use wasmill::{Instance, Module, Store};
use wasmill_wasi::{WasiError, WasiState};

/// Greets each of its arguments.
const GUEST: &str = include_str!("hello.wat");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(&store, GUEST)?;

    // What the program sees: arguments, environment, folders. There is nothing else: no file, no network, unless it is
    // given here. Its output goes to this program's.
    let mut wasi_env = WasiState::new("hello")
        .arg("Gordon")
        .env("LANGUAGE", "en")
        .finalize()?;

    // The functions that the program imports, with this state behind them.
    let import_object = wasi_env.import_object(&module)?;
    let instance = Instance::new(&module, &import_object)?;

    // A program ends by returning from `_start`, or by exiting with a code.
    let outcome = instance.exports.get_function("_start")?.call(&[]);
    let code = match outcome {
        Ok(_) => 0,
        Err(error) => match error.downcast::<WasiError>()? {
            WasiError::Exit(code) => code,
            other => return Err(other.into()),
        },
    };
    println!("exit code {code}");
    assert_eq!(code, 0);
    Ok(())
}
