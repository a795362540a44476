//! Files of the host program behind descriptors: lent and given back, whatever they do.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde::{Deserialize, Serialize};

use super::*;
use crate::files::{Pipe, WasiFile, WasiFsError};

type Run = Box<dyn FnMut(&[u8]) -> io::Result<usize> + Send>;

/// A file that does what it is told when it is written to; what it holds is at its own place.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Told {
    #[serde(skip)]
    run: Option<Run>,
    contents: Vec<u8>,
    position: usize,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told")
    }
}

impl Told {
    fn to(run: impl FnMut(&[u8]) -> io::Result<usize> + Send + 'static) -> Box<Self> {
        Box::new(Self {
            run: Some(Box::new(run)),
            ..Self::default()
        })
    }

    pub(super) fn with(contents: &str) -> Box<Self> {
        Box::new(Self {
            contents: contents.into(),
            ..Self::default()
        })
    }
}

impl Read for Told {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = (&self.contents[self.position.min(self.contents.len())..]).read(buf)?;
        self.position += count;
        Ok(count)
    }
}

impl Write for Told {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if let Some(run) = &mut self.run {
            return run(buf);
        }
        let end = self.position + buf.len();
        self.contents.resize(end.max(self.contents.len()), 0);
        self.contents[self.position..end].copy_from_slice(buf);
        self.position = end;
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Told {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(delta) => (self.contents.len() as u64).checked_add_signed(delta),
            SeekFrom::Current(delta) => (self.position as u64).checked_add_signed(delta),
        };
        let at = at
            .filter(|at| *at < 1 << 20)
            .ok_or(io::ErrorKind::InvalidInput)?;
        self.position = at as usize;
        Ok(at)
    }
}

#[typetag::serde]
impl WasiFile for Told {
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
        self.contents.len() as u64
    }
    fn set_len(&mut self, len: u64) -> Result<(), WasiFsError> {
        self.contents.resize(len as usize, 0);
        Ok(())
    }
    fn unlink(&mut self) -> Result<(), WasiFsError> {
        self.contents.clear();
        Ok(())
    }
    fn bytes_available(&self) -> Result<usize, WasiFsError> {
        Ok(self.contents.len())
    }
}

fn with_output(file: Box<dyn WasiFile>) -> World {
    World::with(|builder, _| {
        builder.stdout(file);
    })
}

#[test]
fn a_panic_leaves_the_file_and_the_state_as_they_were() {
    let mut calls = 0;
    let world = with_output(Told::to(move |buf| {
        calls += 1;
        assert!(calls > 1, "on purpose");
        Ok(buf.len())
    }));
    let panicked = catch_unwind(AssertUnwindSafe(|| world.write(1, "text")));
    assert!(panicked.is_err());
    assert!(!world.state.is_poisoned());
    assert_eq!(world.write(1, "text"), Ok(4));
    assert_eq!(world.ctx().fd_close(1), Ok(()));
}

#[test]
fn a_file_may_come_back_into_the_state() {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(|| {
        with_output(Told::to(|buf| {
            let world = WORLD.get().unwrap();
            let ctx = world.ctx();
            // Anything else works as always; the file itself is in use.
            assert!(ctx.lock().fs.stdout().unwrap().is_none());
            assert_eq!(ctx.fd_fdstat_get(1).map(drop), Ok(()));
            assert_eq!(ctx.path_create_directory(DIR, "x"), Err(Errno::BADF));
            assert_eq!(world.write(1, "again"), Err(Errno::DEADLK));
            assert_eq!(ctx.fd_sync(1, false), Err(Errno::DEADLK));
            drop(lock_complete(&world.state));
            Ok(buf.len())
        }))
    });
    assert_eq!(world.write(1, "text"), Ok(4));
    assert!(world.ctx().lock().fs.stdout().unwrap().is_some());
}

#[test]
fn others_wait_for_a_file_in_use_and_for_nothing_else() {
    let (entered, has_entered): (Sender<()>, Receiver<()>) = channel();
    let (go, may_go): (Sender<()>, Receiver<()>) = channel();
    let world = with_output(Told::to(move |buf| {
        if buf == b"wait" {
            entered.send(()).unwrap();
            may_go.recv().unwrap();
        }
        Ok(buf.len())
    }));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| world.write(1, "wait"));
        has_entered.recv().unwrap();
        // The state is free while the file is busy.
        assert_eq!(world.ctx().fd_fdstat_get(1).map(drop), Ok(()));
        let second = scope.spawn(|| world.write(1, "next"));
        let complete = scope.spawn(|| lock_complete(&world.state).fs.stdout().unwrap().is_some());
        go.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Ok(4));
        assert_eq!(second.join().unwrap(), Ok(4));
        assert!(complete.join().unwrap());
    });
}

#[test]
fn what_replaces_a_file_in_use_stays() {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(|| {
        with_output(Told::to(|buf| {
            let mut state = WORLD.get().unwrap().ctx().lock();
            assert!(
                state
                    .fs
                    .swap_file(1, Box::new(Pipe::new()))
                    .unwrap()
                    .is_none()
            );
            Ok(buf.len())
        }))
    });
    assert_eq!(world.write(1, "first"), Ok(5));
    assert_eq!(world.write(1, "second"), Ok(6));
    let state = world.ctx().lock();
    assert_eq!(state.fs.stdout().unwrap().as_ref().unwrap().size(), 6);
}

#[test]
fn any_open_file_can_be_replaced() {
    let world = World::new();
    let fd = world.create("file", "of the host");
    assert!(
        world
            .ctx()
            .lock()
            .fs
            .swap_file(fd, Told::with(""))
            .unwrap()
            .is_none()
    );
    assert_eq!(world.write(fd, "hello"), Ok(5));
    let read = world.ctx().reader(fd).unwrap();
    let mut buf = [0; 3];
    assert_eq!(read.read_at(&mut buf, 1), Ok(3));
    assert_eq!(&buf, b"ell");
    assert_eq!(world.ctx().fd_seek(fd, SeekFrom::End(-1)), Ok(4));
    assert_eq!(world.ctx().fd_filestat_get(fd).unwrap().st_size, 5);
    assert_eq!(world.read_host("file"), "of the host");
    let old = world
        .ctx()
        .lock()
        .fs
        .swap_file(fd, Box::new(Pipe::new()))
        .unwrap()
        .unwrap();
    assert_eq!(old.downcast_ref::<Told>().unwrap().contents, b"hello");
    assert_eq!(
        world.ctx().fd_seek(fd, SeekFrom::Start(0)),
        Err(Errno::SPIPE)
    );
    world.ctx().fd_close(fd).unwrap();
    let mut state = world.ctx().lock();
    assert_eq!(
        state.fs.swap_file(fd, Told::with("")).unwrap_err(),
        WasiFsError::InvalidFd
    );
    assert_eq!(
        state.fs.swap_file(DIR, Told::with("")).unwrap_err(),
        WasiFsError::NotAFile
    );
}

/// A guest with a file of the host program as `gadget` in the virtual directory `/dev`, in a folder of the host (`host`) and in a
/// folder in memory (`memory`); and the path of each from the root.
fn with_gadgets() -> (World, Vec<&'static str>) {
    let world = World::with(|builder, inside| {
        std::fs::create_dir(inside.join("sub")).unwrap();
        builder.map_dir("host", inside).unwrap();
        builder.map_memory("memory", &MemoryFs::new()).unwrap();
    });
    let paths = vec!["dev/deep", "host/sub", "memory/sub", "memory"];
    for (number, path) in paths.iter().enumerate() {
        let mut state = world.ctx().lock();
        let all = crate::ALL_RIGHTS;
        let dir = state
            .fs
            .open_dir_all(ROOT, (*path).into(), all, all, 0)
            .unwrap();
        let file = Told::with(&format!("contents {number}"));
        let open = Fd::READ | Fd::WRITE;
        let fd = state
            .fs
            .open_file_at(dir, file, open, "gadget".into(), all, 0, 0)
            .unwrap();
        assert_eq!(state.fs.get_fd(fd).unwrap().open_flags, open);
        let again = state
            .fs
            .open_file_at(dir, Told::with(""), open, "gadget".into(), all, 0, 0);
        assert_eq!(again, Err(WasiFsError::AlreadyExists), "{path}");
        for name in ["", ".", "..", "a/b", "a\0"] {
            let wrong = state
                .fs
                .open_file_at(dir, Told::with(""), open, name.into(), all, 0, 0);
            assert_eq!(wrong, Err(WasiFsError::InvalidInput), "{path} {name}");
        }
        let wrong = state
            .fs
            .open_file_at(fd, Told::with(""), open, "x".into(), all, 0, 0);
        assert_eq!(wrong, Err(WasiFsError::BaseNotDirectory));
    }
    (world, paths)
}

const ROOT: __wasi_fd_t = crate::VIRTUAL_ROOT_FD;

#[test]
fn guests_open_the_host_programs_files_by_name() {
    let (world, paths) = with_gadgets();
    let ctx = world.ctx();
    for (number, path) in paths.iter().enumerate() {
        let path = format!("{path}/gadget");
        let contents = format!("contents {number}");
        let open = |oflags| ctx.path_open(ROOT, &path, &how(oflags, Rights::all()));
        let (one, two) = (open(OFlags::empty()).unwrap(), open(OFlags::CREAT).unwrap());
        // Each descriptor has a position of its own.
        assert_eq!(world.read(one, 4), Ok(b"cont".to_vec()), "{path}");
        assert_eq!(world.read(two, 20), Ok(contents.as_bytes().to_vec()));
        assert_eq!(world.read(one, 20), Ok(contents.as_bytes()[4..].to_vec()));
        assert_eq!(ctx.fd_seek(one, SeekFrom::End(0)), Ok(10));
        assert_eq!(world.write(one, "!"), Ok(1));
        assert_eq!(ctx.fd_seek(two, SeekFrom::Current(0)), Ok(10));
        assert_eq!(world.read(two, 20), Ok(b"!".to_vec()));
        let stat = ctx.path_filestat_get(ROOT, true, &path).unwrap();
        assert_eq!((stat.st_size, stat.st_mtim), (11, 2));
        assert_eq!(open(OFlags::CREAT | OFlags::EXCL), Err(Errno::EXIST));
        assert_eq!(open(OFlags::DIRECTORY), Err(Errno::NOTDIR));
        for wrong in [format!("{path}/"), format!("{path}/x")] {
            let found = ctx.path_filestat_get(ROOT, true, &wrong);
            assert!(
                matches!(found, Err(Errno::NOTDIR | Errno::NOENT)),
                "{wrong}: {found:?}"
            );
        }
        assert_eq!(ctx.path_create_directory(ROOT, &path), Err(Errno::EXIST));
        assert_eq!(ctx.path_symlink("x", ROOT, &path), Err(Errno::EXIST));
        assert_eq!(ctx.path_remove_directory(ROOT, &path), Err(Errno::NOTDIR));
        assert_eq!(
            ctx.path_rename(ROOT, &path, ROOT, "memory/x"),
            Err(Errno::BUSY)
        );
        assert_eq!(ctx.path_readlink(ROOT, &path), Err(Errno::INVAL));
        let cut = open(OFlags::TRUNC).unwrap();
        assert_eq!(ctx.fd_filestat_get(cut).unwrap().st_size, 0);
    }
}

#[test]
fn the_host_programs_files_are_listed_and_removed() {
    let (world, paths) = with_gadgets();
    let ctx = world.ctx();
    for path in paths {
        let list = || -> Vec<String> {
            let dir = how(OFlags::DIRECTORY, Rights::OF_DIRECTORIES);
            let fd = ctx.path_open(ROOT, path, &dir).unwrap();
            let (mut names, mut cookie) = (Vec::new(), 0);
            // One at a time: each position can be taken up again.
            while let Some(entry) = ctx.fd_readdir(fd, cookie).unwrap().next() {
                let entry = entry.unwrap();
                cookie = entry.head.d_next;
                names.push(String::from_utf8(entry.name).unwrap());
            }
            names
        };
        assert_eq!(
            list().iter().filter(|name| *name == "gadget").count(),
            1,
            "{path}"
        );
        let file = format!("{path}/gadget");
        let fd = ctx
            .path_open(ROOT, &file, &how(OFlags::empty(), Rights::all()))
            .unwrap();
        ctx.path_unlink_file(ROOT, &file).unwrap();
        assert_eq!(ctx.path_filestat_get(ROOT, true, &file), Err(Errno::NOENT));
        assert!(!list().contains(&"gadget".to_owned()));
        // As long as it is open it can be used.
        assert_eq!(world.write(fd, "x"), Ok(1));
        ctx.fd_close(fd).unwrap();
    }
}

#[test]
fn a_file_of_the_host_program_goes_with_its_last_descriptor() {
    let (dropped, is_dropped): (Sender<()>, Receiver<()>) = channel();
    struct Tell(Sender<()>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    let tell = Tell(dropped);
    let file = Told::to(move |_| {
        let _tell = &tell;
        Ok(0)
    });
    let world = World::new();
    let ctx = world.ctx();
    let all = crate::ALL_RIGHTS;
    let fd = ctx
        .lock()
        .fs
        .open_file_at(ROOT, file, 0, "x".into(), all, 0, 0)
        .unwrap();
    ctx.fd_close(fd).unwrap();
    let fd = ctx
        .path_open(ROOT, "x", &how(OFlags::empty(), Rights::all()))
        .unwrap();
    ctx.path_unlink_file(ROOT, "x").unwrap();
    assert!(is_dropped.try_recv().is_err());
    ctx.fd_close(fd).unwrap();
    assert!(is_dropped.try_recv().is_ok());
}

#[test]
fn rights_to_the_host_programs_files_are_what_it_gave() {
    let world = World::new();
    let ctx = world.ctx();
    let read = __WASI_RIGHT_FD_READ | __WASI_RIGHT_FD_SEEK;
    let fd = ctx
        .lock()
        .fs
        .open_file_at(DIR, Told::with("text"), 0, "x".into(), read, 0, 0)
        .unwrap();
    assert_eq!(world.write(fd, "x"), Err(Errno::BADF));
    assert_eq!(
        world.open("x", OFlags::empty(), Rights::FD_WRITE),
        Err(Errno::ACCES)
    );
    assert_eq!(
        world.open("x", OFlags::TRUNC, Rights::FD_READ),
        Err(Errno::ACCES)
    );
    let fd = world.open("x", OFlags::empty(), Rights::FD_READ).unwrap();
    assert_eq!(world.read(fd, 9), Ok(b"text".to_vec()));
    assert_eq!(ctx.fd_filestat_get(fd).map(drop), Err(Errno::ACCES));
}

#[test]
fn the_table_is_described() {
    let world = World::new();
    let fd = world.create("file", "text");
    world.ctx().path_unlink_file(DIR, "file").unwrap();
    let mut state = world.ctx().lock();
    let fs = &mut state.fs;
    assert_eq!(fs.orphan_fds(), [fd]);
    assert_eq!(fs.preopen_fds(), [3, 4]);
    assert_eq!(
        (fs.next_fd(), fs.fd_map().len(), fs.inodes().len()),
        (6, 6, 6)
    );
    let open = fs.get_fd(fd).unwrap();
    assert_eq!((open.offset, open.open_flags), (4, 3));
    let twin = fs
        .create_fd(open.rights, 0, 0, Fd::APPEND, open.inode)
        .unwrap();
    assert_eq!(
        fs.get_fd(twin).unwrap().offset,
        4,
        "they share the position"
    );
    assert_eq!(fs.inodes().len(), 6);
    assert!(fs.remove_inode(open.inode).is_none());
    assert_eq!((fs.next_fd(), fs.get_fd(fd)), (5, Err(__WASI_EBADF)));
    assert_eq!(fs.flush(DIR), Err(__WASI_EISDIR));
    assert_eq!(fs.prestat_fd(0).map(drop), Err(__WASI_EBADF));
}
