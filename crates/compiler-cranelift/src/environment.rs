//! What the translation of every function of a module shares, read-only.

use cranelift_codegen::ir;
use cranelift_codegen::isa::{CallConv, TargetIsa};
use wasmill_compiler::CompileModuleInfo;
use wasmill_types::{ModuleInfo, PrimaryMap, SignatureIndex};

use crate::inline::Inlining;
use crate::isa::Abilities;
use crate::types;

/// A module, seen by the translation of its functions.
pub(crate) struct Environment<'a> {
    /// The module and the runtime's decisions about it.
    pub(crate) info: &'a CompileModuleInfo,
    /// The target.
    pub(crate) isa: &'a dyn TargetIsa,
    /// The target without optimisations, for functions whose shape makes them cost more than they are worth.
    pub(crate) plain_isa: &'a dyn TargetIsa,
    /// What the target's instructions can do.
    pub(crate) abilities: Abilities,
    /// The convention of all functions and built-ins.
    pub(crate) call_conv: CallConv,
    /// The signatures of the module's types.
    pub(crate) signatures: PrimaryMap<SignatureIndex, ir::Signature>,
    /// The functions that may be inlined.
    pub(crate) inlining: Inlining<'a>,
}

impl<'a> Environment<'a> {
    /// Prepares the translation of a module.
    pub(crate) fn new(
        info: &'a CompileModuleInfo,
        isa: &'a dyn TargetIsa,
        plain_isa: &'a dyn TargetIsa,
        inlining: Inlining<'a>,
    ) -> Self {
        let call_conv = isa.default_call_conv();
        let signatures = info.module.signatures.values();
        Self {
            info,
            isa,
            plain_isa,
            abilities: Abilities::of(isa),
            call_conv,
            signatures: signatures
                .map(|ty| types::signature(ty, call_conv))
                .collect(),
            inlining,
        }
    }

    /// The module.
    pub(crate) fn module(&self) -> &'a ModuleInfo {
        &self.info.module
    }
}
