//! Values of WebAssembly as words: what `--invoke` takes and prints.
//!
//! ```text
//!   i32, i64    7  -7  0x1f  0b101  1_000; what is above the signed range is taken as the same bits
//!   f32, f64    as the text format has them: 1.5  -1e3  0x1.8p3  inf  nan  nan:0x1234
//!   v128        one number, or lanes: i32x4:1,2,3,4   (i8x16, i16x8, i32x4, i64x2, f32x4, f64x2)
//!   funcref     null, or the name of an exported function
//!   externref   null, or a word, which is the host's value
//! ```
//!
//! What is printed can be read again.

use clap::ValueEnum;
use wasmill::{Exports, ExternRef, Function, Type, Val};
use wast::parser::{self, Parse, ParseBuffer};
use wast::token::{F32, F64};

/// How vectors are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(crate) enum Shape {
    /// One number.
    #[default]
    Number,
    /// One hexadecimal number.
    Hex,
    /// Integers of 8 bits.
    I8x16,
    /// Integers of 16 bits.
    I16x8,
    /// Integers of 32 bits.
    I32x4,
    /// Integers of 64 bits.
    I64x2,
    /// Floats of 32 bits.
    F32x4,
    /// Floats of 64 bits.
    F64x2,
}

impl Shape {
    /// The shapes with lanes: name, bits of a lane, whether lanes are floats.
    const LANES: [(Self, &str, u32, bool); 6] = [
        (Self::I8x16, "i8x16", 8, false),
        (Self::I16x8, "i16x8", 16, false),
        (Self::I32x4, "i32x4", 32, false),
        (Self::I64x2, "i64x2", 64, false),
        (Self::F32x4, "f32x4", 32, true),
        (Self::F64x2, "f64x2", 64, true),
    ];
}

/// A word as a value, if it is one of this type.
pub(crate) fn parse(ty: Type, word: &str, exports: &Exports) -> Option<Val> {
    Some(match ty {
        Type::I32 => Val::I32(integer(word, 32)? as i32),
        Type::I64 => Val::I64(integer(word, 64)? as i64),
        Type::F32 => Val::F32(f32::from_bits(float32(word)?)),
        Type::F64 => Val::F64(f64::from_bits(float64(word)?)),
        Type::V128 => Val::V128(vector(word)?),
        Type::ExternRef if word == "null" => Val::ExternRef(ExternRef::null()),
        Type::ExternRef => Val::ExternRef(ExternRef::new(word.to_owned())),
        Type::FuncRef if word == "null" => Val::FuncRef(None),
        Type::FuncRef => Val::FuncRef(Some(exports.get_function(word).ok()?.clone())),
    })
}

/// What words of a type look like.
pub(crate) fn examples(ty: Type) -> &'static str {
    match ty {
        Type::I32 => "An i32 is a number from -2147483648 to 4294967295: 7, -7, 0x1f, 0b101, 1_000",
        Type::I64 => "An i64 is a number of 64 bits, signed or unsigned: 7, -7, 0x1f, 0b101, 1_000",
        Type::F32 | Type::F64 => "Floats are written so: 1.5, -1e3, 0x1.8p3, inf, nan, nan:0x1234",
        Type::V128 => {
            "A v128 is a number, or lanes: 0x1f, i8x16:0,1,…,15, i32x4:1,2,3,4, f64x2:0.5,inf"
        }
        Type::ExternRef => "An externref is `null` or a word",
        Type::FuncRef => "A funcref is `null` or the name of an exported function",
    }
}

/// A value as a word.
pub(crate) fn print(value: &Val, shape: Shape, exports: &Exports) -> String {
    match value {
        Val::I32(_) | Val::I64(_) => value.to_string(),
        Val::F32(float) => print_float32(*float),
        Val::F64(float) => print_float64(*float),
        Val::V128(bits) => print_vector(*bits, shape),
        Val::ExternRef(reference) if reference.is_null() => "null".to_owned(),
        Val::ExternRef(reference) => match reference.downcast::<String>() {
            Some(word) => word.clone(),
            None => value.to_string(),
        },
        Val::FuncRef(None) => "null".to_owned(),
        Val::FuncRef(Some(function)) => {
            let name = exported_as(function, exports);
            name.map_or_else(|| value.to_string(), |name| name.escape_debug().to_string())
        }
    }
}

fn exported_as<'a>(function: &Function, exports: &'a Exports) -> Option<&'a str> {
    let mut functions = exports.iter().functions();
    let (name, _) = functions.find(|(_, other)| *other == function)?;
    Some(name)
}

/// An integer of `width` bits, signed or unsigned, as two's complement.
fn integer(word: &str, width: u32) -> Option<u128> {
    let (negative, magnitude) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let (digits, radix) = match magnitude.get(..2) {
        Some("0x" | "0X") => (&magnitude[2..], 16),
        Some("0b" | "0B") => (&magnitude[2..], 2),
        _ => (magnitude, 10),
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

/// A float as the text format has it, or as Rust prints it.
fn float32(word: &str) -> Option<u32> {
    let in_text = token::<F32>(word).map(|float| float.bits);
    in_text.or_else(|| word.parse().ok().map(f32::to_bits))
}

fn float64(word: &str) -> Option<u64> {
    let in_text = token::<F64>(word).map(|float| float.bits);
    in_text.or_else(|| word.parse().ok().map(f64::to_bits))
}

/// A token of the text format: a word has neither spaces nor comments.
fn token<T: for<'a> Parse<'a>>(word: &str) -> Option<T> {
    let is_one = |c: char| c.is_ascii_alphanumeric() || "+-._:".contains(c);
    let buffer = ParseBuffer::new(word)
        .ok()
        .filter(|_| word.chars().all(is_one))?;
    parser::parse::<T>(&buffer).ok()
}

/// A vector: a number, or a shape and its lanes, the first one lowest.
fn vector(word: &str) -> Option<u128> {
    let Some((name, lanes)) = word.split_once(':') else {
        return integer(word, 128);
    };
    let (_, _, bits, floats) = *Shape::LANES.iter().find(|(_, known, ..)| *known == name)?;
    let lane = |word: &str| match (bits, floats) {
        (32, true) => float32(word).map(u128::from),
        (64, true) => float64(word).map(u128::from),
        _ => integer(word, bits),
    };
    let lanes: Vec<u128> = lanes.split(',').map(lane).collect::<Option<_>>()?;
    let expected = (128 / bits) as usize;
    (lanes.len() == expected).then(|| lanes.iter().rev().fold(0, |all, lane| all << bits | lane))
}

fn print_vector(value: u128, shape: Shape) -> String {
    let known = Shape::LANES.iter().find(|(known, ..)| *known == shape);
    let Some(&(_, name, bits, floats)) = known else {
        return match shape {
            Shape::Hex => format!("{value:#034x}"),
            _ => value.to_string(),
        };
    };
    let lane = |nth: u32| value >> (nth * bits);
    let lanes = (0..128 / bits).map(lane).map(|lane| match (bits, floats) {
        (8, _) => (lane as i8).to_string(),
        (16, _) => (lane as i16).to_string(),
        (32, false) => (lane as i32).to_string(),
        (64, false) => (lane as i64).to_string(),
        (32, true) => print_float32(f32::from_bits(lane as u32)),
        _ => print_float64(f64::from_bits(lane as u64)),
    });
    format!("{name}:{}", lanes.collect::<Vec<_>>().join(","))
}

fn print_float32(float: f32) -> String {
    let payload = float.to_bits() & 0x7f_ffff;
    print_float(
        f64::from(float),
        payload.into(),
        1 << 22,
        || float.to_string(),
        || format!("{float:e}"),
    )
}

fn print_float64(float: f64) -> String {
    let payload = float.to_bits() & ((1 << 52) - 1);
    print_float(
        float,
        payload,
        1 << 51,
        || float.to_string(),
        || format!("{float:e}"),
    )
}

/// A float as digits, with an exponent if there would be too many. A NaN has its bits, unless it is the usual one.
fn print_float(
    float: f64,
    payload: u64,
    usual: u64,
    plain: impl FnOnce() -> String,
    short: impl FnOnce() -> String,
) -> String {
    if float.is_nan() && payload != usual {
        let sign = if float.is_sign_negative() { "-" } else { "" };
        return format!("{sign}nan:{payload:#x}");
    }
    let size = float.abs();
    match size.is_normal() && !(1e-7..1e21).contains(&size) || float.is_subnormal() {
        true => short(),
        false => plain(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(ty: Type, word: &str) -> Option<Val> {
        parse(ty, word, &Exports::new())
    }

    #[test]
    fn integers_of_all_spellings() {
        let i32 = |word| value(Type::I32, word).and_then(|value| value.i32());
        assert_eq!(i32("7"), Some(7));
        assert_eq!(i32("-2147483648"), Some(i32::MIN));
        assert_eq!(i32("4294967295"), Some(-1));
        assert_eq!(i32("0xffff_fffe"), Some(-2));
        assert_eq!(i32("-0x10"), Some(-16));
        assert_eq!(i32("0b1_01"), Some(5));
        assert_eq!(i32("+1_000"), Some(1000));
        for bad in [
            "4294967296",
            "-2147483649",
            "",
            "-",
            "0x",
            "0b",
            "0b2",
            "_1",
            "1__0",
            "--1",
            "+-1",
            "1.0",
            "x",
            "0x-1",
            "é",
        ] {
            assert_eq!(i32(bad), None, "{bad}");
        }
        let i64 = |word| value(Type::I64, word).and_then(|value| value.i64());
        assert_eq!(i64("18446744073709551615"), Some(-1));
        assert_eq!(i64("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(i64("18446744073709551616"), None);
    }

    #[test]
    fn floats_as_the_text_format_has_them() {
        for (word, bits) in [
            ("1.5", 0x3fc0_0000),
            ("-0", 0x8000_0000),
            ("7", 0x40e0_0000),
            ("1_0.5e-1", 0x3f86_6666),
            ("0x1.8p3", 0x4140_0000),
            ("-0x1p-149", 0x8000_0001),
            ("inf", 0x7f80_0000),
            ("-inf", 0xff80_0000),
            ("nan", 0x7fc0_0000),
            ("-nan", 0xffc0_0000),
            ("nan:0x1234", 0x7f80_1234),
            ("NaN", 0x7fc0_0000),
            (".5", 0x3f00_0000),
            ("1e-9", 0x3089_705f),
        ] {
            assert_eq!(float32(word), Some(bits), "{word}");
        }
        for bad in [
            "",
            "x",
            "nan:0x0",
            "nan:0x800000",
            "0x",
            "1 ",
            "1(;;)",
            "1;;",
            "nan:canonical",
            "--1",
        ] {
            assert_eq!(float32(bad), None, "{bad}");
        }
        assert_eq!(float64("nan:0xfffffffffffff"), Some(0x7fff_ffff_ffff_ffff));
    }

    #[test]
    fn what_is_printed_can_be_read() {
        for bits in [
            0,
            1,
            0x8000_0000,
            0x3f80_0000,
            0x7f80_0000,
            0x7fc0_0000,
            0x7f80_0001,
            0xffff_ffff,
            0x7f7f_ffff,
            0x0080_0000,
            0x0f12_3456,
        ] {
            let word = print_float32(f32::from_bits(bits));
            assert_eq!(float32(&word), Some(bits), "{word}");
            assert!(word.len() < 24, "{word}");
        }
        for bits in [
            1,
            0xffff_0000_0000_0000,
            0x7ff0_0000_0000_0001,
            0x7fef_ffff_ffff_ffff,
            0x4059_0000_0000_0000,
        ] {
            let word = print_float64(f64::from_bits(bits));
            assert_eq!(float64(&word), Some(bits), "{word}");
            assert!(word.len() < 26, "{word}");
        }
        let value = 0x8000_7fc0_0000_0001_ffff_fffe_3f80_0000_u128;
        for shape in Shape::value_variants() {
            let word = print_vector(value, *shape);
            assert_eq!(vector(&word), Some(value), "{word}");
        }
        assert_eq!(
            print_vector(value, Shape::I16x8),
            "i16x8:0,16256,-2,-1,1,0,32704,-32768"
        );
        assert_eq!(print_vector(1, Shape::Hex), format!("0x{:0>32}", 1));
        assert_eq!(print_vector(15, Shape::default()), "15");
    }

    #[test]
    fn vectors_have_all_their_lanes() {
        assert_eq!(
            vector("i32x4:1,-1,0x10,4294967295"),
            Some(0xffff_ffff_0000_0010_ffff_ffff_0000_0001)
        );
        assert_eq!(vector("f64x2:0,-0"), Some(1 << 127));
        assert_eq!(vector("-1"), Some(u128::MAX));
        for bad in [
            "i32x4:1,2,3",
            "i32x4:1,2,3,4,5",
            "i32x4:",
            "i32x4",
            "i7x4:1,2,3,4",
            "i8x16:256",
            "i64x2:1,2.5",
            ":1",
            "hex:1",
            "0x1_00000000000000000000000000000000",
        ] {
            assert_eq!(vector(bad), None, "{bad}");
        }
    }

    #[test]
    fn references() {
        let none = value(Type::FuncRef, "null");
        assert_eq!(none, Some(Val::FuncRef(None)));
        assert_eq!(value(Type::FuncRef, "f"), None);
        let exports = Exports::new();
        for word in ["null", "word"] {
            let value = value(Type::ExternRef, word).unwrap();
            assert_eq!(print(&value, Shape::default(), &exports), word);
        }
    }
}
