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

/// A number of bytes from people: digits, and `K`, `M` or `G` for thousands, millions, and thousands of millions.
pub(crate) fn parse(text: &str) -> Result<u64> {
    let (digits, factor) = match text.char_indices().next_back() {
        Some((end, 'K' | 'k')) => (&text[..end], 1_000),
        Some((end, 'M' | 'm')) => (&text[..end], 1_000_000),
        Some((end, 'G' | 'g')) => (&text[..end], 1_000_000_000),
        _ => (text, 1),
    };
    let number: Option<u64> = digits.parse().ok();
    let number = number.and_then(|number| number.checked_mul(factor));
    number.ok_or_else(|| {
        let text = text.escape_debug();
        anyhow!("`{text}` is no number of bytes: digits, and K, M or G behind them")
    })
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
        let sizes = ["0", "12", "3K", "500M", "2g"].map(|text| parse(text).unwrap());
        assert_eq!(sizes, [0, 12, 3_000, 500_000_000, 2_000_000_000]);
        for bad in ["", "K", "-1", "1.5G", "1 G", "99999999999G", "1T", "\u{e9}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
