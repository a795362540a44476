//! What operators carry, in the words of the API that middlewares are written for, and what wasmparser makes of it today.

use std::fmt;
use wasmparser::{
    AbstractHeapType, BlockType, HeapType, Ieee32, Ieee64, MemArg, MemArgTarget, Ordering, RefType,
    V128, ValType,
};

/// The type of an operand, of a local, or of what a block leaves.
///
/// ```
/// # use wasmill_compiler::wasmparser::{Operator, Type};
/// let null = Operator::RefNull { ty: Type::FuncRef };
/// assert_ne!(null, Operator::RefNull { ty: Type::ExternRef });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A 128-bit vector.
    V128,
    /// A reference to a function, or null.
    FuncRef,
    /// A reference to a host value, or null.
    ExternRef,
    /// A reference to an exception, or null.
    ExnRef,
    /// A function; never the type of a value.
    Func,
    /// Nothing; only for blocks.
    EmptyBlockType,
}

/// The type of a block.
///
/// ```
/// # use wasmill_compiler::wasmparser::{Operator, Type, TypeOrFuncType};
/// let plain = Operator::Block { ty: TypeOrFuncType::Type(Type::EmptyBlockType) };
/// let with_parameters = Operator::Block { ty: TypeOrFuncType::FuncType(0) };
/// assert_ne!(plain, with_parameters);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeOrFuncType {
    /// It takes nothing and leaves one value, or none.
    Type(Type),
    /// It takes and leaves what this entry of the type section says.
    FuncType(u32),
}

/// Which place of which memory an operator accesses.
///
/// ```
/// # use wasmill_compiler::MiddlewareBinaryReader;
/// # use wasmill_compiler::wasmparser::{MemoryImmediate, Operator};
/// // `i32.load offset=16`, whose address is said to be a multiple of 4.
/// let operator = MiddlewareBinaryReader::new_with_offset(&[0x28, 2, 16, 0x0b], 0).read_operator();
/// let memarg = MemoryImmediate { align: 2, offset: 16, memory: 0 };
/// assert_eq!(operator.unwrap(), Operator::I32Load { memarg });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryImmediate {
    /// The alignment that the address is said to have, as a power of two.
    pub align: u8,
    /// What is added to the address.
    pub offset: u32,
    /// The memory.
    pub memory: u32,
}

/// The targets of a `br_table`.
///
/// ```
/// # use wasmill_compiler::MiddlewareBinaryReader;
/// # use wasmill_compiler::wasmparser::Operator;
/// // `br_table 3 4 5`
/// # let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x0e, 2, 3, 4, 5, 0x0b], 0);
/// # let operator = reader.read_operator().unwrap();
/// let Operator::BrTable { table } = operator else { panic!("it is one") };
/// assert_eq!((table.len(), table.default()), (2, 5));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BrTable<'a>(wasmparser::BrTable<'a>);

impl<'a> BrTable<'a> {
    /// The number of targets, the default not counted.
    ///
    /// ```
    /// # use wasmill_compiler::MiddlewareBinaryReader;
    /// # use wasmill_compiler::wasmparser::Operator;
    /// // `br_table 3 4 5`
    /// # let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x0e, 2, 3, 4, 5, 0x0b], 0);
    /// # let operator = reader.read_operator().unwrap();
    /// # let Operator::BrTable { table } = operator else { panic!("it is one") };
    /// assert_eq!(table.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len() as usize
    }
    /// Whether there is only the default.
    ///
    /// ```
    /// # use wasmill_compiler::MiddlewareBinaryReader;
    /// # use wasmill_compiler::wasmparser::Operator;
    /// // `br_table 3 4 5`
    /// # let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x0e, 2, 3, 4, 5, 0x0b], 0);
    /// # let operator = reader.read_operator().unwrap();
    /// # let Operator::BrTable { table } = operator else { panic!("it is one") };
    /// assert!(!table.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The default: where a branch with an index past the end goes.
    ///
    /// ```
    /// # use wasmill_compiler::MiddlewareBinaryReader;
    /// # use wasmill_compiler::wasmparser::Operator;
    /// // `br_table 3 4 5`
    /// # let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x0e, 2, 3, 4, 5, 0x0b], 0);
    /// # let operator = reader.read_operator().unwrap();
    /// # let Operator::BrTable { table } = operator else { panic!("it is one") };
    /// assert_eq!(table.default(), 5);
    /// ```
    pub fn default(&self) -> u32 {
        self.0.default()
    }
    /// All targets in order, each with `false`, then the default with `true`.
    ///
    /// ```
    /// # use wasmill_compiler::MiddlewareBinaryReader;
    /// # use wasmill_compiler::wasmparser::Operator;
    /// // `br_table 3 4 5`
    /// # let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x0e, 2, 3, 4, 5, 0x0b], 0);
    /// # let operator = reader.read_operator().unwrap();
    /// # let Operator::BrTable { table } = operator else { panic!("it is one") };
    /// let targets: Vec<_> = table.targets().map(Result::unwrap).collect();
    /// assert_eq!(targets, [(3, false), (4, false), (5, true)]);
    /// ```
    ///
    /// # Errors
    ///
    /// If the bytes are malformed; in a function that has been validated they are not.
    pub fn targets(&self) -> impl Iterator<Item = wasmparser::Result<(u32, bool)>> {
        let targets = self.0.targets().map(|target| Ok((target?, false)));
        targets.chain(std::iter::once(Ok((self.0.default(), true))))
    }
}

impl fmt::Debug for BrTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'a> From<wasmparser::BrTable<'a>> for BrTable<'a> {
    fn from(table: wasmparser::BrTable<'a>) -> Self {
        Self(table)
    }
}

/// An immediate that wasmparser has as an `N`.
pub(super) trait Immediate<N>: Sized {
    /// From wasmparser's form, if it fits.
    fn from_newer(newer: &N) -> Option<Self>;
    /// To wasmparser's form, if it means something there.
    fn into_newer(self) -> Option<N>;
}

macro_rules! unchanged {
    ($($ty:ty)*) => { $(
        impl Immediate<$ty> for $ty {
            fn from_newer(newer: &$ty) -> Option<Self> {
                Some(*newer)
            }
            fn into_newer(self) -> Option<$ty> {
                Some(self)
            }
        }
    )* };
}

unchanged! { u32 i32 i64 [u8; 16] Ieee32 Ieee64 V128 }

/// References that have a name of their own.
const REFERENCES: [(Type, AbstractHeapType); 3] = [
    (Type::FuncRef, AbstractHeapType::Func),
    (Type::ExternRef, AbstractHeapType::Extern),
    (Type::ExnRef, AbstractHeapType::Exn),
];

/// What a reference of this type refers to.
impl Immediate<HeapType> for Type {
    fn from_newer(newer: &HeapType) -> Option<Self> {
        let HeapType::Abstract { shared: false, ty } = newer else {
            return None;
        };
        let named = REFERENCES.iter().find(|(_, heap)| heap == ty);
        named.map(|(name, _)| *name)
    }

    fn into_newer(self) -> Option<HeapType> {
        let named = REFERENCES.iter().find(|(name, _)| *name == self);
        named.map(|&(_, ty)| HeapType::Abstract { shared: false, ty })
    }
}

impl Immediate<ValType> for Type {
    fn from_newer(newer: &ValType) -> Option<Self> {
        Some(match newer {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::V128 => Self::V128,
            ValType::Ref(ty) if ty.is_nullable() => Self::from_newer(&ty.heap_type())?,
            ValType::Ref(_) => return None,
        })
    }

    fn into_newer(self) -> Option<ValType> {
        Some(match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
            Self::V128 => ValType::V128,
            reference => ValType::Ref(RefType::new(true, reference.into_newer()?)?),
        })
    }
}

impl Immediate<BlockType> for TypeOrFuncType {
    fn from_newer(newer: &BlockType) -> Option<Self> {
        Some(match newer {
            BlockType::Empty => Self::Type(Type::EmptyBlockType),
            BlockType::Type(ty) => Self::Type(Type::from_newer(ty)?),
            BlockType::FuncType(index) => Self::FuncType(*index),
        })
    }

    fn into_newer(self) -> Option<BlockType> {
        Some(match self {
            Self::Type(Type::EmptyBlockType) => BlockType::Empty,
            Self::Type(ty) => BlockType::Type(ty.into_newer()?),
            Self::FuncType(index) => BlockType::FuncType(index),
        })
    }
}

impl Immediate<MemArg> for MemoryImmediate {
    fn from_newer(newer: &MemArg) -> Option<Self> {
        match newer {
            MemArg {
                align,
                offset,
                target: MemArgTarget::Memory(memory),
                ordering: None,
                ..
            } => Some(Self {
                align: *align,
                offset: u32::try_from(*offset).ok()?,
                memory: *memory,
            }),
            _ => None,
        }
    }

    fn into_newer(self) -> Option<MemArg> {
        Some(MemArg {
            align: self.align,
            max_align: 0,
            offset: self.offset.into(),
            target: MemArgTarget::Memory(self.memory),
            ordering: None,
        })
    }
}

impl<'a> Immediate<wasmparser::BrTable<'a>> for BrTable<'a> {
    fn from_newer(newer: &wasmparser::BrTable<'a>) -> Option<Self> {
        Some(Self(newer.clone()))
    }
    fn into_newer(self) -> Option<wasmparser::BrTable<'a>> {
        Some(self.0)
    }
}

/// The byte behind `atomic.fence`.
impl Immediate<Ordering> for u8 {
    fn from_newer(newer: &Ordering) -> Option<Self> {
        Some(match newer {
            Ordering::SeqCst => 0,
            Ordering::AcqRel => 1,
        })
    }
    fn into_newer(self) -> Option<Ordering> {
        match self {
            0 => Some(Ordering::SeqCst),
            1 => Some(Ordering::AcqRel),
            _ => None,
        }
    }
}
