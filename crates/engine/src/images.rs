//! What is known of memories and tables before a module is instantiated.
//!
//! Active segments with constant offsets that lie within the minimum size cannot fail, so their effect is computed once
//! per module: memories become images that instances map copy-on-write, tables become lists of functions that the runtime
//! looks up lazily. Segments run in order and a failing one stops the rest, so only a *prefix* of each section may be
//! part of the images: up to the first segment that is dynamic, could fail, or belongs to something imported.
//!
//! A module is hostile until proven otherwise: the size of an image is bounded by the data that justifies it. Two bytes
//! at the two ends of a 4 GiB memory are copied at instantiation instead.

use std::ops::Range;
use wasmill_types::{
    DataSegment, ElementItems, ElementSegment, EntityRef, FunctionIndex, GlobalInit,
    LocalMemoryIndex, LocalTableIndex, MemoryType, ModuleInfo, PrimaryMap, SegmentMode, Type,
};
use wasmill_vm::{Images, MemoryImage};

/// An image may be this many times as large as the data in it …
const SPARSENESS: u64 = 4;
/// … or up to this many bytes in any case.
const MEMORY_ALLOWANCE: u64 = 1 << 20;
/// The same for tables, in elements.
const TABLE_ALLOWANCE: u64 = 4096;

/// What an image spans, and how much of it the segments fill.
#[derive(Clone, Copy, Debug)]
struct Extent {
    start: u64,
    end: u64,
    filled: u64,
}

impl Extent {
    /// Images of memories start with the first data: programs place their stack below it.
    const OF_MEMORY: Self = Self {
        start: u64::MAX,
        end: 0,
        filled: 0,
    };
    /// Images of tables start with the table.
    const OF_TABLE: Self = Self {
        start: 0,
        end: 0,
        filled: 0,
    };

    fn add(&mut self, range: &Range<u64>) {
        if !range.is_empty() {
            self.start = self.start.min(range.start);
            self.end = self.end.max(range.end);
            self.filled = self.filled.saturating_add(range.end - range.start);
        }
    }

    fn is_justified(&self, allowance: u64) -> bool {
        let span = self.end.saturating_sub(self.start);
        span <= allowance.max(self.filled.saturating_mul(SPARSENESS))
    }
}

/// The longest prefix of a module's active segments whose places are known and whose images are justified.
///
/// `places` gives, in section order, where each active segment goes, and `None` for one that must wait; `nothing` is the
/// extent of each of the `count` images before the first segment.
fn justified_prefix<K: EntityRef>(
    count: usize,
    nothing: Extent,
    allowance: u64,
    places: impl Iterator<Item = Option<(K, Range<u64>)>>,
) -> Vec<(K, Range<u64>)> {
    let mut places: Vec<_> = places.map_while(|place| place).collect();
    let mut extents = vec![nothing; count];
    let mut unjustified = 0;
    let mut prefix = 0;
    for (nth, (place, range)) in places.iter().enumerate() {
        let extent = &mut extents[place.index()];
        unjustified -= usize::from(!extent.is_justified(allowance));
        extent.add(range);
        unjustified += usize::from(!extent.is_justified(allowance));
        if unjustified == 0 {
            prefix = nth + 1;
        }
    }
    places.truncate(prefix);
    places
}

/// Makes the images of a module.
pub(crate) fn make_images(info: &ModuleInfo) -> Images {
    let (memories, data_segments) = memory_images(info);
    let (tables, element_segments) = table_images(info);
    Images {
        memories,
        data_segments,
        tables,
        element_segments,
    }
}

type MemoryImages = PrimaryMap<LocalMemoryIndex, Option<std::sync::Arc<MemoryImage>>>;

/// The images of the memories, and how many active segments they hold.
fn memory_images(info: &ModuleInfo) -> (MemoryImages, usize) {
    let count = info.memories.len() - info.num_imported_memories;
    let active = || info.data_segments.values().filter(|s| is_active(&s.mode));
    let places = active().map(|segment| data_place(info, segment));
    let places = justified_prefix(count, Extent::OF_MEMORY, MEMORY_ALLOWANCE, places);
    let mut segments = vec![Vec::new(); count];
    for ((memory, range), segment) in places.iter().zip(active()) {
        if !range.is_empty() {
            let bytes = &info.data[segment.range.clone()];
            segments[memory.index()].push((range.start, bytes));
        }
    }
    let own = info.memories.values().skip(info.num_imported_memories);
    let image = |(ty, segments): (&MemoryType, &Vec<_>)| match segments.is_empty() {
        true => Ok(None),
        false => MemoryImage::new(size_of(ty), segments).map(Some),
    };
    let images: std::io::Result<Vec<_>> = own.zip(&segments).map(image).collect();
    match images {
        Ok(images) => (images.into_iter().collect(), places.len()),
        Err(error) => {
            // Not a reason to fail: instantiation copies the segments instead.
            tracing::debug!(%error, "memory image refused");
            ((0..count).map(|_| None).collect(), 0)
        }
    }
}

type TableImages = PrimaryMap<LocalTableIndex, Box<[Option<FunctionIndex>]>>;

/// The first elements of the tables, and how many active segments they hold.
fn table_images(info: &ModuleInfo) -> (TableImages, usize) {
    let count = info.tables.len() - info.num_imported_tables;
    let active = || {
        info.element_segments
            .values()
            .filter(|s| is_active(&s.mode))
    };
    let places = active().map(|segment| element_place(info, segment));
    let places = justified_prefix(count, Extent::OF_TABLE, TABLE_ALLOWANCE, places);
    let mut lengths = vec![0; count];
    for (table, range) in places.iter().filter(|(_, range)| !range.is_empty()) {
        let length = &mut lengths[table.index()];
        *length = range.end.max(*length);
    }
    let mut images: Vec<_> = lengths
        .into_iter()
        .map(|length| vec![None; length as usize].into_boxed_slice())
        .collect();
    for ((table, range), segment) in places.iter().zip(active()) {
        if !range.is_empty() {
            let elements = &mut images[table.index()][range.start as usize..range.end as usize];
            for (element, function) in elements.iter_mut().zip(functions(&segment.items)) {
                *element = function.flatten();
            }
        }
    }
    (images.into_iter().collect(), places.len())
}

fn is_active<Place>(mode: &SegmentMode<Place>) -> bool {
    matches!(mode, SegmentMode::Active { .. })
}

/// Bytes that a memory certainly has.
fn size_of(ty: &MemoryType) -> u64 {
    ty.minimum.bytes().0 as u64
}

/// The bytes that an active segment fills for certain, in a memory of the module's own.
fn data_place(info: &ModuleInfo, segment: &DataSegment) -> Option<(LocalMemoryIndex, Range<u64>)> {
    let SegmentMode::Active { place, offset } = &segment.mode else {
        return None;
    };
    let memory = info.local_memory_index(*place)?;
    let size = size_of(&info.memories[*place]);
    Some((memory, within(offset, segment.range.len(), size)?))
}

/// The elements that an active segment fills for certain, in a function table of the module's own.
fn element_place(
    info: &ModuleInfo,
    segment: &ElementSegment,
) -> Option<(LocalTableIndex, Range<u64>)> {
    let SegmentMode::Active { place, offset } = &segment.mode else {
        return None;
    };
    let table = info.local_table_index(*place)?;
    let ty = info.tables[*place];
    let starts_null = matches!(
        info.table_initializers.get(table),
        None | Some(GlobalInit::RefNullConst)
    );
    let known = ty.ty == Type::FuncRef
        && starts_null
        && functions(&segment.items).all(|function| function.is_some());
    let range = within(offset, segment.items.len(), u64::from(ty.minimum))?;
    known.then_some((table, range))
}

/// `offset..offset + length` if the offset is a constant and the end is at most `size`.
fn within(offset: &GlobalInit, length: usize, size: u64) -> Option<Range<u64>> {
    let start = match *offset {
        GlobalInit::I32Const(start) => u64::from(start as u32),
        GlobalInit::I64Const(start) => start as u64,
        _ => return None,
    };
    let end = start.checked_add(length as u64)?;
    (end <= size).then_some(start..end)
}

/// The elements of a segment: `Some(None)` is null, `None` is one that only an instance can tell.
fn functions(items: &ElementItems) -> impl Iterator<Item = Option<Option<FunctionIndex>>> {
    let (functions, expressions): (&[FunctionIndex], &[GlobalInit]) = match items {
        ElementItems::Functions(functions) => (functions, &[]),
        ElementItems::Expressions(expressions) => (&[], expressions),
    };
    let computed = expressions.iter().map(|expression| match expression {
        GlobalInit::RefFunc(function) => Some(Some(*function)),
        GlobalInit::RefNullConst => Some(None),
        _ => None,
    });
    functions
        .iter()
        .map(|function| Some(Some(*function)))
        .chain(computed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_types::{GlobalIndex, MemoryIndex, TableIndex, TableType};

    /// A module with one memory of `pages` and active segments of (offset, length).
    fn with_data(pages: u32, segments: &[(GlobalInit, usize)]) -> ModuleInfo {
        let mut info = ModuleInfo::new();
        info.memories.push(MemoryType::new(pages, None, false));
        let total = segments.iter().map(|(_, length)| length).sum();
        info.data = vec![7u8; total].into();
        let mut start = 0;
        for (offset, length) in segments {
            info.data_segments.push(DataSegment {
                mode: SegmentMode::Active {
                    place: MemoryIndex::new(0),
                    offset: *offset,
                },
                range: start..start + length,
            });
            start += length;
        }
        info
    }

    fn at(offset: u32) -> GlobalInit {
        GlobalInit::I32Const(offset as i32)
    }

    /// (whether there is an image, segments in images)
    fn memory(info: &ModuleInfo) -> (bool, usize) {
        let images = make_images(info);
        assert_eq!(images.memories.len(), 1);
        (
            images.memories[LocalMemoryIndex::new(0)].is_some(),
            images.data_segments,
        )
    }

    #[test]
    fn constant_segments_in_bounds_make_an_image() {
        assert_eq!(
            memory(&with_data(1, &[(at(0), 10), (at(65526), 10)])),
            (true, 2)
        );
        assert_eq!(memory(&with_data(1, &[])), (false, 0));
        // Nothing to map, but nothing left to do either.
        assert_eq!(memory(&with_data(1, &[(at(65536), 0)])), (false, 1));
    }

    #[test]
    fn the_first_segment_that_may_fail_ends_the_image() {
        let dynamic = GlobalInit::GetGlobal(GlobalIndex::new(0));
        for (offset, length) in [
            (dynamic, 1),
            (at(65536), 1),
            (at(u32::MAX), 1),
            (at(65537), 0),
        ] {
            let info = with_data(1, &[(at(0), 4), (offset, length), (at(8), 4)]);
            assert_eq!(memory(&info), (true, 1), "{offset:?}");
        }
    }

    #[test]
    fn passive_segments_do_not_count() {
        let mut info = with_data(1, &[(at(0), 4), (at(4), 4), (at(8), 4)]);
        info.data_segments[wasmill_types::DataIndex::new(1)].mode = SegmentMode::Passive;
        assert_eq!(memory(&info), (true, 2));
    }

    #[test]
    fn segments_of_imported_memories_wait() {
        let mut info = with_data(1, &[(at(0), 4)]);
        info.num_imported_memories = 1;
        let images = make_images(&info);
        assert!(images.memories.is_empty());
        assert_eq!(images.data_segments, 0);
    }

    #[test]
    fn the_span_must_be_worth_it() {
        let far = u32::MAX - 100;
        assert_eq!(
            memory(&with_data(0x1_0000, &[(at(0), 4), (at(far), 4)])),
            (true, 1)
        );
        // Where it starts does not matter.
        assert_eq!(
            memory(&with_data(0x1_0000, &[(at(far), 4), (at(far + 8), 4)])),
            (true, 2)
        );
        // A quarter filled is enough, whatever came in between.
        let length = 8 << 20;
        let dense = [(at(0), 4), (at(3 * length as u32), length)];
        assert_eq!(memory(&with_data(0x1000, &dense)), (true, 2));
    }

    fn with_elements(minimum: u32, segments: Vec<(GlobalInit, ElementItems)>) -> ModuleInfo {
        let mut info = ModuleInfo::new();
        info.tables
            .push(TableType::new(Type::FuncRef, minimum, None));
        for (offset, items) in segments {
            info.element_segments.push(ElementSegment {
                mode: SegmentMode::Active {
                    place: TableIndex::new(0),
                    offset,
                },
                ty: Type::FuncRef,
                items,
            });
        }
        info
    }

    fn table(info: &ModuleInfo) -> (Vec<Option<u32>>, usize) {
        let images = make_images(info);
        let elements = &images.tables[LocalTableIndex::new(0)];
        (
            elements
                .iter()
                .map(|f| f.map(FunctionIndex::as_u32))
                .collect(),
            images.element_segments,
        )
    }

    fn indices(list: &[u32]) -> ElementItems {
        ElementItems::Functions(list.iter().map(|n| FunctionIndex::from_u32(*n)).collect())
    }

    #[test]
    fn tables_hold_functions_and_nulls_later_segments_win() {
        let expressions = ElementItems::Expressions(
            [
                GlobalInit::RefNullConst,
                GlobalInit::RefFunc(FunctionIndex::new(9)),
            ]
            .into(),
        );
        let info = with_elements(10, vec![(at(1), indices(&[5, 6, 7])), (at(2), expressions)]);
        assert_eq!(table(&info), (vec![None, Some(5), None, Some(9)], 2));
    }

    #[test]
    fn elements_that_only_an_instance_knows_wait() {
        let unknown =
            ElementItems::Expressions([GlobalInit::GetGlobal(GlobalIndex::new(0))].into());
        let info = with_elements(4, vec![(at(0), indices(&[1])), (at(1), unknown)]);
        assert_eq!(table(&info), (vec![Some(1)], 1));
        let past_end = with_elements(2, vec![(at(1), indices(&[1, 2]))]);
        assert_eq!(table(&past_end), (vec![], 0));
        let mut host_values = with_elements(2, vec![(at(0), indices(&[1]))]);
        host_values.tables[TableIndex::new(0)].ty = Type::ExternRef;
        assert_eq!(table(&host_values), (vec![], 0));
    }

    #[test]
    fn a_sparse_table_is_not_blown_up() {
        let info = with_elements(10_000_000, vec![(at(9_999_999), indices(&[1]))]);
        assert_eq!(table(&info), (vec![], 0));
    }
}
