//! Object files: the runtime loads them, and runs them where a linker has put them. C programs call them in `tests/objects`.
//!
//! The linker is the C compiler's; where it is missing, that is said.

#![allow(unsafe_code, reason = "loading machine code is")]

use object::{Object, ObjectSection, ObjectSymbol};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use wasmill_compiler::CompileError;
use wasmill_compiler_cranelift::Cranelift;
use wasmill_compiler_testing::system::{has, run};
use wasmill_engine::{
    Artifact, BaseTunables, DeserializeError, Engine, NullResolver, Resources, RuntimeError,
    Staticlib, StaticlibArtifact, StaticlibEngine, instantiate,
};
use wasmill_types::Value;
use wasmill_vm::{VMExtern, VMFunction};

/// Calls, a trap, and constants in the code: a jump through a table.
const GUEST: &str = r#"(module $guest
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "choose") (param i32) (result i32)
        (block $d (block $c (block $b (block $a (br_table $a $b $c $d (local.get 0)))
            (return (i32.const 10))) (return (i32.const 20))) (return (i32.const 30)))
        (i32.const 40))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))"#;

fn engine() -> StaticlibEngine {
    let mut engine = Staticlib::new(Cranelift::default()).engine();
    engine.set_deterministic_prefixer(|_| "guest".to_owned());
    engine
}

fn compile(engine: &StaticlibEngine) -> Result<StaticlibArtifact, CompileError> {
    let tunables = BaseTunables::for_target(engine.target());
    StaticlibArtifact::new(engine, &wat::parse_str(GUEST).unwrap(), &tunables)
}

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *const u8;
}

/// The addresses of the two parts in a library that is loaded for good.
fn parts(library: &Path) -> [*const u8; 2] {
    let path = CString::new(library.to_str().unwrap()).unwrap();
    let find = |library, name: &CStr| {
        // SAFETY: the library is there, as the name is.
        let found = unsafe { dlsym(library, name.as_ptr()) };
        assert!(!found.is_null(), "{name:?}");
        found
    };
    // SAFETY: it has no constructors. 2: everything is bound at once.
    let library = unsafe { dlopen(path.as_ptr(), 2) };
    assert!(!library.is_null());
    [c"wasmill_metadata_guest", c"wasmill_code_guest"].map(|name| find(library, name))
}

fn call(artifact: &dyn Artifact, name: &str, args: &[i32]) -> Result<i32, RuntimeError> {
    let module = artifact.runtime().unwrap();
    let instance = instantiate(module, &NullResolver, Resources::default(), &mut |import| {
        import.into()
    });
    let instance = instance.unwrap();
    let export = instance.export(artifact.module_ref().exports[name]);
    let VMExtern::Function(function) = export else {
        panic!("{name} is no function");
    };
    let args: Vec<_> = args.iter().map(|n| Value::I32(*n)).collect();
    let results = function
        .callee()
        .call(&args, VMFunction::clone, |function| function)?;
    Ok(results[0].unwrap_i32())
}

#[test]
fn what_is_linked_runs_where_it_lies() {
    if !has("cc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile(&engine()).unwrap();
    artifact
        .serialize_to_file(&folder.path().join("guest.o"))
        .unwrap();
    let mut link = Command::new("cc");
    link.args([
        "-shared",
        "-Wl,--fatal-warnings",
        "-o",
        "guest.so",
        "guest.o",
    ]);
    run(&mut link, folder.path());
    let [metadata, code] = parts(&folder.path().join("guest.so"));
    let headless = Staticlib::headless().engine();
    // SAFETY: the two symbols of an object that was just made, and nobody else uses it.
    let linked = unsafe { StaticlibArtifact::linked(&headless, metadata, code) }.unwrap();
    assert_eq!(linked.code().as_ptr(), code);
    assert_eq!(linked.code(), artifact.code());
    assert_eq!(
        linked.metadata_length().unwrap(),
        artifact.metadata_length().unwrap()
    );
    for artifact in [&artifact, &linked] {
        assert_eq!(call(artifact, "fib", &[15]).unwrap(), 610);
        assert_eq!(call(artifact, "choose", &[2]).unwrap(), 30);
        let error = call(artifact, "divide", &[1, 0]).unwrap_err();
        assert_eq!(error.message(), "integer divide by zero");
        assert_eq!(error.trace()[0].module_name(), "guest");
    }
}

#[test]
fn an_object_is_an_artifact_as_well() {
    let engine = engine();
    let artifact = compile(&engine).unwrap();
    let bytes = artifact.serialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest.o");
    artifact.serialize_to_file(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    // SAFETY: just made, and nobody changes the file.
    let loaded: [Arc<dyn Artifact>; 3] = unsafe {
        [
            engine.deserialize(&bytes).unwrap(),
            engine.deserialize_from_file(&path).unwrap(),
            engine.deserialize_from_file_checked(&path).unwrap(),
        ]
    };
    for loaded in loaded {
        assert_eq!(call(&*loaded, "fib", &[15]).unwrap(), 610);
        assert_eq!(loaded.serialize().unwrap(), bytes);
    }
}

#[test]
fn damaged_objects_are_refused() {
    let engine = engine();
    let bytes = compile(&engine).unwrap().serialize().unwrap();
    let is_damage = |bytes: &[u8]| {
        // SAFETY: what is damaged is not run.
        let loaded = unsafe { engine.deserialize(bytes) };
        matches!(
            loaded,
            Err(DeserializeError::CorruptedBinary(_) | DeserializeError::Incompatible(_))
        )
    };
    let file = object::File::parse(&*bytes).unwrap();
    let place = |name: &str| file.section_by_name(name).unwrap().file_range().unwrap();
    let (start, length) = place(".rodata.wasmill");
    let (code, code_length) = place(".text.wasmill");
    assert_eq!(start + length, code);
    let end = (code + code_length) as usize;
    for length in (0..end).step_by(7).chain([end - 1]) {
        assert!(is_damage(&bytes[..length]), "{length}");
    }
    for at in (start as usize..end).step_by(3) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        assert!(is_damage(&damaged), "{at}");
    }
}

#[test]
fn tools_read_the_object() {
    let artifact = compile(&engine()).unwrap();
    let bytes = artifact.serialize().unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    assert_eq!(file.kind(), object::ObjectKind::Relocatable);
    let mut names: Vec<_> = file
        .symbols()
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    names.retain(|name| name.to_lowercase().starts_with("wasmill_"));
    assert_eq!(names.len(), 6, "{names:?}");
    // Each function has a frame, at a place that the linker fills in.
    let frames = file.section_by_name(".eh_frame").unwrap();
    assert!(frames.relocations().count() > 2);
    assert!(file.section_by_name(".note.GNU-stack").is_some());
}

#[test]
fn prefixes_that_c_cannot_spell_are_refused() {
    let mut engine = engine();
    engine.set_deterministic_prefixer(|_| "a-b".to_owned());
    assert!(matches!(compile(&engine), Err(CompileError::Codegen(_))));
}
