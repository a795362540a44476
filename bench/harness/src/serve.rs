//! A worker's main function: answers the driver's requests with a [`Peer`], or runs one case for a profiler.
//!
//! `WORKER COMPILER` serves until its input ends. `WORKER COMPILER --profile SECONDS CASE` (the case in JSON) repeats one
//! case for that long, so that `perf record` sees nothing else. `WORKER COMPILER --code MODULE FILE` writes a module's
//! machine code to a file and lists its functions.

use crate::clock::{Elapsed, timed};
use crate::interruption::latency;
use crate::loading::loader;
use crate::memory;
use crate::peer::{Batch, Compiler, Endless, Kernel, Peer, Threads, read};
use crate::protocol::{Action, Answer, Case, Request, Sample};
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

/// Serves one engine. `make` turns the first argument, the compiler's name, into the peer.
pub fn serve<P: Peer>(make: impl FnOnce(&str) -> Result<P>) -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [compiler] => answer_requests(&make(compiler)?),
        [compiler, "--profile", seconds, case] => {
            let seconds = Duration::from_secs_f64(seconds.parse()?);
            repeat(&make(compiler)?, &serde_json::from_str(case)?, seconds)
        }
        [compiler, "--code", module, file] => {
            write_code(&make(compiler)?, Path::new(module), Path::new(file))
        }
        _ => bail!("this is a worker of `wasmill-bench`, which starts it"),
    }
}

fn answer_requests(peer: &dyn Peer) -> Result<()> {
    let mut prepared = None;
    for line in stdin().lock().lines() {
        let request = serde_json::from_str(&line?).context("not a request")?;
        let answer = handle(peer, &mut prepared, request)
            .unwrap_or_else(|e| Answer::Failed(format!("{e:#}")));
        let mut out = stdout().lock();
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

fn handle(peer: &dyn Peer, prepared: &mut Option<Prepared>, request: Request) -> Result<Answer> {
    match request {
        Request::Prepare(case) => {
            // The earlier case goes first: its memory must not weigh on the next one.
            *prepared = None;
            *prepared = Prepared::new(peer, &case)?;
            Ok(match prepared {
                Some(_) => Answer::Ready,
                None => Answer::NotApplicable,
            })
        }
        Request::Measure(iterations) => {
            let prepared = prepared.as_mut().context("no case is prepared")?;
            Ok(Answer::Sample(prepared.measure(iterations)?))
        }
    }
}

fn write_code(peer: &dyn Peer, module: &Path, file: &Path) -> Result<()> {
    let code = peer
        .code(&read(module)?)?
        .context("this engine does not show its code")?;
    std::fs::write(file, code.bytes).with_context(|| format!("cannot write {}", file.display()))?;
    for (name, offset, length) in code.functions {
        println!("{offset:#x} {length:#x} {name}");
    }
    Ok(())
}

fn repeat(peer: &dyn Peer, case: &Case, duration: Duration) -> Result<()> {
    let mut prepared = Prepared::new(peer, case)?.context("this engine has no such thing")?;
    let start = Instant::now();
    let (mut samples, mut iterations) = (0u64, 1);
    let mut last = prepared.measure(iterations)?;
    while start.elapsed() < duration {
        if !prepared.is_single() && last.wall_ns < 20_000_000 {
            iterations *= 2;
        }
        last = prepared.measure(iterations)?;
        samples += 1;
    }
    let each = last.wall_ns as f64 / last.iterations as f64;
    eprintln!(
        "{samples} samples of {iterations} iterations; the last took {each:.1} ns per iteration"
    );
    Ok(())
}

/// A case that is ready to be measured.
enum Prepared {
    Run(Kernel, i32),
    Loop(Kernel),
    Compile(Compiler),
    CompileMemory(Compiler),
    Interrupt(Endless),
    Batch(Batch),
}

impl Prepared {
    fn new(peer: &dyn Peer, case: &Case) -> Result<Option<Self>> {
        let wasm = read(&case.module)?;
        Ok(match case.action {
            Action::Run(argument) => peer
                .kernel_of(&case.module)?
                .map(|k| Prepared::Run(k, argument)),
            Action::Loop => peer.kernel(&wasm)?.map(Prepared::Loop),
            Action::Compile(threads) => peer.compiler(wasm, threads)?.map(Prepared::Compile),
            Action::Validate => peer.validator(wasm)?.map(Prepared::Batch),
            Action::CompileMemory => {
                let parallel = peer.compiler(wasm.clone(), Threads::All)?;
                let compiler =
                    parallel.map_or_else(|| peer.compiler(wasm, Threads::One), |c| Ok(Some(c)))?;
                compiler.map(Prepared::CompileMemory)
            }
            Action::Instantiate(how) => peer.instantiate(&wasm, how)?.map(Prepared::Batch),
            Action::Call(kind) => peer.call(&wasm, kind)?.map(Prepared::Batch),
            Action::Access(kind) => peer.access(&wasm, kind)?.map(Prepared::Batch),
            Action::Trap(kind) => peer.trap(&wasm, kind)?.map(Prepared::Batch),
            Action::Interrupt => peer.endless(&wasm)?.map(Prepared::Interrupt),
            Action::Load(source) => {
                loader(peer, &wasm, source, &case.module)?.map(Prepared::Compile)
            }
        })
    }

    /// Whether one iteration is long enough to be a sample.
    fn is_single(&self) -> bool {
        matches!(
            self,
            Prepared::Run(..) | Prepared::Compile(_) | Prepared::CompileMemory(_)
        )
    }

    fn measure(&mut self, iterations: u64) -> Result<Sample> {
        match self {
            Prepared::Run(kernel, argument) => run(kernel, *argument, iterations),
            Prepared::Loop(kernel) => {
                let turns = i32::try_from(iterations)?;
                let (done, elapsed) = timed(|| kernel(turns));
                done?;
                // No checksum: engines do different numbers of turns.
                Ok(sample(iterations, elapsed))
            }
            Prepared::Compile(compiler) => compile(compiler, iterations),
            Prepared::CompileMemory(compiler) => compile_memory(compiler, iterations),
            Prepared::Interrupt(endless) => interrupt(endless, iterations),
            Prepared::Batch(batch) => {
                let (done, elapsed) = timed(|| batch(iterations));
                done?;
                Ok(sample(iterations, elapsed))
            }
        }
    }
}

fn sample(iterations: u64, elapsed: Elapsed) -> Sample {
    Sample {
        iterations,
        wall_ns: elapsed.wall_ns,
        cpu_ns: elapsed.cpu_ns,
        checksum: None,
        code_bytes: None,
        peak_bytes: None,
    }
}

fn run(kernel: &mut Kernel, argument: i32, iterations: u64) -> Result<Sample> {
    let (sums, elapsed) = timed(|| {
        (0..iterations)
            .map(|_| kernel(argument))
            .collect::<Result<Vec<_>>>()
    });
    let sums = sums?;
    ensure!(
        sums.windows(2).all(|pair| pair[0] == pair[1]),
        "the same call returned different checksums: {sums:x?}"
    );
    Ok(Sample {
        checksum: sums.last().copied(),
        ..sample(iterations, elapsed)
    })
}

fn interrupt(endless: &mut Endless, iterations: u64) -> Result<Sample> {
    let latencies = (0..iterations).map(|_| latency(endless));
    let total: std::time::Duration = latencies.sum::<Result<_>>()?;
    let ns = u64::try_from(total.as_nanos())?;
    let elapsed = Elapsed {
        wall_ns: ns,
        cpu_ns: ns,
    };
    Ok(sample(iterations, elapsed))
}

fn compile(compiler: &mut Compiler, iterations: u64) -> Result<Sample> {
    // Modules are kept until the clock has stopped: freeing them is not compiling.
    let (modules, elapsed) = timed(|| {
        (0..iterations)
            .map(|_| compiler())
            .collect::<Result<Vec<_>>>()
    });
    let code_bytes = modules?.last().and_then(|compiled| compiled.code_bytes);
    Ok(Sample {
        code_bytes,
        ..sample(iterations, elapsed)
    })
}

fn compile_memory(compiler: &mut Compiler, iterations: u64) -> Result<Sample> {
    ensure!(iterations == 1, "memory is measured once per process");
    memory::reset_peak()?;
    let before = memory::resident_bytes()?;
    let mut result = compile(compiler, 1)?;
    result.peak_bytes = Some(memory::peak_bytes()?.saturating_sub(before));
    Ok(result)
}
