//! How long encoders take for an instruction: `cargo run --release -p wasmill-bench-encoders`, in `bench`.
//!
//! Each writes the same twenty instructions that are typical of a baseline compiler, over and over, with registers and
//! displacements that change. Ours is the file that Singlepass is built from.

mod cranelift;
mod dynasm;
mod iced;
mod ours;

#[allow(
    dead_code,
    unreachable_pub,
    reason = "all of it is used where it belongs"
)]
#[path = "../../../crates/compiler-singlepass/src/x64/mod.rs"]
mod x64;

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How many instructions of a group are written.
const INSTRUCTIONS: u32 = 20;
/// Groups in a function.
const GROUPS: usize = 500;
/// Functions in a round.
const FUNCTIONS: usize = 20;
/// The best of so many rounds counts: short ones, which nothing interrupts.
const ROUNDS: usize = 400;

/// What changes from group to group.
#[derive(Clone, Copy)]
struct Group {
    /// General registers.
    a: u8,
    b: u8,
    c: u8,
    /// Vector registers.
    x: u8,
    y: u8,
    /// A slot of the frame.
    slot: i32,
    /// An offset in memory.
    offset: i32,
    number: u64,
}

/// The groups of a function, the same every time.
fn groups() -> Vec<Group> {
    const GENERAL: [u8; 11] = [0, 1, 2, 3, 6, 7, 8, 9, 10, 12, 13];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut group = || Group {
        a: GENERAL[next(11) as usize],
        b: GENERAL[next(11) as usize],
        c: GENERAL[next(11) as usize],
        x: next(15) as u8,
        y: next(15) as u8,
        slot: -8 * (next(24) as i32 + 1),
        offset: next(256) as i32,
        number: next(u64::MAX) << 33 | next(u64::MAX),
    };
    (0..GROUPS).map(|_| group()).collect()
}

/// Writes functions; gives the bytes of one.
type Encode = fn(&[Group], usize) -> usize;

fn measure(encode: Encode, groups: &[Group]) -> (Duration, usize) {
    let mut best = Duration::MAX;
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        bytes = encode(black_box(groups), FUNCTIONS);
        best = best.min(start.elapsed());
    }
    (best, bytes)
}

fn main() {
    let encoders: [(&str, Encode); 5] = [
        ("ours", ours::legacy),
        ("ours, VEX", ours::vex),
        ("cranelift-assembler-x64", cranelift::encode),
        ("dynasmrt", dynasm::encode),
        ("iced-x86", iced::encode),
    ];
    let groups = groups();
    println!("| encoder | ns per instruction | bytes per instruction |\n|---|---:|---:|");
    for (name, encode) in encoders {
        let (time, bytes) = measure(encode, &groups);
        let all = f64::from(INSTRUCTIONS) * GROUPS as f64;
        let time = time.as_nanos() as f64 / (all * FUNCTIONS as f64);
        println!("| {name} | {time:.2} | {:.2} |", bytes as f64 / all);
    }
}
