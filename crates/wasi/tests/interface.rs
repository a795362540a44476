//! The whole interface through Wasm: a guest that imports every function under its published type and exports a wrapper of each,
//! so that the test drives WASI as a program would.

use wasmill::{Instance, Memory, Module, Store, Value};
use wasmill_wasi::{WasiEnv, WasiState};

/// Name and type of every function, as `wasi_snapshot_preview1` publishes them: `i` and `I` are 32 and 64 bits.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("args_get", "ii", "i"),
    ("args_sizes_get", "ii", "i"),
    ("clock_res_get", "ii", "i"),
    ("clock_time_get", "iIi", "i"),
    ("environ_get", "ii", "i"),
    ("environ_sizes_get", "ii", "i"),
    ("fd_advise", "iIIi", "i"),
    ("fd_allocate", "iII", "i"),
    ("fd_close", "i", "i"),
    ("fd_datasync", "i", "i"),
    ("fd_fdstat_get", "ii", "i"),
    ("fd_fdstat_set_flags", "ii", "i"),
    ("fd_fdstat_set_rights", "iII", "i"),
    ("fd_filestat_get", "ii", "i"),
    ("fd_filestat_set_size", "iI", "i"),
    ("fd_filestat_set_times", "iIIi", "i"),
    ("fd_pread", "iiiIi", "i"),
    ("fd_prestat_dir_name", "iii", "i"),
    ("fd_prestat_get", "ii", "i"),
    ("fd_pwrite", "iiiIi", "i"),
    ("fd_read", "iiii", "i"),
    ("fd_readdir", "iiiIi", "i"),
    ("fd_renumber", "ii", "i"),
    ("fd_seek", "iIii", "i"),
    ("fd_sync", "i", "i"),
    ("fd_tell", "ii", "i"),
    ("fd_write", "iiii", "i"),
    ("path_create_directory", "iii", "i"),
    ("path_filestat_get", "iiiii", "i"),
    ("path_filestat_set_times", "iiiiIIi", "i"),
    ("path_link", "iiiiiii", "i"),
    ("path_open", "iiiiiIIii", "i"),
    ("path_readlink", "iiiiii", "i"),
    ("path_remove_directory", "iii", "i"),
    ("path_rename", "iiiiii", "i"),
    ("path_symlink", "iiiii", "i"),
    ("path_unlink_file", "iii", "i"),
    ("poll_oneoff", "iiii", "i"),
    ("proc_exit", "i", ""),
    ("proc_raise", "i", "i"),
    ("random_get", "ii", "i"),
    ("sched_yield", "", "i"),
    ("sock_recv", "iiiiii", "i"),
    ("sock_send", "iiiii", "i"),
    ("sock_shutdown", "ii", "i"),
];

/// Only in the newer version.
const SOCK_ACCEPT: (&str, &str, &str) = ("sock_accept", "iii", "i");

fn types(word: &str, letters: &str) -> String {
    let types: Vec<_> = letters
        .chars()
        .map(|letter| if letter == 'i' { "i32" } else { "i64" })
        .collect();
    if types.is_empty() {
        String::new()
    } else {
        format!("({word} {})", types.join(" "))
    }
}

fn guest_module(namespace: &str, functions: &[(&str, &str, &str)]) -> String {
    let mut imports = String::new();
    let mut wrappers = String::new();
    for (name, parameters, results) in functions {
        let ty = format!(
            "{} {}",
            types("param", parameters),
            types("result", results)
        );
        imports += &format!("(import \"{namespace}\" \"{name}\" (func ${name} {ty}))\n");
        let arguments: String = (0..parameters.len())
            .map(|index| format!("(local.get {index}) "))
            .collect();
        wrappers += &format!("(func (export \"{name}\") {ty} (call ${name} {arguments}))\n");
    }
    format!("(module\n{imports}(memory (export \"memory\") 2)\n{wrappers})")
}

struct Guest {
    instance: Instance,
    dir: tempfile::TempDir,
}

const DIR: i64 = 4;

impl Guest {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut env = WasiState::new("guest")
            .arg("argument")
            .env("NAME", "value")
            .map_dir("/data", dir.path())
            .unwrap()
            .finalize()
            .unwrap();
        let functions: Vec<_> = FUNCTIONS.iter().copied().chain([SOCK_ACCEPT]).collect();
        let instance = instantiate(
            &guest_module("wasi_snapshot_preview1", &functions),
            &mut env,
        );
        Self { instance, dir }
    }

    /// Calls a function with numbers of whatever width it takes; gives back its error number.
    fn call(&self, name: &str, args: &[i64]) -> i32 {
        let function = self.instance.exports.get_function(name).unwrap();
        let parameters = function.ty().params().to_vec();
        assert_eq!(parameters.len(), args.len(), "{name}");
        let args: Vec<_> = parameters
            .iter()
            .zip(args)
            .map(|(ty, value)| match ty {
                wasmill::Type::I32 => Value::I32(*value as i32),
                _ => Value::I64(*value),
            })
            .collect();
        match function.call(&args).unwrap()[..] {
            [Value::I32(errno)] => errno,
            ref other => panic!("{name}: {other:?}"),
        }
    }

    fn ok(&self, name: &str, args: &[i64]) {
        assert_eq!(self.call(name, args), 0, "{name} {args:?}");
    }

    fn memory(&self) -> &Memory {
        self.instance.exports.get_memory("memory").unwrap()
    }

    fn put(&self, at: usize, bytes: &[u8]) -> (i64, i64) {
        let view = self.memory().view::<u8>();
        for (cell, byte) in view[at..].iter().zip(bytes) {
            cell.set(*byte);
        }
        (at as i64, bytes.len() as i64)
    }

    fn get(&self, at: usize, len: usize) -> Vec<u8> {
        self.memory().view::<u8>()[at..at + len]
            .iter()
            .map(std::cell::Cell::get)
            .collect()
    }

    fn number(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    fn open(&self, path: &str, oflags: i64) -> i64 {
        let (path, len) = self.put(1000, path.as_bytes());
        self.ok("path_open", &[DIR, 1, path, len, oflags, -1, -1, 0, 900]);
        self.number(900) & 0xffff_ffff
    }

    /// Puts a list of one buffer at 0 that covers `at .. at + len`.
    fn buffer(&self, at: u32, len: u32) {
        self.put(0, &at.to_le_bytes());
        self.put(4, &len.to_le_bytes());
    }
}

fn instantiate(wat: &str, env: &mut WasiEnv) -> Instance {
    let store = Store::default();
    let module = Module::new(&store, wat).unwrap();
    let imports = env.import_object(&module).unwrap();
    Instance::new(&module, &imports).unwrap()
}

#[test]
fn every_function_is_there_with_its_type_in_both_versions() {
    Guest::new();
    let mut env = WasiState::new("guest").finalize().unwrap();
    instantiate(&guest_module("wasi_unstable", FUNCTIONS), &mut env);
    let store = Store::default();
    let module = Module::new(&store, guest_module("wasi_unstable", &[SOCK_ACCEPT])).unwrap();
    let imports = env.import_object(&module).unwrap();
    assert!(Instance::new(&module, &imports).is_err());
}

#[test]
fn a_file_lives_its_life() {
    let guest = Guest::new();
    let fd = guest.open("file", 1);
    guest.put(2000, b"some text");
    guest.buffer(2000, 9);
    guest.ok("fd_write", &[fd, 0, 1, 100]);
    assert_eq!(guest.number(100) & 0xffff_ffff, 9);
    assert_eq!(
        std::fs::read(guest.dir.path().join("file")).unwrap(),
        b"some text"
    );
    guest.ok("fd_tell", &[fd, 100]);
    assert_eq!(guest.number(100), 9);
    guest.ok("fd_seek", &[fd, -4, 2, 100]);
    assert_eq!(guest.number(100), 5);
    guest.buffer(3000, 100);
    guest.ok("fd_read", &[fd, 0, 1, 100]);
    assert_eq!(guest.get(3000, 4), b"text");
    guest.buffer(3000, 4);
    guest.ok("fd_pread", &[fd, 0, 1, 0, 100]);
    assert_eq!(guest.get(3000, 4), b"some");
    guest.ok("fd_pwrite", &[fd, 0, 1, 9, 100]);
    guest.ok("fd_filestat_set_times", &[fd, 5, 7, 1 | 4]);
    guest.ok("fd_filestat_get", &[fd, 200]);
    assert_eq!(
        (guest.number(232), guest.number(240), guest.number(248)),
        (13, 5, 7)
    );
    guest.ok("fd_filestat_set_size", &[fd, 4]);
    guest.ok("fd_advise", &[fd, 0, 0, 1]);
    guest.ok("fd_allocate", &[fd, 0, 8]);
    guest.ok("fd_fdstat_set_flags", &[fd, 1]);
    guest.ok("fd_fdstat_get", &[fd, 200]);
    assert_eq!(guest.get(200, 4), [4, 0, 1, 0]);
    guest.ok("fd_datasync", &[fd]);
    guest.ok("fd_sync", &[fd]);
    guest.ok("fd_fdstat_set_rights", &[fd, 0, 0]);
    assert_eq!(guest.call("fd_write", &[fd, 0, 1, 100]), 8);
    guest.ok("fd_close", &[fd]);
    assert_eq!(guest.call("fd_close", &[fd]), 8);
    assert_eq!(
        std::fs::read(guest.dir.path().join("file")).unwrap(),
        b"some\0\0\0\0"
    );
}

#[test]
fn names_come_and_go() {
    let guest = Guest::new();
    guest.open("file", 1);
    let (file, file_len) = guest.put(2000, b"file");
    let (other, other_len) = guest.put(2100, b"other");
    let (escape, escape_len) = guest.put(2200, b"../escape");
    guest.ok(
        "path_link",
        &[DIR, 0, file, file_len, DIR, other, other_len],
    );
    guest.ok("path_unlink_file", &[DIR, file, file_len]);
    guest.ok("path_rename", &[DIR, other, other_len, DIR, file, file_len]);
    guest.ok("path_symlink", &[file, file_len, DIR, other, other_len]);
    guest.ok("path_readlink", &[DIR, other, other_len, 3000, 100, 100]);
    assert_eq!(guest.get(3000, 4), b"file");
    guest.ok(
        "path_filestat_set_times",
        &[DIR, 1, other, other_len, 0, 11, 4],
    );
    guest.ok("path_filestat_get", &[DIR, 1, other, other_len, 200]);
    assert_eq!((guest.get(216, 1)[0], guest.number(248)), (4, 11));
    guest.ok("path_filestat_get", &[DIR, 0, other, other_len, 200]);
    assert_eq!(guest.get(216, 1)[0], 7);
    guest.ok("path_unlink_file", &[DIR, other, other_len]);
    guest.ok("path_create_directory", &[DIR, other, other_len]);
    guest.ok("fd_readdir", &[DIR, 3000, 1000, 0, 100]);
    assert_eq!(guest.number(100) & 0xffff_ffff, 4 * 24 + 1 + 2 + 4 + 5);
    guest.ok("path_remove_directory", &[DIR, other, other_len]);
    for name in [
        "path_create_directory",
        "path_unlink_file",
        "path_remove_directory",
    ] {
        assert_eq!(guest.call(name, &[DIR, escape, escape_len]), 63, "{name}");
    }
    assert_eq!(
        guest.call(
            "path_open",
            &[DIR, 1, escape, escape_len, 1, -1, -1, 0, 900]
        ),
        63
    );
    guest.ok("fd_prestat_get", &[DIR, 200]);
    assert_eq!(guest.number(200) >> 32, 4);
    guest.ok("fd_prestat_dir_name", &[DIR, 200, 4]);
    assert_eq!(guest.get(200, 4), b"data");
}

#[test]
fn the_rest_answers() {
    let guest = Guest::new();
    guest.ok("args_sizes_get", &[100, 104]);
    assert_eq!(guest.number(100), 2 | (6 + 9) << 32);
    guest.ok("args_get", &[200, 300]);
    assert_eq!(guest.get(300, 15), b"guest\0argument\0");
    guest.ok("environ_sizes_get", &[100, 104]);
    assert_eq!(guest.number(100), 1 | 11 << 32);
    guest.ok("environ_get", &[200, 300]);
    assert_eq!(guest.get(300, 11), b"NAME=value\0");
    for clock in 0..4 {
        guest.ok("clock_time_get", &[clock, 1, 100]);
        let first = guest.number(100);
        guest.ok("clock_time_get", &[clock, 1, 100]);
        assert!(guest.number(100) >= first && first > 0);
        guest.ok("clock_res_get", &[clock, 100]);
        assert!(guest.number(100) > 0);
    }
    guest.ok("random_get", &[0, 131_072]);
    guest.ok("sched_yield", &[]);
    // A clock that is due in a millisecond.
    guest.put(0, &[0; 48]);
    guest.put(16, &[1]);
    guest.put(24, &1_000_000_u64.to_le_bytes());
    guest.ok("poll_oneoff", &[0, 1000, 1, 100]);
    assert_eq!(guest.number(100) & 0xffff_ffff, 1);
    assert_eq!(guest.call("proc_raise", &[6]), 52);
    assert_eq!(guest.call("sock_accept", &[1, 0, 0]), 57);
    assert_eq!(guest.call("sock_recv", &[1, 0, 0, 0, 0, 0]), 57);
    assert_eq!(guest.call("sock_send", &[1, 0, 0, 0, 0]), 57);
    assert_eq!(guest.call("sock_shutdown", &[99, 0]), 8);
    let fd = guest.open("file", 1);
    guest.ok("fd_renumber", &[fd, 0]);
    guest.ok("fd_close", &[0]);
    let exit = guest.instance.exports.get_function("proc_exit").unwrap();
    let error = exit.call(&[Value::I32(42)]).unwrap_err();
    assert_eq!(error.message(), "WASI exited with code: 42");
}

#[test]
fn no_number_makes_the_host_panic() {
    let guest = Guest::new();
    let wild = [
        0,
        1,
        2,
        3,
        4,
        5,
        65_535,
        131_071,
        131_072,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        -1,
        i64::MIN,
    ];
    // A fixed pseudo-random walk through the wild numbers, for each function; what would wait or leave is left out.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let functions = FUNCTIONS
        .iter()
        .filter(|(name, ..)| !["poll_oneoff", "proc_exit", "fd_read"].contains(name));
    for (name, parameters, _) in functions {
        for _ in 0..300 {
            let args: Vec<i64> = parameters
                .chars()
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    wild[(state % wild.len() as u64) as usize]
                })
                .collect();
            // Never the streams of the test process itself.
            if name.starts_with("fd_") && (0..3).contains(&args[0]) {
                continue;
            }
            let errno = guest.call(name, &args);
            assert!((0..=76).contains(&errno), "{name} {args:?}: {errno}");
        }
    }
}

/// A guest whose descriptors 5, 6 and 7 are one end of a connection, a listener, and a socket for datagrams, of which none waits.
fn with_sockets() -> (Guest, std::os::unix::net::UnixStream) {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    datagrams.connect(datagrams.local_addr().unwrap()).unwrap();
    datagrams.set_nonblocking(true).unwrap();
    let mut builder = WasiState::new("guest");
    builder
        .map_dir("/data", dir.path())
        .unwrap()
        .preopen_socket(ours)
        .unwrap()
        .preopen_socket(listener)
        .unwrap()
        .preopen_socket(datagrams)
        .unwrap();
    let mut env = builder.finalize().unwrap();
    let functions: Vec<_> = FUNCTIONS.iter().copied().chain([SOCK_ACCEPT]).collect();
    let module = guest_module("wasi_snapshot_preview1", &functions);
    let instance = instantiate(&module, &mut env);
    (Guest { instance, dir }, theirs)
}

#[test]
fn sockets_take_what_the_interface_says_and_nothing_else() {
    use std::io::{Read, Write};
    const OUTSIDE: i64 = 200_000;
    let (guest, mut other) = with_sockets();
    other.write_all(b"question").unwrap();
    guest.buffer(2000, 100);
    // Looked at, then taken: the number of bytes, and no flag.
    for flags in [1, 0] {
        guest.put(100, &[0xff; 8]);
        guest.ok("sock_recv", &[5, 0, 1, flags, 100, 104]);
        assert_eq!(guest.get(100, 8), [8, 0, 0, 0, 0, 0, 0xff, 0xff]);
        assert_eq!(guest.get(2000, 8), b"question");
    }
    guest.buffer(2000, 6);
    guest.put(2000, b"answer");
    guest.ok("sock_send", &[5, 0, 1, 0, 100]);
    assert_eq!(guest.get(100, 4), [6, 0, 0, 0]);
    let mut answer = [0; 6];
    other.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"answer");
    // A datagram that is longer than the buffer is cut, and that is told.
    guest.ok("sock_send", &[7, 0, 1, 0, 100]);
    guest.buffer(2000, 4);
    guest.ok("sock_recv", &[7, 0, 1, 0, 100, 104]);
    assert_eq!(guest.get(100, 6), [4, 0, 0, 0, 1, 0]);
    for (name, args, errno) in [
        ("sock_recv", &[5, 0, 1, 0, 100, 104][..], 6),
        ("sock_recv", &[5, 0, 1, 4, 100, 104], 28),
        ("sock_recv", &[5, 0, 1, 0x1_0000, 100, 104], 28),
        ("sock_recv", &[5, OUTSIDE, 1, 0, 100, 104], 21),
        ("sock_recv", &[5, 0, 1, 0, OUTSIDE, 104], 21),
        ("sock_recv", &[5, 0, 1, 0, 100, OUTSIDE], 21),
        ("sock_recv", &[4, 0, 1, 0, 100, 104], 57),
        ("sock_recv", &[99, 0, 1, 0, 100, 104], 8),
        ("sock_send", &[5, 0, 1, 1, 100], 28),
        // A message is sent as it is, or not at all.
        ("sock_send", &[7, 120_000, 1025, 0, 100], 35),
        ("fd_write", &[7, 120_000, 1025, 100], 35),
        ("sock_send", &[5, OUTSIDE, 1, 0, 100], 21),
        ("sock_send", &[5, 0, 1, 0, OUTSIDE], 21),
        ("sock_send", &[4, 0, 1, 0, 100], 57),
        ("sock_accept", &[6, 0, 100], 6),
        ("sock_accept", &[6, 4, OUTSIDE], 21),
        ("sock_accept", &[6, 1, 100], 28),
        ("sock_accept", &[5, 0, 100], 28),
        ("sock_shutdown", &[5, 0], 28),
        ("sock_shutdown", &[5, 4], 28),
        ("sock_shutdown", &[5, 0x101], 28),
        ("sock_shutdown", &[5, 3], 0),
        ("sock_shutdown", &[4, 3], 57),
        ("sock_shutdown", &[99, 3], 8),
    ] {
        assert_eq!(guest.call(name, args), errno, "{name} {args:?}");
    }
}

#[test]
fn no_number_makes_sockets_panic() {
    let wild = [
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        100,
        131_071,
        131_072,
        0x7fff_ffff,
        0xffff_ffff,
    ];
    let (guest, _other) = with_sockets();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for name in ["sock_recv", "sock_send", "sock_accept", "sock_shutdown"] {
        let count = guest.instance.exports.get_function(name).unwrap();
        let count = count.ty().params().len();
        for fd in [5, 6, 7] {
            for _ in 0..200 {
                let mut args = vec![fd];
                args.resize_with(count, || {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    wild[(state % wild.len() as u64) as usize]
                });
                let errno = guest.call(name, &args);
                assert!((0..=76).contains(&errno), "{name} {args:?}: {errno}");
            }
        }
    }
}
