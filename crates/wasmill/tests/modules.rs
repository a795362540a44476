//! Modules: what they tell about themselves, where they come from, the text format and its old spellings.

mod support;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use support::DefaultCompiler;
use wasmill::*;

fn module(wat: &str) -> Module {
    Module::new(&Store::default(), wat).unwrap()
}

#[test]
fn names() {
    let named = module("(module $counter)");
    assert_eq!(named.name(), Some("counter"));
    assert_eq!(format!("{named:?}"), "Module { name: Some(\"counter\") }");
    let mut unnamed = module("(module)");
    assert_eq!(unnamed.name(), None);
    assert!(unnamed.set_name("given"));
    assert!(unnamed.set_name("again"));
    assert_eq!(unnamed.name(), Some("again"));
    // What others see stays.
    let mut clone = unnamed.clone();
    assert!(clone.set_name("other"));
    assert_eq!(
        (clone.name(), unnamed.name()),
        (Some("other"), Some("again"))
    );
    let instance = Instance::new(&unnamed, &imports! {}).unwrap();
    assert!(unnamed.set_name("third") && clone.set_name("fourth"));
    assert_eq!(instance.module().name(), Some("again"));
    let names = [&clone, &unnamed].map(|module| {
        let instance = Instance::new(module, &imports! {}).unwrap();
        instance.module().name().map(str::to_owned)
    });
    assert_eq!(names, [Some("fourth".into()), Some("third".into())]);
}

const LISTED: &str = r#"(module
    (import "env" "f" (func (param i32 v128) (result f64)))
    (import "env" "m" (memory 1 2))
    (import "other" "t" (table 1 10 funcref))
    (import "other" "x" (table 0 externref))
    (import "env" "f" (func))
    (import "" "g" (global (mut i64)))
    (func (export "run") (param externref) (result funcref) (ref.null func))
    (global (export "c") f32 (f32.const 1))
    (export "m" (memory 0)) (export "t" (table 1)) (export "g" (global 0)) (export "f" (func 0)))"#;

fn function<const N: usize, const M: usize>(params: [Type; N], results: [Type; M]) -> FunctionType {
    (params, results).into()
}

#[test]
fn imports_in_order_and_by_kind() {
    let module = module(LISTED);
    let f = function([Type::I32, Type::V128], [Type::F64]);
    let m = MemoryType::new(1, Some(2), false);
    let (t, x) = (
        TableType::new(Type::FuncRef, 1, Some(10)),
        TableType::new(Type::ExternRef, 0, None),
    );
    let g = GlobalType::new(Type::I64, Mutability::Var);
    let all: Vec<ImportType> = vec![
        ImportType::new("env", "f", f.clone().into()),
        ImportType::new("env", "m", m.into()),
        ImportType::new("other", "t", t.into()),
        ImportType::new("other", "x", x.into()),
        ImportType::new("env", "f", function([], []).into()),
        ImportType::new("", "g", g.into()),
    ];
    assert_eq!(module.imports().collect::<Vec<_>>(), all);
    assert_eq!(
        module.imports().functions().collect::<Vec<_>>(),
        [
            ImportType::new("env", "f", f),
            ImportType::new("env", "f", function([], []))
        ]
    );
    assert_eq!(
        module.imports().memories().collect::<Vec<_>>(),
        [ImportType::new("env", "m", m)]
    );
    assert_eq!(
        module.imports().tables().collect::<Vec<_>>(),
        [
            ImportType::new("other", "t", t),
            ImportType::new("other", "x", x)
        ]
    );
    assert_eq!(
        module.imports().globals().collect::<Vec<_>>(),
        [ImportType::new("", "g", g)]
    );
    let mut rest = module.imports();
    assert_eq!(rest.len(), 6);
    rest.next().unwrap();
    assert_eq!(rest.len(), 5);
}

#[test]
fn exports_in_order_and_by_kind() {
    let module = module(LISTED);
    let run = function([Type::ExternRef], [Type::FuncRef]);
    let f = function([Type::I32, Type::V128], [Type::F64]);
    let c = GlobalType::new(Type::F32, Mutability::Const);
    let g = GlobalType::new(Type::I64, Mutability::Var);
    let (m, x) = (
        MemoryType::new(1, Some(2), false),
        TableType::new(Type::ExternRef, 0, None),
    );
    let all: Vec<ExportType> = vec![
        ExportType::new("run", run.clone().into()),
        ExportType::new("c", c.into()),
        ExportType::new("m", m.into()),
        ExportType::new("t", x.into()),
        ExportType::new("g", g.into()),
        ExportType::new("f", f.clone().into()),
    ];
    assert_eq!(module.exports().collect::<Vec<_>>(), all);
    assert_eq!(
        module.exports().functions().collect::<Vec<_>>(),
        [ExportType::new("run", run), ExportType::new("f", f)]
    );
    assert_eq!(
        module.exports().memories().collect::<Vec<_>>(),
        [ExportType::new("m", m)]
    );
    assert_eq!(
        module.exports().tables().collect::<Vec<_>>(),
        [ExportType::new("t", x)]
    );
    assert_eq!(
        module.exports().globals().collect::<Vec<_>>(),
        [ExportType::new("c", c), ExportType::new("g", g)]
    );
    assert_eq!(module.exports().len(), 6);
    assert_eq!(module.exports().skip(2).len(), 4);
    assert!(self::module("(module)").exports().next().is_none());
}

#[test]
fn custom_sections_all_of_a_name_in_order() {
    let module = module(
        r#"(module $named (@custom "a" "first") (@custom "b" "") (@custom "a" "sec\00ond") (@custom "" "nameless")
            (func $f))"#,
    );
    let contents = |name| {
        module
            .custom_sections(name)
            .map(|bytes| bytes.to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(contents("a"), [b"first".to_vec(), b"sec\0ond".to_vec()]);
    assert_eq!(contents("b"), [b"".to_vec()]);
    assert_eq!(contents(""), [b"nameless".to_vec()]);
    assert!(contents("name").is_empty() && contents("c").is_empty());
}

/// A file of this content that is removed in the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("wasmill-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn from_files() {
    let store = Store::default();
    let text = File::new(
        "text.wat",
        br#"(module $inside (func (export "f") (result i32) (i32.const 3)))"#,
    );
    let binary = File::new(
        "binary.wasm",
        &wat2wasm(b"(module (memory (export \"m\") 1))").unwrap(),
    );
    let module = Module::from_file(&store, &text.0).unwrap();
    // The file's whole path takes the place of the name inside.
    assert_eq!(module.name(), text.0.canonicalize().unwrap().to_str());
    let instance = Instance::new(&module, &imports! {}).unwrap();
    assert_eq!(
        instance
            .exports
            .get_native_function::<(), i32>("f")
            .unwrap()
            .call()
            .unwrap(),
        3
    );
    assert_eq!(
        Module::from_file(&store, &binary.0)
            .unwrap()
            .exports()
            .memories()
            .count(),
        1
    );

    let missing = Module::from_file(&store, text.0.with_extension("nowhere")).unwrap_err();
    assert!(
        matches!(&missing, IoCompileError::Io(error) if error.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(missing.to_string().contains("No such file"), "{missing}");
    let broken = File::new("broken.wasm", b"\0asm\x01\0\0\0\x01");
    let error = Module::from_file(&store, &broken.0).unwrap_err();
    assert!(
        matches!(&error, IoCompileError::Compile(CompileError::Validate(_))),
        "{error:?}"
    );
    assert!(
        error.to_string().starts_with("Validation error: "),
        "{error}"
    );
    assert!(matches!(
        Module::from_file(&store, std::env::temp_dir()).unwrap_err(),
        IoCompileError::Io(_)
    ));
}

#[test]
#[allow(unsafe_code, reason = "the contract has an unsafe method")]
fn from_binaries() {
    let store = Store::default();
    let binary = wat2wasm(b"(module (func (export \"f\")))").unwrap();
    Module::validate(&store, &binary).unwrap();
    assert_eq!(
        Module::from_binary(&store, &binary)
            .unwrap()
            .exports()
            .len(),
        1
    );
    // SAFETY: it is valid.
    let unchecked = unsafe { Module::from_binary_unchecked(&store, &binary) };
    assert_eq!(unchecked.unwrap().exports().len(), 1);
    // Text is for `new` only.
    let error = Module::from_binary(&store, b"(module)").unwrap_err();
    assert!(
        matches!(&error, CompileError::Validate(text) if text.ends_with("(at offset 0)")),
        "{error}"
    );
    assert!(Module::validate(&store, b"(module)").is_err());

    assert!(is_wasm(&binary) && !is_wasm("(module)") && !is_wasm(b"\0as") && is_wasm(b"\0asm"));
    assert!(
        matches!(wat2wasm(&binary).unwrap(), std::borrow::Cow::Borrowed(same) if same == &binary[..])
    );
}

#[test]
fn what_is_not_valid_says_what_and_where() {
    let store = Store::default();
    for (wat, text) in [
        (
            "(module (func (result i32)))",
            "type mismatch: expected i32 but nothing on stack (at offset ",
        ),
        (
            "(module (func (drop (i32.add (i32.const 1) (i64.const 1)))))",
            "type mismatch: expected i32, found i64 (at offset ",
        ),
        (
            "(module (func (call 1)))",
            "unknown function 1: function index out of bounds (at offset ",
        ),
        (
            "(module (func (local.get 0) drop))",
            "unknown local 0: local index out of bounds (at offset ",
        ),
        (
            "(module (func (i32.load (i32.const 0)) drop))",
            "unknown memory 0 (at offset ",
        ),
        (
            "(module (global i32 (i32.const 1)) (func (global.set 0 (i32.const 1))))",
            "global is immutable: cannot modify it with `global.set` (at offset ",
        ),
        (
            "(module (func $f (param i32)) (start $f))",
            "invalid start function type (at offset ",
        ),
        (
            "(module (func (export \"a\")) (func (export \"a\")))",
            "duplicate export name `a` already defined (at offset ",
        ),
        (
            "(module (memory 1) (memory 1))",
            "multiple memories (at offset ",
        ),
    ] {
        let binary = wat2wasm(wat.as_bytes()).unwrap();
        let error = Module::new(&store, &binary).unwrap_err();
        assert!(
            matches!(error, CompileError::Validate(_)),
            "{wat}: {error:?}"
        );
        assert!(
            error.to_string().starts_with("Validation error: ") && error.to_string().contains(text),
            "{wat}: {error}"
        );
        assert_eq!(
            Module::validate(&store, &binary).unwrap_err().to_string(),
            error.to_string()
        );
    }
}

#[test]
fn old_spellings() {
    let store = Store::default();
    let old = r#"(module
        (import "env" "f" (table 1 anyfunc))
        (global $g (mut i32) (i32.const 1)) (memory 1 3)
        (func (export "run") (param $x i64) (result i32) (local $y i32)
          get_local $x
          i32.wrap/i64
          tee_local $y
          get_global $g
          i32.add
          set_local $y
          (set_global $g (get_local $y))
          (drop (grow_memory (i32.const 1)))
          (i32.add (current_memory) (get_global $g))
          (i32.add (i32.trunc_s/f32 (f32.const 2.9)))
          (i32.add (i32.trunc_u:sat/f64 (f64.const -5)))
          (i32.add (i32.reinterpret/f32 (f32.const 0)))
          (i32.add (i32.wrap/i64 (i64.extend_u/i32 (i32.const 1000))))
          (i32.add (i32.trunc_u/f64 (f64.promote/f32 (f32.convert_s/i32 (i32.const 50000)))))))"#;
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 1, None),
        Val::FuncRef(None),
    )
    .unwrap();
    let module = Module::new(&store, old).unwrap();
    let instance = Instance::new(&module, &imports! { "env" => { "f" => table } }).unwrap();
    let run = instance
        .exports
        .get_native_function::<i64, i32>("run")
        .unwrap();
    assert_eq!(run.call((1 << 40) + 5).unwrap(), 2 + 6 + 2 + 1_000 + 50_000);
    // A name may be an old word, in a string or behind a dollar sign.
    let name = self::module(
        r#"(module (func $get_local (export "get_local") (param i32) get_local 0 drop))"#,
    );
    assert_eq!(name.exports().next().unwrap().name(), "get_local");
}

#[test]
fn text_that_is_wrong_says_where() {
    let store = Store::default();
    for (text, place) in [
        ("(module\n  (func (wrong)))", "2:10"),
        ("(module", "1:8"),
        ("(module (func get_local))", "1:"),
    ] {
        let error = Module::new(&store, text).unwrap_err().to_string();
        assert!(
            error.starts_with("WebAssembly translation error: Error when converting wat: "),
            "{error}"
        );
        assert!(error.contains(place), "{error}");
    }
}

#[test]
fn the_same_bytes_make_the_same_module() {
    let store = Store::default();
    // Enough functions that several threads compile them.
    let functions: String = (0..200)
        .map(|nth| {
            format!(
                "(func $f{nth} (export \"f{nth}\") (param i32) (result i32)
                   (i32.add (i32.mul (local.get 0) (i32.const {nth})) (call $f{} (i32.const 1))))",
                (nth + 1) % 200
            )
        })
        .collect();
    let wat = format!("(module {functions})");
    let first = Module::new(&store, &wat).unwrap();
    let second = Module::new(&Store::default(), &wat).unwrap();
    assert_eq!(
        first.exports().collect::<Vec<_>>(),
        second.exports().collect::<Vec<_>>()
    );
    assert_eq!(first.exports().len(), 200);
    // The error is that of the first wrong function, however many threads look.
    let broken = wat
        .replace("(i32.const 150)", "(i64.const 150)")
        .replace("(i32.const 50)", "(i64.const 50)");
    let binary = wat2wasm(broken.as_bytes()).unwrap();
    let errors: Vec<String> = (0..20)
        .map(|_| Module::new(&store, &binary).unwrap_err().to_string())
        .collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    assert_eq!(
        errors[0],
        Module::validate(&store, &binary).unwrap_err().to_string()
    );
}

#[test]
fn many_threads_compile_at_once() {
    let store = Store::default();
    std::thread::scope(|scope| {
        for nth in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let wat = format!("(module (func (export \"f\") (result i32) (i32.const {nth})))");
                for _ in 0..10 {
                    let instance =
                        Instance::new(&Module::new(store, &wat).unwrap(), &imports! {}).unwrap();
                    assert_eq!(
                        instance
                            .exports
                            .get_native_function::<(), i32>("f")
                            .unwrap()
                            .call()
                            .unwrap(),
                        nth
                    );
                }
            });
        }
    });
}

#[test]
fn stores() {
    let (store, other) = (Store::default(), Store::default());
    assert!(store == store.clone() && store != other && Store::same(&store, &store.clone()));
    assert_eq!(*Module::new(&store, "(module)").unwrap().store(), store);
    let engine = Universal::new(Cranelift::default()).engine();
    let store = Store::new(&engine);
    let instance = Instance::new(
        &Module::new(&store, "(module (func (export \"f\")))").unwrap(),
        &imports! {},
    )
    .unwrap();
    instance
        .exports
        .get_function("f")
        .unwrap()
        .call(&[])
        .unwrap();
    assert_eq!(format!("{store:?}"), "Store");
}

#[test]
fn texts_of_errors() {
    let texts: [(CompileError, &str); 5] = [
        (CompileError::Codegen("x".into()), "Compilation error: x"),
        (CompileError::Validate("x".into()), "Validation error: x"),
        (
            CompileError::UnsupportedFeature("x".into()),
            "Feature x is not yet supported",
        ),
        (
            CompileError::Resource("x".into()),
            "Insufficient resources: x",
        ),
        (
            WasmError::Unsupported("x".into()).into(),
            "WebAssembly translation error: Unsupported feature: x",
        ),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
    let target = CompileError::UnsupportedTarget("x".into()).to_string();
    assert!(
        target.starts_with("The target x is not yet supported (see "),
        "{target}"
    );
    let invalid = WasmError::InvalidWebAssembly {
        message: "m".into(),
        offset: 7,
    };
    assert_eq!(
        invalid.to_string(),
        "Invalid input WebAssembly code at offset 7: m"
    );
    assert_eq!(
        WasmError::ImplLimitExceeded.to_string(),
        "Implementation limit exceeded"
    );
    let middleware = MiddlewareError::new("name", "message");
    assert_eq!(middleware.to_string(), "Error in middleware name: message");
    assert_eq!(
        WasmError::from(middleware).to_string(),
        "Error in middleware name: message"
    );
    assert_eq!(
        "nonsense".parse::<CpuFeature>().unwrap_err().to_string(),
        "CpuFeature nonsense not recognized"
    );
}

/// A store for each engine, with the compiler that the tests run with.
fn engines() -> Vec<Store> {
    vec![
        Store::new(&Universal::new(DefaultCompiler::new()).engine()),
        #[cfg(feature = "native")]
        Store::new(&Native::new(DefaultCompiler::new()).engine()),
    ]
}

/// A module of 300 functions, of which each compiler sees several at once or none.
fn many_functions() -> String {
    let function = |n: i32| format!("(func (export \"f{n}\") (result i32) (i32.const {n}))");
    format!("(module {})", (0..300).map(function).collect::<String>())
}

/// An observer that breaks when `stop` says so, and what it has seen.
fn observer(
    stop: impl Fn(CompileStep) -> bool + Send + Sync + 'static,
) -> (CompileObserver, Arc<Mutex<Vec<CompileStep>>>) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = steps.clone();
    let observer = CompileObserver::new(move |step| {
        seen.lock().unwrap().push(step);
        match stop(step) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    (observer, steps)
}

#[test]
fn compilations_tell_how_far_they_are() {
    for store in engines() {
        let (observer, steps) = observer(|_| false);
        let module = Module::new_observed(&store, many_functions(), &observer).unwrap();
        assert_eq!(module.exports().len(), 300);
        let steps = steps.lock().unwrap();
        let mut stages: Vec<_> = steps.iter().map(|step| step.stage).collect();
        stages.dedup();
        use CompileStage::{Compiling, Linking, Reading};
        assert_eq!(stages, [Reading, Compiling, Linking]);
        let compiling = steps.iter().filter(|step| step.stage == Compiling);
        let counts: Vec<_> = compiling.map(|step| (step.done, step.total)).collect();
        assert_eq!(counts[0], (0, 300));
        assert_eq!(counts.iter().max(), Some(&(300, 300)));
    }
}

#[test]
fn observers_stop_compilations() {
    let at = |stage: CompileStage, done: usize| {
        move |step: CompileStep| step.stage == stage && step.done >= done
    };
    for store in engines() {
        for (stage, done) in [
            (CompileStage::Reading, 0),
            (CompileStage::Compiling, 0),
            (CompileStage::Compiling, 1),
            (CompileStage::Compiling, 300),
            (CompileStage::Linking, 0),
        ] {
            let (observer, steps) = observer(at(stage, done));
            let outcome = Module::new_observed(&store, many_functions(), &observer);
            assert!(matches!(outcome, Err(ObservedCompileError::Stopped)));
            let steps = steps.lock().unwrap();
            assert!(steps.iter().all(|step| step.stage <= stage));
        }
        // The engine is as it was.
        assert!(Module::new(&store, many_functions()).is_ok());
    }
}

#[test]
fn what_is_wrong_with_an_observed_module() {
    for store in engines() {
        let (observer, _) = observer(|_| false);
        let wrong = "(module (func (result i32)))";
        let error = Module::new_observed(&store, wrong, &observer).unwrap_err();
        let plain = Module::new(&store, wrong).unwrap_err();
        assert_eq!(error.to_string(), plain.to_string());
        assert!(matches!(
            error,
            ObservedCompileError::Compile(CompileError::Validate(_))
        ));
    }
}

#[test]
fn a_panic_of_an_observer_is_one_of_the_compilation() {
    for store in engines() {
        let (observer, _) = observer(|step| match step.done {
            7.. => panic!("seven are enough"),
            _ => false,
        });
        let compile = || Module::new_observed(&store, many_functions(), &observer).map(drop);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compile));
        assert!(outcome.is_err());
    }
}
