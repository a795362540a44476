//! Exchange text with a guest through its memory.
//!
//! `cargo run --example exported-memory`
//!
//! Functions pass numbers only. Anything larger lies in the guest's memory, and the two sides pass where it is: an offset
//! and a length. The host must not believe either; `WasmPtr` checks both.

use wasmill::{Array, Instance, Module, Store, WasmPtr, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (memory (export "memory") 1)
             (data (i32.const 42) "Hello, World!")
             ;; Where the text is, and how long.
             (func (export "load") (result i32 i32)
               i32.const 42
               i32.const 13)
             ;; The byte at an offset.
             (func (export "peek") (param i32) (result i32)
               (i32.load8_u (local.get 0))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let memory = instance.exports.get_memory("memory")?;
    println!("the guest has {} bytes", memory.data_size());

    // A pointer can be a result like any number. It means nothing yet.
    let load = instance
        .exports
        .get_native_function::<(), (WasmPtr<u8, Array>, u32)>("load")?;
    let (text, length) = load.call()?;

    // With the memory it becomes text, if the bytes are there and are UTF-8.
    let greeting = text
        .get_utf8_string(memory, length)
        .ok_or("no text there")?;
    println!("the guest says: {greeting}");
    assert_eq!(greeting, "Hello, World!");

    // Or cells, to read and to write. The guest sees what was written.
    let cells = text.deref(memory, 7, 5).ok_or("out of bounds")?;
    for (cell, byte) in cells.iter().zip(b"Venus".iter()) {
        cell.set(*byte);
    }
    drop(cells);
    assert_eq!(
        text.get_utf8_string(memory, length).as_deref(),
        Some("Hello, Venus!")
    );
    let peek = instance
        .exports
        .get_native_function::<WasmPtr<u8>, u8>("peek")?;
    assert_eq!(peek.call(WasmPtr::new(text.offset() + 7))?, b'V');

    // A guest that lies gets nowhere.
    assert_eq!(text.get_utf8_string(memory, u32::MAX), None);
    Ok(())
}
