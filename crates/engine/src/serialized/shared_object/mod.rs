//! An artifact as a shared object: the same bytes, in a file that the system's loader maps and that tools for native code read.
//!
//! ```text
//!       0  ELF header, program headers                                      ┐
//!     512  .note.gnu.build-id, .note.wasmill: where the artifact is         │ read
//!          .hash .dynsym .dynstr: WASMILL_METADATA, a symbol per function   │
//!          .rela.dyn: words that depend on the address, if there are any    │
//!          .eh_frame_hdr .eh_frame: how to get from a frame to its caller   │
//!    page  .wasmill: the artifact as the Universal engine has it …          ┘
//!    page  .text:    … and its code                                           executed
//!    page  .dynamic                                                           written once, by the loader
//!          .symtab .strtab: functions as the module calls them                not mapped
//!          .shstrtab, section headers
//! ```
//!
//! `elf_file` writes all that, `frames` what is in `.eh_frame`; `debug_file` has the part for debuggers, for code in memory. Here is what is read of it, and how it is loaded.
//!
//! Everything lies at the address that is its offset, so that there is nothing to translate. Our own note comes at a fixed place: a
//! file that has none there is not ours. It has the lengths, and a checksum of all that is not the artifact, which has its own.

mod debug_file;
mod elf_file;
pub(super) mod frames;

use super::{corrupted, header};
use crate::artifact::Compiled;
use crate::{DeserializeError, Form, SerializeError};
pub(crate) use debug_file::debug_file;
use elf_file::Content;
use object::elf;
use std::borrow::Cow;
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use target_lexicon::{Architecture, BinaryFormat};
#[cfg(feature = "compiler")]
use wasmill_compiler::CompileError;
use wasmill_compiler::Target;
use wasmill_vm::{CodeMemory, Mark, SharedObject};
use xxhash_rust::xxh3::Xxh3;

/// The symbol of the artifact's first byte.
const METADATA: &CStr = c"WASMILL_METADATA";
/// The form of what is around the artifact. A change of it is a change of this number.
const FORMAT: u64 = 2;
/// Entries of the program header.
const SEGMENTS: u32 = 8;
/// Where the notes start: behind the program header.
const NOTES: usize = 64 + 56 * SEGMENTS as usize;
/// Bytes of a note before its contents: three lengths, and a name of up to eight bytes.
const BUILD_ID: &[u8] = b"\x04\0\0\0\x10\0\0\0\x03\0\0\0GNU\0";
const OURS: &[u8] = b"\x08\0\0\0\x28\0\0\0\x01\0\0\0Wasmill\0";
/// Where our note starts.
const NOTE: usize = NOTES + BUILD_ID.len() + 16;
/// Where its contents start: five numbers.
const NUMBERS: usize = NOTE + OURS.len();
/// Where the last of them is, the checksum.
const CHECKSUM: usize = NUMBERS + 4 * 8;
/// Where the notes end.
const NOTES_END: usize = CHECKSUM + 8;
/// Bytes that a prefix of symbols may have.
const MOST_PREFIX: usize = 255;

/// Whether names of symbols can have this in them.
pub(super) fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= MOST_PREFIX && !prefix.contains('\0')
}

/// Checks that there can be a shared object for a target, with this prefix of its symbols.
#[cfg(feature = "compiler")]
pub(super) fn check(target: &Target, prefix: &str) -> Result<(), CompileError> {
    if Machine::of(target).is_none() {
        return Err(CompileError::UnsupportedTarget(target.triple().to_string()));
    }
    match is_prefix(prefix) {
        true => Ok(()),
        false => Err(CompileError::Codegen(format!(
            "a prefix of symbols has at most {MOST_PREFIX} bytes, and no NUL among them"
        ))),
    }
}

/// What ELF says about a processor.
#[derive(Clone, Copy)]
pub(super) struct Machine {
    pub(super) architecture: Architecture,
    number: u16,
    pub(super) flags: u32,
    /// The relocation of a word that is an address in the object.
    relative: u32,
}

impl Machine {
    /// `None` if systems of the target have no ELF, or the processor is not known.
    pub(super) fn of(target: &Target) -> Option<Self> {
        let triple = target.triple();
        let (number, flags, relative) = match triple.architecture {
            Architecture::X86_64 => (elf::EM_X86_64, 0, elf::R_X86_64_RELATIVE),
            Architecture::Aarch64(_) => (elf::EM_AARCH64, 0, elf::R_AARCH64_RELATIVE),
            Architecture::Riscv64(_) => (
                elf::EM_RISCV,
                elf::EF_RISCV_RVC | elf::EF_RISCV_FLOAT_ABI_DOUBLE,
                elf::R_RISCV_RELATIVE,
            ),
            _ => return None,
        };
        (triple.binary_format == BinaryFormat::Elf).then_some(Self {
            architecture: triple.architecture,
            number,
            flags,
            relative,
        })
    }
}

/// Where an artifact and its code are in a shared object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) artifact: Range<usize>,
    pub(super) code: Range<usize>,
}

/// Writes an artifact, in the parts that [`super::parts`] gives, as a shared object.
pub(super) fn write(
    compiled: &Compiled,
    parts: &[Cow<'_, [u8]>; 3],
) -> Result<(Vec<u8>, Place), SerializeError> {
    let unwritable = |text: &str| SerializeError::Generic(text.to_owned());
    let machine = Machine::of(&compiled.target);
    let machine =
        machine.ok_or_else(|| unwritable("there are no shared objects for the target"))?;
    let content = Content::new(machine, compiled, parts);
    let written = content.write();
    let (mut bytes, place) = written.ok_or_else(|| unwritable("the artifact is too large"))?;
    let artifact = &place.artifact;
    let numbers = [
        FORMAT,
        artifact.start as u64,
        artifact.len() as u64,
        bytes.len() as u64,
    ];
    for (nth, number) in numbers.iter().enumerate() {
        bytes[NUMBERS + 8 * nth..][..8].copy_from_slice(&number.to_le_bytes());
    }
    let checksum = checksum(&bytes, artifact);
    bytes[CHECKSUM..NOTES_END].copy_from_slice(&checksum.to_le_bytes());
    Ok((bytes, place))
}

/// Of everything but the artifact and the checksum itself.
fn checksum(bytes: &[u8], artifact: &Range<usize>) -> u64 {
    let mut checksum = Xxh3::new();
    checksum.update(&bytes[..CHECKSUM]);
    checksum.update(&bytes[NOTES_END..artifact.start]);
    checksum.update(&bytes[artifact.end..]);
    checksum.digest()
}

/// Finds the artifact in a shared object, and checks everything around it.
pub(super) fn find(bytes: &[u8]) -> Result<Range<usize>, DeserializeError> {
    if !Form::Native.starts(bytes) {
        return Err(Form::Native.not_ours());
    }
    let numbers = match bytes.get(NOTE..NOTES_END) {
        Some(note) if note.starts_with(OURS) => note[OURS.len()..].as_chunks().0,
        Some(_) => return Err(foreign("it has no note that says so")),
        None => return Err(foreign("it ends in its headers")),
    };
    let number = |nth: usize| u64::from_le_bytes(numbers[nth]);
    if number(0) != FORMAT {
        return Err(DeserializeError::Incompatible(format!(
            "it is a shared object in form {}, and this version of Wasmill has form {FORMAT}: compile the module again",
            number(0)
        )));
    }
    if number(3) != bytes.len() as u64 {
        return Err(corrupted(format!(
            "it has {} bytes, which is not what its header says",
            bytes.len()
        )));
    }
    let artifact = range(number(1), number(2)).filter(|artifact| {
        NOTES_END <= artifact.start && artifact.end <= bytes.len() && artifact.start % 8 == 0
    });
    let artifact = artifact.ok_or_else(|| corrupted("its artifact lies outside"))?;
    if checksum(bytes, &artifact) != number(4) {
        return Err(corrupted("the checksum of its headers does not match"));
    }
    match bytes[artifact.clone()].starts_with(header::MAGIC) {
        true => Ok(artifact),
        false => Err(corrupted("there is no artifact in it")),
    }
}

fn range(start: u64, len: u64) -> Option<Range<usize>> {
    let (start, len) = (usize::try_from(start).ok()?, usize::try_from(len).ok()?);
    Some(start..start.checked_add(len)?)
}

pub(super) fn foreign(why: &str) -> DeserializeError {
    corrupted(format!(
        "The provided object file doesn't seem to be generated by Wasmill: {why}"
    ))
}

/// Loads a shared object of ours.
///
/// # Safety
///
/// The file has these contents, which were found to be whole, or which we have written; nobody changes them as long as anything of it
/// is in use. The code in it is trusted.
#[allow(unsafe_code, reason = "the system's loader maps what is in the file")]
pub(super) unsafe fn load(file: File, contents: &[u8], place: &Place) -> io::Result<CodeMemory> {
    let start = place.artifact.start;
    let mark = Mark {
        symbol: METADATA,
        bytes: start..start + header::HEADER,
    };
    // SAFETY: objects that we write ask the loader for nothing but to be mapped; the rest is the caller's promise.
    let object = Arc::new(unsafe { SharedObject::load(file, contents, &mark)? });
    // SAFETY: everything lies at the address that is its offset, and the code behind the mark.
    let base = unsafe { object.mark().add(place.code.start - start) };
    // SAFETY: the segment of the code is mapped to be read and executed, and has nothing else in it. Code is shorter than 2 GiB.
    Ok(unsafe { CodeMemory::in_object(object, base, place.code.len()) })
}
