//! Files that commands make: they appear when they are complete, and nothing that was read is lost by them.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// What the file will be for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Data,
    Program,
}

/// Refuses an output that is the input.
pub(crate) fn check(input: &Path, output: &Path) -> Result<()> {
    let same = match (fs::metadata(input), fs::metadata(output)) {
        (Ok(input), Ok(output)) => (input.dev(), input.ino()) == (output.dev(), output.ino()),
        _ => false,
    };
    ensure!(
        !same,
        "`{}` would be overwritten: give the output another name",
        input.display()
    );
    Ok(())
}

/// Writes a file. One that is there is replaced at once; what is behind a link, and what is no file, is written to.
pub(crate) fn write(path: &Path, kind: Kind, parts: &[&[u8]]) -> Result<()> {
    write_to(path, kind, parts).with_context(|| format!("cannot write `{}`", path.display()))
}

fn write_to(path: &Path, kind: Kind, parts: &[&[u8]]) -> Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return write_all(OpenOptions::new().write(true).open(&path)?, parts);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mode = match kind {
        Kind::Data => 0o666,
        Kind::Program => 0o777,
    };
    ensure!(folder.is_dir(), "there is no folder `{}`", folder.display());
    let file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder);
    // Nobody knows the name that the file has till then.
    let mut file = file.map_err(|error| io::Error::from(error.kind()))?;
    write_all(file.as_file_mut(), parts)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn write_all(mut file: impl Write, parts: &[&[u8]]) -> Result<()> {
    parts.iter().try_for_each(|part| file.write_all(part))?;
    Ok(())
}
