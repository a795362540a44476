//! Reservations of address space for linear memories, and the pool in which they wait to be used again.
//!
//! ```text
//!   base                                   accessible           reserved
//!    │ zero │ image, copied on write │ zero  │ no access …         │
//!    └──────┴────────────────────────┴───────┴─────────────────────┘
//! ```
//!
//! A slot that comes back is reset at once: what its guest wrote is dropped (`madvise`), what the guest grew is closed.
//! It keeps its image, so that the next memory of the same module finds it ready: taking it costs no system call. One pool
//! serves the process, because address space and the limit on mappings belong to the process too. It is split into shards,
//! each with a short list under its own mutex; a thread starts at its own and takes from the others only before it
//! would have to make a new reservation. A shard that overflows gives its oldest slot back to the system.
//!
//! Memories that are checked need no room beyond their size. Their reservations start small and grow in place: they are put
//! far apart, in a part of the address space where the system puts nothing else by itself.
//!
//! Invariants:
//! - P1: a slot in the pool shows its image and zero bytes, nothing that a guest wrote; exactly `accessible` bytes of it
//!   can be accessed.
//! - P2: whoever holds a slot is its only owner.

use crate::memory::MemoryImage;
use crate::{sys, thread};
use std::io;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, TryLockError};
use wasmill_abi::VMMemoryDefinition;

/// A part of a reservation that shows an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MappedImage {
    id: u64,
    offset: usize,
    len: usize,
}

/// What address space a slot takes, a multiple of the page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    bytes: usize,
    grows: bool,
}

impl Room {
    /// This many bytes.
    pub(crate) fn fixed(bytes: usize) -> Self {
        Self {
            bytes,
            grows: false,
        }
    }
    /// This many bytes at first.
    pub(crate) fn growing(bytes: usize) -> Self {
        Self { bytes, grows: true }
    }

    /// Reserves it.
    fn reserve(self) -> io::Result<NonNull<u8>> {
        match self.grows {
            true => apart::reserve(self.bytes),
            false => sys::reserve(self.bytes),
        }
    }
}

/// Reservations that can grow in place, each at the start of a stretch of its own.
mod apart {
    use super::{NonNull, io, sys};
    use std::hash::{BuildHasher, RandomState};
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The largest memory with the largest guard that anybody asks for.
    pub(super) const STRETCH: usize = 8 << 30;
    /// Systems put programs, libraries, heaps and stacks near the ends of the lower half of the address space.
    const FIRST: usize = 16 << 40;
    const STRETCHES: usize = (48 << 40) / STRETCH;
    /// More stretches in a row are in use only if almost all are.
    const ATTEMPTS: usize = 64;

    /// Where to look next. It starts anywhere, so that nobody can guess where memories are.
    static NEXT: LazyLock<AtomicUsize> =
        LazyLock::new(|| AtomicUsize::new(RandomState::new().hash_one(0) as usize));

    pub(super) fn reserve(len: usize) -> io::Result<NonNull<u8>> {
        if len > STRETCH {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let attempt = |_| {
            let stretch = NEXT.fetch_add(1, Ordering::Relaxed) % STRETCHES;
            sys::reserve_at(FIRST + stretch * STRETCH, len)
        };
        let mut attempts = (0..ATTEMPTS).map(attempt);
        attempts
            .find(taken_or_made)
            .unwrap_or_else(|| Err(io::ErrorKind::OutOfMemory.into()))
    }

    /// Whether another attempt would be no better: only a stretch in use is worth a look at the next one.
    fn taken_or_made(attempt: &io::Result<NonNull<u8>>) -> bool {
        !matches!(attempt, Err(error) if error.kind() == io::ErrorKind::AlreadyExists)
    }
}

/// Reserved address space for one linear memory.
pub(crate) struct Slot {
    base: NonNull<u8>,
    /// What it takes when it is idle.
    room: Room,
    reserved: usize,
    accessible: usize,
    image: Option<MappedImage>,
    /// The state that compiled code sees; here so that its address is as stable as the reservation's.
    definition: NonNull<VMMemoryDefinition>,
}

// SAFETY: the slot owns the reservation (P2); the definition's pointer leads into it.
unsafe impl Send for Slot {}

impl Slot {
    /// Reserves address space.
    fn reserve(room: Room) -> io::Result<Self> {
        let base = room.reserve()?;
        let definition = VMMemoryDefinition {
            base: base.as_ptr(),
            current_length: 0,
        };
        Ok(Self {
            base,
            room,
            reserved: room.bytes,
            accessible: 0,
            image: None,
            definition: NonNull::from(Box::leak(Box::new(definition))),
        })
    }

    /// Bytes from the base that are reserved.
    pub(crate) fn reserved(&self) -> usize {
        self.reserved
    }
    /// Bytes from the base that can be accessed, a multiple of the page size.
    pub(crate) fn accessible(&self) -> usize {
        self.accessible
    }
    /// The state that compiled code sees.
    pub(crate) fn definition(&self) -> NonNull<VMMemoryDefinition> {
        self.definition
    }

    fn shows(&self, image: Option<&MemoryImage>) -> bool {
        self.image.map(|mapped| mapped.id) == image.map(MemoryImage::id)
    }

    fn at(&self, offset: usize) -> NonNull<u8> {
        debug_assert!(offset <= self.reserved);
        // SAFETY: inside the reservation.
        unsafe { self.base.add(offset) }
    }

    /// Makes exactly `len` bytes accessible, `len` being at most `reserved`.
    pub(crate) fn set_accessible(&mut self, len: usize) -> io::Result<()> {
        let (old, len) = (self.accessible, len.next_multiple_of(sys::page_size()));
        // SAFETY: both ranges lie in the reservation; what is closed is unused by `&mut self`'s owner.
        unsafe {
            match len > old {
                true => sys::make_accessible(self.at(old), len - old)?,
                false if len < old => sys::make_inaccessible(self.at(len), old - len)?,
                false => {}
            }
        }
        self.accessible = len;
        Ok(())
    }

    /// Reserves address space behind the slot, up to `reserved` bytes from its base, if it may grow and nothing is there.
    pub(crate) fn extend(&mut self, reserved: usize) -> io::Result<()> {
        if !self.room.grows || reserved > apart::STRETCH {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let end = self.base.addr().get() + self.reserved;
        sys::reserve_at(end, reserved - self.reserved)?;
        self.reserved = reserved;
        Ok(())
    }

    /// Gives back what `extend` reserved. None of it is accessible.
    fn shrink(&mut self) {
        if self.reserved > self.room.bytes {
            debug_assert!(self.accessible <= self.room.bytes);
            // SAFETY: the end of our reservation, which nobody uses.
            unsafe { sys::unmap(self.at(self.room.bytes), self.reserved - self.room.bytes) };
            self.reserved = self.room.bytes;
        }
    }

    /// Turns a clean slot into one that shows `image`, and makes `len` bytes accessible.
    fn adapt(&mut self, image: Option<&MemoryImage>, len: usize) -> io::Result<()> {
        if !self.shows(image) {
            if let Some(old) = self.image {
                // What lay under the image becomes inaccessible; so must the rest, to be opened in one go below.
                self.set_accessible(old.offset)?;
                // SAFETY: the range is that of the image in our reservation; the slot is unused.
                unsafe { sys::unmap_image(self.at(old.offset), old.len)? };
                self.image = None;
            }
            self.set_accessible(len)?;
            if let Some(image) = image {
                let range = image.range();
                // SAFETY: the range lies in the accessible part; the slot is unused.
                unsafe { sys::map_image(self.at(range.start), range.len(), image.file())? };
                self.image = Some(MappedImage {
                    id: image.id(),
                    offset: range.start,
                    len: range.len(),
                });
            }
        }
        self.set_accessible(len)
    }

    /// Drops what a guest wrote, and what it grew beyond `len` bytes.
    fn clean(&mut self, len: usize) -> io::Result<()> {
        if self.accessible > 0 {
            // SAFETY: the accessible part of the reservation, which nobody uses any more.
            unsafe { sys::reset(self.base, self.accessible)? };
        }
        self.set_accessible(len)?;
        self.shrink();
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: the reservation is owned (P2), and so is the definition, which came from a box.
        unsafe {
            sys::unmap(self.base, self.reserved);
            drop(Box::from_raw(self.definition.as_ptr()));
        }
    }
}

/// Idle slots that one shard keeps at most.
const SLOTS_PER_SHARD: usize = 16;
const SHARDS: usize = 16;

/// Idle slots, in the order in which they came.
#[repr(align(128))]
struct Shard(Mutex<Vec<Slot>>);

static POOL: [Shard; SHARDS] = [const { Shard(Mutex::new(Vec::new())) }; SHARDS];

fn home() -> usize {
    // Thread locals of different threads differ in their middle bits.
    let hash = (thread::token() as u64 >> 6).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 60) as usize % SHARDS
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes the newest slot that `fits`, if nobody else is at it.
    fn try_take(&self, fits: impl Fn(&Slot) -> bool) -> Option<Slot> {
        let mut slots = match self.0.try_lock() {
            Ok(slots) => slots,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let nth = slots.iter().rposition(fits)?;
        Some(slots.remove(nth))
    }
}

fn take_idle(fits: impl Fn(&Slot) -> bool) -> Option<Slot> {
    let home = home();
    (0..SHARDS).find_map(|nth| POOL[(home + nth) % SHARDS].try_take(&fits))
}

/// A clean slot that shows `image` in its first `len` bytes, all of which are accessible.
pub(crate) fn take(room: Room, len: usize, image: Option<&MemoryImage>) -> io::Result<Slot> {
    let rounded = len.next_multiple_of(sys::page_size());
    let fits = |slot: &Slot| slot.room == room && slot.shows(image);
    if let Some(slot) = take_idle(|slot| fits(slot) && slot.accessible == rounded) {
        return Ok(slot);
    }
    // One that shows the image or none at all can be turned into what is asked for without spoiling it for others.
    let similar = |slot: &Slot| slot.room == room && (fits(slot) || slot.image.is_none());
    let mut slot = match take_idle(similar) {
        Some(slot) => slot,
        None => reserve(room)?,
    };
    slot.adapt(image, len)?;
    Ok(slot)
}

/// Reserves address space, giving up all idle slots if there is not enough.
fn reserve(room: Room) -> io::Result<Slot> {
    Slot::reserve(room).or_else(|error| match drain() {
        0 => Err(error),
        _ => Slot::reserve(room),
    })
}

/// Gives all idle slots back to the system. Returns how many there were.
pub(crate) fn drain() -> usize {
    POOL.iter()
        .map(|shard| {
            let slots = std::mem::take(&mut *shard.lock());
            slots.len()
        })
        .sum()
}

/// Gives the idle slots that show an image back: nobody will ask for them again.
pub(crate) fn forget_image(id: u64) {
    for shard in &POOL {
        let mut slots = shard.lock();
        let gone: Vec<Slot> = slots
            .extract_if(.., |slot| slot.image.is_some_and(|image| image.id == id))
            .collect();
        drop(slots);
        // Unmapping takes its time: not under the lock.
        drop(gone);
    }
}

/// Takes a slot back. `len` is how much of it was accessible when it was taken; `is_clean` says that nothing was written.
pub(crate) fn give_back(mut slot: Slot, len: usize, is_clean: bool) {
    if !is_clean && slot.clean(len).is_err() {
        // It might show what its guest wrote: never again.
        return;
    }
    let mut slots = POOL[home()].lock();
    let oldest = (slots.len() >= SLOTS_PER_SHARD).then(|| slots.remove(0));
    slots.push(slot);
    drop(slots);
    drop(oldest);
}
