//! Scripts for WASI programs: everything they can say, what must pass, and what must not.

use std::fs;
use std::path::Path;

use wasmill::Store;
use wasmill_wast::{WasiTest, Wast};

/// Copies its input to its output, prints the first name in its first preopened folder (or nothing) to the error stream, and
/// exits with the number of its arguments, or traps if there are more than five.
const PROGRAM: &str = r#"
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "file")
  (func $put (param $fd i32) (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $take (param $fd i32) (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8)))
  (func (export "_start")
    (local $fd i32)
    (call $put (i32.const 1) (i32.const 1024) (call $take (i32.const 0)))
    ;; The environment, with its NULs.
    (drop (call $environ (i32.const 16) (i32.const 20)))
    (drop (call $environ_get (i32.const 64) (i32.const 2048)))
    (call $put (i32.const 1) (i32.const 2048) (i32.load (i32.const 20)))
    ;; The names of all preopened folders behind the root, and what is in their `file`.
    (local.set $fd (i32.const 4))
    (block $end
      (loop $next
        (br_if $end (call $prestat (local.get $fd) (i32.const 24)))
        (drop (call $name (local.get $fd) (i32.const 4096) (i32.load (i32.const 28))))
        (call $put (i32.const 2) (i32.const 4096) (i32.load (i32.const 28)))
        (if (i32.eqz (call $open (local.get $fd) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const 0)
              (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 32)))
          (then (call $put (i32.const 2) (i32.const 1024) (call $take (i32.load (i32.const 32))))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br $next)))
    (drop (call $args (i32.const 16) (i32.const 20)))
    (if (i32.gt_u (i32.load (i32.const 16)) (i32.const 5)) (then unreachable))
    (if (i32.gt_u (i32.load (i32.const 16)) (i32.const 1))
      (then (call $exit (i32.load (i32.const 16)))))))
"#;

/// A folder `scripts` with the program, and folders beside it and in it.
fn folders() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["scripts/near", "shared"] {
        let path = root.path().join(folder);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("file"), format!(" of {folder}\n")).unwrap();
    }
    fs::write(root.path().join("scripts/program.wat"), PROGRAM).unwrap();
    let older = PROGRAM.replace("wasi_snapshot_preview1", "wasi_unstable");
    fs::write(root.path().join("scripts/older.wat"), older).unwrap();
    root
}

/// Runs a test as the library does it.
fn run(root: &Path, text: &str) -> Result<bool, String> {
    let tokens = WasiTest::lex_string(text).map_err(|error| error.to_string())?;
    let test = WasiTest::parse_tokens(&tokens).map_err(|error| error.to_string())?;
    let base = root.join("scripts");
    test.run(&Store::default(), base.to_str().unwrap())
        .map_err(|error| error.to_string())
}

#[test]
fn everything_that_can_be_said_is_done() {
    let root = folders();
    for program in ["program.wat", "older.wat"] {
        let text = format!(
            r#";; A comment.
            (wasi_test "{program}"
              (envs "NAME=VALUE" "SUM=1+1=2")
              (args "one" "two words")
              (preopens "near" "shared")
              (map_dirs "guest:near" "/other:shared")
              (temp_dirs "empty" "empty-too")
              (assert_return (i64.const 3))
              (provide_stdin "to and fro\n")
              (assert_stdout "to and fro\nNAME=VALUE\00SUM=1+1=2\00")
              (assert_stderr "guest of scripts/near\nother of shared\nnear of scripts/near\nshared of shared\nemptyempty-too"))"#
        );
        assert_eq!(run(root.path(), &text), Ok(true));
    }
    // Nothing but the program, and the lists in another order.
    assert_eq!(run(root.path(), r#"(wasi_test "program.wat")"#), Ok(true));
    let text = r#"(wasi_test "program.wat" (assert_stdout "x") (stdin "x") (assert_return (i64.const 2)) (args ""))"#;
    assert_eq!(run(root.path(), text), Ok(true));
}

#[test]
fn what_is_otherwise_is_told() {
    let root = folders();
    for (lists, expected) in [
        (r#"(args "a")"#, "the exit code is\n  2\ninstead of\n  0"),
        (
            r#"(assert_return (i64.const 7))"#,
            "the exit code is\n  0\ninstead of\n  7",
        ),
        (
            r#"(stdin "hello") (assert_stdout "Hello")"#,
            "standard output is\n  \"hello\"\ninstead of\n  \"Hello\"",
        ),
        (
            r#"(assert_stderr "x")"#,
            "standard error is\n  \"\"\ninstead of\n  \"x\"",
        ),
        (
            r#"(args "" "" "" "" "") (stdin "before")"#,
            "standard output: \"before\"",
        ),
        (r#"(preopens "nowhere")"#, "preopened directory not found"),
        (r#"(envs "X")"#, "`X` must have a `=` between its two parts"),
        (
            r#"(map_dirs "X")"#,
            "`X` must have a `:` between its two parts",
        ),
        (
            r#"(assert_return (i32.const 0))"#,
            "expected keyword `i64.const`",
        ),
        (r#"(something)"#, "unexpected token"),
        (r#"(args 1)"#, "expected a string"),
    ] {
        let text = format!("(wasi_test \"program.wat\" {lists})");
        let error = run(root.path(), &text).unwrap_err();
        assert!(error.contains(expected), "{lists}: {error}");
    }
    let error = run(root.path(), "(wasi_test \"missing.wasm\")").unwrap_err();
    assert!(error.contains("missing.wasm"), "{error}");
    fs::write(root.path().join("scripts/plain.wat"), "(module)").unwrap();
    let error = run(root.path(), "(wasi_test \"plain.wat\")").unwrap_err();
    assert!(error.contains("not a WASI program"), "{error}");
}

#[test]
fn files_of_this_dialect_are_recognised() {
    let root = folders();
    let path = root.path().join("scripts/test.wast");
    let mut script = Wast::new_with_spectest(Store::default());
    fs::write(
        &path,
        "(; one ;) ( ;; test\n wasi_test \"program.wat\")\n(wasi_test \"older.wat\")",
    )
    .unwrap();
    script.run_file(&path).unwrap();
    let wrong = "(wasi_test \"program.wat\" (assert_stdout \"x\"))\n (wasi_test \"none.wat\")";
    fs::write(&path, wrong).unwrap();
    let error = script.run_file(&path).unwrap_err().to_string();
    assert!(error.contains("test.wast:1:1: standard output"), "{error}");
    assert!(!error.contains("none.wat"), "{error}");
    script.fail_fast = false;
    let error = script.run_file(&path).unwrap_err().to_string();
    assert!(error.contains("test.wast:2:2: cannot use"), "{error}");
    fs::write(&path, "(wasi_test)").unwrap();
    let error = script.run_file(&path).unwrap_err().to_string();
    assert!(error.contains("test.wast:1:"), "{error}");
    // The other dialect is as it was.
    fs::write(&path, "(module (func (export \"wasi_test\")))").unwrap();
    script.run_file(&path).unwrap();
}
