//! What `wasmill --version -v` says: all that a report of a problem needs.

use std::ffi::OsString;

use wasmill::{CpuFeature, HOST};

/// Whether words ask for the version, in long.
pub(crate) fn is_asked(words: &[OsString]) -> bool {
    let (mut version, mut verbose) = (false, false);
    for word in &words[words.len().min(1)..] {
        match word.to_str() {
            Some("-V" | "--version") => version = true,
            Some("-v" | "--verbose") => verbose = true,
            Some("-vV" | "-Vv") => (version, verbose) = (true, true),
            _ => return false,
        }
    }
    version && verbose
}

/// The version, and what is in this build.
pub(crate) fn text() -> String {
    let mut compilers = vec!["cranelift", "singlepass"];
    if cfg!(feature = "llvm") {
        compilers.push("llvm");
    }
    let features = CpuFeature::for_host().iter();
    let features: Vec<_> = features.map(|feature| feature.to_string()).collect();
    format!(
        "wasmill {}\ncompilers: {}\nengines: universal, dylib, staticlib\nhost: {HOST}\n\
         processor: {}\nartifacts: {}\n",
        env!("CARGO_PKG_VERSION"),
        compilers.join(", "),
        features.join(", "),
        wasmill_engine::artifact_build()
    )
}

#[cfg(test)]
mod tests {
    use super::is_asked;

    #[test]
    fn both_options_are_needed() {
        let is_asked = |words: &str| {
            let words = ["wasmill"].into_iter().chain(words.split_whitespace());
            is_asked(&words.map(Into::into).collect::<Vec<_>>())
        };
        assert!(
            ["-Vv", "-v -V", "--version --verbose", "-vV -v"]
                .into_iter()
                .all(is_asked)
        );
        assert!(
            !["", "-V", "-v", "-vV run", "run -vV"]
                .into_iter()
                .any(is_asked)
        );
    }
}
