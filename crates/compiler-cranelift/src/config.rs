//! The settings of the compiler.

use std::sync::Arc;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings;
use wasmill_compiler::{Compiler, CompilerConfig, ModuleMiddleware, Target};

use crate::compiler::CraneliftCompiler;
use crate::isa;

/// How hard the compiler tries.
///
/// ```
/// # use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
/// // For code that runs once: compile quickly.
/// let mut config = Cranelift::new();
/// config.opt_level(CraneliftOptLevel::None);
/// assert_eq!(CraneliftOptLevel::default(), CraneliftOptLevel::Speed);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CraneliftOptLevel {
    /// As fast as it can compile.
    None,
    /// As fast as the code can run.
    #[default]
    Speed,
    /// The same, with an eye on the code's size.
    SpeedAndSize,
}

/// Settings of the optimizing compiler on Cranelift.
///
/// ```
/// # use wasmill_compiler::CompilerConfig;
/// # use wasmill_compiler_cranelift::Cranelift;
/// let mut config = Cranelift::default();
/// config.canonicalize_nans(true);
/// config.enable_verifier();
/// assert_eq!(Box::new(config).compiler().name(), "cranelift");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cranelift {
    pub(crate) opt_level: CraneliftOptLevel,
    pub(crate) nan_canonicalization: bool,
    pub(crate) verifier: bool,
    pub(crate) pic: bool,
    pub(crate) middlewares: Vec<Arc<dyn ModuleMiddleware>>,
}

impl Cranelift {
    /// The default settings: code for speed, NaNs as the processor makes them, no checks of the compiler's own work.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
    /// let mut config = Cranelift::new();
    /// config.canonicalize_nans(true).opt_level(CraneliftOptLevel::SpeedAndSize);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives NaNs deterministic bits, or not.
    ///
    /// ```
    /// # use wasmill_compiler::{Compiler, CompilerConfig};
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// let mut config = Cranelift::new();
    /// let options = |config: &Cranelift| Box::new(config.clone()).compiler().options();
    /// let before = options(&config);
    /// config.canonicalize_nans(true);
    /// assert_ne!(options(&config), before, "artifacts record it");
    /// ```
    pub fn canonicalize_nans(&mut self, enable: bool) -> &mut Self {
        self.nan_canonicalization = enable;
        self
    }

    /// Chooses how hard the compiler tries.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
    /// let mut config = Cranelift::new();
    /// config.opt_level(CraneliftOptLevel::None);
    /// assert!(config.flags().to_string().contains("opt_level = \"none\""));
    /// ```
    pub fn opt_level(&mut self, opt_level: CraneliftOptLevel) -> &mut Self {
        self.opt_level = opt_level;
        self
    }

    /// Cranelift, set up for a target.
    ///
    /// ```
    /// # use wasmill_compiler::Target;
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// let isa = Cranelift::new().isa(&Target::default());
    /// assert_eq!(isa.triple(), Target::default().triple());
    /// ```
    ///
    /// # Panics
    ///
    /// If Cranelift cannot make code for the target.
    pub fn isa(&self, target: &Target) -> OwnedTargetIsa {
        match isa::build(self, target) {
            Ok(isa) => isa,
            Err(error) => panic!("{error}"),
        }
    }

    /// The settings as Cranelift names them, but for those of the processor.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// assert!(Cranelift::new().flags().to_string().contains("opt_level = \"speed\""));
    /// ```
    pub fn flags(&self) -> settings::Flags {
        isa::flags(self).expect("Cranelift knows the settings that are made here")
    }
}

impl CompilerConfig for Cranelift {
    fn enable_pic(&mut self) {
        self.pic = true;
    }

    fn enable_verifier(&mut self) {
        self.verifier = true;
    }

    fn canonicalize_nans(&mut self, enable: bool) {
        self.nan_canonicalization = enable;
    }

    fn compiler(self: Box<Self>) -> Box<dyn Compiler> {
        Box::new(CraneliftCompiler::new(*self))
    }

    fn push_middleware(&mut self, middleware: Arc<dyn ModuleMiddleware>) {
        self.middlewares.push(middleware);
    }
}
