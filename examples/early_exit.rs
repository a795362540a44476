//! Stop a guest from a function that it calls, with an error of your own.
//!
//! `cargo run --example early-exit`

use std::fmt;
use wasmill::{Function, Instance, Module, Store, imports};

/// What the host stops guests with: any error type will do.
#[derive(Debug)]
struct ExitCode(u32);

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the guest exited with code {}", self.0)
    }
}

impl std::error::Error for ExitCode {}

/// A host function that fails ends the call of the guest.
fn exit(code: u32) -> Result<(), ExitCode> {
    Err(ExitCode(code))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (import "env" "exit" (func $exit (param i32)))
             (func (export "run") (param $n i32) (result i32)
               (if (i32.gt_s (local.get $n) (i32.const 10))
                 (then (call $exit (local.get $n))))
               local.get $n))"#,
    )?;
    let import_object = imports! {
        "env" => { "exit" => Function::new_native(&store, exit) },
    };
    let instance = Instance::new(&module, &import_object)?;
    let run = instance.exports.get_native_function::<i32, i32>("run")?;

    assert_eq!(run.call(10)?, 10);

    // The error that comes back is the host's own, with the guest's frames around it.
    let error = run.call(11).unwrap_err();
    println!("{error}");
    assert!(!error.trace().is_empty());
    let ExitCode(code) = error.downcast::<ExitCode>()?;
    assert_eq!(code, 11);
    Ok(())
}
