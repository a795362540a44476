//! `wasmill man`: writes the manual, a page for each command. It is for those who make packages, and not shown.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};

use crate::options::Options;

/// Write the pages of the manual into a folder: wasmill.1, wasmill-run.1, and so on.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder, which is made if it is not there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        write(&self.folder)
            .with_context(|| format!("cannot write the manual into `{}`", self.folder.display()))
    }
}

fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    Ok(clap_mangen::generate_to(Options::command(), folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_options() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(page("wasmill.1").contains("wasmill\\-run(1)"));
        let command = Options::command();
        let shown = command
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        for command in shown {
            let text = page(&format!("wasmill-{}.1", command.get_name()));
            let about = command.get_about().expect("each has a help").to_string();
            assert!(text.contains(&about.replace('-', "\\-")), "{text}");
            let shown = command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set());
            let options = shown.filter_map(clap::Arg::get_long);
            for option in options {
                let option = option.replace('-', "\\-");
                assert!(
                    text.contains(&format!("\\-\\-{option}")),
                    "{option}: {text}"
                );
            }
        }
    }
}
