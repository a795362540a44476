//! What is known to fail: `expectations.toml`, a table from the names of trials to reasons.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Trial;

/// The trials that are known to fail.
pub(crate) struct Expectations {
    reasons: BTreeMap<String, String>,
}

impl Expectations {
    /// Reads the list.
    pub(crate) fn read() -> Self {
        let text = include_str!("expectations.toml");
        let reasons = toml::from_str(text).expect("expectations.toml is a table of strings");
        Self { reasons }
    }

    /// Why a trial is known to fail, if it is: by itself, or in every configuration.
    pub(crate) fn reason(&self, trial: &str) -> Option<&str> {
        let own = self.reasons.get(trial);
        own.or_else(|| self.reasons.get(script(trial)))
            .map(String::as_str)
    }

    /// A trial that fails if the list names trials that do not exist.
    pub(crate) fn trial_of_names(&self, trials: impl Iterator<Item = String>) -> Trial {
        let trials: BTreeSet<String> = trials
            .flat_map(|trial| [script(&trial).to_owned(), trial])
            .collect();
        let listed = self.reasons.keys();
        let strangers: Vec<_> = listed
            .filter(|name| !trials.contains(*name))
            .cloned()
            .collect();
        Trial::test("expectations", move || match strangers.as_slice() {
            [] => Ok(()),
            names => Err(format!("expectations.toml lists what does not exist: {names:?}").into()),
        })
    }
}

/// The name of a trial without its configuration.
fn script(trial: &str) -> &str {
    trial.split_once('/').map_or(trial, |(_, script)| script)
}
