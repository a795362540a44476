//! From the debug information of an object file to code ranges: which operator they belong to, and what was inlined.
//!
//! Code that LLVM made of several operators' (a load in both parts of an `if`) has no line. It belongs to the function that it was
//! inlined from all the same.
//!
//! Addresses in an object file are relocations. To tell which function one is in, each is replaced by the function's number (from
//! one) in the upper half and the offset in it in the lower half, before `gimli` reads the sections.

use std::collections::HashMap;

use gimli::{EndianSlice, LittleEndian, SectionId};
use object::{Object, ObjectSection, RelocationKind, RelocationTarget, SymbolIndex};
use wasmill_compiler::InlinedRange;

/// From here on, code belongs to an operator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Bytes from the function's start.
    pub(crate) offset: u32,
    /// The operator's offset in the module; zero if there is none.
    pub(crate) line: u32,
    /// A trap's code, counted from one; zero elsewhere.
    pub(crate) column: u32,
}

/// The rows of a function that has code.
pub(crate) struct Lines {
    pub(crate) function: usize,
    pub(crate) rows: Vec<Row>,
    /// Where the code ends.
    pub(crate) end: u32,
}

/// What the debug information says, by function.
#[derive(Default)]
pub(crate) struct Debug {
    pub(crate) lines: Vec<Lines>,
    pub(crate) inlined: HashMap<usize, Vec<Inlined>>,
}

/// Code that was put in the place of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inlined {
    pub(crate) range: InlinedRange,
    /// The "line" of the function that it is from.
    pub(crate) callee: u32,
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// Reads it; `place` tells the function that a symbol of code is in, and the offset in it.
pub(crate) fn read<'a>(
    file: &impl Object<'a>,
    place: impl Fn(SymbolIndex) -> Option<(usize, u64)>,
) -> gimli::Result<Debug> {
    let load = |id: SectionId| -> gimli::Result<Vec<u8>> { Ok(section(file, id.name(), &place)) };
    let sections = gimli::DwarfSections::load(load)?;
    let dwarf = sections.borrow(|bytes| EndianSlice::new(bytes, LittleEndian));
    let mut debug = Debug::default();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        read_lines(&unit, &mut debug)?;
        read_inlined(&dwarf, &unit, &mut debug)?;
    }
    Ok(debug)
}

/// The bytes of a section, addresses replaced.
fn section<'a>(
    file: &impl Object<'a>,
    name: &str,
    place: &impl Fn(SymbolIndex) -> Option<(usize, u64)>,
) -> Vec<u8> {
    let Some(section) = file.section_by_name(name) else {
        return Vec::new();
    };
    let mut bytes = section.data().unwrap_or_default().to_vec();
    for (offset, relocation) in section.relocations() {
        let RelocationTarget::Symbol(symbol) = relocation.target() else {
            continue;
        };
        if relocation.kind() != RelocationKind::Absolute {
            continue;
        }
        // Offsets in other debug sections are what is to be added.
        let (function, base) = place(symbol).map_or((0, 0), |(nth, base)| (nth as u64 + 1, base));
        let value = (function << 32)
            .wrapping_add(base)
            .wrapping_add_signed(relocation.addend());
        let size = usize::from(relocation.size()) / 8;
        let at = offset as usize;
        if let Some(field) = bytes.get_mut(at..at + size) {
            field.copy_from_slice(&value.to_le_bytes()[..size]);
        }
    }
    bytes
}

/// The function and the offset that an address stands for.
fn split(address: u64) -> Option<(usize, u32)> {
    let function = (address >> 32).checked_sub(1)?;
    Some((function as usize, address as u32))
}

fn read_lines(unit: &gimli::Unit<Slice<'_>>, debug: &mut Debug) -> gimli::Result<()> {
    let Some(program) = unit.line_program.clone() else {
        return Ok(());
    };
    let mut rows = program.rows();
    let mut current: Option<Lines> = None;
    while let Some((_, row)) = rows.next_row()? {
        let Some((function, offset)) = split(row.address()) else {
            continue;
        };
        if row.end_sequence() {
            debug.lines.extend(current.take().map(|lines| Lines {
                end: offset,
                ..lines
            }));
            continue;
        }
        let lines = current.get_or_insert_with(|| Lines {
            function,
            rows: Vec::new(),
            end: 0,
        });
        let column = match row.column() {
            gimli::ColumnType::LeftEdge => 0,
            gimli::ColumnType::Column(column) => column.get() as u32,
        };
        lines.rows.push(Row {
            offset,
            line: row.line().map_or(0, |line| line.get() as u32),
            column,
        });
    }
    Ok(())
}

fn read_inlined(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    unit: &gimli::Unit<Slice<'_>>,
    debug: &mut Debug,
) -> gimli::Result<()> {
    let mut entries = unit.entries();
    while let Some(entry) = entries.next_dfs()? {
        if entry.tag() != gimli::DW_TAG_inlined_subroutine {
            continue;
        }
        let call = entry.attr_value(gimli::DW_AT_call_line);
        let Some(call) = call.and_then(|value| value.udata_value()) else {
            continue;
        };
        let callee = callee_line(dwarf, unit, entry)?.unwrap_or(0);
        let mut ranges = dwarf.die_ranges(unit, entry)?;
        while let Some(range) = ranges.next()? {
            let Some(((function, start), (_, end))) = split(range.begin).zip(split(range.end))
            else {
                continue;
            };
            let call = call as u32;
            let range = InlinedRange { start, end, call };
            let inlined = debug.inlined.entry(function).or_default();
            inlined.push(Inlined { range, callee });
        }
    }
    Ok(())
}

/// The "line" of the function that a call was replaced by: its name says it.
fn callee_line(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    unit: &gimli::Unit<Slice<'_>>,
    call: &gimli::DebuggingInformationEntry<Slice<'_>>,
) -> gimli::Result<Option<u32>> {
    let Some(gimli::AttributeValue::UnitRef(origin)) =
        call.attr_value(gimli::DW_AT_abstract_origin)
    else {
        return Ok(None);
    };
    let origin = unit.entry(origin)?;
    let Some(name) = origin.attr_value(gimli::DW_AT_name) else {
        return Ok(None);
    };
    let name = dwarf.attr_string(unit, name)?;
    Ok(std::str::from_utf8(name.slice())
        .ok()
        .and_then(|name| name.parse().ok()))
}
