//! What machine the figures are of.

use serde::Serialize;
use std::fmt;

/// The processor and the system, as far as they matter for figures.
#[derive(Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    system: String,
}

/// Asks Linux.
pub(crate) fn describe() -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let information = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = information.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    Machine {
        processor: field("model name").unwrap_or_else(|| "unknown processor".into()),
        cores: std::thread::available_parallelism().map_or(1, Into::into),
        system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, {}",
            self.processor, self.cores, self.system
        )
    }
}
