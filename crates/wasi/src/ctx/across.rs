//! Paths that lead, through symbolic links on their way, out of one preopened folder and into another one.
//!
//! A folder refuses to be left (EPERM), and that is the end of it, unless the path began in a preopened folder: then its links are
//! read one by one, within the folder, and what leads out goes on in the virtual root, as a path that begins with `..` does
//! (`place.rs`). Only preopened folders are reached so. The new place is opened as any other, so nothing depends on what
//! was read here being true still.

use super::Ctx;
use super::flags::Rights;
use super::node::Folder;
use super::place::{Place, Target, components};
use crate::types::*;

/// As many symbolic links as the host follows in one path.
const MAX_LINKS: usize = 40;

impl Ctx<'_> {
    /// Where a place really is that its folder has refused; EPERM if that is out of the guest's reach.
    pub(super) fn across(self, place: Place, follow: bool, needed: Rights) -> Result<Place, Errno> {
        let mut place = place;
        let mut links = 0;
        let mut has_left = false;
        loop {
            let (Target::Folder { folder, path }, Some(alias)) = (&place.target, &place.mount)
            else {
                return Err(Errno::PERM);
            };
            let Some(rest) = way_out(folder, path, follow, &mut links)? else {
                return if has_left {
                    Ok(place)
                } else {
                    Err(Errno::PERM)
                };
            };
            has_left = true;
            let alias = alias.clone();
            let state = self.lock();
            let walk = state.fs.beside(&alias, &rest).ok_or(Errno::PERM)??;
            place.go(walk, needed)?;
        }
    }
}

/// If a path leaves its folder: what follows, relative to the folder's parent.
fn way_out(
    folder: &Folder,
    path: &str,
    follow: bool,
    links: &mut usize,
) -> Result<Option<String>, Errno> {
    let reversed = |path: &str| -> Vec<String> {
        let mut parts: Vec<_> = components(path).map(str::to_owned).collect();
        parts.reverse();
        parts
    };
    let follow = follow || path.ends_with('/');
    let mut pending = reversed(path);
    let mut done: Vec<String> = Vec::new();
    while let Some(component) = pending.pop() {
        if component == ".." {
            if done.pop().is_none() {
                // Dots alone lead out at the beginning of a path only (`place.rs`).
                if *links == 0 {
                    return Err(Errno::PERM);
                }
                pending.push(".".to_owned());
                pending.reverse();
                return Ok(Some(pending.join("/")));
            }
            continue;
        }
        done.push(component);
        let is_last = pending.is_empty();
        if is_last && !follow {
            break;
        }
        let target = match folder.read_link(&done.join("/")) {
            Ok(target) => String::from_utf8(target).map_err(|_| Errno::PERM)?,
            // Something else than a link, or something that is still to be made.
            Err(Errno::INVAL) => continue,
            Err(Errno::NOENT) if is_last => continue,
            Err(_) => return Err(Errno::PERM),
        };
        *links += 1;
        if *links > MAX_LINKS {
            return Err(Errno::LOOP);
        }
        if target.starts_with('/') {
            return Err(Errno::PERM);
        }
        done.pop();
        pending.extend(reversed(&target));
    }
    Ok(None)
}
