//! Calls.
//!
//! Functions of the module are called directly; imported ones through the code address and context that the instance holds for
//! them; table elements through the reference found there, once its type is known to be the right one. More than one result
//! comes back through an area on the stack.

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::attributes::AttributeLoc;
use inkwell::values::{BasicMetadataValueEnum, PointerValue};
use wasmill_abi::{TrapCode, VMFuncRef, VMFunctionImport};
use wasmill_types::{FunctionIndex, SignatureIndex, TableIndex};

use super::Value;
use crate::translator::{Translator, built, result};
use crate::types::returns_through_memory;

/// What is called.
enum Callee<'ctx> {
    /// A function of the module.
    Direct(FunctionIndex),
    /// Code and the context to pass to it.
    Indirect {
        code: PointerValue<'ctx>,
        context: PointerValue<'ctx>,
    },
}

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_call(
        &mut self,
        function: FunctionIndex,
        args: &[Value<'ctx>],
        results: &mut Vec<Value<'ctx>>,
    ) {
        let module = self.module();
        let callee = if module.is_imported_function(function) {
            let import = self.environment.info.layout.imported_function(function);
            let field = |offset: usize| self.load_invariant(import + offset as u32);
            Callee::Indirect {
                code: field(offset_of!(VMFunctionImport, code)),
                context: field(offset_of!(VMFunctionImport, context)),
            }
        } else {
            Callee::Direct(function)
        };
        self.call_function(module.functions[function], &callee, args, results);
    }

    pub(super) fn emit_call_indirect(
        &mut self,
        ty: SignatureIndex,
        table: TableIndex,
        index: Value<'ctx>,
        args: &[Value<'ctx>],
        results: &mut Vec<Value<'ctx>>,
    ) {
        let index = self.i32(index);
        let reference = self.load_function(table, index, Some(TrapCode::IndirectCallToNull));
        let types = self.types;
        let has = offset_of!(VMFuncRef, type_id) as u32;
        let has = self.load(types.i32, reference, has, None).into_int_value();
        let wanted = self.environment.info.layout.type_id(ty);
        let wanted = self
            .load(types.i32, self.context, wanted, None)
            .into_int_value();
        let differs = IntPredicate::NE;
        let differs = built(self.builder.build_int_compare(differs, has, wanted, ""));
        self.trap_if(differs, TrapCode::BadSignature);
        let field = |offset: usize| {
            let field = self.load(types.pointer, reference, offset as u32, None);
            field.into_pointer_value()
        };
        let callee = Callee::Indirect {
            code: field(offset_of!(VMFuncRef, code)),
            context: field(offset_of!(VMFuncRef, context)),
        };
        self.call_function(ty, &callee, args, results);
    }

    /// Calls in the boundary ABI, or nearly so within the module.
    fn call_function(
        &mut self,
        signature: SignatureIndex,
        callee: &Callee<'ctx>,
        args: &[Value<'ctx>],
        results: &mut Vec<Value<'ctx>>,
    ) {
        let ty = &self.module().signatures[signature];
        self.extent.pass(ty.params().len() + ty.results().len());
        let count = ty.results().len() as u32;
        let area = returns_through_memory(ty).then(|| self.results_area(count));
        let mut all: Vec<BasicMetadataValueEnum<'ctx>> = Vec::with_capacity(args.len() + 2);
        all.push(match callee {
            Callee::Direct(_) => self.context.into(),
            Callee::Indirect { context, .. } => (*context).into(),
        });
        all.extend(area.map(BasicMetadataValueEnum::from));
        for (&value, &ty) in args.iter().zip(ty.params()) {
            all.push(self.canonical(value, ty).into());
        }
        let call = built(match *callee {
            Callee::Direct(function) => {
                let value = self.unit.function(self.environment, function);
                let call = self.builder.build_call(value, &all, "");
                let attribute = self.unit.context_attribute(self.environment, function);
                if let (Ok(call), Some(attribute)) = (&call, attribute) {
                    call.add_attribute(AttributeLoc::Param(0), attribute);
                }
                call
            }
            Callee::Indirect { code, .. } => {
                let ty = self.types.signature(ty);
                self.builder.build_indirect_call(ty, code, &all, "")
            }
        });
        self.keep_apart(call);
        match area {
            None => results.extend(result(call)),
            Some(area) => {
                for (nth, &ty) in ty.results().iter().enumerate() {
                    results.push(self.load_result(area, nth as u32, ty));
                }
            }
        }
    }
}
