//! What the compilation of every function of a module shares, read-only.

use enumset::EnumSet;
use wasmill_compiler::{CompileModuleInfo, CpuFeature};
use wasmill_types::{
    EntityRef, FunctionIndex, FunctionType, ModuleInfo, PrimaryMap, SignatureIndex,
};

use crate::entry;
use crate::x64::assembler::Assembler;

/// A module, seen by the compilation of its functions.
pub(crate) struct Environment<'a> {
    /// The module and the runtime's decisions about it.
    pub(crate) info: &'a CompileModuleInfo,
    /// What the processor can do.
    pub(crate) cpu: Cpu,
    /// Whether NaNs get the canonical bits.
    pub(crate) canonical_nans: bool,
    /// For each function, whether something outside of the module may call it.
    escapes: Vec<bool>,
    /// For each type, the bytes of the entry that functions of it have when they escape.
    entry_lengths: PrimaryMap<SignatureIndex, u32>,
}

/// What the processor can do beyond SSE4.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) avx: bool,
    pub(crate) bmi1: bool,
    pub(crate) bmi2: bool,
    pub(crate) lzcnt: bool,
    pub(crate) popcnt: bool,
}

impl Cpu {
    pub(crate) fn new(features: EnumSet<CpuFeature>) -> Self {
        Self {
            avx: features.contains(CpuFeature::AVX),
            bmi1: features.contains(CpuFeature::BMI1),
            bmi2: features.contains(CpuFeature::BMI2),
            lzcnt: features.contains(CpuFeature::LZCNT),
            popcnt: features.contains(CpuFeature::POPCNT),
        }
    }
}

impl<'a> Environment<'a> {
    /// Prepares the compilation of a module.
    pub(crate) fn new(info: &'a CompileModuleInfo, cpu: Cpu, canonical_nans: bool) -> Self {
        let module = &info.module;
        let mut escapes = vec![false; module.functions.len()];
        for &function in module
            .escaping_functions
            .iter()
            .chain(&module.start_function)
        {
            escapes[function.index()] = true;
        }
        let mut environment = Self {
            info,
            cpu,
            canonical_nans,
            escapes,
            entry_lengths: PrimaryMap::new(),
        };
        let mut assembler = Assembler::default();
        for ty in module.signatures.values() {
            assembler.clear();
            entry::emit(&mut assembler, &environment, ty);
            environment.entry_lengths.push(assembler.offset());
        }
        environment
    }

    /// The module.
    pub(crate) fn module(&self) -> &'a ModuleInfo {
        &self.info.module
    }

    /// Whether a function needs an entry for callers outside of the module.
    pub(crate) fn escapes(&self, function: FunctionIndex) -> bool {
        self.escapes[function.index()]
    }

    /// How far behind its first byte a function starts for callers in the module.
    pub(crate) fn inner_offset(&self, function: FunctionIndex) -> u32 {
        match self.escapes(function) {
            true => self.entry_lengths[self.module().functions[function]],
            false => 0,
        }
    }

    /// The type of a function.
    pub(crate) fn function_type(&self, function: FunctionIndex) -> &'a FunctionType {
        self.module().function_type(function)
    }
}
