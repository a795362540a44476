//! The loop: cases by the million, on all processors, until time is up or two engines differ.
//!
//! `--seconds N`, `--seed S` where to start, `--jobs N`; `--llvm N` gives one case in N to LLVM (none if zero), where it is built
//! in; `--case S` runs one case alone, everywhere, and writes its module. With `--hostile 1` a case is 400 random bytes, which are
//! compiled or loaded; `--case S` then does that with those of one seed.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wasmill_fuzz::case::Case;
use wasmill_fuzz::check::{Checker, Counts, LLVM_EVERY};
use wasmill_fuzz::hostile::Hostile;

/// No module is made of more random bytes.
const LENGTH: usize = usize::MAX;
/// Between two lines about progress.
const REPORT: Duration = Duration::from_secs(60);

struct Options {
    seconds: u64,
    seed: u64,
    jobs: usize,
    llvm: u64,
    hostile: bool,
    case: Option<u64>,
}

fn main() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    match options.case {
        Some(seed) if options.hostile => {
            Hostile::default().check_seed(seed);
            return Ok(());
        }
        Some(seed) => return one(seed),
        None => {}
    }
    let failed = AtomicBool::new(false);
    let next = AtomicU64::new(0);
    let (start, mut total) = (Instant::now(), Counts::default());
    std::thread::scope(|scope| {
        let work = || alone(|| worker(&options, &next, &failed));
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            total.add(&worker.join().expect("panics are caught"));
        }
    });
    println!(
        "{} executions in {} s from seed {}: {total:?}",
        total.cases,
        start.elapsed().as_secs(),
        options.seed
    );
    match failed.into_inner() {
        true if options.hostile => bail!("there was a panic"),
        true => bail!("engines differ"),
        false => Ok(()),
    }
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            seconds: 60,
            seed: 0,
            jobs: std::thread::available_parallelism()?.get(),
            llvm: LLVM_EVERY,
            hostile: false,
            case: None,
        };
        while let Some(name) = words.next() {
            let value = words
                .next()
                .with_context(|| format!("{name} takes a number"))?;
            let value: u64 = value.parse().with_context(|| format!("{name} {value}"))?;
            match &*name {
                "--seconds" => options.seconds = value,
                "--seed" => options.seed = value,
                "--jobs" => options.jobs = value as usize,
                "--llvm" => options.llvm = value,
                "--hostile" => options.hostile = value != 0,
                "--case" => options.case = Some(value),
                _ => bail!(
                    "no option {name}: there are --seconds, --seed, --jobs, --llvm, --hostile, --case"
                ),
            }
        }
        Ok(options)
    }
}

/// Runs it where compilers find a pool of one thread, which is this one: modules are small, and all processors have work.
fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("one more thread").install(work)
}

/// Takes case after case. Differences are told and do not end it: others may wait behind.
fn worker(options: &Options, next: &AtomicU64, failed: &AtomicBool) -> Counts {
    let start = Instant::now();
    let (mut checker, mut reported) = (Checker::new(options.llvm), start);
    let mut hostile = Hostile::default();
    let current = current_case(options.seed);
    while start.elapsed().as_secs() < options.seconds {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let seed = options.seed.wrapping_add(index);
        if let Ok(file) = &current {
            let _ = file.write_all_at(format!("{seed:020}\n").as_bytes(), 0);
        }
        if options.hostile {
            checker.counts.cases += 1;
            if is_panic(&mut hostile, seed) {
                failed.store(true, Ordering::Relaxed);
                println!("hostile case {seed}: panic");
            }
        } else if let Err(difference) = attempt(&mut checker, seed, LENGTH) {
            failed.store(true, Ordering::Relaxed);
            tell(seed, &difference);
        }
        if reported.elapsed() > REPORT {
            reported = Instant::now();
            println!("at seed {seed}, this thread: {:?}", checker.counts);
        }
    }
    checker.counts
}

/// Where a thread notes what it is about to do: all that is left when the code of a case ends the process.
fn current_case(seed: u64) -> std::io::Result<File> {
    let thread = std::thread::current().id();
    let name = format!("wasmill-fuzz-{seed}-{thread:?}");
    File::create(std::env::temp_dir().join(name))
}

/// Runs the case of a seed; a panic is a difference, too.
fn attempt(checker: &mut Checker, seed: u64, length: usize) -> Result<(), String> {
    let run = || match Case::new(seed, length) {
        Some(case) => checker.check(&case),
        None => Ok(()),
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        checker.start_anew();
        Err("panic".into())
    })
}

/// Compiles or loads what a seed says; a panic leaves nothing of the state before.
fn is_panic(hostile: &mut Hostile, seed: u64) -> bool {
    let caught = catch_unwind(AssertUnwindSafe(|| hostile.check_seed(seed)));
    if caught.is_err() {
        *hostile = Hostile::default();
    }
    caught.is_err()
}

/// Prints a difference and writes the module, as small as fewer random bytes make it.
fn tell(seed: u64, difference: &str) {
    let mut checker = Checker::new(1);
    let shorter = (16..1200).step_by(8);
    let length = shorter
        .into_iter()
        .find(|length| attempt(&mut checker, seed, *length).is_err())
        .unwrap_or(LENGTH);
    match Case::new(seed, length) {
        Some(case) => println!("{}", case.report(difference)),
        None => println!("case {seed}: {difference}"),
    }
}

/// Runs one case, verbosely.
fn one(seed: u64) -> Result<()> {
    let case = Case::new(seed, LENGTH).context("the seed makes no module")?;
    println!("{}", case.write()?.display());
    match attempt(&mut Checker::new(1), seed, LENGTH) {
        Ok(()) => println!("case {seed}: no difference"),
        Err(difference) => tell(seed, &difference),
    }
    Ok(())
}
