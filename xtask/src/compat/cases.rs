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
    /// The features it is built with, beside its default ones.
    pub(super) features: &'static [&'static str],
    /// Its tests that are run, beside those of the library itself.
    pub(super) tests: &'static [&'static str],
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
pub(super) const CASES: &[Case] = &[
    Case {
        name: "wasmer-as",
        version: "0.4.0",
        hash: "04ec82f6c3b30384792e0e8fa8df1375bb0e91bd31ed07a042dacc3f62d43e6b",
        what: "reads strings of AssemblyScript guests",
        features: &[],
        tests: &["strings"],
        changes: &[],
        added: &[("test-wasm/build/optimized.wasm", ASSEMBLY_SCRIPT_STRING)],
        skipped: &[],
    },
    Case {
        name: "cosmwasm-vm",
        version: "1.0.0",
        hash: "472bd6f037bf4de43a29f65ca5d66b8c06510fdb2cd9c911ed08b5a2cec3606f",
        what: "runs smart contracts: metering, middlewares, tunables, a cache of modules",
        features: &["cranelift"],
        tests: &[],
        changes: COSMWASM,
        added: &[],
        skipped: &[
            ("instance::tests::contract_deducts_gas_", GAS),
            ("instance::tests::create_gas_report_works", GAS),
            ("instance::tests::query_works_with_gas_metering", GAS),
            (
                "in_memory_cache::tests::check_element_sizes",
                "it asserts the size of the original's `Module` in bytes",
            ),
        ],
    },
    Case {
        name: "holochain_wasmer_common",
        version: "0.0.82",
        hash: "6ac7305badfd4280f780d5f51bc810e9b6d5f174056801183b3380d17411dd65",
        what: "what holochain's hosts and guests share",
        features: &[],
        tests: &[],
        changes: &[],
        added: &[],
        skipped: &[],
    },
    Case {
        name: "holochain_wasmer_host",
        version: "0.0.82",
        hash: "bc0227cea8181e9c4f6496981bfe426ad5fcb692f9e3f59f22df4f6d2c40bffa",
        what: "hosts holochain's guests: derived environments, caches of serialized modules",
        features: &[],
        tests: &[],
        changes: &[],
        added: &[],
        skipped: &[],
    },
];

const LOUPE: &str =
    "the original measured memory through the crate loupe, as a supertrait; ours does not";
const SINGLEPASS: &str = "the Singlepass compiler is not there yet";

const COSMWASM: &[Change] = &[
    Change {
        file: "Cargo.toml",
        from: "    \"singlepass\",\n",
        to: "",
        reason: SINGLEPASS,
    },
    Change {
        file: "src/wasm_backend/limiting_tunables.rs",
        from: "#[derive(MemoryUsage)]\n",
        to: "",
        reason: LOUPE,
    },
    Change {
        file: "src/wasm_backend/gatekeeper.rs",
        from: "MemoryUsage, ",
        to: "",
        reason: LOUPE,
    },
    Change {
        file: "src/wasm_backend/gatekeeper.rs",
        from: ", MemoryUsage",
        to: "",
        reason: LOUPE,
    },
    Change {
        file: "src/cache.rs",
        from: "loupe::size_of_val(&module)",
        to: "module.serialize().map_or(0, |bytes| bytes.len())",
        reason: LOUPE,
    },
    Change {
        file: "src/modules/versioning.rs",
        from: "b\"wasmer-universalWASMER\\0\\0\"",
        to: "b\"\\0wasmill-universal\\0\"",
        reason: HEADER,
    },
    Change {
        file: "src/modules/versioning.rs",
        from: "u32::from_le_bytes((&metadata[8..12]).try_into().unwrap())",
        to: "u16::from_le_bytes((&metadata[6..8]).try_into().unwrap()).into()",
        reason: HEADER,
    },
    Change {
        file: "src/cache.rs",
        from: "get_local",
        to: "local.get",
        reason: SPELLING,
    },
    Change {
        file: "src/modules/pinned_memory_cache.rs",
        from: "get_local",
        to: "local.get",
        reason: SPELLING,
    },
    Change {
        file: "src/modules/file_system_cache.rs",
        from: "get_local",
        to: "local.get",
        reason: SPELLING,
    },
    Change {
        file: "src/modules/in_memory_cache.rs",
        from: "get_local",
        to: "local.get",
        reason: SPELLING,
    },
    Change {
        file: "src/wasm_backend/gatekeeper.rs",
        from: "get_local",
        to: "local.get",
        reason: SPELLING,
    },
    Change {
        file: "src/wasm_backend/gatekeeper.rs",
        from: "f32.convert_u/i32",
        to: "f32.convert_i32_u",
        reason: SPELLING,
    },
];

const GAS: &str = "it asserts figures of the original's metering; ours charges on every path";

const SPELLING: &str =
    "its tests' modules are spelled as its text parser, now a newer one, no longer reads them";

const HEADER: &str = "it reads the header of serialized modules, and ours has another magic number";

/// What wasmer-as' own guest does: `getString` points behind a length in bytes at UTF-16 text. (Its package has no build of
/// its guest. Text serves, since modules can be given as text.)
const ASSEMBLY_SCRIPT_STRING: &str = r#"(module
  (import "env" "abort" (func (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\0c\00\00\00\24\00\a2\00\39\09\5c\d5\34\d8\06\df")
  (func (export "getString") (result i32) (i32.const 20)))
"#;
