//! One engine's worker process: started when first needed, asked line by line, replaced when it dies or hangs.

use crate::engines::Engine;
use anyhow::{Context, Result, anyhow, bail};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use wasmill_bench_harness::protocol::{Answer, Case, Request, Sample};

/// Longer than any one answer takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A connection to a worker, which may not be running yet.
pub(crate) struct Worker {
    engine: Engine,
    process: Option<Process>,
}

struct Process {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<std::io::Result<String>>,
}

impl Worker {
    /// A worker for this engine; nothing is started yet.
    pub(crate) fn new(engine: Engine) -> Self {
        Worker {
            engine,
            process: None,
        }
    }

    /// Ends the process, so that the next request meets a fresh one.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Killing fails only if it has ended by itself.
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }

    /// Gets a case ready. `false`: the engine has no such thing.
    pub(crate) fn prepare(&mut self, case: &Case) -> Result<bool> {
        match self.ask(&Request::Prepare(case.clone()))? {
            Answer::Ready => Ok(true),
            Answer::NotApplicable => Ok(false),
            other => Err(unexpected(other)),
        }
    }

    /// Measures the prepared case.
    pub(crate) fn measure(&mut self, iterations: u64) -> Result<Sample> {
        match self.ask(&Request::Measure(iterations))? {
            Answer::Sample(sample) => Ok(sample),
            other => Err(unexpected(other)),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Answer> {
        let process = match &mut self.process {
            Some(process) => process,
            none => none.insert(Process::start(&self.engine)?),
        };
        let answer = process.ask(request);
        if answer.is_err() {
            self.stop();
        }
        answer
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Process {
    fn start(engine: &Engine) -> Result<Self> {
        let mut child = Command::new(&engine.program)
            .args(&engine.arguments)
            // With either, some engines collect a host backtrace for each error, which would drown what a trap costs.
            .env_remove("RUST_BACKTRACE")
            .env_remove("RUST_LIB_BACKTRACE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start the worker of {}", engine.name))?;
        let requests = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, answers) = channel();
        // The thread ends with the process, whose output it reads.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Process {
            child,
            requests,
            answers,
        })
    }

    fn ask(&mut self, request: &Request) -> Result<Answer> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        if self
            .requests
            .write_all(&line)
            .and_then(|()| self.requests.flush())
            .is_err()
        {
            bail!("the worker has ended: {}", self.child.wait()?);
        }
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => Ok(serde_json::from_str(&line?)?),
            Err(RecvTimeoutError::Timeout) => bail!("no answer in {} s", PATIENCE.as_secs()),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("the worker has ended: {}", self.child.wait()?)
            }
        }
    }
}

fn unexpected(answer: Answer) -> anyhow::Error {
    match answer {
        Answer::Failed(text) => anyhow!(text),
        other => anyhow!("unexpected answer {other:?}"),
    }
}
