//! `cargo +nightly fuzz run differential`: bytes that libFuzzer chooses become a module, on which all engines must agree.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wasmill_fuzz::guided::differential(bytes));

#[cfg(not(fuzzing))]
fn main() {
    println!("cargo +nightly fuzz run differential");
}
