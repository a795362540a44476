//! Spreading functions over threads: the outcome must not show it.

mod support;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use support::{function_type, module};
use wasmill_compiler::{
    CompileError, CompileObserver, CompileStage, CompileStep, CompiledFunction, Features,
    FunctionBodyData, LARGE_BODY, Progress, compile_functions, translate,
};
use wasmill_types::{EntityRef, LocalFunctionIndex, PrimaryMap};

type Compiled = Result<PrimaryMap<LocalFunctionIndex, CompiledFunction>, CompileError>;

/// Compiles 500 functions of different lengths on some threads: the code is the body, the alignment a running number of
/// the thread. `fails` says which functions cannot be compiled.
fn compile(threads: usize, fails: impl Fn(usize) -> bool + Sync) -> (Compiled, usize, usize) {
    compile_observed(threads, &Progress::default(), fails)
}

/// The same, with somebody who may stop it.
fn compile_observed(
    threads: usize,
    progress: &Progress,
    fails: impl Fn(usize) -> bool + Sync,
) -> (Compiled, usize, usize) {
    let functions: Vec<_> = (0..500)
        .map(|n| (0, [vec![0], vec![0x01; n * 7 % 101], vec![0x0b]].concat()))
        .collect();
    let wasm = module(&[function_type(0, 0)], &functions);
    let bodies = translate(&wasm, &Features::default()).unwrap().bodies;
    let (states, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let outcome = pool.install(|| {
        compile_functions(
            progress,
            CompileStage::Compiling,
            bodies,
            || states.fetch_add(1, Ordering::Relaxed),
            |_, index, body| {
                calls.fetch_add(1, Ordering::Relaxed);
                assert_eq!(body.index().index(), index.index());
                if fails(index.index()) {
                    return Err(CompileError::Codegen(format!("{index:?}")));
                }
                let code = body.body.as_bytes().to_vec();
                let start_offset = body.start_offset();
                Ok(CompiledFunction {
                    code,
                    start_offset,
                    ..CompiledFunction::default()
                })
            },
        )
    });
    (outcome, states.into_inner(), calls.into_inner())
}

#[test]
fn the_outcome_does_not_depend_on_threads() {
    let (one, states, _) = compile(1, |_| false);
    let one = one.unwrap();
    assert_eq!(states, 1);
    assert_eq!(one.len(), 500);
    for (index, function) in one.iter() {
        assert_eq!(function.code.len(), index.index() * 7 % 101 + 2);
    }
    for threads in [2, 3, 8] {
        let (many, states, calls) = compile(threads, |_| false);
        assert_eq!(many.unwrap(), one);
        assert!(states <= threads, "a state per thread");
        assert_eq!(calls, 500);
    }
}

#[test]
fn the_first_failure_wins() {
    for threads in [1, 2, 8] {
        for _ in 0..20 {
            let (outcome, _, _) = compile(threads, |index| index % 100 == 37);
            let error = outcome.unwrap_err().to_string();
            assert_eq!(error, "Compilation error: LocalFunctionIndex(37)");
        }
    }
    // On one thread, nothing behind the failure is compiled.
    assert_eq!(compile(1, |index| index == 3).2, 4);
}

#[test]
fn a_module_without_functions() {
    let bodies = PrimaryMap::new();
    let outcome = compile_functions(
        &Progress::default(),
        CompileStage::Compiling,
        bodies,
        || (),
        |_, _, _| Ok(CompiledFunction::default()),
    );
    assert!(outcome.unwrap().is_empty());
}

/// An observer that breaks when so many functions are done, and what it has seen.
fn observer(most: usize) -> (Progress, Arc<Mutex<Vec<CompileStep>>>) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = steps.clone();
    let observer = CompileObserver::new(move |step| {
        seen.lock().unwrap().push(step);
        match step.done < most {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    (Progress::new(&observer), steps)
}

#[test]
fn large_functions_are_compiled_one_at_a_time() {
    let large = [vec![0], vec![0x01; LARGE_BODY], vec![0x0b]].concat();
    let body = |n| match n % 10 {
        0 => large.clone(),
        _ => vec![0, 0x0b],
    };
    let functions: Vec<_> = (0..60).map(|n| (0, body(n))).collect();
    let wasm = module(&[function_type(0, 0)], &functions);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build();
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let compile = |_: &mut (), index: LocalFunctionIndex, body: FunctionBodyData<'_>| {
        if body.len() >= LARGE_BODY {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(index)
    };
    let bodies = translate(&wasm, &Features::default()).unwrap().bodies;
    let (progress, stage) = (Progress::default(), CompileStage::Compiling);
    let compiled = pool
        .unwrap()
        .install(|| compile_functions(&progress, stage, bodies, || (), compile));
    let compiled: Vec<_> = compiled.unwrap().into_values().collect();
    assert!(
        compiled
            .iter()
            .copied()
            .eq((0..60).map(LocalFunctionIndex::new))
    );
    assert_eq!(most.into_inner(), 1);
}

#[test]
fn every_function_is_counted() {
    for threads in [1, 2, 8] {
        let (progress, steps) = observer(usize::MAX);
        assert!(compile_observed(threads, &progress, |_| false).0.is_ok());
        let steps = steps.lock().unwrap();
        let all = |step: &CompileStep| (step.stage, step.total) == (CompileStage::Compiling, 500);
        assert!(steps.iter().all(all));
        let mut done: Vec<_> = steps.iter().map(|step| step.done).collect();
        done.sort_unstable();
        assert_eq!(done, Vec::from_iter(0..=500));
    }
}

#[test]
fn who_observes_may_stop() {
    for threads in [1, 2, 8] {
        for most in [0, 1, 100, 500] {
            let (progress, _) = observer(most);
            let (outcome, _, calls) = compile_observed(threads, &progress, |_| false);
            assert!(outcome.is_err() && progress.is_stopped());
            // Each thread may be at one more.
            assert!(calls >= most && calls < most + threads, "{calls}, {most}");
        }
    }
    assert_eq!(compile_observed(1, &observer(0).0, |_| false).2, 0);
}
