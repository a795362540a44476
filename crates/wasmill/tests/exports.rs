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
fn handles_with_generics() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    let native: NativeFunc<i32, i64> = exports.get_with_generics("v").unwrap();
    let memory: Memory = exports.get_with_generics("z").unwrap();
    assert!(exports.get_with_generics_weak::<Table, _, _>("z").is_err());
    let missing = exports.get_with_generics_weak::<NativeFunc<i32, i64>, _, _>("b");
    assert_eq!(missing.err(), Some(ExportError::Missing("b".into())));
    drop(exports);
    // Those that are not weak keep what they refer to.
    assert_eq!(native.call(3).unwrap(), 3);
    assert_eq!(memory.size(), Pages(1));
}

/// Weak handles to every kind of export.
struct Weak {
    native: NativeFunc<i32, i64>,
    function: Function,
    memory: Memory,
    table: Table,
    global: Global,
}

impl Weak {
    fn of(exports: &Exports) -> Self {
        Self {
            native: exports.get_with_generics_weak("v").unwrap(),
            function: exports.get_with_generics_weak("v").unwrap(),
            memory: exports.get_with_generics_weak("z").unwrap(),
            table: exports.get_with_generics_weak("y").unwrap(),
            global: exports.get_with_generics_weak("w").unwrap(),
        }
    }

    fn works(&self) {
        assert_eq!(self.native.call(4).unwrap(), 4);
        assert_eq!(
            *self.function.call(&[Val::I32(-5)]).unwrap(),
            [Val::I64(-5)]
        );
        assert_eq!(
            self.function.native::<i32, i64>().unwrap().call(6).unwrap(),
            6
        );
        self.memory.write(8, b"x").unwrap();
        assert_eq!(self.memory.view::<u8>()[8].get(), b'x');
        self.table.set(0, self.function.clone().into()).unwrap();
        assert_eq!(self.table.get(0), Some(self.function.clone().into()));
        self.global.set(Val::F64(1.5)).unwrap();
        assert_eq!(self.global.get(), Val::F64(1.5));
        assert!(self.function == self.function.clone());
        assert!(self.memory.same(&self.memory.clone()) && self.table.same(&self.table.clone()));
        assert!(self.global.same(&self.global.clone()));
    }

    /// Nothing can be done any more, and nothing panics.
    fn is_gone(&self) {
        const GONE: &str = "a weak handle was used after its instance was dropped";
        let message = |error: RuntimeError| error.message();
        assert_eq!(self.native.call(4).map_err(message), Err(GONE.into()));
        let called = self.function.call(&[Val::I32(4)]).map_err(message);
        assert_eq!(called, Err(GONE.into()));
        let native = self.function.native::<i32, i64>().unwrap();
        assert_eq!(native.call(4).map_err(message), Err(GONE.into()));
        assert!(self.function.native::<(), ()>().is_err());
        assert!(self.function != self.function.clone());
        assert_eq!(
            (self.function.param_arity(), self.function.result_arity()),
            (1, 1)
        );

        assert_eq!((self.memory.size(), self.memory.data_size()), (Pages(0), 0));
        assert_eq!(self.memory.view::<u8>().len(), 0);
        assert!(self.memory.read(0, &mut [0]).is_err() && self.memory.write(0, &[0]).is_err());
        assert!(self.memory.grow(1).is_err() && !self.memory.same(&self.memory));
        assert!(WasmPtr::<u8>::new(0).deref(&self.memory).is_none());
        assert_eq!(self.memory.ty(), MemoryType::new(0, Some(0), false));

        assert_eq!((self.table.size(), self.table.get(0)), (0, None));
        let null = || Val::FuncRef(None);
        assert_eq!(self.table.set(0, null()).map_err(message), Err(GONE.into()));
        let grown = self.table.grow(1, null()).map_err(message);
        assert_eq!(grown, Err("failed to grow table by `1`".into()));
        let copied = Table::copy(&self.table, 0, &self.table, 0, 0).map_err(message);
        assert_eq!(copied, Err(GONE.into()));
        assert!(!self.table.same(&self.table));
        assert_eq!(*self.table.ty(), TableType::new(Type::FuncRef, 2, None));

        assert_eq!(self.global.get(), Val::F64(0.0));
        let set = self.global.set(Val::F64(1.0)).map_err(message);
        assert_eq!(set, Err(GONE.into()));
        let wrong = self.global.set(Val::I32(1)).map_err(message).unwrap_err();
        assert!(wrong.starts_with("Attempted to operate on a global of type F64"));
        assert_eq!(
            *self.global.ty(),
            GlobalType::new(Type::F64, Mutability::Var)
        );
        let debug = format!("{:?} {:?} {:?}", self.global, self.function, self.memory);
        assert!(debug.contains("value: F64(0.0)"), "{debug}");
    }

    /// Clones of all of them.
    fn again(&self) -> Self {
        Self {
            native: self.native.clone(),
            function: self.function.clone(),
            memory: self.memory.clone(),
            table: self.table.clone(),
            global: self.global.clone(),
        }
    }
}

#[test]
fn weak_handles_end_with_what_they_refer_to() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    let weak = Weak::of(&exports);
    weak.works();
    drop(exports);
    weak.is_gone();
    // Clones of what is gone stay what they are.
    let clone = weak.again();
    drop(weak);
    clone.is_gone();
}

#[test]
fn every_clone_of_a_live_weak_handle_keeps_its_target() {
    type Keep = fn(&Weak) -> Box<dyn std::any::Any>;
    let keepers: [Keep; 6] = [
        |weak| Box::new(weak.native.clone()),
        |weak| Box::new(Function::from(weak.native.clone())),
        |weak| Box::new(weak.function.clone()),
        |weak| Box::new(weak.memory.clone()),
        |weak| Box::new(weak.table.clone()),
        |weak| Box::new(weak.global.clone()),
    ];
    for keep in keepers {
        let exports = instance(&Store::default(), ALL_KINDS).exports;
        let weak = Weak::of(&exports);
        let kept = keep(&weak);
        drop(exports);
        weak.works();
        drop(kept);
        weak.is_gone();
    }
}

#[test]
fn a_weak_handle_becomes_weak_in_place() {
    let exports = instance(&Store::default(), ALL_KINDS).exports;
    let mut any = exports.get_extern("v").unwrap().clone();
    let mut function = exports.get_function("v").unwrap().clone();
    Exportable::into_weak_instance_ref(&mut any);
    Exportable::into_weak_instance_ref(&mut function);
    Exportable::into_weak_instance_ref(&mut function);
    assert!(matches!(&any, Extern::Function(same) if *same == function));
    drop(exports);
    assert!(function.call(&[Val::I32(1)]).is_err());
    assert_eq!(any.ty(), FunctionType::new([Type::I32], [Type::I64]).into());
}

#[test]
fn what_is_gone_is_imported_as_something_inert() {
    let store = Store::default();
    let weak = Weak::of(&instance(&store, ALL_KINDS).exports);
    let imports = imports! { "e" => {
        "v" => weak.function.clone(), "z" => weak.memory.clone(), "y" => weak.table.clone(),
        "w" => weak.global.clone(),
    } };
    let link = |wat: &str| Instance::new(&Module::new(&store, wat).unwrap(), &imports);
    let instance = link(
        r#"(module (import "e" "v" (func $v (param i32) (result i64)))
            (import "e" "y" (table 0 funcref))
            (import "e" "w" (global $w (mut f64)))
            (func (export "call") (result i64) (call $v (i32.const 1)))
            (func (export "w") (result f64) (global.get $w)))"#,
    )
    .unwrap();
    let call = instance.exports.get_function("call").unwrap();
    let error = call.call(&[]).unwrap_err();
    assert_eq!(
        error.message(),
        "a weak handle was used after its instance was dropped"
    );
    let read = instance.exports.get_function("w").unwrap();
    assert_eq!(*read.call(&[]).unwrap(), [Val::F64(0.0)]);
    // A memory cannot be, nor can a table that has elements.
    for wat in [
        r#"(module (import "e" "z" (memory 0)))"#,
        r#"(module (import "e" "y" (table 1 funcref)))"#,
    ] {
        assert!(matches!(link(wat), Err(InstantiationError::Link(_))));
    }
    // A reference to it can be stored, and fails when called.
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 1, None),
        weak.function.clone().into(),
    )
    .unwrap();
    let Some(Val::FuncRef(Some(stored))) = table.get(0) else {
        panic!("a function was put there")
    };
    assert_eq!(stored.ty(), weak.function.ty());
    assert!(stored.call(&[Val::I32(1)]).is_err());
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
