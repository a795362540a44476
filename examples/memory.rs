//! A guest's memory: its size, growing it, reading and writing it.
//!
//! `cargo run --example memory`

use wasmill::{Instance, MemoryError, Module, Pages, Store, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    // One page of 64 KiB, at most three.
    let module = Module::new(
        &store,
        r#"(module
             (memory (export "memory") 1 3)
             (func (export "pages") (result i32) memory.size)
             (func (export "get_at") (param $offset i32) (result i32)
               (i32.load (local.get $offset)))
             (func (export "set_at") (param $offset i32) (param $value i32)
               (i32.store (local.get $offset) (local.get $value))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let memory = instance.exports.get_memory("memory")?;
    let pages = instance.exports.get_native_function::<(), u32>("pages")?;
    let get_at = instance.exports.get_native_function::<u32, i32>("get_at")?;
    let set_at = instance
        .exports
        .get_native_function::<(u32, i32), ()>("set_at")?;

    // Its size, in three units.
    println!("{:?}: {:?}", memory.size(), memory.size().bytes());
    assert_eq!(memory.size(), Pages(1));
    assert_eq!(memory.size().bytes().0, 65_536);
    assert_eq!(memory.data_size(), 65_536);

    // Growing gives the former size. New bytes are zero.
    assert_eq!(memory.grow(1)?, Pages(1));
    assert_eq!(pages.call()?, 2);
    assert_eq!(get_at.call(0x1_8000)?, 0);

    // Not above the maximum: an error, and nothing has changed.
    let error = memory.grow(2).unwrap_err();
    println!("{error}");
    assert!(matches!(error, MemoryError::CouldNotGrow { .. }));
    assert_eq!(pages.call()?, 2);

    // The guest writes, the host reads: a view is an array of cells of any number type.
    set_at.call(0x2220, 0xFEF)?;
    assert_eq!(memory.view::<i32>()[0x2220 / 4].get(), 0xFEF);

    // The host writes, the guest reads. (While a view exists no other thread runs this guest, so keep views short.)
    memory.view::<u8>()[0x2220].set(0xEE);
    assert_eq!(get_at.call(0x2220)?, 0xFEE);

    // Whole pieces are copied, with a check of the bounds.
    memory.write(100, b"copied in")?;
    let mut copy = [0; 9];
    memory.read(100, &mut copy)?;
    assert_eq!(&copy, b"copied in");
    assert!(memory.write(memory.data_size() - 4, b"too long").is_err());

    // A guest that goes out of bounds traps.
    let error = get_at.call(0x2_0000).unwrap_err();
    println!("{}", error.message());
    assert_eq!(error.message(), "out of bounds memory access");
    Ok(())
}
