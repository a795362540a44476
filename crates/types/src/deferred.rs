//! What is decoded when somebody looks at it.
//!
//! Lists of segments are long in some modules, and only instances need them: those of an artifact stay bytes until then.

use crate::SharedBytes;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

/// A value, or the bytes that it is made of when it is first used.
///
/// ```
/// # use wasmill_types::{Deferred, SharedBytes};
/// let length = Deferred::new(SharedBytes::from(&b"text"[..]), |bytes| Some(bytes.len()));
/// assert!(length.is_sound());
/// assert_eq!(*length, 4);
/// ```
#[derive(Clone, Default)]
pub struct Deferred<T> {
    value: OnceLock<Decoded<T>>,
    source: Option<Source<T>>,
}

/// Makes a value of bytes, if they are one.
type Decode<T> = fn(&[u8]) -> Option<T>;
type Source<T> = (SharedBytes, Decode<T>);

#[derive(Clone, Default)]
struct Decoded<T> {
    value: T,
    is_sound: bool,
}

impl<T: Default> Deferred<T> {
    /// The value that `decode` makes of bytes. What it refuses, or what has a broken seal, is as if it were empty.
    pub fn new(bytes: SharedBytes, decode: Decode<T>) -> Self {
        Self {
            value: OnceLock::new(),
            source: Some((bytes, decode)),
        }
    }

    /// Whether the value is what the bytes said. Decodes them.
    pub fn is_sound(&self) -> bool {
        self.decoded().is_sound
    }

    fn decoded(&self) -> &Decoded<T> {
        self.value.get_or_init(|| {
            let Some((bytes, decode)) = &self.source else {
                return T::default().into();
            };
            let value = bytes.are_whole().then(|| decode(bytes)).flatten();
            let is_sound = value.is_some();
            let value = value.unwrap_or_default();
            Decoded { value, is_sound }
        })
    }
}

impl<T> From<T> for Decoded<T> {
    fn from(value: T) -> Self {
        let is_sound = true;
        Self { value, is_sound }
    }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self {
            value: OnceLock::from(Decoded::from(value)),
            source: None,
        }
    }
}

impl<T: Default> Deref for Deferred<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.decoded().value
    }
}

impl<T: Default> DerefMut for Deferred<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.decoded();
        &mut self.value.get_mut().expect("just decoded").value
    }
}

impl<T: Default + PartialEq> PartialEq for Deferred<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Default + fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seal;
    use std::sync::Arc;

    fn text(bytes: &[u8]) -> Option<String> {
        String::from_utf8(bytes.to_vec()).ok()
    }

    #[test]
    fn bytes_become_a_value_that_can_be_changed() {
        let mut loaded = Deferred::new(SharedBytes::from(&b"ab"[..]), text);
        let other = loaded.clone();
        loaded.push('c');
        assert_eq!((&**loaded, &**other), ("abc", "ab"));
        assert_eq!(loaded, Deferred::from("abc".to_owned()));
        assert!(loaded.is_sound() && Deferred::<String>::default().is_sound());
    }

    #[test]
    fn damage_is_as_if_nothing_were_there() {
        struct Broken;
        impl Seal for Broken {
            fn is_whole(&self) -> bool {
                false
            }
        }
        let nonsense = SharedBytes::from(&b"a\xff"[..]);
        let damaged = SharedBytes::from(&b"ab"[..]).sealed(Arc::new(Broken));
        for bytes in [nonsense, damaged] {
            let loaded = Deferred::new(bytes, text);
            assert_eq!((&**loaded, loaded.is_sound()), ("", false));
        }
    }
}
