//! Scripts that must pass, and scripts that must fail: with the place and the reason.

use wasmill::Store;
use wasmill_wast::{Wast, WastError, spectest};

fn run(script: &str) -> Result<(), WastError> {
    run_all(script, true)
}

fn run_all(script: &str, fail_fast: bool) -> Result<(), WastError> {
    let store = Store::default();
    let imports = spectest(&store, false);
    let mut wast = Wast::new(store, imports);
    wast.fail_fast = fail_fast;
    wast.run_buffer("t.wast", script.as_bytes())
}

/// What a script that must fail says.
fn failure(script: &str) -> String {
    run(script).expect_err("the script must fail").to_string()
}

#[test]
fn a_script_of_every_supported_directive() {
    run(r#"
        (module $m
          (import "spectest" "global_i32" (global i32))
          (global (export "g") i32 (global.get 0))
          (memory 1)
          (func (export "div") (param i32 i32) (result i32)
            (i32.div_s (local.get 0) (local.get 1)))
          (func $deep (export "deep") (call $deep))
          (func (export "null") (param externref) (result externref) (local.get 0)))
        (assert_return (invoke "div" (i32.const 7) (i32.const 2)) (i32.const 3))
        (assert_trap (invoke "div" (i32.const 7) (i32.const 0)) "integer divide by zero")
        (assert_exhaustion (invoke "deep") "call stack exhausted")
        (assert_return (get "g") (i32.const 666))
        (assert_return (get $m "g") (i32.const 666))
        (assert_return (invoke "null" (ref.extern 3)) (ref.extern 3))
        (assert_return (invoke "null" (ref.null extern)) (ref.null))
        (register "m")
        (module $n (import "m" "div" (func (param i32 i32) (result i32))) (export "d" (func 0)))
        (invoke $n "d" (i32.const 1) (i32.const 1))
        (module quote "(func (export \"one\") (result i32) (i32.const 1))")
        (assert_return (invoke "one") (i32.const 1))
        (module binary "\00asm" "\01\00\00\00")
        (module definition $d (func (export "two") (result i32) (i32.const 2)))
        (module instance $i $d)
        (assert_return (invoke $i "two") (i32.const 2))
        (assert_unlinkable (module (import "m" "no" (func))) "unknown import")
        (assert_unlinkable (module (import "m" "div" (func))) "incompatible import type")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module quote "(func get_local 0)") "unknown operator")
        (assert_malformed (module binary "\00asm") "unexpected end")
        (assert_trap (module (memory 1) (data (i32.const 65536) "x")) "out of bounds memory access")
        (assert_trap (module (func $f unreachable) (start $f)) "unreachable")
    "#)
    .unwrap();
}

#[test]
fn legacy_spellings_are_accepted() {
    run(
        r#"(module (func (export "f") (param i32) (result i32) get_local 0))
           (assert_return (invoke "f" (i32.const 4)) (i32.const 4))"#,
    )
    .unwrap();
}

#[test]
fn wrong_results_are_reported_with_their_place() {
    let script = "(module (func (export \"f\") (result i32) (i32.const 1)))\n  (assert_return (invoke \"f\") (i32.const 2))";
    assert_eq!(
        failure(script),
        "t.wast:2:4: result 0: expected I32(2), got I32(1)"
    );
    let script = "(module (func (export \"f\")))\n(assert_return (invoke \"f\") (i32.const 2))";
    assert_eq!(failure(script), "t.wast:2:2: expected 1 results, got 0: ");
}

#[test]
fn assertions_that_do_not_hold() {
    let module = r#"(module (func (export "f") unreachable) (func (export "ok")))"#;
    let fails = |directive: &str| failure(&format!("{module}{directive}"));
    let starts = |directive: &str, text: &str| {
        let message = fails(directive);
        assert!(message.contains(text), "{directive}: {message}");
    };
    starts(
        r#"(assert_trap (invoke "f") "integer overflow")"#,
        "expected the trap \"integer overflow\", got RuntimeError: unreachable",
    );
    starts(
        r#"(assert_trap (invoke "ok") "unreachable")"#,
        "expected the trap \"unreachable\", got []",
    );
    starts(
        r#"(assert_trap (invoke "none") "unreachable")"#,
        "no function \"none\" is exported",
    );
    starts(
        r#"(assert_return (invoke "f"))"#,
        "RuntimeError: unreachable",
    );
    starts(
        r#"(assert_return (invoke $x "f"))"#,
        "there is no instance named $x",
    );
    starts(
        r#"(assert_return (get "f"))"#,
        "no global \"f\" is exported",
    );
    starts(
        r#"(assert_invalid (module) "x")"#,
        "expected \"x\", but it is valid",
    );
    starts(
        r#"(assert_malformed (module quote "(func)") "x")"#,
        "expected \"x\"",
    );
    starts(
        r#"(assert_unlinkable (module) "unknown import")"#,
        "expected the link error",
    );
    starts(
        r#"(assert_unlinkable (module (func $f unreachable) (start $f)) "unknown import")"#,
        "got RuntimeError: unreachable",
    );
    starts(
        r#"(assert_exception (invoke "f"))"#,
        "`assert_exception` is not supported",
    );
    starts(r#"(invoke "ok" (i32.const 1))"#, "did not match signature");
    starts(
        r#"(module instance $i $d)"#,
        "there is no module definition named $d",
    );
}

#[test]
fn a_module_that_cannot_be_used_is_not_replaced_by_the_last() {
    let script = r#"(module (func (export "f")))
        (module (import "no" "no" (func)))
        (invoke "f")"#;
    let errors = match run_all(script, false) {
        Err(WastError::Directives(errors)) => errors,
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = errors.errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 3]);
    assert!(errors.errors[1].message.contains("there is no instance"));
}

#[test]
fn malformed_scripts() {
    assert_eq!(
        failure("(module (func nonsense))"),
        "t.wast:1:15: unknown operator or unexpected token"
    );
    assert!(failure("(module").starts_with("t.wast:1:"));
    assert!(failure("(assert_return").starts_with("t.wast:1:"));
    let store = Store::default();
    let error = Wast::new_with_spectest(store).run_buffer("b", &[0xff, 0xfe]);
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("b:1:1: the script is not UTF-8"),
        "{error}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let mut wast = Wast::new_with_spectest(Store::default());
    let error = wast.run_file("no/such.wast".as_ref()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read `no/such.wast`: ")
    );
}

#[test]
fn what_a_caller_may_allow() {
    let mut wast = Wast::new_with_spectest(Store::default());
    wast.allow_instantiation_failures(&["unknown import"]);
    wast.allow_trap_message("tripped", "unreachable");
    let script = br#"(module (import "no" "no" (func)))
        (module (func (export "f") unreachable))
        (assert_trap (invoke "f") "tripped")"#;
    wast.run_buffer("t.wast", script).unwrap();
    wast.disable_assert_and_exhaustion();
    wast.run_buffer("t.wast", br#"(assert_trap (invoke "f") "other")"#)
        .unwrap();
}
