//! Share globals of the host with a guest.
//!
//! `cargo run --example imported-global`

use wasmill::{Global, Instance, Module, Store, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (import "config" "step" (global $step i32))
             (import "config" "position" (global $position (mut i32)))
             (func (export "advance")
               (global.set $position (i32.add (global.get $position) (global.get $step)))))"#,
    )?;

    let step = Global::new(&store, Value::I32(5));
    let position = Global::new_mut(&store, Value::I32(0));
    let import_object = imports! {
        "config" => {
            "step" => step,
            // A clone of a handle is the same global.
            "position" => position.clone(),
        },
    };

    // Two instances, one global: both move the same position.
    let first = Instance::new(&module, &import_object)?;
    let second = Instance::new(&module, &import_object)?;
    for instance in [&first, &second, &first] {
        instance
            .exports
            .get_native_function::<(), ()>("advance")?
            .call()?;
        println!("position: {}", position.get().to_string());
    }
    assert_eq!(position.get(), Value::I32(15));

    // What the host writes is where they go on from.
    position.set(Value::I32(100))?;
    second
        .exports
        .get_native_function::<(), ()>("advance")?
        .call()?;
    assert_eq!(position.get(), Value::I32(105));
    Ok(())
}
