//! Golden tests: modules with the machine code that must come out, in the format of `wasmill_compiler_testing`.
//!
//! Settings: `cpu = haswell | sse41` (all that a machine of the year 2013 has, or the least that the compiler takes) and
//! `nans = canonical | any`. Run with `BLESS=1` to write the files anew, then read the difference.

use std::env;
use std::path::Path;

use wasmill_compiler::CpuFeature;
use wasmill_compiler_singlepass::{Singlepass, SinglepassCompiler};
use wasmill_compiler_testing::{Golden, check_golden, plan, x86_64, x86_64_with};
use wasmill_types::FunctionIndex;

fn compile(golden: &Golden) -> Vec<(FunctionIndex, String)> {
    let target = match golden.setting("cpu") {
        None | Some("haswell") => x86_64(),
        Some("sse41") => x86_64_with(&[CpuFeature::SSE2, CpuFeature::SSE41]),
        Some(other) => panic!("unknown processor: {other}"),
    };
    let mut config = Singlepass::new();
    match golden.setting("nans") {
        None | Some("canonical") => {}
        Some("any") => _ = config.canonicalize_nans(false),
        Some(other) => panic!("unknown kind of NaNs: {other}"),
    }
    let (info, translation) = plan(&golden.wasm, &golden.memory).expect("a valid module");
    SinglepassCompiler::new(config)
        .inspect_module(&target, &info, translation.bodies)
        .expect("code")
}

#[test]
fn output_is_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = env::var_os("BLESS").is_some();
    check_golden(&folder, 20, bless, compile);
}
