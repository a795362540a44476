//! `wasmill explore`: shows what a module becomes on its way to machine code.
//!
//! ```text
//!   module ─► driver's hooks (ops) ─┬─► Cranelift's IR (clif, optimized-clif) ──────► machine code (asm)
//!                                   ├─► LLVM's IR (llvm-ir, optimized-llvm-ir) ─────► machine code (asm)
//!                                   └─► Singlepass ─────────────────────────────────► machine code (asm)
//! ```

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use wasmill::{BaseTunables, Target, wat2wasm};
use wasmill_compiler::{CompileModuleInfo, Translation, ops_text, translate};
use wasmill_compiler_cranelift::{CraneliftCompiler, FunctionText};
use wasmill_compiler_singlepass::SinglepassCompiler;
use wasmill_engine::compile_info;
use wasmill_types::FunctionIndex;

use crate::source;
use crate::store_options::StoreOptions;

/// Show what the functions of a module become on their way to machine code.
#[derive(Args, Debug)]
pub(crate) struct Explore {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What to show.
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Asm)]
    emit: Form,

    /// Show only the function with this index, imported functions counted. May be given several times.
    #[arg(short, long = "function", value_name = "INDEX")]
    functions: Vec<u32>,

    /// Start each line with the operator's place in the module (with --emit=ops).
    #[arg(long)]
    offsets: bool,

    #[command(flatten)]
    store: StoreOptions,
}

/// A stage of compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
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
        let wasm = wat2wasm(&bytes).context("Error when converting wat")?;
        match self.emit {
            Form::Ops => self.ops(&wasm),
            form => self.functions(&wasm, form),
        }
    }

    /// Functions begin with a line `function INDEX …` of their own; names are quoted, so no other line looks like it.
    fn ops(&self, wasm: &[u8]) -> Result<String> {
        let text = ops_text(wasm, &self.store.features(), self.offsets)?;
        let mut wanted = self.wanted();
        let mut shown = String::new();
        let mut show = false;
        for line in text.split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix("function ") {
                let index = rest.split([' ', '\n']).next().unwrap_or_default().parse()?;
                show = self.functions.is_empty() || self.functions.contains(&index);
                wanted.remove(&index);
            }
            if show {
                shown.push_str(line);
            }
        }
        found_all(&wanted)?;
        Ok(shown)
    }

    fn functions(&self, wasm: &[u8], form: Form) -> Result<String> {
        let features = self.store.features();
        let target = Target::default();
        let translation = translate(wasm, &features)?;
        let info = translation.info.clone();
        let module = compile_info(info, &features, &BaseTunables::for_target(&target))?;
        let mut wanted = self.wanted();
        let mut text = String::new();
        for (index, code) in self.texts(&target, &module, translation, form)? {
            wanted.remove(&index.as_u32());
            if !self.functions.is_empty() && !self.functions.contains(&index.as_u32()) {
                continue;
            }
            let name = module.module.function_names.get(&index);
            let name = name.map(|name| format!(" {name:?}")).unwrap_or_default();
            writeln!(text, ";; function {}{name}", index.as_u32())?;
            writeln!(text, "{}\n", code.trim_end())?;
        }
        found_all(&wanted)?;
        Ok(text)
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
            return functions.into_iter().map(|f| llvm_stage(f, form)).collect();
        }
        if self.store.is_singlepass() {
            if form != Form::Asm {
                bail!("Singlepass has no IR: it can show `ops` and `asm`");
            }
            let compiler = SinglepassCompiler::new(self.store.singlepass());
            return Ok(compiler.inspect_module(target, module, translation.bodies)?);
        }
        if matches!(form, Form::LlvmIr | Form::OptimizedLlvmIr) {
            bail!(
                "Cranelift has an IR of its own: it can show `ops`, `clif`, `optimized-clif` and `asm`"
            );
        }
        let compiler = CraneliftCompiler::new(self.store.cranelift());
        let functions = compiler.inspect_module(target, module, translation.bodies)?;
        let texts = functions.into_iter();
        let text = |function: FunctionText| (function.index, stage(function, form));
        Ok(texts.map(text).collect())
    }

    fn wanted(&self) -> BTreeSet<u32> {
        self.functions.iter().copied().collect()
    }
}

fn stage(function: FunctionText, form: Form) -> String {
    match form {
        Form::Clif => function.clif,
        Form::OptimizedClif => function.optimized_clif,
        Form::Ops | Form::LlvmIr | Form::OptimizedLlvmIr | Form::Asm => function.asm,
    }
}

#[cfg(feature = "llvm")]
fn llvm_stage(
    function: wasmill_compiler_llvm::FunctionText,
    form: Form,
) -> Result<(FunctionIndex, String)> {
    let mut text = match form {
        Form::LlvmIr => function.ir,
        Form::OptimizedLlvmIr => function.optimized_ir,
        Form::Asm => function.asm,
        Form::Ops | Form::Clif | Form::OptimizedClif => {
            bail!(
                "LLVM has an IR of its own: it can show `ops`, `llvm-ir`, `optimized-llvm-ir` and `asm`"
            )
        }
    };
    if text.is_empty() {
        text = "(a part of all functions that call it)".into();
    }
    Ok((function.index, text))
}

fn found_all(missing: &BTreeSet<u32>) -> Result<()> {
    match missing.first() {
        Some(index) => bail!("the module defines no function {index}"),
        None => Ok(()),
    }
}
