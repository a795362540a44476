//! Everything that asks the operating system for more than `std` and `cap-std` offer: clocks, random bytes, polling, descriptor
//! flags and directory positions. The rest of the crate asks `std` (with its Unix extensions) and `cap-std` only.
//!
//! Values go in and come out as the crate's own types; host errors leave as [`io::Error`] or [`Errno`].

#[allow(unsafe_code, reason = "the system writes to guest memory")]
pub(crate) mod straight;

use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Advice, Dir, OFlags as HostOFlags};
use rustix::time::ClockId;

use crate::ctx::{Clock, FdFlags};
use crate::files::HostStream;
use crate::types::*;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

fn host_clock(clock: Clock) -> ClockId {
    match clock {
        Clock::Realtime => ClockId::Realtime,
        Clock::Monotonic => ClockId::Monotonic,
        Clock::ProcessCpu => ClockId::ProcessCPUTime,
        Clock::ThreadCpu => ClockId::ThreadCPUTime,
    }
}

/// A time in nanoseconds, from 0 to what fits.
pub(crate) fn nanoseconds(seconds: i64, nanos: i64) -> u64 {
    let nanos = i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos);
    u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
}

/// The time on a clock.
pub(crate) fn clock_time(clock: Clock) -> u64 {
    let time = rustix::time::clock_gettime(host_clock(clock));
    nanoseconds(time.tv_sec, time.tv_nsec)
}

/// The smallest step of a clock.
pub(crate) fn clock_resolution(clock: Clock) -> u64 {
    let step = rustix::time::clock_getres(host_clock(clock));
    nanoseconds(step.tv_sec, step.tv_nsec).max(1)
}

/// Fills the buffer with unpredictable bytes.
pub(crate) fn random(buf: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buf.len() {
        let flags = rustix::rand::GetRandomFlags::empty();
        filled += rustix::io::retry_on_intr(|| rustix::rand::getrandom(&mut buf[filled..], flags))?;
    }
    Ok(())
}

/// The descriptor of a stream.
pub(crate) fn stream_fd(stream: HostStream) -> BorrowedFd<'static> {
    match stream {
        HostStream::Stdin => rustix::stdio::stdin(),
        HostStream::Stdout => rustix::stdio::stdout(),
        HostStream::Stderr => rustix::stdio::stderr(),
    }
}

/// The descriptor number of a stream.
pub(crate) fn stream_raw_fd(stream: HostStream) -> i32 {
    stream_fd(stream).as_raw_fd()
}

/// Whether reading or writing a stream may take long, as far as was known at the first use: it is neither a regular file nor one
/// of those that are made of nothing but the kernel's memory, `/dev/null` and the like.
pub(crate) fn stream_waits(stream: HostStream) -> bool {
    const MEMORY_DEVICES: u32 = 1;
    static WAITS: [OnceLock<bool>; 3] = [const { OnceLock::new() }; 3];
    *WAITS[stream as usize].get_or_init(|| {
        let Ok(stat) = rustix::fs::fstat(stream_fd(stream)) else {
            return true;
        };
        match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
            rustix::fs::FileType::RegularFile => false,
            rustix::fs::FileType::CharacterDevice => {
                rustix::fs::major(stat.st_rdev) != MEMORY_DEVICES
            }
            _ => true,
        }
    })
}

/// Whether a stream is a terminal.
pub(crate) fn stream_is_terminal(stream: HostStream) -> bool {
    io::IsTerminal::is_terminal(&stream_fd(stream))
}

/// How many bytes a stream has ready to be read.
pub(crate) fn stream_bytes_available(stream: HostStream) -> io::Result<usize> {
    Ok(usize::try_from(rustix::io::ioctl_fionread(stream_fd(stream))?).unwrap_or(usize::MAX))
}

/// Reads from one of the process's streams, past any buffer.
pub(crate) fn read_stream(stream: HostStream, buf: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| {
        rustix::io::read(stream_fd(stream), &mut *buf)
    })?)
}

/// Writes to one of the process's streams, past any buffer.
pub(crate) fn write_stream(stream: HostStream, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| {
        rustix::io::write(stream_fd(stream), buf)
    })?)
}

/// The host's flags for opening or keeping a file with these descriptor flags.
pub(crate) fn host_flags(flags: FdFlags) -> HostOFlags {
    let pairs = [
        (FdFlags::APPEND, HostOFlags::APPEND),
        (FdFlags::NONBLOCK, HostOFlags::NONBLOCK),
        (FdFlags::DSYNC, HostOFlags::DSYNC),
        (FdFlags::RSYNC, HostOFlags::RSYNC),
        (FdFlags::SYNC, HostOFlags::SYNC),
    ];
    pairs
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .fold(HostOFlags::empty(), |all, (_, host)| all | host)
}

/// The same, with "must be a directory", as the number that open options take.
pub(crate) fn open_flags(flags: FdFlags, directory: bool) -> i32 {
    let mut host = host_flags(flags);
    host.set(HostOFlags::DIRECTORY, directory);
    // All of these are small positive numbers.
    host.bits().cast_signed()
}

/// Changes the flags that can change on an open file.
pub(crate) fn set_flags(file: impl AsFd, flags: FdFlags) -> io::Result<()> {
    let changeable = HostOFlags::APPEND | HostOFlags::NONBLOCK;
    let old = rustix::fs::fcntl_getfl(&file)?;
    let new = (old - changeable) | (host_flags(flags) & changeable);
    Ok(rustix::fs::fcntl_setfl(&file, new)?)
}

/// Tells the system how a range will be used; 0 as a length means "to the end".
pub(crate) fn advise(
    file: &File,
    offset: u64,
    len: u64,
    advice: __wasi_advice_t,
) -> Result<(), Errno> {
    let advice = match advice {
        __WASI_ADVICE_NORMAL => Advice::Normal,
        __WASI_ADVICE_SEQUENTIAL => Advice::Sequential,
        __WASI_ADVICE_RANDOM => Advice::Random,
        __WASI_ADVICE_WILLNEED => Advice::WillNeed,
        __WASI_ADVICE_DONTNEED => Advice::DontNeed,
        __WASI_ADVICE_NOREUSE => Advice::NoReuse,
        _ => return Err(Errno::INVAL),
    };
    Ok(rustix::fs::fadvise(
        file,
        offset,
        NonZeroU64::new(len),
        advice,
    )?)
}

/// Makes sure that a range of a file has its space on the disk, and that the file reaches its end.
pub(crate) fn allocate(file: &File, offset: u64, len: u64) -> Result<(), Errno> {
    Ok(rustix::fs::fallocate(
        file,
        rustix::fs::FallocateFlags::empty(),
        offset,
        len,
    )?)
}

/// A time to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewTime {
    Keep,
    Now,
    At(Duration),
}

impl NewTime {
    /// The time in nanoseconds since 1970, if there is one to set.
    pub(crate) fn nanoseconds(self) -> Option<u64> {
        match self {
            Self::Keep => None,
            Self::Now => Some(clock_time(Clock::Realtime)),
            Self::At(since) => Some(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
        }
    }
}

fn host_time(time: NewTime) -> Timespec {
    let special = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    match time {
        NewTime::Keep => special(rustix::fs::UTIME_OMIT),
        NewTime::Now => special(rustix::fs::UTIME_NOW),
        NewTime::At(since) => Timespec {
            tv_sec: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(since.subsec_nanos()),
        },
    }
}

/// Sets the times of an open file or directory.
pub(crate) fn set_times(file: impl AsFd, access: NewTime, modification: NewTime) -> io::Result<()> {
    let times = rustix::fs::Timestamps {
        last_access: host_time(access),
        last_modification: host_time(modification),
    };
    Ok(rustix::fs::futimens(file, &times)?)
}

/// Brings an open file or directory to the disk; `data_only` leaves out what is not needed to read it back.
pub(crate) fn sync(file: impl AsFd, data_only: bool) -> io::Result<()> {
    let done = if data_only {
        rustix::fs::fdatasync(file)
    } else {
        rustix::fs::fsync(file)
    };
    Ok(done?)
}

/// An entry of a host directory; `next` is the position after it.
pub(crate) struct HostDirEntry {
    pub(crate) next: u64,
    pub(crate) ino: u64,
    /// Some file systems do not say.
    pub(crate) filetype: Option<__wasi_filetype_t>,
    pub(crate) name: Vec<u8>,
}

/// A reader of a host directory with an open position of its own.
pub(crate) struct HostDirReader(Dir);

impl HostDirReader {
    /// Starts at a position that an earlier entry gave, or at 0.
    pub(crate) fn new(dir: impl AsFd, position: u64) -> Result<Self, Errno> {
        let mut reader = Dir::read_from(dir)?;
        if position != 0 {
            reader.seek(position.cast_signed())?;
        }
        Ok(Self(reader))
    }

    pub(crate) fn next(&mut self) -> Option<Result<HostDirEntry, Errno>> {
        let entry = match self.0.read()? {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error.into())),
        };
        let known = entry.file_type() != rustix::fs::FileType::Unknown;
        Some(Ok(HostDirEntry {
            next: entry.offset().cast_unsigned(),
            ino: entry.ino(),
            filetype: known.then(|| filetype(entry.file_type())),
            name: entry.file_name().to_bytes().to_vec(),
        }))
    }
}

/// The WASI name of a host file kind.
fn filetype(kind: rustix::fs::FileType) -> __wasi_filetype_t {
    use rustix::fs::FileType as F;
    match kind {
        F::RegularFile => __WASI_FILETYPE_REGULAR_FILE,
        F::Directory => __WASI_FILETYPE_DIRECTORY,
        F::Symlink => __WASI_FILETYPE_SYMBOLIC_LINK,
        F::CharacterDevice => __WASI_FILETYPE_CHARACTER_DEVICE,
        F::BlockDevice => __WASI_FILETYPE_BLOCK_DEVICE,
        F::Socket => __WASI_FILETYPE_SOCKET_STREAM,
        F::Fifo | F::Unknown => __WASI_FILETYPE_UNKNOWN,
    }
}

/// The WASI name of the file kind in a mode.
pub(crate) fn filetype_of_mode(mode: u32) -> __wasi_filetype_t {
    filetype(rustix::fs::FileType::from_raw_mode(mode))
}

/// Where an open file or directory is now; what has no name any more is somewhere where nothing is.
pub(crate) fn path_of(file: impl AsFd) -> Option<PathBuf> {
    let number = file.as_fd().as_raw_fd();
    std::fs::read_link(format!("/proc/self/fd/{number}")).ok()
}

/// The status of an open file or directory.
pub(crate) fn stat(file: impl AsFd) -> Result<__wasi_filestat_t, Errno> {
    Ok(filestat(&rustix::fs::fstat(file)?))
}

/// The status of one name directly in an open directory; a symbolic link is not followed.
pub(crate) fn stat_entry(dir: impl AsFd, name: &[u8]) -> Result<__wasi_filestat_t, Errno> {
    debug_assert!(!name.contains(&b'/'));
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    Ok(filestat(&rustix::fs::statat(dir, name, flags)?))
}

#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the fields of the host's structure have other widths on other hosts"
)]
fn filestat(stat: &rustix::fs::Stat) -> __wasi_filestat_t {
    __wasi_filestat_t {
        st_dev: stat.st_dev as u64,
        st_ino: stat.st_ino as u64,
        st_filetype: filetype_of_mode(stat.st_mode),
        st_nlink: stat.st_nlink as u64,
        st_size: u64::try_from(stat.st_size).unwrap_or(0),
        st_atim: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as i64),
        st_mtim: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        st_ctim: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    }
}

/// What is waited for on a host descriptor, and what came of it.
pub(crate) struct Waiter<'a> {
    fd: BorrowedFd<'a>,
    wanted: PollFlags,
    pub(crate) ready: bool,
    pub(crate) hangup: bool,
    pub(crate) invalid: bool,
}

impl<'a> Waiter<'a> {
    pub(crate) fn file(file: BorrowedFd<'a>, write: bool) -> Self {
        Self {
            fd: file,
            wanted: if write { PollFlags::OUT } else { PollFlags::IN },
            ready: false,
            hangup: false,
            invalid: false,
        }
    }

    pub(crate) fn stream(stream: HostStream, write: bool) -> Self {
        Self::file(stream_fd(stream), write)
    }

    /// The end of what the other side sends is told as well.
    pub(crate) fn socket(socket: BorrowedFd<'a>, write: bool) -> Self {
        let mut waiter = Self::file(socket, write);
        waiter.wanted.set(PollFlags::RDHUP, !write);
        waiter
    }

    /// How many bytes can be read now, as far as the system knows.
    pub(crate) fn bytes_available(&self) -> u64 {
        if self.wanted.contains(PollFlags::OUT) {
            0
        } else {
            rustix::io::ioctl_fionread(self.fd).unwrap_or(0)
        }
    }
}

/// Waits until one of the descriptors is ready or the time is over; `None` waits for ever. A signal ends the wait early, with
/// nothing ready.
pub(crate) fn wait(waiters: &mut [Waiter<'_>], timeout: Option<Duration>) -> Result<(), Errno> {
    let timeout = timeout.map(|duration| host_time(NewTime::At(duration)));
    let mut fds: Vec<PollFd<'_>> = waiters
        .iter()
        .map(|waiter| PollFd::from_borrowed_fd(waiter.fd, waiter.wanted))
        .collect();
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Err(rustix::io::Errno::INTR) => {
            waiters.iter_mut().for_each(|waiter| waiter.ready = false);
            return Ok(());
        }
        result => result?,
    };
    for (waiter, fd) in waiters.iter_mut().zip(&fds) {
        let found = fd.revents();
        waiter.ready = !found.is_empty();
        waiter.hangup = found.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::RDHUP);
        waiter.invalid = found.contains(PollFlags::NVAL);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_are_0() {
        assert_eq!(nanoseconds(-5, 1), 0);
        assert_eq!(nanoseconds(2, 1), 2_000_000_001);
        assert_eq!(nanoseconds(i64::MAX, 1), u64::MAX);
    }

    #[test]
    fn random_bytes_differ() {
        let (mut first, mut second) = ([0; 1000], [0; 1000]);
        random(&mut first).unwrap();
        random(&mut second).unwrap();
        assert_ne!(first, second);
        random(&mut []).unwrap();
    }

    #[test]
    fn waiting_ends_in_time() {
        let before = clock_time(Clock::Monotonic);
        wait(&mut [], Some(Duration::from_millis(5))).unwrap();
        assert!(clock_time(Clock::Monotonic) - before >= 4_000_000);
    }
}
