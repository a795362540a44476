//! How an instance comes to be: which domain and islands it joins, and what its context holds before any code runs.

use super::{Instance, InstanceImports};
use crate::builtins;
use crate::domain::Domain;
use crate::externs::{VMGlobal, VMMemory};
use crate::function::{HostSlot, VMFunction};
use crate::island::Island;
use crate::made::GlobalClaim;
use crate::module::{RuntimeModule, is_computed};
use crate::owned::Owned;
use crate::refs::RootSource;
use crate::table::{TableObject, VMTable};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::Arc;
use wasmill_abi::{
    ContextHeader, GlobalPlace, VMContext, VMFunctionImport, VMMemoryRef, VMTableRef,
};
use wasmill_types::{
    EntityRef, FunctionIndex, FunctionType, GlobalIndex, LocalGlobalIndex, MemoryIndex, TableIndex,
    Type,
};

/// The domain of a new instance: that of everything mutable that it imports.
pub(super) fn common_domain(module: &RuntimeModule, imports: &InstanceImports) -> Arc<Domain> {
    let functions = imports
        .functions
        .iter()
        .filter(|f| f.host().is_none())
        .map(|f| f.island());
    let globals = imports.globals.iter();
    let globals = globals.filter(|g| g.ty().mutability.is_mutable() || g.ty().ty.is_ref());
    let mut islands = functions
        .chain(imports.tables.iter().map(VMTable::island))
        .chain(imports.memories.iter().map(VMMemory::island))
        .chain(globals.map(VMGlobal::island));
    let refs = module
        .uses_extern_refs()
        .then(|| module.store().ref_domain().clone());
    let first = refs.or_else(|| islands.next().map(|island| island.domain().clone()));
    let domain = first.unwrap_or_else(Domain::new);
    islands.for_each(|island| domain.merge(island.domain()));
    domain
}

/// Keeps or merges with what is imported (see `island.rs` for which when).
pub(super) fn join_islands(
    island: &Arc<Island>,
    module: &RuntimeModule,
    imports: &InstanceImports,
) {
    let carries_functions = |ty: &FunctionType| {
        ty.params()
            .iter()
            .chain(ty.results())
            .any(|ty| *ty == Type::FuncRef)
    };
    let functions = imports
        .functions
        .iter()
        .enumerate()
        .map(|(index, function)| {
            let ty = module.info().function_type(FunctionIndex::new(index));
            let flows = function.host().is_none() && carries_functions(ty);
            (function.island(), flows)
        });
    let tables = imports.tables.iter();
    let tables = tables.map(|table| (table.island(), table.ty().ty == Type::FuncRef));
    let memories = imports
        .memories
        .iter()
        .map(|memory| (memory.island(), false));
    let globals = imports.globals.iter().map(|global| {
        let ty = global.ty();
        let flows = ty.ty == Type::FuncRef && ty.mutability.is_mutable();
        (global.island(), flows)
    });
    let imports = functions.chain(tables).chain(memories).chain(globals);
    let (merged, kept): (Vec<_>, Vec<_>) = imports.partition(|(_, flows)| *flows);
    // Nothing reaches the new island yet, so its edges are part of no cycle; a merge then finds those that it closes.
    for (kept, _) in kept {
        island.keep(kept);
    }
    for (merged, _) in merged {
        island.merge(merged);
    }
}

impl Instance {
    /// Writes everything into the context that the template does not have.
    /// (The instance must have no handles of what it imports: its island keeps that, or is the same, and a handle to the own
    /// island would keep it for ever.)
    pub(super) fn fill_context(
        this: &mut Owned<Self>,
        functions: &[VMFunction],
        globals: &[VMGlobal],
    ) {
        let place = this.place();
        // SAFETY: computes an address inside of the instance.
        let home = unsafe { &raw const (*place.as_ptr()).home };
        let instance = &mut **this;
        let layout = instance.module.layout();
        let context = &instance.context;
        let header = ContextHeader {
            owner: place.as_ptr().cast(),
            store: Arc::as_ptr(instance.module.store()).cast(),
        };
        let header_offset = offset_of!(VMContext, header) as u32;
        let builtins_offset = offset_of!(VMContext, builtins) as u32;
        let mut host_slots = instance.host_slots.iter_mut();
        // SAFETY: every place is a field of the context of the type written; nobody else sees the context yet.
        // Definitions are at stable addresses, in objects that the island owns or keeps.
        unsafe {
            context.write(header_offset, header);
            context.write::<*const *const c_void>(builtins_offset, builtins::table());
            for (index, memory) in instance.memories.iter().enumerate() {
                let definition = memory.as_ref().0.definition();
                let base = definition.as_ref().base;
                let place = layout.memory(MemoryIndex::new(index));
                context.write(
                    place,
                    VMMemoryRef {
                        base,
                        definition: definition.as_ptr(),
                    },
                );
            }
            for (index, table) in instance.tables.iter().enumerate() {
                let definition = TableObject::definition(*table);
                let table = VMTableRef {
                    base: definition.as_ref().base,
                    definition: definition.as_ptr(),
                };
                context.write(layout.table(TableIndex::new(index)), table);
            }
            for (index, global) in globals.iter().enumerate() {
                if let GlobalPlace::Imported(place) = layout.global(GlobalIndex::new(index)) {
                    context.write(place, global.as_ptr());
                }
            }
            for (index, function) in functions.iter().enumerate() {
                let funcref = match function.host() {
                    None => function.funcref(),
                    Some(_) => {
                        let slot = host_slots.next().expect("one for each host function");
                        HostSlot::settle(slot, home);
                        slot.funcref()
                    }
                };
                let record = funcref.as_ref();
                let place = layout.imported_function(FunctionIndex::new(index));
                context.write(
                    place,
                    VMFunctionImport {
                        code: record.code,
                        context: record.context,
                        funcref: funcref.as_ptr(),
                    },
                );
            }
        }
    }

    /// Makes this instance answer for the initial elements of its tables.
    pub(super) fn attach_tables(&mut self, place: NonNull<Self>) {
        let info = self.module.info();
        for (local, image) in self.module.images().tables.iter() {
            if !image.is_empty() {
                let table = self.table(info.table_index(local));
                // SAFETY: a table that was just made; nobody else sees it yet.
                unsafe { &mut *table.as_ptr() }.set_initial(place, local);
            }
        }
    }

    /// Computes the initial values of globals and of tables that the template does not have.
    pub(super) fn compute_globals(&mut self) {
        let module = self.module.clone();
        let info = module.info();
        for (local, init) in info.global_initializers.iter() {
            if is_computed(init) {
                let value = self.evaluate(init);
                // SAFETY: a global of this instance, which nobody else sees yet.
                unsafe { self.global_place(info.global_index(local)).write(value) };
            }
        }
    }

    /// Binds the globals that tunables made to the places of their values. The island owns the instance already.
    pub(super) fn bind_globals(&self, island: &Arc<Island>, globals: Vec<GlobalClaim<'_>>) {
        let info = self.module.info();
        for (nth, made) in globals.into_iter().enumerate() {
            let index = info.global_index(LocalGlobalIndex::new(nth));
            let place = NonNull::new(self.global_place(index)).expect("part of the context");
            // SAFETY: the context lives as long as the instance, which the island owns; the types are the module's.
            unsafe { made.bind(island, place) };
        }
    }

    /// Registers the globals that can hold host references.
    pub(super) fn register_roots(&mut self) {
        let info = self.module.info().clone();
        for (index, ty) in info.globals.iter().skip(info.num_imported_globals) {
            if ty.ty == Type::ExternRef {
                let place = self.global_place(index);
                // SAFETY: the place lives as long as the instance, whose `drop` unregisters it.
                let key = unsafe {
                    self.module
                        .store()
                        .refs()
                        .register(RootSource::Global(place))
                };
                self.roots.push(key);
            }
        }
    }
}
