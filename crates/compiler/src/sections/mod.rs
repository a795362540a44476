//! One method per section of a module; each adds to the module's description what the validator has accepted.

mod constants;
mod names;
mod segments;

use crate::CompileError;
use crate::convert::{
    global_type, invalid, memory_type, table_type, too_large, unsupported, value_type,
};
use wasmill_types::{
    EntityRef, ExportIndex, FunctionIndex, FunctionType, GlobalIndex, GlobalInit, ImportIndex,
    MemoryIndex, ModuleInfo, SignatureIndex, TableIndex, TableType, Type,
};
use wasmparser::{
    CustomSectionReader, Export, ExternalKind, Import, KnownCustom, NameSectionReader, Payload,
    TableInit, TypeRef, ValType,
};

/// Most elements a table may have at first.
pub const MAX_TABLE_ELEMENTS: u32 = 10_000_000;

/// The most tables that a module may define. wasmparser allows 100,000; each could grow to its own maximum.
const MAX_TABLES: usize = 100;

/// What has been read of a module.
pub(crate) struct Sections<'a> {
    wasm: &'a [u8],
    info: ModuleInfo,
    /// How many elements further tables may have: every instance has all of them at once.
    table_elements_left: u32,
    /// Which functions a reference can be taken of, as far as seen; a function behind the end is none of them.
    escaping: Vec<bool>,
    /// Read at the end, when all functions are known.
    names: Vec<NameSectionReader<'a>>,
}

type Outcome = Result<(), Box<CompileError>>;

impl<'a> Sections<'a> {
    pub(crate) fn new(wasm: &'a [u8]) -> Self {
        Self {
            wasm,
            info: ModuleInfo::new(),
            table_elements_left: MAX_TABLE_ELEMENTS,
            escaping: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Reads a payload that the validator has accepted.
    pub(crate) fn add(&mut self, payload: Payload<'a>) -> Outcome {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty.map_err(invalid)?;
                    let ty = FunctionType::new(types(ty.params())?, types(ty.results())?);
                    self.info.signatures.push(ty);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(import.map_err(invalid)?)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    let ty = SignatureIndex::from_u32(ty.map_err(invalid)?);
                    self.info.functions.push(ty);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table.map_err(invalid)?;
                    let init = match table.init {
                        TableInit::RefNull => GlobalInit::RefNullConst,
                        TableInit::Expr(init) => self.constant(&init)?,
                    };
                    let ty = self.limited(table_type(table.ty)?)?;
                    self.info.tables.push(ty);
                    self.info.table_initializers.push(init);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory_type(memory.map_err(invalid)?)?;
                    self.info.memories.push(memory);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.map_err(invalid)?;
                    let init = self.constant(&global.init_expr)?;
                    self.info.globals.push(global_type(global.ty)?);
                    self.info.global_initializers.push(init);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.export(export.map_err(invalid)?)?;
                }
            }
            Payload::StartSection { func, .. } => {
                let function = FunctionIndex::from_u32(func);
                self.info.start_function = Some(function);
                self.escape(function);
            }
            Payload::ElementSection(section) => self.elements(section)?,
            Payload::DataSection(section) => self.data(section)?,
            Payload::CustomSection(section) => self.custom(&section),
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => self.info.code_section_start = unchecked_range.start as usize,
            Payload::TagSection(_) => return Err(unsupported("exceptions")),
            // The version, the count of the data section and the end say nothing that the sections
            // themselves do not.
            _ => {}
        }
        Ok(())
    }

    /// The description, when all payloads have been read.
    pub(crate) fn finish(mut self) -> ModuleInfo {
        self.read_names();
        let escaping = self.escaping.iter().enumerate();
        self.info.escaping_functions = escaping
            .filter(|(_, escapes)| **escapes)
            .map(|(index, _)| FunctionIndex::new(index))
            .collect();
        self.info
    }

    /// Notes that a reference to the function can be taken.
    fn escape(&mut self, function: FunctionIndex) {
        let index = function.index();
        if index >= self.escaping.len() {
            // The validator has seen that the function exists, and functions are limited in number.
            self.escaping
                .resize(self.info.functions.len().max(index + 1), false);
        }
        self.escaping[index] = true;
    }

    fn import(&mut self, import: Import<'_>) -> Outcome {
        let info = &mut self.info;
        let index = match import.ty {
            TypeRef::Func(ty) => {
                info.num_imported_functions += 1;
                ImportIndex::Function(info.functions.push(SignatureIndex::from_u32(ty)))
            }
            TypeRef::Table(ty) => {
                info.num_imported_tables += 1;
                ImportIndex::Table(info.tables.push(table_type(ty)?))
            }
            TypeRef::Memory(ty) => {
                info.num_imported_memories += 1;
                ImportIndex::Memory(info.memories.push(memory_type(ty)?))
            }
            TypeRef::Global(ty) => {
                info.num_imported_globals += 1;
                ImportIndex::Global(info.globals.push(global_type(ty)?))
            }
            TypeRef::Tag(_) => return Err(unsupported("exceptions")),
            TypeRef::FuncExact(_) => return Err(unsupported("custom_descriptors")),
        };
        let position = info.imports.len() as u32;
        let key = (import.module.to_owned(), import.name.to_owned(), position);
        info.imports.insert(key, index);
        Ok(())
    }

    /// A table that the module defines.
    fn limited(&mut self, ty: TableType) -> Result<TableType, Box<CompileError>> {
        if self.info.tables.len() - self.info.num_imported_tables >= MAX_TABLES {
            return Err(too_large("tables"));
        }
        self.table_elements_left = self
            .table_elements_left
            .checked_sub(ty.minimum)
            .ok_or_else(|| too_large("table elements"))?;
        Ok(ty)
    }

    fn export(&mut self, export: Export<'_>) -> Outcome {
        let index = match export.kind {
            ExternalKind::Func => {
                let function = FunctionIndex::from_u32(export.index);
                self.escape(function);
                ExportIndex::Function(function)
            }
            ExternalKind::Table => ExportIndex::Table(TableIndex::from_u32(export.index)),
            ExternalKind::Memory => ExportIndex::Memory(MemoryIndex::from_u32(export.index)),
            ExternalKind::Global => ExportIndex::Global(GlobalIndex::from_u32(export.index)),
            ExternalKind::Tag => return Err(unsupported("exceptions")),
            ExternalKind::FuncExact => return Err(unsupported("custom_descriptors")),
        };
        self.info.exports.insert(export.name.to_owned(), index);
        Ok(())
    }

    fn custom(&mut self, section: &CustomSectionReader<'a>) {
        if section.name() == "name" {
            if let KnownCustom::Name(reader) = section.as_known() {
                self.names.push(reader);
            }
            return;
        }
        let data = self.info.custom_sections_data.push(section.data().into());
        let name = section.name().to_owned();
        self.info.custom_sections.push((name, data));
    }
}

fn types(types: &[ValType]) -> Result<Box<[Type]>, Box<CompileError>> {
    types.iter().map(|ty| value_type(*ty)).collect()
}
