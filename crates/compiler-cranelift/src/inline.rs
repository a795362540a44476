//! Replacing calls to small functions by their bodies.
//!
//! A call costs a dozen instructions, spills whatever is in registers, and hides what the callee does from the optimizer.
//! Which functions are small is decided once per module ([`Inlining::new`]); whether a call is replaced, where it is met:
//! the driver then walks the callee's body with the caller's translator, one scope deeper. That costs no more than the
//! body is long, keeps no IR of callees around, and lets constant arguments meet what they decide at once.
//!
//! What holds it: every inlined byte is taken from the caller's budget, so the time for a function stays linear in its
//! size; a function is inlined into itself, however indirectly, only so often; and the depth is bounded. Decisions depend on the
//! module only, so the code is the same on every run and on any number of threads.
//!
//! # Locations
//!
//! A trap or a call in inlined code belongs to an operator of the callee, called from an operator of the caller. The
//! runtime finds the callee by the operator's offset in the module; for the caller's frame, which exists no more, code
//! ranges say which call they replaced: [`wasmill_compiler::InlinedRange`]. One thing is lost: where Cranelift folds a
//! load into the instruction that uses its value, both belong to the latter's operator, which may be the caller's.

use cranelift_codegen::ir::{InstBuilder, SourceLoc, Value};
use wasmill_compiler::{FunctionBodyData, drive};
use wasmill_types::{LocalFunctionIndex, PrimaryMap};

use crate::translator::{Scope, Translator};
use crate::types::value_type;

/// The longest body that is inlined, in bytes.
const MAX_BODY: usize = 40;
/// The longest body that is inlined into a loop, or into itself.
const MAX_HOT_BODY: usize = 100;
/// How often a function may be inside of itself.
const MAX_RECURSION: usize = 2;
/// How deep inlined bodies may be nested.
const MAX_DEPTH: usize = 4;
/// Bytes that may be inlined into any function, and into the largest.
const BUDGET: std::ops::RangeInclusive<usize> = 300..=4000;
/// Bytes that may be inlined into a function beyond that, of itself. Few functions are small and call themselves, and
/// those do little else.
const RECURSION_BUDGET: usize = 1000;

/// The functions of a module that are small enough.
pub(crate) struct Inlining<'a> {
    candidates: PrimaryMap<LocalFunctionIndex, Option<Candidate<'a>>>,
}

/// The body of a small function, to be walked again wherever it is inlined.
struct Candidate<'a>(FunctionBodyData<'a>);

impl<'a> Candidate<'a> {
    fn new(body: &FunctionBodyData<'a>) -> Option<Self> {
        // A body that is not valid gives its error where it is compiled itself, not where it is called.
        let FunctionBodyData {
            body: code,
            validator,
        } = body.again();
        let mut validator = validator.into_validator(Default::default());
        validator
            .validate(&code)
            .is_ok()
            .then(|| Self(body.again()))
    }
}

impl<'a> Inlining<'a> {
    /// Finds the small functions of a module; none if inlining is off.
    pub(crate) fn new(
        bodies: &PrimaryMap<LocalFunctionIndex, FunctionBodyData<'a>>,
        enabled: bool,
    ) -> Self {
        let candidate = |body: &FunctionBodyData<'a>| {
            let small = enabled && body.len() <= MAX_HOT_BODY;
            small.then(|| Candidate::new(body)).flatten()
        };
        Self {
            candidates: bodies.values().map(candidate).collect(),
        }
    }

    /// Bytes that may be inlined into a function whose body has `length` bytes: of others, and of itself.
    pub(crate) fn budgets(length: usize) -> (usize, usize) {
        let others = length.clamp(*BUDGET.start(), *BUDGET.end());
        (others, RECURSION_BUDGET)
    }
}

impl Translator<'_> {
    /// Replaces a call by the callee's body, if that is worth it; appends the call's results.
    pub(crate) fn try_inline(
        &mut self,
        function: LocalFunctionIndex,
        args: &[Value],
        results: &mut Vec<Value>,
    ) -> bool {
        let environment = self.environment;
        let Some(Some(candidate)) = environment.inlining.candidates.get(function) else {
            return false;
        };
        let length = candidate.0.len();
        let same = self
            .scopes
            .iter()
            .filter(|scope| scope.function == function);
        let recursion = same.count();
        let longest = match self.loop_depth {
            0 if recursion == 0 => MAX_BODY,
            _ => MAX_HOT_BODY,
        };
        let budget = match recursion {
            0 => &mut self.inline_budget,
            _ => &mut self.recursion_budget,
        };
        if length > longest.min(*budget)
            || recursion > MAX_RECURSION
            || self.scopes.len() > MAX_DEPTH
            || self.failure.is_some()
        {
            return false;
        }
        *budget -= length;
        self.inline(function, candidate, args, results);
        true
    }

    fn inline(
        &mut self,
        function: LocalFunctionIndex,
        candidate: &Candidate<'_>,
        args: &[Value],
        results: &mut Vec<Value>,
    ) {
        let call = self.builder.srcloc();
        self.scopes.push(Scope {
            function,
            first_local: 0,
            arguments: args.to_vec(),
            results: None,
            inlined_at: Some(call.bits()),
        });
        let module = self.environment.module();
        let mut state = self.tables.drivers.pop().unwrap_or_default();
        let outcome = drive(module, candidate.0.again(), &mut state, self);
        self.tables.drivers.push(state);
        if let Err(error) = outcome {
            self.failure = Some(error);
        }
        let scope = self.scopes.pop().expect("it was pushed above");
        self.tables.locals.truncate(scope.first_local);
        self.builder.set_srcloc(call);
        match scope.results {
            Some(values) => results.extend(values),
            None => self.go_on_unreachably(function, results),
        }
    }

    /// The inlined body never ends. The code behind the call goes on in a block that nothing leads to.
    fn go_on_unreachably(&mut self, function: LocalFunctionIndex, results: &mut Vec<Value>) {
        if !self.is_terminated() {
            // Only after an error in the body: the function is given up, but its IR must not confuse the builder.
            let code = crate::traps::to_cranelift(wasmill_abi::TrapCode::UnreachableCodeReached);
            self.builder.ins().trap(code);
        }
        let block = self.builder.create_block();
        self.builder.seal_block(block);
        self.builder.switch_to_block(block);
        let module = self.environment.module();
        let ty = module.function_type(module.func_index(function));
        for &ty in ty.results() {
            let value = self.zero(value_type(ty));
            results.push(value);
        }
    }

    fn is_terminated(&self) -> bool {
        let function = &self.builder.func;
        let block = self.builder.current_block();
        let last = block.and_then(|block| function.layout.last_inst(block));
        last.is_some_and(|last| function.dfg.insts[last].opcode().is_terminator())
    }

    /// Marks what follows as belonging to the operator at this offset in the module.
    pub(crate) fn set_location(&mut self, module_offset: u32) {
        self.check_size();
        let inlined_at = self.scope().inlined_at;
        let location = self.locations.encode(module_offset, inlined_at);
        self.builder.set_srcloc(SourceLoc::new(location));
    }
}

/// What the source locations in a function's IR mean.
///
/// An operator of the function itself is its offset in the module (at most 2^30). One that was inlined is a number with
/// the top bit set: its position in a list of pairs of an offset and the location of the call that it came with.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    inlined: Vec<(u32, u32)>,
}

const INLINED: u32 = 1 << 31;

impl Locations {
    fn encode(&mut self, module_offset: u32, inlined_at: Option<u32>) -> u32 {
        let Some(call) = inlined_at else {
            return module_offset;
        };
        self.inlined.push((module_offset, call));
        INLINED | (self.inlined.len() - 1) as u32
    }

    /// The offset in the module of an operator.
    pub(crate) fn module_offset(&self, location: u32) -> u32 {
        match self.inlined_entry(location) {
            Some((module_offset, _)) => module_offset,
            None => location,
        }
    }

    /// The location of the call that an operator was inlined with.
    pub(crate) fn inlined_at(&self, location: u32) -> Option<u32> {
        Some(self.inlined_entry(location)?.1)
    }

    fn inlined_entry(&self, location: u32) -> Option<(u32, u32)> {
        let known = location & INLINED != 0;
        known.then(|| self.inlined[(location & !INLINED) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_lead_back_to_the_function() {
        let mut locations = Locations::default();
        let call = locations.encode(100, None);
        assert_eq!((call, locations.inlined_at(call)), (100, None));
        let inner_call = locations.encode(40, Some(call));
        let operator = locations.encode(20, Some(inner_call));
        assert_eq!(locations.module_offset(operator), 20);
        assert_eq!(locations.inlined_at(operator), Some(inner_call));
        assert_eq!(locations.module_offset(inner_call), 40);
        assert_eq!(locations.inlined_at(inner_call), Some(100));
    }
}
