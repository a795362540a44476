//! Tests of the ABI layer on a memory that is a plain vector: what the guest's numbers become, and what is written back where.

use std::cell::Cell;
use std::io::{Read, Write};
use std::sync::Mutex;

use super::*;
use crate::files::Pipe;
use crate::state::WasiState;

const PAGE: usize = 65536;

/// A guest with a memory; `dir` (descriptor 4) is a temporary directory.
struct Guest {
    state: Mutex<WasiState>,
    memory: Vec<u8>,
    dir: tempfile::TempDir,
}

impl Guest {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut input = Pipe::new();
        input.write_all(b"from the host").unwrap();
        let state = WasiState::new("prog")
            .args(["one", "two words"])
            .env("KEY", "value")
            .stdin(Box::new(input))
            .stdout(Box::new(Pipe::new()))
            .map_dir("dir", dir.path())
            .unwrap()
            .build()
            .unwrap();
        Self {
            state: Mutex::new(state),
            memory: vec![0; PAGE],
            dir,
        }
    }

    fn call<R>(&mut self, run: impl FnOnce(&Call<'_>) -> R) -> R {
        let memory = GuestMemory::new(Cell::from_mut(&mut self.memory[..]).as_slice_of_cells());
        run(&Call::new(&self.state, Some(memory)))
    }

    fn put(&mut self, at: usize, bytes: &[u8]) -> (u32, u32) {
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
        (at as u32, bytes.len() as u32)
    }

    fn put_u32s(&mut self, at: usize, values: &[u32]) {
        for (index, value) in values.iter().enumerate() {
            self.put(at + 4 * index, &value.to_le_bytes());
        }
    }

    fn u32_at(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.memory[at..at + 4].try_into().unwrap())
    }

    fn u64_at(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory[at..at + 8].try_into().unwrap())
    }

    fn string_at(&self, at: usize) -> &[u8] {
        self.memory[at..].split(|byte| *byte == 0).next().unwrap()
    }

    /// Opens a file of `dir` with all rights and gives its descriptor.
    fn open(&mut self, path: &str, oflags: u16) -> Result<u32, Stop> {
        let (path, len) = self.put(60_000, path.as_bytes());
        let rights = crate::ALL_RIGHTS;
        self.call(|call| {
            path::path_open(
                call,
                4,
                1,
                path,
                len,
                oflags.into(),
                rights,
                rights,
                0,
                59_000,
            )
        })?;
        Ok(self.u32_at(59_000))
    }
}

const FAULT: Outcome = Err(Stop::Errno(Errno::FAULT));
const INVAL: Outcome = Err(Stop::Errno(Errno::INVAL));

#[test]
fn arguments_and_environment_are_strings_with_nul() {
    let mut guest = Guest::new();
    guest.call(|call| misc::args_sizes_get(call, 0, 4)).unwrap();
    assert_eq!((guest.u32_at(0), guest.u32_at(4)), (3, 5 + 4 + 10));
    guest.call(|call| misc::args_get(call, 100, 200)).unwrap();
    let strings: Vec<_> = (0..3)
        .map(|index| {
            guest
                .string_at(guest.u32_at(100 + 4 * index) as usize)
                .to_vec()
        })
        .collect();
    assert_eq!(
        strings,
        [b"prog".to_vec(), b"one".to_vec(), b"two words".to_vec()]
    );
    guest
        .call(|call| misc::environ_sizes_get(call, 0, 4))
        .unwrap();
    assert_eq!((guest.u32_at(0), guest.u32_at(4)), (1, 10));
    guest
        .call(|call| misc::environ_get(call, 100, 200))
        .unwrap();
    assert_eq!(guest.string_at(200), b"KEY=value");
    for (list, buffer) in [(u32::MAX, 0), (0, u32::MAX), (65_533, 0), (0, 65_533)] {
        assert_eq!(guest.call(|call| misc::args_get(call, list, buffer)), FAULT);
    }
    assert_eq!(
        guest.call(|call| misc::args_sizes_get(call, 65_533, 0)),
        FAULT
    );
}

#[test]
fn standard_streams_are_read_and_written() {
    let mut guest = Guest::new();
    guest.put_u32s(0, &[1000, 5, 2000, 100]);
    guest.call(|call| fd::fd_read(call, 0, 0, 2, 16)).unwrap();
    assert_eq!(guest.u32_at(16), 13);
    assert_eq!(
        (guest.string_at(1000), guest.string_at(2000)),
        (&b"from "[..], &b"the host"[..])
    );
    guest.put_u32s(0, &[1000, 5, 2000, 3]);
    guest.call(|call| fd::fd_write(call, 1, 0, 2, 16)).unwrap();
    assert_eq!(guest.u32_at(16), 8);
    let mut text = String::new();
    let mut state = guest.state.lock().unwrap();
    state
        .fs
        .stdout_mut()
        .unwrap()
        .as_mut()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "from the");
}

#[test]
fn bad_pointers_are_faults_and_change_nothing() {
    let mut guest = Guest::new();
    let fd = guest.open("file", __WASI_O_CREAT).unwrap();
    guest.put_u32s(0, &[1000, 5]);
    let end = PAGE as u32;
    for (list, count, result) in [
        (end, 1, 16),
        (0, 1, end),
        (0, 1, end - 3),
        (u32::MAX, 1, 16),
        (end - 7, 1, 16),
    ] {
        assert_eq!(
            guest.call(|call| fd::fd_write(call, fd, list, count, result)),
            FAULT
        );
        assert_eq!(
            guest.call(|call| fd::fd_pwrite(call, fd, list, count, 0, result)),
            FAULT
        );
        assert_eq!(
            guest.call(|call| fd::fd_read(call, 0, list, count, result)),
            FAULT
        );
        assert_eq!(
            guest.call(|call| fd::fd_pread(call, fd, list, count, 0, result)),
            FAULT
        );
    }
    assert_eq!(std::fs::read(guest.dir.path().join("file")).unwrap(), b"");
    let rights = crate::ALL_RIGHTS;
    let (path, len) = guest.put(0, b"new");
    assert_eq!(
        guest.call(|call| path::path_open(call, 4, 0, path, len, 1, rights, rights, 0, end - 2)),
        FAULT
    );
    assert!(!guest.dir.path().join("new").exists());
    assert_eq!(
        guest.call(|call| path::path_create_directory(call, 4, end, 3)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| path::path_unlink_file(call, 4, 0, u32::MAX)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| fd::fd_readdir(call, 4, 0, u32::MAX, 0, 0)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| fd::fd_fdstat_get(call, 4, end - 23)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| fd::fd_filestat_get(call, 4, end - 63)),
        FAULT
    );
    assert_eq!(guest.call(|call| misc::random_get(call, 1, end)), FAULT);
    assert_eq!(
        guest.call(|call| misc::clock_time_get(call, 0, 0, end - 7)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| poll::poll_oneoff(call, 0, end, 1, 0)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| poll::poll_oneoff(call, end, 0, 1, 0)),
        FAULT
    );
    assert_eq!(
        guest.call(|call| poll::poll_oneoff(call, 0, 0, 2000, 0)),
        FAULT
    );
    // The last bytes are as good as any.
    guest
        .call(|call| fd::fd_fdstat_get(call, 4, end - 24))
        .unwrap();
    guest.call(|call| misc::random_get(call, 0, end)).unwrap();
}

#[test]
fn bad_numbers_are_refused() {
    let mut guest = Guest::new();
    let fd = guest.open("file", __WASI_O_CREAT).unwrap();
    let (path, len) = guest.put(0, b"file");
    let rights = crate::ALL_RIGHTS;
    assert_eq!(guest.call(|call| fd::fd_seek(call, fd, 0, 3, 100)), INVAL);
    assert_eq!(guest.call(|call| fd::fd_seek(call, fd, 0, 256, 100)), INVAL);
    assert_eq!(guest.call(|call| fd::fd_seek(call, fd, -1, 0, 100)), INVAL);
    assert_eq!(
        guest.call(|call| fd::fd_fdstat_set_flags(call, fd, 32)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| fd::fd_fdstat_set_flags(call, fd, 0x1_0000)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| fd::fd_filestat_set_times(call, fd, 0, 0, 16)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| fd::fd_filestat_set_times(call, fd, 0, 0, 3)),
        INVAL
    );
    assert_eq!(guest.call(|call| fd::fd_advise(call, fd, 0, 0, 256)), INVAL);
    assert_eq!(
        guest.call(|call| path::path_filestat_get(call, 4, 2, path, len, 100)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| path::path_open(call, 4, 0, path, len, 16, rights, rights, 0, 100)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| path::path_open(call, 4, 0, path, len, 0, rights, rights, 32, 100)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| misc::clock_time_get(call, 4, 0, 100)),
        INVAL
    );
    assert_eq!(guest.call(|call| misc::clock_res_get(call, 4, 100)), INVAL);
    assert_eq!(
        guest.call(|call| poll::poll_oneoff(call, 0, 0, 0, 0)),
        INVAL
    );
    assert_eq!(
        guest.call(|call| poll::poll_oneoff(call, 0, 0, u32::MAX, 0)),
        INVAL
    );
    guest.memory[8] = 77;
    assert_eq!(
        guest.call(|call| poll::poll_oneoff(call, 0, 1000, 1, 2000)),
        INVAL
    );
    let capable = guest.call(|call| fd::fd_fdstat_set_rights(call, fd, u64::MAX, 0));
    assert_eq!(capable, Err(Stop::Errno(Errno::NOTCAPABLE)));
    guest.put(0, b"fi\xffe");
    assert_eq!(
        guest.call(|call| path::path_unlink_file(call, 4, 0, 4)),
        INVAL
    );
    // Rights that this version does not know are not an error when opening: newer programs ask for them.
    guest.put(0, b"file");
    guest
        .call(|call| path::path_open(call, 4, 0, path, len, 0, u64::MAX, u64::MAX, 0, 100))
        .unwrap();
}

#[test]
fn names_of_preopened_directories_have_no_nul() {
    let mut guest = Guest::new();
    guest.memory.fill(0xee);
    guest.call(|call| fd::fd_prestat_get(call, 4, 0)).unwrap();
    assert_eq!((guest.memory[0], guest.u32_at(4)), (0, 3));
    assert_eq!(
        guest.call(|call| fd::fd_prestat_dir_name(call, 4, 100, 2)),
        Err(Stop::Errno(Errno::NAMETOOLONG))
    );
    guest
        .call(|call| fd::fd_prestat_dir_name(call, 4, 100, 50))
        .unwrap();
    assert_eq!(&guest.memory[100..104], b"dir\xee");
    assert_eq!(
        guest.call(|call| fd::fd_prestat_get(call, 5, 0)),
        Err(Stop::Errno(Errno::BADF))
    );
}

#[test]
fn large_files_go_through_in_one_call() {
    let mut guest = Guest::new();
    let fd = guest.open("file", __WASI_O_CREAT).unwrap();
    guest.memory.resize(8 << 20, 0);
    let size = 5 << 20;
    for (index, byte) in guest.memory[1 << 20..][..size].iter_mut().enumerate() {
        *byte = (index % 251) as u8;
    }
    guest.put_u32s(0, &[1 << 20, size as u32]);
    guest.call(|call| fd::fd_write(call, fd, 0, 1, 16)).unwrap();
    assert_eq!(guest.u32_at(16), size as u32);
    assert_eq!(
        std::fs::read(guest.dir.path().join("file")).unwrap(),
        guest.memory[1 << 20..][..size]
    );
    guest.put_u32s(0, &[2 << 20, 3 << 20]);
    guest
        .call(|call| fd::fd_pread(call, fd, 0, 1, 1 << 20, 16))
        .unwrap();
    assert_eq!(guest.u32_at(16), 3 << 20);
    let expected: Vec<u8> = ((1 << 20)..(4 << 20))
        .map(|index: usize| (index % 251) as u8)
        .collect();
    assert!(guest.memory[2 << 20..][..3 << 20] == expected);
    guest.call(|call| fd::fd_tell(call, fd, 24)).unwrap();
    assert_eq!(guest.u64_at(24), size as u64);
    assert_eq!(
        guest.call(|call| fd::fd_pwrite(call, fd, 0, 1, u64::MAX, 16)),
        INVAL
    );
}

#[test]
fn directory_entries_are_cut_at_the_end_of_the_buffer() {
    let mut guest = Guest::new();
    for name in ["a", "longer-name"] {
        std::fs::write(guest.dir.path().join(name), "").unwrap();
    }
    guest
        .call(|call| fd::fd_readdir(call, 4, 1000, 4000, 0, 0))
        .unwrap();
    let used = guest.u32_at(0);
    assert_eq!(used, 4 * 24 + 1 + 2 + 1 + 11);
    let whole = guest.memory[1000..1000 + used as usize].to_vec();
    for room in [0, 1, 23, 24, 25, 30, used - 1, used] {
        guest.memory[1000..].fill(0xee);
        guest
            .call(|call| fd::fd_readdir(call, 4, 1000, room, 0, 0))
            .unwrap();
        assert_eq!(guest.u32_at(0), room);
        assert_eq!(
            guest.memory[1000..1000 + room as usize],
            whole[..room as usize]
        );
        assert_eq!(guest.memory[1000 + room as usize], 0xee);
    }
}

#[test]
fn links_are_read_as_far_as_there_is_room() {
    let mut guest = Guest::new();
    let (target, target_len) = guest.put(0, b"target");
    let (path, len) = guest.put(10, b"link");
    guest
        .call(|call| path::path_symlink(call, target, target_len, 4, path, len))
        .unwrap();
    guest
        .call(|call| path::path_readlink(call, 4, path, len, 100, 10, 200))
        .unwrap();
    assert_eq!(
        (guest.u32_at(200), &guest.memory[100..110]),
        (6, &b"target\0\0\0\0"[..])
    );
    guest
        .call(|call| path::path_readlink(call, 4, path, len, 300, 4, 200))
        .unwrap();
    assert_eq!(
        (guest.u32_at(200), &guest.memory[300..306]),
        (4, &b"targ\0\0"[..])
    );
}

#[test]
fn the_older_version_has_its_own_layouts() {
    let mut guest = Guest::new();
    let fd = guest.open("file", __WASI_O_CREAT).unwrap();
    std::fs::write(guest.dir.path().join("file"), "0123456789").unwrap();
    guest.memory[1000..1100].fill(0xee);
    guest
        .call(|call| snapshot0::fd_filestat_get(call, fd, 1000))
        .unwrap();
    assert_eq!((guest.u32_at(1020), guest.u64_at(1024)), (1, 10));
    assert_eq!(guest.memory[1056], 0xee);
    let (path, len) = guest.put(0, b"file");
    guest
        .call(|call| snapshot0::path_filestat_get(call, 4, 1, path, len, 2000))
        .unwrap();
    assert_eq!(guest.memory[1000..1056], guest.memory[2000..2056]);
    // END is 1 and SET is 2.
    guest
        .call(|call| snapshot0::fd_seek(call, fd, -3, 1, 3000))
        .unwrap();
    assert_eq!(guest.u64_at(3000), 7);
    guest
        .call(|call| snapshot0::fd_seek(call, fd, 2, 2, 3000))
        .unwrap();
    assert_eq!(guest.u64_at(3000), 2);
    guest
        .call(|call| snapshot0::fd_seek(call, fd, 1, 0, 3000))
        .unwrap();
    assert_eq!(guest.u64_at(3000), 3);
    assert_eq!(
        guest.call(|call| snapshot0::fd_seek(call, fd, 1, 3, 3000)),
        INVAL
    );
    // Two clocks that are due, in the layout of 56 bytes.
    guest.memory[..256].fill(0);
    for (index, mark) in [(0, 5_u64), (1, 6)] {
        guest.put(index * 56, &mark.to_le_bytes());
        guest.put(index * 56 + 24, &1_u32.to_le_bytes());
    }
    guest
        .call(|call| snapshot0::poll_oneoff(call, 0, 1000, 2, 3000))
        .unwrap();
    assert_eq!(guest.u32_at(3000), 2);
    assert_eq!((guest.u64_at(1000), guest.u64_at(1032)), (5, 6));
}

#[test]
fn polling_writes_its_events() {
    let mut guest = Guest::new();
    // A clock that is not due for long, and standard input, which has 13 bytes.
    guest.put(0, &1_u64.to_le_bytes());
    guest.put(16, &1_u32.to_le_bytes());
    guest.put(24, &u64::MAX.to_le_bytes());
    guest.put(48, &2_u64.to_le_bytes());
    guest.memory[56] = __WASI_EVENTTYPE_FD_READ;
    guest
        .call(|call| poll::poll_oneoff(call, 0, 1000, 2, 2000))
        .unwrap();
    assert_eq!(guest.u32_at(2000), 1);
    assert_eq!(
        (guest.u64_at(1000), guest.memory[1010], guest.u64_at(1016)),
        (2, 1, 13)
    );
}

#[test]
fn the_rest_of_the_interface_answers() {
    let mut guest = Guest::new();
    assert_eq!(
        guest.call(|call| misc::proc_exit(call, 3)),
        Err(Stop::Exit(3))
    );
    assert_eq!(
        guest.call(|call| misc::proc_raise(call, 6)),
        Err(Stop::Errno(Errno::NOSYS))
    );
    guest.call(misc::sched_yield).unwrap();
    let not_socket = Err(Stop::Errno(Errno::NOTSOCK));
    assert_eq!(
        guest.call(|call| socket::sock_accept(call, 1, 0, 0)),
        not_socket
    );
    assert_eq!(
        guest.call(|call| socket::sock_recv(call, 1, 0, 0, 0, 0, 0)),
        not_socket
    );
    assert_eq!(
        guest.call(|call| socket::sock_send(call, 1, 0, 0, 0, 0)),
        not_socket
    );
    assert_eq!(
        guest.call(|call| socket::sock_shutdown(call, 1, 0)),
        not_socket
    );
    guest.call(|call| misc::clock_res_get(call, 1, 0)).unwrap();
    assert_ne!(guest.u64_at(0), 0);
    let fd = guest.open("file", __WASI_O_CREAT).unwrap();
    guest
        .call(|call| fd::fd_allocate(call, fd, 0, 100))
        .unwrap();
    guest
        .call(|call| fd::fd_filestat_set_size(call, fd, 5))
        .unwrap();
    guest.call(|call| fd::fd_datasync(call, fd)).unwrap();
    guest.call(|call| fd::fd_sync(call, fd)).unwrap();
    guest.call(|call| fd::fd_renumber(call, fd, 1)).unwrap();
    guest.call(|call| fd::fd_close(call, 1)).unwrap();
    let (from, from_len) = guest.put(0, b"file");
    let (to, to_len) = guest.put(10, b"moved");
    guest
        .call(|call| path::path_link(call, 4, 0, from, from_len, 4, to, to_len))
        .unwrap();
    guest
        .call(|call| path::path_rename(call, 4, to, to_len, 4, from, from_len))
        .unwrap();
    guest
        .call(|call| path::path_filestat_set_times(call, 4, 0, from, from_len, 0, 7, 4))
        .unwrap();
    guest
        .call(|call| path::path_filestat_get(call, 4, 0, from, from_len, 100))
        .unwrap();
    assert_eq!((guest.u64_at(132), guest.u64_at(148)), (5, 7));
    guest
        .call(|call| path::path_unlink_file(call, 4, to, to_len))
        .unwrap();
    guest
        .call(|call| path::path_create_directory(call, 4, to, to_len))
        .unwrap();
    guest
        .call(|call| path::path_remove_directory(call, 4, to, to_len))
        .unwrap();
}

#[test]
fn without_a_memory_only_pointers_are_missed() {
    let guest = Guest::new();
    let call = Call::new(&guest.state, None);
    assert_eq!(misc::args_sizes_get(&call, 0, 0), Err(Stop::NoMemory));
    assert_eq!(fd::fd_write(&call, 1, 0, 0, 0), Err(Stop::NoMemory));
    fd::fd_close(&call, 1).unwrap();
    assert_eq!(misc::proc_exit(&call, 0), Err(Stop::Exit(0)));
}
