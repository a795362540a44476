//! Index newtypes: which of a module's index spaces a number belongs to.
//!
//! `FooIndex` counts imports first, then definitions, as the specification does; `LocalFooIndex` counts only what the
//! module defines itself.

use crate::EntityRef;
use serde::{Deserialize, Serialize};

macro_rules! define_index {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("# use wasmill_types::", stringify!($name), ";")]
        #[doc = concat!("let index = ", stringify!($name), "::from_u32(3);")]
        #[doc = concat!("assert_eq!(format!(\"{index:?}\"), \"", stringify!($name), "(3)\");")]
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(u32);

        impl $name {
            /// The index with this number. Debug builds reject `u32::MAX`, which stands for "none".
            ///
            /// ```
            #[doc = concat!("# use wasmill_types::", stringify!($name), ";")]
            #[doc = concat!("assert_eq!(", stringify!($name), "::from_u32(3).as_u32(), 3);")]
            /// ```
            pub fn from_u32(index: u32) -> Self {
                debug_assert!(index < u32::MAX);
                Self(index)
            }
            /// The number.
            ///
            /// ```
            #[doc = concat!("# use wasmill_types::{EntityRef, ", stringify!($name), "};")]
            #[doc = concat!("assert_eq!(", stringify!($name), "::new(7).as_u32(), 7);")]
            /// ```
            pub fn as_u32(self) -> u32 {
                self.0
            }
        }

        impl EntityRef for $name {
            fn new(index: usize) -> Self {
                debug_assert!(index < u32::MAX as usize);
                Self(index as u32)
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )* };
}

define_index! {
    /// A function: imported ones first.
    FunctionIndex;
    /// A function that the module defines.
    LocalFunctionIndex;
    /// A table: imported ones first.
    TableIndex;
    /// A table that the module defines.
    LocalTableIndex;
    /// A memory: imported ones first.
    MemoryIndex;
    /// A memory that the module defines.
    LocalMemoryIndex;
    /// A global: imported ones first.
    GlobalIndex;
    /// A global that the module defines.
    LocalGlobalIndex;
    /// A type of the type section.
    SignatureIndex;
    /// A data segment.
    DataIndex;
    /// An element segment.
    ElemIndex;
    /// A constant expression in [`crate::ModuleInfo::const_exprs`].
    ConstExprIndex;
    /// A custom section in [`crate::ModuleInfo::custom_sections`].
    CustomSectionIndex;
}
