//! Functions whose shape makes optimising compilers slow: they compile in time that follows their size, and compute the
//! right thing.

use std::fmt::Write;
use wasmill::*;

/// A function with `locals` locals, each incremented in the innermost of `loops` loops; gives their sum.
fn locals_in_loops(locals: usize, loops: usize) -> String {
    let mut text = String::from(
        "(module (func (export \"f\") (param i32) (result i32) (local i64 f32 f64 v128)",
    );
    for _ in 0..locals {
        text.push_str("(local i32)");
    }
    text.push_str(&"(loop ".repeat(loops));
    for local in 5..locals + 5 {
        let add = format!("(local.set {local} (i32.add (local.get {local}) (i32.const 1)))");
        text.push_str(&add);
    }
    // The innermost loop runs twice.
    text.push_str("(local.set 1 (i64.add (local.get 1) (i64.const 1)))");
    text.push_str("(local.set 4 (i8x16.splat (i32.wrap_i64 (local.get 1))))");
    text.push_str("(br_if 0 (i64.lt_u (local.get 1) (i64.const 2)))");
    text.push_str(&")".repeat(loops));
    text.push_str("(i32.add (local.get 0) (i8x16.extract_lane_u 3 (local.get 4)))");
    for local in 5..locals + 5 {
        write!(text, "(i32.add (local.get {local}))").expect("strings take everything");
    }
    text.push_str("))");
    text
}

fn run(text: &str) -> i32 {
    let store = Store::default();
    let module = Module::new(&store, text).unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    instance
        .exports
        .get_native_function::<i32, i32>("f")
        .unwrap()
        .call(1000)
        .unwrap()
}

#[test]
fn many_locals_in_many_loops() {
    for (locals, loops) in [(3, 3), (50, 50), (400, 400), (2000, 300), (300, 2000)] {
        let sum = 1000 + 2 + 2 * locals as i32;
        assert_eq!(
            run(&locals_in_loops(locals, loops)),
            sum,
            "{locals} locals, {loops} loops"
        );
    }
}

#[test]
fn very_many_loops() {
    assert_eq!(run(&locals_in_loops(2, 20_000)), 1006);
}

/// A function of more than a megabyte: calls of a recursive function, arithmetic and accesses to memory, again and again.
fn very_long(rounds: usize) -> String {
    let round = "(i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (call 0 (i32.const 2))))
        (local.set 1 (f64.add (local.get 1) (f64.const 0.5)))
        (if (i32.and (local.get 0) (i32.const 1)) (then (local.set 0 (i32.add (local.get 0) (i32.const 2)))))";
    format!(
        "(module (memory 1)
            (func (param i32) (result i32) (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call 0 (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.const 0))))
            (func (export \"f\") (param i32) (result i32) (local f64)
                (i32.store (i32.const 8) (local.get 0)) (local.set 0 (i32.const 1))
                {}
                (i32.add (i32.load (i32.const 8))
                    (i32.add (i32.trunc_f64_s (local.get 1)) (local.get 0)))))",
        round.repeat(rounds)
    )
}

#[test]
fn very_long_functions() {
    // LLVM optimises functions of any length, which takes it most of a minute for this one.
    let rounds = match cfg!(feature = "default-llvm") {
        true => 2_000,
        false => 27_000,
    };
    let text = very_long(rounds);
    let length = wat2wasm(text.as_bytes()).unwrap().len();
    assert!(rounds < 27_000 || length > 1 << 20);
    let rounds = rounds as i32;
    assert_eq!(run(&text), 1000 + 2 * rounds + rounds / 2 + 1 + 2 * rounds);
}
