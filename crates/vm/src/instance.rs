//! Instances.
//!
//! An instance is made in steps, so that the API can act in between: `VMInstance::new` links and lays out everything,
//! `initialize` runs the active segments, `start` runs the start function. What a failed step has published (functions in
//! an imported table) stays alive with the island it was published into.
//!
//! Invariants:
//! - N1: a context is freed with its instance; whatever holds a pointer to it keeps the instance's island.
//! - N2: all code of an instance runs inside its domain, so `Instance` is never used by two threads at once.

use crate::builtins;
use crate::domain::{Domain, Guard};
use crate::externs::{MemoryObject, VMExtern, VMGlobal, VMMemory};
use crate::function::{HostSlot, VMFunction};
use crate::island::{Home, Island, Object};
use crate::memory::{LinearMemory, MemoryError};
use crate::module::{RuntimeModule, is_computed};
use crate::refs::{RootKey, RootSource};
use crate::table::{RawElement, TableError, TableObject, VMTable};
use crate::traps::{self, Trap};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::ffi::c_void;
use std::fmt;
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use wasmill_abi::{
    ContextHeader, GlobalPlace, RawValue, TrapCode, VMContext, VMFuncRef, VMFunctionImport,
    VMMemoryDefinition, VMMemoryRef, VMTableRef,
};
use wasmill_types::{
    ConstOp, DataIndex, ElemIndex, ElementItems, EntityRef, ExportIndex, FunctionIndex,
    FunctionType, GlobalIndex, GlobalInit, MemoryIndex, SegmentMode, TableIndex, Type,
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

/// An instance could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// A memory could not be made.
    #[error("Failed to create memory: {0}")]
    Memory(#[from] MemoryError),
    /// A table could not be made.
    #[error("{0}")]
    Table(#[from] TableError),
}

/// An instance, as its island owns it.
pub(crate) struct Instance {
    module: Arc<RuntimeModule>,
    home: Home,
    context: Context,
    memories: Box<[NonNull<MemoryObject>]>,
    tables: Box<[NonNull<TableObject>]>,
    globals: Box<[VMGlobal]>,
    host_slots: Box<[HostSlot]>,
    /// Segments that the code gave up, if any.
    dropped: RefCell<Dropped>,
    roots: Vec<RootKey>,
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
    fn moved_to(&mut self, island: &Arc<Island>) {
        self.home.set(island);
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        for key in self.roots.drain(..) {
            self.module.store().refs().unregister(key);
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
        let funcref = self
            .context
            .field::<VMFuncRef>(layout.funcref(nth as usize));
        let (word, bit) = layout.funcref_bit(nth as usize);
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

    /// The value of a constant expression.
    pub(crate) fn evaluate(&self, init: &GlobalInit) -> RawValue {
        match *init {
            GlobalInit::I32Const(value) => RawValue::from_i32(value),
            GlobalInit::I64Const(value) => RawValue::from_i64(value),
            GlobalInit::F32Const(value) => RawValue::from_f32(value),
            GlobalInit::F64Const(value) => RawValue::from_f64(value),
            GlobalInit::V128Const(value) => RawValue::from_u128(value),
            GlobalInit::RefNullConst => RawValue::default(),
            GlobalInit::GetGlobal(index) => self.global_value(index),
            GlobalInit::RefFunc(index) => self.reference(index),
            GlobalInit::Expr(index) => self.run(&self.module.info().const_exprs[index]),
        }
    }

    fn reference(&self, index: FunctionIndex) -> RawValue {
        RawValue::from_usize(self.function_ref(index).as_ptr() as usize)
    }

    fn run(&self, expression: &[ConstOp]) -> RawValue {
        let mut stack: Vec<RawValue> = Vec::new();
        for op in expression {
            let value = match *op {
                ConstOp::I32Const(value) => RawValue::from_i32(value),
                ConstOp::I64Const(value) => RawValue::from_i64(value),
                ConstOp::F32Const(bits) => RawValue::from_u32(bits),
                ConstOp::F64Const(bits) => RawValue::from_u64(bits),
                ConstOp::V128Const(value) => RawValue::from_u128(value),
                ConstOp::GlobalGet(index) => self.global_value(index),
                ConstOp::RefNull(_) => RawValue::default(),
                ConstOp::RefFunc(index) => self.reference(index),
                ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => {
                    let (b, a) = (pop(&mut stack).i32(), pop(&mut stack).i32());
                    RawValue::from_i32(match op {
                        ConstOp::I32Add => a.wrapping_add(b),
                        ConstOp::I32Sub => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    })
                }
                ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
                    let (b, a) = (pop(&mut stack).i64(), pop(&mut stack).i64());
                    RawValue::from_i64(match op {
                        ConstOp::I64Add => a.wrapping_add(b),
                        ConstOp::I64Sub => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    })
                }
            };
            stack.push(value);
        }
        pop(&mut stack)
    }

    /// An element of a segment in raw form.
    fn item(&self, ty: Type, items: &ElementItems, nth: usize) -> RawElement {
        let value = match items {
            ElementItems::Functions(items) => self.reference(items[nth]),
            ElementItems::Expressions(items) => self.evaluate(&items[nth]),
        };
        match ty {
            Type::ExternRef => RawElement::Extern(value.u32()),
            _ => RawElement::Function(value.usize() as *const VMFuncRef),
        }
    }

    /// `table.init`, also for active segments (`force`), which count as given up afterwards.
    pub(crate) fn table_init(
        &self,
        table: TableIndex,
        segment: ElemIndex,
        to: u64,
        from: u32,
        length: u32,
        force: bool,
    ) -> Result<(), TrapCode> {
        let segment_info = &self.module.info().element_segments[segment];
        let gone = !matches!(segment_info.mode, SegmentMode::Passive)
            || self.dropped.borrow().elements.get(segment.index()) == Some(&true);
        let available = if gone && !force {
            0
        } else {
            segment_info.items.len() as u64
        };
        let table = self.table(table);
        // SAFETY: the table lives (the island keeps it), the domain is held; the reference ends with the expression.
        let in_table = unsafe { table.as_ref() }.has(to, length.into());
        if !in_table || u64::from(from) + u64::from(length) > available {
            return Err(TrapCode::TableAccessOutOfBounds);
        }
        for nth in 0..length {
            let item = self.item(segment_info.ty, &segment_info.items, (from + nth) as usize);
            // SAFETY: as above.
            unsafe { &mut *table.as_ptr() }
                .set(to + u64::from(nth), item)
                .expect("checked");
        }
        Ok(())
    }

    pub(crate) fn elem_drop(&self, segment: ElemIndex) {
        mark(&mut self.dropped.borrow_mut().elements, segment.index());
    }

    /// `memory.init`, also for active segments (`force`), which count as given up afterwards.
    pub(crate) fn memory_init(
        &self,
        memory: MemoryIndex,
        segment: DataIndex,
        to: u64,
        from: u32,
        length: u32,
        force: bool,
    ) -> Result<(), TrapCode> {
        let info = self.module.info();
        let segment_info = &info.data_segments[segment];
        let gone = !matches!(segment_info.mode, SegmentMode::Passive)
            || self.dropped.borrow().data.get(segment.index()) == Some(&true);
        let bytes = match gone && !force {
            true => &[],
            false => &info.data[segment_info.range.clone()],
        };
        let end = from
            .checked_add(length)
            .ok_or(TrapCode::HeapAccessOutOfBounds)?;
        let bytes = bytes
            .get(from as usize..end as usize)
            .ok_or(TrapCode::HeapAccessOutOfBounds)?;
        let place = self.memory_range(memory, to, length.into())?;
        // SAFETY: the range was checked, the domain is held, and a module's data is no guest's memory.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        Ok(())
    }

    pub(crate) fn data_drop(&self, segment: DataIndex) {
        mark(&mut self.dropped.borrow_mut().data, segment.index());
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

    /// Whether all active segments fit, before any is copied: the rule of WebAssembly 1.0.
    fn check_segments(&self) -> Result<(), TrapCode> {
        let info = self.module.info();
        for segment in info.element_segments.values() {
            if let SegmentMode::Active { place, offset } = &segment.mode {
                let to = u64::from(self.evaluate(offset).u32());
                let length = segment.items.len() as u64;
                // SAFETY: the table lives (the island keeps it), and the domain is held.
                if !unsafe { self.table(*place).as_ref() }.has(to, length) {
                    return Err(TrapCode::TableAccessOutOfBounds);
                }
            }
        }
        for segment in info.data_segments.values() {
            if let SegmentMode::Active { place, offset } = &segment.mode {
                let to = u64::from(self.evaluate(offset).u32());
                self.memory_range(*place, to, segment.range.len() as u64)?;
            }
        }
        Ok(())
    }

    /// Runs the active segments that the images do not hold.
    fn initialize(&self) -> Result<(), TrapCode> {
        let (info, images) = (self.module.info(), self.module.images());
        let mut seen = 0;
        for (index, segment) in info.element_segments.iter() {
            let SegmentMode::Active { place, offset } = &segment.mode else {
                continue;
            };
            seen += 1;
            if seen > images.element_segments {
                let to = u64::from(self.evaluate(offset).u32());
                let length = segment.items.len() as u32;
                self.table_init(*place, index, to, 0, length, true)
                    .inspect_err(|_| self.withdraw_images())?;
            }
        }
        seen = 0;
        for (index, segment) in info.data_segments.iter() {
            let SegmentMode::Active { place, offset } = &segment.mode else {
                continue;
            };
            seen += 1;
            if seen > images.data_segments {
                let to = u64::from(self.evaluate(offset).u32());
                let length = segment.range.len() as u32;
                self.memory_init(*place, index, to, 0, length, true)?;
            }
        }
        Ok(())
    }

    /// Data segments come after element segments: if one of these fails, no data may be seen (by functions that an
    /// earlier one put into an imported table), though the images hold it already.
    fn withdraw_images(&self) {
        let info = self.module.info();
        for (local, image) in self.module.images().memories.iter() {
            if image.is_some() {
                let memory = self.memory_definition(info.memory_index(local));
                // SAFETY: the memory has this many bytes, and the domain is held.
                unsafe { ptr::write_bytes(memory.base, 0, memory.current_length) };
            }
        }
    }
}

fn pop(stack: &mut Vec<RawValue>) -> RawValue {
    stack.pop().expect("validated")
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
    /// # Errors
    ///
    /// If a memory or a table cannot be made.
    ///
    /// # Safety
    ///
    /// `imports` are what the module imports, in order, of matching types; imported memories are at least as protected
    /// as the module's code expects. They belong to the
    /// module's store.
    pub unsafe fn new(
        module: Arc<RuntimeModule>,
        imports: InstanceImports,
    ) -> Result<Self, InstanceError> {
        let island = Island::new(module.store().clone(), common_domain(&module, &imports));
        let guard = island.domain().enter();
        join_islands(&island, &module, &imports);
        let memories = make_memories(&island, &module, &imports)?;
        let tables = make_tables(&island, &module, &imports)?;
        let host_slots = imports
            .functions
            .iter()
            .filter_map(VMFunction::host)
            .map(HostSlot::new);
        let mut instance = Box::new(Instance {
            context: Context::new(&module),
            home: Home::default(),
            memories,
            tables,
            host_slots: host_slots.collect(),
            globals: imports.globals.into_boxed_slice(),
            dropped: RefCell::default(),
            roots: Vec::new(),
            module,
        });
        instance.fill_context(&imports.functions);
        let place = NonNull::from(&mut *instance);
        instance.attach_tables(place);
        instance.compute_globals();
        instance.register_roots();
        island.adopt(instance);
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
    pub fn start(&self) -> Result<(), Trap> {
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

/// The domain of a new instance: that of everything mutable that it imports.
fn common_domain(module: &RuntimeModule, imports: &InstanceImports) -> Arc<Domain> {
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
fn join_islands(island: &Arc<Island>, module: &RuntimeModule, imports: &InstanceImports) {
    let carries_functions = |ty: &FunctionType| {
        ty.params()
            .iter()
            .chain(ty.results())
            .any(|ty| *ty == Type::FuncRef)
    };
    for (index, function) in imports.functions.iter().enumerate() {
        let ty = module.info().function_type(FunctionIndex::new(index));
        if function.host().is_none() && carries_functions(ty) {
            island.merge(function.island());
        } else {
            island.keep(function.island());
        }
    }
    for table in &imports.tables {
        match table.ty().ty {
            Type::FuncRef => island.merge(table.island()),
            _ => island.keep(table.island()),
        }
    }
    for memory in &imports.memories {
        island.keep(memory.island());
    }
    for global in &imports.globals {
        match (global.ty().ty, global.ty().mutability.is_mutable()) {
            (Type::FuncRef, true) => island.merge(global.island()),
            _ => island.keep(global.island()),
        }
    }
}

fn make_memories(
    island: &Arc<Island>,
    module: &RuntimeModule,
    imports: &InstanceImports,
) -> Result<Box<[NonNull<MemoryObject>]>, InstanceError> {
    let mut memories: Vec<_> = imports.memories.iter().map(VMMemory::as_ptr).collect();
    let info = module.info();
    for (index, ty) in info.memories.iter().skip(info.num_imported_memories) {
        let local = info
            .local_memory_index(index)
            .expect("imports were skipped");
        let image = module.images().memories.get(local).and_then(Option::as_ref);
        let memory = LinearMemory::new(ty, module.memory_style(index), image)?;
        memories.push(island.adopt(Box::new(MemoryObject(memory))));
    }
    Ok(memories.into_boxed_slice())
}

fn make_tables(
    island: &Arc<Island>,
    module: &RuntimeModule,
    imports: &InstanceImports,
) -> Result<Box<[NonNull<TableObject>]>, InstanceError> {
    let mut tables: Vec<_> = imports.tables.iter().map(VMTable::as_ptr).collect();
    for ty in module.info().tables.values().skip(imports.tables.len()) {
        tables.push(island.adopt(TableObject::new(island.store(), *ty)?));
    }
    Ok(tables.into_boxed_slice())
}

impl Instance {
    /// Writes everything into the context that the template does not have.
    fn fill_context(&mut self, functions: &[VMFunction]) {
        let owner = ptr::from_mut(self).cast();
        let home = &raw const self.home;
        let layout = self.module.layout();
        let context = &self.context;
        let header = ContextHeader {
            activation: ptr::null_mut(),
            owner,
        };
        let header_offset = offset_of!(VMContext, header) as u32;
        let builtins_offset = offset_of!(VMContext, builtins) as u32;
        let mut host_slots = self.host_slots.iter_mut();
        // SAFETY: every place is a field of the context of the type written; nobody else sees the context yet.
        // Definitions are at stable addresses, in objects that the island owns or keeps.
        unsafe {
            context.write(header_offset, header);
            context.write::<*const *const c_void>(builtins_offset, builtins::table());
            for (index, memory) in self.memories.iter().enumerate() {
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
            for (index, table) in self.tables.iter().enumerate() {
                let definition = (*table.as_ptr()).definition();
                let table = VMTableRef {
                    base: definition.base,
                    definition,
                };
                context.write(layout.table(TableIndex::new(index)), table);
            }
            for (index, global) in self.globals.iter().enumerate() {
                if let GlobalPlace::Imported(place) = layout.global(GlobalIndex::new(index)) {
                    context.write(place, global.as_ptr());
                }
            }
            for (index, function) in functions.iter().enumerate() {
                let funcref = match function.host() {
                    None => function.funcref(),
                    Some(_) => {
                        let slot = host_slots.next().expect("one for each host function");
                        slot.settle(home);
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
    fn attach_tables(&mut self, place: NonNull<Self>) {
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
    fn compute_globals(&mut self) {
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

    /// Registers the globals that can hold host references.
    fn register_roots(&mut self) {
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
