//! Runs the function `sum` of a serialized module, and shows what this program says when it is asked to compile.
//!
//! `cargo xtask headless` builds this without any compiler, and compares the output.

use wasmill::{Instance, Module, Native, Store, Universal, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let store = match path.to_string_lossy().ends_with(".so") {
        true => Store::new(&Native::headless().engine()),
        false => Store::new(&Universal::headless().engine()),
    };
    #[allow(unsafe_code, reason = "there is machine code in the file")]
    // SAFETY: whoever starts this has just written the file.
    let module = unsafe { Module::deserialize_from_file(&store, path)? };
    let instance = Instance::new(&module, &imports! {})?;
    let sum = instance
        .exports
        .get_native_function::<(i32, i32), i32>("sum")?;
    println!("{}", sum.call(20, 22)?);

    let empty = b"\0asm\x01\0\0\0";
    match Module::new(&store, empty) {
        Ok(_) => println!("compiled"),
        Err(error) => println!("{error}"),
    }
    match Module::validate(&store, empty) {
        Ok(()) => println!("validated"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
