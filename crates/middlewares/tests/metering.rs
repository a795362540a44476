//! Metering: what execution costs, on every path through code, to the point.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use support::random::Program;
use support::{Counter, Metered, cost_by_name, points, store};
use wasmill::wasmparser::Operator;
use wasmill::*;
use wasmill_middlewares::Metering;
use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};

/// The costs of the API's own figures.
fn figures(operator: &Operator) -> u64 {
    match operator {
        Operator::LocalGet { .. } | Operator::I32Const { .. } => 1,
        Operator::I32Add => 2,
        _ => 0,
    }
}

const ADD_ONE: &str = r#"(module
    (func (export "add_one") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

#[test]
fn points_go_down_and_run_out() {
    let store = store([Arc::new(Metering::new(10, figures)) as _]);
    let module = Module::new(&store, ADD_ONE).unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let add_one = instance
        .exports
        .get_native_function::<i32, i32>("add_one")
        .unwrap();
    let run_out = || {
        let error = add_one.call(1).unwrap_err();
        assert_eq!(error.message(), "unreachable");
        assert_eq!(get_remaining_points(&instance), MeteringPoints::Exhausted);
    };
    assert_eq!(
        get_remaining_points(&instance),
        MeteringPoints::Remaining(10)
    );
    for left in [6, 2] {
        assert_eq!(add_one.call(1).unwrap(), 2);
        assert_eq!(
            get_remaining_points(&instance),
            MeteringPoints::Remaining(left)
        );
    }
    run_out();
    set_remaining_points(&instance, 12);
    for left in [8, 4, 0] {
        assert_eq!(add_one.call(1).unwrap(), 2);
        assert_eq!(
            get_remaining_points(&instance),
            MeteringPoints::Remaining(left)
        );
    }
    run_out();
    set_remaining_points(&instance, 4);
    assert_eq!(
        get_remaining_points(&instance),
        MeteringPoints::Remaining(4)
    );
    // Another instance has points of its own.
    let other = Instance::new(&module, &imports! {}).unwrap();
    assert_eq!(get_remaining_points(&other), MeteringPoints::Remaining(10));
}

#[test]
#[allow(unsafe_code, reason = "loading compiled code is unsafe")]
fn points_count_without_a_compiler() {
    let store = store([Arc::new(Metering::new(10, figures)) as _]);
    let stored = Module::new(&store, ADD_ONE).unwrap().serialize().unwrap();
    let headless = Store::new(&Universal::headless().engine());
    // SAFETY: the bytes are those that were just made.
    let module = unsafe { Module::deserialize(&headless, &stored) }.unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let add_one = instance
        .exports
        .get_native_function::<i32, i32>("add_one")
        .unwrap();
    for left in [6, 2] {
        assert_eq!(add_one.call(1).unwrap(), 2);
        assert_eq!(
            get_remaining_points(&instance),
            MeteringPoints::Remaining(left)
        );
    }
    assert_eq!(add_one.call(1).unwrap_err().message(), "unreachable");
    assert_eq!(get_remaining_points(&instance), MeteringPoints::Exhausted);
    set_remaining_points(&instance, 4);
    assert_eq!(add_one.call(1).unwrap(), 2);
}

#[test]
fn the_points_are_exports_of_the_instance() {
    let store = store([Arc::new(Metering::new(u64::MAX, figures)) as _]);
    let module = Module::new(&store, ADD_ONE).unwrap();
    let exports: Vec<_> = module
        .exports()
        .map(|e| (e.name().to_owned(), e.ty().clone()))
        .collect();
    let variable = |ty| ExternType::Global(GlobalType::new(ty, Mutability::Var));
    assert_eq!(
        exports[1..],
        [
            (
                "wasmer_metering_remaining_points".into(),
                variable(Type::I64)
            ),
            (
                "wasmer_metering_points_exhausted".into(),
                variable(Type::I32)
            ),
        ]
    );
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let global = |name| instance.exports.get_global(name).unwrap();
    let remaining = global("wasmer_metering_remaining_points");
    assert_eq!(remaining.get(), Val::I64(-1));
    assert_eq!(
        get_remaining_points(&instance),
        MeteringPoints::Remaining(u64::MAX)
    );
    global("wasmer_metering_points_exhausted")
        .set(Val::I32(1))
        .unwrap();
    assert_eq!(get_remaining_points(&instance), MeteringPoints::Exhausted);
    set_remaining_points(&instance, 1 << 63);
    assert_eq!(remaining.get(), Val::I64(i64::MIN));
    let add_one = instance
        .exports
        .get_native_function::<i32, i32>("add_one")
        .unwrap();
    add_one.call(1).unwrap();
    assert_eq!(
        get_remaining_points(&instance),
        MeteringPoints::Remaining((1 << 63) - 4)
    );
}

#[test]
fn guests_cannot_replace_their_points() {
    let store = store([Arc::new(Metering::new(3, figures)) as _]);
    let error = Module::new(&store, thief()).unwrap_err().to_string();
    assert!(
        error.starts_with("Validation error: unknown global"),
        "{error}"
    );
    // Nothing was metered yet.
    let wat = r#"(module
        (global (export "wasmer_metering_remaining_points") (mut i64) (i64.const 1000000))
        (global (export "wasmer_metering_points_exhausted") (mut i32) (i32.const 0))
        (func (export "f") (global.set 0 (i64.const 1000000)) (drop (i32.const 1))))"#;
    let module = Module::new(&store, wat).unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let f = instance.exports.get_native_function::<(), ()>("f").unwrap();
    f.call().unwrap();
    assert_eq!(
        get_remaining_points(&instance),
        MeteringPoints::Remaining(2)
    );
}

/// Sets global 1, which only metering declares.
fn thief() -> Vec<u8> {
    let honest = r#"(module (global i64 (i64.const 0)) (global (mut i64) (i64.const 0))
        (func (export "f") (global.set 1 (i64.const 9))))"#;
    let binary = wat2wasm(honest.as_bytes()).unwrap();
    // The section with the two globals becomes one with the first.
    let start = binary
        .windows(3)
        .position(|bytes| bytes == [6, 11, 2])
        .unwrap();
    let mut changed = binary[..start].to_vec();
    changed.extend([6, 6, 1]);
    changed.extend(&binary[start + 3..start + 8]);
    changed.extend(&binary[start + 13..]);
    changed
}

#[test]
fn a_second_module_needs_a_second_metering() {
    let store = store([Arc::new(Metering::new(10, figures)) as _]);
    Module::new(&store, ADD_ONE).unwrap();
    let second = catch_unwind(AssertUnwindSafe(|| Module::new(&store, ADD_ONE)));
    let message = second.unwrap_err();
    let text = "Attempting to use a `Metering` middleware from multiple modules.";
    assert_eq!(message.downcast_ref::<&str>(), Some(&text));
}

#[test]
fn instances_that_are_not_metered_have_no_points() {
    let module = Module::new(&Store::default(), ADD_ONE).unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    for outcome in [
        catch_unwind(AssertUnwindSafe(|| _ = get_remaining_points(&instance))),
        catch_unwind(AssertUnwindSafe(|| set_remaining_points(&instance, 1))),
    ] {
        let message = outcome.unwrap_err();
        let text = message.downcast_ref::<String>().unwrap();
        assert!(text.starts_with("the instance is not metered"), "{text}");
    }
}

/// A cost for some operators, one decimal digit each: so the points used say how often each was paid for.
fn digits(operator: &Operator) -> u64 {
    match operator {
        Operator::I32Const { .. } => 1,
        Operator::LocalGet { .. } => 10,
        Operator::If { .. } => 100,
        Operator::Else => 1_000,
        Operator::End => 10_000,
        Operator::Br { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } => 100_000,
        Operator::Nop => 1_000_000,
        Operator::Loop { .. } | Operator::Block { .. } => 10_000_000,
        Operator::Call { .. } | Operator::CallIndirect { .. } => 100_000_000,
        Operator::Return | Operator::Unreachable => 1_000_000_000,
        Operator::I32Load { .. } | Operator::I32DivU => 10_000_000_000,
        _ => 0,
    }
}

/// The points that the body of a function uses: it has a parameter, a memory, a table without functions, and `$callee`, whose
/// body is two `nop`s with `end`.
fn used(body: &str, argument: i32) -> (u64, Option<String>) {
    let wat = format!(
        r#"(module (memory 1) (table 1 funcref) (type $none (func))
             (func $callee nop nop)
             (func (export "f") (param i32) {body}))"#
    );
    let metered = Metered::new(&wat, digits);
    metered.run(argument)
}

#[test]
fn every_path_costs_what_is_on_it() {
    // Name, body, argument, points used. Digits from the right: constants, `local.get`, `if`, `else`, `end`, branches, `nop`,
    // blocks, calls, `return`, accesses.
    let cases: [(&str, &str, i32, u64); 18] = [
        ("nothing", "", 0, 10_000),
        (
            "if, taken",
            "nop (if (local.get 0) (then nop nop))",
            1,
            3_020_110,
        ),
        (
            "if, not taken",
            "nop (if (local.get 0) (then nop nop))",
            0,
            1_010_110,
        ),
        (
            "then",
            "(if (local.get 0) (then nop) (else nop nop)) nop",
            1,
            2_011_110,
        ),
        (
            "else",
            "(if (local.get 0) (then nop) (else nop nop)) nop",
            0,
            3_020_110,
        ),
        (
            "br_if, taken",
            "(block nop (br_if 0 (local.get 0)) nop nop) nop",
            1,
            12_110_010,
        ),
        (
            "br_if, not taken",
            "(block nop (br_if 0 (local.get 0)) nop nop) nop",
            0,
            14_120_010,
        ),
        (
            "br over an end",
            "(block (block nop (br 1)) nop nop)",
            0,
            21_110_000,
        ),
        (
            "br_table, first",
            "(block (block (br_table 0 1 (local.get 0))) nop nop) nop",
            0,
            23_120_010,
        ),
        (
            "br_table, default",
            "(block (block (br_table 0 1 (local.get 0))) nop nop) nop",
            9,
            21_110_010,
        ),
        (
            "loop",
            "(loop nop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)))",
            3,
            13_320_063,
        ),
        (
            "return",
            "nop (if (local.get 0) (then return)) nop",
            1,
            1_001_000_110,
        ),
        (
            "no return",
            "nop (if (local.get 0) (then return)) nop",
            0,
            2_010_110,
        ),
        ("call", "nop (call $callee) nop", 0, 104_020_000),
        ("dead code", "(block (br 0) nop nop nop) nop", 0, 11_110_000),
        ("dead end", "return nop nop nop", 0, 1_000_000_000),
        (
            "load",
            "nop (drop (i32.load (i32.const 4))) nop",
            0,
            10_002_010_001,
        ),
        (
            "division",
            "(drop (i32.div_u (i32.const 1) (local.get 0))) nop",
            1,
            10_001_010_011,
        ),
    ];
    for (name, body, argument, expected) in cases {
        assert_eq!(used(body, argument), (expected, None), "{name}");
    }
}

#[test]
fn what_traps_is_paid_for_and_nothing_behind_it() {
    let cases: [(&str, &str, u64); 6] = [
        (
            "out of bounds memory access",
            "nop (drop (i32.load (i32.const -1))) nop nop",
            10_001_000_001,
        ),
        (
            "integer divide by zero",
            "(drop (i32.div_u (i32.const 1) (local.get 0))) nop",
            10_000_000_011,
        ),
        ("unreachable", "nop nop unreachable nop", 1_002_000_000),
        (
            "uninitialized element",
            "nop (call_indirect (type $none) (i32.const 0)) nop",
            101_000_001,
        ),
        (
            "out of bounds memory access",
            "nop (call $callee) (drop (i32.load (i32.const -1))) nop",
            10_103_010_001,
        ),
        (
            "unreachable",
            "(block nop (br_if 0 (local.get 0)) unreachable) nop nop",
            1_011_100_010,
        ),
    ];
    for (message, body, expected) in cases {
        let (points, trap) = used(body, 0);
        assert_eq!(points, expected, "{body}");
        let trap = trap.unwrap();
        assert!(trap.contains(message), "{trap}");
    }
}

#[test]
fn nothing_escapes_payment_by_trapping() {
    let traps = [
        "(drop (i64.load (i32.const -1)))",
        "(drop (f32.load (i32.const -1)))",
        "(drop (f64.load (i32.const -1)))",
        "(drop (i32.load8_s (i32.const -1)))",
        "(drop (i64.load32_u (i32.const -1)))",
        "(i32.store (i32.const -1) (i32.const 0))",
        "(i64.store16 (i32.const -1) (i64.const 0))",
        "(f64.store (i32.const -1) (f64.const 0))",
        "(drop (v128.load (i32.const -1)))",
        "(drop (v128.load8x8_s (i32.const -1)))",
        "(drop (v128.load32_splat (i32.const -1)))",
        "(drop (v128.load64_zero (i32.const -1)))",
        "(drop (v128.load16_lane 1 (i32.const -1) (v128.const i64x2 0 0)))",
        "(v128.store (i32.const -1) (v128.const i64x2 0 0))",
        "(v128.store64_lane 1 (i32.const -1) (v128.const i64x2 0 0))",
        "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
        "(drop (i64.div_s (i64.const -9223372036854775808) (i64.const -1)))",
        "(drop (i32.rem_s (i32.const 1) (i32.const 0)))",
        "(drop (i64.rem_u (i64.const 1) (i64.const 0)))",
        "(drop (i32.trunc_f32_s (f32.const nan)))",
        "(drop (i32.trunc_f64_u (f64.const -1)))",
        "(drop (i64.trunc_f32_u (f32.const 1e30)))",
        "(drop (i64.trunc_f64_s (f64.const inf)))",
        "(memory.fill (i32.const -1) (i32.const 0) (i32.const 2))",
        "(memory.copy (i32.const -1) (i32.const 0) (i32.const 2))",
        "(memory.init $data (i32.const 0) (i32.const 0) (i32.const 9))",
        "(table.init $elements (i32.const 0) (i32.const 0) (i32.const 9))",
        "(table.copy (i32.const 0) (i32.const 0) (i32.const 9))",
        "(table.fill 0 (i32.const 0) (ref.null func) (i32.const 9))",
        "(drop (table.get 0 (i32.const 9)))",
        "(table.set 0 (i32.const 9) (ref.null func))",
        "(call_indirect (type $none) (i32.const 9))",
        "(call_indirect (type $none) (i32.const 0))",
        "(call $trap)",
        "(call $deep)",
    ];
    for trap in traps {
        let wat = format!(
            r#"(module (memory 1) (table 1 funcref) (type $none (func))
                 (data $data "abc") (elem $elements funcref (ref.null func))
                 (func $trap nop unreachable)
                 (func $deep (call $deep) nop)
                 (func (export "f") (param i32)
                   nop nop {trap} nop nop nop))"#
        );
        let (points, message) = Metered::new(&wat, cost_by_name).run(0);
        let (count, same) = Counter::run(&wat, cost_by_name, 0);
        assert!(message.is_some(), "{trap}");
        assert_eq!(message, same, "{trap}");
        // How deep recursion gets depends on the code.
        if trap != "(call $deep)" {
            assert_eq!(points, count, "{trap}");
        }
    }
}

#[test]
fn random_programs_pay_for_exactly_what_they_execute() {
    let (mut traps, mut ends, mut most) = (0, 0, 0);
    for seed in 1..=120 {
        let wat = Program::new(seed).module();
        let metered = Metered::new(&wat, cost_by_name);
        for argument in [0, 1, 5] {
            let outcome = metered.run(argument);
            let counted = Counter::run(&wat, cost_by_name, argument);
            assert_eq!(outcome, counted, "seed {seed}, argument {argument}: {wat}");
            let (used, trap) = outcome;
            match &trap {
                Some(_) => traps += 1,
                None => ends += 1,
            }
            most = most.max(used);
            // Just enough is enough; one less is not.
            assert_eq!(
                metered.run_with(used, argument),
                (Some(0), trap),
                "seed {seed}"
            );
            if used > 0 {
                let short = metered.run_with(used - 1, argument);
                assert_eq!(
                    short,
                    (None, Some("unreachable".into())),
                    "seed {seed}: {wat}"
                );
            }
        }
    }
    assert!(
        traps > 30 && ends > 30 && most > 1_000,
        "{traps} {ends} {most}"
    );
}

#[test]
fn costs_may_be_anything() {
    let priceless = Metered::new(
        r#"(module (func (export "f") (param i32) nop nop))"#,
        |_| u64::MAX,
    );
    assert_eq!(priceless.run_with(u64::MAX, 0), (Some(0), None));
    let short = priceless.run_with(u64::MAX - 1, 0);
    assert_eq!(short, (None, Some("unreachable".into())));
    let free = Metered::new(r#"(module (func (export "f") (param i32) nop nop))"#, |_| 0);
    assert_eq!(free.run_with(0, 0), (Some(0), None));
}

#[test]
fn metering_charges_for_what_middlewares_before_it_make() {
    let limit = 1_000;
    let charge = |chain: Vec<Arc<dyn ModuleMiddleware>>| {
        let module = Module::new(&store(chain), ADD_ONE).unwrap();
        let instance = Instance::new(&module, &imports! {}).unwrap();
        let add_one = instance
            .exports
            .get_native_function::<i32, i32>("add_one")
            .unwrap();
        add_one.call(1).unwrap();
        limit - points(&instance).unwrap()
    };
    let metering = || Arc::new(Metering::new(limit, |_: &Operator| 1)) as Arc<dyn ModuleMiddleware>;
    let counter = || Arc::new(Counter::new(|_: &Operator| 1)) as Arc<dyn ModuleMiddleware>;
    // `local.get`, `i32.const`, `i32.add`, `end`; the counter puts four operators in front of each.
    assert_eq!(charge(vec![metering()]), 4);
    assert_eq!(charge(vec![counter(), metering()]), 20);
    assert_eq!(charge(vec![metering(), counter()]), 4);
}
