//! A path can never leave its preopened directory, however it is written and whatever symbolic links the host has there.

use std::os::unix::fs::symlink;

use super::*;

/// Every function that takes a path, applied to one; each must fail.
fn try_everything(world: &World, path: &str) -> Vec<(&'static str, Errno)> {
    let ctx = world.ctx();
    let open = |oflags, rights| ctx.path_open(DIR, path, &how(oflags, rights)).map(drop);
    let times = (crate::sys::NewTime::Now, crate::sys::NewTime::Now);
    world.write_host("source", "s");
    let results = [
        ("open", open(OFlags::empty(), Rights::FD_READ)),
        ("open to write", open(OFlags::empty(), Rights::FD_WRITE)),
        ("create", open(OFlags::CREAT, Rights::FD_WRITE)),
        (
            "create new",
            open(OFlags::CREAT | OFlags::EXCL, Rights::FD_WRITE),
        ),
        ("truncate", open(OFlags::TRUNC, Rights::FD_WRITE)),
        (
            "open directory",
            open(OFlags::DIRECTORY, Rights::FD_READDIR),
        ),
        ("filestat", ctx.path_filestat_get(DIR, true, path).map(drop)),
        (
            "set times",
            ctx.path_filestat_set_times(DIR, true, path, times.0, times.1),
        ),
        ("create directory", ctx.path_create_directory(DIR, path)),
        ("remove directory", ctx.path_remove_directory(DIR, path)),
        ("link to", ctx.path_link(DIR, false, "source", DIR, path)),
        ("rename to", ctx.path_rename(DIR, "source", DIR, path)),
        ("symlink at", ctx.path_symlink("source", DIR, path)),
        ("readlink", ctx.path_readlink(DIR, path).map(drop)),
    ];
    results
        .into_iter()
        .map(|(name, result)| match result {
            Ok(()) => panic!("{name} of {path} was allowed"),
            Err(errno) => (name, errno),
        })
        .collect()
}

fn assert_secret_untouched(world: &World) {
    let secret = world.outside.path().join("secret");
    assert_eq!(std::fs::read_to_string(secret).unwrap(), "secret");
    let mut names: Vec<_> = std::fs::read_dir(world.outside.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["inside", "secret"]);
}

#[test]
fn dots_and_absolute_paths_are_refused() {
    let world = World::new();
    std::fs::create_dir(world.host("sub")).unwrap();
    let absolute = world.outside.path().join("secret");
    let paths = [
        "../secret",
        "../new",
        "sub/../../secret",
        "./sub/.././../secret",
        "sub/../../new",
        "../inside/../secret",
        absolute.to_str().unwrap(),
        "/etc/passwd",
        "/",
        "sub/../..",
    ];
    for path in paths {
        for (name, errno) in try_everything(&world, path) {
            let expected = [
                Errno::PERM,
                Errno::INVAL,
                Errno::EXIST,
                Errno::ISDIR,
                Errno::BUSY,
                Errno::NOTDIR,
            ];
            assert!(expected.contains(&errno), "{name} of {path}: {errno:?}");
        }
        for oflags in [OFlags::empty(), OFlags::CREAT, OFlags::DIRECTORY] {
            let error = world.open(path, oflags, Rights::FD_READ).unwrap_err();
            assert!(
                [Errno::PERM, Errno::ISDIR].contains(&error),
                "{path}: {error:?}"
            );
        }
        assert_eq!(
            world.ctx().path_filestat_get(DIR, true, path),
            Err(Errno::PERM),
            "{path}"
        );
    }
    assert_secret_untouched(&world);
}

#[test]
fn symbolic_links_out_are_refused() {
    let world = World::new();
    symlink("../secret", world.host("relative")).unwrap();
    symlink(world.outside.path().join("secret"), world.host("absolute")).unwrap();
    symlink("..", world.host("up")).unwrap();
    symlink("up", world.host("chain")).unwrap();
    symlink("../nothing", world.host("dangling")).unwrap();
    for path in [
        "relative",
        "absolute",
        "up/secret",
        "chain/secret",
        "chain/inside/../secret",
        "up/new",
    ] {
        let ctx = world.ctx();
        for oflags in [
            OFlags::empty(),
            OFlags::CREAT,
            OFlags::TRUNC,
            OFlags::CREAT | OFlags::TRUNC,
        ] {
            let error = world
                .open(path, oflags, Rights::FD_READ | Rights::FD_WRITE)
                .unwrap_err();
            assert_eq!(error, Errno::PERM, "{path} {oflags:?}");
        }
        assert_eq!(
            ctx.path_filestat_get(DIR, true, path).unwrap_err(),
            Errno::PERM,
            "{path}"
        );
    }
    for path in ["up", "chain"] {
        assert_eq!(
            world.open(path, OFlags::DIRECTORY, Rights::FD_READDIR),
            Err(Errno::PERM),
            "{path}"
        );
    }
    assert_eq!(
        world.open("dangling", OFlags::CREAT, Rights::FD_WRITE),
        Err(Errno::PERM)
    );
    // What names something through the link, rather than the link itself.
    let ctx = world.ctx();
    assert_eq!(ctx.path_unlink_file(DIR, "up/secret"), Err(Errno::PERM));
    assert_eq!(ctx.path_create_directory(DIR, "up/new"), Err(Errno::PERM));
    assert_eq!(
        ctx.path_rename(DIR, "up/secret", DIR, "mine"),
        Err(Errno::PERM)
    );
    assert_eq!(
        ctx.path_link(DIR, false, "up/secret", DIR, "mine"),
        Err(Errno::PERM)
    );
    assert_secret_untouched(&world);
    // The link itself can be removed.
    ctx.path_unlink_file(DIR, "up").unwrap();
}

#[test]
fn a_guest_cannot_make_a_link_that_leads_out() {
    let world = World::new();
    let ctx = world.ctx();
    assert_eq!(
        ctx.path_symlink("/etc/passwd", DIR, "link"),
        Err(Errno::PERM)
    );
    // A relative one may be made, but not followed.
    ctx.path_symlink("../secret", DIR, "link").unwrap();
    assert_eq!(
        world.open("link", OFlags::empty(), Rights::FD_READ),
        Err(Errno::PERM)
    );
    assert_secret_untouched(&world);
}

#[test]
fn a_descriptor_below_does_not_lead_above() {
    let world = World::new();
    std::fs::create_dir(world.host("sub")).unwrap();
    world.write_host("file", "f");
    let sub = world
        .open("sub", OFlags::DIRECTORY, Rights::OF_DIRECTORIES)
        .unwrap();
    // Not even to what the guest can reach in another way: the descriptor is the capability.
    let error = world
        .ctx()
        .path_open(sub, "../file", &how(OFlags::empty(), Rights::FD_READ))
        .unwrap_err();
    assert_eq!(error, Errno::PERM);
}

#[test]
fn an_absolute_link_is_not_told() {
    let world = World::new();
    symlink("/etc/passwd", world.host("link")).unwrap();
    assert_eq!(world.ctx().path_readlink(DIR, "link"), Err(Errno::PERM));
}

#[test]
fn nul_bytes_are_refused() {
    let world = World::new();
    world.write_host("file", "f");
    assert_eq!(
        world.open("file\0", OFlags::empty(), Rights::FD_READ),
        Err(Errno::INVAL)
    );
    assert_eq!(
        world.ctx().path_symlink("a\0", DIR, "link"),
        Err(Errno::INVAL)
    );
    assert_eq!(
        world.ctx().path_unlink_file(3, "dir/file\0"),
        Err(Errno::INVAL)
    );
}
