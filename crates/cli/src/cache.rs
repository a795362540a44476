//! The command's cache of compiled modules: where it is, how large it may be, and which keys it has.
//!
//! ```text
//!   $WASMILL_CACHE_DIR, or the user's folder for caches    root
//!    └─ 0.1.0                                              what this version made (FileSystemCache)
//!        └─ KEY.wasmu, KEY.so                              KEY: the file's contents, settings, and this very program
//! ```
//!
//! Machine code comes out of it, so nobody but the user may put some in: the folder that nobody named is used only if it is the user's,
//! and others cannot write to it. That there is no such folder is no reason not to run.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Args;
use rustix::process::geteuid;
use wasmill::{HOST, Module, Store};
use wasmill_cache::{Cache as _, FileSystemCache, Hash};

use crate::limits::LimitOptions;
use crate::messages::{note, time};
use crate::size;
use crate::store_options::StoreOptions;

/// Smaller files are compiled as fast as they are loaded.
const SMALL: usize = 4096;

/// Whether what is compiled is kept.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Cache")]
pub(crate) struct CacheOptions {
    /// Compile the module even if it was compiled before, and do not keep it.
    #[arg(long, alias = "no-cache")]
    disable_cache: bool,

    /// Names the contents of the file: 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", hide = true, value_parser = |text: &str| text.parse::<Hash>())]
    cache_key: Option<Hash>,
}

impl CacheOptions {
    /// Compiles a module, or takes what was made of it before.
    pub(crate) fn module(
        &self,
        options: &StoreOptions,
        limits: &LimitOptions,
        store: &Store,
        bytes: &[u8],
    ) -> Result<Module> {
        let start = Instant::now();
        let compile = || {
            let module = options.compile(store, bytes, limits.timeout);
            note(|| {
                format!(
                    "compiled in {} ({})",
                    time(start.elapsed()),
                    options.description()
                )
            });
            module
        };
        let Some((mut cache, key)) = self.place(options, limits, store, bytes)? else {
            return compile();
        };
        cache.set_cache_extension(Some(options.engine_kind().extension(&HOST)));
        let mut is_there = true;
        let make = || {
            is_there = false;
            compile()
        };
        #[allow(unsafe_code, reason = "machine code is trusted")]
        // SAFETY: the folder is the user's, or one that the user named.
        let module = unsafe { cache.load_or_make(store, key, make)? };
        note(|| {
            let spent = time(start.elapsed());
            match is_there {
                true => format!("found in the cache, in {spent} ({})", options.description()),
                false => format!("was not in the cache, where it is now as {key}"),
            }
        });
        Ok(module)
    }

    /// Where a module belongs, if anywhere.
    fn place(
        &self,
        options: &StoreOptions,
        limits: &LimitOptions,
        store: &Store,
        bytes: &[u8],
    ) -> Result<Option<(FileSystemCache, Hash)>> {
        if self.disable_cache || options.must_compile() || bytes.len() <= SMALL {
            return Ok(None);
        }
        let bound = bound()?;
        let Some(program) = program() else {
            return Ok(None);
        };
        let contents = self.cache_key.unwrap_or_else(|| Hash::generate(bytes));
        let key = match limits.fuel {
            None => Hash::generate(format!("{contents} {program}").as_bytes()).compiled_in(store),
            // No key knows what a middleware does. What this one does, this program and the number of points say.
            Some(points) => Hash::generate(format!("{contents} {program} {points}").as_bytes())
                .compiled_in(&options.store()),
        };
        Ok(open().ok().zip(key).map(|(mut cache, key)| {
            cache.set_bound(bound.or(cache.bound()));
            (cache, key)
        }))
    }
}

/// Tells builds of this program apart. The version does not while it is being worked on, and what an older compiler made must
/// not look like what this one makes.
fn program() -> Option<String> {
    let metadata = fs::metadata(std::env::current_exe().ok()?).ok()?;
    let made = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", metadata.len(), made.as_nanos()))
}

/// The most bytes that the cache may have, if the user says so.
pub(crate) fn bound() -> Result<Option<u64>> {
    let Some(text) = set("WASMILL_CACHE_SIZE") else {
        return Ok(None);
    };
    let bytes = size::parse(&text.to_string_lossy()).context("wrong WASMILL_CACHE_SIZE")?;
    Ok(Some(bytes))
}

/// A variable that is not empty.
fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// What is above the folders of all versions.
pub(crate) fn root() -> Result<PathBuf> {
    let root = set("WASMILL_CACHE_DIR").map(PathBuf::from).or_else(|| {
        let caches = set("XDG_CACHE_HOME").map(PathBuf::from);
        let caches = caches.or_else(|| Some(Path::new(&set("HOME")?).join(".cache")));
        // As the convention has it: a name that is not absolute is none.
        let caches = caches.filter(|caches| caches.is_absolute())?;
        Some(caches.join("wasmill"))
    });
    root.context(
        "there is no folder for the cache: HOME is not set, and neither is WASMILL_CACHE_DIR",
    )
}

/// The folder of this version.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(root()?.join(env!("CARGO_PKG_VERSION")))
}

/// The cache, which is made if it is not there.
pub(crate) fn open() -> Result<FileSystemCache> {
    let folder = folder()?;
    if !folder.is_dir() {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        clean_others(&folder);
    }
    check_owner(&folder)?;
    Ok(FileSystemCache::new(folder)?)
}

/// A folder that the user did not name must be the user's: nobody else can have put code there.
fn check_owner(folder: &Path) -> Result<()> {
    if set("WASMILL_CACHE_DIR").is_some() {
        return Ok(());
    }
    let metadata = fs::metadata(folder)?;
    anyhow::ensure!(
        metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o022 == 0,
        "`{}` is not this user's alone, so it is not used; WASMILL_CACHE_DIR can name another folder",
        folder.display()
    );
    Ok(())
}

/// Deletes what other versions keep. They are hardly there any more, and nobody else bounds them all.
pub(crate) fn clean_others(folder: &Path) {
    let siblings = folder.parent().map(fs::read_dir);
    for sibling in siblings.into_iter().flatten().flatten().flatten() {
        let (path, name) = (sibling.path(), sibling.file_name());
        if path == folder || !is_version(&name.to_string_lossy()) {
            continue;
        }
        if let Ok(mut cache) = FileSystemCache::new(&path) {
            // What cannot be deleted is in nobody's way, and a folder that is not empty stays.
            let _ = cache.clean();
            let _ = fs::remove_dir(&path);
        }
    }
}

/// Whether a folder is called like a version.
fn is_version(name: &str) -> bool {
    let numbers: Vec<_> = name.splitn(3, '.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_folders() {
        assert!(
            ["0.1.0", "1.2.3-beta.1", env!("CARGO_PKG_VERSION")]
                .into_iter()
                .all(is_version)
        );
        assert!(
            !["", "1", "1.2", "a.b.c", "photos", "1..2"]
                .into_iter()
                .any(is_version)
        );
    }
}
