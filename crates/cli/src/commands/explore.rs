//! `wasmill explore`: shows what a module becomes on its way to machine code.
//!
//! ```text
//!   module ─► driver's hooks (ops) ─┬─► Cranelift's IR (clif, optimized-clif) ──────► machine code (asm)
//!                                   ├─► LLVM's IR (llvm-ir, optimized-llvm-ir) ─────► machine code (asm)
//!                                   └─► Singlepass ─────────────────────────────────► machine code (asm)
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use wasmill::{Architecture, BaseTunables, Target};
use wasmill_compiler::{CompileModuleInfo, Translation, ops_text, translate};
use wasmill_compiler_cranelift::{CraneliftCompiler, FunctionText};
use wasmill_compiler_singlepass::SinglepassCompiler;
use wasmill_engine::compile_info;
use wasmill_types::{ExportIndex, FunctionIndex, ModuleInfo};

use crate::listing::{self, Operators};
use crate::store_options::StoreOptions;
use crate::{similar, source};

/// How many names are suggested.
const SUGGESTIONS: usize = 3;

const EXAMPLES: &str = "\
Examples:
  wasmill explore tool.wasm -f main                    each operator, and its code
  wasmill explore tool.wasm -f 7 -f 9 --singlepass     other functions, another compiler
  wasmill explore tool.wasm --emit=asm > tool.s        only code, of all functions
  wasmill explore tool.wasm --emit=optimized-clif -f main";

/// Show what functions become on their way to machine code.
///
/// Without --emit, each operator of WebAssembly is shown with its place in the module, and below it the instructions that were made of
/// it, with their places in the function. Functions that are called are named, and so is what a fault of an instruction means.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, visible_alias = "objdump")]
pub(crate) struct Explore {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What to show.
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Listing)]
    emit: Form,

    /// Show only this function: its name, the name it is exported by, or its index, imported functions counted. May be given several
    /// times.
    #[arg(short, long = "function", value_name = "FUNCTION")]
    functions: Vec<String>,

    /// Start each line with the operator's place in the module (with --emit=ops).
    #[arg(long)]
    offsets: bool,

    #[command(flatten)]
    store: StoreOptions,
}

/// A stage of compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Each operator beside its machine code.
    Listing,
    /// What the front end tells every compiler.
    Ops,
    /// Cranelift's IR as it was translated.
    Clif,
    /// Cranelift's IR after its optimizations.
    OptimizedClif,
    /// LLVM's IR as it was translated.
    LlvmIr,
    /// LLVM's IR after its optimizations.
    OptimizedLlvmIr,
    /// The machine code, disassembled.
    Asm,
}

impl Explore {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let text = self
            .explore()
            .with_context(|| format!("failed to explore `{}`", self.file.display()))?;
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }

    fn explore(&self) -> Result<String> {
        let bytes = source::read(&self.file)?;
        let wasm = source::wasm(&bytes, &self.file)?;
        self.check_form()?;
        let translation = translate(&wasm, &self.store.features())
            .map_err(|error| self.store.explain(error, &wasm))?;
        let wanted = self.wanted(&translation.info)?;
        match self.emit {
            Form::Ops => self.ops(&wasm, &wanted),
            Form::Listing => self.listing(&wasm, translation, &wanted),
            form => self.functions(translation, form, &wanted),
        }
    }

    /// Functions begin with a line `function INDEX …` of their own; names are quoted, so no other line looks like it.
    fn ops(&self, wasm: &[u8], wanted: &Wanted) -> Result<String> {
        let text = ops_text(wasm, &self.store.features(), self.offsets)?;
        let mut shown = String::new();
        let mut show = false;
        for line in text.split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix("function ") {
                let index = rest.split([' ', '\n']).next().unwrap_or_default().parse()?;
                show = wanted.has(FunctionIndex::from_u32(index));
            }
            if show {
                shown.push_str(line);
            }
        }
        Ok(shown)
    }

    fn functions(
        &self,
        translation: Translation<'_>,
        form: Form,
        wanted: &Wanted,
    ) -> Result<String> {
        let target = Target::default();
        let module = self.module(&translation, &target)?;
        let mut text = String::new();
        for (index, code) in self.texts(&target, &module, translation, form)? {
            if wanted.has(index) {
                writeln!(text, ";; {}", listing::name(&module.module, index))?;
                writeln!(text, "{}\n", code.trim_end())?;
            }
        }
        Ok(text)
    }

    fn listing(
        &self,
        wasm: &[u8],
        translation: Translation<'_>,
        wanted: &Wanted,
    ) -> Result<String> {
        let target = Target::default();
        ensure!(
            target.triple().architecture == Architecture::X86_64,
            "listings show code for x86-64 only: --emit=asm shows all code"
        );
        let module = self.module(&translation, &target)?;
        let compiler = self.store.compiler().compiler();
        let compilation = compiler.compile_module(&target, &module, translation.bodies)?;
        let (operators, info) = (Operators::read(wasm)?, &module.module);
        let mut text = String::new();
        for (local, function) in compilation.functions.iter() {
            let index = info.func_index(local);
            if wanted.has(index) {
                let (name, ty) = (listing::name(info, index), info.function_type(index));
                writeln!(text, "{name}: {ty}, {} bytes of code", function.code.len())?;
                writeln!(text, "{}", listing::text(&operators, info, function))?;
            }
        }
        Ok(text)
    }

    fn module(&self, translation: &Translation<'_>, target: &Target) -> Result<CompileModuleInfo> {
        let info = translation.info.clone();
        let tunables = BaseTunables::for_target(target);
        Ok(compile_info(info, &self.store.features(), &tunables)?)
    }

    /// Refuses what a compiler does not have.
    fn check_form(&self) -> Result<()> {
        let has_llvm_ir = self.store.compiler_name() == "llvm";
        let has_clif = self.store.compiler_name() == "cranelift";
        match self.emit {
            Form::Clif | Form::OptimizedClif if has_llvm_ir => bail!(
                "LLVM has an IR of its own: it can show `listing`, `ops`, `llvm-ir`, `optimized-llvm-ir` and `asm`"
            ),
            Form::LlvmIr | Form::OptimizedLlvmIr if has_clif => bail!(
                "Cranelift has an IR of its own: it can show `listing`, `ops`, `clif`, `optimized-clif` and `asm`"
            ),
            Form::Listing | Form::Ops | Form::Asm => Ok(()),
            _ if has_clif || has_llvm_ir => Ok(()),
            _ => bail!("Singlepass has no IR: it can show `listing`, `ops` and `asm`"),
        }
    }

    /// The functions as the chosen compiler has them at this stage.
    fn texts(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        translation: Translation<'_>,
        form: Form,
    ) -> Result<Vec<(FunctionIndex, String)>> {
        #[cfg(feature = "llvm")]
        if let Some(config) = self.store.llvm() {
            let compiler = wasmill_compiler_llvm::LLVMCompiler::new(config);
            let functions = compiler.inspect_module(target, module, translation.bodies)?;
            let texts = functions.into_iter();
            return Ok(texts.map(|function| llvm_stage(function, form)).collect());
        }
        if self.store.is_singlepass() {
            let compiler = SinglepassCompiler::new(self.store.singlepass());
            return Ok(compiler.inspect_module(target, module, translation.bodies)?);
        }
        let compiler = CraneliftCompiler::new(self.store.cranelift());
        let functions = compiler.inspect_module(target, module, translation.bodies)?;
        let texts = functions.into_iter();
        let text = |function: FunctionText| (function.index, stage(function, form));
        Ok(texts.map(text).collect())
    }

    /// The functions that were asked for.
    fn wanted(&self, info: &ModuleInfo) -> Result<Wanted> {
        let found = self.functions.iter().map(|name| find(info, name));
        Ok(Wanted(found.collect::<Result<_>>()?))
    }
}

/// Functions: all if none are named.
struct Wanted(BTreeSet<FunctionIndex>);

impl Wanted {
    fn has(&self, index: FunctionIndex) -> bool {
        self.0.is_empty() || self.0.contains(&index)
    }
}

/// A function that the module defines, by its index or a name of it.
fn find(info: &ModuleInfo, name: &str) -> Result<FunctionIndex> {
    let indices = info.num_imported_functions as u32..info.functions.len() as u32;
    if let Ok(index) = name.parse() {
        ensure!(
            indices.contains(&index),
            "the module defines no function {name}"
        );
        return Ok(FunctionIndex::from_u32(index));
    }
    let exports = info
        .exports
        .iter()
        .filter_map(|(name, export): (&String, _)| match export {
            ExportIndex::Function(index) => Some((name.to_owned(), *index)),
            _ => None,
        });
    let all = indices.clone().map(FunctionIndex::from_u32);
    let named = all.filter_map(|index| Some((info.function_names.get(&index)?.to_string(), index)));
    let known: BTreeMap<String, FunctionIndex> = named
        .chain(exports)
        .filter(|(_, index)| indices.contains(&index.as_u32()))
        .collect();
    known.get(name).copied().ok_or_else(|| {
        let mut near = similar::sorted(name, known.keys().map(String::as_str));
        near.truncate(SUGGESTIONS);
        let suggestion = match near.is_empty() {
            true => "Its functions have no names: give an index".to_owned(),
            false => format!("Similar functions found: {}.", similar::quoted(&near)),
        };
        let name = name.escape_debug();
        anyhow!("the module defines no function `{name}`\n{suggestion}")
    })
}

fn stage(function: FunctionText, form: Form) -> String {
    match form {
        Form::Clif => function.clif,
        Form::OptimizedClif => function.optimized_clif,
        Form::Listing | Form::Ops | Form::LlvmIr | Form::OptimizedLlvmIr | Form::Asm => {
            function.asm
        }
    }
}

#[cfg(feature = "llvm")]
fn llvm_stage(
    function: wasmill_compiler_llvm::FunctionText,
    form: Form,
) -> (FunctionIndex, String) {
    let mut text = match form {
        Form::LlvmIr => function.ir,
        Form::OptimizedLlvmIr => function.optimized_ir,
        Form::Listing | Form::Ops | Form::Clif | Form::OptimizedClif | Form::Asm => function.asm,
    };
    if text.is_empty() {
        text = "(a part of all functions that call it)".into();
    }
    (function.index, text)
}
