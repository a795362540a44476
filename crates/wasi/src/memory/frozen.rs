//! File systems in memory as plain data: written out, and read back from bytes that nobody vouches for.
//!
//! What comes in is believed only after the tree was found whole: every name leads somewhere, every folder hangs together with the
//! root by exactly one name, nothing passes the limits. What it costs is in the order of the size of what came in.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::tree::{Entries, Ino, Kind, MAX_NAME, Node, ROOT, Times, Tree, Used};
use super::walk::MAX_PATH;
use super::{MemoryFs, MemoryLimits};

/// Numbers that are given out one after another never get near here.
const MAX_NUMBER: u64 = 1 << 62;

/// A [`Tree`] as data. Of nodes that are open without having a name it is not known who has them open.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FrozenTree {
    limits: (u64, u64),
    next: Ino,
    nodes: Vec<FrozenNode>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FrozenNode {
    ino: Ino,
    /// Access, modification, change.
    times: (u64, u64, u64),
    kind: FrozenKind,
}

#[derive(Debug, Serialize, Deserialize)]
enum FrozenKind {
    /// The next serial number, and the serial number, name and node of each entry.
    Folder(u64, Vec<(u64, String, Ino)>),
    File(Vec<u8>),
    Link(String),
}

impl FrozenKind {
    fn of(kind: &Kind) -> Self {
        match kind {
            Kind::File(contents) => Self::File(contents.clone()),
            Kind::Link(target) => Self::Link(target.clone()),
            Kind::Folder(entries) => {
                let all = entries
                    .by_serial()
                    .map(|(serial, name, ino)| (serial, name.to_owned(), ino));
                Self::Folder(entries.next_serial(), all.collect())
            }
        }
    }

    /// Back to what it was; the parent of a folder is not known yet.
    fn thaw(self) -> Option<Kind> {
        match self {
            Self::File(contents) => Some(Kind::File(contents)),
            Self::Link(target) => {
                let good = !target.is_empty()
                    && target.len() <= MAX_PATH
                    && !target.starts_with('/')
                    && !target.contains('\0');
                good.then_some(Kind::Link(target))
            }
            Self::Folder(next, all) => {
                let good = all.iter().all(|(_, name, _)| is_name(name)) && next <= MAX_NUMBER;
                good.then(|| Entries::from_parts(next, all))
                    .flatten()
                    .map(Kind::Folder)
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= MAX_NAME && !name.contains(['/', '\0'])
}

impl Tree {
    fn freeze(&self) -> FrozenTree {
        let nodes = self.nodes().map(|(ino, node)| FrozenNode {
            ino,
            times: (
                node.times.access,
                node.times.modification,
                node.times.change,
            ),
            kind: FrozenKind::of(&node.kind),
        });
        // In order, so that the same tree is always the same bytes.
        let ordered: BTreeMap<Ino, FrozenNode> = nodes.map(|node| (node.ino, node)).collect();
        FrozenTree {
            limits: (self.limits.bytes, self.limits.files),
            next: self.next_ino(),
            nodes: ordered.into_values().collect(),
        }
    }
}

impl FrozenTree {
    fn thaw(self) -> Option<Tree> {
        if self.next > MAX_NUMBER {
            return None;
        }
        let limits = MemoryLimits {
            bytes: self.limits.0,
            files: self.limits.1,
        };
        let mut nodes = HashMap::new();
        for FrozenNode { ino, times, kind } in self.nodes {
            let times = Times {
                access: times.0,
                modification: times.1,
                change: times.2,
            };
            let node = Node::new(kind.thaw()?, times);
            if ino >= self.next || nodes.insert(ino, node).is_some() {
                return None;
            }
        }
        let used = hang_together(&mut nodes)?;
        let within = used.bytes <= limits.bytes && used.files <= limits.files;
        within.then(|| Tree::from_parts(nodes, self.next, limits, used))
    }
}

/// Goes through all names from the root, counts them, and tells each folder its parent. `None` if a name leads nowhere, a folder
/// has two names or none leads to it from the root.
fn hang_together(nodes: &mut HashMap<Ino, Node>) -> Option<Used> {
    let mut used = Used::default();
    let mut todo = vec![ROOT];
    let mut named = 0;
    while let Some(folder) = todo.pop() {
        let Kind::Folder(entries) = &nodes.get(&folder)?.kind else {
            return None;
        };
        let children: Vec<(u64, Ino)> = entries
            .iter()
            .map(|(name, ino)| (name.len() as u64, ino))
            .collect();
        for (bytes, ino) in children {
            used.bytes = used.bytes.checked_add(bytes)?;
            used.files += 1;
            let node = nodes.get_mut(&ino).filter(|_| ino != ROOT)?;
            let first = node.add_first_name(folder)?;
            named += usize::from(first);
            if matches!(node.kind, Kind::Folder(_)) {
                todo.push(ino);
                nodes.get_mut(&folder)?.count_folder();
            }
        }
    }
    // What has no name was open when this was written: a file, or an empty folder.
    let orphans = nodes.len().checked_sub(named + 1)?;
    used.files += orphans as u64;
    for (ino, node) in nodes.iter() {
        used.bytes = used.bytes.checked_add(node.kind.bytes())?;
        let empty = !matches!(&node.kind, Kind::Folder(entries) if !entries.is_empty());
        if *ino != ROOT && !node.has_name() && !empty {
            return None;
        }
    }
    Some(used)
}

impl MemoryFs {
    pub(crate) fn freeze(&self) -> FrozenTree {
        self.lock().freeze()
    }

    /// What was open without a name waits until [`forget_orphans`](Self::forget_orphans) for somebody to open it again.
    pub(crate) fn thaw(frozen: FrozenTree) -> Option<Self> {
        frozen.thaw().map(Self::of_tree)
    }

    /// Drops what has no name and was not opened again.
    pub(crate) fn forget_orphans(&self) {
        self.lock().forget_orphans();
    }
}

impl Serialize for MemoryFs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.freeze().serialize(serializer)
    }
}

/// Gives a file system of its own, which no other shares.
impl<'de> Deserialize<'de> for MemoryFs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let frozen = FrozenTree::deserialize(deserializer)?;
        let fs = Self::thaw(frozen).ok_or_else(|| {
            serde::de::Error::custom("this is no file system in memory that hangs together")
        })?;
        fs.forget_orphans();
        Ok(fs)
    }
}
