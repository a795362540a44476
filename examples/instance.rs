//! From text to a result: compile a module, instantiate it, call what it exports.
//!
//! `cargo run --example instance`

use wasmill::{Instance, Module, Store, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();

    // Compiling is the expensive step. Do it once; a module can be instantiated as often as you like.
    let module = Module::new(
        &store,
        r#"(module
             (global $calls (mut i32) (i32.const 0))
             (func (export "add_one") (param $n i32) (result i32)
               (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
               (i32.add (local.get $n) (i32.const 1)))
             (func (export "calls") (result i32)
               global.get $calls))"#,
    )?;

    // The module imports nothing, so there is nothing to offer.
    let instance = Instance::new(&module, &imports! {})?;

    // Exports are found by name. Arguments and results are values that carry their type.
    let add_one = instance.exports.get_function("add_one")?;
    let results = add_one.call(&[Value::I32(41)])?;
    println!("41 + 1 = {}", results[0].to_string());
    assert_eq!(*results, [Value::I32(42)]);

    // A wrong argument is an error, not a wrong result.
    let error = add_one.call(&[Value::F64(41.0)]).unwrap_err();
    println!("{}", error.message());
    assert!(error.message().contains("did not match signature"));

    // A second instance shares the code, and nothing else.
    let other = Instance::new(&module, &imports! {})?;
    let calls = |instance: &Instance| {
        instance
            .exports
            .get_function("calls")?
            .call(&[])
            .map_err(Box::<dyn std::error::Error>::from)
    };
    assert_eq!(*calls(&instance)?, [Value::I32(1)]);
    assert_eq!(*calls(&other)?, [Value::I32(0)]);
    Ok(())
}
