//! The measuring loop: case by case, all engines prepare, then take turns at giving samples, so that whatever else the
//! machine is doing hits all of them alike.

use crate::engines::Engine;
use crate::setup;
use crate::suite::{Group, Item};
use crate::worker::Worker;
use anyhow::{Result, anyhow};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use wasmill_bench_harness::protocol::{Action, Case, Sample};

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Samples per case and engine.
    pub(crate) samples: usize,
    /// How long one sample of a batch of short things shall take at least.
    pub(crate) sample_time: Duration,
    /// An engine that has used this much time on a case gives no more samples than `least`.
    pub(crate) patience: Duration,
    /// Samples that even a slow engine gives.
    pub(crate) least: usize,
}

impl Effort {
    /// For figures.
    pub(crate) fn full(samples: usize) -> Self {
        Effort {
            samples,
            sample_time: Duration::from_millis(10),
            patience: Duration::from_secs(5),
            least: 2,
        }
    }

    /// For a first look, and to see that everything runs.
    pub(crate) fn quick() -> Self {
        Effort {
            samples: 3,
            sample_time: Duration::from_millis(3),
            patience: Duration::from_secs(1),
            least: 1,
        }
    }
}

/// What an engine gave for a case.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Measurements, at least one.
    Samples(Vec<Sample>),
    /// It has no such thing.
    NotApplicable,
    /// It should have, but failed.
    Failed(String),
}

/// One measured case, outcomes in the order of the engines.
pub(crate) struct Measured {
    /// The case.
    pub(crate) item: Item,
    /// One per engine.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Measures all items with all engines. `progress` is told each case before it starts.
pub(crate) fn measure(
    engines: &[Engine],
    items: &[Item],
    effort: Effort,
    mut progress: impl FnMut(&Item),
) -> Vec<Measured> {
    let mut workers: Vec<Worker> = engines.iter().cloned().map(Worker::new).collect();
    let mut measured = Vec::new();
    for item in items {
        progress(item);
        let case = Case {
            module: setup::module_path(item.module),
            action: item.action.clone(),
        };
        let outcomes = if item.group == Group::Memory {
            measure_memory(&mut workers, &case, effort)
        } else {
            measure_case(&mut workers, &case, effort)
        };
        measured.push(Measured {
            item: item.clone(),
            outcomes: agree(engines, outcomes),
        });
    }
    measured
}

/// An engine at work on one case.
struct Turn {
    iterations: u64,
    samples: Vec<Sample>,
    used: Duration,
    /// Set when it takes no further part.
    ended: Option<Outcome>,
}

fn measure_case(workers: &mut [Worker], case: &Case, effort: Effort) -> Vec<Outcome> {
    let mut turns: Vec<Turn> = workers
        .iter_mut()
        .map(|worker| first_turn(worker, case, effort))
        .collect();
    let count = workers.len();
    for round in 0..effort.samples {
        for position in 0..count {
            // Each round starts with another engine: none always follows the same one.
            let index = (round + position) % count;
            let turn = &mut turns[index];
            let tired = turn.used > effort.patience && turn.samples.len() >= effort.least;
            if turn.ended.is_some() || tired || turn.samples.len() >= effort.samples {
                continue;
            }
            let start = Instant::now();
            match workers[index].measure(turn.iterations) {
                Ok(sample) => turn.samples.push(sample),
                Err(error) => turn.ended = Some(Outcome::Failed(format!("{error:#}"))),
            }
            turn.used += start.elapsed();
        }
    }
    let finish = |turn: Turn| turn.ended.unwrap_or(Outcome::Samples(turn.samples));
    turns.into_iter().map(finish).collect()
}

/// Prepares a case, warms it up and finds out how many iterations make a sample.
fn first_turn(worker: &mut Worker, case: &Case, effort: Effort) -> Turn {
    let mut turn = Turn {
        iterations: 1,
        samples: Vec::new(),
        used: Duration::ZERO,
        ended: None,
    };
    match worker.prepare(case) {
        Ok(true) => {}
        Ok(false) => turn.ended = Some(Outcome::NotApplicable),
        Err(error) => turn.ended = Some(Outcome::Failed(format!("{error:#}"))),
    }
    if turn.ended.is_none() {
        match calibrate(worker, case, effort) {
            Ok(sample) => {
                turn.iterations = sample.iterations;
                // The warm-up of something that takes long is as good a sample as any.
                if Duration::from_nanos(sample.wall_ns) > effort.patience / 4 {
                    turn.used = Duration::from_nanos(sample.wall_ns);
                    turn.samples.push(sample);
                }
            }
            Err(error) => turn.ended = Some(Outcome::Failed(format!("{error:#}"))),
        }
    }
    turn
}

fn calibrate(worker: &mut Worker, case: &Case, effort: Effort) -> Result<Sample> {
    let single = matches!(case.action, Action::Run(_) | Action::Compile(_));
    let mut iterations = 1;
    loop {
        let sample = worker.measure(iterations)?;
        let wall = Duration::from_nanos(sample.wall_ns);
        // The highest number of iterations is what the argument of a Wasm loop can say.
        if single || wall >= effort.sample_time || iterations >= 1 << 30 {
            return Ok(sample);
        }
        iterations *= if wall * 8 < effort.sample_time { 4 } else { 2 };
    }
}

/// Memory is measured in a fresh process each time: a heap that has been used hides what compiling needs.
fn measure_memory(workers: &mut [Worker], case: &Case, effort: Effort) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for worker in workers {
        let mut sample = || -> Result<Option<Sample>> {
            worker.stop();
            let ready = worker.prepare(case)?;
            let sample = ready.then(|| worker.measure(1)).transpose();
            worker.stop();
            sample
        };
        let samples: Result<Option<Vec<Sample>>> =
            (0..effort.samples.min(3)).map(|_| sample()).collect();
        outcomes.push(match samples {
            Ok(Some(samples)) => Outcome::Samples(samples),
            Ok(None) => Outcome::NotApplicable,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        });
    }
    outcomes
}

/// Fails the engines whose checksum differs from the one that most engines have; all, when there is no majority.
fn agree(engines: &[Engine], mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut votes: HashMap<i64, usize> = HashMap::new();
    for checksum in outcomes.iter().filter_map(checksum) {
        *votes.entry(checksum).or_default() += 1;
    }
    if votes.len() < 2 {
        return outcomes;
    }
    let most = votes.values().copied().max().unwrap_or(0);
    let mut winners = votes
        .iter()
        .filter(|(_, count)| **count == most)
        .map(|(sum, _)| *sum);
    let right = if let (Some(winner), None) = (winners.next(), winners.next()) {
        Some(winner)
    } else {
        None
    };
    for (outcome, engine) in outcomes.iter_mut().zip(engines) {
        if let Some(sum) = checksum(outcome).filter(|sum| Some(*sum) != right) {
            let error = anyhow!(
                "{} computes the checksum {sum:#x}, others another",
                engine.name
            );
            *outcome = Outcome::Failed(error.to_string());
        }
    }
    outcomes
}

fn checksum(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Samples(samples) => samples.last().and_then(|sample| sample.checksum),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engines(count: usize) -> Vec<Engine> {
        let engine = |i| Engine {
            name: format!("e{i}"),
            title: String::new(),
            program: "".into(),
            arguments: Vec::new(),
        };
        (0..count).map(engine).collect()
    }

    fn outcomes(sums: &[i64]) -> Vec<Outcome> {
        let sample = |sum: &i64| Sample {
            iterations: 1,
            wall_ns: 1,
            cpu_ns: 1,
            checksum: Some(*sum),
            code_bytes: None,
            peak_bytes: None,
        };
        sums.iter()
            .map(|sum| Outcome::Samples(vec![sample(sum)]))
            .collect()
    }

    fn failed(outcomes: &[Outcome]) -> Vec<bool> {
        outcomes
            .iter()
            .map(|outcome| matches!(outcome, Outcome::Failed(_)))
            .collect()
    }

    #[test]
    fn checksums_must_agree() {
        assert_eq!(
            failed(&agree(&engines(3), outcomes(&[7, 7, 7]))),
            [false; 3]
        );
        assert_eq!(
            failed(&agree(&engines(3), outcomes(&[7, 8, 7]))),
            [false, true, false]
        );
        assert_eq!(failed(&agree(&engines(2), outcomes(&[7, 8]))), [true; 2]);
    }
}
