//! Real code through the whole engine: what the runtime, the front end and a compiler must agree on.

use object::{Object, ObjectSymbol};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmill_compiler::{CpuFeature, Target};
use wasmill_compiler_cranelift::Cranelift;
use wasmill_engine::{
    Artifact, ArtifactDescription, BaseTunables, CodeMap, DeserializeError, Engine, Export, Form,
    NamedResolver, Native, Resources, RuntimeError, Staticlib, Tunables, Universal, instantiate,
};
use wasmill_types::{ExportIndex, FunctionType, LocalFunctionIndex, Pages, Value};
use wasmill_vm::{HostError, HostFunction, TrapCode, VMExtern, VMFunction, VMInstance};

type Val = Value<VMFunction>;

/// An artifact and one instance of it.
struct Running {
    artifact: Arc<dyn Artifact>,
    instance: VMInstance,
}

impl Running {
    fn new(text: &str) -> Self {
        let engine = Universal::new(Cranelift::default()).engine();
        let tunables = BaseTunables::for_target(engine.target());
        Self::with(&engine, &tunables, text, &())
    }

    fn with(
        engine: &dyn Engine,
        tunables: &dyn Tunables,
        text: &str,
        imports: &dyn NamedResolver,
    ) -> Self {
        let wasm = wat::parse_str(text).expect("the test's text is right");
        let artifact = engine.compile(&wasm, tunables).expect("it compiles");
        let module = artifact.runtime().expect("it runs here");
        let instance = instantiate(module, &imports, Resources::default(), &mut |export| {
            export.into()
        });
        let instance = instance.expect("it links");
        instance.initialize().expect("its segments fit");
        instance.start().expect("it starts");
        Self { artifact, instance }
    }

    fn export(&self, name: &str) -> VMExtern {
        let index: ExportIndex = self.artifact.module_ref().exports[name];
        self.instance.export(index)
    }

    fn call(&self, name: &str, args: &[Val]) -> Result<Vec<Val>, RuntimeError> {
        let VMExtern::Function(function) = self.export(name) else {
            panic!("{name} is no function");
        };
        let results = function
            .callee()
            .call(args, VMFunction::clone, |function| function)?;
        Ok(results.into_vec())
    }

    fn trap(&self, name: &str, args: &[Val]) -> TrapCode {
        let error = self.call(name, args).expect_err("it traps");
        error.to_trap().expect("a trap of the code")
    }
}

#[test]
fn recursion_gives_the_right_number() {
    let module = Running::new(
        r#"(module (func $fib (export "fib") (param i32) (result i32)
            (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
                (then (local.get 0))
                (else (i32.add
                    (call $fib (i32.sub (local.get 0) (i32.const 1)))
                    (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#,
    );
    assert_eq!(
        module.call("fib", &[Val::I32(20)]).unwrap(),
        [Val::I32(6765)]
    );
}

#[test]
fn several_results_and_all_types_travel() {
    let module = Running::new(
        r#"(module (func (export "swap") (param i32 f64 i64 f32 v128) (result v128 f32 i64 f64 i32)
            (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))"#,
    );
    let args = [
        Val::I32(-1),
        Val::F64(1.5),
        Val::I64(1 << 40),
        Val::F32(-0.5),
        Val::V128(7 << 100),
    ];
    let mut expected = args.clone();
    expected.reverse();
    assert_eq!(module.call("swap", &args).unwrap(), expected);
}

#[test]
fn a_trace_names_functions_in_the_order_of_their_calls() {
    let module = Running::new(
        r#"(module $m
            (func $divide (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
            (func $middle (param i32) (result i32)
                (if (local.get 0) (then (drop (call $middle (i32.sub (local.get 0) (i32.const 1))))))
                (call $divide (i32.const 0)))
            (func (export "outer") (result i32) (i32.add (call $middle (i32.const 2)) (i32.const 1))))"#,
    );
    let error = module.call("outer", &[]).unwrap_err();
    assert_eq!(error.message(), "integer divide by zero");
    let trace = error.trace();
    let innermost = &trace[0];
    assert_eq!(innermost.function_name(), Some("divide"));
    assert_eq!((innermost.func_index(), innermost.module_name()), (0, "m"));
    // A compiler may inline `divide`: its frame is then the innermost one's only.
    let middles = trace
        .iter()
        .filter(|f| f.function_name() == Some("middle"))
        .count();
    assert!((2..=3).contains(&middles), "{error}");
    let outermost = trace.last().unwrap();
    assert_eq!(
        (outermost.func_index(), outermost.function_name()),
        (2, None)
    );
    let text = error.to_string();
    assert!(
        text.starts_with("RuntimeError: integer divide by zero\n    at divide (m[0]:0x"),
        "{text}"
    );
    assert!(text.contains("\n    at <unnamed> (m[2]:0x"), "{text}");
    // Offsets are those of the operators in the original module.
    let wasm = wat::parse_str("(module)").unwrap();
    assert!(innermost.module_offset() > wasm.len() && innermost.func_offset() > 0);
}

#[test]
fn offsets_point_at_the_operator() {
    let text = r#"(module (func (export "f") (nop) (nop) (unreachable) (nop)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let unreachable = wasm.iter().rposition(|byte| *byte == 0).unwrap();
    let error = Running::new(text).call("f", &[]).unwrap_err();
    assert_eq!(error.trace()[0].module_offset(), unreachable);
}

#[test]
fn traps_have_their_codes() {
    let module = Running::new(
        r#"(module (memory 1) (table 4 funcref) (elem (i32.const 1) $f)
            (type $t (func (result i64)))
            (func $f)
            (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
            (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
            (func (export "store") (param i32) (i64.store offset=4294967295 (local.get 0) (i64.const 1)))
            (func (export "indirect") (param i32) (result i64) (call_indirect (type $t) (local.get 0)))
            (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
            (func $deep (export "deep") (call $deep)))"#,
    );
    let int = |value| [Val::I32(value)];
    assert_eq!(
        module.trap("divide", &[Val::I32(1), Val::I32(0)]),
        TrapCode::IntegerDivisionByZero
    );
    assert_eq!(
        module.trap("divide", &[Val::I32(i32::MIN), Val::I32(-1)]),
        TrapCode::IntegerOverflow
    );
    assert_eq!(
        module.trap("load", &int(65533)),
        TrapCode::HeapAccessOutOfBounds
    );
    assert_eq!(
        module.trap("load", &int(-1)),
        TrapCode::HeapAccessOutOfBounds
    );
    assert_eq!(
        module.trap("store", &int(-1)),
        TrapCode::HeapAccessOutOfBounds
    );
    assert_eq!(
        module.trap("indirect", &int(0)),
        TrapCode::IndirectCallToNull
    );
    assert_eq!(module.trap("indirect", &int(1)), TrapCode::BadSignature);
    assert_eq!(
        module.trap("indirect", &int(4)),
        TrapCode::TableAccessOutOfBounds
    );
    assert_eq!(
        module.trap("truncate", &[Val::F64(f64::NAN)]),
        TrapCode::BadConversionToInteger
    );
    assert_eq!(
        module.trap("truncate", &[Val::F64(1e10)]),
        TrapCode::IntegerOverflow
    );
    for _ in 0..3 {
        assert_eq!(module.trap("deep", &[]), TrapCode::StackOverflow);
    }
    assert_eq!(module.call("load", &int(65532)).unwrap(), [Val::I32(0)]);
}

#[test]
fn checked_memories_trap_at_the_same_places() {
    let text = r#"(module (memory 1 3) (data (i32.const 65528) "12345678")
        (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
        (func (export "far") (param i32) (result i32) (i32.load8_u offset=4294967295 (local.get 0)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let engine = Universal::new(Cranelift::default()).engine();
    // As if there were no address space to spare.
    let tunables = BaseTunables {
        static_memory_bound: Pages(0),
        ..BaseTunables::for_target(engine.target())
    };
    let checked = Running::with(&engine, &tunables, text, &());
    for module in [checked, Running::new(text)] {
        let load = |at| module.call("load", &[Val::I32(at)]);
        let expected = Val::I64(i64::from_le_bytes(*b"12345678"));
        assert_eq!(load(65528).unwrap()[0], expected);
        for outside in [65529, 131_072, i32::MAX, -8, -1] {
            assert_eq!(
                module.trap("load", &[Val::I32(outside)]),
                TrapCode::HeapAccessOutOfBounds
            );
        }
        assert_eq!(
            module.trap("far", &[Val::I32(1)]),
            TrapCode::HeapAccessOutOfBounds
        );
        assert_eq!(module.call("grow", &[Val::I32(2)]).unwrap(), [Val::I32(1)]);
        assert_eq!(module.call("grow", &[Val::I32(1)]).unwrap(), [Val::I32(-1)]);
        assert_eq!(load(65528).unwrap()[0], expected);
        assert_eq!(load(3 * 65536 - 8).unwrap(), [Val::I64(0)]);
    }
}

/// Everything that an instance exports.
struct Exports(Running);
impl NamedResolver for Exports {
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<Export> {
        let known = self.0.artifact.module_ref().exports.contains_key(field);
        (module == "library" && known).then(|| self.0.export(field).into())
    }
}

#[test]
fn instances_link_and_share_types() {
    let engine = Universal::new(Cranelift::default()).engine();
    let tunables = BaseTunables::for_target(engine.target());
    let library = r#"(module
        (func $five (export "five") (result i32) i32.const 5)
        (table (export "table") 2 funcref) (elem (i32.const 0) $five)
        (memory (export "memory") 1) (data (i32.const 0) "\07"))"#;
    let library = Exports(Running::with(&engine, &tunables, library, &()));
    let user = r#"(module
        (import "library" "five" (func $five (result i32)))
        (import "library" "table" (table 1 funcref))
        (import "library" "memory" (memory 1))
        (type $unused (func (param f32)))
        (type $number (func (result i32)))
        (func (export "sum") (result i32)
            (i32.add (i32.load8_u (i32.const 0))
                (i32.add (call $five) (call_indirect (type $number) (i32.const 0))))))"#;
    let user = Running::with(&engine, &tunables, user, &library);
    assert_eq!(user.call("sum", &[]).unwrap(), [Val::I32(17)]);
    drop(library);
    assert_eq!(user.call("sum", &[]).unwrap(), [Val::I32(17)]);
    assert_eq!(engine.signatures().len(), 2);
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let functions: String = (0..40)
        .map(|n| format!("(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const {n})))"))
        .collect();
    let text = format!("(module {functions})");
    let (a, b) = (Running::new(&text), Running::new(&text));
    assert!(!a.artifact.code().is_empty());
    assert_eq!(a.artifact.code(), b.artifact.code());
}

#[test]
fn artifacts_are_described_whatever_they_are_for() {
    let wasm = wat::parse_str(r#"(module $m (import "a" "b" (global i32)) (func (export "f")))"#);
    let wasm = wasm.unwrap();
    let other = Target::new(
        "x86_64-unknown-freebsd".parse().unwrap(),
        CpuFeature::SSE2 | CpuFeature::AVX,
    );
    let tunables = BaseTunables::for_target(&other);
    let (universal, native, object) = (
        Universal::new(Cranelift::default()).target(other.clone()),
        Native::new(Cranelift::default()).target(other.clone()),
        Staticlib::new(Cranelift::default()).target(other),
    );
    let (universal, native, object) = (universal.engine(), native.engine(), object.engine());
    let engines: [(_, &dyn Engine); 3] = [
        (Form::Universal, &universal),
        (Form::Native, &native),
        (Form::Static, &object),
    ];
    for (form, engine) in engines {
        let bytes = engine
            .compile(&wasm, &tunables)
            .unwrap()
            .serialize()
            .unwrap();
        let described = ArtifactDescription::read(&bytes).unwrap();
        assert_eq!(described.form, form);
        assert_eq!(described.triple, "x86_64-unknown-freebsd");
        assert_eq!(described.cpu_features, ["sse2", "avx"]);
        assert_eq!(described.info.name(), "m");
        assert_eq!(described.info.imports.len(), 1);
        assert!(described.code > 0 && described.info.exports.contains_key("f"));
        for length in (0..bytes.len()).step_by(61) {
            let cut = ArtifactDescription::read(&bytes[..length]);
            // What is behind the artifact is for linkers.
            assert!(cut.is_err() || form == Form::Static, "{form:?}: {length}");
            let mut damaged = bytes.clone();
            damaged[length] ^= 0x10;
            let _ = ArtifactDescription::read(&damaged);
        }
    }
    assert!(matches!(
        ArtifactDescription::read(&wasm),
        Err(DeserializeError::Incompatible(_))
    ));
}

#[test]
fn tables_stay_small_beside_the_code() {
    let body =
        "(i32.store (local.get 0) (i32.add (i32.load offset=4 (local.get 0)) (i32.const 77)))";
    let module = Running::new(&format!(
        "(module (memory 1) (func (param i32) {}))",
        body.repeat(500)
    ));
    let map: &CodeMap = module.artifact.code_map();
    let code = module.artifact.code().len();
    assert!(
        map.memory() < 2 * code,
        "{} bytes of tables for {code} of code",
        map.memory()
    );
}

#[derive(Debug, PartialEq)]
struct Refused(u32);
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {}", self.0)
    }
}
impl std::error::Error for Refused {}

/// What a host function may do.
type Action = dyn Fn() -> Result<(), HostError> + Send + Sync;

/// Provides one host function without parameters and results.
struct Host(VMFunction);
impl NamedResolver for Host {
    fn resolve_by_name(&self, _: &str, _: &str) -> Option<Export> {
        Some(self.0.clone().into())
    }
}

/// A module whose function `run` calls, from `middle`, a host function that does `action`.
fn calling_host(action: Box<Action>) -> Running {
    let engine = Universal::new(Cranelift::default()).engine();
    let tunables = BaseTunables::for_target(engine.target());
    let function = HostFunction::dynamic(
        engine.vm_store(),
        FunctionType::new([], []),
        None,
        Box::new(move |_| action()),
    );
    let text = r#"(module (import "env" "host" (func $host))
        (func $middle (call $host)) (func $run (export "run") (call $middle)))"#;
    Running::with(&engine, &tunables, text, &Host(function))
}

/// Function indices of a trace.
fn indices(error: &RuntimeError) -> Vec<u32> {
    error.trace().iter().map(|f| f.func_index()).collect()
}

#[test]
fn errors_of_the_host_come_back_with_the_frames_they_crossed() {
    let module = calling_host(Box::new(|| Err(Box::new(Refused(3)))));
    let error = module.call("run", &[]).unwrap_err();
    assert_eq!(indices(&error), [1, 2]);
    assert!(
        error
            .to_string()
            .starts_with("RuntimeError: refused 3\n    at middle (<module>[1]:0x")
    );
    assert_eq!(error.downcast::<Refused>().unwrap(), Refused(3));
}

#[test]
fn a_runtime_error_passes_unchanged() {
    let module = calling_host(Box::new(|| Err(Box::new(RuntimeError::new("enough")))));
    let error = module.call("run", &[]).unwrap_err();
    assert_eq!(error.message(), "enough");
    assert_eq!(indices(&error), [1, 2], "the frames of where it was made");

    let made_outside = RuntimeError::new("old");
    let passed = made_outside.clone();
    let module = calling_host(Box::new(move || Err(Box::new(passed.clone()))));
    let error = module.call("run", &[]).unwrap_err();
    assert_eq!(
        (error.message(), error.trace().len()),
        ("old".to_owned(), 0)
    );
}

#[test]
fn raised_errors_end_the_call_and_drop_what_the_host_has() {
    struct Noted(Arc<AtomicBool>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let note = dropped.clone();
    let module = calling_host(Box::new(move || {
        let _noted = Noted(note.clone());
        RuntimeError::raise(Box::new(Refused(4)))
    }));
    let error = module.call("run", &[]).unwrap_err();
    assert!(dropped.load(Ordering::Relaxed));
    assert_eq!(indices(&error), [1, 2]);
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused(4)));
}

#[test]
fn a_panic_of_the_host_continues_behind_the_guest() {
    let module = calling_host(Box::new(|| std::panic::panic_any(17u8)));
    let call = || module.call("run", &[]);
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&17u8));
}

#[test]
fn traces_go_through_nested_calls() {
    let inner = Arc::new(calling_host(Box::new(|| Err(Box::new(Refused(1))))));
    let module = calling_host(Box::new(move || Ok(inner.call("run", &[]).map(drop)?)));
    let error = module.call("run", &[]).unwrap_err();
    assert_eq!(indices(&error), [1, 2, 1, 2]);
    assert!(error.is::<Refused>());
}

#[test]
fn many_threads_trap_at_once() {
    let text = r#"(module (func $inner unreachable) (func (export "f") (call $inner)))"#;
    let engine = Universal::new(Cranelift::default()).engine();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let tunables = BaseTunables::for_target(engine.target());
                for _ in 0..5 {
                    let module = Running::with(&engine, &tunables, text, &());
                    for _ in 0..20 {
                        let error = module.call("f", &[]).unwrap_err();
                        assert_eq!(indices(&error), [0, 1]);
                    }
                }
            });
        }
    });
    assert!(engine.signatures().is_empty());
}

/// The symbols that a debugger finds in the list that it reads, with their addresses.
#[allow(unsafe_code, reason = "a debugger reads memory")]
fn symbols_for_debuggers() -> Vec<(String, u64)> {
    #[repr(C)]
    struct Entry {
        next: *const Self,
        previous: *const Self,
        file: *const u8,
        size: u64,
    }
    #[repr(C)]
    struct Descriptor {
        version: u32,
        action: u32,
        relevant: *const Entry,
        first: *const Entry,
    }
    unsafe extern "C" {
        static __jit_debug_descriptor: Descriptor;
    }
    let mut symbols = Vec::new();
    // SAFETY: no other test of this program changes the list; what is in it is whole.
    unsafe {
        assert_eq!(__jit_debug_descriptor.version, 1);
        let mut entry = __jit_debug_descriptor.first;
        while let Some(this) = entry.as_ref() {
            let file = std::slice::from_raw_parts(this.file, this.size as usize);
            let file = object::File::parse(file).unwrap();
            let found = file.symbols();
            symbols.extend(found.map(|s| (s.name().unwrap().to_owned(), s.address())));
            entry = this.next;
        }
    }
    symbols
}

#[test]
fn debuggers_know_code_as_long_as_it_is_there() {
    let engine = |debug| {
        let builder = Universal::new(Cranelift::default());
        builder.debug_info(debug).engine()
    };
    let tunables = BaseTunables::for_target(engine(false).target());
    let run = |debug, text| Running::with(&engine(debug), &tunables, text, &());
    let quiet = run(false, "(module (func $quiet))");
    assert!(symbols_for_debuggers().is_empty(), "nobody asked");
    let shop = run(
        true,
        "(module (func $serve) (func (export \"f\") (call 0)))",
    );
    let start = shop.artifact.code().as_ptr() as u64;
    let second = LocalFunctionIndex::from_u32(1);
    let second = shop.artifact.code_map().function_range(second).unwrap();
    let second = start + u64::from(second.start);
    let expected = [
        ("serve".to_owned(), start),
        ("<module>[1]".to_owned(), second),
    ];
    assert_eq!(symbols_for_debuggers(), expected);
    let other = run(true, "(module (func $other))");
    assert_eq!(symbols_for_debuggers().len(), 3);
    // An instance needs the code of its module.
    let Running { artifact, instance } = shop;
    drop(artifact);
    assert_eq!(symbols_for_debuggers().len(), 3);
    drop((instance, quiet));
    let left = symbols_for_debuggers();
    assert_eq!((left.len(), left[0].0.as_str()), (1, "other"));
    drop(other);
    assert!(symbols_for_debuggers().is_empty());
}
