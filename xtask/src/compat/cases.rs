//! The table of crates: what is fetched, what of it must be changed and why, which of its tests cannot pass.
//!
//! A change is the few words that it replaces. It must apply as written, so the table cannot grow stale unseen.

/// A published crate.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// The SHA-256 of its archive.
    pub(super) hash: &'static str,
    /// What it is, for the report.
    pub(super) what: &'static str,
    /// What `cargo test` is given beside the name.
    pub(super) arguments: &'static [&'static str],
    pub(super) changes: &'static [Change],
    /// Files of our own that it lacks: path and text.
    pub(super) added: &'static [(&'static str, &'static str)],
    /// Tests that cannot pass, with the reasons.
    pub(super) skipped: &'static [(&'static str, &'static str)],
}

/// Words of a source that must be others.
pub(super) struct Change {
    pub(super) file: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) reason: &'static str,
}

/// All crates.
pub(super) const CASES: &[Case] = &[Case {
    name: "wasmer-as",
    version: "0.4.0",
    hash: "04ec82f6c3b30384792e0e8fa8df1375bb0e91bd31ed07a042dacc3f62d43e6b",
    what: "reads strings of AssemblyScript guests",
    arguments: &[],
    changes: &[],
    added: &[("test-wasm/build/optimized.wasm", ASSEMBLY_SCRIPT_STRING)],
    skipped: &[(
        "readme_sect",
        "its tool calls rustc by itself and knows no renamed crates",
    )],
}];

/// What wasmer-as' own guest does: `getString` points behind a length in bytes at UTF-16 text. (Its package has no build of
/// its guest. Text serves, since modules can be given as text.)
const ASSEMBLY_SCRIPT_STRING: &str = r#"(module
  (import "env" "abort" (func (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\0c\00\00\00\24\00\a2\00\39\09\5c\d5\34\d8\06\df")
  (func (export "getString") (result i32) (i32.const 20)))
"#;
