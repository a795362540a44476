//! The way from bytes to running code, with a compiler that gives the machine code a test wants.

#![cfg(target_arch = "x86_64")]

use std::sync::Arc;
use wasmill_compiler::{
    AddressMapEntry, Compilation, CompileError, CompileModuleInfo, CompiledFunction, Compiler,
    CpuFeature, Features, FunctionBodyData, Relocation, RelocationKind, RelocationTarget, Target,
    TrapSite,
};
use wasmill_engine::{
    Artifact, BaseTunables, Engine, LinkError, NativeEngine, Resources, RuntimeError,
    UniversalEngine, instantiate,
};
use wasmill_types::{LocalFunctionIndex, MemoryIndex, Pages, PrimaryMap, Value};
use wasmill_vm::{TrapCode, VMExtern, VMFunction, VMInstance};

/// `push rbp; mov rbp, rsp`: every function keeps a frame pointer.
const PROLOGUE: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// `pop rbp; ret`.
const EPILOGUE: [u8; 2] = [0x5d, 0xc3];
/// Where the code behind the prologue starts.
const BODY: u32 = 4;

/// Machine code for one function, from what lies between prologue and epilogue.
type Code = Box<dyn Fn(&CompileModuleInfo) -> CompiledFunction + Send + Sync>;

fn code(body: &'static [u8]) -> Code {
    Box::new(move |_| wrap(body))
}

fn wrap(body: &[u8]) -> CompiledFunction {
    CompiledFunction {
        code: [&PROLOGUE[..], body, &EPILOGUE].concat(),
        ..CompiledFunction::default()
    }
}

/// A "compiler" that gives prepared code.
struct Prepared(Vec<Code>);

impl Compiler for Prepared {
    fn name(&self) -> &str {
        "prepared"
    }
    fn compile_module(
        &self,
        _target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    ) -> Result<Compilation, CompileError> {
        assert_eq!(bodies.len(), self.0.len());
        let made = bodies.values().zip(&self.0).map(|(body, code)| {
            let mut function = code(module);
            function.start_offset = body.start_offset();
            function.end_offset = body.end_offset();
            function
        });
        Ok(Compilation {
            functions: made.collect(),
            other_faults: None,
        })
    }
}

fn engine(functions: Vec<Code>) -> UniversalEngine {
    let compiler = Box::new(Prepared(functions));
    UniversalEngine::new(compiler, Target::default(), Features::default())
}

fn compile(engine: &dyn Engine, text: &str) -> Arc<dyn Artifact> {
    let tunables = BaseTunables::for_target(engine.target());
    let wasm = wat::parse_str(text).expect("the test's text is right");
    engine.compile(&wasm, &tunables).expect("it compiles")
}

fn instance(artifact: &dyn Artifact) -> VMInstance {
    let module = artifact.runtime().expect("it runs here");
    let instance = instantiate(module, &(), Resources::default(), &mut |export| {
        export.into()
    });
    let instance = instance.expect("it has no imports");
    instance.initialize().expect("its segments fit");
    instance
}

fn function(instance: &VMInstance, name: &str) -> VMFunction {
    let export = instance.module().info().exports[name];
    match instance.export(export) {
        VMExtern::Function(function) => function,
        other => panic!("{name} is {other:?}"),
    }
}

fn call(function: &VMFunction) -> Result<Option<i32>, RuntimeError> {
    let results = function
        .callee()
        .call(&[], VMFunction::clone, |function| function)?;
    Ok(results.first().and_then(Value::i32))
}

const CALLER_AND_CALLEE: &str = r#"
    (module $pair
        (func $callee (export "callee") (result i32) i32.const 42)
        (func $caller (export "caller") (result i32) call $callee))"#;

/// `mov eax, 42`.
const ANSWER: [u8; 5] = [0xb8, 42, 0, 0, 0];

fn relocation(offset: u32, kind: RelocationKind, addend: i64) -> Relocation {
    Relocation {
        offset: BODY + offset,
        kind,
        target: RelocationTarget::Function(LocalFunctionIndex::from_u32(0)),
        addend,
    }
}

/// `call callee`, relative.
fn relative_call() -> CompiledFunction {
    let mut function = wrap(&[0xe8, 0, 0, 0, 0]);
    function.relocations = vec![relocation(1, RelocationKind::PcRel4, -4)];
    function
}

#[test]
fn a_function_runs() {
    let engine = engine(vec![code(&ANSWER)]);
    let artifact = compile(
        &engine,
        r#"(module (func (export "f") (result i32) i32.const 42))"#,
    );
    assert_eq!(
        call(&function(&instance(&*artifact), "f")).unwrap(),
        Some(42)
    );
}

#[test]
fn calls_reach_their_functions() {
    let engine = engine(vec![code(&ANSWER), Box::new(|_| relative_call())]);
    let artifact = compile(&engine, CALLER_AND_CALLEE);
    let instance = instance(&*artifact);
    assert_eq!(call(&function(&instance, "caller")).unwrap(), Some(42));
}

#[test]
fn absolute_addresses_are_those_of_the_mapped_code() {
    let absolute_call = |_: &CompileModuleInfo| {
        // mov rax, imm64; call rax
        let mut function = wrap(&[0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0]);
        function.relocations = vec![relocation(2, RelocationKind::Abs8, 0)];
        function
    };
    let compiler = || Prepared(vec![code(&ANSWER), Box::new(absolute_call)]);
    let (target, features) = (Target::default(), Features::default());
    let engines: [Box<dyn Engine>; 2] = [
        Box::new(UniversalEngine::new(
            Box::new(compiler()),
            target.clone(),
            features.clone(),
        )),
        // There it is the system's loader who fills them in.
        Box::new(NativeEngine::new(Box::new(compiler()), target, features)),
    ];
    for engine in engines {
        let artifact = compile(&*engine, CALLER_AND_CALLEE);
        let bytes = artifact.serialize().unwrap();
        #[allow(unsafe_code, reason = "machine code is trusted")]
        // SAFETY: just made.
        let loaded = unsafe { engine.deserialize(&bytes) }.unwrap();
        for artifact in [artifact, loaded] {
            let instance = instance(&*artifact);
            assert_eq!(call(&function(&instance, "caller")).unwrap(), Some(42));
            assert_eq!(artifact.serialize().unwrap(), bytes);
        }
    }
}

/// `ud2` that stands for an `unreachable` two bytes into the body.
fn trapping(module_offset: u32) -> CompiledFunction {
    let mut function = wrap(&[0x0f, 0x0b]);
    function.traps = vec![TrapSite {
        offset: BODY,
        code: TrapCode::UnreachableCodeReached,
    }];
    function.address_map = vec![AddressMapEntry {
        offset: 0,
        module_offset,
    }];
    function
}

#[test]
fn a_trap_tells_every_frame() {
    let wasm = wat::parse_str(CALLER_AND_CALLEE).unwrap();
    let end = wasm.len() as u32;
    // Both bodies are found by their offsets: the trap lies in the first, its caller has no map.
    let translation = wasmill_compiler::translate(&wasm, &Features::default()).unwrap();
    let starts: Vec<u32> = translation
        .bodies
        .values()
        .map(|b| b.start_offset())
        .collect();
    let at = starts[0] + 2;
    assert!(at < end);

    let engine = engine(vec![
        Box::new(move |_| trapping(at)),
        Box::new(|_| relative_call()),
    ]);
    let mut artifact = compile(&engine, CALLER_AND_CALLEE);
    Arc::get_mut(&mut artifact).unwrap().set_name("renamed");
    let instance = instance(&*artifact);
    for _ in 0..2 {
        let error = call(&function(&instance, "caller")).unwrap_err();
        let expected = format!(
            "RuntimeError: unreachable\n    at callee (renamed[0]:0x{at:x})\n    at caller (renamed[1]:0x{:x})",
            starts[1]
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.trace()[0].func_offset(), 2);
        assert_eq!(error.to_trap(), Some(TrapCode::UnreachableCodeReached));
    }
    // The trace stays readable when everything else is gone.
    let error = call(&function(&instance, "callee")).unwrap_err();
    drop((instance, artifact, engine));
    assert_eq!(error.trace()[0].function_name(), Some("callee"));
}

#[test]
fn data_is_there_before_any_code_runs() {
    let load = |module: &CompileModuleInfo| {
        let base = module.layout.memory(MemoryIndex::from_u32(0));
        // mov rax, [rdi + base]; mov eax, [rax + 65532]
        let mut body = vec![0x48, 0x8b, 0x87];
        body.extend(base.to_le_bytes());
        body.extend([0x8b, 0x80]);
        body.extend(65532u32.to_le_bytes());
        wrap(&body)
    };
    let engine = engine(vec![Box::new(load)]);
    let artifact = compile(
        &engine,
        r#"(module (memory 1) (data (i32.const 65532) "\01\02\03\04")
            (func (export "f") (result i32) (i32.load (i32.const 65532))))"#,
    );
    let images = artifact.runtime().unwrap().images();
    assert_eq!(images.data_segments, 1);
    for _ in 0..3 {
        let instance = instance(&*artifact);
        assert_eq!(call(&function(&instance, "f")).unwrap(), Some(0x0403_0201));
    }
}

#[test]
fn nothing_stays_when_all_is_dropped() {
    let engine = engine(vec![code(&ANSWER)]);
    let artifact = compile(
        &engine,
        r#"(module (func (export "f") (result i32) i32.const 42))"#,
    );
    assert!(
        engine.signatures().is_empty(),
        "types are registered when they are needed"
    );
    let address = artifact.code().as_ptr() as usize;
    let found = || wasmill_vm::lookup(address).is_some();
    assert!(!found(), "code is registered when it can run");

    let function = function(&instance(&*artifact), "f");
    drop(artifact);
    assert!(found());
    assert_eq!(engine.signatures().len(), 1);
    assert_eq!(
        call(&function).unwrap(),
        Some(42),
        "a function keeps what it needs"
    );
    drop(function);
    assert!(!found());
    assert!(engine.signatures().is_empty());
}

#[test]
fn a_foreign_module_compiles_but_does_not_run() {
    let all = [
        CpuFeature::AVX512F,
        CpuFeature::AVX512VL,
        CpuFeature::AVX512DQ,
    ];
    let missing = all
        .into_iter()
        .find(|f| !CpuFeature::for_host().contains(*f));
    let targets = [
        Some(Target::new(
            "aarch64-unknown-linux-gnu".parse().unwrap(),
            CpuFeature::set(),
        )),
        missing.map(|f| Target::new(Target::default().triple().clone(), f.into())),
    ];
    for target in targets.into_iter().flatten() {
        let name = target.triple().to_string();
        let compiler = Box::new(Prepared(vec![code(&ANSWER)]));
        let engine = UniversalEngine::new(compiler, target, Features::default());
        let artifact = compile(&engine, r#"(module (func (export "f")))"#);
        assert!(!artifact.code().is_empty());
        let error = artifact.runtime().err().unwrap();
        assert!(matches!(error, LinkError::Trap(_)));
        assert!(error.to_string().contains(&name), "{error}");
        assert!(
            error.to_string().contains("cannot run on this machine"),
            "{error}"
        );
    }
}

#[test]
fn broken_code_is_a_compile_error() {
    let outside = |_: &CompileModuleInfo| {
        let mut function = wrap(&ANSWER);
        function.relocations = vec![relocation(900, RelocationKind::PcRel4, 0)];
        function
    };
    let engine = engine(vec![Box::new(outside)]);
    let tunables = BaseTunables::for_target(engine.target());
    let wasm = wat::parse_str("(module (func))").unwrap();
    let error = engine.compile(&wasm, &tunables).err().unwrap();
    assert!(matches!(error, CompileError::Codegen(_)), "{error:?}");
}

#[test]
fn missing_and_impossible_things_are_link_errors() {
    let link = |text: &str| {
        let artifact = compile(&engine(vec![]), text);
        let module = artifact.runtime().unwrap();
        instantiate(module, &(), Resources::default(), &mut |export| {
            export.into()
        })
        .err()
        .unwrap()
    };
    assert_eq!(
        link(r#"(module (import "env" "f" (func (param i32))))"#).to_string(),
        "Error while importing \"env\".\"f\": unknown import. Expected Function(FunctionType { params: [I32], results: [] })"
    );
    // More address space than any machine has.
    let tunables = BaseTunables {
        static_memory_bound: Pages::max_value(),
        static_memory_offset_guard_size: 1 << 60,
        dynamic_memory_offset_guard_size: 0,
    };
    let wasm = wat::parse_str("(module (memory 1))").unwrap();
    let artifact = engine(vec![]).compile(&wasm, &tunables).unwrap();
    let module = artifact.runtime().unwrap();
    let refused = instantiate(module, &(), Resources::default(), &mut |export| {
        export.into()
    })
    .err()
    .unwrap();
    let expected =
        "Insufficient resources: Failed to create memory: Error when allocating memory: ";
    assert!(refused.to_string().starts_with(expected), "{refused}");
}

#[test]
fn a_bad_module_is_a_typed_error() {
    let engine = engine(vec![]);
    let tunables = BaseTunables::for_target(engine.target());
    for wasm in [
        &b""[..],
        b"\0asm",
        b"\0asm\x01\0\0\0\xff",
        b"\0asm\x0d\0\x01\0",
    ] {
        assert!(engine.compile(wasm, &tunables).is_err());
        assert!(engine.validate(wasm).is_err());
    }
    engine.validate(b"\0asm\x01\0\0\0").unwrap();
}

#[test]
fn memories_are_unchecked_where_address_space_allows() {
    let tunables = BaseTunables::for_target(&Target::default());
    let expected = match wasmill_vm::reservation_available() {
        true => Pages::max_value(),
        false => Pages(0),
    };
    assert_eq!(tunables.static_memory_bound, expected);
}
