//! What commands do that take several files: one that fails is reported, and the others have their turn.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{messages, report};

/// Does the same with each file. The error is that of the file if there is but one, or if nothing else is to follow it.
pub(crate) fn each(
    files: &[PathBuf],
    stop_at_first: bool,
    act: impl Fn(&Path) -> Result<()>,
) -> Result<()> {
    let mut failed = 0;
    for file in files {
        match act(file) {
            Ok(()) => {}
            Err(error) if stop_at_first || files.len() == 1 => return Err(error),
            Err(error) => {
                failed += 1;
                report::print(&error, messages::manner().color);
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} files failed", files.len());
    }
    Ok(())
}
