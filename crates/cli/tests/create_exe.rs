//! Executables: they run elsewhere and alone as their program does, and refuse to when they are damaged.

mod support;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use support::command;

/// Prints its variables and its arguments, each with a NUL behind it, then the standard input; its exit code is the
/// number of arguments.
const ECHO: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 1)))
    (func $print (param $length i32)
      (i32.store (i32.const 16) (i32.const 2048))
      (i32.store (i32.const 20) (local.get $length))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
    (func (export "_start") (local $count i32)
      (if (i32.eqz (global.get $ready)) (then unreachable))
      (drop (call $env_sizes (i32.const 0) (i32.const 4)))
      (drop (call $env (i32.const 64) (i32.const 2048)))
      (call $print (i32.load (i32.const 4)))
      (drop (call $sizes (i32.const 0) (i32.const 4)))
      (drop (call $args (i32.const 64) (i32.const 2048)))
      (local.set $count (i32.load (i32.const 0)))
      (call $print (i32.load (i32.const 4)))
      (loop $next
        (i32.store (i32.const 16) (i32.const 2048))
        (i32.store (i32.const 20) (i32.const 1000))
        (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
        (if (i32.load (i32.const 24))
          (then (call $print (i32.load (i32.const 24))) (br $next))))
      (call $exit (local.get $count))))"#;

/// Prints what is in the file `greeting` of the first folder that has one; where there is none its exit code is the error.
const FOLDERS: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "greeting")
    (func (export "_start") (local $fd i32) (local $error i32)
      (local.set $fd (i32.const 3))
      (block $opened
        (loop $next
          (local.set $error
            (call $open (local.get $fd) (i32.const 0) (i32.const 100) (i32.const 8) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
          (br_if $opened (i32.eqz (local.get $error)))
          (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $fd) (i32.const 8))))
        (call $exit (local.get $error)))
      (i32.store (i32.const 16) (i32.const 2048))
      (i32.store (i32.const 20) (i32.const 100))
      (drop (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 24)))
      (i32.store (i32.const 20) (i32.load (i32.const 24)))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))"#;

/// What a command prints that must not fail.
fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The standard error of what must fail with exit code 1 before its program prints anything.
fn error_of(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        output.stdout.is_empty() && !error.contains("panicked"),
        "{error}"
    );
    error
}

/// Makes `program` of a text in a folder.
fn create(folder: &Path, wat: &str, words: &[&str]) -> (PathBuf, Output) {
    fs::write(folder.join("module.wat"), wat).unwrap();
    let words = [&["create-exe", "module.wat", "-o", "program"], words].concat();
    let output = command(folder, &words).output().unwrap();
    fs::remove_file(folder.join("module.wat")).unwrap();
    (folder.join("program"), output)
}

/// Runs a program with an input.
fn run(program: &mut Command, input: &[u8]) -> Output {
    program.stdin(Stdio::piped());
    let program = program.stdout(Stdio::piped()).stderr(Stdio::piped());
    // A process that another test starts just now may still have what was written to the file open, until it is another program.
    let mut child = loop {
        match program.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(5));
            }
            started => break started.unwrap(),
        }
    };
    let mut stdin = child.stdin.take().unwrap();
    // A program that is damaged reads nothing.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn a_program_runs_anywhere_as_itself() {
    for compiler in [
        "--cranelift",
        "--singlepass",
        #[cfg(feature = "llvm")]
        "--llvm",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (program, made) = create(folder.path(), ECHO, &[compiler, "--env", "A=1"]);
        let expected = format!("Compiler: {}\nTarget: {}\n", &compiler[2..], wasmill::HOST);
        assert_eq!(text(&made), expected);
        let said = String::from_utf8_lossy(&made.stderr);
        assert_eq!(
            said,
            "✔ Native executable compiled successfully to `program`.\n"
        );
        // Nothing else is in the folder, and the program goes elsewhere.
        let elsewhere = tempfile::tempdir().unwrap();
        let moved = elsewhere.path().join("echo");
        fs::copy(&program, &moved).unwrap();
        drop(folder);
        let input = "input\n".repeat(1000);
        let words = ["run", "--dir", ".", "--", "--help"];
        let mut command = Command::new("./echo");
        command.args(words).current_dir(elsewhere.path());
        let output = run(command.env_clear(), input.as_bytes());
        let expected = format!("A=1\0./echo\0run\0--dir\0.\0--\0--help\0{input}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        assert!(output.stderr.is_empty(), "{output:?}");
        assert_eq!(output.status.code(), Some(6));
    }
}

#[test]
fn a_program_can_be_for_less_than_this_processor() {
    let triple = wasmill::HOST.to_string();
    for words in [
        &["--target", &triple][..],
        &["--singlepass", "-m", "sse4.1"],
        &["--target", &triple, "-m", "sse2", "-m", "popcnt"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (program, made) = create(folder.path(), ECHO, words);
        text(&made);
        let output = run(&mut Command::new(program), b"");
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
    }
}

/// The runtime for another machine is named by who has one; here it is but the head of a program.
#[cfg(feature = "llvm")]
#[test]
fn a_program_can_be_for_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let mut runtime = vec![0; 300];
    runtime[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    // For aarch64; one program header at 64, for the first 200 bytes; sections at 250.
    for (at, byte) in [
        (18, 183),
        (32, 64),
        (40, 250),
        (54, 56),
        (56, 1),
        (64, 1),
        (96, 200),
    ] {
        runtime[at] = byte;
    }
    fs::write(folder.path().join("runtime"), runtime).unwrap();
    let words = [
        "--llvm",
        "--target",
        "aarch64-unknown-linux-gnu",
        "--runtime",
        "runtime",
    ];
    let (program, made) = create(folder.path(), ECHO, &words);
    assert!(text(&made).ends_with("Target: aarch64-unknown-linux-gnu\n"));
    let bytes = fs::read(program).unwrap();
    assert_eq!(artifact_start(&bytes), 0x1_0000);
    assert_eq!(bytes[18], 183);
    assert!(bytes[200..0x1_0000].iter().all(|byte| *byte == 0));
}

#[test]
fn what_a_program_may_see_is_decided_when_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (elsewhere, fixed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(elsewhere.path().join("greeting"), "from where it is").unwrap();
    fs::write(fixed.path().join("greeting"), "from afar").unwrap();
    let run_it = |words: &[&str]| {
        let (program, made) = create(folder.path(), FOLDERS, words);
        text(&made);
        let mut program = Command::new(program);
        run(program.current_dir(elsewhere.path()), b"")
    };
    assert_ne!(run_it(&[]).status.code(), Some(0), "nothing is seen");
    assert_eq!(text(&run_it(&["--dir", "."])), "from where it is");
    let mapping = format!("/data:{}", fixed.path().display());
    assert_eq!(text(&run_it(&["--mapdir", &mapping])), "from afar");
    let error = error_of(&run_it(&["--mapdir", "/data:no/such/folder"]));
    assert!(
        error.contains("cannot open the folder `no/such/folder` as `/data`"),
        "{error}"
    );
}

#[test]
fn a_trap_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let wat = "(module (func $f unreachable) (func (export \"_start\") (call $f)))";
    let (program, made) = create(folder.path(), wat, &[]);
    text(&made);
    let output = Command::new(&program).output().unwrap();
    let error = error_of(&output);
    let start = format!("error: failed to run `{}`\n", program.display());
    assert!(error.starts_with(&start), "{error}");
    assert!(
        error.contains("unreachable") && error.contains("at f (module.wat[0]:0x"),
        "{error}"
    );
    let endless = "(module (func $f (export \"_start\") (call $f) (call $f)))";
    let (program, _) = create(folder.path(), endless, &[]);
    let error = error_of(&Command::new(program).output().unwrap());
    assert!(error.contains("call stack exhausted"), "{error}");
}

/// Where the artifact starts in an executable: at the last page that begins like one.
fn artifact_start(bytes: &[u8]) -> usize {
    let pages = (0..bytes.len()).step_by(0x1_0000);
    let mut pages = pages.filter(|page| bytes[*page..].starts_with(b"\0wasmill-universal\0"));
    pages.next_back().expect("it starts with a page")
}

#[test]
fn damaged_executables_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (program, made) = create(folder.path(), ECHO, &["--env", "NAME=value"]);
    text(&made);
    let whole = fs::read(&program).unwrap();
    let start = artifact_start(&whole);
    let refuses = |bytes: &[u8], what: String| {
        fs::write(&program, bytes).unwrap();
        let output = run(Command::new(&program).arg("--version"), b"");
        let error = error_of(&output);
        assert!(
            error.contains("this executable is damaged"),
            "{what}: {error}"
        );
    };
    let ends = [1, 2, 47, 48, 49, 100];
    let lengths = ends.map(|end| whole.len() - end);
    let inner = (start..whole.len()).step_by((whole.len() - start) / 20);
    for length in lengths.into_iter().chain(inner) {
        refuses(&whole[..length], format!("{length} of {}", whole.len()));
    }
    refuses(&[&whole[..], b"\n"].concat(), "more".to_owned());
    // What is before the code, and what is behind it: the trailer says where that starts.
    let place = whole.len() - 24;
    let end = u64::from_le_bytes(whole[place..place + 8].try_into().unwrap()) as usize;
    let flips = (start..start + 600).step_by(23);
    for at in flips.chain((end..whole.len()).step_by(3)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        refuses(&damaged, format!("byte {at}"));
    }
    fs::write(&program, &whole).unwrap();
    let output = run(&mut Command::new(&program), b"");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_runtime_is_cut_to_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let (program, made) = create(folder.path(), ECHO, &[]);
    text(&made);
    let whole = fs::metadata(env!("CARGO_BIN_EXE_wasmill-headless"))
        .unwrap()
        .len();
    assert!(
        fs::metadata(&program).unwrap().len() < whole,
        "names are left out"
    );
    // Alone, the runtime says what it is.
    let alone = || Command::new(env!("CARGO_BIN_EXE_wasmill-headless"));
    let error = error_of(&alone().output().unwrap());
    assert!(error.contains("without a module"), "{error}");
    let version = text(&alone().arg("--version").output().unwrap());
    let expected = concat!("wasmill-headless ", env!("CARGO_PKG_VERSION"), " ");
    assert!(version.starts_with(expected), "{version}");
}

/// Where there is no runtime beside it, the command is one.
#[test]
fn the_command_is_a_runtime_too() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("wasmill");
    fs::copy(env!("CARGO_BIN_EXE_wasmill"), &alone).unwrap();
    fs::write(folder.path().join("echo.wat"), ECHO).unwrap();
    let create = |words: &[&str]| {
        let mut command = Command::new(&alone);
        command
            .current_dir(folder.path())
            .args(["create-exe", "echo.wat", "-o", "echo"]);
        run(command.args(words), b"")
    };
    let made = create(&[]);
    text(&made);
    let note = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(
        note.starts_with("note: there is no `") && note.contains("wasmill-headless` "),
        "{note}"
    );
    let echo = folder.path().join("echo");
    let output = run(Command::new(&echo).args(["--version", "x"]), b"in");
    let expected = format!("{}\0--version\0x\0in", echo.display());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(3));
    // Cut off, it does not become the command.
    let whole = fs::read(&echo).unwrap();
    fs::write(&echo, &whole[..whole.len() - 10]).unwrap();
    let error = error_of(&run(Command::new(&echo).arg("--version"), b""));
    assert!(error.contains("this executable is damaged"), "{error}");
    // A runtime of another build is none.
    let other = folder.path().join("wasmill-headless");
    fs::write(&other, "#!/bin/sh\necho wasmill-headless 0.0.1 1 0\n").unwrap();
    let error = error_of(&create(&["--runtime", "wasmill-headless"]));
    assert!(
        error.contains("is no runtime of this build of Wasmill"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refuses = |wat: &str, words: &[&str], text: &str| {
        let (program, made) = create(folder.path(), wat, words);
        let error = error_of(&made);
        let start = "error: failed to make an executable of `module.wat`\n";
        assert!(error.starts_with(start) && error.contains(text), "{error}");
        assert!(!program.exists());
    };
    let import = "(module (import \"env\" \"f\" (func)) (func (export \"_start\")))";
    refuses(import, &[], "it imports `env.f`");
    refuses(
        "(module (memory (export \"_start\") 1))",
        &[],
        "no function `_start`",
    );
    refuses("(module (func (result i32)))", &[], "Validation error");
    refuses(ECHO, &["--native"], "the Universal engine");
    let foreign = ["--target", "aarch64-unknown-linux-gnu"];
    refuses(
        ECHO,
        &foreign,
        "there is no runtime for aarch64-unknown-linux-gnu here",
    );
    let here = env!("CARGO_BIN_EXE_wasmill-headless");
    let wrong = [&foreign[..], &["--runtime", here]].concat();
    refuses(ECHO, &wrong, "it is not for aarch64");
    refuses(
        ECHO,
        &["--runtime", "no/such/runtime"],
        "is no runtime of this build",
    );
}
