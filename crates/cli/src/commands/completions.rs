//! `wasmill completions`: scripts that let shells complete the command's words.

use std::io::Write;

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::options::Options;

const EXAMPLES: &str = "\
Examples:
  wasmill completions bash > ~/.local/share/bash-completion/completions/wasmill
  wasmill completions zsh > ~/.zfunc/_wasmill       ~/.zfunc in fpath, before compinit
  wasmill completions fish > ~/.config/fish/completions/wasmill.fish
  wasmill completions elvish >> ~/.config/elvish/rc.elv
  wasmill completions powershell >> $PROFILE";

/// Print a script with which a shell completes commands and options.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Options::command(), "wasmill", &mut script);
        std::io::stdout().write_all(&script)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_completes_every_command() {
        let command = Options::command();
        let shown = command
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        let names: Vec<_> = shown.map(|command| command.get_name()).collect();
        assert!(names.len() >= 12, "{names:?}");
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command.clone(), "wasmill", &mut script);
            let script = String::from_utf8(script).unwrap();
            for name in &names {
                assert!(script.contains(name), "{shell} does not know {name}");
            }
            assert!(
                script.contains("enable-multi-memory"),
                "{shell} knows no options"
            );
        }
    }
}
