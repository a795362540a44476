//! Keys, and a cache in a folder: found again, bounded, shared by threads and processes, not harmed by damage.

#![allow(unsafe_code, reason = "loading machine code is")]

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use wasmill::{
    BaseTunables, CompilerConfig, Cranelift, Engine, FunctionMiddleware, Instance,
    LocalFunctionIndex, Module, ModuleMiddleware, Pages, Store, Target, Universal, imports,
};
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

/// A cache with one module in it, its file, and the bytes of that.
fn one_entry(folder: &Path, module: &Module) -> (FileSystemCache, PathBuf, Vec<u8>) {
    let mut cache = FileSystemCache::new(folder).unwrap();
    cache.store(key(1), module).unwrap();
    let file = folder.join(key(1).to_string());
    let bytes = fs::read(&file).unwrap();
    (cache, file, bytes)
}

#[test]
fn damaged_entries_are_errors_once_and_gone_then() {
    let folder = folder();
    let stored = module(&Store::default(), 7);
    let (mut cache, file, bytes) = one_entry(folder.path(), &stored);
    let refuses = |contents: &[u8], what: usize| {
        // Not in place: a module that is loaded keeps its file.
        let _ = fs::remove_file(&file);
        fs::write(&file, contents).unwrap();
        let error = load(&cache, key(1)).unwrap_err();
        assert!(!matches!(error, DeserializeError::Io(_)), "{what}: {error}");
        assert!(!file.exists(), "{what}");
        assert!(matches!(load(&cache, key(1)), Err(DeserializeError::Io(_))));
    };
    for length in (0..bytes.len()).step_by(97) {
        refuses(&bytes[..length], length);
    }
    for at in (0..bytes.len()).step_by(31) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        refuses(&damaged, at);
    }
    cache.store(key(1), &stored).unwrap();
    assert_eq!(answer(&load(&cache, key(1)).unwrap()), 7);
}

/// Loads or compiles a module that answers with a number, under a key that does not tell.
fn load_or_compile(cache: &mut FileSystemCache, store: &Store, answer: i32) -> Module {
    let wat = format!("(module (func (export \"answer\") (result i32) (i32.const {answer})))");
    // SAFETY: only these tests write to their folders; what they damage is not run.
    unsafe { cache.load_or_compile(store, key(1), wat.as_bytes()) }.unwrap()
}

#[test]
fn what_cannot_be_loaded_is_compiled_again() {
    let folder = folder();
    let store = Store::default();
    let (mut cache, file, bytes) = one_entry(folder.path(), &module(&store, 7));
    assert_eq!(answer(&load_or_compile(&mut cache, &store, 8)), 7, "loaded");
    fs::remove_file(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(answer(&load_or_compile(&mut cache, &store, 8)), 8);
    assert_eq!(answer(&load(&cache, key(1)).unwrap()), 8, "stored");
    // A module runs where nothing can be stored, too.
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(answer(&load_or_compile(&mut cache, &store, 9)), 9);
}

#[test]
fn tunables_get_the_memories_that_they_want() {
    let folder = folder();
    let mut cache = FileSystemCache::new(folder.path()).unwrap();
    let engine = Universal::new(Cranelift::default()).engine();
    let mut small = BaseTunables::for_target(&Target::default());
    small.static_memory_bound = Pages(0);
    let stores = [
        Store::new(&engine),
        Store::new_with_tunables(&engine, small),
        Store::new(&engine),
    ];
    let wasm = b"(module (memory 1))";
    for store in &stores {
        // SAFETY: only this test writes to the folder.
        let module = unsafe { cache.load_or_compile(store, key(1), wasm) }.unwrap();
        let fresh = Module::new(store, wasm).unwrap();
        let styles = module.artifact().memory_styles();
        assert_eq!(styles, fresh.artifact().memory_styles());
    }
}

/// Changes nothing.
#[derive(Debug)]
struct Unchanged;

impl FunctionMiddleware for Unchanged {}

impl ModuleMiddleware for Unchanged {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        Box::new(Unchanged)
    }
}

#[test]
fn keys_tell_how_a_module_is_compiled() {
    let compiled = |bytes: &[u8], store: &Store| Hash::generate(bytes).compiled_in(store);
    let store = Store::default();
    let here = compiled(b"a", &store).unwrap();
    assert_eq!(compiled(b"a", &Store::default()), Some(here));
    assert_ne!(here, Hash::generate(b"a"));
    let other = Universal::new(Cranelift::default()).target(Target::new(
        Target::default().triple().clone(),
        Default::default(),
    ));
    let others = [
        compiled(b"b", &store),
        compiled(b"a", &Store::new(&other.engine())),
    ];
    assert!(others.iter().all(|key| key.is_some_and(|key| key != here)));

    let mut config = Cranelift::default();
    config.push_middleware(Arc::new(Unchanged));
    let engine = Universal::new(config).engine();
    assert_eq!(engine.settings(), None);
    assert_eq!(compiled(b"a", &Store::new(&engine)), None);
    let headless = Universal::headless().engine();
    assert_eq!(compiled(b"a", &Store::new(&headless)), None);
}

/// Sets when an entry was used last, in seconds before now.
fn used(file: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    File::open(file).unwrap().set_modified(time).unwrap();
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let folder = folder();
    let store = Store::default();
    let (mut cache, first, bytes) = one_entry(folder.path(), &module(&store, 1));
    let size = bytes.len() as u64;
    let file = |n: u8| folder.path().join(key(n).to_string());
    for n in 2..=4 {
        cache.store(key(n), &module(&store, n.into())).unwrap();
    }
    for (n, seconds) in [(1, 400), (2, 300), (3, 200), (4, 100)] {
        used(&file(n), seconds);
    }
    let stranger = folder.path().join("README");
    fs::write(&stranger, vec![0; 3 * bytes.len()]).unwrap();
    used(&stranger, 9999);
    assert!(load(&cache, key(1)).is_ok(), "the first one is used");

    cache.set_bound(Some(3 * size));
    cache.set_cache_extension(Some("other"));
    cache.store(key(5), &module(&store, 5)).unwrap();
    let there = |n: u8| file(n).exists();
    assert_eq!([1, 2, 3, 4].map(there), [true, false, false, true]);
    let usage = cache.usage().unwrap();
    assert_eq!((usage.entries, usage.bytes), (3, 3 * size));
    assert!(stranger.exists() && first.exists());

    // What is too large changes nothing.
    cache.set_bound(Some(size - 1));
    cache.store(key(6), &module(&store, 6)).unwrap();
    assert_eq!(cache.usage().unwrap(), usage);
    // No bound.
    cache.set_bound(None);
    cache.store(key(6), &module(&store, 6)).unwrap();
    assert_eq!(cache.usage().unwrap().entries, 4);
    cache.clean().unwrap();
    assert_eq!(cache.usage().unwrap().entries, 0);
    assert!(stranger.exists());
}

#[test]
fn there_are_only_so_many_entries() {
    let folder = folder();
    let file = |n: u32| {
        let key = Hash::generate(&n.to_le_bytes());
        folder.path().join(key.to_string())
    };
    for n in 0..(1 << 14) + 9 {
        fs::write(file(n), "").unwrap();
    }
    used(&file(17), 100);
    let mut cache = FileSystemCache::new(folder.path()).unwrap();
    cache.store(key(1), &module(&Store::default(), 1)).unwrap();
    assert_eq!(cache.usage().unwrap().entries, 1 << 14);
    assert!(!file(17).exists(), "it was the oldest");
    assert_eq!(answer(&load(&cache, key(1)).unwrap()), 1);
}

#[test]
fn files_that_were_given_up_are_deleted() {
    let folder = folder();
    let mut cache = FileSystemCache::new(folder.path()).unwrap();
    let old =
        ["..wasmill-cache-abc.1-0-5", ".wasmill-cache-abc"].map(|name| folder.path().join(name));
    let new = folder.path().join(".wasmill-cache-new");
    for file in old.iter().chain([&new]) {
        fs::write(file, "part").unwrap();
    }
    old.iter().for_each(|file| used(file, 100_000));
    cache.store(key(1), &module(&Store::default(), 1)).unwrap();
    assert!(new.exists() && old.iter().all(|file| !file.exists()));
    assert_eq!(cache.usage().unwrap().entries, 1);
}

/// The folder of those who contend in the process of [`contenders`].
const VARIABLE: &str = "WASMILL_TEST_CACHE";

/// Starts this test program once more, with one test, which finds the folder in its environment.
fn contender(test: &str, folder: &Path) -> Child {
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", test, "--nocapture"]);
    other.env(VARIABLE, folder).stdout(Stdio::piped());
    other.spawn().unwrap()
}

/// Waits until those that were started have done what they should.
fn succeed(others: Vec<Child>) {
    for other in others {
        let output = other.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let done = output.status.success() && text.contains("stored and loaded");
        assert!(done, "{output:?}");
    }
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
    // This test is also the other process.
    if let Some(path) = std::env::var_os(VARIABLE) {
        contend(path.as_ref(), 4);
        println!("stored and loaded");
        return;
    }
    let folder = folder();
    let path = folder.path();
    let other = contender("threads_and_processes_share_a_folder", path);
    std::thread::scope(|scope| {
        for own in 1..4 {
            scope.spawn(move || contend(path, own));
        }
    });
    succeed(vec![other]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// How many entries those who push each other out have room for.
const ROOM: u64 = 5;

/// Goes through more keys than there is room for, and damages what it finds at times.
fn push_out(path: &Path) {
    let store = Store::default();
    let modules: Vec<_> = (0..12).map(|n| module(&store, n)).collect();
    let size = modules[0].serialize().unwrap().len() as u64;
    let mut cache = FileSystemCache::new(path).unwrap();
    cache.set_bound(Some(ROOM * size));
    for round in 0..300_u32 {
        let n = (round * 7 % 12) as u8;
        match load(&cache, key(n)) {
            Ok(found) => assert_eq!(answer(&found), n.into()),
            Err(_) => cache.store(key(n), &modules[usize::from(n)]).unwrap(),
        }
        if round % 10 == 0 {
            // Whole, but damaged, and put there as everything is.
            let damage = path.join(format!("damage-{}", std::process::id()));
            fs::write(&damage, &modules[0].serialize().unwrap()[..4000]).unwrap();
            fs::rename(damage, path.join(key(n).to_string())).unwrap();
        }
    }
    let usage = cache.usage().unwrap();
    assert!(usage.bytes <= ROOM * size + 4000 * 4, "{usage:?}");
}

#[test]
fn processes_push_each_others_entries_out() {
    if let Some(path) = std::env::var_os(VARIABLE) {
        push_out(path.as_ref());
        println!("stored and loaded");
        return;
    }
    let folder = folder();
    let others = (0..4).map(|_| contender("processes_push_each_others_entries_out", folder.path()));
    succeed(others.collect());
    let files = fs::read_dir(folder.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(
        names.into_iter().all(|name| name.len() == 64),
        "nothing is left behind"
    );
}
