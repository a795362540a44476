//! The records of a jitdump, in the byte order of the machine.
//!
//! ```text
//!   header   magic, version, size, machine, 0, process, time, flags
//!   record   kind, size, time, then for code: process, thread, address twice, size, number, name, bytes
//! ```
//!
//! Times are those of the monotonic clock: `perf record -k 1` uses the same.

use super::Image;
use object::elf;
use std::fs::File;
use std::io;

/// `JiTD` as a number, so that readers see the byte order.
const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
const HEADER: u32 = 40;
/// The kind of a record that says where code is.
const LOAD: u32 = 0;
/// Bytes of such a record before the name.
const RECORD: usize = 16 + 40;

/// How ELF calls this machine.
const MACHINE: u16 = match () {
    () if cfg!(target_arch = "aarch64") => elf::EM_AARCH64,
    () if cfg!(target_arch = "riscv64") => elf::EM_RISCV,
    () => elf::EM_X86_64,
};

pub(super) fn header() -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER as usize);
    let process = std::process::id();
    for number in [MAGIC, VERSION, HEADER, u32::from(MACHINE), 0, process] {
        header.extend(number.to_ne_bytes());
    }
    header.extend(now().to_ne_bytes());
    header.extend(0u64.to_ne_bytes());
    header
}

/// The functions of an image, the first of which has this number.
pub(super) fn records(image: &Image<'_>, first: u64) -> Vec<u8> {
    let (time, process) = (now(), std::process::id());
    let thread = rustix::thread::gettid().as_raw_nonzero().get() as u32;
    let mut records = Vec::new();
    for ((name, address, code), number) in image.functions().zip(first..) {
        let size = RECORD + name.len() + 1 + code.len();
        // Neither names nor code come near to 4 GiB.
        for number in [LOAD, size as u32] {
            records.extend(number.to_ne_bytes());
        }
        records.extend(time.to_ne_bytes());
        records.extend(process.to_ne_bytes());
        records.extend(thread.to_ne_bytes());
        for number in [address, address, code.len() as u64, number] {
            records.extend(number.to_ne_bytes());
        }
        records.extend(name.as_bytes());
        records.push(0);
        records.extend(code);
    }
    records
}

fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Lets `perf` know of the file: it records what is mapped to be executed. The mapping stays, for those that look later.
pub(super) fn announce(file: &File) -> io::Result<()> {
    use rustix::mm::{MapFlags, ProtFlags};
    let access = ProtFlags::READ | ProtFlags::EXEC;
    #[allow(unsafe_code, reason = "`perf` sees nothing else")]
    // SAFETY: a new mapping, in a place that the system chooses; nobody gets its address.
    unsafe {
        let nowhere = std::ptr::null_mut();
        rustix::mm::mmap(nowhere, HEADER as usize, access, MapFlags::PRIVATE, file, 0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next number of so many bytes.
    fn number(bytes: &mut &[u8], len: usize) -> u64 {
        let (number, rest) = bytes.split_at(len);
        *bytes = rest;
        match number.try_into() {
            Ok(word) => u32::from_ne_bytes(word).into(),
            Err(_) => u64::from_ne_bytes(number.try_into().unwrap()),
        }
    }

    #[test]
    fn what_is_written_can_be_read_back() {
        let mut functions = vec![("f".to_owned(), 0..4), ("g".to_owned(), 16..19)];
        functions.push(("nothing".to_owned(), 19..19));
        let image = Image {
            base: 0x7f00_0000_1000,
            code: &std::array::from_fn::<u8, 32, _>(|nth| nth as u8),
            functions,
        };
        let bytes = [header(), records(&image, 5)].concat();
        let mut rest = &bytes[..];
        let fields = [4; 6].map(|len| number(&mut rest, len));
        let process = u64::from(std::process::id());
        assert_eq!(fields, [0x4a69_5444, 1, 40, u64::from(MACHINE), 0, process]);
        let started = number(&mut rest, 8);
        assert_eq!(number(&mut rest, 8), 0, "flags");
        for (nth, (name, range)) in image.functions.iter().enumerate() {
            let record = rest;
            assert_eq!(number(&mut rest, 4), 0, "code that was loaded");
            let size = number(&mut rest, 4) as usize;
            assert!(number(&mut rest, 8) >= started);
            assert_eq!(number(&mut rest, 4), process);
            assert_ne!(number(&mut rest, 4), 0, "a thread");
            let address = image.base + u64::from(range.start);
            let expected = [address, address, range.len() as u64, 5 + nth as u64];
            assert_eq!([8; 4].map(|len| number(&mut rest, len)), expected);
            let behind = [
                name.as_bytes(),
                &[0],
                &image.code[range.start as usize..range.end as usize],
            ];
            assert_eq!(rest[..size - RECORD], behind.concat());
            rest = &record[size..];
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn the_file_is_mapped_to_be_executed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("jit-1.dump");
        std::fs::write(&path, header()).unwrap();
        announce(&File::open(&path).unwrap()).unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mapped = maps
            .lines()
            .find(|line| line.ends_with(path.to_str().unwrap()));
        assert!(mapped.is_some_and(|line| line.contains("r-xp")), "{maps}");
    }
}
