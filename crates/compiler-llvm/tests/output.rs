//! What LLVM's output becomes: relocations of other processors, traps, and functions that it had better not optimise.

use std::fmt::Write;
use std::sync::Arc;

use wasmill_abi::TrapCode;
use wasmill_compiler::{
    CompileError, CompiledFunction, Compiler as _, CompilerConfig, RelocationKind, Target,
};
use wasmill_compiler_llvm::{
    CompiledKind, FunctionText, InkwellMemoryBuffer, InkwellModule, LLVM, LLVMCallbacks,
    LLVMCompiler,
};
use wasmill_compiler_testing as support;

fn compile(text: &str, target: &Target) -> Result<Vec<CompiledFunction>, CompileError> {
    let wasm = wat::parse_str(text).expect("a module");
    let (info, translation) = support::plan(&wasm, &support::unchecked())?;
    let compiler = Box::new(LLVM::new()).compiler();
    let code = compiler.compile_module(target, &info, translation.bodies)?;
    Ok(code.functions.values().cloned().collect())
}

/// Adds to each unit what no assembler takes.
#[derive(Debug)]
struct Damage;

impl LLVMCallbacks for Damage {
    fn preopt_ir(&self, _: &CompiledKind, module: &InkwellModule<'_>) {
        module.set_inline_assembly("what no assembler takes");
    }
    fn postopt_ir(&self, _: &CompiledKind, _: &InkwellModule<'_>) {}
    fn obj_memory_buffer(&self, _: &CompiledKind, _: &InkwellMemoryBuffer) {}
}

#[test]
fn errors_of_llvm_are_errors() {
    let wasm = wat::parse_str(EVERYTHING).expect("a module");
    let (info, translation) = support::plan(&wasm, &support::unchecked()).expect("valid");
    let mut config = LLVM::new();
    config.callbacks(Some(Arc::new(Damage)));
    let compiler = LLVMCompiler::new(config);
    let code = compiler.compile_module(&support::x86_64(), &info, translation.bodies);
    let error = code.map(drop).expect_err("an error").to_string();
    assert!(error.contains("LLVM: <inline asm>"), "{error}");
}

fn inspect(text: &str) -> Vec<FunctionText> {
    let wasm = wat::parse_str(text).expect("a module");
    let (info, translation) = support::plan(&wasm, &support::unchecked()).expect("valid");
    let compiler = LLVMCompiler::new(LLVM::new());
    let texts = compiler.inspect_module(&support::x86_64(), &info, translation.bodies);
    texts.expect("code")
}

fn foreign(triple: &str) -> Target {
    let triple = triple.parse().expect("a triple");
    Target::new(triple, wasmill_compiler::CpuFeature::set())
}

/// A constant, a table of jumps, a call, and two traps.
const EVERYTHING: &str = r#"(module
    (memory 1)
    (func $f (export "f") (param i32 f64) (result f64)
        (f64.mul (call $g (i32.div_u (i32.const 7) (local.get 0)) (local.get 1)) (f64.const 1.1)))
    (func $g (export "g") (param i32 f64) (result f64)
        block $a block $b block $c block $d block $e block $h
            local.get 0
            br_table $a $b $c $d $e $h $a
        end call $f0 end call $f1 end call $f2 end call $f3 end call $f4 end
        (call $f (local.get 0) (local.get 1)))
    (func $f0 (export "f0") (f64.store (i32.const 0) (f64.const 3.3)))
    (func $f1 (export "f1") (f64.store (i32.const 8) (f64.const 4.4)))
    (func $f2 (export "f2") (f64.store (i32.const 16) (f64.const 5.5)))
    (func $f3 (export "f3") (f64.store (i32.const 24) (f64.const 6.6)) unreachable)
    (func $f4 (export "f4") (v128.store (i32.const 32) (v128.const i64x2 1 2))))"#;

fn kinds(functions: &[CompiledFunction]) -> Vec<RelocationKind> {
    let all = functions.iter().flat_map(|function| &function.relocations);
    all.map(|relocation| relocation.kind).collect()
}

fn assert_traps(functions: &[CompiledFunction]) {
    let codes = functions.iter().flat_map(|function| &function.traps);
    let codes: Vec<_> = codes.map(|trap| trap.code).collect();
    for code in [
        TrapCode::IntegerDivisionByZero,
        TrapCode::UnreachableCodeReached,
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn aarch64_code_refers_to_pages() {
    let functions = compile(EVERYTHING, &foreign("aarch64-unknown-linux-gnu")).unwrap();
    let kinds = kinds(&functions);
    assert!(kinds.contains(&RelocationKind::Arm64Page), "{kinds:?}");
    let offset = |kind: &RelocationKind| matches!(kind, RelocationKind::Arm64PageOffset { .. });
    assert!(kinds.iter().any(offset), "{kinds:?}");
    assert!(kinds.contains(&RelocationKind::Arm64Call), "{kinds:?}");
    assert_traps(&functions);
}

#[test]
fn riscv64_code_refers_to_halves() {
    let functions = compile(EVERYTHING, &foreign("riscv64gc-unknown-linux-gnu")).unwrap();
    let kinds = kinds(&functions);
    for kind in [
        RelocationKind::RiscvHigh,
        RelocationKind::RiscvLow,
        RelocationKind::RiscvCall,
        RelocationKind::PcRel4,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}: {kinds:?}");
    }
    assert_traps(&functions);
}

#[test]
fn targets_without_code_are_refused() {
    for triple in ["mips-unknown-linux-gnu", "i686-unknown-linux-gnu"] {
        let error = compile("(module (func))", &foreign(triple)).unwrap_err();
        assert!(
            matches!(error, CompileError::UnsupportedTarget(_)),
            "{error}"
        );
    }
}

#[test]
fn functions_that_would_take_too_long_are_left_as_they_are() {
    let mut divisions = String::new();
    let (mut loops, mut ends) = (String::new(), String::new());
    for _ in 0..600 {
        divisions += "(local.set 0 (i32.div_s (local.get 0) (local.get 1)))";
    }
    for _ in 0..60 {
        loops += "(loop (br_if 0 (local.get 0))";
        ends += ")";
    }
    let mut ifs = String::new();
    for _ in 0..300 {
        write!(
            ifs,
            "(if (local.get 0) (then (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
        )
        .unwrap();
    }
    ifs += &"))".repeat(300);
    let text = format!(
        r#"(module
        (func (export "a") (param i32 i32) (result i32) {divisions} (local.get 0))
        (func (export "b") (param i32 i32) {loops} {ends})
        (func (export "c") (param i32 i32) {ifs})
        (func (export "d") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))"#
    );
    let [a, b, c, d] = &inspect(&text)[..] else {
        panic!("four functions");
    };
    for extreme in [a, b, c] {
        assert!(extreme.optimized_ir.contains("alloca i32"));
        assert!(extreme.asm.contains("\tret"));
    }
    assert!(!d.optimized_ir.contains("alloca i32"), "{}", d.optimized_ir);
}

#[test]
fn calls_with_very_many_arguments_keep_passes_from_their_unit() {
    let (params, arguments) = ("i32 ".repeat(600), "(local.get 0)".repeat(600));
    let text = format!(
        r#"(module
        (func $wide (export "wide") (param {params}))
        (func (export "f") (param i32) (call $wide {arguments})))"#
    );
    for function in inspect(&text) {
        assert!(function.optimized_ir.contains("alloca i32"));
    }
}

#[test]
fn texts_of_functions_that_are_inlined_everywhere() {
    let texts = inspect(
        r#"(module
        (func $inner (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
        (func (export "f") (param i32) (result i32) (call $inner (local.get 0))))"#,
    );
    let [inner, outer] = &texts[..] else {
        panic!("two functions");
    };
    assert!(inner.ir.contains("mul i32") && inner.optimized_ir.is_empty());
    assert!(inner.asm.is_empty());
    assert!(outer.ir.contains("call i32 @f0"), "{}", outer.ir);
    assert!(outer.optimized_ir.contains("mul i32"));
    assert!(outer.asm.contains("leal"), "{}", outer.asm);
    assert_eq!((inner.index.as_u32(), outer.index.as_u32()), (0, 1));
}
