//! The target as LLVM sees it.

use std::sync::Once;

use inkwell::OptimizationLevel;
use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target as LlvmTarget, TargetMachine, TargetTriple,
};
use wasmill_compiler::{CompileError, CpuFeature, Target};

/// LLVM's name of a feature.
fn feature_name(feature: CpuFeature) -> &'static str {
    match feature {
        CpuFeature::SSE2 => "sse2",
        CpuFeature::SSE3 => "sse3",
        CpuFeature::SSSE3 => "ssse3",
        CpuFeature::SSE41 => "sse4.1",
        CpuFeature::SSE42 => "sse4.2",
        CpuFeature::POPCNT => "popcnt",
        CpuFeature::AVX => "avx",
        CpuFeature::BMI1 => "bmi",
        CpuFeature::BMI2 => "bmi2",
        CpuFeature::AVX2 => "avx2",
        CpuFeature::AVX512DQ => "avx512dq",
        CpuFeature::AVX512VL => "avx512vl",
        CpuFeature::AVX512F => "avx512f",
        CpuFeature::LZCNT => "lzcnt",
    }
}

/// What is faster on most processors that have it at all: an access after the other instead of vectors of addresses, and vectors of
/// 32 bytes instead of 64, which some run slower for.
const PREFERENCES: [&str; 3] = ["+prefer-no-gather", "+prefer-no-scatter", "+prefer-256-bit"];

/// LLVM's names of the architecture and of the processor that it starts from, and what ours has beyond it.
fn processor(target: &Target) -> Result<[String; 3], CompileError> {
    let triple = target.triple();
    let refuse = |what: &str| CompileError::UnsupportedTarget(format!("{triple}{what}"));
    match triple.architecture.to_string().as_str() {
        "x86_64" => {
            let features = target.cpu_features();
            if !features.contains(CpuFeature::SSE41) {
                return Err(refuse(" without SSE4.1, which the LLVM compiler needs"));
            }
            let names = features
                .iter()
                .map(|feature| format!("+{}", feature_name(feature)));
            let names = names.chain(PREFERENCES.map(String::from));
            let names = names.collect::<Vec<_>>().join(",");
            Ok(["x86_64".into(), "x86-64".into(), names])
        }
        "aarch64" => Ok(["aarch64", "generic", "+neon"].map(String::from)),
        // Without relaxation, which only a linker could do, distances in code are final.
        "riscv64" | "riscv64gc" => {
            let features = "+m,+a,+f,+d,+c,-relax";
            Ok(["riscv64", "generic-rv64", features].map(String::from))
        }
        _ => Err(refuse(
            " (LLVM makes code for x86-64, aarch64 and riscv64gc)",
        )),
    }
}

fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let config = InitializationConfig::default();
        LlvmTarget::initialize_x86(&config);
        LlvmTarget::initialize_aarch64(&config);
        LlvmTarget::initialize_riscv(&config);
    });
}

/// Sets up LLVM for a target.
pub(crate) fn build(
    level: OptimizationLevel,
    target: &Target,
) -> Result<TargetMachine, CompileError> {
    initialize();
    let [architecture, cpu, features] = processor(target)?;
    // Objects are always ELF: they are read here, never by the system.
    let triple = format!("{architecture}-unknown-linux-gnu");
    let triple = TargetTriple::create(&triple);
    let unsupported = |what: String| CompileError::UnsupportedTarget(what);
    let machine = LlvmTarget::from_triple(&triple)
        .map_err(|error| unsupported(error.to_string()))?
        .create_target_machine(
            &triple,
            &cpu,
            &features,
            level,
            RelocMode::PIC,
            CodeModel::Small,
        );
    machine.ok_or_else(|| unsupported(target.triple().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        triple: &str,
        features: impl IntoIterator<Item = CpuFeature>,
    ) -> Result<(), CompileError> {
        let target = Target::new(triple.parse().unwrap(), features.into_iter().collect());
        build(OptimizationLevel::None, &target).map(drop)
    }

    #[test]
    fn targets_with_and_without_code() {
        check("x86_64-unknown-linux-gnu", [CpuFeature::SSE41]).unwrap();
        check("aarch64-apple-darwin", []).unwrap();
        check("riscv64gc-unknown-linux-gnu", []).unwrap();
        let old = check("x86_64-unknown-linux-gnu", [CpuFeature::SSE2]).unwrap_err();
        assert!(old.to_string().contains("without SSE4.1"), "{old}");
        for other in ["mips", "i686", "aarch64_be", "riscv64imac", "riscv32gc"] {
            let error = check(&format!("{other}-unknown-linux-gnu"), []).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("(LLVM makes code for"), "{error}");
        }
    }
}
