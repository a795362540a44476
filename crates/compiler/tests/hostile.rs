//! Modules that mean harm: cut off, with bytes changed, with numbers that nothing stands behind, or simply large.
//!
//! Whatever the bytes, the front end gives an error of its own type: a panic anywhere fails these tests, and a table made
//! to the size that a header claims would not fit the machine.

mod support;

use support::{Builder, check, function_type, leb, module, ops_modules, sized};
use wasmill_compiler::{CompileError, Features, WasmError, translate, validate};

/// Checks a module that may be anything. The driver and plain validation must agree, but for the driver's own limits.
fn survive(wasm: &[u8], what: &str) -> bool {
    let features = Features::default();
    let outcome = check(wasm, &features);
    match &outcome {
        Ok(_) => {}
        Err(CompileError::Validate(text)) => {
            assert!(text.contains("(at offset "), "{what}: {text}");
        }
        Err(CompileError::Resource(_) | CompileError::Wasm(WasmError::ImplLimitExceeded)) => {
            return false;
        }
        Err(error) => panic!("{what}: {error}"),
    }
    let valid = validate(wasm, &features).is_ok();
    assert_eq!(outcome.is_ok(), valid, "{what}: {outcome:?}");
    valid
}

#[test]
fn every_prefix() {
    let mut cases = 0;
    for (name, wasm) in ops_modules() {
        for length in 0..wasm.len() {
            let what = format!("{name} cut to {length} bytes");
            // A module may end between two sections, but not one that has functions left without code.
            survive(&wasm[..length], &what);
            cases += 1;
        }
        assert!(survive(&wasm, &name), "the whole of {name}");
    }
    assert!(cases > 1_000, "{cases}");
}

#[test]
fn every_byte_changed() {
    let (mut cases, mut valid) = (0, 0);
    for (name, original) in ops_modules() {
        let mut wasm = original.clone();
        for at in 0..wasm.len() {
            let byte = original[at];
            let bits = (0..8).map(|bit| byte ^ (1 << bit));
            let others = [
                0,
                0x0b,
                0x40,
                0x7f,
                0x80,
                0xfc,
                0xfd,
                0xff,
                byte.wrapping_add(1),
            ];
            for changed in bits.chain(others).filter(|changed| *changed != byte) {
                wasm[at] = changed;
                valid += u32::from(survive(
                    &wasm,
                    &format!("{name}, byte {at} is {changed:#x}"),
                ));
                cases += 1;
            }
            wasm[at] = byte;
        }
    }
    assert!(cases > 10_000, "{cases}");
    // Names, constants and indices can change without harm: this proves that changed modules were looked into.
    assert!(valid > 1_000 && valid < cases / 2, "{valid} of {cases}");
}

#[test]
fn every_byte_doubled_or_dropped() {
    for (name, original) in ops_modules() {
        for at in 8..original.len() {
            let mut wasm = original.clone();
            wasm.insert(at, original[at]);
            survive(&wasm, &format!("{name}, byte {at} twice"));
            wasm.drain(at..at + 2);
            survive(&wasm, &format!("{name}, byte {at} dropped"));
        }
    }
}

/// A section that claims `count` items and holds none, or a few bytes that could begin one.
#[test]
fn counts_that_nothing_stands_behind() {
    let claims = [1, 1_000, 99_999, 1_000_000, 10_000_000, u64::from(u32::MAX)];
    for section in 0..=13 {
        for count in claims {
            for filling in [&[][..], &[0; 3], &[0x60, 0, 0], &[0x7f; 9]] {
                let mut content = leb(count);
                content.extend_from_slice(filling);
                let wasm = Builder::new().section(section, &content).finish();
                survive(&wasm, &format!("section {section} claims {count}"));
            }
        }
    }
    // The same inside items: parameters, locals, targets, elements, names.
    for count in claims {
        let mut ty = vec![0x60];
        ty.extend(leb(count));
        survive(&module(&[ty], &[]), "parameters");
        survive(
            &module(&[function_type(0, 0)], &[(0, leb(count))]),
            "runs of locals",
        );
        let mut br_table = vec![0, 0x41, 0, 0x0e];
        br_table.extend(leb(count));
        survive(&module(&[function_type(0, 0)], &[(0, br_table)]), "targets");
        let mut elements = vec![1];
        elements.extend([1, 0]);
        elements.extend(leb(count));
        survive(&Builder::new().section(9, &elements).finish(), "elements");
        let mut data = vec![1, 1];
        data.extend(leb(count));
        survive(&Builder::new().section(11, &data).finish(), "data");
        let mut names = sized(b"name");
        names.push(1);
        names.extend(sized(&leb(count)));
        assert!(survive(
            &Builder::new().section(0, &names).finish(),
            "names"
        ));
    }
}

fn error(wasm: &[u8]) -> CompileError {
    check(wasm, &Features::default()).expect_err("above a limit")
}

#[test]
fn locals_up_to_the_limit() {
    let body = |count: u64| {
        let mut body = vec![1];
        body.extend(leb(count));
        body.extend([0x7f, 0x0b]);
        module(&[function_type(0, 0)], &[(0, body)])
    };
    // One hook for the function and one for its end: runs are passed on as runs.
    assert_eq!(check(&body(50_000), &Features::default()).unwrap(), 2);
    assert!(matches!(error(&body(50_001)), CompileError::Validate(_)));
    assert!(matches!(
        error(&body(u64::from(u32::MAX))),
        CompileError::Validate(_)
    ));
    // Runs of nothing are no runs.
    let empty = [vec![5], [0, 0x7f].repeat(5), vec![0x0b]].concat();
    let wasm = module(&[function_type(0, 0)], &[(0, empty)]);
    assert_eq!(check(&wasm, &Features::default()).unwrap(), 2);
}

#[test]
fn many_functions_with_many_locals() {
    let wasm = |functions: usize, count: u64| {
        let body = [&[1][..], &leb(count), &[0x7f, 0x0b]].concat();
        module(&[function_type(0, 0)], &vec![(0, body); functions])
    };
    assert!(check(&wasm(10, 50_000), &Features::default()).is_ok());
    assert!(check(&wasm(2_000, 100), &Features::default()).is_ok());
    assert!(matches!(
        error(&wasm(2_000, 50_000)),
        CompileError::Resource(_)
    ));
}

#[test]
fn deep_nesting_is_linear() {
    let nested = |depth: usize, open: &[u8], dead: bool| {
        let mut body = vec![0];
        if dead {
            body.push(0x00);
        }
        body.extend(open.repeat(depth));
        body.extend(vec![0x0b; depth + 1]);
        module(&[function_type(0, 0)], &[(0, body)])
    };
    let features = Features::default();
    for open in [&[0x02, 0x40][..], &[0x03, 0x40], &[0x41, 0, 0x04, 0x40]] {
        let depth = 300_000;
        let hooks = check(&nested(depth, open, false), &features).unwrap();
        let per_level = if open.len() > 2 { 3 } else { 2 };
        assert_eq!(hooks, 2 + per_level * depth as u64);
        // Dead frames cost the back end nothing.
        assert_eq!(check(&nested(depth, open, true), &features).unwrap(), 3);
    }
}

#[test]
fn large_br_tables_are_linear() {
    let table = |cases: u64, nesting: usize| {
        let mut body = vec![0];
        body.extend([0x02, 0x40].repeat(nesting));
        body.extend([0x41, 0, 0x0e]);
        body.extend(leb(cases));
        for case in 0..=cases {
            body.extend(leb(case % (nesting as u64 + 1)));
        }
        body.extend(vec![0x0b; nesting + 1]);
        module(&[function_type(0, 0)], &[(0, body)])
    };
    // The checking back end looks at each target once.
    let hooks = check(&table(2_000_000, 100), &Features::default()).unwrap();
    assert_eq!(hooks, 2 + 2 * 100 + 2);
    assert!(matches!(
        error(&table(7_700_000, 1)),
        CompileError::Validate(_)
    ));
}

/// A few bytes that pass a thousand values again and again.
#[test]
fn amplification_is_bounded() {
    let thousand = [
        function_type(0, 1000),
        function_type(1000, 1000),
        function_type(0, 0),
    ];
    let body = |bytes: &[u8], times: usize, end: &[u8]| {
        let body = [&[0][..], &bytes.repeat(times), end].concat();
        let first = [vec![0, 0x00, 0x0b]].concat();
        let wasm = module(&thousand, &[(0, first.clone()), (1, first), (2, body)]);
        check(&wasm, &Features::default())
    };
    let is_resource = |outcome: Result<u64, _>| matches!(outcome, Err(CompileError::Resource(_)));
    // A few are fine.
    assert!(body(&[0x10, 0], 20, &[0x00, 0x0b]).is_ok());
    // Calls that pile up operands.
    assert!(is_resource(body(&[0x10, 0], 1_000_000, &[0x00, 0x0b])));
    // Calls that take and give.
    let chain = [&[0x10, 0][..], &[0x10, 1].repeat(1_000_000)].concat();
    assert!(is_resource(body(&chain, 1, &[0x00, 0x0b])));
    // Blocks, loops and branches with parameters.
    for bytes in [&[0x02, 1, 0x0b][..], &[0x03, 1, 0x0b], &[0x41, 0, 0x0d, 0]] {
        let chain = [&[0x02, 0, 0x10, 0][..], &bytes.repeat(1_000_000), &[0x0b]].concat();
        assert!(is_resource(body(&chain, 1, &[0x00, 0x0b])), "{bytes:x?}");
    }
    // In dead code the validator does the work.
    let chain = [0x02, 0, 0x00, 0x0b].repeat(1_000_000);
    assert!(is_resource(body(&chain, 1, &[0x00, 0x0b])));
    let chain = [&[0x02, 0, 0x00][..], &[0x0d, 0].repeat(3_000_000), &[0x0b]].concat();
    assert!(is_resource(body(&chain, 1, &[0x00, 0x0b])));
    // A jump table whose targets all take a thousand arguments.
    let mut table = vec![0x02, 0, 0x10, 0, 0x41, 0, 0x0e];
    table.extend(leb(1_000_000));
    table.extend(vec![0; 1_000_001]);
    table.push(0x0b);
    assert!(is_resource(body(&table, 1, &[0x00, 0x0b])));
}

#[test]
fn tables_up_to_the_limit() {
    let table = |minimum: u64| {
        let item = [vec![0x70, 0], leb(minimum)].concat();
        Builder::new().items(4, &[item]).finish()
    };
    assert!(check(&table(10_000_000), &Features::default()).is_ok());
    assert!(matches!(
        error(&table(10_000_001)),
        CompileError::Resource(_)
    ));
    assert!(matches!(
        error(&table(u64::from(u32::MAX))),
        CompileError::Resource(_)
    ));
    assert!(matches!(error(&table(1 << 32)), CompileError::Validate(_)));
}

#[test]
fn one_memory() {
    let memories = |count: usize| {
        let items = vec![vec![0, 1]; count];
        Builder::new().items(5, &items).finish()
    };
    assert!(check(&memories(1), &Features::default()).is_ok());
    let several = Features::default().multi_memory(true).clone();
    assert!(check(&memories(2), &several).is_ok());
    assert!(check(&memories(101), &several).is_err());
    let CompileError::Validate(text) = error(&memories(2)) else {
        panic!("another error");
    };
    assert!(text.contains("multiple memories"), "{text}");
}

#[test]
fn unsupported_proposals_are_named() {
    for name in ["threads", "tail_call", "module_linking", "memory64"] {
        let mut features = Features::default();
        match name {
            "threads" => features.threads(true),
            "tail_call" => features.tail_call(true),
            "module_linking" => features.module_linking(true),
            _ => features.memory64(true),
        };
        let error = translate(b"\0asm\x01\0\0\0", &features).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Feature {name} is not yet supported")
        );
    }
}

#[test]
fn operators_of_switched_off_proposals_are_invalid() {
    type Switch = fn(&mut Features) -> &mut Features;
    let cases: &[(&str, Switch)] = &[
        ("(func (drop (v128.const i32x4 0 0 0 0)))", |f| {
            f.simd(false)
        }),
        (
            "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
            |f| f.bulk_memory(false),
        ),
        ("(func (drop (ref.is_null (ref.null extern))))", |f| {
            f.reference_types(false)
        }),
        ("(func (result i32 i32) unreachable)", |f| {
            f.multi_value(false)
        }),
    ];
    for (text, switch_off) in cases {
        let wasm = wat::parse_str(text).unwrap();
        let mut features = Features::default();
        assert!(check(&wasm, &features).is_ok(), "{text}");
        switch_off(&mut features);
        let outcome = check(&wasm, &features);
        assert!(
            matches!(outcome, Err(CompileError::Validate(_))),
            "{text}: {outcome:?}"
        );
    }
    let never = [
        "(memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0))))",
        "(func return_call 0)",
        "(func throw_ref)",
        "(type (struct)) (func)",
        "(component)",
    ];
    for text in never {
        let wasm = wat::parse_str(text).unwrap();
        let outcome = check(&wasm, &Features::default());
        assert!(
            matches!(outcome, Err(CompileError::Validate(_))),
            "{text}: {outcome:?}"
        );
    }
}
