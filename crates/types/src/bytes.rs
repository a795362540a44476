//! Immutable bytes that many can hold: of their own, or a part of something larger that lives as long as they do.
//!
//! Those of a file may come with a [`Seal`], which tells whether they are what was written there. Nobody breaks it before the bytes
//! are needed: a large file is not read only to be loaded.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// What the bytes of a [`SharedBytes`] may lie in: a file that is mapped, for example. It always gives the same bytes.
pub type BytesOwner = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// What knows whether bytes are what they should be.
pub trait Seal: Send + Sync {
    /// Whether they are. It may read all of them the first time; whoever calls it may be a signal handler, so it neither
    /// allocates nor locks.
    fn is_whole(&self) -> bool;
}

/// Immutable bytes. Clones are the same bytes.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill_types::SharedBytes;
/// let all = SharedBytes::new(Arc::new(b"a large file".to_vec()));
/// let part = all.slice(2..7).unwrap();
/// assert_eq!(&*part, b"large");
/// assert!(all.slice(8..13).is_none());
/// ```
#[derive(Clone)]
pub struct SharedBytes {
    place: Place,
    seal: Option<Arc<dyn Seal>>,
}

#[derive(Clone)]
enum Place {
    Own(Arc<[u8]>),
    Part(BytesOwner, Range<usize>),
}

impl SharedBytes {
    /// All bytes of an owner.
    pub fn new(owner: BytesOwner) -> Self {
        let range = 0..(*owner).as_ref().len();
        Place::Part(owner, range).into()
    }
    /// A part of these bytes, kept alive like the whole, under the same seal; `None` if it lies outside.
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        self.get(range.clone())?;
        let place = match &self.place {
            Place::Own(bytes) => Place::Part(Arc::new(bytes.clone()), range),
            Place::Part(owner, whole) => {
                let range = whole.start + range.start..whole.start + range.end;
                Place::Part(owner.clone(), range)
            }
        };
        let seal = self.seal.clone();
        Some(Self { place, seal })
    }
    /// The same bytes under a seal.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use wasmill_types::{Seal, SharedBytes};
    /// struct Broken;
    /// impl Seal for Broken {
    ///     fn is_whole(&self) -> bool {
    ///         false
    ///     }
    /// }
    /// let bytes = SharedBytes::from(&b"text"[..]);
    /// assert!(bytes.are_whole());
    /// assert!(!bytes.sealed(Arc::new(Broken)).are_whole());
    /// ```
    #[must_use]
    pub fn sealed(self, seal: Arc<dyn Seal>) -> Self {
        let (place, seal) = (self.place, Some(seal));
        Self { place, seal }
    }
    /// Whether they are what their seal was put on, if they have one.
    pub fn are_whole(&self) -> bool {
        self.seal.as_ref().is_none_or(|seal| seal.is_whole())
    }
    /// The bytes on their own: copied if they are a part of something.
    pub fn to_arc(&self) -> Arc<[u8]> {
        match &self.place {
            Place::Own(bytes) => bytes.clone(),
            Place::Part(..) => Arc::from(&**self),
        }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.place {
            Place::Own(bytes) => bytes,
            Place::Part(owner, range) => &(**owner).as_ref()[range.clone()],
        }
    }
}

impl From<Place> for SharedBytes {
    fn from(place: Place) -> Self {
        Self { place, seal: None }
    }
}

impl Default for SharedBytes {
    fn default() -> Self {
        Place::Own(Arc::default()).into()
    }
}

impl From<&[u8]> for SharedBytes {
    fn from(bytes: &[u8]) -> Self {
        Place::Own(bytes.into()).into()
    }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Place::Own(bytes.into()).into()
    }
}

impl PartialEq for SharedBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedBytes {}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_parts_share_the_owner() {
        let owner: Arc<Vec<u8>> = Arc::new((0..100).collect());
        let all = SharedBytes::new(owner.clone());
        let part = all.slice(10..20).unwrap().slice(3..5).unwrap();
        drop(all);
        assert_eq!(*part, [13, 14]);
        assert_eq!(part.as_ptr(), owner[13..].as_ptr());
        assert!(part.slice(1..3).is_none());
        assert_eq!(part.slice(2..2).unwrap().len(), 0);
    }

    #[test]
    fn bytes_of_their_own_are_not_copied_again() {
        let bytes = SharedBytes::from(vec![1, 2, 3]);
        assert_eq!(bytes.to_arc().as_ptr(), bytes.as_ptr());
        let part = bytes.slice(1..3).unwrap();
        assert_eq!((&*part, &*part.to_arc()), (&[2, 3][..], &[2, 3][..]));
        assert_eq!(part, SharedBytes::from(&[2, 3][..]));
    }
}
