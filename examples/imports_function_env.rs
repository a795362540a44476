//! Functions of the host with state of their own: an environment.
//!
//! `cargo run --example imported-function-env`
//!
//! Every instance gets a clone of the environment, which then learns what the instance exports. State that is to be shared
//! goes behind an `Arc`.

use std::sync::{Arc, Mutex};
use wasmill::{
    Array, Function, Instance, LazyInit, Memory, Module, Store, WasmPtr, WasmerEnv, imports,
};

/// What the functions work with. The derive fills the fields that are marked when an instance is made.
#[derive(Clone, WasmerEnv)]
struct Env {
    /// Shared by all clones, and with the host.
    log: Arc<Mutex<Vec<String>>>,
    /// The instance's export of this name.
    #[wasmer(export)]
    memory: LazyInit<Memory>,
}

/// The guest points at a text in its memory.
fn log(env: &Env, text: WasmPtr<u8, Array>, length: u32) -> Result<(), LogError> {
    let memory = env.memory_ref().ok_or(LogError("no memory"))?;
    let text = text
        .get_utf8_string(memory, length)
        .ok_or(LogError("no text"))?;
    env.log.lock().unwrap().push(text);
    Ok(())
}

/// Why there was nothing to log.
#[derive(Debug)]
struct LogError(&'static str);

impl std::fmt::Display for LogError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for LogError {}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
             (import "env" "log" (func $log (param i32 i32)))
             (memory (export "memory") 1)
             (data (i32.const 64) "ready, steady, go")
             (func (export "run")
               (call $log (i32.const 64) (i32.const 5))
               (call $log (i32.const 71) (i32.const 6))
               (call $log (i32.const 79) (i32.const 2)))
             (func (export "lie")
               (call $log (i32.const 64) (i32.const -1))))"#,
    )?;

    let env = Env {
        log: Arc::default(),
        memory: LazyInit::new(),
    };
    let import_object = imports! {
        "env" => { "log" => Function::new_native_with_env(&store, env.clone(), log) },
    };

    // Two instances: each has its own memory behind the function, and both write to one log.
    for _ in 0..2 {
        let instance = Instance::new(&module, &import_object)?;
        instance
            .exports
            .get_native_function::<(), ()>("run")?
            .call()?;
        let error = instance
            .exports
            .get_native_function::<(), ()>("lie")?
            .call()
            .unwrap_err();
        assert_eq!(error.message(), "no text");
    }
    let lines = env.log.lock().unwrap();
    println!("{lines:?}");
    assert_eq!(*lines, ["ready", "steady", "go", "ready", "steady", "go"]);
    Ok(())
}
