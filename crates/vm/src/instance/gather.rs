//! What an instance is going to own, gathered before any island is touched.
//!
//! Everything that can fail happens here. An instance that imports a table may be merged with its exporter's island, and what
//! is adopted there stays there: so nothing may be adopted for an instance that does not come to be.

use super::{InstanceError, InstanceImports, InstanceParts};
use crate::externs::{MemoryObject, VMMemory};
use crate::island::{Island, Object};
use crate::limits::{Account, Charge, Kind};
use crate::made::{self, Claim, GlobalClaim};
use crate::memory::{LinearMemory, MemoryError};
use crate::module::RuntimeModule;
use crate::owned::Owned;
use crate::table::{TableError, TableObject, VMTable};
use std::ptr::NonNull;
use std::sync::Arc;
use wasmill_types::{MemoryIndex, MemoryType, TableType};

/// A memory or a table of an instance.
enum Part<'a, T: Object> {
    Imported(NonNull<T>),
    New(Owned<T>),
    Claimed(Claim<'a, T>),
}

impl<T: Object> Part<'_, T> {
    fn adopt(self, island: &Arc<Island>) -> NonNull<T> {
        match self {
            Self::Imported(place) => place,
            Self::New(object) => island.adopt(object),
            Self::Claimed(claim) => claim.adopt(island),
        }
    }
}

/// Everything, by index spaces.
pub(super) struct Gathered<'a> {
    memories: Vec<Part<'a, MemoryObject>>,
    tables: Vec<Part<'a, TableObject>>,
    pub(super) globals: Vec<GlobalClaim<'a>>,
    pub(super) charge: Option<Charge>,
    /// Whether all memories that have images show them.
    pub(super) shows_images: bool,
}

/// The parts of an instance, owned by its island or by one that it keeps.
pub(super) type Places = (Box<[NonNull<MemoryObject>]>, Box<[NonNull<TableObject>]>);

impl Gathered<'_> {
    /// Gives what is new to the island, whose domain is held.
    pub(super) fn adopt(&mut self, island: &Arc<Island>) -> Places {
        let memories = std::mem::take(&mut self.memories).into_iter();
        let tables = std::mem::take(&mut self.tables).into_iter();
        (
            memories.map(|part| part.adopt(island)).collect(),
            tables.map(|part| part.adopt_table(island)).collect(),
        )
    }
}

impl Part<'_, TableObject> {
    fn adopt_table(self, island: &Arc<Island>) -> NonNull<TableObject> {
        let is_new = !matches!(self, Self::Imported(_));
        let table = self.adopt(island);
        if is_new {
            // SAFETY: the island has just got it, and its domain is held.
            unsafe { TableObject::register(table, island.store()) };
        }
        table
    }
}

/// Where things come from, and what they count against.
pub(super) struct Gatherer<'a, 'b> {
    pub(super) module: &'b RuntimeModule,
    pub(super) parts: Option<&'a InstanceParts>,
    pub(super) account: Option<&'b Arc<Account>>,
}

impl<'a> Gatherer<'a, '_> {
    /// Makes what the module defines, or takes what tunables made.
    pub(super) fn gather(&self, imports: &InstanceImports) -> Result<Gathered<'a>, InstanceError> {
        self.check_counts()?;
        let charge = self
            .account
            .map(|account| account.charge(Kind::Instance, 0));
        let mut gathered = Gathered {
            memories: imported(&imports.memories, VMMemory::as_ptr),
            tables: imported(&imports.tables, VMTable::as_ptr),
            globals: Vec::new(),
            charge: charge.transpose()?,
            shows_images: true,
        };
        let info = self.module.info();
        for (index, ty) in info.memories.iter().skip(imports.memories.len()) {
            let (memory, shows_image) = self.memory(index, ty)?;
            gathered.memories.push(memory);
            gathered.shows_images &= shows_image;
        }
        for (index, ty) in info.tables.iter().skip(imports.tables.len()) {
            let local = info.local_table_index(index).expect("imports were skipped");
            gathered.tables.push(match self.parts {
                None => Part::New(self.new_table(ty)?),
                Some(parts) => {
                    let made = &*parts.tables[local];
                    Part::Claimed(made::claim_table(made, ty, self.account)?)
                }
            });
        }
        for (local, made) in self.parts.iter().flat_map(|parts| parts.globals.iter()) {
            let ty = &info.globals[info.global_index(local)];
            gathered.globals.push(made.claim(ty)?);
        }
        Ok(gathered)
    }

    /// Checks that tunables made as many objects as the module has.
    fn check_counts(&self) -> Result<(), InstanceError> {
        let (Some(parts), info) = (self.parts, self.module.info()) else {
            return Ok(());
        };
        let memories = info.memories.len() - info.num_imported_memories;
        let tables = info.tables.len() - info.num_imported_tables;
        let globals = info.globals.len() - info.num_imported_globals;
        for (what, made, asked) in [
            ("memories", parts.memories.len(), memories),
            ("tables", parts.tables.len(), tables),
            ("globals", parts.globals.len(), globals),
        ] {
            if made != asked {
                return Err(InstanceError::Count { what, made, asked });
            }
        }
        Ok(())
    }

    /// A memory that the module defines, and whether it shows its image, if it has one.
    fn memory(
        &self,
        index: MemoryIndex,
        ty: &MemoryType,
    ) -> Result<(Part<'a, MemoryObject>, bool), MemoryError> {
        let info = self.module.info();
        let local = info
            .local_memory_index(index)
            .expect("imports were skipped");
        let image = self.module.images().memories.get(local);
        let image = image.and_then(Option::as_ref);
        let style = self.module.memory_style(index);
        if let Some(parts) = self.parts {
            let made = &*parts.memories[local];
            let (claim, shows_image) = made::claim_memory(made, (ty, style), image, self.account)?;
            return Ok((Part::Claimed(claim), shows_image));
        }
        let mut memory = Owned::new(MemoryObject(LinearMemory::new(ty, style, image)?));
        memory.0.charge_to(self.account)?;
        Ok((Part::New(memory), true))
    }

    fn new_table(&self, ty: &TableType) -> Result<Owned<TableObject>, TableError> {
        let mut table = TableObject::new(*ty)?;
        table.charge_to(self.account)?;
        Ok(table)
    }
}

fn imported<T: Object, H>(
    handles: &[H],
    place: impl Fn(&H) -> NonNull<T>,
) -> Vec<Part<'static, T>> {
    handles
        .iter()
        .map(|handle| Part::Imported(place(handle)))
        .collect()
}
