//! Wall and processor time of a piece of work.

use std::time::Instant;

/// What some work took.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed {
    /// Wall time in nanoseconds.
    pub wall_ns: u64,
    /// Processor time of all threads in nanoseconds.
    pub cpu_ns: u64,
}

/// Runs `work` and says what it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Elapsed) {
    let cpu = processor_ns();
    let wall = Instant::now();
    let result = work();
    let wall_ns = nanoseconds(wall.elapsed());
    let cpu_ns = processor_ns().saturating_sub(cpu);
    (result, Elapsed { wall_ns, cpu_ns })
}

/// Runs `work`, which waits for the processes that it starts, and says what it took; the processor time is theirs.
pub fn timed_with_children<T>(work: impl FnOnce() -> T) -> (T, Elapsed) {
    let cpu = children_processor_ns();
    let wall = Instant::now();
    let result = work();
    let wall_ns = nanoseconds(wall.elapsed());
    let cpu_ns = children_processor_ns().saturating_sub(cpu);
    (result, Elapsed { wall_ns, cpu_ns })
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn processor_ns() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a live, writable timespec; the call writes nothing else.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "this system has no processor clock");
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + rest
}

/// Processor time of all processes that this one has started and waited for.
fn children_processor_ns() -> u64 {
    let mut usage = std::mem::MaybeUninit::uninit();
    // SAFETY: the pointer is to writable memory for a rusage; the call writes nothing else.
    let failed = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    assert_eq!(failed, 0, "this system counts no processor time");
    // SAFETY: the call has filled it in.
    let usage = unsafe { usage.assume_init() };
    let nanoseconds = |time: libc::timeval| {
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        seconds * 1_000_000_000 + u64::try_from(time.tv_usec).unwrap_or(0) * 1000
    };
    nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)
}
