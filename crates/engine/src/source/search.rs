//! Looks for addresses in the units of debug information, and for their lines.
//!
//! A code section starts with the number of its functions, so nothing lies at address 0: what is said to start there belonged to
//! functions that a linker has left out.

use super::meter::{Meter, Metered};
use super::scopes::{self, Attributes, Scope};
use super::{FrameSymbol, Place};
use crate::symbols::visible;
use gimli::{
    Abbreviations, AttributeValue, ColumnType, DebugAbbrevOffset, DebugInfoOffset, Dwarf,
    EntriesRaw, Format, Result, Unit, UnitHeader, UnitOffset, UnitRef,
};
use std::ops::Range;
use std::sync::Arc;
use wasmill_types::ModuleInfo;

/// How many times as much as there is may be read of the debug information for one trace. What is needed is read once, but the
/// descriptions of entries may be common to many units.
const READ: u64 = 4;
/// As many bytes may be read in any case …
const LEAST: u64 = 1 << 20;
/// … and no more than these, which takes some tenths of a second.
const MOST: u64 = 1 << 26;

/// A place in a file, as units number files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) file: u64,
    pub(super) line: u64,
    pub(super) column: u64,
}

/// An address, and what was found of it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: u64,
    line: Option<Line>,
    /// The functions around it, outermost first.
    pub(super) scopes: Vec<Scope>,
    symbols: Vec<FrameSymbol>,
}

impl Target {
    fn new(address: u64) -> Self {
        Self {
            address,
            line: None,
            scopes: Vec::new(),
            symbols: Vec::new(),
        }
    }
}

/// The symbols of each of the offsets in a module.
pub(super) fn find(info: &ModuleInfo, offsets: &[u32]) -> Vec<Vec<FrameSymbol>> {
    let address = |offset: &u32| (*offset as usize).checked_sub(info.code_section_start);
    let mut addresses: Vec<_> = offsets.iter().filter_map(address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let targets = addresses.iter().map(|address| Target::new(*address as u64));
    let targets = search(info, targets.collect());
    let symbols = |offset| {
        let nth = addresses.binary_search(&address(offset)?).ok()?;
        Some(targets[nth].symbols.clone())
    };
    let found = offsets
        .iter()
        .map(|offset| symbols(offset).unwrap_or_default());
    found.collect()
}

fn search(info: &ModuleInfo, mut targets: Vec<Target>) -> Vec<Target> {
    let section = |name: &str| {
        let mut sections = info.custom_sections.iter();
        let (_, index) = sections.find(|(other, _)| other == name)?;
        let contents = info.custom_sections_data.get(*index);
        contents.filter(|contents| contents.are_whole())
    };
    let debug = info
        .custom_sections
        .iter()
        .filter(|(name, _)| name.starts_with(".debug_"));
    let sizes = debug.filter_map(|(_, index)| Some(info.custom_sections_data.get(*index)?.len()));
    let size = sizes.fold(0u64, |sum, size| sum.saturating_add(size as u64));
    let meter = Meter::new(size.saturating_mul(READ).clamp(LEAST, MOST));
    let load = |id: gimli::SectionId| {
        let bytes = section(id.name()).map_or(&[][..], |bytes| bytes);
        Ok::<_, gimli::Error>(Metered::new(bytes, &meter))
    };
    if let Ok(dwarf) = Dwarf::load(load) {
        let mut search = Search {
            dwarf: &dwarf,
            meter: &meter,
            abbreviations: None,
        };
        // What was found before something was damaged is true all the same.
        let _ = search.all_units(&mut targets);
    }
    targets
}

/// What is needed to read a unit.
struct Search<'a> {
    dwarf: &'a Dwarf<Metered<'a>>,
    meter: &'a Meter,
    /// Those that were read last: some linkers have one list for all units.
    abbreviations: Option<(DebugAbbrevOffset, Arc<Abbreviations>)>,
}

type Header<'a> = UnitHeader<Metered<'a>>;

impl<'a> Search<'a> {
    fn all_units(&mut self, targets: &mut [Target]) -> Result<()> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            let missing = targets.iter().any(|target| target.symbols.is_empty());
            if !missing || self.meter.is_empty() {
                break;
            }
            // A unit that is damaged says nothing of the next one.
            let _ = self.unit(header, targets);
        }
        Ok(())
    }

    fn unit(&mut self, header: Header<'a>, targets: &mut [Target]) -> Result<()> {
        // No module is so large that offsets in it need 64 bits, and sums of such ones can be too large.
        if header.format() != Format::Dwarf32 {
            return Ok(());
        }
        let unit = self.open(header)?;
        let unit = unit.unit_ref(self.dwarf);
        let mut entries = unit.entries_raw(None)?;
        let Some(root) = Attributes::read(&mut entries, self.meter)? else {
            return Ok(());
        };
        let mut targets: Vec<_> = targets
            .iter_mut()
            .filter(|t| t.symbols.is_empty())
            .collect();
        let inside = root.covers(unit, &targets)?;
        let mut keep = inside.iter();
        targets.retain(|_| keep.next() == Some(&true));
        if targets.is_empty() {
            return Ok(());
        }
        // Either is worth something without the other.
        let _ = lines(unit, &mut targets);
        let _ = self.scopes(unit, entries, &mut targets);
        for target in targets {
            target.symbols = symbols(unit, target);
        }
        Ok(())
    }

    /// Reads what a unit says of itself.
    fn open(&mut self, header: Header<'a>) -> Result<Unit<Metered<'a>>> {
        let offset = header.debug_abbrev_offset();
        let abbreviations = match &self.abbreviations {
            Some((known, abbreviations)) if *known == offset => abbreviations.clone(),
            _ => self.dwarf.abbreviations(&header)?,
        };
        self.abbreviations = Some((offset, abbreviations.clone()));
        // The first entry is read twice. It may have any number of attributes that take no bytes.
        let root = header
            .entries_raw(&abbreviations, None)?
            .read_abbreviation()?;
        self.meter
            .charge(2 * root.map_or(0, |root| root.attributes().len()))?;
        Unit::new_with_abbreviations(self.dwarf, header, abbreviations)
    }

    /// Finds the functions around each address.
    fn scopes(
        &mut self,
        unit: UnitRef<'_, Metered<'a>>,
        mut entries: EntriesRaw<'_, Metered<'a>>,
        targets: &mut [&mut Target],
    ) -> Result<()> {
        while !entries.is_empty() {
            let depth = entries.next_depth();
            let Some(function) = Attributes::read_function(&mut entries, self.meter)? else {
                continue;
            };
            let covered = function.covers(unit, targets)?;
            if !covered.contains(&true) {
                continue;
            }
            let scope = Scope {
                depth,
                name: self.name(unit, &function),
                call: function.call,
            };
            for (target, _) in targets
                .iter_mut()
                .zip(covered)
                .filter(|(_, covered)| *covered)
            {
                scopes::push(&mut target.scopes, &scope);
            }
        }
        Ok(())
    }

    /// The name of a function: its own, or that of the entry that it refers to.
    fn name(
        &mut self,
        unit: UnitRef<'_, Metered<'a>>,
        function: &Attributes<'a>,
    ) -> Option<String> {
        let mut found = scopes::Names::default();
        found.add(unit, function);
        match function.origin {
            Some(AttributeValue::UnitRef(offset)) => found.follow(unit, offset, self.meter),
            Some(AttributeValue::DebugInfoRef(offset)) => {
                if let Some((unit, offset)) = self.open_at(offset) {
                    found.follow(unit.unit_ref(self.dwarf), offset, self.meter);
                }
            }
            _ => {}
        }
        found.readable()
    }

    /// The unit of an entry in whatever unit, and where the entry is in it.
    fn open_at(&mut self, offset: DebugInfoOffset) -> Option<(Unit<Metered<'a>>, UnitOffset)> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next().ok()? {
            let is_32 = header.format() == Format::Dwarf32;
            if let Some(offset) = offset.to_unit_offset(&header).filter(|_| is_32) {
                return Some((self.open(header).ok()?, offset));
            }
        }
        None
    }
}

/// Which of the targets lie in a range of addresses; they are in ascending order.
pub(super) fn within(targets: &[&mut Target], range: Range<u64>) -> Range<usize> {
    let start = targets.partition_point(|target| target.address < range.start);
    let end = targets.partition_point(|target| target.address < range.end);
    start..end.max(start)
}

/// Finds the line of each address.
fn lines(unit: UnitRef<'_, Metered<'_>>, targets: &mut [&mut Target]) -> Result<()> {
    let Some(program) = unit.line_program.clone() else {
        return Ok(());
    };
    let mut rows = program.rows();
    // Where the sequence starts, and the last row of it.
    let mut sequence: Option<(u64, u64, Line)> = None;
    while let Some((_, row)) = rows.next_row()? {
        let address = row.address();
        if let Some((_, from, line)) = sequence.filter(|(start, ..)| *start != 0) {
            let passed = within(targets, from..address);
            for target in &mut targets[passed] {
                target.line.get_or_insert(line);
            }
        }
        let column = match row.column() {
            ColumnType::LeftEdge => 0,
            ColumnType::Column(column) => column.get(),
        };
        let line = Line {
            file: row.file_index(),
            line: row.line().map_or(0, |line| line.get()),
            column,
        };
        let start = sequence.map_or(address, |(start, ..)| start);
        sequence = (!row.end_sequence()).then_some((start, address, line));
    }
    Ok(())
}

/// What was found of an address, innermost first: each function around it, with the place where it is left.
fn symbols(unit: UnitRef<'_, Metered<'_>>, target: &mut Target) -> Vec<FrameSymbol> {
    let mut line = target.line;
    let mut symbols = Vec::new();
    while let Some(scope) = target.scopes.pop() {
        symbols.push(FrameSymbol {
            name: scope.name,
            place: place(unit, line),
        });
        line = scope.call;
    }
    if symbols.is_empty() && line.is_some() {
        symbols.push(FrameSymbol {
            name: None,
            place: place(unit, line),
        });
    }
    symbols
}

fn place(unit: UnitRef<'_, Metered<'_>>, line: Option<Line>) -> Place {
    let Some(line) = line else {
        return Place::default();
    };
    let number = |number: u64| u32::try_from(number).ok().filter(|number| *number != 0);
    Place {
        file: path(unit, line.file),
        line: number(line.line),
        column: number(line.column),
    }
}

/// The path of a file: relative to its folder, which may be relative to where the compiler ran.
fn path(unit: UnitRef<'_, Metered<'_>>, file: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(file)?;
    let mut path = text(&unit.attr_string(file.path_name()).ok()?);
    if let Some(folder) = file.directory(header) {
        path = join(text(&unit.attr_string(folder).ok()?), path);
    }
    if let Some(folder) = &unit.comp_dir {
        path = join(text(folder), path);
    }
    Some(path)
}

fn join(folder: String, path: String) -> String {
    let is_windows = |path: &str| path.get(1..3) == Some(":\\") || path.starts_with('\\');
    if folder.is_empty() || path.starts_with('/') || is_windows(&path) {
        return path;
    }
    let separator = if is_windows(&folder) { '\\' } else { '/' };
    format!("{}{separator}{path}", folder.trim_end_matches(separator))
}

/// The text at some place in a section.
pub(super) fn text(bytes: &Metered<'_>) -> String {
    visible(bytes.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_compiler::Features;
    use wasmill_types::SharedBytes;

    /// What clang made of `guest.c`.
    fn guest() -> ModuleInfo {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dwarf/guest.wat");
        let wasm = wat::parse_file(path).unwrap();
        let translation = wasmill_compiler::translate(&wasm, &Features::default());
        translation.unwrap().info
    }

    /// The offset in the module of what debug information has at an address.
    fn offset(info: &ModuleInfo, address: usize) -> u32 {
        (info.code_section_start + address) as u32
    }

    /// Addresses from `llvm-objdump`: the divisions in `share` and `average`, the load, and `unreachable`.
    const DIVISION: usize = 7;
    const LOAD: usize = 0x22;
    const OTHER_DIVISION: usize = 0x40;
    const STOP: usize = 0x47;

    fn symbols(info: &ModuleInfo, addresses: &[usize]) -> Vec<Vec<String>> {
        let offsets: Vec<_> = addresses.iter().map(|a| offset(info, *a)).collect();
        let found = find(info, &offsets).into_iter();
        let found = found.map(|symbols| symbols.iter().map(FrameSymbol::to_string).collect());
        found.collect()
    }

    fn set(info: &mut ModuleInfo, name: &str, bytes: Vec<u8>) {
        let mut sections = info.custom_sections.iter();
        let (_, index) = sections.find(|(other, _)| other == name).unwrap();
        info.custom_sections_data[*index] = SharedBytes::from(&bytes[..]);
    }

    #[test]
    fn code_has_a_place_in_each_function_that_it_was_inlined_into() {
        let info = guest();
        let found = symbols(&info, &[OTHER_DIVISION, STOP, DIVISION, LOAD, STOP]);
        let stop = ["stop (/src/guest.c:23:5)"];
        assert_eq!(
            found[0],
            [
                "divide (/src/guest.c:4:16)",
                "mean (/src/guest.c:11:12)",
                "average (/src/guest.c:19:12)"
            ]
        );
        assert_eq!(
            (&found[1][..], &found[4][..]),
            (&stop.map(String::from)[..], &found[1][..])
        );
        assert_eq!(
            found[2],
            ["divide (/src/guest.c:4:16)", "share (/src/guest.c:15:12)"]
        );
        assert_eq!(
            found[3],
            ["mean (/src/guest.c:10:16)", "average (/src/guest.c:19:12)"]
        );
    }

    #[test]
    fn where_nothing_is_known_nothing_is_said() {
        let mut info = guest();
        let nothing = Vec::<String>::new();
        assert_eq!(symbols(&info, &[0, 1, 0x10_0000]), [&nothing[..]; 3]);
        assert!(
            find(&info, &[0])[0].is_empty(),
            "in front of the code section"
        );
        set(&mut info, ".debug_line", Vec::new());
        assert_eq!(symbols(&info, &[STOP]), [&nothing[..]]);
        let mut info = guest();
        set(&mut info, ".debug_abbrev", Vec::new());
        assert_eq!(symbols(&info, &[STOP]), [&nothing[..]]);
    }

    /// Every truncation, and every byte with every bit flipped, all bits flipped, and at its extremes.
    #[test]
    fn damage_is_no_error() {
        let mut info = guest();
        let addresses = [DIVISION, LOAD, OTHER_DIVISION, STOP];
        let whole = symbols(&info, &addresses);
        let mut others = 0;
        for name in [
            ".debug_info",
            ".debug_abbrev",
            ".debug_line",
            ".debug_str",
            ".debug_ranges",
        ] {
            let bytes = info.clone();
            let bytes = bytes
                .custom_sections
                .iter()
                .find(|(other, _)| other == name)
                .unwrap();
            let bytes = info.custom_sections_data[bytes.1].to_vec();
            for len in 0..bytes.len() {
                set(&mut info, name, bytes[..len].to_vec());
                others += usize::from(symbols(&info, &addresses) != whole);
            }
            for at in 0..bytes.len() {
                let flips = (0..8).map(|bit| bytes[at] ^ 1 << bit);
                for byte in flips.chain([0, 0x7f, 0x80, 0xff]) {
                    let mut damaged = bytes.clone();
                    damaged[at] = byte;
                    set(&mut info, name, damaged);
                    others += usize::from(symbols(&info, &addresses) != whole);
                }
            }
            set(&mut info, name, bytes);
        }
        assert!(others > 1000, "{others} changes were seen");
        assert_eq!(symbols(&info, &addresses), whole);
    }

    /// Searches sections that somebody has written to keep us busy, and gives what is left to be read.
    fn hostile(sections: &[(&str, Vec<u8>)]) -> Vec<Vec<FrameSymbol>> {
        let mut info = ModuleInfo::new();
        for (name, bytes) in sections {
            let data = info
                .custom_sections_data
                .push(SharedBytes::from(&bytes[..]));
            info.custom_sections.push(((*name).to_owned(), data));
        }
        find(&info, &[5])
    }

    /// A unit of DWARF 4 for addresses of four bytes, with this after its header.
    fn unit(entries: &[u8]) -> Vec<u8> {
        let mut unit = (entries.len() as u32 + 7).to_le_bytes().to_vec();
        unit.extend([4, 0, 0, 0, 0, 0, 4]);
        unit.extend(entries);
        unit
    }

    /// An entry's form: its number, what it is, that it has children, and its attributes.
    fn form(code: u8, tag: u8, attributes: &[[u8; 2]]) -> Vec<u8> {
        [&[code, tag, 1], attributes.as_flattened(), &[0, 0]].concat()
    }

    const UNIT: u8 = 0x11;
    const FUNCTION: u8 = 0x2e;
    const INLINED: u8 = 0x1d;
    /// Where it starts, and its length, in four bytes each.
    const PLACE: [[u8; 2]; 2] = [[0x11, 0x01], [0x12, 0x06]];
    /// From 1 on, 100 bytes.
    const HERE: [u8; 8] = [1, 0, 0, 0, 100, 0, 0, 0];

    #[test]
    fn functions_may_be_nested_as_deep_as_there_is_room() {
        let forms = [form(1, UNIT, &PLACE), form(2, INLINED, &PLACE), vec![0]].concat();
        let entry = |code: u8| [&[code][..], &HERE].concat();
        let entries = [entry(1), entry(2).repeat(500_000)].concat();
        let found = hostile(&[(".debug_abbrev", forms), (".debug_info", unit(&entries))]);
        assert_eq!(found[0].len(), 64);
    }

    #[test]
    fn attributes_without_bytes_cost_all_the_same() {
        // Entries of one byte with a hundred thousand attributes each: together more steps than anybody has time for.
        let flags = vec![[0x3f, 0x19]; 100_000];
        let forms = [
            form(1, UNIT, &PLACE),
            form(2, FUNCTION, &flags),
            form(3, 0x34, &flags),
            vec![0],
        ];
        for code in [2, 3] {
            let entries = [&[1][..], &HERE, &vec![code; 1_000_000]].concat();
            let sections = [
                (".debug_abbrev", forms.concat()),
                (".debug_info", unit(&entries)),
            ];
            assert!(hostile(&sections)[0].is_empty());
        }
        // The same in the first entry of very many units.
        let forms = [form(1, UNIT, &flags), vec![0]].concat();
        let units = unit(&[1]).repeat(50_000);
        assert!(hostile(&[(".debug_abbrev", forms), (".debug_info", units)])[0].is_empty());
    }

    #[test]
    fn what_units_share_is_not_read_for_each_without_end() {
        // Each unit has other forms: those of the one before but for the first.
        let forms: Vec<u8> = (0..50_000)
            .flat_map(|_| form(1, FUNCTION, &[]))
            .chain([0])
            .collect();
        let mut units = Vec::new();
        for nth in 0..50_000u32 {
            let mut unit = unit(&[1]);
            unit[6..10].copy_from_slice(&(5 * nth).to_le_bytes());
            units.extend(unit);
        }
        assert!(hostile(&[(".debug_abbrev", forms), (".debug_info", units)])[0].is_empty());
    }

    #[test]
    fn numbers_may_be_as_large_as_they_can() {
        // A unit of DWARF 5, whose name, start and ranges are the last of their lists: 2^64 - 1.
        let form = [
            &[1, UNIT, 0][..],
            &[0x03, 0x1a, 0x11, 0x1b, 0x55, 0x23],
            &[0, 0, 0],
        ]
        .concat();
        let last = [&[0xff; 9][..], &[1]].concat();
        let mut unit = [&[5, 0, 1, 4, 0, 0, 0, 0, 1][..], &last.repeat(3)].concat();
        unit.splice(0..0, (unit.len() as u32).to_le_bytes());
        let lists = vec![0xff; 64];
        let mut sections = vec![(".debug_abbrev", form), (".debug_info", unit)];
        let names = [
            ".debug_str_offsets",
            ".debug_addr",
            ".debug_rnglists",
            ".debug_str",
        ];
        sections.extend(names.map(|name| (name, lists.clone())));
        assert!(hostile(&sections)[0].is_empty());
        // The same from 1 to the greatest address, and more.
        let forms = [
            self::form(1, UNIT, &PLACE),
            self::form(2, FUNCTION, &[[0x11, 0x01], [0x12, 0x07]]),
        ];
        let function = [&[2, 4, 0, 0, 0][..], &[0xff; 8]].concat();
        let entries = [&[1][..], &HERE, &function].concat();
        let found = hostile(&[
            (".debug_abbrev", [&forms.concat()[..], &[0]].concat()),
            (".debug_info", self::unit(&entries)),
        ]);
        assert_eq!(found[0].len(), 1);
    }
}
