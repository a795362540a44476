//! Numbers of bytes, as people write them.

use anyhow::{Result, anyhow};

/// A number of bytes for people.
pub(crate) fn size(bytes: u64) -> String {
    let number = bytes as f64;
    match number {
        _ if number < 1e3 => format!("{number} B"),
        _ if number < 1e6 => format!("{:.1} KB", number / 1e3),
        _ if number < 1e9 => format!("{:.1} MB", number / 1e6),
        _ => format!("{:.1} GB", number / 1e9),
    }
}

/// What may stand behind a number of bytes, in small letters.
const UNITS: [(&str, u64); 13] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("b", 1),
];

/// A number of bytes from people: digits, and `K`, `M`, `G` or `T` for thousands and so on, `KiB`, `MiB` … for powers of 1024.
pub(crate) fn parse(text: &str) -> Result<u64> {
    let small = text.to_ascii_lowercase();
    let unit = UNITS
        .iter()
        .find_map(|(unit, factor)| Some((small.strip_suffix(unit)?, *factor)));
    let (digits, factor) = unit.unwrap_or((&small, 1));
    number(digits)
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| {
            let text = text.escape_debug();
            anyhow!(
                "`{text}` is no number of bytes: digits, and K, M, G or KiB, MiB, GiB behind them"
            )
        })
}

/// A number from people: digits, which `_` may divide into groups.
pub(crate) fn number(digits: &str) -> Option<u64> {
    let starts_well = digits.starts_with(|c: char| c.is_ascii_digit());
    starts_well.then(|| digits.replace('_', "").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        let sizes = [0, 999, 1_000, 41_250, 2_500_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 KB", "41.2 KB", "2.5 MB"]);
    }

    #[test]
    fn sizes_from_people() {
        let sizes = ["0", "12", "3K", "500M", "2g", "64MiB", "1_000kb", "8b"];
        let sizes = sizes.map(|text| parse(text).unwrap());
        assert_eq!(
            sizes,
            [
                0,
                12,
                3_000,
                500_000_000,
                2_000_000_000,
                64 << 20,
                1_000_000,
                8
            ]
        );
        for bad in [
            "",
            "K",
            "-1",
            "1.5G",
            "1 G",
            "99999999999G",
            "+1",
            "_1",
            "1X",
            "\u{e9}",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
