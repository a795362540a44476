//! What the runtime must know about an image of code: which instructions may trap, and where code comes from.
//!
//! ```text
//!   pc ─ image base ─► code offset ─┬─ trap table ──► TrapCode                            (in the signal handler)
//!                                   └─ address map ─► module offset ─ bodies ─► function   (when a trace is read)
//! ```
//!
//! A frame belongs to the function whose *body* holds the operator, not to the one whose code holds the instruction: an
//! inlined callee is reported by its own name. All tables are plain sorted arrays. The trap table is read inside the
//! signal handler, where nothing may allocate or lock: a binary search on slices does neither.

use crate::address_map::{AddressMap, AddressMapBuilder};
use crate::{FrameInfo, Image, ImageError};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use wasmill_abi::TrapCode;
use wasmill_compiler::CompiledFunction;
use wasmill_types::{EntityRef, FunctionIndex, LocalFunctionIndex, ModuleInfo, PrimaryMap};
use wasmill_vm::CodeMetadata;

/// The tables of one image.
pub struct CodeMap {
    traps: TrapTable,
    /// Where each function's code starts and ends; functions lie in the order of their indices.
    code: Ranges,
    /// Where each function's body starts and ends in the module, in the same order.
    bodies: Ranges,
    addresses: AddressMap,
    /// For names. Behind a lock because the host may name a module after it was compiled; read only for traces.
    info: RwLock<Arc<ModuleInfo>>,
}

impl CodeMap {
    /// Collects the tables of `functions`, which lie in `image`. Takes them out of the functions one by one, so that
    /// they do not all exist twice.
    ///
    /// # Errors
    ///
    /// If a table becomes larger than 32-bit offsets can tell.
    pub fn new(
        functions: &mut PrimaryMap<LocalFunctionIndex, CompiledFunction>,
        image: &Image,
        info: Arc<ModuleInfo>,
    ) -> Result<Self, ImageError> {
        let mut traps = TrapTable::with_capacity(functions.values().map(|f| f.traps.len()).sum());
        let mut addresses = AddressMapBuilder::default();
        let mut code = Ranges::with_capacity(functions.len());
        let mut bodies = Ranges::with_capacity(functions.len());
        for (function, range) in functions.values_mut().zip(image.functions.values()) {
            code.push(range.start, range.end);
            bodies.push(function.start_offset, function.end_offset);
            let inside = |offset: u32| offset < range.end - range.start;
            for site in std::mem::take(&mut function.traps) {
                if inside(site.offset) {
                    traps.push(range.start + site.offset, site.code);
                }
            }
            for entry in std::mem::take(&mut function.address_map) {
                if inside(entry.offset) {
                    addresses.push(range.start + entry.offset, entry.module_offset)?;
                }
            }
        }
        Ok(Self {
            traps,
            code,
            bodies,
            addresses: addresses.finish()?,
            info: RwLock::new(info),
        })
    }

    /// What a code offset belongs to. For a caller's frame, ask with the return address minus one: the return address
    /// itself may lie behind the function.
    pub fn frame(&self, offset: u32) -> Option<FrameInfo> {
        let function = self.code.find(offset)?;
        let module_offset = match self.addresses.lookup(offset) {
            // An entry before the function's start speaks of the function before.
            Some((from, module_offset)) if from >= self.code.starts[function] => module_offset,
            _ => self.bodies.starts[function],
        };
        let body = self.bodies.find(module_offset).unwrap_or(function);
        let info = self.info();
        let index = info.func_index(LocalFunctionIndex::new(body));
        Some(FrameInfo::new(
            info.name(),
            index.as_u32(),
            info.function_names.get(&index).cloned(),
            self.bodies.starts[body],
            module_offset,
        ))
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

    /// Bytes that the tables take.
    pub fn memory(&self) -> usize {
        5 * self.traps.offsets.len()
            + 8 * (self.code.starts.len() + self.bodies.starts.len())
            + self.addresses.memory()
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
        self.traps.find(offset)
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
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Ranges {
    fn with_capacity(count: usize) -> Self {
        Self {
            starts: Vec::with_capacity(count),
            ends: Vec::with_capacity(count),
        }
    }

    fn push(&mut self, start: u32, end: u32) {
        self.starts.push(start);
        self.ends.push(end);
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

/// Instructions that can trap, in ascending order: five bytes each.
#[derive(Debug)]
struct TrapTable {
    offsets: Vec<u32>,
    codes: Vec<u8>,
}

impl TrapTable {
    fn with_capacity(count: usize) -> Self {
        Self {
            offsets: Vec::with_capacity(count),
            codes: Vec::with_capacity(count),
        }
    }

    fn push(&mut self, offset: u32, code: TrapCode) {
        // One that goes back could not be found; compilers give them in order.
        if self.offsets.last().is_none_or(|last| *last < offset) {
            self.offsets.push(offset);
            self.codes.push(code as u32 as u8);
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
    use wasmill_compiler::{AddressMapEntry, TrapSite};

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

    /// One import, then three functions; the last has the second inlined, and the second has no map.
    fn sample() -> CodeMap {
        let mut functions = [
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
        let image = crate::link(&mut functions, 0xcc).unwrap();
        let mut info = ModuleInfo::new();
        info.name = Some("sample".into());
        info.num_imported_functions = 1;
        info.function_names
            .insert(FunctionIndex::new(2), "inlined".into());
        CodeMap::new(&mut functions, &image, Arc::new(info)).unwrap()
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
            let frame = map.frame(offset).unwrap();
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
        assert!(map.frame(25).is_none());
    }

    #[test]
    fn inlined_code_is_reported_as_its_own_function() {
        let frame = sample().frame(50).unwrap();
        assert_eq!(frame.func_index(), 2);
        assert_eq!(frame.function_name(), Some("inlined"));
        assert_eq!((frame.module_offset(), frame.func_offset()), (125, 5));
        assert_eq!(frame.module_name(), "sample");
        assert_eq!(sample().frame(52).unwrap().function_name(), None);
    }

    #[test]
    fn a_new_name_shows_in_later_frames() {
        let map = sample();
        let mut info = map.info();
        let before = Arc::as_ptr(&info);
        map.rename(&mut info, "other");
        assert_eq!(map.frame(0).unwrap().module_name(), "other");
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
