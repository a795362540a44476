//! Golden tests: modules with the IR or machine code that must come out, in the same file.
//!
//! A file of `tests/golden/` starts with `;;!` lines that say what to do (`emit = clif | optimized | asm`,
//! `memory = unchecked | reserved | dynamic`); what comes out is appended as `;;` lines behind the module. Run with
//! `BLESS=1` to write them anew, then read the difference.

mod support;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use wasmill_compiler_cranelift::{Cranelift, CraneliftCompiler, FunctionText};
use wasmill_types::{MemoryStyle, Pages};

/// What separates the module from the output.
const OUTPUT: &str = "\n;; ---\n";

/// The settings at the top of a file.
fn settings(source: &str) -> HashMap<&str, &str> {
    let lines = source.lines().map_while(|line| line.strip_prefix(";;!"));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect()
}

fn memory_style(name: Option<&str>) -> MemoryStyle {
    match name {
        None | Some("unchecked") => support::unchecked(),
        Some("reserved") => MemoryStyle::Static {
            bound: Pages(16),
            offset_guard_size: 0x1_0000,
        },
        Some("dynamic") => MemoryStyle::Dynamic {
            offset_guard_size: 0x1_0000,
        },
        Some(other) => panic!("unknown kind of memory: {other}"),
    }
}

fn compile(source: &str) -> String {
    let settings = settings(source);
    let wasm = wat::parse_str(source).expect("a module");
    let memory = memory_style(settings.get("memory").copied());
    let (info, translation) = support::plan(&wasm, &memory).expect("a valid module");
    let compiler = CraneliftCompiler::new(Cranelift::new());
    let target = support::x86_64();
    let texts = compiler
        .inspect_module(&target, &info, translation.bodies)
        .expect("code");
    let pick: fn(&FunctionText) -> &str = match settings.get("emit").copied() {
        Some("clif") => |text| &text.clif,
        Some("optimized") => |text| &text.optimized_clif,
        Some("asm") => |text| &text.asm,
        other => panic!("what to emit? {other:?}"),
    };
    let mut output = String::new();
    for text in &texts {
        writeln!(output, ";; function {}", text.index.as_u32()).expect("memory");
        for line in pick(text).lines() {
            writeln!(output, "{}", format!(";;   {line}").trim_end()).expect("memory");
        }
    }
    output
}

#[test]
fn output_is_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "wat"))
        .collect();
    files.sort();
    assert!(files.len() >= 10, "files are missing");
    let bless = env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        let (module, expected) = text.split_once(OUTPUT).unwrap_or((text.trim_end(), ""));
        let output = compile(module);
        if output == expected {
            continue;
        }
        if bless {
            fs::write(&path, format!("{module}{OUTPUT}{output}")).expect("written");
        } else {
            wrong.push(format!("{}:\n{output}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as expected (BLESS=1 accepts it):\n{}",
        wrong.join("\n")
    );
}
