//! Names that are like one that is not there.

/// No name's end counts beyond this: names of modules may be of any length.
const LIMIT: usize = 64;

/// All of them, the likest first, and those that are as like as others in their own order.
pub(crate) fn sorted<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = candidates.collect();
    names.sort_by_cached_key(|candidate| distance(name, candidate));
    names
}

/// Those that `name` may be a misspelling of, the likest first.
pub(crate) fn misspelt<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let near = candidates.filter(|candidate| distance(name, candidate) <= most);
    sorted(name, near)
}

/// Some names in a sentence: `` `a`, `b` ``.
pub(crate) fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    quoted.join(", ")
}

/// How many letters must be added, removed or replaced to make one name of the other; two that changed places are one.
fn distance(a: &str, b: &str) -> usize {
    let letters = |name: &str| -> Vec<char> { name.chars().take(LIMIT).collect() };
    let (a, b) = (letters(a), letters(b));
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = above[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(row[j] + 1).min(above[j + 1] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_near() {
        assert_eq!(distance("add", "add"), 0);
        assert_eq!(distance("add", "odd"), 1);
        assert_eq!(distance("ad", "add"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("inspetc", "inspect"), 1);
        assert_eq!(distance(&"a".repeat(100_000), &"b".repeat(100_000)), 64);
    }

    #[test]
    fn only_misspellings_are_offered() {
        let names = ["run", "inspect", "validate"];
        let of = |word| misspelt(word, names.into_iter());
        assert_eq!(of("inpsect"), ["inspect"]);
        assert_eq!(of("rum"), ["run"]);
        assert!(of("a.wasm").is_empty() && of("x").is_empty());
    }
}
