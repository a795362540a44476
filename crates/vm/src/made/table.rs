//! Tables that tunables make.

use super::{Cell, Claim, InUse, sealed};
use crate::domain::Domain;
use crate::island::Island;
use crate::limits::Account;
use crate::owned::Owned;
use crate::store::VMStore;
use crate::table::{TableElement, TableError, TableObject, VMTable};
use crate::trap::Trap;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use wasmill_abi::{TrapCode, VMTableDefinition};
use wasmill_types::{ExternRef, ExternType, TableStyle, TableType, Type};

/// A table as tunables give it to the runtime.
///
/// The runtime takes it over, empties it and fills it when the host's table or the instance that it was made for is made;
/// until then all its elements are null. Whoever keeps it goes on seeing the same table, but does not keep the table:
/// once that is gone, it behaves as one without elements that cannot grow.
///
/// Only this crate implements it, as [`Memory`](super::Memory).
///
/// ```
/// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
/// # use wasmill_vm::{TableElement, make_table};
/// # let style = TableStyle::CallerChecksSignature;
/// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
/// assert_eq!(table.grow(1, TableElement::Extern(ExternRef::null())), Some(2));
/// assert_eq!((table.size(), table.grow(1, TableElement::Function(None))), (3, None));
/// ```
pub trait Table: fmt::Debug + Send + Sync + sealed::Table {
    /// How it is laid out.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// assert_eq!(table.style(), &TableStyle::CallerChecksSignature);
    /// ```
    fn style(&self) -> &TableStyle;
    /// Its declared type; the minimum does not follow growth.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// assert_eq!(table.ty(), &TableType::new(Type::ExternRef, 2, Some(3)));
    /// ```
    fn ty(&self) -> &TableType;
    /// Its current size.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// assert_eq!(table.size(), 2);
    /// ```
    fn size(&self) -> u32;
    /// Adds elements; gives the old size. `None` if the table would exceed its maximum or a limit, if the value does not
    /// fit (as for [`Table::set`]) or is of another store, or the table is gone.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// let null = TableElement::Extern(ExternRef::null());
    /// assert_eq!(table.grow(1, null.clone()), Some(2));
    /// assert_eq!(table.grow(1, null), None, "its maximum is 3");
    /// ```
    fn grow(&self, delta: u32, init_value: TableElement) -> Option<u32>;
    /// The element at `index`, if there is one.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// assert_eq!(table.get(0), Some(TableElement::Extern(ExternRef::null())));
    /// assert_eq!(table.get(2), None);
    /// ```
    fn get(&self, index: u32) -> Option<TableElement>;
    /// Writes the element at `index`.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// let null = TableElement::Extern(ExternRef::null());
    /// assert!(table.set(1, null.clone()).is_ok());
    /// assert!(table.set(2, null).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such element, or the value does not fit or is of another store. Before the table is taken over, null
    /// alone fits.
    fn set(&self, index: u32, reference: TableElement) -> Result<(), Trap>;
    /// Where its elements are and how many there are: what compiled code reads. Valid as long as the table; to be read
    /// only while nothing runs that could change the table.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// // SAFETY: nothing else uses the table.
    /// assert_eq!(unsafe { table.vmtable().as_ref() }.current_elements, 2);
    /// ```
    fn vmtable(&self) -> NonNull<VMTableDefinition>;
    /// Copies elements from a table, which may be this one.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// assert!(table.copy(&*table, 0, 1, 1).is_ok());
    /// assert!(table.copy(&*table, 0, 1, 2).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If not all places exist, and then nothing was copied; if the elements do not fit.
    fn copy(
        &self,
        src_table: &dyn Table,
        dst_index: u32,
        src_index: u32,
        len: u32,
    ) -> Result<(), Trap> {
        let exists = |size: u32, index: u32| index.checked_add(len).is_some_and(|end| end <= size);
        if !exists(self.size(), dst_index) || !exists(src_table.size(), src_index) {
            return Err(Trap::of_code(TrapCode::TableAccessOutOfBounds));
        }
        // All are read before one is written: the two may be the same.
        let elements: Option<Vec<_>> = (0..len).map(|nth| src_table.get(src_index + nth)).collect();
        let elements = elements.ok_or_else(|| Trap::of_code(TrapCode::TableAccessOutOfBounds))?;
        let mut places = dst_index..;
        elements
            .into_iter()
            .try_for_each(|element| self.set(places.next().expect("checked"), element))
    }
}

/// The only kind of [`Table`].
pub struct MadeTable {
    cell: Cell<TableObject>,
    ty: TableType,
    style: TableStyle,
    /// What is shown when it is gone.
    nothing: VMTableDefinition,
}

// SAFETY: the pointer in `nothing` is null, and nobody writes to it.
unsafe impl Send for MadeTable {}
// SAFETY: as above; the rest is `Sync`.
unsafe impl Sync for MadeTable {}

/// Makes a table of the type's minimum size, all null.
///
/// # Errors
///
/// If the type is impossible, or too large.
pub fn make_table(ty: &TableType, style: &TableStyle) -> Result<Arc<dyn Table>, TableError> {
    Ok(Arc::new(MadeTable {
        cell: Cell::new(TableObject::new(*ty)?),
        ty: *ty,
        style: style.clone(),
        nothing: VMTableDefinition {
            base: ptr::null_mut(),
            current_elements: 0,
        },
    }))
}

/// Null, as an element of tables of this type.
fn null(ty: &TableType) -> TableElement {
    match ty.ty {
        Type::ExternRef => TableElement::Extern(ExternRef::null()),
        _ => TableElement::Function(None),
    }
}

impl MadeTable {
    fn visit<R>(
        &self,
        free: impl FnOnce(&mut Owned<TableObject>) -> R,
        adopted: impl FnOnce(VMTable) -> R,
    ) -> Option<R> {
        // SAFETY: the island owns the table.
        let adopted = |island, place| adopted(unsafe { VMTable::from_raw(island, place) });
        self.cell.visit(free, adopted)
    }
}

impl sealed::Table for MadeTable {
    fn made(&self) -> &MadeTable {
        self
    }
}

impl Table for MadeTable {
    fn style(&self) -> &TableStyle {
        &self.style
    }
    fn ty(&self) -> &TableType {
        &self.ty
    }
    fn size(&self) -> u32 {
        self.visit(|table| table.size(), |table| table.size())
            .unwrap_or(0)
    }
    fn grow(&self, delta: u32, init_value: TableElement) -> Option<u32> {
        let is_null = init_value == null(&self.ty);
        self.visit(
            |table| is_null.then(|| table.grow_untouched(delta.into()).ok()?)?,
            |table| table.grow(delta, init_value.clone()).ok(),
        )?
    }
    fn get(&self, index: u32) -> Option<TableElement> {
        self.visit(
            |table| (index < table.size()).then(|| null(&self.ty)),
            |table| table.get(index),
        )?
    }
    fn set(&self, index: u32, reference: TableElement) -> Result<(), Trap> {
        let is_null = reference == null(&self.ty);
        let free = |table: &mut Owned<TableObject>| match (is_null, index < table.size()) {
            (true, true) => Ok(()),
            (false, _) => Err(TrapCode::BadSignature),
            (_, false) => Err(TrapCode::TableAccessOutOfBounds),
        };
        self.visit(free, |table| table.set(index, reference.clone()))
            .unwrap_or(Err(TrapCode::TableAccessOutOfBounds))
            .map_err(Trap::of_code)
    }
    fn vmtable(&self) -> NonNull<VMTableDefinition> {
        let table = self.cell.visit(|table| table.place(), |_, place| place);
        table.map_or(NonNull::from(&self.nothing), TableObject::definition)
    }
}

impl fmt::Debug for MadeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("ty", &self.ty)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl From<InUse> for TableError {
    fn from(_: InUse) -> Self {
        Self::Tunables("the tunables made a table that is in use already".to_owned())
    }
}

/// Whether a table may stand where `asked` is asked for: it fits as an import would.
fn check(made: &TableObject, asked: &TableType) -> Result<(), TableError> {
    let made = made.current_ty();
    let fits = ExternType::Table(made).is_compatible_with(&ExternType::Table(*asked));
    if fits && made.ty == asked.ty {
        return Ok(());
    }
    let text = format!("the tunables made a table that is {made} where {asked} is asked for");
    Err(TableError::Tunables(text))
}

/// Claims `made` as a table of type `ty`, every element as instantiation puts it there, and charges it. It must be
/// registered when it is adopted.
pub(crate) fn claim<'a>(
    made: &'a dyn Table,
    ty: &TableType,
    account: Option<&Arc<Account>>,
) -> Result<Claim<'a, TableObject>, TableError> {
    made.made().cell.claim(|table| {
        check(table, ty)?;
        Ok(table.charge_to(account)?)
    })
}

impl VMTable {
    /// Gives a table that tunables made an island of its own, and makes every element `init`.
    ///
    /// ```
    /// # use wasmill_types::{ExternRef, TableStyle, TableType, Type};
    /// # use wasmill_vm::{TableElement, make_table};
    /// # let style = TableStyle::CallerChecksSignature;
    /// let table = make_table(&TableType::new(Type::ExternRef, 2, Some(3)), &style).unwrap();
    /// # use wasmill_vm::{VMStore, VMTable};
    /// let seven = TableElement::Extern(ExternRef::new(7));
    /// let adopted = VMTable::adopt(&VMStore::new(), &*table, table.ty(), seven.clone(), None).unwrap();
    /// assert_eq!((adopted.get(1), table.get(1)), (Some(seven.clone()), Some(seven)));
    /// ```
    ///
    /// # Errors
    ///
    /// If it does not fit where `ty` is asked for, or is in use already, or `init` does not fit or is of another store, or
    /// the store's limits are reached.
    pub fn adopt(
        store: &Arc<VMStore>,
        made: &dyn Table,
        ty: &TableType,
        init: TableElement,
        account: Option<&Arc<Account>>,
    ) -> Result<Self, TableError> {
        let claim = claim(made, ty, account)?;
        let domain = match ty.ty {
            Type::ExternRef => store.ref_domain().clone(),
            _ => Domain::new(),
        };
        let island = Island::new(store.clone(), domain);
        let guard = island.domain().enter();
        let place = claim.adopt(&island);
        // SAFETY: the island has just got it, and its domain is held.
        unsafe { TableObject::register(place, store) };
        drop(guard);
        // SAFETY: it was just given to the island.
        let table = unsafe { Self::from_raw(island, place) };
        table.fill_with(init)?;
        Ok(table)
    }
}
