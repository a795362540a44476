//! Stop a guest that does not stop by itself, from another thread.
//!
//! `cargo run --example interrupt`
//!
//! The code that runs pays nothing for this: there is no check in its loops.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wasmill::{Instance, Module, Store, TrapCode, imports};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (func (export "spin") (loop $again (br $again)))
             (func (export "answer") (result i32) i32.const 42))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;

    // A thread that watches: if nobody says "done" in time, it ends the guest's call.
    let handle = instance.interrupt_handle();
    let (done, is_done) = mpsc::channel::<()>();
    let watcher = thread::spawn(move || {
        while is_done.recv_timeout(Duration::from_millis(20)).is_err() {
            handle.interrupt();
        }
    });

    let spin = instance.exports.get_native_function::<(), ()>("spin")?;
    let error = spin.call().unwrap_err();
    done.send(())?;
    watcher.join().expect("the watcher does not panic");
    println!("{error}");
    assert_eq!(error.to_trap(), Some(TrapCode::Interrupted));

    // The instance is as usable as before.
    let answer = instance.exports.get_native_function::<(), i32>("answer")?;
    assert_eq!(answer.call()?, 42);
    Ok(())
}
