//! From a path to a node: one component at a time, through symbolic links, and never above the folder where it began.
//!
//! What is refused, and how, is what a host that resolves paths beneath a folder refuses: an absolute path, `..` above the beginning
//! and a link that leads there are EPERM, too many links ELOOP, what is no folder in the middle of a path ENOTDIR.

use super::tree::{Ino, Kind, MAX_NAME, Tree};
use crate::types::*;

/// How many symbolic links one path may lead through.
const MAX_LINKS: usize = 40;

/// The longest path and the longest text of a link, as on most hosts.
pub(super) const MAX_PATH: usize = 4095;

/// The last component of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Last {
    Name(String),
    /// `.`
    Here,
    /// `..`
    Above,
}

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Found {
    /// The folder that the last component is looked up in.
    pub(super) folder: Ino,
    pub(super) last: Last,
    /// What is there; always something where the last component is no name.
    pub(super) ino: Option<Ino>,
}

impl Found {
    /// What is there, or ENOENT.
    pub(super) fn existing(&self) -> Result<Ino, Errno> {
        self.ino.ok_or(Errno::NOENT)
    }

    /// The name for something new.
    pub(super) fn new_name(&self) -> Result<&str, Errno> {
        match (&self.last, self.ino) {
            (Last::Name(name), None) => Ok(name),
            _ => Err(Errno::EXIST),
        }
    }
}

/// A path without the slashes at its end, for what creates or removes a folder.
pub(super) fn without_slashes(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { path } else { trimmed }
}

fn check(path: &str) -> Result<(), Errno> {
    match path.as_bytes() {
        [] => Err(Errno::NOENT),
        [b'/', ..] => Err(Errno::PERM),
        bytes if bytes.len() > MAX_PATH => Err(Errno::NAMETOOLONG),
        _ => Ok(()),
    }
}

/// Puts the components of a path in front of what is still to be walked, which is kept from the last to the first. A slash at the
/// end means the folder itself: `x/` is `x/.`.
fn put_in_front(todo: &mut Vec<String>, path: &str) {
    if path.ends_with('/') && todo.is_empty() {
        todo.push(".".to_owned());
    }
    let components = path.split('/').filter(|component| !component.is_empty());
    todo.extend(components.rev().map(str::to_owned));
}

impl Tree {
    /// Walks a path from a folder; `follow` says whether a symbolic link at its end is followed.
    pub(super) fn walk(&self, from: Ino, path: &str, follow: bool) -> Result<Found, Errno> {
        check(path)?;
        let mut way = vec![from];
        let mut todo = Vec::new();
        put_in_front(&mut todo, path);
        let mut links = 0;
        while let Some(component) = todo.pop() {
            let folder = way[way.len() - 1];
            let found = |last, ino| Found { folder, last, ino };
            let at_end = todo.is_empty();
            match component.as_str() {
                "." if at_end => return Ok(found(Last::Here, Some(folder))),
                "." => continue,
                ".." => {
                    way.pop();
                    let above = *way.last().ok_or(Errno::PERM)?;
                    if at_end {
                        return Ok(found(Last::Above, Some(above)));
                    }
                    continue;
                }
                name if name.len() > MAX_NAME => return Err(Errno::NAMETOOLONG),
                _ => {}
            }
            let Some(ino) = self.entries(folder)?.get(&component) else {
                return if at_end {
                    Ok(found(Last::Name(component), None))
                } else {
                    Err(Errno::NOENT)
                };
            };
            match &self.node(ino)?.kind {
                Kind::Link(target) if !at_end || follow => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::LOOP);
                    }
                    check(target)?;
                    put_in_front(&mut todo, target);
                }
                _ if at_end => return Ok(found(Last::Name(component), Some(ino))),
                Kind::Folder(_) => way.push(ino),
                Kind::File(_) | Kind::Link(_) => return Err(Errno::NOTDIR),
            }
        }
        // Only a path of nothing but slashes has no components, and `check` refused it.
        Err(Errno::NOENT)
    }
}
