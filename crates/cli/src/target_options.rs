//! The options that say which machine code is made for.

use clap::Args;
use wasmill::{Architecture, CpuFeature, HOST, Target, Triple};

/// The machine.
#[derive(Args, Debug)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetOptions {
    /// The machine that code is made for, as aarch64-linux-gnu; this one if none is named.
    #[arg(long, value_name = "TRIPLE", value_parser = triple)]
    target: Option<Triple>,

    /// A feature that the processor has, as avx2; with this or --target, it has those that are named. May be given
    /// several times.
    #[arg(short = 'm', value_name = "CPUFEATURE", value_delimiter = ',', value_parser = cpu_feature)]
    cpu_features: Vec<CpuFeature>,
}

impl TargetOptions {
    /// The machine that is meant.
    pub(crate) fn target(&self) -> Target {
        if self.target.is_none() && self.cpu_features.is_empty() {
            return Target::default();
        }
        let triple = self.target.clone().unwrap_or(HOST);
        // Every x86-64 has it.
        let base = (triple.architecture == Architecture::X86_64).then_some(CpuFeature::SSE2);
        let features = self.cpu_features.iter().copied().chain(base);
        Target::new(triple, features.collect())
    }
}

fn triple(text: &str) -> Result<Triple, String> {
    let example = "a target is named like x86_64-linux-gnu or aarch64-linux-gnu";
    text.parse().map_err(|error| format!("{error}; {example}"))
}

fn cpu_feature(text: &str) -> Result<CpuFeature, String> {
    text.parse().map_err(|error| {
        let all = !CpuFeature::set();
        let names = all.iter().map(|feature| feature.to_string());
        format!(
            "{error}; known are {}",
            names.collect::<Vec<_>>().join(", ")
        )
    })
}
