//! Which of our messages are what a script's expectation means.
//!
//! The messages of the test suite are those of the reference interpreter. They are meant as prefixes, and they changed
//! over the years; what is accepted in their place is listed here and nowhere else.

/// Whether a trap with the message `actual` is what the script calls `expected`.
///
/// A message of ours may name two things (`undefined element: out of bounds table access`): either will do. The script
/// may add the index of an element, which we do not know.
pub(crate) fn is_trap(expected: &str, actual: &str) -> bool {
    let fits = |actual: &str| {
        actual.starts_with(expected) || expected.strip_prefix(actual).is_some_and(is_index)
    };
    fits(actual) || actual.split(": ").any(fits)
}

/// ` 12`, as in `uninitialized element 12`.
fn is_index(text: &str) -> bool {
    let digits = text.strip_prefix(' ').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a link error with the message `actual` is what the script calls `expected`.
pub(crate) fn is_link_error(expected: &str, actual: &str) -> bool {
    actual.contains(expected)
}

/// Whether the trap `actual` is what the script says of segments that are checked before anything is written, as it was
/// until bulk operations came.
pub(crate) fn is_segment_error(expected: &str, actual: &str) -> bool {
    match expected {
        "data segment does not fit" => is_trap("out of bounds memory access", actual),
        "elements segment does not fit" => is_trap("out of bounds table access", actual),
        _ => is_trap(expected, actual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_indices() {
        assert!(is_trap("uninitialized", "uninitialized element"));
        assert!(is_trap("uninitialized element 2", "uninitialized element"));
        assert!(!is_trap("uninitialized elements", "uninitialized element"));
        assert!(!is_trap(
            "integer overflow",
            "invalid conversion to integer"
        ));
        assert!(!is_trap("out of bounds memory access", "out of bounds"));
        assert!(!is_trap("unreachable", ""));
    }

    #[test]
    fn both_names_of_a_table_access() {
        let actual = "undefined element: out of bounds table access";
        assert!(is_trap("undefined element", actual));
        assert!(is_trap("out of bounds table access", actual));
        assert!(!is_trap("table access", actual));
        assert!(is_segment_error("elements segment does not fit", actual));
        assert!(!is_segment_error("data segment does not fit", actual));
    }

    #[test]
    fn link_errors_hold_the_kind_inside() {
        let actual = "Error while importing \"a\".\"b\": unknown import. Expected …";
        assert!(is_link_error("unknown import", actual));
        assert!(!is_link_error("incompatible import type", actual));
    }
}
