//! The official test suite on every compiler: each script is one trial, named like `cranelift/simd/f32x4_cmp`.
//!
//! ```text
//!   groups (which scripts, with which features) × configurations (which compiler) ─► trials ─► libtest-mimic
//!                                                            expectations.toml ──────┘
//! ```
//!
//! What is known to fail is listed in `expectations.toml`, with the reason. A listed script that passes fails the run,
//! so that the list cannot go stale.

mod configurations;
mod expectations;
mod groups;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use wasmill_wast::{Wast, spectest};

use configurations::{CONFIGURATIONS, Configuration};
use expectations::Expectations;
use groups::Script;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let expectations = Expectations::read();
    let mut trials = Vec::new();
    for configuration in CONFIGURATIONS {
        for script in groups::scripts() {
            let name = format!("{}/{}/{}", configuration.name, script.group, script.name);
            let known = expectations.reason(&name).map(str::to_owned);
            trials.push(Trial::test(name, move || {
                judge(run(configuration, &script), known.as_deref())
            }));
        }
    }
    trials.push(expectations.trial_of_names(trials.iter().map(|trial| trial.name().to_owned())));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(configuration: &Configuration, script: &Script) -> Result<(), String> {
    let store = (configuration.store)(script.features.clone());
    let imports = spectest(&store, false);
    let mut wast = Wast::new(store, imports);
    wast.fail_fast = false;
    wast.load = configuration.load;
    let name = format!("{}.wast", script.name);
    let outcome = wast.run_buffer(&name, script.text.as_bytes());
    outcome.map_err(|error| error.to_string())
}

/// A script must pass, unless it is known to fail: then it must fail.
fn judge(outcome: Result<(), String>, known: Option<&str>) -> Result<(), Failed> {
    match (outcome, known) {
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Err(message), None) => Err(message.into()),
        (Ok(()), Some(reason)) => Err(format!(
            "passes, though listed in expectations.toml ({reason}): remove it there"
        )
        .into()),
    }
}
