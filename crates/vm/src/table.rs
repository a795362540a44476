//! Tables of references.
//!
//! The elements of a function table are pointers to funcrefs, with two special values (see
//! `wasmill_abi::VMTableDefinition`): `NULL_ELEMENT`, and `UNINITIALIZED_ELEMENT` for an element that still has the value
//! it got at instantiation. Those values are written nowhere: the module has them as an image of function numbers, and
//! the first read of an element asks for the function's reference. So a table of thousands of functions costs an
//! instantiation only its zeros.

use crate::domain::Guard;
use crate::function::VMFunction;
use crate::instance::Instance;
use crate::island::{Island, Object};
use crate::limits::{Account, Charge, Kind, LimitError};
use crate::made;
use crate::owned::Owned;
use crate::pieces::{ELEMENTS, Order, in_pieces};
use crate::refs::{RootKey, RootSource};
use crate::store::VMStore;
use std::fmt;
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use wasmill_abi::{NULL_ELEMENT, TrapCode, UNINITIALIZED_ELEMENT, VMFuncRef, VMTableDefinition};
use wasmill_types::{ExternRef, LocalTableIndex, TableStyle, TableType, Type, Value};

/// No table has more elements than this, whatever its type says.
pub const MAX_TABLE_ELEMENTS: u32 = 10_000_000;

/// A table could not be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The element type is not a reference type.
    #[error("tables of types other than funcref or externref ({0})")]
    ElementType(Type),
    /// The limits contradict each other.
    #[error("Table minimum ({minimum}) is larger than maximum ({maximum})!")]
    Limits {
        /// The minimum.
        minimum: u32,
        /// The maximum.
        maximum: u32,
    },
    /// The table would have more than [`MAX_TABLE_ELEMENTS`] elements.
    #[error("table of {0} elements exceeds the limit of 10000000")]
    TooLarge(u32),
    /// The table cannot grow by this much.
    #[error("failed to grow table by `{0}`")]
    Grow(u32),
    /// The value is of another type, or of another store.
    #[error("the value does not fit the table")]
    Element,
    /// The limits of the store are reached.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// What tunables made cannot be used.
    #[error("{0}")]
    Tunables(String),
    /// The guest that it was for is to stop.
    #[error("{}", .0.message())]
    Trap(#[from] TrapCode),
}

/// An element as the host gives and gets it.
///
/// ```
/// # use wasmill_types::ExternRef;
/// # use wasmill_vm::TableElement;
/// let element = TableElement::Extern(ExternRef::new("mine"));
/// assert!(matches!(&element, TableElement::Extern(value) if value.downcast::<&str>() == Some(&"mine")));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum TableElement {
    /// Of a function table.
    Function(Option<VMFunction>),
    /// Of a table of host references.
    Extern(ExternRef),
}

impl TableElement {
    /// The element type of the tables it fits.
    ///
    /// ```
    /// # use wasmill_types::Type;
    /// # use wasmill_vm::TableElement;
    /// assert_eq!(TableElement::Function(None).ty(), Type::FuncRef);
    /// ```
    pub fn ty(&self) -> Type {
        match self {
            Self::Function(_) => Type::FuncRef,
            Self::Extern(_) => Type::ExternRef,
        }
    }
}

/// An element as compiled code holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawElement {
    Function(*const VMFuncRef),
    Extern(u32),
}

#[derive(Debug)]
enum Elements {
    Functions(Vec<usize>),
    Externs(Vec<u32>),
}

/// The table itself; it belongs to an island.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct TableObject {
    definition: VMTableDefinition,
    ty: TableType,
    elements: Elements,
    /// Who knows the elements that were never written.
    initial: Option<(NonNull<Instance>, LocalTableIndex)>,
    root: Option<(RootKey, Arc<VMStore>)>,
    /// What it takes of its store's limits, if that has some.
    charge: Option<Charge>,
}

// SAFETY: the pointers lead to objects of the same island, which moves between threads as a whole.
unsafe impl Send for TableObject {}
impl Object for TableObject {}

impl Drop for TableObject {
    fn drop(&mut self) {
        if let Some((key, store)) = self.root.take() {
            store.refs().unregister(key);
        }
    }
}

fn encode(function: *const VMFuncRef) -> usize {
    if function.is_null() {
        NULL_ELEMENT
    } else {
        function as usize
    }
}

impl TableObject {
    /// A table of its minimum size, all null. Before anything else can be in it, it must be registered.
    pub(crate) fn new(ty: TableType) -> Result<Owned<Self>, TableError> {
        if let Some(maximum) = ty.maximum.filter(|maximum| *maximum < ty.minimum) {
            return Err(TableError::Limits {
                minimum: ty.minimum,
                maximum,
            });
        }
        if ty.minimum > MAX_TABLE_ELEMENTS {
            return Err(TableError::TooLarge(ty.minimum));
        }
        let count = ty.minimum as usize;
        let elements = match ty.ty {
            Type::FuncRef => Elements::Functions(vec![UNINITIALIZED_ELEMENT; count]),
            Type::ExternRef => Elements::Externs(vec![0; count]),
            other => return Err(TableError::ElementType(other)),
        };
        let definition = VMTableDefinition {
            base: ptr::null_mut(),
            current_elements: 0,
        };
        let mut table = Owned::new(Self {
            definition,
            ty,
            elements,
            initial: None,
            root: None,
            charge: None,
        });
        table.publish();
        Ok(table)
    }

    /// Lets the store see the host references in it. From now on the object stays where it is, in the domain that it is
    /// used in.
    ///
    /// # Safety
    ///
    /// `table` is where an island keeps it, and its domain is held.
    pub(crate) unsafe fn register(table: NonNull<Self>, store: &Arc<VMStore>) {
        let definition = Self::definition(table);
        // SAFETY: as the caller promises; the definition stays where it is, and `drop` unregisters it; tables of host
        // references belong to the reference domain.
        unsafe {
            let table = &mut *table.as_ptr();
            if table.ty.ty == Type::ExternRef {
                let key = store
                    .refs()
                    .register(RootSource::Table(definition.as_ptr()));
                table.root = Some((key, store.clone()));
            }
        }
    }

    /// Makes it count against the limits of a store.
    pub(crate) fn charge_to(&mut self, account: Option<&Arc<Account>>) -> Result<(), LimitError> {
        let size = u64::from(self.size());
        let charge = account.map(|account| account.charge(Kind::Table, size));
        self.charge = charge.transpose()?;
        Ok(())
    }

    /// Its type, with the current size as the minimum.
    pub(crate) fn current_ty(&self) -> TableType {
        TableType {
            minimum: self.size(),
            ..self.ty
        }
    }

    /// Makes an instance answer for the elements that were never written.
    pub(crate) fn set_initial(&mut self, instance: NonNull<Instance>, table: LocalTableIndex) {
        self.initial = Some((instance, table));
    }

    /// Tells compiled code where the elements are.
    fn publish(&mut self) {
        let (base, count) = match &mut self.elements {
            Elements::Functions(elements) => (elements.as_mut_ptr().cast(), elements.len()),
            Elements::Externs(elements) => (elements.as_mut_ptr().cast(), elements.len()),
        };
        self.definition = VMTableDefinition {
            base,
            current_elements: count as u32,
        };
    }

    /// Where the definition of a table is.
    pub(crate) fn definition(table: NonNull<Self>) -> NonNull<VMTableDefinition> {
        // In front of everything else: so no reference is needed, which would end others (O2).
        const { assert!(offset_of!(Self, definition) == 0) };
        table.cast()
    }

    pub(crate) fn size(&self) -> u32 {
        self.definition.current_elements
    }

    /// The element at `index`, if there is one. From then on compiled code finds it itself.
    #[inline]
    pub(crate) fn get(&mut self, index: u64) -> Option<RawElement> {
        let index = usize::try_from(index).ok()?;
        Some(match &self.elements {
            Elements::Externs(elements) => RawElement::Extern(*elements.get(index)?),
            Elements::Functions(elements) => RawElement::Function(match *elements.get(index)? {
                UNINITIALIZED_ELEMENT => self.initialize(index),
                NULL_ELEMENT => ptr::null(),
                function => function as *const VMFuncRef,
            }),
        })
    }

    /// Writes the function that instantiation put at `index`, where there is an element, and gives it.
    #[cold]
    fn initialize(&mut self, index: usize) -> *const VMFuncRef {
        let function = self.initial_function(index);
        if let Elements::Functions(elements) = &mut self.elements {
            elements[index] = encode(function);
        }
        function
    }

    /// The function that instantiation put at `index`.
    fn initial_function(&self, index: usize) -> *const VMFuncRef {
        let Some((instance, table)) = self.initial else {
            return ptr::null();
        };
        // SAFETY: the instance belongs to the same island, and the domain is held.
        let instance = unsafe { instance.as_ref() };
        let function = instance
            .module()
            .images()
            .tables
            .get(table)
            .and_then(|image| image.get(index));
        match function {
            Some(Some(function)) => instance.function_ref(*function).as_ptr(),
            _ => ptr::null(),
        }
    }

    /// Writes an element of a function table.
    #[inline]
    fn set_function(&mut self, index: u32, function: *const VMFuncRef) -> Result<(), TrapCode> {
        let Elements::Functions(elements) = &mut self.elements else {
            return Err(TrapCode::BadSignature);
        };
        let place = elements.get_mut(index as usize);
        *place.ok_or(TrapCode::TableAccessOutOfBounds)? = encode(function);
        Ok(())
    }

    /// Writes an element of the table's type.
    pub(crate) fn set(&mut self, index: u64, value: RawElement) -> Result<(), TrapCode> {
        self.fill(index, value, 1)
    }

    /// Writes `length` elements; none if not all places exist.
    pub(crate) fn fill(
        &mut self,
        index: u64,
        value: RawElement,
        length: u64,
    ) -> Result<(), TrapCode> {
        let range = self.range(index, length);
        let range = range.ok_or(TrapCode::TableAccessOutOfBounds)?;
        match (&mut self.elements, value) {
            (Elements::Functions(elements), RawElement::Function(function)) => {
                fill(&mut elements[range], encode(function))
            }
            (Elements::Externs(elements), RawElement::Extern(value)) => {
                fill(&mut elements[range], value)
            }
            _ => unreachable!("the element type was checked"),
        }
    }

    fn range(&self, index: u64, length: u64) -> Option<std::ops::Range<usize>> {
        let end = index.checked_add(length)?;
        (end <= u64::from(self.size())).then_some(index as usize..end as usize)
    }

    /// Adds `delta` elements; gives the old size, or `None` if they cannot be added.
    ///
    /// # Errors
    ///
    /// If the guest is to stop, and then nothing was added.
    pub(crate) fn grow(&mut self, delta: u64, value: RawElement) -> Result<Option<u32>, TrapCode> {
        self.grow_by(delta, |elements, count| match (elements, value) {
            (Elements::Functions(elements), RawElement::Function(function)) => {
                extend(elements, count, encode(function))
            }
            (Elements::Externs(elements), RawElement::Extern(value)) => {
                extend(elements, count, value)
            }
            _ => unreachable!("the element type was checked"),
        })
    }

    /// Grows a table that nobody has taken over yet: what is added is as instantiation will put it there.
    pub(crate) fn grow_untouched(&mut self, delta: u64) -> Result<Option<u32>, TrapCode> {
        self.grow_by(delta, |elements, count| match elements {
            Elements::Functions(elements) => extend(elements, count, UNINITIALIZED_ELEMENT),
            Elements::Externs(elements) => extend(elements, count, 0),
        })
    }

    /// Adds elements by `extend`, if the table may have them.
    fn grow_by(
        &mut self,
        delta: u64,
        extend: impl FnOnce(&mut Elements, usize) -> Result<Option<()>, TrapCode>,
    ) -> Result<Option<u32>, TrapCode> {
        let old = self.size();
        let maximum = self.ty.maximum.unwrap_or(u32::MAX).min(MAX_TABLE_ELEMENTS);
        let room = maximum.saturating_sub(old);
        if delta > u64::from(room) {
            return Ok(None);
        }
        if let Some(charge) = &mut self.charge
            && charge.add(delta).is_err()
        {
            return Ok(None);
        }
        let extended = extend(&mut self.elements, delta as usize);
        // They may have moved, also where none was added.
        self.publish();
        if let (Ok(None) | Err(_), Some(charge)) = (&extended, &mut self.charge) {
            charge.subtract(delta);
        }
        Ok(extended?.map(|()| old))
    }

    /// Whether a copy to here stays inside, and the same for where it comes from.
    pub(crate) fn has(&self, index: u64, length: u64) -> bool {
        self.range(index, length).is_some()
    }

    /// Moves elements inside the table, which may overlap. The ranges were checked.
    fn copy_within(&mut self, to: usize, from: usize, length: usize) {
        if let Elements::Externs(elements) = &mut self.elements {
            elements.copy_within(from..from + length, to);
            return;
        }
        let step = |nth| if to <= from { nth } else { length - 1 - nth };
        for nth in (0..length).map(step) {
            let value = self.get((from + nth) as u64).expect("checked");
            self.set((to + nth) as u64, value).expect("checked");
        }
    }

    /// Copies elements of another table. The ranges were checked.
    fn copy_from(&mut self, other: &mut Self, to: usize, from: usize, length: usize) {
        for nth in 0..length {
            let value = other.get((from + nth) as u64).expect("checked");
            self.set((to + nth) as u64, value).expect("checked");
        }
    }
}

fn fill<T: Copy>(elements: &mut [T], value: T) -> Result<(), TrapCode> {
    in_pieces(elements.len(), ELEMENTS, Order::Forwards, |piece| {
        elements[piece].fill(value);
    })
}

/// Adds elements; `None` if there is no memory for them. Unless all are added, there are as many as before.
fn extend<T: Copy>(
    elements: &mut Vec<T>,
    additional: usize,
    value: T,
) -> Result<Option<()>, TrapCode> {
    let old = elements.len();
    if additional > elements.capacity() - old && relocate(elements, old + additional)?.is_none() {
        return Ok(None);
    }
    let extended = in_pieces(additional, ELEMENTS, Order::Forwards, |piece| {
        elements.resize(old + piece.end, value);
    });
    if extended.is_err() {
        elements.truncate(old);
    }
    extended.map(Some)
}

/// Moves elements to where there is room for `needed` of them, in pieces: an allocator may copy them all at once.
fn relocate<T: Copy>(elements: &mut Vec<T>, needed: usize) -> Result<Option<()>, TrapCode> {
    let mut moved = Vec::new();
    let ample = needed.max(elements.capacity() * 2);
    if moved.try_reserve_exact(ample).is_err() {
        return Ok(None);
    }
    in_pieces(elements.len(), ELEMENTS, Order::Forwards, |piece| {
        moved.extend_from_slice(&elements[piece]);
    })?;
    *elements = moved;
    Ok(Some(()))
}

/// Copies elements between tables or inside one.
///
/// # Errors
///
/// If not all places exist, and then nothing was copied; if the guest is to stop.
///
/// # Safety
///
/// Both point to tables of domains that this thread holds, and nobody else refers to them.
pub(crate) unsafe fn copy(
    to: NonNull<TableObject>,
    to_index: u64,
    from: NonNull<TableObject>,
    from_index: u64,
    length: u64,
) -> Result<(), TrapCode> {
    let (to, from) = (to.as_ptr(), from.as_ptr());
    // SAFETY: as the caller promises.
    if unsafe { !(*to).has(to_index, length) || !(*from).has(from_index, length) } {
        return Err(TrapCode::TableAccessOutOfBounds);
    }
    let (to_index, from_index) = (to_index as usize, from_index as usize);
    let order = Order::of_copy(to_index, from_index);
    in_pieces(length as usize, ELEMENTS, order, |piece| {
        let (to_index, from_index) = (to_index + piece.start, from_index + piece.start);
        // SAFETY: as the caller promises; the two are told apart before both are referred to.
        unsafe {
            if to == from {
                (*to).copy_within(to_index, from_index, piece.len());
            } else {
                (*to).copy_from(&mut *from, to_index, from_index, piece.len());
            }
        }
    })
}

/// A handle to a table.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::{ExternRef, TableType, Type};
/// # use wasmill_vm::{TableElement, VMStore, VMTable};
/// # let store = VMStore::new();
/// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
/// let null = TableElement::Extern(ExternRef::null());
/// let table = VMTable::new(&store, ty, null.clone()).unwrap();
/// table.set(0, TableElement::Extern(ExternRef::new(7))).unwrap();
/// let Some(TableElement::Extern(value)) = table.get(0) else { panic!("it was set") };
/// assert_eq!(value.downcast::<i32>(), Some(&7));
/// ```
#[derive(Clone)]
pub struct VMTable {
    island: Arc<Island>,
    table: NonNull<TableObject>,
}

// SAFETY: the table lives as long as the island, and every access enters the domain.
unsafe impl Send for VMTable {}
// SAFETY: as above.
unsafe impl Sync for VMTable {}

impl VMTable {
    /// Makes a table with an island of its own, every element `init`.
    ///
    /// ```
    /// # use wasmill_types::{TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// let ty = TableType::new(Type::FuncRef, 4, None);
    /// let table = VMTable::new(&VMStore::new(), ty, TableElement::Function(None)).unwrap();
    /// assert_eq!(table.size(), 4);
    /// ```
    ///
    /// # Errors
    ///
    /// If the type is not one of a table, or it is too large.
    pub fn new(
        store: &Arc<VMStore>,
        ty: TableType,
        init: TableElement,
    ) -> Result<Self, TableError> {
        let table = made::make_table(&ty, &TableStyle::CallerChecksSignature)?;
        Self::adopt(store, &*table, &ty, init, None)
    }

    /// Makes every element `init`.
    pub(crate) fn fill_with(&self, init: TableElement) -> Result<(), TableError> {
        let guard = self.enter();
        let value = self.raw_element(init).ok_or(TableError::Element)?;
        let table = self.object(&guard);
        let size = table.size().into();
        Ok(table.fill(0, value, size)?)
    }

    /// A handle to a table that `island` can reach.
    ///
    /// # Safety
    ///
    /// `table` is valid as long as `island` lives.
    pub(crate) unsafe fn from_raw(island: Arc<Island>, table: NonNull<TableObject>) -> Self {
        Self { island, table }
    }

    /// The island that it is reached from.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// assert!(Arc::ptr_eq(table.island().store(), &store));
    /// ```
    pub fn island(&self) -> &Arc<Island> {
        &self.island
    }

    #[inline(always)]
    fn enter(&self) -> Guard<'_> {
        self.island.domain().enter()
    }

    pub(crate) fn as_ptr(&self) -> NonNull<TableObject> {
        self.table
    }

    #[allow(clippy::mut_from_ref, reason = "the guard makes it exclusive")]
    fn object<'a>(&'a self, _entered: &'a Guard<'_>) -> &'a mut TableObject {
        // SAFETY: the table lives as long as the island; the domain is held; callers use one reference at a time.
        unsafe { &mut *self.table.as_ptr() }
    }

    /// Before the domain is entered: what will be needed to hold this element.
    fn join_domain(&self, element: &TableElement) {
        if let TableElement::Function(Some(function)) = element {
            function.join_domain(&self.island);
        }
    }

    /// An element in raw form, for this table's island; `None` if it is of another type or store. The domain is held.
    #[inline]
    fn raw_element(&self, element: TableElement) -> Option<RawElement> {
        let store = self.island.store();
        if element.ty() != self.ty().ty {
            return None;
        }
        Some(match element {
            TableElement::Function(None) => RawElement::Function(ptr::null()),
            TableElement::Function(Some(function)) => {
                if !Arc::ptr_eq(function.island().store(), store) {
                    return None;
                }
                RawElement::Function(function.adopted_by(&self.island).as_ptr())
            }
            TableElement::Extern(value) => {
                store.refs().collect_if_due();
                RawElement::Extern(store.refs().insert(value))
            }
        })
    }

    /// Its declared type; the minimum does not follow growth.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// assert_eq!(table.ty(), &TableType::new(Type::ExternRef, 2, Some(3)));
    /// ```
    pub fn ty(&self) -> &TableType {
        // SAFETY: the table lives as long as the island, and its type never changes.
        unsafe { &(*self.table.as_ptr()).ty }
    }

    /// Its current size.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// assert_eq!(table.size(), 2);
    /// ```
    pub fn size(&self) -> u32 {
        let guard = self.enter();
        self.object(&guard).size()
    }

    /// The element at `index`, if there is one.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// assert_eq!((table.get(1), table.get(2)), (Some(null), None));
    /// ```
    pub fn get(&self, index: u32) -> Option<TableElement> {
        Some(match self.get_as(index, |function| function)? {
            Value::FuncRef(function) => TableElement::Function(function),
            Value::ExternRef(value) => TableElement::Extern(value),
            _ => unreachable!("an element is a reference"),
        })
    }

    /// The element at `index` as a value, if there is one; `function` gives the form that it is to have of a function.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// # use wasmill_types::Value;
    /// let value: Option<Value<String>> = table.get_as(0, |function| function.ty().to_string());
    /// assert_eq!(value, Some(Value::ExternRef(ExternRef::null())));
    /// ```
    #[inline]
    pub fn get_as<T>(
        &self,
        index: u32,
        function: impl FnOnce(VMFunction) -> T,
    ) -> Option<Value<T>> {
        let guard = self.enter();
        Some(match self.object(&guard).get(u64::from(index))? {
            RawElement::Extern(raw) => Value::ExternRef(self.island.store().refs().get(raw)),
            RawElement::Function(reference) => {
                let reference = NonNull::new(reference.cast_mut());
                // SAFETY: what a table of the island holds, the island can reach (F1).
                let reached = reference.map(|f| unsafe { VMFunction::from_raw(&self.island, f) });
                Value::FuncRef(reached.map(function))
            }
        })
    }

    /// Writes the element at `index`, a function.
    ///
    /// ```
    /// # use wasmill_types::{TableType, Type};
    /// # use wasmill_vm::{HostFunction, TableElement, VMStore, VMTable};
    /// let store = VMStore::new();
    /// let ty = TableType::new(Type::FuncRef, 1, None);
    /// let table = VMTable::new(&store, ty, TableElement::Function(None)).unwrap();
    /// let function = HostFunction::typed(&store, || 42);
    /// table.set_function(0, Some(&function)).unwrap();
    /// assert_eq!(table.get(0), Some(TableElement::Function(Some(function))));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`VMTable::set`].
    #[inline]
    pub fn set_function(&self, index: u32, function: Option<&VMFunction>) -> Result<(), TrapCode> {
        let known = match function {
            None => Some(ptr::null()),
            Some(function) => function
                .held_by(&self.island)
                .map(|f| f.as_ptr().cast_const()),
        };
        match known {
            Some(function) => {
                let guard = self.enter();
                self.object(&guard).set_function(index, function)
            }
            None => self.set(index, TableElement::Function(function.cloned())),
        }
    }

    /// Writes the element at `index`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// # use wasmill_vm::TrapCode;
    /// assert_eq!(table.set(2, null), Err(TrapCode::TableAccessOutOfBounds));
    /// assert_eq!(table.set(0, TableElement::Function(None)), Err(TrapCode::BadSignature));
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such element, or the value is of another type or store.
    pub fn set(&self, index: u32, element: TableElement) -> Result<(), TrapCode> {
        self.join_domain(&element);
        let guard = self.enter();
        let value = self.raw_element(element).ok_or(TrapCode::BadSignature)?;
        self.object(&guard).set(u64::from(index), value)
    }

    /// Adds elements; gives the old size.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// assert_eq!(table.grow(1, null.clone()).unwrap(), 2);
    /// assert!(table.grow(1, null).is_err(), "its maximum is 3");
    /// ```
    ///
    /// # Errors
    ///
    /// If the table would exceed its maximum or a limit, or the value is of another type or store; or if the guest on whose
    /// behalf this is done is interrupted.
    pub fn grow(&self, delta: u32, element: TableElement) -> Result<u32, TableError> {
        self.join_domain(&element);
        let guard = self.enter();
        let value = self.raw_element(element).ok_or(TableError::Element)?;
        self.object(&guard)
            .grow(u64::from(delta), value)?
            .ok_or(TableError::Grow(delta))
    }

    /// Copies elements from another table or inside one.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// let seven = TableElement::Extern(ExternRef::new(7));
    /// table.set(0, seven.clone()).unwrap();
    /// VMTable::copy(&table, 1, &table, 0, 1).unwrap();
    /// assert_eq!(table.get(1), Some(seven));
    /// ```
    ///
    /// # Errors
    ///
    /// If not all places exist, or the tables are of different types or stores.
    pub fn copy(
        to: &Self,
        to_index: u32,
        from: &Self,
        from_index: u32,
        length: u32,
    ) -> Result<(), TrapCode> {
        let same_store = Arc::ptr_eq(to.island.store(), from.island.store());
        if to.ty().ty != from.ty().ty || !same_store {
            return Err(TrapCode::BadSignature);
        }
        // Functions become reachable from the other table's island.
        match to.ty().ty {
            Type::FuncRef => to.island.merge(&from.island),
            _ => to.island.domain().merge(from.island.domain()),
        }
        let _guard = to.enter();
        // SAFETY: both islands live, and their one domain is held.
        unsafe {
            copy(
                to.table,
                to_index.into(),
                from.table,
                from_index.into(),
                length.into(),
            )
        }
    }

    /// Whether the two are the same table.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{ExternRef, TableType, Type};
    /// # use wasmill_vm::{TableElement, VMStore, VMTable};
    /// # let store = VMStore::new();
    /// # let ty = TableType::new(Type::ExternRef, 2, Some(3));
    /// let null = TableElement::Extern(ExternRef::null());
    /// let table = VMTable::new(&store, ty, null.clone()).unwrap();
    /// assert!(table.same(&table.clone()));
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

impl fmt::Debug for VMTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VMTable({})", self.ty())
    }
}
