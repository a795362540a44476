//! What the tests of this crate share: modules made ready for the compiler.

use std::sync::Arc;

use wasmill_abi::ContextLayout;
use wasmill_compiler::target::Triple;
use wasmill_compiler::{
    CompileError, CompileModuleInfo, CpuFeature, Features, Target, Translation, translate,
};
use wasmill_types::{MemoryStyle, Pages, TableStyle};

/// A machine of the year 2013: the tests must give the same everywhere.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn x86_64() -> Target {
    let features = [
        CpuFeature::SSE2,
        CpuFeature::SSE3,
        CpuFeature::SSSE3,
        CpuFeature::SSE41,
        CpuFeature::SSE42,
        CpuFeature::POPCNT,
        CpuFeature::AVX,
        CpuFeature::AVX2,
        CpuFeature::BMI1,
        CpuFeature::BMI2,
        CpuFeature::LZCNT,
    ];
    Target::new(linux(), features.into_iter().collect())
}

/// The same with nothing but the base of the architecture.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn old_x86_64() -> Target {
    Target::new(linux(), CpuFeature::SSE2.into())
}

fn linux() -> Triple {
    "x86_64-unknown-linux-gnu".parse().expect("a triple")
}

/// Memories whose accesses need no check.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn unchecked() -> MemoryStyle {
    MemoryStyle::Static {
        bound: Pages::max_value(),
        offset_guard_size: 4 << 30,
    }
}

/// Reads a module and plans it.
pub(crate) fn plan<'a>(
    wasm: &'a [u8],
    memory: &MemoryStyle,
) -> Result<(CompileModuleInfo, Translation<'a>), CompileError> {
    let features = Features::default();
    let translation = translate(wasm, &features)?;
    let module = Arc::new(translation.info.clone());
    let layout = ContextLayout::new(&module).expect("a small context");
    let info = CompileModuleInfo {
        layout: Arc::new(layout),
        memory_styles: module.memories.values().map(|_| memory.clone()).collect(),
        table_styles: module
            .tables
            .values()
            .map(|_| TableStyle::CallerChecksSignature)
            .collect(),
        module,
        features,
    };
    Ok((info, translation))
}
