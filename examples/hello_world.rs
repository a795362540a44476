//! A guest calls the host, and the host calls the guest.
//!
//! `cargo run --example hello-world`
//!
//! A module is code with two lists: what it imports (the host must offer it) and what it exports (the host may use it). The
//! guest can reach nothing that is not on the first list.

use std::sync::{Arc, Mutex};
use wasmill::{Function, Instance, Module, Store, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Modules may be given as text, as here, or as the binary form that compilers write.
    let guest = r#"
        (module
          (import "env" "say_hello" (func $say_hello))
          (func (export "run")
            call $say_hello))
    "#;

    // A store says what modules are compiled with, and which objects may refer to one another.
    let store = Store::default();
    let module = Module::new(&store, guest)?;

    // What the guest may call. Any Rust closure will do; its types decide the function's WebAssembly types.
    let greetings = Arc::new(Mutex::new(0));
    let counter = greetings.clone();
    let say_hello = Function::new_native(&store, move || {
        println!("Hello, world!");
        *counter.lock().unwrap() += 1;
    });
    let import_object = imports! {
        "env" => { "say_hello" => say_hello },
    };

    // An instance is a module that runs: with memory of its own, and with the imports it was given.
    let instance = Instance::new(&module, &import_object)?;
    let run = instance.exports.get_native_function::<(), ()>("run")?;
    run.call()?;

    assert_eq!(*greetings.lock().unwrap(), 1);
    Ok(())
}
