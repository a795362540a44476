//! From a descriptor and a path to a [`Place`]: a folder and a path below it, never above.
//!
//! A path relative to a folder is handed to its back end as it is, which refuses to leave the folder, through `..`, absolute paths
//! or symbolic links. What is resolved here is only the **virtual root**: descriptor 3, a directory that holds the preopened directories under their names. Its paths are
//! walked by name up to a preopened directory, and the rest is relative to that. A directory preopened as `.` or `/` is the root
//! itself: what no other name matches is looked for there.
//!
//! A path that begins with `..` leads from a preopened directory into the virtual root, as far as it goes on to a preopened name
//! there; from any other descriptor it leads nowhere. The parent of the root is the root.

use std::collections::BTreeSet;

use super::Ctx;
use super::flags::Rights;
use super::fs::{Object, WasiFs};
use super::named::{Identity, Named};
use super::node::Folder;
use super::supplied::FileId;
use crate::types::*;

/// A preopened directory, as it appears below the virtual root.
#[derive(Debug)]
pub(super) struct Mount {
    /// The components of its name: none for the root itself. `None` where the name leads above the root (`../x`): such a
    /// directory is reached through its own descriptor only.
    name: Option<Vec<String>>,
    /// The name as the host program gave it.
    alias: String,
    pub(super) folder: Folder,
    pub(super) granted: Rights,
}

impl Mount {
    pub(super) fn new(alias: &str, folder: Folder, granted: Rights) -> Self {
        let name = components(alias)
            .map(|component| (component != "..").then(|| component.to_owned()))
            .collect();
        Self {
            name,
            alias: alias.to_owned(),
            folder,
            granted,
        }
    }

    /// Whether both have the same name: as given, but for slashes in front. Two names for the root may stand side by side, as
    /// `.` and `/` do in many command lines; the first is then what the root holds.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.is_named(&other.alias)
    }

    pub(super) fn is(&self, path: &[&str]) -> bool {
        self.name.as_ref().is_some_and(|name| name.iter().eq(path))
    }

    pub(super) fn alias(&self) -> &str {
        &self.alias
    }

    /// Whether this is its name, but for slashes in front.
    pub(super) fn is_named(&self, alias: &str) -> bool {
        self.alias.trim_start_matches('/') == alias.trim_start_matches('/')
    }

    /// The component of the name that follows `path`, if the name begins with it and goes on.
    fn below(&self, path: &[&str]) -> Option<&str> {
        let name = self.name.as_ref()?;
        let begins = name.iter().zip(path).all(|(left, right)| left == right);
        if begins {
            name.get(path.len()).map(String::as_str)
        } else {
            None
        }
    }
}

/// The components of a path that name something: no empty ones, no `.`.
pub(super) fn components(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/')
        .filter(|component| !component.is_empty() && *component != ".")
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) struct Place {
    pub(super) target: Target,
    /// What the descriptor passes on to what is opened through it.
    pub(super) inheriting: Rights,
    /// What the host program permits there.
    pub(super) granted: Rights,
    /// The name of the preopened folder, if the path began in one.
    pub(super) mount: Option<String>,
}

#[derive(Debug)]
pub(super) enum Target {
    /// A path below a folder.
    Folder { folder: Folder, path: String },
    /// A virtual directory, by its path from the root.
    Virtual(String),
    /// A file of the host program.
    Supplied(FileId),
}

impl Place {
    /// The folder and the path in it, or an error of the caller's choice for a virtual directory.
    pub(super) fn folder(&self, otherwise: Errno) -> Result<(&Folder, &str), Errno> {
        match &self.target {
            Target::Folder { folder, path } => Ok((folder, path)),
            Target::Virtual(_) | Target::Supplied(_) => Err(otherwise),
        }
    }

    /// The file of the host program, if the path leads to one.
    pub(super) fn supplied(&self) -> Option<FileId> {
        match self.target {
            Target::Supplied(id) => Some(id),
            Target::Folder { .. } | Target::Virtual(_) => None,
        }
    }

    /// Sets where a path from a virtual directory leads.
    pub(super) fn go(&mut self, walk: Walk<'_>, needed: Rights) -> Result<(), Errno> {
        self.target = match walk {
            Walk::Virtual(prefix) => Target::Virtual(prefix),
            Walk::Supplied(named) => {
                self.granted = named.rights;
                Target::Supplied(named.id)
            }
            Walk::Mount(mount, path) => {
                if !mount.granted.contains(needed) {
                    return Err(Errno::ACCES);
                }
                self.granted = mount.granted;
                self.mount = Some(mount.alias.clone());
                let folder = mount.folder.clone();
                Target::Folder { folder, path }
            }
        };
        Ok(())
    }
}

impl Place {
    /// Looks whether the path leads to one of these files of the host program, all of which have its last name.
    fn find_named(&mut self, named: Vec<Named>) -> Result<(), Errno> {
        let Target::Folder { folder, path } = &self.target else {
            return Ok(());
        };
        let Some((parent, slash)) = (!named.is_empty()).then(|| parent_of(path)) else {
            return Ok(());
        };
        let identity = Identity::of(folder.stat(parent, true)?);
        if let Some(named) = named.iter().find(|named| named.is_in(&identity)) {
            if slash {
                return Err(Errno::NOTDIR);
            }
            self.granted &= named.rights;
            self.target = Target::Supplied(named.id);
        }
        Ok(())
    }
}

/// The path of the folder that a path's last name is in, and whether there is a slash behind the name.
fn parent_of(path: &str) -> (&str, bool) {
    let trimmed = path.trim_end_matches('/');
    let parent = match trimmed.rsplit_once('/') {
        None => ".",
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
    };
    (parent, trimmed.len() < path.len())
}

impl Ctx<'_> {
    /// Resolves a path relative to a descriptor that must allow `needed`.
    pub(super) fn place(self, fd: __wasi_fd_t, path: &str, needed: Rights) -> Result<Place, Errno> {
        if path.contains('\0') {
            return Err(Errno::INVAL);
        }
        let state = self.lock();
        let entry = state.fs.entry(fd)?;
        if !matches!(entry.object, Object::Folder(_) | Object::Virtual(_)) {
            return Err(Errno::NOTDIR);
        }
        entry.require(needed)?;
        let mut place = Place {
            target: Target::Virtual(String::new()),
            inheriting: entry.inheriting,
            granted: entry.granted,
            mount: entry.preopen.clone(),
        };
        match &entry.object {
            Object::Virtual(prefix) => place.go(state.fs.walk(prefix, path)?, needed)?,
            Object::Folder(folder) => match state.fs.climb(entry.preopen.as_deref(), path) {
                Some(walk) => place.go(walk?, needed)?,
                None => {
                    place.target = Target::Folder {
                        folder: folder.clone(),
                        path: path.to_owned(),
                    }
                }
            },
            Object::Supplied(_) | Object::File(_) | Object::Socket(_) => {
                return Err(Errno::NOTDIR);
            }
        }
        let named = state.fs.named.of_this_name(&place.target);
        drop(state);
        place.find_named(named)?;
        Ok(place)
    }
}

/// Where a path from a virtual directory leads.
pub(super) enum Walk<'a> {
    Virtual(String),
    Mount(&'a Mount, String),
    Supplied(&'a Named),
}

impl WasiFs {
    /// Walks a path from a virtual directory: by name as long as preopened names go on so, and from there in the deepest
    /// preopened directory on the way. `at` is always the beginning of such a name (or the root).
    fn walk<'a>(&'a self, prefix: &'a str, path: &'a str) -> Result<Walk<'a>, Errno> {
        match path.bytes().next() {
            None => return Err(Errno::NOENT),
            // As for any directory: an absolute path is not relative to it.
            Some(b'/') => return Err(Errno::PERM),
            Some(_) => {}
        }
        self.walk_from(components(prefix).collect(), path, Errno::NOENT)
    }

    /// Walks a path that begins with `..` from a preopened directory; `None` if it is another directory or another path. What is
    /// not found then is beyond what the guest may know of.
    fn climb<'a>(
        &'a self,
        preopen: Option<&str>,
        path: &'a str,
    ) -> Option<Result<Walk<'a>, Errno>> {
        let alias = preopen?;
        let (first, rest) = next_component(path).filter(|_| !path.starts_with('/'))?;
        match first == ".." {
            true => self.beside(alias, rest),
            false => None,
        }
    }

    /// Walks a path from the parent of a preopened directory; `None` if that has none.
    pub(super) fn beside<'a>(
        &'a self,
        alias: &str,
        path: &'a str,
    ) -> Option<Result<Walk<'a>, Errno>> {
        let mount = self.mounts.iter().find(|mount| mount.alias == alias)?;
        let (_, parent) = mount.name.as_ref()?.split_last()?;
        let parent = parent.iter().map(String::as_str).collect();
        Some(self.walk_from(parent, path, Errno::PERM))
    }

    fn walk_from<'a>(
        &'a self,
        mut at: Vec<&'a str>,
        path: &'a str,
        missing: Errno,
    ) -> Result<Walk<'a>, Errno> {
        let has_root = self.mounts.iter().any(|mount| mount.is(&[]));
        let mut rest = path;
        while let Some((component, after)) = next_component(rest) {
            if component == ".." {
                if at.pop().is_none() && has_root {
                    return Err(Errno::PERM);
                }
            } else if self.goes_on(&at, component) {
                at.push(component);
            } else if let Some(named) = self.named.in_virtual(&at, component) {
                return if after.is_empty() {
                    Ok(Walk::Supplied(named))
                } else {
                    Err(Errno::NOTDIR)
                };
            } else {
                return self.leave(&at, rest).ok_or(missing);
            }
            rest = after;
        }
        let here = self.mounts.iter().find(|mount| mount.is(&at));
        Ok(here.map_or_else(
            || Walk::Virtual(at.join("/")),
            |mount| Walk::Mount(mount, ".".to_owned()),
        ))
    }

    /// Whether a virtual directory has this one in it.
    pub(super) fn goes_on(&self, at: &[&str], component: &str) -> bool {
        let mut names = self.mounts.iter().filter_map(|mount| mount.below(at));
        names.any(|name| name == component) || self.named.has_folder(at, component)
    }

    /// The deepest preopened directory at or above `at`, and the path from there to `rest` below `at`.
    fn leave(&self, at: &[&str], rest: &str) -> Option<Walk<'_>> {
        (0..=at.len()).rev().find_map(|depth| {
            let mount = self.mounts.iter().find(|mount| mount.is(&at[..depth]))?;
            let rest = rest.trim_start_matches('/');
            let path = at[depth..]
                .iter()
                .copied()
                .chain([rest])
                .collect::<Vec<_>>()
                .join("/");
            Some(Walk::Mount(mount, path))
        })
    }

    /// The folder that was preopened under the name of a virtual directory, and what the host program permits in it.
    pub(super) fn mounted_at(&self, prefix: &str) -> Option<(&Folder, Rights)> {
        let at: Vec<&str> = components(prefix).collect();
        let mount = self.mounts.iter().find(|mount| mount.is(&at))?;
        Some((&mount.folder, mount.granted))
    }

    /// The names directly in a virtual directory and their kinds, sorted, or the folder that is the root itself. Names in the root begin with a
    /// slash, as programs of the original expect: they are the names that lead there from anywhere.
    pub(super) fn virtual_names(
        &self,
        prefix: &str,
    ) -> Result<Vec<(String, __wasi_filetype_t)>, Folder> {
        let at: Vec<&str> = components(prefix).collect();
        if let Some(root) = self.mounts.iter().find(|mount| mount.is(&at)) {
            return Err(root.folder.clone());
        }
        let slash = if at.is_empty() { "/" } else { "" };
        let below = self.mounts.iter().filter_map(|mount| mount.below(&at));
        let below = below.map(|name| (name, __WASI_FILETYPE_DIRECTORY));
        let names: BTreeSet<_> = below
            .chain(self.named.names_in_virtual(&at))
            .map(|(name, filetype)| (format!("{slash}{name}"), filetype))
            .collect();
        Ok(names.into_iter().collect())
    }
}

/// The first component of a path that names something, and what follows it (with its slash).
fn next_component(path: &str) -> Option<(&str, &str)> {
    let mut rest = path;
    loop {
        rest = rest.trim_start_matches('/');
        if rest.is_empty() {
            return None;
        }
        let (component, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if component != "." {
            return Some((component, after));
        }
        rest = after;
    }
}
