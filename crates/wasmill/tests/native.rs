//! The Native engine: modules are shared objects that tools can read, loaded and unloaded as the system does it.

#![cfg(feature = "dylib")]
#![allow(unsafe_code, reason = "loading machine code is")]

mod support;

use gimli::{BaseAddresses, CfaRule, EhFrame, LittleEndian, RegisterRule, UnwindSection};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind, elf};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use support::DefaultCompiler;
use wasmill::{
    CompilerConfig, CpuFeature, DeserializeError, Dylib, DylibArtifact, Function, Instance,
    LocalFunctionIndex, Module, Native, NativeArtifact, NativeEngine, Store, Target, Triple, Value,
    imports,
};

/// Functions of several kinds: small ones, one that is called, one that can escape, one with a frame, one that traps.
const GUEST: &str = r#"(module $guest
    (import "env" "host" (func $host (param i32) (result i32)))
    (memory (export "memory") 1)
    (table 2 funcref) (elem (i32.const 0) $add $deep)
    (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func $deep (param $n i32) (param $x f64) (result i32)
        (local v128 i64 i64 i64 i64 i64 i64 i64)
        (if (result i32) (i32.eqz (local.get $n))
            (then (call $host (i32.trunc_f64_s (local.get $x))))
            (else (i32.add (i32.const 1)
                (call $deep (i32.sub (local.get $n) (i32.const 1)) (f64.add (local.get $x) (f64.const 1)))))))
    (func (export "deep") (param i32) (result i32) (call $deep (local.get 0) (f64.const 0.5)))
    (func (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i64)
        (i32.load (local.get 8)) (i64.extend_i32_u (local.get 0)))
    (func (export "indirect") (param i32 i32 i32) (result i32)
        (call_indirect (param i32 i32) (result i32) (local.get 0) (local.get 1) (local.get 2)))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))"#;

fn engine() -> NativeEngine {
    Native::new(DefaultCompiler::new()).engine()
}

fn compile(engine: &NativeEngine, wat: &str) -> Module {
    Module::new(&Store::new(engine), wat).unwrap()
}

fn load(path: &Path) -> Result<Module, DeserializeError> {
    let store = Store::new(&Dylib::headless().engine());
    // SAFETY: the tests load only what they compiled, and what is refused before it runs.
    unsafe { Module::deserialize_from_file(&store, path) }
}

fn instance(module: &Module) -> Instance {
    let host = Function::new_native(module.store(), |n: i32| n * 2);
    Instance::new(module, &imports! { "env" => { "host" => host } }).unwrap()
}

fn call(instance: &Instance, name: &str, arguments: &[i32]) -> Vec<i64> {
    let arguments: Vec<_> = arguments.iter().map(|n| Value::I32(*n)).collect();
    let function = instance.exports.get_function(name).unwrap();
    let results = function.call(&arguments).unwrap().into_vec();
    let number = |value: Value| value.i64().unwrap_or_else(|| value.unwrap_i32().into());
    results.into_iter().map(number).collect()
}

/// Every compiler that is there.
fn compilers() -> Vec<(&'static str, Box<dyn CompilerConfig>)> {
    vec![
        #[cfg(feature = "cranelift")]
        ("cranelift", Box::new(wasmill::Cranelift::new())),
        #[cfg(feature = "singlepass")]
        ("singlepass", Box::new(wasmill::Singlepass::new())),
        #[cfg(feature = "llvm")]
        ("llvm", Box::new(wasmill::LLVM::new())),
    ]
}

/// A file of this test, deleted in the end.
struct TestFile(PathBuf);

impl TestFile {
    fn new(name: &str) -> Self {
        let name = format!("native-{name}-{}.so", std::process::id());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn modules_of_all_compilers_run() {
    for (name, compiler) in compilers() {
        let module = compile(&Native::new(compiler).engine(), GUEST);
        assert!(module.artifact().downcast_ref::<NativeArtifact>().is_some());
        let instance = instance(&module);
        assert_eq!(call(&instance, "add", &[40, 2]), [42], "{name}");
        assert_eq!(call(&instance, "deep", &[10]), [30], "{name}");
        assert_eq!(call(&instance, "indirect", &[1, 2, 0]), [3], "{name}");
        let many = call(&instance, "many", &[7, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(many, [0, 7], "{name}");
        let divide = instance.exports.get_function("divide").unwrap();
        let error = divide
            .call(&[Value::I32(1), Value::I32(0)])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("RuntimeError: integer divide by zero\n    at "),
            "{error}"
        );
    }
}

#[test]
fn tools_for_native_code_can_read_it() {
    let mut engine = engine();
    engine.set_deterministic_prefixer(|wasm| format!("p{}", wasm.len()));
    let module = compile(&engine, GUEST);
    let bytes = module.serialize().unwrap();
    assert!(DylibArtifact::is_deserializable(&bytes));
    let file = object::File::parse(&*bytes).unwrap();
    assert_eq!(file.kind(), object::ObjectKind::Dynamic);
    assert_eq!(file.build_id().unwrap().map(<[u8]>::len), Some(16));

    let text = file.section_by_name(".text").unwrap();
    let artifact = module.artifact();
    assert_eq!(text.data().unwrap(), artifact.code());
    let prefix = format!("p{}", wasmill::wat2wasm(GUEST.as_bytes()).unwrap().len());
    for nth in 0..6 {
        let name = format!("wasmill_function_{prefix}_{nth}");
        let symbol = file
            .dynamic_symbols()
            .find(|symbol| symbol.name() == Ok(&*name));
        let symbol = symbol.unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(symbol.kind(), SymbolKind::Text);
        assert_eq!(symbol.section_index(), Some(text.index()));
        let range = artifact
            .code_map()
            .function_range(LocalFunctionIndex::from_u32(nth))
            .unwrap();
        let start = symbol.address() - text.address();
        let found = start as u32..(start + symbol.size()) as u32;
        assert_eq!(found, range, "{name}");
    }
    let metadata = |symbol: &object::Symbol<'_, '_>| symbol.name() == Ok("WASMILL_METADATA");
    assert!(file.dynamic_symbols().any(|symbol| metadata(&symbol)));
    assert_eq!(file.dynamic_symbols().count(), 7);
    // The same once more for people, under the module's names where there are some.
    let unnamed = |nth: usize| format!("wasmill_function_{prefix}_{nth}");
    let shown: Vec<_> = file
        .symbols()
        .map(|symbol| symbol.name().unwrap().to_owned())
        .collect();
    let functions = [
        "add".into(),
        "deep".into(),
        unnamed(2),
        unnamed(3),
        unnamed(4),
        unnamed(5),
    ];
    assert_eq!(shown[1..], functions);
    let place = |symbol: object::Symbol<'_, '_>| (symbol.address(), symbol.size(), symbol.kind());
    assert!(
        file.symbols()
            .map(place)
            .eq(file.dynamic_symbols().map(place))
    );
}

#[test]
fn no_part_of_it_is_both_writable_and_executable() {
    let bytes = compile(&engine(), GUEST).serialize().unwrap();
    let header = elf::FileHeader64::<object::Endianness>::parse(&*bytes).unwrap();
    let endian = header.endian().unwrap();
    let segments = header.program_headers(endian, &*bytes).unwrap();
    for segment in segments {
        let access = segment.p_flags(endian);
        assert!(access & elf::PF_W == 0 || access & elf::PF_X == 0);
    }
    let kinds: Vec<_> = segments
        .iter()
        .map(|segment| segment.p_type(endian))
        .collect();
    for kind in [elf::PT_GNU_STACK, elf::PT_GNU_RELRO, elf::PT_GNU_EH_FRAME] {
        assert!(kinds.contains(&kind), "{kind:x}");
    }
}

/// What `.eh_frame` and its index say, compared with each other and with the functions.
fn check_frames(name: &str, bytes: &[u8], functions: &[Range<u64>]) {
    let file = object::File::parse(bytes).unwrap();
    let section = |name| {
        let section = file.section_by_name(name).unwrap();
        (section.address(), section.data().unwrap())
    };
    let (text, _) = section(".text");
    let (frames_at, frames) = section(".eh_frame");
    let (index_at, index) = section(".eh_frame_hdr");
    let bases = BaseAddresses::default()
        .set_eh_frame(frames_at)
        .set_eh_frame_hdr(index_at)
        .set_text(text);
    let frames = EhFrame::new(frames, LittleEndian);
    let index = gimli::EhFrameHdr::new(index, LittleEndian);
    let index = index.parse(&bases, 8).unwrap();
    let table = index.table().unwrap();
    let mut entries = frames.entries(&bases);
    let mut count = 0;
    while let Some(entry) = entries.next().unwrap() {
        count += usize::from(matches!(entry, gimli::CieOrFde::Fde(_)));
    }
    let mut context = gimli::UnwindContext::new();
    let mut row = |address: u64| {
        let fde = table.fde_for_address(&frames, &bases, address, EhFrame::cie_from_offset);
        let fde = fde.unwrap_or_else(|error| panic!("{name}: {address:x}: {error}"));
        let row = fde
            .unwind_info_for_address(&frames, &bases, &mut context, address)
            .unwrap();
        let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else {
            panic!("{name}: {row:?}");
        };
        (register.0, offset, row.register(gimli::Register(6)))
    };
    for function in functions {
        let start = text + function.start;
        let saved = Some(RegisterRule::Offset(-16));
        // push rbp; mov rbp, rsp; and from there on.
        assert_eq!(row(start), (7, 8, None), "{name}");
        assert_eq!(row(start + 1), (7, 16, saved.clone()), "{name}");
        assert_eq!(row(start + 3), (7, 16, saved.clone()), "{name}");
        for address in start + 4..text + function.end {
            // Where the boundary entry of Singlepass ends, the function itself begins.
            let (register, offset, rule) = row(address);
            let is_frame = (register, offset) == (6, 16) && rule == saved;
            assert!(is_frame || register == 7, "{name}: {address:x}");
        }
        assert_eq!(row(text + function.end - 1), (6, 16, saved), "{name}");
    }
    let entries = match name {
        "singlepass" => functions.len()..2 * functions.len() + 1,
        _ => functions.len()..functions.len() + 1,
    };
    assert!(entries.contains(&count), "{name}: {count}");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn every_function_of_every_compiler_has_a_frame() {
    for (name, compiler) in compilers() {
        let module = compile(&Native::new(compiler).engine(), GUEST);
        let map = module.artifact().code_map();
        let functions: Vec<_> = (0..6)
            .map(|nth| {
                map.function_range(LocalFunctionIndex::from_u32(nth))
                    .unwrap()
            })
            .map(|range| range.start.into()..range.end.into())
            .collect();
        check_frames(name, &module.serialize().unwrap(), &functions);
    }
}

/// A debugger and this test find the same way up: from a host function through compiled code to the host.
#[test]
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn the_platform_unwinds_through_it() {
    for (name, compiler) in compilers() {
        let module = compile(&Native::new(compiler).engine(), GUEST);
        let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let frames = seen.clone();
        let host = Function::new_native(module.store(), move |n: i32| {
            *frames.lock().unwrap() = return_addresses();
            n
        });
        let instance = Instance::new(&module, &imports! { "env" => { "host" => host } }).unwrap();
        call(&instance, "deep", &[200]);
        let code = module.artifact().code().as_ptr_range();
        let seen = seen.lock().unwrap();
        let inside = |address: &&usize| (code.start.addr()..code.end.addr()).contains(*address);
        let guest = seen.iter().filter(inside).count();
        // A compiler may put some calls into one frame.
        assert!(guest >= 10, "{name}: {guest} of {}", seen.len());
        // And out again: the first frame of the thread is not one of these.
        assert!(!inside(&seen.last().unwrap()), "{name}");
    }
}

/// What the unwinder of the platform finds, innermost first.
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn return_addresses() -> Vec<usize> {
    use std::ffi::{c_int, c_void};
    unsafe extern "C" {
        fn _Unwind_Backtrace(
            step: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
            list: *mut c_void,
        ) -> c_int;
        fn _Unwind_GetIP(context: *mut c_void) -> usize;
    }
    extern "C" fn step(context: *mut c_void, list: *mut c_void) -> c_int {
        // SAFETY: the list below, which nobody else uses meanwhile.
        let list = unsafe { &mut *list.cast::<Vec<usize>>() };
        // SAFETY: the unwinder's own context.
        list.push(unsafe { _Unwind_GetIP(context) });
        0
    }
    let mut list = Vec::new();
    let place: *mut Vec<usize> = &mut list;
    // SAFETY: the function gets what it expects.
    unsafe { _Unwind_Backtrace(step, place.cast()) };
    list
}

/// The number of the file that an address is mapped from.
fn file_at(address: usize) -> Option<u64> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        (number(start)..number(end)).contains(&address)
    })?;
    let number = line.split_whitespace().nth(4)?.parse().unwrap();
    (number != 0).then_some(number)
}

/// Whether a file is given back. Not at once if somebody looks for code meanwhile: then with what goes next.
fn is_given_back(file: u64) -> bool {
    (0..100).any(|_| {
        drop(instance(&compile(&engine(), GUEST)));
        !is_in_use(file)
    })
}

/// Whether a file is mapped or open in this process.
fn is_in_use(file: u64) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let number = file.to_string();
    let mapped = maps
        .lines()
        .any(|line| line.split_whitespace().nth(4) == Some(&number));
    let open = std::fs::read_dir("/proc/self/fd").unwrap().any(|entry| {
        let metadata = entry.and_then(|entry| std::fs::metadata(entry.path()));
        metadata.is_ok_and(|metadata| metadata.ino() == file)
    });
    mapped || open
}

#[test]
fn what_nobody_needs_is_given_back() {
    let module = compile(&engine(), GUEST);
    let file = file_at(module.artifact().code().as_ptr().addr()).unwrap();
    assert!(is_in_use(file));
    let function = {
        let instance = instance(&module);
        instance
            .exports
            .get_native_function::<(i32, i32), i32>("add")
            .unwrap()
    };
    drop(module);
    assert!(is_in_use(file));
    assert_eq!(function.call(40, 2).unwrap(), 42);
    drop(function);
    assert!(is_given_back(file));

    // A thousand times, so that what was left would be seen.
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    for _ in 0..1000 {
        call(&instance(&compile(&engine(), GUEST)), "add", &[1, 2]);
    }
    assert!(descriptors() < before + 500);
}

#[test]
fn a_file_can_be_loaded_many_times() {
    let file = TestFile::new("many");
    compile(&engine(), GUEST)
        .serialize_to_file(&file.0)
        .unwrap();
    let modules: Vec<_> = (0..10).map(|_| load(&file.0).unwrap()).collect();
    let mut starts: Vec<_> = modules
        .iter()
        .map(|module| module.artifact().code().as_ptr())
        .collect();
    starts.sort();
    starts.dedup();
    assert_eq!(starts.len(), 10, "each has code of its own");
    let instances: Vec<_> = modules.iter().map(instance).collect();
    // Another one takes the file's place, and the number of what was open.
    let other = r#"(module (func (export "add") (param i32 i32) (result i32) (i32.const 99)))"#;
    compile(&engine(), other)
        .serialize_to_file(&file.0)
        .unwrap();
    let replaced = Instance::new(&load(&file.0).unwrap(), &imports! {}).unwrap();
    assert_eq!(call(&replaced, "add", &[1, 2]), [99]);
    drop(modules);
    for instance in instances {
        assert_eq!(call(&instance, "add", &[1, 2]), [3]);
    }
    let again = Instance::new(&load(&file.0).unwrap(), &imports! {}).unwrap();
    assert_eq!(call(&again, "add", &[1, 2]), [99]);
}

/// The embedder may have opened the file, too: then names of ours stay with what it has.
#[test]
#[cfg(target_os = "linux")]
fn an_object_that_somebody_else_has_opened_does_no_harm() {
    use std::ffi::{CString, c_char, c_int, c_void};
    unsafe extern "C" {
        fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
        fn dlclose(handle: *mut c_void) -> c_int;
    }
    let (first, second) = (TestFile::new("theirs"), TestFile::new("ours"));
    let answer = |n: i32| format!("(module (func (export \"f\") (result i32) (i32.const {n})))");
    compile(&engine(), &answer(1))
        .serialize_to_file(&first.0)
        .unwrap();
    compile(&engine(), &answer(2))
        .serialize_to_file(&second.0)
        .unwrap();
    let name = CString::new(first.0.to_str().unwrap()).unwrap();
    // SAFETY: an object of ours, which does nothing when it is opened.
    let handle = unsafe { dlopen(name.as_ptr(), 2) };
    assert!(!handle.is_null());
    let f = |path: &Path| {
        let instance = Instance::new(&load(path).unwrap(), &imports! {}).unwrap();
        call(&instance, "f", &[])
    };
    for _ in 0..20 {
        assert_eq!(f(&first.0), [1]);
        assert_eq!(f(&second.0), [2]);
    }
    // SAFETY: opened above.
    unsafe { dlclose(handle) };
    assert_eq!(f(&first.0), [1]);
}

#[test]
fn threads_load_and_unload_at_once() {
    let file = TestFile::new("threads");
    compile(&engine(), GUEST)
        .serialize_to_file(&file.0)
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..100 {
                    let module = match n % 2 {
                        0 => load(&file.0).unwrap(),
                        _ => compile(&engine(), GUEST),
                    };
                    assert_eq!(call(&instance(&module), "deep", &[n]), [3 * i64::from(n)]);
                }
            });
        }
    });
}

#[test]
fn prefixes_are_part_of_the_symbols_and_of_nothing_else() {
    let plain = compile(&engine(), GUEST).serialize().unwrap();
    assert_eq!(compile(&engine(), GUEST).serialize().unwrap(), plain);
    let mut named = engine();
    let count = std::sync::atomic::AtomicU32::new(0);
    named.set_deterministic_prefixer(move |_| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("module{n}")
    });
    let contains = |bytes: &[u8], text: &str| {
        let text = text.as_bytes();
        bytes.windows(text.len()).any(|part| part == text)
    };
    for n in 0..2 {
        // A clone is the same engine.
        let module = compile(&named.clone(), GUEST);
        let bytes = module.serialize().unwrap();
        assert!(contains(&bytes, &format!("wasmill_function_module{n}_5\0")));
        // SAFETY: just made.
        let loaded = unsafe { Module::deserialize(module.store(), &bytes) }.unwrap();
        assert_eq!(loaded.serialize().unwrap(), bytes);
        assert_eq!(call(&instance(&loaded), "add", &[n, 2]), [i64::from(n) + 2]);
    }
    for impossible in ["a\0b".to_owned(), "x".repeat(256)] {
        let mut engine = engine();
        engine.set_deterministic_prefixer(move |_| impossible.clone());
        let error = Module::new(&Store::new(&engine), GUEST).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Compilation error: a prefix of symbols has at most 255 bytes, and no NUL among them"
        );
    }
}

#[test]
fn objects_of_others_are_refused_before_they_are_loaded() {
    let foreign =
        "corrupted binary: The provided object file doesn't seem to be generated by Wasmill: ";
    let this = std::env::current_exe().unwrap();
    let mut mapped = std::fs::read_to_string("/proc/self/maps").unwrap();
    mapped.retain(|letter| letter != '\n');
    let error = load(&this).unwrap_err().to_string();
    assert_eq!(error, format!("{foreign}it has no note that says so"));
    for start in [
        &b"\x7fELF\x01"[..],
        b"\x7fELF\x02",
        b"\xcf\xfa\xed\xfe",
        b"MZ and so on",
    ] {
        let store = Store::new(&Native::headless().engine());
        // SAFETY: it is refused.
        let error = unsafe { Module::deserialize(&store, start) }.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{foreign}it ends in its headers")
        );
    }
}

#[test]
fn what_the_loader_refuses_is_said_in_its_words() {
    let mut bytes = compile(&engine(), GUEST).serialize().unwrap();
    // The version of ELF, with a checksum that fits.
    bytes[20] = 9;
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let artifact = number(572)..number(572) + number(580);
    let outside = [
        &bytes[..596],
        &bytes[604..artifact.start],
        &bytes[artifact.end..],
    ]
    .concat();
    let checksum = xxhash_rust::xxh3::xxh3_64(&outside);
    bytes[596..604].copy_from_slice(&checksum.to_le_bytes());
    let store = Store::new(&Native::headless().engine());
    // SAFETY: the loader refuses it.
    let error = unsafe { Module::deserialize(&store, &bytes) }.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("corrupted binary: Library loading failed: "),
        "{text}"
    );
}

#[test]
#[cfg(feature = "llvm")]
fn objects_for_other_machines_are_written_but_not_loaded() {
    use object::Architecture::{Aarch64, Riscv64};
    // The number of the frame pointer, and how far above it the caller's stack pointer is.
    for (triple, architecture, frame_pointer, above) in [
        ("aarch64-unknown-linux-gnu", Aarch64, 29, 16),
        ("riscv64gc-unknown-linux-gnu", Riscv64, 8, 0),
    ] {
        let target = Target::new(triple.parse().unwrap(), CpuFeature::set());
        let config = wasmill::LLVM::new();
        let engine = Native::new(config).target(target).engine();
        let module = compile(&engine, GUEST);
        let host = Function::new_native(module.store(), |n: i32| n);
        let imports = imports! { "env" => { "host" => host } };
        let error = Instance::new(&module, &imports).unwrap_err().to_string();
        assert!(
            error.contains("which cannot run on this machine"),
            "{error}"
        );
        assert!(module.artifact().finished_functions().is_empty());

        let bytes = module.serialize().unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        assert_eq!(file.architecture(), architecture);
        let section = |name| file.section_by_name(name).unwrap();
        let frames = section(".eh_frame");
        let bases = BaseAddresses::default().set_eh_frame(frames.address());
        let frames = EhFrame::new(frames.data().unwrap(), LittleEndian);
        let mut entries = frames.entries(&bases);
        let mut count = 0;
        while let Some(entry) = entries.next().unwrap() {
            let gimli::CieOrFde::Fde(partial) = entry else {
                continue;
            };
            let fde = partial.parse(EhFrame::cie_from_offset).unwrap();
            let mut context = gimli::UnwindContext::new();
            let row = fde.unwind_info_for_address(
                &frames,
                &bases,
                &mut context,
                fde.initial_address() + fde.len() - 1,
            );
            let expected = CfaRule::RegisterAndOffset {
                register: gimli::Register(frame_pointer),
                offset: above,
            };
            assert_eq!(*row.unwrap().cfa(), expected, "{triple}");
            count += 1;
        }
        // LLVM may save other registers first; then there is no entry.
        assert!((1..=6).contains(&count), "{triple}: {count}");

        let store = Store::new(&Native::headless().engine());
        // SAFETY: it is refused.
        let error = unsafe { Module::deserialize(&store, &bytes) }.unwrap_err();
        assert!(
            matches!(error, DeserializeError::Incompatible(_)),
            "{error}"
        );
    }
}

#[test]
fn systems_without_elf_are_refused() {
    let target = Target::new("x86_64-pc-windows-msvc".parse().unwrap(), CpuFeature::set());
    let engine = Native::new(DefaultCompiler::new()).target(target).engine();
    let error = Module::new(&Store::new(&engine), GUEST).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("The target x86_64-pc-windows-msvc is not yet supported"),
        "{text}"
    );
}

#[test]
fn extensions_follow_the_system() {
    let extension = |triple: &str| {
        let triple: Triple = triple.parse().unwrap();
        NativeArtifact::get_default_extension(&triple)
    };
    assert_eq!(extension("x86_64-unknown-linux-gnu"), "so");
    assert_eq!(extension("x86_64-unknown-freebsd"), "so");
    assert_eq!(extension("aarch64-apple-darwin"), "dylib");
    assert_eq!(extension("aarch64-apple-ios"), "dylib");
    assert_eq!(extension("x86_64-pc-windows-msvc"), "dll");
}
