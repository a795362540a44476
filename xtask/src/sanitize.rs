//! `cargo xtask sanitize`: the tests of `wasmill-vm` and the torture test under AddressSanitizer and ThreadSanitizer.
//!
//! Both are parts of nightly toolchains. What is missing is left out with a plain word. Compiled WebAssembly code is not
//! instrumented: what they see is the runtime around it.

use crate::process::{nightly, run as start, succeeds, target};
use crate::torture::{Choice, SPIN_VARIABLE};
use anyhow::Result;
use std::process::Command;

const HOST: &str = "x86_64-unknown-linux-gnu";

/// How long the torture test runs under each.
const SECONDS: u64 = 30;

struct Sanitizer {
    name: &'static str,
    /// Whether the standard library must be instrumented, too (that takes the component `rust-src`).
    whole: bool,
    /// What it must leave to us, or what it cannot know.
    options: (&'static str, &'static str),
    /// Tests of `wasmill-vm` that cannot work under it.
    skipped: &'static [&'static str],
    /// Whether signals reach code that only runs.
    interrupts: bool,
}

const SANITIZERS: &[Sanitizer] = &[
    Sanitizer {
        name: "address",
        whole: false,
        // Faults are ours to handle, on stacks of our own. Some tests leak on purpose, and the torture test sees to it that
        // memory does not grow, which what is freed and kept aside must not look like.
        options: (
            "ASAN_OPTIONS",
            "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:use_sigaltstack=0:\
             detect_stack_use_after_return=0:detect_leaks=0:quarantine_size_mb=32",
        ),
        // Its own messages for overflows of the host, and processes that it starts with other limits.
        skipped: &["overflows_of_the_host", "main_thread"],
        interrupts: true,
    },
    Sanitizer {
        name: "thread",
        whole: true,
        options: (
            "TSAN_OPTIONS",
            "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:use_sigaltstack=0:\
             report_signal_unsafe=0",
        ),
        // It keeps a signal back until the thread comes by an atomic or a system call: a loop of a guest never ends, and no
        // timer stops one. And it has most of the address space to itself.
        skipped: &[
            "overflows_of_the_host",
            "main_thread",
            "a_guest_that_spins",
            "a_thread_that_was_started_with_all_signals_blocked",
            "frames_are_found_at_every_instruction",
            "checked_memories_take_address_space",
        ],
        interrupts: false,
    },
];

/// Runs what the toolchains have; `--seconds N` and `--seed S` are for the torture test.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let choice = Choice::read(arguments, SECONDS)?;
    if !succeeds(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])) {
        println!("sanitize: left out, there is no nightly toolchain");
        return Ok(());
    }
    for sanitizer in SANITIZERS {
        if sanitizer.whole && !has_source() {
            println!(
                "sanitize: {} left out, the nightly toolchain has no component `rust-src`",
                sanitizer.name
            );
            continue;
        }
        sanitizer.run(&choice)?;
    }
    Ok(())
}

/// Whether the standard library can be built.
fn has_source() -> bool {
    let mut sysroot = Command::new("rustup");
    sysroot.args(["run", "nightly", "rustc", "--print", "sysroot"]);
    let output = sysroot
        .output()
        .unwrap_or_else(|_| unreachable!("rustup was found"));
    let sysroot = String::from_utf8_lossy(&output.stdout);
    let source = "lib/rustlib/src/rust/library/Cargo.lock";
    std::path::Path::new(sysroot.trim()).join(source).is_file()
}

impl Sanitizer {
    fn run(&self, choice: &Choice) -> Result<()> {
        let mut tests = self.cargo();
        tests.args(["--package", "wasmill-vm", "--lib", "--"]);
        for name in self.skipped {
            tests.args(["--skip", name]);
        }
        start(&mut tests)?;
        let mut torture = self.cargo();
        if !self.interrupts {
            torture.env(SPIN_VARIABLE, "0");
        }
        choice.start(&mut torture)
    }

    /// `cargo test` under the sanitizer, with a target folder of its own.
    fn cargo(&self) -> Command {
        let mut command = nightly(["test", "--target", HOST]);
        if self.whole {
            command.arg("-Zbuild-std");
        }
        // Mappings are made and given back through the C library, where the sanitizers see it.
        let flags = format!("-Zsanitizer={} --cfg rustix_use_libc", self.name);
        command
            .env("RUSTFLAGS", flags)
            .env(
                "CARGO_TARGET_DIR",
                target().join("sanitize").join(self.name),
            )
            .env(self.options.0, self.options.1);
        command
    }
}
