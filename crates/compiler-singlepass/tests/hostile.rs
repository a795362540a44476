//! Shapes that make compilers slow, or their code large: the size of the code grows with the input and no faster. That it
//! also computes what it should is shown where there is a runtime.

use std::fmt::Write;

use wasmill_compiler::Compiler;
use wasmill_compiler_singlepass::{Singlepass, SinglepassCompiler};
use wasmill_compiler_testing::{plan, unchecked, x86_64};

/// Bytes of code for a byte of input, at most.
const FACTOR: usize = 24;
/// Bytes of code around it.
const AROUND: usize = 1024;

/// The sizes of a module and of its code.
fn sizes(module: &str) -> (usize, usize) {
    let wasm = wat::parse_str(module).expect("a module");
    let (info, translation) = plan(&wasm, &unchecked()).expect("a valid module");
    let compiler = SinglepassCompiler::new(Singlepass::new());
    let code = compiler
        .compile_module(&x86_64(), &info, translation.bodies)
        .expect("code");
    let functions = code.functions.values();
    let length = functions.map(|function| function.code.len()).sum();
    (wasm.len(), length)
}

fn check(name: &str, module: impl Fn(u32) -> String) {
    let mut before = None;
    for count in [50, 200, 800] {
        let (wasm, code) = sizes(&module(count));
        assert!(
            code <= FACTOR * wasm + AROUND,
            "{name}, {count}: {wasm} bytes become {code}"
        );
        if let Some(before) = before.replace(code) {
            assert!(
                code <= 5 * before + AROUND,
                "{name}, {count}: {before} bytes, then {code}"
            );
        }
    }
}

/// A text once for each number.
fn each(count: u32, text: impl Fn(u32) -> String) -> String {
    let mut all = String::new();
    for number in 0..count {
        writeln!(all, "{}", text(number)).expect("memory");
    }
    all
}

fn repeat(count: u32, text: &str) -> String {
    each(count, |_| text.to_owned())
}

fn function(signature: &str, body: &str) -> String {
    format!("(module (memory 1) (func $f {signature}\n{body}))")
}

#[test]
fn long_functions() {
    check("arithmetic", |count| {
        let body = each(count * 10, |number| {
            format!("local.get 0 i32.const {number} i32.add local.set 0")
        });
        function("(param i32) (result i32)", &format!("{body} local.get 0"))
    });
    check("constants", |count| {
        let body = each(count * 10, |number| {
            format!("local.get 0 f64.const {number} f64.mul local.set 0")
        });
        function("(param f64) (result f64)", &format!("{body} local.get 0"))
    });
    check("calls", |count| {
        let body = repeat(count, "local.get 0 call $f local.set 0");
        function("(param i32) (result i32)", &format!("{body} local.get 0"))
    });
    check("minima", |count| {
        let body = repeat(count, "local.get 0 local.get 1 f64.min local.set 0");
        function("(param f64 f64)", &body)
    });
}

#[test]
fn deep_nesting() {
    let value = "i32.const 1 local.get 0 br_if 0";
    for (open, inside, behind) in [
        ("block", "local.get 0 br_if 0", ""),
        ("loop", "local.get 0 br_if 0", ""),
        ("local.get 0 if", "local.get 0 br_if 0", ""),
        ("block (result i32)", value, "drop"),
        ("loop (result i32)", "i32.const 1", "drop"),
    ] {
        check(open, |count| {
            let (open, close) = (repeat(count, open), repeat(count, "end"));
            function("(param i32)", &format!("{open} {inside} {close} {behind}"))
        });
    }
}

#[test]
fn tables_of_branches() {
    check("one large", |count| {
        let targets = each(count * 10, |number| (number % 2).to_string());
        let body = format!("block block local.get 0 br_table {targets} 0 end end");
        function("(param i32)", &body)
    });
    check("many targets", |count| {
        let open = repeat(count, "block");
        let targets = each(count, |number| number.to_string());
        let close = repeat(count, "end");
        let body = format!("{open} local.get 0 br_table {targets} 0 {close}");
        function("(param i32)", &body)
    });
    check("with a value", |count| {
        let open = repeat(count, "block (result i32)");
        let targets = each(count - 1, |number| number.to_string());
        let close = repeat(count, "end");
        let body = format!("{open} i32.const 7 local.get 0 br_table {targets} 0 {close}");
        function("(param i32) (result i32)", &body)
    });
}

#[test]
fn many_locals() {
    for ty in ["i32", "f64", "v128"] {
        check(ty, |count| {
            let locals = format!("(local {})", repeat(count, ty));
            let body = each(count, |number| {
                format!("local.get {number} local.set {}", (number + 7) % count)
            });
            function(&locals, &body)
        });
    }
    check("parameters", |count| {
        let params = format!("(param {})", repeat(count, "i64"));
        let args = each(count, |number| format!("local.get {}", count - 1 - number));
        function(&params, &format!("{args} call $f"))
    });
}

#[test]
fn many_operands() {
    check("names of a local", |count| {
        let gets = repeat(count, "local.get 0 i32.const 1 local.set 0");
        let adds = repeat(count - 1, "i32.add");
        function("(param i32) (result i32)", &format!("{gets} {adds}"))
    });
    check("computed", |count| {
        let all = repeat(count, "local.get 0 local.get 1 i64.mul");
        let adds = repeat(count - 1, "i64.add");
        function("(param i64 i64) (result i64)", &format!("{all} {adds}"))
    });
    check("floats", |count| {
        let all = repeat(count, "local.get 0 local.get 1 f64.mul");
        let adds = repeat(count - 1, "f64.add");
        function("(param f64 f64) (result f64)", &format!("{all} {adds}"))
    });
    check("below blocks", |count| {
        let all = repeat(count, "local.get 0 block local.get 1 br_if 0 end");
        let drops = repeat(count, "drop");
        function("(param i32 i32)", &format!("{all} {drops}"))
    });
    check("below calls", |count| {
        let all = repeat(count, "local.get 0 i32.const 1 i32.add call $f");
        let adds = repeat(count - 1, "i32.add");
        function("(param i32) (result i32)", &format!("{all} {adds}"))
    });
}

#[test]
fn wide_blocks() {
    check("results", |count| {
        let types = repeat(count, "i32");
        let values = each(count, |number| format!("i32.const {number}"));
        let drops = repeat(count, "drop");
        let body = format!("block (result {types}) {values} local.get 0 br_if 0 end {drops}");
        function("(param i32)", &body)
    });
    check("parameters of a loop", |count| {
        let types = repeat(count, "i64");
        let values = each(count, |number| format!("i64.const {number}"));
        let drops = repeat(count, "drop");
        let body = format!("{values} loop (param {types}) {drops} end");
        function("", &body)
    });
    check("results of a function", |count| {
        let types = repeat(count, "f64");
        let drops = repeat(count, "drop");
        function(
            &format!("(result {types})"),
            &format!("call $f {drops} call $f"),
        )
    });
}
