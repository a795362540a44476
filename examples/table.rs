//! Tables of functions: the guest calls by index, the host changes what an index means.
//!
//! `cargo run --example table`

use wasmill::{Function, Instance, Module, Store, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (type $operation (func (param i32 i32) (result i32)))
             (table (export "operations") 3 6 funcref)
             (elem (i32.const 0) $add $multiply)
             (func $add (type $operation) (i32.add (local.get 0) (local.get 1)))
             (func $multiply (type $operation) (i32.mul (local.get 0) (local.get 1)))
             (func (export "apply") (param $index i32) (param $a i32) (param $b i32) (result i32)
               (call_indirect (type $operation)
                 (local.get $a) (local.get $b) (local.get $index))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let operations = instance.exports.get_table("operations")?;
    let apply = instance
        .exports
        .get_native_function::<(u32, i32, i32), i32>("apply")?;

    assert_eq!(operations.size(), 3);
    assert_eq!(apply.call(0, 20, 22)?, 42);
    assert_eq!(apply.call(1, 6, 7)?, 42);
    // The third entry is empty so far.
    let error = apply.call(2, 1, 1).unwrap_err();
    println!("{}", error.message());
    assert_eq!(error.message(), "uninitialized element");

    // A function of the host in the table: the guest cannot tell the difference.
    let subtract = Function::new_native(&store, |a: i32, b: i32| a - b);
    operations.set(2, subtract.into())?;
    assert_eq!(apply.call(2, 50, 8)?, 42);

    // A function of another type is called by nobody.
    let wrong = Function::new_native(&store, |a: f64| a);
    operations.set(2, wrong.into())?;
    let error = apply.call(2, 50, 8).unwrap_err();
    assert_eq!(error.message(), "indirect call type mismatch");

    // Tables grow like memories, with something to fill the new entries with.
    let power = Function::new_native(&store, |a: i32, b: u32| a.pow(b));
    assert_eq!(operations.grow(3, power.into())?, 3);
    assert_eq!(apply.call(5, 2, 10)?, 1024);
    assert!(operations.grow(1, Value::FuncRef(None)).is_err());

    // What is read from a table can be called, whoever made it.
    for (index, expected) in [(0, 12), (1, 20), (5, 100)] {
        let Some(Value::FuncRef(Some(function))) = operations.get(index) else {
            panic!("entry {index} is empty");
        };
        let result = function.call(&[Value::I32(10), Value::I32(2)])?;
        assert_eq!(*result, [Value::I32(expected)]);
        println!("operation {index} of 10 and 2: {expected}");
    }
    Ok(())
}
