//! Give a guest functions of the host, in two ways.
//!
//! `cargo run --example imported-function`

use wasmill::{Function, FunctionType, Instance, Module, Store, Type, Value, imports};

/// A plain function can be offered as it is.
fn triple(n: i32) -> i32 {
    println!("  the guest asks for 3 × {n}");
    n * 3
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (import "env" "double" (func $double (param i32) (result i32)))
             (import "env" "triple" (func $triple (param i32) (result i32)))
             (func (export "six_times") (param i32) (result i32)
               (call $triple (call $double (local.get 0)))))"#,
    )?;

    // Dynamic: the type is a value, made at run time. The closure gets a list of values and returns one; if what it
    // returns is not what the type says, the call ends with an error.
    let ty = FunctionType::new(vec![Type::I32], vec![Type::I32]);
    let double = Function::new(&store, ty, |args| {
        let n = args[0].unwrap_i32();
        println!("  the guest asks for 2 × {n}");
        Ok(vec![Value::I32(n * 2)])
    });

    // Native: Rust's types are the function's types. Compiled code calls it directly.
    let triple = Function::new_native(&store, triple);

    let import_object = imports! {
        "env" => {
            "double" => double,
            "triple" => triple,
        },
    };
    let instance = Instance::new(&module, &import_object)?;
    let six_times = instance
        .exports
        .get_native_function::<i32, i32>("six_times")?;
    let result = six_times.call(7)?;
    println!("6 × 7 = {result}");
    assert_eq!(result, 42);
    Ok(())
}
