//! What is measured: every case with its group, its module and what to do with it.

use wasmill_bench_harness::protocol::Action;
use wasmill_bench_harness::{Access, CallKind, Instantiation, Source, Threads, TrapKind};

/// Groups are the report's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Wall time of kernels and programs.
    Run,
    /// Calls between host and Wasm, indirect calls, traps.
    Call,
    /// Globals, tables and memories, from the host.
    Access,
    /// Instantiate and drop.
    Instantiate,
    /// Compile.
    Compile,
    /// Load compiled modules.
    Load,
    /// Memory that compiling adds.
    Memory,
    /// End a call from another thread.
    Interrupt,
}

/// One row to measure.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Unique; `--filter` looks for parts of it.
    pub(crate) name: String,
    /// Its table.
    pub(crate) group: Group,
    /// What a run-time kernel mostly does; geometric means are given for each such category too.
    pub(crate) category: &'static str,
    /// The module's name: see `setup.rs` for where it comes from.
    pub(crate) module: &'static str,
    /// What to do with it.
    pub(crate) action: Action,
    /// Whether it is run only when asked for by `--large`.
    pub(crate) large: bool,
}

/// Kernel, category, argument. Arguments make a run take 50 to 150 ms in wasmtime on a machine of 2021.
const KERNELS: [(&str, &str, i32); 37] = [
    ("base64", "integer", 700),
    ("blake2b", "integer", 1200),
    ("crc32", "integer", 120),
    ("distance", "integer", 14),
    ("life", "integer", 60),
    ("primality", "integer", 250_000),
    ("sha256", "integer", 300),
    ("sieve", "integer", 60),
    ("conversions", "float", 5_000_000),
    ("fft", "float", 700),
    ("mandelbrot", "float", 2500),
    ("matmul_f64", "float", 40),
    ("nbody", "float", 1_200_000),
    ("raytrace", "float", 700),
    ("simd_audio", "SIMD", 1200),
    ("simd_auto", "SIMD", 2500),
    ("simd_bytes", "SIMD", 2500),
    ("simd_matmul", "SIMD", 130),
    ("chase", "memory", 12_000_000),
    ("copy", "memory", 1600),
    ("hashmap", "memory", 5_000_000),
    ("stream", "memory", 300),
    ("fib", "calls", 35),
    ("fib_indirect", "calls", 34),
    ("globals", "calls", 30_000_000),
    ("objects", "calls", 900),
    ("queens", "calls", 13),
    ("tak", "calls", 400),
    ("trees", "calls", 180),
    ("interpreter", "branches", 70),
    ("json", "branches", 200),
    ("lz", "branches", 35),
    ("quicksort", "branches", 12),
    ("switch", "branches", 10_000_000),
    ("text", "branches", 80),
    ("bzip2", "programs", 4),
    ("sqlite", "programs", 20_000),
];

/// Modules whose compilation is measured: small and large, from C and from Rust.
const COMPILED: [&str; 4] = ["bzip2", "dprint_json", "quickjs", "sqlite"];

/// Measured with `--large` only, as optimising compilers take a minute or more: 4, 14 and 31 MB, from Rust, Go and C++.
const COMPILED_LARGE: [&str; 3] = ["dprint_typescript", "esbuild", "yosys"];

const CALLS: [(&str, CallKind); 8] = [
    ("typed_in_nop", CallKind::TypedInNop),
    ("typed_in_add", CallKind::TypedInAdd),
    ("typed_out_nop", CallKind::TypedOutNop),
    ("typed_out_add", CallKind::TypedOutAdd),
    ("typed_out_env", CallKind::TypedOutEnv),
    ("typed_out_closure", CallKind::TypedOutClosure),
    ("dynamic_in_add", CallKind::DynamicInAdd),
    ("dynamic_out_add", CallKind::DynamicOutAdd),
];

const ACCESSES: [(&str, Access); 9] = [
    ("global_get", Access::GlobalGet),
    ("global_set", Access::GlobalSet),
    ("table_get", Access::TableGet),
    ("table_set", Access::TableSet),
    ("memory_element", Access::MemoryElement),
    ("memory_pointer", Access::MemoryPointer),
    ("memory_walk", Access::MemoryWalk),
    ("memory_read", Access::MemoryRead),
    ("memory_write", Access::MemoryWrite),
];

/// Case, module, whether from a pool (where the engine has one), whether a function is called that writes to memory.
const INSTANCES: [(&str, &str, bool, bool); 8] = [
    ("tiny", "tiny", false, false),
    ("memory", "memory", false, false),
    ("data_1mib", "data_1mib", false, false),
    ("data_1mib_pooled", "data_1mib", true, false),
    ("data_1mib_touched", "data_1mib", false, true),
    ("table_2000", "table_2000", false, false),
    ("exports_200", "exports_200", false, false),
    ("sqlite", "sqlite", false, false),
];

/// Compiled modules to load, small to large; whether only with `--large`.
const LOADED: [(&str, bool); 6] = [
    ("tiny", false),
    ("sqlite", false),
    ("esbuild", true),
    ("artifact_1mb", false),
    ("artifact_10mb", true),
    ("artifact_100mb", true),
];

/// Every case, in the order of the report.
pub(crate) fn all() -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |name: String, group, category, module, action, large| {
        items.push(Item {
            name,
            group,
            category,
            module,
            action,
            large,
        });
    };
    for (kernel, category, argument) in KERNELS {
        add(
            format!("run/{kernel}"),
            Group::Run,
            category,
            kernel,
            Action::Run(argument),
            false,
        );
    }
    for (name, kind) in CALLS {
        add(
            format!("call/{name}"),
            Group::Call,
            "",
            "calls",
            Action::Call(kind),
            false,
        );
    }
    add(
        "call/indirect".into(),
        Group::Call,
        "",
        "call_indirect",
        Action::Loop,
        false,
    );
    for (name, kind) in [("trap", TrapKind::Shallow), ("trap_deep", TrapKind::Deep)] {
        add(
            format!("call/{name}"),
            Group::Call,
            "",
            "trap",
            Action::Trap(kind),
            false,
        );
    }
    for (name, kind) in ACCESSES {
        add(
            format!("access/{name}"),
            Group::Access,
            "",
            "state",
            Action::Access(kind),
            false,
        );
    }
    for (name, module, pooled, touch) in INSTANCES {
        let action = Action::Instantiate(Instantiation { pooled, touch });
        add(
            format!("instantiate/{name}"),
            Group::Instantiate,
            "",
            module,
            action,
            false,
        );
    }
    let compiled = || {
        let small = COMPILED.iter().map(|module| (*module, false));
        small.chain(COMPILED_LARGE.iter().map(|module| (*module, true)))
    };
    for (threads, label) in [(Threads::One, "one_thread"), (Threads::All, "all_threads")] {
        for (module, large) in compiled() {
            let name = format!("compile/{label}/{module}");
            add(
                name,
                Group::Compile,
                label,
                module,
                Action::Compile(threads),
                large,
            );
        }
    }
    for (module, large) in compiled() {
        add(
            format!("memory/{module}"),
            Group::Memory,
            "",
            module,
            Action::CompileMemory,
            large,
        );
    }
    for (source, label) in [(Source::Bytes, "bytes"), (Source::File, "file")] {
        for (module, large) in LOADED {
            let name = format!("load/{label}/{module}");
            add(
                name,
                Group::Load,
                label,
                module,
                Action::Load(source),
                large,
            );
        }
    }
    let name = "interrupt/loop".to_owned();
    add(name, Group::Interrupt, "", "spin", Action::Interrupt, false);
    items
}
