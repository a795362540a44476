//! The target as Cranelift sees it: settings for everyone, and what the processor can do.

use cranelift_codegen::isa::{self, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use wasmill_compiler::target::Architecture;
use wasmill_compiler::{CompileError, CpuFeature, Target};

use crate::config::{Cranelift, CraneliftOptLevel};

/// What the translation must know of the target's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// Rounding of floats to integral values.
    pub(crate) rounds: bool,
    /// Shuffles of bytes by variable indices.
    pub(crate) shuffles: bool,
    /// Vectors.
    pub(crate) vectors: bool,
}

impl Abilities {
    /// What a target can do.
    pub(crate) fn of(isa: &dyn TargetIsa) -> Self {
        let flag = |name| {
            let mut flags = isa.isa_flags().into_iter();
            flags.any(|flag| flag.name == name && flag.as_bool() == Some(true))
        };
        match isa.triple().architecture {
            Architecture::X86_64 => Self {
                rounds: flag("has_sse41"),
                shuffles: flag("has_ssse3"),
                vectors: true,
            },
            Architecture::Riscv64(_) => Self {
                rounds: true,
                shuffles: true,
                vectors: flag("has_v"),
            },
            _ => Self {
                rounds: true,
                shuffles: true,
                vectors: true,
            },
        }
    }
}

/// Cranelift's name of a feature; `None` for what all x86-64 processors have.
fn flag_of(feature: CpuFeature) -> Option<&'static str> {
    match feature {
        CpuFeature::SSE2 => None,
        CpuFeature::SSE3 => Some("has_sse3"),
        CpuFeature::SSSE3 => Some("has_ssse3"),
        CpuFeature::SSE41 => Some("has_sse41"),
        CpuFeature::SSE42 => Some("has_sse42"),
        CpuFeature::POPCNT => Some("has_popcnt"),
        CpuFeature::AVX => Some("has_avx"),
        CpuFeature::BMI1 => Some("has_bmi1"),
        CpuFeature::BMI2 => Some("has_bmi2"),
        CpuFeature::AVX2 => Some("has_avx2"),
        CpuFeature::AVX512DQ => Some("has_avx512dq"),
        CpuFeature::AVX512VL => Some("has_avx512vl"),
        CpuFeature::AVX512F => Some("has_avx512f"),
        CpuFeature::LZCNT => Some("has_lzcnt"),
    }
}

/// Sets up Cranelift for a target.
pub(crate) fn build(config: &Cranelift, target: &Target) -> Result<OwnedTargetIsa, CompileError> {
    finish(flags(config)?, target)
}

/// The same for functions that are not to be optimised: registers, too, are chosen in time and memory that follow the
/// function's size.
pub(crate) fn build_plain(
    config: &Cranelift,
    target: &Target,
) -> Result<OwnedTargetIsa, CompileError> {
    let mut plain = config.clone();
    plain.opt_level(CraneliftOptLevel::None);
    let mut builder = flags_builder(&plain)?;
    set(&mut builder, "regalloc_algorithm", "single_pass")?;
    finish(settings::Flags::new(builder), target)
}

fn finish(flags: settings::Flags, target: &Target) -> Result<OwnedTargetIsa, CompileError> {
    let triple = target.triple();
    let unsupported = |_| CompileError::UnsupportedTarget(triple.to_string());
    let mut builder = isa::lookup(triple.clone()).map_err(unsupported)?;
    if triple.architecture == Architecture::X86_64 {
        let features = target.cpu_features();
        assert!(
            features.contains(CpuFeature::SSE2),
            "x86 support requires SSE2"
        );
        for flag in features.iter().filter_map(flag_of) {
            set(&mut builder, flag, "true")?;
        }
    }
    builder.finish(flags).map_err(codegen_error)
}

/// The settings that all targets share.
pub(crate) fn flags(config: &Cranelift) -> Result<settings::Flags, CompileError> {
    flags_builder(config).map(settings::Flags::new)
}

fn flags_builder(config: &Cranelift) -> Result<settings::Builder, CompileError> {
    let mut builder = settings::builder();
    let opt_level = match config.opt_level {
        CraneliftOptLevel::None => "none",
        CraneliftOptLevel::Speed => "speed",
        CraneliftOptLevel::SpeedAndSize => "speed_and_size",
    };
    let on = |enabled: bool| if enabled { "true" } else { "false" };
    let values = [
        ("opt_level", opt_level),
        // Tests of all crates run debug builds: whatever they compile is checked.
        (
            "enable_verifier",
            on(config.verifier || cfg!(debug_assertions)),
        ),
        ("is_pic", on(config.pic)),
        (
            "enable_nan_canonicalization",
            on(config.nan_canonicalization),
        ),
        // Backtraces walk frame pointers; nothing reads unwind tables.
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "false"),
        // Stack overflow is found by the guard page, which no frame may jump over.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
    ];
    for (name, value) in values {
        set(&mut builder, name, value)?;
    }
    Ok(builder)
}

fn set(builder: &mut impl Configurable, name: &str, value: &str) -> Result<(), CompileError> {
    builder.set(name, value).map_err(codegen_error)
}

fn codegen_error(error: impl std::fmt::Display) -> CompileError {
    CompileError::Codegen(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_compiler::target::Triple;

    fn x86(features: impl IntoIterator<Item = CpuFeature>) -> Target {
        let triple: Triple = "x86_64-unknown-linux-gnu".parse().expect("a triple");
        Target::new(triple, features.into_iter().collect())
    }

    #[test]
    fn features_become_abilities() {
        let config = Cranelift::default();
        let isa = build(&config, &x86([CpuFeature::SSE2])).expect("a target");
        let base = Abilities::of(&*isa);
        assert!(!base.rounds && !base.shuffles && base.vectors);
        let more = [CpuFeature::SSE2, CpuFeature::SSSE3, CpuFeature::SSE41];
        let isa = build(&config, &x86(more)).expect("a target");
        let more = Abilities::of(&*isa);
        assert!(more.rounds && more.shuffles && more.vectors);
    }

    #[test]
    fn every_feature_is_known_to_cranelift() {
        let all = x86(wasmill_compiler::target::EnumSet::all());
        assert!(build(&Cranelift::default(), &all).is_ok());
    }

    #[test]
    #[should_panic(expected = "x86 support requires SSE2")]
    fn sse2_is_required() {
        let _ = build(&Cranelift::default(), &x86([]));
    }

    #[test]
    fn other_targets_are_refused() {
        let triple: Triple = "mips-unknown-linux-gnu".parse().expect("a triple");
        let target = Target::new(triple, CpuFeature::set());
        let refused = build(&Cranelift::default(), &target);
        assert!(matches!(refused, Err(CompileError::UnsupportedTarget(_))));
    }
}
