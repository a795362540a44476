//! How memories, tables and globals are laid out and made: a choice of the host.
//!
//! The layout of a memory decides what code compilers make. What tunables make is checked before compiled code sees it
//! (in `wasmill-vm`), so that no choice can be unsound.

use crate::LinkError;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use wasmill_abi::{VMMemoryDefinition, VMTableDefinition};
use wasmill_compiler::Target;
use wasmill_types::{
    GlobalType, LocalGlobalIndex, LocalMemoryIndex, LocalTableIndex, MemoryIndex, MemoryStyle,
    MemoryType, ModuleInfo, Pages, PrimaryMap, TableIndex, TableStyle, TableType,
};
use wasmill_vm::{Global, InstanceParts, Memory, MemoryError, RuntimeModule, Table};

/// Chooses the layout of memories and tables, and makes memories, tables and globals: those of the host and those of
/// instances.
///
/// Most implementations wrap [`BaseTunables`] and change what they ask it for. This one gives every memory a maximum:
///
/// ```
/// use std::ptr::NonNull;
/// use std::sync::Arc;
/// # mod wasmill {
/// #     pub use wasmill_engine::{BaseTunables, Tunables};
/// #     pub use wasmill_types::{MemoryType, Pages, TableType};
/// #     pub mod vm {
/// #         pub use wasmill_abi::{VMMemoryDefinition, VMTableDefinition};
/// #         pub use wasmill_types::{MemoryStyle, TableStyle};
/// #         pub use wasmill_vm::{Memory, MemoryError, Table};
/// #     }
/// # }
/// use wasmill::vm::{self, MemoryError, MemoryStyle, TableStyle};
/// use wasmill::vm::{VMMemoryDefinition, VMTableDefinition};
/// use wasmill::{BaseTunables, MemoryType, Pages, TableType, Tunables};
///
/// struct Capped<T: Tunables> {
///     most: Pages,
///     base: T,
/// }
///
/// impl<T: Tunables> Capped<T> {
///     fn cap(&self, ty: &MemoryType) -> Result<MemoryType, MemoryError> {
///         if ty.minimum > self.most {
///             return Err(MemoryError::Generic("too large for this host".to_string()));
///         }
///         let maximum = ty.maximum.unwrap_or(self.most).min(self.most);
///         Ok(MemoryType::new(ty.minimum, Some(maximum), ty.shared))
///     }
/// }
///
/// impl<T: Tunables> Tunables for Capped<T> {
///     fn memory_style(&self, ty: &MemoryType) -> MemoryStyle {
///         self.base.memory_style(&self.cap(ty).unwrap_or(*ty))
///     }
///     fn table_style(&self, ty: &TableType) -> TableStyle {
///         self.base.table_style(ty)
///     }
///     fn create_host_memory(
///         &self,
///         ty: &MemoryType,
///         style: &MemoryStyle,
///     ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
///         self.base.create_host_memory(&self.cap(ty)?, style)
///     }
///     unsafe fn create_vm_memory(
///         &self,
///         ty: &MemoryType,
///         style: &MemoryStyle,
///         vm_definition_location: NonNull<VMMemoryDefinition>,
///     ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
///         let ty = self.cap(ty)?;
///         unsafe { self.base.create_vm_memory(&ty, style, vm_definition_location) }
///     }
///     fn create_host_table(
///         &self,
///         ty: &TableType,
///         style: &TableStyle,
///     ) -> Result<Arc<dyn vm::Table>, String> {
///         self.base.create_host_table(ty, style)
///     }
///     unsafe fn create_vm_table(
///         &self,
///         ty: &TableType,
///         style: &TableStyle,
///         vm_definition_location: NonNull<VMTableDefinition>,
///     ) -> Result<Arc<dyn vm::Table>, String> {
///         unsafe { self.base.create_vm_table(ty, style, vm_definition_location) }
///     }
/// }
///
/// let base = BaseTunables::for_target(&Default::default());
/// let tunables = Capped { most: Pages(24), base };
/// let ty = MemoryType::new(1, None, false);
/// let memory = tunables.create_host_memory(&ty, &tunables.memory_style(&ty)).unwrap();
/// assert_eq!(memory.ty().maximum, Some(Pages(24)));
/// ```
///
/// What is made must fit where the type is asked for, as an import would, and be laid out at least as protectively as the
/// style. The runtime takes it over, each object once; otherwise the host gets the error that the place has for it.
pub trait Tunables {
    /// The layout of a memory of this type.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use wasmill_types::MemoryStyle;
    /// let style = tunables.memory_style(&MemoryType::new(1, None, false));
    /// assert!(style.offset_guard_size() > 0);
    /// ```
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle;
    /// The layout of a table of this type.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use wasmill_types::{TableStyle, TableType, Type};
    /// let style = tunables.table_style(&TableType::new(Type::FuncRef, 1, None));
    /// assert_eq!(style, TableStyle::CallerChecksSignature);
    /// ```
    fn table_style(&self, table: &TableType) -> TableStyle;

    /// Makes a memory for the host.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// let ty = MemoryType::new(1, Some(2), false);
    /// let memory = tunables.create_host_memory(&ty, &tunables.memory_style(&ty)).unwrap();
    /// assert_eq!(memory.ty(), ty);
    /// ```
    ///
    /// # Errors
    ///
    /// If the type is impossible, the system refuses, or the tunables do.
    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Arc<dyn Memory>, MemoryError>;

    /// Makes a memory for an instance.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use std::ptr::{self, NonNull};
    /// # use wasmill_abi::VMMemoryDefinition;
    /// let ty = MemoryType::new(1, None, false);
    /// let mut place = VMMemoryDefinition { base: ptr::null_mut(), current_length: 0 };
    /// // SAFETY: the place can be written to.
    /// let memory = unsafe {
    ///     tunables.create_vm_memory(&ty, &tunables.memory_style(&ty), NonNull::from(&mut place))
    /// };
    /// assert_eq!(memory.unwrap().size().0, 1);
    /// ```
    ///
    /// # Safety
    ///
    /// `vm_definition_location` can be written to during the call. What stands there afterwards means nothing: compiled
    /// code finds the memory without it.
    ///
    /// # Errors
    ///
    /// As [`Tunables::create_host_memory`].
    #[allow(unsafe_code, reason = "the contract has it")]
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        vm_definition_location: NonNull<VMMemoryDefinition>,
    ) -> Result<Arc<dyn Memory>, MemoryError>;

    /// Makes a table for the host.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use wasmill_types::{TableType, Type};
    /// let ty = TableType::new(Type::FuncRef, 4, None);
    /// let table = tunables.create_host_table(&ty, &tunables.table_style(&ty)).unwrap();
    /// assert_eq!(table.size(), 4);
    /// ```
    ///
    /// # Errors
    ///
    /// If the type is impossible or too large, or the tunables refuse.
    fn create_host_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
    ) -> Result<Arc<dyn Table>, String>;

    /// Makes a table for an instance.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use std::ptr::{self, NonNull};
    /// # use wasmill_abi::VMTableDefinition;
    /// # use wasmill_types::{TableType, Type};
    /// let ty = TableType::new(Type::FuncRef, 4, None);
    /// let mut place = VMTableDefinition { base: ptr::null_mut(), current_elements: 0 };
    /// // SAFETY: the place can be written to.
    /// let table = unsafe {
    ///     tunables.create_vm_table(&ty, &tunables.table_style(&ty), NonNull::from(&mut place))
    /// };
    /// assert_eq!(table.unwrap().size(), 4);
    /// ```
    ///
    /// # Safety
    ///
    /// As [`Tunables::create_vm_memory`].
    ///
    /// # Errors
    ///
    /// As [`Tunables::create_host_table`].
    #[allow(unsafe_code, reason = "the contract has it")]
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        vm_definition_location: NonNull<VMTableDefinition>,
    ) -> Result<Arc<dyn Table>, String>;

    /// Makes a global, of the host or of an instance. Its value comes later.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use wasmill_types::{GlobalType, Mutability, Type};
    /// let ty = GlobalType::new(Type::I32, Mutability::Var);
    /// assert_eq!(tunables.create_global(ty).unwrap().ty(), &ty);
    /// ```
    ///
    /// # Errors
    ///
    /// If the tunables refuse.
    fn create_global(&self, ty: GlobalType) -> Result<Arc<Global>, String> {
        Ok(Arc::new(Global::new(ty)))
    }

    /// Makes the memories that a module defines, one by one.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use std::ptr::{self, NonNull};
    /// # use wasmill_abi::VMMemoryDefinition;
    /// # use wasmill_types::{ModuleInfo, PrimaryMap};
    /// let mut info = ModuleInfo::new();
    /// info.memories.push(MemoryType::new(1, None, false));
    /// let styles: PrimaryMap<_, _> = info.memories.values().map(|ty| tunables.memory_style(ty)).collect();
    /// let mut place = VMMemoryDefinition { base: ptr::null_mut(), current_length: 0 };
    /// // SAFETY: one place for the one memory, which can be written to.
    /// let memories = unsafe { tunables.create_memories(&info, &styles, &[NonNull::from(&mut place)]) };
    /// assert_eq!(memories.unwrap().len(), 1);
    /// ```
    ///
    /// # Safety
    ///
    /// There are as many locations as the module defines memories; each as for [`Tunables::create_vm_memory`].
    ///
    /// # Errors
    ///
    /// [`LinkError::Resource`] for the first that cannot be made.
    #[allow(unsafe_code, reason = "the contract has it")]
    unsafe fn create_memories(
        &self,
        module: &ModuleInfo,
        memory_styles: &PrimaryMap<MemoryIndex, MemoryStyle>,
        memory_definition_locations: &[NonNull<VMMemoryDefinition>],
    ) -> Result<PrimaryMap<LocalMemoryIndex, Arc<dyn Memory>>, LinkError> {
        let own = module.memories.iter().skip(module.num_imported_memories);
        own.zip(memory_definition_locations)
            .map(|((index, ty), place)| {
                // SAFETY: passed on.
                unsafe { self.create_vm_memory(ty, &memory_styles[index], *place) }.map_err(
                    |error| LinkError::Resource(format!("Failed to create memory: {error}")),
                )
            })
            .collect()
    }

    /// Makes the tables that a module defines, one by one.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use std::ptr::{self, NonNull};
    /// # use wasmill_abi::VMTableDefinition;
    /// # use wasmill_types::{ModuleInfo, PrimaryMap, TableType, Type};
    /// let mut info = ModuleInfo::new();
    /// info.tables.push(TableType::new(Type::FuncRef, 1, None));
    /// let styles: PrimaryMap<_, _> = info.tables.values().map(|ty| tunables.table_style(ty)).collect();
    /// let mut place = VMTableDefinition { base: ptr::null_mut(), current_elements: 0 };
    /// // SAFETY: one place for the one table, which can be written to.
    /// let tables = unsafe { tunables.create_tables(&info, &styles, &[NonNull::from(&mut place)]) };
    /// assert_eq!(tables.unwrap().len(), 1);
    /// ```
    ///
    /// # Safety
    ///
    /// There are as many locations as the module defines tables; each as for [`Tunables::create_vm_table`].
    ///
    /// # Errors
    ///
    /// [`LinkError::Resource`] for the first that cannot be made.
    #[allow(unsafe_code, reason = "the contract has it")]
    unsafe fn create_tables(
        &self,
        module: &ModuleInfo,
        table_styles: &PrimaryMap<TableIndex, TableStyle>,
        table_definition_locations: &[NonNull<VMTableDefinition>],
    ) -> Result<PrimaryMap<LocalTableIndex, Arc<dyn Table>>, LinkError> {
        let own = module.tables.iter().skip(module.num_imported_tables);
        own.zip(table_definition_locations)
            .map(|((index, ty), place)| {
                // SAFETY: passed on.
                unsafe { self.create_vm_table(ty, &table_styles[index], *place) }
                    .map_err(LinkError::Resource)
            })
            .collect()
    }

    /// Makes the globals that a module defines, one by one.
    ///
    /// ```
    /// # use wasmill_engine::{BaseTunables, Tunables};
    /// # use wasmill_types::MemoryType;
    /// let tunables = BaseTunables::for_target(&Default::default());
    /// # use wasmill_types::{GlobalType, ModuleInfo, Mutability, Type};
    /// let mut info = ModuleInfo::new();
    /// info.globals.push(GlobalType::new(Type::I32, Mutability::Const)); // imported
    /// info.globals.push(GlobalType::new(Type::I64, Mutability::Var));
    /// info.num_imported_globals = 1;
    /// let globals = tunables.create_globals(&info).unwrap();
    /// assert_eq!((globals.len(), globals.as_slice()[0].ty().ty), (1, Type::I64));
    /// ```
    ///
    /// # Errors
    ///
    /// [`LinkError::Resource`] for the first that cannot be made.
    fn create_globals(
        &self,
        module: &ModuleInfo,
    ) -> Result<PrimaryMap<LocalGlobalIndex, Arc<Global>>, LinkError> {
        let own = module.globals.values().skip(module.num_imported_globals);
        own.map(|ty| self.create_global(*ty).map_err(LinkError::Resource))
            .collect()
    }
}

/// Lets tunables make everything that a module defines.
#[allow(unsafe_code, reason = "the trait asks for places of definitions")]
pub(crate) fn make_parts(
    module: &RuntimeModule,
    tunables: &dyn Tunables,
) -> Result<InstanceParts, LinkError> {
    let info = module.info();
    let mut memories = vec![
        VMMemoryDefinition {
            base: ptr::null_mut(),
            current_length: 0,
        };
        info.memories.len() - info.num_imported_memories
    ];
    let mut tables = vec![
        VMTableDefinition {
            base: ptr::null_mut(),
            current_elements: 0,
        };
        info.tables.len() - info.num_imported_tables
    ];
    let memory_places: Vec<_> = memories.iter_mut().map(NonNull::from).collect();
    let table_places: Vec<_> = tables.iter_mut().map(NonNull::from).collect();
    let table_styles = info.tables.values().map(|ty| tunables.table_style(ty));
    let table_styles = table_styles.collect();
    // SAFETY: one place for each, all of them live and unused during the calls.
    let (memories, tables) = unsafe {
        (
            tunables.create_memories(info, module.memory_styles(), &memory_places)?,
            tunables.create_tables(info, &table_styles, &table_places)?,
        )
    };
    Ok(InstanceParts {
        memories,
        tables,
        globals: tunables.create_globals(info)?,
    })
}

/// The usual choice: memories whose largest size is at most [`BaseTunables::static_memory_bound`] get a reservation of
/// that size at once and accesses without checks; others are checked.
///
/// ```
/// # use wasmill_engine::{BaseTunables, Tunables};
/// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
/// // Hosts with little address space reserve 16 MiB for each memory that says it needs no more.
/// let mut tunables = BaseTunables::for_target(&Default::default());
/// tunables.static_memory_bound = Pages(256);
/// tunables.static_memory_offset_guard_size = 65_536;
/// let small = tunables.memory_style(&MemoryType::new(1, Some(256), false));
/// assert!(matches!(small, MemoryStyle::Static { bound: Pages(256), .. }));
/// let large = tunables.memory_style(&MemoryType::new(1, None, false));
/// assert!(matches!(large, MemoryStyle::Dynamic { .. }));
/// ```
#[derive(Clone, Debug)]
pub struct BaseTunables {
    /// The pages that static memories reserve.
    pub static_memory_bound: Pages,
    /// Inaccessible bytes behind the pages of a static memory.
    pub static_memory_offset_guard_size: u64,
    /// Inaccessible bytes behind a dynamic memory.
    pub dynamic_memory_offset_guard_size: u64,
}

/// Address space behind a full 4 GiB memory on 64-bit targets: any 32-bit offset of an access, and the access itself,
/// end in it, so that no access needs a check.
const GUARD_64: u64 = 4 << 30;

impl BaseTunables {
    /// The usual choice for a target. When the target is this machine and it refuses reservations of the size that
    /// unchecked memories need, all memories are checked.
    ///
    /// ```
    /// # use wasmill_compiler::{CpuFeature, Target};
    /// # use wasmill_engine::BaseTunables;
    /// # use wasmill_types::Pages;
    /// let small = Target::new("i686-linux-gnu".parse().unwrap(), CpuFeature::set());
    /// assert_eq!(BaseTunables::for_target(&small).static_memory_bound, Pages(0x4000));
    /// ```
    ///
    /// # Panics
    ///
    /// If the width of the target's pointers is not known.
    pub fn for_target(target: &Target) -> Self {
        let width = target
            .triple()
            .pointer_width()
            .expect("the target's pointers must have a known width");
        let (pages, guard) = match width {
            target_lexicon::PointerWidth::U16 => (0x400, 0x1000),
            target_lexicon::PointerWidth::U32 => (0x4000, 0x1_0000),
            target_lexicon::PointerWidth::U64 => (Pages::max_value().0, GUARD_64),
        };
        // Windows counts reserved address space more strictly.
        let (pages, guard) = match target.triple().operating_system {
            target_lexicon::OperatingSystem::Windows => (pages.min(0x100), guard.min(0x1_0000)),
            _ => (pages, guard),
        };
        let refused = *target.triple() == target_lexicon::Triple::host()
            && !wasmill_vm::reservation_available();
        Self {
            static_memory_bound: Pages(if refused { 0 } else { pages }),
            static_memory_offset_guard_size: guard,
            dynamic_memory_offset_guard_size: 0x1_0000,
        }
    }
}

impl Tunables for BaseTunables {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        let most = memory.maximum.unwrap_or(Pages::max_value());
        if self.static_memory_bound > Pages(0) && most <= self.static_memory_bound {
            MemoryStyle::Static {
                bound: self.static_memory_bound,
                offset_guard_size: self.static_memory_offset_guard_size,
            }
        } else {
            MemoryStyle::Dynamic {
                offset_guard_size: self.dynamic_memory_offset_guard_size,
            }
        }
    }

    fn table_style(&self, _: &TableType) -> TableStyle {
        TableStyle::CallerChecksSignature
    }

    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Arc<dyn Memory>, MemoryError> {
        wasmill_vm::make_memory(ty, style)
    }

    /// Also writes what the definition is at first to the place.
    #[allow(unsafe_code, reason = "the contract has it")]
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        vm_definition_location: NonNull<VMMemoryDefinition>,
    ) -> Result<Arc<dyn Memory>, MemoryError> {
        let memory = wasmill_vm::make_memory(ty, style)?;
        let definition = VMMemoryDefinition {
            base: ptr::null_mut(),
            current_length: memory.size().bytes().0,
        };
        // SAFETY: the caller's promise.
        unsafe { vm_definition_location.write(definition) };
        Ok(memory)
    }

    fn create_host_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
    ) -> Result<Arc<dyn Table>, String> {
        wasmill_vm::make_table(ty, style).map_err(|error| error.to_string())
    }

    /// Also writes what the definition is at first to the place.
    #[allow(unsafe_code, reason = "the contract has it")]
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        vm_definition_location: NonNull<VMTableDefinition>,
    ) -> Result<Arc<dyn Table>, String> {
        let table = self.create_host_table(ty, style)?;
        let definition = VMTableDefinition {
            base: ptr::null_mut(),
            current_elements: table.size(),
        };
        // SAFETY: the caller's promise.
        unsafe { vm_definition_location.write(definition) };
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tunables(bound: u32) -> BaseTunables {
        BaseTunables {
            static_memory_bound: Pages(bound),
            static_memory_offset_guard_size: GUARD_64,
            dynamic_memory_offset_guard_size: 0x1_0000,
        }
    }

    #[test]
    fn a_full_bound_makes_every_memory_unchecked() {
        let style = tunables(0x1_0000).memory_style(&MemoryType::new(1, None, false));
        assert!(style.covers(0, 16));
        assert!(style.covers(GUARD_64 - 16, 16));
        assert!(!style.covers(GUARD_64 - 15, 16));
    }

    #[test]
    fn memories_above_the_bound_are_checked() {
        let tunables = tunables(0x100);
        let style = |maximum| tunables.memory_style(&MemoryType::new(1, maximum, false));
        assert!(matches!(
            style(Some(0x100)),
            MemoryStyle::Static {
                bound: Pages(0x100),
                ..
            }
        ));
        assert!(!style(Some(0x100)).covers(0, 1));
        let checked = MemoryStyle::Dynamic {
            offset_guard_size: 0x1_0000,
        };
        assert_eq!(style(Some(0x101)), checked);
        assert_eq!(style(None), checked);
    }

    #[test]
    fn without_reservations_even_empty_memories_are_checked() {
        let style = tunables(0).memory_style(&MemoryType::new(0, Some(0), false));
        assert!(matches!(style, MemoryStyle::Dynamic { .. }));
    }

    #[test]
    fn foreign_targets_get_the_figures_of_their_width() {
        let target = |triple: &str| {
            let triple = triple.parse().unwrap();
            BaseTunables::for_target(&Target::new(triple, Default::default()))
        };
        let arm = target("armv7-unknown-linux-gnueabihf");
        assert_eq!(arm.static_memory_bound, Pages(0x4000));
        assert_eq!(arm.static_memory_offset_guard_size, 0x1_0000);
        assert_eq!(
            target("aarch64-unknown-none").static_memory_bound,
            Pages(0x1_0000)
        );
        let windows = target("x86_64-pc-windows-msvc");
        assert_eq!(windows.static_memory_bound, Pages(0x100));
        assert_eq!(windows.static_memory_offset_guard_size, 0x1_0000);
        assert_eq!(
            target("msp430-unknown-none-elf").static_memory_bound,
            Pages(0x400)
        );
    }
}
