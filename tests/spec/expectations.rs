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

    /// Why a trial is known to fail, if it is.
    pub(crate) fn reason(&self, trial: &str) -> Option<&str> {
        self.reasons.get(trial).map(String::as_str)
    }

    /// A trial that fails if the list names trials that do not exist.
    pub(crate) fn trial_of_names(&self, trials: impl Iterator<Item = String>) -> Trial {
        let trials: BTreeSet<String> = trials.collect();
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
