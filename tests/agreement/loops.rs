//! Loops over memory do what they should where they run off its end, wrap around, or overlap.
//!
//! LLVM's compiler checks a loop's accesses once, in front of it, and then runs a copy without checks; the others check each
//! access. So all must leave the same behind: results, traps, and each byte of memory. Loops are made at random, of what
//! compilers of other languages make: counters up and down, equal or ordered ends, several arrays, unrolled bodies, conditions, early exits.

use super::instances;
use wasmill::{Instance, Value};

/// Functions, and calls of each.
const FUNCTIONS: usize = 400;
const CALLS: usize = 16;
const PAGE: i32 = 65536;

/// Small numbers that are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Where an access goes, in terms of `$i` (which goes round), `$p` and `$q`.
fn address(numbers: &mut Numbers) -> String {
    let array = numbers.of(&["$p", "$q", "$p", "$q", "$r"]);
    let index = numbers.of(&[
        "(local.get $i)",
        "(i32.mul (local.get $i) (i32.const 4))",
        "(i32.shl (local.get $i) (i32.const 3))",
        "(i32.sub (i32.const 0) (local.get $i))",
        "(i32.add (local.get $i) (local.get $i))",
        "(i32.const 40)",
        "(i32.wrap_i64 (local.get $w))",
    ]);
    let constant = numbers.of(&[0, 0, 1, 4, 8, -8, 65536, -65536]);
    format!("(i32.add (i32.add {index} (i32.const {constant})) (local.get {array}))")
}

fn offset(numbers: &mut Numbers) -> u32 {
    numbers.of(&[0, 0, 0, 1, 4, 8, 16, 65528, 0x7fff_fff8])
}

/// One access, or a few that follow each other.
fn access(numbers: &mut Numbers) -> String {
    let (offset, address) = (offset(numbers), address(numbers));
    let other = self::address(numbers);
    let acc = "(local.get $acc)";
    match numbers.below(10) {
        0 => format!("(i32.store offset={offset} {address} (local.get $i))"),
        1 => format!("(i64.store8 offset={offset} {address} {acc})"),
        2 => format!("(local.set $acc (i64.add {acc} (i64.load offset={offset} {address})))"),
        3 => format!("(local.set $acc (i64.xor {acc} (i64.load16_s offset={offset} {address})))"),
        4 => format!("(i64.store offset={offset} {address} (i64.load32_u {other}))"),
        5 => format!(
            "(f64.store offset={offset} {address} (f64.add (f64.load {other}) (f64.load offset={offset} {address})))"
        ),
        6 => format!("(v128.store offset={offset} {address} (v128.load {other}))"),
        // What a compiler unrolled.
        7 => (0..4)
            .map(|nth| {
                format!("(i32.store8 offset={nth} {address} (i32.load8_u offset={nth} {other}))")
            })
            .collect(),
        8 => (0..3)
            .map(|nth| {
                format!(
                    "(f32.store offset={} {address} (f32.load offset={} {other}))",
                    nth * 4,
                    nth * 4
                )
            })
            .collect(),
        _ => format!(
            "(if (i32.and (i32.load8_u offset={offset} {address}) (i32.const 1)) (then
               (i32.store {other} (i32.wrap_i64 {acc}))))"
        ),
    }
}

/// How `$i` (or `$w`, its wider twin) goes on, and whether the loop does.
fn ends(numbers: &mut Numbers) -> String {
    let step = numbers.of(&[1, 1, 2, 4, 8, 3, -1, -1, -2, -4]);
    let next = format!(
        "(local.set $w (i64.add (local.get $w) (i64.const {step})))
         (local.set $i (i32.add (local.get $i) (i32.const {step})))"
    );
    let sign = numbers.of(&["s", "u"]);
    let ordered = if step > 0 { ["lt", "le"] } else { ["gt", "ge"] };
    let ordered = numbers.of(&ordered);
    let condition = match numbers.below(6) {
        0 | 1 => "(i32.ne (local.get $i) (local.get $end))".to_string(),
        2 => "(i64.ne (local.get $w) (i64.extend_i32_s (local.get $end)))".to_string(),
        3 => format!("(i32.eqz (i32.{ordered}_{sign} (local.get $end) (local.get $i)))"),
        _ => format!("(i32.{ordered}_{sign} (local.get $i) (local.get $end))"),
    };
    // Some would go round for ever.
    let leaves = "(br_if $out (i32.gt_u (local.tee $rounds (i32.add (local.get $rounds) (i32.const 1))) (i32.const 3000)))";
    let early = numbers.of(&[
        "",
        "",
        "(br_if $out (i64.eq (i64.and (local.get $acc) (i64.const 63)) (i64.const 33)))",
        "(local.set $acc (i64.add (local.get $acc) (i64.extend_i32_u (i32.rem_u (i32.const 77) (i32.sub (local.get $i) (i32.const 9))))))",
    ]);
    format!("{leaves} {early} {next} (br_if $again {condition})")
}

/// The same without a way out, where a counter is sure to come to its end.
fn ends_surely(numbers: &mut Numbers) -> String {
    let (step, compare) = numbers.of(&[
        (1, "i32.ne"),
        (1, "i32.lt_s"),
        (2, "i32.lt_s"),
        (16, "i32.lt_s"),
        (-1, "i32.gt_s"),
        (-3, "i32.ge_s"),
    ]);
    format!(
        "(local.set $w (i64.add (local.get $w) (i64.const {step})))
         (br_if $again ({compare} (local.tee $i (i32.add (local.get $i) (i32.const {step}))) (local.get $end)))"
    )
}

fn function(number: usize, numbers: &mut Numbers) -> String {
    let accesses = 1 + numbers.below(3);
    let body: String = (0..accesses).map(|_| access(numbers)).collect();
    let ends = match number % 2 {
        0 => ends(numbers),
        _ => ends_surely(numbers),
    };
    format!(
        r#"(func (export "{number}") (param $p i32) (param $q i32) (param $i i32) (param $end i32) (result i64)
             (local $acc i64) (local $w i64) (local $rounds i32) (local $r i32)
             (local.set $w (i64.extend_i32_s (local.get $i)))
             (local.set $r (i32.add (local.get $p) (local.get $q)))
             (block $out (loop $again {body} {ends}))
             (i64.store (i32.const 8) (local.get $acc))
             (i64.xor (local.get $acc) (i64.load (i32.const 512))))
           "#
    )
}

/// Arguments around which something changes: the ends of memory and of what 32 bits can say, and arrays that overlap.
fn arguments(number: usize, numbers: &mut Numbers) -> [Value; 4] {
    let place = |numbers: &mut Numbers| {
        let around = numbers.of(&[
            0,
            1024,
            1024,
            4096,
            4096,
            20000,
            PAGE,
            PAGE,
            2 * PAGE,
            i32::MIN,
            i32::MAX,
            -1,
        ]);
        let by = numbers.of(&[0, 8, 16, -16, -100, -256, -1, 3, 64]);
        around.wrapping_add(by)
    };
    let (p, q) = (place(numbers), place(numbers));
    let q = match numbers.below(4) {
        0 => p.wrapping_add(numbers.of(&[0, 1, 8, 32, -8])),
        _ => q,
    };
    let start = match number % 2 {
        0 => numbers.of(&[0, 0, 1, 64, -64, i32::MAX - 40, i32::MIN + 40]),
        // Nothing but its counter ends it.
        _ => numbers.of(&[0, 0, 0, 1, 8, 64, -64]),
    };
    let count = numbers.of(&[0, 1, 2, 3, 8, 16, 31, 64, 100, 200]);
    let count = match number % 2 {
        // It must come to the end, whichever way it goes.
        0 => count * numbers.of(&[1, 2, 4, -1, -2, -4]),
        _ => 1 + count,
    };
    [p, q, start, start.wrapping_add(count)].map(Value::I32)
}

/// What a call leaves behind.
fn outcome(
    instance: &Instance,
    name: &str,
    arguments: &[Value],
    bytes: &[u8],
) -> (String, Vec<u8>) {
    let memory = instance.exports.get_memory("memory").expect("an export");
    let view = memory.view::<u8>();
    for (cell, byte) in view.iter().zip(bytes) {
        cell.set(*byte);
    }
    let function = instance.exports.get_function(name).expect("an export");
    let results = match function.call(arguments) {
        Ok(results) => format!("{results:?}"),
        Err(error) => error.message(),
    };
    (results, view.iter().map(|cell| cell.get()).collect())
}

#[test]
fn loops_leave_the_same_behind() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    const PER_MODULE: usize = 50;
    let (mut trapped, mut returned) = (0, 0);
    let bytes: Vec<u8> = (0..2 * PAGE)
        .map(|nth| (nth * 7 + nth / 251) as u8)
        .collect();
    for module in 0..FUNCTIONS / PER_MODULE {
        let functions: String = (0..PER_MODULE)
            .map(|nth| function(nth, &mut numbers))
            .collect();
        let maximum = numbers.of(&["", "2", "1"]);
        let text = format!(
            r#"(module (memory (export "memory") 1 {maximum})
                 (func (export "grow") (result i32) (memory.grow (i32.const 1))) {functions})"#
        );
        let wasm = wasmill::wat2wasm(text.as_bytes()).expect("valid text");
        let instances = instances(&wasm);
        for nth in 0..PER_MODULE {
            if nth == PER_MODULE / 2 {
                for instance in &instances {
                    let grow = instance.exports.get_function("grow").expect("an export");
                    grow.call(&[]).expect("nothing traps");
                }
            }
            for _ in 0..CALLS {
                let arguments = arguments(nth, &mut numbers);
                let mut all = instances
                    .iter()
                    .map(|instance| outcome(instance, &nth.to_string(), &arguments, &bytes));
                let (results, memory) = all.next().expect("a compiler");
                match results.starts_with('[') {
                    true => returned += 1,
                    false => trapped += 1,
                }
                for (compiler, (other, other_memory)) in all.enumerate() {
                    let place = format!(
                        "compiler {compiler}, module {module}, function {nth}, {arguments:?}"
                    );
                    assert_eq!(results, other, "{place}");
                    let differs = memory.iter().zip(&other_memory).position(|(a, b)| a != b);
                    assert_eq!(differs, None, "memory of {place}");
                }
            }
        }
    }
    assert!(trapped > 500 && returned > 500, "{trapped}, {returned}");
}
