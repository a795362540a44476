//! Descriptors: numbers, positions, flags, sizes, and the standard streams.

use std::io::{Read, Seek, SeekFrom, Write};

use super::*;
use crate::files::{Pipe, Stdout, WasiFile, WasiFsError};

#[test]
fn the_lowest_free_number_is_given() {
    let world = World::new();
    let ctx = world.ctx();
    let first = world.create("a", "");
    let second = world.create("b", "");
    assert_eq!((first, second), (5, 6));
    ctx.fd_close(first).unwrap();
    assert_eq!(ctx.fd_close(first), Err(Errno::BADF));
    assert_eq!(world.create("c", ""), 5);
    ctx.fd_close(0).unwrap();
    assert_eq!(world.create("d", ""), 0);
    assert_eq!(world.create("e", ""), 7);
}

#[test]
fn descriptors_are_moved_onto_open_ones_only() {
    let world = World::new();
    let ctx = world.ctx();
    let (from, to) = (world.create("from", "from"), world.create("to", "to"));
    assert_eq!(ctx.fd_renumber(from, 1 << 30), Err(Errno::BADF));
    assert_eq!(ctx.fd_renumber(77, to), Err(Errno::BADF));
    ctx.fd_renumber(from, from).unwrap();
    ctx.fd_renumber(from, to).unwrap();
    assert_eq!(ctx.fd_close(from), Err(Errno::BADF));
    assert_eq!(world.write(to, "!"), Ok(1));
    assert_eq!(world.read_host("from"), "from!");
    assert_eq!(world.read_host("to"), "to");
}

#[test]
fn a_guest_cannot_hold_endless_descriptors() {
    let mut fs = WasiFs::new([None, None, None]);
    let result = (0..20_000).try_for_each(|_| {
        let entry = fs::virtual_directory(String::new(), Rights::all(), Rights::all());
        fs.insert(entry).map(drop)
    });
    assert_eq!(result, Err(Errno::MFILE));
}

#[test]
fn positions_move_and_are_told() {
    let world = World::new();
    let ctx = world.ctx();
    let fd = world.create("file", "0123456789");
    let tell = || ctx.fd_seek(fd, SeekFrom::Current(0));
    assert_eq!(tell(), Ok(10));
    assert_eq!(ctx.fd_seek(fd, SeekFrom::Start(3)), Ok(3));
    assert_eq!(world.read(fd, 2).unwrap(), b"34");
    assert_eq!(ctx.fd_seek(fd, SeekFrom::Current(-1)), Ok(4));
    assert_eq!(ctx.fd_seek(fd, SeekFrom::End(-1)), Ok(9));
    assert_eq!(ctx.fd_seek(fd, SeekFrom::Current(-10)), Err(Errno::INVAL));
    assert_eq!(ctx.fd_seek(fd, SeekFrom::Start(1000)), Ok(1000));
    assert_eq!(world.read(fd, 2).unwrap(), b"");
    // Positioned reading and writing move nothing.
    let mut buf = [0; 4];
    assert_eq!(ctx.reader(fd).unwrap().read_at(&mut buf, 6), Ok(4));
    assert_eq!(&buf, b"6789");
    assert_eq!(ctx.writer(fd).unwrap().write_at(b"xy", 1), Ok(2));
    assert_eq!(tell(), Ok(1000));
    assert_eq!(world.read_host("file"), "0xy3456789");
    assert_eq!(
        ctx.reader(fd).unwrap().read_at(&mut buf, u64::MAX),
        Err(Errno::INVAL)
    );
    // Rights: telling is less than seeking.
    let teller = world
        .open("file", OFlags::empty(), Rights::FD_TELL)
        .unwrap();
    assert_eq!(ctx.fd_seek(teller, SeekFrom::Current(0)), Ok(0));
    assert_eq!(
        ctx.fd_seek(teller, SeekFrom::Start(0)),
        Err(Errno::NOTCAPABLE)
    );
}

#[test]
fn appending_goes_to_the_end_until_it_is_turned_off() {
    let world = World::new();
    let ctx = world.ctx();
    world.write_host("file", "abc");
    let mut appending = how(OFlags::CREAT, Rights::OF_FILES);
    appending.flags = FdFlags::APPEND;
    let fd = ctx.path_open(DIR, "file", &appending).unwrap();
    assert_eq!(
        ctx.fd_fdstat_get(fd).unwrap().fs_flags,
        __WASI_FDFLAG_APPEND
    );
    ctx.fd_seek(fd, SeekFrom::Start(0)).unwrap();
    world.write(fd, "def").unwrap();
    assert_eq!(world.read_host("file"), "abcdef");
    ctx.fd_fdstat_set_flags(fd, FdFlags::empty()).unwrap();
    ctx.fd_seek(fd, SeekFrom::Start(0)).unwrap();
    world.write(fd, "X").unwrap();
    assert_eq!(world.read_host("file"), "Xbcdef");
    assert_eq!(
        ctx.fd_fdstat_set_flags(fd, FdFlags::SYNC),
        Err(Errno::INVAL)
    );
    ctx.fd_fdstat_set_flags(fd, FdFlags::APPEND | FdFlags::NONBLOCK)
        .unwrap();
    world.write(fd, "!").unwrap();
    assert_eq!(world.read_host("file"), "Xbcdef!");
    // Appending and cutting at once.
    appending.oflags = OFlags::TRUNC;
    appending.flags = FdFlags::APPEND | FdFlags::SYNC;
    let fd = ctx.path_open(DIR, "file", &appending).unwrap();
    world.write(fd, "new").unwrap();
    assert_eq!(world.read_host("file"), "new");
}

#[test]
fn sizes_are_set_and_space_is_taken() {
    let world = World::new();
    let ctx = world.ctx();
    let fd = world.create("file", "0123456789");
    ctx.fd_filestat_set_size(fd, 4).unwrap();
    assert_eq!(world.read_host("file"), "0123");
    ctx.fd_filestat_set_size(fd, 6).unwrap();
    assert_eq!(ctx.fd_filestat_get(fd).unwrap().st_size, 6);
    match ctx.fd_allocate(fd, 10, 90) {
        Ok(()) => assert_eq!(ctx.fd_filestat_get(fd).unwrap().st_size, 100),
        Err(errno) => assert_eq!(errno, Errno::NOTSUP),
    }
    assert_eq!(ctx.fd_allocate(fd, u64::MAX, 10), Err(Errno::INVAL));
    assert_eq!(ctx.fd_filestat_set_size(fd, u64::MAX), Err(Errno::INVAL));
    ctx.fd_advise(fd, 0, 0, __WASI_ADVICE_SEQUENTIAL).unwrap();
    assert_eq!(ctx.fd_advise(fd, 0, 0, 6), Err(Errno::INVAL));
    ctx.fd_sync(fd, false).unwrap();
    ctx.fd_sync(fd, true).unwrap();
    ctx.fd_sync(DIR, false).unwrap();
}

#[test]
fn directories_are_not_files() {
    let world = World::new();
    let ctx = world.ctx();
    for fd in [3, DIR] {
        assert_eq!(world.read(fd, 1), Err(Errno::ISDIR));
        assert_eq!(world.write(fd, "x"), Err(Errno::ISDIR));
        assert_eq!(ctx.fd_seek(fd, SeekFrom::Start(0)), Err(Errno::BADF));
        assert_eq!(ctx.fd_seek(fd, SeekFrom::Current(0)), Err(Errno::BADF));
        assert_eq!(ctx.fd_allocate(fd, 0, 1), Err(Errno::BADF));
        assert_eq!(ctx.fd_filestat_set_size(fd, 0), Err(Errno::BADF));
        let stat = ctx.fd_fdstat_get(fd).unwrap();
        assert_eq!(stat.fs_filetype, __WASI_FILETYPE_DIRECTORY);
        assert_eq!(stat.fs_rights_base, Rights::OF_DIRECTORIES.bits());
        assert_eq!(
            ctx.fd_filestat_get(fd).unwrap().st_filetype,
            __WASI_FILETYPE_DIRECTORY
        );
    }
    let file = world.create("file", "");
    assert_eq!(ctx.fd_readdir(file, 0).map(drop), Err(Errno::NOTDIR));
    let shutdown = |fd| ctx.sock_shutdown(fd, __WASI_SHUT_RD.into());
    assert_eq!(shutdown(file), Err(Errno::NOTSOCK));
    assert_eq!(shutdown(99), Err(Errno::BADF));
}

#[test]
fn preopened_directories_tell_their_names() {
    let world = World::new();
    let ctx = world.ctx();
    assert_eq!(ctx.fd_prestat_name(3).unwrap(), "/");
    assert_eq!(ctx.fd_prestat_name(DIR).unwrap(), "dir");
    for fd in [0, 1, 2, 5, 99] {
        assert_eq!(ctx.fd_prestat_name(fd), Err(Errno::BADF));
    }
}

fn with_pipes() -> World {
    World::with(|builder, _| {
        let mut input = Pipe::new();
        input.write_all(b"input").unwrap();
        builder
            .stdin(Box::new(input))
            .stdout(Box::new(Pipe::new()))
            .stderr(Box::new(Pipe::new()));
    })
}

#[test]
fn pipes_stand_in_for_the_standard_streams() {
    let world = with_pipes();
    let ctx = world.ctx();
    assert_eq!(world.read(0, 3).unwrap(), b"inp");
    assert_eq!(world.read(0, 10).unwrap(), b"ut");
    assert_eq!(world.read(0, 10).unwrap(), b"");
    assert_eq!(world.write(1, "out"), Ok(3));
    assert_eq!(world.write(2, "err"), Ok(3));
    assert_eq!(world.write(0, "x"), Err(Errno::BADF));
    assert_eq!(world.read(1, 1), Err(Errno::BADF));
    assert_eq!(ctx.fd_seek(1, SeekFrom::Start(0)), Err(Errno::SPIPE));
    assert_eq!(ctx.fd_filestat_get(1).unwrap().st_size, 3);
    ctx.fd_sync(1, false).unwrap();
    // The output is there for the host program, even when the guest closed the stream.
    ctx.fd_close(1).unwrap();
    assert_eq!(world.write(1, "x"), Err(Errno::BADF));
    let mut text = String::new();
    ctx.lock()
        .fs
        .stdout_mut()
        .unwrap()
        .as_mut()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "out");
}

#[test]
fn the_process_streams_are_recognised() {
    let world = with_pipes();
    let ctx = world.ctx();
    let old = ctx
        .lock()
        .fs
        .swap_file(1, Box::new(Stdout))
        .unwrap()
        .unwrap();
    assert!(old.downcast_ref::<Pipe>().is_some());
    assert!(matches!(
        ctx.lock().fs.swap_file(3, old),
        Err(WasiFsError::NotAFile)
    ));
    let stat = ctx.fd_fdstat_get(1).unwrap();
    assert_eq!(stat.fs_rights_base & Rights::POSITION.bits(), 0);
    assert_ne!(stat.fs_rights_base & Rights::FD_WRITE.bits(), 0);
    assert_eq!(ctx.fd_seek(1, SeekFrom::Start(0)), Err(Errno::SPIPE));
    // A stream taken away is like a closed descriptor.
    *ctx.lock().fs.stderr_mut().unwrap() = None;
    assert_eq!(world.write(2, "x"), Err(Errno::BADF));
    assert_eq!(ctx.fd_fdstat_get(2), Err(Errno::BADF));
}

/// A supplied file that can seek and that fails to write.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Odd(u64);

impl Read for Odd {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        // A careless implementation must not harm the runtime.
        Ok(buf.len() + 100)
    }
}
impl Write for Odd {
    fn write(&mut self, _buf: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
impl Seek for Odd {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let SeekFrom::Start(to) = to else {
            return Err(std::io::ErrorKind::InvalidInput.into());
        };
        self.0 = to;
        Ok(to)
    }
}
#[typetag::serde]
impl WasiFile for Odd {
    fn last_accessed(&self) -> u64 {
        1
    }
    fn last_modified(&self) -> u64 {
        2
    }
    fn created_time(&self) -> u64 {
        3
    }
    fn size(&self) -> u64 {
        4
    }
    fn set_len(&mut self, _: u64) -> Result<(), WasiFsError> {
        Err(WasiFsError::PermissionDenied)
    }
    fn unlink(&mut self) -> Result<(), WasiFsError> {
        Ok(())
    }
    fn bytes_available(&self) -> Result<usize, WasiFsError> {
        Err(WasiFsError::IOError)
    }
}

#[test]
fn supplied_files_are_used_as_they_are() {
    let world = World::with(|builder, _| {
        builder.stdin(Box::new(Odd(0))).stdout(Box::new(Odd(0)));
    });
    let ctx = world.ctx();
    assert_eq!(world.read(0, 7).unwrap().len(), 7);
    assert_eq!(ctx.fd_seek(0, SeekFrom::Start(5)), Ok(5));
    assert_eq!(ctx.fd_seek(0, SeekFrom::Current(5)), Err(Errno::INVAL));
    assert_eq!(world.write(1, "x"), Err(Errno::PIPE));
    assert_eq!(ctx.fd_filestat_set_size(1, 9), Err(Errno::ACCES));
    let stat = ctx.fd_filestat_get(1).unwrap();
    assert_eq!(
        (stat.st_size, stat.st_atim, stat.st_mtim, stat.st_ctim),
        (4, 1, 2, 3)
    );
}
