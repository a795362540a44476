//! Linking: the forms of `imports!`, resolvers and their chains, what does not fit, and the order in which an instance
//! takes effect.

mod support;

use std::fmt;
use std::sync::{Arc, Mutex};
use support::DefaultCompiler;
use wasmill::*;

fn module(store: &Store, wat: &str) -> Module {
    Module::new(store, wat).unwrap()
}

fn number(store: &Store, value: i32) -> Global {
    Global::new(store, Val::I32(value))
}

/// The value of a global that a resolver finds.
fn found(store: &Store, resolver: &impl NamedResolver, namespace: &str, name: &str) -> Option<i32> {
    let export = resolver.resolve_by_name(namespace, name)?;
    match Extern::from_vm_export(store, export) {
        Extern::Global(global) => Some(global.get().unwrap_i32()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn forms_of_the_macro() {
    let store = Store::default();
    let g = |value| number(&store, value);
    let empty = imports! {};
    assert_eq!(format!("{empty:?}"), "ImportObject { map: (empty) }");
    let (key, name) = (String::from("owned"), String::from("name"));
    let mut by_hand = Exports::new();
    by_hand.insert("x", g(4));
    let import_object = imports! {
        "env" => { "a" => g(1), "b" => g(2) },
        "trailing" => { "a" => g(3), },
        "nothing" => {},
        by_hand_name(1) => by_hand,
        key => { name => g(5) },
        "" => { "" => g(6) },
        "any kind" => {
            "function" => Function::new_native(&store, || ()),
            "memory" => Memory::new(&store, MemoryType::new(1, None, false)).unwrap(),
            "table" => Table::new(&store, TableType::new(Type::FuncRef, 1, None), Val::FuncRef(None)).unwrap(),
            "extern" => Extern::Global(g(7)),
        },
    };
    fn by_hand_name(number: u8) -> String {
        format!("by hand {number}")
    }
    let found = |namespace, name| found(&store, &import_object, namespace, name);
    assert_eq!(
        (found("env", "a"), found("env", "b"), found("trailing", "a")),
        (Some(1), Some(2), Some(3))
    );
    assert_eq!(
        (
            found("by hand 1", "x"),
            found("owned", "name"),
            found("", "")
        ),
        (Some(4), Some(5), Some(6))
    );
    assert_eq!(
        (
            found("any kind", "extern"),
            found("env", "c"),
            found("no", "a")
        ),
        (Some(7), None, None)
    );
    assert!(import_object.contains_namespace("nothing") && !import_object.contains_namespace("no"));
    assert!(import_object.get_export("any kind", "table").is_some());
    assert_eq!(
        format!("{import_object:?}"),
        "ImportObject { map: (... 7 item(s) ...) }"
    );
    let without_comma = imports! { "a" => { "b" => g(1) } };
    assert!(without_comma.get_export("a", "b").is_some());
    assert_eq!(namespace! { "a" => g(1), "b" => g(2) }.len(), 2);
}

#[test]
fn a_namespace_given_twice_is_replaced_as_a_whole() {
    let store = Store::default();
    let mut import_object = imports! {
        "env" => { "a" => number(&store, 1), "b" => number(&store, 2) },
        "env" => { "a" => number(&store, 3) },
    };
    assert_eq!(found(&store, &import_object, "env", "a"), Some(3));
    assert_eq!(found(&store, &import_object, "env", "b"), None);
    let former = import_object
        .register("env", namespace! { "c" => number(&store, 4) })
        .unwrap();
    assert_eq!(former.get_namespace_exports().len(), 1);
    assert!(former.get_namespace_export("a").is_some());
    assert!(import_object.register("new", Exports::new()).is_none());
    // A clone is the same map.
    let mut clone = import_object.clone();
    clone.register("later", Exports::new());
    assert!(import_object.contains_namespace("later"));
}

#[test]
fn all_imports_in_order() {
    let store = Store::default();
    let import_object = imports! {
        "z" => { "c" => number(&store, 1), "a" => number(&store, 2) },
        "empty" => {},
        "a" => { "b" => number(&store, 3) },
    };
    let exports = import_object.get_namespace_exports(&store, "z").unwrap();
    assert_eq!(
        exports
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["c", "a"]
    );
    assert!(import_object.get_namespace_exports(&store, "no").is_none());
    let all = import_object.into_iter();
    assert_eq!(all.len(), 3);
    let names: Vec<(String, String)> = all.map(|(names, _)| names).collect();
    assert_eq!(
        names,
        [("z", "c"), ("z", "a"), ("a", "b")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

/// A namespace of the user's own.
struct Numbers(Store);

impl LikeNamespace for Numbers {
    fn get_namespace_export(&self, name: &str) -> Option<Export> {
        Some(number(&self.0, name.parse().ok()?).to_export())
    }
    fn get_namespace_exports(&self) -> Vec<(String, Export)> {
        Vec::new()
    }
}

/// A resolver of the user's own, by position.
struct ByPosition<'a>(&'a Store, Mutex<Vec<String>>);

impl Resolver for ByPosition<'_> {
    fn resolve(&self, index: u32, module: &str, field: &str) -> Option<Export> {
        self.1
            .lock()
            .unwrap()
            .push(format!("{index} {module}.{field}"));
        Some(number(self.0, index as i32).to_export())
    }
}

const NUMBERS: &str = r#"(module (import "n" "10" (global $a i32)) (import "n" "20" (global $b i32))
    (import "n" "10" (global $c i32))
    (export "a" (global $a)) (export "b" (global $b)) (export "c" (global $c)))"#;

#[test]
fn resolvers_of_the_user() {
    let store = Store::default();
    let module = module(&store, NUMBERS);
    let values = |resolver: &dyn Resolver| {
        let exports = Instance::new(&module, resolver).unwrap().exports;
        exports
            .iter()
            .globals()
            .map(|(_, global)| global.get().unwrap_i32())
            .collect::<Vec<_>>()
    };
    let numbers = Numbers(store.clone());
    assert_eq!(values(&imports! { "n" => numbers }), [10, 20, 10]);
    let by_position = ByPosition(&store, Mutex::default());
    assert_eq!(values(&by_position), [0, 1, 2]);
    assert_eq!(
        *by_position.1.lock().unwrap(),
        ["0 n.10", "1 n.20", "2 n.10"]
    );
    let boxed: Box<dyn NamedResolver> =
        Box::new(imports! { "n" => { "10" => number(&store, 5), "20" => number(&store, 6) } });
    assert_eq!(values(&boxed), [5, 6, 5]);
    assert_eq!(values(&&boxed), [5, 6, 5]);
    assert!(Instance::new(&module, &()).is_err());
}

#[test]
fn chains() {
    let store = Store::default();
    let of = |pairs: &[(&str, i32)]| {
        let exports: Exports = pairs
            .iter()
            .map(|(name, value)| (name.to_string(), number(&store, *value).into()))
            .collect();
        imports! { "n" => exports }
    };
    let (first, second, third) = (
        of(&[("a", 1), ("b", 1)]),
        of(&[("b", 2), ("c", 2)]),
        of(&[("c", 3), ("d", 3)]),
    );
    let values = |resolver: &dyn Fn(&str) -> Option<i32>| ["a", "b", "c", "d", "e"].map(resolver);
    let back = first.clone().chain_back(second.clone());
    assert_eq!(
        values(&|name| found(&store, &back, "n", name)),
        [Some(1), Some(1), Some(2), None, None]
    );
    let front = first.clone().chain_front(second.clone());
    assert_eq!(
        values(&|name| found(&store, &front, "n", name)),
        [Some(1), Some(2), Some(2), None, None]
    );
    let long = (&first)
        .chain_back(&second)
        .chain_front(&third)
        .chain_back(());
    assert_eq!(
        values(&|name| found(&store, &long, "n", name)),
        [Some(1), Some(1), Some(3), Some(3), None]
    );
    let clone = back.clone();
    assert_eq!(found(&store, &clone, "n", "c"), Some(2));
    let boxed: Box<dyn NamedResolver> = Box::new(first);
    assert_eq!(found(&store, &boxed.chain_front(second), "n", "b"), Some(2));
}

#[test]
fn exports_of_an_instance_as_a_namespace() {
    let store = Store::default();
    let library = module(
        &store,
        r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 3))
            (func (export "f") (result i32) (i32.load (i32.const 0))))"#,
    );
    let user = module(
        &store,
        r#"(module (import "lib" "f" (func $f (result i32))) (import "lib" "m" (memory 1)) (import "lib" "t" (table 1 funcref))
            (import "lib" "g" (global $g i32))
            (func (export "run") (result i32)
              (i32.store (i32.const 0) (global.get $g)) (i32.mul (call $f) (i32.const 2))))"#,
    );
    let lib = Instance::new(&library, &imports! {}).unwrap().exports;
    let instance = Instance::new(&user, &imports! { "lib" => lib }).unwrap();
    assert_eq!(
        instance
            .exports
            .get_native_function::<(), i32>("run")
            .unwrap()
            .call()
            .unwrap(),
        6
    );
}

/// The text of a link that fails.
fn link_error(module: &Module, resolver: &dyn Resolver) -> String {
    match Instance::new(module, resolver) {
        Err(InstantiationError::Link(error @ LinkError::Import(..))) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn unknown_imports_of_every_kind() {
    let store = Store::default();
    for (import, expected) in [
        (
            r#"(func (param i32) (result f64))"#,
            "Function(FunctionType { params: [I32], results: [F64] })",
        ),
        (
            "(global (mut i64))",
            "Global(GlobalType { ty: I64, mutability: Var })",
        ),
        (
            "(table 1 2 funcref)",
            "Table(TableType { ty: FuncRef, minimum: 1, maximum: Some(2) })",
        ),
        (
            "(memory 3)",
            "Memory(MemoryType { minimum: 3 pages, maximum: None, shared: false })",
        ),
    ] {
        let module = module(
            &store,
            &format!("(module (import \"e n\" \"fo\\\"o\" {import}))"),
        );
        let text =
            format!(r#"Error while importing "e n"."fo\"o": unknown import. Expected {expected}"#);
        assert_eq!(link_error(&module, &imports! {}), text);
        assert_eq!(link_error(&module, &imports! { "e n" => {} }), text);
        let error = Instance::new(&module, &()).unwrap_err();
        assert_eq!(error.to_string(), text, "the outer error adds nothing");
    }
}

#[test]
fn incompatible_imports_of_every_kind() {
    let store = Store::default();
    let table = |ty, minimum, maximum| {
        let null = if ty == Type::FuncRef {
            Val::FuncRef(None)
        } else {
            Val::null()
        };
        Extern::from(Table::new(&store, TableType::new(ty, minimum, maximum), null).unwrap())
    };
    let items: Vec<(&str, Extern)> = vec![
        (
            "func (param i32)",
            Function::new_native(&store, |_: i32| ()).into(),
        ),
        (
            "func (result i32)",
            Function::new_native(&store, || 1).into(),
        ),
        ("global i32", number(&store, 1).into()),
        (
            "global (mut i32)",
            Global::new_mut(&store, Val::I32(1)).into(),
        ),
        ("global i64", Global::new(&store, Val::I64(1)).into()),
        (
            "memory 2 3",
            Memory::new(&store, MemoryType::new(2, Some(3), false))
                .unwrap()
                .into(),
        ),
        (
            "memory 4",
            Memory::new(&store, MemoryType::new(4, None, false))
                .unwrap()
                .into(),
        ),
        ("table 2 3 funcref", table(Type::FuncRef, 2, Some(3))),
        ("table 4 5 funcref", table(Type::FuncRef, 4, Some(5))),
        ("table 2 3 externref", table(Type::ExternRef, 2, Some(3))),
    ];
    for (wanted, exact) in &items {
        let module = module(
            &store,
            &format!("(module (import \"env\" \"f\" ({wanted})))"),
        );
        for (given, item) in &items {
            let resolver = imports! { "env" => { "f" => item.clone() } };
            if wanted == given {
                Instance::new(&module, &resolver).unwrap();
                continue;
            }
            let text = format!(
                "Error while importing \"env\".\"f\": incompatible import type. Expected {:?} but received {:?}",
                exact.ty(),
                item.ty()
            );
            assert_eq!(link_error(&module, &resolver), text, "{given} for {wanted}");
        }
    }
}

#[test]
fn the_first_import_that_does_not_fit_is_told() {
    let store = Store::default();
    let module = module(
        &store,
        r#"(module (import "env" "ok" (global i32)) (import "env" "wrong" (func)) (import "env" "missing" (func))
            (memory 1) (func $start (unreachable)) (start $start))"#,
    );
    let imports = imports! { "env" => { "ok" => number(&store, 1), "wrong" => number(&store, 2) } };
    assert!(
        link_error(&module, &imports)
            .starts_with("Error while importing \"env\".\"wrong\": incompatible")
    );
    let error = Instance::new(&module, &imports).unwrap_err();
    let InstantiationError::Link(LinkError::Import(
        namespace,
        name,
        ImportError::IncompatibleType(expected, received),
    )) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!((namespace.as_str(), name.as_str()), ("env", "wrong"));
    assert_eq!(*expected.unwrap_func(), FunctionType::new([], []));
    assert_eq!(received.unwrap_global().ty, Type::I32);
}

#[test]
fn externs_of_another_store_are_refused() {
    let (store, other) = (Store::default(), Store::default());
    let foreign: [(&str, Extern); 5] = [
        ("func", Function::new_native(&other, || ()).into()),
        (
            "func",
            Instance::new(&module(&other, "(module (func (export \"f\")))"), &())
                .unwrap()
                .exports
                .get_extern("f")
                .unwrap()
                .clone(),
        ),
        ("global i32", number(&other, 1).into()),
        (
            "memory 1",
            Memory::new(&other, MemoryType::new(1, None, false))
                .unwrap()
                .into(),
        ),
        (
            "table 1 funcref",
            Table::new(
                &other,
                TableType::new(Type::FuncRef, 1, None),
                Val::FuncRef(None),
            )
            .unwrap()
            .into(),
        ),
    ];
    for (import, item) in foreign {
        assert!(item.comes_from_same_store(&other) && !item.comes_from_same_store(&store));
        let importing = module(
            &store,
            &format!("(module (import \"env\" \"f\" ({import})))"),
        );
        let resolver = imports! { "env" => { "f" => item.clone() } };
        assert_eq!(
            link_error(&importing, &resolver),
            "Error while importing \"env\".\"f\": cross-`Store` imports are not supported"
        );
        Instance::new(
            &module(
                &other,
                &format!("(module (import \"env\" \"f\" ({import})))"),
            ),
            &resolver,
        )
        .unwrap();
    }
}

const SEGMENTS: &str = r#"(module
    (import "env" "m" (memory 1)) (import "env" "t" (table 2 funcref)) (import "env" "at" (global $at i32))
    (func $seven (result i32) (i32.const 7))
    (elem (i32.const 0) $seven)
    (data (i32.const 0) "first")
    (data (global.get $at) "second")
    (data (i32.const 100) "third"))"#;

/// A memory and a table, with what an instance of [`SEGMENTS`] did to them.
fn segments(store: &Store, at: i32) -> (Result<(), InstantiationError>, Vec<u8>, bool) {
    let memory = Memory::new(store, MemoryType::new(1, None, false)).unwrap();
    let table = Table::new(
        store,
        TableType::new(Type::FuncRef, 2, None),
        Val::FuncRef(None),
    )
    .unwrap();
    let imports = imports! { "env" => { "m" => memory.clone(), "t" => table.clone(), "at" => number(store, at) } };
    let outcome = Instance::new(&module(store, SEGMENTS), &imports).map(drop);
    let bytes = [0, 50, 100]
        .map(|offset| memory.view::<u8>()[offset].get())
        .to_vec();
    let filled = match table.get(0) {
        Some(Val::FuncRef(Some(seven))) => {
            assert_eq!(*seven.call(&[]).unwrap(), [Val::I32(7)]);
            true
        }
        _ => false,
    };
    (outcome, bytes, filled)
}

#[test]
fn a_segment_that_does_not_fit_leaves_what_came_before_it() {
    let store = Store::default();
    let (outcome, bytes, filled) = segments(&store, 50);
    outcome.unwrap();
    assert_eq!((bytes.as_slice(), filled), (&b"fst"[..], true));
    let (outcome, bytes, filled) = segments(&store, 65_531);
    let Err(InstantiationError::Start(error)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.message(), "out of bounds memory access");
    assert_eq!(error.to_trap(), Some(TrapCode::HeapAccessOutOfBounds));
    // Elements first, then data up to there.
    assert_eq!((bytes.as_slice(), filled), (&b"f\0\0"[..], true));
    let far = module(
        &store,
        "(module (table 1 funcref) (func $f) (elem (i32.const -1) $f) (memory 1) (data (i32.const -1) \"x\"))",
    );
    let Err(InstantiationError::Start(error)) = Instance::new(&far, &()) else {
        panic!("it does not fit")
    };
    assert_eq!(
        error.message(),
        "undefined element: out of bounds table access"
    );
}

#[test]
fn without_bulk_operations_such_a_segment_is_a_link_error() {
    let mut features = Features::default();
    features.reference_types(false).bulk_memory(false);
    let store = Store::new(
        &Universal::new(DefaultCompiler::default())
            .features(features)
            .engine(),
    );
    let (outcome, bytes, filled) = segments(&store, 65_531);
    let Err(InstantiationError::Link(error @ LinkError::Trap(_))) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        error.to_string(),
        "RuntimeError occurred during linking: RuntimeError: out of bounds memory access"
    );
    assert_eq!((bytes.as_slice(), filled), (&b"\0\0\0"[..], false));
    segments(&store, 50).0.unwrap();
}

#[derive(Debug, PartialEq)]
struct Custom;

impl fmt::Display for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("custom")
    }
}

impl std::error::Error for Custom {}

#[test]
fn start_functions() {
    let store = Store::default();
    let log = Arc::new(Mutex::new(Vec::new()));
    let logged = log.clone();
    let imports = imports! { "env" => {
        "log" => Function::new_native(&store, move |x: i32| logged.lock().unwrap().push(x)),
        "fail" => Function::new_native(&store, || -> Result<(), Custom> { Err(Custom) }),
        "panic" => Function::new_native(&store, || -> () { std::panic::resume_unwind(Box::new("of the host")) }),
    } };
    let start = |body: &str| {
        let wat = format!(
            r#"(module $m (import "env" "log" (func $log (param i32))) (import "env" "fail" (func $fail))
                (import "env" "panic" (func $panic)) (memory 1) (data (i32.const 4) "\09")
                (global $n (mut i32) (i32.const 1)) (table 1 funcref) (elem (i32.const 0) $log)
                (func $begin {body}) (start $begin) (export "n" (global $n)))"#
        );
        Instance::new(&module(&store, &wat), &imports)
    };
    // Segments and globals are there already.
    let instance = start(
        "(call_indirect (param i32) (i32.load8_u (i32.const 4)) (i32.const 0)) (global.set $n (i32.const 2))",
    );
    assert_eq!(
        instance.unwrap().exports.get_global("n").unwrap().get(),
        Val::I32(2)
    );
    assert_eq!(*log.lock().unwrap(), [9]);
    let failed = |body| match start(body) {
        Err(InstantiationError::Start(error)) => error,
        other => panic!("{other:?}"),
    };
    let error = failed("(call $log (i32.const 3)) (unreachable)");
    assert_eq!(
        (error.message(), error.trace().len()),
        ("unreachable".into(), 1)
    );
    assert!(
        error.to_string().contains("\n    at begin (m[3]:0x"),
        "{error}"
    );
    assert_eq!(*log.lock().unwrap(), [9, 3]);
    assert_eq!(failed("(call $fail)").downcast::<Custom>().unwrap(), Custom);
    assert_eq!(failed("(call $begin)").message(), "call stack exhausted");
    let panicking = std::panic::AssertUnwindSafe(|| start("(call $panic)"));
    let panic = std::panic::catch_unwind(panicking).unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "of the host");
    let outer = start("(unreachable)").unwrap_err().to_string();
    assert!(
        outer.starts_with("RuntimeError: unreachable\n    at begin"),
        "{outer}"
    );
    // An imported function may be the start function.
    let wat = r#"(module (import "env" "fail" (func $fail)) (start $fail))"#;
    let Err(InstantiationError::Start(error)) = Instance::new(&module(&store, wat), &imports)
    else {
        panic!("it fails")
    };
    assert!(error.is::<Custom>());
}

/// What an environment saw.
#[derive(Clone)]
struct Env {
    memory: LazyInit<Memory>,
    instances: Arc<Mutex<usize>>,
}

impl WasmerEnv for Env {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        let memory: Memory = instance.exports.get_with_generics_weak("memory")?;
        *self.instances.lock().unwrap() += 1;
        assert!(
            self.memory.initialize(memory),
            "each instance has a clone of its own"
        );
        Ok(())
    }
}

#[test]
fn environments_are_initialised_per_instance_before_start() {
    let store = Store::default();
    let env = Env {
        memory: LazyInit::new(),
        instances: Arc::default(),
    };
    let first = |env: &Env| {
        env.memory
            .get_ref()
            .map_or(-1, |memory| i32::from(memory.view::<u8>()[0].get()))
    };
    let typed = Function::new_native_with_env(&store, env.clone(), first);
    let dynamic = Function::new_with_env(&store, ([], [Type::I32]), env.clone(), move |env, _| {
        Ok(vec![Val::I32(first(env))])
    });
    let imports = imports! { "env" => { "a" => typed.clone(), "b" => dynamic } };
    let wat = |byte: u8, name: &str| {
        format!(
            r#"(module (import "env" "a" (func $a (result i32))) (import "env" "b" (func $b (result i32)))
                (memory (export "{name}") 1) (data (i32.const 0) "\{byte:02x}") (global $seen (export "seen") (mut i32) (i32.const 0))
                (func $run (export "run") (result i32) (i32.add (call $a) (call $b)))
                (func $start (global.set $seen (call $run))) (start $start))"#
        )
    };
    for byte in [3, 5] {
        let instance = Instance::new(&module(&store, &wat(byte, "memory")), &imports).unwrap();
        assert_eq!(
            instance.exports.get_global("seen").unwrap().get(),
            Val::I32(2 * i32::from(byte))
        );
        instance.exports.get_memory("memory").unwrap().view::<u8>()[0].set(50);
        assert_eq!(
            *instance
                .exports
                .get_function("run")
                .unwrap()
                .call(&[])
                .unwrap(),
            [Val::I32(100)]
        );
    }
    assert_eq!(*env.instances.lock().unwrap(), 4);
    // The function that all of them were made from has seen none of it.
    assert_eq!(*typed.call(&[]).unwrap(), [Val::I32(-1)]);
    let error = Instance::new(&module(&store, &wat(7, "other")), &imports).unwrap_err();
    assert!(
        matches!(&error, InstantiationError::HostEnvInitialization(HostEnvInitError::Export(ExportError::Missing(name))) if name == "memory")
    );
    assert_eq!(
        error.to_string(),
        "Host env initialization error: Missing export memory"
    );
}

#[test]
fn what_cannot_be_allocated_is_a_link_error() {
    let store = Store::default();
    let module = module(&store, "(module (table 10000000 funcref) (memory 65536))");
    // Much is reserved, little is used.
    drop(
        (0..8)
            .map(|_| Instance::new(&module, &()).unwrap())
            .collect::<Vec<_>>(),
    );
    let error = LinkError::Resource("Failed to create memory: x".into());
    assert_eq!(
        InstantiationError::from(error).to_string(),
        "Insufficient resources: Failed to create memory: x"
    );
}

/// Instances of different compilers in one store.
#[cfg(all(feature = "cranelift", feature = "singlepass"))]
mod compilers {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// What both of a pair compile: `other` is the same module by the other one, or what the host puts in its place.
    const BOTH: &str = r#"(module $NAME
        (type $number (func (param i32) (result i32)))
        (type $values (func (param PARAMS) (result RESULTS)))
        (import "host" "table" (table $t 8 funcref))
        (import "other" "reverse" (func $other (type $values)))
        (import "other" "busy" (func $busier (param i64) (result i64)))
        (import "other" "run" (func $other_run (type $number)))
        (elem (i32.const AT) $down $divide $double)
        (func (export "reverse") (type $values) GETS)
        (func (export "pass") (type $values) (call $other ARGUMENTS))
        (func $down (param i32) (result i32)
            (i32.add (i32.const 1) (call_indirect (type $number) (local.get 0) (i32.const BESIDE))))
        (func $divide (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
        (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
        (func (export "run") (type $number) (i32.add (call $other_run (local.get 0)) (i32.const 0)))
        (func (export "call") (param i32 i32) (result i32)
            (i32.add (i32.const 100) (call_indirect (type $number) (local.get 0) (local.get 1))))
        (func (export "wrong") (param i32) (call_indirect (param i64) (i64.const 0) (local.get 0)))
        (func (export "busy") (param $n i64) (result i64)
            (local $sum i64) (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64)
            (local $x f64) (local $y f64) (local $z f64)
            (if (i64.eqz (local.get $n)) (then (return (i64.const 1))))
            (local.set $a (i64.mul (local.get $n) (i64.const 3)))
            (local.set $b (i64.mul (local.get $n) (i64.const 5)))
            (local.set $c (i64.mul (local.get $n) (i64.const 7)))
            (local.set $d (i64.mul (local.get $n) (i64.const 11)))
            (local.set $e (i64.mul (local.get $n) (i64.const 13)))
            (local.set $f (i64.mul (local.get $n) (i64.const 17)))
            (local.set $x (f64.convert_i64_s (i64.mul (local.get $n) (i64.const 19))))
            (local.set $y (f64.convert_i64_s (i64.mul (local.get $n) (i64.const 23))))
            (local.set $z (f64.convert_i64_s (i64.mul (local.get $n) (i64.const 29))))
            (loop $again
                (local.set $sum (i64.add (local.get $sum)
                    (call $busier (i64.sub (local.get $n) (i64.const 1)))))
                (local.set $a (i64.sub (local.get $a) (i64.const 1)))
                (br_if $again (i64.gt_s (local.get $a)
                    (i64.sub (i64.mul (local.get $n) (i64.const 3)) (i64.const 2)))))
            (i64.add (local.get $sum) (i64.add (local.get $a) (i64.add (local.get $b) (i64.add (local.get $c)
                (i64.add (local.get $d) (i64.add (local.get $e) (i64.add (local.get $f)
                (i64.trunc_f64_s (f64.add (local.get $x) (f64.add (local.get $y) (local.get $z)))))))))))))"#;

    /// The same in Rust.
    fn busy(n: i64) -> i64 {
        match n {
            0 => 1,
            n => 2 * busy(n - 1) + n * (3 + 5 + 7 + 11 + 13 + 17 + 19 + 23 + 29) - 2,
        }
    }

    /// More than any convention has registers for, of every type.
    fn values() -> Vec<Val> {
        let some = |n: i32| {
            [
                Val::I32(-n),
                Val::I64(i64::from(n) << 40),
                Val::F32(n as f32 + 0.5),
                Val::F64(f64::from(n) - 0.25),
                Val::V128(0x0123_4567_89ab_cdef_u128 << n | n as u128),
                Val::ExternRef(ExternRef::new(n)),
                Val::FuncRef(None),
            ]
        };
        (1..6).flat_map(some).collect()
    }

    /// Values in a form that can be compared.
    fn shown(values: &[Val]) -> Vec<String> {
        let shown = |value: &Val| match value {
            Val::ExternRef(object) => format!("host {:?}", object.downcast::<i32>()),
            other => format!("{other:?}"),
        };
        values.iter().map(shown).collect()
    }

    fn source(name: &str, at: i32, beside: i32) -> String {
        let types: Vec<_> = values()
            .iter()
            .map(|value| value.ty().to_string())
            .collect();
        let types: Vec<_> = types.iter().map(|ty| ty.to_lowercase()).collect();
        let (params, results) = (
            types.join(" "),
            types.iter().rev().cloned().collect::<Vec<_>>(),
        );
        let get = |nth: usize| format!("(local.get {nth})");
        let gets: Vec<_> = (0..types.len()).map(get).collect();
        let backwards: Vec<_> = gets.iter().rev().cloned().collect();
        BOTH.replace("NAME", name)
            .replace("PARAMS", &params)
            .replace("RESULTS", &results.join(" "))
            .replace("ARGUMENTS", &gets.join(" "))
            .replace("GETS", &backwards.join(" "))
            .replace("AT", &at.to_string())
            .replace("BESIDE", &beside.to_string())
    }

    /// Two instances, of different compilers or engines; and the table that has functions of both: `down`, `divide` and `double` of
    /// the one at 0, and of the other at 4.
    struct Pair {
        first: Instance,
        second: Instance,
        table: Table,
    }

    impl Pair {
        fn function(&self, first: bool, name: &str) -> Function {
            let instance = if first { &self.first } else { &self.second };
            instance.exports.get_function(name).unwrap().clone()
        }
    }

    /// Who compiles.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Who {
        Cranelift,
        Singlepass,
        #[cfg(feature = "llvm")]
        Llvm,
        /// Into a shared object.
        #[cfg(feature = "dylib")]
        Native,
    }

    const ALL: &[Who] = &[
        Who::Cranelift,
        Who::Singlepass,
        #[cfg(feature = "llvm")]
        Who::Llvm,
        #[cfg(feature = "dylib")]
        Who::Native,
    ];

    /// A module of an engine beside that of the store.
    fn load(store: &Store, who: Who, wat: &str) -> Module {
        let universal = |compiler: Box<dyn CompilerConfig>| {
            Store::new(&Universal::new(compiler).beside(&**store.engine()).engine())
        };
        let beside = match who {
            Who::Cranelift => universal(Box::new(Cranelift::new())),
            Who::Singlepass => universal(Box::new(Singlepass::new())),
            #[cfg(feature = "llvm")]
            Who::Llvm => universal(Box::new(LLVM::new())),
            #[cfg(feature = "dylib")]
            Who::Native => {
                let engine = Native::new(Cranelift::new()).beside(&**store.engine());
                Store::new(&engine.engine())
            }
        };
        assert_eq!(*store, beside);
        module(&beside, wat)
    }

    /// Each with each, itself included.
    fn each_with_each() -> impl Iterator<Item = [Who; 2]> {
        let with_each = |first: &'static Who| ALL.iter().map(move |second| [*first, *second]);
        ALL.iter().flat_map(with_each)
    }

    /// `first` calls `second`, which calls the host.
    fn pair([first, second]: [Who; 2]) -> Pair {
        let store = Store::default();
        let ty = TableType::new(Type::FuncRef, 8, None);
        let table = Table::new(&store, ty, Val::FuncRef(None)).unwrap();
        let ty = FunctionType::new(
            values().iter().map(Val::ty).collect::<Vec<_>>(),
            values().iter().rev().map(Val::ty).collect::<Vec<_>>(),
        );
        let reverse = Function::new(&store, ty, |values: &[Val]| {
            Ok(values.iter().rev().cloned().collect())
        });
        let run = Function::new_native(&store, |what: i32| match what {
            0 => Err(RuntimeError::new("of the host")),
            1 => std::panic::panic_any("a panic"),
            what => Ok(what * 3),
        });
        let host = imports! {
            "host" => { "table" => table.clone() },
            "other" => { "reverse" => reverse, "busy" => Function::new_native(&store, busy), "run" => run },
        };
        let second = load(&store, second, &source("second", 4, 0));
        let second = Instance::new(&second, &host).unwrap();
        let mut imports = imports! { "host" => { "table" => table.clone() } };
        imports.register("other", second.exports.clone());
        let first = load(&store, first, &source("first", 0, 4));
        let first = Instance::new(&first, &imports).unwrap();
        Pair {
            first,
            second,
            table,
        }
    }

    fn pairs() -> impl Iterator<Item = Pair> {
        each_with_each()
            .filter(|[first, second]| first != second)
            .map(pair)
    }

    #[test]
    fn values_of_all_types_pass_from_one_to_the_other() {
        let reversed: Vec<_> = values().into_iter().rev().collect();
        for pair in pairs() {
            for (first, name) in [
                (true, "reverse"),
                (false, "reverse"),
                (true, "pass"),
                (false, "pass"),
            ] {
                let results = pair.function(first, name).call(&values()).unwrap();
                assert_eq!(shown(&results), shown(&reversed), "{first} {name}");
            }
        }
    }

    #[test]
    fn registers_survive_calls_of_the_other() {
        for pair in pairs() {
            let function = pair.function(true, "busy").native::<i64, i64>().unwrap();
            for n in [0, 1, 2, 3, 10] {
                assert_eq!(function.call(n).unwrap(), busy(n));
            }
        }
    }

    #[test]
    fn tables_have_functions_of_both() {
        for pair in pairs() {
            for first in [true, false] {
                let call = pair.function(first, "call");
                let call = call.native::<(i32, i32), i32>().unwrap();
                for at in [2, 6] {
                    assert_eq!(call.call(21, at).unwrap(), 142);
                    let wrong = pair.function(first, "wrong").call(&[Val::I32(at)]);
                    let code = wrong.unwrap_err().to_trap();
                    assert_eq!(code, Some(TrapCode::BadSignature));
                }
                let null = call.call(0, 3).unwrap_err().to_trap();
                assert_eq!(null, Some(TrapCode::IndirectCallToNull));
            }
            let double = pair.table.get(6).unwrap().unwrap_funcref().clone().unwrap();
            assert_eq!(double.call(&[Val::I32(4)]).unwrap()[0], Val::I32(8));
        }
    }

    #[test]
    fn traps_and_panics_go_through_both() {
        for pair in pairs() {
            let call = pair.function(true, "call");
            let call = call.native::<(i32, i32), i32>().unwrap();
            let run = pair.function(true, "run").native::<i32, i32>().unwrap();
            let names = |error: &RuntimeError| {
                let names = error
                    .trace()
                    .iter()
                    .map(|frame| frame.module_name().to_owned());
                names.collect::<Vec<_>>()
            };
            for _ in 0..3 {
                let error = call.call(0, 5).unwrap_err();
                assert_eq!(names(&error), ["second", "first"]);
                assert_eq!(error.to_trap(), Some(TrapCode::IntegerDivisionByZero));
                assert_eq!(call.call(2, 5).unwrap(), 103);

                let error = run.call(0).unwrap_err();
                assert_eq!(error.message(), "of the host");
                assert_eq!(names(&error), ["second", "first"]);
                let panic = catch_unwind(AssertUnwindSafe(|| run.call(1))).unwrap_err();
                assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "a panic");
                assert_eq!(run.call(5).unwrap(), 15);

                // Each calls the other.
                let error = call.call(0, 0).unwrap_err();
                let frames = names(&error);
                assert_eq!(error.to_trap(), Some(TrapCode::StackOverflow));
                assert_eq!(frames.len(), 64, "{frames:?}");
                assert!(frames.windows(2).all(|two| two[0] != two[1]), "{frames:?}");
                assert_eq!(call.call(21, 6).unwrap(), 142);
            }
        }
    }

    /// Calls itself `n` times, through a table with another of its kind.
    const DOWN: &str = r#"(module $NAME
        (type $number (func (param i32) (result i32)))
        (import "host" "table" (table 2 funcref))
        (elem (i32.const AT) $down)
        (func $down (export "down") (type $number)
            (i32.add (i32.div_u (i32.const 1) (local.get 0))
                (call_indirect (type $number) (i32.sub (local.get 0) (i32.const 1)) (i32.const BESIDE)))))"#;

    fn shown_trace(error: &RuntimeError) -> Vec<String> {
        error.trace().iter().map(ToString::to_string).collect()
    }

    /// The trace of `n` calls from one instance to another and back.
    fn trace(compilers: [Who; 2], n: i32) -> Vec<String> {
        let store = Store::default();
        let ty = TableType::new(Type::FuncRef, 2, None);
        let table = Table::new(&store, ty, Val::FuncRef(None)).unwrap();
        let host = imports! { "host" => { "table" => table } };
        let names = [("first", "0", "1"), ("second", "1", "0")];
        let instance = |who, (name, at, beside)| {
            let source = DOWN.replace("NAME", name).replace("AT", at);
            let source = source.replace("BESIDE", beside);
            Instance::new(&load(&store, who, &source), &host).unwrap()
        };
        let first = instance(compilers[0], names[0]);
        let _second = instance(compilers[1], names[1]);
        let down = first.exports.get_function("down").unwrap();
        let error = down.call(&[Val::I32(n)]).unwrap_err();
        assert_eq!(error.message(), "integer divide by zero");
        shown_trace(&error)
    }

    #[test]
    fn traces_do_not_tell_who_compiled() {
        for (n, frames) in [
            (0, 1),
            (1, 2),
            (31, 32),
            (62, 63),
            (63, 64),
            (64, 64),
            (500, 64),
        ] {
            let expected = trace([Who::Singlepass; 2], n);
            assert_eq!(expected.len(), frames);
            for compilers in each_with_each() {
                assert_eq!(trace(compilers, n), expected, "{compilers:?}, {n} calls");
            }
        }
    }

    /// Ways to trap, behind calls that a compiler may inline: twice the same, in the last place, below two callers at once.
    const CHAINS: &str = r#"(module $chains
        (import "host" "fail" (func $fail (param i32)))
        (memory 1) (table 2 funcref) (elem (i32.const 0) $long)
        (global $g (mut i32) (i32.const 0))
        (func $trap (param $what i32)
            (block $fail (block $null (block $signature (block $convert (block $overflow (block $divide
                (block $store (block $load (block $unreachable
                    (br_table $unreachable $load $store $divide $overflow $convert $signature $null $fail
                        (local.get $what)))
                (unreachable))
                (drop (i32.load offset=4 (i32.sub (i32.const -1) (local.get $what)))) (return))
                (i64.store offset=8 (i32.const 0x10000) (i64.const 1)) (return))
                (global.set $g (i32.rem_u (i32.const 1) (global.get $g))) (return))
                (global.set $g (i32.div_s (i32.const 0x80000000) (i32.sub (global.get $g) (i32.const 1)))) (return))
                (global.set $g (i32.trunc_f64_s (f64.div (f64.const 1) (f64.convert_i32_s (global.get $g))))) (return))
                (call_indirect (param i64) (i64.const 0) (i32.const 0)) (return))
                (call_indirect (param i32 i32 i32 i32 i32) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i32.const 1)) (return))
            (call $fail (local.get $what)))
        (func $last (param i32) (call $trap (local.get 0)))
        (func $middle (param i32) (result i32) (call $last (local.get 0)) (i32.const 3))
        (func $twice (param i32) (result i32)
            (if (i32.and (local.get 0) (i32.const 16))
                (then (return (call $middle (i32.and (local.get 0) (i32.const 15))))))
            (i32.add (call $middle (local.get 0)) (i32.const 1)))
        (func $long (param i32 i32 i32 i32 i32) (call $trap (local.get 0)))
        ;; The way that traps needs no registers saved.
        (func $early (param $what i32) (param $n i32) (result i32)
            (if (i32.eqz (local.get $n))
                (then (return (i32.load (i32.sub (i32.const -8) (local.get $what))))))
            (i32.add (call $early (local.get $what) (i32.sub (local.get $n) (i32.const 1)))
                     (call $early (local.get $what) (i32.sub (local.get $n) (i32.const 2)))))
        (func (export "early") (param i32) (result i32)
            (i32.add (call $early (local.get 0) (i32.const 3)) (i32.const 1)))
        (func $direct (export "direct") (param i32) (result i32) (call $twice (local.get 0)))
        (func $again (export "again") (param i32) (result i32)
            (local $sum i32)
            (loop $l
                (local.set $sum (i32.add (local.get $sum) (call $twice (local.get 0))))
                (br_if $l (i32.lt_u (local.get $sum) (i32.const 4))))
            (local.get $sum)))"#;

    #[test]
    fn traces_do_not_tell_what_was_inlined() {
        let traces = |who| {
            let store = Store::default();
            let fail = |_: i32| -> Result<(), RuntimeError> { Err(RuntimeError::new("failed")) };
            let host = imports! { "host" => { "fail" => Function::new_native(&store, fail) } };
            let instance = Instance::new(&load(&store, who, CHAINS), &host).unwrap();
            let mut all = Vec::new();
            for name in ["direct", "again", "early"] {
                let function = instance.exports.get_function(name).unwrap();
                for what in (0..9).chain(16..25) {
                    let error = function.call(&[Val::I32(what)]).unwrap_err();
                    all.push((name, what, error.message(), shown_trace(&error)));
                }
            }
            all
        };
        let expected = traces(Who::Singlepass);
        let whole = expected.iter().all(|(_, _, _, trace)| trace.len() == 5);
        assert!(whole, "{expected:#?}");
        for &who in ALL {
            for (is, should) in traces(who).iter().zip(&expected) {
                assert_eq!(is, should, "{who:?}");
            }
        }
    }
}
