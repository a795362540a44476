//! Environments as programs write them that know the front crate as `wasmer`.
//!
//! That this compiles is most of the test: the derive macro must find the crate under the name it has here. What the macro
//! does is tested in `crates/wasmill/tests/env.rs`.

use std::sync::{Arc, Mutex};
use wasmer::{LazyInit, Memory, NativeFunc, WasmerEnv};

/// What a plug-in can reach of its host.
#[derive(Clone, WasmerEnv)]
pub struct PluginEnv {
    /// What the plug-in has said.
    pub said: Arc<Mutex<Vec<String>>>,
    /// The plug-in's memory.
    #[wasmer(export)]
    pub memory: LazyInit<Memory>,
    #[wasmer(export(name = "__alloc", alias = "alloc", optional = true))]
    alloc: LazyInit<NativeFunc<u32, u32>>,
}

/// A part of an environment, generic over what it carries.
#[derive(Clone, Debug, WasmerEnv)]
pub struct Shared<T>(
    /// What is shared.
    pub Arc<T>,
)
where
    T: Send + Sync;

#[cfg(test)]
mod tests {
    use super::*;
    use wasmer::{imports, Function, Instance, Module, Store};

    fn say(env: &PluginEnv, place: u32, length: u32) {
        let mut bytes = vec![0; length as usize];
        let memory = env.memory_ref().expect("initialised");
        memory.read(u64::from(place), &mut bytes).expect("inside");
        let text = String::from_utf8(bytes).expect("text");
        env.said.lock().unwrap().push(text);
    }

    #[test]
    fn a_plug_in_host() {
        let store = Store::default();
        let said = Arc::new(Mutex::new(Vec::new()));
        let env = PluginEnv {
            said: said.clone(),
            memory: LazyInit::new(),
            alloc: LazyInit::default(),
        };
        let place = |env: &PluginEnv| env.alloc_ref().map_or(0, |alloc| alloc.call(5).unwrap());
        let factor = Shared(Arc::new(3));
        let import_object = imports! {
            "env" => {
                "say" => Function::new_native_with_env(&store, env.clone(), say),
                "place" => Function::new_native_with_env(&store, env, place),
                "factor" => Function::new_native_with_env(&store, factor, |env: &Shared<i32>| *env.0),
            },
        };
        let module = Module::new(
            &store,
            r#"(module
                (import "env" "say" (func $say (param i32 i32)))
                (import "env" "place" (func $place (result i32)))
                (import "env" "factor" (func $factor (result i32)))
                (memory (export "memory") 1) (data (i32.const 7) "hello")
                (func (export "alloc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
                (func (export "run") (result i32)
                  (call $say (call $place) (i32.const 5)) (call $factor)))"#,
        )
        .unwrap();
        let instance = Instance::new(&module, &import_object).unwrap();
        let run: NativeFunc<(), i32> = instance.exports.get_native_function("run").unwrap();
        assert_eq!(run.call().unwrap(), 3);
        assert_eq!(*said.lock().unwrap(), ["hello"]);
    }
}
