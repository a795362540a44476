//! `wasmill validate`: says whether modules are valid, without compiling them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use wasmill::Module;

use crate::files;
use crate::source;
use crate::store_options::StoreOptions;

const EXAMPLES: &str = "\
Examples:
  wasmill validate tool.wasm
  wasmill validate --enable-all *.wasm *.wat";

/// Check that modules are valid.
///
/// They are not compiled. Where a module needs a feature that is not enabled, the error names its option.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Validate {
    /// The modules, in the binary or the text format.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    store: StoreOptions,
}

impl Validate {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        files::each(&self.files, false, |file| {
            self.validate(file)
                .with_context(|| format!("failed to validate `{}`", file.display()))?;
            let file = file.display();
            writeln!(std::io::stdout(), "Validation passed for `{file}`.")?;
            Ok(())
        })
    }

    fn validate(&self, file: &Path) -> Result<()> {
        let bytes = source::read(file)?;
        let wasm = source::wasm(&bytes, file)?;
        Module::validate(&self.store.store(), &wasm)
            .map_err(|error| self.store.explain(error, &wasm))
    }
}
