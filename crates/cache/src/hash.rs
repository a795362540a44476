//! Keys: the hash of what was compiled.

use std::fmt;
use std::str::FromStr;
use wasmill::DeserializeError;

/// A key of a cache: 32 bytes. Its text is 64 hexadecimal digits.
///
/// ```
/// use wasmill_cache::Hash;
///
/// let key = Hash::generate(b"\0asm\x01\0\0\0");
/// assert_eq!(key.to_string().parse::<Hash>().unwrap(), key);
/// assert_eq!(Hash::new([0xab; 32]).to_string(), "ab".repeat(32));
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The key with these bytes.
    ///
    /// ```
    /// # use wasmill_cache::Hash;
    /// assert_eq!(Hash::new([1; 32]), Hash::new([1; 32]));
    /// ```
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of some contents: their BLAKE3 hash.
    ///
    /// ```
    /// # use wasmill_cache::Hash;
    /// // Settings that decide about the code belong into the key.
    /// let key = |wasm: &[u8], fast: bool| Hash::generate(&[wasm, &[fast.into()]].concat());
    /// assert_ne!(key(b"\0asm", true), key(b"\0asm", false));
    /// ```
    pub fn generate(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Hash {
    type Err = DeserializeError;

    fn from_str(text: &str) -> Result<Self, DeserializeError> {
        let bytes = hex::decode(text).map_err(|error| {
            let text = format!("Could not decode prehashed key as hexadecimal: {error}");
            DeserializeError::Generic(text)
        })?;
        let bytes = bytes.try_into().map_err(|_| {
            let text = "Prehashed keys must deserialze into exactly 32 bytes";
            DeserializeError::Generic(text.to_owned())
        })?;
        Ok(Self(bytes))
    }
}
