//! `wasmill cache`: looks at the cache of compiled modules, and empties it.

use std::io::Write;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use wasmill_cache::FileSystemCache;

use crate::cache;
use crate::size::size;

const EXAMPLES: &str = "\
WASMILL_CACHE_DIR names another folder, WASMILL_CACHE_SIZE another size (as 500M or 2G). What was not used for longest is deleted \
    when it is full.

Examples:
  wasmill cache info
  du -sh $(wasmill cache dir)
  wasmill cache clean";

/// Look at the cache of compiled modules, or empty it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the folder that it is in.
    Dir,
    /// Delete all modules that this and other versions keep.
    Clean,
    /// Print where it is, how many modules it has, and how large they are.
    Info,
}

impl Cache {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let mut output = std::io::stdout();
        match self.action {
            Action::Dir => writeln!(output, "{}", cache::folder()?.display())?,
            Action::Clean => {
                clean().context("failed to clean the cache")?;
                writeln!(output, "Wasmill cache cleaned successfully.")?;
            }
            Action::Info => write!(output, "{}", info().context("failed to read the cache")?)?,
        }
        Ok(())
    }
}

fn clean() -> Result<()> {
    let folder = cache::folder()?;
    cache::clean_others(&folder);
    if folder.is_dir() {
        FileSystemCache::new(folder)?.clean()?;
    }
    Ok(())
}

fn info() -> Result<String> {
    let cache = cache::open()?;
    let bound = cache::bound()?.or(cache.bound());
    let usage = cache.usage()?;
    let bound = bound.map_or(String::new(), |bound| {
        format!(" of at most {}", size(bound))
    });
    Ok(format!(
        "Folder:  {}\nModules: {}\nSize:    {}{bound}\n",
        cache::folder()?.display(),
        usage.entries,
        size(usage.bytes),
    ))
}
