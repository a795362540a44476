//! Type descriptors: what a module declares, imports and exports.

use crate::{FunctionIndex, GlobalIndex, MemoryIndex, Pages, TableIndex};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a value.
///
/// ```
/// # use wasmill_types::Type;
/// assert_eq!(Type::I32.to_string(), "I32");
/// assert!(Type::V128.is_num() && Type::FuncRef.is_ref());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference to a host value, or null.
    ExternRef,
    /// A reference to a function, or null.
    FuncRef,
}

impl Type {
    /// Whether values of this type are numbers or vectors.
    ///
    /// ```
    /// # use wasmill_types::Type;
    /// assert!(Type::F64.is_num());
    /// assert!(!Type::ExternRef.is_num());
    /// ```
    pub fn is_num(self) -> bool {
        !self.is_ref()
    }
    /// Whether values of this type are references.
    ///
    /// ```
    /// # use wasmill_types::Type;
    /// assert!(Type::ExternRef.is_ref());
    /// assert!(!Type::I64.is_ref());
    /// ```
    pub fn is_ref(self) -> bool {
        matches!(self, Self::ExternRef | Self::FuncRef)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The parameters and results of a function.
///
/// Arrays on both sides convert into one, so functions that take a type take those:
///
/// ```
/// # use wasmill_types::{FunctionType, Type};
/// let ty = FunctionType::from(([Type::I32, Type::I32], [Type::I32]));
/// assert_eq!(ty, FunctionType::new([Type::I32, Type::I32], [Type::I32]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FunctionType {
    params: Box<[Type]>,
    results: Box<[Type]>,
}

impl FunctionType {
    /// Makes a function type.
    ///
    /// ```
    /// # use wasmill_types::{FunctionType, Type};
    /// let ty = FunctionType::new(vec![Type::I32, Type::I32], vec![Type::I32]);
    /// assert_eq!(ty.to_string(), "[I32, I32] -> [I32]");
    /// ```
    pub fn new<Params, Returns>(params: Params, returns: Returns) -> Self
    where
        Params: Into<Box<[Type]>>,
        Returns: Into<Box<[Type]>>,
    {
        Self {
            params: params.into(),
            results: returns.into(),
        }
    }
    /// The types of the parameters.
    ///
    /// ```
    /// # use wasmill_types::{FunctionType, Type};
    /// let ty = FunctionType::new([Type::I32, Type::F64], []);
    /// assert_eq!(ty.params(), [Type::I32, Type::F64]);
    /// ```
    pub fn params(&self) -> &[Type] {
        &self.params
    }
    /// The types of the results.
    ///
    /// ```
    /// # use wasmill_types::{FunctionType, Type};
    /// let ty = FunctionType::new([], [Type::I64]);
    /// assert_eq!(ty.results(), [Type::I64]);
    /// ```
    pub fn results(&self) -> &[Type] {
        &self.results
    }
}

impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[Type]| {
            types
                .iter()
                .map(Type::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        write!(f, "[{}] -> [{}]", list(&self.params), list(&self.results))
    }
}

impl<const N: usize, const M: usize> From<([Type; N], [Type; M])> for FunctionType {
    fn from((params, results): ([Type; N], [Type; M])) -> Self {
        Self::new(params, results)
    }
}

impl From<&FunctionType> for FunctionType {
    fn from(ty: &FunctionType) -> Self {
        ty.clone()
    }
}

/// Whether a global can be written.
///
/// ```
/// # use wasmill_types::Mutability;
/// assert_eq!(Mutability::from(true), Mutability::Var);
/// assert!(!bool::from(Mutability::Const));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mutability {
    /// Read only.
    Const,
    /// Writable.
    Var,
}

impl Mutability {
    /// Whether the global can be written.
    ///
    /// ```
    /// # use wasmill_types::Mutability;
    /// assert!(Mutability::Var.is_mutable() && !Mutability::Const.is_mutable());
    /// ```
    pub fn is_mutable(self) -> bool {
        self == Self::Var
    }
}

impl From<bool> for Mutability {
    fn from(mutable: bool) -> Self {
        if mutable { Self::Var } else { Self::Const }
    }
}

impl From<Mutability> for bool {
    fn from(mutability: Mutability) -> Self {
        mutability.is_mutable()
    }
}

/// The type of a global.
///
/// ```
/// # use wasmill_types::{GlobalType, Mutability, Type};
/// let ty = GlobalType { ty: Type::I32, mutability: Mutability::Var };
/// assert_eq!(ty.to_string(), "I32 (mutable)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GlobalType {
    /// The type of its value.
    pub ty: Type,
    /// Whether it can be written.
    pub mutability: Mutability,
}

impl GlobalType {
    /// Makes a global type.
    ///
    /// ```
    /// # use wasmill_types::{GlobalType, Mutability, Type};
    /// let ty = GlobalType::new(Type::F32, Mutability::Const);
    /// assert_eq!((ty.ty, ty.mutability.is_mutable()), (Type::F32, false));
    /// ```
    pub fn new(ty: Type, mutability: Mutability) -> Self {
        Self { ty, mutability }
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mutability = if self.mutability.is_mutable() {
            "mutable"
        } else {
            "constant"
        };
        write!(f, "{} ({mutability})", self.ty)
    }
}

/// The type of a table. Sizes are in elements.
///
/// ```
/// # use wasmill_types::{TableType, Type};
/// let ty = TableType { ty: Type::FuncRef, minimum: 4, maximum: None };
/// assert_eq!(ty.to_string(), "FuncRef (4..)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableType {
    /// The type of the elements, a reference type.
    pub ty: Type,
    /// The size at creation.
    pub minimum: u32,
    /// The size it may grow to, if limited.
    pub maximum: Option<u32>,
}

impl TableType {
    /// Makes a table type.
    ///
    /// ```
    /// # use wasmill_types::{TableType, Type};
    /// let ty = TableType::new(Type::FuncRef, 4, Some(16));
    /// assert_eq!((ty.minimum, ty.maximum), (4, Some(16)));
    /// ```
    pub fn new(ty: Type, minimum: u32, maximum: Option<u32>) -> Self {
        Self {
            ty,
            minimum,
            maximum,
        }
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.maximum {
            Some(maximum) => write!(f, "{} ({}..{maximum})", self.ty, self.minimum),
            None => write!(f, "{} ({}..)", self.ty, self.minimum),
        }
    }
}

/// The type of a linear memory. Sizes are in pages.
///
/// ```
/// # use wasmill_types::{MemoryType, Pages};
/// let ty = MemoryType { minimum: Pages(1), maximum: Some(Pages(16)), shared: false };
/// assert_eq!(ty.to_string(), "not shared (1 pages..16 pages)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MemoryType {
    /// The size at creation.
    pub minimum: Pages,
    /// The size it may grow to, if limited.
    pub maximum: Option<Pages>,
    /// Whether threads share it.
    pub shared: bool,
}

impl MemoryType {
    /// Makes a memory type.
    ///
    /// ```
    /// # use wasmill_types::{MemoryType, Pages};
    /// let ty = MemoryType::new(1, Some(16), false);
    /// assert_eq!((ty.minimum, ty.maximum), (Pages(1), Some(Pages(16))));
    /// ```
    pub fn new<IntoPages: Into<Pages>>(
        minimum: IntoPages,
        maximum: Option<IntoPages>,
        shared: bool,
    ) -> Self {
        Self {
            minimum: minimum.into(),
            maximum: maximum.map(Into::into),
            shared,
        }
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = if self.shared { "shared" } else { "not shared" };
        match self.maximum {
            Some(maximum) => write!(f, "{shared} ({:?}..{maximum:?})", self.minimum),
            None => write!(f, "{shared} ({:?}..)", self.minimum),
        }
    }
}

/// The type of anything that can be imported or exported.
///
/// ```
/// # use wasmill_types::{ExternType, MemoryType};
/// let ty = ExternType::from(MemoryType::new(1, None, false));
/// let size = match &ty {
///     ExternType::Memory(memory) => memory.minimum.0,
///     _ => 0,
/// };
/// assert_eq!(size, 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExternType {
    /// A function.
    Function(FunctionType),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
}

macro_rules! extern_type_accessors {
    ($($variant:ident($ty:ident): $get:ident $unwrap:ident, $example:literal;)*) => { $(
        #[doc = concat!("The [`", stringify!($ty), "`], or `None` for another kind.")]
        ///
        /// ```
        /// # use wasmill_types::{ExternType, FunctionType, GlobalType, MemoryType, Mutability, TableType, Type};
        #[doc = concat!("let ty = ", $example, ";")]
        #[doc = concat!("assert_eq!(ExternType::from(ty.clone()).", stringify!($get), "(), Some(&ty));")]
        /// ```
        pub fn $get(&self) -> Option<&$ty> {
            match self {
                Self::$variant(ty) => Some(ty),
                _ => None,
            }
        }
        #[doc = concat!("The [`", stringify!($ty), "`].")]
        ///
        /// ```
        /// # use wasmill_types::{ExternType, FunctionType, GlobalType, MemoryType, Mutability, TableType, Type};
        #[doc = concat!("let ty = ", $example, ";")]
        #[doc = concat!("assert_eq!(ExternType::from(ty.clone()).", stringify!($unwrap), "(), &ty);")]
        /// ```
        ///
        /// # Panics
        ///
        /// If this is of another kind.
        pub fn $unwrap(&self) -> &$ty {
            self.$get().expect(concat!("expected ", stringify!($ty)))
        }
    )* };
}

impl ExternType {
    extern_type_accessors! {
        Function(FunctionType): func unwrap_func, "FunctionType::new([], [])";
        Global(GlobalType): global unwrap_global, "GlobalType::new(Type::I32, Mutability::Const)";
        Table(TableType): table unwrap_table, "TableType::new(Type::FuncRef, 1, None)";
        Memory(MemoryType): memory unwrap_memory, "MemoryType::new(1, None, false)";
    }

    /// Whether something of this type (the one provided) may serve where `other` is required.
    ///
    /// Functions and globals must be equal. Limits must lie within the required ones. A table of functions passes for
    /// any required element type here; linking checks that element types are equal.
    ///
    /// ```
    /// # use wasmill_types::{ExternType, MemoryType};
    /// let memory = |least, most| ExternType::from(MemoryType::new(least, most, false));
    /// assert!(memory(2, Some(4)).is_compatible_with(&memory(1, Some(8))));
    /// assert!(!memory(2, None).is_compatible_with(&memory(1, Some(8))), "it may grow too far");
    /// ```
    pub fn is_compatible_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Function(provided), Self::Function(required)) => provided == required,
            (Self::Global(provided), Self::Global(required)) => provided == required,
            (Self::Table(provided), Self::Table(required)) => {
                (provided.ty == Type::FuncRef || provided.ty == required.ty)
                    && within(
                        provided.minimum,
                        provided.maximum,
                        required.minimum,
                        required.maximum,
                    )
            }
            (Self::Memory(provided), Self::Memory(required)) => {
                provided.shared == required.shared
                    && within(
                        provided.minimum,
                        provided.maximum,
                        required.minimum,
                        required.maximum,
                    )
            }
            _ => false,
        }
    }
}

/// The matching rule for limits: WebAssembly specification, section "Matching", limits.
fn within<N: PartialOrd + Copy>(
    min: N,
    max: Option<N>,
    required_min: N,
    required_max: Option<N>,
) -> bool {
    min >= required_min
        && match required_max {
            None => true,
            Some(required) => max.is_some_and(|max| max <= required),
        }
}

macro_rules! extern_type_from {
    ($($ty:ident => $variant:ident;)*) => { $(
        impl From<$ty> for ExternType {
            fn from(ty: $ty) -> Self {
                Self::$variant(ty)
            }
        }
    )* };
}

extern_type_from! {
    FunctionType => Function;
    GlobalType => Global;
    TableType => Table;
    MemoryType => Memory;
}

/// What a module imports: two names and a type.
///
/// `T` is the type of one kind where only imports of that kind are meant.
///
/// ```
/// # use wasmill_types::{ExternType, FunctionType, ImportType, Type};
/// let ty = FunctionType::new([Type::I32], []);
/// let import = ImportType::new("env", "log", ExternType::from(ty.clone()));
/// assert_eq!((import.module(), import.name(), import.ty().func()), ("env", "log", Some(&ty)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImportType<T = ExternType> {
    module: String,
    name: String,
    ty: T,
}

impl<T> ImportType<T> {
    /// Describes an import.
    ///
    /// ```
    /// # use wasmill_types::{GlobalType, ImportType, Mutability, Type};
    /// let import = ImportType::new("env", "base", GlobalType::new(Type::I32, Mutability::Const));
    /// assert_eq!(import.ty().ty, Type::I32);
    /// ```
    pub fn new(module: &str, name: &str, ty: T) -> Self {
        Self {
            module: module.to_owned(),
            name: name.to_owned(),
            ty,
        }
    }
    /// The name of the module or namespace it comes from.
    ///
    /// ```
    /// # use wasmill_types::{ImportType, MemoryType};
    /// let import = ImportType::new("env", "memory", MemoryType::new(1, None, false));
    /// assert_eq!(import.module(), "env");
    /// ```
    pub fn module(&self) -> &str {
        &self.module
    }
    /// The name of the field in that module.
    ///
    /// ```
    /// # use wasmill_types::{ImportType, MemoryType};
    /// let import = ImportType::new("env", "memory", MemoryType::new(1, None, false));
    /// assert_eq!(import.name(), "memory");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The type required.
    ///
    /// ```
    /// # use wasmill_types::{ImportType, MemoryType};
    /// let import = ImportType::new("env", "memory", MemoryType::new(1, None, false));
    /// assert_eq!(import.ty().minimum.bytes().0, 65_536);
    /// ```
    pub fn ty(&self) -> &T {
        &self.ty
    }
}

/// What a module exports: a name and a type.
///
/// ```
/// # use wasmill_types::{ExportType, FunctionType, Type};
/// let export = ExportType::new("run", FunctionType::new([], [Type::I32]));
/// assert_eq!(format!("{}: {}", export.name(), export.ty()), "run: [] -> [I32]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExportType<T = ExternType> {
    name: String,
    ty: T,
}

impl<T> ExportType<T> {
    /// Describes an export.
    ///
    /// ```
    /// # use wasmill_types::{ExportType, ExternType, MemoryType};
    /// let memory = ExternType::from(MemoryType::new(1, None, false));
    /// assert_eq!(ExportType::new("memory", memory.clone()).ty(), &memory);
    /// ```
    pub fn new(name: &str, ty: T) -> Self {
        Self {
            name: name.to_owned(),
            ty,
        }
    }
    /// The name.
    ///
    /// ```
    /// # use wasmill_types::{ExportType, MemoryType};
    /// assert_eq!(ExportType::new("memory", MemoryType::new(1, None, false)).name(), "memory");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The type provided.
    ///
    /// ```
    /// # use wasmill_types::{ExportType, MemoryType, Pages};
    /// let export = ExportType::new("memory", MemoryType::new(1, None, false));
    /// assert_eq!(export.ty().minimum, Pages(1));
    /// ```
    pub fn ty(&self) -> &T {
        &self.ty
    }
}

/// What an export refers to.
///
/// ```
/// # use wasmill_types::{ExportIndex, FunctionIndex, FunctionType, ModuleInfo};
/// let mut info = ModuleInfo::new();
/// let ty = info.signatures.push(FunctionType::new([], []));
/// let run = info.functions.push(ty);
/// info.exports.insert("run".to_owned(), ExportIndex::Function(run));
/// assert_eq!(info.exports["run"], ExportIndex::Function(FunctionIndex::from_u32(0)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExportIndex {
    /// A function.
    Function(FunctionIndex),
    /// A table.
    Table(TableIndex),
    /// A memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
}

/// What an import becomes in the module's index spaces.
///
/// ```
/// # use wasmill_types::{GlobalIndex, GlobalType, ImportIndex, ModuleInfo, Mutability, Type};
/// let mut info = ModuleInfo::new();
/// let global = info.globals.push(GlobalType::new(Type::I32, Mutability::Const));
/// info.num_imported_globals = 1;
/// let name = ("env".to_owned(), "base".to_owned(), 0);
/// info.imports.insert(name, ImportIndex::Global(global));
/// assert!(info.imports_are_counted());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImportIndex {
    /// A function.
    Function(FunctionIndex),
    /// A table.
    Table(TableIndex),
    /// A memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
}

/// How a linear memory is laid out, which decides how compiled code reaches it.
///
/// ```
/// # use wasmill_types::{MemoryStyle, Pages};
/// // What 64-bit machines use: no access with a small offset needs a check.
/// let style = MemoryStyle::Static { bound: Pages(65_536), offset_guard_size: 2 << 30 };
/// assert!(style.covers(16, 8));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemoryStyle {
    /// Every access is checked against the current size.
    Dynamic {
        /// Inaccessible bytes behind the memory's largest size.
        offset_guard_size: u64,
    },
    /// `bound` pages of address space are reserved. Where they cover every 32-bit index, accesses whose offset lies
    /// within the guard are not checked: they fault.
    Static {
        /// The reserved pages.
        bound: Pages,
        /// Inaccessible bytes behind them.
        offset_guard_size: u64,
    },
}

impl MemoryStyle {
    /// Inaccessible bytes behind the memory.
    ///
    /// ```
    /// # use wasmill_types::MemoryStyle;
    /// assert_eq!(MemoryStyle::Dynamic { offset_guard_size: 65_536 }.offset_guard_size(), 65_536);
    /// ```
    pub fn offset_guard_size(&self) -> u64 {
        match self {
            Self::Dynamic { offset_guard_size }
            | Self::Static {
                offset_guard_size, ..
            } => *offset_guard_size,
        }
    }
    /// Whether code compiled for memories laid out as `relied_on` may access a memory laid out like this.
    ///
    /// Code for dynamic memories checks its accesses, but those that end within its guard only by where they start.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, Pages};
    /// let checked = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let reserved = MemoryStyle::Static { bound: Pages(65_536), offset_guard_size: 4096 };
    /// assert!(reserved.protects(&checked));
    /// assert!(!checked.protects(&reserved), "code that does not check needs the reservation");
    /// ```
    pub fn protects(&self, relied_on: &Self) -> bool {
        let bound = |style: &Self| match style {
            Self::Dynamic { .. } => None,
            Self::Static { bound, .. } => Some(*bound),
        };
        self.offset_guard_size() >= relied_on.offset_guard_size() && bound(self) >= bound(relied_on)
    }
    /// The layout with the figures that no memory can exceed in place of larger ones.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, Pages};
    /// let style = MemoryStyle::Static { bound: Pages(u32::MAX), offset_guard_size: 0 };
    /// assert_eq!(style.clamped(), MemoryStyle::Static { bound: Pages(65_536), offset_guard_size: 0 });
    /// ```
    #[must_use]
    pub fn clamped(self) -> Self {
        /// More than any machine has, and small enough to calculate with.
        const LARGEST_GUARD: u64 = 1 << 60;
        let guard = self.offset_guard_size().min(LARGEST_GUARD);
        match self {
            Self::Dynamic { .. } => Self::Dynamic {
                offset_guard_size: guard,
            },
            Self::Static { bound, .. } => Self::Static {
                bound: bound.min(Pages::max_value()),
                offset_guard_size: guard,
            },
        }
    }
    /// Whether an access of `size` bytes at any 32-bit index plus `offset` lands in the reservation, so that it needs
    /// no check.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, Pages};
    /// let style = MemoryStyle::Static { bound: Pages(65_536), offset_guard_size: 4096 };
    /// assert!(style.covers(4088, 8));
    /// assert!(!style.covers(4089, 8), "ends behind the guard");
    /// ```
    pub fn covers(&self, offset: u64, size: u64) -> bool {
        match self {
            Self::Dynamic { .. } => false,
            Self::Static {
                bound,
                offset_guard_size,
            } => {
                *bound >= Pages::max_value()
                    && offset
                        .checked_add(size)
                        .is_some_and(|end| end <= *offset_guard_size)
            }
        }
    }
}

/// How a table is laid out.
///
/// ```
/// # use wasmill_types::TableStyle;
/// assert_eq!(format!("{:?}", TableStyle::CallerChecksSignature), "CallerChecksSignature");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TableStyle {
    /// Elements point to records with the function's type, which the caller compares.
    CallerChecksSignature,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(bound: u32, offset_guard_size: u64) -> MemoryStyle {
        MemoryStyle::Static {
            bound: Pages(bound),
            offset_guard_size,
        }
    }

    fn checked(offset_guard_size: u64) -> MemoryStyle {
        MemoryStyle::Dynamic { offset_guard_size }
    }

    #[test]
    fn code_needs_the_reservation_and_the_guard_that_it_relies_on() {
        assert!(fixed(10, 10).protects(&fixed(10, 10)));
        assert!(fixed(11, 11).protects(&fixed(10, 10)));
        assert!(!fixed(9, 10).protects(&fixed(10, 10)));
        assert!(!fixed(10, 9).protects(&fixed(10, 10)));
        assert!(!checked(0).protects(&fixed(0, 0)));
        assert!(checked(0).protects(&checked(0)) && fixed(0, 0).protects(&checked(0)));
        // A checked access may start at the memory's end.
        assert!(!checked(0).protects(&checked(1)) && !fixed(10, 0).protects(&checked(1)));
        assert!(fixed(0, 1).protects(&checked(1)));
    }

    #[test]
    fn clamped_layouts_can_be_calculated_with() {
        assert_eq!(fixed(10, 10).clamped(), fixed(10, 10));
        assert_eq!(
            fixed(u32::MAX, u64::MAX).clamped(),
            fixed(0x1_0000, 1 << 60)
        );
        assert_eq!(checked(u64::MAX).clamped(), checked(1 << 60));
    }
}
