//! Serialized modules: the same after loading, in this process and another, refused when damaged or made for elsewhere.

#![allow(unsafe_code, reason = "loading machine code is")]

mod support;

use std::ops::Range;
use std::path::{Path, PathBuf};
use support::DefaultCompiler;
use wasmill::*;

/// Something of everything that a module can declare.
const EVERYTHING: &str = r#"(module $everything
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    (import "env" "base" (global $base i32))
    (import "env" "base" (global i32))
    (type $unary (func (param i32) (result i32)))
    (memory (export "memory") 2 5)
    (table $t (export "table") 10 20 funcref)
    (table 3 externref)
    (global $i (export "i") (mut i32) (i32.const 7))
    (global i64 (i64.const -3))
    (global (export "nan") f32 (f32.const nan:0x200001))
    (global f64 (f64.const 0.1))
    (global (export "v") v128 (v128.const i32x4 1 2 3 4))
    (global (export "sum") i32 (i32.add (global.get $base) (i32.const 5)))
    (global (export "null") externref (ref.null extern))
    (global funcref (ref.func $double))
    (elem (i32.const 1) $double $add)
    (elem (offset (global.get $base)) funcref (ref.func $start) (ref.null func))
    (elem $passive func $double)
    (elem declare func $divide)
    (data (i32.const 16) "hello")
    (data $later "passive")
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $divide (export "divide") (param i32 i32) (result i32)
      (i32.div_s (local.get 0) (local.get 1)))
    (func $outer (export "outer") (param i32) (result i32)
      (call $divide (call $add (local.get 0) (i32.const 1)) (i32.sub (local.get 0) (local.get 0))))
    (func (export "indirect") (param i32 i32) (result i32)
      (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "init") (memory.init $later (i32.const 100) (i32.const 0) (i32.const 7)))
    (func (export "refer") (result funcref) (ref.func $divide))
    (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2))
    (func $start (global.set $i (i32.add (global.get $i) (i32.const 1))))
    (start $start)
    (@custom "note" "first") (@custom "other" "") (@custom "note" "second"))"#;

/// The engines, whose artifacts have different forms.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Universal,
    #[cfg(feature = "dylib")]
    Native,
}

const FORMS: &[Form] = &[
    Form::Universal,
    #[cfg(feature = "dylib")]
    Form::Native,
];

impl Form {
    fn store(self) -> Store {
        match self {
            Self::Universal => Store::new(&Universal::new(DefaultCompiler::new()).engine()),
            #[cfg(feature = "dylib")]
            Self::Native => Store::new(&Native::new(DefaultCompiler::new()).engine()),
        }
    }

    fn headless(self) -> Store {
        match self {
            Self::Universal => Store::new(&Universal::headless().engine()),
            #[cfg(feature = "dylib")]
            Self::Native => Store::new(&Native::headless().engine()),
        }
    }

    fn compile(self, wat: &str) -> Module {
        Module::new(&self.store(), wat).unwrap()
    }

    fn load(self, bytes: &[u8]) -> Result<Module, DeserializeError> {
        // SAFETY: the tests load only what they compiled; what they damage is not run.
        unsafe { Module::deserialize(&self.headless(), bytes) }
    }

    fn load_file(self, path: &Path) -> Result<Module, DeserializeError> {
        // SAFETY: as above; nobody else knows the file.
        unsafe { Module::deserialize_from_file(&self.headless(), path) }
    }

    fn load_file_checked(self, path: &Path) -> Result<Module, DeserializeError> {
        // SAFETY: as above.
        unsafe { Module::deserialize_from_file_checked(&self.headless(), path) }
    }

    /// The module, loaded on every way.
    fn reloaded(self, name: &str, module: &Module) -> [Module; 3] {
        let file = TestFile::new(&format!("{name}-{self:?}"));
        module.serialize_to_file(&file.0).unwrap();
        let bytes = module.serialize().unwrap();
        assert_eq!(std::fs::read(&file.0).unwrap(), bytes);
        [
            self.load(&bytes),
            self.load_file(&file.0),
            self.load_file_checked(&file.0),
        ]
        .map(Result::unwrap)
    }
}

fn compile(wat: &str) -> Module {
    Form::Universal.compile(wat)
}

/// A file of this test, deleted in the end. It lies where programs may be executed from.
struct TestFile(PathBuf);

impl TestFile {
    fn new(name: &str) -> Self {
        let name = format!("{name}-{}.wasmu", std::process::id());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn with(name: &str, contents: &[u8]) -> Self {
        let file = Self::new(name);
        std::fs::write(&file.0, contents).unwrap();
        file
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_loaded_module_declares_the_same() {
    for form in FORMS {
        let module = form.compile(EVERYTHING);
        for loaded in form.reloaded("same", &module) {
            declares_the_same(&loaded, &module);
        }
    }
}

fn declares_the_same(loaded: &Module, module: &Module) {
    assert_eq!(loaded.name(), Some("everything"));
    assert!(loaded.imports().eq(module.imports()));
    assert!(loaded.exports().eq(module.exports()));
    let notes: Vec<_> = loaded.custom_sections("note").collect();
    assert_eq!(
        notes,
        [b"first".as_slice().into(), b"second".as_slice().into()]
    );
    // As text, since the NaN among the globals is not equal to itself; without what has no order.
    let text = |info: &ModuleInfo| {
        let mut info = info.clone();
        info.id = module.info().id;
        let names = std::mem::take(&mut info.function_names);
        (names, format!("{info:?}"))
    };
    assert_eq!(text(loaded.info()), text(module.info()));
    let (a, b) = (loaded.artifact(), module.artifact());
    assert_eq!(a.memory_styles(), b.memory_styles());
    assert_eq!(a.table_styles(), b.table_styles());
    assert_eq!((a.features(), a.target()), (b.features(), b.target()));
    assert_eq!(a.code(), b.code());
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    for form in FORMS {
        let bytes = form.compile(EVERYTHING).serialize().unwrap();
        assert_eq!(form.compile(EVERYTHING).serialize().unwrap(), bytes);
        for loaded in form.reloaded("bytes", &form.compile(EVERYTHING)) {
            assert_eq!(loaded.serialize().unwrap(), bytes);
            // Also when the names were looked at.
            assert_eq!(loaded.info().function_names.len(), 5);
            assert_eq!(loaded.serialize().unwrap(), bytes);
        }
    }
}

/// Everything that can be seen of an instance of `EVERYTHING`, as text.
fn behaviour(module: &Module) -> String {
    let store = module.store();
    let imports = imports! { "env" => {
        "add" => Function::new_native(store, |a: i32, b: i32| a + b),
        "base" => Global::new(store, Val::I32(4)),
    } };
    let instance = Instance::new(module, &imports).unwrap();
    let mut seen = Vec::new();
    let mut call = |name: &str, arguments: &[Val]| {
        let function = instance.exports.get_function(name).unwrap();
        seen.push(match function.call(arguments) {
            Ok(values) if name == "refer" => format!("{} values", values.len()),
            Ok(values) => format!("{name} {values:?}"),
            Err(error) => error.to_string(),
        });
    };
    let n = Val::I32;
    call("divide", &[n(84), n(2)]);
    call("divide", &[n(84), n(0)]);
    call("outer", &[n(1)]);
    for element in [0, 1, 2, 4, 5, 10] {
        call("indirect", &[n(element), n(21)]);
    }
    call("init", &[]);
    call("refer", &[]);
    call("two", &[]);
    for (name, global) in instance.exports.iter().globals() {
        let value = global.get();
        seen.push(match value.f32() {
            Some(number) => format!("{name} {:#x}", number.to_bits()),
            None => format!("{name} {value:?}"),
        });
    }
    let view = instance.exports.get_memory("memory").unwrap().view::<u8>();
    let text: Vec<u8> = (16..21).chain(100..107).map(|at| view[at].get()).collect();
    seen.push(String::from_utf8(text).unwrap());
    seen.join("\n")
}

#[test]
fn a_loaded_module_does_the_same() {
    let expected = behaviour(&compile(EVERYTHING));
    for part in [
        "divide [I32(42)]",
        "integer divide by zero\n    at divide (everything[",
        "]:0x",
        "at outer (everything[",
        "indirect [I32(42)]",
        "call type mismatch",
        "uninitialized element",
        "two [I32(1), I64(2)]",
        "i I32(8)",
        "nan 0x7fa00001",
        "sum I32(9)",
        "hellopassive",
    ] {
        assert!(expected.contains(part), "{part}: {expected}");
    }
    for form in FORMS {
        let module = form.compile(EVERYTHING);
        assert_eq!(behaviour(&module), expected);
        for loaded in form.reloaded("behaviour", &module) {
            assert_eq!(behaviour(&loaded), expected);
        }
    }
}

#[test]
fn an_engine_with_a_compiler_loads_too() {
    assert!(UniversalArtifact::is_deserializable(
        &compile("(module)").serialize().unwrap()
    ));
    assert_eq!(UniversalArtifact::get_default_extension(&HOST), "wasmu");
    for form in FORMS {
        let store = form.store();
        let bytes = form.compile(EVERYTHING).serialize().unwrap();
        // SAFETY: just made.
        let loaded = unsafe { Module::deserialize(&store, &bytes).unwrap() };
        assert!(behaviour(&loaded).contains("divide [I32(42)]"));
        let artifact = loaded.artifact();
        artifact.preinstantiate().unwrap();
        artifact.register_frame_info();
        let info = artifact.module_ref();
        for (index, id) in artifact.signatures().iter() {
            let ty = store.engine().lookup_signature(id.clone());
            assert_eq!(ty.as_ref(), Some(&info.signatures[index]));
            assert_eq!(*id, store.engine().register_signature(&ty.unwrap()));
        }
        let defined = info.functions.len() - info.num_imported_functions;
        assert_eq!(artifact.finished_functions().len(), defined);
        let bodies = artifact.finished_functions().values();
        let code = artifact.code().as_ptr_range();
        let mut starts = bodies.map(|body| body.0.cast());
        assert!(starts.all(|start| code.contains(&start)));
    }
}

#[test]
fn a_module_without_anything() {
    for form in FORMS {
        let module = form.compile("(module)");
        for loaded in form.reloaded("nothing", &module) {
            Instance::new(&loaded, &imports! {}).unwrap();
            assert_eq!((loaded.name(), loaded.exports().len()), (None, 0));
        }
    }
}

#[test]
fn a_loaded_module_can_be_renamed() {
    let trap = "(module $old (func (export \"f\") unreachable))";
    for form in FORMS {
        for mut loaded in form.reloaded("rename", &form.compile(trap)) {
            assert!(loaded.set_name("new"));
            let again = form.load(&loaded.serialize().unwrap()).unwrap();
            for module in [&loaded, &again] {
                let instance = Instance::new(module, &imports! {}).unwrap();
                let error = instance.exports.get_function("f").unwrap().call(&[]);
                assert_eq!(error.unwrap_err().trace()[0].module_name(), "new");
            }
        }
    }
}

#[test]
fn many_functions() {
    let mut wat = String::from("(module (table 3000 funcref) (elem (i32.const 0) func");
    (0..3000).for_each(|n| wat += &format!(" $f{n}"));
    wat += ")";
    for n in 0..3000 {
        wat += &format!("(func $f{n} (export \"f{n}\") (result i32) (i32.const {n}))");
    }
    wat += ")";
    for form in FORMS {
        for loaded in form.reloaded("many", &form.compile(&wat)) {
            let instance = Instance::new(&loaded, &imports! {}).unwrap();
            for n in (0..3000).step_by(7) {
                let function = instance
                    .exports
                    .get_native_function::<(), i32>(&format!("f{n}"));
                assert_eq!(function.unwrap().call().unwrap(), n);
            }
        }
    }
}

#[test]
fn what_is_something_else_says_so() {
    for &form in FORMS {
        let expected = match form {
            Form::Universal => "incompatible binary: The provided bytes are not wasmill-universal",
            #[cfg(feature = "dylib")]
            Form::Native => {
                "incompatible binary: The provided bytes are not in any native format Wasmill can understand"
            }
        };
        for bytes in [
            &b""[..],
            b"\0",
            b"\0asm\x01\0\0\0",
            &[0xff; 100],
            b"\0wasmill-universa",
        ] {
            assert_eq!(form.load(bytes).unwrap_err().to_string(), expected);
            let file = TestFile::with("garbage", bytes);
            assert_eq!(form.load_file(&file.0).unwrap_err().to_string(), expected);
            assert!(!UniversalArtifact::is_deserializable(bytes));
        }
        // What another engine made.
        for other in FORMS.iter().filter(|other| **other != form) {
            let bytes = other.compile("(module)").serialize().unwrap();
            assert_eq!(form.load(&bytes).unwrap_err().to_string(), expected);
        }
        files_that_are_none(form);
    }
}

fn files_that_are_none(form: Form) {
    let missing = form.load_file(Path::new("/nowhere/to/be/found"));
    assert!(
        matches!(missing, Err(DeserializeError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(matches!(
        form.load_file(Path::new(env!("CARGO_TARGET_TMPDIR"))),
        Err(DeserializeError::Io(_))
    ));
    let unwritable = form
        .compile("(module)")
        .serialize_to_file("/nowhere/to/be/found");
    assert!(matches!(unwritable, Err(SerializeError::Io(_))));
}

#[test]
fn other_versions_are_named() {
    for form in FORMS {
        let mut bytes = form.compile("(module)").serialize().unwrap();
        let version = artifact(&bytes).start + 24;
        bytes[version..][..8].copy_from_slice(b"9.8.7-rc");
        let error = form.load(&bytes).unwrap_err();
        assert!(matches!(error, DeserializeError::Incompatible(_)));
        let text = error.to_string();
        assert!(
            text.contains("made by Wasmill \"9.8.7-rc\"")
                && text.contains("compile the module again"),
            "{text}"
        );
    }
}

#[test]
fn other_systems_are_named() {
    for &form in FORMS {
        let target = Target::new(
            "x86_64-unknown-freebsd".parse().unwrap(),
            CpuFeature::for_host(),
        );
        let store = match form {
            Form::Universal => Store::new(
                &Universal::new(DefaultCompiler::new())
                    .target(target)
                    .engine(),
            ),
            #[cfg(feature = "dylib")]
            Form::Native => {
                Store::new(&Native::new(DefaultCompiler::new()).target(target).engine())
            }
        };
        let module = Module::new(&store, "(module (func (export \"f\")))").unwrap();
        let error = form.load(&module.serialize().unwrap()).unwrap_err();
        assert!(matches!(error, DeserializeError::Incompatible(_)));
        let text = error.to_string();
        assert!(
            text.contains("it was compiled for x86_64-unknown-freebsd, and this machine is "),
            "{text}"
        );
    }
}

/// A small module with something in every table, serialized.
fn small(form: Form) -> Vec<u8> {
    let wat = r#"(module $small
        (import "m" "f" (func $f (param i32)))
        (memory 1) (data (i32.const 8) "data")
        (table 4 funcref) (elem (i32.const 0) $g)
        (global i32 (i32.const 5))
        (func $g (export "g") (param i32) (result i32)
          (call $f (call $inlined (i32.const 2)))
          (i32.div_u (i32.load (local.get 0)) (local.get 0)))
        (func $inlined (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
        (@custom "c" "custom"))"#;
    form.compile(wat).serialize().unwrap()
}

fn number(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

/// Where the artifact is: everything, or what the note in a shared object says.
fn artifact(bytes: &[u8]) -> Range<usize> {
    match UniversalArtifact::is_deserializable(bytes) {
        true => 0..bytes.len(),
        false => number(bytes, 572)..number(bytes, 572) + number(bytes, 580),
    }
}

/// Where the code is, with what fills its last page.
fn code(bytes: &[u8]) -> Range<usize> {
    let Range { start, end } = artifact(bytes);
    end - number(bytes, start + 64).next_multiple_of(number(bytes, start + 72))..end
}

fn is_damage(outcome: Result<Module, DeserializeError>) -> bool {
    matches!(
        outcome,
        Err(DeserializeError::CorruptedBinary(_) | DeserializeError::Incompatible(_))
    )
}

#[test]
fn every_truncation_is_refused() {
    for &form in FORMS {
        let bytes = small(form);
        let file = TestFile::with(&format!("truncated-{form:?}"), &bytes);
        let handle = std::fs::OpenOptions::new()
            .write(true)
            .open(&file.0)
            .unwrap();
        for length in (0..bytes.len()).rev() {
            assert!(is_damage(form.load(&bytes[..length])), "{length}");
            handle.set_len(length as u64).unwrap();
            assert!(is_damage(form.load_file(&file.0)), "{length}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(is_damage(form.load(&longer)));
        longer.extend_from_slice(&[0; 4095]);
        assert!(is_damage(form.load(&longer)));
    }
}

#[test]
fn every_damaged_byte_is_found() {
    for &form in FORMS {
        let bytes = small(form);
        let code = code(&bytes);
        let file = TestFile::new(&format!("flipped-{form:?}"));
        let mut random = Random(1);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << random.below(8);
            assert!(is_damage(form.load(&damaged)), "{at}");
            // A new file each time: what was loaded is still mapped otherwise, and must not change.
            std::fs::write(&file.0, &damaged).unwrap();
            let is_seen = !code.contains(&at);
            assert_eq!(is_damage(form.load_file(&file.0)), is_seen, "{at}");
            assert!(is_damage(form.load_file_checked(&file.0)), "{at}");
            std::fs::remove_file(&file.0).unwrap();
        }
    }
}

#[test]
fn much_damage_is_found() {
    for &form in FORMS {
        let bytes = form.compile(EVERYTHING).serialize().unwrap();
        let mut random = Random(2);
        for _ in 0..3000 {
            let mut damaged = bytes.clone();
            match random.below(3) {
                0 => (0..=random.below(20)).for_each(|_| {
                    let at = random.below(bytes.len());
                    damaged[at] = damaged[at].wrapping_add(1 + random.below(255) as u8);
                }),
                1 => {
                    let (from, to) = (
                        random.below(bytes.len() - 64),
                        random.below(bytes.len() - 64),
                    );
                    damaged.copy_within(from..from + 64, to);
                }
                _ => {
                    let at = random.below(bytes.len());
                    damaged.remove(at);
                }
            }
            assert!(damaged == bytes || is_damage(form.load(&damaged)));
        }
    }
}

/// Where the header ends, and where in it each section's length is, with its checksum behind.
const HEADER: usize = 80 + 16 * 24;
fn section_places() -> impl Iterator<Item = usize> {
    (80..HEADER).step_by(16)
}

/// Where each section is in an artifact whose code starts there, with what fills up to the next one; up to one that cannot be.
fn sections(artifact: &[u8], code: usize) -> Vec<Range<usize>> {
    let mut start = HEADER;
    let mut sections = Vec::new();
    for place in section_places() {
        let end = start.saturating_add(number(artifact, place));
        let next = match place + 16 == HEADER {
            true => Some(code),
            false => end.checked_next_multiple_of(8),
        };
        let Some(next) = next.filter(|next| end <= *next && *next <= code) else {
            break;
        };
        sections.push(start..next);
        start = next;
    }
    sections
}

/// The same with checksums that fit, so that what is read makes the decision.
fn resealed(mut bytes: Vec<u8>, code: &Range<usize>) -> Vec<u8> {
    use xxhash_rust::xxh3::xxh3_64;
    let start = artifact(&bytes).start;
    let head = &mut bytes[start..code.start];
    for (place, section) in section_places().zip(sections(head, head.len())) {
        let checksum = xxh3_64(&head[section]);
        head[place + 8..][..8].copy_from_slice(&checksum.to_le_bytes());
    }
    let checksum = xxh3_64(&head[56..HEADER]);
    head[48..56].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Loads what cannot be damage; if that works, makes an instance, but runs no code: that would be trusted.
fn try_out(form: Form, bytes: &[u8]) -> bool {
    let Ok(module) = form.load(bytes) else {
        return false;
    };
    assert!(module.exports().count() + module.imports().count() < 10_000);
    let _ = (module.serialize(), format!("{:?}", module.info()));
    let map = module.artifact().code_map();
    for offset in 0..module.artifact().code().len() as u32 {
        let _ = map.frames(offset);
    }
    if module.info().start_function.is_none() {
        let store = module.store();
        let f = Function::new_native(store, |_: i32| ());
        let _ = Instance::new(&module, &imports! { "m" => { "f" => f } });
    }
    true
}

#[test]
fn hostile_but_consistent_artifacts_do_no_harm() {
    for &form in FORMS {
        let bytes = small(form);
        let (start, code) = (artifact(&bytes).start, code(&bytes));
        assert!(try_out(form, &resealed(bytes.clone(), &code)));
        let mut random = Random(3);
        let (mut accepted, mut refused) = (0, 0);
        for round in 0..20_000 {
            let mut changed = bytes.clone();
            for _ in 0..=random.below(3) {
                // Every other time in the lengths and settings, where there is less of everything.
                let at = match round % 2 {
                    0 => start + 56 + random.below(500),
                    _ => start + 56 + random.below(code.start - start - 56),
                };
                changed[at] = match random.below(4) {
                    0 => 0xff,
                    1 => changed[at].wrapping_add(1),
                    2 => changed[at] ^ 1 << random.below(8),
                    _ => random.below(256) as u8,
                };
            }
            match try_out(form, &resealed(changed, &code)) {
                true => accepted += 1,
                false => refused += 1,
            }
        }
        // Renamed exports, other custom sections, padding.
        assert!(accepted > 100 && refused > 5_000, "{accepted} {refused}");
    }
}

#[test]
fn swapped_and_huge_lengths_are_refused() {
    for &form in FORMS {
        let bytes = small(form);
        let (start, code) = (artifact(&bytes).start, code(&bytes));
        let lengths = || {
            [64, 72]
                .into_iter()
                .chain(section_places())
                .map(|at| start + at)
        };
        for at in lengths() {
            for huge in [
                u64::MAX,
                i64::MAX as u64,
                1 << 40,
                0xffff_ffff,
                bytes.len() as u64,
            ] {
                let mut changed = bytes.clone();
                changed[at..at + 8].copy_from_slice(&huge.to_le_bytes());
                let outcome = form.load(&resealed(changed, &code));
                assert!(is_damage(outcome), "{at} {huge:x}");
            }
            for other in lengths().filter(|other| *other > at) {
                let mut changed = bytes.clone();
                for nth in 0..8 {
                    changed.swap(at + nth, other + nth);
                }
                let outcome = form.load(&changed);
                assert!(changed == bytes || is_damage(outcome), "{at} {other}");
                // With a checksum that fits, some make sense: tables of zeros where there was padding.
                try_out(form, &resealed(changed, &code));
            }
        }
    }
}

/// A module with so much data that not everything is verified when it is mapped, serialized.
fn large(form: Form) -> Vec<u8> {
    let data = "0123456789abcdef".repeat(3 << 16);
    let wat = format!(
        r#"(module $large
        (memory (export "memory") 64) (data (i32.const 8) "{data}")
        (table (export "table") 2 funcref) (elem (i32.const 0) $quotient $called)
        (func $quotient (export "quotient") (param i32) (result i32)
          (i32.div_u (i32.const 7) (call $called (local.get 0))))
        (func $called (export "load") (param i32) (result i32) (i32.load (local.get 0)))
        (@custom "c" "custom"))"#
    );
    form.compile(&wat).serialize().unwrap()
}

/// All that can be seen of an instance of it, but where in the module code is; `Err` if there is none.
fn seen(module: &Module) -> Result<String, InstantiationError> {
    let instance = Instance::new(module, &imports! {})?;
    let custom: Vec<_> = module.custom_sections("c").collect();
    let call = |name: &str, argument: i32| {
        let function = instance.exports.get_function(name).unwrap();
        let error = function.call(&[Val::I32(argument)]).unwrap_err();
        let frame = &error.trace()[0];
        let (name, place) = (frame.function_name().unwrap_or("?"), frame.func_offset());
        let place = if place == 0 { "its start" } else { "its place" };
        format!("{} in {name} at {place}", error.message())
    };
    // A division by the zero in front of the data, and an access behind the memory.
    let traps = (call("quotient", 0), call("load", -1));
    Ok(format!("{traps:?} {custom:?}"))
}

/// What becomes of it when a section is damaged.
fn with_damage(expected: &str, section: usize) -> String {
    match section {
        // What loading reads: settings, description, types and places of functions.
        0..6 => "corrupted binary: the checksum of its description does not match".to_owned(),
        8 | 9 => expected.replace("integer divide by zero", "out of bounds memory access"),
        6..17 => expected.replace("its place", "its start"),
        17 | 18 => "corrupted binary: its segments cannot be decoded".to_owned(),
        19 => "corrupted binary: the checksum of its data does not match".to_owned(),
        20 => expected.replace("[[99, 117, 115, 116, 111, 109]]", "[]"),
        _ => expected.replace("quotient", "?").replace("called", "?"),
    }
}

#[test]
fn what_is_not_read_at_once_is_verified_before_it_is_used() {
    for &form in FORMS {
        let bytes = large(form);
        let (start, code) = (artifact(&bytes).start, code(&bytes));
        // A new file each time, since what is mapped must not change.
        let load = |bytes: &[u8]| {
            let file = TestFile::with(&format!("large-{form:?}"), bytes);
            assert_eq!(
                is_damage(form.load_file_checked(&file.0)),
                is_damage(form.load(bytes))
            );
            form.load_file(&file.0)
        };
        let whole = seen(&load(&bytes).unwrap()).unwrap();
        let sections = sections(&bytes[start..], code.start - start);
        assert_eq!(sections.len(), 24);
        for (nth, section) in sections.iter().enumerate() {
            let middle = (section.start + section.end) / 2;
            for at in [section.start, middle, section.end.saturating_sub(1)] {
                if !section.contains(&at) {
                    continue;
                }
                let mut damaged = bytes.clone();
                damaged[start + at] ^= 0x10;
                assert!(is_damage(form.load(&damaged)), "{nth}");
                let outcome = match load(&damaged) {
                    Err(error) => error.to_string(),
                    Ok(module) => {
                        let error = module.serialize().unwrap_err().to_string();
                        assert_eq!(error, "it was loaded from a file that is damaged");
                        seen(&module).unwrap_or_else(|error| error.to_string())
                    }
                };
                let outcome =
                    outcome.replace("RuntimeError occurred during linking: RuntimeError: ", "");
                assert_eq!(outcome, with_damage(&whole, nth), "{nth}");
            }
        }
    }
}

#[test]
fn what_is_checked_late_is_checked_as_well() {
    for &form in FORMS {
        let bytes = large(form);
        let (start, code) = (artifact(&bytes).start, code(&bytes));
        let sections = sections(&bytes[start..], code.start - start);
        let mut random = Random(4);
        let (mut accepted, mut refused) = (0, 0);
        for _ in 0..300 {
            let mut changed = bytes.clone();
            // The lists of segments, with checksums that fit.
            let section = sections[17 + random.below(2)].clone();
            let at = start + section.start + random.below(section.len());
            changed[at] = random.below(256) as u8;
            let changed = resealed(changed, &code);
            let file = TestFile::with(&format!("late-{form:?}"), &changed);
            let mapped = form.load_file(&file.0).unwrap();
            let late = Instance::new(&mapped, &imports! {});
            let early = form.load(&changed);
            let early = early.map(|module| Instance::new(&module, &imports! {}).is_ok());
            assert_eq!(early.unwrap_or(false), late.is_ok());
            match late {
                Ok(_) => accepted += 1,
                Err(_) => refused += 1,
            }
        }
        assert!(accepted > 10 && refused > 100, "{accepted} {refused}");
    }
}

#[test]
fn another_process_runs_it() {
    const VARIABLE: &str = "WASMILL_TEST_ARTIFACT";
    let run = |form: Form, path: &Path| {
        let instance = Instance::new(&form.load_file(path).unwrap(), &imports! {}).unwrap();
        let function = instance.exports.get_native_function::<i32, i32>("triple");
        function.unwrap().call(14).unwrap()
    };
    // This test is also that process.
    if let Some(path) = std::env::var_os(VARIABLE) {
        let name = path.to_string_lossy().into_owned();
        let form = FORMS
            .iter()
            .find(|form| name.contains(&format!("{form:?}")));
        println!("the answer is {}", run(*form.unwrap(), Path::new(&path)));
        return;
    }
    for form in FORMS {
        let file = TestFile::new(&format!("process-{form:?}"));
        let wat = "(module (func (export \"triple\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))";
        form.compile(wat).serialize_to_file(&file.0).unwrap();
        let mut other = std::process::Command::new(std::env::current_exe().unwrap());
        other.args(["--exact", "another_process_runs_it", "--nocapture"]);
        let output = other.env(VARIABLE, &file.0).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("the answer is 42"),
            "{output:?}"
        );
    }
}

/// What of a file is mapped into this process: the access rights of each part.
#[cfg(target_os = "linux")]
fn mapped(path: &Path) -> Vec<String> {
    let path = path.to_str().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let lines = maps.lines().filter(|line| line.contains(path));
    lines
        .filter_map(|line| line.split(' ').nth(1))
        .map(str::to_owned)
        .collect()
}

#[test]
#[cfg(target_os = "linux")]
fn code_is_mapped_from_the_file_as_long_as_somebody_needs_it() {
    for form in FORMS {
        let file = TestFile::new(&format!("mapped-{form:?}"));
        let wat = "(module (func (export \"f\") (result i32) (i32.const 9)))";
        form.compile(wat).serialize_to_file(&file.0).unwrap();
        let module = form.load_file(&file.0).unwrap();
        let expected = match form {
            Form::Universal => &["r--p", "r-xp"][..],
            // What we read, and what the system's loader has mapped: nothing that can be written to.
            #[cfg(feature = "dylib")]
            Form::Native => &["r--p", "r--p", "r-xp", "r--p"],
        };
        let sorted = |mut parts: Vec<String>| {
            parts.sort();
            parts
        };
        let expected = sorted(expected.iter().map(ToString::to_string).collect());
        assert_eq!(sorted(mapped(&file.0)), expected);
        let instance = Instance::new(&module, &imports! {}).unwrap();
        drop(module);
        let function = instance
            .exports
            .get_native_function::<(), i32>("f")
            .unwrap();
        drop(instance);
        assert_eq!(sorted(mapped(&file.0)), expected);
        // Another one takes the place; who has the first keeps it.
        form.compile("(module)").serialize_to_file(&file.0).unwrap();
        assert_eq!(form.load_file(&file.0).unwrap().exports().len(), 0);
        std::fs::remove_file(&file.0).unwrap();
        assert_eq!(function.call().unwrap(), 9);
        drop(function);
        assert_eq!(mapped(&file.0), [""; 0]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_part_of_a_file_is_mapped_where_it_lies() {
    let wat = "(module (func (export \"f\") (result i32) (i32.const 9)))";
    let bytes = compile(wat).serialize().unwrap();
    let (before, end) = (0x2000, 0x2000 + bytes.len());
    let file = TestFile::with(
        "part",
        &[&vec![0xcc; before], &bytes[..], b"behind"].concat(),
    );
    let load = |form: Form, part: Range<usize>| {
        // SAFETY: this test has written it, and changes nothing.
        unsafe { Module::deserialize_from_file_part(&form.headless(), &file.0, part) }
    };
    let module = load(Form::Universal, before..end).unwrap();
    assert!(mapped(&file.0).contains(&"r-xp".to_owned()));
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let function = instance.exports.get_native_function::<(), i32>("f");
    assert_eq!(function.unwrap().call().unwrap(), 9);
    for wrong in [
        0..end,
        before..end - 1,
        before..end + 1,
        before..end + 7,
        before + 1..end,
        end..before,
        end..end,
        usize::MAX..usize::MAX,
    ] {
        assert!(load(Form::Universal, wrong.clone()).is_err(), "{wrong:?}");
    }
    #[cfg(feature = "dylib")]
    assert!(load(Form::Native, before..end).is_err());
}

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
