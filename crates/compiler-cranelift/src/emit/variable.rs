//! Globals and references.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmill_abi::{Builtin, GlobalPlace};
use wasmill_compiler::ops::Const;
use wasmill_types::{FunctionIndex, GlobalIndex, GlobalInit, Type};

use crate::regions::{self, Region};
use crate::translator::Translator;
use crate::types::value_type;

impl Translator<'_> {
    pub(super) fn emit_global_get(&mut self, global: GlobalIndex) -> Value {
        let ty = self.environment.module().globals[global];
        if let Some(init) = self.environment.info.constant_global(global) {
            return self.initial_value(ty.ty, init);
        }
        let (address, offset, flags) = self.global_place(global);
        let ty = value_type(ty.ty);
        self.builder.ins().load(ty, flags, address, offset)
    }

    pub(super) fn emit_global_set(&mut self, global: GlobalIndex, value: Value) {
        let ty = self.environment.module().globals[global].ty;
        let value = self.canonical(value, ty);
        let (address, offset, flags) = self.global_place(global);
        self.builder.ins().store(flags, value, address, offset);
    }

    /// Where the value of a global is.
    fn global_place(&mut self, global: GlobalIndex) -> (Value, i32, MemFlagsData) {
        let module = self.environment.module();
        let flags = if module.globals[global].mutability.is_mutable() {
            Region::global(module, global).trusted(self.builder.func)
        } else {
            regions::invariant()
        };
        match self.environment.info.layout.global(global) {
            GlobalPlace::Local(offset) => (self.context, offset as i32, flags),
            GlobalPlace::Imported(offset) => (self.load_invariant(offset), 0, flags),
        }
    }

    fn initial_value(&mut self, ty: Type, init: GlobalInit) -> Value {
        let constant = match init {
            GlobalInit::I32Const(value) => Const::I32(value),
            GlobalInit::I64Const(value) => Const::I64(value),
            GlobalInit::F32Const(value) => Const::F32(value.to_bits()),
            GlobalInit::F64Const(value) => Const::F64(value.to_bits()),
            GlobalInit::V128Const(value) => Const::V128(value),
            // Only null remains of what is the same in all instances.
            GlobalInit::RefNullConst
            | GlobalInit::GetGlobal(_)
            | GlobalInit::RefFunc(_)
            | GlobalInit::Expr(_) => return self.emit_ref_null(ty),
        };
        self.emit_constant(constant)
    }

    pub(super) fn emit_ref_null(&mut self, ty: Type) -> Value {
        self.iconst(value_type(ty), 0)
    }

    /// The result is a byte: see `Translator::coerce`.
    pub(super) fn emit_ref_is_null(&mut self, reference: Value) -> Value {
        self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0)
    }

    pub(super) fn emit_ref_func(&mut self, function: FunctionIndex) -> Value {
        let function = self.iconst(types::I32, function.as_u32().into());
        self.call_builtin_value(Builtin::RefFunc, &[function])
    }
}
