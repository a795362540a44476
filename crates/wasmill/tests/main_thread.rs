//! Stack overflow on the process' first thread, whose stack grows on demand and has no guard page that anybody placed. The
//! test harness runs tests on threads of its own, so this file is its own harness.

use wasmill::*;

fn main() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (import "env" "again" (func $again (param i32)))
            (func $deep (export "deep") (param i32) (call $deep (i32.add (local.get 0) (i32.const 1))))
            (func (export "host") (param i32) (call $again (local.get 0)))
            (func (export "ok") (result i32) (i32.const 42)))"#,
    )
    .unwrap();
    for _ in 0..3 {
        let place = std::sync::Arc::new(std::sync::OnceLock::<Function>::new());
        let host = place.clone();
        let again = Function::new(&store, ([Type::I32], []), move |args| {
            let next = Val::I32(args[0].unwrap_i32() + 1);
            host.get().unwrap().call(&[next]).map(Vec::from)
        });
        let imports = imports! { "env" => { "again" => again } };
        let instance = Instance::new(&module, &imports).unwrap();
        place
            .set(instance.exports.get_function("host").unwrap().clone())
            .unwrap();
        for name in ["deep", "host", "deep"] {
            let error = instance
                .exports
                .get_function(name)
                .unwrap()
                .call(&[Val::I32(0)])
                .unwrap_err();
            assert_eq!(error.message(), "call stack exhausted", "{name}");
            let ok = instance
                .exports
                .get_native_function::<(), i32>("ok")
                .unwrap();
            assert_eq!(ok.call().unwrap(), 42);
        }
    }
    println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}
