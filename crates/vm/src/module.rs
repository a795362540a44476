//! What the runtime needs of a compiled module.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmill_abi::{ContextLayout, GlobalPlace, RawValue, VMContext};
use wasmill_types::{
    FunctionIndex, GlobalInit, LocalFunctionIndex, LocalMemoryIndex, LocalTableIndex, MemoryIndex,
    MemoryStyle, ModuleInfo, PrimaryMap, SignatureIndex,
};

use crate::memory::MemoryImage;
use crate::store::VMStore;

/// The address of a function's entry in published code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePointer(pub *const c_void);

// SAFETY: an address; what it points to is immutable code.
unsafe impl Send for CodePointer {}
// SAFETY: as above.
unsafe impl Sync for CodePointer {}

/// The initial contents of memories and tables as far as they are known before instantiation.
///
/// An active segment may be part of an image only if every active segment before it in the same section is part of one
/// too: all that remain are run in order at instantiation.
#[derive(Debug, Default)]
pub struct Images {
    /// The image of each memory that the module defines, if it has one.
    pub memories: PrimaryMap<LocalMemoryIndex, Option<Arc<MemoryImage>>>,
    /// How many active data segments, counted in section order, the images hold.
    pub data_segments: usize,
    /// For each table that the module defines, its first functions (`None` is null). Empty if it has none.
    pub tables: PrimaryMap<LocalTableIndex, Box<[Option<FunctionIndex>]>>,
    /// How many active element segments, counted in section order, the images hold.
    pub element_segments: usize,
}

/// A compiled module, ready to be instantiated any number of times.
pub struct RuntimeModule {
    store: Arc<VMStore>,
    info: Arc<ModuleInfo>,
    layout: Arc<ContextLayout>,
    entry: Box<dyn Fn(LocalFunctionIndex) -> CodePointer + Send + Sync>,
    type_ids: PrimaryMap<SignatureIndex, u32>,
    memory_styles: PrimaryMap<MemoryIndex, MemoryStyle>,
    images: OnceLock<Images>,
    make_images: Box<dyn Fn() -> Images + Send + Sync>,
    template: Box<[u8]>,
    uses_extern_refs: bool,
    /// Keeps the code mapped and the type ids taken.
    _resources: Box<dyn Any + Send + Sync>,
}

/// The parts of a [`RuntimeModule`].
pub struct RuntimeModuleParts {
    /// What its instances belong to; where `type_ids` come from.
    pub store: Arc<VMStore>,
    /// The description.
    pub info: Arc<ModuleInfo>,
    /// The layout that the code was compiled for.
    pub layout: Arc<ContextLayout>,
    /// The entries of the functions that the module defines.
    pub entry: Box<dyn Fn(LocalFunctionIndex) -> CodePointer + Send + Sync>,
    /// The engine-wide ids of the module's types.
    pub type_ids: PrimaryMap<SignatureIndex, u32>,
    /// How the code expects each memory to be laid out.
    pub memory_styles: PrimaryMap<MemoryIndex, MemoryStyle>,
    /// Makes the images when the module is first instantiated.
    pub make_images: Box<dyn Fn() -> Images + Send + Sync>,
    /// What must live as long as the module: its code, its types' registrations.
    pub resources: Box<dyn Any + Send + Sync>,
}

impl RuntimeModule {
    /// Puts the parts together.
    ///
    /// # Safety
    ///
    /// `entry` gives the entries of code that was compiled for `info`, `layout` and `memory_styles` by a correct compiler,
    /// and these stay valid as long as `resources` lives; `type_ids` are
    /// those of the types of `info` in `store`.
    pub unsafe fn new(parts: RuntimeModuleParts) -> Self {
        let template = context_template(&parts.info, &parts.layout, &parts.type_ids);
        Self {
            uses_extern_refs: parts.info.uses_extern_refs(),
            store: parts.store,
            info: parts.info,
            layout: parts.layout,
            entry: parts.entry,
            type_ids: parts.type_ids,
            memory_styles: parts.memory_styles,
            images: OnceLock::new(),
            make_images: parts.make_images,
            template,
            _resources: parts.resources,
        }
    }

    /// What its instances belong to.
    pub fn store(&self) -> &Arc<VMStore> {
        &self.store
    }
    /// The description.
    pub fn info(&self) -> &Arc<ModuleInfo> {
        &self.info
    }
    /// The layout of its contexts.
    pub fn layout(&self) -> &ContextLayout {
        &self.layout
    }
    /// The entry of a function that the module defines.
    pub fn function(&self, index: LocalFunctionIndex) -> CodePointer {
        (self.entry)(index)
    }
    /// The engine-wide id of a type.
    pub fn type_id(&self, index: SignatureIndex) -> u32 {
        self.type_ids[index]
    }
    /// How its code expects a memory to be laid out.
    pub fn memory_style(&self, index: MemoryIndex) -> &MemoryStyle {
        &self.memory_styles[index]
    }
    /// How its code expects all memories to be laid out.
    pub fn memory_styles(&self) -> &PrimaryMap<MemoryIndex, MemoryStyle> {
        &self.memory_styles
    }
    /// The initial contents that are known beforehand.
    pub fn images(&self) -> &Images {
        self.images.get_or_init(&self.make_images)
    }
    /// The place of a function among those that references can be taken of.
    pub(crate) fn escaping(&self, index: FunctionIndex) -> Option<usize> {
        self.info.escaping_functions.binary_search(&index).ok()
    }
    /// The first part of a fresh context, up to its funcrefs.
    pub(crate) fn template(&self) -> &[u8] {
        &self.template
    }
    /// Whether its instances can hold `externref`s.
    pub(crate) fn uses_extern_refs(&self) -> bool {
        self.uses_extern_refs
    }
}

impl fmt::Debug for RuntimeModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeModule")
            .field("name", &self.info.name)
            .finish_non_exhaustive()
    }
}

/// What all fresh contexts of a module have in common: type ids, and globals whose value is a number.
fn context_template(
    info: &ModuleInfo,
    layout: &ContextLayout,
    type_ids: &PrimaryMap<SignatureIndex, u32>,
) -> Box<[u8]> {
    debug_assert!(layout.funcrefs_start() as usize >= size_of::<VMContext>());
    let mut template = vec![0; layout.funcrefs_start() as usize].into_boxed_slice();
    let mut put = |offset: u32, bytes: &[u8]| {
        template[offset as usize..][..bytes.len()].copy_from_slice(bytes);
    };
    for (index, id) in type_ids.iter() {
        put(layout.type_id(index), &id.to_le_bytes());
    }
    for (local, init) in info.global_initializers.iter() {
        let place = layout.global(info.global_index(local));
        if let (Some(value), GlobalPlace::Local(offset)) = (numeric_constant(init), place) {
            put(offset, &value.0);
        }
    }
    template
}

/// The raw form of a numeric constant; references and expressions have none yet.
fn numeric_constant(init: &GlobalInit) -> Option<RawValue> {
    match *init {
        GlobalInit::I32Const(value) => Some(RawValue::from_i32(value)),
        GlobalInit::I64Const(value) => Some(RawValue::from_i64(value)),
        GlobalInit::F32Const(value) => Some(RawValue::from_f32(value)),
        GlobalInit::F64Const(value) => Some(RawValue::from_f64(value)),
        GlobalInit::V128Const(value) => Some(RawValue::from_u128(value)),
        // Null is zero in every representation.
        GlobalInit::RefNullConst => Some(RawValue::default()),
        GlobalInit::GetGlobal(_) | GlobalInit::RefFunc(_) | GlobalInit::Expr(_) => None,
    }
}

/// Whether instantiation must compute the initial value of a global.
pub(crate) fn is_computed(init: &GlobalInit) -> bool {
    numeric_constant(init).is_none()
}
