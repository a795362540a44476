//! Vectors that only one kind of index can index.
//!
//! A function index cannot be used on a table of memories by mistake: each map names the index newtype it takes
//! (see `indices.rs`). The maps are append-only; an index handed out stays valid for the map's life.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A type that can serve as the key of a [`PrimaryMap`]: a newtype over `u32`.
pub trait EntityRef: Copy + Eq {
    /// Makes the key of the `index`th element.
    fn new(index: usize) -> Self;
    /// The position that this key stands for.
    fn index(self) -> usize;
}

/// A vector of `V` that is indexed by `K`; pushing hands out the keys in order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PrimaryMap<K, V> {
    items: Vec<V>,
    key: PhantomData<K>,
}

impl<K: EntityRef, V> PrimaryMap<K, V> {
    /// An empty map.
    pub fn new() -> Self {
        Self {
            items: Vec::new(),
            key: PhantomData,
        }
    }
    /// An empty map with room for `capacity` elements.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            items: Vec::with_capacity(capacity),
            key: PhantomData,
        }
    }
    /// Appends a value and returns its key.
    pub fn push(&mut self, value: V) -> K {
        let key = self.next_key();
        self.items.push(value);
        key
    }
    /// The key that the next `push` will return.
    pub fn next_key(&self) -> K {
        K::new(self.items.len())
    }
    /// The element of `key`, or `None` if there is none.
    pub fn get(&self, key: K) -> Option<&V> {
        self.items.get(key.index())
    }
    /// The element of `key` for writing, or `None` if there is none.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.items.get_mut(key.index())
    }
    /// Whether `key` has an element.
    pub fn is_valid(&self, key: K) -> bool {
        key.index() < self.items.len()
    }
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = K> + ExactSizeIterator + use<K, V> {
        (0..self.items.len()).map(K::new)
    }
    /// The value that was added last.
    pub fn last(&self) -> Option<&V> {
        self.items.last()
    }
    /// All elements, in order.
    pub fn values(&self) -> std::slice::Iter<'_, V> {
        self.items.iter()
    }
    /// All elements for writing, in order.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, V> {
        self.items.iter_mut()
    }
    /// All elements by value, in order.
    pub fn into_values(self) -> std::vec::IntoIter<V> {
        self.items.into_iter()
    }
    /// All pairs of key and element, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(i, v)| (K::new(i), v))
    }
    /// The elements as a slice.
    pub fn as_slice(&self) -> &[V] {
        &self.items
    }
    /// Makes room for `additional` more elements.
    pub fn reserve(&mut self, additional: usize) {
        self.items.reserve(additional);
    }
    /// Fixes the length: no element can be added any more.
    pub fn into_boxed_slice(self) -> BoxedSlice<K, V> {
        BoxedSlice {
            items: self.items.into_boxed_slice(),
            key: PhantomData,
        }
    }
}

impl<K: EntityRef, V> Default for PrimaryMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: EntityRef, V> Index<K> for PrimaryMap<K, V> {
    type Output = V;
    #[inline]
    fn index(&self, key: K) -> &V {
        &self.items[key.index()]
    }
}

impl<K: EntityRef, V> IndexMut<K> for PrimaryMap<K, V> {
    fn index_mut(&mut self, key: K) -> &mut V {
        &mut self.items[key.index()]
    }
}

impl<K: EntityRef, V> FromIterator<V> for PrimaryMap<K, V> {
    fn from_iter<I: IntoIterator<Item = V>>(iter: I) -> Self {
        Self {
            items: iter.into_iter().collect(),
            key: PhantomData,
        }
    }
}

impl<K: EntityRef + fmt::Debug, V: fmt::Debug> fmt::Debug for PrimaryMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// A [`PrimaryMap`] whose length is fixed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BoxedSlice<K, V> {
    items: Box<[V]>,
    key: PhantomData<K>,
}

impl<K: EntityRef, V> BoxedSlice<K, V> {
    /// The element of `key`, or `None` if there is none.
    pub fn get(&self, key: K) -> Option<&V> {
        self.items.get(key.index())
    }
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// All elements, in order.
    pub fn values(&self) -> std::slice::Iter<'_, V> {
        self.items.iter()
    }
    /// All pairs of key and element, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(i, v)| (K::new(i), v))
    }
}

impl<K: EntityRef, V> Index<K> for BoxedSlice<K, V> {
    type Output = V;
    fn index(&self, key: K) -> &V {
        &self.items[key.index()]
    }
}

impl<K: EntityRef + fmt::Debug, V: fmt::Debug> fmt::Debug for BoxedSlice<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
