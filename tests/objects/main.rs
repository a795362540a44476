//! Object files and shared objects in C programs: every compiler that is built in, on this processor and on others.
//!
//! C compilers, and `qemu-user` for other processors, are the system's: what is missing is left out, and said. The expected numbers
//! are calculated by hand.

use std::fs;
use std::process::Command;

use wasmill::{
    Artifact, BaseTunables, CompileError, CompilerConfig, CpuFeature, Cranelift, Native,
    NativeArtifact, Singlepass, Staticlib, StaticlibArtifact, Target, wat2wasm,
};
use wasmill_compiler_testing::system::{has, run};

/// What computes, without a runtime: numbers of all types, calls, a memory, constants, jumps through a table, bits, vectors.
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
    (func (export "bits") (param i64) (result i64)
        (i64.xor (i64.rotl (local.get 0) (i64.const 13)) (i64.add (i64.popcnt (local.get 0))
            (i64.add (i64.mul (i64.clz (local.get 0)) (i64.const 100)) (i64.mul (i64.ctz (local.get 0)) (i64.const 10000))))))
    (func (export "divide") (param i64 i64) (result i64)
        (i64.sub (i64.div_s (local.get 0) (local.get 1)) (i64.rem_u (local.get 0) (local.get 1))))
    (func (export "round") (param f64) (result i32)
        (i32.trunc_sat_f64_s (f64.mul (f64.nearest (f64.max (local.get 0) (f64.const -2.5)))
            (f64.copysign (f64.sqrt (f64.const 1e18)) (local.get 0)))))
    VECTORS)"#;

/// What not every compiler has for every processor.
const VECTORS: &str = r#"(func (export "vectors") (param i32) (result i32) (local $v v128)
        (local.set $v (i32x4.mul (i32x4.splat (local.get 0)) (v128.const i32x4 1 -2 3 4)))
        (local.set $v (i8x16.shuffle 4 5 6 7 0 1 2 3 28 29 30 31 8 9 10 11 (local.get $v)
            (f32x4.convert_i32x4_s (local.get $v))))
        (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32.add (i32x4.extract_lane 3 (local.get $v))
            (i32.trunc_f32_s (f32x4.extract_lane 2 (local.get $v))))))"#;

const HOST: &str = r#"
#include "guest.h"
extern const uint8_t WASMILL_METADATA[];
#include <stdio.h>
#include <string.h>
static _Alignas(16) uint8_t context[WASMILL_CONTEXT_guest];
static uint8_t memory[65536];
int main(void) {
    wasmill_definition definition = { memory, sizeof memory };
    wasmill_memory guest_memory = { memory, &definition };
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
    printf(" %llx", (long long)wasmill_function_guest_5(context, 0x0123456789abcdf0));
    printf(" %lld", (long long)wasmill_function_guest_6(context, -1000, 7));
    printf(" %d %d", wasmill_function_guest_7(context, -7.0), wasmill_function_guest_7(context, 1e9));
#ifdef VECTORS
    printf(" %d", wasmill_function_guest_8(context, 5));
#endif
    printf(" %d\n", wasmill_metadata_guest[1] == 'w' && (uintptr_t)WASMILL_METADATA == (uintptr_t)wasmill_metadata_guest);
    return 0;
}
"#;

const PRINTED: &str =
    "6765 1.000 -8 7 4950 4950 10 20 30 40 40 68acf13579be9f3d -145 2000000000 2147483647";

/// A compiler, as it is when nothing is said.
type Compiler = fn() -> Box<dyn CompilerConfig>;

fn compilers() -> Vec<(&'static str, Compiler)> {
    vec![
        ("Singlepass", || Box::new(Singlepass::new())),
        ("Cranelift", || Box::new(Cranelift::new())),
        #[cfg(feature = "llvm")]
        ("LLVM", || Box::new(wasmill::LLVM::new())),
    ]
}

/// What a C program is linked with, by the names of the files: a header, an object, and the same as a shared object.
type Guest = [(&'static str, Vec<u8>); 3];

fn compile(compiler: Compiler, target: &Target, vectors: bool) -> Result<Guest, CompileError> {
    let text = GUEST.replace("VECTORS", if vectors { VECTORS } else { "" });
    let module = wat2wasm(text.as_bytes()).unwrap();
    let tunables = BaseTunables::for_target(target);
    let mut engine = Staticlib::new(compiler()).target(target.clone()).engine();
    engine.set_deterministic_prefixer(|_| "guest".to_owned());
    let object = StaticlibArtifact::new(&engine, &module, &tunables)?;
    let mut engine = Native::new(compiler()).target(target.clone()).engine();
    engine.set_deterministic_prefixer(|_| "guest".to_owned());
    let shared = NativeArtifact::new(&engine, &module, &tunables)?;
    Ok([
        ("guest.h", object.c_header().into_bytes()),
        ("guest.o", object.serialize().unwrap()),
        ("guest.so", shared.serialize().unwrap()),
    ])
}

/// A target's C compiler, and what starts its programs.
struct System<'a> {
    compiler: &'a str,
    runner: &'a [&'a str],
}

impl System<'_> {
    /// Links the C program with one file of a guest and runs it; what it prints.
    fn print(&self, guest: &Guest, file: &str, flags: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("host.c"), HOST).unwrap();
        for (name, bytes) in guest {
            fs::write(folder.join(name), bytes).unwrap();
        }
        let mut link = Command::new(self.compiler);
        link.args(["-std=c11", "-Wall", "-Werror", "-Wl,--fatal-warnings"]);
        link.args(flags).args(["-o", "host", "host.c", file]);
        run(&mut link, folder);
        let host = folder.join("host");
        match self.runner {
            [runner, options @ ..] => run(Command::new(runner).args(options).arg(host), folder),
            [] => run(&mut Command::new(host), folder),
        }
    }

    /// Tries all compilers on a target; the names of those that have it.
    fn try_all(&self, target: &Target) -> Vec<&'static str> {
        let mut tried = Vec::new();
        for (name, compiler) in compilers() {
            // Cranelift's vectors on RISC-V need an extension that is no part of the target.
            let vectors = name != "Cranelift" || !self.compiler.starts_with("riscv64");
            let guest = match compile(compiler, target, vectors) {
                Err(CompileError::UnsupportedTarget(why)) => {
                    println!("{name} is left out: {why}");
                    continue;
                }
                compiled => compiled.unwrap(),
            };
            let expected = format!("{PRINTED}{} 1\n", if vectors { " 25" } else { "" });
            let defined = if vectors { "-DVECTORS" } else { "-UVECTORS" };
            for (file, flags) in [("guest.o", STATIC), ("guest.o", &[]), ("guest.so", SHARED)] {
                let flags = [&[defined], flags].concat();
                let printed = self.print(&guest, file, &flags);
                assert_eq!(printed, expected, "{name}, {}, {file}", self.compiler);
            }
            tried.push(name);
        }
        tried
    }
}

/// For a program with everything in it.
const STATIC: &[&str] = &["-static"];
/// For one that finds the shared object beside it; this has but one name for the artifact.
const SHARED: &[&str] = &[
    "-fPIC",
    "-Wl,-rpath,$ORIGIN",
    "-Dwasmill_metadata_guest=WASMILL_METADATA",
];

#[test]
fn c_calls_functions_of_an_object() {
    if has("cc") {
        let system = System {
            compiler: "cc",
            runner: &[],
        };
        let tried = system.try_all(&Target::default());
        assert_eq!(tried.len(), compilers().len());
    }
}

/// Under `qemu-user`, and linked as Debian links for these processors.
fn other_processor(triple: &str, name: &str) {
    let (compiler, runner) = (format!("{name}-linux-gnu-gcc"), format!("qemu-{name}"));
    if !has(&compiler) || !has(&runner) {
        return;
    }
    let target = Target::new(triple.parse().unwrap(), CpuFeature::set());
    let system = System {
        compiler: &compiler,
        runner: &[&runner, "-L", &format!("/usr/{name}-linux-gnu")],
    };
    let tried = system.try_all(&target);
    assert_eq!(tried.contains(&"LLVM"), cfg!(feature = "llvm"));
    assert!(tried.contains(&"Cranelift") || !cfg!(feature = "other-processors"));
}

#[test]
fn c_calls_functions_of_an_object_on_aarch64() {
    other_processor("aarch64-unknown-linux-gnu", "aarch64");
}

#[test]
fn c_calls_functions_of_an_object_on_riscv64() {
    other_processor("riscv64gc-unknown-linux-gnu", "riscv64");
}
