//! Compile once, run anywhere: a module is compiled into a file, and an engine without a compiler runs that file.
//!
//! `cargo run --example engine-headless`
//!
//! Programs that only run modules need no compiler: they take `wasmill` with `default-features = false` and the feature
//! `universal`, and are much smaller. (`tests/headless` is one.) An argument names the file, which stays then.

use std::path::PathBuf;
use wasmill::{Cranelift, Instance, Module, Store, Universal, imports};

const GUEST: &str = r#"
    (module
      (func (export "sum") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test` gives options of its own kind.
    let kept = std::env::args_os()
        .nth(1)
        .filter(|argument| !argument.to_string_lossy().starts_with('-'));
    let name = format!("wasmill-headless-{}.wasmu", std::process::id());
    let path = match &kept {
        Some(path) => PathBuf::from(path),
        None => std::env::temp_dir().join(name),
    };

    // Where there is a compiler:
    let store = Store::new(&Universal::new(Cranelift::default()).engine());
    let module = Module::new(&store, GUEST)?;
    module.serialize_to_file(&path)?;

    // Where there is none:
    let store = Store::new(&Universal::headless().engine());
    #[allow(unsafe_code, reason = "there is machine code in the file")]
    // SAFETY: the file was just written, and nobody changes it.
    let module = unsafe { Module::deserialize_from_file(&store, &path)? };
    let instance = Instance::new(&module, &imports! {})?;
    let sum = instance
        .exports
        .get_native_function::<(i32, i32), i32>("sum")?;
    assert_eq!(sum.call(20, 22)?, 42);

    // It cannot compile.
    let error = Module::new(&store, GUEST).unwrap_err();
    println!("{error}");

    if kept.is_none() {
        std::fs::remove_file(path)?;
    }
    Ok(())
}
