//! What all units of a module share, read-only.

use std::collections::HashSet;

use wasmill_compiler::CompileModuleInfo;
use wasmill_compiler::target::Architecture;
use wasmill_types::{FunctionIndex, ModuleInfo};

/// A module, seen by the translation of its functions.
pub(crate) struct Environment<'a> {
    /// The module and the runtime's decisions about it.
    pub(crate) info: &'a CompileModuleInfo,
    /// The target's.
    pub(crate) architecture: Architecture,
    /// NaNs get deterministic bits.
    pub(crate) canonical_nans: bool,
    /// Functions that code outside of the module can call.
    escaping: HashSet<FunctionIndex>,
}

impl<'a> Environment<'a> {
    /// Prepares the translation of a module.
    pub(crate) fn new(
        info: &'a CompileModuleInfo,
        architecture: Architecture,
        canonical_nans: bool,
    ) -> Self {
        let module = &info.module;
        let escaping = module.escaping_functions.iter().copied();
        Self {
            info,
            architecture,
            canonical_nans,
            escaping: escaping.chain(module.start_function).collect(),
        }
    }

    /// The module.
    pub(crate) fn module(&self) -> &'a ModuleInfo {
        &self.info.module
    }

    /// Whether code outside of the module can call a function.
    pub(crate) fn escapes(&self, function: FunctionIndex) -> bool {
        self.escaping.contains(&function)
    }
}
