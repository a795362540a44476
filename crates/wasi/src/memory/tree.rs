//! [`Tree`]: the files, folders and links of a file system in memory, by number, with what they cost.
//!
//! Invariants: every name in a folder leads to a node that is there; a node is there as long as it has a name or is open (the root
//! always); `used` is the sum of what all nodes and names cost, and never passes `limits`. Nothing here knows of paths: they are
//! walked in `walk.rs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::MemoryLimits;
use crate::ctx::Clock;
use crate::sys::{self, NewTime};
use crate::types::*;

/// The number of a node. Numbers are never used twice.
pub(super) type Ino = u64;

pub(super) const ROOT: Ino = 1;

/// The longest name, as on most hosts.
pub(super) const MAX_NAME: usize = 255;

/// The serial number of the first name that is added to a folder: what precedes it are `.` and `..`.
const FIRST_SERIAL: u64 = 3;

/// How often one file can be named, as on most hosts.
const MAX_NAMES: u64 = 65_000;

#[derive(Debug)]
pub(super) enum Kind {
    Folder(Entries),
    File(Vec<u8>),
    /// A symbolic link, with what it says.
    Link(String),
}

impl Kind {
    pub(super) fn filetype(&self) -> __wasi_filetype_t {
        match self {
            Self::Folder(_) => __WASI_FILETYPE_DIRECTORY,
            Self::File(_) => __WASI_FILETYPE_REGULAR_FILE,
            Self::Link(_) => __WASI_FILETYPE_SYMBOLIC_LINK,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Folder(_) => 0,
            Self::File(contents) => contents.len() as u64,
            Self::Link(target) => target.len() as u64,
        }
    }
}

/// What a folder holds. Each name has a serial number of its own, which is its place in listings.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) parent: Ino,
    by_name: BTreeMap<Arc<str>, (Ino, u64)>,
    by_serial: BTreeMap<u64, Arc<str>>,
    next_serial: u64,
    /// How many of the names are those of folders.
    folders: u64,
}

impl Entries {
    pub(super) fn new(parent: Ino) -> Self {
        Self {
            parent,
            by_name: BTreeMap::new(),
            by_serial: BTreeMap::new(),
            next_serial: FIRST_SERIAL,
            folders: 0,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Ino> {
        self.by_name.get(name).map(|(ino, _)| *ino)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// All names and where they lead, in alphabetical order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, Ino)> {
        self.by_name.iter().map(|(name, (ino, _))| (name, *ino))
    }

    /// The name that follows the one with this serial number in listings: the newest comes first, so that a listing ends, whatever
    /// is added while it goes on.
    pub(super) fn after(&self, serial: u64) -> Option<(u64, &Arc<str>, Ino)> {
        let end = if serial < FIRST_SERIAL {
            u64::MAX
        } else {
            serial
        };
        let (serial, name) = self.by_serial.range(..end).next_back()?;
        Some((*serial, name, self.get(name)?))
    }

    /// Everything by serial number.
    pub(super) fn by_serial(&self) -> impl Iterator<Item = (u64, &str, Ino)> {
        self.by_serial
            .iter()
            .filter_map(|(serial, name)| Some((*serial, &**name, self.get(name)?)))
    }

    pub(super) fn next_serial(&self) -> u64 {
        self.next_serial
    }

    /// A folder of these entries, whose parent is not known yet; `None` if two have the same name or number.
    pub(super) fn from_parts(next_serial: u64, all: Vec<(u64, String, Ino)>) -> Option<Self> {
        let mut entries = Self::new(ROOT);
        for (serial, name, ino) in all {
            let name: Arc<str> = name.into();
            let old_name = entries.by_name.insert(name.clone(), (ino, serial));
            let old_serial = entries.by_serial.insert(serial, name);
            let numbered = (FIRST_SERIAL..next_serial).contains(&serial);
            if old_name.is_some() || old_serial.is_some() || !numbered {
                return None;
            }
        }
        entries.next_serial = next_serial.max(FIRST_SERIAL);
        Some(entries)
    }

    fn insert(&mut self, name: &str, ino: Ino) {
        let name: Arc<str> = name.into();
        let serial = self.next_serial;
        self.next_serial += 1;
        self.by_serial.insert(serial, name.clone());
        self.by_name.insert(name, (ino, serial));
    }

    fn remove(&mut self, name: &str) -> Option<Ino> {
        let (ino, serial) = self.by_name.remove(name)?;
        self.by_serial.remove(&serial);
        Some(ino)
    }
}

/// A file, folder or link.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) times: Times,
    names: u64,
    opens: u64,
}

impl Node {
    /// One that has no name and is not open.
    pub(super) fn new(kind: Kind, times: Times) -> Self {
        Self {
            kind,
            times,
            names: 0,
            opens: 0,
        }
    }

    pub(super) fn has_name(&self) -> bool {
        self.names > 0
    }

    /// Counts a name in `folder` and says whether it is the first; a folder can have no second one.
    pub(super) fn add_first_name(&mut self, folder: Ino) -> Option<bool> {
        let first = self.names == 0;
        if let Kind::Folder(entries) = &mut self.kind {
            if !first {
                return None;
            }
            entries.parent = folder;
        }
        self.names += 1;
        (self.names <= MAX_NAMES).then_some(first)
    }

    /// Counts a folder in this one.
    pub(super) fn count_folder(&mut self) {
        if let Kind::Folder(entries) = &mut self.kind {
            entries.folders += 1;
        }
    }
}

/// When a node was last read, when its contents and when its description last changed: nanoseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) access: u64,
    pub(super) modification: u64,
    pub(super) change: u64,
}

impl Times {
    fn all(now: u64) -> Self {
        Self {
            access: now,
            modification: now,
            change: now,
        }
    }
}

/// What is used of a file system's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Used {
    pub(super) bytes: u64,
    /// Names, and files without one that are still open.
    pub(super) files: u64,
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: HashMap<Ino, Node>,
    next: Ino,
    pub(super) limits: MemoryLimits,
    pub(super) used: Used,
}

pub(super) fn now() -> u64 {
    sys::clock_time(Clock::Realtime)
}

impl Tree {
    pub(super) fn new(limits: MemoryLimits) -> Self {
        let mut tree = Self {
            nodes: HashMap::new(),
            next: ROOT,
            limits,
            used: Used::default(),
        };
        tree.insert_node(Kind::Folder(Entries::new(ROOT)), Times::all(now()));
        tree
    }

    /// Adds a node without a name.
    fn insert_node(&mut self, kind: Kind, times: Times) -> Ino {
        let ino = self.next;
        self.next += 1;
        self.nodes.insert(ino, Node::new(kind, times));
        ino
    }

    /// All nodes, in no order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (Ino, &Node)> {
        self.nodes.iter().map(|(ino, node)| (*ino, node))
    }

    pub(super) fn next_ino(&self) -> Ino {
        self.next
    }

    /// A tree of nodes that hang together.
    pub(super) fn from_parts(
        nodes: HashMap<Ino, Node>,
        next: Ino,
        limits: MemoryLimits,
        used: Used,
    ) -> Self {
        Self {
            nodes,
            next,
            limits,
            used,
        }
    }

    /// Drops what has no name and is not open.
    pub(super) fn forget_orphans(&mut self) {
        let orphans: Vec<Ino> = self
            .nodes()
            .filter(|(ino, node)| *ino != ROOT && !node.has_name() && node.opens == 0)
            .map(|(ino, _)| ino)
            .collect();
        for ino in orphans {
            self.used.files -= 1;
            self.forget_unused(ino);
        }
    }

    /// A node that is known to be there: by a name, or because it is open.
    pub(super) fn node(&self, ino: Ino) -> Result<&Node, Errno> {
        self.nodes.get(&ino).ok_or(Errno::STALE)
    }

    pub(super) fn node_mut(&mut self, ino: Ino) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&ino).ok_or(Errno::STALE)
    }

    pub(super) fn entries(&self, ino: Ino) -> Result<&Entries, Errno> {
        match &self.node(ino)?.kind {
            Kind::Folder(entries) => Ok(entries),
            Kind::File(_) | Kind::Link(_) => Err(Errno::NOTDIR),
        }
    }

    fn entries_mut(&mut self, ino: Ino) -> Result<&mut Entries, Errno> {
        match &mut self.node_mut(ino)?.kind {
            Kind::Folder(entries) => Ok(entries),
            Kind::File(_) | Kind::Link(_) => Err(Errno::NOTDIR),
        }
    }

    pub(super) fn contents(&self, ino: Ino) -> Result<&Vec<u8>, Errno> {
        match &self.node(ino)?.kind {
            Kind::File(contents) => Ok(contents),
            Kind::Folder(_) => Err(Errno::ISDIR),
            Kind::Link(_) => Err(Errno::INVAL),
        }
    }

    fn contents_mut(&mut self, ino: Ino) -> Result<&mut Vec<u8>, Errno> {
        match &mut self.node_mut(ino)?.kind {
            Kind::File(contents) => Ok(contents),
            Kind::Folder(_) => Err(Errno::ISDIR),
            Kind::Link(_) => Err(Errno::INVAL),
        }
    }

    pub(super) fn is_folder(&self, ino: Ino) -> bool {
        matches!(self.nodes.get(&ino), Some(node) if matches!(node.kind, Kind::Folder(_)))
    }

    /// How many bytes more can be used.
    fn room(&self) -> u64 {
        self.limits.bytes.saturating_sub(self.used.bytes)
    }

    /// Takes so much of the limits, or nothing and ENOSPC.
    fn spend(&mut self, bytes: u64, files: u64) -> Result<(), Errno> {
        if bytes > self.room() || files > self.limits.files.saturating_sub(self.used.files) {
            return Err(Errno::NOSPC);
        }
        self.used.bytes += bytes;
        self.used.files += files;
        Ok(())
    }

    /// Adds a node and its first name, and gives its number.
    pub(super) fn create(&mut self, folder: Ino, name: &str, kind: Kind) -> Result<Ino, Errno> {
        let bytes = kind.bytes();
        self.spend(bytes, 0)?;
        let ino = self.insert_node(kind, Times::all(now()));
        let added = self.add_name(folder, name, ino);
        if added.is_err() {
            self.nodes.remove(&ino);
            self.used.bytes -= bytes;
        }
        added.map(|()| ino)
    }

    /// Gives a node another name, which nothing in the folder may have.
    pub(super) fn add_name(&mut self, folder: Ino, name: &str, ino: Ino) -> Result<(), Errno> {
        self.accepts_names(folder)?;
        if self.node(ino)?.names >= MAX_NAMES {
            return Err(Errno::MLINK);
        }
        self.spend(name.len() as u64, 1)?;
        self.put_entry(folder, name, ino)?;
        let node = self.node_mut(ino)?;
        node.names += 1;
        node.times.change = now();
        Ok(())
    }

    /// Takes a name away, and with the last one the node, unless it is open.
    pub(super) fn remove_name(&mut self, folder: Ino, name: &str) -> Result<(), Errno> {
        let ino = self.take_entry(folder, name)?;
        self.used.bytes -= name.len() as u64;
        let node = self.node_mut(ino)?;
        node.names -= 1;
        node.times.change = now();
        if node.names > 0 || node.opens == 0 {
            self.used.files -= 1;
        }
        self.forget_unused(ino);
        Ok(())
    }

    /// Moves a name, which must be there, to another, which must not be; costs no more than the difference of the names.
    pub(super) fn move_name(
        &mut self,
        (from, old): (Ino, &str),
        (to, new): (Ino, &str),
    ) -> Result<(), Errno> {
        self.accepts_names(to)?;
        let (old_len, new_len) = (old.len() as u64, new.len() as u64);
        self.spend(new_len.saturating_sub(old_len), 0)?;
        self.used.bytes -= old_len.saturating_sub(new_len);
        let ino = self.take_entry(from, old)?;
        self.put_entry(to, new, ino)?;
        self.node_mut(ino)?.times.change = now();
        Ok(())
    }

    /// A folder that was removed while it was open takes nothing in any more.
    fn accepts_names(&self, folder: Ino) -> Result<(), Errno> {
        self.entries(folder)?;
        if folder != ROOT && self.node(folder)?.names == 0 {
            return Err(Errno::NOENT);
        }
        Ok(())
    }

    fn put_entry(&mut self, folder: Ino, name: &str, ino: Ino) -> Result<(), Errno> {
        if let Kind::Folder(entries) = &mut self.node_mut(ino)?.kind {
            entries.parent = folder;
        }
        let is_folder = self.is_folder(ino);
        let entries = self.entries_mut(folder)?;
        entries.insert(name, ino);
        entries.folders += u64::from(is_folder);
        self.changed(folder)
    }

    fn take_entry(&mut self, folder: Ino, name: &str) -> Result<Ino, Errno> {
        let ino = self.entries_mut(folder)?.remove(name).ok_or(Errno::NOENT)?;
        let is_folder = self.is_folder(ino);
        self.entries_mut(folder)?.folders -= u64::from(is_folder);
        self.changed(folder)?;
        Ok(ino)
    }

    /// Removes everything in a folder, without recursion: a guest decides how deep it is.
    pub(super) fn empty(&mut self, folder: Ino) -> Result<(), Errno> {
        let mut at = folder;
        loop {
            let first = self.entries(at)?.iter().next();
            match first.map(|(name, ino)| (name.clone(), ino)) {
                Some((_, ino)) if self.is_folder(ino) && !self.entries(ino)?.is_empty() => at = ino,
                Some((name, _)) => self.remove_name(at, &name)?,
                None if at == folder => return Ok(()),
                None => at = self.entries(at)?.parent,
            }
        }
    }

    fn changed(&mut self, ino: Ino) -> Result<(), Errno> {
        let node = self.node_mut(ino)?;
        node.times.modification = now();
        node.times.change = node.times.modification;
        Ok(())
    }

    fn forget_unused(&mut self, ino: Ino) {
        if let Some(node) = self.nodes.get(&ino)
            && node.names == 0
            && node.opens == 0
            && ino != ROOT
        {
            self.used.bytes -= node.kind.bytes();
            self.nodes.remove(&ino);
        }
    }

    /// Keeps a node until it is closed.
    pub(super) fn open(&mut self, ino: Ino) -> Result<(), Errno> {
        self.node_mut(ino)?.opens += 1;
        Ok(())
    }

    pub(super) fn close(&mut self, ino: Ino) {
        let Some(node) = self.nodes.get_mut(&ino) else {
            return;
        };
        node.opens -= 1;
        if node.names == 0 && node.opens == 0 && ino != ROOT {
            self.used.files -= 1;
            self.forget_unused(ino);
        }
    }

    pub(super) fn read(&mut self, ino: Ino, buf: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let contents = self.contents(ino)?;
        let start = usize::try_from(offset).map_or(contents.len(), |at| at.min(contents.len()));
        let count = (contents.len() - start).min(buf.len());
        buf[..count].copy_from_slice(&contents[start..start + count]);
        self.node_mut(ino)?.times.access = now();
        Ok(count)
    }

    /// Writes as much as there is room for; what lies between the end and `offset` becomes zeros, which count.
    pub(super) fn write(&mut self, ino: Ino, buf: &[u8], offset: u64) -> Result<usize, Errno> {
        if buf.is_empty() {
            return Ok(0);
        }
        let len = self.contents(ino)?.len() as u64;
        let end = offset
            .checked_add(buf.len() as u64)
            .ok_or(Errno::FBIG)?
            .min(len.saturating_add(self.room()));
        if end <= offset {
            return Err(Errno::NOSPC);
        }
        self.resize(ino, end.max(len))?;
        // Both are within the contents now.
        let (start, end) = (offset as usize, end as usize);
        self.contents_mut(ino)?[start..end].copy_from_slice(&buf[..end - start]);
        self.changed(ino)?;
        Ok(end - start)
    }

    /// Cuts a file, or extends it with zeros.
    pub(super) fn resize(&mut self, ino: Ino, len: u64) -> Result<(), Errno> {
        let old = self.contents(ino)?.len() as u64;
        self.spend(len.saturating_sub(old), 0)?;
        let target = usize::try_from(len).unwrap_or(usize::MAX);
        let contents = self.contents_mut(ino)?;
        if len > old {
            if contents.try_reserve(target - contents.len()).is_err() {
                self.used.bytes -= len - old;
                return Err(Errno::NOSPC);
            }
            contents.resize(target, 0);
        } else if len < old {
            contents.truncate(target);
            if target < contents.capacity() / 2 {
                contents.shrink_to_fit();
            }
            self.used.bytes -= old - len;
        }
        self.changed(ino)
    }

    /// Replaces the contents of a file at once.
    pub(super) fn replace(&mut self, ino: Ino, new: Vec<u8>) -> Result<(), Errno> {
        let (old, len) = (self.contents(ino)?.len() as u64, new.len() as u64);
        self.spend(len.saturating_sub(old), 0)?;
        self.used.bytes -= old.saturating_sub(len);
        *self.contents_mut(ino)? = new;
        self.changed(ino)
    }

    pub(super) fn set_times(
        &mut self,
        ino: Ino,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        let times = &mut self.node_mut(ino)?.times;
        times.access = access.nanoseconds().unwrap_or(times.access);
        times.modification = modification.nanoseconds().unwrap_or(times.modification);
        times.change = now();
        Ok(())
    }

    pub(super) fn stat(&self, ino: Ino, device: u64) -> Result<__wasi_filestat_t, Errno> {
        let node = self.node(ino)?;
        let st_nlink = match &node.kind {
            Kind::Folder(_) if node.names == 0 && ino != ROOT => 0,
            // Its own name, its `.`, and the `..` of each folder in it.
            Kind::Folder(entries) => 2 + entries.folders,
            Kind::File(_) | Kind::Link(_) => node.names,
        };
        Ok(__wasi_filestat_t {
            st_dev: device,
            st_ino: ino,
            st_filetype: node.kind.filetype(),
            st_nlink,
            st_size: node.kind.bytes(),
            st_atim: node.times.access,
            st_mtim: node.times.modification,
            st_ctim: node.times.change,
        })
    }

    /// Whether `folder` is `ino` or lies, at any depth, in it.
    pub(super) fn lies_in(&self, folder: Ino, ino: Ino) -> Result<bool, Errno> {
        let mut at = folder;
        loop {
            if at == ino {
                return Ok(true);
            }
            let parent = self.entries(at)?.parent;
            if parent == at {
                return Ok(false);
            }
            at = parent;
        }
    }
}
