//! Call an exported function in two ways: with values whose types are checked on every call, and with Rust types that are
//! checked once.
//!
//! `cargo run --example exported-function`

use wasmill::{ExportError, Instance, Module, Store, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (func (export "sum") (param i32 i32) (result i32)
               (i32.add (local.get 0) (local.get 1)))
             (func (export "divide") (param i32 i32) (result i32 i32)
               (i32.div_u (local.get 0) (local.get 1))
               (i32.rem_u (local.get 0) (local.get 1))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;

    // Dynamic: for tools that learn the types at run time.
    let sum = instance.exports.get_function("sum")?;
    println!("sum: {}", sum.ty());
    assert_eq!(*sum.call(&[Value::I32(1), Value::I32(2)])?, [Value::I32(3)]);

    // Native: the types are compared here, and a call costs about as much as one of a C function.
    let sum = sum.native::<(i32, i32), i32>()?;
    assert_eq!(sum.call(3, 4)?, 7);

    // The same in one step; several results are a tuple. Unsigned types carry the same bits.
    let divide = instance
        .exports
        .get_native_function::<(u32, u32), (u32, u32)>("divide")?;
    assert_eq!(divide.call(4_000_000_007, 10)?, (400_000_000, 7));

    // Wrong types are found out before any call.
    let wrong = instance.exports.get_native_function::<i64, i64>("sum");
    assert_eq!(wrong.err(), Some(ExportError::IncompatibleType));

    // A function keeps alive what it needs: it can be called when the instance is gone.
    drop(instance);
    assert_eq!(sum.call(20, 22)?, 42);
    println!("20 + 22 = 42");
    Ok(())
}
