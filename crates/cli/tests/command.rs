//! What golden texts cannot hold: files that are not text, arguments that are not UTF-8, folders, help.

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Output;

use support::wasmill;

/// Standard error of a command that must fail, with exit code 1, and print nothing else.
fn error_of(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(output.stdout.is_empty());
    assert!(!error.contains("panicked"), "{error}");
    error
}

fn output_of(output: &Output) -> &[u8] {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    &output.stdout
}

/// A module with a bit of everything.
const MODULE: &str = r#"(module
    (import "env" "f" (func (param i32)))
    (memory (export "memory") 1)
    (table 2 funcref)
    (global (mut i64) (i64.const 7))
    (func (export "sum") (param i32 i32) (result i32)
      (i32.add (local.get 0) (i32.load (local.get 1))))
    (elem (i32.const 0) 0 1)
    (data (i32.const 8) "hello"))"#;

#[test]
fn a_guest_accepts_connections() {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Accepts a connection on the descriptor behind its one folder, answers with what it got, and is done.
    fs::write(
        at.join("echo.wat"),
        r#"(module
            (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\00\01\00\00\64\00\00\00")
            (func (export "_start")
              (if (call $accept (i32.const 5) (i32.const 0) (i32.const 16)) (then unreachable))
              (if (call $read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 4)) (then unreachable))
              (if (call $write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)) (then unreachable))))"#,
    )
    .unwrap();
    let socket = at.join("socket");
    let path = socket.clone();
    let client = std::thread::spawn(move || {
        let mut stream = loop {
            match std::os::unix::net::UnixStream::connect(&path) {
                Ok(stream) => break stream,
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        stream.write_all(b"hello").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let listen = ["run", "--dir", ".", "--unixlisten", "socket", "echo.wat"];
    assert!(output_of(&wasmill(at, &listen)).is_empty());
    assert_eq!(client.join().unwrap(), "hello");
    // A second time the path is taken; and an address that is none.
    let error = error_of(&wasmill(at, &listen));
    assert!(error.contains("cannot listen at `socket`"), "{error}");
    let error = error_of(&wasmill(at, &["run", "--tcplisten", "nowhere", "echo.wat"]));
    assert!(error.contains("cannot listen at `nowhere`"), "{error}");
}

#[test]
fn files_that_are_no_modules() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("empty.wasm"), b"").unwrap();
    fs::write(at.join("garbage.wasm"), [0xff, 0x00, 0x80, 0x01]).unwrap();
    fs::write(at.join("version.wasm"), b"\0asm\x09\0\0\0").unwrap();
    for command in ["run", "validate", "inspect", "explore"] {
        for file in [
            "missing.wasm",
            "empty.wasm",
            "garbage.wasm",
            "version.wasm",
            ".",
        ] {
            let error = error_of(&wasmill(at, &[command, file]));
            let start = format!("error: failed to {command} `{file}`\n");
            assert!(error.starts_with(&start), "{command} {file}: {error}");
            assert!(error.contains("╰─> "), "no cause: {error}");
        }
    }
    let missing = error_of(&wasmill(at, &["missing.wasm"]));
    assert!(missing.contains("No such file or directory"), "{missing}");
    let error = error_of(&wasmill(at, &["wast", "missing.wast"]));
    assert!(error.contains("cannot read `missing.wast`"), "{error}");
    let error = error_of(&wasmill(at, &["wast", "garbage.wasm"]));
    assert!(error.contains("garbage.wasm:1:1: "), "{error}");
}

#[test]
fn every_prefix_of_a_module() {
    let wasm = wasmill::wat2wasm(MODULE.as_bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.wasm");
    for length in 8..wasm.len() {
        fs::write(&path, &wasm[..length]).unwrap();
        let output = wasmill(folder.path(), &["validate", "cut.wasm"]);
        // Where a section ends, less may be a module too.
        if !output.status.success() {
            let error = error_of(&output);
            assert!(error.contains("(at offset "), "{length}: {error}");
        }
    }
    fs::write(&path, &wasm).unwrap();
    let text = wasmill(folder.path(), &["validate", "cut.wasm"]);
    assert_eq!(output_of(&text), b"Validation passed for `cut.wasm`.\n");
}

#[test]
fn binary_modules_are_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = wasmill::wat2wasm(MODULE.as_bytes()).unwrap();
    fs::write(folder.path().join("a.wasm"), &wasm).unwrap();
    let text = wasmill(folder.path(), &["inspect", "a.wasm"]);
    let text = String::from_utf8_lossy(output_of(&text)).into_owned();
    let head = format!(
        "Type: wasm\nSize: {} B\nImports:\n  Functions:\n",
        wasm.len()
    );
    assert!(text.starts_with(&head), "{text}");
    assert!(text.contains("    \"env\".\"f\": [I32] -> []\n"), "{text}");
    assert!(
        text.contains("    \"memory\": not shared (1 pages..)\n"),
        "{text}"
    );
}

#[test]
fn every_stage_of_compilation_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wat"), MODULE).unwrap();
    for (compiler, form, sign) in [
        ("--cranelift", "ops", "binary IAdd I32"),
        ("--cranelift", "clif", "iadd"),
        ("--cranelift", "optimized-clif", "iadd"),
        ("--cranelift", "asm", "ret"),
        ("--singlepass", "ops", "binary IAdd I32"),
        ("--singlepass", "asm", "ret"),
        #[cfg(feature = "llvm")]
        ("--llvm", "llvm-ir", "alloca"),
        #[cfg(feature = "llvm")]
        ("--llvm", "optimized-llvm-ir", "add i32"),
        #[cfg(feature = "llvm")]
        ("--llvm", "asm", "ret"),
    ] {
        let text = wasmill(
            folder.path(),
            &["explore", "a.wat", compiler, "--emit", form],
        );
        let text = String::from_utf8_lossy(output_of(&text)).into_owned();
        assert!(text.contains(sign), "{form}: {text}");
        assert!(text.contains("function 1"), "{form}: {text}");
    }
}

#[cfg(feature = "llvm")]
#[test]
fn what_llvm_sees_is_written_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wat"), MODULE).unwrap();
    let arguments = ["validate", "a.wat", "--llvm-debug-dir", "dump"];
    assert!(!wasmill(folder.path(), &arguments).status.success());
    let arguments = ["explore", "a.wat", "--llvm", "--llvm-debug-dir", "dump/in"];
    output_of(&wasmill(folder.path(), &arguments));
    let file = |name: &str| fs::read(folder.path().join("dump/in").join(name)).unwrap();
    for ending in ["preopt.ll", "postopt.ll"] {
        let text = String::from_utf8(file(&format!("module.{ending}"))).unwrap();
        assert!(text.contains("target triple = "), "{ending}: {text}");
    }
    assert_eq!(file("module.o")[..4], *b"\x7fELF");
}

/// Prints its arguments as they are, each with a NUL behind it; `folders` prints the names of its folders, one a line.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $print (param $length i32)
      (i32.store (i32.const 16) (i32.const 1024))
      (i32.store (i32.const 20) (local.get $length))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
    (func (export "_start")
      (drop (call $sizes (i32.const 0) (i32.const 4)))
      (drop (call $args (i32.const 64) (i32.const 1024)))
      (call $print (i32.load (i32.const 4))))
    (func (export "folders") (local $fd i32) (local $length i32)
      (local.set $fd (i32.const 3))
      (loop $next
        (if (i32.eqz (call $prestat (local.get $fd) (i32.const 0)))
          (then
            (local.set $length (i32.load (i32.const 4)))
            (drop (call $name (local.get $fd) (i32.const 1024) (local.get $length)))
            (i32.store8 offset=1024 (local.get $length) (i32.const 10))
            (call $print (i32.add (local.get $length) (i32.const 1)))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $fd) (i32.const 10)))))
    (func (export "number") (param i32)))"#;

fn guest(folder: &Path) {
    fs::write(folder.join("guest.wat"), GUEST).unwrap();
}

#[test]
fn arguments_need_not_be_text() {
    let folder = tempfile::tempdir().unwrap();
    guest(folder.path());
    let odd = OsStr::from_bytes(b"a\xff\xfeb");
    let words = [
        OsStr::new("guest.wat"),
        odd,
        OsStr::new("--"),
        OsStr::new("-x"),
    ];
    let output = wasmill(folder.path(), &words);
    assert_eq!(output_of(&output), b"guest.wat\0a\xff\xfeb\0-x\0");

    let words = ["guest.wat", "-i", "number"].map(OsStr::new);
    let error = error_of(&wasmill(folder.path(), &[&words[..], &[odd]].concat()));
    assert!(
        error.contains("Can't convert `a\u{fffd}\u{fffd}b` into a i32"),
        "{error}"
    );
    let name = [OsStr::new("guest.wat"), OsStr::new("-i"), odd];
    error_of(&wasmill(folder.path(), &name));
}

#[test]
fn folders_are_given_to_the_guest_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    guest(at);
    fs::create_dir(at.join("inner")).unwrap();
    let odd = OsString::from_vec(b"odd\xff".to_vec());
    fs::create_dir(at.join(&odd)).unwrap();
    let mut mapping = OsString::from("/odd::");
    mapping.push(&odd);
    let words = [
        "guest.wat",
        "-i",
        "folders",
        "--dir",
        ".",
        "--mapdir",
        "/data:inner",
        "--mapdir",
    ];
    let mut words: Vec<OsString> = words.iter().map(OsString::from).collect();
    words.push(mapping);
    let output = wasmill(at, &words);
    let names = String::from_utf8_lossy(output_of(&output)).into_owned();
    for name in [".", "data", "odd"] {
        assert!(names.lines().any(|line| line == name), "{names}");
    }
    let output = wasmill(at, &["guest.wat", "-i", "folders"]);
    let names = String::from_utf8_lossy(output_of(&output)).into_owned();
    assert!(!names.lines().any(|line| line == "."), "{names}");
}

#[test]
fn a_stack_that_overflows_is_a_trap() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "(module (func $f (export \"_start\") (call $f) (call $f)))";
    fs::write(folder.path().join("endless.wat"), endless).unwrap();
    let error = error_of(&wasmill(folder.path(), &["endless.wat"]));
    assert!(
        error.contains("RuntimeError: call stack exhausted"),
        "{error}"
    );
    assert!(error.contains("at f (endless.wat[0]:0x"), "{error}");
}

#[test]
fn traces_show_the_source_where_there_is_debug_information() {
    let folder = tempfile::tempdir().unwrap();
    let guest = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../engine/tests/dwarf/guest.wat"
    );
    let error = error_of(&wasmill(folder.path(), &[guest, "-i", "share", "1", "0"]));
    let lines: Vec<_> = error.lines().map(str::trim).collect();
    assert_eq!(lines[1], "╰─> 1: RuntimeError: integer divide by zero");
    assert!(lines[2].starts_with("at share (guest.wat[0]:0x"), "{error}");
    assert_eq!(lines[3], "divide (/src/guest.c:4:16)");
}

/// A limit that the shell lifts: the guest's stack ends all the same.
#[test]
fn a_stack_without_limit_ends_too() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "(module (func $f (export \"_start\") (call $f) (call $f)))";
    fs::write(folder.path().join("endless.wat"), endless).unwrap();
    let script = "ulimit -S -s unlimited 2>/dev/null || ulimit -S -s $(ulimit -H -s); exec \"$0\" endless.wat";
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wasmill")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let error = error_of(&output);
    assert!(
        error.contains("RuntimeError: call stack exhausted"),
        "{error}"
    );
}

#[test]
fn several_memories_are_there_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let module =
        "(module (memory 1) (memory 2) (func (export \"f\") (result i32) (memory.size 1)))";
    fs::write(folder.path().join("two.wat"), module).unwrap();
    error_of(&wasmill(folder.path(), &["two.wat", "-i", "f"]));
    for flag in ["--enable-multi-memory", "--enable-all"] {
        let output = wasmill(folder.path(), &["two.wat", "-i", "f", flag]);
        assert_eq!(output_of(&output), b"2\n");
    }
}

#[test]
fn help_and_version() {
    let folder = tempfile::tempdir().unwrap();
    let version = wasmill(folder.path(), &["--version"]);
    let expected = concat!("wasmill ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(output_of(&version), expected.as_bytes());
    for words in [&["--help"][..], &["-h"], &["help"], &["run", "--help"]] {
        let help = wasmill(folder.path(), words);
        assert!(String::from_utf8_lossy(output_of(&help)).contains("Usage: wasmill"));
    }
    let nothing = wasmill::<&str>(folder.path(), &[]);
    assert!(error_of(&nothing).contains("Usage: wasmill"));
}

#[test]
fn profilers_learn_the_names_of_functions() {
    let folder = tempfile::tempdir().unwrap();
    let module = "(module $shop (func $serve (export \"_start\") (call 1)) (func (nop)))";
    fs::write(folder.path().join("shop.wat"), module).unwrap();
    for engine in ["--universal", "--native"] {
        let args = ["shop.wat", engine, "--profile=jitdump"];
        output_of(&wasmill(folder.path(), &args));
        let mut files = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let is_dump = |file: &fs::DirEntry| file.path().extension() == Some(OsStr::new("dump"));
        let dump = files.find(is_dump).expect("a dump").path();
        let bytes = fs::read(&dump).unwrap();
        let has = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
        assert!(has(b"\0serve\0") && has(b"\0shop.wat[1]\0"), "{engine}");
        fs::remove_file(dump).unwrap();

        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wasmill"));
        let command = command.current_dir(folder.path());
        let mut child = command
            .args(["shop.wat", engine, "--profile=perfmap"])
            .spawn()
            .unwrap();
        let map = format!("/tmp/perf-{}.map", child.id());
        assert!(child.wait().unwrap().success());
        let lines = fs::read_to_string(&map).unwrap();
        let names: Vec<_> = lines
            .lines()
            .filter_map(|line| line.splitn(3, ' ').nth(2))
            .collect();
        assert_eq!(names, ["serve", "shop.wat[1]"]);
        fs::remove_file(map).unwrap();
    }
}

/// What `gdb` says when it runs the command; nothing if there is no `gdb` here, or it may not look into processes.
fn gdb(folder: &Path, commands: &[&str], args: &[&str]) -> Option<String> {
    let start = [
        "set breakpoint pending on",
        "set disable-randomization off",
        "set debuginfod enabled off",
    ];
    let mut gdb = std::process::Command::new("gdb");
    gdb.args(["-nx", "-batch"]);
    for command in start.iter().chain(commands) {
        gdb.args(["-ex", command]);
    }
    gdb.arg("--args")
        .arg(env!("CARGO_BIN_EXE_wasmill"))
        .args(args);
    let output = gdb
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .output();
    let Ok(output) = output else {
        eprintln!("`gdb` is missing: nothing is tested here");
        return None;
    };
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    if text[1].contains("ptrace") || text[1].contains("Could not trace") {
        eprintln!("`gdb` may not look into processes: nothing is tested here");
        return None;
    }
    Some(text.concat())
}

#[test]
fn debuggers_stop_at_functions_and_find_their_callers() {
    let folder = tempfile::tempdir().unwrap();
    let module = r#"(module
        (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func $serve (param i32) (result i32) (call $divide (i32.const 6) (local.get 0)))
        (func (export "f") (result i32) (call $serve (i32.const 3))))"#;
    fs::write(folder.path().join("shop.wat"), module).unwrap();
    for engine in ["--debug-info", "--native"] {
        let args = ["run", "shop.wat", "-i", "f", "--singlepass", engine];
        let commands = ["break divide", "run", "backtrace 3", "continue"];
        let Some(text) = gdb(folder.path(), &commands, &args) else {
            return;
        };
        let frames = text.lines().filter(|line| line.starts_with('#'));
        let frames: Vec<_> = frames.map(|line| line.split_whitespace().nth(3)).collect();
        let unnamed = frames.get(2).copied().flatten().unwrap_or_default();
        assert_eq!(
            frames[..2],
            [Some("divide"), Some("serve")],
            "{engine}: {text}"
        );
        match engine {
            "--native" => assert!(unnamed.starts_with("wasmill_function_"), "{text}"),
            _ => assert_eq!(unnamed, "shop.wat[2]", "{text}"),
        }
        // It goes on to the end, and leaves nothing behind for the debugger.
        assert!(
            text.contains("\n2\n") && text.contains("exited normally"),
            "{text}"
        );
    }
    let args = ["run", "shop.wat", "-i", "f", "--singlepass"];
    let text = gdb(folder.path(), &["break divide", "run"], &args).unwrap();
    assert!(
        !text.contains("hit Breakpoint"),
        "only who asked is told: {text}"
    );
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = tempfile::tempdir().unwrap();
    let plain = error_of(&wasmill(folder.path(), &["missing.wasm"]));
    assert!(!plain.contains('\x1b'), "{plain}");
    let colored = std::process::Command::new(env!("CARGO_BIN_EXE_wasmill"))
        .arg("missing.wasm")
        .env("WASMILL_COLOR", "true")
        .output()
        .unwrap();
    let colored = error_of(&colored);
    assert!(colored.starts_with("\x1b[1;31merror"), "{colored}");
}
