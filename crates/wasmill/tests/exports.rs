//! Exports: order, look-up by name and kind, iteration, maps made by hand, handles that do not keep their instance.

use wasmill::*;

const ALL_KINDS: &str = r#"(module
    (memory (export "z") 1 3) (table (export "y") 2 funcref)
    (global (export "x") i32 (i32.const 4)) (global (export "w") (mut f64) (f64.const 0.5))
    (func $f (export "v") (param i32) (result i64) (i64.extend_i32_s (local.get 0)))
    (func (export "u")) (export "a" (func $f)) (export "" (memory 0)))"#;

fn instance(store: &Store, wat: &str) -> Instance {
    Instance::new(&Module::new(store, wat).unwrap(), &imports! {}).unwrap()
}

fn names(exports: &Exports) -> Vec<&str> {
    exports.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn order_and_kinds() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    assert_eq!(names(&exports), ["z", "y", "x", "w", "v", "u", "a", ""]);
    assert_eq!(
        (exports.len(), exports.iter().len(), exports.is_empty()),
        (8, 8, false)
    );
    let mut rest = exports.iter();
    rest.nth(4).unwrap();
    assert_eq!(rest.len(), 3);
    let of = |kind: &str| -> Vec<&str> {
        match kind {
            "function" => exports
                .iter()
                .functions()
                .map(|(name, _)| name.as_str())
                .collect(),
            "memory" => exports
                .iter()
                .memories()
                .map(|(name, _)| name.as_str())
                .collect(),
            "global" => exports
                .iter()
                .globals()
                .map(|(name, _)| name.as_str())
                .collect(),
            _ => exports
                .iter()
                .tables()
                .map(|(name, _)| name.as_str())
                .collect(),
        }
    };
    assert_eq!(of("function"), ["v", "u", "a"]);
    assert_eq!(
        (of("memory"), of("global"), of("table")),
        (vec!["z", ""], vec!["x", "w"], vec!["y"])
    );
    let types: Vec<String> = exports
        .iter()
        .map(|(_, item)| match item.ty() {
            ExternType::Function(ty) => ty.to_string(),
            ExternType::Global(ty) => ty.to_string(),
            ExternType::Table(ty) => ty.to_string(),
            ExternType::Memory(ty) => ty.to_string(),
        })
        .collect();
    assert_eq!(
        types[..5],
        [
            "not shared (1 pages..3 pages)",
            "FuncRef (2..)",
            "I32 (constant)",
            "F64 (mutable)",
            "[I32] -> [I64]",
        ]
    );
    let debug = format!("{exports:?}");
    assert!(
        debug.starts_with(r#"{("z", Memory(...)), ("y", Table(...)), ("x", Global(...)), "#),
        "{debug}"
    );
}

#[test]
fn look_up() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    assert_eq!(exports.get_memory("z").unwrap().size(), Pages(1));
    assert!(
        exports
            .get_memory("z")
            .unwrap()
            .same(exports.get_memory("").unwrap())
    );
    assert_eq!(exports.get_table("y").unwrap().size(), 2);
    assert_eq!(exports.get_global("x").unwrap().get(), Val::I32(4));
    assert_eq!(
        exports.get_function("v").unwrap().ty().to_string(),
        "[I32] -> [I64]"
    );
    assert_eq!(
        exports
            .get_native_function::<i32, i64>("v")
            .unwrap()
            .call(-5)
            .unwrap(),
        -5
    );
    exports
        .get_native_function::<(), ()>("u")
        .unwrap()
        .call()
        .unwrap();
    let memory: &Memory = exports.get("z").unwrap();
    let any: &Extern = exports.get("z").unwrap();
    assert!(matches!(any, Extern::Memory(same) if same.same(memory)));
    assert!(matches!(exports.get_extern("y"), Some(Extern::Table(_))));
    assert!(exports.get_extern("b").is_none());
    assert!(exports.contains("z") && exports.contains(String::from("")) && !exports.contains("b"));
}

#[test]
fn texts_of_what_is_not_there() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    let missing = exports.get_function("nothing").unwrap_err();
    assert_eq!(missing, ExportError::Missing("nothing".into()));
    assert_eq!(missing.to_string(), "Missing export nothing");
    assert_eq!(
        HostEnvInitError::from(missing).to_string(),
        "Host env initialization error: Missing export nothing"
    );
    let wrong = [
        exports.get_function("z").unwrap_err(),
        exports.get_memory("y").unwrap_err(),
        exports.get_table("x").err().unwrap(),
        exports.get_global("v").unwrap_err(),
        exports.get_native_function::<i64, i64>("v").err().unwrap(),
        exports.get_native_function::<i32, ()>("v").err().unwrap(),
        exports.get_native_function::<(), ()>("z").err().unwrap(),
        exports
            .get_with_generics::<NativeFunc<i32, i32>, _, _>("v")
            .err()
            .unwrap(),
    ];
    for error in wrong {
        assert_eq!(error, ExportError::IncompatibleType);
        assert_eq!(error.to_string(), "Incompatible Export Type");
    }
    assert_eq!(
        exports.get_native_function::<(), ()>("no").err(),
        Some(ExportError::Missing("no".into()))
    );
}

#[test]
fn handles_with_generics_strong_and_weak() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    let native: NativeFunc<i32, i64> = exports.get_with_generics("v").unwrap();
    assert_eq!(native.call(3).unwrap(), 3);
    let memory: Memory = exports.get_with_generics("z").unwrap();
    let weak: NativeFunc<i32, i64> = exports.get_with_generics_weak("v").unwrap();
    let weak_global: Global = exports.get_with_generics_weak("x").unwrap();
    assert!(exports.get_with_generics_weak::<Table, _, _>("z").is_err());
    drop((exports, native, memory));
    // The instance is gone; what a weak function refers to goes on.
    assert_eq!(weak.call(4).unwrap(), 4);
    assert_eq!(weak.clone().call(5).unwrap(), 5);
    assert_eq!(weak_global.get(), Val::I32(4));
}

#[test]
fn a_weak_memory_becomes_empty_and_its_clone_keeps() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    let weak: Memory = exports.get_with_generics_weak("z").unwrap();
    let another: Memory = exports.get_with_generics_weak("z").unwrap();
    weak.write(8, b"x").unwrap();
    let strong = weak.clone();
    drop(exports);
    assert_eq!(
        (weak.size(), another.view::<u8>()[8].get()),
        (Pages(1), b'x')
    );
    drop(strong);
    assert_eq!(
        (weak.size(), weak.data_size(), weak.view::<u8>().len()),
        (Pages(0), 0, 0)
    );
    assert!(weak.read(0, &mut [0]).is_err() && weak.grow(1).is_err());
    assert!(WasmPtr::<u8>::new(0).deref(&weak).is_none());
    assert!(!weak.same(&another));
    drop(another.clone());
}

#[test]
fn maps_made_by_hand() {
    let store = Store::default();
    let mut exports = Exports::with_capacity(2);
    assert!(
        exports.is_empty()
            && Exports::new().is_empty()
            && Exports::default().iter().next().is_none()
    );
    exports.insert("second", Global::new(&store, Val::I32(2)));
    exports.insert(String::from("first"), Function::new_native(&store, || 1));
    exports.insert("third", Extern::from(Global::new(&store, Val::I32(3))));
    assert_eq!(names(&exports), ["second", "first", "third"]);
    // A name that is there is replaced, in its place.
    exports.insert("second", Global::new(&store, Val::I32(22)));
    assert_eq!(names(&exports), ["second", "first", "third"]);
    assert_eq!(exports.get_global("second").unwrap().get(), Val::I32(22));
    let collected: Exports = exports
        .iter()
        .map(|(name, item)| (name.to_uppercase(), item.clone()))
        .collect();
    assert_eq!(names(&collected), ["SECOND", "FIRST", "THIRD"]);
}

#[test]
fn a_clone_that_is_written_to_is_a_map_of_its_own() {
    let store = Store::default();
    let of_instance = instance(&store, ALL_KINDS).exports;
    let mut by_hand = Exports::new();
    by_hand.insert("z", Global::new(&store, Val::I32(1)));
    for original in [of_instance, by_hand] {
        let count = original.len();
        let mut clone = original.clone();
        clone.insert("new", Global::new(&store, Val::I32(5)));
        clone.insert("z", Global::new(&store, Val::I32(6)));
        assert_eq!((original.len(), clone.len()), (count, count + 1));
        assert!(!original.contains("new") && clone.contains("new"));
        assert_eq!(clone.get_global("z").unwrap().get(), Val::I32(6));
        assert!(!matches!(original.get_global("z"), Ok(global) if global.get() == Val::I32(6)));
        assert_eq!(names(&clone)[0], "z");
    }
}

#[test]
fn imports_come_out_as_they_went_in() {
    let store = Store::default();
    let memory = Memory::new(&store, MemoryType::new(1, None, false)).unwrap();
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 1, None),
        Val::FuncRef(None),
    )
    .unwrap();
    let global = Global::new_mut(&store, Val::I64(1));
    let function = Function::new_native(&store, |x: i32| x);
    let wat = r#"(module (import "e" "m" (memory 1)) (import "e" "t" (table 1 funcref))
        (import "e" "g" (global (mut i64))) (import "e" "f" (func (param i32) (result i32)))
        (export "f" (func 0)) (export "g" (global 0)) (export "t" (table 0)) (export "m" (memory 0)))"#;
    let imports = imports! { "e" => {
        "m" => memory.clone(), "t" => table.clone(), "g" => global.clone(), "f" => function.clone(),
    } };
    let instance = Instance::new(&Module::new(&store, wat).unwrap(), &imports).unwrap();
    let exports = &instance.exports;
    assert!(exports.get_memory("m").unwrap().same(&memory));
    assert!(exports.get_table("t").unwrap().same(&table));
    assert!(exports.get_global("g").unwrap().same(&global));
    assert!(*exports.get_function("f").unwrap() == function);
    assert_eq!(instance.store(), &store);
    assert!(format!("{instance:?}").starts_with(r#"Instance { exports: {("f", Function(...)), "#));
}

#[test]
fn handles_are_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<(Instance, Module, Store, Exports, Extern)>();
    check::<(Function, NativeFunc<(i32, i64), f32>, Memory, Table, Global)>();
    check::<(
        Val,
        ExternRef,
        RuntimeError,
        FrameInfo,
        ImportObject,
        WasmPtr<u64, Array>,
    )>();
    check::<(
        LinkError,
        InstantiationError,
        CompileError,
        MemoryError,
        ExportError,
        HostEnvInitError,
    )>();
}
