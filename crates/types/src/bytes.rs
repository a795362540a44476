//! Immutable bytes that many can hold: of their own, or a part of something larger that lives as long as they do.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// What the bytes of a [`SharedBytes`] may lie in: a file that is mapped, for example. It always gives the same bytes.
pub type BytesOwner = Arc<dyn AsRef<[u8]> + Send + Sync>;

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
pub struct SharedBytes(Place);

#[derive(Clone)]
enum Place {
    Own(Arc<[u8]>),
    Part(BytesOwner, Range<usize>),
}

impl SharedBytes {
    /// All bytes of an owner.
    pub fn new(owner: BytesOwner) -> Self {
        let range = 0..(*owner).as_ref().len();
        Self(Place::Part(owner, range))
    }
    /// A part of these bytes, kept alive like the whole; `None` if it lies outside.
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        self.get(range.clone())?;
        Some(match &self.0 {
            Place::Own(bytes) => Self(Place::Part(Arc::new(bytes.clone()), range)),
            Place::Part(owner, whole) => {
                let range = whole.start + range.start..whole.start + range.end;
                Self(Place::Part(owner.clone(), range))
            }
        })
    }
    /// The bytes on their own: copied if they are a part of something.
    pub fn to_arc(&self) -> Arc<[u8]> {
        match &self.0 {
            Place::Own(bytes) => bytes.clone(),
            Place::Part(..) => Arc::from(&**self),
        }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Place::Own(bytes) => bytes,
            Place::Part(owner, range) => &(**owner).as_ref()[range.clone()],
        }
    }
}

impl Default for SharedBytes {
    fn default() -> Self {
        Self(Place::Own(Arc::default()))
    }
}

impl From<&[u8]> for SharedBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(Place::Own(bytes.into()))
    }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Place::Own(bytes.into()))
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
