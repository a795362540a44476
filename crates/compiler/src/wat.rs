//! The text format, with the spellings of its early years.
//!
//! Today's syntax is tried first, so text without old words costs nothing more. Where it fails, old words are replaced by
//! today's in the text itself, token by token (strings, comments and identifiers stay), and the result is tried again.
//! A replacement is as long as what it replaces, so messages point to the same line and column.

use std::borrow::Cow;
use wast::lexer::{Lexer, TokenKind};

pub use wat::Error as WatError;

/// Turns the text format into the binary format; what is binary already is given back as it is.
///
/// ```
/// # use wasmill_compiler::wat2wasm;
/// let old = wat2wasm(b"(func (param i32) get_local 0 drop)")?;
/// let new = wat2wasm(b"(func (param i32) local.get 0 drop)")?;
/// assert_eq!(old, new);
/// # Ok::<(), wasmill_compiler::WatError>(())
/// ```
///
/// # Errors
///
/// If the text is neither in today's syntax nor in the old one.
pub fn wat2wasm(bytes: &[u8]) -> Result<Cow<'_, [u8]>, WatError> {
    let error = match wat::parse_bytes(bytes) {
        Ok(wasm) => return Ok(wasm),
        Err(error) => error,
    };
    let text = std::str::from_utf8(bytes).ok();
    match text.and_then(modernise_wat) {
        Some(text) => wat::parse_str(text).map(Cow::Owned),
        None => Err(error),
    }
}

/// Replaces the old words of a text (a module or a script); `None` if there is none, or if the text cannot be divided
/// into tokens.
///
/// ```
/// # use wasmill_compiler::modernise_wat;
/// assert_eq!(modernise_wat("(get_local 0)").as_deref(), Some("(local.get 0)"));
/// assert_eq!(modernise_wat("(local.get 0)"), None);
/// ```
pub fn modernise_wat(text: &str) -> Option<String> {
    let lexer = Lexer::new(text);
    let mut modern = String::new();
    let mut copied = 0;
    for token in lexer.iter(0) {
        let token = token.ok()?;
        if !matches!(token.kind, TokenKind::Keyword | TokenKind::Reserved) {
            continue;
        }
        let old = token.src(text);
        if let Some(new) = modern_word(old) {
            modern.push_str(&text[copied..token.offset]);
            modern.push_str(&new);
            modern.extend(std::iter::repeat_n(' ', old.len() - new.len()));
            copied = token.offset + old.len();
        }
    }
    if copied == 0 {
        return None;
    }
    modern.push_str(&text[copied..]);
    Some(modern)
}

/// Today's spelling of an old word. It is never longer.
fn modern_word(old: &str) -> Option<Cow<'static, str>> {
    let new = match old {
        "get_local" => "local.get",
        "set_local" => "local.set",
        "tee_local" => "local.tee",
        "get_global" => "global.get",
        "set_global" => "global.set",
        "grow_memory" => "memory.grow",
        "current_memory" => "memory.size",
        "anyfunc" => "funcref",
        _ => return modern_conversion(old).map(Cow::Owned),
    };
    Some(Cow::Borrowed(new))
}

/// `i32.wrap/i64` is `i32.wrap_i64`; `i32.trunc_s:sat/f32` is `i32.trunc_sat_f32_s`.
fn modern_conversion(old: &str) -> Option<String> {
    let (operation, from) = old.split_once('/')?;
    let (to, operation) = operation.split_once('.')?;
    if ![to, from].iter().all(|ty| is_number_type(ty)) {
        return None;
    }
    let (name, sign) = match operation {
        "wrap" | "demote" | "promote" | "reinterpret" => (operation, ""),
        "extend_s" => ("extend", "_s"),
        "extend_u" => ("extend", "_u"),
        "convert_s" => ("convert", "_s"),
        "convert_u" => ("convert", "_u"),
        "trunc_s" => ("trunc", "_s"),
        "trunc_u" => ("trunc", "_u"),
        "trunc_s:sat" => ("trunc_sat", "_s"),
        "trunc_u:sat" => ("trunc_sat", "_u"),
        _ => return None,
    };
    Some(format!("{to}.{name}_{from}{sign}"))
}

fn is_number_type(ty: &str) -> bool {
    matches!(ty, "i32" | "i64" | "f32" | "f64")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every old word with what it stands for today, as programs of 2018 to 2021 spell them.
    const WORDS: &[(&str, &str)] = &[
        ("get_local", "local.get"),
        ("set_local", "local.set"),
        ("tee_local", "local.tee"),
        ("get_global", "global.get"),
        ("set_global", "global.set"),
        ("grow_memory", "memory.grow"),
        ("current_memory", "memory.size"),
        ("anyfunc", "funcref"),
        ("i32.wrap/i64", "i32.wrap_i64"),
        ("i32.trunc_s/f32", "i32.trunc_f32_s"),
        ("i32.trunc_u/f32", "i32.trunc_f32_u"),
        ("i32.trunc_s/f64", "i32.trunc_f64_s"),
        ("i32.trunc_u/f64", "i32.trunc_f64_u"),
        ("i64.extend_s/i32", "i64.extend_i32_s"),
        ("i64.extend_u/i32", "i64.extend_i32_u"),
        ("i64.trunc_s/f32", "i64.trunc_f32_s"),
        ("i64.trunc_u/f32", "i64.trunc_f32_u"),
        ("i64.trunc_s/f64", "i64.trunc_f64_s"),
        ("i64.trunc_u/f64", "i64.trunc_f64_u"),
        ("f32.convert_s/i32", "f32.convert_i32_s"),
        ("f32.convert_u/i32", "f32.convert_i32_u"),
        ("f32.convert_s/i64", "f32.convert_i64_s"),
        ("f32.convert_u/i64", "f32.convert_i64_u"),
        ("f32.demote/f64", "f32.demote_f64"),
        ("f64.convert_s/i32", "f64.convert_i32_s"),
        ("f64.convert_u/i32", "f64.convert_i32_u"),
        ("f64.convert_s/i64", "f64.convert_i64_s"),
        ("f64.convert_u/i64", "f64.convert_i64_u"),
        ("f64.promote/f32", "f64.promote_f32"),
        ("i32.reinterpret/f32", "i32.reinterpret_f32"),
        ("i64.reinterpret/f64", "i64.reinterpret_f64"),
        ("f32.reinterpret/i32", "f32.reinterpret_i32"),
        ("f64.reinterpret/i64", "f64.reinterpret_i64"),
        ("i32.trunc_s:sat/f32", "i32.trunc_sat_f32_s"),
        ("i32.trunc_u:sat/f32", "i32.trunc_sat_f32_u"),
        ("i32.trunc_s:sat/f64", "i32.trunc_sat_f64_s"),
        ("i32.trunc_u:sat/f64", "i32.trunc_sat_f64_u"),
        ("i64.trunc_s:sat/f32", "i64.trunc_sat_f32_s"),
        ("i64.trunc_u:sat/f32", "i64.trunc_sat_f32_u"),
        ("i64.trunc_s:sat/f64", "i64.trunc_sat_f64_s"),
        ("i64.trunc_u:sat/f64", "i64.trunc_sat_f64_u"),
    ];

    #[test]
    fn every_word_has_a_replacement_of_its_length() {
        for (old, new) in WORDS {
            let modern = modernise_wat(&format!("({old})")).unwrap();
            assert_eq!(modern.replace(' ', ""), format!("({new})"));
            assert_eq!(modern.len(), old.len() + 2, "{old}");
        }
    }

    #[test]
    fn every_conversion_assembles() {
        for (old, new) in WORDS.iter().filter(|(old, _)| old.contains('/')) {
            let from = &old[old.len() - 3..];
            let module = |word: &str| format!("(func (param {from}) local.get 0 {word} drop)");
            assert_eq!(
                wat2wasm(module(old).as_bytes()).unwrap(),
                wat2wasm(module(new).as_bytes()).unwrap(),
                "{old}"
            );
        }
    }

    #[test]
    fn old_modules_assemble() {
        let old = r#"(module
            (memory 1) (table 1 anyfunc) (global $g (mut i32) (i32.const 0))
            (func (param i32) (result i32) (local f64)
              (set_local 1 (f64.convert_u/i32 (tee_local 0 (get_local 0))))
              (set_global $g (grow_memory (current_memory)))
              (i32.trunc_s:sat/f64 (get_local 1))))"#;
        let new = r#"(module
            (memory 1) (table 1 funcref) (global $g (mut i32) (i32.const 0))
            (func (param i32) (result i32) (local f64)
              (local.set 1 (f64.convert_i32_u (local.tee 0 (local.get 0))))
              (global.set $g (memory.grow (memory.size)))
              (i32.trunc_sat_f64_s (local.get 1))))"#;
        assert_eq!(
            wat2wasm(old.as_bytes()).unwrap(),
            wat2wasm(new.as_bytes()).unwrap()
        );
    }

    #[test]
    fn only_whole_words_are_replaced() {
        let text = r#"(module (; get_local (; anyfunc ;) ;) ;; set_local
            (import "get_local" "anyfunc" (func $get_local (param i32)))
            (export "i32.wrap/i64" (func $get_local)) (global $"tee_local" i32 (i32.const 1)))"#;
        assert_eq!(modernise_wat(text), None);
        assert_eq!(
            modernise_wat("get_locals my.get_local i32.wrap/i31 a/b"),
            None
        );
        assert_eq!(
            modernise_wat("\"get_local\" get_local $get_local").as_deref(),
            Some("\"get_local\" local.get $get_local")
        );
    }

    #[test]
    fn binary_passes_through() {
        let wasm = b"\0asm\x01\0\0\0 whatever follows";
        assert!(matches!(wat2wasm(wasm), Ok(Cow::Borrowed(bytes)) if bytes == wasm));
    }

    #[test]
    fn errors_point_to_their_place() {
        let text = "(module\n  (func get_local 0 current_memory nonsense))";
        let error = wat2wasm(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("2:36"), "{error}");
        let error = wat2wasm(b"(module (func nonsense))")
            .unwrap_err()
            .to_string();
        assert!(error.contains("1:15"), "{error}");
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(wat2wasm(&[0xff, 0xfe, b'(']).is_err());
        assert!(wat2wasm("get_local \u{202e}".as_bytes()).is_err());
        assert!(wat2wasm(b"(get_local \"").is_err());
    }
}
