//! Writes the file: where everything lies, then everything in that order.

use super::frames::Frames;
use super::{BUILD_ID, METADATA, Machine, NOTE, NOTES, NOTES_END, OURS, Place, SEGMENTS};
use crate::AbsoluteAddress;
use crate::artifact::Compiled;
use crate::serialized::page_size;
use crate::symbols;
use object::Endianness;
use object::elf;
use object::write::StringId;
use object::write::elf::{
    FileHeader, ProgramHeader, Rel, SectionHeader, SectionIndex, Sym, Writer,
};
use std::borrow::Cow;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_128;

/// Bytes that a relocation of a word takes.
const WORD_RELOCATION: usize = 24;

/// What is in a shared object.
pub(super) struct Content<'a> {
    machine: Machine,
    /// The artifact: what comes before the code, the code, and what fills its last page.
    parts: &'a [Cow<'a, [u8]>; 3],
    /// Bytes of a page.
    page: usize,
    /// Functions: the names of their symbols, and where they lie in the code.
    functions: Vec<(String, Range<u32>)>,
    /// The same for those who look at the code: as the module calls them, if it does.
    names: Vec<Option<String>>,
    frames: Frames,
    /// Words in the code that depend on its address.
    absolute: &'a [AbsoluteAddress],
}

impl<'a> Content<'a> {
    pub(super) fn new(
        machine: Machine,
        compiled: &'a Compiled,
        parts: &'a [Cow<'a, [u8]>; 3],
    ) -> Self {
        let (map, prefix) = (&compiled.map, &compiled.origin.prefix);
        let name = |nth: usize| format!("wasmill_function_{prefix}_{nth}");
        let functions = map.functions().enumerate();
        Self {
            functions: functions.map(|(nth, range)| (name(nth), range)).collect(),
            names: symbols::names(map),
            frames: Frames::find(machine.architecture, &parts[1], map.frame_starts()),
            absolute: &compiled.absolute,
            page: page_size(compiled),
            machine,
            parts,
        }
    }

    /// The bytes, with room for the numbers of our note; `None` if there are too many for what ELF can tell.
    pub(super) fn write(&self) -> Option<(Vec<u8>, Place)> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
        let plan = Plan::new(&mut writer, self);
        plan.write(&mut writer, self)?;
        Some((bytes, plan.place))
    }
}

/// Where everything comes to lie, in the file as in memory.
struct Plan {
    sections: Sections,
    /// The strings of symbols, that of the artifact first.
    names: Vec<StringId>,
    /// The strings of the same symbols for debuggers and profilers.
    shown: Vec<StringId>,
    hash: usize,
    symbols: usize,
    strings: Range<usize>,
    relocations: Range<usize>,
    frame_index: Range<usize>,
    frames: Range<usize>,
    place: Place,
    /// The code and what fills its last page.
    code_pages: Range<usize>,
    dynamic: Range<usize>,
    page: usize,
}

/// The sections that `object` does not know by itself: their names, and the numbers of those that symbols are in.
struct Sections {
    build_id: StringId,
    note: StringId,
    relocations: Option<StringId>,
    frame_index: StringId,
    frames: StringId,
    artifact: (StringId, SectionIndex),
    code: (StringId, SectionIndex),
}

impl Sections {
    /// Numbers all sections, in the order of [`Plan::write_section_headers`].
    fn new(writer: &mut Writer<'_>, relocations: bool) -> Self {
        let section = |writer: &mut Writer<'_>, name: &'static [u8]| {
            (
                writer.add_section_name(name),
                writer.reserve_section_index(),
            )
        };
        writer.reserve_null_section_index();
        let build_id = section(writer, b".note.gnu.build-id").0;
        let note = section(writer, b".note.wasmill").0;
        writer.reserve_hash_section_index();
        writer.reserve_dynsym_section_index();
        writer.reserve_dynstr_section_index();
        let relocations = relocations.then(|| section(writer, b".rela.dyn").0);
        let frame_index = section(writer, b".eh_frame_hdr").0;
        let frames = section(writer, b".eh_frame").0;
        let artifact = section(writer, b".wasmill");
        let code = section(writer, b".text");
        writer.reserve_dynamic_section_index();
        writer.reserve_symtab_section_index();
        writer.reserve_strtab_section_index();
        writer.reserve_shstrtab_section_index();
        Self {
            build_id,
            note,
            relocations,
            frame_index,
            frames,
            artifact,
            code,
        }
    }
}

impl Plan {
    fn new<'a>(writer: &mut Writer<'a>, content: &'a Content<'_>) -> Self {
        let [head, code, fill] = content.parts.each_ref().map(|part| part.len());
        let has_relocations = !content.absolute.is_empty();
        writer.reserve_file_header();
        writer.reserve_program_headers(SEGMENTS);
        let notes = reserve(writer, NOTES_END - NOTES, 4);
        debug_assert_eq!(notes, NOTES..NOTES_END);
        let sections = Sections::new(writer, has_relocations);
        let names = names(writer, content);
        let shown = shown(writer, content);
        let count = writer.dynamic_symbol_count();
        let hash = writer.reserve_hash(count, count);
        let symbols = writer.reserve_dynsym();
        let strings = writer.reserve_dynstr();
        let strings = strings..strings + writer.dynstr_len();
        let relocations = reserve(writer, WORD_RELOCATION * content.absolute.len(), 8);
        let frame_index = reserve(writer, content.frames.index_len(), 8);
        let frames = reserve(writer, content.frames.len(), 8);
        let artifact = reserve(writer, head, content.page);
        let code_pages = reserve(writer, code + fill, 1);
        let entries = if has_relocations { 10 } else { 6 };
        let dynamic = writer.reserve_dynamic(entries);
        writer.reserve_symtab();
        writer.reserve_strtab();
        writer.reserve_shstrtab();
        writer.reserve_section_headers();
        Self {
            sections,
            names,
            shown,
            hash,
            symbols,
            strings,
            relocations,
            frame_index,
            frames,
            place: Place {
                artifact: artifact.start..code_pages.end,
                code: code_pages.start..code_pages.start + code,
            },
            code_pages,
            dynamic: dynamic..dynamic + 16 * entries,
            page: content.page,
        }
    }

    /// Writes everything in order.
    fn write(&self, writer: &mut Writer<'_>, content: &Content<'_>) -> Option<()> {
        let machine = content.machine;
        let code = self.place.code.start;
        let starts = (self.frame_index.start, self.frames.start, code);
        let [frame_index, frames] = content.frames.write(starts.0, starts.1, starts.2)?;
        let header = FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_type: elf::ET_DYN,
            e_machine: machine.number,
            e_entry: 0,
            e_flags: machine.flags,
        };
        writer.write_file_header(&header).ok()?;
        writer.write_align_program_headers();
        for segment in self.segments() {
            writer.write_program_header(&segment);
        }
        writer.write(BUILD_ID);
        writer.write(&xxh3_128(&content.parts[0]).to_le_bytes());
        writer.write(OURS);
        writer.pad_until(NOTES_END);
        self.write_symbols(writer, content);
        writer.pad_until(self.relocations.start);
        for word in content.absolute {
            let relocation = Rel {
                r_offset: code as u64 + u64::from(word.offset),
                r_sym: 0,
                r_type: machine.relative,
                r_addend: (code as i64).wrapping_add(word.value),
            };
            writer.write_relocation(true, &relocation);
        }
        writer.pad_until(self.frame_index.start);
        writer.write(&frame_index);
        writer.pad_until(self.frames.start);
        writer.write(&frames);
        writer.pad_until(self.place.artifact.start);
        content.parts.iter().for_each(|part| writer.write(part));
        self.write_dynamic(writer).ok()?;
        self.write_shown_symbols(writer, content);
        writer.write_shstrtab();
        self.write_section_headers(writer);
        Some(())
    }

    fn write_symbols(&self, writer: &mut Writer<'_>, content: &Content<'_>) {
        // The first one is none, and the second is that of the artifact.
        let hash = |nth: u32| match (nth as usize).checked_sub(2) {
            None => (nth == 1).then(|| elf::hash(METADATA.to_bytes())),
            Some(function) => Some(elf::hash(content.functions[function].0.as_bytes())),
        };
        let count = writer.dynamic_symbol_count();
        writer.write_hash(count, count, hash);
        writer.write_null_dynamic_symbol();
        for symbol in self.symbols(content, &self.names, elf::STB_GLOBAL) {
            writer.write_dynamic_symbol(&symbol);
        }
        writer.write_dynstr();
    }

    /// They are local: several functions may have one name.
    fn write_shown_symbols(&self, writer: &mut Writer<'_>, content: &Content<'_>) {
        writer.write_null_symbol();
        for symbol in self.symbols(content, &self.shown, elf::STB_LOCAL) {
            writer.write_symbol(&symbol);
        }
        writer.write_strtab();
    }

    /// The artifact's symbol and those of the functions, under these names.
    fn symbols(&self, content: &Content<'_>, names: &[StringId], binding: u8) -> Vec<Sym> {
        let symbol = |name, section, kind, range: Range<usize>| Sym {
            name: Some(name),
            section: Some(section),
            st_info: binding << 4 | kind,
            st_other: elf::STV_DEFAULT,
            st_shndx: 0,
            st_value: range.start as u64,
            st_size: range.len() as u64,
        };
        let (artifact, code) = (self.sections.artifact.1, self.sections.code.1);
        let start = self.place.code.start;
        let metadata = self.place.artifact.start..start;
        let functions = names[1..].iter().zip(&content.functions);
        let functions = functions.map(|(name, (_, range))| {
            let range = start + range.start as usize..start + range.end as usize;
            symbol(*name, code, elf::STT_FUNC, range)
        });
        std::iter::once(symbol(names[0], artifact, elf::STT_OBJECT, metadata))
            .chain(functions)
            .collect()
    }

    fn write_dynamic(&self, writer: &mut Writer<'_>) -> object::write::Result<()> {
        writer.write_align_dynamic();
        writer.write_dynamic(elf::DT_HASH, self.hash as u64)?;
        writer.write_dynamic(elf::DT_STRTAB, self.strings.start as u64)?;
        writer.write_dynamic(elf::DT_SYMTAB, self.symbols as u64)?;
        writer.write_dynamic(elf::DT_STRSZ, self.strings.len() as u64)?;
        writer.write_dynamic(elf::DT_SYMENT, 24)?;
        if !self.relocations.is_empty() {
            writer.write_dynamic(elf::DT_RELA, self.relocations.start as u64)?;
            writer.write_dynamic(elf::DT_RELASZ, self.relocations.len() as u64)?;
            writer.write_dynamic(elf::DT_RELAENT, WORD_RELOCATION as u64)?;
            // They lie in the code, which the loader makes writable meanwhile.
            writer.write_dynamic(elf::DT_TEXTREL, 0)?;
        }
        writer.write_dynamic(elf::DT_NULL, 0)
    }

    /// What is mapped how.
    fn segments(&self) -> [ProgramHeader; SEGMENTS as usize] {
        let segment = |kind, access, range: Range<usize>, align: usize| ProgramHeader {
            p_type: kind,
            p_flags: access,
            p_offset: range.start as u64,
            p_vaddr: range.start as u64,
            p_paddr: range.start as u64,
            p_filesz: range.len() as u64,
            p_memsz: range.len() as u64,
            p_align: align as u64,
        };
        let (read, write, execute) = (elf::PF_R, elf::PF_R | elf::PF_W, elf::PF_R | elf::PF_X);
        let dynamic = self.dynamic.clone();
        // A segment of no bytes is nothing that a loader has to understand.
        let code = match self.code_pages.is_empty() {
            true => elf::PT_NULL,
            false => elf::PT_LOAD,
        };
        // The whole page, so that the loader can make all of it read-only in the end.
        let page = |header: ProgramHeader| ProgramHeader {
            p_memsz: self.page as u64,
            ..header
        };
        [
            segment(elf::PT_LOAD, read, 0..self.place.code.start, self.page),
            segment(code, execute, self.code_pages.clone(), self.page),
            page(segment(elf::PT_LOAD, write, dynamic.clone(), self.page)),
            segment(elf::PT_DYNAMIC, write, dynamic.clone(), 8),
            segment(elf::PT_NOTE, read, NOTES..NOTES_END, 4),
            segment(elf::PT_GNU_EH_FRAME, read, self.frame_index.clone(), 4),
            segment(elf::PT_GNU_STACK, write, 0..0, 16),
            page(segment(elf::PT_GNU_RELRO, read, dynamic, 1)),
        ]
    }

    fn write_section_headers(&self, writer: &mut Writer<'_>) {
        let section = |name, kind, access: u32, range: Range<usize>, align| SectionHeader {
            name: Some(name),
            sh_type: kind,
            sh_flags: u64::from(elf::SHF_ALLOC | access),
            sh_addr: range.start as u64,
            sh_offset: range.start as u64,
            sh_size: range.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: align,
            sh_entsize: 0,
        };
        let names = &self.sections;
        let (data, notes) = (elf::SHT_PROGBITS, elf::SHT_NOTE);
        let artifact = self.place.artifact.start..self.place.code.start;
        writer.write_null_section_header();
        writer.write_section_header(&section(names.build_id, notes, 0, NOTES..NOTE, 4));
        writer.write_section_header(&section(names.note, notes, 0, NOTE..NOTES_END, 4));
        writer.write_hash_section_header(self.hash as u64);
        writer.write_dynsym_section_header(self.symbols as u64, 1);
        writer.write_dynstr_section_header(self.strings.start as u64);
        if let Some(name) = names.relocations {
            let mut header = section(name, elf::SHT_RELA, 0, self.relocations.clone(), 8);
            (header.sh_link, header.sh_entsize) = (writer.dynsym_index().0, WORD_RELOCATION as u64);
            writer.write_section_header(&header);
        }
        let (index, frames) = (self.frame_index.clone(), self.frames.clone());
        writer.write_section_header(&section(names.frame_index, data, 0, index, 4));
        writer.write_section_header(&section(names.frames, data, 0, frames, 8));
        writer.write_section_header(&section(
            names.artifact.0,
            data,
            0,
            artifact,
            self.page as u64,
        ));
        let (code, execute) = (self.place.code.clone(), elf::SHF_EXECINSTR);
        writer.write_section_header(&section(
            names.code.0,
            data,
            execute,
            code,
            self.page as u64,
        ));
        writer.write_dynamic_section_header(self.dynamic.start as u64);
        writer.write_symtab_section_header(self.shown.len() as u32 + 1);
        writer.write_strtab_section_header();
        writer.write_shstrtab_section_header();
    }
}

/// Reserves so many bytes, from a multiple of something on.
fn reserve(writer: &mut Writer<'_>, len: usize, align: usize) -> Range<usize> {
    let start = writer.reserve(len, align);
    start..start + len
}

/// Reserves the symbols and their names.
fn names<'a>(writer: &mut Writer<'a>, content: &'a Content<'_>) -> Vec<StringId> {
    let functions = content.functions.iter().map(|(name, _)| name.as_bytes());
    let names = std::iter::once(METADATA.to_bytes()).chain(functions);
    let add = |name| {
        writer.reserve_dynamic_symbol_index();
        writer.add_dynamic_string(name)
    };
    names.map(add).collect()
}

/// Reserves the same symbols under the names that the module has for functions.
fn shown<'a>(writer: &mut Writer<'a>, content: &'a Content<'_>) -> Vec<StringId> {
    let functions = content.functions.iter().zip(&content.names);
    let functions = functions.map(|((symbol, _), name)| match name {
        Some(name) => name.as_bytes(),
        None => symbol.as_bytes(),
    });
    let names = std::iter::once(METADATA.to_bytes()).chain(functions);
    let add = |name| {
        writer.reserve_symbol_index(None);
        writer.add_string(name)
    };
    names.map(add).collect()
}
