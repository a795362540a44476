//! The shortest way through everything: text to result, calls both ways, traps, growth.

use wasmill::*;

fn instance(wat: &str, imports: &ImportObject) -> Instance {
    let store = Store::default();
    let module = Module::new(&store, wat).unwrap();
    Instance::new(&module, imports).unwrap()
}

#[test]
fn the_contracts_first_example() {
    let wat = r#"(module
        (type $t0 (func (param i32) (result i32)))
        (func $add_one (export "add_one") (type $t0) (param $p0 i32) (result i32)
          get_local $p0
          i32.const 1
          i32.add))"#;
    let instance = instance(wat, &imports! {});
    let add_one = instance.exports.get_function("add_one").unwrap();
    assert_eq!(*add_one.call(&[Value::I32(42)]).unwrap(), [Value::I32(43)]);
    let native = instance
        .exports
        .get_native_function::<i32, i32>("add_one")
        .unwrap();
    assert_eq!(native.call(1).unwrap(), 2);
}

#[test]
fn host_functions_memory_and_traps() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
            (import "env" "double" (func $double (param i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "hello")
            (table 2 funcref)
            (elem (i32.const 0) $double)
            (func (export "run") (param i32) (result i32)
              (i32.store (i32.const 0) (local.get 0))
              (call_indirect (param i32) (result i32) (i32.load (i32.const 0)) (i32.const 0)))
            (func (export "null") (result i32)
              (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 1)))
            (func (export "div") (param i32 i32) (result i32)
              (i32.div_s (local.get 0) (local.get 1)))
            (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
            (func $deep (export "deep") (call $deep))
            (func (export "grow") (result i32) (memory.grow (i32.const 3))))"#,
    )
    .unwrap();
    let factor = 2;
    let import_object = imports! {
        "env" => { "double" => Function::new_native(&store, move |a: i32| a * factor) },
    };
    let instance = Instance::new(&module, &import_object).unwrap();
    let run = instance
        .exports
        .get_native_function::<i32, i32>("run")
        .unwrap();
    assert_eq!(run.call(21).unwrap(), 42);
    let memory = instance.exports.get_memory("memory").unwrap();
    assert_eq!(
        WasmPtr::<u8, Array>::new(8)
            .get_utf8_string(memory, 5)
            .unwrap(),
        "hello"
    );
    let message = |name: &str, args: &[Val]| {
        instance
            .exports
            .get_function(name)
            .unwrap()
            .call(args)
            .unwrap_err()
            .message()
    };
    assert_eq!(message("null", &[]), "uninitialized element");
    assert_eq!(
        message("div", &[Value::I32(1), Value::I32(0)]),
        "integer divide by zero"
    );
    assert_eq!(
        message("load", &[Value::I32(-1)]),
        "out of bounds memory access"
    );
    assert_eq!(message("deep", &[]), "call stack exhausted");
    let grow = instance
        .exports
        .get_native_function::<(), i32>("grow")
        .unwrap();
    assert_eq!(grow.call().unwrap(), 1);
    assert_eq!(memory.size(), Pages(4));
    assert_eq!(run.call(21).unwrap(), 42);
}
