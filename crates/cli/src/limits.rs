//! The options that limit what a guest takes: fuel, time, memory, tables, stack.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use wasmill::{BaseTunables, Engine, Store, StoreLimits};

use crate::messages::manner;
use crate::{duration, size};

/// What a guest may use up. Without these options, time and memory have no limit but what the module declares.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitOptions {
    /// End the guest when it has executed N operators.
    #[arg(long, value_name = "N", value_parser = amount)]
    pub(crate) fuel: Option<u64>,

    /// End the guest when it has run that long: 500ms, 10s, 2m, 1h.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) timeout: Option<Duration>,

    /// The most bytes of memory that the guest may have: 64MiB, 1G.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_memory: Option<u64>,

    /// The most elements that its tables may have.
    #[arg(long, value_name = "N", value_parser = amount)]
    max_table_elements: Option<u64>,

    /// The stack that it runs on: 1MiB, 64MiB.
    #[arg(long, value_name = "SIZE", value_parser = stack_size)]
    pub(crate) stack_size: Option<usize>,
}

impl LimitOptions {
    /// A store of an engine, with what it has to watch over.
    pub(crate) fn store<E: Engine + ?Sized>(&self, engine: &E) -> Store {
        match self.of_store() {
            Some(limits) => {
                let tunables = BaseTunables::for_target(engine.target());
                Store::new_with_limits(engine, tunables, limits)
            }
            None => Store::new(engine),
        }
    }

    fn of_store(&self) -> Option<StoreLimits> {
        let mut limits = StoreLimits::new();
        if let Some(most) = self.max_memory {
            limits = limits.memory_bytes(most);
        }
        if let Some(most) = self.max_table_elements {
            limits = limits.table_elements(most);
        }
        // Who wants to know gets to know what is taken: without limits nobody counts.
        let is_counted = limits != StoreLimits::new() || manner().verbosity > 0;
        is_counted.then_some(limits)
    }
}

/// A number, with `K`, `M`, `G` or `T` behind it if it is large.
fn amount(text: &str) -> Result<u64> {
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    let is_plain = letters <= 1 && !text.ends_with(['b', 'B']);
    let number = size::parse(text).ok().filter(|_| is_plain);
    number.ok_or_else(|| {
        let text = text.escape_debug();
        anyhow::anyhow!(
            "`{text}` is no number: digits, and K, M, G or T behind them for large ones"
        )
    })
}

/// Bytes of a stack.
fn stack_size(text: &str) -> Result<usize> {
    let bytes = size::parse(text)?;
    ensure!(
        (64 << 10..=64 << 30).contains(&bytes),
        "a stack has 64KiB to 64GiB"
    );
    Ok(bytes as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_stacks() {
        assert_eq!(amount("1_000").unwrap(), 1000);
        assert_eq!(amount("3M").unwrap(), 3_000_000);
        for bad in ["", "-1", "1.5", "1MiB", "1kb", "1b", "many"] {
            assert!(amount(bad).is_err(), "{bad}");
        }
        assert_eq!(stack_size("1MiB").unwrap(), 1 << 20);
        assert!(stack_size("1K").is_err() && stack_size("1T").is_err());
    }
}
