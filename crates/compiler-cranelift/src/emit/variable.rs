//! Globals and references.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmill_abi::{Builtin, GlobalPlace};
use wasmill_types::{FunctionIndex, GlobalIndex, Type};

use crate::regions::{self, Region};
use crate::translator::Translator;
use crate::types::value_type;

impl Translator<'_> {
    pub(super) fn emit_global_get(&mut self, global: GlobalIndex) -> Value {
        let ty = self.environment.module().globals[global];
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
