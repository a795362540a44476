//! The Cranelift compiler and its settings.
//!
//! `cargo run --example compiler-cranelift`

use wasmill::{
    CompilerConfig, Cranelift, CraneliftOptLevel, Instance, Module, Store, Universal, imports,
};

/// Adds the numbers up to its argument.
const GUEST: &str = r#"
    (module
      (func (export "sum_to") (param $n i64) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum (i64.add (local.get $sum) (local.get $n)))
          (local.set $n (i64.sub (local.get $n) (i64.const 1)))
          (br_if $next (i64.gt_s (local.get $n) (i64.const 0))))
        local.get $sum))
"#;

fn sum_to(compiler: Cranelift, n: i64) -> Result<i64, Box<dyn std::error::Error>> {
    let store = Store::new(&Universal::new(compiler).engine());
    let module = Module::new(&store, GUEST)?;
    let instance = Instance::new(&module, &imports! {})?;
    let sum_to = instance.exports.get_native_function::<i64, i64>("sum_to")?;
    Ok(sum_to.call(n)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The default is code that runs as fast as it can.
    assert_eq!(sum_to(Cranelift::default(), 1000)?, 500_500);

    // Compile faster, with a compiler that checks its own work, and with NaNs that are the same on every machine.
    let mut careful = Cranelift::default();
    careful
        .opt_level(CraneliftOptLevel::None)
        .canonicalize_nans(true);
    careful.enable_verifier();
    assert_eq!(sum_to(careful, 1000)?, 500_500);

    println!("1 + 2 + … + 1000 = 500500, however it is compiled");
    Ok(())
}
