//! Element and data segments.

use super::{Outcome, Sections};
use crate::convert::{element_type, invalid};
use wasmill_types::{
    DataSegment, ElementItems, ElementSegment, FunctionIndex, MemoryIndex, SegmentMode,
    SharedBytes, TableIndex, Type,
};
use wasmparser::{DataKind, DataSectionReader, ElementKind, ElementSectionReader};

impl Sections<'_> {
    pub(super) fn elements(&mut self, section: ElementSectionReader<'_>) -> Outcome {
        for segment in section {
            let segment = segment.map_err(invalid)?;
            let mode = match segment.kind {
                ElementKind::Passive => SegmentMode::Passive,
                ElementKind::Declared => SegmentMode::Declared,
                ElementKind::Active {
                    table_index,
                    offset_expr,
                } => SegmentMode::Active {
                    place: TableIndex::from_u32(table_index.unwrap_or(0)),
                    offset: self.constant(&offset_expr)?,
                },
            };
            let (ty, items) = match segment.items {
                wasmparser::ElementItems::Functions(section) => {
                    let mut functions = Vec::new();
                    for function in section {
                        let function = FunctionIndex::from_u32(function.map_err(invalid)?);
                        self.escape(function);
                        functions.push(function);
                    }
                    (Type::FuncRef, ElementItems::Functions(functions.into()))
                }
                wasmparser::ElementItems::Expressions(ty, section) => {
                    let mut items = Vec::new();
                    for expression in section {
                        items.push(self.constant(&expression.map_err(invalid)?)?);
                    }
                    (element_type(ty)?, ElementItems::Expressions(items.into()))
                }
            };
            let segment = ElementSegment { mode, ty, items };
            self.info.element_segments.push(segment);
        }
        Ok(())
    }

    /// Copies the section as a whole: segments are ranges in it.
    pub(super) fn data(&mut self, section: DataSectionReader<'_>) -> Outcome {
        let bytes = section.range();
        let start = bytes.start as usize;
        self.info.data = SharedBytes::from(&self.wasm[start..bytes.end as usize]);
        for segment in section {
            let segment = segment.map_err(invalid)?;
            let mode = match segment.kind {
                DataKind::Passive => SegmentMode::Passive,
                DataKind::Active {
                    memory_index,
                    offset_expr,
                } => SegmentMode::Active {
                    place: MemoryIndex::from_u32(memory_index),
                    offset: self.constant(&offset_expr)?,
                },
            };
            // The bytes are the last part of a segment.
            let end = segment.range.end as usize - start;
            let range = end - segment.data.len()..end;
            debug_assert_eq!(&self.info.data[range.clone()], segment.data);
            self.info.data_segments.push(DataSegment { mode, range });
        }
        Ok(())
    }
}
