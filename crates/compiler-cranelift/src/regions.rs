//! Memory flags and alias regions.
//!
//! Each load and store says which disjoint part of the world it touches, so that Cranelift forwards stores to loads and
//! drops redundant loads across accesses to other parts. Calls end all knowledge, so a region must only be disjoint as far
//! as *this* function's own accesses go. What one region must not do is split something that two names may mean:
//!
//! - two imported memories (tables, globals) may be the same one, so each kind of import has one region;
//! - what the module defines itself has a region of its own per index, but indices beyond a bound share the regions
//!   again, by remainder: Cranelift's tables grow with the number of regions.
//!
//! Invariants (readonly, notrap) need no region. `can_move` goes only to those whose address is valid everywhere in the
//! function: fields of the context, and what the context points to for the instance's whole life.

use cranelift_codegen::ir::{AliasRegion, AliasRegionData, Endianness, Function, MemFlagsData};
use wasmill_abi::TrapCode;
use wasmill_types::{GlobalIndex, MemoryIndex, ModuleInfo, TableIndex};

use crate::traps;

/// How many regions the globals of a module share.
const GLOBAL_REGIONS: u32 = 16;
/// How many regions the memories of a module share, and its tables.
const OBJECT_REGIONS: u32 = 4;

/// A part of the world that no other part overlaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    /// Sizes of memories and tables, and addresses of tables that can move.
    Definitions,
    /// Result areas and scratch areas on the stack.
    Stack,
    /// The bytes of imported memories.
    ImportedMemories,
    /// The elements of imported tables.
    ImportedTables,
    /// The values of imported globals.
    ImportedGlobals,
    /// The bytes of a memory of the module, by index modulo the number of regions.
    Memory(u32),
    /// The elements of a table of the module.
    Table(u32),
    /// The value of a global of the module.
    Global(u32),
}

impl Region {
    /// Where a memory's bytes are.
    pub(crate) fn memory(module: &ModuleInfo, index: MemoryIndex) -> Self {
        match module.is_imported_memory(index) {
            true => Self::ImportedMemories,
            false => Self::Memory(index.as_u32() % OBJECT_REGIONS),
        }
    }
    /// Where a table's elements are.
    pub(crate) fn table(module: &ModuleInfo, index: TableIndex) -> Self {
        match module.is_imported_table(index) {
            true => Self::ImportedTables,
            false => Self::Table(index.as_u32() % OBJECT_REGIONS),
        }
    }
    /// Where a global's value is.
    pub(crate) fn global(module: &ModuleInfo, index: GlobalIndex) -> Self {
        match module.is_imported_global(index) {
            true => Self::ImportedGlobals,
            false => Self::Global(index.as_u32() % GLOBAL_REGIONS),
        }
    }

    fn id(self) -> u32 {
        match self {
            Self::Definitions => 0,
            Self::Stack => 1,
            Self::ImportedMemories => 2,
            Self::ImportedTables => 3,
            Self::ImportedGlobals => 4,
            Self::Memory(n) => 8 + n,
            Self::Table(n) => 8 + OBJECT_REGIONS + n,
            Self::Global(n) => 8 + 2 * OBJECT_REGIONS + n,
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Definitions => "definitions",
            Self::Stack => "stack",
            Self::ImportedMemories => "imported memories",
            Self::ImportedTables => "imported tables",
            Self::ImportedGlobals => "imported globals",
            Self::Memory(_) => "memory",
            Self::Table(_) => "table",
            Self::Global(_) => "global",
        }
    }

    /// Makes the region known in a function.
    pub(crate) fn declare(self, function: &mut Function) -> AliasRegion {
        function.dfg.alias_regions.insert(AliasRegionData {
            user_id: self.id(),
            description: self.name().into(),
        })
    }
    /// Flags of an aligned access to the region that cannot fault.
    pub(crate) fn trusted(self, function: &mut Function) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.declare(function)))
    }
    /// Flags of an access to guest data in the region that traps where it faults.
    pub(crate) fn guest(self, function: &mut Function, trap: Option<TrapCode>) -> MemFlagsData {
        MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_trap_code(trap.map(traps::to_cranelift))
            .with_alias_region(Some(self.declare(function)))
    }
}

/// Flags of a load that gives the same wherever in the function it stands.
pub(crate) fn invariant() -> MemFlagsData {
    at_use().with_can_move()
}

/// Flags of a load of something immutable that must stay where it is: its address is valid only there, or the value is
/// so seldom needed that keeping it in a register costs more than loading it.
pub(crate) fn at_use() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_disjoint() {
        let mut regions = vec![
            Region::Definitions,
            Region::Stack,
            Region::ImportedMemories,
            Region::ImportedTables,
            Region::ImportedGlobals,
        ];
        regions.extend((0..OBJECT_REGIONS).flat_map(|n| [Region::Memory(n), Region::Table(n)]));
        regions.extend((0..GLOBAL_REGIONS).map(Region::Global));
        let mut ids: Vec<u32> = regions.iter().map(|region| region.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), regions.len());
    }

    #[test]
    fn imports_of_a_kind_share_a_region() {
        let module = ModuleInfo {
            num_imported_globals: 2,
            ..ModuleInfo::new()
        };
        let region = |index| Region::global(&module, GlobalIndex::from_u32(index));
        assert_eq!(region(0), region(1));
        assert_ne!(region(1), region(2));
        assert_eq!(region(2), region(2 + GLOBAL_REGIONS));
    }
}
