//! The compilers and engines that the suite runs on.

use wasmill::{CompilerConfig, Cranelift, CraneliftOptLevel, Features, Universal, UniversalEngine};

/// A compiler with its settings, in an engine.
pub(crate) struct Configuration {
    /// The first part of the names of its trials.
    pub(crate) name: &'static str,
    /// Makes an engine.
    pub(crate) engine: fn(Features) -> UniversalEngine,
}

/// Every compiler as users get it, and with all that can be set turned the other way.
pub(crate) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "cranelift",
        engine: |features| universal(Cranelift::new(), features),
    },
    Configuration {
        name: "cranelift-unoptimized",
        engine: |features| {
            let mut config = Cranelift::new();
            config.enable_verifier();
            config
                .opt_level(CraneliftOptLevel::None)
                .canonicalize_nans(true);
            universal(config, features)
        },
    },
];

fn universal(config: Cranelift, features: Features) -> UniversalEngine {
    Universal::new(config).features(features).engine()
}
