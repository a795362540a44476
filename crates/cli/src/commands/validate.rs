//! `wasmill validate`: says whether a module is valid, without compiling it.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wasmill::{Module, wat2wasm};

use crate::source;
use crate::store_options::StoreOptions;

/// Check that a module is valid.
#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    store: StoreOptions,
}

impl Validate {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        self.validate()
            .with_context(|| format!("failed to validate `{}`", self.file.display()))?;
        writeln!(
            std::io::stdout(),
            "Validation passed for `{}`.",
            self.file.display()
        )?;
        Ok(())
    }

    fn validate(&self) -> Result<()> {
        let bytes = source::read(&self.file)?;
        let wasm = wat2wasm(&bytes).context("Error when converting wat")?;
        Module::validate(&self.store.store(), &wasm)
            .map_err(|error| self.store.explain(error, &wasm))?;
        Ok(())
    }
}
