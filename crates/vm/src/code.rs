//! Published code, and the registry that finds it by address.
//!
//! [`CodeMemory`] holds code in memory of its own, which is writable first ([`WritableCode`]) and executable then, never both.
//! Or the code is that of a mapped file or of a loaded shared object, which nobody can write to.
//! The registry maps every address in registered code to the metadata that came with it. Signal handlers read it, so
//! readers neither lock nor wait nor allocate:
//!
//! ```text
//!   TABLE ──► [start, end, *Entry] sorted by start      readers: READERS += 1, load TABLE, search, READERS -= 1
//!                                                       writers: lock, build the next table, swap, and free what was
//!                                                                replaced as soon as READERS was seen as 0
//! ```
//!
//! Invariants:
//! - C1: what `TABLE` points to, and the entries in it, stay valid while `READERS` is not zero: whoever replaces a table
//!   frees it (and the entry that left it) only after it has seen `READERS` at zero since. Both sides are sequentially
//!   consistent: a reader that the writer has not seen finds the new table.
//! - C2: ranges in a table do not overlap. (An empty one starts where none of ours is.)

use crate::mapped_file::MappedFile;
use crate::shared_object::SharedObject;
use crate::sys;
use std::any::Any;
use std::fmt;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmill_abi::TrapCode;

/// What is known about a piece of published code.
pub trait CodeMetadata: Send + Sync {
    /// The trap that a fault of the instruction at this offset means, if it is a trap site.
    ///
    /// Signal handlers call this: it must not allocate, lock or panic.
    fn trap_code(&self, offset: u32) -> Option<TrapCode>;
    /// What a fault elsewhere means, unless the stack is exhausted.
    fn other_faults(&self) -> Option<TrapCode> {
        None
    }
    /// For whoever registered it, to find the rest of what it knows.
    fn as_any(&self) -> &dyn Any;
}

/// Executable memory: a copy of some code, or a part of something mapped. Unmapped when dropped.
pub struct CodeMemory {
    base: NonNull<u8>,
    len: usize,
    mapped: usize,
    place: Place,
}

/// What code is a part of, and what keeps it mapped.
enum Place {
    Own,
    File { _file: Arc<MappedFile> },
    Object { _object: Arc<SharedObject> },
    Program,
}

// SAFETY: the memory is immutable once published, and owned.
unsafe impl Send for CodeMemory {}
// SAFETY: as above.
unsafe impl Sync for CodeMemory {}

impl CodeMemory {
    /// Copies code into fresh memory and makes it executable. The start is aligned to a page.
    ///
    /// # Errors
    ///
    /// If the system gives no memory, or does not let it become executable.
    pub fn publish(code: &[u8]) -> io::Result<Self> {
        WritableCode::copy(code)?.publish()
    }

    /// Makes a part of a mapped file executable, with the rest of its last page.
    ///
    /// # Errors
    ///
    /// If it does not start with a page, is empty, is not in the file or is 4 GiB or more, or if the system does not let
    /// it become executable: the file may be on a file system that forbids it.
    pub fn in_file(file: &Arc<MappedFile>, range: std::ops::Range<usize>) -> io::Result<Self> {
        let mapped = range.len().next_multiple_of(sys::page_size());
        let is_in_file = range.start < range.end && range.end <= (**file).as_ref().len();
        if !is_in_file
            || !range.start.is_multiple_of(sys::page_size())
            || u32::try_from(mapped).is_err()
        {
            let text = format!("no code can lie at {range:x?} in {file:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        debug_assert!(range.start + mapped <= file.mapped());
        // SAFETY: checked to lie in the file, whose pages are mapped one behind the other (F1).
        let base = unsafe { file.base().add(range.start) };
        // SAFETY: whole pages of a mapping of ours, to which nobody writes (F2).
        unsafe { sys::make_executable(base, mapped)? };
        Ok(Self {
            base,
            len: range.len(),
            mapped,
            place: Place::File {
                _file: file.clone(),
            },
        })
    }

    /// The code in a loaded shared object.
    ///
    /// # Safety
    ///
    /// These bytes are mapped by the object, executable and not writable; they are less than 4 GiB, and nothing else than
    /// this one's code.
    pub unsafe fn in_object(object: Arc<SharedObject>, base: NonNull<u8>, len: usize) -> Self {
        Self {
            base,
            len,
            mapped: len,
            place: Place::Object { _object: object },
        }
    }

    /// Code that is linked into this program.
    ///
    /// # Safety
    ///
    /// These bytes are mapped, executable and not writable, and stay so as long as the program runs; they are less than 4 GiB, and
    /// nothing else than one image's code. No other of this kind has them as long as this one lives.
    pub unsafe fn in_program(base: NonNull<u8>, len: usize) -> Self {
        Self {
            base,
            len,
            mapped: len,
            place: Place::Program,
        }
    }

    /// The address of the first byte.
    pub fn base(&self) -> *const u8 {
        self.base.as_ptr()
    }
    /// The code.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: readable, immutable since it was published, and mapped as long as this lives.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }
    /// Bytes of code.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Memory for code that is not yet executable. Its start is aligned to a page.
#[derive(Debug)]
pub struct WritableCode(CodeMemory);

impl WritableCode {
    /// Room for so many bytes of code, all zero.
    ///
    /// # Errors
    ///
    /// If the system gives no memory.
    pub fn new(len: usize) -> io::Result<Self> {
        if u32::try_from(len).is_err() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "4 GiB or more of code",
            ));
        }
        let mapped = len.max(1).next_multiple_of(sys::page_size());
        let base = sys::map_anonymous(mapped)?;
        // SAFETY: fresh and writable, up to the end of the last page.
        unsafe { ptr::write_bytes(base.as_ptr().add(len), TRAP_BYTE, mapped - len) };
        Ok(Self(CodeMemory {
            base,
            len,
            mapped,
            place: Place::Own,
        }))
    }

    /// A copy of some code.
    ///
    /// # Errors
    ///
    /// If the system gives no memory.
    pub fn copy(code: &[u8]) -> io::Result<Self> {
        let mut copy = Self::new(code.len())?;
        copy.bytes().copy_from_slice(code);
        Ok(copy)
    }

    /// Where the code will run.
    pub fn address(&self) -> u64 {
        self.0.base.addr().get() as u64
    }

    /// The code, for writing.
    pub fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the mapping is owned, writable until it is published, and initialized: by the system, or by us.
        unsafe { std::slice::from_raw_parts_mut(self.0.base.as_ptr(), self.0.len) }
    }

    /// Makes the code executable, and no longer writable.
    ///
    /// # Errors
    ///
    /// If the system does not let it become executable.
    pub fn publish(self) -> io::Result<CodeMemory> {
        let code = self.0;
        // SAFETY: the range is this mapping, to which nothing else refers yet.
        unsafe { sys::make_executable(code.base, code.mapped)? };
        Ok(code)
    }
}

/// What fills the rest of the last page: a breakpoint on x86.
const TRAP_BYTE: u8 = 0xcc;

impl Drop for CodeMemory {
    fn drop(&mut self) {
        if let Place::Own = self.place {
            // SAFETY: the mapping is owned; whoever runs code in it keeps it alive.
            unsafe { sys::unmap(self.base, self.mapped) };
        }
    }
}

impl fmt::Debug for CodeMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeMemory({:?}, {:#x} bytes)", self.base, self.len)
    }
}

struct Entry {
    start: usize,
    metadata: Arc<dyn CodeMetadata>,
    /// Keeps the code mapped.
    _code: Option<Arc<CodeMemory>>,
}

#[derive(Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
    entry: *const Entry,
}

type Table = Vec<Range>;

static TABLE: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());
static READERS: AtomicUsize = AtomicUsize::new(0);
static WRITER: Mutex<Retired> = Mutex::new(Retired {
    tables: Vec::new(),
    entries: Vec::new(),
});

/// What was replaced while there were readers.
///
/// Plain pointers: a `Box` would claim that nobody else is looking.
#[derive(Default)]
struct Retired {
    tables: Vec<*mut Table>,
    entries: Vec<*mut Entry>,
}

// SAFETY: the pointers in the tables are only ever followed by readers (C1).
unsafe impl Send for Retired {}

/// Holds off the freeing of tables and entries.
struct Reader;

impl Reader {
    fn begin() -> Self {
        READERS.fetch_add(1, Ordering::SeqCst);
        Self
    }

    /// The range that contains an address.
    fn find(&self, pc: usize) -> Option<&Entry> {
        // SAFETY: C1.
        let table = unsafe { TABLE.load(Ordering::SeqCst).as_ref() }?;
        let behind = table.partition_point(|range| range.start <= pc);
        let range = table.get(behind.checked_sub(1)?)?;
        // SAFETY: C1; the reference ends with the reader.
        (pc < range.end).then(|| unsafe { &*range.entry })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        READERS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Keeps code registered. Dropping it unregisters the code.
#[derive(Debug)]
pub struct CodeRegistration {
    start: usize,
}

/// Makes code known to trap handling and backtraces, and keeps it mapped as long as it is registered.
pub fn register(code: Arc<CodeMemory>, metadata: Arc<dyn CodeMetadata>) -> CodeRegistration {
    let (start, len) = (code.base().addr(), code.mapped);
    insert(
        len,
        Entry {
            start,
            metadata,
            _code: Some(code),
        },
    )
}

/// As [`register`], for code that something else keeps mapped.
///
/// # Safety
///
/// The range holds compiled code and nothing else, stays mapped as long as it is registered, and is not registered yet.
pub unsafe fn register_range(
    start: *const u8,
    len: usize,
    metadata: Arc<dyn CodeMetadata>,
) -> CodeRegistration {
    insert(
        len,
        Entry {
            start: start.addr(),
            metadata,
            _code: None,
        },
    )
}

fn insert(len: usize, entry: Entry) -> CodeRegistration {
    let start = entry.start;
    let range = Range {
        start,
        end: start + len,
        entry: Box::into_raw(Box::new(entry)),
    };
    let mut writer = lock();
    let old = current_table();
    let at = old.partition_point(|range| range.start < start);
    let mut table = Vec::with_capacity(old.len() + 1);
    table.extend_from_slice(&old[..at]);
    table.push(range);
    table.extend_from_slice(&old[at..]);
    let freed = replace(&mut writer, table);
    drop(writer);
    drop(freed);
    CodeRegistration { start }
}

impl Drop for CodeRegistration {
    fn drop(&mut self) {
        let mut writer = lock();
        let old = current_table();
        let Ok(at) = old.binary_search_by_key(&self.start, |range| range.start) else {
            unreachable!("a registration is in the table until it is dropped");
        };
        let entry = old[at].entry.cast_mut();
        let mut table = Vec::with_capacity(old.len() - 1);
        table.extend_from_slice(&old[..at]);
        table.extend_from_slice(&old[at + 1..]);
        writer.entries.push(entry);
        let freed = replace(&mut writer, table);
        drop(writer);
        drop(freed);
    }
}

fn lock() -> MutexGuard<'static, Retired> {
    WRITER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The current table; the caller holds the writers' lock, so that it stays.
fn current_table<'a>() -> &'a [Range] {
    // SAFETY: only writers replace it, and the caller is the only one.
    unsafe { TABLE.load(Ordering::Relaxed).as_ref() }.map_or(&[], |table| table)
}

/// Swaps tables and gives out what nobody can be reading any more, to be dropped outside of the lock: destructors of
/// metadata are not ours.
#[must_use = "to be dropped outside of the lock"]
fn replace(writer: &mut Retired, table: Table) -> Retired {
    let old = TABLE.swap(Box::into_raw(Box::new(table)), Ordering::SeqCst);
    if !old.is_null() {
        writer.tables.push(old);
    }
    // C1: readers that come from here on see the new table.
    match READERS.load(Ordering::SeqCst) {
        0 => std::mem::take(writer),
        _ => Retired::default(),
    }
}

impl Drop for Retired {
    fn drop(&mut self) {
        // SAFETY: C1: `replace` gives things out only when there are no readers left; they were made by `Box::into_raw`,
        // and are in no other list.
        unsafe {
            self.tables
                .drain(..)
                .for_each(|table| drop(Box::from_raw(table)));
            self.entries
                .drain(..)
                .for_each(|entry| drop(Box::from_raw(entry)));
        }
    }
}

fn offset(entry: &Entry, pc: usize) -> u32 {
    // Code is shorter than 4 GiB (`CodeMemory::publish`), and so are sections of shared objects that we write.
    (pc - entry.start) as u32
}

/// The metadata of the code that an address lies in, and the offset there.
pub fn lookup(pc: usize) -> Option<(Arc<dyn CodeMetadata>, u32)> {
    let reader = Reader::begin();
    reader
        .find(pc)
        .map(|entry| (entry.metadata.clone(), offset(entry, pc)))
}

/// Whether an address lies in registered code. Safe in signal handlers.
pub fn is_wasm_pc(pc: usize) -> bool {
    Reader::begin().find(pc).is_some()
}

/// What a fault in registered code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultMeaning {
    /// The code, if this is a trap site.
    pub site: Option<TrapCode>,
    /// The code, if it is none and the stack is not exhausted.
    pub otherwise: Option<TrapCode>,
}

/// `None` if the address is not in registered code; otherwise what a fault there means. Safe in signal handlers.
pub fn fault_meaning(pc: usize) -> Option<FaultMeaning> {
    let reader = Reader::begin();
    reader.find(pc).map(|entry| FaultMeaning {
        site: entry.metadata.trap_code(offset(entry, pc)),
        otherwise: entry.metadata.other_faults(),
    })
}

#[cfg(test)]
mod tests;
