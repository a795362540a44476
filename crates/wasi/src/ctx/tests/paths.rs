//! Opening, creating, renaming, linking and removing through paths, and the error numbers that programs rely on.

use super::*;
use crate::sys::NewTime;
use std::time::Duration;

const NONE: OFlags = OFlags::empty();

#[test]
fn files_are_created_read_and_truncated() {
    let world = World::new();
    let fd = world.create("file", "hello");
    assert!(fd > DIR);
    assert_eq!(world.read_host("file"), "hello");
    world.ctx().fd_close(fd).unwrap();

    let fd = world.open("file", NONE, Rights::FD_READ).unwrap();
    assert_eq!(world.read(fd, 100).unwrap(), b"hello");
    assert_eq!(world.read(fd, 100).unwrap(), b"");
    assert_eq!(world.write(fd, "x"), Err(Errno::BADF));

    world.open("file", OFlags::TRUNC, Rights::FD_WRITE).unwrap();
    assert_eq!(world.read_host("file"), "");
    // Cutting needs no right on the descriptor that comes of it.
    world.write_host("file", "again");
    world.open("file", OFlags::TRUNC, Rights::empty()).unwrap();
    assert_eq!(world.read_host("file"), "");
}

#[test]
fn opening_fails_as_programs_expect() {
    let world = World::new();
    world.write_host("file", "f");
    std::fs::create_dir(world.host("sub")).unwrap();
    let read = Rights::FD_READ;
    assert_eq!(world.open("missing", NONE, read), Err(Errno::NOENT));
    assert_eq!(world.open("", NONE, read), Err(Errno::NOENT));
    assert_eq!(world.open("file/", NONE, read), Err(Errno::NOTDIR));
    assert_eq!(world.open("file/x", NONE, read), Err(Errno::NOTDIR));
    assert_eq!(
        world.open("file", OFlags::DIRECTORY, read),
        Err(Errno::NOTDIR)
    );
    assert_eq!(
        world.open("file", OFlags::CREAT | OFlags::EXCL, read),
        Err(Errno::EXIST)
    );
    assert_eq!(
        world.open("sub", NONE, read | Rights::FD_WRITE),
        Err(Errno::ISDIR)
    );
    assert_eq!(
        world.open("sub", OFlags::DIRECTORY, read | Rights::FD_WRITE),
        Err(Errno::ISDIR)
    );
    assert_eq!(
        world.open("new", OFlags::DIRECTORY | OFlags::CREAT, read),
        Err(Errno::INVAL)
    );
    assert_eq!(
        world.open(&"x".repeat(300), NONE, read),
        Err(Errno::NAMETOOLONG)
    );
    let file = world.open("file", NONE, read).unwrap();
    assert_eq!(
        world.ctx().path_open(file, "x", &how(NONE, read)),
        Err(Errno::NOTDIR)
    );
    assert_eq!(
        world.ctx().path_open(99, "x", &how(NONE, read)),
        Err(Errno::BADF)
    );
    assert_eq!(
        world.ctx().path_open(0, "x", &how(NONE, read)),
        Err(Errno::NOTDIR)
    );
}

#[test]
fn a_last_link_is_followed_only_when_asked() {
    let world = World::new();
    world.write_host("file", "f");
    let ctx = world.ctx();
    ctx.path_symlink("file", DIR, "link").unwrap();
    ctx.path_symlink("loop", DIR, "loop").unwrap();
    let mut not_followed = how(NONE, Rights::FD_READ);
    not_followed.follow = false;
    assert_eq!(ctx.path_open(DIR, "link", &not_followed), Err(Errno::LOOP));
    let fd = world.open("link", NONE, Rights::FD_READ).unwrap();
    assert_eq!(world.read(fd, 10).unwrap(), b"f");
    assert_eq!(world.open("loop", NONE, Rights::FD_READ), Err(Errno::LOOP));
    let kind = |follow, path| {
        ctx.path_filestat_get(DIR, follow, path)
            .map(|stat| stat.st_filetype)
    };
    assert_eq!(kind(false, "link"), Ok(__WASI_FILETYPE_SYMBOLIC_LINK));
    assert_eq!(kind(true, "link"), Ok(__WASI_FILETYPE_REGULAR_FILE));
    assert_eq!(kind(false, "loop"), Ok(__WASI_FILETYPE_SYMBOLIC_LINK));
    assert_eq!(kind(true, "loop"), Err(Errno::LOOP));
    assert_eq!(ctx.path_readlink(DIR, "link").unwrap(), b"file");
    assert_eq!(ctx.path_readlink(DIR, "file"), Err(Errno::INVAL));
}

#[test]
fn directories_are_made_and_removed() {
    let world = World::new();
    let ctx = world.ctx();
    ctx.path_create_directory(DIR, "sub").unwrap();
    assert_eq!(ctx.path_create_directory(DIR, "sub"), Err(Errno::EXIST));
    assert_eq!(ctx.path_create_directory(DIR, "no/sub"), Err(Errno::NOENT));
    ctx.path_create_directory(DIR, "sub/deeper/").unwrap();
    assert_eq!(ctx.path_remove_directory(DIR, "sub"), Err(Errno::NOTEMPTY));
    assert_eq!(ctx.path_unlink_file(DIR, "sub"), Err(Errno::ISDIR));
    ctx.path_remove_directory(DIR, "sub/deeper").unwrap();
    ctx.path_remove_directory(DIR, "sub/").unwrap();
    assert_eq!(ctx.path_remove_directory(DIR, "sub"), Err(Errno::NOENT));
    world.write_host("file", "f");
    assert_eq!(ctx.path_remove_directory(DIR, "file"), Err(Errno::NOTDIR));
    assert_eq!(ctx.path_unlink_file(DIR, "file/"), Err(Errno::NOTDIR));
    ctx.path_unlink_file(DIR, "file").unwrap();
    assert_eq!(ctx.path_unlink_file(DIR, "file"), Err(Errno::NOENT));
}

#[test]
fn renaming_follows_posix() {
    let world = World::new();
    let ctx = world.ctx();
    let rename = |from: &str, to: &str| ctx.path_rename(DIR, from, DIR, to);
    world.write_host("a", "a");
    world.write_host("b", "b");
    rename("a", "b").unwrap();
    assert_eq!(world.read_host("b"), "a");
    assert_eq!(rename("a", "c"), Err(Errno::NOENT));
    ctx.path_create_directory(DIR, "full").unwrap();
    world.write_host("full/x", "x");
    ctx.path_create_directory(DIR, "empty").unwrap();
    assert_eq!(rename("b", "empty"), Err(Errno::ISDIR));
    assert_eq!(rename("empty", "full"), Err(Errno::NOTEMPTY));
    assert_eq!(rename("empty", "full/x"), Err(Errno::NOTDIR));
    rename("full", "empty").unwrap();
    assert_eq!(world.read_host("empty/x"), "x");
    // Across descriptors.
    let sub = world
        .open("empty", OFlags::DIRECTORY, Rights::OF_DIRECTORIES)
        .unwrap();
    ctx.path_rename(sub, "x", DIR, "y").unwrap();
    assert_eq!(world.read_host("y"), "x");
}

#[test]
fn slashes_at_the_end_mean_directories() {
    let world = World::new();
    let ctx = world.ctx();
    let rename = |from: &str, to: &str| ctx.path_rename(DIR, from, DIR, to);
    ctx.path_create_directory(DIR, "sub").unwrap();
    rename("sub/", "moved").unwrap();
    rename("moved", "sub/").unwrap();
    rename("sub/", "moved/").unwrap();
    assert_eq!(ctx.path_unlink_file(DIR, "moved/"), Err(Errno::ISDIR));
    ctx.path_symlink("moved", DIR, "link").unwrap();
    assert_eq!(ctx.path_remove_directory(DIR, "link/"), Err(Errno::NOTDIR));
    assert_eq!(ctx.path_symlink("moved", DIR, "moved/"), Err(Errno::EXIST));
    ctx.path_remove_directory(DIR, "moved//").unwrap();
    world.write_host("file", "f");
    assert_eq!(ctx.path_remove_directory(DIR, "file/"), Err(Errno::NOTDIR));
    assert_eq!(ctx.path_remove_directory(DIR, "."), Err(Errno::INVAL));
    assert_eq!(rename("file/", "other"), Err(Errno::NOTDIR));
    assert_eq!(rename("file", "other/"), Err(Errno::NOTDIR));
    assert_eq!(ctx.path_symlink("x", DIR, "new/"), Err(Errno::NOENT));
    for follow in [true, false] {
        let stat = ctx.path_filestat_get(DIR, follow, "file/");
        assert_eq!(stat, Err(Errno::NOTDIR));
    }
    assert_eq!(
        world.open("new/", OFlags::CREAT, Rights::FD_WRITE),
        Err(Errno::ISDIR)
    );
}

#[test]
fn hard_links_are_second_names() {
    let world = World::new();
    let ctx = world.ctx();
    world.write_host("file", "f");
    let link = |from: &str, to: &str| ctx.path_link(DIR, false, from, DIR, to);
    link("file", "link").unwrap();
    assert_eq!(
        ctx.path_filestat_get(DIR, false, "link").unwrap().st_nlink,
        2
    );
    assert_eq!(link("file", "link"), Err(Errno::EXIST));
    assert_eq!(link("file", "file"), Err(Errno::EXIST));
    assert_eq!(link("file", "other/"), Err(Errno::NOENT));
    ctx.path_create_directory(DIR, "sub").unwrap();
    assert_eq!(link("sub", "dirlink"), Err(Errno::PERM));
    ctx.path_symlink("nowhere", DIR, "dangling").unwrap();
    link("dangling", "copy").unwrap();
    assert_eq!(ctx.path_readlink(DIR, "copy").unwrap(), b"nowhere");
    assert_eq!(
        ctx.path_link(DIR, true, "dangling", DIR, "copy2"),
        Err(Errno::INVAL)
    );
}

#[test]
fn times_are_set_exactly() {
    let world = World::new();
    let ctx = world.ctx();
    let fd = world.create("file", "f");
    let at = |nanos| NewTime::At(Duration::from_nanos(nanos));
    let times = || {
        let stat = ctx.path_filestat_get(DIR, true, "file").unwrap();
        (stat.st_atim, stat.st_mtim)
    };
    ctx.path_filestat_set_times(DIR, true, "file", at(1_000_000_007), at(2_000_000_009))
        .unwrap();
    assert_eq!(times(), (1_000_000_007, 2_000_000_009));
    ctx.fd_filestat_set_times(fd, NewTime::Keep, at(3)).unwrap();
    assert_eq!(times(), (1_000_000_007, 3));
    ctx.path_filestat_set_times(DIR, false, "file", NewTime::Now, NewTime::Keep)
        .unwrap();
    assert!(times().0 > 1_600_000_000_000_000_000);
    assert_eq!(times().1, 3);
    ctx.fd_filestat_set_times(DIR, at(5), at(6)).unwrap();
    let stat = ctx.fd_filestat_get(DIR).unwrap();
    assert_eq!(
        (stat.st_atim, stat.st_mtim, stat.st_filetype),
        (5, 6, __WASI_FILETYPE_DIRECTORY)
    );
    let both = FstFlags::MTIM | FstFlags::MTIM_NOW;
    assert_eq!(new_times(1, 2, both), Err(Errno::INVAL));
    assert_eq!(new_times(1, 2, FstFlags::ATIM), Ok((at(1), NewTime::Keep)));
}

#[test]
fn what_the_host_does_not_permit_is_refused() {
    let world = World::with(|builder, inside| {
        std::fs::write(inside.join("file"), "f").unwrap();
        builder
            .preopen(|dir| dir.directory(&inside).alias("dir").read(true))
            .unwrap();
    });
    let ctx = world.ctx();
    let fd = world
        .open("file", NONE, Rights::OF_FILES - Rights::FD_WRITE)
        .unwrap();
    assert_eq!(world.read(fd, 10).unwrap(), b"f");
    assert_eq!(world.write(fd, "x"), Err(Errno::BADF));
    assert_eq!(ctx.fd_filestat_set_size(fd, 0), Err(Errno::ACCES));
    assert_eq!(ctx.fd_allocate(fd, 0, 10), Err(Errno::ACCES));
    assert_eq!(
        ctx.fd_filestat_set_times(fd, NewTime::Now, NewTime::Now),
        Err(Errno::ACCES)
    );
    assert_eq!(
        world.open("file", NONE, Rights::FD_WRITE),
        Err(Errno::ACCES)
    );
    assert_eq!(
        world.open("file", OFlags::TRUNC, Rights::FD_READ),
        Err(Errno::ACCES)
    );
    assert_eq!(
        world.open("new", OFlags::CREAT, Rights::FD_READ),
        Err(Errno::ACCES)
    );
    assert_eq!(ctx.path_unlink_file(DIR, "file"), Err(Errno::ACCES));
    assert_eq!(ctx.path_create_directory(DIR, "sub"), Err(Errno::ACCES));
    assert_eq!(ctx.path_remove_directory(DIR, "sub"), Err(Errno::ACCES));
    assert_eq!(
        ctx.path_rename(DIR, "file", DIR, "other"),
        Err(Errno::ACCES)
    );
    assert_eq!(
        ctx.path_link(DIR, false, "file", DIR, "other"),
        Err(Errno::ACCES)
    );
    assert_eq!(ctx.path_symlink("file", DIR, "link"), Err(Errno::ACCES));
    let now = NewTime::Now;
    assert_eq!(
        ctx.path_filestat_set_times(DIR, true, "file", now, now),
        Err(Errno::ACCES)
    );
    // Neither through a descriptor opened below, nor through the root.
    let again = world
        .open(".", OFlags::DIRECTORY, Rights::all() - Rights::FD_WRITE)
        .unwrap();
    assert_eq!(ctx.path_unlink_file(again, "file"), Err(Errno::ACCES));
    assert_eq!(ctx.path_unlink_file(3, "dir/file"), Err(Errno::ACCES));
    assert_eq!(
        ctx.path_open(3, "dir/file", &how(NONE, Rights::FD_WRITE)),
        Err(Errno::ACCES)
    );
    assert_eq!(world.read_host("file"), "f");
}

#[test]
fn what_the_guest_gave_up_is_gone() {
    let world = World::new();
    world.write_host("file", "f");
    let ctx = world.ctx();
    let rights = Rights::OF_DIRECTORIES - Rights::PATH_FILESTAT_SET_SIZE - Rights::PATH_UNLINK_FILE;
    ctx.fd_fdstat_set_rights(DIR, rights, Rights::OF_ANYTHING - Rights::FD_WRITE)
        .unwrap();
    assert_eq!(
        ctx.fd_fdstat_get(DIR).unwrap().fs_rights_base,
        rights.bits()
    );
    assert_eq!(
        world.open("file", OFlags::TRUNC, Rights::FD_READ),
        Err(Errno::NOTCAPABLE)
    );
    assert_eq!(
        world.open("file", NONE, Rights::FD_WRITE),
        Err(Errno::NOTCAPABLE)
    );
    assert_eq!(ctx.path_unlink_file(DIR, "file"), Err(Errno::NOTCAPABLE));
    assert_eq!(
        ctx.fd_fdstat_set_rights(DIR, Rights::OF_DIRECTORIES, Rights::empty()),
        Err(Errno::NOTCAPABLE)
    );
    // A directory opened with nothing passes nothing on.
    let mut poor = how(OFlags::DIRECTORY, Rights::PATH_OPEN);
    poor.inheriting = Rights::empty();
    let fd = ctx.path_open(DIR, ".", &poor).unwrap();
    assert_eq!(
        ctx.path_open(fd, "file", &how(NONE, Rights::FD_READ)),
        Err(Errno::NOTCAPABLE)
    );
    assert_eq!(ctx.fd_readdir(fd, 0).map(drop), Err(Errno::NOTCAPABLE));
    let sub = ctx
        .path_open(fd, "file", &how(NONE, Rights::FD_TELL))
        .unwrap();
    assert_eq!(ctx.fd_fdstat_get(sub).unwrap().fs_rights_base, 0);
}
