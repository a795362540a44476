//! An artifact as an object file: the same bytes, for a linker to put into a program.
//!
//! ```text
//!    page  .rodata.wasmill   the artifact as the Universal engine has it …
//!    page  .text.wasmill     … and its code
//!          .eh_frame         how to get from a frame to its caller
//!          .note.GNU-stack   says that stacks need not be executable
//!          symbols           WASMILL_METADATA, wasmill_metadata_P, wasmill_code_P, wasmill_function_P_N   (P: the prefix)
//!          relocations       of .eh_frame, and of words in the code that depend on its address, if there are any
//! ```
//!
//! The artifact comes first, at the start of a page, so that such a file can be mapped and run as it is. What is behind it is for the
//! linker; nothing here reads it. Several objects can be linked into one program: `WASMILL_METADATA` is a weak symbol.

use super::shared_object::frames::Frames;
use super::shared_object::{Machine, foreign};
use super::{MAGIC, corrupted, page_size};
use crate::artifact::Compiled;
use crate::{DeserializeError, Form, SerializeError};
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionFlags, SectionKind, SymbolFlags,
    SymbolKind, SymbolScope, elf,
};
use std::borrow::Cow;
use std::ops::Range;
use target_lexicon::Architecture;
#[cfg(feature = "compiler")]
use wasmill_compiler::{CompileError, Target};

/// Where artifacts can start: at the first page behind the file's header.
const STARTS: [usize; 2] = [0x1000, 0x1_0000];

/// Checks that there can be an object file for a target, with this prefix of its symbols, which C must understand.
#[cfg(feature = "compiler")]
pub(super) fn check(target: &Target, prefix: &str) -> Result<(), CompileError> {
    super::shared_object::check(target, prefix)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match prefix.bytes().all(is_name) {
        true => Ok(()),
        false => Err(CompileError::Codegen(
            "a prefix of symbols for C has letters, digits and `_` only".to_owned(),
        )),
    }
}

/// Writes an artifact, in the parts that [`super::parts`] gives, as an object file.
pub(super) fn write(
    compiled: &Compiled,
    parts: &[Cow<'_, [u8]>; 3],
) -> Result<Vec<u8>, SerializeError> {
    let unwritable = |text: &str| SerializeError::Generic(text.to_owned());
    let machine = Machine::of(&compiled.target);
    let machine = machine.ok_or_else(|| unwritable("there are no object files for the target"))?;
    let written = Writer::new(machine).write(compiled, parts);
    written.ok_or_else(|| unwritable("the artifact is too large"))
}

/// Finds the artifact in an object file.
pub(super) fn find(bytes: &[u8]) -> Result<Range<usize>, DeserializeError> {
    if !Form::Static.starts(bytes) {
        return Err(Form::Static.not_ours());
    }
    let is_start = |start: &&usize| bytes.get(**start..).is_some_and(|b| b.starts_with(MAGIC));
    let start = *STARTS
        .iter()
        .find(is_start)
        .ok_or_else(|| foreign("there is no artifact where it would be"))?;
    let total = super::Header::read_front(&bytes[start..])?.layout.total;
    match start.checked_add(total).filter(|end| *end <= bytes.len()) {
        Some(end) => Ok(start..end),
        None => Err(corrupted("it ends in its artifact")),
    }
}

/// A section, and of what kind the symbols in it are.
type Place = (SectionId, SymbolKind);

struct Writer {
    object: Object<'static>,
    machine: Machine,
    /// The relocations of a word that is an address, and of four bytes that are the distance to one.
    word: u32,
    distance: u32,
}

impl Writer {
    fn new(machine: Machine) -> Self {
        let (architecture, word, distance) = match machine.architecture {
            Architecture::X86_64 => (
                object::Architecture::X86_64,
                elf::R_X86_64_64,
                elf::R_X86_64_PC32,
            ),
            Architecture::Aarch64(_) => (
                object::Architecture::Aarch64,
                elf::R_AARCH64_ABS64,
                elf::R_AARCH64_PREL32,
            ),
            _ => (
                object::Architecture::Riscv64,
                elf::R_RISCV_64,
                elf::R_RISCV_32_PCREL,
            ),
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        object.flags = FileFlags::Elf {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_flags: machine.flags,
        };
        Self {
            object,
            machine,
            word,
            distance,
        }
    }

    fn write(mut self, compiled: &Compiled, parts: &[Cow<'_, [u8]>; 3]) -> Option<Vec<u8>> {
        let page = page_size(compiled) as u64;
        let [head, code, fill] = parts;
        let metadata = self.section(".rodata.wasmill", SectionKind::ReadOnlyData);
        self.object.append_section_data(metadata, head, page);
        let text = self.section(".text.wasmill", SectionKind::Text);
        self.object.append_section_data(text, code, page);
        self.object.append_section_data(text, fill, 1);
        let data = (metadata, SymbolKind::Data);
        let functions = (text, SymbolKind::Text);
        self.symbols(compiled, (data, head.len()), (functions, code.len()));
        let code_symbol = self.object.section_symbol(text);
        for word in &compiled.absolute {
            let place = (text, u64::from(word.offset), self.word);
            self.relocate(place, code_symbol, word.value)?;
        }
        let places = compiled.map.frame_starts();
        let frames = Frames::find(self.machine.architecture, code, places);
        let section = self.section(".eh_frame", SectionKind::ReadOnlyData);
        let entries = frames.write_for_linker()?;
        self.object.append_section_data(section, &entries, 8);
        for (place, code) in frames.places() {
            let place = (section, place, self.distance);
            self.relocate(place, code_symbol, i64::from(code))?;
        }
        let stack = self.section(".note.GNU-stack", SectionKind::Other);
        self.object.section_mut(stack).flags = SectionFlags::Elf { sh_flags: 0 };
        self.object.write().ok()
    }

    fn section(&mut self, name: &str, kind: SectionKind) -> SectionId {
        self.object.add_section(Vec::new(), name.into(), kind)
    }

    fn symbols(
        &mut self,
        compiled: &Compiled,
        (metadata, head): (Place, usize),
        (text, code): (Place, usize),
    ) {
        let prefix = &compiled.origin.prefix;
        let all = |length: usize| 0..length as u64;
        self.symbol("WASMILL_METADATA".into(), metadata, all(head), true);
        self.symbol(
            format!("wasmill_metadata_{prefix}"),
            metadata,
            all(head),
            false,
        );
        self.symbol(format!("wasmill_code_{prefix}"), text, all(code), false);
        for (nth, range) in compiled.map.functions().enumerate() {
            let range = u64::from(range.start)..u64::from(range.end);
            self.symbol(
                format!("wasmill_function_{prefix}_{nth}"),
                text,
                range,
                false,
            );
        }
    }

    fn symbol(&mut self, name: String, (section, kind): Place, range: Range<u64>, weak: bool) {
        self.object.add_symbol(Symbol {
            name: name.into_bytes(),
            value: range.start,
            size: range.end - range.start,
            kind,
            scope: SymbolScope::Dynamic,
            weak,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }

    /// Adds the relocation of a section, at an offset, of a kind.
    fn relocate(
        &mut self,
        (section, offset, r_type): (SectionId, u64, u32),
        symbol: SymbolId,
        addend: i64,
    ) -> Option<()> {
        let flags = RelocationFlags::Elf { r_type };
        let relocation = Relocation {
            offset,
            symbol,
            addend,
            flags,
        };
        self.object.add_relocation(section, relocation).ok()
    }
}
