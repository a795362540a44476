//! `wasmill inspect`: what a module imports and exports.

use std::fmt::{Display, Write};
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wasmill::{ExternType, Module, is_wasm, wat2wasm};
use wasmill_compiler::translate;

use crate::size::size;
use crate::source;
use crate::store_options::StoreOptions;

/// Show what a module imports and exports.
#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    file: PathBuf,

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
        let bytes = source::read(&self.file)?;
        let wasm = wat2wasm(&bytes).context("Error when converting wat")?;
        // To look at a module's surface it need not be compiled.
        Module::validate(&self.store.store(), &wasm)
            .map_err(|error| self.store.explain(error, &wasm))?;
        let module = translate(&wasm, &self.store.features())?.info;
        let ty = if is_wasm(&bytes) { "wasm" } else { "wat" };
        let mut text = format!("Type: {ty}\nSize: {}\n", size(bytes.len() as u64));

        // Names come from the module: quoted, they can hold anything.
        let imports = module.imports.iter().map(|((namespace, name, _), index)| {
            let name = format!("{namespace:?}.{name:?}");
            (name, module.import_type(*index))
        });
        let imports: Vec<_> = imports.collect();
        let exports = module.exports.iter();
        let exports =
            exports.map(|(name, index)| (format!("{name:?}"), module.export_type(*index)));
        let exports: Vec<_> = exports.collect();
        list(&mut text, "Imports", &imports)?;
        list(&mut text, "Exports", &exports)?;
        Ok(text)
    }
}

/// One line for each item, by kind.
fn list(text: &mut String, title: &str, items: &[(String, ExternType)]) -> Result<()> {
    writeln!(text, "{title}:")?;
    kind(text, "Functions", items, ExternType::func)?;
    kind(text, "Memories", items, ExternType::memory)?;
    kind(text, "Tables", items, ExternType::table)?;
    kind(text, "Globals", items, ExternType::global)
}

fn kind<T: Display>(
    text: &mut String,
    title: &str,
    items: &[(String, ExternType)],
    of_kind: impl Fn(&ExternType) -> Option<&T>,
) -> Result<()> {
    writeln!(text, "  {title}:")?;
    for (name, ty) in items {
        if let Some(ty) = of_kind(ty) {
            writeln!(text, "    {name}: {ty}")?;
        }
    }
    Ok(())
}
