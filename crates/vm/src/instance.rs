//! Instances.
//!
//! An instance is made in steps, so that the API can act in between: `VMInstance::new` links and lays out everything,
//! `initialize` runs the active segments, `start` runs the start function. What a failed step has published (functions in
//! an imported table) stays alive with the island it was published into.
//!
//! Invariants:
//! - N1: a context is freed with its instance; whatever holds a pointer to it keeps the instance's island.
//! - N2: all code of an instance runs inside its domain, so `Instance` is never used by two threads at once.

mod constants;
mod creation;
mod gather;
mod segments;

use creation::{common_domain, join_islands};
use gather::Gatherer;

use crate::domain::Guard;
use crate::externs::{MemoryObject, VMExtern, VMGlobal, VMMemory};
use crate::function::{HostSlot, VMFunction};
use crate::interrupt::{InterruptHandle, Target};
use crate::island::{Home, Island, Object};
use crate::limits::{Account, Charge, LimitError};
use crate::made::{Global, GlobalError, Memory, Table};
use crate::memory::MemoryError;
use crate::module::RuntimeModule;
use crate::owned::Owned;
use crate::refs::RootKey;
use crate::table::{TableError, TableObject, VMTable};
use crate::traps::{self, EarlyEnd};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock};
use wasmill_abi::{
    ContextHeader, GlobalPlace, RawValue, TrapCode, VMContext, VMFuncRef, VMFunctionImport,
    VMMemoryDefinition, VMMemoryRef,
};
use wasmill_types::{
    EntityRef, ExportIndex, FunctionIndex, FunctionType, GlobalIndex, LocalGlobalIndex,
    LocalMemoryIndex, LocalTableIndex, MemoryIndex, PrimaryMap, TableIndex,
};

/// What a module's imports are bound to, by index spaces.
#[derive(Debug, Default)]
pub struct InstanceImports {
    /// The imported functions.
    pub functions: Vec<VMFunction>,
    /// The imported tables.
    pub tables: Vec<VMTable>,
    /// The imported memories.
    pub memories: Vec<VMMemory>,
    /// The imported globals.
    pub globals: Vec<VMGlobal>,
}

/// What tunables made for one instance: everything that its module defines.
#[derive(Debug, Default)]
pub struct InstanceParts {
    /// The memories.
    pub memories: PrimaryMap<LocalMemoryIndex, Arc<dyn Memory>>,
    /// The tables.
    pub tables: PrimaryMap<LocalTableIndex, Arc<dyn Table>>,
    /// The globals.
    pub globals: PrimaryMap<LocalGlobalIndex, Arc<Global>>,
}

/// An instance could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// A memory could not be made.
    #[error("Failed to create memory: {0}")]
    Memory(#[from] MemoryError),
    /// A table could not be made.
    #[error("{0}")]
    Table(#[from] TableError),
    /// A global that tunables made cannot be used.
    #[error("{0}")]
    Global(#[from] GlobalError),
    /// The store has as many instances as it may have.
    #[error("{0}")]
    Limit(#[from] LimitError),
    /// Tunables made too many or too few.
    #[error("the tunables made {made} {what} where {asked} are asked for")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many they made.
        made: usize,
        /// How many the module has.
        asked: usize,
    },
}

/// An instance, as its island owns it.
pub(crate) struct Instance {
    module: Arc<RuntimeModule>,
    home: Home,
    context: Context,
    memories: Box<[NonNull<MemoryObject>]>,
    tables: Box<[NonNull<TableObject>]>,
    host_slots: Box<[HostSlot]>,
    /// Segments that the code gave up, if any.
    dropped: RefCell<Dropped>,
    roots: Vec<RootKey>,
    /// Whether the memories show the module's images, so that the segments in these need not be copied.
    shows_images: bool,
    /// What it takes of its store's limits, if that has some.
    _charge: Option<Charge>,
    /// Made when first asked for, by any thread: no domain is held then.
    target: OnceLock<Arc<Target>>,
}

#[derive(Default)]
struct Dropped {
    data: Vec<bool>,
    elements: Vec<bool>,
}

fn mark(flags: &mut Vec<bool>, index: usize) {
    if flags.len() <= index {
        flags.resize(index + 1, false);
    }
    flags[index] = true;
}

// SAFETY: the pointers lead to objects of the same island or of islands it keeps; N2.
unsafe impl Send for Instance {}

impl Object for Instance {
    fn moved_to(&self, island: &Arc<Island>) {
        self.home.set(island);
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        for key in self.roots.drain(..) {
            self.module.store().refs().unregister(key);
        }
        if let Some(target) = self.target.get() {
            target.forget_context();
        }
    }
}

/// The memory of a [`VMContext`] and its tail.
struct Context {
    place: NonNull<VMContext>,
    layout: Layout,
}

impl Context {
    /// A context with its first part copied from the module's template.
    fn new(module: &RuntimeModule) -> Self {
        let template = module.template();
        let layout = Layout::from_size_align(module.layout().size() as usize, 16);
        let layout = layout.expect("the size of a context is checked when it is laid out");
        // SAFETY: the size is not zero: a context has a header.
        let place = unsafe { alloc(layout) }.cast::<VMContext>();
        let place = NonNull::new(place).unwrap_or_else(|| handle_alloc_error(layout));
        // SAFETY: the template is at most as long as the context.
        unsafe {
            ptr::copy_nonoverlapping(template.as_ptr(), place.as_ptr().cast(), template.len());
        }
        Self { place, layout }
    }

    /// Writes the field at `offset`.
    ///
    /// # Safety
    ///
    /// The field is of this type, and nobody refers to it.
    unsafe fn write<T>(&self, offset: u32, value: T) {
        // SAFETY: inside the context; the rest is the caller's promise.
        unsafe { self.field::<T>(offset).write(value) };
    }

    /// A pointer to the field at `offset`.
    fn field<T>(&self, offset: u32) -> *mut T {
        debug_assert!(offset as usize + size_of::<T>() <= self.layout.size());
        // SAFETY: offsets come from the layout that the size came from.
        unsafe { self.place.as_ptr().byte_add(offset as usize).cast() }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.place.as_ptr().cast(), self.layout) };
    }
}

/// The type of a WebAssembly function.
///
/// # Safety
///
/// `funcref` belongs to an instance that outlives the result.
#[inline]
pub(crate) unsafe fn function_type<'a>(funcref: NonNull<VMFuncRef>) -> &'a FunctionType {
    // SAFETY: as the caller promises; the context's owner is its instance.
    unsafe {
        let context = funcref.as_ref().context;
        let instance = &*(*context).owner.cast::<Instance>();
        let layout = instance.module.layout();
        let first = instance.context.field::<VMFuncRef>(layout.funcref(0));
        let nth = funcref.as_ptr().offset_from(first) as usize;
        let info = instance.module.info();
        // The borrow is of the module, which lives as long as the instance.
        &*ptr::from_ref(info.function_type(info.escaping_functions[nth]))
    }
}

impl Instance {
    pub(crate) fn module(&self) -> &RuntimeModule {
        &self.module
    }

    /// The instance behind a context.
    ///
    /// # Safety
    ///
    /// `context` is that of a live instance whose domain is held.
    pub(crate) unsafe fn from_context<'a>(context: *mut VMContext) -> &'a Self {
        // SAFETY: as the caller promises.
        unsafe { &*(*context).header.owner.cast::<Self>() }
    }

    pub(crate) fn table(&self, index: TableIndex) -> NonNull<TableObject> {
        self.tables[index.index()]
    }

    pub(crate) fn memory(&self, index: MemoryIndex) -> NonNull<MemoryObject> {
        self.memories[index.index()]
    }

    fn import(&self, index: FunctionIndex) -> &VMFunctionImport {
        // SAFETY: imports are written when the context is made, and never again.
        unsafe {
            &*self
                .context
                .field(self.module.layout().imported_function(index))
        }
    }

    /// Entry and context of a function.
    fn callee(&self, index: FunctionIndex) -> (*const c_void, *mut ContextHeader) {
        match self.module.info().local_func_index(index) {
            Some(local) => (
                self.module.function(local).0,
                self.context.place.as_ptr().cast(),
            ),
            None => (self.import(index).code, self.import(index).context),
        }
    }

    /// The reference to a function that references can be taken of. Made when first asked for.
    pub(crate) fn function_ref(&self, index: FunctionIndex) -> NonNull<VMFuncRef> {
        let info = self.module.info();
        if info.is_imported_function(index) {
            let funcref = self.import(index).funcref.cast_mut();
            return NonNull::new(funcref).expect("imports have references");
        }
        let nth = self
            .module
            .escaping(index)
            .expect("validated: only declared functions");
        let layout = self.module.layout();
        let funcref = self.context.field::<VMFuncRef>(layout.funcref(nth));
        let (word, bit) = layout.funcref_bit(nth);
        let made = self.context.field::<u64>(word);
        // SAFETY: both lie in the context (N1), and nobody else is in the domain (N2).
        unsafe {
            if *made & (1 << bit) == 0 {
                let (code, context) = self.callee(index);
                funcref.write(VMFuncRef {
                    code,
                    context,
                    type_id: self.module.type_id(info.functions[index]),
                    reserved: 0,
                    tail_code: ptr::null(),
                });
                *made |= 1 << bit;
            }
            NonNull::new_unchecked(funcref)
        }
    }

    fn global_place(&self, index: GlobalIndex) -> *mut RawValue {
        match self.module.layout().global(index) {
            GlobalPlace::Local(offset) => self.context.field(offset),
            // SAFETY: written when the context was made.
            GlobalPlace::Imported(offset) => unsafe { *self.context.field(offset) },
        }
    }

    fn global_value(&self, index: GlobalIndex) -> RawValue {
        // SAFETY: globals live as long as the instance; the domain is held.
        unsafe { self.global_place(index).read() }
    }

    pub(crate) fn memory_definition(&self, index: MemoryIndex) -> VMMemoryDefinition {
        let field = self
            .context
            .field::<VMMemoryRef>(self.module.layout().memory(index));
        // SAFETY: written when the context was made; definitions live as long as their memories; the domain is held.
        unsafe { *(*field).definition }
    }

    /// The address of a part of a memory, if it exists.
    pub(crate) fn memory_range(
        &self,
        index: MemoryIndex,
        offset: u64,
        length: u64,
    ) -> Result<*mut u8, TrapCode> {
        let memory = self.memory_definition(index);
        let end = offset
            .checked_add(length)
            .ok_or(TrapCode::HeapAccessOutOfBounds)?;
        if end > memory.current_length as u64 {
            return Err(TrapCode::HeapAccessOutOfBounds);
        }
        // SAFETY: inside the memory.
        Ok(unsafe { memory.base.add(offset as usize) })
    }
}

/// A handle to an instance. It keeps the instance's island.
#[derive(Clone)]
pub struct VMInstance {
    island: Arc<Island>,
    instance: NonNull<Instance>,
}

// SAFETY: the instance lives as long as the island, and every access enters the domain.
unsafe impl Send for VMInstance {}
// SAFETY: as above.
unsafe impl Sync for VMInstance {}

impl VMInstance {
    /// Links and lays out an instance. No code of it runs yet, and no active segment but those in the images is there.
    ///
    /// What the module defines is made here, unless tunables have made it. All of it counts against the account.
    ///
    /// # Errors
    ///
    /// If a memory or a table cannot be made, or does not fit, or a limit of the account is reached.
    ///
    /// # Safety
    ///
    /// `imports` are what the module imports, in order, of matching types; imported memories are at least as protected
    /// as the module's code expects. They belong to the
    /// module's store.
    pub unsafe fn new(
        module: Arc<RuntimeModule>,
        imports: InstanceImports,
        parts: Option<&InstanceParts>,
        account: Option<&Arc<Account>>,
    ) -> Result<Self, InstanceError> {
        let gatherer = Gatherer {
            module: &module,
            parts,
            account,
        };
        let mut gathered = gatherer.gather(&imports)?;
        let island = Island::new(module.store().clone(), common_domain(&module, &imports));
        let guard = island.domain().enter();
        join_islands(&island, &module, &imports);
        let (memories, tables) = gathered.adopt(&island);
        let host_slots = imports
            .functions
            .iter()
            .filter_map(VMFunction::host)
            .map(HostSlot::new);
        let mut instance = Owned::new(Instance {
            context: Context::new(&module),
            home: Home::default(),
            memories,
            tables,
            host_slots: host_slots.collect(),
            dropped: RefCell::default(),
            roots: Vec::new(),
            shows_images: gathered.shows_images,
            _charge: gathered.charge,
            target: OnceLock::new(),
            module,
        });
        Instance::fill_context(&mut instance, &imports.functions, &imports.globals);
        let place = instance.place();
        instance.attach_tables(place);
        instance.compute_globals();
        instance.register_roots();
        island.adopt(instance);
        // SAFETY: the island owns it, and its domain is held.
        unsafe { place.as_ref() }.bind_globals(&island, gathered.globals);
        drop(guard);
        Ok(Self {
            island,
            instance: place,
        })
    }

    fn get(&self) -> &Instance {
        // SAFETY: the instance lives as long as the island; callers enter the domain.
        unsafe { self.instance.as_ref() }
    }

    /// Enters the instance's domain.
    pub fn enter(&self) -> Guard<'_> {
        self.island.domain().enter()
    }

    /// The island it belongs to.
    pub fn island(&self) -> &Arc<Island> {
        &self.island
    }

    /// The module it is an instance of.
    pub fn module(&self) -> &Arc<RuntimeModule> {
        &self.get().module
    }

    /// The context that its code gets.
    pub fn context(&self) -> *mut VMContext {
        self.get().context.place.as_ptr()
    }

    /// Checks that all active segments fit, and changes nothing: without bulk operations, an instance either takes
    /// effect as a whole or cannot be linked.
    ///
    /// # Errors
    ///
    /// If one does not fit.
    pub fn check_segments(&self) -> Result<(), TrapCode> {
        let _guard = self.enter();
        self.get().check_segments()
    }

    /// Runs the active segments.
    ///
    /// # Errors
    ///
    /// If one does not fit; those before it have taken effect.
    pub fn initialize(&self) -> Result<(), TrapCode> {
        let _guard = self.enter();
        self.get().initialize()
    }

    /// Runs the start function, if there is one.
    ///
    /// # Errors
    ///
    /// If it traps.
    pub fn start(&self) -> Result<(), EarlyEnd> {
        let Some(function) = self.get().module.info().start_function else {
            return Ok(());
        };
        let _guard = self.enter();
        let (code, context) = self.get().callee(function);
        type Start = extern "C" fn(*mut ContextHeader);
        // SAFETY: the entry is that of a function without parameters and results (validated), in a held domain.
        unsafe {
            traps::enter(context, code, |stub| {
                std::mem::transmute::<*const c_void, Start>(stub)(context);
            })
        }
    }

    /// A handle that ends calls into the instance from other threads. It does not keep the instance. Never waits, also
    /// while a call is running.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        let target = self.get().target.get_or_init(|| {
            let context = self.get().context.place.cast();
            Arc::new(Target::new(self.island.domain().clone(), context))
        });
        InterruptHandle::of_instance(target.clone())
    }

    /// What an export refers to.
    pub fn export(&self, index: ExportIndex) -> VMExtern {
        let _guard = self.enter();
        let (instance, island) = (self.get(), &self.island);
        // SAFETY: all of these live as long as the instance's island.
        unsafe {
            match index {
                ExportIndex::Function(index) => {
                    VMFunction::from_raw(island, instance.function_ref(index)).into()
                }
                ExportIndex::Table(index) => {
                    VMTable::from_raw(island.clone(), instance.table(index)).into()
                }
                ExportIndex::Memory(index) => {
                    VMMemory::from_raw(island.clone(), instance.memory(index)).into()
                }
                ExportIndex::Global(index) => {
                    let place = NonNull::new_unchecked(instance.global_place(index));
                    let ty = instance.module.info().globals[index];
                    VMGlobal::from_raw(island.clone(), place, ty).into()
                }
            }
        }
    }
}

impl fmt::Debug for VMInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VMInstance")
            .field("module", self.module())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
