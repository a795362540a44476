//! The Singlepass compiler: modules run at once, and compile in time that follows their size, whoever wrote them.
//!
//! `cargo run --example compiler-singlepass`

use wasmill::{Cranelift, Instance, Module, Singlepass, Store, Universal, Value, imports};

/// What one module offers, and another one uses.
const LIBRARY: &str = r#"
    (module (func (export "square") (param i32) (result i32)
      (i32.mul (local.get 0) (local.get 0))))
"#;

const GUEST: &str = r#"
    (module
      (import "library" "square" (func $square (param i32) (result i32)))
      (func (export "sum_of_squares") (param i32 i32) (result i32)
        (i32.add (call $square (local.get 0)) (call $square (local.get 1)))))
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // NaNs have the same bits on every machine, unless that is switched off.
    let mut compiler = Singlepass::new();
    compiler.canonicalize_nans(true);
    let store = Store::new(&Universal::new(compiler).engine());

    // The library was compiled elsewhere, and by another compiler: that makes no difference.
    let elsewhere = Store::new(&Universal::new(Cranelift::new()).engine());
    let artifact = Module::new(&elsewhere, LIBRARY)?.serialize()?;
    #[allow(unsafe_code, reason = "there is machine code in the bytes")]
    // SAFETY: just made.
    let library = unsafe { Module::deserialize(&store, &artifact)? };
    let library = Instance::new(&library, &imports! {})?;

    let module = Module::new(&store, GUEST)?;
    let square = library.exports.get_function("square")?.clone();
    let imports = imports! { "library" => { "square" => square } };
    let instance = Instance::new(&module, &imports)?;
    let sum = instance.exports.get_function("sum_of_squares")?;
    let results = sum.call(&[Value::I32(3), Value::I32(4)])?;
    assert_eq!(results[0], Value::I32(25));

    println!("3² + 4² = {}", results[0].unwrap_i32());
    Ok(())
}
