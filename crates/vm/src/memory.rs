//! Linear memories: their address space, their size, their initial contents.
//!
//! A memory lives in one reservation for all its life, so its base never moves. That of a static memory has room for the
//! largest size that the memory may reach; that of a dynamic one grows with it. Behind it is a guard; only the current
//! size can be accessed. Initial contents come from an
//! image that the system maps copy-on-write, so that a new memory writes nothing.
//!
//! Invariants:
//! - M1: bytes `0..size` of the reservation are accessible; `definition.base` and `definition.current_length` say so.
//! - M2: the reservation is at least the current size and, for a static memory, the bound, plus the guard of the style;
//!   size never exceeds `limit`.

use crate::limits::{Account, Charge, Kind, LimitError};
use crate::pool::{self, Room, Slot};
use crate::sys;
use std::fmt;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;
use wasmill_abi::{UNCHECKED_RESERVATION, VMMemoryDefinition};
use wasmill_types::{Bytes, MemoryStyle, MemoryType, Pages, WASM_PAGE_SIZE};

/// Why a memory cannot be made or grown.
///
/// ```
/// # use wasmill_types::Pages;
/// # use wasmill_vm::MemoryError;
/// let error = MemoryError::CouldNotGrow { current: Pages(1), attempted_delta: Pages(9) };
/// assert_eq!(
///     error.to_string(),
///     "The memory could not grow: current size 1 pages, requested increase: 9 pages"
/// );
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq, Hash)]
pub enum MemoryError {
    /// The system refused.
    #[error("Error when allocating memory: {0}")]
    Region(String),
    /// The memory stays as it was.
    #[error(
        "The memory could not grow: current size {} pages, requested increase: {} pages",
        .current.0, .attempted_delta.0
    )]
    CouldNotGrow {
        /// The size it has.
        current: Pages,
        /// By how much it should have grown.
        attempted_delta: Pages,
    },
    /// Its type makes no sense.
    #[error("The memory is invalid because {reason}")]
    InvalidMemory {
        /// What is wrong with it.
        reason: String,
    },
    /// The initial size is above what a memory can have.
    #[error(
        "The minimum requested ({} pages) memory is greater than the maximum allowed memory ({} pages)",
        .min_requested.0, .max_allowed.0
    )]
    MinimumMemoryTooLarge {
        /// What was asked for.
        min_requested: Pages,
        /// What is possible.
        max_allowed: Pages,
    },
    /// The greatest size is above what a memory can have.
    #[error(
        "The maximum requested memory ({} pages) is greater than the maximum allowed memory ({} pages)",
        .max_requested.0, .max_allowed.0
    )]
    MaximumMemoryTooLarge {
        /// What was asked for.
        max_requested: Pages,
        /// What is possible.
        max_allowed: Pages,
    },
    /// For memories made by someone else.
    #[error("A user-defined error occurred: {0}")]
    Generic(String),
}

impl From<LimitError> for MemoryError {
    fn from(error: LimitError) -> Self {
        Self::Generic(error.to_string())
    }
}

/// The initial contents of a memory, ready to be mapped any number of times.
#[derive(Debug)]
pub struct MemoryImage {
    id: u64,
    /// Where in the memory the file goes: whole pages.
    range: Range<usize>,
    file: sys::ImageFile,
}

impl MemoryImage {
    /// Makes the image of a memory of `size` bytes with these segments, later ones over earlier ones, and zero elsewhere.
    ///
    /// # Errors
    ///
    /// If a segment lies outside of the memory, or the system does not give what is needed.
    pub fn new(size: u64, segments: &[(u64, &[u8])]) -> io::Result<Arc<Self>> {
        let page = sys::page_size();
        let (mut first, mut last) = (usize::MAX, 0);
        for (offset, bytes) in segments.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let end = offset
                .checked_add(bytes.len() as u64)
                .filter(|end| *end <= size);
            let end = end.ok_or_else(|| outside(*offset, bytes.len(), size))?;
            first = first.min(*offset as usize / page * page);
            last = last.max((end as usize).next_multiple_of(page));
        }
        let range = if first < last { first..last } else { 0..0 };
        let pieces: Vec<_> = segments
            .iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(offset, bytes)| (*offset as usize - range.start, *bytes))
            .collect();
        let file = sys::ImageFile::new(range.len(), &pieces)?;
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Self { id, range, file }))
    }

    /// A number that no other image has had.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }
    pub(crate) fn file(&self) -> &sys::ImageFile {
        &self.file
    }
}

impl Drop for MemoryImage {
    fn drop(&mut self) {
        pool::forget_image(self.id);
    }
}

fn outside(offset: u64, len: usize, size: u64) -> io::Error {
    let text = format!("{len} bytes at offset {offset} do not fit into a memory of {size} bytes");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// A linear memory.
pub struct LinearMemory {
    /// Always there; an option only so that `drop` can give it away.
    slot: Option<Slot>,
    ty: MemoryType,
    style: MemoryStyle,
    limit: Pages,
    /// Keeps the pool's slots that show it from being given up.
    _image: Option<Arc<MemoryImage>>,
    initial: usize,
    untouched: bool,
    /// What it takes of its store's limits, if that has some.
    charge: Option<Charge>,
}

// SAFETY: the memory owns its reservation; whoever touches the contents synchronises (islands).
unsafe impl Sync for LinearMemory {}

impl LinearMemory {
    /// Makes a memory of the type's minimum size, with the contents of an image or zeroed.
    ///
    /// # Errors
    ///
    /// If the type is impossible, or the system refuses.
    pub fn new(
        ty: &MemoryType,
        style: &MemoryStyle,
        image: Option<&Arc<MemoryImage>>,
    ) -> Result<Self, MemoryError> {
        check(ty)?;
        let initial = bytes(ty.minimum);
        let image = image.filter(|image| !image.range.is_empty());
        if image.is_some_and(|image| image.range.end > initial) {
            return Err(MemoryError::Generic(
                "the image does not fit into the memory".to_owned(),
            ));
        }
        let (slot, limit) = find_slot(ty, style, image.map(|image| &**image))
            .map_err(|error| MemoryError::Region(error.to_string()))?;
        // SAFETY: the slot is ours alone; compiled code does not know it yet.
        unsafe { (*slot.definition().as_ptr()).current_length = initial };
        Ok(Self {
            slot: Some(slot),
            ty: *ty,
            style: style.clone(),
            limit,
            _image: image.cloned(),
            initial,
            untouched: false,
            charge: None,
        })
    }

    fn slot(&self) -> &Slot {
        self.slot.as_ref().expect("taken in `drop` only")
    }

    /// Makes the memory larger and returns the size it had.
    ///
    /// # Errors
    ///
    /// If it would be larger than its maximum, or than the address space it has, or the system refuses.
    pub fn grow(&mut self, delta: Pages) -> Result<Pages, MemoryError> {
        let current = self.size();
        let refused = MemoryError::CouldNotGrow {
            current,
            attempted_delta: delta,
        };
        let new = current
            .0
            .checked_add(delta.0)
            .filter(|new| *new <= self.limit.0);
        let Some(new) = new.map(Pages) else {
            return Err(refused);
        };
        if delta.0 > 0 {
            let added = bytes(delta) as u64;
            if let Some(charge) = &mut self.charge {
                charge.add(added).map_err(|_| refused.clone())?;
            }
            let slot = self.slot.as_mut().expect("taken in `drop` only");
            let made_room = make_room(slot, &self.style, new, self.limit);
            if made_room
                .and_then(|()| slot.set_accessible(bytes(new)))
                .is_err()
            {
                if let Some(charge) = &mut self.charge {
                    charge.subtract(added);
                }
                return Err(refused);
            }
            // SAFETY: `&mut self`: nobody else changes the size now; compiled code reads it afterwards.
            unsafe { (*slot.definition().as_ptr()).current_length = bytes(new) };
        }
        Ok(current)
    }

    /// The current size.
    pub fn size(&self) -> Pages {
        // SAFETY: the definition lives as long as the slot; it is changed through `&mut self` only.
        let length = unsafe { (*self.definition().as_ptr()).current_length };
        Pages((length / WASM_PAGE_SIZE) as u32)
    }

    /// The type it was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// Its type, with the current size as the minimum.
    pub(crate) fn current_ty(&self) -> MemoryType {
        MemoryType {
            minimum: self.size(),
            ..self.ty
        }
    }

    /// One of the same type and size, with the contents of an image.
    pub(crate) fn with_image(&self, image: &Arc<MemoryImage>) -> Result<Self, MemoryError> {
        let mut memory = Self::new(&self.ty, &self.style, Some(image))?;
        memory.grow(self.size() - self.ty.minimum)?;
        Ok(memory)
    }

    /// Makes it count against the limits of a store.
    pub(crate) fn charge_to(&mut self, account: Option<&Arc<Account>>) -> Result<(), MemoryError> {
        let size = bytes(self.size()) as u64;
        let charge = account.map(|account| account.charge(Kind::Memory, size));
        self.charge = charge.transpose()?;
        Ok(())
    }

    /// How it is laid out.
    pub fn style(&self) -> &MemoryStyle {
        &self.style
    }

    /// The state that compiled code sees, at an address that stays the same.
    pub fn definition(&self) -> NonNull<VMMemoryDefinition> {
        self.slot().definition()
    }

    /// Says that nothing was written to the memory since it was made, so that nothing needs to be dropped.
    ///
    /// # Safety
    ///
    /// That is so: no code that can reach it has run, and nobody has written to it from outside; nor will anybody.
    pub unsafe fn assume_untouched(&mut self) {
        self.untouched =
            self.slot().accessible() == self.initial.next_multiple_of(sys::page_size());
    }
}

impl Drop for LinearMemory {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            pool::give_back(slot, self.initial, self.untouched);
        }
    }
}

impl fmt::Debug for LinearMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinearMemory")
            .field("ty", &self.ty)
            .field("style", &self.style)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

fn bytes(pages: Pages) -> usize {
    Bytes::from(pages).0
}

/// Checks the limits of a memory type.
fn check(ty: &MemoryType) -> Result<(), MemoryError> {
    let max_allowed = Pages::max_value();
    if ty.minimum > max_allowed {
        return Err(MemoryError::MinimumMemoryTooLarge {
            min_requested: ty.minimum,
            max_allowed,
        });
    }
    match ty.maximum {
        Some(maximum) if maximum > max_allowed => Err(MemoryError::MaximumMemoryTooLarge {
            max_requested: maximum,
            max_allowed,
        }),
        Some(maximum) if maximum < ty.minimum => Err(MemoryError::InvalidMemory {
            reason: format!(
                "the maximum ({} pages) is less than the minimum ({} pages)",
                maximum.0, ty.minimum.0
            ),
        }),
        _ => Ok(()),
    }
}

/// The pages that a dynamic memory has room for at first, if it may grow beyond them.
const FIRST_ROOM: Pages = Pages(16);

/// Address space for this many pages and the guard behind them.
fn reservation(room: Pages, style: &MemoryStyle) -> io::Result<usize> {
    let guard = usize::try_from(style.offset_guard_size()).ok();
    let reserved = guard.and_then(|guard| bytes(room).checked_add(guard));
    let reserved = reserved.and_then(|len| len.max(1).checked_next_multiple_of(sys::page_size()));
    reserved.ok_or(io::ErrorKind::OutOfMemory.into())
}

/// Makes the reservation large enough for `size` pages: twice as large if it can be, so that this happens seldom.
fn make_room(slot: &mut Slot, style: &MemoryStyle, size: Pages, limit: Pages) -> io::Result<()> {
    let needed = reservation(size, style)?;
    if needed <= slot.reserved() {
        return Ok(());
    }
    let ample = reservation(Pages(size.0 * 2).min(limit), style)?;
    let extended = slot.extend(ample).or_else(|_| slot.extend(needed));
    extended.or_else(|error| match pool::drain() {
        0 => Err(error),
        _ => slot.extend(needed),
    })
}

/// A slot for a memory, and the pages that it can grow to there.
fn find_slot(
    ty: &MemoryType,
    style: &MemoryStyle,
    image: Option<&MemoryImage>,
) -> io::Result<(Slot, Pages)> {
    let maximum = ty.maximum.unwrap_or(Pages::max_value());
    let initial = bytes(ty.minimum);
    let take = |room| pool::take(Room::fixed(reservation(room, style)?), initial, image);
    match *style {
        // Compiled code may count on the whole bound.
        MemoryStyle::Static { bound, .. } => {
            let room = bound.min(Pages::max_value()).max(ty.minimum);
            take(room).map(|slot| (slot, maximum.min(room)))
        }
        // Compiled code checks every access, so less room only means less to grow into.
        MemoryStyle::Dynamic { .. } => {
            let first = FIRST_ROOM.max(ty.minimum);
            if first < maximum {
                let room = reservation(first, style).map(Room::growing);
                if let Ok(slot) = room.and_then(|room| pool::take(room, initial, image)) {
                    return Ok((slot, maximum));
                }
            }
            let mut room = maximum;
            loop {
                match take(room) {
                    Ok(slot) => return Ok((slot, room)),
                    Err(error) if room <= ty.minimum => return Err(error),
                    Err(_) => room = Pages(room.0 / 4).max(ty.minimum),
                }
            }
        }
    }
}

/// Whether the system gives enough address space for memories without bounds checks: for tunables to choose by.
pub fn reservation_available() -> bool {
    sys::reserve(UNCHECKED_RESERVATION as usize).is_ok_and(|base| {
        // SAFETY: just mapped, and unused.
        unsafe { sys::unmap(base, UNCHECKED_RESERVATION as usize) };
        true
    })
}

#[cfg(test)]
mod tests;
