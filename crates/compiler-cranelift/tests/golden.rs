//! Golden tests: modules with the IR or machine code that must come out (`emit = clif | optimized | asm`), in the format of
//! `wasmill_compiler_testing`.
//!
//! Run with `BLESS=1` to write them anew, then read the difference.

use std::env;
use std::path::Path;

use wasmill_compiler_cranelift::{Cranelift, CraneliftCompiler, FunctionText};
use wasmill_compiler_testing::{self as support, Golden, check_golden};
use wasmill_types::FunctionIndex;

fn compile(golden: &Golden) -> Vec<(FunctionIndex, String)> {
    let (info, translation) = support::plan(&golden.wasm, &golden.memory).expect("a valid module");
    let compiler = CraneliftCompiler::new(Cranelift::new());
    let texts = compiler
        .inspect_module(&support::x86_64(), &info, translation.bodies)
        .expect("code");
    let pick: fn(FunctionText) -> String = match golden.setting("emit") {
        Some("clif") => |text| text.clif,
        Some("optimized") => |text| text.optimized_clif,
        Some("asm") => |text| text.asm,
        other => panic!("what to emit? {other:?}"),
    };
    texts
        .into_iter()
        .map(|text| (text.index, pick(text)))
        .collect()
}

#[test]
fn output_is_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = env::var_os("BLESS").is_some();
    check_golden(&folder, 10, bless, compile);
}
