//! Guests in the text format, run from end to end: imports, calls, memory, exit codes, captured streams, both versions.

use std::io::{Read, Write};

use wasmill::{Instance, InstantiationError, Module, RuntimeError, Store, TrapCode, Value};
use wasmill_wasi::{
    Pipe, WasiEnv, WasiError, WasiFile, WasiFsError, WasiState, WasiVersion,
    generate_import_object_from_env, get_wasi_version, get_wasi_versions, is_wasi_module,
};

const HELLO: &str = r#"
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\10\00\00\00\07\00\00\00\17\00\00\00\06\00\00\00hello, world\n")
      (func (export "_start")
        (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 64))
          (then unreachable))
        (if (i32.ne (i32.load (i32.const 64)) (i32.const 13))
          (then unreachable))))
"#;

fn instantiate(wat: &str, env: &mut WasiEnv) -> Instance {
    let store = Store::default();
    let module = Module::new(&store, wat).unwrap();
    let imports = env.import_object(&module).unwrap();
    Instance::new(&module, &imports).unwrap()
}

fn start(instance: &Instance) -> Result<(), RuntimeError> {
    instance
        .exports
        .get_function("_start")
        .unwrap()
        .call(&[])
        .map(drop)
}

fn captured() -> WasiEnv {
    WasiState::new("guest")
        .stdout(Box::new(Pipe::new()))
        .finalize()
        .unwrap()
}

fn output(env: &WasiEnv) -> String {
    let mut text = String::new();
    let mut state = env.state();
    state
        .fs
        .stdout_mut()
        .unwrap()
        .as_mut()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn exit_code(error: RuntimeError) -> u32 {
    match error.downcast::<WasiError>() {
        Ok(WasiError::Exit(code)) => code,
        Ok(other) => panic!("{other}"),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_guest_says_hello() {
    let mut env = captured();
    let instance = instantiate(HELLO, &mut env);
    start(&instance).unwrap();
    assert_eq!(output(&env), "hello, world\n");
    // Taken away, and there again for the next time.
    start(&instance).unwrap();
    assert_eq!(output(&env), "hello, world\n");
}

#[test]
fn a_guest_of_the_older_version_says_hello() {
    let mut env = captured();
    let instance = instantiate(
        &HELLO.replace("wasi_snapshot_preview1", "wasi_unstable"),
        &mut env,
    );
    start(&instance).unwrap();
    assert_eq!(output(&env), "hello, world\n");
}

#[test]
fn exit_codes_come_out_of_nested_calls() {
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func $deeper (param $code i32)
            (if (i32.eqz (i32.const 0)) (then (call $exit (local.get $code))))
            unreachable)
          (func (export "leave") (param $code i32) (call $deeper (local.get $code)))
          (func (export "_start") (call $deeper (i32.const 0))))
    "#;
    let instance = instantiate(wat, &mut WasiState::new("guest").finalize().unwrap());
    let leave = instance.exports.get_function("leave").unwrap();
    for code in [0, 1, 3, 255, -1] {
        let error = leave.call(&[Value::I32(code)]).unwrap_err();
        assert_eq!(exit_code(error), code as u32);
    }
    let error = start(&instance).unwrap_err();
    assert_eq!(error.message(), "WASI exited with code: 0");
    assert_eq!(exit_code(error), 0);
}

#[test]
fn input_comes_from_a_pipe() {
    // Copies its input to its output, four bytes at a time.
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (loop $again
              (i32.store (i32.const 0) (i32.const 100))
              (i32.store (i32.const 4) (i32.const 4))
              (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)) (then unreachable))
              (if (i32.load (i32.const 4))
                (then
                  (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
                  (br $again))))))
    "#;
    let mut input = Pipe::new();
    input.write_all(b"through the guest and back").unwrap();
    let mut env = WasiState::new("guest")
        .stdin(Box::new(input))
        .stdout(Box::new(Pipe::new()))
        .finalize()
        .unwrap();
    start(&instantiate(wat, &mut env)).unwrap();
    assert_eq!(output(&env), "through the guest and back");
}

#[test]
fn a_start_function_can_use_the_memory() {
    let wat = HELLO.replace(
        r#"(func (export "_start")"#,
        r#"(start $begin) (func $begin"#,
    );
    let mut env = captured();
    instantiate(&wat, &mut env);
    assert_eq!(output(&env), "hello, world\n");
}

#[test]
fn a_start_function_that_exits_is_an_error_of_instantiation() {
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (start $begin)
          (func $begin (call $exit (i32.const 9))))
    "#;
    let store = Store::default();
    let module = Module::new(&store, wat).unwrap();
    let imports = WasiState::new("guest")
        .finalize()
        .unwrap()
        .import_object(&module)
        .unwrap();
    match Instance::new(&module, &imports) {
        Err(InstantiationError::Start(error)) => assert_eq!(exit_code(error), 9),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_guest_without_a_memory_traps_where_one_is_needed() {
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (func (export "yield") (result i32) (call $yield))
          (func (export "exit") (call $exit (i32.const 4)))
          (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
    "#;
    let mut env = captured();
    let instance = instantiate(wat, &mut env);
    let message = start(&instance).unwrap_err().message();
    assert_eq!(
        message,
        "the guest called the WASI function `fd_write` but exports no memory named `memory`"
    );
    let call = |name: &str| instance.exports.get_function(name).unwrap().call(&[]);
    assert_eq!(*call("yield").unwrap(), [Value::I32(0)]);
    assert_eq!(exit_code(call("exit").unwrap_err()), 4);
    assert!(env.memory_ref().is_none());
}

#[test]
fn an_export_named_memory_must_be_one() {
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
          (func (export "memory")))
    "#;
    let store = Store::default();
    let module = Module::new(&store, wat).unwrap();
    let imports = WasiState::new("guest")
        .finalize()
        .unwrap()
        .import_object(&module)
        .unwrap();
    let error = Instance::new(&module, &imports).unwrap_err();
    assert!(
        matches!(error, InstantiationError::HostEnvInitialization(_)),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        "Host env initialization error: Incompatible Export Type"
    );
}

#[test]
fn pointers_are_checked_against_the_memory_as_it_is_now() {
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (memory (export "memory") 1 4)
          (func (export "random") (param i32 i32) (result i32) (call $random (local.get 0) (local.get 1)))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
    "#;
    let instance = instantiate(wat, &mut captured());
    let call = |name: &str, args: &[i32]| {
        let args: Vec<_> = args.iter().map(|value| Value::I32(*value)).collect();
        let results = instance
            .exports
            .get_function(name)
            .unwrap()
            .call(&args)
            .unwrap();
        results[0].clone()
    };
    assert_eq!(call("random", &[0, 65536]), Value::I32(0));
    assert_eq!(call("random", &[1, 65536]), Value::I32(21));
    assert_eq!(call("random", &[-1, 1]), Value::I32(21));
    assert_eq!(call("random", &[-65536, 65536 * 2]), Value::I32(21));
    assert_eq!(call("grow", &[1]), Value::I32(1));
    assert_eq!(call("random", &[1, 65536]), Value::I32(0));
    assert_eq!(call("random", &[65536, 65536]), Value::I32(0));
    let memory = instance.exports.get_memory("memory").unwrap();
    let view = memory.view::<u8>();
    assert!(view[65536..].iter().filter(|byte| byte.get() != 0).count() > 60_000);
}

#[test]
fn versions_are_seen_by_the_imports() {
    let store = Store::default();
    let version = |imports: &str, strict| {
        let module = Module::new(
            &store,
            format!("(module {imports} (memory (export \"memory\") 1))"),
        )
        .unwrap();
        assert_eq!(
            is_wasi_module(&module),
            get_wasi_version(&module, true).is_some()
        );
        get_wasi_version(&module, strict)
    };
    let newer = r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#;
    let older = r#"(import "wasi_unstable" "sched_yield" (func (result i32)))"#;
    let foreign = r#"(import "env" "f" (func))"#;
    let memory = r#"(import "env" "m" (memory 1))"#;
    assert_eq!(version(newer, true), Some(WasiVersion::Snapshot1));
    assert_eq!(version(older, true), Some(WasiVersion::Snapshot0));
    assert_eq!(version("", false), None);
    assert_eq!(version(foreign, false), None);
    assert_eq!(
        version(&format!("{foreign} {older}"), false),
        Some(WasiVersion::Snapshot0)
    );
    assert_eq!(version(&format!("{foreign} {older}"), true), None);
    assert_eq!(version(&format!("{older} {newer}"), true), None);
    // Only functions count.
    let table = r#"(import "env" "t" (table 1 funcref))"#;
    assert_eq!(
        version(&format!("{table} {newer}"), true),
        Some(WasiVersion::Snapshot1)
    );
    let _ = memory;
}

#[test]
fn a_module_of_both_versions_gets_both() {
    let wat = r#"
        (module
          (import "wasi_snapshot_preview1" "fd_seek" (func $new (param i32 i64 i32 i32) (result i32)))
          (import "wasi_unstable" "fd_seek" (func $old (param i32 i64 i32 i32) (result i32)))
          (import "wasi_unstable" "fd_tell" (func $tell (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "new") (result i32) (call $new (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0)))
          (func (export "old") (result i32) (call $old (i32.const 1) (i64.const 0) (i32.const 3) (i32.const 0))))
    "#;
    let store = Store::default();
    let module = Module::new(&store, wat).unwrap();
    assert_eq!(
        get_wasi_versions(&module, true).map(|set| set.len()),
        Some(2)
    );
    let mut env = captured();
    let imports = env.import_object_for_all_wasi_versions(&module).unwrap();
    let instance = Instance::new(&module, &imports).unwrap();
    let call = |name: &str| {
        instance
            .exports
            .get_function(name)
            .unwrap()
            .call(&[])
            .unwrap()[0]
            .clone()
    };
    assert_eq!((call("new"), call("old")), (Value::I32(70), Value::I32(28)));
    // The first version alone is not enough for it.
    let imports = env.import_object(&module).unwrap();
    assert!(matches!(
        Instance::new(&module, &imports),
        Err(InstantiationError::Link(_))
    ));
}

#[test]
fn a_module_without_wasi_has_no_import_object() {
    let store = Store::default();
    let module = Module::new(&store, "(module)").unwrap();
    let mut env = captured();
    assert!(matches!(
        env.import_object(&module),
        Err(WasiError::UnknownWasiVersion)
    ));
    assert!(env.import_object_for_all_wasi_versions(&module).is_err());
    assert_eq!(
        WasiError::UnknownWasiVersion.to_string(),
        "The WASI version could not be determined"
    );
    let imports = generate_import_object_from_env(&store, env, WasiVersion::Latest);
    assert!(imports.contains_namespace("wasi_snapshot_preview1"));
}

#[test]
fn instances_share_the_state_and_keep_their_memories() {
    let mut env = captured();
    let first = instantiate(HELLO, &mut env);
    let second = instantiate(&HELLO.replace("hello, world", "HELLO, WORLD"), &mut env);
    start(&first).unwrap();
    start(&second).unwrap();
    start(&first).unwrap();
    assert_eq!(output(&env), "hello, world\nHELLO, WORLD\nhello, world\n");
    // The state goes when its users go: an instance and its environment do not keep each other alive.
    let state = std::sync::Arc::downgrade(&env.state);
    drop((first, second, env));
    assert!(state.upgrade().is_none());
}

#[test]
fn guests_run_on_many_threads_at_once() {
    let store = Store::default();
    let module = Module::new(&store, HELLO).unwrap();
    let shared = captured();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let mut env = shared.clone();
                    let imports = env.import_object(&module).unwrap();
                    start(&Instance::new(&module, &imports).unwrap()).unwrap();
                }
            });
        }
    });
    assert_eq!(output(&shared), "hello, world\n".repeat(160));
}

/// A guest that makes this call again and again.
fn waiting_guest(waits: &str) -> String {
    let mut lines = String::new();
    for (name, params) in [
        ("fd_read", "i32 i32 i32 i32"),
        ("fd_write", "i32 i32 i32 i32"),
        ("sock_recv", "i32 i32 i32 i32 i32 i32"),
        ("sock_accept", "i32 i32 i32"),
        ("poll_oneoff", "i32 i32 i32 i32"),
        ("random_get", "i32 i32"),
    ] {
        lines += &format!(
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {params}) (result i32)))\n"
        );
    }
    // At 0 the list of one buffer of 60,000 bytes; at 104 subscriptions: a clock at a time that does not come, reading of
    // descriptor 4, and of the standard input.
    format!(
        r#"(module {lines}
          (memory (export "memory") 2)
          (data (i32.const 0) "\00\10\00\00\60\ea\00\00")
          (data (i32.const 120) "\01") ;; the monotonic clock
          (data (i32.const 128) "\ff\ff\ff\ff\ff\ff\ff\ff")
          (data (i32.const 160) "\01\00\00\00\00\00\00\00\04")
          (data (i32.const 208) "\01")
          (func (export "_start") (loop $again (drop {waits}) (br $again))))"#
    )
}

#[test]
fn a_guest_that_waits_is_interrupted() {
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;
    for waits in [
        "(call $fd_read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 16))",
        "(call $fd_write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 16))",
        "(call $sock_recv (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16) (i32.const 20))",
        "(call $sock_accept (i32.const 5) (i32.const 0) (i32.const 16))",
        "(call $poll_oneoff (i32.const 104) (i32.const 1024) (i32.const 2) (i32.const 16))",
        "(call $poll_oneoff (i32.const 104) (i32.const 1024) (i32.const 1) (i32.const 16))",
        "(call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))",
        "(call $poll_oneoff (i32.const 200) (i32.const 1024) (i32.const 1) (i32.const 16))",
        // Not waiting, but much.
        "(call $random_get (i32.const 4096) (i32.const 100000))",
    ] {
        let (socket, _other_end) = UnixStream::pair().unwrap();
        let mut env = WasiState::new("guest")
            .stdin(Box::new(NothingYet))
            .preopen_socket(socket)
            .unwrap()
            .preopen_socket(TcpListener::bind("127.0.0.1:0").unwrap())
            .unwrap()
            .finalize()
            .unwrap();
        let instance = instantiate(&waiting_guest(waits), &mut env);
        let handle = instance.interrupt_handle();
        let watchdog = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            while !handle.interrupt() {}
        });
        let error = start(&instance).unwrap_err();
        assert_eq!(error.to_trap(), Some(TrapCode::Interrupted), "{waits}");
        watchdog.join().unwrap();
        // The state is free, and the guest can be called again.
        assert_eq!(env.state().args.len(), 1);
    }
}

/// A stream of the host program that never has anything.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct NothingYet;

impl Read for NothingYet {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::WouldBlock.into())
    }
}

impl Write for NothingYet {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::WouldBlock.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Seek for NothingYet {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[typetag::serde]
impl WasiFile for NothingYet {
    fn last_accessed(&self) -> u64 {
        0
    }
    fn last_modified(&self) -> u64 {
        0
    }
    fn created_time(&self) -> u64 {
        0
    }
    fn size(&self) -> u64 {
        0
    }
    fn set_len(&mut self, _: u64) -> Result<(), WasiFsError> {
        Err(WasiFsError::InvalidInput)
    }
    fn unlink(&mut self) -> Result<(), WasiFsError> {
        Ok(())
    }
    fn bytes_available(&self) -> Result<usize, WasiFsError> {
        Err(WasiFsError::WouldBlock)
    }
}
