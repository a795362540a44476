//! The virtual root: preopened directories under their names, seen from descriptor 3.

use super::*;

const ROOT: __wasi_fd_t = 3;

fn names(world: &World, fd: __wasi_fd_t) -> Vec<String> {
    let entries = world.ctx().fd_readdir(fd, 0).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| String::from_utf8(entry.unwrap().name).unwrap())
        .collect();
    names.sort();
    names
}

fn read(world: &World, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = world
        .ctx()
        .path_open(ROOT, path, &how(OFlags::empty(), Rights::FD_READ))?;
    world.read(fd, 100)
}

/// `a`, `b/c` and `b/c/d` preopened, each with a file `name` that says which it is.
fn three() -> World {
    World::with(|builder, inside| {
        for (alias, host) in [("a", "one"), ("/b/c", "two"), ("b/c/./d", "three")] {
            let dir = inside.join(host);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("name"), host).unwrap();
            builder.map_dir(alias, dir).unwrap();
        }
    })
}

#[test]
fn the_root_holds_what_was_opened_in_advance() {
    let world = three();
    assert_eq!(names(&world, ROOT), [".", "..", "/a", "/b"]);
    let b = world.ctx().path_open(
        ROOT,
        "b",
        &how(OFlags::DIRECTORY, Rights::all() - Rights::FD_WRITE),
    );
    let b = b.unwrap();
    assert_eq!(names(&world, b), [".", "..", "c"]);
    let c = world
        .ctx()
        .path_open(b, "./c/", &how(OFlags::DIRECTORY, Rights::OF_DIRECTORIES))
        .unwrap();
    assert_eq!(names(&world, c), [".", "..", "name"]);
    let stat = world.ctx().path_filestat_get(ROOT, true, "b").unwrap();
    assert_eq!(stat.st_filetype, __WASI_FILETYPE_DIRECTORY);
    assert_eq!(
        world
            .ctx()
            .path_filestat_get(ROOT, true, "a")
            .unwrap()
            .st_filetype,
        __WASI_FILETYPE_DIRECTORY
    );
}

#[test]
fn paths_lead_through_the_root_into_every_directory() {
    let world = three();
    assert_eq!(read(&world, "a/name").unwrap(), b"one");
    assert_eq!(read(&world, "b/c/name").unwrap(), b"two");
    assert_eq!(read(&world, ".//b/./c//d/name").unwrap(), b"three");
    assert_eq!(read(&world, "a/../b/c/name").unwrap(), b"two");
    assert_eq!(read(&world, "b/c/d/../name").unwrap(), b"two");
    for path in ["x", "b/x", "b/name", "a/x"] {
        assert_eq!(read(&world, path), Err(Errno::NOENT), "{path}");
    }
    for path in [
        "../x",
        "a/../../x",
        "a/name/../../../x",
        "a/./x/../../..",
        "/a/name",
        "/",
    ] {
        let error = read(&world, path).unwrap_err();
        assert!(
            [Errno::PERM, Errno::NOENT, Errno::NOTDIR].contains(&error),
            "{path}: {error:?}"
        );
    }
    assert_eq!(read(&world, ".."), Err(Errno::ISDIR));
    assert_eq!(read(&world, ""), Err(Errno::NOENT));
}

#[test]
fn paths_lead_from_one_directory_to_another_through_the_root() {
    let world = three();
    let ctx = world.ctx();
    let open = |fd, path| ctx.path_open(fd, path, &how(OFlags::empty(), Rights::FD_READ));
    for path in ["../b/c/name", "..//./b/../../b/c/./name"] {
        let fd = open(DIR, path).unwrap();
        assert_eq!(world.read(fd, 10).unwrap(), b"two", "{path}");
    }
    for path in ["..", "../", "../../..", "../b/../a/../.."] {
        let root = how(OFlags::DIRECTORY, Rights::OF_DIRECTORIES);
        let root = ctx.path_open(DIR, path, &root).unwrap();
        assert_eq!(names(&world, root), [".", "..", "/a", "/b"], "{path}");
    }
    for path in [
        "../x",
        "../b/x/../..",
        "x/../../b/c/name",
        "../../etc/passwd",
    ] {
        let error = open(DIR, path).unwrap_err();
        assert!(
            [Errno::PERM, Errno::NOENT].contains(&error),
            "{path}: {error:?}"
        );
    }
    // Only the preopened directory's own descriptor leads there.
    let again = how(OFlags::DIRECTORY, Rights::OF_DIRECTORIES);
    let again = ctx.path_open(DIR, ".", &again).unwrap();
    assert_eq!(open(again, "../b/c/name"), Err(Errno::PERM));
}

#[test]
fn symbolic_links_lead_from_one_directory_to_another() {
    use std::os::unix::fs::symlink;
    let world = three();
    let ctx = world.ctx();
    let at = |name: &str| world.host("one").join(name);
    symlink("../b/c", at("over")).unwrap();
    symlink("over/name", at("there")).unwrap();
    symlink("../b/c/new", at("new")).unwrap();
    symlink("../b/c/back", at("around")).unwrap();
    symlink("../../a/around", world.host("two/back")).unwrap();
    symlink("../../etc/passwd", at("out")).unwrap();
    symlink("..", at("up")).unwrap();
    symlink("/etc/passwd", at("absolute")).unwrap();
    for path in [
        "a/over/name",
        "a/there",
        "a/over/../c/./name",
        "a/over/d/../name",
    ] {
        assert_eq!(read(&world, path).unwrap(), b"two", "{path}");
        let stat = ctx.path_filestat_get(ROOT, true, path).unwrap();
        assert_eq!(stat.st_size, 3, "{path}");
    }
    let stat = ctx.path_filestat_get(ROOT, true, "a/over/").unwrap();
    assert_eq!(stat.st_filetype, __WASI_FILETYPE_DIRECTORY);
    let open = |fd, path, oflags| ctx.path_open(fd, path, &how(oflags, Rights::FD_READ));
    let none = OFlags::empty();
    assert_eq!(
        world.read(open(DIR, "there", none).unwrap(), 10).unwrap(),
        b"two"
    );
    open(DIR, "new", OFlags::CREAT).unwrap();
    assert_eq!(world.read_host("two/new"), "");
    assert_eq!(open(DIR, "around", none), Err(Errno::LOOP));
    for path in ["out", "up", "up/x", "absolute", "up/../etc/passwd"] {
        assert_eq!(open(DIR, path, none), Err(Errno::PERM), "{path}");
    }
    // Not from a descriptor that the guest has opened itself.
    let again = how(OFlags::DIRECTORY, Rights::OF_DIRECTORIES);
    let again = ctx.path_open(DIR, ".", &again).unwrap();
    assert_eq!(open(again, "there", none), Err(Errno::PERM));
}

#[test]
fn files_move_between_directories_through_the_root() {
    let world = three();
    let ctx = world.ctx();
    ctx.path_rename(ROOT, "a/name", ROOT, "b/c/moved").unwrap();
    assert_eq!(read(&world, "b/c/moved").unwrap(), b"one");
    let fd = ctx
        .path_open(ROOT, "a/new", &how(OFlags::CREAT, Rights::FD_WRITE))
        .unwrap();
    world.write(fd, "new").unwrap();
    assert_eq!(world.read_host("one/new"), "new");
}

#[test]
fn the_root_itself_does_not_change() {
    let world = three();
    let ctx = world.ctx();
    assert_eq!(ctx.path_create_directory(ROOT, "b"), Err(Errno::EXIST));
    assert_eq!(ctx.path_create_directory(ROOT, "new"), Err(Errno::NOENT));
    assert_eq!(ctx.path_remove_directory(ROOT, "b"), Err(Errno::BUSY));
    assert_eq!(ctx.path_unlink_file(ROOT, "b"), Err(Errno::ISDIR));
    assert_eq!(ctx.path_rename(ROOT, "b", ROOT, "a/b"), Err(Errno::BUSY));
    assert_eq!(ctx.path_symlink("x", ROOT, "b"), Err(Errno::EXIST));
    assert_eq!(ctx.path_readlink(ROOT, "b"), Err(Errno::INVAL));
    assert_eq!(
        ctx.path_link(ROOT, false, "b", ROOT, "a/x"),
        Err(Errno::PERM)
    );
    let open = |oflags, rights| ctx.path_open(ROOT, "b", &how(oflags, rights));
    assert_eq!(open(OFlags::CREAT, Rights::FD_READ), Err(Errno::ISDIR));
    assert_eq!(open(OFlags::empty(), Rights::FD_WRITE), Err(Errno::ISDIR));
    assert_eq!(
        open(OFlags::CREAT | OFlags::EXCL, Rights::FD_READ),
        Err(Errno::EXIST)
    );
    let file = ctx.path_open(ROOT, "new", &how(OFlags::CREAT, Rights::FD_WRITE));
    assert_eq!(file, Err(Errno::NOENT));
}

#[test]
fn a_directory_opened_as_the_root_is_the_root() {
    for alias in ["/", ".", "", "./"] {
        let world = World::with(|builder, inside| {
            std::fs::create_dir(inside.join("sub")).unwrap();
            std::fs::write(inside.join("sub/file"), "file").unwrap();
            let other = inside.join("other");
            std::fs::create_dir(&other).unwrap();
            std::fs::write(other.join("x"), "x").unwrap();
            builder.map_dir(alias, inside).unwrap();
            builder.map_dir("deep/mount", other).unwrap();
        });
        assert_eq!(
            names(&world, ROOT),
            [".", "..", "other", "sub"],
            "{alias:?}"
        );
        assert_eq!(read(&world, "sub/file").unwrap(), b"file");
        assert_eq!(read(&world, "deep/mount/x").unwrap(), b"x");
        assert_eq!(read(&world, "deep/y"), Err(Errno::NOENT));
        assert_eq!(read(&world, "../secret"), Err(Errno::PERM));
        let stat = |path| world.ctx().path_filestat_get(ROOT, true, path);
        assert_ne!(stat(".").unwrap().st_ino, 0);
        assert_eq!(world.ctx().fd_filestat_get(ROOT), stat("."));
        assert_eq!(world.ctx().fd_sync(ROOT, false), Ok(()));
        world.ctx().path_create_directory(ROOT, "new").unwrap();
        assert!(world.host("new").is_dir());
    }
}

#[test]
fn the_first_of_two_roots_counts() {
    let world = World::with(|builder, inside| {
        for (alias, host) in [(".", "one"), ("/", "two")] {
            let dir = inside.join(host);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("name"), host).unwrap();
            builder.map_dir(alias, dir).unwrap();
        }
    });
    assert_eq!(read(&world, "name").unwrap(), b"one");
    let fd = world
        .ctx()
        .path_open(5, "name", &how(OFlags::empty(), Rights::FD_READ))
        .unwrap();
    assert_eq!(world.read(fd, 10).unwrap(), b"two");
}

#[test]
fn a_name_above_the_root_is_reached_by_its_descriptor_only() {
    let world = World::with(|builder, inside| {
        std::fs::write(inside.join("file"), "file").unwrap();
        builder.map_dir("../up", inside).unwrap();
    });
    assert_eq!(names(&world, ROOT), [".", ".."]);
    assert_eq!(read(&world, "../up/file"), Err(Errno::NOENT));
    let fd = world
        .open("file", OFlags::empty(), Rights::FD_READ)
        .unwrap();
    assert_eq!(world.read(fd, 10).unwrap(), b"file");
}
