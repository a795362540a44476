//! Calls.
//!
//! Functions of the module are called directly, or inlined (`crate::inline`); imported ones through the code address and
//! context that the instance holds for them; table elements through the reference found there, once its type is known to
//! be the right one. More than one result comes back through an area on the stack.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Inst, InstBuilder, Value, types};
use smallvec::SmallVec;
use std::mem::offset_of;
use wasmill_abi::{TrapCode, VMFuncRef, VMFunctionImport};
use wasmill_types::{FunctionIndex, FunctionType, SignatureIndex, TableIndex};

use crate::regions;
use crate::translator::Translator;
use crate::types::{POINTER, returns_through_memory};

/// What is called.
enum Callee {
    /// A function of the module.
    Direct(FunctionIndex),
    /// Code and the context to pass to it.
    Indirect { code: Value, context: Value },
}

impl Translator<'_> {
    pub(super) fn emit_call(
        &mut self,
        function: FunctionIndex,
        args: &[Value],
        results: &mut Vec<Value>,
    ) {
        let module = self.environment.module();
        if let Some(local) = module.local_func_index(function)
            && self.try_inline(local, args, results)
        {
            return;
        }
        let callee = if module.is_imported_function(function) {
            let import = self.environment.info.layout.imported_function(function);
            let mut field = |offset: usize| {
                self.load_context(POINTER, regions::at_use(), import + offset as u32)
            };
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
        index: Value,
        args: &[Value],
        results: &mut Vec<Value>,
    ) {
        let index = self.coerce(index, types::I32);
        let null = Some(TrapCode::IndirectCallToNull);
        let reference = self.load_function(table, index, null);

        let mut field = |ty, offset: usize| {
            let flags = regions::at_use();
            self.builder.ins().load(ty, flags, reference, offset as i32)
        };
        let has = field(types::I32, offset_of!(VMFuncRef, type_id));
        let code = field(POINTER, offset_of!(VMFuncRef, code));
        let context = field(POINTER, offset_of!(VMFuncRef, context));
        let wanted = self.environment.info.layout.type_id(ty);
        let wanted = self.load_context(types::I32, regions::at_use(), wanted);
        let differs = self.builder.ins().icmp(IntCC::NotEqual, has, wanted);
        self.trap_if(differs, TrapCode::BadSignature);
        self.call_function(ty, &Callee::Indirect { code, context }, args, results);
    }

    /// Calls in the boundary ABI.
    fn call_function(
        &mut self,
        signature: SignatureIndex,
        callee: &Callee,
        args: &[Value],
        results: &mut Vec<Value>,
    ) {
        let ty = &self.environment.module().signatures[signature];
        let area = returns_through_memory(ty).then(|| self.results_area(ty.results().len()));
        let mut all: SmallVec<[Value; 8]> = SmallVec::new();
        all.push(match callee {
            Callee::Direct(_) => self.context,
            Callee::Indirect { context, .. } => *context,
        });
        all.extend(area);
        for (&value, &ty) in args.iter().zip(ty.params()) {
            let value = self.canonical(value, ty);
            all.push(value);
        }
        let call = match *callee {
            Callee::Direct(function) => {
                let function = self.function_reference(function);
                self.builder.ins().call(function, &all)
            }
            Callee::Indirect { code, .. } => {
                let signature = self.signature(signature);
                self.builder.ins().call_indirect(signature, code, &all)
            }
        };
        self.take_results(ty, call, area, results);
    }

    fn take_results(
        &mut self,
        ty: &FunctionType,
        call: Inst,
        area: Option<Value>,
        results: &mut Vec<Value>,
    ) {
        match area {
            None => results.extend_from_slice(self.builder.inst_results(call)),
            Some(area) => {
                for (nth, &ty) in ty.results().iter().enumerate() {
                    let value = self.load_result(area, nth, ty);
                    results.push(value);
                }
            }
        }
    }
}
