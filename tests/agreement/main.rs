//! The compilers agree on vectors, wherever operands come from and results go; on shapes that are hard on them (`shapes`); and on
//! loops over memory (`loops`).
//!
//! The official suite says what each operator means, but gives it parameters as operands and returns its result. Here every
//! operator is applied to parameters, constants, and what was just computed, called or loaded, the same parameter twice
//! among them; and its result is returned, kept under others, or becomes one of the parameters again.

mod loops;
mod shapes;

use wasmill::{
    CompilerConfig, CpuFeature, Cranelift, Instance, Module, Singlepass, Store, Target, Triple,
    Universal, Value, imports,
};

/// Operators of one operand.
const UNARY: &str = "
    v128.not i8x16.abs i8x16.neg i8x16.popcnt i16x8.abs i16x8.neg i32x4.abs i32x4.neg i64x2.abs i64x2.neg
    f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest f32x4.abs f32x4.neg f32x4.sqrt
    f64x2.ceil f64x2.floor f64x2.trunc f64x2.nearest f64x2.abs f64x2.neg f64x2.sqrt
    i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u
    i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u
    i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u
    i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u
    i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u
    i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u
    i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero
    f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u f32x4.demote_f64x2_zero f64x2.promote_low_f32x4";

/// Operators of two operands.
const BINARY: &str = "
    v128.and v128.andnot v128.or v128.xor i8x16.swizzle
    i8x16.add i8x16.add_sat_s i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u i8x16.avgr_u
    i16x8.add i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u i16x8.avgr_u
    i32x4.add i32x4.sub i64x2.add i64x2.sub i16x8.mul i32x4.mul i64x2.mul i16x8.q15mulr_sat_s
    i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u
    i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s
    i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u
    i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s i16x8.extmul_low_i8x16_u i16x8.extmul_high_i8x16_u
    i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u
    i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u
    i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s";

/// Operators of two operands that the shapes have in common.
const INTEGER_COMPARISONS: &str = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const FLOAT_BINARY: &str = "add sub mul div min max pmin pmax eq ne lt gt le ge";

/// The others, with the places of operands: `A` and `B` are vectors, `N` is a number.
const EXPRESSIONS: &[&str] = &[
    "(i32x4.splat (v128.any_true A))",
    "(i32x4.splat (i8x16.all_true A))",
    "(i32x4.splat (i16x8.all_true A))",
    "(i32x4.splat (i32x4.all_true A))",
    "(i32x4.splat (i64x2.all_true A))",
    "(i32x4.splat (i8x16.bitmask A))",
    "(i32x4.splat (i16x8.bitmask A))",
    "(i32x4.splat (i32x4.bitmask A))",
    "(i32x4.splat (i64x2.bitmask A))",
    "(i8x16.splat (i8x16.extract_lane_s 0 A))",
    "(i16x8.splat (i8x16.extract_lane_s 13 A))",
    "(i16x8.splat (i8x16.extract_lane_u 7 A))",
    "(i32x4.splat (i16x8.extract_lane_s 5 A))",
    "(i32x4.splat (i16x8.extract_lane_u 7 A))",
    "(i32x4.splat (i32x4.extract_lane 0 A))",
    "(i32x4.splat (i32x4.extract_lane 3 A))",
    "(i64x2.splat (i64x2.extract_lane 0 A))",
    "(i64x2.splat (i64x2.extract_lane 1 A))",
    "(f32x4.splat (f32x4.extract_lane 0 A))",
    "(f32x4.splat (f32x4.extract_lane 2 A))",
    "(f64x2.splat (f64x2.extract_lane 0 A))",
    "(f64x2.splat (f64x2.extract_lane 1 A))",
    "(v128.or A (f32x4.splat (f32.add (f32.const 1) (f32x4.extract_lane 0 B))))",
    "(v128.or A (f64x2.splat (f64.add (f64.const 1) (f64x2.extract_lane 0 B))))",
    "(f32x4.splat (f32.neg (f32x4.extract_lane 3 A)))",
    "(f64x2.splat (f64.abs (f64x2.extract_lane 1 A)))",
    "(select A B N)",
    "(select A B (f64.lt (f64x2.extract_lane 0 A) (f64x2.extract_lane 0 B)))",
    "(f32x4.replace_lane 3 A (f32x4.extract_lane 1 B))",
    "(f32x4.replace_lane 0 A (f32.add (f32.const 1) (f32x4.extract_lane 0 B)))",
    "(f64x2.replace_lane 0 A (f64x2.extract_lane 1 B))",
    "(f64x2.replace_lane 1 A (f64x2.extract_lane 0 B))",
    "(i64x2.replace_lane 1 A (i64x2.extract_lane 0 B))",
    "(i8x16.replace_lane 5 A N)",
    "(i16x8.replace_lane 7 A N)",
    "(i32x4.replace_lane 2 A N)",
    "(v128.bitselect A B (local.get $a))",
    "(v128.bitselect A B (call $same (local.get $b)))",
    "(v128.bitselect A (local.get $b) B)",
    "(i8x16.shuffle 16 1 18 3 4 5 6 7 8 9 10 11 12 13 30 31 A B)",
    "(i8x16.shuffle 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 A B)",
    "(i8x16.shuffle 21 22 23 24 25 26 27 28 29 30 31 0 1 2 3 4 A B)",
    "(i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 A B)",
    "(i8x16.shuffle 24 25 8 9 26 27 10 11 28 29 12 13 30 31 14 15 A B)",
    "(i8x16.shuffle 0 1 2 3 12 13 14 15 16 17 18 19 24 25 26 27 A B)",
    "(i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 A B)",
    "(i8x16.shuffle 31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16 A B)",
    "(i8x16.shuffle 20 21 22 23 16 17 18 19 28 29 30 31 28 29 30 31 A B)",
    "(i8x16.shuffle 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 A B)",
    "(i8x16.shuffle 0 1 18 19 4 5 22 23 8 9 26 27 12 13 30 31 A B)",
    "(v128.load8x8_s offset=1 N)",
    "(v128.load8x8_u offset=1 N)",
    "(v128.load16x4_s offset=1 N)",
    "(v128.load16x4_u offset=1 N)",
    "(v128.load32x2_s offset=1 N)",
    "(v128.load32x2_u offset=1 N)",
    "(v128.load8_splat offset=1 N)",
    "(v128.load16_splat offset=1 N)",
    "(v128.load32_splat offset=1 N)",
    "(v128.load64_splat offset=1 N)",
    "(v128.load32_zero offset=1 N)",
    "(v128.load64_zero offset=1 N)",
    "(v128.load8_lane 9 (i32.const 24) A)",
    "(v128.load16_lane 6 (local.get $n) A)",
    "(v128.load32_lane 3 (local.get $n) A)",
    "(v128.load64_lane 1 (i32.const 24) A)",
    "(v128.store8_lane 9 (local.get $n) A) (v128.load (i32.const 0))",
    "(v128.store16_lane 6 (local.get $n) A) (v128.load (local.get $n))",
    "(v128.store32_lane 0 (local.get $n) A) (v128.load (local.get $n))",
    "(v128.store32_lane 3 (local.get $n) A) (v128.load (local.get $n))",
    "(v128.store64_lane 0 (local.get $n) A) (v128.load (local.get $n))",
    "(v128.store64_lane 1 (local.get $n) A) (v128.load (local.get $n))",
];

/// What vector operands are; a call lets others wait in memory, and keeps parameters out of registers.
const A: &[&str] = &[
    "(local.get $a)",
    "(v128.const i32x4 0x80017fff 0x00ff8000 0x7fc00000 0x40490fdb)",
    "(v128.xor (local.get $a) (v128.const i64x2 0x0180 0x8000000000000001))",
    "(local.get $b)",
    "(v128.load (i32.const 16))",
    "(call $same (local.get $a))",
    // NaNs among its lanes get the canonical bits once somebody sees them.
    "(f32x4.sub (local.get $a) (local.get $b))",
];
const B: &[&str] = &[
    "(local.get $b)",
    "(v128.const i32x4 0x7fc00001 0x3f000000 0x000180ff 0x80000000)",
    "(v128.xor (local.get $b) (v128.const i64x2 0x0180 0x8000000000000001))",
    "(local.get $a)",
    "(call $same (local.get $b))",
    "(f64x2.sub (local.get $b) (local.get $a))",
];
const N: &[&str] = &[
    "(local.get $n)",
    "(i32.const 0)",
    "(i32.const 77)",
    "(i32.add (local.get $n) (i32.const 3))",
    "(i32.and (i32.load (i32.const 16)) (i32.const 0xfff))",
];

/// What becomes of the result `R`. Parameters that are used often live in registers.
const USES: &[&str] = &[
    "R",
    "(local.set $a (v128.or (local.get $a) (local.get $a))) (local.set $a R)
     (v128.xor (local.get $a) (i8x16.add (local.get $b) (local.get $b)))",
    "(local.set $b (v128.or (local.get $b) (local.get $b))) (local.set $b R)
     (v128.xor (local.get $b) (i8x16.add (local.get $a) (local.get $a)))",
    "(local.get $a) (local.get $b) (local.tee $a R) (v128.xor) (v128.xor) (i8x16.sub (local.get $a))",
];

/// Vectors with limits of all lanes among them.
const INPUTS: [u128; 12] = [
    0,
    u128::MAX,
    0x7fc00000_ffc00001_80000000_00000000,
    0x3f800000_bf800000_4f000000_cf000001,
    0x7ff8000000000000_fff0000000000001,
    0x41efffffffe00000_c1e0000000200000,
    0x8000000000000000_7fffffffffffffff,
    0x0f1e2d3c4b5a69788796a5b4c3d2e1f0,
    0x00010203_7f80fe81_8000ffff_80007fff,
    0x3ff0000000000000_bfe0000000000000,
    0x4f800000_4f7fffff_3fc00000_40200000,
    0x8000000000000000_0000000000000000,
];

/// All operators, with the places of their operands.
fn expressions() -> Vec<String> {
    let mut all: Vec<String> = EXPRESSIONS.iter().map(|&text| text.into()).collect();
    all.extend(UNARY.split_whitespace().map(|op| format!("({op} A)")));
    all.extend(BINARY.split_whitespace().map(|op| format!("({op} A B)")));
    let mut with_shapes = |shapes: &[&str], ops: &str, operands: &str| {
        for shape in shapes {
            let ops = ops.split_whitespace();
            all.extend(ops.map(|op| format!("({shape}.{op} {operands})")));
        }
    };
    let integers = ["i8x16", "i16x8", "i32x4", "i64x2"];
    with_shapes(&integers[..3], INTEGER_COMPARISONS, "A B");
    with_shapes(&["f32x4", "f64x2"], FLOAT_BINARY, "A B");
    with_shapes(&integers, "shl shr_s shr_u", "A N");
    all
}

/// Puts each of `choices` into a place of each text; texts without it stay.
fn fill(texts: Vec<String>, place: &str, choices: &[&str]) -> Vec<String> {
    // Every operand has a space in front.
    let place = format!(" {place}");
    let mut filled = Vec::new();
    for text in texts {
        match text.contains(&place) {
            true => filled.extend(choices.iter().map(|choice| {
                let choice = format!(" {choice}");
                text.replace(&place, &choice)
            })),
            false => filled.push(text),
        }
    }
    filled
}

/// The bodies of all functions.
fn bodies() -> Vec<String> {
    let values = fill(fill(fill(expressions(), "A", A), "B", B), "N", N);
    let uses = |value: String| USES.iter().map(move |text| text.replace('R', &value));
    values.into_iter().flat_map(uses).collect()
}

fn module(bodies: &[String]) -> String {
    let mut text = String::from(
        r#"(module (memory 1) (data (i32.const 0) "\01\ff\80\7f\12\c3\00\9a\55\e1\fe\03\c0\7f\81\40\d2\16\8b\77\f0\2c\99")
        (func $same (param v128) (result v128) (local.get 0))"#,
    );
    for (index, body) in bodies.iter().enumerate() {
        text += &format!(
            "(func (export \"{index}\") (param $a v128) (param $b v128) (param $n i32) (result v128) {body})\n"
        );
    }
    text + ")"
}

/// Code for this machine by all compilers, and without AVX by those whose code is quite another there.
fn instances(wasm: &[u8]) -> Vec<Instance> {
    let mut all = instances_but_of_llvm(wasm);
    all.extend(instances_of_llvm(wasm));
    all
}

/// The same by all but LLVM.
fn instances_but_of_llvm(wasm: &[u8]) -> Vec<Instance> {
    let mut cranelift = Cranelift::new();
    cranelift.canonicalize_nans(true);
    vec![
        instance(cranelift, None, wasm),
        instance(Singlepass::new(), None, wasm),
        instance(Singlepass::new(), Some(sse41()), wasm),
    ]
}

/// The same by LLVM.
#[cfg(feature = "llvm")]
fn instances_of_llvm(wasm: &[u8]) -> Vec<Instance> {
    let mut llvm = wasmill::LLVM::new();
    llvm.canonicalize_nans(true);
    let instance = |target| instance(llvm.clone(), target, wasm);
    vec![instance(None), instance(Some(sse41()))]
}

#[cfg(not(feature = "llvm"))]
fn instances_of_llvm(_: &[u8]) -> Vec<Instance> {
    Vec::new()
}

/// A machine without AVX.
fn sse41() -> Target {
    let features = CpuFeature::SSE2 | CpuFeature::SSE3 | CpuFeature::SSSE3 | CpuFeature::SSE41;
    Target::new(Triple::host(), features)
}

fn instance(
    config: impl CompilerConfig + 'static,
    target: Option<Target>,
    wasm: &[u8],
) -> Instance {
    let mut engine = Universal::new(config);
    if let Some(target) = target {
        engine = engine.target(target);
    }
    let module = Module::new(&Store::new(&engine.engine()), wasm).expect("a valid module");
    Instance::new(&module, &imports! {}).expect("a module without imports")
}

#[test]
fn compilers_agree_on_vectors() {
    agree_on_vectors(&bodies(), instances_but_of_llvm);
}

/// LLVM takes a minute for all of these. What becomes of results is nothing to it, and of the operands it gets some of all.
#[cfg(feature = "llvm")]
#[test]
fn llvm_agrees_on_vectors() {
    let bodies = bodies().into_iter().step_by(5 * USES.len());
    agree_on_vectors(&bodies.collect::<Vec<_>>(), instances);
}

fn agree_on_vectors(bodies: &[String], instances: fn(&[u8]) -> Vec<Instance>) {
    let text = module(bodies);
    let wasm = wasmill::wat2wasm(text.as_bytes()).expect("valid text");
    let instances = instances(&wasm);
    for (index, body) in bodies.iter().enumerate() {
        let name = index.to_string();
        let functions = instances.iter().map(|instance| {
            let function = instance.exports.get_function(&name);
            function.expect("an export").clone()
        });
        let functions: Vec<_> = functions.collect();
        // A third of all pairs, another one for each function.
        for pair in (index % 3..INPUTS.len() * INPUTS.len()).step_by(3) {
            let (a, b) = (INPUTS[pair / INPUTS.len()], INPUTS[pair % INPUTS.len()]);
            let args = [Value::V128(a), Value::V128(b), Value::I32(pair as i32)];
            let results = functions.iter().map(|function| {
                let results = function.call(&args).expect("nothing traps");
                results[0].v128().expect("a vector")
            });
            let results: Vec<_> = results.collect();
            let agree = results.iter().all(|&result| result == results[0]);
            assert!(
                agree,
                "{body}\n{a:#034x} {b:#034x} {pair}: {results:#034x?}"
            );
        }
    }
}

/// What is chosen keeps its bits, whatever is compared: minima and maxima by another name must not treat NaNs or zeros otherwise.
#[test]
fn compilers_agree_on_choices_of_floats() {
    let operands = [
        "(local.get $a)",
        "(local.get $b)",
        "(f64.const -0)",
        "(f64.load (i32.const 0))",
        "(f64.mul (local.get $a) (local.get $b))",
        "(f64.min (local.get $a) (local.get $b))",
    ];
    let pairs = |first: usize| (0..operands.len()).map(move |second| [first, second]);
    let pairs: Vec<[usize; 2]> = (0..operands.len()).flat_map(pairs).collect();
    let mut functions = String::new();
    let mut count = 0;
    for comparison in "eq ne lt gt le ge".split(' ') {
        for compared in pairs.iter().map(|pair| pair.map(|nth| operands[nth])) {
            let [x, y] = compared;
            let condition = format!("(f64.{comparison} {x} {y})");
            let is_zero = format!("(i32.eqz {condition})");
            for condition in [condition, is_zero] {
                let [a, b] = pairs[count % pairs.len()].map(|nth| operands[nth]);
                for [a, b] in [[a, b], [x, y], [y, x]] {
                    let single = format!("(select {a} {b} {condition})").replace("f64", "f32");
                    functions += &format!(
                        "(func (export \"{count}\") (param $a f64) (param $b f64) (param $n i32) (result i64)
                           (i64.reinterpret_f64 (select {a} {b} {condition})))
                         (func (export \"single {count}\") (param $a f32) (param $b f32) (param $n i32) (result i32)
                           (i32.reinterpret_f32 {single}))"
                    );
                    count += 1;
                }
            }
        }
    }
    let memory = r#"(memory 1) (data (i32.const 0) "\01\00\a0\7f\01\00\f0\7f")"#;
    let text = format!("(module {memory} {functions})");
    let wasm = wasmill::wat2wasm(text.as_bytes()).expect("valid text");
    let instances = instances(&wasm);
    let floats = [0.0, -0.0, 1.5, -2.0, f64::INFINITY, f64::NAN, -f64::NAN];
    for number in 0..count {
        for (&a, &b) in floats
            .iter()
            .flat_map(|a| floats.iter().map(move |b| (a, b)))
        {
            let n = Value::I32(number as i32 % 2);
            let double = [Value::F64(a), Value::F64(b), n.clone()];
            let single = [Value::F32(a as f32), Value::F32(b as f32), n];
            for (name, args) in [
                (format!("{number}"), double),
                (format!("single {number}"), single),
            ] {
                let results = instances.iter().map(|instance| {
                    let function = instance.exports.get_function(&name).expect("an export");
                    function.call(&args).expect("nothing traps")
                });
                let results: Vec<_> = results.collect();
                let agree = results.iter().all(|result| *result == results[0]);
                assert!(agree, "{name} of {a} and {b}: {results:?}");
            }
        }
    }
}

/// Locals that are set to results of arithmetic only have canonical bits for everybody who looks at them.
#[test]
fn locals_hide_what_their_nans_are() {
    let uses = [
        "(i64.reinterpret_f64 (local.get $x))",
        "(i64.reinterpret_f64 (f64.neg (local.get $x)))",
        "(i64.reinterpret_f64 (f64.sqrt (f64.sub (f64.const -1) (f64.abs (local.get $a)))))",
        "(i64.reinterpret_f64 (f64.copysign (local.get $b) (local.get $x)))",
        "(i64.reinterpret_f64 (call $same (local.get $x)))",
        "(i64.reinterpret_f64 (local.tee $y (local.get $x)))",
        "(i64.reinterpret_f64 (local.tee $x (f64.mul (local.get $x) (local.get $x))))",
        // What is set second has nothing to do with what is set first.
        "(f64.neg (local.get $x)) (local.set $y (f64.const 7)) (local.set $y) (i64.reinterpret_f64 (local.get $y))",
        "(f64.store (i32.const 8) (local.get $x)) (i64.load (i32.const 8))",
        "(global.set $g (local.get $x)) (i64.reinterpret_f64 (global.get $g))",
        // It is made canonical on the stack, and changes below its name there.
        "(i64.reinterpret_f64
           (block (result f64) (br_if 0 (local.get $x) (local.get $n)) (local.set $x (f64.const 7))))",
        "(local.get $x) (local.set $x (f64.const 7)) (i64.reinterpret_f64)",
        "(local.get $x) (local.get $x) (block (result f64) (local.get $x)) (drop) (call $same) (call $same) (drop)
         (i64.reinterpret_f64)",
        "(i64.reinterpret_f64 (select (local.get $x) (f64.load (i32.const 0)) (local.get $n)))",
        "(i64.reinterpret_f64 (select (f64.const 2) (local.get $x) (f64.gt (f64.const 2) (local.get $x))))",
        "(i64x2.extract_lane 1 (f64x2.splat (local.get $x)))",
        "(i64x2.extract_lane 0 (local.get $v))",
        "(i64x2.extract_lane 1 (v128.xor (local.get $v) (f32x4.neg (local.get $v))))",
        "(i64.reinterpret_f64 (f64.promote_f32 (f32x4.extract_lane 1 (local.get $v))))",
    ];
    // In a loop locals have registers; calls in it take them away.
    let in_a_loop = |step: &str| {
        format!(
            "(local $x f64) (local $y f64) (local $v v128) (local $i i32)
             (loop $again
               {step}
               (local.set $x (f64.add (local.get $x) (f64.div (local.get $a) (local.get $b))))
               (local.set $v (f32x4.sub (local.get $v) (f32x4.splat (f32.demote_f64 (local.get $x)))))
               (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))"
        )
    };
    let steps = [
        in_a_loop(""),
        in_a_loop("(drop (call $same (local.get $a)))"),
        in_a_loop("(local.set $x (f64.const 0)) (local.set $v (v128.const i64x2 0 0))"),
        in_a_loop("(local.set $y (local.get $x)) (local.set $x (local.tee $y (f64.const 0)))"),
        in_a_loop("(local.set $x (local.get $y)) (local.set $y (local.get $a))"),
    ];
    let mut functions = String::new();
    for (number, (step, text)) in steps
        .iter()
        .flat_map(|step| uses.map(|text| (step, text)))
        .enumerate()
    {
        functions += &format!(
            "(func (export \"{number}\") (param $a f64) (param $b f64) (param $n i32) (result i64) {step} {text})\n"
        );
    }
    let text = format!(
        r#"(module (memory 1) (data (i32.const 0) "\01\00\00\00\01\00\f0\7f") (global $g (mut f64) (f64.const 0))
           (func $same (param f64) (result f64) (local.get 0)) {functions})"#
    );
    let wasm = wasmill::wat2wasm(text.as_bytes()).expect("valid text");
    let instances = instances(&wasm);
    for number in 0..steps.len() * uses.len() {
        for (a, b) in [(0.0, 0.0), (1.0, 0.0), (1.0, 4.0), (-f64::NAN, 1.0)] {
            for n in 0..2 {
                let args = [Value::F64(a), Value::F64(b), Value::I32(n)];
                let results = instances.iter().map(|instance| {
                    let function = instance.exports.get_function(&number.to_string());
                    function
                        .expect("an export")
                        .call(&args)
                        .expect("nothing traps")
                });
                let results: Vec<_> = results.collect();
                let agree = results.iter().all(|result| *result == results[0]);
                let text = uses[number % uses.len()];
                assert!(agree, "{text} with {a} / {b}, {n}: {results:?}");
            }
        }
    }
}

/// What a branch passes on has canonical bits on each of its ways, and is where it was on the way on.
#[test]
fn nans_stay_where_they_are_when_a_branch_is_not_taken() {
    let cases = [
        // The second result keeps the first in a slot; `br_if` is not taken.
        "(block (result f32 f32) (f32.div (local.get $a) (local.get $b)) (f32.const 1) (br_if 0 (local.get $n)))
         (drop) (i32.reinterpret_f32)",
        // The same, with operands in slots before.
        "(block (result f32 f32)
           (f32.div (local.get $a) (local.get $b)) (f32.const 1) (block (nop)) (br_if 0 (local.get $n))
           (block (nop)))
         (drop) (i32.reinterpret_f32)",
        // Only the first case passes the first piece of code that leads to a case.
        "(block (result f32 f32)
           (block (result f32 f32)
             (f32.div (local.get $a) (local.get $b)) (f32.const 1) (br_table 1 0 (i32.const 1)))
           (drop) (f32.const 2))
         (drop) (i32.reinterpret_f32)",
        // One argument, but one of the targets is a loop.
        "(block (result f32)
           (f32.const 0)
           (loop (param f32) (result f32)
             (drop) (f32.div (local.get $a) (local.get $b)) (br_table 0 1 (i32.const 1))))
         (i32.reinterpret_f32)",
        // Both parts of an `if` take what was put off before it.
        "(f32.div (local.get $a) (local.get $b))
         (if (param f32) (result i32) (local.get $n) (then (drop) (i32.const 0)) (else (i32.reinterpret_f32)))",
    ];
    for body in cases {
        let text = format!(
            "(module (func (export \"0\") (param $a f32) (param $b f32) (param $n i32) (result i32) {body}))"
        );
        for instance in instances(text.as_bytes()) {
            let function = instance.exports.get_function("0").expect("an export");
            let args = [Value::F32(0.0), Value::F32(0.0), Value::I32(0)];
            let results = function.call(&args).expect("nothing traps");
            assert_eq!(*results, [Value::I32(0x7fc0_0000)], "{body}");
        }
    }
}
