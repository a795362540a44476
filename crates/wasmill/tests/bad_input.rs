//! Modules that are broken, too large or lie about themselves: typed errors, no panic, nothing runs away, nothing stays
//! mapped.

use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmill::*;

/// Every kind of section, most kinds of operators.
const EVERYTHING: &str = r#"(module $all
    (@custom "extra" "some bytes")
    (type $unary (func (param i32) (result i32)))
    (import "env" "f" (func $f (type $unary)))
    (import "env" "g" (global $g i32))
    (table $t 4 8 funcref)
    (table $x 2 externref)
    (memory $m 1 3)
    (global $n (mut i64) (i64.const 7))
    (global $ref (mut funcref) (ref.func $double))
    (export "double" (func $double))
    (export "m" (memory $m))
    (export "t" (table $t))
    (export "n" (global $n))
    (start $begin)
    (elem $active (table $t) (i32.const 1) func $double $f)
    (elem $passive funcref (ref.func $double) (ref.null func))
    (elem declare func $wide)
    (data $text (i32.const 16) "active")
    (data $later "passive")
    (func $double (type $unary) (i32.add (local.get 0) (local.get 0)))
    (func $wide (param v128 f32 f64) (result v128 f64 i64)
      (i32x4.add (local.get 0) (i32x4.splat (i32.trunc_sat_f32_s (local.get 1))))
      (f64.sqrt (local.get 2))
      (i64.extend_i32_s (memory.grow (i32.const 0))))
    (func $choose (param i32) (result i32)
      (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 1))) (return (i32.const 2)))
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 3)) (else (call $double (local.get 0)))))
    (func $begin (local i32)
      (memory.init $later (i32.const 0) (i32.const 1) (i32.const 3))
      (data.drop $later)
      (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))
      (memory.copy (i32.const 100) (i32.const 0) (i32.const 8))
      (memory.fill (i32.const 200) (i32.const 7) (i32.const 9))
      (drop (call_indirect $t (type $unary) (i32.const 3) (i32.const 0)))
      (global.set $n (i64.load offset=8 (i32.const 16)))))"#;

/// Without imports, so that what still compiles can be instantiated.
const ALONE: &str = r#"(module
    (memory (export "m") 1 2) (table (export "t") 10 funcref) (global (export "g") (mut i32) (i32.const 1))
    (elem (i32.const 2) $a $b) (data (i32.const 60000) "hello")
    (func $a (export "a") (param i32 i64) (result i64)
      (i64.mul (i64.extend_i32_u (i32.load (local.get 0))) (local.get 1)))
    (func $b (export "b") (result f64) (f64.div (f64.const 1) (f64.convert_i32_s (global.get 0))))
    (func $s (i32.store8 (i32.const 8) (i32.const 255))) (start $s))"#;

const SMALL: &str = r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#;

/// The measures below are those of the process, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resident memory in KiB, and the number of mappings.
fn measures() -> (usize, usize) {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let resident = statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4;
    (
        resident,
        std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count(),
    )
}

/// Runs something that must leave neither memory nor mappings behind.
fn leaves_nothing(work: impl FnOnce()) {
    let before = measures();
    work();
    let after = measures();
    assert!(
        after.0 < before.0 + (256 << 10),
        "resident: {before:?} -> {after:?} KiB"
    );
    assert!(
        after.1 < before.1 + 100,
        "mappings: {before:?} -> {after:?}"
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak = peak
        .trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap();
    assert!(peak < 2 << 20, "at most 2 GiB, not {peak} KiB");
}

fn binary(wat: &str) -> Vec<u8> {
    wat2wasm(wat.as_bytes()).unwrap().into_owned()
}

/// What became of a module.
#[derive(Debug, PartialEq)]
enum Outcome {
    Refused,
    NotInstantiated,
    Instantiated,
}

/// Gives bytes to all of the API that reads them. Any error has a text that says something.
fn offer(store: &Store, bytes: &[u8]) -> Outcome {
    let valid = Module::validate(store, bytes);
    let module = match Module::new(store, bytes) {
        Ok(module) => module,
        Err(error) => {
            let text = error.to_string();
            let said = match &error {
                CompileError::Validate(_) => text.contains("(at offset "),
                CompileError::Wasm(_) | CompileError::Resource(_) | CompileError::Codegen(_) => {
                    true
                }
                _ => false,
            };
            assert!(said && text.len() > 20, "{error:?}");
            if is_wasm(bytes) && matches!(error, CompileError::Validate(_)) {
                assert_eq!(valid.unwrap_err().to_string(), text);
            }
            return Outcome::Refused;
        }
    };
    assert!(valid.is_ok() || !is_wasm(bytes));
    match Instance::new(&module, &()) {
        Ok(instance) => {
            assert_eq!(instance.exports.iter().count(), module.exports().len());
            Outcome::Instantiated
        }
        Err(InstantiationError::Link(_) | InstantiationError::Start(_)) => Outcome::NotInstantiated,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn every_prefix_is_refused_or_a_module() {
    let _one = alone();
    let store = Store::default();
    for wat in [EVERYTHING, ALONE, SMALL] {
        let whole = binary(wat);
        let expected = match wat {
            EVERYTHING => Outcome::NotInstantiated,
            _ => Outcome::Instantiated,
        };
        assert_eq!(offer(&store, &whole), expected);
        leaves_nothing(|| {
            // A cut between two sections leaves a valid module, if no code is missing then.
            let accepted = (0..whole.len())
                .filter(|length| offer(&store, &whole[..*length]) != Outcome::Refused);
            assert!(accepted.count() < 16);
        });
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}

#[test]
fn thousands_of_mutations() {
    let _one = alone();
    let store = Store::default();
    let mut random = Random(20_260_730);
    let mut seen = [0usize; 3];
    leaves_nothing(|| {
        for wat in [EVERYTHING, ALONE, SMALL] {
            let whole = binary(wat);
            for _ in 0..5_000 {
                let mut bytes = whole.clone();
                for _ in 0..=random.below(3) {
                    let place = 8 + random.below(bytes.len() - 8);
                    match random.below(4) {
                        0 => bytes[place] = random.below(256) as u8,
                        1 => bytes.insert(place, random.below(256) as u8),
                        2 => drop(bytes.remove(place)),
                        _ => bytes[place] ^= 1 << random.below(8),
                    }
                }
                seen[offer(&store, &bytes) as usize] += 1;
            }
        }
    });
    // All three happen, or the mutations test nothing.
    assert!(seen.iter().all(|count| *count > 200), "{seen:?}");
}

#[test]
fn noise_of_all_sizes() {
    let _one = alone();
    let store = Store::default();
    let mut random = Random(3);
    leaves_nothing(|| {
        for length in 0..600 {
            let noise: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
            assert_eq!(offer(&store, &noise), Outcome::Refused);
            let mut binary = b"\0asm\x01\0\0\0".to_vec();
            binary.extend(noise);
            offer(&store, &binary);
        }
    });
}

/// Mutated text, which a parser of its own reads.
#[test]
fn broken_text() {
    let _one = alone();
    let store = Store::default();
    let mut random = Random(77);
    leaves_nothing(|| {
        for length in 0..ALONE.len() {
            offer(&store, &ALONE.as_bytes()[..length]);
        }
        for _ in 0..500 {
            let mut text = EVERYTHING.as_bytes().to_vec();
            let place = random.below(text.len());
            text[place] = b"() \"$x9\xff.;"[random.below(10)];
            offer(&store, &text);
        }
    });
    let error = Module::new(&store, "(module (func (i32.const)))").unwrap_err();
    let CompileError::Wasm(WasmError::Generic(text)) = &error else {
        panic!("{error:?}")
    };
    assert!(text.starts_with("Error when converting wat: "), "{text}");
    assert_eq!(
        error.to_string(),
        format!("WebAssembly translation error: {text}")
    );
}

/// A module from sections given as bytes.
fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        bytes.push(*id);
        bytes.extend(number(content.len() as u32));
        bytes.extend(content);
    }
    bytes
}

/// Unsigned LEB128.
fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        bytes.push((value & 0x7f) as u8 | (u8::from(value > 0x7f) << 7));
        value >>= 7;
        if value == 0 {
            return bytes;
        }
    }
}

/// A count and as many copies of an item.
fn copies(count: u32, item: &[u8]) -> Vec<u8> {
    let mut bytes = number(count);
    bytes.extend(item.repeat(count as usize));
    bytes
}

/// One function of type `[] -> []` with this body: locals, code and `end`.
fn one_function(body: &[u8]) -> Vec<u8> {
    let mut code = vec![1];
    code.extend(number(body.len() as u32));
    code.extend(body);
    module(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (10, code)])
}

fn refused(store: &Store, what: &str, bytes: &[u8], text: &str) {
    let error = match Module::new(store, bytes) {
        Ok(module) => Instance::new(&module, &())
            .map(drop)
            .expect_err(&format!("{what} is accepted"))
            .to_string(),
        Err(error) => error.to_string(),
    };
    assert!(error.contains(text), "{what}: {error}");
}

#[test]
fn modules_over_the_limits() {
    let _one = alone();
    let store = Store::default();
    leaves_nothing(|| {
        let refused = |what, bytes: Vec<u8>, text| refused(&store, what, &bytes, text);
        refused(
            "a function with 50,001 locals",
            one_function(&[&[1][..], &number(50_001), &[0x7f, 0x0b]].concat()),
            "locals",
        );
        refused(
            "2^32-1 locals, four times",
            one_function(
                &[
                    &[4][..],
                    &[&number(u32::MAX)[..], &[0x7f]].concat().repeat(4),
                    &[0x0b],
                ]
                .concat(),
            ),
            "locals",
        );
        refused(
            "1,000,001 types",
            module(&[(1, copies(1_000_001, &[0x60, 0, 0]))]),
            "types",
        );
        refused(
            "1,000,001 functions",
            module(&[(1, vec![1, 0x60, 0, 0]), (3, copies(1_000_001, &[0]))]),
            "functions",
        );
        refused(
            "1,000,001 imports",
            module(&[
                (1, vec![1, 0x60, 0, 0]),
                (2, copies(1_000_001, &[0, 0, 0, 0])),
            ]),
            "imports",
        );
        refused(
            "1,000,001 globals",
            module(&[(6, copies(1_000_001, &[0x7f, 0, 0x41, 0, 0x0b]))]),
            "globals",
        );
        refused(
            "101 tables",
            module(&[(4, copies(101, &[0x70, 0, 0]))]),
            "too many tables",
        );
        refused(
            "two memories",
            module(&[(5, copies(2, &[0, 0]))]),
            "memories",
        );
        refused(
            "1,001 parameters",
            module(&[(1, [&[1, 0x60][..], &copies(1_001, &[0x7f]), &[0]].concat())]),
            "params",
        );
        refused(
            "1,001 results",
            module(&[(1, [&[1, 0x60, 0][..], &copies(1_001, &[0x7f])].concat())]),
            "returns",
        );
        refused(
            "a memory of 65,537 pages",
            module(&[(5, [&[1, 0][..], &number(65_537)].concat())]),
            "memory size must be at most",
        );
        refused(
            "a memory that may grow to 65,537 pages",
            module(&[(5, [&[1, 1, 0][..], &number(65_537)].concat())]),
            "memory size must be at most",
        );
        refused(
            "a memory with less at most than at least",
            module(&[(5, vec![1, 1, 2, 1])]),
            "size minimum must not be greater than maximum",
        );
        refused(
            "a table of 10,000,001 elements",
            module(&[(4, [&[1, 0x70, 0][..], &number(10_000_001)].concat())]),
            "table",
        );
        refused(
            "tables of 10,000,001 elements",
            module(&[(4, copies(2, &[&[0x70, 0][..], &number(5_000_001)].concat()))]),
            "too many table elements",
        );
        refused(
            "a table of 2^32-1 elements",
            module(&[(4, [&[1, 0x6f, 0][..], &number(u32::MAX)].concat())]),
            "table",
        );
        refused(
            "an import with a name of 100,001 bytes",
            module(&[
                (1, vec![1, 0x60, 0, 0]),
                (2, [&[1, 0][..], &copies(100_001, b"x"), &[0, 0]].concat()),
            ]),
            "string size",
        );
        refused(
            "a function of 8 million bytes",
            one_function(&[&[0][..], &[0x01].repeat(8_000_000), &[0x0b]].concat()),
            "size",
        );
    });
}

/// Counts that the bytes behind them do not hold.
#[test]
fn counts_that_lie() {
    let _one = alone();
    let store = Store::default();
    let lie = [0xff, 0xff, 0xff, 0xff, 0x0f];
    leaves_nothing(|| {
        for id in 1..=12 {
            let content = [&lie[..], &[0x60, 0, 0]].concat();
            refused(
                &store,
                "a count of 2^32-1",
                &module(&[(id, content)]),
                "at offset",
            );
            let mut bytes = module(&[]);
            bytes.push(id);
            bytes.extend(lie);
            refused(&store, "a section of 2^32-1 bytes", &bytes, "at offset");
        }
        let targets = [&[0, 0x41, 0, 0x0e][..], &lie, &[0, 0x0b]].concat();
        refused(
            &store,
            "a br_table of 2^32-1 targets",
            &one_function(&targets),
            "at offset",
        );
        let vector = [&[1][..], &lie, &[0x7f, 0x0b]].concat();
        refused(&store, "2^32-1 locals", &one_function(&vector), "at offset");
    });
}

/// Depth costs no stack of the host.
#[test]
fn deep_nesting() {
    let _one = alone();
    let store = Store::default();
    leaves_nothing(|| {
        for depth in [1_000, 5_000] {
            let nested =
                |start: &[u8]| [&[0][..], &start.repeat(depth), &[0x0b].repeat(depth + 1)].concat();
            assert_eq!(
                offer(&store, &one_function(&nested(&[0x02, 0x40]))),
                Outcome::Instantiated
            );
            offer(&store, &one_function(&nested(&[0x03, 0x40])));
            offer(&store, &one_function(&nested(&[0x41, 0, 0x04, 0x40])));
        }
        let blocks = [
            &[0][..],
            &[0x02, 0x40].repeat(200_000),
            &[0x0b].repeat(200_001),
        ]
        .concat();
        offer(&store, &one_function(&blocks));
        let operands = [
            &[0][..],
            &[0x41, 1].repeat(50_000),
            &[0x6a].repeat(49_999),
            &[0x1a, 0x0b],
        ]
        .concat();
        offer(&store, &one_function(&operands));
        let pushed = [
            &[0][..],
            &[0x41, 1].repeat(1_000_001),
            &[0x1a].repeat(1_000_001),
            &[0x0b],
        ]
        .concat();
        offer(&store, &one_function(&pushed));
        let text = format!(
            "(module (func {} {}))",
            "(block ".repeat(100_000),
            ")".repeat(100_000)
        );
        offer(&store, text.as_bytes());
        let text = format!(
            "(module (func (result i32) {}))",
            "(i32.eqz ".repeat(100_000)
        );
        refused(
            &store,
            "100,000 open parentheses",
            text.as_bytes(),
            "Error when converting wat: ",
        );
        let text = "(".repeat(1_000_000);
        refused(
            &store,
            "1,000,000 open parentheses",
            text.as_bytes(),
            "Error when converting wat: ",
        );
    });
}

/// Few bytes that stand for many values: every local in every loop.
#[test]
fn products() {
    let _one = alone();
    let store = Store::default();
    leaves_nothing(|| {
        for (locals, loops) in [(100, 100), (400, 400), (5_000, 5_000)] {
            let mut body = [
                &[1][..],
                &number(locals),
                &[0x7f],
                &[0x03, 0x40].repeat(loops),
            ]
            .concat();
            for local in 0..locals {
                body.extend(
                    [
                        &[0x20][..],
                        &number(local),
                        &[0x41, 1, 0x6a, 0x21],
                        &number(local),
                    ]
                    .concat(),
                );
            }
            for _ in 0..loops {
                body.extend([0x41, 0, 0x0d, 0, 0x0b]);
            }
            body.push(0x0b);
            // They compile, all of them, in time that follows their size (a quadratic compiler would not come back).
            let outcome = offer(&store, &one_function(&body));
            assert_eq!(
                outcome,
                Outcome::Instantiated,
                "{locals} locals, {loops} loops"
            );
        }
    });
}

/// What may be declared is not paid for until it is used.
#[test]
fn large_but_allowed() {
    let _one = alone();
    let store = Store::default();
    leaves_nothing(|| {
        let memory = Module::new(&store, "(module (memory 65536) (func (export \"f\")))").unwrap();
        let instances: Vec<_> = (0..4)
            .map(|_| Instance::new(&memory, &()).unwrap())
            .collect();
        drop(instances);
        let locals = one_function(&[&[1][..], &number(50_000), &[0x7f, 0x0b]].concat());
        assert_ne!(offer(&store, &locals), Outcome::NotInstantiated);
    });
}
