//! The Native engine (`Dylib` is its other name): a module becomes a shared object, which tools for native code can read.
//!
//! `cargo run --example engine-dylib`
//!
//! Needs the feature `native`. An argument names a file for the shared object, which stays then: look at it with
//! `readelf --all` or `objdump --disassemble`, or run what loads it under `gdb` or `perf`.

use std::path::PathBuf;
use wasmill::{Cranelift, Dylib, DylibArtifact, Instance, Module, Store, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // It takes any compiler, and what it makes is loaded at once, from memory.
    let engine = Dylib::new(Cranelift::default()).engine();
    let store = Store::new(&engine);
    let module = Module::new(
        &store,
        r#"(module
             (func (export "sum") (param i32 i32) (result i32)
               (i32.add (local.get 0) (local.get 1))))"#,
    )?;
    let sum = |module: &Module| -> Result<_, Box<dyn std::error::Error>> {
        let instance = Instance::new(module, &imports! {})?;
        let sum = instance.exports.get_function("sum")?;
        Ok(sum.call(&[Value::I32(1), Value::I32(2)])?)
    };
    assert_eq!(*sum(&module)?, [Value::I32(3)]);

    // In a file it is a library like others, for a program with or without a compiler.
    let kept = std::env::args_os()
        .nth(1)
        .filter(|argument| !argument.to_string_lossy().starts_with('-'));
    let extension = DylibArtifact::get_default_extension(&wasmill::HOST);
    let name = format!("wasmill-dylib-{}.{extension}", std::process::id());
    let path = match &kept {
        Some(path) => PathBuf::from(path),
        None => std::env::temp_dir().join(name),
    };
    module.serialize_to_file(&path)?;
    let headless = Store::new(&Dylib::headless().engine());
    #[allow(unsafe_code, reason = "there is machine code in the file")]
    // SAFETY: the file was just written, and nobody changes it.
    let module = unsafe { Module::deserialize_from_file(&headless, &path)? };
    assert_eq!(*sum(&module)?, [Value::I32(3)]);

    if kept.is_none() {
        std::fs::remove_file(path)?;
    }
    Ok(())
}
