//! Artifacts in files: written so that nobody ever sees a part, opened to be mapped.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes a file beside the place where it belongs, and renames it there when it is complete: whoever opens the path
/// finds the old contents or the new, and who has the old file mapped keeps it.
pub(super) fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let beside = beside(path)?;
    let written = write_new(&beside, parts).and_then(|()| fs::rename(&beside, path));
    written.inspect_err(|_| {
        // There may be none; and that there is one is not worse than what went wrong.
        let _ = fs::remove_file(&beside);
    })
}

fn write_new(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path) -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // Neither processes of other containers nor leftovers have the same time.
    let time = std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |time| time.as_nanos());
    // The name may be as long as names can be.
    let mut hidden = String::from(".");
    hidden.extend(name.to_string_lossy().chars().take(40));
    hidden += &format!(".{:x}-{number:x}-{time:x}", std::process::id());
    Ok(path.with_file_name(hidden))
}

/// Opens a file for mapping; `None` if it is empty, which nothing can be mapped of.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    // Opening a pipe would wait for somebody to write to it.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        let text = format!("`{}` is not a file", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    match metadata.len() {
        0 => Ok(None),
        _ => File::open(path).map(Some),
    }
}
