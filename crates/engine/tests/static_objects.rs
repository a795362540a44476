//! Object files in programs: a linker takes them, C calls what is in them, on this processor and on others, and the runtime runs
//! them where the linker has put them.
//!
//! C compilers, and `qemu-user` for other processors, are the system's: what is missing is left out, and said.

#![allow(unsafe_code, reason = "loading machine code is")]

use object::{Object, ObjectSection, ObjectSymbol};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use wasmill_compiler::{CompileError, CpuFeature, Target};
use wasmill_compiler_cranelift::Cranelift;
use wasmill_engine::{
    Artifact, BaseTunables, DeserializeError, Engine, NullResolver, Resources, RuntimeError,
    Staticlib, StaticlibArtifact, StaticlibEngine, instantiate,
};
use wasmill_types::Value;
use wasmill_vm::{VMExtern, VMFunction};

/// What computes, without a runtime: numbers of all types, calls, a memory, constants, jumps through a table.
const GUEST: &str = r#"(module $guest
    (memory (export "memory") 1)
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "mix") (param i64 f32 f64) (result f64)
        (f64.add (f64.mul (local.get 2) (f64.const 1.5))
            (f64.add (f64.promote_f32 (local.get 1)) (f64.convert_i64_s (local.get 0)))))
    (func (export "both") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
    (func (export "sum") (param $at i32) (param $count i32) (result i32) (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (i32.store (local.get $at) (local.get $sum))
        (local.get $sum))
    (func (export "choose */") (param i32) (result i32)
        (block $d (block $c (block $b (block $a (br_table $a $b $c $d (local.get 0)))
            (return (i32.const 10))) (return (i32.const 20))) (return (i32.const 30)))
        (i32.const 40))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))"#;

const HOST: &str = r#"
#include "guest.h"
extern const uint8_t WASMILL_METADATA[];
#include <stdio.h>
#include <string.h>
static _Alignas(16) uint8_t context[WASMILL_CONTEXT_guest];
static uint8_t memory[65536];
int main(void) {
    wasmill_memory guest_memory = { memory, 0 };
    memcpy(context + WASMILL_MEMORY_guest_0, &guest_memory, sizeof guest_memory);
    for (int32_t nth = 0; nth < 100; nth++) memcpy(memory + 4 * nth, &nth, 4);
    wasmill_value both[2];
    wasmill_function_guest_2(context, both, 7, -8);
    int64_t first; int32_t second, stored;
    memcpy(&first, &both[0], 8);
    memcpy(&second, &both[1], 4);
    int32_t sum = wasmill_function_guest_3(context, 0, 100);
    memcpy(&stored, memory + 400, 4);
    printf("%d %.3f %lld %d %d %d", wasmill_function_guest_0(context, 20),
        wasmill_function_guest_1(context, -3, 0.25f, 2.5), (long long)first, second, sum, stored);
    for (int32_t nth = 0; nth < 5; nth++) printf(" %d", wasmill_function_guest_4(context, nth));
    printf(" %d\n", wasmill_metadata_guest[1] == 'w' && (uintptr_t)WASMILL_METADATA == (uintptr_t)wasmill_metadata_guest);
    return 0;
}
"#;

const PRINTED: &str = "6765 1.000 -8 7 4950 4950 10 20 30 40 40 1\n";

fn engine(target: Target) -> StaticlibEngine {
    let mut engine = Staticlib::new(Cranelift::default()).target(target).engine();
    engine.set_deterministic_prefixer(|_| "guest".to_owned());
    engine
}

fn compile(engine: &StaticlibEngine) -> Result<StaticlibArtifact, CompileError> {
    let tunables = BaseTunables::for_target(engine.target());
    StaticlibArtifact::new(engine, &wat::parse_str(GUEST).unwrap(), &tunables)
}

/// Whether a program of the system is there.
fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    let command = command.arg("--version").stdout(Stdio::null());
    let is_there = command.status().is_ok_and(|status| status.success());
    if !is_there {
        println!("{program} is not installed: nothing is tested with it");
    }
    is_there
}

/// Runs a command in a folder; what it prints.
fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    assert_eq!(errors, "", "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Links a C program with the guest for a target and runs it.
fn try_in_c(target: Target, compiler: &str, runner: Option<&str>) {
    if !has(compiler) || !runner.is_none_or(has) {
        return;
    }
    let artifact = match compile(&engine(target)) {
        Err(CompileError::UnsupportedTarget(target)) => {
            println!("Cranelift is built without {target}: nothing is tested for it");
            return;
        }
        compiled => compiled.unwrap(),
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("guest.h"), artifact.c_header()).unwrap();
    fs::write(folder.path().join("host.c"), HOST).unwrap();
    artifact
        .serialize_to_file(&folder.path().join("guest.o"))
        .unwrap();
    let mut link = Command::new(compiler);
    link.args(["-std=c11", "-Wall", "-Werror", "-Wl,--fatal-warnings"]);
    if runner.is_some() {
        link.arg("-static");
    }
    run(
        link.args(["-o", "host", "host.c", "guest.o"]),
        folder.path(),
    );
    let host = folder.path().join("host");
    let mut start = match runner {
        Some(runner) => {
            let mut start = Command::new(runner);
            start.arg(host);
            start
        }
        None => Command::new(host),
    };
    assert_eq!(run(&mut start, folder.path()), PRINTED, "{compiler}");
}

#[test]
fn c_calls_functions_of_an_object() {
    try_in_c(Target::default(), "cc", None);
}

#[test]
fn c_calls_functions_of_an_object_on_other_processors() {
    for (triple, name) in [
        ("aarch64-unknown-linux-gnu", "aarch64"),
        ("riscv64gc-unknown-linux-gnu", "riscv64"),
    ] {
        let target = Target::new(triple.parse().unwrap(), CpuFeature::set());
        let compiler = format!("{name}-linux-gnu-gcc");
        try_in_c(target, &compiler, Some(&format!("qemu-{name}")));
    }
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
    let artifact = compile(&engine(Target::default())).unwrap();
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
        let error = call(artifact, "divide", &[1, 0]).unwrap_err();
        assert_eq!(error.message(), "integer divide by zero");
        assert_eq!(error.trace()[0].module_name(), "guest");
    }
}

#[test]
fn an_object_is_an_artifact_as_well() {
    let engine = engine(Target::default());
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
    let engine = engine(Target::default());
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
    let artifact = compile(&engine(Target::default())).unwrap();
    let bytes = artifact.serialize().unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    assert_eq!(file.kind(), object::ObjectKind::Relocatable);
    let mut names: Vec<_> = file
        .symbols()
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    names.retain(|name| name.to_lowercase().starts_with("wasmill_"));
    assert_eq!(names.len(), 9, "{names:?}");
    // Each function has a frame, at a place that the linker fills in.
    let frames = file.section_by_name(".eh_frame").unwrap();
    assert!(frames.relocations().count() > 3);
    assert!(file.section_by_name(".note.GNU-stack").is_some());
}

#[test]
fn prefixes_that_c_cannot_spell_are_refused() {
    let mut engine = engine(Target::default());
    engine.set_deterministic_prefixer(|_| "a-b".to_owned());
    assert!(matches!(compile(&engine), Err(CompileError::Codegen(_))));
}
