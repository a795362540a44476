//! The IR and the machine code of functions as text, for people and for golden tests.

use std::collections::BTreeMap;
use std::sync::Mutex;

use wasmill_compiler::{CompileError, CompileModuleInfo, FunctionBodyData, Target};
use wasmill_types::{FunctionIndex, LocalFunctionIndex, PrimaryMap};

use crate::compiler::CraneliftCompiler;

/// A function, as text in several forms.
#[derive(Clone, Debug)]
pub struct FunctionText {
    /// Which function.
    pub index: FunctionIndex,
    /// Cranelift's IR as it was translated.
    pub clif: String,
    /// The same after Cranelift's optimizations.
    pub optimized_clif: String,
    /// The machine code, disassembled.
    pub asm: String,
}

impl CraneliftCompiler {
    /// Compiles a module and gives the text of each function that it defines, in order.
    ///
    /// # Errors
    ///
    /// If the module cannot be compiled.
    pub fn inspect_module(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    ) -> Result<Vec<FunctionText>, CompileError> {
        let texts = Mutex::new(BTreeMap::new());
        self.compile_with(target, module, bodies, |worker, environment, body| {
            let clif = worker.context.func.display().to_string();
            worker.context.set_disasm(true);
            let function = worker.generate(environment, body)?;
            let compiled = worker.context.compiled_code();
            let asm = compiled.and_then(|code| code.vcode.clone());
            let text = FunctionText {
                index: environment.module().func_index(body.index),
                clif,
                optimized_clif: worker.context.func.display().to_string(),
                asm: asm.unwrap_or_default(),
            };
            let mut texts = texts.lock().unwrap_or_else(|e| e.into_inner());
            texts.insert(body.index, text);
            Ok(function)
        })?;
        let texts = texts.into_inner().unwrap_or_else(|e| e.into_inner());
        Ok(texts.into_values().collect())
    }
}
