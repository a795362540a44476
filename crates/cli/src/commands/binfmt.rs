//! `wasmill binfmt`: lets Linux run modules like programs, `./tool.wasm`.
//!
//! ```text
//!   ./tool.wasm ARGS ─► the kernel finds the magic ─► wasmill-binfmt-interpreter ./tool.wasm ./tool.wasm ARGS
//!                                                     └ this program, which runs it: `options::with_default_command`
//! ```
//!
//! The kernel opens the interpreter when it is registered, so the name can be a link that is gone afterwards.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use crate::messages;
use crate::options::BINFMT_INTERPRETER;

/// What is registered: a name, and how such files are known, by their first bytes or by the ending of their name.
const FORMATS: [(&str, &str); 2] = [
    ("wasm32", r"M::\x00asm\x01\x00\x00\x00:"),
    ("wasm32-wat", "E::wat:"),
];

const EXAMPLES: &str = "\
A module that is run that way sees no folders and no variables, unless WASMILL_BINFMT_OPTIONS has options of `wasmill run`.

Examples:
  sudo wasmill binfmt register
  chmod +x tool.wasm && ./tool.wasm
  WASMILL_BINFMT_OPTIONS='--dir . --env A=1' ./tool.wasm
  sudo wasmill binfmt unregister";

/// Let Linux run modules like programs, or no longer.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Binfmt {
    #[command(subcommand)]
    action: Action,

    /// Where the kernel has the list of such formats.
    #[arg(
        long,
        value_name = "PATH",
        global = true,
        default_value = "/proc/sys/fs/binfmt_misc/"
    )]
    binfmt_misc: PathBuf,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Action {
    /// Let modules run like programs.
    Register,
    /// Undo that.
    Unregister,
    /// Do that again, with this program as what runs them.
    Reregister,
}

impl Binfmt {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        match self.action {
            Action::Register => self.register(),
            Action::Unregister => self.unregister(),
            Action::Reregister => self.unregister().and_then(|()| self.register()),
        }
    }

    fn register(&self) -> Result<()> {
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let interpreter = folder.path().join(BINFMT_INTERPRETER);
        symlink(std::env::current_exe()?, &interpreter)?;
        for (name, entry) in entries(&interpreter)? {
            self.write("register", &entry)
                .with_context(|| format!("failed to register `{name}`"))?;
            messages::success(format!("`{name}` is registered."));
        }
        Ok(())
    }

    fn unregister(&self) -> Result<()> {
        for (name, _) in FORMATS {
            let removed = self
                .write(name, "-1\n")
                .with_context(|| format!("failed to unregister `{name}`"))?;
            let text = match removed {
                true => "is no longer registered",
                false => "was not registered",
            };
            messages::success(format!("`{name}` {text}."));
        }
        Ok(())
    }

    /// Writes into a file that the kernel has; whether it is there.
    fn write(&self, name: &str, text: &str) -> Result<bool> {
        ensure!(
            self.binfmt_misc.join("register").exists(),
            "there is no list of formats in `{}`: `mount -t binfmt_misc binfmt_misc {0}` makes it",
            self.binfmt_misc.display()
        );
        let path = self.binfmt_misc.join(name);
        let mut file = match OpenOptions::new().append(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound && name != "register" => {
                return Ok(false);
            }
            file => file.with_context(|| format!("cannot open `{}`", path.display()))?,
        };
        file.write_all(text.as_bytes())
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(true)
    }
}

/// The lines that the kernel takes: P keeps the name that a program was called by, F opens the interpreter at once, C gives the
/// rights of the program to it.
fn entries(interpreter: &Path) -> Result<Vec<(&'static str, String)>> {
    let interpreter = interpreter.to_str().filter(|path| !path.contains(':'));
    let interpreter =
        interpreter.context("the kernel cannot take the name of the temporary folder")?;
    let line =
        |(name, sign): (&'static str, &str)| (name, format!(":{name}:{sign}:{interpreter}:PFC\n"));
    Ok(FORMATS.map(line).into())
}
