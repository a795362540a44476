//! When a guest fails: what the host learns, and from where.
//!
//! `cargo run --example errors`

use wasmill::{Instance, Module, Store, TrapCode, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module $calculator
             (func $divide (param i32 i32) (result i32)
               (i32.div_s (local.get 0) (local.get 1)))
             (func $average (export "average") (param $sum i32) (param $count i32) (result i32)
               (call $divide (local.get $sum) (local.get $count))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let average = instance
        .exports
        .get_native_function::<(i32, i32), i32>("average")?;

    assert_eq!(average.call(84, 2)?, 42);

    // Division by zero traps: the call ends at once, and comes back as an error.
    let error = average.call(84, 0).unwrap_err();
    println!("{error}");
    assert_eq!(error.message(), "integer divide by zero");

    // Its trace names the functions that were running, innermost first, if the module carries names.
    let frames = error.trace();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].function_name(), Some("divide"));
    assert_eq!(frames[1].function_name(), Some("average"));
    assert_eq!(frames[0].module_name(), "calculator");
    assert_eq!(frames[1].func_index(), 1);
    assert!(frames[0].module_offset() > 0);

    // For programs: the kind of trap as a code.
    assert_eq!(error.to_trap(), Some(TrapCode::IntegerDivisionByZero));

    // The instance is as usable as before.
    assert_eq!(average.call(-84, 2)?, -42);
    Ok(())
}
