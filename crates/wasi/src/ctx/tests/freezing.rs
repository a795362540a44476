//! Freezing and unfreezing: everything is there again, and bytes that nobody vouches for do no harm.

use std::io::{Read, SeekFrom, Write};

use super::supplied::Told;
use super::*;
use crate::files::{HostStream, Pipe};
use crate::memory::MemoryLimits;
use crate::{Fd, VIRTUAL_ROOT_FD};
use xxhash_rust::xxh3::xxh3_64;

/// A guest with a bit of everything.
fn rich() -> World {
    let fs = MemoryFs::with_limits(MemoryLimits {
        bytes: 4000,
        files: 60,
    });
    fs.create_dir_all("a/b").unwrap();
    fs.write("a/b/file", "in memory").unwrap();
    fs.hard_link("a/b/file", "same").unwrap();
    fs.symlink("a/b", "link").unwrap();
    let mut input = Pipe::new();
    input.write_all(b"input").unwrap();
    let world = World::with(|builder, inside| {
        builder.map_dir("host", inside).unwrap();
        builder.map_memory("memory", &fs).unwrap();
        builder.map_memory("again", &fs).unwrap();
        builder.arg("--flag").env("LANG", "C");
        builder.stdin(Box::new(input)).stdout(Told::with("out"));
    });
    let ctx = world.ctx();
    let all = how(OFlags::CREAT, Rights::all());
    world.write_host("file", "of the host");
    std::fs::create_dir(world.host("sub")).unwrap();
    let host = ctx.path_open(4, "file", &all).unwrap();
    ctx.fd_seek(host, SeekFrom::Start(3)).unwrap();
    let folder = how(OFlags::DIRECTORY, Rights::OF_DIRECTORIES);
    ctx.path_open(4, "sub", &folder).unwrap();
    let memory = ctx.path_open(5, "link/file", &all).unwrap();
    ctx.fd_seek(memory, SeekFrom::Start(2)).unwrap();
    let gone = ctx.path_open(5, "gone", &all).unwrap();
    world.write(gone, "no name").unwrap();
    ctx.path_unlink_file(5, "gone").unwrap();
    ctx.path_open(6, "a", &folder).unwrap();
    {
        let mut state = ctx.lock();
        let all = crate::ALL_RIGHTS;
        let dev = state
            .fs
            .open_dir_all(VIRTUAL_ROOT_FD, "dev".into(), all, all, 0)
            .unwrap();
        for base in [dev, 4, 5] {
            let file = Told::with("gadget");
            state
                .fs
                .open_file_at(base, file, Fd::READ, "gadget".into(), all, 0, 0)
                .unwrap();
        }
        // Another descriptor of the same opening.
        let inode = state.fs.get_fd(memory).unwrap().inode;
        state.fs.create_fd(all, 0, 0, 0, inode).unwrap();
    }
    ctx.fd_close(2).unwrap();
    world
}

fn thawed(bytes: &[u8], world: &World) -> Option<Mutex<WasiState>> {
    let inside = world.host(".");
    let state = WasiState::unfreeze_with(bytes, |_, _| Some(inside.clone()))?;
    Some(Mutex::new(state))
}

#[test]
fn everything_is_there_again() {
    let world = rich();
    let bytes = world.ctx().lock().freeze().unwrap();
    let before = world.ctx().lock().fs.fd_map();
    let state = Mutex::new(WasiState::unfreeze(&bytes).unwrap());
    let ctx = Ctx::new(&state);
    assert_eq!(ctx.lock().fs.fd_map(), before);
    assert_eq!(ctx.lock().args, [&b"test"[..], b"--flag"]);
    assert_eq!(ctx.lock().envs, [b"LANG=C"]);
    let read = |fd| {
        let mut buf = [0; 20];
        let count = ctx.reader(fd).unwrap().read_once(&mut buf, None).unwrap();
        String::from_utf8(buf[..count].to_vec()).unwrap()
    };
    let open = |path| ctx.path_open(VIRTUAL_ROOT_FD, path, &how(OFlags::empty(), Rights::all()));
    assert_eq!(read(0), "input");
    assert_eq!(read(7), "the host");
    assert_eq!(read(9), " memory");
    assert_eq!(ctx.fd_filestat_get(10).unwrap().st_nlink, 0);
    ctx.fd_seek(10, SeekFrom::Start(0)).unwrap();
    assert_eq!(read(10), "no name");
    for path in ["memory/same", "again/link/file"] {
        assert_eq!(read(open(path).unwrap()), "in memory", "{path}");
    }
    for path in ["dev/gadget", "host/gadget", "memory/gadget"] {
        assert_eq!(read(open(path).unwrap()), "gadget", "{path}");
    }
    // The twin shares its position with the other one.
    let twin = *before.keys().last().unwrap();
    assert_eq!(ctx.fd_seek(twin, SeekFrom::Current(0)), Ok(9));
    let fs = ctx.lock().fs.memory_fs("memory").unwrap().clone();
    assert!(fs.is_same(ctx.lock().fs.memory_fs("again").unwrap()));
    assert_eq!(fs.limits().bytes, 4000);
    // It is not the old one.
    fs.write("new", "").unwrap();
    assert!(
        !world
            .ctx()
            .lock()
            .fs
            .memory_fs("memory")
            .unwrap()
            .exists("new")
    );
}

#[test]
fn what_is_frozen_again_is_the_same() {
    let world = rich();
    let bytes = world.ctx().lock().freeze().unwrap();
    let again = WasiState::unfreeze(&bytes).unwrap();
    assert_eq!(again.freeze().unwrap(), bytes);
    // Positions in listings stay, too: what a guest keeps in its memory is still good.
    let state = Mutex::new(again);
    let first = |ctx: Ctx<'_>| {
        let all: Vec<_> = ctx.fd_readdir(5, 0).unwrap().map(Result::unwrap).collect();
        all[3].head.d_next
    };
    assert_eq!(first(world.ctx()), first(Ctx::new(&state)));
}

#[test]
fn what_cannot_be_found_again_is_not_frozen() {
    let world = World::new();
    let fd = world.create("file", "text");
    assert!(world.ctx().lock().freeze().is_some());
    world.ctx().path_rename(DIR, "file", DIR, "moved").unwrap();
    assert!(
        world.ctx().lock().freeze().is_some(),
        "it is found where it is now"
    );
    world.ctx().path_unlink_file(DIR, "moved").unwrap();
    assert!(world.ctx().lock().freeze().is_none());
    world.create("moved", "another");
    assert!(
        world.ctx().lock().freeze().is_none(),
        "another file is not it"
    );
    world.ctx().fd_close(fd).unwrap();
    let bytes = world.ctx().lock().freeze().unwrap();
    std::fs::remove_file(world.host("moved")).unwrap();
    assert!(WasiState::unfreeze(&bytes).is_none());
}

#[test]
fn folders_of_the_host_are_the_host_programs_to_choose() {
    let world = rich();
    let bytes = world.ctx().lock().freeze().unwrap();
    assert!(WasiState::unfreeze_with(&bytes, |_, _| None).is_none());
    let mut asked = Vec::new();
    let other = World::new();
    other.write_host("file", "elsewhere");
    std::fs::create_dir(other.host("sub")).unwrap();
    let state = WasiState::unfreeze_with(&bytes, |alias, path| {
        asked.push((alias.to_owned(), path.to_owned()));
        Some(other.host("."))
    });
    let inside = world.host(".").canonicalize().unwrap();
    assert_eq!(asked, [("host".to_owned(), inside)]);
    let state = Mutex::new(state.unwrap());
    let mut buf = [0; 20];
    assert_eq!(
        Ctx::new(&state)
            .reader(7)
            .unwrap()
            .read_once(&mut buf, None),
        Ok(6)
    );
    assert_eq!(&buf[..6], b"ewhere");
    assert!(WasiState::unfreeze_with(&bytes, |_, _| Some("/no/such".into())).is_none());
}

#[test]
fn damage_is_found() {
    let world = rich();
    let bytes = world.ctx().lock().freeze().unwrap();
    for len in 0..bytes.len() {
        assert!(WasiState::unfreeze(&bytes[..len]).is_none(), "{len}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(WasiState::unfreeze(&changed).is_none(), "{at}");
    }
    assert!(WasiState::unfreeze(&[bytes, vec![0]].concat()).is_none());
}

fn is_own_stream(found: InodeVal<'_>) -> bool {
    matches!(found.kind, Kind::File { handle: Some(file) } if HostStream::of(&**file).is_some())
}

/// Uses a state in every way, as far as it lets itself be used.
fn exercise(state: &Mutex<WasiState>) {
    let ctx = Ctx::new(state);
    // The process's own streams, which a change can name, would make the test wait.
    for fd in 0..3 {
        drop(ctx.lock().fs.swap_file(fd, Box::new(Pipe::new())));
    }
    let fds: Vec<_> = ctx.lock().fs.fd_map().into_keys().collect();
    for fd in fds {
        if ctx.lock().fs.get_inodeval_mut(fd).is_ok_and(is_own_stream) {
            continue;
        }
        let _ = ctx.fd_filestat_get(fd);
        let _ = ctx.fd_seek(fd, SeekFrom::End(0));
        let _ = ctx
            .writer(fd)
            .map(|file| file.write_once(b"some bytes", None));
        let _ = ctx
            .reader(fd)
            .map(|file| file.read_once(&mut [0; 10], None));
        let _ = ctx.fd_readdir(fd, 0).map(|all| all.take(100).count());
        for path in ["x", "a/b/file", "memory/a", "link", "gadget", "../x"] {
            let _ = ctx.path_open(fd, path, &how(OFlags::CREAT, Rights::all()));
            let _ = ctx.path_rename(fd, path, fd, "y");
            let _ = ctx.path_unlink_file(fd, path);
            let _ = ctx.path_create_directory(fd, path);
            let _ = ctx.path_remove_directory(fd, path);
        }
    }
    let memory = ctx.lock().fs.memory_fs("memory").cloned();
    if let Some(fs) = memory {
        for entry in fs.list("/").unwrap() {
            let _ = fs.remove_file(&entry.name);
            let _ = fs.remove_dir_all(&entry.name);
        }
    }
    let _ = ctx.lock().freeze();
    let fds: Vec<_> = ctx.lock().fs.fd_map().into_keys().collect();
    for fd in fds {
        let _ = ctx.fd_close(fd);
    }
}

/// Puts the right sum over bytes that were changed.
fn forge(bytes: &mut [u8]) {
    let sum = xxh3_64(&bytes[16..]);
    bytes[8..16].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn forged_bytes_do_no_harm() {
    let world = rich();
    let bytes = world.ctx().lock().freeze().unwrap();
    let mut usable = 0;
    for at in (16..bytes.len()).step_by(3) {
        for change in [1_u8 << (at % 8), bytes[at]] {
            let mut forged = bytes.clone();
            forged[at] ^= change;
            forge(&mut forged);
            if let Some(state) = thawed(&forged, &world) {
                usable += 1;
                exercise(&state);
                drop(state);
                // What was done to the folder is undone, or the next one finds nothing there.
                std::fs::create_dir_all(world.host("sub")).unwrap();
                world.write_host("file", "of the host");
            }
        }
    }
    assert!(
        usable > 30,
        "changes reach what comes after the parts are checked: {usable}"
    );
}

#[test]
fn forged_and_cut_bytes_do_no_harm() {
    let world = rich();
    let bytes = world.ctx().lock().freeze().unwrap();
    let mut seed = 1_u64;
    for _ in 0..500 {
        let mut below = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % end
        };
        let mut forged = bytes.clone();
        for _ in 0..=below(4) {
            let (from, to) = (16 + below(bytes.len() - 16), 16 + below(bytes.len() - 16));
            let len = below(12).min(bytes.len() - from.max(to));
            match below(3) {
                0 => forged.copy_within(from..from + len, to),
                1 => forged[to..to + len].fill(0xff),
                _ => forged[to] = below(256) as u8,
            }
        }
        if below(4) == 0 {
            forged.truncate(17 + below(bytes.len() - 17));
        }
        forge(&mut forged);
        if let Some(state) = thawed(&forged, &world) {
            exercise(&state);
            std::fs::create_dir_all(world.host("sub")).unwrap();
            world.write_host("file", "of the host");
        }
    }
}

#[test]
fn lengths_that_are_not_there_cost_nothing() {
    // A list of as many arguments as a number can say.
    let mut bytes = b"wasistt1\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    forge(&mut bytes);
    assert!(WasiState::unfreeze(&bytes).is_none());
    bytes.extend([0xff; 30]);
    forge(&mut bytes);
    assert!(WasiState::unfreeze(&bytes).is_none());
}

#[test]
fn a_file_system_in_memory_is_data() {
    let fs = MemoryFs::new();
    fs.create_dir_all("a/b").unwrap();
    fs.write("a/file", "text").unwrap();
    let bytes = postcard::to_allocvec(&fs).unwrap();
    let again: MemoryFs = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(again.read("a/file").unwrap(), b"text");
    assert_eq!(
        (again.used_bytes(), again.used_files()),
        (fs.used_bytes(), fs.used_files())
    );
    assert_eq!(again.metadata("a").unwrap().links, 3);
    let mut pipe = Pipe::bounded(3);
    pipe.write_all(b"abc").unwrap();
    let bytes = postcard::to_allocvec(&pipe).unwrap();
    let mut again: Pipe = postcard::from_bytes(&bytes).unwrap();
    assert!(again.write(b"d").is_err());
    let mut text = String::new();
    again.read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
}
