//! Whether a decoded description makes sense: what translation and validation guarantee of a module that was just compiled.
//!
//! Checksums find damage; this finds what no damage explains. The rest of the program indexes, counts and allocates by
//! these numbers without asking again. The code itself cannot be checked: that is what loading is `unsafe` for.
//!
//! [`check`] comes before anybody sees the module. [`check_contents`] is about what only instances need: it may wait until the first one.

use super::description::Described;
use wasmill_types::{
    ConstOp, ElementItems, EntityRef, ExportIndex, FunctionIndex, GlobalInit, ModuleInfo,
    SegmentMode, Type,
};
use wasmill_vm::MAX_TABLE_ELEMENTS;

/// Parameters, or results, that a function may have: a limit of WebAssembly.
const MAX_VALUES: usize = 1000;

/// What is wrong, if anything is.
pub(super) fn check(described: &Described) -> Result<(), &'static str> {
    let info = &described.info;
    ensure(
        info.imports_are_counted(),
        "its imports do not match their counts",
    )?;
    ensure(types_are_possible(info), "a type is impossible")?;
    ensure(
        described.memory_styles.len() == info.memories.len()
            && described.table_styles.len() == info.tables.len(),
        "a memory or a table has no layout",
    )?;
    let mut styles = described.memory_styles.values();
    ensure(
        styles.all(|style| style.clone().clamped() == *style),
        "the layout of a memory is impossible",
    )?;
    ensure(
        functions_exist(info),
        "it names a function that does not exist",
    )?;
    ensure(exports_exist(info), "it exports what does not exist")?;
    let constants = Constants::new(info)?;
    ensure(
        initializers_fit(info, &constants),
        "an initial value is of another type",
    )?;
    let mut custom = info.custom_sections.iter();
    ensure(
        custom.all(|(_, index)| info.custom_sections_data.is_valid(*index)),
        "a custom section has no contents",
    )
}

/// What is wrong with segments or data, if anything is; of a description that [`check`] has found right.
pub(crate) fn check_contents(info: &ModuleInfo) -> Result<(), &'static str> {
    ensure(
        info.data.are_whole(),
        "the checksum of its data does not match",
    )?;
    ensure(
        info.element_segments.is_sound() && info.data_segments.is_sound(),
        "its segments cannot be decoded",
    )?;
    ensure(
        segments_fit(info, &Constants::new(info)?),
        "a segment lies outside, or is of another type",
    )
}

fn ensure(holds: bool, text: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(text) }
}

fn types_are_possible(info: &ModuleInfo) -> bool {
    let mut signatures = info.signatures.values();
    let own_tables = info.tables.values().skip(info.num_imported_tables);
    let elements: u64 = own_tables.map(|ty| u64::from(ty.minimum)).sum();
    signatures.all(|ty| ty.params().len() <= MAX_VALUES && ty.results().len() <= MAX_VALUES)
        && info.tables.values().all(|ty| ty.ty.is_ref())
        && elements <= u64::from(MAX_TABLE_ELEMENTS)
}

fn functions_exist(info: &ModuleInfo) -> bool {
    let count = info.functions.len();
    let escaping = &info.escaping_functions;
    info.functions
        .values()
        .all(|ty| info.signatures.is_valid(*ty))
        && escaping.is_sorted_by(|a, b| a < b)
        && escaping.last().is_none_or(|last| last.index() < count)
        && info.start_function.is_none_or(|start| {
            start.index() < count && {
                let ty = info.function_type(start);
                ty.params().is_empty() && ty.results().is_empty()
            }
        })
}

fn exports_exist(info: &ModuleInfo) -> bool {
    info.exports.values().all(|export| match *export {
        ExportIndex::Function(index) => is_reference(info, index),
        ExportIndex::Table(index) => info.tables.is_valid(index),
        ExportIndex::Memory(index) => info.memories.is_valid(index),
        ExportIndex::Global(index) => info.globals.is_valid(index),
    })
}

/// Whether a reference can be taken of a function.
fn is_reference(info: &ModuleInfo, function: FunctionIndex) -> bool {
    info.escaping_functions.binary_search(&function).is_ok()
}

/// What constant expressions give. Each is looked at once, however often it is used.
struct Constants<'a> {
    info: &'a ModuleInfo,
    /// Of each function: whether a reference can be taken of it. Segments have many.
    references: Vec<bool>,
    /// Of each expression: its type, and how many of the globals it needs.
    expressions: Vec<(Type, usize)>,
}

impl<'a> Constants<'a> {
    fn new(info: &'a ModuleInfo) -> Result<Self, &'static str> {
        let expressions = info.const_exprs.values().map(|steps| run(info, steps));
        let expressions: Option<Vec<_>> = expressions.collect();
        let expressions = expressions.ok_or("an expression is not valid")?;
        let mut references = vec![false; info.functions.len()];
        for function in &info.escaping_functions {
            references[function.index()] = true;
        }
        Ok(Self {
            info,
            references,
            expressions,
        })
    }

    fn is_reference(&self, function: FunctionIndex) -> bool {
        self.references.get(function.index()) == Some(&true)
    }

    /// Whether an initializer gives a value of this type, from the first `globals` globals.
    fn gives(&self, init: &GlobalInit, ty: Type, globals: usize) -> bool {
        match *init {
            GlobalInit::I32Const(_) => ty == Type::I32,
            GlobalInit::I64Const(_) => ty == Type::I64,
            GlobalInit::F32Const(_) => ty == Type::F32,
            GlobalInit::F64Const(_) => ty == Type::F64,
            GlobalInit::V128Const(_) => ty == Type::V128,
            GlobalInit::RefNullConst => ty.is_ref(),
            GlobalInit::RefFunc(function) => ty == Type::FuncRef && self.is_reference(function),
            GlobalInit::GetGlobal(global) => {
                global.index() < globals
                    && self
                        .info
                        .globals
                        .get(global)
                        .is_some_and(|global| global.ty == ty)
            }
            GlobalInit::Expr(expression) => {
                let expression = self.expressions.get(expression.index());
                expression.is_some_and(|(given, needed)| *given == ty && *needed <= globals)
            }
        }
    }
}

/// The type that an expression leaves, and how many globals it needs; `None` if it is not valid.
fn run(info: &ModuleInfo, steps: &[ConstOp]) -> Option<(Type, usize)> {
    let mut stack = Vec::new();
    let mut globals = 0;
    for step in steps {
        let ty = match *step {
            ConstOp::I32Const(_) => Type::I32,
            ConstOp::I64Const(_) => Type::I64,
            ConstOp::F32Const(_) => Type::F32,
            ConstOp::F64Const(_) => Type::F64,
            ConstOp::V128Const(_) => Type::V128,
            ConstOp::RefNull(ty) => Some(ty).filter(|ty| ty.is_ref())?,
            ConstOp::RefFunc(function) => {
                Some(Type::FuncRef).filter(|_| is_reference(info, function))?
            }
            ConstOp::GlobalGet(global) => {
                globals = globals.max(global.index() + 1);
                info.globals.get(global)?.ty
            }
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => operands(&mut stack, Type::I32)?,
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => operands(&mut stack, Type::I64)?,
        };
        stack.push(ty);
    }
    match stack[..] {
        [ty] => Some((ty, globals)),
        _ => None,
    }
}

/// Takes two operands of a type off the stack.
fn operands(stack: &mut Vec<Type>, ty: Type) -> Option<Type> {
    (stack.pop()? == ty && stack.pop()? == ty).then_some(ty)
}

fn initializers_fit(info: &ModuleInfo, constants: &Constants<'_>) -> bool {
    let imported = info.num_imported_globals;
    let (globals, tables) = (&info.globals, &info.tables);
    let mut of_globals = info
        .global_initializers
        .values()
        .zip(globals.iter().skip(imported));
    let mut of_tables = info
        .table_initializers
        .values()
        .zip(tables.values().skip(info.num_imported_tables));
    info.global_initializers.len() == globals.len() - imported
        && info.table_initializers.len() == tables.len() - info.num_imported_tables
        // A global is computed from those before it.
        && of_globals.all(|(init, (index, global))| constants.gives(init, global.ty, index.index()))
        && of_tables.all(|(init, table)| constants.gives(init, table.ty, globals.len()))
}

fn segments_fit(info: &ModuleInfo, constants: &Constants<'_>) -> bool {
    let globals = info.globals.len();
    let is_offset = |offset| constants.gives(offset, Type::I32, globals);
    let data = info.data_segments.values().all(|segment| {
        let range = &segment.range;
        range.start <= range.end
            && range.end <= info.data.len()
            && match &segment.mode {
                SegmentMode::Active { place, offset } => {
                    info.memories.is_valid(*place) && is_offset(offset)
                }
                _ => true,
            }
    });
    let elements = info.element_segments.values().all(|segment| {
        let items = match &segment.items {
            ElementItems::Functions(items) => {
                segment.ty == Type::FuncRef
                    && items.iter().all(|item| constants.is_reference(*item))
            }
            ElementItems::Expressions(items) => items
                .iter()
                .all(|item| constants.gives(item, segment.ty, globals)),
        };
        segment.ty.is_ref()
            && items
            && match &segment.mode {
                SegmentMode::Active { place, offset } => {
                    info.tables
                        .get(*place)
                        .is_some_and(|table| table.ty == segment.ty)
                        && is_offset(offset)
                }
                _ => true,
            }
    });
    data && elements
}
