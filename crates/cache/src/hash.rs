//! Keys: the hash of what was compiled.

use std::fmt;
use std::str::FromStr;
use wasmill::{DeserializeError, Store};

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
    /// assert_ne!(Hash::generate(b"\0asm\x01\0\0\0"), Hash::generate(b"(module)"));
    /// ```
    pub fn generate(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The key of this when it is compiled in a store: by its engine, its compiler with its options, for its target with
    /// these CPU features, by this version. `None` if something decides about the code that a key cannot tell, as
    /// middlewares do, or if there is no compiler. (An addition to the original API.)
    ///
    /// ```
    /// # use wasmill::{Cranelift, CompilerConfig, Store, Universal};
    /// # use wasmill_cache::Hash;
    /// let mut canonical = Cranelift::default();
    /// canonical.canonicalize_nans(true);
    /// let [plain, canonical] = [Cranelift::default(), canonical].map(|config| {
    ///     let store = Store::new(&Universal::new(config).engine());
    ///     Hash::generate(b"(module)").compiled_in(&store)
    /// });
    /// assert!(plain.is_some() && plain != canonical);
    /// ```
    pub fn compiled_in(self, store: &Store) -> Option<Self> {
        let settings = store.engine().settings()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(settings.as_bytes());
        Some(Self(*hasher.finalize().as_bytes()))
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
