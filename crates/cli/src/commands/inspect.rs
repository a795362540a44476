//! `wasmill inspect`: what a module is, imports and exports, as text or as JSON. What was compiled is described without being
//! loaded, so that files of strangers can be looked at.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use wasmill::{ExternType, Module, is_wasm};
use wasmill_compiler::translate;
use wasmill_engine::{ArtifactDescription, Form};
use wasmill_types::{ExportIndex, ImportIndex, ModuleInfo};

use crate::contents::Contents;
use crate::messages;
use crate::size::size;
use crate::source::{self, Source};
use crate::store_options::StoreOptions;

const EXAMPLES: &str = "\
Examples:
  wasmill inspect tool.wasm
  wasmill inspect -v tool.wasm              also sections, producers, debug information
  wasmill inspect tool.wasmu                what `wasmill compile` made
  wasmill inspect --json tool.wasm | jq '.exports[].name'";

/// Show what a module imports and exports.
///
/// The module is checked, but not compiled. Modules that were compiled are shown as well: by the file itself, nothing of which is
/// run. With --verbose there is also what a module has inside: functions, sections, who produced it, debug information, and which
/// features it needs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// The module: binary, text, or compiled.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print all there is to know as JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: StoreOptions,
}

impl Inspect {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let text = self
            .inspect()
            .with_context(|| format!("failed to inspect `{}`", self.file.display()))?;
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }

    fn inspect(&self) -> Result<String> {
        let inspection = match source::open(&self.file)? {
            Source::Module(bytes) => self.source(&bytes)?,
            Source::Compiled {
                bytes: Some(bytes), ..
            } => self.compiled(&bytes)?,
            Source::Compiled { bytes: None, .. } => self.compiled(&fs::read(&self.file)?)?,
        };
        match self.json {
            true => Ok(serde_json::to_string_pretty(&inspection)? + "\n"),
            false => inspection.text(messages::manner().verbosity > 0),
        }
    }

    fn source(&self, bytes: &[u8]) -> Result<Inspection> {
        let wasm = source::wasm(bytes, &self.file)?;
        // To look at a module's surface it need not be compiled.
        Module::validate(&self.store.store(), &wasm)
            .map_err(|error| self.store.explain(error, &wasm))?;
        let info = translate(&wasm, &self.store.features())?.info;
        let ty = if is_wasm(bytes) { "wasm" } else { "wat" };
        let contents = match messages::manner().verbosity > 0 || self.json {
            true => Some(Contents::read(&wasm, &info, &self.store)?),
            false => None,
        };
        Ok(Inspection::new(ty, bytes, &info, None, contents))
    }

    fn compiled(&self, bytes: &[u8]) -> Result<Inspection> {
        let description = ArtifactDescription::read(bytes)
            .map_err(|error| source::not_loaded(&self.file, error))?;
        let engine = match description.form {
            Form::Universal => "universal",
            Form::Native => "dylib",
            Form::Static => "staticlib",
        };
        let compiled = Compiled {
            engine,
            compiler: description.compiler,
            target: description.triple,
            cpu_features: description.cpu_features,
            code: description.code,
        };
        let info = &description.info;
        Ok(Inspection::new(
            "compiled",
            bytes,
            info,
            Some(compiled),
            None,
        ))
    }
}

/// What is shown.
#[derive(Serialize)]
struct Inspection {
    #[serde(rename = "type")]
    ty: &'static str,
    size: u64,
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compiled: Option<Compiled>,
    imports: Vec<Item>,
    exports: Vec<Item>,
    #[serde(flatten)]
    contents: Option<Contents>,
}

/// How a module was compiled.
#[derive(Serialize)]
struct Compiled {
    engine: &'static str,
    compiler: String,
    target: String,
    cpu_features: Vec<String>,
    code: usize,
}

/// Something that is imported, from a module, or exported.
#[derive(Serialize)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    name: String,
    kind: &'static str,
    #[serde(rename = "type")]
    ty: String,
}

impl Item {
    fn new(module: Option<&str>, name: &str, ty: &ExternType) -> Self {
        let (kind, ty) = match ty {
            ExternType::Function(ty) => ("function", ty.to_string()),
            ExternType::Memory(ty) => ("memory", ty.to_string()),
            ExternType::Table(ty) => ("table", ty.to_string()),
            ExternType::Global(ty) => ("global", ty.to_string()),
        };
        Self {
            module: module.map(str::to_owned),
            name: name.to_owned(),
            kind,
            ty,
        }
    }
}

impl Inspection {
    fn new(
        ty: &'static str,
        bytes: &[u8],
        info: &ModuleInfo,
        compiled: Option<Compiled>,
        contents: Option<Contents>,
    ) -> Self {
        let import = |((module, name, _), index): (&(String, String, u32), &ImportIndex)| {
            Item::new(Some(module), name, &info.import_type(*index))
        };
        let export = |(name, index): (&String, &ExportIndex)| {
            Item::new(None, name, &info.export_type(*index))
        };
        Self {
            ty,
            size: bytes.len() as u64,
            name: info.name.clone(),
            compiled,
            imports: info.imports.iter().map(import).collect(),
            exports: info.exports.iter().map(export).collect(),
            contents,
        }
    }

    fn text(&self, verbose: bool) -> Result<String> {
        let mut text = format!("Type: {}\nSize: {}\n", self.ty, size(self.size));
        if let Some(name) = self.name.as_ref().filter(|_| verbose) {
            writeln!(text, "Name: {name:?}")?;
        }
        if let Some(compiled) = &self.compiled {
            compiled.text(&mut text, verbose)?;
        }
        list(&mut text, "Imports", &self.imports)?;
        list(&mut text, "Exports", &self.exports)?;
        if let Some(contents) = &self.contents {
            contents.text(&mut text)?;
        }
        Ok(text)
    }
}

impl Compiled {
    fn text(&self, text: &mut String, verbose: bool) -> Result<()> {
        writeln!(
            text,
            "Engine: {}\nCompiler: {}\nTarget: {}",
            self.engine, self.compiler, self.target
        )?;
        if verbose {
            writeln!(text, "Processor: {}", self.cpu_features.join(", "))?;
            writeln!(text, "Code: {}", size(self.code as u64))?;
        }
        Ok(())
    }
}

/// One line for each item, by kind.
fn list(text: &mut String, title: &str, items: &[Item]) -> Result<()> {
    writeln!(text, "{title}:")?;
    for (kind, title) in [
        ("function", "Functions"),
        ("memory", "Memories"),
        ("table", "Tables"),
        ("global", "Globals"),
    ] {
        writeln!(text, "  {title}:")?;
        for item in items.iter().filter(|item| item.kind == kind) {
            // Names come from the module: quoted, they can hold anything.
            let module = item.module.as_ref().map(|module| format!("{module:?}."));
            let (module, name, ty) = (module.unwrap_or_default(), &item.name, &item.ty);
            writeln!(text, "    {module}{name:?}: {ty}")?;
        }
    }
    Ok(())
}
