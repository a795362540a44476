//! Files of the host program behind descriptors: the three standard streams and whatever it puts in other places.
//!
//! A [`WasiFile`] is foreign code: it may wait, panic, or come back into the guest's state. So it is **lent**: taken out of its slot,
//! used without the lock, and put back when the use ends, even by a panic. Whoever wants it meanwhile waits, except the thread
//! that uses it already, which is told EDEADLK instead of waiting for itself. Pipes and the process's own streams do none of this:
//! they are used in their slot, under the lock (and where a stream may wait, in `stream.rs`, not at all through its file).

use std::collections::BTreeMap;
use std::io::{self, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use super::Ctx;
use super::wait::check;
use crate::files::{HostStream, Pipe, WasiFile};
use crate::state::WasiState;
use crate::sys::NewTime;
use crate::types::*;

/// Which file of the host program. The streams are 0 to 2; other numbers are never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(pub(super) u64);

/// How many standard streams there are.
const STREAMS: u64 = 3;

/// After this time a wait looks again, even if nobody said that a file came back: the state may have been exchanged.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Debug)]
struct Slot {
    file: Option<Box<dyn WasiFile>>,
    /// Who uses the file at the moment; it is not here then.
    user: Option<ThreadId>,
}

impl Slot {
    fn new(file: Option<Box<dyn WasiFile>>) -> Self {
        Self { file, user: None }
    }
}

/// All files of the host program, by number.
#[derive(Debug)]
pub(super) struct Supplied {
    slots: BTreeMap<FileId, Slot>,
    next: u64,
    /// Told whenever a lent file comes back.
    returned: Arc<Condvar>,
}

impl Supplied {
    pub(super) fn new(streams: [Option<Box<dyn WasiFile>>; 3]) -> Self {
        let slots = (0..).map(FileId).zip(streams.map(Slot::new)).collect();
        Self {
            slots,
            next: STREAMS,
            returned: Arc::default(),
        }
    }

    pub(super) fn add(&mut self, file: Box<dyn WasiFile>) -> FileId {
        let id = FileId(self.next);
        self.next += 1;
        self.slots.insert(id, Slot::new(Some(file)));
        id
    }

    /// Drops a file; streams stay, so that the host program can read them when the guest has closed them.
    pub(super) fn remove(&mut self, id: FileId) -> Option<Box<dyn WasiFile>> {
        if id.0 < STREAMS {
            return None;
        }
        self.slots.remove(&id)?.file
    }

    /// The place of a file.
    pub(super) fn place(&self, id: FileId) -> Option<&Option<Box<dyn WasiFile>>> {
        self.slots.get(&id).map(|slot| &slot.file)
    }

    pub(super) fn place_mut(&mut self, id: FileId) -> Option<&mut Option<Box<dyn WasiFile>>> {
        self.slots.get_mut(&id).map(|slot| &mut slot.file)
    }

    /// Puts a file, or an empty place, under a number.
    pub(super) fn put(&mut self, id: FileId, file: Option<Box<dyn WasiFile>>) {
        self.slots.insert(id, Slot::new(file));
    }

    /// The number of the next file.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn set_next(&mut self, next: u64) {
        self.next = next.max(STREAMS);
    }

    /// Whether there is a place with this number.
    pub(super) fn has(&self, id: FileId) -> bool {
        self.slots.contains_key(&id)
    }

    /// All files in order; `None` if one of them is in use.
    pub(super) fn all(&self) -> Option<impl Iterator<Item = (FileId, Option<&dyn WasiFile>)>> {
        let all_here = self.slots.values().all(|slot| slot.user.is_none());
        let all = self.slots.iter();
        all_here.then(|| all.map(|(id, slot)| (*id, slot.file.as_deref())))
    }

    /// Which of the process's own streams this is, if it is one.
    pub(super) fn host_stream(&self, id: FileId) -> Option<HostStream> {
        HostStream::of(self.place(id)?.as_deref()?)
    }

    /// Whether there is a file, here or in use.
    pub(super) fn is_there(&self, id: FileId) -> bool {
        let slot = self.slots.get(&id);
        slot.is_some_and(|slot| slot.file.is_some() || slot.user.is_some())
    }

    /// Whether another thread uses a file at the moment.
    fn in_use_elsewhere(&self) -> bool {
        let me = std::thread::current().id();
        let mut users = self.slots.values().filter_map(|slot| slot.user);
        users.any(|user| user != me)
    }
}

/// Waits a moment, without the lock, for a file to come back.
fn wait<'a>(guard: MutexGuard<'a, WasiState>, returned: &Condvar) -> MutexGuard<'a, WasiState> {
    returned
        .wait_timeout(guard, LOOK_AGAIN)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}

/// Locks the state when no other thread uses a file of the host program, so that all of them are in their places.
pub(crate) fn lock_complete(state: &Mutex<WasiState>) -> MutexGuard<'_, WasiState> {
    let mut guard = Ctx::new(state).lock();
    while guard.fs.supplied.in_use_elsewhere() {
        let returned = guard.fs.supplied.returned.clone();
        guard = wait(guard, &returned);
    }
    guard
}

/// A file in use; it goes back when this is dropped.
struct Lent<'a> {
    ctx: Ctx<'a>,
    id: FileId,
    file: Option<Box<dyn WasiFile>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut file = self.file.take();
        let mut state = self.ctx.lock();
        let supplied = &mut state.fs.supplied;
        if let Some(slot) = supplied.slots.get_mut(&self.id)
            && slot.user == Some(std::thread::current().id())
        {
            slot.user = None;
            // The host program may have put another file there meanwhile, which then stays.
            if slot.file.is_none() {
                slot.file = file.take();
            }
        }
        supplied.returned.notify_all();
        drop(state);
        // What has no place any more is dropped without the lock: that is foreign code, too.
        drop(file);
    }
}

impl Ctx<'_> {
    /// Uses a file of the host program.
    pub(super) fn with_file<R>(
        self,
        id: FileId,
        run: impl FnOnce(&mut dyn WasiFile) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let mut state = self.lock();
        let me = std::thread::current().id();
        loop {
            let slot = state.fs.supplied.slots.get_mut(&id).ok_or(Errno::BADF)?;
            match slot.user {
                None => break,
                Some(user) if user == me => return Err(Errno::DEADLK),
                Some(_) => {}
            }
            let returned = state.fs.supplied.returned.clone();
            state = wait(state, &returned);
            check()?;
        }
        let slot = state.fs.supplied.slots.get_mut(&id).ok_or(Errno::BADF)?;
        let file = slot.file.as_deref_mut().ok_or(Errno::BADF)?;
        if file.upcast_any_ref().is::<Pipe>() || HostStream::of(file).is_some() {
            return run(file);
        }
        slot.user = Some(me);
        let mut lent = Lent {
            ctx: self,
            id,
            file: slot.file.take(),
        };
        drop(state);
        run(lent.file.as_deref_mut().ok_or(Errno::BADF)?)
    }

    /// The status of a file of the host program.
    pub(super) fn file_stat(self, id: FileId) -> Result<__wasi_filestat_t, Errno> {
        self.with_file(id, |file| Ok(stat(file)))
    }
}

/// What a file of the host program says of itself.
pub(super) fn stat(file: &dyn WasiFile) -> __wasi_filestat_t {
    __wasi_filestat_t {
        st_filetype: HostStream::of(file).map_or(__WASI_FILETYPE_UNKNOWN, HostStream::filetype),
        st_nlink: 1,
        st_size: file.size(),
        st_atim: file.last_accessed(),
        st_mtim: file.last_modified(),
        st_ctim: file.created_time(),
        ..Default::default()
    }
}

/// Sets the times of a file of the host program, as far as it keeps any.
pub(super) fn set_times(file: &dyn WasiFile, access: NewTime, modification: NewTime) {
    if let Some(time) = access.nanoseconds() {
        file.set_last_accessed(time);
    }
    if let Some(time) = modification.nanoseconds() {
        file.set_last_modified(time);
    }
}

/// A descriptor's view of a file of the host program.
#[derive(Debug, Clone)]
pub(crate) struct FileRef {
    pub(super) id: FileId,
    /// Where this descriptor is in the file. A stream has no such thing: it goes on where it is, whoever reads.
    position: Option<Arc<AtomicU64>>,
}

impl FileRef {
    /// A file that goes on where it is.
    pub(super) fn stream(id: FileId) -> Self {
        Self { id, position: None }
    }

    /// A file of which every descriptor has a position of its own.
    pub(super) fn at(id: FileId, position: u64) -> Self {
        Self {
            id,
            position: Some(Arc::new(AtomicU64::new(position))),
        }
    }

    /// Where it is, if it has a position.
    pub(super) fn position(&self) -> Option<u64> {
        Some(self.position.as_ref()?.load(Ordering::Relaxed))
    }

    /// Does something where this descriptor is, and moves it by what was done.
    fn here(
        &self,
        file: &mut dyn WasiFile,
        append: bool,
        run: impl FnOnce(&mut dyn WasiFile) -> io::Result<usize>,
    ) -> Result<usize, Errno> {
        let Some(position) = &self.position else {
            return Ok(run(file)?);
        };
        let at = if append {
            file.size()
        } else {
            position.load(Ordering::Relaxed)
        };
        match file.seek(SeekFrom::Start(at)) {
            Err(error) if !is_unseekable(&error) => return Err(error.into()),
            // What cannot seek goes on where it is.
            _ => {}
        }
        let count = run(file)?;
        let end = at.saturating_add(count as u64);
        position.store(end, Ordering::Relaxed);
        Ok(count)
    }

    pub(super) fn read(&self, ctx: Ctx<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
        let len = buf.len();
        // What a file says is not believed blindly.
        ctx.with_file(self.id, |file| {
            self.here(file, false, |file| Ok(file.read(buf)?.min(len)))
        })
    }

    pub(super) fn write(&self, ctx: Ctx<'_>, buf: &[u8], append: bool) -> Result<usize, Errno> {
        ctx.with_file(self.id, |file| {
            self.here(file, append, |file| Ok(file.write(buf)?.min(buf.len())))
        })
    }

    pub(super) fn read_at(
        &self,
        ctx: Ctx<'_>,
        buf: &mut [u8],
        offset: u64,
    ) -> Result<usize, Errno> {
        let len = buf.len();
        ctx.with_file(self.id, |file| {
            elsewhere(file, offset, |file| Ok(file.read(buf)?.min(len)))
        })
    }

    pub(super) fn write_at(&self, ctx: Ctx<'_>, buf: &[u8], offset: u64) -> Result<usize, Errno> {
        ctx.with_file(self.id, |file| {
            elsewhere(file, offset, |file| Ok(file.write(buf)?.min(buf.len())))
        })
    }

    pub(super) fn seek(&self, ctx: Ctx<'_>, to: SeekFrom) -> Result<u64, Errno> {
        ctx.with_file(self.id, |file| {
            let Some(position) = &self.position else {
                return file.seek(to).map_err(seek_error);
            };
            let (from, delta) = match to {
                SeekFrom::Start(at) => (at, 0),
                SeekFrom::Current(delta) => (position.load(Ordering::Relaxed), delta),
                SeekFrom::End(delta) => (file.size(), delta),
            };
            let at = from.checked_add_signed(delta).ok_or(Errno::INVAL)?;
            file.seek(SeekFrom::Start(at)).map_err(seek_error)?;
            position.store(at, Ordering::Relaxed);
            Ok(at)
        })
    }
}

/// Does something at another place of a file, and goes back.
fn elsewhere(
    file: &mut dyn WasiFile,
    offset: u64,
    run: impl FnOnce(&mut dyn WasiFile) -> io::Result<usize>,
) -> Result<usize, Errno> {
    let before = file.stream_position().map_err(seek_error)?;
    file.seek(SeekFrom::Start(offset)).map_err(seek_error)?;
    let done = run(file);
    file.seek(SeekFrom::Start(before)).map_err(seek_error)?;
    Ok(done?)
}

fn is_unseekable(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::Other | K::Unsupported | K::NotSeekable)
}

fn seek_error(error: io::Error) -> Errno {
    if is_unseekable(&error) {
        Errno::SPIPE
    } else {
        error.into()
    }
}
