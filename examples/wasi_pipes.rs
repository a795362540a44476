//! Talk to a WASI program through pipes instead of the terminal.
//!
//! `cargo run --example wasi-pipes`

use std::io::{Read, Write};
use wasmill::{Instance, Module, Store};
use wasmill_wasi::{Pipe, WasiState};

/// Reads up to 256 bytes from its standard input and writes them back in reverse.
const GUEST: &str = r#"
    (module
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      ;; 0: address and size of the input, 8: of the output, 16: bytes read or written, 256: input, 512: output.
      (data (i32.const 0) "\00\01\00\00\00\01\00\00\00\02\00\00")
      (func (export "_start")
        (local $i i32)
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (block $done
          (loop $next
            (br_if $done (i32.eq (local.get $i) (i32.load (i32.const 16))))
            (i32.store8 offset=511
              (i32.sub (i32.load (i32.const 16)) (local.get $i))
              (i32.load8_u offset=256 (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))
        (i32.store (i32.const 12) (i32.load (i32.const 16)))
        (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(&store, GUEST)?;

    // Both streams are queues of bytes in this process.
    let mut wasi_env = WasiState::new("reverse")
        .stdin(Box::new(Pipe::new()))
        .stdout(Box::new(Pipe::new()))
        .finalize()?;
    let import_object = wasi_env.import_object(&module)?;
    let instance = Instance::new(&module, &import_object)?;

    // Put something in. The state is locked only for this block: the guest needs it when it runs.
    {
        let mut state = wasi_env.state();
        let stdin = state.fs.stdin_mut()?.as_mut().ok_or("no input")?;
        stdin.write_all(b"was it a car or a cat i saw?")?;
    }

    instance.exports.get_function("_start")?.call(&[])?;

    let mut output = String::new();
    let mut state = wasi_env.state();
    let stdout = state.fs.stdout_mut()?.as_mut().ok_or("no output")?;
    stdout.read_to_string(&mut output)?;
    println!("{output}");
    assert_eq!(output, "?was i tac a ro rac a ti saw");
    Ok(())
}
