//! Modules that LLVM sees in parts: the outcome depends on nothing but the module.

use rayon::ThreadPoolBuilder;
use wasmill_compiler::{CompiledFunction, Compiler, RelocationTarget};
use wasmill_compiler_llvm::{LLVM, LLVMCompiler};
use wasmill_compiler_testing::{plan, unchecked, x86_64};

/// Functions of some thousand bytes, of which nothing remains: five of them are two units, the first one of three. Each calls the
/// next and the first.
fn large(count: u32) -> Vec<u8> {
    let nothing = "(drop (v128.const i64x2 1 2))\n".repeat(10_000 / 19);
    let mut text = String::from("(module (memory 1) (global $g (mut f64) (f64.const 0))");
    for number in 0..count {
        let next = (number + 1) % count;
        text += &format!(
            "(func $f{number} (export \"{number}\") (param i32) (result i32) {nothing}
               (global.set $g (f64.add (global.get $g) (f64.const {number}.25)))
               (if (i32.eqz (local.get 0)) (then (return (i32.const {number}))))
               (i32.store (local.get 0) (call $f0 (i32.const 0)))
               (i32.add (i32.const {number}) (call $f{next} (i32.sub (local.get 0) (i32.const 1)))))\n"
        );
    }
    text += ")";
    wat::parse_str(&text).expect("a module")
}

fn compile(wasm: &[u8], threads: usize) -> Vec<CompiledFunction> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads").install(|| {
        let (info, translation) = plan(wasm, &unchecked()).expect("a valid module");
        let compiler = LLVMCompiler::new(LLVM::new());
        let compilation = compiler.compile_module(&x86_64(), &info, translation.bodies);
        compilation.expect("code").functions.into_values().collect()
    })
}

#[test]
fn the_same_code_on_any_number_of_threads() {
    for wasm in [large(1), large(5)] {
        let once = compile(&wasm, 1);
        for threads in [1, 2, 3] {
            assert!(compile(&wasm, threads) == once, "{threads} threads");
        }
    }
}

/// Functions refer to those of other units, and to constants of their own.
#[test]
fn calls_go_from_unit_to_unit() {
    let functions = compile(&large(5), 2);
    let refers = |from: usize, to: u32| {
        let mut relocations = functions[from].relocations.iter();
        relocations.any(|relocation| {
            let RelocationTarget::Function(target) = relocation.target;
            target.as_u32() == to && relocation.addend <= 0
        })
    };
    // The last one of the first unit, and both of the second.
    assert!(refers(2, 3) && refers(3, 0) && refers(4, 0));
}

/// A tiny function is put in the place of calls from another unit, too, and keeps its own code there where it is.
#[test]
fn tiny_functions_are_inlined_across_units() {
    let nothing = "(drop (v128.const i64x2 1 2))\n".repeat(30_000 / 19);
    let text = format!(
        r#"(module (memory 1)
             (func $tiny (param i32) (result i32) (i32.load (local.get 0)))
             (func (export "a") {nothing})
             (func (export "b") {nothing})
             (func (export "c") (param i32) (result i32) (i32.add (call $tiny (local.get 0)) (i32.const 5))))"#
    );
    let functions = compile(&wat::parse_str(&text).expect("a module"), 2);
    let last = &functions[3];
    assert!(last.relocations.is_empty(), "{:?}", last.relocations);
    // What it contains is told in traces.
    assert_eq!(last.inlined.len(), 1);
    let callee = functions[0].start_offset..functions[0].end_offset;
    let places = last.address_map.iter().map(|entry| entry.module_offset);
    assert!(places.filter(|place| callee.contains(place)).count() > 0);
    assert!(functions[0].code.len() > 1, "nobody in its unit calls it");
}
