//! A table of plain numbers: made by a compilation, or read in place from a loaded artifact.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use wasmill_types::SharedBytes;

/// A slice of numbers that nobody has to decode. Artifacts are for little-endian machines, and so are these bytes.
#[derive(Clone)]
pub(crate) enum Table<T> {
    Own(Vec<T>),
    /// Checked to be aligned, and a whole number of elements.
    InPlace(SharedBytes, PhantomData<T>),
}

impl<T: bytemuck::Pod> Table<T> {
    /// The table in these bytes; `None` if they cannot be one.
    pub(crate) fn in_place(bytes: SharedBytes) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(&bytes).ok()?;
        Some(Self::InPlace(bytes, PhantomData))
    }

    pub(crate) fn with_capacity(count: usize) -> Self {
        Self::Own(Vec::with_capacity(count))
    }

    /// For writing: copied first if it is not its own.
    #[inline]
    pub(crate) fn to_mut(&mut self) -> &mut Vec<T> {
        if let Self::InPlace(..) = self {
            *self = Self::Own(self.to_vec());
        }
        match self {
            Self::Own(items) => items,
            Self::InPlace(..) => unreachable!("just copied"),
        }
    }

    /// Whether it is what was written.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::InPlace(bytes, _) => bytes.are_whole(),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

impl<T: bytemuck::Pod> Deref for Table<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match self {
            Self::Own(items) => items,
            Self::InPlace(bytes, _) => bytemuck::cast_slice(bytes),
        }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl<T: bytemuck::Pod + PartialEq> PartialEq for Table<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: bytemuck::Pod + Eq> Eq for Table<T> {}

impl<T: bytemuck::Pod> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone)]
    struct Aligned(Arc<[u32]>);
    impl AsRef<[u8]> for Aligned {
        fn as_ref(&self) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }

    #[test]
    fn bytes_are_numbers_where_they_fit() {
        let all = SharedBytes::new(Arc::new(Aligned([1, 2, 3].into())));
        let table = |range| Table::<u32>::in_place(all.slice(range).unwrap());
        assert_eq!(*table(4..12).unwrap(), [2, 3]);
        assert!(table(4..11).is_none(), "not a whole number");
        assert!(table(2..6).is_none(), "not aligned");
        let mut own = table(0..4).unwrap();
        own.to_mut().push(9);
        assert_eq!(own.as_bytes(), [1, 0, 0, 0, 9, 0, 0, 0]);
    }
}
