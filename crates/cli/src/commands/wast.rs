//! `wasmill wast`: runs a script of tests.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::store_options::StoreOptions;

/// Run a script of tests (.wast).
#[derive(Args, Debug)]
pub(crate) struct Wast {
    /// The script.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    store: StoreOptions,

    /// Stop at the first test that fails.
    #[arg(short, long)]
    fail_fast: bool,
}

impl Wast {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let mut script = wasmill_wast::Wast::new_with_spectest(self.store.store());
        script.fail_fast = self.fail_fast;
        script
            .run_file(&self.file)
            .with_context(|| format!("failed to test the wast `{}`", self.file.display()))?;
        writeln!(
            std::io::stdout(),
            "Wast tests succeeded for `{}`.",
            self.file.display()
        )?;
        Ok(())
    }
}
