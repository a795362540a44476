//! Globals and references.

use inkwell::IntPredicate;
use inkwell::values::PointerValue;
use wasmill_abi::{Builtin, GlobalPlace};
use wasmill_types::{FunctionIndex, GlobalIndex, Type};

use super::Value;
use crate::metadata::Region;
use crate::translator::{Translator, built};

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_global_get(&mut self, global: GlobalIndex) -> Value<'ctx> {
        let module = self.module();
        let ty = module.globals[global];
        let mutable = ty.mutability.is_mutable();
        let region = mutable.then(|| Region::global(module, global));
        let place = self.global_place(global);
        self.load(self.types.value(ty.ty), place, 0, region)
    }

    pub(super) fn emit_global_set(&mut self, global: GlobalIndex, value: Value<'ctx>) {
        let module = self.module();
        let value = self.canonical(value, module.globals[global].ty);
        let place = self.global_place(global);
        let store = built(self.builder.build_store(place, value));
        self.unit
            .metadata
            .set_region(store, Region::global(module, global));
        // It outlives a trap behind it: see the head of the crate.
        store.set_volatile(true).expect("a store");
    }

    /// Where the value of a global is.
    fn global_place(&self, global: GlobalIndex) -> PointerValue<'ctx> {
        match self.environment.info.layout.global(global) {
            GlobalPlace::Local(offset) => self.at(self.context, offset.into()),
            GlobalPlace::Imported(offset) => self.load_invariant(offset),
        }
    }

    pub(super) fn emit_ref_null(&self, ty: Type) -> Value<'ctx> {
        self.types.value(ty).const_zero()
    }

    /// The result is a bit: see `Translator::coerce`.
    pub(super) fn emit_ref_is_null(&mut self, reference: Value<'ctx>) -> Value<'ctx> {
        let is_null = match reference {
            Value::PointerValue(pointer) => self.builder.build_is_null(pointer, ""),
            _ => {
                let reference = reference.into_int_value();
                let zero = reference.get_type().const_zero();
                let equal = IntPredicate::EQ;
                self.builder.build_int_compare(equal, reference, zero, "")
            }
        };
        built(is_null).into()
    }

    pub(super) fn emit_ref_func(&mut self, function: FunctionIndex) -> Value<'ctx> {
        let function = self.number(function.as_u32());
        self.call_builtin_value(Builtin::RefFunc, &[function.into()])
    }
}
