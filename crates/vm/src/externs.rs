//! Handles to memories and globals, and the sum of all handles.
//!
//! A handle keeps the island that it is reached from; every access enters that island's domain.

use crate::domain::{Domain, Guard};
use crate::function::VMFunction;
use crate::island::{Island, Object};
use crate::memory::{LinearMemory, MemoryError};
use crate::owned::Owned;
use crate::refs::{RootKey, RootSource};
use crate::store::VMStore;
use crate::table::VMTable;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use wasmill_abi::{RawValue, VMFuncRef, VMMemoryDefinition};
use wasmill_types::{
    ExternRef, ExternType, GlobalType, MemoryStyle, MemoryType, Mutability, Pages, Type, Value,
    WasmValueType,
};

/// Something that can be exported and imported.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{Mutability, Value};
/// # use wasmill_vm::{VMGlobal, VMStore};
/// # let store = VMStore::new();
/// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
/// # use wasmill_vm::VMExtern;
/// let export = VMExtern::from(global);
/// assert!(matches!(&export, VMExtern::Global(global) if global.get() == Value::I32(7)));
/// ```
#[derive(Clone, Debug)]
pub enum VMExtern {
    /// A function.
    Function(VMFunction),
    /// A table.
    Table(VMTable),
    /// A memory.
    Memory(VMMemory),
    /// A global.
    Global(VMGlobal),
}

impl VMExtern {
    /// Its type: of a memory with its current size as the minimum, of a table likewise.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_types::{ExternType, Pages};
    /// # use wasmill_vm::VMExtern;
    /// memory.grow(Pages(1)).unwrap();
    /// let now = MemoryType::new(2, Some(3), false);
    /// assert_eq!(VMExtern::from(memory).ty(), ExternType::Memory(now));
    /// ```
    pub fn ty(&self) -> ExternType {
        match self {
            Self::Function(function) => ExternType::Function(function.ty().clone()),
            Self::Table(table) => {
                let mut ty = *table.ty();
                ty.minimum = table.size();
                ExternType::Table(ty)
            }
            Self::Memory(memory) => ExternType::Memory(memory.ty()),
            Self::Global(global) => ExternType::Global(*global.ty()),
        }
    }

    /// The island that it is reached from.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// # use wasmill_vm::VMExtern;
    /// let export = VMExtern::from(global);
    /// assert!(Arc::ptr_eq(export.island().store(), &store));
    /// ```
    pub fn island(&self) -> &Arc<Island> {
        match self {
            Self::Function(function) => function.island(),
            Self::Table(table) => table.island(),
            Self::Memory(memory) => memory.island(),
            Self::Global(global) => global.island(),
        }
    }
}

macro_rules! extern_from {
    ($($ty:ident => $variant:ident;)*) => { $(
        impl From<$ty> for VMExtern {
            fn from(handle: $ty) -> Self {
                Self::$variant(handle)
            }
        }
    )* };
}

extern_from! {
    VMFunction => Function;
    VMTable => Table;
    VMMemory => Memory;
    VMGlobal => Global;
}

impl WasmValueType for VMFunction {}

/// A memory that belongs to an island.
#[derive(Debug)]
pub(crate) struct MemoryObject(pub(crate) LinearMemory);

impl Object for MemoryObject {}

/// A handle to a memory.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{MemoryStyle, MemoryType};
/// # use wasmill_vm::{VMMemory, VMStore};
/// # let store = VMStore::new();
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
/// memory.write(8, b"hello").unwrap();
/// let mut bytes = [0; 5];
/// memory.read(8, &mut bytes).unwrap();
/// assert_eq!(&bytes, b"hello");
/// ```
#[derive(Clone)]
pub struct VMMemory {
    island: Arc<Island>,
    memory: NonNull<MemoryObject>,
    definition: NonNull<VMMemoryDefinition>,
}

// SAFETY: the memory lives as long as the island, and every access enters the domain.
unsafe impl Send for VMMemory {}
// SAFETY: as above.
unsafe impl Sync for VMMemory {}

impl VMMemory {
    /// Makes a memory with an island of its own.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&VMStore::new(), &MemoryType::new(2, None, false), &style).unwrap();
    /// assert_eq!(memory.size(), Pages(2));
    /// ```
    ///
    /// # Errors
    ///
    /// If the type is not one of a memory, or the platform refuses.
    pub fn new(
        store: &Arc<VMStore>,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Self, MemoryError> {
        let memory = Owned::new(MemoryObject(LinearMemory::new(ty, style, None)?));
        let island = Island::new(store.clone(), Domain::new());
        let memory = island.adopt(memory);
        // SAFETY: it was just given to the island.
        Ok(unsafe { Self::from_raw(island, memory) })
    }

    /// A handle to a memory that `island` can reach.
    ///
    /// # Safety
    ///
    /// `memory` is valid as long as `island` lives.
    pub(crate) unsafe fn from_raw(island: Arc<Island>, memory: NonNull<MemoryObject>) -> Self {
        // SAFETY: valid, and where its definition is never changes.
        let definition = unsafe { memory.as_ref() }.0.definition();
        Self {
            island,
            memory,
            definition,
        }
    }

    /// The island that it is reached from.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert!(Arc::ptr_eq(memory.island().store(), &store));
    /// ```
    pub fn island(&self) -> &Arc<Island> {
        &self.island
    }

    /// Enters the memory's domain.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// let guard = memory.enter();
    /// // No other thread uses the memory now.
    /// memory.write(0, &[1]).unwrap();
    /// drop(guard);
    /// ```
    #[inline(always)]
    pub fn enter(&self) -> Guard<'_> {
        self.island.domain().enter()
    }

    pub(crate) fn as_ptr(&self) -> NonNull<MemoryObject> {
        self.memory
    }

    /// The state that compiled code reads; written only inside the domain.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// let _guard = memory.enter();
    /// // SAFETY: the memory lives, and its domain is held.
    /// assert_eq!(unsafe { memory.definition().as_ref() }.current_length, 65_536);
    /// ```
    pub fn definition(&self) -> NonNull<VMMemoryDefinition> {
        self.definition
    }

    #[allow(clippy::mut_from_ref, reason = "the guard makes it exclusive")]
    fn object<'a>(&'a self, _entered: &'a Guard<'_>) -> &'a mut LinearMemory {
        // SAFETY: the memory lives as long as the island; the domain is held; callers use one reference at a time.
        unsafe { &mut (*self.memory.as_ptr()).0 }
    }

    /// Its type, with the current size as the minimum.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_types::Pages;
    /// memory.grow(Pages(1)).unwrap();
    /// assert_eq!(memory.ty(), MemoryType::new(2, Some(3), false));
    /// ```
    pub fn ty(&self) -> MemoryType {
        let guard = self.enter();
        let memory = self.object(&guard);
        MemoryType {
            minimum: memory.size(),
            ..*memory.ty()
        }
    }

    /// How it is laid out.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.style(), MemoryStyle::Dynamic { offset_guard_size: 0 });
    /// ```
    pub fn style(&self) -> MemoryStyle {
        let guard = self.enter();
        self.object(&guard).style().clone()
    }

    /// Its current size.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.size().0, 1);
    /// ```
    pub fn size(&self) -> Pages {
        let guard = self.enter();
        self.object(&guard).size()
    }

    /// Where it starts (it never moves) and how many bytes it has now. Enters the domain for a moment.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// let (first, length) = memory.raw_parts();
    /// assert!(!first.is_null());
    /// assert_eq!(length, 65_536);
    /// ```
    #[inline]
    pub fn raw_parts(&self) -> (*mut u8, usize) {
        let _guard = self.enter();
        // SAFETY: valid as long as the island; the domain is held.
        let definition = unsafe { self.definition.as_ref() };
        (definition.base, definition.current_length)
    }

    /// Adds pages; gives the old size.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_types::Pages;
    /// assert_eq!(memory.grow(Pages(2)), Ok(Pages(1)));
    /// assert!(memory.grow(Pages(1)).is_err(), "its maximum is 3");
    /// ```
    ///
    /// # Errors
    ///
    /// If the memory would exceed its maximum, or the platform refuses.
    pub fn grow(&self, delta: Pages) -> Result<Pages, MemoryError> {
        let guard = self.enter();
        self.object(&guard).grow(delta)
    }

    /// Copies bytes out of the memory; `None` if not all of them exist.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// let mut bytes = [1; 4];
    /// assert_eq!(memory.read(0, &mut bytes), Some(()));
    /// assert_eq!(bytes, [0; 4]);
    /// assert_eq!(memory.read(65_533, &mut bytes), None);
    /// ```
    #[inline]
    pub fn read(&self, offset: u64, into: &mut [u8]) -> Option<()> {
        let _guard = self.enter();
        let place = self.place(offset, into.len())?;
        // SAFETY: the range was checked; the domain is held, so nothing else writes to a memory that is not shared. The
        // slices cannot overlap: no safe reference into a guest's memory exists.
        unsafe { std::ptr::copy(place, into.as_mut_ptr(), into.len()) };
        Some(())
    }

    /// Copies bytes into the memory; `None` if not all places exist.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.write(65_532, &[1; 4]), Some(()));
    /// assert_eq!(memory.write(65_533, &[1; 4]), None);
    /// ```
    #[inline]
    pub fn write(&self, offset: u64, from: &[u8]) -> Option<()> {
        let _guard = self.enter();
        let place = self.place(offset, from.len())?;
        // SAFETY: as in `read`.
        unsafe { std::ptr::copy(from.as_ptr(), place, from.len()) };
        Some(())
    }

    /// The address of `length` bytes at `offset`, if they exist. The domain is held.
    #[inline]
    pub(crate) fn place(&self, offset: u64, length: usize) -> Option<*mut u8> {
        // SAFETY: valid as long as the island; the domain is held.
        let definition = unsafe { self.definition.as_ref() };
        let end = usize::try_from(offset).ok()?.checked_add(length)?;
        // SAFETY: inside the memory.
        (end <= definition.current_length).then(|| unsafe { definition.base.add(offset as usize) })
    }

    /// Whether the two are the same memory.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{MemoryStyle, MemoryType};
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// # let store = VMStore::new();
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = VMMemory::new(&store, &MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert!(memory.same(&memory.clone()));
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        self.memory == other.memory
    }
}

impl fmt::Debug for VMMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VMMemory({})", self.ty())
    }
}

/// A global that the host made; it belongs to an island.
#[derive(Debug)]
struct GlobalObject {
    value: RawValue,
    root: Option<(RootKey, Arc<VMStore>)>,
}

// SAFETY: a function pointer in `value` leads to the same island or one it keeps.
unsafe impl Send for GlobalObject {}
impl Object for GlobalObject {}

impl Drop for GlobalObject {
    fn drop(&mut self) {
        if let Some((key, store)) = self.root.take() {
            store.refs().unregister(key);
        }
    }
}

/// A handle to a global.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{Mutability, Value};
/// # use wasmill_vm::{VMGlobal, VMStore};
/// # let store = VMStore::new();
/// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
/// global.set(Value::I32(8));
/// assert_eq!(global.get(), Value::I32(8));
/// ```
#[derive(Clone)]
pub struct VMGlobal {
    island: Arc<Island>,
    value: NonNull<RawValue>,
    ty: GlobalType,
}

// SAFETY: the value lives as long as the island, and every access enters the domain.
unsafe impl Send for VMGlobal {}
// SAFETY: as above.
unsafe impl Sync for VMGlobal {}

impl VMGlobal {
    /// Makes a global with an island of its own.
    ///
    /// ```
    /// # use wasmill_types::{Mutability, Type, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// let global = VMGlobal::new(&VMStore::new(), Mutability::Const, Value::F64(0.5));
    /// assert_eq!(global.ty().ty, Type::F64);
    /// ```
    pub fn new(store: &Arc<VMStore>, mutability: Mutability, value: Value<VMFunction>) -> Self {
        let ty = GlobalType::new(value.ty(), mutability);
        let domain = match ty.ty {
            Type::ExternRef => store.ref_domain().clone(),
            _ => Domain::new(),
        };
        let island = Island::new(store.clone(), domain);
        let mut object = Owned::new(GlobalObject {
            value: RawValue::default(),
            root: None,
        });
        // SAFETY: only the address of the field is taken.
        let place = unsafe { NonNull::new_unchecked(&raw mut (*object.place().as_ptr()).value) };
        if ty.ty == Type::ExternRef {
            let source = RootSource::Global(place.as_ptr());
            // SAFETY: the value stays where it is, and `drop` unregisters it.
            let key = unsafe { store.refs().register(source) };
            object.root = Some((key, store.clone()));
        }
        island.adopt(object);
        let global = Self {
            island,
            value: place,
            ty,
        };
        global.set(value);
        global
    }

    /// A handle to a global that `island` can reach.
    ///
    /// # Safety
    ///
    /// `value` is valid as long as `island` lives and holds a value of the type.
    pub(crate) unsafe fn from_raw(
        island: Arc<Island>,
        value: NonNull<RawValue>,
        ty: GlobalType,
    ) -> Self {
        Self { island, value, ty }
    }

    /// The island that it is reached from.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// assert!(Arc::ptr_eq(global.island().store(), &store));
    /// ```
    pub fn island(&self) -> &Arc<Island> {
        &self.island
    }

    pub(crate) fn as_ptr(&self) -> NonNull<RawValue> {
        self.value
    }

    /// Its type.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// assert_eq!(global.ty().to_string(), "I32 (mutable)");
    /// ```
    pub fn ty(&self) -> &GlobalType {
        &self.ty
    }

    /// Its value.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// assert_eq!(global.get(), Value::I32(7));
    /// ```
    pub fn get(&self) -> Value<VMFunction> {
        self.get_as(|function| function)
    }

    /// Its value; `function` gives the form that it is to have of a function.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// // A caller with a form of functions of its own: here, their types.
    /// let value: Value<String> = global.get_as(|function| function.ty().to_string());
    /// assert_eq!(value, Value::I32(7));
    /// ```
    #[inline]
    pub fn get_as<T>(&self, function: impl FnOnce(VMFunction) -> T) -> Value<T> {
        let _guard = self.island.domain().enter();
        // SAFETY: valid as long as the island; the domain is held. What a global of the island holds, the island can reach.
        unsafe {
            let raw = self.value.as_ptr().read();
            raw_to_value(self.ty.ty, raw, || self.island.clone(), function)
        }
    }

    /// Writes the value. The caller has checked type and mutability.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// global.set(Value::I32(-1));
    /// assert_eq!(global.get(), Value::I32(-1));
    /// ```
    #[inline]
    pub fn set(&self, value: Value<VMFunction>) {
        assert_eq!(value.ty(), self.ty.ty, "the caller checks the type");
        assert!(
            is_of(&value, self.island.store()),
            "the caller checks the store"
        );
        if let Value::FuncRef(Some(function)) = &value {
            function.join_domain(&self.island);
        }
        let _guard = self.island.domain().enter();
        self.island.store().refs_due(&value);
        let raw = value_to_raw(&self.island, &value, VMFunction::clone);
        // SAFETY: valid as long as the island; the domain is held.
        unsafe { self.value.as_ptr().write(raw) };
    }

    /// Whether the two are the same global.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Mutability, Value};
    /// # use wasmill_vm::{VMGlobal, VMStore};
    /// # let store = VMStore::new();
    /// let global = VMGlobal::new(&store, Mutability::Var, Value::I32(7));
    /// assert!(global.same(&global.clone()));
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl fmt::Debug for VMGlobal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VMGlobal({})", self.ty)
    }
}

impl VMStore {
    /// Collects host references if due, before `value` is made raw.
    #[inline]
    pub(crate) fn refs_due(&self, value: &Value<VMFunction>) {
        if matches!(value, Value::ExternRef(_)) {
            self.refs().collect_if_due();
        }
    }

    /// The raw form of a host reference.
    pub(crate) fn raw_ref(&self, value: ExternRef) -> u32 {
        self.refs().insert(value)
    }
}

/// Whether a value may be put into something of this store.
#[inline]
fn is_of(value: &Value<VMFunction>, store: &Arc<VMStore>) -> bool {
    match value {
        Value::FuncRef(Some(function)) => Arc::ptr_eq(function.island().store(), store),
        _ => true,
    }
}

/// The raw form of a number; `None` for a reference.
#[inline]
pub(crate) fn number_to_raw<T>(value: &Value<T>) -> Option<RawValue> {
    Some(match *value {
        Value::I32(value) => RawValue::from_i32(value),
        Value::I64(value) => RawValue::from_i64(value),
        Value::F32(value) => RawValue::from_f32(value),
        Value::F64(value) => RawValue::from_f64(value),
        Value::V128(value) => RawValue::from_u128(value),
        Value::ExternRef(_) | Value::FuncRef(_) => return None,
    })
}

/// The number of a raw form; `None` if it is of a reference type.
#[inline(always)]
pub(crate) fn raw_to_number<T>(ty: Type, raw: RawValue) -> Option<Value<T>> {
    Some(match ty {
        Type::I32 => Value::I32(raw.i32()),
        Type::I64 => Value::I64(raw.i64()),
        Type::F32 => Value::F32(raw.f32()),
        Type::F64 => Value::F64(raw.f64()),
        Type::V128 => Value::V128(raw.u128()),
        Type::ExternRef | Type::FuncRef => return None,
    })
}

/// The raw form of a value for something in `island`, whose domain is held; `function` knows what is behind the form that
/// the value has of a function.
#[inline]
pub(crate) fn value_to_raw<T>(
    island: &Arc<Island>,
    value: &Value<T>,
    function: impl FnOnce(&T) -> VMFunction,
) -> RawValue {
    match value {
        Value::ExternRef(value) => RawValue::from_u32(island.store().raw_ref(value.clone())),
        Value::FuncRef(Some(reference)) => {
            RawValue::from_usize(function(reference).adopted_by(island).as_ptr() as usize)
        }
        number => number_to_raw(number).unwrap_or_default(),
    }
}

/// The value of a raw form that something in `island` holds; `function` gives the form that it is to have of a function.
///
/// # Safety
///
/// `raw` is of type `ty`, and what it refers to lives as long as the island.
#[inline(always)]
pub(crate) unsafe fn raw_to_value<T>(
    ty: Type,
    raw: RawValue,
    island: impl FnOnce() -> Arc<Island>,
    function: impl FnOnce(VMFunction) -> T,
) -> Value<T> {
    match raw_to_number(ty, raw) {
        Some(number) => number,
        // What is out of line gives pairs of words, so that a value that is a number is never in memory.
        None if ty == Type::ExternRef => Value::ExternRef(raw_to_extern(island(), raw.u32())),
        None => {
            // SAFETY: as the caller promises.
            let reached = unsafe { raw_to_function(island(), raw.usize()) };
            Value::FuncRef(reached.map(function))
        }
    }
}

#[inline(never)]
fn raw_to_extern(island: Arc<Island>, raw: u32) -> ExternRef {
    island.store().refs().get(raw)
}

/// # Safety
///
/// As for [`raw_to_value`].
#[inline(never)]
unsafe fn raw_to_function(island: Arc<Island>, raw: usize) -> Option<VMFunction> {
    let funcref = NonNull::new(raw as *mut VMFuncRef)?;
    // SAFETY: as the caller promises.
    Some(unsafe { VMFunction::from_raw(&island, funcref) })
}
