//! What comes beside the code: relocations, traps, the map to operators, and what was inlined where.

use wasmill_abi::TrapCode;
use wasmill_compiler::{
    CompileError, CompiledFunction, CompilerConfig, RelocationKind, RelocationTarget,
};
use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
use wasmill_compiler_testing as support;
use wasmill_types::{EntityRef, LocalFunctionIndex};

/// The operator `call`.
const CALL: u8 = 0x10;

fn try_compile(wasm: &[u8], config: Cranelift) -> Result<Vec<CompiledFunction>, CompileError> {
    let (info, translation) = support::plan(wasm, &support::unchecked())?;
    let compiler = Box::new(config).compiler();
    let target = support::x86_64();
    let code = compiler.compile_module(&target, &info, translation.bodies)?;
    Ok(code.functions.values().cloned().collect())
}

fn compile(text: &str) -> (Vec<u8>, Vec<CompiledFunction>) {
    let wasm = wat::parse_str(text).expect("a module");
    let functions = try_compile(&wasm, Cranelift::new()).expect("code");
    (wasm, functions)
}

/// The offset in the module of the operator that the code at `offset` belongs to.
fn operator_at(function: &CompiledFunction, offset: u32) -> u32 {
    let map = &function.address_map;
    let at = map.partition_point(|entry| entry.offset <= offset);
    map[at - 1].module_offset
}

const NESTED: &str = r#"(module (memory 1)
    (func $inner (param i32) (result i32) (i32.store (local.get 0) (i32.const 1)) (local.get 0))
    (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0))))
    (func (param i32) (result i32) (i32.mul (call $middle (local.get 0)) (call $inner (i32.const -1)))))"#;

#[test]
fn traps_in_inlined_code_lead_to_every_frame() {
    let (wasm, functions) = compile(NESTED);
    let [inner, middle, outer] = &functions[..] else {
        panic!("three functions");
    };
    let body = |function: &CompiledFunction| function.start_offset..function.end_offset;
    assert!(outer.relocations.is_empty(), "both calls were inlined");
    assert_eq!(outer.traps.len(), 2);
    let mut depths = Vec::new();
    for trap in &outer.traps {
        assert_eq!(trap.code, TrapCode::HeapAccessOutOfBounds);
        assert!(body(inner).contains(&operator_at(outer, trap.offset)));
        let around = |range: &&wasmill_compiler::InlinedRange| {
            (range.start..range.end).contains(&trap.offset)
        };
        let calls: Vec<u32> = outer
            .inlined
            .iter()
            .filter(around)
            .map(|r| r.call)
            .collect();
        assert!(calls.iter().all(|&call| wasm[call as usize] == CALL));
        assert!(
            body(outer).contains(&calls[0]),
            "the outermost is the function's own"
        );
        if let Some(call) = calls.get(1) {
            assert!(body(middle).contains(call));
        }
        depths.push(calls.len());
    }
    depths.sort_unstable();
    assert_eq!(depths, [1, 2]);
}

#[test]
fn inlined_ranges_are_nested_and_in_order() {
    let (_, functions) = compile(NESTED);
    for function in &functions {
        let mut open: Vec<u32> = Vec::new();
        let mut last = 0;
        for range in &function.inlined {
            assert!(last <= range.start && range.start < range.end);
            assert!(range.end as usize <= function.code.len());
            open.retain(|&end| end > range.start);
            assert!(open.iter().all(|&end| range.end <= end), "they overlap");
            open.push(range.end);
            last = range.start;
        }
    }
}

#[test]
fn nothing_is_inlined_without_optimization() {
    let wasm = wat::parse_str(NESTED).expect("a module");
    let mut config = Cranelift::new();
    config.opt_level(CraneliftOptLevel::None);
    let functions = try_compile(&wasm, config).expect("code");
    assert!(functions.iter().all(|function| function.inlined.is_empty()));
    let [.., outer] = &functions[..] else {
        panic!("three functions");
    };
    let targets: Vec<_> = outer.relocations.iter().map(|r| r.target).collect();
    let function = |index| RelocationTarget::Function(LocalFunctionIndex::new(index));
    assert_eq!(targets, [function(1), function(0)]);
    for relocation in &outer.relocations {
        assert_eq!(relocation.kind, RelocationKind::PcRel4);
        assert_eq!(relocation.addend, -4);
        assert_eq!(outer.code[relocation.offset as usize - 1], 0xe8);
    }
}

#[test]
fn inlining_stays_linear() {
    // Each function calls the next one twice: inlined without a bound, the first would have two to the power of 30 calls.
    let mut text = String::from("(module (memory 1)");
    for n in 0..30 {
        text += &format!("(func $f{n} (call $f{}) (call $f{}))", n + 1, n + 1);
    }
    text += "(func $f30 (i32.store (i32.const 0) (i32.const 1))))";
    let (wasm, functions) = compile(&text);
    let code: usize = functions.iter().map(|function| function.code.len()).sum();
    assert!(
        code < 200 * wasm.len(),
        "{code} bytes of code for {}",
        wasm.len()
    );
}

#[test]
fn the_code_is_the_same_on_any_number_of_threads() {
    let functions: String = (0..60)
        .map(|n| format!("(func $f{n} (param i32) (result i32) (i32.mul (local.get 0) (call $f{} (i32.const {n}))))", (n * 7) % 60))
        .collect();
    let wasm = wat::parse_str(format!("(module {functions})")).expect("a module");
    let compile = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().expect("threads");
        pool.install(|| try_compile(&wasm, Cranelift::new()))
            .expect("code")
    };
    assert!(compile(1) == compile(4), "the code differs");
}

#[test]
fn locals_times_branches_are_bounded() {
    let (locals, loops) = (5_000, 20_000);
    let text = format!(
        "(module (func (param i32) (local {}) {} {}))",
        "i32 ".repeat(locals),
        "(loop (br_if 0 (local.get 0)))".repeat(loops),
        (1..locals)
            .map(|n| format!("(local.set 0 (local.get {n}))"))
            .collect::<String>(),
    );
    // As values there would be a hundred million of them.
    let (wasm, functions) = compile(&text);
    let code = functions[0].code.len();
    assert!(
        code < 40 * wasm.len(),
        "{code} bytes of code for {}",
        wasm.len()
    );
}

#[test]
fn the_first_error_is_reported_and_inlining_does_not_hide_it() {
    // The third function is not valid; the second one calls it, and would inline it.
    let mut wasm =
        wat::parse_str("(module (func) (func (call 2)) (func (drop (i32.const 7))) (func))")
            .expect("a module");
    let drop = wasm
        .iter()
        .rposition(|&byte| byte == 0x1a)
        .expect("the drop");
    wasm[drop] = 0x45;
    let outcome = try_compile(&wasm, Cranelift::new());
    assert!(matches!(outcome, Err(CompileError::Validate(_))));
}
