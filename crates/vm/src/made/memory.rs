//! Memories that tunables make.

use super::{Cell, Claim, InUse, sealed};
use crate::domain::Domain;
use crate::externs::{MemoryObject, VMMemory};
use crate::island::Island;
use crate::limits::Account;
use crate::memory::{LinearMemory, MemoryError, MemoryImage};
use crate::owned::Owned;
use crate::store::VMStore;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmill_abi::VMMemoryDefinition;
use wasmill_types::{ExternType, MemoryStyle, MemoryType, Pages};

/// A linear memory as tunables give it to the runtime.
///
/// The runtime takes it over when the host's memory or the instance that it was made for is made. Whoever keeps it goes
/// on seeing the same memory, but does not keep the memory: once that is gone, it behaves as one without pages that
/// cannot grow.
///
/// Only this crate implements it: compiled code accesses what is behind it without asking. Tunables get one from
/// [`make_memory`] (or from what they wrap).
///
/// ```
/// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
/// # use wasmill_vm::make_memory;
/// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
/// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
/// assert_eq!((memory.size(), memory.grow(Pages(1))), (Pages(1), Ok(Pages(1))));
/// assert_eq!(memory.ty(), MemoryType::new(2, Some(3), false));
/// ```
pub trait Memory: fmt::Debug + Send + Sync + sealed::Memory {
    /// Its type, with the current size as the minimum.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::make_memory;
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.ty(), MemoryType::new(1, Some(3), false));
    /// ```
    fn ty(&self) -> MemoryType;
    /// How it is laid out.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::make_memory;
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.style(), &MemoryStyle::Dynamic { offset_guard_size: 0 });
    /// ```
    fn style(&self) -> &MemoryStyle;
    /// Its current size.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::make_memory;
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.size(), Pages(1));
    /// ```
    fn size(&self) -> Pages;
    /// Adds pages; gives the old size.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::make_memory;
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
    /// assert_eq!(memory.grow(Pages(2)), Ok(Pages(1)));
    /// assert!(memory.grow(Pages(1)).is_err(), "its maximum is 3");
    /// ```
    ///
    /// # Errors
    ///
    /// If the memory would exceed its maximum or a limit of its store, or the platform refuses, or it is gone.
    fn grow(&self, delta: Pages) -> Result<Pages, MemoryError>;
    /// Where it starts and how long it is: what compiled code reads. Valid as long as the memory; to be read only while
    /// nothing runs that could grow the memory.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::make_memory;
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
    /// // SAFETY: nothing else uses the memory.
    /// assert_eq!(unsafe { memory.vmmemory().as_ref() }.current_length, 65_536);
    /// ```
    fn vmmemory(&self) -> NonNull<VMMemoryDefinition>;
}

/// The only kind of [`Memory`].
pub struct MadeMemory {
    cell: Cell<MemoryObject>,
    style: MemoryStyle,
    /// Somebody knows where it is, and may have written to it.
    exposed: AtomicBool,
    /// What is shown when it is gone.
    nothing: VMMemoryDefinition,
}

// SAFETY: the pointer in `nothing` is null, and nobody writes to it.
unsafe impl Send for MadeMemory {}
// SAFETY: as above; the rest is `Sync`.
unsafe impl Sync for MadeMemory {}

/// Makes a memory of the type's minimum size, all zero.
///
/// # Errors
///
/// If the type is impossible, or the system refuses.
pub fn make_memory(ty: &MemoryType, style: &MemoryStyle) -> Result<Arc<dyn Memory>, MemoryError> {
    let memory = LinearMemory::new(ty, style, None)?;
    Ok(Arc::new(MadeMemory {
        cell: Cell::new(Owned::new(MemoryObject(memory))),
        style: style.clone(),
        exposed: AtomicBool::new(false),
        nothing: VMMemoryDefinition {
            base: ptr::null_mut(),
            current_length: 0,
        },
    }))
}

impl MadeMemory {
    fn visit<R>(
        &self,
        free: impl FnOnce(&mut LinearMemory) -> R,
        adopted: impl FnOnce(VMMemory) -> R,
    ) -> Option<R> {
        self.cell.visit(
            |memory| free(&mut memory.0),
            // SAFETY: the island owns the memory.
            |island, place| adopted(unsafe { VMMemory::from_raw(island, place) }),
        )
    }
}

impl sealed::Memory for MadeMemory {
    fn made(&self) -> &MadeMemory {
        self
    }
}

impl Memory for MadeMemory {
    fn ty(&self) -> MemoryType {
        let ty = self.visit(|memory| memory.current_ty(), |memory| memory.ty());
        ty.unwrap_or(MemoryType::new(0, Some(0), false))
    }
    fn style(&self) -> &MemoryStyle {
        &self.style
    }
    fn size(&self) -> Pages {
        self.ty().minimum
    }
    fn grow(&self, delta: Pages) -> Result<Pages, MemoryError> {
        let gone = MemoryError::CouldNotGrow {
            current: Pages(0),
            attempted_delta: delta,
        };
        self.visit(|memory| memory.grow(delta), |memory| memory.grow(delta))
            .unwrap_or(Err(gone))
    }
    fn vmmemory(&self) -> NonNull<VMMemoryDefinition> {
        let free = |memory: &mut LinearMemory| {
            self.exposed.store(true, Ordering::Relaxed);
            memory.definition()
        };
        let place = self.visit(free, |memory| memory.definition());
        place.unwrap_or(NonNull::from(&self.nothing))
    }
}

impl fmt::Debug for MadeMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("ty", &self.ty())
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

impl From<InUse> for MemoryError {
    fn from(_: InUse) -> Self {
        Self::Generic("the tunables made a memory that is in use already".to_owned())
    }
}

/// Whether a memory may stand where `asked` is asked for: it fits as an import would.
fn check(made: &LinearMemory, asked: &MemoryType) -> Result<(), MemoryError> {
    let made = made.current_ty();
    if ExternType::Memory(made).is_compatible_with(&ExternType::Memory(*asked)) {
        return Ok(());
    }
    let text = format!("the tunables made a memory that is {made} where {asked} is asked for");
    Err(MemoryError::Generic(text))
}

/// Whether code compiled for `asked` may access a memory laid out as `made` (see [`MemoryStyle::protects`]).
fn check_style(made: &MemoryStyle, asked: &MemoryStyle) -> Result<(), MemoryError> {
    if made.protects(asked) {
        return Ok(());
    }
    let text = format!(
        "the tunables made a memory laid out as {made:?} for code that relies on {asked:?}"
    );
    Err(MemoryError::Generic(text))
}

/// Claims `made` as a memory of type `ty` for code that relies on `style`, and charges it. Also says whether it shows the
/// image, if there is one.
pub(crate) fn claim_for_code<'a>(
    made: &'a dyn Memory,
    (ty, style): (&MemoryType, &MemoryStyle),
    image: Option<&Arc<MemoryImage>>,
    account: Option<&Arc<Account>>,
) -> Result<(Claim<'a, MemoryObject>, bool), MemoryError> {
    let made = made.made();
    let mut shows_image = true;
    let claim = made.cell.claim(|memory| {
        check(&memory.0, ty)?;
        check_style(memory.0.style(), style)?;
        let mut shown = None;
        if let Some(image) = image {
            // If nobody knows where it is, another one with the image in it is as good.
            shows_image = !made.exposed.load(Ordering::Relaxed);
            shown = shows_image
                .then(|| memory.0.with_image(image))
                .transpose()?;
        }
        shown.as_mut().unwrap_or(&mut memory.0).charge_to(account)?;
        if let Some(shown) = shown {
            memory.0 = shown;
        }
        Ok::<_, MemoryError>(())
    })?;
    Ok((claim, shows_image))
}

impl VMMemory {
    /// Gives a memory that tunables made an island of its own.
    ///
    /// ```
    /// # use wasmill_types::{MemoryStyle, MemoryType, Pages};
    /// # use wasmill_vm::make_memory;
    /// # let style = MemoryStyle::Dynamic { offset_guard_size: 0 };
    /// let memory = make_memory(&MemoryType::new(1, Some(3), false), &style).unwrap();
    /// # use wasmill_vm::{VMMemory, VMStore};
    /// let store = VMStore::new();
    /// let adopted = VMMemory::adopt(&store, &*memory, &memory.ty(), None).unwrap();
    /// adopted.grow(Pages(1)).unwrap();
    /// assert_eq!(memory.size(), Pages(2), "it is the same memory");
    /// assert!(VMMemory::adopt(&store, &*memory, &memory.ty(), None).is_err(), "it is in use");
    /// ```
    ///
    /// # Errors
    ///
    /// If it does not fit where `ty` is asked for, or is in use already, or the store's limits are reached.
    pub fn adopt(
        store: &Arc<VMStore>,
        made: &dyn Memory,
        ty: &MemoryType,
        account: Option<&Arc<Account>>,
    ) -> Result<Self, MemoryError> {
        let claim = made.made().cell.claim(|memory| {
            check(&memory.0, ty)?;
            memory.0.charge_to(account)
        })?;
        let island = Island::new(store.clone(), Domain::new());
        let guard = island.domain().enter();
        let place = claim.adopt(&island);
        drop(guard);
        // SAFETY: it was just given to the island.
        Ok(unsafe { Self::from_raw(island, place) })
    }
}
