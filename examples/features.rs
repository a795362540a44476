//! Choose what WebAssembly features modules may use.
//!
//! `cargo run --example features`

use wasmill::{CompileError, Cranelift, Features, Instance, Module, Store, Universal, imports};

/// Two results: the feature "multi-value".
const SWAP: &str = r#"
    (module
      (func (export "swap") (param i32 i64) (result i64 i32)
        local.get 1
        local.get 0))
"#;

fn store(multi_value: bool) -> Store {
    let mut features = Features::new();
    features.multi_value(multi_value);
    Store::new(
        &Universal::new(Cranelift::default())
            .features(features)
            .engine(),
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = Module::new(&store(true), SWAP)?;
    let instance = Instance::new(&module, &imports! {})?;
    let swap = instance
        .exports
        .get_native_function::<(i32, i64), (i64, i32)>("swap")?;
    assert_eq!(swap.call(1, 2)?, (2, 1));

    // Without the feature the same module is not valid.
    let error = Module::new(&store(false), SWAP).unwrap_err();
    println!("{error}");
    assert!(matches!(error, CompileError::Validate(_)));
    Ok(())
}
