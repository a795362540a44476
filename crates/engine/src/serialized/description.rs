//! What a module declares, as it is in an artifact.
//!
//! The part that is decoded is small: what is large lies in sections of its own (the types of functions, segments, data, names,
//! custom sections) and is copied at once, read in place, or decoded when somebody needs it.

use super::{Section, Sections, corrupted, decode};
use crate::{AbsoluteAddress, DeserializeError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use wasmill_types::{
    ConstExpr, ConstExprIndex, CustomSectionIndex, Deferred, EntityRef, ExportIndex, FunctionIndex,
    FunctionNames, FunctionType, GlobalIndex, GlobalInit, GlobalType, ImportIndex,
    LocalGlobalIndex, LocalTableIndex, MemoryIndex, MemoryStyle, MemoryType, ModuleId, ModuleInfo,
    PackedNames, PrimaryMap, SharedBytes, SignatureIndex, TableIndex, TableStyle, TableType,
};

/// All that must be decoded.
#[derive(Serialize, Deserialize)]
struct Description<'a> {
    name: Option<&'a str>,
    imports: Vec<(&'a str, &'a str, ImportIndex)>,
    exports: Vec<(&'a str, ExportIndex)>,
    start_function: Option<FunctionIndex>,
    global_initializers: List<'a, GlobalInit>,
    table_initializers: List<'a, GlobalInit>,
    const_exprs: List<'a, ConstExpr>,
    signatures: List<'a, FunctionType>,
    tables: List<'a, TableType>,
    memories: List<'a, MemoryType>,
    globals: List<'a, GlobalType>,
    custom_sections: Vec<(&'a str, CustomSectionIndex)>,
    /// The lengths of the custom sections' contents, which lie one behind the other.
    custom_lengths: Vec<usize>,
    code_section_start: usize,
    /// How many functions, tables, memories and globals are imported.
    imported: [usize; 4],
    memory_styles: List<'a, MemoryStyle>,
    table_styles: List<'a, TableStyle>,
    /// Words in the code that depend on its address.
    absolute: Vec<(u32, i64)>,
}

type List<'a, T> = Cow<'a, [T]>;

fn map<K: EntityRef, T: Clone>(list: List<'_, T>) -> PrimaryMap<K, T> {
    list.into_owned().into_iter().collect()
}

/// Decodes a list that has a section for itself.
fn list<K: EntityRef, T: DeserializeOwned>(bytes: &[u8]) -> Option<PrimaryMap<K, T>> {
    let items: Vec<T> = decode(bytes).ok()?;
    Some(items.into_iter().collect())
}

/// A description, and what belongs to the code rather than to the module.
#[derive(Debug, PartialEq)]
pub(super) struct Described {
    pub(super) info: ModuleInfo,
    pub(super) memory_styles: PrimaryMap<MemoryIndex, MemoryStyle>,
    pub(super) table_styles: PrimaryMap<TableIndex, TableStyle>,
    pub(super) absolute: Vec<AbsoluteAddress>,
}

/// The sections that a description takes.
pub(super) struct Written {
    pub(super) description: Vec<u8>,
    pub(super) function_types: Vec<u8>,
    pub(super) escaping: Vec<u8>,
    pub(super) element_segments: Vec<u8>,
    pub(super) data_segments: Vec<u8>,
    pub(super) data: SharedBytes,
    pub(super) custom: Vec<u8>,
    pub(super) names: PackedNames,
}

pub(super) fn write(
    info: &ModuleInfo,
    memory_styles: &PrimaryMap<MemoryIndex, MemoryStyle>,
    table_styles: &PrimaryMap<TableIndex, TableStyle>,
    absolute: &[AbsoluteAddress],
) -> Written {
    // Named one by one, so that a new field is not forgotten.
    let ModuleInfo {
        id: _,
        name,
        imports,
        exports,
        start_function,
        element_segments,
        data_segments,
        data,
        global_initializers,
        table_initializers,
        const_exprs,
        function_names,
        signatures,
        functions,
        tables,
        memories,
        globals,
        custom_sections,
        custom_sections_data,
        code_section_start,
        num_imported_functions,
        num_imported_tables,
        num_imported_memories,
        num_imported_globals,
        escaping_functions,
    } = info;
    let imports = imports.iter();
    let imports =
        imports.map(|((module, name, _), index)| (module.as_str(), name.as_str(), *index));
    let custom_names = custom_sections.iter();
    let description = Description {
        name: name.as_deref(),
        imports: imports.collect(),
        exports: exports
            .iter()
            .map(|(name, index)| (name.as_str(), *index))
            .collect(),
        start_function: *start_function,
        global_initializers: global_initializers.as_slice().into(),
        table_initializers: table_initializers.as_slice().into(),
        const_exprs: const_exprs.as_slice().into(),
        signatures: signatures.as_slice().into(),
        tables: tables.as_slice().into(),
        memories: memories.as_slice().into(),
        globals: globals.as_slice().into(),
        custom_sections: custom_names
            .map(|(name, index)| (name.as_str(), *index))
            .collect(),
        custom_lengths: custom_sections_data
            .values()
            .map(|data| data.len())
            .collect(),
        code_section_start: *code_section_start,
        imported: [
            *num_imported_functions,
            *num_imported_tables,
            *num_imported_memories,
            *num_imported_globals,
        ],
        memory_styles: memory_styles.as_slice().into(),
        table_styles: table_styles.as_slice().into(),
        absolute: absolute
            .iter()
            .map(|word| (word.offset, word.value))
            .collect(),
    };
    Written {
        description: encode(&description),
        element_segments: encode(element_segments.as_slice()),
        data_segments: encode(data_segments.as_slice()),
        function_types: words(functions.values().map(|ty| ty.as_u32())),
        escaping: words(escaping_functions.iter().map(|function| function.as_u32())),
        data: data.clone(),
        custom: custom_sections_data
            .values()
            .map(|data| &**data)
            .collect::<Vec<_>>()
            .concat(),
        names: function_names.pack(),
    }
}

fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data, into memory")
}

fn words(numbers: impl Iterator<Item = u32>) -> Vec<u8> {
    numbers.flat_map(u32::to_le_bytes).collect()
}

/// Decodes a description. That it makes sense is another matter: see `check`.
pub(super) fn read(sections: &Sections) -> Result<Described, DeserializeError> {
    let bytes = sections.get(Section::Description);
    let description: Description<'_> = decode(&bytes)?;
    let imports = description.imports.iter().enumerate();
    let imports = imports.map(|(nth, (module, name, index))| {
        let key = ((*module).to_owned(), (*name).to_owned(), nth as u32);
        (key, *index)
    });
    let exports = description.exports.iter();
    let [functions, tables, memories, globals] = description.imported;
    let info = ModuleInfo {
        id: ModuleId::default(),
        name: description.name.map(str::to_owned),
        imports: imports.collect(),
        exports: exports
            .map(|(name, index)| ((*name).to_owned(), *index))
            .collect(),
        start_function: description.start_function,
        element_segments: Deferred::new(sections.get(Section::ElementSegments), list),
        data_segments: Deferred::new(sections.get(Section::DataSegments), list),
        data: sections.get(Section::Data),
        global_initializers: map::<LocalGlobalIndex, _>(description.global_initializers),
        table_initializers: map::<LocalTableIndex, _>(description.table_initializers),
        const_exprs: map::<ConstExprIndex, _>(description.const_exprs),
        function_names: FunctionNames::from(PackedNames {
            functions: sections.get(Section::NamedFunctions),
            ends: sections.get(Section::NameEnds),
            text: sections.get(Section::NameText),
        }),
        signatures: map::<SignatureIndex, _>(description.signatures),
        functions: numbers(&sections.get(Section::FunctionTypes))
            .map(SignatureIndex::from_u32)
            .collect(),
        tables: map::<TableIndex, _>(description.tables),
        memories: map::<MemoryIndex, _>(description.memories),
        globals: map::<GlobalIndex, _>(description.globals),
        custom_sections: description
            .custom_sections
            .iter()
            .map(|(name, index)| ((*name).to_owned(), *index))
            .collect(),
        custom_sections_data: custom(&description.custom_lengths, &sections.get(Section::Custom))?,
        code_section_start: description.code_section_start,
        num_imported_functions: functions,
        num_imported_tables: tables,
        num_imported_memories: memories,
        num_imported_globals: globals,
        escaping_functions: numbers(&sections.get(Section::Escaping))
            .map(FunctionIndex::from_u32)
            .collect(),
    };
    if info.exports.len() != description.exports.len() {
        return Err(corrupted("two of its exports have the same name"));
    }
    let absolute = description.absolute.iter();
    Ok(Described {
        info,
        memory_styles: map(description.memory_styles),
        table_styles: map(description.table_styles),
        absolute: absolute
            .map(|&(offset, value)| AbsoluteAddress { offset, value })
            .collect(),
    })
}

/// The numbers in a section. The greatest one stands for "none" in an index, so it becomes the next smaller one: as far out
/// of range.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let numbers = bytes.as_chunks().0.iter();
    numbers.map(|bytes| u32::from_le_bytes(*bytes).min(u32::MAX - 1))
}

type CustomContents = PrimaryMap<CustomSectionIndex, SharedBytes>;

fn custom(lengths: &[usize], contents: &SharedBytes) -> Result<CustomContents, DeserializeError> {
    let mut start = 0usize;
    let parts = lengths.iter().map(|length| {
        let end = start.checked_add(*length)?;
        contents.slice(std::mem::replace(&mut start, end)..end)
    });
    let parts: Option<PrimaryMap<_, _>> = parts.collect();
    parts.ok_or_else(|| corrupted("its custom sections are longer than what is there"))
}
