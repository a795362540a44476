//! `wasmill self-update`: says how a newer version is got. This program never replaces itself, and asks nobody.

use std::io::Write;

use anyhow::Result;
use clap::Args;

/// Say how to get a newer version.
#[derive(Args, Debug)]
pub(crate) struct SelfUpdate {}

impl SelfUpdate {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let program = std::env::current_exe()?;
        writeln!(
            std::io::stdout(),
            "This is Wasmill {}, `{}`. It does not replace itself.\n\
             In a copy of the repository, this builds and installs the newest version:\n\n  \
             git pull\n  cargo install --locked --path crates/cli\n\n\
             Where a package manager has installed it, update it there.",
            env!("CARGO_PKG_VERSION"),
            program.display()
        )?;
        Ok(())
    }
}
