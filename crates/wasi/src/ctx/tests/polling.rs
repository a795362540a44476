//! Waiting: clocks in both countings, files, and mistakes, which are events too.

use std::time::{Duration, Instant};

use super::*;
use crate::files::Pipe;

pub(super) fn clock(
    userdata: u64,
    clock_id: __wasi_clockid_t,
    timeout: u64,
    flags: u16,
) -> __wasi_subscription_t {
    __wasi_subscription_t {
        userdata,
        type_: __WASI_EVENTTYPE_CLOCK,
        u: WasiSubscription::Clock(__wasi_subscription_clock_t {
            clock_id,
            timeout,
            precision: 0,
            flags,
        }),
    }
}

pub(super) fn file(userdata: u64, fd: __wasi_fd_t, write: bool) -> __wasi_subscription_t {
    let file = __wasi_subscription_fs_readwrite_t { fd };
    let (type_, u) = if write {
        (__WASI_EVENTTYPE_FD_WRITE, WasiSubscription::FdWrite(file))
    } else {
        (__WASI_EVENTTYPE_FD_READ, WasiSubscription::FdRead(file))
    };
    __wasi_subscription_t { userdata, type_, u }
}

pub(super) fn found(events: &[__wasi_event_t]) -> Vec<(u64, __wasi_errno_t)> {
    events
        .iter()
        .map(|event| (event.userdata, event.error))
        .collect()
}

#[test]
fn clocks_go_on() {
    let world = World::new();
    let ctx = world.ctx();
    for clock in [
        Clock::Realtime,
        Clock::Monotonic,
        Clock::ProcessCpu,
        Clock::ThreadCpu,
    ] {
        let first = ctx.clock_time_get(clock);
        assert!(ctx.clock_time_get(clock) >= first);
        assert!((1..=1_000_000_000).contains(&ctx.clock_res_get(clock)));
    }
    assert!(ctx.clock_time_get(Clock::Realtime) > 1_600_000_000_000_000_000);
    assert_eq!(Clock::from_raw(4), Err(Errno::INVAL));
}

#[test]
fn the_first_timer_ends_the_wait() {
    let world = World::new();
    let start = Instant::now();
    let far = 3_600_000_000_000;
    let events = world.ctx().poll_oneoff(&[
        clock(1, __WASI_CLOCK_MONOTONIC, far, 0),
        clock(2, __WASI_CLOCK_MONOTONIC, 20_000_000, 0),
        clock(3, __WASI_CLOCK_REALTIME, far, 0),
    ]);
    assert_eq!(found(&events.unwrap()), [(2, 0)]);
    assert!(start.elapsed() >= Duration::from_millis(20));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn absolute_times_are_on_their_own_clock() {
    let world = World::new();
    let ctx = world.ctx();
    let absolute = __WASI_SUBSCRIPTION_CLOCK_ABSTIME;
    for (id, which) in [
        (__WASI_CLOCK_REALTIME, Clock::Realtime),
        (__WASI_CLOCK_MONOTONIC, Clock::Monotonic),
    ] {
        let due = ctx.clock_time_get(which) + 15_000_000;
        let events = ctx.poll_oneoff(&[
            clock(7, id, due, absolute),
            clock(8, id, u64::MAX, absolute),
        ]);
        assert_eq!(found(&events.unwrap()), [(7, 0)]);
        assert!(ctx.clock_time_get(which) >= due);
        // What is past is due at once, and the end of time is no overflow.
        let events = ctx.poll_oneoff(&[clock(9, id, 1, absolute), clock(8, id, u64::MAX, 0)]);
        assert_eq!(found(&events.unwrap()), [(9, 0)]);
    }
}

#[test]
fn files_and_pipes_are_ready_with_what_they_have() {
    let world = World::with(|builder, inside| {
        let mut input = Pipe::new();
        std::io::Write::write_all(&mut input, b"abc").unwrap();
        builder
            .stdin(Box::new(input))
            .map_dir("dir", inside)
            .unwrap();
    });
    let fd = world.create("file", "0123456789");
    world
        .ctx()
        .fd_seek(fd, std::io::SeekFrom::Start(4))
        .unwrap();
    let far = clock(1, __WASI_CLOCK_MONOTONIC, u64::MAX, 0);
    let events = world.ctx().poll_oneoff(&[
        far,
        file(2, fd, false),
        file(3, 0, false),
        file(4, fd, true),
    ]);
    let events = events.unwrap();
    assert_eq!(found(&events), [(2, 0), (3, 0), (4, 0)]);
    let nbytes = |event: &__wasi_event_t| match event.u {
        EventEnum::FdRead(details) => details.nbytes,
        _ => u64::MAX,
    };
    assert_eq!(
        events.iter().map(nbytes).collect::<Vec<_>>(),
        [6, 3, u64::MAX]
    );
}

#[test]
fn mistakes_are_events() {
    let world = World::new();
    let fd = world.create("file", "");
    let blind = world
        .open("file", OFlags::empty(), Rights::POLL_FD_READWRITE)
        .unwrap();
    let events = world.ctx().poll_oneoff(&[
        clock(1, 9, 0, 0),
        clock(2, __WASI_CLOCK_MONOTONIC, 0, 2),
        clock(3, __WASI_CLOCK_THREAD_CPUTIME_ID, 0, 0),
        clock(4, __WASI_CLOCK_PROCESS_CPUTIME_ID, 0, 0),
        file(5, 99, false),
        file(6, DIR, false),
        file(7, 0, true),
        file(8, blind, false),
        clock(9, __WASI_CLOCK_MONOTONIC, u64::MAX, 0),
        file(10, fd, false),
    ]);
    let expected = [
        (1, __WASI_EINVAL),
        (2, __WASI_EINVAL),
        (3, __WASI_ENOTSUP),
        (4, __WASI_ENOTSUP),
        (5, __WASI_EBADF),
        (6, __WASI_EBADF),
        (7, __WASI_EBADF),
        (8, __WASI_EBADF),
        (10, 0),
    ];
    assert_eq!(found(&events.unwrap()), expected);
    assert_eq!(world.ctx().poll_oneoff(&[]), Err(Errno::INVAL));
}

/// A guest with a named pipe, `fifo`.
fn with_a_named_pipe() -> World {
    let world = World::new();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        world.host("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    world
}

#[test]
fn a_write_that_waits_is_written_whole() {
    let world = with_a_named_pipe();
    let text = "0123456789".repeat(50_000);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut from = std::fs::File::open(world.host("fifo")).unwrap();
            let mut text = String::new();
            let mut part = [0; 5000];
            loop {
                // Never as much as is there: what is written finds little room.
                let count = std::io::Read::read(&mut from, &mut part).unwrap();
                if count == 0 {
                    return text;
                }
                text += std::str::from_utf8(&part[..count]).unwrap();
            }
        });
        let fd = world
            .open("fifo", OFlags::empty(), Rights::FD_WRITE)
            .unwrap();
        assert_eq!(world.write(fd, &text), Ok(text.len()));
        world.ctx().fd_close(fd).unwrap();
        assert!(reader.join().unwrap() == text, "in order");
    });
}

#[test]
fn the_ends_of_a_named_pipe_wait_for_each_other() {
    let world = with_a_named_pipe();
    let open = |rights| world.open("fifo", OFlags::empty(), rights);
    // Who does not want to wait is told so, if there is no reader.
    let mut at_once = how(OFlags::empty(), Rights::FD_WRITE);
    at_once.flags = FdFlags::NONBLOCK;
    let refused = world.ctx().path_open(DIR, "fifo", &at_once);
    assert_eq!(refused, Err(Errno::NXIO));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            let to = std::fs::File::options().read(true).open(world.host("fifo"));
            let mut text = String::new();
            std::io::Read::read_to_string(&mut to.unwrap(), &mut text).unwrap();
            assert_eq!(text, "there");
        });
        let fd = open(Rights::FD_WRITE).unwrap();
        world.write(fd, "there").unwrap();
        world.ctx().fd_close(fd).unwrap();
    });
    let fd = open(Rights::FD_READ).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            std::fs::write(world.host("fifo"), "and back").unwrap();
        });
        assert_eq!(world.read(fd, 20).unwrap(), b"and back");
        assert_eq!(world.read(fd, 20).unwrap(), b"");
    });
}

#[test]
fn a_named_pipe_is_waited_for() {
    let world = with_a_named_pipe();
    let fd = world
        .open("fifo", OFlags::empty(), Rights::OF_FILES)
        .unwrap();
    let soon = clock(1, __WASI_CLOCK_MONOTONIC, 10_000_000, 0);
    let events = world
        .ctx()
        .poll_oneoff(&[soon, file(2, fd, false)])
        .unwrap();
    assert_eq!(found(&events), [(1, 0)]);
    let events = world.ctx().poll_oneoff(&[soon, file(3, fd, true)]).unwrap();
    assert_eq!(found(&events), [(3, 0)]);
    // What another thread writes ends the wait; the lock is free meanwhile.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            world.write(fd, "hello").unwrap();
        });
        let events = world.ctx().poll_oneoff(&[file(4, fd, false)]).unwrap();
        assert_eq!(found(&events), [(4, 0)]);
        let EventEnum::FdRead(details) = events[0].u else {
            panic!("{events:?}")
        };
        assert_eq!(details.nbytes, 5);
    });
    assert_eq!(
        world.ctx().fd_seek(fd, std::io::SeekFrom::Start(0)),
        Err(Errno::SPIPE)
    );
}

/// A stream of the host program that has nothing the first few times it is asked.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Late(std::sync::atomic::AtomicU32);

impl Late {
    fn is_late(&self) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        let less = |left: u32| left.checked_sub(1);
        self.0.fetch_update(Relaxed, Relaxed, less).is_ok()
    }
}

impl std::io::Read for Late {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.is_late() {
            return Err(std::io::ErrorKind::WouldBlock.into());
        }
        buf[0] = b'x';
        Ok(1)
    }
}

impl std::io::Write for Late {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        Ok(buf.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Seek for Late {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[typetag::serde]
impl crate::files::WasiFile for Late {
    fn last_accessed(&self) -> u64 {
        0
    }
    fn last_modified(&self) -> u64 {
        0
    }
    fn created_time(&self) -> u64 {
        0
    }
    fn size(&self) -> u64 {
        0
    }
    fn set_len(&mut self, _: u64) -> Result<(), crate::files::WasiFsError> {
        Ok(())
    }
    fn unlink(&mut self) -> Result<(), crate::files::WasiFsError> {
        Ok(())
    }
    fn bytes_available(&self) -> Result<usize, crate::files::WasiFsError> {
        match self.is_late() {
            true => Err(crate::files::WasiFsError::WouldBlock),
            false => Ok(1),
        }
    }
}

#[test]
fn streams_of_the_host_program_are_waited_for() {
    let with = |late: u32| {
        World::with(|builder, _| {
            builder.stdin(Box::new(Late(late.into())));
        })
    };
    let far = clock(1, __WASI_CLOCK_MONOTONIC, u64::MAX, 0);
    let events = with(4).ctx().poll_oneoff(&[far, file(2, 0, false)]);
    assert_eq!(found(&events.unwrap()), [(2, 0)]);
    let soon = clock(1, __WASI_CLOCK_MONOTONIC, 10_000_000, 0);
    let events = with(u32::MAX).ctx().poll_oneoff(&[soon, file(2, 0, false)]);
    assert_eq!(found(&events.unwrap()), [(1, 0)]);
    assert_eq!(with(4).read(0, 1).unwrap(), b"x");
    let world = with(4);
    let flags = FdFlags::NONBLOCK;
    world.ctx().fd_fdstat_set_flags(0, flags).unwrap();
    assert_eq!(world.read(0, 1), Err(Errno::AGAIN));
}
