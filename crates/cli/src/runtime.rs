//! The runtime that an executable starts with: where it is, and what of it is needed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use object::Endianness;
use object::elf::{EM_AARCH64, EM_RISCV, EM_X86_64, FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use wasmill::{Architecture, HOST, Triple};

use crate::executable;

/// What the runtime is called that has no compilers.
const HEADLESS: &str = "wasmill-headless";

/// A runtime for a machine, as far as the system loads it: the one that was named, the one beside this program, or this
/// program, which is one too.
pub(crate) fn find(named: Option<&Path>, triple: &Triple) -> Result<Vec<u8>> {
    let is_here = triple.architecture == HOST.architecture;
    let path = match named {
        Some(path) if !is_here || is_ours(path) => path.to_owned(),
        Some(path) => bail!(
            "`{}` is no runtime of this build of Wasmill ({})",
            path.display(),
            wasmill_engine::artifact_build()
        ),
        None if is_here => beside()?,
        None => bail!(
            "there is no runtime for {triple} here: build `{HEADLESS}` for it, and name it with --runtime"
        ),
    };
    let read = || format!("cannot use the runtime `{}`", path.display());
    let bytes = fs::read(&path).with_context(read)?;
    cut(bytes, triple.architecture).with_context(read)
}

/// The runtime without compilers if it is beside this program, and this program otherwise.
fn beside() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let beside = own.with_file_name(HEADLESS);
    if is_ours(&beside) {
        return Ok(beside);
    }
    writeln!(
        std::io::stderr(),
        "note: there is no `{}` of this build, so the executable has a copy of this program, with its compilers",
        beside.display()
    )?;
    Ok(own)
}

/// Whether a program is a runtime that loads what this program compiles.
fn is_ours(path: &Path) -> bool {
    let mut command = Command::new(path);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let expected = format!("{HEADLESS} {}\n", wasmill_engine::artifact_build());
    command
        .output()
        .is_ok_and(|output| output.stdout == expected.as_bytes())
}

/// Leaves out what the system does not load: names, places in the source, sections.
fn cut(mut bytes: Vec<u8>, architecture: Architecture) -> Result<Vec<u8>> {
    let end = loaded(&bytes, architecture)?;
    bytes.truncate(end);
    // No sections: no place, no number, no names.
    bytes[executable::SECTIONS_AT].fill(0);
    bytes[60..64].fill(0);
    Ok(bytes)
}

/// Where the last segment ends.
fn loaded(bytes: &[u8], architecture: Architecture) -> Result<usize> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let machine = match architecture {
        Architecture::X86_64 => EM_X86_64,
        Architecture::Aarch64(_) => EM_AARCH64,
        Architecture::Riscv64(_) => EM_RISCV,
        other => bail!("there are no executables for {other}"),
    };
    ensure!(
        header.e_machine(endian) == machine,
        "it is not for {architecture}"
    );
    ensure!(
        !executable::is_marked(bytes),
        "it is an executable that was made already"
    );
    let segments = header.program_headers(endian, bytes)?.iter();
    let segments = segments.filter(|segment| segment.p_type(endian) == PT_LOAD);
    let ends = segments.map(|segment| {
        let (offset, size) = segment.file_range(endian);
        usize::try_from(offset.checked_add(size)?).ok()
    });
    let end = ends.max().flatten();
    end.filter(|end| (64..=bytes.len()).contains(end))
        .context("its segments are damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of 200 bytes with one segment.
    fn elf(machine: u16, offset: u64, size: u64) -> Vec<u8> {
        let mut bytes = vec![0; 200];
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        // Program headers, sections; one program header of 56 bytes.
        bytes[32] = 64;
        bytes[40] = 150;
        bytes[54..58].copy_from_slice(&[56, 0, 1, 0]);
        bytes[60] = 1;
        bytes[64] = 1;
        bytes[72..80].copy_from_slice(&offset.to_le_bytes());
        bytes[96..104].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    fn x86(bytes: Vec<u8>) -> Result<Vec<u8>> {
        cut(bytes, Architecture::X86_64)
    }

    #[test]
    fn what_is_not_loaded_is_cut_off() {
        let runtime = x86(elf(EM_X86_64, 0, 140)).unwrap();
        assert_eq!(runtime.len(), 140);
        assert!(executable::is_marked(&runtime));
        let again = x86(runtime).unwrap_err().to_string();
        assert_eq!(again, "it is an executable that was made already");
        let other = x86(elf(EM_AARCH64, 0, 140)).unwrap_err().to_string();
        assert_eq!(other, "it is not for x86_64");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for (offset, size) in [(0, 201), (0, 63), (u64::MAX, 140), (1 << 63, 1 << 63)] {
            let error = x86(elf(EM_X86_64, offset, size)).unwrap_err();
            assert_eq!(error.to_string(), "its segments are damaged");
        }
        let whole = elf(EM_X86_64, 0, 140);
        for length in 0..140 {
            assert!(x86(whole[..length].to_vec()).is_err(), "{length}");
        }
        assert!(x86(b"#!/bin/sh\n".repeat(20)).is_err());
        for at in 0..104 {
            // Whatever else it says, nothing is taken that is not there.
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let taken = x86(damaged).map_or(64, |bytes| bytes.len());
            assert!((64..=200).contains(&taken), "{at}");
        }
    }
}
