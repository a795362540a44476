//! Give a WASI program files that exist only in memory, and read what it makes of them.
//!
//! `cargo run --example wasi-memory`

use wasmill::{Instance, Module, Store};
use wasmill_wasi::{MemoryFs, MemoryLimits, WasiState};

/// Copies up to 512 bytes of `input.txt` to `output.txt`, with small letters made capital. Its folder is descriptor 4.
const GUEST: &str = r#"
    (module
      (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; 0: address and size of the text, 8: the open file, 12: bytes read or written, 32 and 48: names, 1024: the text.
      (data (i32.const 0) "\00\04\00\00\00\02\00\00")
      (data (i32.const 32) "input.txt")
      (data (i32.const 48) "output.txt")
      (func $open (param $name i32) (param $len i32) (param $flags i32) (param $rights i64)
        (if (call $path_open (i32.const 4) (i32.const 0) (local.get $name) (local.get $len)
              (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8))
          (then unreachable)))
      (func (export "_start")
        (local $at i32)
        (call $open (i32.const 32) (i32.const 9) (i32.const 0) (i64.const 2)) ;; to read
        (drop (call $fd_read (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 12)))
        (block $done
          (loop $next
            (br_if $done (i32.eq (local.get $at) (i32.load (i32.const 12))))
            (if (i32.lt_u (i32.sub (i32.load8_u offset=1024 (local.get $at)) (i32.const 97)) (i32.const 26))
              (then (i32.store8 offset=1024 (local.get $at)
                (i32.sub (i32.load8_u offset=1024 (local.get $at)) (i32.const 32)))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (i32.store (i32.const 4) (i32.load (i32.const 12)))
        (call $open (i32.const 48) (i32.const 10) (i32.const 9) (i64.const 64)) ;; created or cut, to write
        (drop (call $fd_write (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 12)))))
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(&store, GUEST)?;

    // A guest that is not trusted gets no more room than it needs: beyond it, it is told that the disk is full.
    let files = MemoryFs::with_limits(MemoryLimits {
        bytes: 1 << 20,
        files: 100,
    });
    files.write("input.txt", "made in memory\n")?;

    let mut wasi_env = WasiState::new("shout")
        .map_memory("/data", &files)?
        .finalize()?;
    let import_object = wasi_env.import_object(&module)?;
    let instance = Instance::new(&module, &import_object)?;
    instance.exports.get_function("_start")?.call(&[])?;

    // Both sides see the same files; the host program can look at any time.
    for entry in files.list("/")? {
        println!("{}: {} bytes", entry.name, files.metadata(&entry.name)?.len);
    }
    let output = String::from_utf8(files.read("output.txt")?)?;
    print!("{output}");
    assert_eq!(output, "MADE IN MEMORY\n");
    Ok(())
}
