//! What the tests of the compilers, and of what is made with them, share: modules made ready for a compiler, golden files (`golden`), and
//! programs of the system (`system`).
//!
//! A dependency of tests only; what is wrong in a test panics.

mod golden;
pub mod system;

pub use golden::{Golden, check_golden};

use std::sync::Arc;

use wasmill_abi::ContextLayout;
use wasmill_compiler::target::Triple;
use wasmill_compiler::{
    CompileError, CompileModuleInfo, CpuFeature, Features, Progress, Target, Translation, translate,
};
use wasmill_types::{MemoryStyle, Pages, TableStyle};

/// A machine of the year 2013: the tests must give the same everywhere.
pub fn x86_64() -> Target {
    x86_64_with(&[
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
    ])
}

/// A machine with these features on top of the base of the architecture.
///
/// # Panics
/// Never: the triple is one.
pub fn x86_64_with(features: &[CpuFeature]) -> Target {
    let linux: Triple = "x86_64-unknown-linux-gnu".parse().expect("a triple");
    Target::new(linux, features.iter().copied().collect())
}

/// Memories whose accesses need no check.
pub fn unchecked() -> MemoryStyle {
    MemoryStyle::Static {
        bound: Pages::max_value(),
        offset_guard_size: 4 << 30,
    }
}

/// Memories with a reservation smaller than what addresses reach.
pub fn reserved() -> MemoryStyle {
    MemoryStyle::Static {
        bound: Pages(16),
        offset_guard_size: 0x1_0000,
    }
}

/// Memories that are checked against their size.
pub fn dynamic() -> MemoryStyle {
    MemoryStyle::Dynamic {
        offset_guard_size: 0x1_0000,
    }
}

/// Reads a module and plans it.
///
/// # Errors
/// If the module is not valid.
///
/// # Panics
/// If its context is too large.
pub fn plan<'a>(
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
        progress: Progress::default(),
    };
    Ok((info, translation))
}
