//! Interruption: guests of every shape end when another thread says so, nothing else does, and everything works again
//! afterwards.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;
use wasmill::*;

fn instance(store: &Store, wat: &str, imports: &ImportObject) -> Instance {
    Instance::new(&Module::new(store, wat).unwrap(), imports).unwrap()
}

/// Waits until there is something to interrupt, and interrupts it.
fn interrupt(handle: &InterruptHandle) {
    while !handle.interrupt() {
        thread::yield_now();
    }
}

fn assert_interrupted<T: std::fmt::Debug>(outcome: Result<T, RuntimeError>) -> RuntimeError {
    let error = outcome.unwrap_err();
    assert_eq!(error.message(), "interrupted");
    assert_eq!(
        error.clone().to_trap(),
        Some(TrapCode::Interrupted),
        "{error}"
    );
    error
}

/// Calls an export that takes and gives nothing, and interrupts it from another thread.
fn run_and_interrupt(instance: &Instance, export: &str) -> RuntimeError {
    let handle = instance.interrupt_handle();
    let function = instance
        .exports
        .get_native_function::<(), ()>(export)
        .unwrap();
    thread::scope(|scope| {
        let interrupter = scope.spawn(move || interrupt(&handle));
        let outcome = function.call();
        interrupter.join().unwrap();
        assert_interrupted(outcome)
    })
}

/// One export for each shape of a guest that never ends.
const ENDLESS: &str = r#"(module $endless
    (type $void (func))
    (import "env" "nothing" (func $nothing))
    (import "env" "dynamic" (func $dynamic (param i32) (result i32)))
    (memory (export "memory") 256 1000) (data $d "DATA")
    (table $t 100000 funcref) (elem (table $t) (i32.const 0) func $leaf)
    (elem $e func ELEMENTS)
    (global $n (export "n") (mut i64) (i64.const 0))
    (func $leaf (global.set $n (i64.add (global.get $n) (i64.const 1))))
    ;; Without an effect, a compiler may do with fewer calls.
    (func $recurse (param i32)
      (global.set $n (i64.add (global.get $n) (i64.const 1)))
      (if (local.get 0) (then
        (call $recurse (i32.sub (local.get 0) (i32.const 1)))
        (call $recurse (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "tight") (loop br 0))
    (func (export "counting") (loop (global.set $n (i64.add (global.get $n) (i64.const 1))) (br 0)))
    (func (export "storing") (local i32)
      (loop
        (i32.store (local.get 0) (i32.const -1))
        (local.set 0 (i32.and (i32.add (local.get 0) (i32.const 4)) (i32.const 0xffff)))
        (br 0)))
    (func (export "recursing") (loop (call $recurse (i32.const 12)) (br 0)))
    (func (export "deep") (call $recurse (i32.const 1000)))
    (func (export "indirect") (loop (call_indirect (type $void) (i32.const 0)) (br 0)))
    (func (export "typed host") (loop (call $nothing) (br 0)))
    (func (export "dynamic host") (local i32) (loop (local.set 0 (call $dynamic (local.get 0))) (br 0)))
    (func (export "filling") (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000)) (br 0)))
    (func (export "copying")
      (loop (memory.copy (i32.const 1) (i32.const 0) (i32.const 0xffffff)) (br 0)))
    (func (export "initialising")
      (loop (memory.init $d (i32.const 1) (i32.const 0) (i32.const 1000000)) (br 0)))
    (func (export "growing") (loop (drop (memory.grow (i32.const 1))) (br 0)))
    (func (export "filling tables")
      (loop (table.fill $t (i32.const 0) (ref.func $leaf) (i32.const 100000)) (br 0)))
    (func (export "copying tables")
      (loop (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 99999)) (br 0)))
    (func (export "initialising tables")
      (loop (table.init $t $e (i32.const 1) (i32.const 0) (i32.const 20000)) (br 0)))
    (func (export "growing tables") (loop (drop (table.grow $t (ref.null func) (i32.const 1))) (br 0)))
    (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

fn endless(store: &Store) -> Instance {
    let imports = imports! { "env" => {
        "nothing" => Function::new_native(store, || {}),
        "dynamic" => Function::new(store, ([ValType::I32], [ValType::I32]), |args| Ok(args.to_vec())),
    } };
    let wat = ENDLESS
        .replace("DATA", &"7".repeat(1_000_000))
        .replace("ELEMENTS", &"$leaf ".repeat(20_000));
    instance(store, &wat, &imports)
}

#[test]
fn loops_of_every_shape_end() {
    let store = Store::default();
    let instance = endless(&store);
    let sum = instance
        .exports
        .get_native_function::<(i32, i32), i32>("sum")
        .unwrap();
    let endless = instance
        .exports
        .iter()
        .functions()
        .map(|(name, _)| name.clone());
    for name in endless.filter(|name| name != "sum") {
        for _ in 0..5 {
            let error = run_and_interrupt(&instance, &name);
            // (Where it was met after its last instruction, no frame is left; loops have none.)
            assert!(!error.trace().is_empty(), "{name}");
            assert_eq!(error.trace()[0].module_name(), "endless");
            assert_eq!(sum.call(20, 22).unwrap(), 42, "after {name}");
        }
    }
}

#[test]
fn the_error_tells_where_the_guest_was() {
    let store = Store::default();
    let guest = instance(
        &store,
        r#"(module $where
            (func $outer (export "run") (call $middle (i32.const 5)))
            (func $middle (param i32)
              (if (local.get 0)
                (then (call $middle (i32.sub (local.get 0) (i32.const 1))))
                (else (loop (br 0))))))"#,
        &imports! {},
    );
    let error = run_and_interrupt(&guest, "run");
    let names: Vec<_> = error
        .trace()
        .iter()
        .map(|frame| frame.function_name().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "middle", "middle", "middle", "middle", "middle", "middle", "outer"
        ]
    );
}

#[test]
fn without_a_running_call_nothing_happens() {
    let store = Store::default();
    let instance = endless(&store);
    let handle = instance.interrupt_handle();
    assert!(!handle.interrupt(), "nobody has called yet");
    let sum = instance
        .exports
        .get_native_function::<(i32, i32), i32>("sum")
        .unwrap();
    assert_eq!(sum.call(1, 2).unwrap(), 3);
    assert!(!handle.interrupt(), "the call is over");
    let view = instance.exports.get_memory("memory").unwrap();
    let view = view.view::<u8>();
    assert!(!thread::scope(|scope| scope
        .spawn(|| handle.interrupt())
        .join()
        .unwrap()));
    drop(view);
    assert_eq!(sum.call(1, 2).unwrap(), 3, "nothing was left behind");
    drop((sum, instance));
    assert!(!handle.interrupt(), "the instance is gone");
    assert!(!handle.clone().interrupt());
}

#[test]
fn a_handle_does_not_keep_the_instance() {
    let store = Store::default();
    let alive = Arc::new(());
    let held = alive.clone();
    let host = Function::new_native(&store, move || {
        let _ = &held;
    });
    let imports = imports! { "env" => { "f" => host } };
    let guest = instance(&store, r#"(module (import "env" "f" (func)))"#, &imports);
    let handle = guest.interrupt_handle();
    drop((guest, imports));
    assert_eq!(Arc::strong_count(&alive), 1);
    assert!(!handle.interrupt());
}

#[test]
fn a_handle_can_be_made_while_a_call_is_running() {
    let store = Store::default();
    let instance = endless(&store);
    let running = instance.clone();
    let call = thread::spawn(move || {
        running
            .exports
            .get_function("tight")
            .unwrap()
            .call(&[])
            .map(|_| ())
    });
    thread::sleep(Duration::from_millis(20));
    interrupt(&instance.interrupt_handle());
    assert_interrupted(call.join().unwrap());
}

#[test]
fn a_call_ends_when_its_host_function_returns() {
    let store = Store::default();
    let (entered, in_host) = mpsc::sync_channel(0);
    let (go_on, may_go_on) = mpsc::sync_channel::<()>(0);
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let host = Function::new(&store, ([], []), move |_| {
        entered.send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        Ok(vec![])
    });
    let imports = imports! { "env" => { "wait" => host } };
    let guest = instance(
        &store,
        r#"(module (import "env" "wait" (func $wait))
            (global $after (export "after") (mut i32) (i32.const 0))
            (func (export "then loop") (call $wait) (loop br 0))
            (func (export "then return") (call $wait))
            (func (export "then call") (call $wait) (call $wait)))"#,
        &imports,
    );
    let handle = guest.interrupt_handle();
    for export in ["then loop", "then return", "then call", "then loop"] {
        let function = guest.exports.get_function(export).unwrap().clone();
        let call = thread::spawn(move || function.call(&[]).map(|_| ()));
        in_host.recv().unwrap();
        assert!(handle.interrupt());
        // The host function itself is not disturbed.
        thread::sleep(Duration::from_millis(5));
        assert!(!call.is_finished());
        assert!(handle.interrupt(), "it is still running");
        go_on.send(()).unwrap();
        assert_interrupted(call.join().unwrap());
        assert!(!handle.interrupt());
    }
}

/// Two guests, and a host function through which the first calls the second: it sends word before and what came of it.
fn nested(store: &Store, outcomes: mpsc::Sender<Result<(), RuntimeError>>) -> (Instance, Instance) {
    let inner = endless(store);
    let callee = inner.exports.get_function("tight").unwrap().clone();
    let outcomes = std::sync::Mutex::new(outcomes);
    let call = Function::new(store, ([], []), move |_| {
        let outcomes = outcomes.lock().unwrap();
        outcomes.send(Ok(())).unwrap();
        outcomes.send(callee.call(&[]).map(|_| ())).unwrap();
        Ok(vec![])
    });
    let outer = instance(
        store,
        r#"(module (import "env" "call" (func $call))
            (func (export "once") (result i32) (call $call) (i32.const 7))
            (func (export "for ever") (result i32) (loop (call $call) (br 0)) (i32.const 7))
            (func (export "then loop") (result i32) (call $call) (loop br 0) (i32.const 7)))"#,
        &imports! { "env" => { "call" => call } },
    );
    (outer, inner)
}

#[test]
fn an_inner_call_ends_alone() {
    let store = Store::default();
    let (sender, outcomes) = mpsc::channel();
    let (outer, inner) = nested(&store, sender);
    let handle = inner.interrupt_handle();
    let once = outer
        .exports
        .get_native_function::<(), i32>("once")
        .unwrap();
    let call = thread::spawn(move || once.call());
    interrupt(&handle);
    assert_eq!(call.join().unwrap().unwrap(), 7);
    assert!(outcomes.recv().unwrap().is_ok());
    assert_interrupted(outcomes.recv().unwrap());
}

#[test]
fn an_outer_call_ends_with_what_it_has_called() {
    let store = Store::default();
    let (sender, outcomes) = mpsc::channel();
    let (outer, _inner) = nested(&store, sender);
    let handle = outer.interrupt_handle();
    for export in ["then loop", "once", "for ever"] {
        let function = outer
            .exports
            .get_native_function::<(), i32>(export)
            .unwrap();
        let call = thread::spawn(move || function.call());
        // It says so when it calls the inner one.
        assert!(outcomes.recv().unwrap().is_ok());
        interrupt(&handle);
        assert_interrupted(call.join().unwrap());
        let ended: Vec<_> = outcomes.try_iter().filter(Result::is_err).collect();
        assert_eq!(ended.len(), 1, "the inner call and no other");
        ended
            .into_iter()
            .for_each(|outcome| drop(assert_interrupted(outcome)));
    }
}

#[test]
fn calls_into_one_instance_inside_one_another_all_end() {
    let store = Store::default();
    let back: Arc<std::sync::OnceLock<Function>> = Arc::default();
    let callee = back.clone();
    let errors = Arc::new(AtomicUsize::new(0));
    let seen = errors.clone();
    let again = Function::new(&store, ([ValType::I32], []), move |args| {
        let inner = callee.get().unwrap().call(args);
        seen.fetch_add(usize::from(inner.is_err()), Ordering::Relaxed);
        Ok(vec![])
    });
    let guest = instance(
        &store,
        r#"(module (import "env" "again" (func $again (param i32)))
            (func (export "run") (param i32)
              (if (local.get 0)
                (then (call $again (i32.sub (local.get 0) (i32.const 1))))
                (else (loop br 0)))))"#,
        &imports! { "env" => { "again" => again } },
    );
    let run = guest.exports.get_function("run").unwrap().clone();
    // A reference to itself: leaked, and what is called here only lives as long as the process.
    back.set(run.clone()).unwrap();
    let call = thread::spawn(move || run.call(&[Value::I32(5)]));
    interrupt(&guest.interrupt_handle());
    assert_interrupted(call.join().unwrap());
    let inner = errors.load(Ordering::Relaxed);
    assert!(inner <= 5, "{inner} of five inner calls");
}

#[test]
fn a_host_function_can_interrupt_its_own_caller() {
    let store = Store::default();
    let handle: Arc<std::sync::OnceLock<InterruptHandle>> = Arc::default();
    let own = handle.clone();
    let stop = Function::new_native(&store, move || assert!(own.get().unwrap().interrupt()));
    let guest = instance(
        &store,
        r#"(module (import "env" "stop" (func $stop)) (func (export "run") (call $stop) (loop br 0)))"#,
        &imports! { "env" => { "stop" => stop } },
    );
    handle.set(guest.interrupt_handle()).unwrap();
    let run = guest.exports.get_native_function::<(), ()>("run").unwrap();
    for _ in 0..3 {
        assert_interrupted(run.call());
    }
}

#[test]
fn a_start_function_ends_through_the_threads_handle() {
    let store = Store::default();
    let module = Module::new(&store, "(module (func $f (loop br 0)) (start $f))").unwrap();
    let handle = InterruptHandle::for_current_thread();
    assert!(!handle.interrupt());
    thread::scope(|scope| {
        let interrupter = scope.spawn(|| interrupt(&handle));
        match Instance::new(&module, &imports! {}) {
            Err(InstantiationError::Start(error)) => {
                assert_eq!(error.to_trap(), Some(TrapCode::Interrupted));
            }
            other => panic!("{other:?}"),
        }
        interrupter.join().unwrap();
    });
    assert!(!handle.interrupt());
    let ended = thread::spawn(InterruptHandle::for_current_thread)
        .join()
        .unwrap();
    assert!(!ended.interrupt(), "that thread has ended");
}

#[test]
fn a_call_that_waits_for_another_instance_ends_after_that() {
    let store = Store::default();
    let busy = endless(&store);
    let blocked = busy.exports.get_function("sum").unwrap().clone();
    let waits = Function::new(&store, ([], []), move |_| {
        blocked
            .call(&[Value::I32(1), Value::I32(2)])
            .map(|_| vec![])
    });
    let guest = instance(
        &store,
        r#"(module (import "env" "wait" (func $wait)) (func (export "run") (call $wait) (loop br 0)))"#,
        &imports! { "env" => { "wait" => waits } },
    );
    let holder = thread::spawn({
        let busy = busy.clone();
        move || {
            busy.exports
                .get_function("tight")
                .unwrap()
                .call(&[])
                .map(|_| ())
        }
    });
    let run = guest.exports.get_native_function::<(), ()>("run").unwrap();
    let call = thread::spawn(move || run.call());
    interrupt(&guest.interrupt_handle());
    thread::sleep(Duration::from_millis(5));
    interrupt(&busy.interrupt_handle());
    assert_interrupted(holder.join().unwrap());
    assert_interrupted(call.join().unwrap());
}

#[test]
fn linking_meanwhile_does_not_hide_a_call() {
    let store = Store::default();
    let outer: Arc<std::sync::OnceLock<Instance>> = Arc::default();
    let exporter = outer.clone();
    let module = Module::new(&store, r#"(module (import "env" "memory" (memory 1)))"#).unwrap();
    let link_store = store.clone();
    let link = Function::new(&store, ([], []), move |_| {
        // A memory of another domain, and the running instance's: the domains become one.
        let exports = &exporter.get().unwrap().exports;
        let memory = exports.get_memory("memory").unwrap().clone();
        let imports = imports! { "env" => { "memory" => memory } };
        let linked = Instance::new(&module, &imports).unwrap();
        let other = Memory::new(&link_store, MemoryType::new(1, None, false)).unwrap();
        drop((linked, other));
        Ok(vec![])
    });
    let guest = instance(
        &store,
        r#"(module (import "env" "link" (func $link)) (memory (export "memory") 1)
            (func (export "run") (loop (call $link) (br 0))))"#,
        &imports! { "env" => { "link" => link } },
    );
    outer.set(guest.clone()).unwrap();
    for _ in 0..20 {
        run_and_interrupt(&guest, "run");
    }
}

#[test]
fn a_call_that_begins_after_an_interruption_is_not_touched() {
    let store = Store::default();
    let guest = endless(&store);
    let handle = guest.interrupt_handle();
    let sum = guest
        .exports
        .get_native_function::<(i32, i32), i32>("sum")
        .unwrap();
    let (stop, round) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(2)));
    let caller = thread::spawn({
        let (stop, round) = (stop.clone(), round.clone());
        move || {
            let mut interrupted = 0;
            while !stop.load(Ordering::SeqCst) {
                round.wait();
                for n in 0..50 {
                    match sum.call(n, 1) {
                        Ok(result) => assert_eq!(result, n + 1),
                        Err(error) => {
                            interrupted += 1;
                            assert_interrupted(Err::<(), _>(error));
                        }
                    }
                }
                round.wait();
                // The interrupting thread has come to the barrier: its last interruption is over.
                assert_eq!(sum.call(40, 2).unwrap(), 42);
                round.wait();
            }
            interrupted
        }
    });
    let mut told = 0;
    for turn in 0..400 {
        round.wait();
        for _ in 0..3 {
            told += u32::from(handle.interrupt());
        }
        round.wait();
        stop.store(turn == 399, Ordering::SeqCst);
        round.wait();
    }
    assert_eq!(caller.join().unwrap(), told, "each success ends one call");
}

#[test]
fn storms_leave_results_and_memory_right() {
    const COUNTER: &str = r#"(module (import "env" "host" (func $host (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "count") (param i32) (result i32) (local i32)
          (loop
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
          (call $host (local.get 1))))"#;
    let store = Store::default();
    let host = Function::new_native(&store, |n: i32| n * 2);
    let imports = imports! { "env" => { "host" => host } };
    let module = Module::new(&store, COUNTER).unwrap();
    let guests: Vec<_> = (0..3)
        .map(|_| Instance::new(&module, &imports).unwrap())
        .collect();
    let stop = AtomicBool::new(false);
    // Until somebody was interrupted: on a machine with other work to do, fast code may get through without.
    let interrupted = AtomicBool::new(false);
    thread::scope(|scope| {
        for nth in 0..3 {
            let (guests, stop) = (&guests, &stop);
            scope.spawn(move || {
                let handles: Vec<_> = guests.iter().map(Instance::interrupt_handle).collect();
                while !stop.load(Ordering::Relaxed) {
                    handles[nth].interrupt();
                    handles[(nth + 1) % 3].interrupt();
                    thread::sleep(Duration::from_micros(30));
                }
            });
        }
        let callers: Vec<_> = guests
            .iter()
            .map(|guest| {
                let interrupted = &interrupted;
                scope.spawn(move || {
                    let count = guest
                        .exports
                        .get_native_function::<i32, i32>("count")
                        .unwrap();
                    let memory = guest.exports.get_memory("memory").unwrap();
                    let (mut at_least, mut at_most) = (0, 0);
                    for (nth, n) in (1..3_000).cycle().enumerate() {
                        if nth >= 3_000 && interrupted.load(Ordering::Relaxed) {
                            break;
                        }
                        match count.call(n) {
                            Ok(result) => {
                                assert_eq!(result, n * 2);
                                at_least += n;
                            }
                            Err(error) => {
                                assert_interrupted(Err::<(), _>(error));
                                interrupted.store(true, Ordering::Relaxed);
                            }
                        }
                        at_most += n;
                        let counted = memory.view::<i32>()[0].get();
                        assert!((at_least..=at_most).contains(&counted));
                        (at_least, at_most) = (counted, counted);
                    }
                })
            })
            .collect();
        let ends: Vec<_> = callers.into_iter().map(|caller| caller.join()).collect();
        stop.store(true, Ordering::Relaxed);
        for end in ends {
            end.unwrap();
        }
    });
    for guest in &guests {
        let count = guest
            .exports
            .get_native_function::<i32, i32>("count")
            .unwrap();
        assert_eq!(count.call(9).unwrap(), 18);
    }
}

#[test]
fn backtraces_are_whole_wherever_the_guest_is_met() {
    // Frames are set up and taken down all the time.
    let store = Store::default();
    let guest = instance(
        &store,
        r#"(module (table funcref (elem $c)) (type $t (func (param i32) (result i32)))
            (func $a (export "run") (local i32)
              (loop (local.set 0 (call $b (local.get 0))) (br 0)))
            (func $b (param i32) (result i32)
              (call_indirect (type $t) (i32.add (local.get 0) (i32.const 1)) (i32.const 0)))
            (func $c (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))"#,
        &imports! {},
    );
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..300 {
        let error = run_and_interrupt(&guest, "run");
        let names: Vec<_> = error
            .trace()
            .iter()
            .map(|f| f.function_name().unwrap().to_owned())
            .collect();
        assert!(
            ["a", "b a", "c b a"].contains(&&*names.join(" ")),
            "{names:?}"
        );
        seen.insert(names);
    }
    assert!(seen.len() > 1, "always met at the same place: {seen:?}");
}

/// Interrupts one long operation until it is met in the middle: on a machine with other work to do, it can be over before
/// the other thread comes to run. `is_whole` says whether all of it was done.
fn assert_ends_early(
    module: &Module,
    export: &str,
    is_whole: impl Fn(&Instance) -> bool,
) -> Instance {
    for _ in 0..20 {
        let guest = Instance::new(module, &imports! {}).unwrap();
        run_and_interrupt(&guest, export);
        if !is_whole(&guest) {
            return guest;
        }
    }
    panic!("`{export}` is always done as a whole");
}

/// The number that an export gives.
fn ask(guest: &Instance, export: &str) -> i32 {
    let export = guest
        .exports
        .get_native_function::<(), i32>(export)
        .unwrap();
    export.call().unwrap()
}

#[test]
fn a_huge_fill_ends_early() {
    let wat = r#"(module (memory (export "memory") 8192)
        (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x20000000)))
        (func (export "last") (result i32) (i32.load8_u (i32.const 0x1fffffff))))"#;
    let module = Module::new(&Store::default(), wat).unwrap();
    assert_ends_early(&module, "fill", |guest| ask(guest, "last") == 7);
}

#[test]
fn a_huge_initialisation_of_a_memory_ends_early() {
    let data = "7".repeat(32 << 20);
    let wat = format!(
        r#"(module (memory 512) (data $d "{data}")
            (func (export "run") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0x2000000)) (loop br 0))
            (func (export "first") (result i32) (i32.load8_u (i32.const 0)))
            (func (export "last") (result i32) (i32.load8_u (i32.const 0x1ffffff))))"#
    );
    let module = Module::new(&Store::default(), wat).unwrap();
    let guest = assert_ends_early(&module, "run", |guest| ask(guest, "last") != 0);
    assert!([0, 55].contains(&ask(&guest, "first")));
}

#[test]
fn a_huge_initialisation_of_a_table_ends_early() {
    let functions = "$f ".repeat(1_000_000);
    let wat = format!(
        r#"(module (func $f) (table $t 1000000 funcref) (elem $e func {functions})
            (func (export "run") (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1000000)) (loop br 0))
            (func $null (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
            (func (export "last") (result i32) (call $null (i32.const 999999)))
            (func (export "holes") (result i32) (local $at i32) (local $holes i32)
              ;; Elements that are null, and not behind the last one that is not.
              (loop
                (if (i32.gt_u
                      (call $null (local.get $at))
                      (call $null (i32.add (local.get $at) (i32.const 1))))
                  (then (local.set $holes (i32.add (local.get $holes) (i32.const 1)))))
                (br_if 0 (i32.lt_u
                  (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 999999))))
              (local.get $holes)))"#
    );
    let module = Module::new(&Store::default(), wat).unwrap();
    let guest = assert_ends_early(&module, "run", |guest| ask(guest, "last") == 0);
    assert_eq!(ask(&guest, "holes"), 0, "it is done from the start on");
}

#[test]
fn huge_growth_of_a_table_is_taken_back() {
    let wat = r#"(module (table $t 3 funcref) (elem declare func $f)
        (func $f)
        (func (export "run")
          (drop (table.grow $t (ref.func $f) (i32.const 9999997))) (loop br 0))
        (func (export "size") (result i32) (table.size $t))
        (func (export "grow") (result i32) (table.grow $t (ref.func $f) (i32.const 5))))"#;
    let engine = Store::default().engine().clone();
    let tunables = BaseTunables::for_target(engine.target());
    let limits = StoreLimits::new().table_elements(10_000_100);
    let store = Store::new_with_limits(&*engine, tunables, limits);
    let module = Module::new(&store, wat).unwrap();
    let guest = assert_ends_early(&module, "run", |guest| ask(guest, "size") != 3);
    assert_eq!(store.usage().unwrap().table_elements, 3);
    assert_eq!(ask(&guest, "grow"), 3);
    assert_eq!(ask(&guest, "size"), 8);
    assert_eq!(store.usage().unwrap().table_elements, 8);
}

#[test]
fn what_a_host_function_does_for_an_interrupted_guest_ends_too() {
    let store = Store::default();
    let handle: Arc<std::sync::OnceLock<InterruptHandle>> = Arc::default();
    let own = handle.clone();
    let large = format!(
        r#"(module (import "env" "table" (table 20000 funcref)) (func $f) (elem (i32.const 0) {}))"#,
        "$f ".repeat(20_000)
    );
    let large = Module::new(&store, large).unwrap();
    let null = || Val::FuncRef(None);
    let table = |size| Table::new(&store, TableType::new(Type::FuncRef, size, None), null());
    let (table, other) = (table(20_000).unwrap(), table(20_000).unwrap());
    let imports = imports! { "env" => { "table" => table.clone() } };
    let host = Function::new(&store, ([], []), move |_| {
        assert!(own.get().unwrap().interrupt());
        // What is short is done.
        table.set(0, null()).unwrap();
        assert_interrupted(table.grow(20_000, null()));
        assert_eq!(table.size(), 20_000);
        assert_interrupted(Table::copy(&other, 0, &table, 0, 20_000));
        let new = Table::new(
            table.store(),
            TableType::new(Type::FuncRef, 20_000, None),
            null(),
        );
        assert_interrupted(new.map(drop));
        match Instance::new(&large, &imports) {
            Err(InstantiationError::Start(error)) => drop(assert_interrupted::<()>(Err(error))),
            other => panic!("{other:?}"),
        }
        assert!(matches!(table.get(19_999), Some(Val::FuncRef(None))));
        Ok(vec![])
    });
    let guest = instance(
        &store,
        r#"(module (import "env" "host" (func $host)) (func (export "run") (call $host)))"#,
        &imports! { "env" => { "host" => host } },
    );
    handle.set(guest.interrupt_handle()).unwrap();
    let run = guest.exports.get_native_function::<(), ()>("run").unwrap();
    assert_interrupted(run.call());
}
