//! Names of functions as tools see them, and text that somebody else wrote in a form that can be shown.

use crate::CodeMap;
use std::fmt::{self, Write};
use std::ops::Range;
use wasmill_types::{EntityRef, LocalFunctionIndex};

/// Bytes of somebody else's text that are shown.
const LONGEST: usize = 1024;
/// Bytes that a readable name may have: it can be much longer than what it is made of.
const LONGEST_READABLE: usize = 4096;

/// Text that can be shown: not too long, and without control characters.
pub(crate) fn visible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    let visible = |letter: char| match letter.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => letter,
    };
    text.chars().map(visible).collect()
}

/// What a name of Rust's means, without the hash; `None` for other names.
pub(crate) fn readable(name: &str) -> Option<String> {
    let name = rustc_demangle::try_demangle(name).ok()?;
    let mut readable = Limited(String::new());
    // It is cut where it becomes too long.
    let _ = write!(readable, "{name:#}");
    Some(readable.0)
}

/// What the name section calls the functions of an image, in the order of their code.
pub(crate) fn names(map: &CodeMap) -> Vec<Option<String>> {
    let info = map.info();
    let name = |nth| {
        let index = info.func_index(LocalFunctionIndex::new(nth));
        let name = info
            .function_names
            .name(index)
            .filter(|name| !name.is_empty());
        name.map(|name| visible(name.as_bytes()))
    };
    (0..map.functions().count()).map(name).collect()
}

/// The functions of an image, in the order of their code: what the name section calls them, or module and index, and their code.
pub(crate) fn functions(map: &CodeMap) -> Vec<(String, Range<u32>)> {
    let info = map.info();
    let indexed = |nth: usize| {
        let index = info.func_index(LocalFunctionIndex::new(nth)).as_u32();
        visible(format!("{}[{index}]", info.name()).as_bytes())
    };
    let names = names(map).into_iter().enumerate();
    let names = names.map(|(nth, name)| name.unwrap_or_else(|| indexed(nth)));
    names.zip(map.functions()).collect()
}

/// Text that does not become longer than it may.
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.0.len() + text.len() <= LONGEST_READABLE {
            true => self.0.push_str(text),
            false => return Err(fmt::Error),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_do_more_than_be_shown() {
        assert_eq!(
            visible("a\nb\u{1b}[31m\0ü".as_bytes()),
            "a\u{fffd}b\u{fffd}[31m\u{fffd}ü"
        );
        assert_eq!(visible(b"a\xff").len(), 4);
        assert_eq!(visible(&[b'x'; 5000]).len(), LONGEST);
    }

    #[test]
    fn only_names_of_rust_are_read() {
        let rust = "_ZN4core9panicking5panic17h0123456789abcdefE";
        assert_eq!(readable(rust).unwrap(), "core::panicking::panic");
        assert_eq!(readable("_Z4sortPi"), None);
        // A few bytes that mean more than a megabyte.
        let long = readable("_RMC0FGZZZ_Eu").unwrap();
        assert!(
            (1000..=LONGEST_READABLE).contains(&long.len()),
            "{}",
            long.len()
        );
    }
}
