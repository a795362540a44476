//! The oracle: runs a case everywhere and says where the outcomes differ.

use crate::case::{Case, Plan};
use crate::excuse::excuses_wasmi;
use crate::interpreter::Interpreter;
use crate::native::{Bridge, Kind, Stores, compile, run};
use crate::outcome::Outcome;

/// After so many cases the stores, which remember all signatures, are made anew.
pub(crate) const CASES: u32 = 20_000;

/// LLVM, which takes longer than all others together, has one case in so many, if nothing else is said.
pub const LLVM_EVERY: u64 = 8;

/// What was done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Modules compiled by Singlepass and Cranelift and run everywhere.
    pub cases: u64,
    /// Of these, the ones that LLVM compiled, too.
    pub llvm: u64,
    /// Of these, the ones that `wasmi` ran, too.
    pub interpreted: u64,
    /// Calls of exported functions, per engine.
    pub calls: u64,
    /// Of these, the ones that returned.
    pub returned: u64,
    /// Calls of host functions, per engine.
    pub host_calls: u64,
    /// Cases in which the compilers agree, and `wasmi` differs for a known fault of its own.
    pub excused: u64,
    /// Cases in which `wasmi` panicked: only the compilers were compared.
    pub panicked: u64,
    /// Cases in which a stack was exhausted: nothing was compared.
    pub exhausted: u64,
}

impl Counts {
    /// Adds those of another thread.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.llvm += other.llvm;
        self.interpreted += other.interpreted;
        self.calls += other.calls;
        self.returned += other.returned;
        self.host_calls += other.host_calls;
        self.excused += other.excused;
        self.panicked += other.panicked;
        self.exhausted += other.exhausted;
    }

    fn count(&mut self, outcome: &Outcome, interpreted: bool) {
        self.cases += 1;
        self.interpreted += u64::from(interpreted);
        self.calls += outcome.calls.len() as u64;
        self.returned += outcome.calls.iter().filter(|call| call.is_ok()).count() as u64;
        self.host_calls += outcome.host.0;
        self.exhausted += u64::from(outcome.exhausted());
    }
}

/// What one thread needs.
pub struct Checker {
    stores: Stores,
    interpreter: Interpreter,
    used: u32,
    /// LLVM has one case in so many.
    llvm_every: u64,
    pub counts: Counts,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new(LLVM_EVERY)
    }
}

impl Checker {
    /// Gives one case in `llvm_every` to LLVM, if it is there; none if that is zero.
    pub fn new(llvm_every: u64) -> Self {
        Self {
            stores: Stores::default(),
            interpreter: Interpreter::new(),
            used: 0,
            llvm_every,
            counts: Counts::default(),
        }
    }

    /// Gives up what a panic may have left in any state.
    pub fn start_anew(&mut self) {
        *self = Self {
            counts: self.counts,
            ..Self::new(self.llvm_every)
        };
    }

    /// Runs a case.
    ///
    /// # Errors
    ///
    /// How two engines differ.
    pub fn check(&mut self, case: &Case) -> Result<(), String> {
        self.used += 1;
        if self.used.is_multiple_of(CASES) {
            self.stores = Stores::default();
        }
        let (singlepass, plan) = self.native(case, Kind::Singlepass)?;
        let (cranelift, _) = self.native(case, Kind::Cranelift)?;
        if let Some(difference) = singlepass.difference(&cranelift) {
            return Err(format!("Singlepass, Cranelift: {difference}"));
        }
        #[cfg(feature = "llvm")]
        if self.llvm_every != 0 && case.seed.is_multiple_of(self.llvm_every) {
            let (llvm, _) = self.native(case, Kind::Llvm)?;
            if let Some(difference) = singlepass.difference(&llvm) {
                return Err(format!("Singlepass, LLVM: {difference}"));
            }
            self.counts.llvm += 1;
        }
        let interpreted = case.interpreted && self.interpreted(case, &plan, &singlepass)?;
        self.counts.count(&singlepass, interpreted);
        Ok(())
    }

    /// Compares with what `wasmi` does, unless that is to panic.
    fn interpreted(&mut self, case: &Case, plan: &Plan, native: &Outcome) -> Result<bool, String> {
        let outcome = self.interpreter.run(&case.wasm, plan, case.seed);
        let Some(outcome) = outcome.map_err(|error| format!("wasmi: {error}"))? else {
            self.interpreter = Interpreter::new();
            self.counts.panicked += 1;
            return Ok(false);
        };
        match native.difference(&outcome) {
            Some(_) if excuses_wasmi(&case.wasm) => self.counts.excused += 1,
            Some(difference) => return Err(format!("Singlepass, wasmi: {difference}")),
            None => {}
        }
        Ok(true)
    }

    fn native(&mut self, case: &Case, kind: Kind) -> Result<(Outcome, Plan), String> {
        let setup = case.setup(kind);
        let store = self.stores.get(kind, setup);
        let named = |error| format!("{kind:?}: {error}");
        let module = compile(&store, &case.wasm).map_err(named)?;
        let plan = Plan::new(case.seed, &module);
        let bridge = Bridge::new(&mut self.stores, setup);
        let outcome = run(&module, &plan, case.seed, bridge).map_err(named)?;
        Ok((outcome, plan))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Checker;
    use crate::case::Case;

    /// A second of fuzzing, so that the crate itself is tested.
    #[test]
    fn smoke() {
        let (mut checker, start) = (Checker::default(), Instant::now());
        for seed in 0.. {
            if let Some(case) = Case::new(seed, usize::MAX) {
                checker
                    .check(&case)
                    .unwrap_or_else(|difference| panic!("case {seed}: {difference}"));
            }
            if start.elapsed() > Duration::from_secs(1) {
                break;
            }
        }
        let counts = checker.counts;
        assert!(
            counts.interpreted > 0 && counts.returned > 0 && counts.host_calls > 0,
            "{counts:?}"
        );
    }
}
