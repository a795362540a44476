//! The settings of the compiler.

use std::sync::Arc;

use wasmill_compiler::{Compiler, CompilerConfig, ModuleMiddleware};

use crate::compiler::SinglepassCompiler;

/// Settings of the baseline compiler.
#[derive(Clone, Debug)]
pub struct Singlepass {
    pub(crate) nan_canonicalization: bool,
    pub(crate) middlewares: Vec<Arc<dyn ModuleMiddleware>>,
}

impl Default for Singlepass {
    fn default() -> Self {
        Self::new()
    }
}

impl Singlepass {
    /// The default settings: NaNs have deterministic bits.
    pub fn new() -> Self {
        Self {
            nan_canonicalization: true,
            middlewares: Vec::new(),
        }
    }

    /// Nothing to choose: a guest that uses up its stack always traps, and no check in its code is needed for that.
    pub fn enable_stack_check(&mut self, _enable: bool) -> &mut Self {
        self
    }

    /// Gives NaNs deterministic bits, or not.
    pub fn canonicalize_nans(&mut self, enable: bool) -> &mut Self {
        self.nan_canonicalization = enable;
        self
    }
}

impl CompilerConfig for Singlepass {
    fn enable_pic(&mut self) {
        // All code is position-independent.
    }

    fn canonicalize_nans(&mut self, enable: bool) {
        self.nan_canonicalization = enable;
    }

    fn compiler(self: Box<Self>) -> Box<dyn Compiler> {
        Box::new(SinglepassCompiler::new(*self))
    }

    fn push_middleware(&mut self, middleware: Arc<dyn ModuleMiddleware>) {
        self.middlewares.push(middleware);
    }
}
