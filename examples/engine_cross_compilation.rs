//! Compile for a machine other than this one.
//!
//! `cargo run --example cross-compilation`
//!
//! The machine that compiles and the one that runs need not be the same: the first serializes the compiled module, the
//! second loads it with an engine that has no compiler.

use std::str::FromStr;
use wasmill::{CpuFeature, Cranelift, Instance, Module, Store, Target, Triple, Universal, imports};

const GUEST: &str = r#"
    (module
      (func (export "sum") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A target is a platform and what its processors can do beyond the architecture's base.
    let triple = Triple::from_str("x86_64-linux-musl").map_err(|error| error.to_string())?;
    let mut features = CpuFeature::set();
    features.insert(CpuFeature::from_str("sse2")?);
    let musl = Target::new(triple, features);

    let store = Store::new(&Universal::new(Cranelift::default()).target(musl).engine());
    let module = Module::new(&store, GUEST)?;
    let target = module.artifact().target();
    println!("compiled for {}", target.triple());
    assert_eq!(target.triple().to_string(), "x86_64-unknown-linux-musl");

    // Platforms that differ only in the C library run the same code, so this can be tried here if "here" is x86-64 Linux.
    // Code of any other kind is refused when it is instantiated.
    match Instance::new(&module, &imports! {}) {
        Ok(instance) => {
            let sum = instance
                .exports
                .get_native_function::<(i32, i32), i32>("sum")?;
            assert_eq!(sum.call(20, 22)?, 42);
        }
        Err(error) => println!("{error}"),
    }
    Ok(())
}
