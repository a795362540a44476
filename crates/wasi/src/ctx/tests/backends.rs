//! Folders of the host and in memory do the same: every scenario runs over both, and each outcome must be the same, error numbers
//! included. What no host promises (sizes and link counts of folders, times, numbers) is left out of the comparison.

use std::fmt::Write as _;
use std::io::SeekFrom;
use std::time::Duration;

use super::*;
use crate::memory::{MemoryFs, MemoryLimits};
use crate::sys::NewTime;

/// A world and what came of each thing done in it.
struct Side {
    world: World,
    log: String,
}

impl Side {
    fn new(world: World) -> Self {
        Self {
            world,
            log: String::new(),
        }
    }

    fn note(&mut self, what: &str, outcome: impl std::fmt::Debug) {
        writeln!(self.log, "{what}: {outcome:?}").unwrap();
    }
}

/// Runs a scenario over both back ends and gives the log, which must be the same.
fn both(scenario: impl Fn(&mut Side)) -> String {
    let mut host = Side::new(World::new());
    let mut memory = Side::new(World::in_memory(&MemoryFs::new()));
    scenario(&mut host);
    scenario(&mut memory);
    for (number, (host, memory)) in host.log.lines().zip(memory.log.lines()).enumerate() {
        assert_eq!(
            host, memory,
            "line {number}: the host on the left, memory on the right"
        );
    }
    assert_eq!(host.log, memory.log);
    host.log
}

/// One thing to do with one or two paths.
#[derive(Debug, Clone, Copy)]
enum Op {
    CreateDir,
    RemoveDir,
    Unlink,
    Stat(bool),
    Times(bool),
    Link(bool),
    Rename,
    Symlink,
    ReadLink,
    List,
    Open {
        oflags: u16,
        follow: bool,
        rights: u64,
        flags: u16,
    },
}

fn do_one(side: &mut Side, op: Op, path: &str, other: &str) {
    let what = format!("{op:?} {path:?} {other:?}");
    let ctx = side.world.ctx();
    let outcome = match op {
        Op::CreateDir => format!("{:?}", ctx.path_create_directory(DIR, path)),
        Op::RemoveDir => format!("{:?}", ctx.path_remove_directory(DIR, path)),
        Op::Unlink => format!("{:?}", ctx.path_unlink_file(DIR, path)),
        Op::Stat(follow) => format!("{:?}", ctx.path_filestat_get(DIR, follow, path).map(known)),
        Op::Times(follow) => format!(
            "{:?}",
            ctx.path_filestat_set_times(DIR, follow, path, NewTime::Keep, NewTime::Now)
        ),
        Op::Link(follow) => format!("{:?}", ctx.path_link(DIR, follow, path, DIR, other)),
        Op::Rename => format!("{:?}", ctx.path_rename(DIR, path, DIR, other)),
        Op::Symlink => format!("{:?}", ctx.path_symlink(other, DIR, path)),
        Op::ReadLink => format!("{:?}", ctx.path_readlink(DIR, path).map(String::from_utf8)),
        Op::List => format!("{:?}", list(&side.world, path)),
        Op::Open {
            oflags,
            follow,
            rights,
            flags,
        } => {
            let how = OpenHow {
                follow,
                oflags: OFlags::from_bits_truncate(oflags),
                rights: Rights::from_bits_truncate(rights),
                inheriting: Rights::all(),
                flags: FdFlags::from_bits_truncate(flags),
            };
            match ctx.path_open(DIR, path, &how) {
                Ok(fd) => use_file(&side.world, fd),
                Err(errno) => format!("{errno:?}"),
            }
        }
    };
    side.note(&what, outcome);
}

/// What of a status must be the same everywhere.
fn known(stat: __wasi_filestat_t) -> (u8, Option<u64>, Option<u64>) {
    let folder = stat.st_filetype == __WASI_FILETYPE_DIRECTORY;
    (
        stat.st_filetype,
        (!folder).then_some(stat.st_size),
        (!folder).then_some(stat.st_nlink),
    )
}

fn list(world: &World, path: &str) -> Result<Vec<(String, u8)>, Errno> {
    let fd = world.open(path, OFlags::DIRECTORY, Rights::FD_READDIR)?;
    let mut names = Vec::new();
    for entry in world.ctx().fd_readdir(fd, 0)? {
        let entry = entry?;
        names.push((String::from_utf8(entry.name).unwrap(), entry.head.d_type));
    }
    world.ctx().fd_close(fd)?;
    names.sort();
    Ok(names)
}

/// Everything that can be done with an open descriptor, one after the other.
fn use_file(world: &World, fd: __wasi_fd_t) -> String {
    let ctx = world.ctx();
    let mut log = String::new();
    let mut note = |outcome: String| write!(log, "{outcome} ").unwrap();
    note(format!(
        "{:?}",
        ctx.fd_fdstat_get(fd)
            .map(|stat| (stat.fs_filetype, stat.fs_flags, stat.fs_rights_base))
    ));
    note(format!("{:?}", ctx.fd_filestat_get(fd).map(known)));
    note(format!("{:?}", world.write(fd, "hello")));
    note(format!("{:?}", ctx.fd_seek(fd, SeekFrom::Current(0))));
    note(format!("{:?}", ctx.fd_seek(fd, SeekFrom::Start(1))));
    note(format!("{:?}", world.read(fd, 3)));
    note(format!(
        "{:?}",
        ctx.writer(fd).and_then(|file| file.write_at(b"XY", 7))
    ));
    note(format!(
        "{:?}",
        ctx.reader(fd).and_then(|file| {
            let mut buf = [0; 20];
            let count = file.read_at(&mut buf, 2)?;
            Ok(buf[..count].to_vec())
        })
    ));
    note(format!("{:?}", ctx.fd_allocate(fd, 4, 8)));
    note(format!("{:?}", ctx.fd_allocate(fd, 0, 0)));
    note(format!("{:?}", ctx.fd_seek(fd, SeekFrom::End(-2))));
    note(format!("{:?}", ctx.fd_seek(fd, SeekFrom::End(-200))));
    note(format!("{:?}", ctx.fd_seek(fd, SeekFrom::Start(u64::MAX))));
    note(format!("{:?}", ctx.fd_filestat_set_size(fd, 14)));
    note(format!("{:?}", ctx.fd_filestat_set_size(fd, u64::MAX)));
    note(format!(
        "{:?}",
        ctx.fd_fdstat_set_flags(fd, FdFlags::APPEND)
    ));
    note(format!("{:?}", world.write(fd, "end")));
    note(format!("{:?}", ctx.fd_seek(fd, SeekFrom::Current(0))));
    note(format!("{:?}", ctx.fd_filestat_get(fd).map(known)));
    note(format!(
        "{:?}",
        ctx.fd_advise(fd, 0, 0, __WASI_ADVICE_SEQUENTIAL)
    ));
    note(format!(
        "{:?}",
        ctx.fd_filestat_set_times(fd, NewTime::Now, NewTime::Keep)
    ));
    note(format!("{:?}", ctx.fd_sync(fd, true)));
    note(format!("{:?}", ctx.fd_sync(fd, false)));
    note(format!("{:?}", ctx.fd_close(fd)));
    log
}

const READ: u64 = __WASI_RIGHT_FD_READ
    | __WASI_RIGHT_FD_SEEK
    | __WASI_RIGHT_FD_TELL
    | __WASI_RIGHT_FD_FILESTAT_GET;

/// All operations there are, with the flags that make a difference.
fn all_operations() -> Vec<Op> {
    let mut all = vec![
        Op::CreateDir,
        Op::RemoveDir,
        Op::Unlink,
        Op::Stat(false),
        Op::Stat(true),
        Op::Times(false),
        Op::Times(true),
        Op::Link(false),
        Op::Link(true),
        Op::Rename,
        Op::Symlink,
        Op::ReadLink,
        Op::List,
    ];
    for oflags in 0..16 {
        for follow in [false, true] {
            for rights in [READ, __WASI_RIGHT_FD_WRITE, crate::ALL_RIGHTS, 0] {
                for flags in [0, __WASI_FDFLAG_APPEND] {
                    all.push(Op::Open {
                        oflags,
                        follow,
                        rights,
                        flags,
                    });
                }
            }
        }
    }
    all
}

const PATHS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "a/b",
    "a/b/c",
    "b/a",
    "./a",
    "a/",
    "b/",
    "c/",
    "a//b",
    "a/b/",
    "a/.",
    "a/./b",
    "a/..",
    "a/../b",
    ".",
    "./",
    "..",
    "../a",
    "",
    "/a",
    "a/b/../../..",
    "d/b",
    "d/",
    "d/..",
    "x",
    "x/",
    "x/y",
    "\0",
    "b/../b",
    "a/b/c/d",
];

const TARGETS: &[&str] = &[
    "a", "b", "d", "a/b", "../a", "..", ".", "x", "./c", "/a", "", "d/b",
];

/// Pseudo-random numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

fn random_script(seed: u64, steps: usize) {
    let all = all_operations();
    both(|side| {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..steps {
            // As many of each group, so that there is always something to find.
            let op = match random.below(3) {
                0 => all[random.below(13)],
                1 => random.one_of(&[Op::CreateDir, Op::Symlink, Op::Rename, Op::Link(false)]),
                _ => all[13 + random.below(all.len() - 13)],
            };
            let path = random.one_of(PATHS);
            let other = if matches!(op, Op::Symlink) {
                random.one_of(TARGETS)
            } else {
                random.one_of(PATHS)
            };
            do_one(side, op, path, other);
        }
    });
}

#[test]
fn whatever_is_done_both_do_the_same() {
    for seed in 1..=30 {
        random_script(seed, 100);
    }
}

/// Runs a scenario in each world.
fn in_each(scenario: impl Fn(&World)) {
    scenario(&World::new());
    scenario(&World::in_memory(&MemoryFs::new()));
}

#[test]
fn a_file_without_a_name_lives_until_it_is_closed() {
    in_each(|world| {
        let ctx = world.ctx();
        let fd = world.create("file", "text");
        ctx.path_unlink_file(DIR, "file").unwrap();
        assert_eq!(ctx.fd_filestat_get(fd).unwrap().st_nlink, 0);
        ctx.fd_seek(fd, SeekFrom::Start(0)).unwrap();
        assert_eq!(world.read(fd, 9), Ok(b"text".to_vec()));
        assert_eq!(world.write(fd, "more"), Ok(4));
        let other = world.create("file", "other");
        assert_ne!(
            ctx.fd_filestat_get(fd).unwrap().st_ino,
            ctx.fd_filestat_get(other).unwrap().st_ino
        );
        ctx.fd_close(fd).unwrap();
    });
}

#[test]
fn a_removed_folder_takes_nothing_in() {
    in_each(|world| {
        let ctx = world.ctx();
        ctx.path_create_directory(DIR, "gone").unwrap();
        let fd = world
            .open("gone", OFlags::DIRECTORY, Rights::OF_DIRECTORIES)
            .unwrap();
        ctx.path_remove_directory(DIR, "gone").unwrap();
        let open = how(OFlags::CREAT, Rights::OF_FILES);
        assert_eq!(ctx.path_open(fd, "file", &open), Err(Errno::NOENT));
        assert_eq!(ctx.path_create_directory(fd, "x"), Err(Errno::NOENT));
        world.create("file", "");
        assert_eq!(ctx.path_rename(DIR, "file", fd, "file"), Err(Errno::NOENT));
        assert_eq!(
            ctx.path_link(DIR, false, "file", fd, "file"),
            Err(Errno::NOENT)
        );
        let names = ctx.fd_readdir(fd, 0).unwrap();
        assert!(names.flatten().all(|entry| entry.name.starts_with(b".")));
    });
}

#[test]
fn numbers_are_stable_and_shared_by_all_names() {
    in_each(|world| {
        let ctx = world.ctx();
        let fd = world.create("one", "text");
        ctx.path_link(DIR, false, "one", DIR, "two").unwrap();
        ctx.path_create_directory(DIR, "folder").unwrap();
        ctx.path_rename(DIR, "one", DIR, "folder/three").unwrap();
        let stat = |path| ctx.path_filestat_get(DIR, false, path).unwrap();
        let open = ctx.fd_filestat_get(fd).unwrap();
        for path in ["two", "folder/three", "folder/../two"] {
            let found = stat(path);
            assert_eq!((found.st_dev, found.st_ino), (open.st_dev, open.st_ino));
            assert_eq!((found.st_nlink, found.st_size), (2, 4));
        }
        assert_ne!(stat("folder").st_ino, open.st_ino);
        assert_eq!(stat("folder").st_dev, open.st_dev);
        let listed = ctx.fd_readdir(DIR, 0).unwrap();
        let entry = listed.flatten().find(|entry| entry.name == b"two").unwrap();
        assert_eq!(entry.head.d_ino, open.st_ino);
    });
}

#[test]
fn a_listing_goes_on_while_entries_come_and_go() {
    in_each(|world| {
        let ctx = world.ctx();
        for number in 0..50 {
            world.create(&format!("old{number}"), "");
        }
        let mut seen = Vec::new();
        let mut cookie = 0;
        let mut round = 0;
        loop {
            let some: Vec<_> = ctx.fd_readdir(DIR, cookie).unwrap().take(7).collect();
            if some.is_empty() {
                break;
            }
            for entry in some {
                let entry = entry.unwrap();
                cookie = entry.head.d_next;
                seen.push(String::from_utf8(entry.name).unwrap());
            }
            // One that was there goes, another comes.
            let _ = ctx.path_unlink_file(DIR, &format!("old{round}"));
            world.create(&format!("new{round}"), "");
            round += 1;
            assert!(round < 100, "a listing ends");
        }
        for number in round..50 {
            let name = format!("old{number}");
            assert_eq!(
                seen.iter().filter(|seen| **seen == name).count(),
                1,
                "{name}"
            );
        }
        // Any position that was given can be taken up again.
        let first = ctx.fd_readdir(DIR, 0).unwrap().next().unwrap().unwrap();
        let second = ctx
            .fd_readdir(DIR, first.head.d_next)
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        assert_ne!(first.name, second.name);
        assert!(ctx.fd_readdir(DIR, cookie).unwrap().next().is_none());
    });
}

#[test]
fn times_are_what_was_set() {
    in_each(|world| {
        let ctx = world.ctx();
        let fd = world.create("file", "text");
        let (old, older) = (
            NewTime::At(Duration::from_secs(5)),
            NewTime::At(Duration::from_nanos(7)),
        );
        ctx.fd_filestat_set_times(fd, old, older).unwrap();
        let stat = ctx.fd_filestat_get(fd).unwrap();
        assert_eq!((stat.st_atim, stat.st_mtim), (5_000_000_000, 7));
        world.write(fd, "more").unwrap();
        let stat = ctx.fd_filestat_get(fd).unwrap();
        assert!(stat.st_mtim > 5_000_000_000 && stat.st_ctim > 5_000_000_000);
        assert_eq!(stat.st_atim, 5_000_000_000);
        ctx.path_symlink("file", DIR, "link").unwrap();
        ctx.path_filestat_set_times(DIR, false, "link", NewTime::Keep, old)
            .unwrap();
        assert_ne!(
            ctx.path_filestat_get(DIR, true, "link").unwrap().st_mtim,
            5_000_000_000
        );
        assert_eq!(
            ctx.path_filestat_get(DIR, false, "link").unwrap().st_mtim,
            5_000_000_000
        );
        ctx.fd_filestat_set_times(DIR, old, old).unwrap();
        assert_eq!(ctx.fd_filestat_get(DIR).unwrap().st_mtim, 5_000_000_000);
        world.create("other", "");
        assert!(ctx.fd_filestat_get(DIR).unwrap().st_mtim > 5_000_000_000);
    });
}

#[test]
fn a_folder_opened_in_a_folder_is_a_border_too() {
    in_each(|world| {
        let ctx = world.ctx();
        ctx.path_create_directory(DIR, "a").unwrap();
        ctx.path_create_directory(DIR, "a/b").unwrap();
        world.create("file", "");
        ctx.path_symlink("../file", DIR, "a/out").unwrap();
        let fd = world
            .open("a", OFlags::DIRECTORY, Rights::OF_DIRECTORIES)
            .unwrap();
        for path in ["..", "../file", "b/../..", "out", "b/../../a"] {
            assert_eq!(
                ctx.path_filestat_get(fd, true, path).map(known),
                Err(Errno::PERM),
                "{path}"
            );
        }
        assert!(ctx.path_filestat_get(DIR, true, "a/out").is_ok());
        assert!(ctx.path_filestat_get(fd, true, "b/..").is_ok());
        // A folder does not go into itself.
        assert_eq!(ctx.path_rename(DIR, "a", fd, "b/a"), Err(Errno::INVAL));
        assert_eq!(ctx.path_rename(DIR, "a/b", DIR, "a"), Err(Errno::NOTEMPTY));
    });
}

#[test]
fn permissions_are_the_same_for_both() {
    let memory = MemoryFs::new();
    memory.write("file", "text").unwrap();
    let host = World::with(|builder, inside| {
        std::fs::write(inside.join("file"), "text").unwrap();
        builder
            .preopen(|dir| dir.directory(&inside).alias("dir").read(true))
            .unwrap();
    });
    let memory = World::with(|builder, _| {
        builder
            .preopen(|dir| dir.memory(&memory).alias("dir").read(true))
            .unwrap();
    });
    for world in [host, memory] {
        let ctx = world.ctx();
        assert_eq!(
            world.open("file", OFlags::empty(), Rights::FD_WRITE),
            Err(Errno::ACCES)
        );
        assert_eq!(
            world.open("new", OFlags::CREAT, Rights::FD_READ),
            Err(Errno::ACCES)
        );
        assert_eq!(ctx.path_unlink_file(DIR, "file"), Err(Errno::ACCES));
        assert_eq!(ctx.path_create_directory(DIR, "x"), Err(Errno::ACCES));
        let fd = world
            .open("file", OFlags::empty(), Rights::FD_READ)
            .unwrap();
        assert_eq!(world.read(fd, 9), Ok(b"text".to_vec()));
        assert_eq!(world.write(fd, "x"), Err(Errno::BADF));
    }
}

#[test]
fn names_do_not_lead_from_one_file_system_to_another() {
    let (one, two) = (MemoryFs::new(), MemoryFs::new());
    one.write("file", "text").unwrap();
    let world = World::with(|builder, inside| {
        builder.map_dir("host", inside).unwrap();
        builder.map_memory("one", &one).unwrap();
        builder.map_memory("two", &two).unwrap();
        builder.map_memory("same", &one).unwrap();
    });
    let ctx = world.ctx();
    for (to, outcome) in [(4, Err(Errno::XDEV)), (6, Err(Errno::XDEV)), (7, Ok(()))] {
        assert_eq!(
            ctx.path_link(5, false, "file", to, "linked"),
            outcome,
            "{to}"
        );
        assert_eq!(ctx.path_rename(5, "file", to, "renamed"), outcome, "{to}");
    }
    // Through the virtual root all are in reach.
    let stat = ctx
        .path_filestat_get(crate::VIRTUAL_ROOT_FD, true, "two/../one/renamed")
        .unwrap();
    assert_eq!(stat.st_size, 4);
    assert_eq!(one.read("linked").unwrap(), b"text");
}

#[test]
fn a_guest_does_not_fill_the_memory() {
    let fs = MemoryFs::with_limits(MemoryLimits {
        bytes: 1000,
        files: 10,
    });
    let world = World::in_memory(&fs);
    let ctx = world.ctx();
    let fd = world.create("file", "text");
    // Far beyond the end: the gap would count.
    ctx.fd_seek(fd, SeekFrom::Start(1 << 40)).unwrap();
    assert_eq!(world.write(fd, "x"), Err(Errno::NOSPC));
    assert_eq!(
        ctx.writer(fd).unwrap().write_at(b"x", 1 << 62),
        Err(Errno::NOSPC)
    );
    assert_eq!(ctx.fd_filestat_set_size(fd, 1 << 40), Err(Errno::NOSPC));
    assert_eq!(ctx.fd_allocate(fd, 1 << 40, 1 << 40), Err(Errno::NOSPC));
    assert_eq!(ctx.fd_filestat_get(fd).unwrap().st_size, 4);
    // As much as there is room for, then nothing.
    ctx.fd_seek(fd, SeekFrom::Start(0)).unwrap();
    let long = "x".repeat(2000);
    assert_eq!(world.write(fd, &long), Ok(996));
    assert_eq!(world.write(fd, "y"), Err(Errno::NOSPC));
    assert_eq!(fs.used_bytes(), 1000);
    assert_eq!(ctx.path_create_directory(DIR, "d"), Err(Errno::NOSPC));
    assert_eq!(ctx.path_symlink("x", DIR, "d"), Err(Errno::NOSPC));
    // A longer name is more, a shorter one less.
    assert_eq!(
        ctx.path_rename(DIR, "file", DIR, "longer"),
        Err(Errno::NOSPC)
    );
    ctx.path_rename(DIR, "file", DIR, "f").unwrap();
    assert_eq!(fs.used_bytes(), 997);
    ctx.fd_filestat_set_size(fd, 0).unwrap();
    for number in 0..9 {
        ctx.path_link(DIR, false, "f", DIR, &format!("{number}"))
            .unwrap();
    }
    assert_eq!(ctx.path_link(DIR, false, "f", DIR, "n"), Err(Errno::NOSPC));
    // A file that has lost its names counts as long as it is open.
    for name in ["f", "0", "1", "2", "3", "4", "5", "6", "7", "8"] {
        ctx.path_unlink_file(DIR, name).unwrap();
    }
    ctx.fd_seek(fd, SeekFrom::Start(0)).unwrap();
    world.write(fd, "still there").unwrap();
    assert_eq!((fs.used_files(), fs.used_bytes()), (1, 11));
    ctx.fd_close(fd).unwrap();
    assert_eq!((fs.used_files(), fs.used_bytes()), (0, 0));
}

#[test]
fn what_is_used_is_given_back() {
    let fs = MemoryFs::new();
    for seed in 1..=20 {
        let mut side = Side::new(World::in_memory(&fs));
        let mut random = Random(seed * 77 + 1);
        let all = all_operations();
        for _ in 0..150 {
            let op = if random.below(2) == 0 {
                all[random.below(13)]
            } else {
                all[13 + random.below(all.len() - 13)]
            };
            do_one(&mut side, op, random.one_of(PATHS), random.one_of(PATHS));
        }
        drop(side);
        for entry in fs.list("/").unwrap() {
            if entry.kind == crate::MemoryKind::Folder {
                fs.remove_dir_all(&entry.name).unwrap();
            } else {
                fs.remove_file(&entry.name).unwrap();
            }
        }
        assert_eq!((fs.used_files(), fs.used_bytes()), (0, 0), "{seed}");
        assert_eq!(fs.metadata("/").unwrap().links, 2);
    }
}

#[test]
fn many_guests_use_the_same_files_at_once() {
    let fs = MemoryFs::new();
    fs.write("file", "").unwrap();
    std::thread::scope(|scope| {
        for guest in 0..4 {
            let fs = &fs;
            scope.spawn(move || {
                let world = World::in_memory(fs);
                let mut how = how(OFlags::empty(), Rights::OF_FILES);
                how.flags = FdFlags::APPEND;
                let fd = world.ctx().path_open(DIR, "file", &how).unwrap();
                for _ in 0..100 {
                    assert_eq!(world.write(fd, &guest.to_string().repeat(10)), Ok(10));
                }
            });
        }
    });
    let contents = fs.read("file").unwrap();
    assert_eq!(contents.len(), 4000);
    assert!(
        contents
            .chunks(10)
            .all(|chunk| chunk.iter().all(|byte| *byte == chunk[0]))
    );
}

#[test]
fn long_names_and_paths_are_refused_alike() {
    let long = "n".repeat(256);
    let deep = "a/".repeat(2100);
    let link = "l/".repeat(2100);
    both(|side| {
        for path in [&long[..255], &long, &deep, &deep[..4094]] {
            do_one(side, Op::CreateDir, path, "");
            do_one(side, Op::Stat(true), path, "");
            do_one(
                side,
                Op::Open {
                    oflags: 1,
                    follow: true,
                    rights: READ,
                    flags: 0,
                },
                path,
                "",
            );
        }
        do_one(side, Op::Symlink, "link", &link);
        do_one(side, Op::Symlink, "link", &link[..4095]);
        do_one(side, Op::Stat(true), "link", "");
    });
}

#[test]
fn links_are_followed_so_far_and_no_further() {
    let log = both(|side| {
        do_one(side, Op::CreateDir, "a", "");
        for number in 0..45 {
            let target = if number == 0 {
                "a".to_owned()
            } else {
                format!("l{}", number - 1)
            };
            do_one(side, Op::Symlink, &format!("l{number}"), &target);
            do_one(side, Op::Stat(true), &format!("l{number}"), "");
        }
        do_one(side, Op::Symlink, "slash", "a/");
        do_one(side, Op::Stat(true), "slash", "");
        do_one(side, Op::Stat(false), "slash", "");
        do_one(side, Op::Stat(false), "slash/", "");
        do_one(side, Op::Symlink, "loop", "loop");
        do_one(side, Op::Stat(true), "loop", "");
        do_one(side, Op::Stat(true), "loop/x", "");
    });
    assert!(log.contains("ELOOP"));
}
