//! Sizes of linear memory, in pages and in bytes, kept apart by type.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// Bytes in a WebAssembly page.
pub const WASM_PAGE_SIZE: usize = 0x10000;
/// The most pages a 32-bit memory can have: 4 GiB.
pub const WASM_MAX_PAGES: u32 = 0x10000;
/// A customary minimum, kept for programs that name it.
pub const WASM_MIN_PAGES: u32 = 0x100;

/// A number of WebAssembly pages of 64 KiB.
///
/// ```
/// # use wasmill_types::Pages;
/// let size = Pages(2) + 1;
/// assert_eq!((size, format!("{size:?}")), (Pages(3), "3 pages".to_owned()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pages(pub u32);

/// A number of bytes.
///
/// ```
/// # use wasmill_types::{Bytes, Pages};
/// assert_eq!(Bytes::from(Pages(2)), Bytes(131_072));
/// assert_eq!(Pages::try_from(Bytes(65_535)), Ok(Pages(0)), "whole pages only");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bytes(pub usize);

impl Pages {
    /// The most pages a 32-bit memory can have.
    ///
    /// ```
    /// # use wasmill_types::Pages;
    /// assert_eq!(Pages::max_value().bytes().0, 4 << 30);
    /// ```
    pub const fn max_value() -> Self {
        Self(WASM_MAX_PAGES)
    }
    /// The sum, or `None` if it is above [`Pages::max_value`].
    ///
    /// ```
    /// # use wasmill_types::Pages;
    /// assert_eq!(Pages(1).checked_add(Pages(2)), Some(Pages(3)));
    /// assert_eq!(Pages(0x10000).checked_add(Pages(1)), None);
    /// ```
    pub fn checked_add(self, rhs: Self) -> Option<Self> {
        self.0
            .checked_add(rhs.0)
            .map(Self)
            .filter(|sum| *sum <= Self::max_value())
    }
    /// The same size in bytes.
    ///
    /// ```
    /// # use wasmill_types::{Bytes, Pages};
    /// assert_eq!(Pages(3).bytes(), Bytes(3 * 65_536));
    /// ```
    pub fn bytes(self) -> Bytes {
        self.into()
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pages", self.0)
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

// The only integer conversion: `MemoryType::new(1, None, false)` infers `u32` from it.
impl From<u32> for Pages {
    fn from(pages: u32) -> Self {
        Self(pages)
    }
}

impl From<Pages> for Bytes {
    fn from(pages: Pages) -> Self {
        Self(pages.0 as usize * WASM_PAGE_SIZE)
    }
}

impl From<usize> for Bytes {
    fn from(bytes: usize) -> Self {
        Self(bytes)
    }
}

impl From<u32> for Bytes {
    fn from(bytes: u32) -> Self {
        Self(bytes as usize)
    }
}

impl<T: Into<Pages>> Add<T> for Pages {
    type Output = Self;
    fn add(self, rhs: T) -> Self {
        Self(self.0 + rhs.into().0)
    }
}

impl<T: Into<Pages>> Sub<T> for Pages {
    type Output = Self;
    fn sub(self, rhs: T) -> Self {
        Self(self.0 - rhs.into().0)
    }
}

impl<T: Into<Bytes>> Add<T> for Bytes {
    type Output = Self;
    fn add(self, rhs: T) -> Self {
        Self(self.0 + rhs.into().0)
    }
}

impl<T: Into<Bytes>> Sub<T> for Bytes {
    type Output = Self;
    fn sub(self, rhs: T) -> Self {
        Self(self.0 - rhs.into().0)
    }
}

/// The bytes make more pages than a `u32` can count.
///
/// ```
/// # use wasmill_types::{Bytes, PageCountOutOfRange, Pages};
/// assert_eq!(Pages::try_from(Bytes(usize::MAX)), Err(PageCountOutOfRange));
/// assert_eq!(PageCountOutOfRange.to_string(), "Number of pages exceeds uint32 range");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageCountOutOfRange;

impl fmt::Display for PageCountOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number of pages exceeds uint32 range")
    }
}

impl std::error::Error for PageCountOutOfRange {}

impl TryFrom<Bytes> for Pages {
    type Error = PageCountOutOfRange;
    fn try_from(bytes: Bytes) -> Result<Self, PageCountOutOfRange> {
        let pages = u32::try_from(bytes.0 / WASM_PAGE_SIZE).map_err(|_| PageCountOutOfRange)?;
        Ok(Self(pages))
    }
}
