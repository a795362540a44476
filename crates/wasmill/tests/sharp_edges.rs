//! Where the original of this API cuts its users, and where it is shown that ours does not.
//!
//! A name such as `traps::every_code` is a test of this crate, `wasi/guests::exit_codes` one of another crate's `tests` or
//! `src`; a test below checks that they exist. What no other file shows is tested here.
//!
//! | # | the better behaviour | shown by |
//! |---|---|---|
//! | 1 | environments are initialised before the start function | `linking::environments_are_initialised_per_instance_before_start` |
//! | 2 | every function can be called: unlinked, or out of a table | `functions::typed_calls_of_host_functions`, `tables::host_and_guest_see_the_same_table` |
//! | 3 | native host functions may capture | `functions::closures_may_capture` |
//! | 4 | a failing host function may be called directly | `functions::typed_calls_of_host_functions` |
//! | 5 | raising an error drops what the host's frames own | `sharp_edges::raising_drops_what_the_frames_own`, `traps::errors_of_the_host` |
//! | 6 | the host's errors have the guest's frames | `traps::errors_of_host_functions_have_the_guests_frames` |
//! | 7 | shared errors can be looked into | `sharp_edges::shared_errors_can_be_looked_into` |
//! | 8 | weak handles never dangle, their clones keep | `exports::weak_handles_end_with_what_they_refer_to`, `exports::every_clone_of_a_live_weak_handle_keeps_its_target` |
//! | 9 | other stores' objects are refused with an error | `linking::externs_of_another_store_are_refused`, `functions::texts_of_what_is_refused` |
//! | 10 | stores of one engine are the same | `modules::stores` |
//! | 11 | views survive growth | `memories::views` |
//! | 12 | no other thread runs while the host looks in | `threads::a_view_keeps_guests_out` |
//! | 13 | misaligned pointers give nothing | `memories::pointers_to_items_and_their_boundaries` |
//! | 14 | texts past the end give nothing | `memories::texts_in_memory` |
//! | 15 | bytes can be copied safely | `memories::reading_and_writing_bytes`, `memories::raw_access` |
//! | 16 | a memory can have all 65536 pages | `memories::a_memory_may_have_all_65536_pages` |
//! | 17 | the wrong kind of reference is an error | `tables::texts_of_what_is_refused` |
//! | 18 | tables cannot grow without end | `sharp_edges::tables_of_the_host_cannot_grow_without_end`, `tunables::a_table_cannot_grow_without_end` |
//! | 19 | exports are copied when written to | `exports::a_clone_that_is_written_to_is_a_map_of_its_own` |
//! | 20 | clones of an import object are one map, on any thread | `sharp_edges::clones_of_an_import_object_are_one_map` |
//! | 21 | a repeated namespace replaces the former | `linking::a_namespace_given_twice_is_replaced_as_a_whole` |
//! | 22 | imports come out in the order they went in | `exports::imports_come_out_as_they_went_in` |
//! | 23 | a memory with too little protection is a link error | `memories::imported_memories_must_fit` |
//! | 24 | artifacts are checked: version, machine, damage | `artifacts::other_versions_are_named`, `artifacts::other_systems_are_named`, `artifacts::every_truncation_is_refused`, `artifacts::every_damaged_byte_is_found`, `artifacts::hostile_but_consistent_artifacts_do_no_harm` |
//! | 25 | any path names a module | `sharp_edges::paths_need_not_be_text`, `modules::from_files` |
//! | 26 | a shared module can be named; what others see stays | `modules::names` |
//! | 27 | all custom sections; lengths that shrink | `modules::custom_sections_all_of_a_name_in_order`, `modules::imports_in_order_and_by_kind` |
//! | 28 | the Native engine | not there yet |
//! | 29 | trap handlers run on the thread that set them | `traps::a_trap_handler_is_its_threads_and_its_stores_own`, `traps::a_trap_handler_sees_faults_first` |
//! | 30 | foreign signals go on to whom they are for | `vm/traps/tests::the_previous_action_is_taken`, `vm/traps/tests::overflows_of_the_host_are_still_reported_by_rust` |
//! | 31 | endless recursion traps on every thread | `traps::stack_overflow_on_small_and_large_stacks` |
//! | 32 | metering charges on every path | `middlewares/metering::every_path_costs_what_is_on_it`, `middlewares/metering::what_traps_is_paid_for_and_nothing_behind_it`, `middlewares/metering::random_programs_pay_for_exactly_what_they_execute` |
//! | 33 | the derive takes what Rust has, and hides no wrong type | `env::every_form_of_type`, `env::what_is_not_there_or_of_another_type`, `derive/tests::parameters_and_their_bounds_are_passed_on` |
//! | 34 | the rest of WASI answers | `wasi/interface::the_rest_answers`, `wasi/interface::no_number_makes_the_host_panic` |
//! | 35 | names of folders have no NUL; the older version's layouts | `wasi/abi/tests::names_of_preopened_directories_have_no_nul`, `wasi/abi/tests::the_older_version_has_its_own_layouts` |
//! | 36 | a guest without a memory traps | `wasi/guests::a_guest_without_a_memory_traps_where_one_is_needed` |
//! | 37 | points of what is not metered panic, as documented | `middlewares/metering::instances_that_are_not_metered_have_no_points` |
//! | 38 | WASI's state is not locked while guests run | `wasi/guests::exit_codes_come_out_of_nested_calls`, `wasi/guests::guests_run_on_many_threads_at_once` |
//! | 39 | the latest WASI version is snapshot 1 | `wasi/version::the_latest_is_snapshot_1` |
//! | 40 | code goes with its modules | `lifetime::modules_are_given_back`, `artifacts::code_is_mapped_from_the_file_as_long_as_somebody_needs_it` |
//!
//! And the acceptance checks, as far as they are about this crate:
//!
//! | # | what | shown by |
//! |---|---|---|
//! | 1 | the examples of the reference's front page | `first::the_contracts_first_example`, `first::host_functions_memory_and_traps` |
//! | 2 | stores, by default and by hand | `modules::stores` |
//! | 3 | modules: names, lists, sections, serialization | `modules::names`, `modules::imports_in_order_and_by_kind`, `modules::exports_in_order_and_by_kind`, `artifacts::a_loaded_module_does_the_same`, `artifacts::what_is_something_else_says_so` |
//! | 4 | exports | `exports::order_and_kinds`, `exports::texts_of_what_is_not_there`, `lifetime::exported_handles_outlive_their_instance` |
//! | 5 | host functions | `functions::integers_of_every_width`, `functions::up_to_26_arguments_and_results_of_all_types`, `functions::what_a_host_function_may_return`, `functions::panics_of_host_functions_go_on_in_the_caller`, `functions::wrong_results_of_dynamic_functions`, `functions::vectors_in_dynamic_signatures` |
//! | 6 | typed calls of host functions | `functions::typed_calls_of_host_functions` |
//! | 7 | every error of globals, tables, memories | `globals::texts_of_what_is_refused`, `tables::texts_of_what_is_refused`, `memories::texts_of_what_is_refused`, `memories::pointers_to_arrays_and_their_boundaries` |
//! | 8 | references | `functions::references_to_functions`, `functions::references_to_host_values`, `lifetime::references_to_host_values_are_collected` |
//! | 9 | linking | `linking::unknown_imports_of_every_kind`, `linking::incompatible_imports_of_every_kind`, `linking::chains`, `linking::forms_of_the_macro`, `linking::exports_of_an_instance_as_a_namespace` |
//! | 10 | traps | `traps::every_code_from_guests`, `traps::codes_and_their_texts`, `traps::frames_tell_names_and_offsets` |
//! | 11 | environments | `env::every_kind_of_export`, `env::names_aliases_and_what_may_be_missing`, `env::environments_are_ready_before_any_code_runs_and_failures_stop_it`, `derive/tests::texts_about_attributes`, `derive/tests::texts_about_fields` |
//! | 12 | middlewares, metering | `middlewares::an_operator_becomes_another`, `middlewares::each_stage_gets_all_that_the_one_before_makes`, `middlewares::a_middleware_can_refuse`, `middlewares/metering::points_go_down_and_run_out`, `middlewares/metering::points_count_without_a_compiler` |
//! | 13 | memories capped by tunables | `tunables::a_cap_of_24_pages_holds_on_every_path` |
//! | 14 | WASI | `wasi/guests::input_comes_from_a_pipe`, `wasi/guests::versions_are_seen_by_the_imports`, `wasi/version::namespaces_tell_the_version` |
//! | 15 | sets of features | `cargo xtask features` |

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmill::{
    Exports, Function, Global, ImportObject, Instance, Module, RuntimeError, Store, Table,
    TableType, Type, Value, imports,
};

#[derive(Debug)]
struct Refused(u32);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused {}", self.0)
    }
}

impl std::error::Error for Refused {}

#[test]
#[allow(unsafe_code, reason = "the contract's signature")]
fn raising_drops_what_the_frames_own() {
    let store = Store::default();
    let owned = Arc::new(());
    let held = owned.clone();
    let raise = Function::new_native(&store, move |how: i32| -> i32 {
        let _on_the_frame = (held.clone(), vec![1, 2, 3]);
        match how {
            0 => RuntimeError::raise(Box::new(Refused(0))),
            // SAFETY: nothing is needed; WebAssembly is on the stack.
            n => unsafe { wasmill::raise_user_trap(Box::new(Refused(n as u32))) },
        }
    });
    let module = Module::new(
        &store,
        r#"(module
             (import "env" "raise" (func $raise (param i32) (result i32)))
             (func (export "run") (param i32) (drop (call $raise (local.get 0))) unreachable))"#,
    )
    .unwrap();
    let imports = imports! { "env" => { "raise" => raise } };
    let instance = Instance::new(&module, &imports).unwrap();
    let run = instance.exports.get_native_function::<i32, ()>("run");
    let run = run.unwrap();
    for number in [0, 7] {
        let error = run.call(number).unwrap_err();
        assert_eq!(error.trace().len(), 1);
        assert_eq!(error.downcast::<Refused>().unwrap().0, number as u32);
        assert_eq!(Arc::strong_count(&owned), 2, "only the closure holds it");
    }
}

#[test]
fn shared_errors_can_be_looked_into() {
    let error = RuntimeError::user(Box::new(Refused(3)));
    let shared = error.clone();
    assert!(error.is::<Refused>() && shared.is::<Refused>());
    assert_eq!(error.downcast_ref::<Refused>().unwrap().0, 3);
    assert_eq!(shared.downcast_ref::<Refused>().unwrap().0, 3);
    assert!(shared.downcast_ref::<std::fmt::Error>().is_none());
    let error = error.downcast::<Refused>().unwrap_err();
    drop(shared);
    assert_eq!(error.downcast::<Refused>().unwrap().0, 3);
}

#[test]
fn tables_of_the_host_cannot_grow_without_end() {
    let store = Store::default();
    let null = || Value::FuncRef(None);
    let ty = |minimum| TableType::new(Type::FuncRef, minimum, None);
    for minimum in [10_000_001, u32::MAX] {
        assert!(Table::new(&store, ty(minimum), null()).is_err());
    }
    let table = Table::new(&store, ty(1), null()).unwrap();
    for delta in [10_000_000, u32::MAX - 1, u32::MAX] {
        let error = table.grow(delta, null()).unwrap_err();
        assert_eq!(
            error.message(),
            format!("failed to grow table by `{delta}`")
        );
    }
    assert_eq!(table.grow(1, null()).unwrap(), 1);
}

#[test]
fn clones_of_an_import_object_are_one_map() {
    let store = Store::default();
    let mut original = ImportObject::new();
    let mut clone = original.clone();
    let mut namespace = Exports::new();
    namespace.insert("g", Global::new(&store, Value::I32(1)));
    let there = std::thread::spawn(move || {
        clone.register("from_the_clone", namespace);
        clone
    });
    let clone = there.join().unwrap();
    assert!(original.get_export("from_the_clone", "g").is_some());
    assert!(
        original
            .register("from_the_clone", Exports::new())
            .is_some()
    );
    assert!(clone.get_export("from_the_clone", "g").is_none());
}

#[test]
#[cfg(unix)]
fn paths_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let name = format!("wasmill-{}-", std::process::id()).into_bytes();
    let name = [&name, &b"\xff.wat"[..]].concat();
    let path = std::env::temp_dir().join(std::ffi::OsStr::from_bytes(&name));
    fs::write(&path, "(module)").unwrap();
    let module = Module::from_file(&Store::default(), &path);
    fs::remove_file(&path).unwrap();
    let name = module.unwrap().name().unwrap().to_owned();
    assert!(name.ends_with("\u{fffd}.wat"), "{name}");
}

/// Every test that the tables above name exists.
#[test]
fn the_tables_name_tests_that_exist() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut rows = BTreeSet::new();
    let mut names = 0;
    for line in include_str!("sharp_edges.rs").lines() {
        let Some(row) = line.strip_prefix("//! | ") else {
            continue;
        };
        rows.insert(row.split(' ').next().unwrap());
        let words = row.split('`').skip(1).step_by(2);
        for (place, test) in words.filter_map(|word| word.split_once("::")) {
            names += 1;
            let found = files_of(crates, place).into_iter().any(|file| {
                fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {test}(")))
            });
            assert!(found, "no test `{place}::{test}`");
        }
    }
    assert!(names > 60 && rows.len() > 35, "the tables are read");
}

/// Where a test named in the tables may be.
fn files_of(crates: &Path, place: &str) -> Vec<PathBuf> {
    let (name, file) = place.split_once('/').unwrap_or(("wasmill", place));
    let folder = crates.join(name);
    ["tests", "src"]
        .map(|kind| folder.join(kind).join(format!("{file}.rs")))
        .into()
}
