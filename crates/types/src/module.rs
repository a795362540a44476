//! The description of a module: everything but its code.
//!
//! The front end fills a [`ModuleInfo`] while it parses; the compilers read types and plans from it; the runtime
//! instantiates from it and never looks at the binary again.

use crate::*;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tells modules of this process apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(usize);

impl Default for ModuleId {
    fn default() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl ModuleId {
    /// A text that names the module in this process.
    pub fn id(&self) -> String {
        self.0.to_string()
    }
}

/// One step of a constant expression, which runs on a small operand stack.
///
/// WebAssembly specification, section "Constant Expressions"; arithmetic is that of extended constant expressions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConstOp {
    /// Pushes a constant.
    I32Const(i32),
    /// Pushes a constant.
    I64Const(i64),
    /// Pushes a constant, as bits.
    F32Const(u32),
    /// Pushes a constant, as bits.
    F64Const(u64),
    /// Pushes a constant.
    V128Const(u128),
    /// Pushes the value of a global.
    GlobalGet(GlobalIndex),
    /// Pushes the null reference of a type.
    RefNull(Type),
    /// Pushes a reference to a function.
    RefFunc(FunctionIndex),
    /// Adds two 32-bit integers.
    I32Add,
    /// Subtracts two 32-bit integers.
    I32Sub,
    /// Multiplies two 32-bit integers.
    I32Mul,
    /// Adds two 64-bit integers.
    I64Add,
    /// Subtracts two 64-bit integers.
    I64Sub,
    /// Multiplies two 64-bit integers.
    I64Mul,
}

/// A validated constant expression: leaves exactly one value.
pub type ConstExpr = Box<[ConstOp]>;

/// How a global gets its first value.
///
/// ```
/// # use wasmill_types::{GlobalIndex, GlobalInit, Value};
/// let own: GlobalInit = GlobalInit::from_value(Value::<()>::I32(1024));
/// let imported = GlobalInit::GetGlobal(GlobalIndex::from_u32(0));
/// assert_eq!((own, own == imported), (GlobalInit::I32Const(1024), false));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum GlobalInit {
    /// A constant.
    I32Const(i32),
    /// A constant.
    I64Const(i64),
    /// A constant.
    F32Const(f32),
    /// A constant.
    F64Const(f64),
    /// A constant.
    V128Const(u128),
    /// The value of another global.
    GetGlobal(GlobalIndex),
    /// The null reference.
    RefNullConst,
    /// A reference to a function.
    RefFunc(FunctionIndex),
    /// An expression of [`ModuleInfo::const_exprs`] that is none of the above.
    Expr(ConstExprIndex),
}

impl GlobalInit {
    /// The initializer that gives `value`.
    ///
    /// ```
    /// # use wasmill_types::{GlobalInit, Value};
    /// assert_eq!(GlobalInit::from_value(Value::<()>::F64(0.5)), GlobalInit::F64Const(0.5));
    /// assert_eq!(GlobalInit::from_value(Value::<()>::FuncRef(None)), GlobalInit::RefNullConst);
    /// ```
    ///
    /// # Panics
    ///
    /// If `value` is a non-null reference, which no initializer can spell.
    pub fn from_value<T: WasmValueType>(value: Value<T>) -> Self {
        match value {
            Value::I32(value) => Self::I32Const(value),
            Value::I64(value) => Self::I64Const(value),
            Value::F32(value) => Self::F32Const(value),
            Value::F64(value) => Self::F64Const(value),
            Value::V128(value) => Self::V128Const(value),
            Value::FuncRef(None) => Self::RefNullConst,
            Value::ExternRef(value) if value.is_null() => Self::RefNullConst,
            _ => panic!("a reference cannot be made into a constant initializer"),
        }
    }
    /// The value of a numeric constant.
    ///
    /// ```
    /// # use wasmill_types::{GlobalInit, Value};
    /// assert_eq!(GlobalInit::I64Const(7).to_value(), Value::<()>::I64(7));
    /// ```
    ///
    /// # Panics
    ///
    /// If this is not a numeric constant.
    pub fn to_value<T: WasmValueType>(&self) -> Value<T> {
        match *self {
            Self::I32Const(value) => Value::I32(value),
            Self::I64Const(value) => Value::I64(value),
            Self::F32Const(value) => Value::F32(value),
            Self::F64Const(value) => Value::F64(value),
            Self::V128Const(value) => Value::V128(value),
            _ => panic!("only numeric initializers have a value of their own"),
        }
    }
}

/// Where and when a segment is copied.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum SegmentMode<Place> {
    /// At instantiation, to an offset that the expression computes.
    Active {
        /// The memory or table.
        place: Place,
        /// The first byte or element.
        offset: GlobalInit,
    },
    /// When the code asks for it.
    Passive,
    /// Never; an element segment that only declares which functions `ref.func` may name.
    Declared,
}

/// A data segment. Its bytes are `ModuleInfo::data[range]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSegment {
    /// When it is copied.
    pub mode: SegmentMode<MemoryIndex>,
    /// Where its bytes lie in [`ModuleInfo::data`].
    pub range: std::ops::Range<usize>,
}

/// What an element segment holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ElementItems {
    /// Functions.
    Functions(Box<[FunctionIndex]>),
    /// Expressions, each giving a reference.
    Expressions(Box<[GlobalInit]>),
}

impl ElementItems {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(items) => items.len(),
            Self::Expressions(items) => items.len(),
        }
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An element segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementSegment {
    /// When it is copied.
    pub mode: SegmentMode<TableIndex>,
    /// The type of its elements.
    pub ty: Type,
    /// The elements.
    pub items: ElementItems,
}

/// Everything that a module declares, but for its code.
///
/// Middlewares may add to it:
///
/// ```
/// # use wasmill_types::{ExportIndex, GlobalInit, GlobalType, ModuleInfo, Mutability, Type};
/// /// Adds a counter that the host can read.
/// fn add_counter(info: &mut ModuleInfo) {
///     let counter = info.globals.push(GlobalType::new(Type::I64, Mutability::Var));
///     info.global_initializers.push(GlobalInit::I64Const(0));
///     info.exports.insert("counter".to_owned(), ExportIndex::Global(counter));
/// }
///
/// let mut info = ModuleInfo::new();
/// add_counter(&mut info);
/// let ty = info.export_type(info.exports["counter"]);
/// assert_eq!(ty.unwrap_global().to_string(), "I64 (mutable)");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleInfo {
    /// Tells modules of this process apart.
    pub id: ModuleId,
    /// The name, from the name section or given by the host.
    pub name: Option<String>,
    /// Imports in section order: module, field and position give what they become.
    pub imports: IndexMap<(String, String, u32), ImportIndex>,
    /// Exports in section order.
    pub exports: IndexMap<String, ExportIndex>,
    /// The start function.
    pub start_function: Option<FunctionIndex>,
    /// Element segments.
    pub element_segments: Deferred<PrimaryMap<ElemIndex, ElementSegment>>,
    /// Data segments.
    pub data_segments: Deferred<PrimaryMap<DataIndex, DataSegment>>,
    /// The bytes of all data segments.
    pub data: SharedBytes,
    /// The initial values of the globals that the module defines.
    pub global_initializers: PrimaryMap<LocalGlobalIndex, GlobalInit>,
    /// The initial elements of the tables that the module defines; null but for typed references.
    pub table_initializers: PrimaryMap<LocalTableIndex, GlobalInit>,
    /// Constant expressions that take more than one step.
    pub const_exprs: PrimaryMap<ConstExprIndex, ConstExpr>,
    /// Names from the name section.
    pub function_names: FunctionNames,
    /// The types of the type section.
    pub signatures: PrimaryMap<SignatureIndex, FunctionType>,
    /// The type of each function.
    pub functions: PrimaryMap<FunctionIndex, SignatureIndex>,
    /// The type of each table.
    pub tables: PrimaryMap<TableIndex, TableType>,
    /// The type of each memory.
    pub memories: PrimaryMap<MemoryIndex, MemoryType>,
    /// The type of each global.
    pub globals: PrimaryMap<GlobalIndex, GlobalType>,
    /// Custom sections in order, but for the name section.
    pub custom_sections: Vec<(String, CustomSectionIndex)>,
    /// The contents of the custom sections.
    pub custom_sections_data: PrimaryMap<CustomSectionIndex, SharedBytes>,
    /// Where the contents of the code section start in the module, if it has one: debug information counts from there.
    pub code_section_start: usize,
    /// How many functions are imported.
    pub num_imported_functions: usize,
    /// How many tables are imported.
    pub num_imported_tables: usize,
    /// How many memories are imported.
    pub num_imported_memories: usize,
    /// How many globals are imported.
    pub num_imported_globals: usize,
    /// Functions a reference can be taken of (exported, in element segments, named by `ref.func` in an initializer or
    /// start), in ascending order: only these need a funcref in an instance.
    pub escaping_functions: Vec<FunctionIndex>,
}

macro_rules! index_spaces {
    ($($count:ident $index:ident $local:ident: $to_index:ident $to_local:ident $is_imported:ident;)*) => { $(
        #[doc = concat!("The [`", stringify!($index), "`] of what the module defines as `local`.")]
        ///
        /// ```
        #[doc = concat!("# use wasmill_types::{ModuleInfo, ", stringify!($index), ", ", stringify!($local), "};")]
        /// let mut info = ModuleInfo::new();
        #[doc = concat!("info.", stringify!($count), " = 2;")]
        #[doc = concat!("let first = ", stringify!($local), "::from_u32(0);")]
        #[doc = concat!("assert_eq!(info.", stringify!($to_index), "(first), ", stringify!($index), "::from_u32(2));")]
        /// ```
        pub fn $to_index(&self, local: $local) -> $index {
            $index::new(self.$count + local.index())
        }
        #[doc = concat!("The [`", stringify!($local), "`], or `None` for an import.")]
        ///
        /// ```
        #[doc = concat!("# use wasmill_types::{ModuleInfo, ", stringify!($index), ", ", stringify!($local), "};")]
        /// let mut info = ModuleInfo::new();
        #[doc = concat!("info.", stringify!($count), " = 2;")]
        #[doc = concat!("let local = info.", stringify!($to_local), "(", stringify!($index), "::from_u32(3));")]
        #[doc = concat!("assert_eq!(local, Some(", stringify!($local), "::from_u32(1)));")]
        #[doc = concat!("assert_eq!(info.", stringify!($to_local), "(", stringify!($index), "::from_u32(1)), None);")]
        /// ```
        pub fn $to_local(&self, index: $index) -> Option<$local> {
            index.index().checked_sub(self.$count).map($local::new)
        }
        /// Whether this is an import.
        ///
        /// ```
        #[doc = concat!("# use wasmill_types::{ModuleInfo, ", stringify!($index), "};")]
        /// let mut info = ModuleInfo::new();
        #[doc = concat!("info.", stringify!($count), " = 2;")]
        #[doc = concat!("assert!(info.", stringify!($is_imported), "(", stringify!($index), "::from_u32(1)));")]
        #[doc = concat!("assert!(!info.", stringify!($is_imported), "(", stringify!($index), "::from_u32(2)));")]
        /// ```
        pub fn $is_imported(&self, index: $index) -> bool {
            index.index() < self.$count
        }
    )* };
}

impl ModuleInfo {
    /// An empty module.
    ///
    /// ```
    /// # use wasmill_types::ModuleInfo;
    /// let info = ModuleInfo::new();
    /// assert!(info.functions.is_empty() && info.name.is_none());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    index_spaces! {
        num_imported_functions FunctionIndex LocalFunctionIndex: func_index local_func_index is_imported_function;
        num_imported_tables TableIndex LocalTableIndex: table_index local_table_index is_imported_table;
        num_imported_memories MemoryIndex LocalMemoryIndex: memory_index local_memory_index is_imported_memory;
        num_imported_globals GlobalIndex LocalGlobalIndex: global_index local_global_index is_imported_global;
    }

    /// The type of a function.
    ///
    /// ```
    /// # use wasmill_types::{FunctionType, ModuleInfo, Type};
    /// let mut info = ModuleInfo::new();
    /// let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// let function = info.functions.push(ty);
    /// assert_eq!(info.function_type(function).params(), [Type::I32]);
    /// ```
    #[inline]
    pub fn function_type(&self, index: FunctionIndex) -> &FunctionType {
        &self.signatures[self.functions[index]]
    }

    /// The type of what an import requires.
    ///
    /// ```
    /// # use wasmill_types::{ImportIndex, MemoryType, ModuleInfo};
    /// let mut info = ModuleInfo::new();
    /// let memory = info.memories.push(MemoryType::new(1, None, false));
    /// let ty = info.import_type(ImportIndex::Memory(memory));
    /// assert_eq!(ty.unwrap_memory().minimum.0, 1);
    /// ```
    pub fn import_type(&self, index: ImportIndex) -> ExternType {
        match index {
            ImportIndex::Function(index) => self.function_type(index).clone().into(),
            ImportIndex::Table(index) => self.tables[index].into(),
            ImportIndex::Memory(index) => self.memories[index].into(),
            ImportIndex::Global(index) => self.globals[index].into(),
        }
    }

    /// The type of what an export provides.
    ///
    /// ```
    /// # use wasmill_types::{ExportIndex, ModuleInfo, TableType, Type};
    /// let mut info = ModuleInfo::new();
    /// let table = info.tables.push(TableType::new(Type::FuncRef, 4, None));
    /// let ty = info.export_type(ExportIndex::Table(table));
    /// assert_eq!(ty.unwrap_table().minimum, 4);
    /// ```
    pub fn export_type(&self, index: ExportIndex) -> ExternType {
        match index {
            ExportIndex::Function(index) => self.function_type(index).clone().into(),
            ExportIndex::Table(index) => self.tables[index].into(),
            ExportIndex::Memory(index) => self.memories[index].into(),
            ExportIndex::Global(index) => self.globals[index].into(),
        }
    }

    /// The name, or `<module>` if it has none.
    ///
    /// ```
    /// # use wasmill_types::ModuleInfo;
    /// let mut info = ModuleInfo::new();
    /// assert_eq!(info.name(), "<module>");
    /// info.name = Some("calculator".to_owned());
    /// assert_eq!(info.name(), "calculator");
    /// ```
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| "<module>".to_owned())
    }

    /// Whether any declared type holds a reference to a host value: such instances share their store's reference heap.
    ///
    /// ```
    /// # use wasmill_types::{ModuleInfo, TableType, Type};
    /// let mut info = ModuleInfo::new();
    /// info.tables.push(TableType::new(Type::FuncRef, 1, None));
    /// assert!(!info.uses_extern_refs());
    /// info.tables.push(TableType::new(Type::ExternRef, 1, None));
    /// assert!(info.uses_extern_refs());
    /// ```
    pub fn uses_extern_refs(&self) -> bool {
        let in_signatures = self
            .signatures
            .values()
            .flat_map(|ty| ty.params().iter().chain(ty.results()));
        let mut types = in_signatures
            .copied()
            .chain(self.tables.values().map(|ty| ty.ty))
            .chain(self.globals.values().map(|ty| ty.ty));
        types.any(|ty| ty == Type::ExternRef)
    }

    /// Whether imports come first in each index space, in order, and as many as the counts say: so it is of every module
    /// that was read, and whoever gets a description from elsewhere has to ask.
    ///
    /// ```
    /// # use wasmill_types::{MemoryType, ModuleInfo};
    /// let mut info = ModuleInfo::new();
    /// info.memories.push(MemoryType::new(1, None, false));
    /// assert!(info.imports_are_counted());
    /// info.num_imported_memories = 1;
    /// assert!(!info.imports_are_counted(), "the count says that it is imported, but nothing imports it");
    /// ```
    pub fn imports_are_counted(&self) -> bool {
        let mut counts = [0; 4];
        let in_order = self.imports.values().all(|import| {
            let (count, index) = match import {
                ImportIndex::Function(index) => (&mut counts[0], index.index()),
                ImportIndex::Table(index) => (&mut counts[1], index.index()),
                ImportIndex::Memory(index) => (&mut counts[2], index.index()),
                ImportIndex::Global(index) => (&mut counts[3], index.index()),
            };
            *count += 1;
            index == *count - 1
        });
        let said = [
            (self.num_imported_functions, self.functions.len()),
            (self.num_imported_tables, self.tables.len()),
            (self.num_imported_memories, self.memories.len()),
            (self.num_imported_globals, self.globals.len()),
        ];
        let mut said = said.iter().zip(counts);
        in_order && said.all(|(&(said, all), count)| said == count && count <= all)
    }
}

impl fmt::Display for ModuleInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
