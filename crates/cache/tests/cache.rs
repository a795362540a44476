//! Keys, and a cache in a folder: found again, shared by threads and processes, not harmed by damage.

#![allow(unsafe_code, reason = "loading machine code is")]

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use wasmill::{Instance, Module, Store, imports};
use wasmill_cache::{Cache, DeserializeError, FileSystemCache, Hash};

/// A folder of this test, deleted in the end.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A module that answers with a number.
fn module(store: &Store, answer: i32) -> Module {
    let wat = format!("(module (func (export \"answer\") (result i32) (i32.const {answer})))");
    Module::new(store, wat).unwrap()
}

fn answer(module: &Module) -> i32 {
    let instance = Instance::new(module, &imports! {}).unwrap();
    let answer = instance.exports.get_native_function::<(), i32>("answer");
    answer.unwrap().call().unwrap()
}

fn load(cache: &FileSystemCache, key: Hash) -> Result<Module, DeserializeError> {
    // SAFETY: only these tests write to their folders; what they damage is not run.
    unsafe { cache.load(&Store::default(), key) }
}

fn key(n: u8) -> Hash {
    Hash::new([n; 32])
}

#[test]
fn keys_are_blake3_hashes_in_hexadecimal() {
    let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    assert_eq!(Hash::generate(b"").to_string(), empty);
    assert_eq!(
        empty.to_uppercase().parse::<Hash>().unwrap(),
        Hash::generate(b"")
    );
    let error = |text: &str| match text.parse::<Hash>() {
        Err(DeserializeError::Generic(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(error("xyz").starts_with("Could not decode prehashed key as hexadecimal: "));
    assert!(error(&"g".repeat(64)).starts_with("Could not decode prehashed key as hexadecimal: "));
    for wrong in ["", "ab", &"0".repeat(66)] {
        assert_eq!(
            error(wrong),
            "Prehashed keys must deserialze into exactly 32 bytes"
        );
    }
}

#[test]
fn what_is_stored_is_found_by_key_and_extension() {
    let folder = folder();
    let path = folder.path().join("made/with/parents");
    let mut cache = FileSystemCache::new(&path).unwrap();
    let store = Store::default();
    assert!(
        matches!(load(&cache, key(1)), Err(DeserializeError::Io(error)) if error.kind() == ErrorKind::NotFound)
    );
    cache.store(key(1), &module(&store, 1)).unwrap();
    cache.store(key(2), &module(&store, 2)).unwrap();
    assert_eq!(
        [1, 2].map(|n| answer(&load(&cache, key(n)).unwrap())),
        [1, 2]
    );
    assert!(path.join("01".repeat(32)).is_file());

    cache.set_cache_extension(Some("v2"));
    assert!(load(&cache, key(1)).is_err());
    cache.store(key(1), &module(&store, 3)).unwrap();
    assert!(path.join("01".repeat(32) + ".v2").is_file());
    assert_eq!(answer(&load(&cache, key(1)).unwrap()), 3);
    cache.set_cache_extension(None::<String>);
    // Another cache in the same folder has the same entries.
    let again = FileSystemCache::new(&path).unwrap();
    assert_eq!(answer(&load(&again, key(1)).unwrap()), 1);
    assert_eq!(
        fs::read_dir(&path).unwrap().count(),
        3,
        "nothing else is left behind"
    );
}

#[test]
fn a_path_that_is_a_file_is_refused() {
    let folder = folder();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    let error = FileSystemCache::new(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let expected = format!(
        "the supplied path already points to a file: {}",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    assert!(FileSystemCache::new(path.join("below")).is_err());
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_to_is_refused() {
    // Root may write to any folder but such.
    if Path::new("/sys").is_dir() {
        let error = FileSystemCache::new("/sys").unwrap_err();
        assert_eq!(error.to_string(), "the supplied path is readonly: /sys");
    }
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let is_root = fs::write(folder.path().join("probe"), "").is_ok();
    match FileSystemCache::new(folder.path()) {
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            let expected = format!("the supplied path is readonly: {}", folder.path().display());
            assert_eq!(error.to_string(), expected);
        }
        Ok(_) => assert!(is_root),
    }
}

#[test]
fn damaged_entries_are_errors_until_they_are_stored_again() {
    let folder = folder();
    let mut cache = FileSystemCache::new(folder.path()).unwrap();
    let store = Store::default();
    let file = folder.path().join(key(1).to_string());
    let stored = module(&store, 7);
    cache.store(key(1), &stored).unwrap();
    let bytes = fs::read(&file).unwrap();
    let replace = |contents: &[u8]| {
        fs::remove_file(&file).unwrap();
        fs::write(&file, contents).unwrap();
    };
    for length in (0..bytes.len()).step_by(97) {
        replace(&bytes[..length]);
        assert!(load(&cache, key(1)).is_err(), "{length}");
    }
    for at in (0..bytes.len()).step_by(31) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        replace(&damaged);
        assert!(load(&cache, key(1)).is_err(), "{at}");
    }
    cache.store(key(1), &stored).unwrap();
    assert_eq!(answer(&load(&cache, key(1)).unwrap()), 7);
}

/// Stores and loads one key again and again: whoever finds something finds all of it.
fn contend(path: &Path, own: i32) {
    let mut cache = FileSystemCache::new(path).unwrap();
    let store = Store::default();
    let module = module(&store, own);
    for _ in 0..100 {
        cache.store(key(9), &module).unwrap();
        let found = answer(&load(&cache, key(9)).unwrap());
        assert!((1..=4).contains(&found), "{found}");
    }
}

#[test]
fn threads_and_processes_share_a_folder() {
    const VARIABLE: &str = "WASMILL_TEST_CACHE";
    // This test is also the other process.
    if let Some(path) = std::env::var_os(VARIABLE) {
        contend(path.as_ref(), 4);
        println!("stored and loaded");
        return;
    }
    let folder = folder();
    let path = folder.path();
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args([
        "--exact",
        "threads_and_processes_share_a_folder",
        "--nocapture",
    ]);
    other
        .env(VARIABLE, folder.path())
        .stdout(std::process::Stdio::piped());
    let other = other.spawn().unwrap();
    std::thread::scope(|scope| {
        for own in 1..4 {
            scope.spawn(move || contend(path, own));
        }
    });
    let output = other.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("stored and loaded"),
        "{output:?}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
