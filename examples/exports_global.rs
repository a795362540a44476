//! Read and write the globals that a guest exports.
//!
//! `cargo run --example exported-global`

use wasmill::{Instance, Module, Mutability, Store, Type, Value, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (global (export "limit") f32 (f32.const 1))
             (global $current (export "current") (mut f32) (f32.const 0))
             (func (export "get_current") (result f32) global.get $current)
             (func (export "set_current") (param f32) (global.set $current (local.get 0))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;

    // A global has a type, which says whether it can change.
    let limit = instance.exports.get_global("limit")?;
    let current = instance.exports.get_global("current")?;
    println!("limit: {}, current: {}", limit.ty(), current.ty());
    assert_eq!(
        (limit.ty().ty, limit.ty().mutability),
        (Type::F32, Mutability::Const)
    );
    assert!(current.ty().mutability.is_mutable());
    assert_eq!(limit.get(), Value::F32(1.0));

    // What the host writes, the guest sees; and the other way round.
    let get_current = instance
        .exports
        .get_native_function::<(), f32>("get_current")?;
    let set_current = instance
        .exports
        .get_native_function::<f32, ()>("set_current")?;
    current.set(Value::F32(0.25))?;
    assert_eq!(get_current.call()?, 0.25);
    set_current.call(0.75)?;
    assert_eq!(current.get(), Value::F32(0.75));

    // A constant stays what it is, and a global keeps its type.
    let error = limit.set(Value::F32(2.0)).unwrap_err();
    println!("{}", error.message());
    assert_eq!(error.message(), "Attempted to set an immutable global");
    assert!(current.set(Value::I32(1)).is_err());
    Ok(())
}
