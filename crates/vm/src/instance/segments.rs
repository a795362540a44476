//! Segments: copied at instantiation (active ones, in order, as far as images do not hold them already), or when the code
//! asks (passive ones), until they are given up.

use super::{Instance, mark};
use crate::interrupt;
use crate::pieces::{BYTES, ELEMENTS, Order, in_pieces};
use crate::table::RawElement;
use std::ptr;
use wasmill_abi::{TrapCode, VMFuncRef};
use wasmill_types::{
    DataIndex, ElemIndex, ElementItems, EntityRef, MemoryIndex, SegmentMode, TableIndex, Type,
};

impl Instance {
    /// An element of a segment in raw form.
    fn item(&self, ty: Type, items: &ElementItems, nth: usize) -> RawElement {
        let value = match items {
            ElementItems::Functions(items) => self.reference(items[nth]),
            ElementItems::Expressions(items) => self.evaluate(&items[nth]),
        };
        match ty {
            Type::ExternRef => RawElement::Extern(value.u32()),
            _ => RawElement::Function(value.usize() as *const VMFuncRef),
        }
    }

    /// `table.init`, also for active segments (`force`), which count as given up afterwards.
    pub(crate) fn table_init(
        &self,
        table: TableIndex,
        segment: ElemIndex,
        to: u64,
        from: u32,
        length: u32,
        force: bool,
    ) -> Result<(), TrapCode> {
        // Many segments take long, too, each of which is a piece by itself.
        interrupt::check()?;
        let segment_info = &self.module.info().element_segments[segment];
        let gone = !matches!(segment_info.mode, SegmentMode::Passive)
            || self.dropped.borrow().elements.get(segment.index()) == Some(&true);
        let available = if gone && !force {
            0
        } else {
            segment_info.items.len() as u64
        };
        let table = self.table(table);
        // SAFETY: the table lives (the island keeps it), the domain is held; the reference ends with the expression.
        let in_table = unsafe { table.as_ref() }.has(to, length.into());
        if !in_table || u64::from(from) + u64::from(length) > available {
            return Err(TrapCode::TableAccessOutOfBounds);
        }
        let (ty, items) = (segment_info.ty, &segment_info.items);
        in_pieces(length as usize, ELEMENTS, Order::Forwards, |piece| {
            for nth in piece {
                let item = self.item(ty, items, from as usize + nth);
                // SAFETY: as above.
                let table = unsafe { &mut *table.as_ptr() };
                table.set(to + nth as u64, item).expect("checked");
            }
        })
    }

    pub(crate) fn elem_drop(&self, segment: ElemIndex) {
        mark(&mut self.dropped.borrow_mut().elements, segment.index());
    }

    /// `memory.init`, also for active segments (`force`), which count as given up afterwards.
    pub(crate) fn memory_init(
        &self,
        memory: MemoryIndex,
        segment: DataIndex,
        to: u64,
        from: u32,
        length: u32,
        force: bool,
    ) -> Result<(), TrapCode> {
        interrupt::check()?;
        let info = self.module.info();
        let segment_info = &info.data_segments[segment];
        let gone = !matches!(segment_info.mode, SegmentMode::Passive)
            || self.dropped.borrow().data.get(segment.index()) == Some(&true);
        let bytes = match gone && !force {
            true => &[],
            false => &info.data[segment_info.range.clone()],
        };
        let end = from
            .checked_add(length)
            .ok_or(TrapCode::HeapAccessOutOfBounds)?;
        let bytes = bytes
            .get(from as usize..end as usize)
            .ok_or(TrapCode::HeapAccessOutOfBounds)?;
        let place = self.memory_range(memory, to, length.into())?;
        in_pieces(bytes.len(), BYTES, Order::Forwards, |piece| {
            let (place, bytes) = (place.wrapping_add(piece.start), &bytes[piece]);
            // SAFETY: the range was checked, the domain is held, and a module's data is no guest's memory.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        })
    }

    pub(crate) fn data_drop(&self, segment: DataIndex) {
        mark(&mut self.dropped.borrow_mut().data, segment.index());
    }

    /// Whether all active segments fit, before any is copied: the rule of WebAssembly 1.0.
    pub(super) fn check_segments(&self) -> Result<(), TrapCode> {
        let info = self.module.info();
        for segment in info.element_segments.values() {
            if let SegmentMode::Active { place, offset } = &segment.mode {
                let to = u64::from(self.evaluate(offset).u32());
                let length = segment.items.len() as u64;
                // SAFETY: the table lives (the island keeps it), and the domain is held.
                if !unsafe { self.table(*place).as_ref() }.has(to, length) {
                    return Err(TrapCode::TableAccessOutOfBounds);
                }
            }
        }
        for segment in info.data_segments.values() {
            if let SegmentMode::Active { place, offset } = &segment.mode {
                let to = u64::from(self.evaluate(offset).u32());
                self.memory_range(*place, to, segment.range.len() as u64)?;
            }
        }
        Ok(())
    }

    /// Runs the active segments that the images do not hold.
    pub(super) fn initialize(&self) -> Result<(), TrapCode> {
        let (info, images) = (self.module.info(), self.module.images());
        let mut seen = 0;
        for (index, segment) in info.element_segments.iter() {
            let SegmentMode::Active { place, offset } = &segment.mode else {
                continue;
            };
            seen += 1;
            if seen > images.element_segments {
                let to = u64::from(self.evaluate(offset).u32());
                let length = segment.items.len() as u32;
                self.table_init(*place, index, to, 0, length, true)
                    .inspect_err(|_| self.withdraw_images())?;
            }
        }
        seen = 0;
        for (index, segment) in info.data_segments.iter() {
            let SegmentMode::Active { place, offset } = &segment.mode else {
                continue;
            };
            seen += 1;
            if seen > images.data_segments || !self.shows_images {
                let to = u64::from(self.evaluate(offset).u32());
                let length = segment.range.len() as u32;
                self.memory_init(*place, index, to, 0, length, true)?;
            }
        }
        Ok(())
    }

    /// Data segments come after element segments: if one of these fails, no data may be seen (by functions that an
    /// earlier one put into an imported table), though the images hold it already.
    fn withdraw_images(&self) {
        let info = self.module.info();
        for (local, image) in self.module.images().memories.iter() {
            if let Some(image) = image {
                let memory = self.memory_definition(info.memory_index(local));
                let shown = image.range();
                // SAFETY: an image fits into the memory's minimum, and the domain is held.
                unsafe { ptr::write_bytes(memory.base.add(shown.start), 0, shown.len()) };
            }
        }
    }
}
