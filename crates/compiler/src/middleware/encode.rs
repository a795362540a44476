//! From the description of a module and its function bodies back to bytes.
//!
//! Middlewares may have changed the description at will, so nothing in it is believed: what this file indexes with, it
//! checks, and what the bytes say is then read and validated like any other module. Counts and orders that the bytes
//! cannot show are checked here ([`check`]).

use crate::Features;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, DataSegmentMode, ElementMode,
    ElementSection, Elements, EntityType, ExportKind, ExportSection, FunctionSection,
    GlobalSection, HeapType, Ieee32, Ieee64, ImportSection, Instruction, MemorySection, Module,
    RefType, StartSection, TableSection, TypeSection, ValType,
};
use wasmill_types::{
    ConstOp, DataSegment, ElementItems, ElementSegment, ExportIndex, FunctionIndex, GlobalInit,
    GlobalType, ImportIndex, MemoryType, ModuleInfo, Mutability, SegmentMode, TableType, Type,
};

/// Why a description cannot be that of a module.
pub(super) type Broken = &'static str;

/// Encodes a module, custom sections aside.
///
/// # Errors
///
/// If the description contradicts itself in a way that the bytes would not show.
pub(super) fn encode<'b>(
    info: &ModuleInfo,
    bodies: impl Iterator<Item = &'b [u8]>,
    features: &Features,
) -> Result<Vec<u8>, Broken> {
    check(info)?;
    let mut code = CodeSection::new();
    for body in bodies {
        code.raw(body);
    }
    let mut module = Module::new();
    module
        .section(&types(info))
        .section(&imports(info)?)
        .section(&functions(info))
        .section(&tables(info)?)
        .section(&memories(info))
        .section(&globals(info)?)
        .section(&exports(info));
    if let Some(function) = info.start_function {
        let function_index = function.as_u32();
        module.section(&StartSection { function_index });
    }
    module.section(&elements(info)?);
    if features.bulk_memory {
        let count = info.data_segments.len() as u32;
        module.section(&DataCountSection { count });
    }
    module.section(&code).section(&data(info)?);
    Ok(module.finish())
}

/// Sees to it that as many of everything are imported, and as many initial values are there, as the description says.
fn check(info: &ModuleInfo) -> Result<(), Broken> {
    if !info.imports_are_counted() {
        return Err("imports are not counted, in order, as the first of their kind");
    }
    let values = info.global_initializers.len() + info.num_imported_globals;
    if values != info.globals.len() {
        return Err("the counts of globals and of their initial values differ");
    }
    if info.table_initializers.len() + info.num_imported_tables != info.tables.len() {
        return Err("the counts of tables and of their initial elements differ");
    }
    let mut sections = info.custom_sections.iter();
    if !sections.all(|(_, data)| info.custom_sections_data.is_valid(*data)) {
        return Err("a custom section has no contents");
    }
    Ok(())
}

fn types(info: &ModuleInfo) -> TypeSection {
    let mut section = TypeSection::new();
    for ty in info.signatures.values() {
        let types = |types: &[Type]| types.iter().map(|ty| value_type(*ty)).collect::<Vec<_>>();
        let (params, results) = (types(ty.params()), types(ty.results()));
        section.ty().function(params, results);
    }
    section
}

fn imports(info: &ModuleInfo) -> Result<ImportSection, Broken> {
    const MISSING: Broken = "an import is not declared";
    let mut section = ImportSection::new();
    for ((module, field, _), index) in &info.imports {
        let ty = match *index {
            ImportIndex::Function(index) => {
                EntityType::Function(info.functions.get(index).ok_or(MISSING)?.as_u32())
            }
            ImportIndex::Table(index) => table_type(info.tables.get(index).ok_or(MISSING)?)?.into(),
            ImportIndex::Memory(index) => {
                memory_type(info.memories.get(index).ok_or(MISSING)?).into()
            }
            ImportIndex::Global(index) => {
                global_type(info.globals.get(index).ok_or(MISSING)?).into()
            }
        };
        section.import(module, field, ty);
    }
    Ok(section)
}

fn functions(info: &ModuleInfo) -> FunctionSection {
    let mut section = FunctionSection::new();
    for ty in info.functions.values().skip(info.num_imported_functions) {
        section.function(ty.as_u32());
    }
    section
}

fn tables(info: &ModuleInfo) -> Result<TableSection, Broken> {
    let mut section = TableSection::new();
    let types = info.tables.values().skip(info.num_imported_tables);
    for (ty, init) in types.zip(info.table_initializers.values()) {
        match init {
            GlobalInit::RefNullConst => section.table(table_type(ty)?),
            init => section.table_with_init(table_type(ty)?, &constant(info, *init, ty.ty)?),
        };
    }
    Ok(section)
}

fn memories(info: &ModuleInfo) -> MemorySection {
    let mut section = MemorySection::new();
    for ty in info.memories.values().skip(info.num_imported_memories) {
        section.memory(memory_type(ty));
    }
    section
}

fn globals(info: &ModuleInfo) -> Result<GlobalSection, Broken> {
    let mut section = GlobalSection::new();
    let types = info.globals.values().skip(info.num_imported_globals);
    for (ty, init) in types.zip(info.global_initializers.values()) {
        section.global(global_type(ty), &constant(info, *init, ty.ty)?);
    }
    Ok(section)
}

fn exports(info: &ModuleInfo) -> ExportSection {
    let mut section = ExportSection::new();
    for (name, index) in &info.exports {
        let (kind, index) = match index {
            ExportIndex::Function(index) => (ExportKind::Func, index.as_u32()),
            ExportIndex::Table(index) => (ExportKind::Table, index.as_u32()),
            ExportIndex::Memory(index) => (ExportKind::Memory, index.as_u32()),
            ExportIndex::Global(index) => (ExportKind::Global, index.as_u32()),
        };
        section.export(name, kind, index);
    }
    section
}

fn elements(info: &ModuleInfo) -> Result<ElementSection, Broken> {
    let mut section = ElementSection::new();
    for ElementSegment { mode, ty, items } in info.element_segments.values() {
        let offset;
        let mode = match mode {
            SegmentMode::Passive => ElementMode::Passive,
            SegmentMode::Declared => ElementMode::Declared,
            SegmentMode::Active { place, offset: at } => {
                offset = constant(info, *at, Type::I32)?;
                // The first table is spelled as in the first version of WebAssembly, which may be all that is allowed.
                let table = Some(place.as_u32()).filter(|table| *table != 0);
                ElementMode::Active {
                    table,
                    offset: &offset,
                }
            }
        };
        let elements = match items {
            ElementItems::Functions(_) if *ty != Type::FuncRef => {
                return Err("an element segment of functions has another type");
            }
            ElementItems::Functions(functions) => {
                let indices = functions.iter().map(|function| function.as_u32());
                Elements::Functions(indices.collect())
            }
            ElementItems::Expressions(items) => {
                let items = items.iter().map(|item| constant(info, *item, *ty));
                Elements::Expressions(reference_type(*ty)?, items.collect::<Result<_, _>>()?)
            }
        };
        section.segment(wasm_encoder::ElementSegment { mode, elements });
    }
    Ok(section)
}

fn data(info: &ModuleInfo) -> Result<DataSection, Broken> {
    let mut section = DataSection::new();
    let mut left = crate::MAX_MODULE_SIZE;
    for DataSegment { mode, range } in info.data_segments.values() {
        let bytes = info.data.get(range.clone());
        let bytes = bytes.ok_or("a data segment lies outside of the data")?;
        left = left.checked_sub(bytes.len()).ok_or("too much data")?;
        let offset;
        let mode = match mode {
            SegmentMode::Passive => DataSegmentMode::Passive,
            SegmentMode::Declared => return Err("a data segment is declared only"),
            SegmentMode::Active { place, offset: at } => {
                offset = constant(info, *at, Type::I32)?;
                DataSegmentMode::Active {
                    memory_index: place.as_u32(),
                    offset: &offset,
                }
            }
        };
        section.segment(wasm_encoder::DataSegment {
            mode,
            data: bytes.iter().copied(),
        });
    }
    Ok(section)
}

/// An initial value of type `ty`.
fn constant(info: &ModuleInfo, init: GlobalInit, ty: Type) -> Result<ConstExpr, Broken> {
    let step = match init {
        GlobalInit::I32Const(value) => ConstOp::I32Const(value),
        GlobalInit::I64Const(value) => ConstOp::I64Const(value),
        GlobalInit::F32Const(value) => ConstOp::F32Const(value.to_bits()),
        GlobalInit::F64Const(value) => ConstOp::F64Const(value.to_bits()),
        GlobalInit::V128Const(value) => ConstOp::V128Const(value),
        GlobalInit::GetGlobal(global) => ConstOp::GlobalGet(global),
        GlobalInit::RefNullConst => ConstOp::RefNull(ty),
        GlobalInit::RefFunc(function) => ConstOp::RefFunc(function),
        GlobalInit::Expr(index) => {
            let steps = info.const_exprs.get(index);
            return expression(steps.ok_or("a constant expression is missing")?);
        }
    };
    expression(&[step])
}

fn expression(steps: &[ConstOp]) -> Result<ConstExpr, Broken> {
    let steps = steps.iter().map(|step| {
        Ok(match *step {
            ConstOp::I32Const(value) => Instruction::I32Const(value),
            ConstOp::I64Const(value) => Instruction::I64Const(value),
            ConstOp::F32Const(bits) => Instruction::F32Const(Ieee32::new(bits)),
            ConstOp::F64Const(bits) => Instruction::F64Const(Ieee64::new(bits)),
            ConstOp::V128Const(value) => Instruction::V128Const(value as i128),
            ConstOp::GlobalGet(global) => Instruction::GlobalGet(global.as_u32()),
            ConstOp::RefNull(ty) => Instruction::RefNull(heap_type(ty)?),
            ConstOp::RefFunc(function) => Instruction::RefFunc(FunctionIndex::as_u32(function)),
            ConstOp::I32Add => Instruction::I32Add,
            ConstOp::I32Sub => Instruction::I32Sub,
            ConstOp::I32Mul => Instruction::I32Mul,
            ConstOp::I64Add => Instruction::I64Add,
            ConstOp::I64Sub => Instruction::I64Sub,
            ConstOp::I64Mul => Instruction::I64Mul,
        })
    });
    Ok(ConstExpr::extended(steps.collect::<Result<Vec<_>, _>>()?))
}

fn value_type(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::FuncRef => ValType::FUNCREF,
        Type::ExternRef => ValType::EXTERNREF,
    }
}

fn reference_type(ty: Type) -> Result<RefType, Broken> {
    match value_type(ty) {
        ValType::Ref(ty) => Ok(ty),
        _ => Err("a number stands where a reference belongs"),
    }
}

fn heap_type(ty: Type) -> Result<HeapType, Broken> {
    Ok(reference_type(ty)?.heap_type)
}

fn table_type(ty: &TableType) -> Result<wasm_encoder::TableType, Broken> {
    Ok(wasm_encoder::TableType {
        element_type: reference_type(ty.ty)?,
        table64: false,
        minimum: ty.minimum.into(),
        maximum: ty.maximum.map(u64::from),
        shared: false,
    })
}

fn memory_type(ty: &MemoryType) -> wasm_encoder::MemoryType {
    wasm_encoder::MemoryType {
        minimum: ty.minimum.0.into(),
        maximum: ty.maximum.map(|pages| pages.0.into()),
        memory64: false,
        shared: ty.shared,
        page_size_log2: None,
    }
}

fn global_type(ty: &GlobalType) -> wasm_encoder::GlobalType {
    wasm_encoder::GlobalType {
        val_type: value_type(ty.ty),
        mutable: ty.mutability == Mutability::Var,
        shared: false,
    }
}
