//! Durations, as people write them.

use std::time::Duration;

use anyhow::{Result, anyhow};

/// What may stand behind a number, and how many seconds it is.
const UNITS: [(&str, f64); 6] = [
    ("ms", 1e-3),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// A duration from people: a number, with `ms`, `s`, `m` or `h` behind it; seconds if there is nothing. It is not zero.
pub(crate) fn parse(text: &str) -> Result<Duration> {
    let unit = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
    let (digits, factor) = unit.unwrap_or((text, 1.0));
    // The library's own floats have more forms: signs, exponents, names.
    let is_plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: Option<f64> = digits.parse().ok().filter(|_| is_plain);
    number
        .and_then(|number| Duration::try_from_secs_f64(number * factor).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| {
            let text = text.escape_debug();
            anyhow!("`{text}` is no duration: a number, and ms, s, m or h behind it, as in 500ms, 10s or 2m")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_from_people() {
        let durations = ["500ms", "10s", "2m", "1.5s", "3", "1h", "7us"];
        let millis = durations.map(|text| parse(text).unwrap().as_micros());
        assert_eq!(
            millis,
            [
                500_000,
                10_000_000,
                120_000_000,
                1_500_000,
                3_000_000,
                3_600_000_000,
                7
            ]
        );
        for bad in [
            "",
            "s",
            "0",
            "0ms",
            "-1s",
            "1e3",
            "inf",
            "nan",
            "1d",
            "1 s",
            "1..2s",
            "99999999999999999999h",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
