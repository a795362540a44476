//! What the translation of every function of a module shares, read-only.

use cranelift_codegen::ir;
use cranelift_codegen::isa::{CallConv, TargetIsa};
use wasmill_compiler::CompileModuleInfo;
use wasmill_types::{
    GlobalIndex, GlobalInit, MemoryIndex, ModuleInfo, PrimaryMap, SignatureIndex, TableIndex, Type,
};

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
