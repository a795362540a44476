//! The folder of a cache: which files in it are entries, which were used last, and who may change it.
//!
//! Entries are the files that are called by a key, with any extension; other files are not ours, and stay. When an entry was
//! used last is its time of modification, which a load sets: times of access are switched off on many systems.
//!
//! Whoever puts an entry into its place or deletes one holds the folder's lock. So nobody deletes what somebody else has just
//! put there, and of many processes that store at once the last one leaves no more than the bound. Loads take no lock. Where a
//! system has no locks the order of these steps is safe all the same: then an entry too many may go.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempPath;

/// How many bytes a folder has unless somebody says otherwise.
pub(crate) const DEFAULT_BOUND: u64 = 1_000_000_000;

/// A folder has no more entries than this: each store looks at all of them.
const MOST_ENTRIES: usize = 1 << 14;

/// How files are called before they are complete.
const UNFINISHED: &str = ".wasmill-cache-";

/// Nobody writes one file for so long: whoever did is gone.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// What a cache in a folder holds.
///
/// ```
/// # use wasmill_cache::FileSystemCache;
/// # let folder = std::env::temp_dir().join(format!("wasmill-cache-usage-{}", std::process::id()));
/// let usage = FileSystemCache::new(&folder)?.usage()?;
/// assert_eq!((usage.entries, usage.bytes), (0, 0));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheUsage {
    /// How many modules there are.
    pub entries: usize,
    /// The bytes of their files.
    pub bytes: u64,
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// A folder, locked as long as this lives.
pub(crate) struct Locked<'a> {
    path: &'a Path,
    /// Holds the lock, if the system has one for folders.
    _lock: Option<File>,
}

impl<'a> Locked<'a> {
    /// Waits until nobody else changes the folder. All that is done with it is short.
    pub(crate) fn new(path: &'a Path) -> Self {
        let lock = File::open(path).and_then(|folder| folder.lock().map(|()| folder));
        Self {
            path,
            _lock: lock.ok(),
        }
    }

    /// Puts a complete file into its place, and deletes what was not used for longest until there are no more bytes than
    /// the bound. The file is not among these: it is not larger than the bound.
    pub(crate) fn put(&self, file: TempPath, place: &Path, bound: Option<u64>) -> io::Result<()> {
        file.persist(place)?;
        touch(place);
        let mut entries = entries(self.path)?;
        entries.sort_by_key(|entry| entry.used);
        let mut kept = usage(&entries);
        let mut oldest = entries.iter().filter(|entry| entry.path != place);
        while bound.is_some_and(|bound| kept.bytes > bound) || kept.entries > MOST_ENTRIES {
            let Some(entry) = oldest.next() else { break };
            // Whoever may not delete one may delete another.
            if fs::remove_file(&entry.path).is_ok() {
                kept.entries -= 1;
                kept.bytes -= entry.bytes;
            }
        }
        Ok(())
    }

    /// Deletes all entries.
    pub(crate) fn clean(&self) -> io::Result<()> {
        for entry in entries(self.path)? {
            fs::remove_file(&entry.path).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
        }
        Ok(())
    }
}

/// Says that an entry is in use. Not to be allowed to is no harm: it counts as old then.
pub(crate) fn touch(file: &Path) {
    let _ = File::open(file).and_then(|file| file.set_modified(SystemTime::now()));
}

/// A new file that no entry has the name of; deleted unless it is put into its place.
pub(crate) fn unfinished(folder: &Path) -> io::Result<TempPath> {
    let file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)?;
    Ok(file.into_temp_path())
}

/// What the entries of a folder are together.
pub(crate) fn usage_of(folder: &Path) -> io::Result<CacheUsage> {
    Ok(usage(&entries(folder)?))
}

fn usage(entries: &[Entry]) -> CacheUsage {
    CacheUsage {
        entries: entries.len(),
        bytes: entries.iter().map(|entry| entry.bytes).sum(),
    }
}

/// All entries. Files that others have given up are deleted on the way.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        let unfinished = is_unfinished(&name);
        if !unfinished && !is_entry(&name) {
            continue;
        }
        // It may be gone by now.
        let Ok(metadata) = file.metadata() else {
            continue;
        };
        let used = metadata.modified()?;
        if unfinished {
            if used.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(file.path());
            }
        } else if metadata.is_file() {
            entries.push(Entry {
                path: file.path(),
                bytes: metadata.len(),
                used,
            });
        }
    }
    Ok(entries)
}

/// Whether a file is called by a key, with or without an extension.
fn is_entry(name: &str) -> bool {
    let key = name.split('.').next().unwrap_or_default();
    key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Whether a file is called as one that is not complete, or as what that one is written to first.
fn is_unfinished(name: &str) -> bool {
    name.trim_start_matches('.').starts_with(&UNFINISHED[1..]) && name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_is_changed_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let is_free = || File::open(folder.path()).unwrap().try_lock().is_ok();
        let locked = Locked::new(folder.path());
        assert!(!is_free());
        drop(locked);
        assert!(is_free());
    }

    #[test]
    fn entries_are_called_by_keys() {
        let key = "0a".repeat(32);
        for entry in [&key, &format!("{key}.wasmu"), &format!("{key}.a.b")] {
            assert!(is_entry(entry), "{entry}");
        }
        for other in ["", "README", &key[1..], &format!("{key}0"), &"x".repeat(64)] {
            assert!(!is_entry(other) && !is_unfinished(other), "{other}");
        }
        assert!(is_unfinished(".wasmill-cache-a") && is_unfinished("..wasmill-cache-a.1"));
        assert!(!is_unfinished("wasmill-cache-a") && !is_unfinished(".profile"));
    }
}
