//! An ELF file that describes code in memory to a debugger: where it is, its symbols, its frames. It has no code itself.

use super::Machine;
use super::frames::Frames;
use crate::{CodeMap, symbols};
use object::Endianness;
use object::elf;
use object::write::StringId;
use object::write::elf::{FileHeader, SectionHeader, SectionIndex, Sym, Writer};
use std::ops::Range;
use wasmill_compiler::Target;
use wasmill_vm::CodeMemory;

/// What the file says.
struct Description {
    machine: Machine,
    code: Range<u64>,
    functions: Vec<(String, Range<u32>)>,
    frames: Vec<u8>,
}

/// The file for code of this machine; `None` if there are no such files for it.
pub(crate) fn debug_file(code: &CodeMemory, map: &CodeMap) -> Option<Box<[u8]>> {
    let machine = Machine::of(&Target::default())?;
    let start = code.base().addr() as u64;
    let frames = Frames::find(machine.architecture, code.as_slice(), map.frame_starts());
    let description = Description {
        machine,
        code: start..start + code.len() as u64,
        functions: symbols::functions(map),
        frames: frames.write_for_debuggers(start),
    };
    Some(description.write()?.into_boxed_slice())
}

impl Description {
    fn write(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
        writer.reserve_file_header();
        let frames = writer.reserve(self.frames.len(), 8);
        writer.reserve_null_section_index();
        let text = writer.add_section_name(b".text");
        let code = writer.reserve_section_index();
        let debug_frame = writer.add_section_name(b".debug_frame");
        writer.reserve_section_index();
        writer.reserve_symtab_section_index();
        writer.reserve_strtab_section_index();
        writer.reserve_shstrtab_section_index();
        let names = self.functions.iter().map(|(name, _)| {
            writer.reserve_symbol_index(None);
            writer.add_string(name.as_bytes())
        });
        let names: Vec<_> = names.collect();
        writer.reserve_symtab();
        writer.reserve_strtab();
        writer.reserve_shstrtab();
        writer.reserve_section_headers();

        writer.write_file_header(&self.header()).ok()?;
        writer.pad_until(frames);
        writer.write(&self.frames);
        writer.write_null_symbol();
        for symbol in self.symbols(&names, code) {
            writer.write_symbol(&symbol);
        }
        writer.write_strtab();
        writer.write_shstrtab();
        writer.write_null_section_header();
        writer.write_section_header(&self.code_section(text));
        writer.write_section_header(&self.frames_section(debug_frame, frames));
        writer.write_symtab_section_header(names.len() as u32 + 1);
        writer.write_strtab_section_header();
        writer.write_shstrtab_section_header();
        Some(bytes)
    }

    fn header(&self) -> FileHeader {
        FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            // Its addresses are those of memory.
            e_type: elf::ET_EXEC,
            e_machine: self.machine.number,
            e_entry: 0,
            e_flags: self.machine.flags,
        }
    }

    fn symbols(&self, names: &[StringId], code: SectionIndex) -> impl Iterator<Item = Sym> {
        let functions = names.iter().zip(&self.functions);
        functions.map(move |(name, (_, range))| Sym {
            name: Some(*name),
            section: Some(code),
            st_info: elf::STB_LOCAL << 4 | elf::STT_FUNC,
            st_other: elf::STV_DEFAULT,
            st_shndx: 0,
            st_value: self.code.start + u64::from(range.start),
            st_size: u64::from(range.end - range.start),
        })
    }

    /// The code is where it says, and not in the file.
    fn code_section(&self, name: StringId) -> SectionHeader {
        SectionHeader {
            name: Some(name),
            sh_type: elf::SHT_NOBITS,
            sh_flags: u64::from(elf::SHF_ALLOC | elf::SHF_EXECINSTR),
            sh_addr: self.code.start,
            sh_offset: 0,
            sh_size: self.code.end - self.code.start,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 16,
            sh_entsize: 0,
        }
    }

    fn frames_section(&self, name: StringId, offset: usize) -> SectionHeader {
        SectionHeader {
            name: Some(name),
            sh_type: elf::SHT_PROGBITS,
            sh_flags: 0,
            sh_addr: 0,
            sh_offset: offset as u64,
            sh_size: self.frames.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 8,
            sh_entsize: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gimli::UnwindSection;
    use gimli::{BaseAddresses, CfaRule, DebugFrame, LittleEndian, Register, UnwindContext};
    use object::{Object, ObjectSection, ObjectSymbol};

    #[test]
    fn it_tells_where_functions_and_their_callers_are() {
        let mut code = [0x90; 64];
        code[32..36].copy_from_slice(&[0x55, 0x48, 0x89, 0xe5]);
        let machine = Machine::of(&Target::new(
            "x86_64-unknown-linux-gnu".parse().unwrap(),
            wasmill_compiler::CpuFeature::set(),
        ));
        let machine = machine.unwrap();
        // Farther away than the file can be from it.
        let start = 0x7fff_f7fb_9000;
        let frames = Frames::find(machine.architecture, &code, [0..32, 32..64].into_iter());
        let description = Description {
            machine,
            code: start..start + 64,
            functions: vec![("leaf".into(), 0..20), ("leaf".into(), 32..64)],
            frames: frames.write_for_debuggers(start),
        };
        let bytes = description.write().unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let text = file.section_by_name(".text").unwrap();
        assert_eq!((text.address(), text.size()), (start, 64));
        let symbols = file.symbols().map(|symbol| {
            assert_eq!(symbol.section_index(), Some(text.index()));
            (
                symbol.name().unwrap(),
                symbol.address() - start,
                symbol.size(),
            )
        });
        let symbols: Vec<_> = symbols.collect();
        assert_eq!(
            symbols,
            [("leaf", 0, 20), ("leaf", 32, 32)],
            "names may be the same"
        );

        let section = file.section_by_name(".debug_frame").unwrap();
        let mut frames = DebugFrame::new(section.data().unwrap(), LittleEndian);
        frames.set_address_size(8);
        let mut context = UnwindContext::new();
        let mut caller = |at: u64| {
            let row = frames.unwind_info_for_address(
                &BaseAddresses::default(),
                &mut context,
                start + at,
                DebugFrame::cie_from_offset,
            );
            match row.ok()?.cfa() {
                CfaRule::RegisterAndOffset { register, offset } => Some((*register, *offset)),
                other => panic!("{other:?}"),
            }
        };
        let (rbp, rsp) = (Register(6), Register(7));
        assert_eq!(caller(0), None, "it does not start as functions do");
        let found = [32, 33, 36, 63].map(|at| caller(at).unwrap());
        assert_eq!(found, [(rsp, 8), (rsp, 16), (rbp, 16), (rbp, 16)]);
        assert_eq!(caller(64), None);
    }
}
