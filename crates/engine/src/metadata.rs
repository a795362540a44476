//! What the runtime must know about an image of code: which instructions may trap, and where code comes from.
//!
//! ```text
//!   pc ─ image base ─► code offset ─┬─ trap table ──► TrapCode                            (in the signal handler)
//!                                   └─ address map ─► module offset ─ bodies ─► function   (when a trace is read)
//! ```
//!
//! A frame belongs to the function whose *body* holds the operator, not to the one whose code holds the instruction; and
//! code that was put in the place of a call stands for two frames, or more: that of the callee, by its operator, and that
//! of the function with the call, by the call's operator. All tables are plain sorted arrays. The trap table is read inside the
//! signal handler, where nothing may allocate or lock: a binary search on slices does neither.

use crate::address_map::{AddressMap, AddressMapBuilder};
use crate::table::Table;
use crate::{FrameInfo, ImageError, Layout};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use wasmill_abi::TrapCode;
use wasmill_compiler::{AddressMapEntry, CompiledFunction};
use wasmill_types::{
    EntityRef, FunctionIndex, LocalFunctionIndex, ModuleInfo, PrimaryMap, SharedBytes,
};
use wasmill_vm::CodeMetadata;

/// How many tables there are.
pub(crate) const TABLES: usize = 13;

/// The tables of one image.
pub struct CodeMap {
    traps: TrapTable,
    /// Where each function's code starts and ends; functions lie in the order of their indices.
    code: Ranges,
    /// Where each function's body starts and ends in the module, in the same order.
    bodies: Ranges,
    addresses: AddressMap,
    inlined: InlinedRanges,
    /// For names. Behind a lock because the host may name a module after it was compiled; read only for traces.
    info: RwLock<Arc<ModuleInfo>>,
}

impl CodeMap {
    /// Collects the tables of `functions`, which lie where `layout` says and for which faults elsewhere than at trap sites mean
    /// `other_faults`. Takes them out of the functions one by one, so that they do not all exist twice.
    ///
    /// # Errors
    ///
    /// If a table becomes larger than 32-bit offsets can tell.
    pub fn new(
        functions: &mut PrimaryMap<LocalFunctionIndex, CompiledFunction>,
        other_faults: Option<TrapCode>,
        layout: &Layout,
        info: Arc<ModuleInfo>,
    ) -> Result<Self, ImageError> {
        let mut traps = TrapTable::with_capacity(functions.values().map(|f| f.traps.len()).sum());
        let mut addresses = AddressMapBuilder::default();
        let mut code = Ranges::with_capacity(functions.len());
        let mut bodies = Ranges::with_capacity(functions.len());
        let mut inlined = InlinedRanges::default();
        for (function, range) in functions.values_mut().zip(layout.functions.values()) {
            code.push(range.start, range.end);
            bodies.push(function.start_offset, function.end_offset);
            let inside = |offset: u32| offset < range.end - range.start;
            for site in std::mem::take(&mut function.traps) {
                if inside(site.offset) {
                    traps.push(range.start + site.offset, site.code);
                }
            }
            addresses.begin_function();
            for entry in std::mem::take(&mut function.address_map) {
                if inside(entry.offset) {
                    addresses.push(range.start + entry.offset, entry.module_offset)?;
                }
            }
            for part in std::mem::take(&mut function.inlined) {
                if part.start < part.end && inside(part.end - 1) {
                    inlined.push(range.start + part.start, range.start + part.end, part.call);
                }
            }
        }
        if let Some(code) = other_faults {
            traps.push(ELSEWHERE, code);
        }
        Ok(Self {
            traps,
            inlined,
            code,
            bodies,
            addresses: addresses.finish()?,
            info: RwLock::new(info),
        })
    }

    /// The map in the tables of an artifact, for as many functions and bytes of code; `None` if they do not belong
    /// together. What the tables hold is looked at only as far as it decides where code is entered: other lookups find
    /// something or nothing, whatever the numbers are.
    pub(crate) fn in_place(
        tables: [SharedBytes; TABLES],
        functions: usize,
        code_len: u32,
        info: Arc<ModuleInfo>,
    ) -> Option<Self> {
        let [
            starts,
            ends,
            body_starts,
            body_ends,
            traps,
            trap_codes,
            rest @ ..,
        ] = tables;
        let [a, b, c, d, inlined_starts, inlined_ends, inlined_calls] = rest;
        let map = Self {
            code: Ranges::in_place(starts, ends)?,
            bodies: Ranges::in_place(body_starts, body_ends)?,
            traps: TrapTable::in_place(traps, trap_codes)?,
            addresses: AddressMap::in_place([a, b, c, d])?,
            inlined: InlinedRanges::in_place(inlined_starts, inlined_ends, inlined_calls)?,
            info: RwLock::new(info),
        };
        let counts = [map.code.starts.len(), map.bodies.starts.len()];
        (counts == [functions; 2] && map.code.lie_within(code_len)).then_some(map)
    }

    /// The tables as an artifact has them.
    pub(crate) fn tables(&self) -> [&[u8]; TABLES] {
        let [a, b, c, d] = self.addresses.tables();
        [
            self.code.starts.as_bytes(),
            self.code.ends.as_bytes(),
            self.bodies.starts.as_bytes(),
            self.bodies.ends.as_bytes(),
            self.traps.offsets.as_bytes(),
            self.traps.codes.as_bytes(),
            a,
            b,
            c,
            d,
            self.inlined.starts.as_bytes(),
            self.inlined.ends.as_bytes(),
            self.inlined.calls.as_bytes(),
        ]
    }

    /// The frames that a place in code stands for, innermost first: one, and one more for each call around it that was
    /// replaced by the callee's code; none if the code belongs to no operator. For a caller, the place is the last byte of
    /// its call: the return address may lie behind the function.
    pub fn frames(&self, offset: u32) -> Vec<FrameInfo> {
        let Some(function) = self.code.find(offset) else {
            return Vec::new();
        };
        if !self.places_are_whole() {
            return vec![self.unplaced_frame(function)];
        }
        let start = self.code.starts[function];
        let innermost = match self.addresses.lookup(offset) {
            // An entry before the function's start speaks of the function before.
            Some((from, module_offset)) if from >= start => module_offset,
            _ => self.bodies.starts[function],
        };
        if innermost == AddressMapEntry::NO_OPERATOR {
            return Vec::new();
        }
        let info = self.info();
        std::iter::once(innermost)
            .chain(self.inlined.calls_around(offset, start))
            .map(|module_offset| self.frame(&info, function, module_offset))
            .collect()
    }

    /// The frame of the operator at `module_offset`, met in the code of `function`.
    fn frame(&self, info: &ModuleInfo, function: usize, module_offset: u32) -> FrameInfo {
        let body = self.bodies.find(module_offset).unwrap_or(function);
        let index = info.func_index(LocalFunctionIndex::new(body));
        FrameInfo::new(
            info.name(),
            index.as_u32(),
            info.function_names.name(index),
            self.bodies.starts[body],
            module_offset,
        )
    }

    /// The frame of a function when nothing else is known, since the tables are damaged.
    fn unplaced_frame(&self, function: usize) -> FrameInfo {
        let info = self.info();
        let index = info.func_index(LocalFunctionIndex::new(function));
        let name = info.function_names.name(index);
        FrameInfo::new(info.name(), index.as_u32(), name, 0, 0)
    }

    /// Whether all tables are what was written.
    pub(crate) fn is_whole(&self) -> bool {
        self.code.are_whole() && self.places_are_whole() && self.traps.is_whole()
    }

    /// Whether the tables are that say where code comes from.
    fn places_are_whole(&self) -> bool {
        self.bodies.are_whole() && self.addresses.is_whole() && self.inlined.are_whole()
    }

    /// The function whose code holds an offset.
    pub fn function_at(&self, offset: u32) -> Option<FunctionIndex> {
        let function = self.code.find(offset)?;
        Some(self.info().func_index(LocalFunctionIndex::new(function)))
    }

    /// The range of a function's code.
    pub fn function_range(&self, function: LocalFunctionIndex) -> Option<std::ops::Range<u32>> {
        let nth = function.index();
        Some(*self.code.starts.get(nth)?..*self.code.ends.get(nth)?)
    }

    /// The ranges of all functions' code, in the order of their indices.
    pub(crate) fn functions(&self) -> impl Iterator<Item = std::ops::Range<u32>> {
        let ranges = self.code.starts.iter().zip(self.code.ends.iter());
        ranges.map(|(start, end)| *start..*end)
    }

    /// Where frames may be set up, and up to where each counts: at the start of each function, and behind what of it belongs to
    /// no operator, if it starts with that.
    pub(crate) fn frame_starts(&self) -> impl Iterator<Item = std::ops::Range<u32>> {
        self.functions().flat_map(|range| {
            let first = self.addresses.lookup(range.start);
            let has_entry = first == Some((range.start, AddressMapEntry::NO_OPERATOR));
            let behind = has_entry.then(|| self.addresses.end(range.start)).flatten();
            let split = behind.map_or(range.end, |behind| behind.min(range.end));
            let parts = [range.start..split, split..range.end];
            parts.into_iter().filter(|part| !part.is_empty())
        })
    }

    /// Bytes that the tables take.
    pub fn memory(&self) -> usize {
        5 * self.traps.offsets.len()
            + 8 * (self.code.starts.len() + self.bodies.starts.len())
            + self.addresses.memory()
            + 12 * self.inlined.starts.len()
    }

    /// The module's description.
    pub fn info(&self) -> Arc<ModuleInfo> {
        self.info
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Names the module, here and in `info`, the owner's reference to the same description. The description is changed in
    /// place if nobody else refers to it, and copied otherwise.
    pub(crate) fn rename(&self, info: &mut Arc<ModuleInfo>, name: &str) {
        let mut place = self.info.write().unwrap_or_else(PoisonError::into_inner);
        // Readers wait for the lock, so none of them meets the gap.
        *place = Arc::default();
        Arc::make_mut(info).name = Some(name.to_owned());
        *place = info.clone();
    }
}

impl CodeMetadata for CodeMap {
    fn trap_code(&self, offset: u32) -> Option<TrapCode> {
        self.traps.is_whole().then(|| self.traps.find(offset))?
    }

    fn other_faults(&self) -> Option<TrapCode> {
        match self.traps.is_whole() {
            true => self.traps.find(ELSEWHERE),
            // Most traps are such ones; what matters is that the process goes on.
            false => Some(TrapCode::HeapAccessOutOfBounds),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for CodeMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeMap")
            .field("functions", &self.code.starts.len())
            .field("traps", &self.traps.offsets.len())
            .field("memory", &self.memory())
            .finish()
    }
}

/// Ranges in ascending order that do not overlap.
#[derive(Debug)]
struct Ranges {
    starts: Table<u32>,
    ends: Table<u32>,
}

impl Ranges {
    fn with_capacity(count: usize) -> Self {
        Self {
            starts: Table::with_capacity(count),
            ends: Table::with_capacity(count),
        }
    }

    fn in_place(starts: SharedBytes, ends: SharedBytes) -> Option<Self> {
        let (starts, ends) = (Table::in_place(starts)?, Table::in_place(ends)?);
        (starts.len() == ends.len()).then_some(Self { starts, ends })
    }

    fn are_whole(&self) -> bool {
        self.starts.is_whole() && self.ends.is_whole()
    }

    fn push(&mut self, start: u32, end: u32) {
        self.starts.to_mut().push(start);
        self.ends.to_mut().push(end);
    }

    /// Whether each range ends before the next one starts, and the last one by `end`.
    fn lie_within(&self, end: u32) -> bool {
        let next = self.starts.iter().skip(1).chain([&end]);
        let ranges = self.starts.iter().zip(self.ends.iter()).zip(next);
        let mut ranges = ranges.map(|((start, end), next)| start <= end && end <= next);
        ranges.all(|is_in_order| is_in_order)
    }

    /// The position of the range that holds `offset`.
    fn find(&self, offset: u32) -> Option<usize> {
        let nth = self
            .starts
            .partition_point(|start| *start <= offset)
            .checked_sub(1)?;
        (offset < self.ends[nth]).then_some(nth)
    }
}

/// Code in the place of calls, by start; a range comes before those inside of it.
#[derive(Debug, Default)]
struct InlinedRanges {
    starts: Table<u32>,
    ends: Table<u32>,
    calls: Table<u32>,
}

impl InlinedRanges {
    fn in_place(starts: SharedBytes, ends: SharedBytes, calls: SharedBytes) -> Option<Self> {
        let ranges = Ranges::in_place(starts, ends)?;
        let calls = Table::in_place(calls)?;
        let Ranges { starts, ends } = ranges;
        (starts.len() == calls.len()).then_some(Self {
            starts,
            ends,
            calls,
        })
    }

    fn are_whole(&self) -> bool {
        self.starts.is_whole() && self.ends.is_whole() && self.calls.is_whole()
    }

    fn push(&mut self, start: u32, end: u32, call: u32) {
        // One that goes back could not be found; compilers give them in order.
        if self.starts.last().is_none_or(|last| *last <= start) {
            self.starts.to_mut().push(start);
            self.ends.to_mut().push(end);
            self.calls.to_mut().push(call);
        }
    }

    /// The calls whose code holds `offset`, innermost first, in the function that starts at `function_start`.
    fn calls_around(&self, offset: u32, function_start: u32) -> impl Iterator<Item = u32> {
        let first = self.starts.partition_point(|start| *start < function_start);
        let behind = self.starts.partition_point(|start| *start <= offset);
        (first..behind.max(first))
            .rev()
            .filter(move |nth| offset < self.ends[*nth])
            .map(|nth| self.calls[nth])
    }
}

/// The "offset" of the entry that stands for all instructions that have none: images are smaller.
const ELSEWHERE: u32 = u32::MAX;

/// Instructions that can trap, in ascending order: five bytes each.
#[derive(Debug)]
struct TrapTable {
    offsets: Table<u32>,
    codes: Table<u8>,
}

impl TrapTable {
    fn with_capacity(count: usize) -> Self {
        Self {
            offsets: Table::with_capacity(count),
            codes: Table::with_capacity(count),
        }
    }

    fn in_place(offsets: SharedBytes, codes: SharedBytes) -> Option<Self> {
        let (offsets, codes) = (Table::in_place(offsets)?, Table::in_place(codes)?);
        (offsets.len() == codes.len()).then_some(Self { offsets, codes })
    }

    fn is_whole(&self) -> bool {
        self.offsets.is_whole() && self.codes.is_whole()
    }

    #[inline]
    fn push(&mut self, offset: u32, code: TrapCode) {
        // One that goes back could not be found; compilers give them in order.
        if self.offsets.last().is_none_or(|last| *last < offset) {
            self.offsets.to_mut().push(offset);
            self.codes.to_mut().push(code as u32 as u8);
        }
    }

    fn find(&self, offset: u32) -> Option<TrapCode> {
        let nth = self.offsets.binary_search(&offset).ok()?;
        TrapCode::from_u32(u32::from(self.codes[nth]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_compiler::{InlinedRange, TrapSite};

    fn function(
        body: std::ops::Range<u32>,
        size: usize,
        traps: &[(u32, TrapCode)],
        addresses: &[(u32, u32)],
    ) -> CompiledFunction {
        CompiledFunction {
            code: vec![0x90; size],
            start_offset: body.start,
            end_offset: body.end,
            traps: traps
                .iter()
                .map(|&(offset, code)| TrapSite { offset, code })
                .collect(),
            address_map: addresses
                .iter()
                .map(|&(offset, module_offset)| AddressMapEntry {
                    offset,
                    module_offset,
                })
                .collect(),
            ..CompiledFunction::default()
        }
    }

    fn part(code: std::ops::Range<u32>, call: u32) -> InlinedRange {
        InlinedRange {
            start: code.start,
            end: code.end,
            call,
        }
    }

    /// One import, then three functions; the last has the second inlined, and the second has no map.
    fn sample() -> CodeMap {
        let mut functions: PrimaryMap<_, _> = [
            function(
                100..120,
                20,
                &[
                    (0, TrapCode::UnreachableCodeReached),
                    (19, TrapCode::OutOfBounds),
                    (20, TrapCode::BadSignature),
                ],
                &[(4, 103), (10, 110)],
            ),
            function(120..130, 16, &[], &[]),
            function(
                130..150,
                8,
                &[(7, TrapCode::IntegerDivisionByZero)],
                &[(0, 131), (2, 125), (4, 140)],
            ),
        ]
        .into_iter()
        .collect();
        // In the last one, the first has the second inlined, twice in a row.
        functions[LocalFunctionIndex::new(2)].inlined = vec![
            part(1..4, 133),
            part(2..3, 105),
            part(3..4, 106),
            part(4..5, 141),
            part(7..9, 142),
        ];
        let layout = Layout::new(&functions).unwrap();
        let mut info = ModuleInfo::new();
        info.name = Some("sample".into());
        info.num_imported_functions = 1;
        info.function_names
            .insert(FunctionIndex::new(2), "inlined".into());
        CodeMap::new(&mut functions, None, &layout, Arc::new(info)).unwrap()
    }

    #[test]
    fn traps_are_found_at_their_instruction_only() {
        let map = sample();
        assert_eq!(map.trap_code(0), Some(TrapCode::UnreachableCodeReached));
        assert_eq!(map.trap_code(1), None);
        assert_eq!(map.trap_code(19), Some(TrapCode::OutOfBounds));
        // A site behind its function is none.
        assert_eq!(map.trap_code(20), None);
        assert_eq!(map.trap_code(48 + 7), Some(TrapCode::IntegerDivisionByZero));
        assert_eq!(map.trap_code(u32::MAX), None);
    }

    #[test]
    fn code_belongs_to_the_function_around_it() {
        let map = sample();
        let at = |offset| map.function_at(offset).map(FunctionIndex::as_u32);
        assert_eq!(
            (at(0), at(19), at(20), at(31)),
            (Some(1), Some(1), None, None)
        );
        assert_eq!(
            (at(32), at(47), at(48), at(55)),
            (Some(2), Some(2), Some(3), Some(3))
        );
        assert_eq!((at(56), at(u32::MAX)), (None, None));
        assert_eq!(map.function_range(LocalFunctionIndex::new(2)), Some(48..56));
        assert_eq!(map.function_range(LocalFunctionIndex::new(3)), None);
    }

    #[test]
    fn frames_tell_operator_and_function() {
        let map = sample();
        let frame = |offset| {
            let frames = map.frames(offset);
            let [frame] = &frames[..] else {
                panic!("{frames:?}")
            };
            (
                frame.func_index(),
                frame.module_offset(),
                frame.func_offset(),
            )
        };
        // Before the first entry, and without a map: the start of the body.
        assert_eq!(frame(3), (1, 100, 0));
        assert_eq!(frame(40), (2, 120, 0));
        assert_eq!(frame(4), (1, 103, 3));
        assert_eq!(frame(19), (1, 110, 10));
        assert_eq!(frame(48), (3, 131, 1));
        // A range that does not lie in the function is none.
        assert_eq!(frame(55), (3, 140, 10));
        assert!(map.frames(25).is_empty());
    }

    #[test]
    fn code_of_no_operator_is_no_frame() {
        let entry = (0, AddressMapEntry::NO_OPERATOR);
        let mut functions: PrimaryMap<_, _> = [
            function(100..120, 32, &[], &[entry, (8, 103)]),
            function(120..130, 32, &[], &[entry]),
            function(130..140, 32, &[], &[]),
        ]
        .into_iter()
        .collect();
        let layout = Layout::new(&functions).unwrap();
        let info = Arc::new(ModuleInfo::new());
        let map = CodeMap::new(&mut functions, None, &layout, info).unwrap();
        let frames = |offset| {
            let frames = map.frames(offset);
            let offsets = frames.iter().map(FrameInfo::module_offset);
            offsets.collect::<Vec<_>>()
        };
        assert!(frames(0).is_empty() && frames(7).is_empty());
        assert_eq!(frames(8), [103]);
        assert!(frames(32).is_empty() && frames(63).is_empty());
        // The entry of the function before does not count.
        assert_eq!(frames(64), [130]);
    }

    #[test]
    fn inlined_code_is_reported_as_its_own_function() {
        let frames = sample().frames(50);
        let frame = &frames[0];
        assert_eq!(frame.func_index(), 2);
        assert_eq!(frame.function_name(), Some("inlined"));
        assert_eq!((frame.module_offset(), frame.func_offset()), (125, 5));
        assert_eq!(frame.module_name(), "sample");
        assert_eq!(sample().frames(52)[0].function_name(), None);
    }

    #[test]
    fn replaced_calls_have_frames() {
        let map = sample();
        let calls = |offset: u32| {
            let frames = map.frames(48 + offset);
            let places = frames.iter().map(|f| (f.func_index(), f.module_offset()));
            places.collect::<Vec<_>>()
        };
        assert_eq!(calls(1), [(3, 131), (3, 133)]);
        assert_eq!(calls(2), [(2, 125), (1, 105), (3, 133)]);
        assert_eq!(calls(3), [(2, 125), (1, 106), (3, 133)]);
        assert_eq!(calls(4), [(3, 140), (3, 141)]);
        assert_eq!(calls(5), [(3, 140)]);
    }

    #[test]
    fn a_new_name_shows_in_later_frames() {
        let map = sample();
        let mut info = map.info();
        let before = Arc::as_ptr(&info);
        map.rename(&mut info, "other");
        assert_eq!(map.frames(0)[0].module_name(), "other");
        assert_eq!(info.name(), "other");
        assert_eq!(Arc::as_ptr(&info), before, "nobody else referred to it");

        let shared = info.clone();
        map.rename(&mut info, "third");
        assert_eq!(
            (shared.name(), info.name()),
            ("other".into(), "third".into())
        );
    }
}
