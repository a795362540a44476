//! `wasmill wast`: runs scripts of tests.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::files;
use crate::store_options::StoreOptions;

const EXAMPLES: &str = "\
Examples:
  wasmill wast i32.wast
  wasmill wast --singlepass --fail-fast tests/*.wast";

/// Run scripts of tests (.wast).
///
/// They are written in the language of the official test suite, and find its module `spectest`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Wast {
    /// The scripts.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Stop at the first test that fails.
    #[arg(short, long)]
    fail_fast: bool,

    #[command(flatten)]
    store: StoreOptions,
}

impl Wast {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        files::each(&self.files, self.fail_fast, |file| self.run(file))
    }

    fn run(&self, file: &Path) -> Result<()> {
        let mut script = wasmill_wast::Wast::new_with_spectest(self.store.store());
        script.fail_fast = self.fail_fast;
        script
            .run_file(file)
            .with_context(|| format!("failed to test the wast `{}`", file.display()))?;
        let file = file.display();
        writeln!(std::io::stdout(), "Wast tests succeeded for `{file}`.")?;
        Ok(())
    }
}
