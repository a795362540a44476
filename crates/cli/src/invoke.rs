//! Calls an exported function with arguments that are words, and prints its results.
//!
//! Integers may be written as in the text format: decimal or hexadecimal, signed or unsigned, with `_` between digits;
//! what is above the signed range is taken as the same bits. References can only be `null`.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use wasmill::{ExportError, ExternRef, Function, Instance, Type, Val};

/// How many functions are suggested in place of one that is not there.
const SUGGESTIONS: usize = 3;

/// Calls `name` and prints the results, joined by a space.
pub(crate) fn invoke(
    instance: &Instance,
    file: &Path,
    name: &str,
    args: &[OsString],
) -> Result<()> {
    let function = find(instance, file, name, args)?;
    let values = values(function, args)?;
    let results = function.call(&values)?;
    if !results.is_empty() {
        let words: Vec<String> = results.iter().map(|value| value.to_string()).collect();
        writeln!(std::io::stdout(), "{}", words.join(" "))?;
    }
    Ok(())
}

/// The exported function `name`; if there is none, the error says what there is.
pub(crate) fn find<'a>(
    instance: &'a Instance,
    file: &Path,
    name: &str,
    args: &[OsString],
) -> Result<&'a Function> {
    let problem = match instance.exports.get_function(name) {
        Ok(function) => return Ok(function),
        Err(ExportError::Missing(_)) => {
            format!("No export `{}` found in the module.", name.escape_debug())
        }
        Err(ExportError::IncompatibleType) => {
            let name = name.escape_debug();
            format!("Export `{name}` found, but is not a function.")
        }
    };
    Err(anyhow!(
        "{problem}\n{}",
        suggestion(instance, file, name, args)
    ))
}

fn suggestion(instance: &Instance, file: &Path, name: &str, args: &[OsString]) -> String {
    let functions = instance.exports.iter().functions();
    let mut names: Vec<&str> = functions.map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return "The module has no exported functions to call.".to_owned();
    }
    names.sort_by_cached_key(|candidate| distance(name, candidate));
    names.truncate(SUGGESTIONS);
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    let mut command = format!("wasmill {} -i {}", file.display(), names[0].escape_debug());
    for arg in args {
        command += &format!(" {}", arg.display());
    }
    format!(
        "Similar functions found: {}.\nTry with: {command}",
        quoted.join(", ")
    )
}

/// How many letters must be added, removed or replaced to make one name of the other. Names may be of any length: only
/// their beginnings count.
fn distance(a: &str, b: &str) -> usize {
    const LIMIT: usize = 64;
    let (a, b): (Vec<char>, Vec<char>) = (
        a.chars().take(LIMIT).collect(),
        b.chars().take(LIMIT).collect(),
    );
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The arguments as values of the function's parameters.
fn values(function: &Function, args: &[OsString]) -> Result<Vec<Val>> {
    let params = function.ty().params();
    let words: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    if params.len() != words.len() {
        bail!(
            "Function expected {} arguments, but received {}: \"{}\"",
            params.len(),
            words.len(),
            words.join(" ")
        );
    }
    params
        .iter()
        .zip(&words)
        .map(|(&ty, word)| value(ty, word))
        .collect()
}

/// One argument as a value.
fn value(ty: Type, word: &str) -> Result<Val> {
    let value = match ty {
        Type::I32 => integer(word, 32).map(|bits| Val::I32(bits as i32)),
        Type::I64 => integer(word, 64).map(|bits| Val::I64(bits as i64)),
        Type::V128 => integer(word, 128).map(Val::V128),
        Type::F32 => word.parse().ok().map(Val::F32),
        Type::F64 => word.parse().ok().map(Val::F64),
        Type::ExternRef => (word == "null").then(|| Val::ExternRef(ExternRef::null())),
        Type::FuncRef => (word == "null").then_some(Val::FuncRef(None)),
    };
    let name = ty.to_string().to_lowercase();
    value.ok_or_else(|| anyhow!("Can't convert `{}` into a {name}", word.escape_debug()))
}

/// An integer of `width` bits, signed or unsigned, as two's complement.
fn integer(word: &str, width: u32) -> Option<u128> {
    let (negative, magnitude) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let (digits, radix) = match magnitude
        .strip_prefix("0x")
        .or(magnitude.strip_prefix("0X"))
    {
        Some(digits) => (digits, 16),
        None => (magnitude, 10),
    };
    let value = u128::from_str_radix(&plain_digits(digits)?, radix).ok()?;
    let largest = u128::MAX >> (128 - width);
    match negative {
        false => (value <= largest).then_some(value),
        true => (value <= largest / 2 + 1).then_some(value.wrapping_neg() & largest),
    }
}

/// Digits without the `_` between them.
fn plain_digits(digits: &str) -> Option<String> {
    let between = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    // `from_str_radix` would accept a second sign.
    let signed = digits.starts_with(['+', '-']);
    (between && !signed).then(|| digits.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_all_spellings() {
        let i32 = |word| value(Type::I32, word).ok().and_then(|value| value.i32());
        assert_eq!(i32("7"), Some(7));
        assert_eq!(i32("-2147483648"), Some(i32::MIN));
        assert_eq!(i32("4294967295"), Some(-1));
        assert_eq!(i32("0xffff_fffe"), Some(-2));
        assert_eq!(i32("-0x10"), Some(-16));
        assert_eq!(i32("+1_000"), Some(1000));
        for bad in [
            "4294967296",
            "-2147483649",
            "",
            "-",
            "0x",
            "_1",
            "1__0",
            "--1",
            "+-1",
            "1.0",
            "x",
            "0x-1",
        ] {
            assert_eq!(i32(bad), None, "{bad}");
        }
        let i64 = |word| value(Type::I64, word).ok().and_then(|value| value.i64());
        assert_eq!(i64("18446744073709551615"), Some(-1));
        assert_eq!(i64("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(i64("18446744073709551616"), None);
        let v128 = |word| value(Type::V128, word).ok().and_then(|value| value.v128());
        assert_eq!(v128("0x1_00000000000000000000000000000000"), None);
        assert_eq!(v128("-1"), Some(u128::MAX));
    }

    #[test]
    fn other_types() {
        assert_eq!(value(Type::F64, "-1e3").unwrap().f64(), Some(-1000.0));
        assert!(value(Type::F32, "nan").unwrap().f32().unwrap().is_nan());
        assert_eq!(value(Type::FuncRef, "null").unwrap(), Val::FuncRef(None));
        assert!(
            value(Type::ExternRef, "null")
                .unwrap()
                .externref()
                .unwrap()
                .is_null()
        );
        for (ty, name) in [
            (Type::F32, "f32"),
            (Type::ExternRef, "externref"),
            (Type::V128, "v128"),
        ] {
            let error = value(ty, "x").unwrap_err().to_string();
            assert_eq!(error, format!("Can't convert `x` into a {name}"));
        }
    }

    #[test]
    fn near_names_are_near() {
        assert_eq!(distance("add", "add"), 0);
        assert_eq!(distance("add", "odd"), 1);
        assert_eq!(distance("ad", "add"), 1);
        assert_eq!(distance("", "add"), 3);
        assert_eq!(distance("sitting", "kitten"), 3);
        let long = "x".repeat(1 << 20);
        assert_eq!(distance(&long, "x"), 63);
    }
}
