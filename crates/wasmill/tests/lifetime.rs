//! What keeps what alive, and that everything is given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmill::*;

/// Counts how many of them exist.
#[derive(Clone)]
struct Probe(Arc<AtomicUsize>);

impl Probe {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Resident memory, in KiB.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4
}

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .count()
}

/// Runs `round` often and checks that neither memory nor mappings grow.
fn stays_flat(rounds: usize, mut round: impl FnMut()) {
    (0..rounds / 10).for_each(|_| round());
    let (before, mapped) = (resident(), mappings());
    (0..rounds).for_each(|_| round());
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 10, "{rounds} rounds left {grown} KiB");
    let more = mappings().saturating_sub(mapped);
    assert!(more < 64, "{rounds} rounds left {more} mappings");
}

#[test]
fn a_million_tiny_instances() {
    let store = Store::default();
    let module = Module::new(&store, r#"(module (func (export "f")))"#).unwrap();
    let imports = imports! {};
    stays_flat(1_000_000, || {
        drop(Instance::new(&module, &imports).unwrap());
    });
}

#[test]
fn instances_with_everything_that_share_what_they_import() {
    let store = Store::default();
    let library = Module::new(
        &store,
        r#"(module (memory (export "memory") 1) (func (export "add") (param i32) (result i32) (local.get 0)))"#,
    )
    .unwrap();
    let library = Instance::new(&library, &imports! {}).unwrap();
    let factor = 3;
    let env = imports! {
        "env" => {
            "g" => Global::new_mut(&store, Value::I32(1)),
            "m" => Memory::new(&store, MemoryType::new(1, None, false)).unwrap(),
            "f" => Function::new_native(&store, move |x: i32| x * factor),
            "d" => Function::new(&store, ([Type::I32], [Type::I32]), |args| Ok(args.to_vec())),
            "e" => Function::new_native_with_env(&store, 7, |env: &i32, x: i32| env + x),
            "add" => library.exports.get_function("add").unwrap().clone(),
        },
    };
    let module = Module::new(
        &store,
        r#"(module
            (import "env" "g" (global (mut i32)))
            (import "env" "m" (memory 1))
            (import "env" "f" (func $f (param i32) (result i32)))
            (import "env" "d" (func $d (param i32) (result i32)))
            (import "env" "e" (func $e (param i32) (result i32)))
            (import "env" "add" (func $add (param i32) (result i32)))
            (table (export "t") 10 funcref)
            (elem (i32.const 0) $f $d $e $add $g)
            (func $g (export "run") (param i32) (result i32)
              (call $add (call $e (call $d (call $f (local.get 0)))))))"#,
    )
    .unwrap();
    stays_flat(20_000, || {
        let instance = Instance::new(&module, &env).unwrap();
        let run = instance
            .exports
            .get_native_function::<i32, i32>("run")
            .unwrap();
        drop(instance);
        assert_eq!(run.call(2).unwrap(), 13);
    });
}

#[test]
fn memories_of_their_own_are_given_back() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (memory (export "memory") 2) (data (i32.const 70000) "x")
            (func (export "touch") (i32.store (i32.const 4096) (i32.const 7)) (drop (memory.grow (i32.const 3)))))"#,
    )
    .unwrap();
    let imports = imports! {};
    stays_flat(5_000, || {
        let instance = Instance::new(&module, &imports).unwrap();
        instance
            .exports
            .get_native_function::<(), ()>("touch")
            .unwrap()
            .call()
            .unwrap();
    });
}

#[test]
fn modules_are_given_back() {
    let store = Store::default();
    stays_flat(200, || {
        let module = Module::new(
            &store,
            r#"(module (func (export "f") (result i32) (i32.const 1)))"#,
        );
        let instance = Instance::new(&module.unwrap(), &imports! {}).unwrap();
        let f = instance
            .exports
            .get_native_function::<(), i32>("f")
            .unwrap();
        drop(instance);
        assert_eq!(f.call().unwrap(), 1);
    });
}

#[test]
fn a_closure_lives_as_long_as_something_can_call_it() {
    let count = Arc::new(AtomicUsize::new(0));
    let alive = || count.load(Ordering::Relaxed);
    let store = Store::default();
    let probe = Probe::new(&count);
    let function = Function::new_native(&store, move || probe.0.load(Ordering::Relaxed) as i32);
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 2, None),
        function.clone().into(),
    );
    let table = table.unwrap();
    drop(function);
    assert_eq!(alive(), 1);
    let Some(Val::FuncRef(Some(again))) = table.get(1) else {
        panic!("a function was put there")
    };
    drop(table);
    assert_eq!(*again.call(&[]).unwrap(), [Value::I32(1)]);
    drop(again);
    assert_eq!(alive(), 0);
}

#[test]
fn functions_in_a_table_of_another_instance_never_dangle() {
    let store = Store::default();
    let shared = Module::new(
        &store,
        r#"(module (table (export "t") 4 funcref)
            (func (export "call") (param i32) (result i32)
              (call_indirect (result i32) (local.get 0))))"#,
    )
    .unwrap();
    let shared = Instance::new(&shared, &imports! {}).unwrap();
    let plugin = Module::new(
        &store,
        r#"(module (import "host" "t" (table 4 funcref)) (memory 1) (data (i32.const 0) "\2a")
            (global $n (mut i32) (i32.const 0))
            (elem (i32.const 1) $f)
            (func $f (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1)))
              (i32.add (i32.load8_u (i32.const 0)) (global.get $n))))"#,
    )
    .unwrap();
    let exports = shared.exports.clone();
    drop(Instance::new(&plugin, &imports! { "host" => exports }).unwrap());
    drop(plugin);
    let call = shared
        .exports
        .get_native_function::<i32, i32>("call")
        .unwrap();
    drop(shared);
    assert_eq!(call.call(1).unwrap(), 43);
    assert_eq!(call.call(1).unwrap(), 44);
    assert_eq!(call.call(0).unwrap_err().message(), "uninitialized element");
}

#[test]
fn a_failed_instance_stays_while_a_table_holds_its_functions() {
    let store = Store::default();
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 2, None),
        Val::FuncRef(None),
    )
    .unwrap();
    let module = Module::new(
        &store,
        r#"(module (import "host" "t" (table 2 funcref)) (memory 1)
            (elem (i32.const 0) $f)
            (func $f (result i32) (i32.load (i32.const 8)))
            (func $start (i32.store (i32.const 8) (i32.const 5)) (unreachable))
            (start $start))"#,
    )
    .unwrap();
    let error =
        Instance::new(&module, &imports! { "host" => { "t" => table.clone() } }).unwrap_err();
    assert!(matches!(&error, InstantiationError::Start(error) if error.message() == "unreachable"));
    drop(module);
    let Some(Val::FuncRef(Some(f))) = table.get(0) else {
        panic!("the segment was copied")
    };
    assert_eq!(*f.call(&[]).unwrap(), [Value::I32(5)]);
}

#[test]
fn exported_handles_outlive_their_instance() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (memory (export "m") 1) (global (export "g") (mut i64) (i64.const 9))
            (table (export "t") 1 funcref) (func $f (export "f") (result i64) (global.get 0))
            (elem (i32.const 0) $f))"#,
    )
    .unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let memory = instance.exports.get_memory("m").unwrap().clone();
    let global = instance.exports.get_global("g").unwrap().clone();
    let table = instance.exports.get_table("t").unwrap().clone();
    drop((instance, module, store));
    global.set(Value::I64(10)).unwrap();
    memory.write(65_535, &[1]).unwrap();
    let Some(Val::FuncRef(Some(f))) = table.get(0) else {
        panic!("the segment was copied")
    };
    drop((table, memory));
    assert_eq!(*f.call(&[]).unwrap(), [Value::I64(10)]);
}

#[test]
fn an_environment_does_not_keep_its_instance() {
    #[derive(Clone)]
    struct Env {
        memory: LazyInit<Memory>,
        _probe: Arc<Probe>,
    }
    impl WasmerEnv for Env {
        fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
            self.memory
                .initialize(instance.exports.get_with_generics_weak("memory")?);
            Ok(())
        }
    }
    let count = Arc::new(AtomicUsize::new(0));
    let store = Store::default();
    let env = Env {
        memory: LazyInit::new(),
        _probe: Arc::new(Probe::new(&count)),
    };
    let read =
        |env: &Env| -> i32 { i32::from(env.memory.get_ref().unwrap().view::<u8>()[3].get()) };
    let imports =
        imports! { "env" => { "read" => Function::new_native_with_env(&store, env, read) } };
    let module = Module::new(
        &store,
        r#"(module (import "env" "read" (func $read (result i32))) (memory (export "memory") 1)
            (data (i32.const 3) "\07") (global $seen (export "seen") (mut i32) (i32.const 0))
            (func $start (global.set $seen (call $read))) (start $start))"#,
    )
    .unwrap();
    let instance = Instance::new(&module, &imports).unwrap();
    // The environment was initialised before the start function ran.
    assert_eq!(
        instance.exports.get_global("seen").unwrap().get(),
        Value::I32(7)
    );
    stays_flat(2_000, || drop(Instance::new(&module, &imports).unwrap()));
    drop((instance, imports));
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn references_to_host_values_are_collected() {
    let count = Arc::new(AtomicUsize::new(0));
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (table $t (export "t") 4 externref) (global $g (mut externref) (ref.null extern))
            (func (export "keep") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
            (func (export "pass") (param externref) (result externref)
              (global.set $g (local.get 0)) (local.get 0))
            (func (export "get") (result externref) (global.get $g)))"#,
    )
    .unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let pass = instance
        .exports
        .get_native_function::<ExternRef, ExternRef>("pass")
        .unwrap();
    let keep = instance
        .exports
        .get_native_function::<(i32, ExternRef), ()>("keep")
        .unwrap();
    let kept = ExternRef::new(Probe::new(&count));
    keep.call(2, kept.clone()).unwrap();
    for _ in 0..100_000 {
        let value = ExternRef::new(Probe::new(&count));
        assert_eq!(pass.call(value.clone()).unwrap(), value);
    }
    assert!(count.load(Ordering::Relaxed) < 10_000, "references pile up");
    let last = instance
        .exports
        .get_native_function::<(), ExternRef>("get")
        .unwrap();
    assert!(last.call().unwrap().downcast::<Probe>().is_some());
    let table = instance.exports.get_table("t").unwrap();
    assert_eq!(table.get(2), Some(Val::ExternRef(kept.clone())));
    assert_eq!(table.get(1), Some(Val::null()));
}

#[test]
fn instances_that_import_crosswise_are_freed() {
    let store = Store::default();
    let alive = Arc::new(AtomicUsize::new(0));
    let library = Module::new(
        &store,
        r#"(module (memory (export "memory") 1) (table (export "table") 1 funcref)
            (global (export "number") i32 (i32.const 1)))"#,
    )
    .unwrap();
    let user = Module::new(
        &store,
        r#"(module (import "env" "table" (table 1 funcref)) (import "env" "memory" (memory 1))
            (import "env" "number" (global i32)) (import "env" "f" (func)))"#,
    )
    .unwrap();
    let link = |table: &Instance, memory: &Instance| {
        let probe = Probe::new(&alive);
        let imports = imports! { "env" => {
            "table" => table.exports.get_table("table").unwrap().clone(),
            "memory" => memory.exports.get_memory("memory").unwrap().clone(),
            "number" => memory.exports.get_global("number").unwrap().clone(),
            "f" => Function::new_native(&store, move || drop(probe.clone())),
        } };
        Instance::new(&user, &imports).unwrap()
    };
    let libraries: Vec<_> = (0..2)
        .map(|_| Instance::new(&library, &imports! {}).unwrap())
        .collect();
    // Each becomes one with the one library, and keeps the other: a circle.
    let users = [
        link(&libraries[0], &libraries[1]),
        link(&libraries[1], &libraries[0]),
    ];
    assert_eq!(alive.load(Ordering::Relaxed), 2);
    drop((libraries, users));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn an_instance_that_imports_a_global_for_functions_is_freed() {
    let store = Store::default();
    let alive = Arc::new(AtomicUsize::new(0));
    let module = Module::new(
        &store,
        r#"(module (import "env" "global" (global (mut funcref))) (import "env" "f" (func)))"#,
    )
    .unwrap();
    let probe = Probe::new(&alive);
    let imports = imports! { "env" => {
        "global" => Global::new_mut(&store, Val::FuncRef(None)),
        "f" => Function::new_native(&store, move || drop(probe.clone())),
    } };
    let instance = Instance::new(&module, &imports).unwrap();
    drop((instance, imports));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}
