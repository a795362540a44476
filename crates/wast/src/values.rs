//! Arguments of a script to values of ours, and values of ours against the patterns that a script expects.

use wasmill::{ExternRef, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

use crate::error::{Failure, script};

/// The value that a script passes. A host reference is an `externref` to its number, a `u32`.
pub(crate) fn argument(argument: &WastArg<'_>) -> Result<Val, Failure> {
    let WastArg::Core(argument) = argument else {
        return Err(script("values of components are not supported"));
    };
    Ok(match argument {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(f32::from_bits(value.bits)),
        WastArgCore::F64(value) => Val::F64(f64::from_bits(value.bits)),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefExtern(number) => Val::ExternRef(ExternRef::new(*number)),
        WastArgCore::RefNull(heap) if is_function(heap) => Val::FuncRef(None),
        WastArgCore::RefNull(heap) if is_extern(heap) => Val::ExternRef(ExternRef::null()),
        WastArgCore::RefNull(_) | WastArgCore::RefHost(_) => {
            return Err(script(format!("{argument:?} is not supported")));
        }
    })
}

fn is_function(heap: &HeapType<'_>) -> bool {
    use AbstractHeapType::{Func, NoFunc};
    matches!(
        heap,
        HeapType::Abstract {
            shared: false,
            ty: Func | NoFunc
        }
    )
}

fn is_extern(heap: &HeapType<'_>) -> bool {
    use AbstractHeapType::{Extern, NoExtern};
    matches!(
        heap,
        HeapType::Abstract {
            shared: false,
            ty: Extern | NoExtern
        }
    )
}

/// Compares results with what a script expects.
pub(crate) fn compare(actual: &[Val], expected: &[WastRet<'_>]) -> Result<(), Failure> {
    if actual.len() != expected.len() {
        return Err(script(format!(
            "expected {} results, got {}: {}",
            expected.len(),
            actual.len(),
            actual.iter().map(show).collect::<Vec<_>>().join(" ")
        )));
    }
    for (number, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let WastRet::Core(pattern) = expected else {
            return Err(script("values of components are not supported"));
        };
        if !matches(actual, pattern)? {
            return Err(script(format!(
                "result {number}: expected {pattern:?}, got {}",
                show(actual)
            )));
        }
    }
    Ok(())
}

/// Whether a value fits a pattern. Patterns of types that we do not have are an error, not a mismatch.
fn matches(actual: &Val, pattern: &WastRetCore<'_>) -> Result<bool, Failure> {
    use WastRetCore as Pattern;
    Ok(match (pattern, actual) {
        (Pattern::I32(expected), Val::I32(actual)) => actual == expected,
        (Pattern::I64(expected), Val::I64(actual)) => actual == expected,
        (Pattern::F32(expected), Val::F32(actual)) => is_f32(actual.to_bits(), expected),
        (Pattern::F64(expected), Val::F64(actual)) => is_f64(actual.to_bits(), expected),
        (Pattern::V128(expected), Val::V128(actual)) => is_v128(*actual, expected),
        (Pattern::RefNull(heap), Val::FuncRef(None)) => heap.as_ref().is_none_or(is_function),
        (Pattern::RefNull(heap), Val::ExternRef(actual)) => {
            actual.is_null() && heap.as_ref().is_none_or(is_extern)
        }
        (Pattern::RefExtern(None), Val::ExternRef(actual)) => !actual.is_null(),
        (Pattern::RefExtern(Some(number)), Val::ExternRef(actual)) => {
            actual.downcast::<u32>() == Some(number)
        }
        // Which function it is cannot be told from outside.
        (Pattern::RefFunc(_), Val::FuncRef(actual)) => actual.is_some(),
        (Pattern::Either(patterns), actual) => {
            for pattern in patterns {
                if matches(actual, pattern)? {
                    return Ok(true);
                }
            }
            false
        }
        (
            Pattern::RefHost(_)
            | Pattern::RefAny
            | Pattern::RefEq
            | Pattern::RefArray
            | Pattern::RefStruct
            | Pattern::RefI31
            | Pattern::RefI31Shared,
            _,
        ) => return Err(script(format!("{pattern:?} is not supported"))),
        _ => false,
    })
}

/// The bits of a canonical NaN, and those that every quiet NaN has, are the same: all of the exponent and the highest of
/// the fraction. A canonical one has no other (the sign aside).
fn is_f32(actual: u32, expected: &NanPattern<F32>) -> bool {
    const QUIET: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff == QUIET,
        NanPattern::ArithmeticNan => actual & QUIET == QUIET,
        NanPattern::Value(value) => actual == value.bits,
    }
}

fn is_f64(actual: u64, expected: &NanPattern<F64>) -> bool {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff_ffff_ffff == QUIET,
        NanPattern::ArithmeticNan => actual & QUIET == QUIET,
        NanPattern::Value(value) => actual == value.bits,
    }
}

fn is_v128(actual: u128, expected: &V128Pattern) -> bool {
    let bytes = actual.to_le_bytes();
    match expected {
        V128Pattern::I8x16(lanes) => lanes.map(|lane| lane.to_le_bytes()).concat() == bytes,
        V128Pattern::I16x8(lanes) => lanes.map(|lane| lane.to_le_bytes()).concat() == bytes,
        V128Pattern::I32x4(lanes) => lanes.map(|lane| lane.to_le_bytes()).concat() == bytes,
        V128Pattern::I64x2(lanes) => lanes.map(|lane| lane.to_le_bytes()).concat() == bytes,
        V128Pattern::F32x4(lanes) => lanes
            .iter()
            .enumerate()
            .all(|(lane, expected)| is_f32((actual >> (32 * lane)) as u32, expected)),
        V128Pattern::F64x2(lanes) => lanes
            .iter()
            .enumerate()
            .all(|(lane, expected)| is_f64((actual >> (64 * lane)) as u64, expected)),
    }
}

/// A value for a message: floats with their bits.
fn show(value: &Val) -> String {
    match value {
        Val::F32(value) => format!("F32({value}, bits {:#010x})", value.to_bits()),
        Val::F64(value) => format!("F64({value}, bits {:#018x})", value.to_bits()),
        Val::V128(value) => format!("V128({value:#034x})"),
        Val::ExternRef(value) => match value.downcast::<u32>() {
            Some(number) => format!("ExternRef({number})"),
            None if value.is_null() => "ExternRef(null)".to_owned(),
            None => "ExternRef(of the host)".to_owned(),
        },
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wast::parser::{ParseBuffer, parse};

    /// Whether a value fits the pattern in this text.
    fn fits(actual: Val, text: &str) -> bool {
        let buffer = ParseBuffer::new(text).unwrap();
        let pattern = parse::<WastRetCore<'_>>(&buffer).unwrap();
        matches(&actual, &pattern).unwrap()
    }

    fn f32(bits: u32) -> Val {
        Val::F32(f32::from_bits(bits))
    }

    #[test]
    fn nans_by_their_bits() {
        for sign in [0, 0x8000_0000] {
            assert!(fits(f32(0x7fc0_0000 | sign), "f32.const nan:canonical"));
            assert!(fits(f32(0x7fc0_0001 | sign), "f32.const nan:arithmetic"));
            assert!(!fits(f32(0x7fc0_0001 | sign), "f32.const nan:canonical"));
            assert!(!fits(f32(0x7fa0_0000 | sign), "f32.const nan:arithmetic"));
        }
        assert!(fits(f32(0x7fa0_0000), "f32.const nan:0x200000"));
        assert!(!fits(f32(0x7f80_0000), "f32.const nan:arithmetic"));
        let f64 = |bits| Val::F64(f64::from_bits(bits));
        assert!(fits(f64(0xfff8_0000_0000_0000), "f64.const nan:canonical"));
        assert!(fits(f64(0x7ff8_0000_0000_0001), "f64.const nan:arithmetic"));
        assert!(!fits(
            f64(0x7ff4_0000_0000_0000),
            "f64.const nan:arithmetic"
        ));
    }

    #[test]
    fn zeros_have_a_sign() {
        assert!(fits(Val::F32(-0.0), "f32.const -0"));
        assert!(!fits(Val::F32(-0.0), "f32.const 0"));
        assert!(!fits(Val::F64(0.0), "f64.const -0"));
    }

    #[test]
    fn vectors_by_lane() {
        let lanes = |lanes: [u32; 4]| {
            Val::V128(
                lanes
                    .iter()
                    .rev()
                    .fold(0, |all, &lane| all << 32 | u128::from(lane)),
            )
        };
        assert!(fits(lanes([1, 2, 3, 4]), "v128.const i32x4 1 2 3 4"));
        assert!(!fits(lanes([1, 2, 3, 4]), "v128.const i32x4 4 3 2 1"));
        assert!(fits(
            lanes([0xffff_0001, 0, 0, 0]),
            "v128.const i16x8 1 -1 0 0 0 0 0 0"
        ));
        let pattern = "v128.const f32x4 nan:canonical nan:arithmetic 1 0";
        assert!(fits(
            lanes([0xffc0_0000, 0x7fc0_1234, 0x3f80_0000, 0]),
            pattern
        ));
        assert!(!fits(
            lanes([0xffc0_1234, 0x7fc0_1234, 0x3f80_0000, 0]),
            pattern
        ));
        let one = u128::from(1f64.to_bits()) << 64 | 0x7ff8_0000_0000_0000;
        assert!(fits(Val::V128(one), "v128.const f64x2 nan:canonical 1"));
    }

    #[test]
    fn references_and_alternatives() {
        let number = || Val::ExternRef(ExternRef::new(7_u32));
        assert!(fits(number(), "ref.extern 7") && fits(number(), "ref.extern"));
        assert!(!fits(number(), "ref.extern 8") && !fits(number(), "ref.null extern"));
        assert!(fits(Val::FuncRef(None), "ref.null func") && fits(Val::null(), "ref.null"));
        assert!(!fits(Val::FuncRef(None), "ref.null extern"));
        assert!(!fits(Val::FuncRef(None), "ref.func"));
        assert!(fits(Val::I32(2), "either (i32.const 1) (i32.const 2)"));
        assert!(!fits(Val::I32(3), "either (i32.const 1) (i32.const 2)"));
        assert!(!fits(Val::I64(1), "i32.const 1"));
    }
}
