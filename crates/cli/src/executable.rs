//! Executables that `wasmill create-exe` makes: a runtime with a compiled module behind it.
//!
//! ```text
//!   0       runtime       `wasmill-headless`, or `wasmill` itself, up to the end of what the system loads of it
//!   page    artifact      mapped, and run where it lies
//!           capabilities  what the program may see
//!   -48     trailer       magic, where the artifact starts and ends, how long all is, checksum of capabilities and this
//! ```
//!
//! The runtime's table of sections is cut off. That tells an executable, damaged or not, from the runtime alone: one that was
//! cut off says so, and never takes its arguments for those of the command.
//!
//! All but the code is verified before anything of it runs. The code is not, as that of no executable is: it is not even read
//! before it runs.

use std::ffi::OsString;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::process::ExitCode;

use anyhow::{Context, Result};
use wasmill::{Instance, Module, Store, Universal};
use xxhash_rust::xxh3::Xxh3;

use crate::capabilities::Capabilities;
use crate::{pipes, report, stack};

/// The file of the program that runs.
const OWN: &str = "/proc/self/exe";

/// How the trailer starts.
pub(crate) const MAGIC: &[u8; 16] = b"\0wasmill-exe\0\0\0\x02";

/// Bytes of the trailer.
pub(crate) const TRAILER: usize = MAGIC.len() + 4 * 8;

/// Bytes of an ELF header, and those that say where the sections are.
const ELF_HEADER: usize = 64;
pub(crate) const SECTIONS_AT: Range<usize> = 40..48;

/// Nobody names so many folders and variables.
pub(crate) const MOST_CAPABILITIES: usize = 1 << 24;

/// Whether a file that starts so is an executable of ours, and not a runtime alone.
pub(crate) fn is_marked(header: &[u8]) -> bool {
    header.get(SECTIONS_AT) == Some(&[0; 8])
}

/// The checksum in the trailer.
pub(crate) fn checksum(seen: &[u8], numbers: &[u8]) -> [u8; 8] {
    let mut checksum = Xxh3::new();
    checksum.update(seen);
    checksum.update(numbers);
    checksum.digest().to_le_bytes()
}

/// What is behind the runtime in a file; `None` if something is missing or wrong.
pub(crate) fn read(file: &File) -> Option<(Capabilities, Range<usize>)> {
    let size = usize::try_from(file.metadata().ok()?.len()).ok()?;
    let mut trailer = [0; TRAILER];
    let seen_end = size.checked_sub(TRAILER)?;
    file.read_exact_at(&mut trailer, seen_end as u64).ok()?;
    let (magic, rest) = trailer.split_at(MAGIC.len());
    let (numbers, expected) = rest.split_at(24);
    let mut words = numbers.as_chunks().0.iter();
    let mut next = || usize::try_from(u64::from_le_bytes(*words.next()?)).ok();
    let (start, artifact_end, total) = (next()?, next()?, next()?);
    let length = seen_end.checked_sub(artifact_end)?;
    if magic != MAGIC || total != size || length > MOST_CAPABILITIES {
        return None;
    }
    let mut seen = vec![0; length];
    file.read_exact_at(&mut seen, artifact_end as u64).ok()?;
    if checksum(&seen, numbers) != expected {
        return None;
    }
    Some((postcard::from_bytes(&seen).ok()?, start..artifact_end))
}

/// Runs the module behind this runtime, if this is not a runtime alone.
pub(crate) fn execute() -> Option<ExitCode> {
    let file = File::open(OWN).ok()?;
    let mut header = [0; ELF_HEADER];
    file.read_exact_at(&mut header, 0).ok()?;
    if !is_marked(&header) {
        return None;
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    let (name, args) = words.split_first()?;
    let name = name.to_string_lossy();
    let context = || format!("failed to run `{name}`");
    let outcome = stack::bounded(|| run(&file, &name, args).with_context(context));
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report::exit(&error, None),
    })
}

fn run(file: &File, name: &str, args: &[OsString]) -> Result<()> {
    let damaged = "this executable is damaged: it is not what `wasmill create-exe` made";
    let (capabilities, artifact) = read(file).context(damaged)?;
    let store = Store::new(&Universal::headless().engine());
    #[allow(unsafe_code, reason = "machine code is trusted")]
    // SAFETY: whoever starts a program trusts its code, and the system lets nobody write to one that runs.
    let module = unsafe { Module::deserialize_from_file_part(&store, OWN, artifact) };
    let module = module.context("this executable is damaged, or not for this machine")?;
    let imports = capabilities.imports(&module, name, args)?;
    let instance = Instance::new(&module, &imports).context("module instantiation failed")?;
    pipes::end_with_reader();
    start(&instance).context("WASI execution failed")
}

fn start(instance: &Instance) -> Result<()> {
    if let Ok(initialize) = instance.exports.get_function("_initialize") {
        initialize.call(&[])?;
    }
    instance.exports.get_function("_start")?.call(&[])?;
    Ok(())
}
