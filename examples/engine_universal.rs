//! The Universal engine, built by hand: machine code goes into this process, and runs.
//!
//! `cargo run --example engine-universal`
//!
//! `Store::default()` does all of this with default settings. Build the store by hand to choose the compiler, its settings,
//! the machine, or what WebAssembly features modules may use.

use wasmill::{Cranelift, Engine, Instance, Module, Store, Universal, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A compiler turns WebAssembly into machine code; an engine makes that code executable.
    let compiler = Cranelift::default();
    let engine = Universal::new(compiler).engine();
    println!("compiling for {}", engine.target().triple());

    let store = Store::new(&engine);
    let module = Module::new(
        &store,
        r#"(module
             (func (export "sum") (param i32 i32) (result i32)
               (i32.add (local.get 0) (local.get 1))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let sum = instance.exports.get_function("sum")?;
    assert_eq!(*sum.call(&[Value::I32(1), Value::I32(2)])?, [Value::I32(3)]);

    // Stores are handles. What one store of an engine made may be used with any other store of that engine.
    assert_eq!(store, Store::new(&engine));
    assert_ne!(store, Store::default());
    Ok(())
}
