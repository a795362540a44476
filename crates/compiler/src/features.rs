//! Which proposals a module may use.
//!
//! A [`Features`] names what can be switched. What WebAssembly 2.0 has beyond that is always on: sign extension,
//! saturating conversions, mutable globals; extended constant expressions too.

use crate::CompileError;
use wasmparser::WasmFeatures;

/// The proposals that are switched on.
///
/// ```
/// # use wasmill_compiler::Features;
/// let mut features = Features::new();
/// features.multi_memory(true).simd(false);
/// assert!(features.multi_memory && features.bulk_memory && !features.simd);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    /// Shared memories and atomic operators.
    pub threads: bool,
    /// Reference types.
    pub reference_types: bool,
    /// Vectors.
    pub simd: bool,
    /// Bulk operations on memories and tables.
    pub bulk_memory: bool,
    /// Several results, and blocks with parameters.
    pub multi_value: bool,
    /// Tail calls.
    pub tail_call: bool,
    /// Module linking.
    pub module_linking: bool,
    /// Several memories.
    pub multi_memory: bool,
    /// Memories with 64-bit indices.
    pub memory64: bool,
    /// Exceptions.
    pub exceptions: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            threads: false,
            reference_types: true,
            simd: true,
            bulk_memory: true,
            multi_value: true,
            tail_call: false,
            module_linking: false,
            multi_memory: false,
            memory64: false,
            exceptions: false,
        }
    }
}

macro_rules! plain_setters {
    ($($(#[$doc:meta])* $feature:ident;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        /// # use wasmill_compiler::Features;
        /// let mut features = Features::new();
        #[doc = concat!("features.", stringify!($feature), "(true);")]
        #[doc = concat!("assert!(features.", stringify!($feature), ");")]
        /// ```
        pub fn $feature(&mut self, enable: bool) -> &mut Self {
            self.$feature = enable;
            self
        }
    )* };
}

impl Features {
    /// The default ones.
    ///
    /// ```
    /// # use wasmill_compiler::Features;
    /// let features = Features::new();
    /// assert!(features.simd && features.reference_types && !features.multi_memory);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    plain_setters! {
        /// Switches shared memories and atomic operators. They are not supported yet: modules are refused with an error while this is on.
        threads;
        /// Switches vectors.
        simd;
        /// Switches several results, and blocks with parameters.
        multi_value;
        /// Switches tail calls. They are not supported yet: modules are refused with an error while this is on.
        tail_call;
        /// Switches module linking. It is not supported yet: modules are refused with an error while this is on.
        module_linking;
        /// Switches several memories.
        multi_memory;
        /// Switches memories with 64-bit indices. They are not supported yet: modules are refused with an error while this is on.
        memory64;
    }

    /// Switches reference types; on, it switches bulk operations on too, which they need.
    ///
    /// ```
    /// # use wasmill_compiler::Features;
    /// let mut features = Features::new();
    /// assert!(!features.bulk_memory(false).reference_types);
    /// assert!(features.reference_types(true).bulk_memory);
    /// ```
    pub fn reference_types(&mut self, enable: bool) -> &mut Self {
        self.reference_types = enable;
        self.bulk_memory |= enable;
        self
    }

    /// Switches bulk operations; off, it switches reference types off too, which need them.
    ///
    /// ```
    /// # use wasmill_compiler::Features;
    /// let mut features = Features::new();
    /// features.bulk_memory(false);
    /// assert!(!features.bulk_memory && !features.reference_types);
    /// ```
    pub fn bulk_memory(&mut self, enable: bool) -> &mut Self {
        self.bulk_memory = enable;
        self.reference_types &= enable;
        self
    }

    /// The same, for wasmparser.
    ///
    /// ```
    /// # use wasmill_compiler::{Features, wasmparser::WasmFeatures};
    /// let mut features = Features::new();
    /// features.simd(false);
    /// assert!(!features.to_wasmparser().unwrap().contains(WasmFeatures::SIMD));
    /// assert!(features.memory64(true).to_wasmparser().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If a proposal is switched on that is not supported.
    pub fn to_wasmparser(&self) -> Result<WasmFeatures, CompileError> {
        let unsupported = [
            (self.threads, "threads"),
            (self.tail_call, "tail_call"),
            (self.module_linking, "module_linking"),
            (self.memory64, "memory64"),
            (self.exceptions, "exceptions"),
        ];
        if let Some((_, name)) = unsupported.iter().find(|(enabled, _)| *enabled) {
            return Err(CompileError::UnsupportedFeature((*name).to_owned()));
        }
        let mut features = WasmFeatures::WASM1
            | WasmFeatures::SIGN_EXTENSION
            | WasmFeatures::SATURATING_FLOAT_TO_INT
            | WasmFeatures::EXTENDED_CONST;
        features.set(WasmFeatures::REFERENCE_TYPES, self.reference_types);
        features.set(WasmFeatures::SIMD, self.simd);
        features.set(WasmFeatures::BULK_MEMORY, self.bulk_memory);
        features.set(WasmFeatures::MULTI_VALUE, self.multi_value);
        features.set(WasmFeatures::MULTI_MEMORY, self.multi_memory);
        Ok(features)
    }
}
