//! From an object file to compiled functions.
//!
//! Every function lies in a section of its own, named after its index. Constants (LLVM shares them between functions) go behind
//! the code of the unit's first function; whatever refers to a section becomes a relocation to the function that holds it.
//! A function that LLVM has put into all of its callers is not there any more: an instruction that traps takes its place.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use object::elf;
use object::read::elf::ElfFile64;
use object::{
    Object, ObjectSection, ObjectSymbol, RelocationFlags, SectionIndex, SectionKind, SymbolIndex,
    SymbolSection,
};
use object::{Relocation as ObjectRelocation, RelocationTarget as ObjectTarget};
use wasmill_abi::TrapCode;
use wasmill_compiler::target::Architecture;
use wasmill_compiler::{
    AddressMapEntry, CompileError, CompiledFunction, Relocation, RelocationKind, RelocationTarget,
    TrapSite,
};
use wasmill_types::{EntityRef, LocalFunctionIndex};

use crate::debug::{self, Inlined, Lines};

const SECTION: &str = ".text.f";

/// What LLVM calls a function.
pub(crate) fn function_name(function: LocalFunctionIndex) -> String {
    format!("f{}", function.index())
}

/// The function that LLVM calls so, if it is one.
pub(crate) fn named_function(name: &str) -> Option<LocalFunctionIndex> {
    let number = name.strip_prefix('f')?.parse().ok()?;
    Some(LocalFunctionIndex::from_u32(number))
}

/// The section that a function is put into.
pub(crate) fn section_name(function: LocalFunctionIndex) -> String {
    format!("{SECTION}{}", function.index())
}

fn broken(what: impl std::fmt::Display) -> CompileError {
    CompileError::Codegen(format!("LLVM's object file: {what}"))
}

/// Reads the functions of a unit that starts at `first`; their bodies are at `ranges` in the module.
pub(crate) fn read(
    bytes: &[u8],
    first: LocalFunctionIndex,
    ranges: &[Range<u32>],
    architecture: Architecture,
) -> Result<Vec<CompiledFunction>, CompileError> {
    let file = ElfFile64::<object::LittleEndian>::parse(bytes).map_err(broken)?;
    let mut reader = Reader {
        first,
        functions: ranges
            .iter()
            .map(|range| empty(range, architecture))
            .collect(),
        places: HashMap::new(),
        architecture,
    };
    reader.take_code(&file)?;
    reader.take_constants(&file)?;
    reader.take_relocations(&file)?;
    reader.take_debug(&file)?;
    Ok(reader.functions)
}

/// A function that is never called: all of its callers contain it.
fn empty(range: &Range<u32>, architecture: Architecture) -> CompiledFunction {
    let code = match architecture {
        Architecture::X86_64 => vec![0xf4],
        // `udf #0` on aarch64, an illegal instruction on RISC-V.
        _ => vec![0; 4],
    };
    CompiledFunction {
        code,
        alignment: 16,
        start_offset: range.start,
        end_offset: range.end,
        ..CompiledFunction::default()
    }
}

/// The alignment that a section needs: at most a page.
fn alignment<'a>(section: &impl ObjectSection<'a>) -> Result<u32, CompileError> {
    let align = section.align().max(1);
    match align.is_power_of_two() && align <= 4096 {
        true => Ok(align as u32),
        false => Err(broken(format!("alignment {align}"))),
    }
}

struct Reader {
    first: LocalFunctionIndex,
    functions: Vec<CompiledFunction>,
    /// Where sections lie: in which function of the unit, and how far behind its start.
    places: HashMap<SectionIndex, (usize, u64)>,
    architecture: Architecture,
}

type File<'a> = ElfFile64<'a, object::LittleEndian>;

impl Reader {
    fn take_code(&mut self, file: &File<'_>) -> Result<(), CompileError> {
        for section in file.sections() {
            let name = section.name().map_err(broken)?;
            let Some(number) = name.strip_prefix(SECTION) else {
                continue;
            };
            let number: usize = number.parse().map_err(broken)?;
            let nth = number.checked_sub(self.first.index());
            let function = nth.and_then(|nth| self.functions.get_mut(nth));
            let (nth, function) = nth.zip(function).ok_or_else(|| broken(name))?;
            function.code = section.data().map_err(broken)?.to_vec();
            function.alignment = alignment(&section)?;
            self.places.insert(section.index(), (nth, 0));
        }
        Ok(())
    }

    fn take_constants(&mut self, file: &File<'_>) -> Result<(), CompileError> {
        for section in file.sections() {
            match section.kind() {
                SectionKind::ReadOnlyData
                | SectionKind::ReadOnlyString
                | SectionKind::ReadOnlyDataWithRel => {}
                SectionKind::Data | SectionKind::UninitializedData | SectionKind::Tls
                    if section.size() > 0 =>
                {
                    return Err(broken("it has variables"));
                }
                _ => continue,
            }
            if section.name().map_err(broken)? == ".eh_frame" {
                continue;
            }
            let bytes = section.data().map_err(broken)?;
            if bytes.is_empty() {
                continue;
            }
            let host = self.functions.first_mut().expect("a unit has functions");
            let align = alignment(&section)?;
            let start = host.code.len().next_multiple_of(align as usize);
            host.code.resize(start, 0);
            host.code.extend_from_slice(bytes);
            host.alignment = host.alignment.max(align);
            self.places.insert(section.index(), (0, start as u64));
        }
        Ok(())
    }

    fn take_relocations(&mut self, file: &File<'_>) -> Result<(), CompileError> {
        for section in file.sections() {
            let Some(&(nth, start)) = self.places.get(&section.index()) else {
                continue;
            };
            let section = SectionRelocations::read(&section)?;
            for &(offset, r_type) in section.relocations.keys() {
                let Some((kind, target, addend)) = self.convert(file, &section, offset, r_type)?
                else {
                    continue;
                };
                self.functions[nth].relocations.push(Relocation {
                    offset: (start + offset) as u32,
                    kind,
                    target: RelocationTarget::Function(target),
                    addend,
                });
            }
        }
        for function in &mut self.functions {
            function
                .relocations
                .sort_by_key(|relocation| relocation.offset);
        }
        Ok(())
    }

    /// What a relocation is for us; `None` if it belongs to another one.
    fn convert(
        &self,
        file: &File<'_>,
        section: &SectionRelocations,
        offset: u64,
        r_type: u32,
    ) -> Result<Option<(RelocationKind, LocalFunctionIndex, i64)>, CompileError> {
        // Where the distance is counted from, and the relocation that has the target.
        let (kind, start, of) = match (self.architecture, r_type) {
            (Architecture::Riscv64(_), elf::R_RISCV_SUB32) => return Ok(None),
            // The distance between two labels, of which the second one is in this section.
            (Architecture::Riscv64(_), elf::R_RISCV_ADD32) => {
                let start = section.get(offset, elf::R_RISCV_SUB32)?;
                let start = section.label(file, start)?;
                (RelocationKind::PcRel4, start, (offset, r_type))
            }
            // The label is that of the first half, which has the target.
            (Architecture::Riscv64(_), elf::R_RISCV_PCREL_LO12_I | elf::R_RISCV_PCREL_LO12_S) => {
                let high = section.label(file, section.get(offset, r_type)?)?;
                let kind = match r_type {
                    elf::R_RISCV_PCREL_LO12_I => RelocationKind::RiscvLow,
                    _ => RelocationKind::RiscvLowStore,
                };
                (kind, high, (high, elf::R_RISCV_PCREL_HI20))
            }
            _ => (self.kind(r_type)?, offset, (offset, r_type)),
        };
        let relocation = section.get(of.0, of.1)?;
        let (target, distance) = self.target(file, relocation.target())?;
        let addend = relocation.addend().wrapping_add(distance);
        let between = offset.wrapping_sub(start) as i64;
        Ok(Some((kind, target, addend.wrapping_add(between))))
    }

    fn kind(&self, r_type: u32) -> Result<RelocationKind, CompileError> {
        let kind = match self.architecture {
            Architecture::X86_64 => match r_type {
                elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => Some(RelocationKind::PcRel4),
                elf::R_X86_64_64 => Some(RelocationKind::Abs8),
                _ => None,
            },
            Architecture::Aarch64(_) => arm_kind(r_type),
            Architecture::Riscv64(_) => match r_type {
                elf::R_RISCV_CALL | elf::R_RISCV_CALL_PLT => Some(RelocationKind::RiscvCall),
                elf::R_RISCV_PCREL_HI20 => Some(RelocationKind::RiscvHigh),
                _ => None,
            },
            _ => None,
        };
        kind.ok_or_else(|| broken(format!("relocation {r_type}")))
    }

    /// The function that a relocation refers to, and how far behind its start.
    fn target(
        &self,
        file: &File<'_>,
        target: ObjectTarget,
    ) -> Result<(LocalFunctionIndex, i64), CompileError> {
        let ObjectTarget::Symbol(index) = target else {
            return Err(broken("a relocation without a symbol"));
        };
        let symbol = file.symbol_by_index(index).map_err(broken)?;
        if let SymbolSection::Section(section) = symbol.section() {
            let place = self.places.get(&section);
            let &(nth, start) = place.ok_or_else(|| broken("a relocation to another section"))?;
            let function = LocalFunctionIndex::new(self.first.index() + nth);
            return Ok((function, (start + symbol.address()) as i64));
        }
        // A function of another unit.
        let name = symbol.name().map_err(broken)?;
        let function = named_function(name);
        let function = function.ok_or_else(|| broken(format!("it refers to `{name}`")))?;
        Ok((function, 0))
    }

    fn take_debug(&mut self, file: &File<'_>) -> Result<(), CompileError> {
        let places = &self.places;
        let place = |index: SymbolIndex| {
            let symbol = file.symbol_by_index(index).ok()?;
            let section = symbol.section_index()?;
            let code = places.get(&section).filter(|(_, start)| *start == 0)?;
            Some((code.0, symbol.address()))
        };
        let debug = debug::read(file, place).map_err(broken)?;
        let mut inlined = debug.inlined;
        for lines in debug.lines {
            let inlined = sorted(inlined.remove(&lines.function).unwrap_or_default());
            self.take_rows(&lines, &inlined)?;
        }
        Ok(())
    }

    fn take_rows(&mut self, lines: &Lines, inlined: &[Inlined]) -> Result<(), CompileError> {
        let Some(function) = self.functions.get_mut(lines.function) else {
            return Ok(());
        };
        function.inlined = inlined.iter().map(|inlined| inlined.range).collect();
        let ends = lines.rows.iter().skip(1).map(|row| row.offset);
        for (row, end) in lines.rows.iter().zip(ends.chain([lines.end])) {
            let module_offset = match row.line {
                0 => place_in_doubt(row.offset, inlined).unwrap_or(function.start_offset),
                line => line,
            };
            let last = function.address_map.last_mut();
            match last {
                Some(last) if last.offset == row.offset => last.module_offset = module_offset,
                Some(last) if last.module_offset == module_offset => {}
                _ => function.address_map.push(AddressMapEntry {
                    offset: row.offset,
                    module_offset,
                }),
            }
            let trap = (row.line != 0).then_some(row.column);
            let Some(code) = trap.and_then(|column| TrapCode::from_u32(column.checked_sub(1)?))
            else {
                continue;
            };
            let mut offset = row.offset;
            while offset < end
                && let Some(length) =
                    take_trap(&mut function.code, offset, self.architecture, row.column)
            {
                function.traps.push(TrapSite { offset, code });
                // LLVM may have put the same one behind it for another way there.
                offset += length;
            }
            if offset == row.offset {
                return Err(broken(format!("no instruction for `{code}`")));
            }
        }
        Ok(())
    }
}

fn arm_kind(r_type: u32) -> Option<RelocationKind> {
    let offset = |scale| Some(RelocationKind::Arm64PageOffset { scale });
    match r_type {
        elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 => Some(RelocationKind::Arm64Call),
        elf::R_AARCH64_PREL32 => Some(RelocationKind::PcRel4),
        elf::R_AARCH64_ADR_PREL_PG_HI21 => Some(RelocationKind::Arm64Page),
        elf::R_AARCH64_ADD_ABS_LO12_NC | elf::R_AARCH64_LDST8_ABS_LO12_NC => offset(0),
        elf::R_AARCH64_LDST16_ABS_LO12_NC => offset(1),
        elf::R_AARCH64_LDST32_ABS_LO12_NC => offset(2),
        elf::R_AARCH64_LDST64_ABS_LO12_NC => offset(3),
        elf::R_AARCH64_LDST128_ABS_LO12_NC => offset(4),
        _ => None,
    }
}

/// The relocations of a section, by place and type: on RISC-V, some belong together.
struct SectionRelocations {
    index: SectionIndex,
    relocations: BTreeMap<(u64, u32), ObjectRelocation>,
}

impl SectionRelocations {
    fn read<'a>(section: &impl ObjectSection<'a>) -> Result<Self, CompileError> {
        let mut relocations = BTreeMap::new();
        for (offset, relocation) in section.relocations() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else {
                return Err(broken("a relocation of another format"));
            };
            relocations.insert((offset, r_type), relocation);
        }
        Ok(Self {
            index: section.index(),
            relocations,
        })
    }

    fn get(&self, offset: u64, r_type: u32) -> Result<&ObjectRelocation, CompileError> {
        let found = self.relocations.get(&(offset, r_type));
        found.ok_or_else(|| broken(format!("no relocation {r_type} at {offset:#x}")))
    }

    /// The offset of the place in this section that a relocation names.
    fn label(&self, file: &File<'_>, relocation: &ObjectRelocation) -> Result<u64, CompileError> {
        let ObjectTarget::Symbol(index) = relocation.target() else {
            return Err(broken("a relocation without a symbol"));
        };
        let symbol = file.symbol_by_index(index).map_err(broken)?;
        match symbol.section_index() == Some(self.index) {
            true => Ok(symbol.address().wrapping_add_signed(relocation.addend())),
            false => Err(broken("a label in another section")),
        }
    }
}

/// The length of a trap's instruction, if it is there. On x86-64 it becomes one that costs a tenth where there is a hypervisor.
fn take_trap(code: &mut [u8], offset: u32, architecture: Architecture, column: u32) -> Option<u32> {
    const HLT_NOP: [u8; 5] = [0xf4, 0x0f, 0x1f, 0x40, 0x00];
    let number = column as u8;
    // What `llvm.ubsantrap` becomes: `ud1` with the number as its displacement, `brk` with it at its end, and `unimp`.
    let instruction: &[u8] = match architecture {
        Architecture::X86_64 => &[0x67, 0x0f, 0xb9, 0x40, number],
        Architecture::Aarch64(_) => {
            let brk: u32 = 0xd420_0000 | (0x5500 | u32::from(number)) << 5;
            &brk.to_le_bytes()
        }
        _ => &[0, 0],
    };
    let start = offset as usize;
    let place = code.get_mut(start..start + instruction.len())?;
    if place != instruction {
        return None;
    }
    if architecture == Architecture::X86_64 {
        place.copy_from_slice(&HLT_NOP);
    }
    Some(instruction.len() as u32)
}

/// By start, a range before those inside of it.
fn sorted(mut inlined: Vec<Inlined>) -> Vec<Inlined> {
    inlined.sort_by_key(|Inlined { range, .. }| (range.start, std::cmp::Reverse(range.end)));
    inlined
}

/// Where code is in the module that belongs to several operators: the start of the function that it was inlined from, if any.
fn place_in_doubt(offset: u32, inlined: &[Inlined]) -> Option<u32> {
    let around = |inlined: &&Inlined| (inlined.range.start..inlined.range.end).contains(&offset);
    inlined.iter().rfind(around).map(|inlined| inlined.callee)
}

#[cfg(test)]
mod tests {
    use inkwell::OptimizationLevel;
    use inkwell::context::Context;
    use inkwell::memory_buffer::MemoryBuffer;
    use inkwell::targets::FileType;
    use wasmill_abi::TrapCode;
    use wasmill_compiler::{CompileError, CompiledFunction, RelocationTarget};
    use wasmill_compiler_testing::x86_64;
    use wasmill_types::LocalFunctionIndex;

    use crate::machine;
    use crate::translator::trap_column;

    /// The object of IR.
    fn object(ir: &str) -> Vec<u8> {
        let context = Context::create();
        let buffer =
            MemoryBuffer::create_from_memory_range_copy(format!("{ir}\0").as_bytes(), "ir");
        let module = context.create_module_from_ir(buffer).expect("IR");
        let machine = machine::build(OptimizationLevel::None, &x86_64()).expect("a target");
        module.set_triple(&machine.get_triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        let object = machine.write_to_memory_buffer(&module, FileType::Object);
        object.expect("an object").as_slice().to_vec()
    }

    /// Its functions, of a unit of two that starts at function 3.
    fn read(bytes: &[u8]) -> Result<Vec<CompiledFunction>, CompileError> {
        let first = LocalFunctionIndex::from_u32(3);
        let architecture = x86_64().triple().architecture;
        super::read(bytes, first, &[10..20, 30..40], architecture)
    }

    fn refused(ir: &str, why: &str) {
        let error = read(&object(ir)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    /// Function 4 calls function 3 and one of another unit, with a constant as its argument.
    const CALLS: &str = r#"
        define double @f3(double %x) section ".text.f3" {
            %y = fadd double %x, 3.5
            ret double %y
        }
        declare hidden double @f9(double)
        define double @f4(double %x) section ".text.f4" {
            %y = call double @f3(double 1.25)
            %z = call double @f9(double %y)
            ret double %z
        }"#;

    #[test]
    fn functions_and_constants_are_found() {
        let functions = read(&object(CALLS)).unwrap();
        let constant = |bytes: f64| {
            let code = &functions[0].code;
            code.windows(8)
                .position(|window| window == bytes.to_le_bytes())
        };
        let [first, second] = [3.5, 1.25].map(|number| constant(number).expect("behind the code"));
        let targets = |nth: usize| {
            let relocations = functions[nth].relocations.iter();
            let target = |relocation: &wasmill_compiler::Relocation| {
                let RelocationTarget::Function(target) = relocation.target;
                // Relative to the end of four bytes.
                (target.as_u32(), (relocation.addend + 4) as usize)
            };
            relocations.map(target).collect::<Vec<_>>()
        };
        assert_eq!(targets(0), [(3, first)]);
        assert_eq!(targets(1), [(3, second), (3, 0), (9, 0)]);
        assert_eq!(functions[1].start_offset..functions[1].end_offset, 30..40);
    }

    #[test]
    fn a_function_that_is_gone_traps() {
        let functions = read(&object(
            "define void @f4() section \".text.f4\" { ret void }",
        ));
        assert_eq!(functions.unwrap()[0].code, [0xf4]);
    }

    #[test]
    fn what_an_image_cannot_hold_is_refused() {
        let calls = |name: &str| {
            format!(
                r#"declare void @{name}()
                   define void @f3() section ".text.f3" {{ call void @{name}() ret void }}"#
            )
        };
        refused(&calls("memcpy"), "it refers to `memcpy`");
        refused(&calls("f4294967296"), "it refers to `f4294967296`");
        refused("@v = global i32 1", "it has variables");
        refused("@v = global i32 0", "it has variables");
        refused("@v = thread_local global i32 1", "it has variables");
        for section in [".text.f2", ".text.f5", ".text.fx", ".text.f"] {
            let ir = format!("define void @f3() section \"{section}\" {{ ret void }}");
            assert!(read(&object(&ir)).is_err(), "{section}");
        }
        // Its own code is in no section of a function.
        refused(
            r#"define void @other() { ret void }
               define void @f3() section ".text.f3" { call void @other() ret void }"#,
            "a relocation to another section",
        );
    }

    /// A function whose debug information says that a trap is where `instruction` is; `!7` is a place in doubt, in a function that
    /// starts at 77 and was inlined there.
    fn located(instruction: &str) -> String {
        let column = trap_column(TrapCode::IntegerOverflow);
        let place = if instruction.contains("!dbg") {
            ""
        } else {
            ", !dbg !5"
        };
        format!(
            r#"
            declare void @llvm.ubsantrap(i8)
            define void @f3(ptr %p) section ".text.f3" !dbg !4 {{
                {instruction}{place}
                unreachable
            }}
            !llvm.dbg.cu = !{{!0}}
            !llvm.module.flags = !{{!1, !2}}
            !0 = distinct !DICompileUnit(language: DW_LANG_C, file: !3, emissionKind: LineTablesOnly)
            !1 = !{{i32 2, !"Debug Info Version", i32 3}}
            !2 = !{{i32 2, !"Dwarf Version", i32 4}}
            !3 = !DIFile(filename: "wasm", directory: ".")
            !4 = distinct !DISubprogram(name: "f3", file: !3, line: 10, type: !6, unit: !0, spFlags: DISPFlagDefinition)
            !5 = !DILocation(line: 14, column: {column}, scope: !4)
            !6 = !DISubroutineType(types: !{{}})
            !7 = !DILocation(line: 0, scope: !8, inlinedAt: !5)
            !8 = distinct !DISubprogram(name: "77", file: !3, line: 77, type: !6, unit: !0, spFlags: DISPFlagDefinition)"#
        )
    }

    #[test]
    fn code_without_a_line_is_in_the_function_that_it_is_from() {
        let places = |instruction: &str| {
            let functions = read(&object(&located(instruction))).unwrap();
            let calls = functions[0].inlined.iter().map(|range| range.call);
            let places = functions[0].address_map.iter();
            let places: Vec<u32> = places.map(|entry| entry.module_offset).collect();
            (places, calls.collect::<Vec<u32>>())
        };
        let (inlined, calls) = places("store volatile i32 1, ptr %p, !dbg !7");
        assert!(inlined.contains(&77), "{inlined:?}");
        assert_eq!(calls, [14]);
        let own = "store volatile i32 1, ptr %p, !dbg !DILocation(line: 0, scope: !4)";
        assert_eq!(places(own), (vec![10], vec![]));
    }

    #[test]
    fn a_trap_is_an_instruction_that_says_so() {
        let column = trap_column(TrapCode::IntegerOverflow);
        let functions = read(&object(&located(&format!(
            "call void @llvm.ubsantrap(i8 {column})"
        ))));
        let [function, _] = &functions.unwrap()[..] else {
            panic!("two functions");
        };
        let [trap] = function.traps[..] else {
            panic!("{:?}", function.traps);
        };
        assert_eq!(trap.code, TrapCode::IntegerOverflow);
        assert_eq!(function.code[trap.offset as usize], 0xf4);
        let operator = function
            .address_map
            .iter()
            .rfind(|entry| entry.offset <= trap.offset);
        assert_eq!(operator.unwrap().module_offset, 14);
        // For two ways there, one behind the other.
        let twice = format!("call void @llvm.ubsantrap(i8 {column}), !dbg !5\n").repeat(2);
        let functions = read(&object(&located(&twice))).unwrap();
        assert_eq!(functions[0].traps.len(), 2);
        let other = format!("call void @llvm.ubsantrap(i8 {})", column + 1);
        refused(&located(&other), "no instruction for");
        refused(&located("fence seq_cst"), "no instruction for");
    }

    #[test]
    fn damaged_objects_are_errors_or_other_functions() {
        for ir in [CALLS, &located("call void @llvm.ubsantrap(i8 5)")] {
            let bytes = object(ir);
            for length in 0..bytes.len() {
                let _ = read(&bytes[..length]);
            }
            for place in 0..bytes.len() {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut damaged = bytes.clone();
                    damaged[place] = value;
                    let _ = read(&damaged);
                }
            }
        }
    }
}
