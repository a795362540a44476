//! Compiled modules to load: in memory, or in a file.

use crate::peer::{Artifact, Compiler, Peer, Source};
use anyhow::Result;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;

/// What loads the module again and again from where it is to be; `beside` is the module's file.
pub(crate) fn loader(
    peer: &dyn Peer,
    wasm: &[u8],
    source: Source,
    beside: &Path,
) -> Result<Option<Compiler>> {
    let Some(bytes) = peer.artifact(wasm)? else {
        return Ok(None);
    };
    if source == Source::Bytes {
        return peer.loader(Artifact::Bytes(bytes));
    }
    // A file without a name: it goes with this process, however that ends.
    let path = beside.with_extension(format!("{}.artifact", std::process::id()));
    fs::write(&path, bytes)?;
    let file = File::open(&path)?;
    fs::remove_file(&path)?;
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    let loader = peer.loader(Artifact::File(name.into()))?;
    Ok(loader.map(|mut load| -> Compiler {
        Box::new(move || {
            let _open = &file;
            load()
        })
    }))
}
