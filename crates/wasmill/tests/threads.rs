//! Many threads, linked and unlinked instances.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use wasmill::*;

const THREADS: usize = 16;

const COUNTER: &str = r#"(module
    (memory (export "memory") 1)
    (global $n (export "n") (mut i32) (i32.const 0))
    (func (export "add") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.load (i32.const 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "trap") (unreachable)))"#;

#[test]
fn one_instance_on_many_threads_runs_one_call_at_a_time() {
    let store = Store::default();
    let module = Module::new(&store, COUNTER).unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let instance = instance.clone();
            scope.spawn(move || {
                let add = instance
                    .exports
                    .get_native_function::<i32, i32>("add")
                    .unwrap();
                for _ in 0..2_000 {
                    add.call(3).unwrap();
                }
            });
        }
    });
    let calls = (THREADS * 2_000) as i32;
    assert_eq!(
        instance.exports.get_global("n").unwrap().get(),
        Value::I32(calls)
    );
    let memory = instance.exports.get_memory("memory").unwrap();
    assert_eq!(memory.view::<i32>()[0].get(), 3 * calls);
}

#[test]
fn unlinked_instances_run_at_the_same_time() {
    // Each guest waits in a host function for the other: if they excluded each other, neither would go on.
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (import "env" "meet" (func $meet)) (func (export "run") (call $meet)))"#,
    )
    .unwrap();
    let meeting = || {
        let arrived = Arc::new(AtomicUsize::new(0));
        move || {
            arrived.fetch_add(1, Ordering::SeqCst);
            while arrived.load(Ordering::SeqCst) < 2 {
                thread::yield_now();
            }
        }
    };
    let dynamic = meeting();
    let dynamic = Function::new(&store, ([], []), move |_| {
        dynamic();
        Ok(vec![])
    });
    // What it captures may be shared, so the closure may be.
    let native = Function::new_native(&store, meeting());
    for meet in [dynamic, native] {
        let imports = imports! { "env" => { "meet" => meet } };
        thread::scope(|scope| {
            for _ in 0..2 {
                let instance = Instance::new(&module, &imports).unwrap();
                let run = instance.exports.get_native_function::<(), ()>("run");
                scope.spawn(move || run.unwrap().call().unwrap());
            }
        });
    }
}

#[test]
fn closures_that_may_not_be_shared_run_one_at_a_time() {
    let store = Store::default();
    let count = Cell::new(0);
    // Not atomic: calls at the same time would lose counts.
    let next = Function::new_native(&store, move || {
        count.set(std::hint::black_box(count.get()) + 1);
        count.get()
    });
    let module = Module::new(
        &store,
        r#"(module (import "env" "next" (func $next (result i32)))
            (func (export "run") (param $n i32)
              (loop $again
                (drop (call $next))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#,
    )
    .unwrap();
    let imports = imports! { "env" => { "next" => next.clone() } };
    thread::scope(|scope| {
        for _ in 0..4 {
            let instance = Instance::new(&module, &imports).unwrap();
            let run = instance.exports.get_native_function::<i32, ()>("run");
            scope.spawn(move || run.unwrap().call(20_000).unwrap());
        }
    });
    assert_eq!(*next.call(&[]).unwrap(), [Val::I32(80_001)]);
}

#[test]
fn a_view_keeps_guests_out() {
    let store = Store::default();
    let module = Module::new(&store, COUNTER).unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let memory = instance.exports.get_memory("memory").unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let view = memory.view::<i32>();
        let add = instance
            .exports
            .get_native_function::<i32, i32>("add")
            .unwrap();
        let done = &done;
        scope.spawn(move || {
            add.call(5).unwrap();
            done.store(true, Ordering::SeqCst);
        });
        for _ in 0..1_000 {
            thread::yield_now();
        }
        assert!(!done.load(Ordering::SeqCst));
        assert_eq!(view[0].get(), 0);
        // The thread that holds the view may call, and the view sees it.
        instance
            .exports
            .get_native_function::<i32, i32>("add")
            .unwrap()
            .call(7)
            .unwrap();
        assert_eq!(view[0].get(), 7);
        drop(view);
    });
    assert!(done.load(Ordering::SeqCst));
    assert_eq!(memory.view::<i32>()[0].get(), 12);
}

#[test]
fn everything_at_once() {
    let store = Store::default();
    let module = Module::new(&store, COUNTER).unwrap();
    let shared = Instance::new(&module, &imports! {}).unwrap();
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 16, None),
        Val::FuncRef(None),
    )
    .unwrap();
    let caller = Module::new(
        &store,
        r#"(module (import "env" "t" (table 16 funcref))
            (import "env" "add" (func $add (param i32) (result i32)))
            (func (export "call") (param i32 i32) (result i32)
              (call_indirect (param i32) (result i32) (local.get 1) (local.get 0)))
            (func (export "add") (param i32) (result i32) (call $add (local.get 0))))"#,
    )
    .unwrap();
    thread::scope(|scope| {
        for nth in 0..THREADS as u32 {
            let (store, module, shared, table, caller) =
                (&store, &module, &shared, &table, &caller);
            let body = move || {
                for round in 0..150u32 {
                    let own = Instance::new(module, &imports! {}).unwrap();
                    let add = own.exports.get_function("add").unwrap();
                    assert_eq!(*add.call(&[Value::I32(2)]).unwrap(), [Value::I32(2)]);
                    let error = own
                        .exports
                        .get_function("trap")
                        .unwrap()
                        .call(&[])
                        .unwrap_err();
                    assert_eq!(error.message(), "unreachable");
                    if round % 16 == 0 {
                        let deep = own.exports.get_native_function::<i32, i32>("deep").unwrap();
                        assert_eq!(deep.call(0).unwrap_err().message(), "call stack exhausted");
                    }
                    // Into the shared table, so that the instances become one island.
                    table.set(nth, add.clone().into()).unwrap();
                    let linked = Instance::new(
                        caller,
                        &imports! { "env" => {
                            "t" => table.clone(),
                            "add" => shared.exports.get_function("add").unwrap().clone(),
                        } },
                    )
                    .unwrap();
                    let call = linked
                        .exports
                        .get_native_function::<(i32, i32), i32>("call")
                        .unwrap();
                    assert_eq!(call.call(nth as i32, 5).unwrap(), 7);
                    linked
                        .exports
                        .get_function("add")
                        .unwrap()
                        .call(&[Value::I32(1)])
                        .unwrap();
                    let host = Function::new_native(store, move |x: i32| x + nth as i32);
                    table.set(nth, host.into()).unwrap();
                    assert_eq!(call.call(nth as i32, 5).unwrap(), 5 + nth as i32);
                    table.set(nth, Val::FuncRef(None)).unwrap();
                }
            };
            // Small stacks: host code has its reserve, guests meet the guard page.
            thread::Builder::new()
                .stack_size(256 << 10)
                .spawn_scoped(scope, body)
                .unwrap();
        }
    });
    let calls = (THREADS * 150) as i32;
    assert_eq!(
        shared.exports.get_global("n").unwrap().get(),
        Value::I32(calls)
    );
}

#[test]
fn functions_go_both_ways_at_once() {
    // Each thread puts the other's function into its own table, global or call: the two become one domain, whoever is first.
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (table (export "table") 1 funcref)
            (global (export "global") (mut funcref) (ref.null func))
            (func (export "take") (param funcref))
            (func (export "f") (result i32) (i32.const 42)))"#,
    )
    .unwrap();
    for round in 0..300 {
        let pair: Vec<_> = (0..2)
            .map(|_| Instance::new(&module, &imports! {}).unwrap())
            .collect();
        let start = std::sync::Barrier::new(2);
        thread::scope(|scope| {
            for nth in 0..2 {
                let (own, other, start) = (&pair[nth].exports, &pair[1 - nth].exports, &start);
                scope.spawn(move || {
                    let function = other.get_function("f").unwrap().clone();
                    let table = own.get_table("table").unwrap();
                    let global = own.get_global("global").unwrap();
                    let take = own.get_function("take").unwrap();
                    start.wait();
                    let value = Val::FuncRef(Some(function.clone()));
                    match round % 4 {
                        0 => table.set(0, value).unwrap(),
                        1 => global.set(value).unwrap(),
                        2 => drop(table.grow(1, value).unwrap()),
                        _ => drop(take.call(&[value]).unwrap()),
                    }
                    assert_eq!(*function.call(&[]).unwrap(), [Val::I32(42)]);
                });
            }
        });
    }
}

/// Whoever reaches a weak handle in time keeps what it refers to, and may be the one who frees it.
#[test]
fn weak_handles_race_with_the_last_drop() {
    let store = Store::default();
    let module = Module::new(&store, COUNTER).unwrap();
    for round in 0..500 {
        let instance = Instance::new(&module, &imports! {}).unwrap();
        let exports = &instance.exports;
        let add: NativeFunc<i32, i32> = exports.get_with_generics_weak("add").unwrap();
        let memory: Memory = exports.get_with_generics_weak("memory").unwrap();
        let n: Global = exports.get_with_generics_weak("n").unwrap();
        let dropped = AtomicBool::new(false);
        thread::scope(|scope| {
            let (add, memory, n, dropped) = (&add, &memory, &n, &dropped);
            scope.spawn(move || {
                let mut sum = 0;
                let error = loop {
                    sum += 1;
                    match add.call(1) {
                        Ok(result) => assert_eq!(result, sum),
                        Err(error) => break error,
                    }
                };
                assert!(error.message().contains("a weak handle"), "{error}");
            });
            scope.spawn(move || {
                while memory.size() == Pages(1) {
                    let view = memory.view::<i32>();
                    // A view keeps the memory.
                    assert!(view.is_empty() || view[0].get() >= 0);
                }
            });
            scope.spawn(move || {
                while !dropped.load(Ordering::Relaxed) {
                    // What it says once it is gone is zero; a clone of it in time keeps it.
                    let seen = n.clone().get().unwrap_i32();
                    assert!(seen >= 0);
                }
            });
            (0..round % 50).for_each(|_| std::hint::spin_loop());
            drop(instance);
            dropped.store(true, Ordering::Relaxed);
        });
        assert!(memory.clone().view::<u8>().is_empty());
        assert_eq!(n.clone().get(), Val::I32(0));
    }
}
