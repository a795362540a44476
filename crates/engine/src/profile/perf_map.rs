//! The lines of a perf map: `START SIZE NAME`, the numbers in hexadecimal.

use super::Image;
use crate::symbols::readable;
use std::fmt::Write;

pub(super) fn lines(image: &Image<'_>) -> String {
    let mut lines = String::new();
    for (name, start, code) in image.functions().filter(|(_, _, code)| !code.is_empty()) {
        // Nobody else makes names of Rust readable here.
        let name = readable(name).unwrap_or_else(|| name.to_owned());
        let _ = writeln!(lines, "{start:x} {:x} {name}", code.len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_function() {
        let rust = "_ZN4core9panicking5panic17h0123456789abcdefE";
        let functions = [("f(int, int)", 0..4), ("none", 4..4), (rust, 4..32)];
        let image = Image {
            base: 0x7f00_0000_1000,
            code: &[0; 32],
            functions: functions
                .map(|(name, range)| (name.to_owned(), range))
                .to_vec(),
        };
        let expected = "7f0000001000 4 f(int, int)\n7f0000001004 1c core::panicking::panic\n";
        assert_eq!(lines(&image), expected);
    }
}
