//! The names of functions, in a form that costs nothing to load.
//!
//! Names are for people: most runs of a module never look at one. So those of an artifact stay where they lie, packed, until
//! somebody asks: for one, or for all as a map.
//!
//! ```text
//!   functions   [  3 ][  4 ][  9 ]      u32, little-endian, ascending
//!   ends        [  4 ][ 10 ][ 11 ]      u32: where each name ends in the text
//!   text        m a i n h e l p e r x
//! ```

use crate::{FunctionIndex, SharedBytes};
use std::collections::HashMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

/// The names of a module's functions: a map that is made when it is first used as one.
///
/// ```
/// # use wasmill_types::{FunctionIndex, FunctionNames};
/// let mut names = FunctionNames::default();
/// names.insert(FunctionIndex::from_u32(3), "main".into());
/// let packed = names.pack();
/// let names = FunctionNames::from(packed);
/// assert_eq!(names.name(FunctionIndex::from_u32(3)).as_deref(), Some("main"));
/// assert_eq!(names.len(), 1);
/// ```
#[derive(Clone, Default)]
pub struct FunctionNames {
    packed: Option<PackedNames>,
    map: OnceLock<HashMap<FunctionIndex, String>>,
}

/// Names as they lie in an artifact. What contradicts itself, or is damaged, is as if it were not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedNames {
    /// The functions, ascending.
    pub functions: SharedBytes,
    /// Where each name ends in the text.
    pub ends: SharedBytes,
    /// All names.
    pub text: SharedBytes,
}

impl FunctionNames {
    /// The name of a function, found without making the map.
    pub fn name(&self, function: FunctionIndex) -> Option<String> {
        match (self.map.get(), &self.packed) {
            (None, Some(packed)) => packed.find(function.as_u32()),
            _ => self.get(&function).cloned(),
        }
    }

    /// Whether the names are those that were written.
    pub fn are_whole(&self) -> bool {
        self.packed.as_ref().is_none_or(PackedNames::are_whole)
    }

    /// The names in packed form; the same names always give the same bytes.
    pub fn pack(&self) -> PackedNames {
        if let Some(packed) = &self.packed {
            return packed.clone();
        }
        let mut names: Vec<_> = self.iter().collect();
        names.sort_unstable_by_key(|(function, _)| **function);
        let (mut functions, mut ends, mut text) = (Vec::new(), Vec::new(), Vec::new());
        for (function, name) in names {
            // A module is smaller than 4 GiB, and so are its names together. What a host adds beyond has no name.
            let Ok(end) = u32::try_from(text.len() + name.len()) else {
                break;
            };
            functions.extend_from_slice(&function.as_u32().to_le_bytes());
            ends.extend_from_slice(&end.to_le_bytes());
            text.extend_from_slice(name.as_bytes());
        }
        PackedNames {
            functions: functions.into(),
            ends: ends.into(),
            text: text.into(),
        }
    }
}

impl PackedNames {
    fn are_whole(&self) -> bool {
        let mut parts = [&self.functions, &self.ends, &self.text].into_iter();
        parts.all(SharedBytes::are_whole)
    }

    fn find(&self, function: u32) -> Option<String> {
        if !self.are_whole() {
            return None;
        }
        let functions = self.functions.as_chunks().0;
        let nth = functions.binary_search_by_key(&function, |bytes| u32::from_le_bytes(*bytes));
        self.nth(nth.ok()?)
    }

    fn nth(&self, nth: usize) -> Option<String> {
        let ends: &[[u8; 4]] = self.ends.as_chunks().0;
        let end = |nth: usize| {
            ends.get(nth)
                .map(|bytes| u32::from_le_bytes(*bytes) as usize)
        };
        let start = nth.checked_sub(1).map_or(Some(0), end)?;
        let name = self.text.get(start..end(nth)?)?;
        String::from_utf8(name.to_vec()).ok()
    }

    fn unpack(&self) -> HashMap<FunctionIndex, String> {
        if !self.are_whole() {
            return HashMap::new();
        }
        let functions = self.functions.as_chunks().0.iter().enumerate();
        let names = functions.filter_map(|(nth, bytes)| {
            let function = u32::from_le_bytes(*bytes);
            // The greatest number stands for "none".
            let function = Some(function).filter(|number| *number < u32::MAX)?;
            Some((FunctionIndex::from_u32(function), self.nth(nth)?))
        });
        names.collect()
    }
}

impl From<PackedNames> for FunctionNames {
    fn from(packed: PackedNames) -> Self {
        Self {
            packed: Some(packed),
            map: OnceLock::new(),
        }
    }
}

impl Deref for FunctionNames {
    type Target = HashMap<FunctionIndex, String>;
    fn deref(&self) -> &Self::Target {
        let unpack = || {
            self.packed
                .as_ref()
                .map_or_else(HashMap::new, PackedNames::unpack)
        };
        self.map.get_or_init(unpack)
    }
}

impl DerefMut for FunctionNames {
    fn deref_mut(&mut self) -> &mut Self::Target {
        let _: &HashMap<_, _> = self;
        // The map is what counts from now on.
        self.packed = None;
        self.map.get_mut().expect("just made")
    }
}

impl IntoIterator for FunctionNames {
    type Item = (FunctionIndex, String);
    type IntoIter = std::collections::hash_map::IntoIter<FunctionIndex, String>;
    fn into_iter(mut self) -> Self::IntoIter {
        std::mem::take(&mut *self).into_iter()
    }
}

impl PartialEq for FunctionNames {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for FunctionNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(u32, &str)]) -> FunctionNames {
        let mut names = FunctionNames::default();
        for (function, name) in list {
            names.insert(FunctionIndex::from_u32(*function), (*name).to_owned());
        }
        names
    }

    #[test]
    fn packed_names_are_the_same_names() {
        let original = names(&[(9, "x"), (3, "main"), (0, ""), (4, "hälper")]);
        let loaded = FunctionNames::from(original.pack());
        for function in 0..12 {
            let function = FunctionIndex::from_u32(function);
            assert_eq!(loaded.name(function), original.get(&function).cloned());
        }
        assert_eq!(loaded, original);
        assert_eq!(loaded.pack(), original.pack());
        assert_eq!(
            FunctionNames::default().name(FunctionIndex::from_u32(0)),
            None
        );
    }

    #[test]
    fn a_change_is_seen_everywhere() {
        let mut loaded = FunctionNames::from(names(&[(1, "a")]).pack());
        loaded.insert(FunctionIndex::from_u32(1), "b".into());
        assert_eq!(
            loaded.name(FunctionIndex::from_u32(1)).as_deref(),
            Some("b")
        );
        assert_eq!(loaded.pack(), names(&[(1, "b")]).pack());
    }

    #[test]
    fn nonsense_is_no_name() {
        let number = |numbers: &[u32]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            SharedBytes::from(bytes)
        };
        let nonsense = FunctionNames::from(PackedNames {
            functions: number(&[0, 1, 2, 3, u32::MAX]),
            ends: number(&[2, 1, 9, 3]),
            text: SharedBytes::from(&b"ab\xff"[..]),
        });
        let found: Vec<_> = (0..5)
            .map(|n| nonsense.name(FunctionIndex::from_u32(n)))
            .collect();
        assert_eq!(found, [Some("ab".to_owned()), None, None, None, None]);
        assert_eq!(nonsense.len(), 1);
    }
}
