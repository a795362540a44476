//! What the compilation of every function of a module shares, read-only.

use enumset::EnumSet;
use wasmill_compiler::{CompileModuleInfo, CpuFeature};
use wasmill_types::{
    EntityRef, FunctionIndex, FunctionType, GlobalIndex, GlobalInit, MemoryIndex, ModuleInfo,
    PrimaryMap, SignatureIndex, TableIndex, Type,
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

    /// The number of elements of a table whose size never changes.
    pub(crate) fn fixed_table_length(&self, table: TableIndex) -> Option<u32> {
        let ty = &self.module().tables[table];
        (ty.maximum == Some(ty.minimum)).then_some(ty.minimum)
    }

    /// Bytes that a memory has at any time.
    pub(crate) fn minimum_bytes(&self, memory: MemoryIndex) -> u64 {
        self.module().memories[memory].minimum.bytes().0 as u64
    }

    /// The number of pages of a memory whose size never changes.
    pub(crate) fn fixed_pages(&self, memory: MemoryIndex) -> Option<u32> {
        let ty = &self.module().memories[memory];
        (ty.maximum == Some(ty.minimum)).then_some(ty.minimum.0)
    }

    /// The value of a global that is the same in every instance.
    pub(crate) fn constant_global(&self, global: GlobalIndex) -> Option<GlobalInit> {
        let module = self.module();
        if module.globals[global].mutability.is_mutable() {
            return None;
        }
        let init = module.global_initializers[module.local_global_index(global)?];
        match init {
            GlobalInit::I32Const(_)
            | GlobalInit::I64Const(_)
            | GlobalInit::F32Const(_)
            | GlobalInit::F64Const(_)
            | GlobalInit::V128Const(_)
            | GlobalInit::RefNullConst => Some(init),
            GlobalInit::GetGlobal(_) | GlobalInit::RefFunc(_) | GlobalInit::Expr(_) => None,
        }
    }

    /// Whether a table holds functions (otherwise references to host values).
    pub(crate) fn is_function_table(&self, table: TableIndex) -> bool {
        self.module().tables[table].ty == Type::FuncRef
    }
}
