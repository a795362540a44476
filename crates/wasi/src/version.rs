//! Which version of WASI a module was compiled for: seen by the namespaces its functions are imported from.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use wasmill::Module;

const SNAPSHOT0: &str = "wasi_unstable";
const SNAPSHOT1: &str = "wasi_snapshot_preview1";

/// A version of WASI. [`Latest`](Self::Latest) is equal to [`Snapshot1`](Self::Snapshot1).
///
/// ```
/// # use wasmill_wasi::WasiVersion;
/// assert!(WasiVersion::Snapshot0 < WasiVersion::Snapshot1);
/// assert_eq!(WasiVersion::Latest, WasiVersion::Snapshot1);
/// ```
#[derive(Debug, Clone, Copy, Eq)]
pub enum WasiVersion {
    /// `wasi_unstable`.
    Snapshot0,
    /// `wasi_snapshot_preview1`.
    Snapshot1,
    /// Whatever is newest of what is implemented.
    Latest,
}

impl WasiVersion {
    /// The namespace that a module of this version imports from.
    ///
    /// ```
    /// # use wasmill_wasi::WasiVersion;
    /// assert_eq!(WasiVersion::Latest.get_namespace_str(), "wasi_snapshot_preview1");
    /// assert_eq!(WasiVersion::Snapshot0.get_namespace_str(), "wasi_unstable");
    /// ```
    pub const fn get_namespace_str(&self) -> &'static str {
        match self {
            Self::Snapshot0 => SNAPSHOT0,
            Self::Snapshot1 | Self::Latest => SNAPSHOT1,
        }
    }

    /// The version that a namespace belongs to.
    pub(crate) fn from_namespace(namespace: &str) -> Option<Self> {
        match namespace {
            SNAPSHOT0 => Some(Self::Snapshot0),
            SNAPSHOT1 => Some(Self::Snapshot1),
            _ => None,
        }
    }
}

impl PartialEq for WasiVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl PartialOrd for WasiVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WasiVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let older = |version: &Self| matches!(version, Self::Snapshot0);
        older(other).cmp(&older(self))
    }
}

/// Whether all functions that a module imports come from one version of WASI (and there are any).
///
/// ```
/// # use wasmill::{Module, Store};
/// # use wasmill_wasi::{WasiVersion, get_wasi_version, get_wasi_versions, is_wasi_module};
/// # let store = Store::default();
/// let wasi = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;
/// let mixed = format!("(module {wasi} (import \"env\" \"f\" (func)))");
/// let (wasi, mixed) = (Module::new(&store, format!("(module {wasi})"))?, Module::new(&store, mixed)?);
/// assert!(is_wasi_module(&wasi));
/// assert!(!is_wasi_module(&mixed), "it needs something else, too");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn is_wasi_module(module: &Module) -> bool {
    get_wasi_version(module, true).is_some()
}

/// The version of WASI that a module imports functions from. `strict`: only if all its functions come from there. Otherwise: the
/// first that there is.
///
/// ```
/// # use wasmill::{Module, Store};
/// # use wasmill_wasi::{WasiVersion, get_wasi_version, get_wasi_versions, is_wasi_module};
/// # let store = Store::default();
/// let wasi = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;
/// let mixed = format!("(module {wasi} (import \"env\" \"f\" (func)))");
/// let (wasi, mixed) = (Module::new(&store, format!("(module {wasi})"))?, Module::new(&store, mixed)?);
/// assert_eq!(get_wasi_version(&mixed, false), Some(WasiVersion::Snapshot1));
/// assert_eq!(get_wasi_version(&mixed, true), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn get_wasi_version(module: &Module, strict: bool) -> Option<WasiVersion> {
    version_of(
        imported_namespaces(module).iter().map(String::as_str),
        strict,
    )
}

/// The versions of WASI that a module imports functions from. `strict`: none if a function comes from elsewhere.
///
/// ```
/// # use wasmill::{Module, Store};
/// # use wasmill_wasi::{WasiVersion, get_wasi_version, get_wasi_versions, is_wasi_module};
/// # let store = Store::default();
/// let wasi = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;
/// let mixed = format!("(module {wasi} (import \"env\" \"f\" (func)))");
/// let (wasi, mixed) = (Module::new(&store, format!("(module {wasi})"))?, Module::new(&store, mixed)?);
/// assert_eq!(get_wasi_versions(&wasi, true).unwrap().len(), 1);
/// assert_eq!(get_wasi_versions(&mixed, true), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn get_wasi_versions(module: &Module, strict: bool) -> Option<BTreeSet<WasiVersion>> {
    versions_of(
        imported_namespaces(module).iter().map(String::as_str),
        strict,
    )
}

/// The namespaces of all imported functions, in order.
fn imported_namespaces(module: &Module) -> Vec<String> {
    module
        .imports()
        .functions()
        .map(|import| import.module().to_owned())
        .collect()
}

fn version_of<'a>(
    mut namespaces: impl Iterator<Item = &'a str>,
    strict: bool,
) -> Option<WasiVersion> {
    if !strict {
        return namespaces.find_map(WasiVersion::from_namespace);
    }
    let first = namespaces.next()?;
    if namespaces.all(|namespace| namespace == first) {
        WasiVersion::from_namespace(first)
    } else {
        None
    }
}

fn versions_of<'a>(
    namespaces: impl Iterator<Item = &'a str>,
    strict: bool,
) -> Option<BTreeSet<WasiVersion>> {
    let mut versions = BTreeSet::new();
    for namespace in namespaces {
        match WasiVersion::from_namespace(namespace) {
            Some(version) => {
                versions.insert(version);
            }
            None if strict => return None,
            None => {}
        }
    }
    Some(versions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use WasiVersion::{Latest, Snapshot0, Snapshot1};

    #[test]
    fn the_latest_is_snapshot_1() {
        assert_eq!(Latest, Snapshot1);
        assert_ne!(Latest, Snapshot0);
        assert!(Snapshot0 < Snapshot1 && Snapshot0 < Latest);
        assert_eq!(Latest.cmp(&Snapshot1), Ordering::Equal);
        assert_eq!(Latest.get_namespace_str(), "wasi_snapshot_preview1");
        for version in [Snapshot0, Snapshot1] {
            assert_eq!(
                WasiVersion::from_namespace(version.get_namespace_str()),
                Some(version)
            );
        }
    }

    #[test]
    fn namespaces_tell_the_version() {
        let one = |names: &[&str], strict| version_of(names.iter().copied(), strict);
        let all = |names: &[&str], strict| {
            versions_of(names.iter().copied(), strict)
                .map(|set| set.into_iter().collect::<Vec<_>>())
        };
        assert_eq!((one(&[], true), one(&[], false)), (None, None));
        assert_eq!(
            (all(&[], true), all(&[], false)),
            (Some(vec![]), Some(vec![]))
        );
        let newer = [SNAPSHOT1, SNAPSHOT1];
        assert_eq!(
            (one(&newer, true), one(&newer, false)),
            (Some(Snapshot1), Some(Snapshot1))
        );
        let mixed = ["env", SNAPSHOT0, SNAPSHOT1];
        assert_eq!(
            (one(&mixed, true), one(&mixed, false)),
            (None, Some(Snapshot0))
        );
        assert_eq!(
            (all(&mixed, true), all(&mixed, false)),
            (None, Some(vec![Snapshot0, Snapshot1]))
        );
        let both = [SNAPSHOT1, SNAPSHOT0];
        assert_eq!(
            (one(&both, true), one(&both, false)),
            (None, Some(Snapshot1))
        );
        assert_eq!(all(&both, true), Some(vec![Snapshot0, Snapshot1]));
        let foreign = ["env", "env"];
        assert_eq!((one(&foreign, true), one(&foreign, false)), (None, None));
        assert_eq!(
            (all(&foreign, true), all(&foreign, false)),
            (None, Some(vec![]))
        );
    }
}
