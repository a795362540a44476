//! Shapes that are hard on a compiler compute what they should: deep, wide, and many of everything.

use super::instances;
use wasmill::Value;

/// How many of everything.
const COUNT: u32 = 300;

fn each(text: impl Fn(u32) -> String) -> String {
    (0..COUNT).map(|number| text(number) + "\n").collect()
}

fn repeat(count: u32, text: &str) -> String {
    format!("{text}\n").repeat(count as usize)
}

/// Checks a function of one number.
fn check(name: &str, functions: &str, expected: impl Fn(i32) -> i32) {
    let text = format!("(module (memory 1) {functions})");
    let wasm = wasmill::wat2wasm(text.as_bytes()).expect("valid text");
    for instance in instances(&wasm) {
        let function = instance.exports.get_function("f").expect("an export");
        for argument in [-1, 0, 1, 7, COUNT as i32 - 1, COUNT as i32, i32::MAX] {
            let results = function.call(&[Value::I32(argument)]);
            let results = results.expect("nothing traps");
            let expected = Value::I32(expected(argument));
            assert_eq!(results[..], [expected], "{name}({argument})");
        }
    }
}

fn function(body: &str) -> String {
    format!(r#"(func $f (export "f") (param i32) (result i32) {body})"#)
}

/// The sum of all numbers below [`COUNT`].
const SUM: i32 = (COUNT * (COUNT - 1) / 2) as i32;

#[test]
fn many_operands() {
    let adds = repeat(COUNT - 1, "i32.add");
    let sum = |argument: i32| argument.wrapping_mul(COUNT as i32).wrapping_add(SUM);
    let computed = each(|number| format!("local.get 0 i32.const {number} i32.add"));
    check("computed", &function(&format!("{computed} {adds}")), sum);
    // Every operand is a name of the local at first.
    let names = repeat(
        COUNT,
        "local.get 0 local.get 0 i32.const 1 i32.add local.set 0",
    );
    check("names", &function(&format!("{names} {adds}")), sum);
    let same = "(func $same (param i32) (result i32) local.get 0)";
    let called = each(|number| format!("local.get 0 call $same i32.const {number} i32.add"));
    let body = function(&format!("{called} {adds}"));
    check("below calls", &format!("{same} {body}"), sum);
    let blocks = each(|number| {
        format!("local.get 0 i32.const {number} i32.add block local.get 0 br_if 0 end")
    });
    check("below blocks", &function(&format!("{blocks} {adds}")), sum);
}

/// Operands, operators of these, and what the results are. Each is small for some arguments and large for others.
const OPERATIONS: [(&str, &str, &str); 18] = [
    (
        I32,
        "i32.clz i32.ctz i32.popcnt i32.eqz i32.extend8_s",
        "i32",
    ),
    (I32, "i64.extend_i32_s i64.extend_i32_u", "i64"),
    (I32, "f32.convert_i32_s f32.convert_i32_u", "f32"),
    (I32, "f64.convert_i32_s f64.convert_i32_u", "f64"),
    (I32_TWICE, "i32.add i32.sub i32.mul i32.shl i32.rotr", "i32"),
    (I32_TWICE, "i32.div_s i32.div_u i32.rem_s i32.rem_u", "i32"),
    (I64, "i64.clz i64.ctz i64.popcnt i64.extend32_s", "i64"),
    (I64, "f32.convert_i64_s f32.convert_i64_u", "f32"),
    (I64, "f64.convert_i64_s f64.convert_i64_u", "f64"),
    (I64_TWICE, "i64.div_s i64.div_u i64.rem_s i64.rem_u", "i64"),
    (F32, "i32.trunc_sat_f32_s i32.trunc_sat_f32_u", "i32"),
    (
        F32,
        "i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_f32_u",
        "i64",
    ),
    (F32, "f32.nearest f32.sqrt f32.abs f32.neg", "f32"),
    (F32_TWICE, "f32.min f32.max f32.copysign", "f32"),
    (F64, "i32.trunc_sat_f64_s i32.trunc_sat_f64_u", "i32"),
    (
        F64,
        "i64.trunc_sat_f64_s i64.trunc_sat_f64_u i64.trunc_f64_u",
        "i64",
    ),
    (F64, "f64.nearest f64.sqrt f64.abs f64.neg", "f64"),
    (F64_TWICE, "f64.min f64.max f64.copysign", "f64"),
];
const I32: &str = "local.get 0";
const I32_TWICE: &str = "local.get 0 local.get 0 i32.const 2 i32.or";
const I64: &str = "local.get 0 i64.extend_i32_s";
const I64_TWICE: &str =
    "local.get 0 i64.extend_i32_s local.get 0 i32.const 2 i32.or i64.extend_i32_s";
/// From 0 to almost 2⁶⁴.
const F32: &str = "local.get 0 f32.convert_i32_u f32.const 0x1.fffffep31 f32.mul";
const F32_TWICE: &str = "local.get 0 f32.convert_i32_u local.get 0 f32.convert_i32_s";
const F64: &str = "local.get 0 f64.convert_i32_u f64.const 0x1p32 f64.mul";
const F64_TWICE: &str = "local.get 0 f64.convert_i32_u local.get 0 f64.convert_i32_s";

#[test]
fn operators_above_many_operands() {
    const MOST: u32 = 16;
    let times = (1..=MOST).sum::<u32>() as i32;
    let locals =
        "(local $sum i32) (local $i32 i32) (local $i64 i64) (local $f32 f32) (local $f64 f64)";
    for (operands, operators, ty) in OPERATIONS {
        for operator in operators.split_whitespace() {
            let above = |below: &str, add: &str, to_i32: &str| {
                let sums = (1..=MOST).map(|count| {
                    let (below, adds) = (repeat(count, below), repeat(count - 1, add));
                    format!(
                        "{below} {operands} {operator} local.set ${ty}
                         {adds} {to_i32} local.get $sum i32.add local.set $sum\n"
                    )
                });
                let sums: String = sums.collect();
                function(&format!("{locals} {sums} local.get $sum"))
            };
            let integers = above("local.get 0 i32.const 1 i32.xor", "i32.add", "");
            let sum = |argument: i32| (argument ^ 1).wrapping_mul(times);
            check(&format!("{operator} above integers"), &integers, sum);
            let to_i32 = "i64.trunc_f64_s i32.wrap_i64";
            let floats = above("local.get 0 f64.convert_i32_s", "f64.add", to_i32);
            let sum = |argument: i32| argument.wrapping_mul(times);
            check(&format!("{operator} above floats"), &floats, sum);
        }
    }
}

#[test]
fn many_locals() {
    let locals = format!("(local {})", repeat(COUNT, "i32"));
    let sets = each(|number| {
        format!(
            "local.get 0 i32.const {number} i32.add local.set {}",
            number + 1
        )
    });
    let gets = each(|number| format!("local.get {}", number + 1));
    let adds = repeat(COUNT - 1, "i32.add");
    let sum = |argument: i32| argument.wrapping_mul(COUNT as i32).wrapping_add(SUM);
    let body = format!("{locals} {sets} {gets} {adds}");
    check("locals", &function(&body), sum);
    let zeros = format!("{locals} local.get 0 {gets} {adds} i32.add");
    check("zeros", &function(&zeros), |argument| argument);
}

#[test]
fn many_parameters_and_results() {
    let types = repeat(COUNT, "i32");
    let args = each(|number| format!("local.get 0 i32.const {number} i32.add"));
    // The last one minus the first one.
    let last = COUNT - 1;
    let callee =
        format!("(func $wide (param {types}) (result i32) local.get {last} local.get 0 i32.sub)");
    let body = function(&format!("{args} call $wide"));
    check("parameters", &format!("{callee} {body}"), |_| last as i32);
    let results = format!("(func $wide (param i32) (result {types}) {args})");
    let adds = repeat(COUNT - 1, "i32.add");
    let body = function(&format!("local.get 0 call $wide {adds}"));
    let sum = |argument: i32| argument.wrapping_mul(COUNT as i32).wrapping_add(SUM);
    check("results", &format!("{results} {body}"), sum);
    let values = format!("block (result {types}) {args} local.get 0 br_if 0 end {adds}");
    check("a block", &function(&values), sum);
    let values = format!("{args} loop (param {types}) (result i32) {adds} end");
    check("a loop", &function(&values), sum);
}

#[test]
fn deep_nesting_and_tables() {
    // Leaves as many blocks at once as it is told, and counts the others.
    let open = repeat(COUNT, "block");
    let targets = each(|number| number.to_string());
    let close = repeat(COUNT, "end local.get 1 i32.const 1 i32.add local.set 1");
    let body = format!("(local i32) {open} local.get 0 br_table {targets} 0 {close} local.get 1");
    check(
        "a table",
        &function(&body),
        |argument| match u32::try_from(argument) {
            Ok(argument) if argument < COUNT => (COUNT - argument) as i32,
            _ => COUNT as i32,
        },
    );
    let open = repeat(COUNT, "block (result i32)");
    let close = repeat(COUNT, "end i32.const 1 i32.add");
    let targets = each(|number| number.to_string());
    let body = format!("{open} i32.const 5 local.get 0 br_table {targets} 0 {close}");
    check(
        "a table with a value",
        &function(&body),
        |argument| match u32::try_from(argument) {
            Ok(argument) if argument < COUNT => (COUNT - argument) as i32 + 5,
            _ => COUNT as i32 + 5,
        },
    );
    let ifs = repeat(COUNT, "local.get 0 if (result i32)");
    let close = repeat(COUNT, "else i32.const 9 end i32.const 1 i32.add");
    let body = format!("{ifs} local.get 0 {close}");
    check("conditions", &function(&body), |argument| match argument {
        0 => 10,
        other => other.wrapping_add(COUNT as i32),
    });
}

/// More code than LLVM sees at once: calls go from part to part, in both directions.
#[test]
fn large_modules() {
    // Of which nothing remains: half a megabyte of code.
    let nothing = "(drop (v128.const i64x2 1 2))\n".repeat(3000);
    let functions = each(|number| match number % 30 {
        0 => {
            let own = number / 30;
            let (next, place) = ((own + 1) % 10, own * 4);
            format!(
                "(func $f{own} (export \"{own}\") (param i32) (result i32) {nothing}
                   (if (i32.le_s (local.get 0) (i32.const 0)) (then (return (i32.const {own}))))
                   (i32.store (i32.const {place}) (call $f{next} (i32.const 0)))
                   (i32.add (call $f{next} (i32.sub (local.get 0) (i32.const 1))) (i32.load (i32.const {place}))))"
            )
        }
        _ => String::new(),
    });
    let body = function("(call $f0 (i32.rem_u (local.get 0) (i32.const 1000)))");
    // The sum of the numbers of the functions that follow, and that of the last one.
    let sum = |argument: i32| {
        let calls = argument as u32 % 1000;
        let numbers = (1..=calls).map(|call| call % 10);
        (numbers.sum::<u32>() + calls % 10) as i32
    };
    check("parts", &format!("{functions} {body}"), sum);
}
