//! Sockets that the host program hands in, and waiting for them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::Duration;

use super::*;

/// The first descriptor behind the preopened directory.
const SOCKET: __wasi_fd_t = 5;

fn with(socket: impl Into<OwnedFd>) -> World {
    World::with(|builder, inside| {
        builder.map_dir("dir", inside).unwrap();
        builder.preopen_socket(socket).unwrap();
    })
}

fn pair() -> (World, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (with(ours), theirs)
}

fn receive(world: &World, len: usize, flags: RiFlags) -> Result<(Vec<u8>, bool), Errno> {
    let (socket, nonblocking) = world.ctx().socket(SOCKET, Rights::FD_READ)?;
    let mut buf = vec![0; len];
    let (count, cut) = socket.receive(&mut buf, flags, nonblocking)?;
    buf.truncate(count);
    Ok((buf, cut))
}

fn set_nonblocking(world: &World) {
    let flags = FdFlags::NONBLOCK;
    world.ctx().fd_fdstat_set_flags(SOCKET, flags).unwrap();
}

#[test]
fn bytes_go_both_ways() {
    let (world, mut other) = pair();
    other.write_all(b"hello, world").unwrap();
    let none = RiFlags::empty();
    assert_eq!(receive(&world, 5, RiFlags::PEEK).unwrap().0, b"hello");
    assert_eq!(
        receive(&world, 5, none).unwrap(),
        (b"hello".to_vec(), false)
    );
    assert_eq!(world.read(SOCKET, 100).unwrap(), b", world");
    assert_eq!(world.write(SOCKET, "back").unwrap(), 4);
    let mut text = [0; 4];
    other.read_exact(&mut text).unwrap();
    assert_eq!(&text, b"back");
    drop(other);
    assert_eq!(world.read(SOCKET, 100).unwrap(), b"");
    // No signal kills anybody.
    assert_eq!(world.write(SOCKET, "x"), Err(Errno::PIPE));
}

#[test]
fn a_guest_waits_unless_it_does_not_want_to() {
    let (world, mut other) = pair();
    set_nonblocking(&world);
    let stat = world.ctx().fd_fdstat_get(SOCKET).unwrap();
    assert_eq!(stat.fs_flags, __WASI_FDFLAG_NONBLOCK);
    assert_eq!(world.read(SOCKET, 1), Err(Errno::AGAIN));
    assert_eq!(receive(&world, 1, RiFlags::WAITALL), Err(Errno::AGAIN));
    let much = "x".repeat(1 << 20);
    let mut sent = 0;
    let error = loop {
        match world.write(SOCKET, &much) {
            Ok(count) => sent += count,
            Err(error) => break error,
        }
    };
    assert_eq!(error, Errno::AGAIN);
    assert!(sent > 0);
    let flags = FdFlags::empty();
    world.ctx().fd_fdstat_set_flags(SOCKET, flags).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for part in ["one", "two", "three"] {
                std::thread::sleep(Duration::from_millis(5));
                other.write_all(part.as_bytes()).unwrap();
            }
        });
        let all = receive(&world, 11, RiFlags::WAITALL).unwrap();
        assert_eq!(all, (b"onetwothree".to_vec(), false));
    });
    // All that comes before the end is less than all.
    other.write_all(b"rest").unwrap();
    drop(other);
    assert_eq!(receive(&world, 9, RiFlags::WAITALL).unwrap().0, b"rest");
}

#[test]
fn a_socket_that_the_host_made_nonblocking_is_so() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let world = with(ours);
    assert_eq!(world.read(SOCKET, 1), Err(Errno::AGAIN));
    let stat = world.ctx().fd_fdstat_get(SOCKET).unwrap();
    assert_eq!(stat.fs_flags, __WASI_FDFLAG_NONBLOCK);
}

#[test]
fn messages_keep_their_boundaries_and_are_cut() {
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let world = with(ours);
    for message in ["first message", "second"] {
        theirs.send(message.as_bytes()).unwrap();
    }
    let cut = (b"first".to_vec(), true);
    assert_eq!(receive(&world, 5, RiFlags::PEEK).unwrap(), cut);
    assert_eq!(receive(&world, 5, RiFlags::empty()).unwrap(), cut);
    assert_eq!(
        receive(&world, 20, RiFlags::WAITALL).unwrap(),
        (b"second".to_vec(), false)
    );
    assert_eq!(world.write(SOCKET, "back").unwrap(), 4);
    let mut buf = [0; 10];
    assert_eq!(theirs.recv(&mut buf).unwrap(), 4);
    let stat = world.ctx().fd_fdstat_get(SOCKET).unwrap();
    assert_eq!(stat.fs_filetype, __WASI_FILETYPE_SOCKET_DGRAM);
    // Without an address to send to.
    let world = with(UdpSocket::bind("127.0.0.1:0").unwrap());
    assert_eq!(world.write(SOCKET, "x"), Err(Errno::DESTADDRREQ));
    assert_eq!(
        world.ctx().sock_accept(SOCKET, FdFlags::empty()),
        Err(Errno::NOTSUP)
    );
}

#[test]
fn connections_are_accepted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let world = with(listener);
    let ctx = world.ctx();
    set_nonblocking(&world);
    let accept = |flags| ctx.sock_accept(SOCKET, flags);
    assert_eq!(accept(FdFlags::empty()), Err(Errno::AGAIN));
    assert_eq!(accept(FdFlags::APPEND), Err(Errno::INVAL));
    let mut client = TcpStream::connect(address).unwrap();
    ctx.fd_fdstat_set_flags(SOCKET, FdFlags::empty()).unwrap();
    let fd = accept(FdFlags::empty()).unwrap();
    let stat = ctx.fd_fdstat_get(fd).unwrap();
    assert_eq!(stat.fs_filetype, __WASI_FILETYPE_SOCKET_STREAM);
    assert_eq!(stat.fs_flags, 0);
    client.write_all(b"question").unwrap();
    assert_eq!(world.read(fd, 8).unwrap(), b"question");
    world.write(fd, "answer").unwrap();
    ctx.sock_shutdown(fd, __WASI_SHUT_WR.into()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "answer");
    assert_eq!(world.write(fd, "x"), Err(Errno::PIPE));
    ctx.fd_close(fd).unwrap();
    // Another one, that does not wait; and one that comes while it is waited for.
    let _second = TcpStream::connect(address).unwrap();
    let fd = accept(FdFlags::NONBLOCK).unwrap();
    assert_eq!(world.read(fd, 1), Err(Errno::AGAIN));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(10));
            drop(TcpStream::connect(address).unwrap());
        });
        let fd = accept(FdFlags::empty()).unwrap();
        assert_eq!(world.read(fd, 1).unwrap(), b"");
    });
}

#[test]
fn mistakes_have_their_errors() {
    let (world, _other) = pair();
    let ctx = world.ctx();
    for how in [0, 4, 255, 256, u32::MAX] {
        assert_eq!(ctx.sock_shutdown(SOCKET, how), Err(Errno::INVAL), "{how}");
    }
    assert_eq!(
        ctx.sock_accept(SOCKET, FdFlags::empty()),
        Err(Errno::INVAL),
        "not a listener"
    );
    assert_eq!(
        ctx.fd_seek(SOCKET, std::io::SeekFrom::Start(0)),
        Err(Errno::SPIPE)
    );
    assert_eq!(
        ctx.fd_seek(SOCKET, std::io::SeekFrom::Current(0)),
        Err(Errno::SPIPE)
    );
    assert_eq!(
        ctx.reader(SOCKET).unwrap().read_at(&mut [0], 0),
        Err(Errno::SPIPE)
    );
    assert_eq!(ctx.fd_advise(SOCKET, 0, 0, 0), Err(Errno::SPIPE));
    assert_eq!(ctx.fd_allocate(SOCKET, 0, 1), Err(Errno::SPIPE));
    assert_eq!(ctx.fd_filestat_set_size(SOCKET, 1), Err(Errno::INVAL));
    assert_eq!(ctx.fd_prestat_name(SOCKET), Err(Errno::BADF));
    assert_eq!(ctx.fd_readdir(SOCKET, 0).map(drop), Err(Errno::NOTDIR));
    assert_eq!(
        ctx.path_open(SOCKET, "x", &how(OFlags::empty(), Rights::FD_READ)),
        Err(Errno::NOTDIR)
    );
    let stat = ctx.fd_filestat_get(SOCKET).unwrap();
    assert_eq!(stat.st_filetype, __WASI_FILETYPE_SOCKET_STREAM);
    for how in [
        __WASI_SHUT_RD,
        __WASI_SHUT_WR,
        __WASI_SHUT_RD | __WASI_SHUT_WR,
    ] {
        assert_eq!(ctx.sock_shutdown(SOCKET, how.into()), Ok(()));
    }
    // What was given up.
    ctx.fd_fdstat_set_rights(SOCKET, Rights::FD_READ, Rights::empty())
        .unwrap();
    assert_eq!(ctx.sock_shutdown(SOCKET, 1), Err(Errno::NOTCAPABLE));
    assert_eq!(
        ctx.sock_accept(SOCKET, FdFlags::empty()),
        Err(Errno::NOTCAPABLE)
    );
    ctx.fd_close(SOCKET).unwrap();
    assert_eq!(ctx.sock_shutdown(SOCKET, 1), Err(Errno::BADF));
    // A listener is no connection, and a file no socket.
    let world = with(TcpListener::bind("127.0.0.1:0").unwrap());
    assert_eq!(world.read(SOCKET, 1), Err(Errno::NOTCONN));
    assert_eq!(receive(&world, 1, RiFlags::PEEK), Err(Errno::NOTCONN));
    assert_eq!(world.ctx().sock_shutdown(DIR, 1), Err(Errno::NOTSOCK));
    let file = std::fs::File::open("Cargo.toml").unwrap();
    let error = WasiState::new("test").preopen_socket(file).unwrap_err();
    assert!(error.to_string().contains("this is no socket"), "{error}");
}

#[test]
fn sockets_are_waited_for_together_with_all_else() {
    use super::polling::{clock, file, found};
    let (world, mut other) = pair();
    let ctx = world.ctx();
    let soon = clock(1, __WASI_CLOCK_MONOTONIC, 10_000_000, 0);
    let details = |events: &[__wasi_event_t]| match events[0].u {
        EventEnum::FdRead(details) => (details.nbytes, details.flags),
        _ => panic!("{events:?}"),
    };
    let events = ctx.poll_oneoff(&[soon, file(2, SOCKET, false)]).unwrap();
    assert_eq!(found(&events), [(1, 0)]);
    // Both directions of one descriptor, and the same twice.
    let both = [
        file(2, SOCKET, false),
        file(3, SOCKET, true),
        file(4, SOCKET, true),
    ];
    assert_eq!(found(&ctx.poll_oneoff(&both).unwrap()), [(3, 0), (4, 0)]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            other.write_all(b"hello").unwrap();
        });
        let later = clock(1, __WASI_CLOCK_MONOTONIC, u64::MAX, 0);
        let events = ctx.poll_oneoff(&[later, file(2, SOCKET, false)]).unwrap();
        assert_eq!(found(&events), [(2, 0)]);
        assert_eq!(details(&events), (5, 0));
    });
    // The other side is gone, but what it sent is there.
    drop(other);
    let events = ctx.poll_oneoff(&[file(2, SOCKET, false)]).unwrap();
    assert_eq!(details(&events), (5, __WASI_EVENT_FD_READWRITE_HANGUP));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let world = with(listener);
    let wanted = [soon, file(2, SOCKET, false)];
    assert_eq!(found(&world.ctx().poll_oneoff(&wanted).unwrap()), [(1, 0)]);
    let _client = TcpStream::connect(address).unwrap();
    let events = world.ctx().poll_oneoff(&wanted[1..]).unwrap();
    assert_eq!(found(&events), [(2, 0)]);
    assert_eq!(details(&events), (1, 0));
}
