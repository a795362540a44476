//! `cargo +nightly fuzz run module`: bytes that libFuzzer chooses are compiled, or loaded as an artifact: no panic, no crash.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wasmill_fuzz::guided::module(bytes));

#[cfg(not(fuzzing))]
fn main() {
    println!("cargo +nightly fuzz run module");
}
