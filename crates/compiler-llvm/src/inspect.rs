//! What functions become on their way to machine code, as text for people.

use std::collections::BTreeMap;
use std::sync::Mutex;

use inkwell::module::Module;
use inkwell::targets::{FileType, TargetMachine};
use wasmill_compiler::{CompileError, CompileModuleInfo, FunctionBodyData, Target};
use wasmill_types::{FunctionIndex, LocalFunctionIndex, PrimaryMap};

use crate::compiler::LLVMCompiler;
use crate::object;

/// A function, as text in several forms.
#[derive(Clone, Debug)]
pub struct FunctionText {
    /// Which function.
    pub index: FunctionIndex,
    /// LLVM's IR as it was translated.
    pub ir: String,
    /// The same after LLVM's passes; empty if all callers contain the function.
    pub optimized_ir: String,
    /// The machine code, as LLVM's assembler takes it; empty if all callers contain the function.
    pub asm: String,
}

impl LLVMCompiler {
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
        let texts = Texts::default();
        self.compile_with(target, module, bodies, Some(&texts))?;
        let texts = texts.0.into_inner().unwrap_or_else(|e| e.into_inner());
        let texts = texts.into_iter();
        let text = |(index, text)| FunctionText {
            index: module.module.func_index(index),
            ..text
        };
        Ok(texts.map(text).collect())
    }
}

/// Collects the texts of functions, from all units at once.
#[derive(Debug, Default)]
pub(crate) struct Texts(Mutex<BTreeMap<LocalFunctionIndex, FunctionText>>);

impl Texts {
    /// Takes a unit before the passes.
    pub(crate) fn take_ir(&self, module: &Module<'_>) {
        self.take(definitions(&module.print_to_string().to_string()), |text| {
            &mut text.ir
        });
    }

    /// Takes it after the passes.
    pub(crate) fn take_optimized(
        &self,
        module: &Module<'_>,
        machine: &TargetMachine,
    ) -> Result<(), CompileError> {
        let ir = module.print_to_string().to_string();
        self.take(definitions(&ir), |text| &mut text.optimized_ir);
        // Making code changes the IR.
        let asm = machine.write_to_memory_buffer(&module.clone(), FileType::Assembly);
        let asm = asm.map_err(|error| CompileError::Codegen(error.to_string()))?;
        let asm = String::from_utf8_lossy(asm.as_slice()).into_owned();
        self.take(bodies(&asm), |text| &mut text.asm);
        Ok(())
    }

    fn take(
        &self,
        functions: Vec<(LocalFunctionIndex, String)>,
        place: impl Fn(&mut FunctionText) -> &mut String,
    ) {
        let mut texts = self.0.lock().unwrap_or_else(|e| e.into_inner());
        for (index, text) in functions {
            let empty = || FunctionText {
                index: FunctionIndex::from_u32(0),
                ir: String::new(),
                optimized_ir: String::new(),
                asm: String::new(),
            };
            *place(texts.entry(index).or_insert_with(empty)) = text;
        }
    }
}

/// The functions that a module's text defines.
fn definitions(text: &str) -> Vec<(LocalFunctionIndex, String)> {
    let mut functions: Vec<(LocalFunctionIndex, String)> = Vec::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        // Functions of other units stand where they have code, too.
        let line_of_own = line.strip_prefix("define ");
        let line_of_own = line_of_own.filter(|line| !line.starts_with("available_externally "));
        if let Some(index) = line_of_own.and_then(defined) {
            functions.push((index, String::new()));
            inside = true;
        }
        if let Some((_, text)) = functions.last_mut().filter(|_| inside) {
            text.push_str(line);
        }
        inside &= line != "}\n";
    }
    functions
}

/// The function that such a line names behind an `@`.
fn defined(line: &str) -> Option<LocalFunctionIndex> {
    let (_, name) = line.split_once('@')?;
    object::named_function(name.split('(').next()?)
}

/// Functions in assembly text: from a function's label to the label behind its end, without what only tools read.
fn bodies(text: &str) -> Vec<(LocalFunctionIndex, String)> {
    let mut functions: Vec<(LocalFunctionIndex, String)> = Vec::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let label = line.split_once(':').map(|(label, _)| label);
        if let Some(index) = label.and_then(object::named_function) {
            functions.push((index, String::new()));
            inside = true;
            continue;
        }
        inside &= !label.is_some_and(|label| label.starts_with(".Lfunc_end"));
        let for_tools = line.starts_with("\t.")
            || label.is_some_and(|label| [".Lfunc_", ".Ltmp"].iter().any(|p| label.starts_with(p)));
        if let Some((_, text)) = functions.last_mut().filter(|_| inside && !for_tools) {
            text.push_str(line);
        }
    }
    functions
}
