//! Make guests pay for what they execute, and stop those that cannot.
//!
//! `cargo run --example metering`
//!
//! Metering is a middleware: it rewrites modules before they are compiled, so it works with every compiler, and the same
//! guest with the same points ends at the same place on every machine.

use std::sync::Arc;
use wasmill::wasmparser::Operator;
use wasmill::{CompilerConfig, Cranelift, Instance, Module, Store, Universal, imports};
use wasmill_middlewares::Metering;
use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};

/// What each operator costs.
fn cost(operator: &Operator) -> u64 {
    match operator {
        Operator::LocalGet { .. } | Operator::I32Const { .. } => 1,
        Operator::I32Add => 2,
        _ => 0,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Every instance begins with ten points.
    let mut compiler = Cranelift::default();
    compiler.push_middleware(Arc::new(Metering::new(10, cost)));
    let store = Store::new(&Universal::new(compiler).engine());
    let module = Module::new(
        &store,
        r#"(module
             (func (export "add_one") (param i32) (result i32)
               (i32.add (local.get 0) (i32.const 1))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let add_one = instance
        .exports
        .get_native_function::<i32, i32>("add_one")?;

    // Two calls are possible: each costs 1 + 1 + 2.
    for left in [6, 2] {
        add_one.call(1)?;
        let points = get_remaining_points(&instance);
        println!("{points:?}");
        assert_eq!(points, MeteringPoints::Remaining(left));
    }

    // Not a third.
    let error = add_one.call(1).unwrap_err();
    println!("{}", error.message());
    assert_eq!(get_remaining_points(&instance), MeteringPoints::Exhausted);

    // The host may sell more.
    set_remaining_points(&instance, 4);
    assert_eq!(add_one.call(41)?, 42);
    assert_eq!(
        get_remaining_points(&instance),
        MeteringPoints::Remaining(0)
    );
    Ok(())
}
