//! The cache of compiled modules, as the command uses it: by several processes at once, bounded, and not harmed by damage.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use support::command;

/// A module of more than the size from which on modules are kept. Its `_start` makes a number its exit code.
fn module(folder: &Path, name: &str, number: u8) {
    let filler =
        "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))\n".repeat(99);
    let text = format!(
        r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        {filler}
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const {number}))))"#
    );
    fs::write(folder.join(name), text).unwrap();
}

/// A folder with modules, and one for their cache.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for number in 1..=6 {
            module(place.path(), &format!("{number}.wat"), number);
        }
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = command(self.path(), words);
        command.env("WASMILL_CACHE_DIR", self.path().join("cache"));
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// The exit code of a command.
    fn run(&self, words: &[&str]) -> i32 {
        let output = self.output(words);
        assert!(output.stderr.is_empty(), "{output:?}");
        output.status.code().unwrap()
    }

    /// The folder of this version.
    fn folder(&self) -> PathBuf {
        self.path().join("cache").join(env!("CARGO_PKG_VERSION"))
    }

    fn entries(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder()).into_iter().flatten();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// What a command makes in the cache.
    fn entry_of(&self, words: &[&str]) -> PathBuf {
        let before = self.entries();
        self.run(words);
        let mut new = self.entries();
        new.retain(|file| !before.contains(file));
        assert_eq!(new.len(), 1, "{words:?}: {new:?}");
        new.remove(0)
    }
}

/// The output of a command that must not fail.
fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_module_is_compiled_once() {
    let place = Place::new();
    let [one, two] = ["1.wat", "2.wat"].map(|file| place.entry_of(&[file]));
    assert_eq!(one.extension().unwrap(), "wasmu");
    assert_eq!([place.run(&["1.wat"]), place.run(&["2.wat"])], [1, 2]);
    assert_eq!(place.entries().len(), 2);
    // What runs is what was kept: the other module, under this one's key.
    fs::copy(&two, place.path().join("copy")).unwrap();
    fs::rename(place.path().join("copy"), &one).unwrap();
    assert_eq!(place.run(&["1.wat"]), 2);
    for fresh in ["--disable-cache", "--no-cache", "--enable-verifier"] {
        assert_eq!(place.run(&["1.wat", fresh]), 1, "{fresh}");
    }
    // The contents count, not the name.
    fs::rename(place.path().join("3.wat"), place.path().join("1.wat")).unwrap();
    assert_eq!(place.run(&["1.wat"]), 3);
}

#[test]
fn modules_are_kept_for_what_they_were_compiled_with() {
    let place = Place::new();
    let ways: &[&[&str]] = &[
        &[],
        &["--singlepass"],
        &["--canonicalize-nans"],
        &["--native"],
        &["--enable-multi-memory"],
        #[cfg(feature = "llvm")]
        &["--llvm"],
    ];
    for way in ways {
        let words = [&["1.wat"], *way].concat();
        place.entry_of(&words);
        assert_eq!(place.run(&words), 1);
    }
    assert_eq!(place.entries().len(), ways.len());
    // A key that stands for the contents.
    let key = "ab".repeat(32);
    place.entry_of(&["1.wat", "--cache-key", &key]);
    assert_eq!(place.run(&["2.wat", "--cache-key", &key]), 1);
    let error = place.output(&["1.wat", "--cache-key", "xy"]);
    let error = String::from_utf8(error.stderr).unwrap();
    assert!(error.contains("Could not decode prehashed key"), "{error}");
}

/// The number of operators is in the code.
#[test]
fn fuel_is_a_part_of_the_key() {
    let place = Place::new();
    let enough = place.entry_of(&["1.wat", "--fuel", "1000"]);
    assert_ne!(enough, place.entry_of(&["1.wat"]));
    assert_ne!(enough, place.entry_of(&["1.wat", "--fuel", "1001"]));
    let limits = [
        "1.wat",
        "--fuel",
        "1K",
        "--max-memory",
        "1MiB",
        "--timeout",
        "1m",
    ];
    assert_eq!(place.run(&limits), 1);
    assert_eq!(place.entries().len(), 3, "limits are no matter of the code");
    let said = |fuel| {
        let output = place.output(&["1.wat", "--fuel", fuel, "-v"]);
        String::from_utf8(output.stderr).unwrap()
    };
    let exhausted = said("1");
    assert!(exhausted.contains("the fuel is used up"), "{exhausted}");
    assert!(exhausted.contains("was not in the cache"), "{exhausted}");
    let again = said("1000");
    assert!(again.contains("found in the cache"), "{again}");
    assert!(again.contains("2 of 1000 operators"), "{again}");
}

#[test]
fn small_modules_are_not_kept() {
    let place = Place::new();
    fs::write(
        place.path().join("small.wat"),
        "(module (func (export \"_start\")))",
    )
    .unwrap();
    assert_eq!(place.run(&["small.wat"]), 0);
    assert!(place.entries().is_empty());
}

#[test]
fn damaged_entries_are_compiled_again() {
    let place = Place::new();
    let entry = place.entry_of(&["1.wat"]);
    let good = fs::read(&entry).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let damages = [
        &[],
        &b"garbage"[..],
        &good[..good.len() - 1],
        &good[..50],
        &flipped,
    ];
    for damage in damages {
        fs::write(&entry, damage).unwrap();
        assert_eq!(place.run(&["1.wat"]), 1);
        assert!(fs::read(&entry).unwrap() == good, "it is whole again");
    }
    assert_eq!(place.entries(), [entry]);
}

#[test]
fn processes_run_side_by_side() {
    let place = Place::new();
    for _ in 0..3 {
        let start = |n: usize| {
            let file = format!("{}.wat", n % 4 + 1);
            let mut command = place.command(&[&file, "--singlepass"]);
            command.stderr(Stdio::piped()).spawn().unwrap()
        };
        let running: Vec<_> = (0..16).map(start).collect();
        for (n, process) in running.into_iter().enumerate() {
            let output = process.wait_with_output().unwrap();
            let code = Some(n as i32 % 4 + 1);
            assert_eq!(output.status.code(), code, "{output:?}");
        }
        let names = place.entries();
        assert_eq!(names.len(), 4, "one file for each module: {names:?}");
        text(&place.output(&["cache", "clean"]));
        assert!(place.entries().is_empty());
    }
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let place = Place::new();
    let old = ["1.wat", "2.wat", "3.wat"].map(|file| place.entry_of(&[file]));
    for (entry, seconds) in old.iter().zip([300, 200, 100]) {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        File::open(entry).unwrap().set_modified(time).unwrap();
    }
    assert_eq!(place.run(&["1.wat"]), 1, "it is used again");
    let size = fs::metadata(&old[0]).unwrap().len();
    let bounded = |words: &[&str], bound: &str| {
        let mut command = place.command(words);
        command.env("WASMILL_CACHE_SIZE", bound).output().unwrap()
    };
    assert_eq!(
        bounded(&["4.wat"], &(3 * size).to_string()).status.code(),
        Some(4)
    );
    let there = old.each_ref().map(|entry| entry.exists());
    assert_eq!((there, place.entries().len()), ([true, false, true], 3));
    // No room at all is no reason not to run.
    assert_eq!(bounded(&["5.wat"], "0").status.code(), Some(5));
    assert_eq!(place.entries().len(), 3);

    let info = text(&bounded(&["cache", "info"], "3G"));
    assert!(
        info.contains("Modules: 3\n") && info.contains(" of at most 3.0 GB\n"),
        "{info}"
    );
    let error = bounded(&["6.wat"], "much");
    let error = String::from_utf8(error.stderr).unwrap();
    assert!(
        error.contains("wrong WASMILL_CACHE_SIZE") && error.contains("`much`"),
        "{error}"
    );
}

#[test]
fn the_cache_is_shown_and_emptied() {
    let place = Place::new();
    let folder = place.folder();
    let dir = text(&place.output(&["cache", "dir"]));
    assert_eq!(dir, format!("{}\n", folder.display()));
    assert!(!folder.exists(), "it is made when it is used");
    let entry = place.entry_of(&["1.wat"]);
    let size = fs::metadata(&entry).unwrap().len() as f64 / 1e3;
    let info = text(&place.output(&["cache", "info"]));
    let expected = format!(
        "Folder:  {}\nModules: 1\nSize:    {size:.1} KB of at most 1.0 GB\n",
        folder.display()
    );
    assert_eq!(info, expected);

    // Other versions' entries go too; what is no entry stays.
    let root = folder.parent().unwrap();
    for other in ["0.0.1/", "0.0.1-dev.1/", "photos/"] {
        fs::create_dir(root.join(other)).unwrap();
        fs::copy(&entry, root.join(other).join(entry.file_name().unwrap())).unwrap();
    }
    fs::write(root.join("0.0.1/notes.txt"), "mine").unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let clean = text(&place.output(&["cache", "clean"]));
    assert_eq!(clean, "Wasmill cache cleaned successfully.\n");
    assert_eq!(place.entries(), [folder.join("notes.txt")]);
    let names = |folder: &str| fs::read_dir(root.join(folder)).unwrap().count();
    assert_eq!((names("0.0.1"), names("photos")), (1, 1));
    assert!(!root.join("0.0.1-dev.1").exists());
    text(&place.output(&["cache", "clean"]));
}

#[test]
fn the_users_own_folder_is_used_if_nobody_else_can_write_to_it() {
    let place = Place::new();
    let home = place.path().join("home");
    let run = |words: &[&str]| {
        let mut command = place.command(words);
        command
            .env_remove("WASMILL_CACHE_DIR")
            .env_remove("XDG_CACHE_HOME");
        command.env("HOME", &home).output().unwrap()
    };
    assert_eq!(run(&["1.wat"]).status.code(), Some(1));
    let folder = home.join(".cache/wasmill").join(env!("CARGO_PKG_VERSION"));
    let count = || fs::read_dir(&folder).unwrap().count();
    assert_eq!(count(), 1);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(run(&["2.wat"]).status.code(), Some(2));
    assert_eq!(count(), 1, "not used");
    let error = String::from_utf8(run(&["cache", "info"]).stderr).unwrap();
    assert!(error.contains("is not this user's alone"), "{error}");

    // Without a home there is no cache, and all runs the same.
    let mut homeless = place.command(&["1.wat"]);
    homeless
        .env_remove("WASMILL_CACHE_DIR")
        .env_remove("XDG_CACHE_HOME");
    let output = homeless.env_remove("HOME").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.is_empty());
}
