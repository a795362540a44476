//! Type descriptors: what a module declares, imports and exports.

use crate::{FunctionIndex, GlobalIndex, MemoryIndex, Pages, TableIndex};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a value.
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
    pub fn is_num(self) -> bool {
        !self.is_ref()
    }
    /// Whether values of this type are references.
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
    pub fn params(&self) -> &[Type] {
        &self.params
    }
    /// The types of the results.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mutability {
    /// Read only.
    Const,
    /// Writable.
    Var,
}

impl Mutability {
    /// Whether the global can be written.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GlobalType {
    /// The type of its value.
    pub ty: Type,
    /// Whether it can be written.
    pub mutability: Mutability,
}

impl GlobalType {
    /// Makes a global type.
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
    ($($variant:ident($ty:ident): $get:ident $unwrap:ident;)*) => { $(
        #[doc = concat!("The [`", stringify!($ty), "`], or `None` for another kind.")]
        pub fn $get(&self) -> Option<&$ty> {
            match self {
                Self::$variant(ty) => Some(ty),
                _ => None,
            }
        }
        #[doc = concat!("The [`", stringify!($ty), "`].\n\n# Panics\n\nIf this is of another kind.")]
        pub fn $unwrap(&self) -> &$ty {
            self.$get().expect(concat!("expected ", stringify!($ty)))
        }
    )* };
}

impl ExternType {
    extern_type_accessors! {
        Function(FunctionType): func unwrap_func;
        Global(GlobalType): global unwrap_global;
        Table(TableType): table unwrap_table;
        Memory(MemoryType): memory unwrap_memory;
    }

    /// Whether something of this type (the one provided) may serve where `other` is required.
    ///
    /// Functions and globals must be equal. Limits must lie within the required ones. A table of functions passes for
    /// any required element type here; linking checks that element types are equal.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImportType<T = ExternType> {
    module: String,
    name: String,
    ty: T,
}

impl<T> ImportType<T> {
    /// Describes an import.
    pub fn new(module: &str, name: &str, ty: T) -> Self {
        Self {
            module: module.to_owned(),
            name: name.to_owned(),
            ty,
        }
    }
    /// The name of the module or namespace it comes from.
    pub fn module(&self) -> &str {
        &self.module
    }
    /// The name of the field in that module.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The type required.
    pub fn ty(&self) -> &T {
        &self.ty
    }
}

/// What a module exports: a name and a type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExportType<T = ExternType> {
    name: String,
    ty: T,
}

impl<T> ExportType<T> {
    /// Describes an export.
    pub fn new(name: &str, ty: T) -> Self {
        Self {
            name: name.to_owned(),
            ty,
        }
    }
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The type provided.
    pub fn ty(&self) -> &T {
        &self.ty
    }
}

/// What an export refers to.
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
    pub fn protects(&self, relied_on: &Self) -> bool {
        let bound = |style: &Self| match style {
            Self::Dynamic { .. } => None,
            Self::Static { bound, .. } => Some(*bound),
        };
        self.offset_guard_size() >= relied_on.offset_guard_size() && bound(self) >= bound(relied_on)
    }
    /// The layout with the figures that no memory can exceed in place of larger ones.
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
