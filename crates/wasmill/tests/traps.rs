//! Traps: every code from guests and from the host's calls, through stacks of host and guest in turn, with what the
//! error tells; and everything works again afterwards.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use wasmill::*;

#[derive(Debug, PartialEq)]
struct Custom(i32);

impl fmt::Display for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "custom {}", self.0)
    }
}

impl Error for Custom {}

fn instance(store: &Store, wat: &str, imports: &ImportObject) -> Instance {
    Instance::new(&Module::new(store, wat).unwrap(), imports).unwrap()
}

fn fails(function: &Function, args: &[Val]) -> RuntimeError {
    function.call(args).unwrap_err()
}

/// One export for each way to trap.
const TRAPS: &str = r#"(module $traps
    (type $none (func)) (type $number (func (result i32)))
    (memory 1) (data $data "passive") (table $t 2 funcref) (table $x 2 externref)
    (elem (table $t) (i32.const 1) func $ok) (elem $elem funcref (ref.func $ok))
    (func $ok (export "ok") (result i32) (i32.const 7))
    (func $deep (export "overflow") (call $deep))
    (func (export "load") (drop (i32.load offset=1 (i32.const 65532))))
    (func (export "load_far") (drop (i64.load offset=4294967295 (i32.const -1))))
    (func (export "store") (i32.store8 (i32.const 65536) (i32.const 1)))
    (func (export "store_vector") (v128.store (i32.const 65521) (v128.const i64x2 0 0)))
    (func (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
    (func (export "copy") (memory.copy (i32.const 0) (i32.const 65535) (i32.const 2)))
    (func (export "init") (memory.init $data (i32.const 0) (i32.const 0) (i32.const 8)))
    (func (export "dropped") (data.drop $data) (memory.init $data (i32.const 0) (i32.const 0) (i32.const 1)))
    (func (export "table_get") (drop (table.get $t (i32.const 2))))
    (func (export "table_set") (table.set $x (i32.const -1) (ref.null extern)))
    (func (export "table_fill") (table.fill $x (i32.const 1) (ref.null extern) (i32.const 2)))
    (func (export "table_copy") (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 2)))
    (func (export "table_init") (table.init $t $elem (i32.const 0) (i32.const 1) (i32.const 1)))
    (func (export "call_far") (call_indirect $t (type $number) (i32.const 2)) (drop))
    (func (export "call_null") (call_indirect $t (type $number) (i32.const 0)) (drop))
    (func (export "call_other") (call_indirect $t (type $none) (i32.const 1)))
    (func (export "div_s") (drop (i32.div_s (i32.const -2147483648) (i32.const -1))))
    (func (export "div_64") (drop (i64.div_s (i64.const -9223372036854775808) (i64.const -1))))
    (func (export "trunc") (drop (i32.trunc_f32_s (f32.const 1e10))))
    (func (export "trunc_u") (drop (i64.trunc_f64_u (f64.const -1))))
    (func (export "div_0") (drop (i32.div_u (i32.const 1) (i32.const 0))))
    (func (export "rem_0") (drop (i64.rem_s (i64.const 1) (i64.const 0))))
    (func (export "trunc_nan") (drop (i32.trunc_f64_s (f64.const nan))))
    (func (export "unreachable") (unreachable)))"#;

const EXPECTED: &[(&str, TrapCode, &str)] = &[
    ("overflow", TrapCode::StackOverflow, "call stack exhausted"),
    (
        "load",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "load_far",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "store",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "store_vector",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "fill",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "copy",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "init",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "dropped",
        TrapCode::HeapAccessOutOfBounds,
        "out of bounds memory access",
    ),
    (
        "table_get",
        TrapCode::TableAccessOutOfBounds,
        "undefined element: out of bounds table access",
    ),
    (
        "table_set",
        TrapCode::TableAccessOutOfBounds,
        "undefined element: out of bounds table access",
    ),
    (
        "table_fill",
        TrapCode::TableAccessOutOfBounds,
        "undefined element: out of bounds table access",
    ),
    (
        "table_copy",
        TrapCode::TableAccessOutOfBounds,
        "undefined element: out of bounds table access",
    ),
    (
        "table_init",
        TrapCode::TableAccessOutOfBounds,
        "undefined element: out of bounds table access",
    ),
    (
        "call_far",
        TrapCode::TableAccessOutOfBounds,
        "undefined element: out of bounds table access",
    ),
    (
        "call_null",
        TrapCode::IndirectCallToNull,
        "uninitialized element",
    ),
    (
        "call_other",
        TrapCode::BadSignature,
        "indirect call type mismatch",
    ),
    ("div_s", TrapCode::IntegerOverflow, "integer overflow"),
    ("div_64", TrapCode::IntegerOverflow, "integer overflow"),
    ("trunc", TrapCode::IntegerOverflow, "integer overflow"),
    ("trunc_u", TrapCode::IntegerOverflow, "integer overflow"),
    (
        "div_0",
        TrapCode::IntegerDivisionByZero,
        "integer divide by zero",
    ),
    (
        "rem_0",
        TrapCode::IntegerDivisionByZero,
        "integer divide by zero",
    ),
    (
        "trunc_nan",
        TrapCode::BadConversionToInteger,
        "invalid conversion to integer",
    ),
    (
        "unreachable",
        TrapCode::UnreachableCodeReached,
        "unreachable",
    ),
];

/// Lets an instance trap in every way, and checks each time that it works afterwards.
fn trap_in_every_way(instance: &Instance) {
    let ok = instance
        .exports
        .get_native_function::<(), i32>("ok")
        .unwrap();
    for (name, code, text) in EXPECTED {
        let function = instance.exports.get_function(name).unwrap();
        let error = fails(function, &[]);
        assert_eq!(error.message(), *text, "{name}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("RuntimeError: {text}\n    at ")),
            "{error}"
        );
        assert_eq!(
            error.source().unwrap().to_string(),
            code.to_string(),
            "{name}"
        );
        assert!(
            error
                .trace()
                .iter()
                .all(|frame| frame.module_name() == "traps")
        );
        assert_eq!(error.to_trap(), Some(*code), "{name}");
        let native = function.native::<(), ()>().unwrap();
        assert_eq!(native.call().unwrap_err().to_trap(), Some(*code), "{name}");
        assert_eq!(ok.call().unwrap(), 7);
    }
}

#[test]
fn every_code_from_guests() {
    trap_in_every_way(&instance(&Store::default(), TRAPS, &imports! {}));
}

/// A value that is not chosen is loaded all the same: with memories that have checks and without, whole and narrow ones.
#[test]
fn loads_of_values_that_are_not_chosen_trap() {
    const CHOICES: &str = r#"(module (memory 1)
        (func (export "i32") (param i32 i32) (result i32)
            (select (i32.const 1) (i32.load (local.get 1)) (local.get 0)))
        (func (export "i64") (param i32 i32) (result i64)
            (select (i64.load (local.get 1)) (i64.const 1) (i32.eqz (local.get 0))))
        (func (export "i16") (param i32 i32) (result i32)
            (select (i32.const 1) (i32.load16_s (local.get 1)) (local.get 0)))
        (func (export "u32") (param i32 i32) (result i64)
            (select (i64.const 1) (i64.load32_u (local.get 1)) (local.get 0)))
        (func (export "bits") (param i32 i32) (result i32)
            (select (i32.const 1) (i32.reinterpret_f32 (f32.load (local.get 1))) (local.get 0)))
        (func (export "f64") (param i32 i32) (result f64)
            (select (f64.const 1) (f64.load (local.get 1)) (local.get 0)))
        (func (export "branch") (param i32 i32) (result i32) (local i32)
            (local.set 2 (i32.load (local.get 1)))
            (if (local.get 0) (then (local.set 2 (i32.const 1))))
            (local.get 2))
        (func (export "least") (param i32 i32) (result i32) (local i32)
            (local.set 2 (i32.load (local.get 1)))
            (select (local.get 0) (local.get 2) (i32.lt_u (local.get 0) (local.get 2)))))"#;
    let engine = Store::default();
    let target = Target::default();
    for static_memory_bound in [
        0.into(),
        BaseTunables::for_target(&target).static_memory_bound,
    ] {
        let mut tunables = BaseTunables::for_target(&target);
        tunables.static_memory_bound = static_memory_bound;
        let store = Store::new_with_tunables(engine.engine().as_ref(), tunables);
        let choices = instance(&store, CHOICES, &imports! {});
        for (name, export) in choices.exports.iter() {
            let Extern::Function(function) = export else {
                continue;
            };
            function.call(&[Val::I32(1), Val::I32(65528)]).unwrap();
            let error = fails(function, &[Val::I32(1), Val::I32(65536)]);
            assert_eq!(
                error.to_trap(),
                Some(TrapCode::HeapAccessOutOfBounds),
                "{name}"
            );
        }
    }
}

#[test]
fn many_threads_trap_at_once() {
    let store = Store::default();
    let module = Module::new(&store, TRAPS).unwrap();
    let shared = Instance::new(&module, &imports! {}).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            let body = || {
                for _ in 0..20 {
                    trap_in_every_way(&Instance::new(&module, &imports! {}).unwrap());
                    trap_in_every_way(&shared);
                }
            };
            thread::Builder::new()
                .stack_size(256 << 10)
                .spawn_scoped(scope, body)
                .unwrap();
        }
    });
}

#[test]
fn codes_and_their_texts() {
    let all = [
        (TrapCode::StackOverflow, "call stack exhausted", "stk_ovf"),
        (
            TrapCode::HeapAccessOutOfBounds,
            "out of bounds memory access",
            "heap_get_oob",
        ),
        (
            TrapCode::HeapMisaligned,
            "misaligned heap",
            "heap_misaligned",
        ),
        (
            TrapCode::TableAccessOutOfBounds,
            "undefined element: out of bounds table access",
            "table_get_oob",
        ),
        (TrapCode::OutOfBounds, "out of bounds", "oob"),
        (
            TrapCode::IndirectCallToNull,
            "uninitialized element",
            "icall_null",
        ),
        (
            TrapCode::BadSignature,
            "indirect call type mismatch",
            "bad_sig",
        ),
        (TrapCode::IntegerOverflow, "integer overflow", "int_ovf"),
        (
            TrapCode::IntegerDivisionByZero,
            "integer divide by zero",
            "int_divz",
        ),
        (
            TrapCode::BadConversionToInteger,
            "invalid conversion to integer",
            "bad_toint",
        ),
        (
            TrapCode::UnreachableCodeReached,
            "unreachable",
            "unreachable",
        ),
        (
            TrapCode::UnalignedAtomic,
            "unaligned atomic access",
            "unalign_atom",
        ),
        (TrapCode::Interrupted, "interrupted", "interrupt"),
    ];
    for (number, (code, message, name)) in all.into_iter().enumerate() {
        assert_eq!(
            (code as usize, code.message(), code.to_string()),
            (number, message, name.to_owned())
        );
        assert_eq!(name.parse::<TrapCode>().ok(), Some(code));
    }
    assert!("stk".parse::<TrapCode>().is_err());
}

#[test]
fn traps_of_the_hosts_own_calls_have_no_frames() {
    let store = Store::default();
    let ty = TableType::new(Type::FuncRef, 1, None);
    let table = Table::new(&store, ty, Val::FuncRef(None)).unwrap();
    let error = table.set(1, Val::FuncRef(None)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "RuntimeError: undefined element: out of bounds table access"
    );
    assert_eq!(error.to_trap(), Some(TrapCode::TableAccessOutOfBounds));
    let segment = |wat| match Instance::new(&Module::new(&store, wat).unwrap(), &imports! {}) {
        Err(InstantiationError::Start(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        segment("(module (memory 1) (data (i32.const 65536) \"x\"))"),
        "RuntimeError: out of bounds memory access"
    );
    assert_eq!(
        segment("(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))"),
        "RuntimeError: undefined element: out of bounds table access"
    );
}

/// Offset of the one byte sequence in a module.
fn offset_of(binary: &[u8], code: &[u8]) -> usize {
    let mut places = binary
        .windows(code.len())
        .enumerate()
        .filter(|(_, window)| *window == code);
    let (place, _) = places.next().expect("the code is there");
    assert_eq!(places.next(), None, "the code is there once");
    place
}

/// Clang's code, with its debug information: how each of its functions fails.
#[test]
#[allow(unsafe_code, reason = "loading machine code is")]
fn traces_tell_the_source() {
    let store = Store::default();
    let wat = include_str!("../../engine/tests/dwarf/guest.wat");
    let compiled = Module::new(&store, wat).unwrap();
    // SAFETY: we have just made these bytes.
    let loaded = unsafe { Module::deserialize(&store, &compiled.serialize().unwrap()) };
    for module in [compiled, loaded.unwrap()] {
        let instance = Instance::new(&module, &imports! {}).unwrap();
        let trap = |name: &str, args: &[i32]| {
            let args: Vec<_> = args.iter().map(|number| Val::I32(*number)).collect();
            fails(instance.exports.get_function(name).unwrap(), &args)
        };
        let share = trap("share", &[1, 0]);
        let offset = share.trace()[0].module_offset();
        let text = format!(
            "RuntimeError: integer divide by zero
    at share (<module>[0]:0x{offset:x})
        divide (/src/guest.c:4:16)
        share (/src/guest.c:15:12)"
        );
        assert_eq!(share.to_string(), text);
        let stop = trap("stop", &[]);
        let [symbol] = stop.trace()[0].symbols() else {
            panic!("{stop}")
        };
        assert_eq!(symbol.name(), Some("stop"));
        assert_eq!(
            (symbol.file(), symbol.line()),
            (Some("/src/guest.c"), Some(23))
        );
        let average = trap("average", &[0, 0]);
        let names = average.trace()[0].symbols().iter().map(FrameSymbol::name);
        let names: Vec<_> = names.map(Option::unwrap).collect();
        assert_eq!(names, ["divide", "mean", "average"]);
    }
}

#[test]
fn frames_tell_names_and_offsets() {
    let store = Store::default();
    let binary = wat2wasm(
        br#"(module $shop (import "env" "f" (func)) (memory 1)
            (func $serve (export "serve") (param i32) (result i32)
              (i32.add (i32.const 1000) (call 2 (local.get 0))))
            (func (param i32) (result i32) (local i64)
              (i32.add (i32.const 2000) (call $divide (local.get 0))))
            (func $divide (param i32) (result i32)
              nop nop (i32.div_s (i32.const 3000) (local.get 0))))"#,
    )
    .unwrap();
    let mut module = Module::new(&store, &binary).unwrap();
    let none = Function::new_native(&store, || ());
    let imports = imports! { "env" => { "f" => none } };
    let run = |module: &Module| {
        let instance = Instance::new(module, &imports).unwrap();
        fails(
            instance.exports.get_function("serve").unwrap(),
            &[Val::I32(0)],
        )
    };
    let error = run(&module);
    let [divide, middle, serve] = error.trace() else {
        panic!("{error}")
    };
    assert_eq!(
        (divide.func_index(), divide.function_name()),
        (3, Some("divide"))
    );
    assert_eq!((middle.func_index(), middle.function_name()), (2, None));
    assert_eq!(
        (serve.func_index(), serve.function_name()),
        (1, Some("serve"))
    );
    // `local.get 0, div_s`; the calls, with their constants before them.
    let constant = |number: u16| vec![0x41, (number & 0x7f) as u8 | 0x80, (number >> 7) as u8];
    let call = |number, callee| {
        offset_of(
            &binary,
            &[&constant(number)[..], &[0x20, 0, 0x10, callee]].concat(),
        ) + 5
    };
    let offsets = [
        offset_of(&binary, &[0x20, 0, 0x6d, 0x0b]) + 2,
        call(2000, 3),
        call(1000, 2),
    ];
    assert_eq!(
        error
            .trace()
            .iter()
            .map(FrameInfo::module_offset)
            .collect::<Vec<_>>(),
        offsets
    );
    // In the body: behind its length, from the declarations of locals on.
    assert_eq!(divide.func_offset(), 1 + 2 + 3 + 2);
    assert_eq!(serve.func_offset(), 1 + 3 + 2);
    assert_eq!(middle.func_offset(), 3 + 3 + 2);
    assert_eq!(
        error.to_string(),
        format!(
            "RuntimeError: integer divide by zero\n    at divide (shop[3]:0x{:x})\n    at <unnamed> (shop[2]:0x{:x})\n    at serve (shop[1]:0x{:x})",
            offsets[0], offsets[1], offsets[2]
        )
    );
    assert!(format!("{error:?}").starts_with("RuntimeError { source: "));
    drop(error);
    assert!(module.set_name("renamed"));
    assert_eq!(run(&module).trace()[0].module_name(), "renamed");

    let unnamed = instance(
        &store,
        "(module (func (export \"f\") unreachable))",
        &imports! {},
    );
    let error = fails(unnamed.exports.get_function("f").unwrap(), &[]);
    let frame = &error.trace()[0];
    assert_eq!(
        (frame.module_name(), frame.function_name()),
        ("<module>", None)
    );
    let offset = frame.module_offset();
    assert_eq!(
        error.to_string(),
        format!("RuntimeError: unreachable\n    at <unnamed> (<module>[0]:0x{offset:x})")
    );
}

/// Host and guest in turn: `down(n)` of the guest calls the host, which calls `down(n - 1)`; at 0 something happens.
struct Ladder {
    instance: Instance,
    /// What happens at the bottom, in the host function.
    bottom: Arc<Mutex<Bottom>>,
    /// Host functions that were left by return or unwinding.
    left: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Bottom {
    Return,
    Fail,
    Message,
    Raise,
    Panic,
    Trap,
}

struct Leaving(Arc<AtomicUsize>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Clone)]
struct Self_(LazyInit<NativeFunc<i32, i32>>);

impl WasmerEnv for Self_ {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        self.0.initialize(
            instance
                .exports
                .get_native_function("down")
                .map_err(HostEnvInitError::from)?,
        );
        Ok(())
    }
}

impl Ladder {
    fn new(store: &Store, typed: bool) -> Self {
        let bottom = Arc::new(Mutex::new(Bottom::Return));
        let left = Arc::new(AtomicUsize::new(0));
        let (what, count) = (bottom.clone(), left.clone());
        let step = move |env: &Self_, n: i32| -> Result<i32, Box<dyn Error + Send + Sync>> {
            let _leaving = Leaving(count.clone());
            if n > 0 {
                return Ok(env.0.get_ref().unwrap().call(n - 1)? + 1);
            }
            let what = *what.lock().unwrap();
            match what {
                Bottom::Return => Ok(0),
                Bottom::Fail => Err(Box::new(Custom(11))),
                Bottom::Message => Err(Box::new(RuntimeError::new("a message"))),
                Bottom::Raise => RuntimeError::raise(Box::new(Custom(12))),
                Bottom::Panic => std::panic::resume_unwind(Box::new("of the host")),
                Bottom::Trap => Ok(env.0.get_ref().unwrap().call(-1)?),
            }
        };
        let env = Self_(LazyInit::new());
        let host = if typed {
            let step = move |env: &Self_, n: i32| step(env, n).map_err(RuntimeError::user);
            Function::new_native_with_env(store, env, step)
        } else {
            Function::new_with_env(store, ([Type::I32], [Type::I32]), env, move |env, args| {
                let result = step(env, args[0].unwrap_i32()).map_err(RuntimeError::user)?;
                Ok(vec![Val::I32(result)])
            })
        };
        let wat = r#"(module $ladder (import "env" "step" (func $step (param i32) (result i32)))
            (func $down (export "down") (param i32) (result i32)
              (if (i32.lt_s (local.get 0) (i32.const 0)) (then (unreachable)))
              (i32.add (call $step (local.get 0)) (i32.const 100))))"#;
        let instance = instance(store, wat, &imports! { "env" => { "step" => host } });
        Self {
            instance,
            bottom,
            left,
        }
    }

    fn go(&self, bottom: Bottom, depth: i32) -> Result<i32, RuntimeError> {
        *self.bottom.lock().unwrap() = bottom;
        self.instance
            .exports
            .get_native_function::<i32, i32>("down")
            .unwrap()
            .call(depth)
    }
}

#[test]
fn errors_go_through_host_and_guests_in_turn() {
    let store = Store::default();
    for typed in [true, false] {
        let ladder = Ladder::new(&store, typed);
        for depth in [0, 1, 2, 5, 20] {
            let steps = depth as usize + 1;
            ladder.left.store(0, Ordering::SeqCst);
            let works = || {
                assert_eq!(
                    ladder.go(Bottom::Return, depth).unwrap(),
                    depth + 100 * (depth + 1)
                );
            };
            works();
            let error = ladder.go(Bottom::Fail, depth).unwrap_err();
            assert_eq!(error.message(), "custom 11");
            assert_eq!(error.trace().len(), steps, "{error}");
            assert!(
                error
                    .trace()
                    .iter()
                    .all(|frame| frame.function_name() == Some("down"))
            );
            assert_eq!(error.downcast::<Custom>().unwrap(), Custom(11));
            works();
            let error = ladder.go(Bottom::Message, depth).unwrap_err();
            assert_eq!(
                (error.message(), error.trace().len()),
                ("a message".into(), steps)
            );
            works();
            let error = ladder.go(Bottom::Raise, depth).unwrap_err();
            assert_eq!(error.trace().len(), steps, "{error}");
            assert_eq!(error.downcast_ref::<Custom>(), Some(&Custom(12)));
            works();
            let error = ladder.go(Bottom::Trap, depth).unwrap_err();
            assert_eq!(
                (error.message(), error.trace().len()),
                ("unreachable".into(), steps + 1)
            );
            assert_eq!(error.to_trap(), Some(TrapCode::UnreachableCodeReached));
            works();
            let panic =
                catch_unwind(AssertUnwindSafe(|| ladder.go(Bottom::Panic, depth))).unwrap_err();
            assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "of the host");
            works();
            // Everything on the hosts' frames was dropped, each time.
            assert_eq!(ladder.left.load(Ordering::SeqCst), 11 * steps);
        }
    }
}

#[test]
fn a_host_function_may_handle_what_its_callee_did() {
    let store = Store::default();
    let inner = instance(&store, TRAPS, &imports! {});
    let called = inner.exports.clone();
    let tried = Function::new_native(&store, move |nth: u32| {
        let (name, code, _) = EXPECTED[nth as usize];
        let error = fails(called.get_function(name).unwrap(), &[]);
        i32::from(error.to_trap() == Some(code))
    });
    let panics = Function::new_native(&store, || -> () {
        std::panic::resume_unwind(Box::new(5u8))
    });
    let panics = instance(
        &store,
        r#"(module (import "env" "f" (func $f)) (func (export "run") (call $f)))"#,
        &imports! { "env" => { "f" => panics } },
    );
    let caught = Function::new_native(&store, move || {
        let run = AssertUnwindSafe(|| panics.exports.get_function("run").unwrap().call(&[]));
        i32::from(*catch_unwind(run).unwrap_err().downcast::<u8>().unwrap())
    });
    let wat = r#"(module (import "env" "try" (func $try (param i32) (result i32)))
        (import "env" "catch" (func $catch (result i32)))
        (func (export "all") (param $n i32) (result i32) (local $sum i32)
          (loop $next
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (local.set $sum (i32.add (local.get $sum) (call $try (local.get $n))))
            (br_if $next (local.get $n)))
          (i32.add (i32.mul (local.get $sum) (i32.const 100)) (call $catch))))"#;
    let outer = instance(
        &store,
        wat,
        &imports! { "env" => { "try" => tried, "catch" => caught } },
    );
    let all = outer
        .exports
        .get_native_function::<u32, i32>("all")
        .unwrap();
    let count = EXPECTED.len();
    assert_eq!(all.call(count as u32).unwrap(), count as i32 * 100 + 5);
}

#[test]
fn errors_of_the_host() {
    let boxed = || Box::new(Custom(3));
    let error = RuntimeError::user(boxed());
    assert_eq!(
        (error.message(), error.to_string()),
        ("custom 3".into(), "RuntimeError: custom 3".into())
    );
    assert!(error.is::<Custom>() && !error.is::<fmt::Error>());
    assert_eq!(error.source().unwrap().to_string(), "custom 3");
    let shared = error.clone();
    assert_eq!(shared.downcast_ref::<Custom>(), Some(&Custom(3)));
    let shared = shared.downcast::<Custom>().unwrap_err();
    drop(error);
    assert_eq!(shared.downcast::<Custom>().unwrap(), Custom(3));
    let text = RuntimeError::new("text");
    assert!(text.source().is_none() && text.trace().is_empty() && text.clone().to_trap().is_none());
    assert_eq!(RuntimeError::user(Box::new(text)).message(), "text");
    let panic = catch_unwind(|| RuntimeError::raise(boxed())).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("custom 3"));
}

#[test]
fn errors_of_host_functions_have_the_guests_frames() {
    let store = Store::default();
    let early = RuntimeError::new("made before");
    let imports = imports! { "env" => {
        "user" => Function::new_native(&store, || -> Result<(), Custom> { Err(Custom(1)) }),
        "new" => Function::new(&store, ([], []), |_| Err(RuntimeError::new("now"))),
        "early" => Function::new(&store, ([], []), move |_| Err(early.clone())),
        "native" => Function::new_native(&store, || -> Result<(), RuntimeError> { Err(RuntimeError::new("native")) }),
        "wrong" => Function::new(&store, ([], []), |_| Ok(vec![Val::I32(1)])),
    } };
    let names = ["user", "new", "early", "native", "wrong"];
    let imported: String = names
        .iter()
        .map(|name| format!("(import \"env\" \"{name}\" (func ${name}))"))
        .collect();
    let functions: String = names
        .iter()
        .map(|name| format!("(func $in_{name} (call ${name})) (func $to_{name} (export \"{name}\") (call $in_{name}))"))
        .collect();
    let guest = instance(
        &store,
        &format!("(module {imported} {functions})"),
        &imports,
    );
    let trace = |name: &str| {
        let error = fails(guest.exports.get_function(name).unwrap(), &[]);
        let names: Vec<_> = error
            .trace()
            .iter()
            .map(|frame| frame.function_name().unwrap().to_owned())
            .collect();
        (error.message(), names)
    };
    let frames = |name: &str| vec![format!("in_{name}"), format!("to_{name}")];
    assert_eq!(trace("user"), ("custom 1".into(), frames("user")));
    assert_eq!(trace("new"), ("now".into(), frames("new")));
    assert_eq!(trace("early"), ("made before".into(), vec![]));
    assert_eq!(trace("native"), ("native".into(), frames("native")));
    let text = "Dynamic function returned wrong signature. Expected [] but got [I32]";
    assert_eq!(trace("wrong"), (text.into(), frames("wrong")));
}

/// Guests that use up the stack in several ways.
const DEEP: &str = r#"(module
    (import "env" "again" (func $again (param i32) (result i32)))
    (type $self (func (param i32) (result i32)))
    (table 1 funcref) (elem (i32.const 0) $indirect)
    (func $direct (export "direct") (param i32) (result i32)
      (i32.add (i32.const 1) (call $direct (i32.add (local.get 0) (i32.const 1)))))
    (func $indirect (export "indirect") (type $self)
      (i32.add (i32.const 1) (call_indirect (type $self) (local.get 0) (i32.const 0))))
    (func $wide (export "wide") (param i32) (result i32) (local v128 v128 v128 v128 i64 i64 i64 i64)
      (local.set 1 (i32x4.splat (local.get 0)))
      (local.set 2 (i32x4.add (local.get 1) (local.get 1)))
      (drop (call $wide (i32x4.extract_lane 0 (local.get 2))))
      (i32x4.extract_lane 1 (i32x4.mul (local.get 1) (local.get 2))))
    (func (export "host") (type $self) (i32.add (i32.const 1) (call $again (local.get 0))))
    (func (export "ok") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;

#[derive(Clone)]
struct Again(LazyInit<Function>);

impl WasmerEnv for Again {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        self.0
            .initialize(instance.exports.get_function("host")?.clone());
        Ok(())
    }
}

fn overflow_in_every_way(instance: &Instance) {
    for name in ["direct", "indirect", "wide", "host"] {
        let function = instance.exports.get_function(name).unwrap();
        for _ in 0..3 {
            let error = fails(function, &[Val::I32(1)]);
            assert_eq!(error.message(), "call stack exhausted", "{name}");
            // 64 frames on the stack; inlined calls have frames of their own.
            assert!((64..1_000).contains(&error.trace().len()), "{name}");
            let ok = instance
                .exports
                .get_native_function::<i32, i32>("ok")
                .unwrap();
            assert_eq!(ok.call(21).unwrap(), 42);
        }
    }
}

#[test]
fn stack_overflow_on_small_and_large_stacks() {
    let store = Store::default();
    let again =
        Function::new_native_with_env(&store, Again(LazyInit::new()), |env: &Again, n: i32| {
            let results = env.0.get_ref().unwrap().call(&[Val::I32(n + 1)])?;
            Ok::<i32, RuntimeError>(results[0].unwrap_i32())
        });
    let instance = instance(&store, DEEP, &imports! { "env" => { "again" => again } });
    overflow_in_every_way(&instance);
    for size in [256 << 10, 512 << 10, 16 << 20] {
        let instance = instance.clone();
        let body = move || overflow_in_every_way(&instance);
        thread::Builder::new()
            .stack_size(size)
            .spawn(body)
            .unwrap()
            .join()
            .unwrap();
    }
    overflow_in_every_way(&instance);
}

#[test]
fn traps_in_short_lived_threads() {
    let store = Store::default();
    let module = Module::new(&store, TRAPS).unwrap();
    for _ in 0..200 {
        let instance = Instance::new(&module, &imports! {}).unwrap();
        let run = move || {
            let overflow = fails(instance.exports.get_function("overflow").unwrap(), &[]);
            let load = fails(instance.exports.get_function("load").unwrap(), &[]);
            (overflow.message(), load.message())
        };
        let small = thread::Builder::new().stack_size(256 << 10);
        let (overflow, load) = small.spawn(run).unwrap().join().unwrap();
        assert_eq!(overflow, "call stack exhausted");
        assert_eq!(load, "out of bounds memory access");
    }
}

#[test]
fn errors_cross_threads_and_outlive_everything() {
    let error = thread::spawn(|| {
        let instance = instance(&Store::default(), TRAPS, &imports! {});
        fails(instance.exports.get_function("div_0").unwrap(), &[])
    })
    .join()
    .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("RuntimeError: integer divide by zero\n    at <unnamed> (traps[")
    );
    assert_eq!(error.trace().len(), 1);
}

/// Sets a handler that counts the faults it sees and says that it has dealt with the first `handled` of them.
fn count_faults(store: &Store, handled: usize) -> Arc<AtomicUsize> {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = seen.clone();
    store.set_trap_handler(Some(Box::new(move |signal, info, context| {
        assert!(signal > 0 && !info.is_null() && !context.is_null());
        counter.fetch_add(1, Ordering::SeqCst) < handled
    })));
    seen
}

#[test]
fn a_trap_handler_sees_faults_first() {
    let store = Store::default();
    let guest = instance(&store, TRAPS, &imports! {});
    let seen = count_faults(&store, 0);
    trap_in_every_way(&guest);
    let faults = seen.load(Ordering::SeqCst);
    assert!(faults > 5, "{faults} of the traps are faults");
    assert_eq!(Arc::strong_count(&seen), 2);
    // What is dealt with is tried again, and fails again here.
    let again = count_faults(&store, 3);
    assert_eq!(
        Arc::strong_count(&seen),
        1,
        "it was dropped when it was replaced"
    );
    let load = guest.exports.get_function("load").unwrap();
    assert_eq!(fails(load, &[]).message(), "out of bounds memory access");
    assert_eq!(again.load(Ordering::SeqCst), 4);
    store.set_trap_handler(None);
    assert_eq!(fails(load, &[]).message(), "out of bounds memory access");
    assert_eq!(
        (again.load(Ordering::SeqCst), Arc::strong_count(&again)),
        (4, 1)
    );
    assert_eq!(seen.load(Ordering::SeqCst), faults);
}

#[test]
fn a_trap_handler_is_its_threads_and_its_stores_own() {
    let store = Store::default();
    let guest = instance(&store, TRAPS, &imports! {});
    let other = instance(&Store::default(), TRAPS, &imports! {});
    let load = |instance: &Instance| {
        let error = fails(instance.exports.get_function("load").unwrap(), &[]);
        assert_eq!(error.message(), "out of bounds memory access");
    };
    let seen = count_faults(&store, 0);
    load(&other);
    thread::scope(|scope| scope.spawn(|| load(&guest)).join().unwrap());
    assert_eq!(seen.load(Ordering::SeqCst), 0);
    load(&guest);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    let elsewhere = thread::scope(|scope| {
        let there = scope.spawn(|| {
            let there = count_faults(&store, 0);
            load(&guest);
            there
        });
        there.join().unwrap()
    });
    assert_eq!(elsewhere.load(Ordering::SeqCst), 1);
    assert_eq!(
        Arc::strong_count(&elsewhere),
        1,
        "it was dropped with its thread"
    );
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    store.set_trap_handler(None);
}

#[test]
fn a_trap_handler_cannot_use_what_belongs_to_a_store() {
    let store = Store::default();
    let guest = instance(&store, TRAPS, &imports! {});
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 1, None),
        Val::FuncRef(None),
    )
    .unwrap();
    let refused = Arc::new(Mutex::new(0));
    let (count, inner, callee) = (refused.clone(), store.clone(), guest.clone());
    store.set_trap_handler(Some(Box::new(move |_, _, _| {
        let attempts: [&dyn Fn(); 4] = [
            &|| drop(table.grow(1, Val::FuncRef(None))),
            &|| drop(callee.exports.get_function("ok").unwrap().call(&[])),
            &|| inner.set_trap_handler(None),
            &|| drop(InterruptHandle::for_current_thread()),
        ];
        for attempt in attempts {
            *count.lock().unwrap() += u32::from(catch_unwind(AssertUnwindSafe(attempt)).is_err());
        }
        assert!(RuntimeError::new("here").trace().is_empty());
        false
    })));
    let load = guest.exports.get_function("load").unwrap();
    assert_eq!(fails(load, &[]).message(), "out of bounds memory access");
    assert_eq!(*refused.lock().unwrap(), 4);
    store.set_trap_handler(None);
    trap_in_every_way(&guest);
}
