//! What the host answers: the same in every engine, since it follows from the seed and the order of calls.

use std::sync::{Arc, Mutex};

use wasmill::Type;

use crate::outcome::Bits;
use crate::random::{Random, mix};

/// The host's side of one run; clones are the same.
#[derive(Clone)]
pub(crate) struct Script(Arc<Mutex<State>>);

struct State {
    random: Random,
    calls: u64,
    digest: u64,
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        let random = Random::new(seed ^ 0x5c91_97a3);
        let (calls, digest) = (0, 0);
        Self(Arc::new(Mutex::new(State {
            random,
            calls,
            digest,
        })))
    }

    /// A call of the host's function `function`: its results, or that it fails.
    pub(crate) fn call(
        &self,
        function: usize,
        arguments: impl Iterator<Item = Bits>,
        results: &[Type],
    ) -> Option<Vec<Bits>> {
        let mut state = self.0.lock().expect("nothing panics while it is held");
        state.calls += 1;
        let mut digest = mix(state.digest ^ function as u64);
        for argument in arguments {
            digest = mix(digest ^ argument.digest());
        }
        state.digest = digest;
        if state.random.once_in(32) {
            return None;
        }
        let random = &mut state.random;
        Some(results.iter().map(|ty| random.value(*ty)).collect())
    }

    /// How often it was called, and a digest of what it was given.
    pub(crate) fn account(&self) -> (u64, u64) {
        let state = self.0.lock().expect("nothing panics while it is held");
        (state.calls, state.digest)
    }
}
