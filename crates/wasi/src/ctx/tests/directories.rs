//! Reading directories: whole, in pieces, from any cookie, and while they change.

use std::collections::BTreeMap;

use super::*;

/// Reads everything, `step` entries at a time, always going on from the last cookie.
fn read_all(world: &World, fd: __wasi_fd_t, step: usize) -> BTreeMap<String, __wasi_filetype_t> {
    let mut found = BTreeMap::new();
    let mut cookie = 0;
    loop {
        let entries: Vec<_> = world
            .ctx()
            .fd_readdir(fd, cookie)
            .unwrap()
            .take(step)
            .collect();
        if entries.is_empty() {
            return found;
        }
        for entry in entries {
            let entry = entry.unwrap();
            assert_eq!(entry.head.d_namlen as usize, entry.name.len());
            cookie = entry.head.d_next;
            let name = String::from_utf8(entry.name).unwrap();
            assert!(
                found.insert(name.clone(), entry.head.d_type).is_none(),
                "{name} twice"
            );
        }
    }
}

#[test]
fn every_entry_is_read_once_with_its_kind() {
    let world = World::new();
    world.ctx().path_create_directory(DIR, "sub").unwrap();
    world.ctx().path_symlink("x", DIR, "link").unwrap();
    for index in 0..500 {
        world.write_host(&format!("file{index}"), "");
    }
    for step in [1, 7, 10_000] {
        let found = read_all(&world, DIR, step);
        assert_eq!(found.len(), 504, "step {step}");
        assert_eq!(found["."], __WASI_FILETYPE_DIRECTORY);
        assert_eq!(found[".."], __WASI_FILETYPE_DIRECTORY);
        assert_eq!(found["sub"], __WASI_FILETYPE_DIRECTORY);
        assert_eq!(found["link"], __WASI_FILETYPE_SYMBOLIC_LINK);
        assert_eq!(found["file499"], __WASI_FILETYPE_REGULAR_FILE);
    }
}

#[test]
fn a_cookie_goes_on_after_its_entry() {
    let world = World::new();
    for index in 0..20 {
        world.write_host(&format!("{index}"), "");
    }
    let all: Vec<_> = world
        .ctx()
        .fd_readdir(DIR, 0)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    // In any order, and as often as one likes.
    for index in (0..all.len()).rev().chain([5, 5, 0]) {
        let rest = world.ctx().fd_readdir(DIR, all[index].head.d_next).unwrap();
        let rest: Vec<_> = rest.map(Result::unwrap).collect();
        assert_eq!(rest, all[index + 1..]);
    }
}

#[test]
fn serial_numbers_are_the_files_own_but_the_parent_is_not_told() {
    let world = World::new();
    let fd = world.create("file", "");
    let ctx = world.ctx();
    let own = ctx.fd_filestat_get(DIR).unwrap().st_ino;
    let file = ctx.fd_filestat_get(fd).unwrap().st_ino;
    for entry in ctx.fd_readdir(DIR, 0).unwrap() {
        let entry = entry.unwrap();
        let expected = if entry.name == b"file" { file } else { own };
        assert_eq!(
            entry.head.d_ino,
            expected,
            "{:?}",
            String::from_utf8(entry.name)
        );
    }
}

#[test]
fn entries_removed_while_reading_lose_no_others() {
    let world = World::new();
    for index in 0..300 {
        world.write_host(&format!("file{index}"), "");
    }
    let mut removed = 0;
    let mut cookie = 0;
    while let Some(entry) = world.ctx().fd_readdir(DIR, cookie).unwrap().next() {
        let entry = entry.unwrap();
        cookie = entry.head.d_next;
        if entry.head.d_type == __WASI_FILETYPE_REGULAR_FILE {
            let name = String::from_utf8(entry.name).unwrap();
            world.ctx().path_unlink_file(DIR, &name).unwrap();
            removed += 1;
        }
    }
    assert_eq!(removed, 300);
}

#[test]
fn a_cookie_from_nowhere_is_harmless() {
    let world = World::new();
    for cookie in [u64::MAX, 1 << 63, 12345] {
        if let Ok(entries) = world.ctx().fd_readdir(DIR, cookie) {
            assert!(entries.count() <= 2);
        }
        assert!(world.ctx().fd_readdir(3, cookie).unwrap().count() <= 3);
    }
}
