//! `cargo xtask loom`: model-checks the locks of `wasmill-vm` (its tests named `loom_*`) under every interleaving.
//!
//! loom replaces the atomics when compiled with `--cfg loom`, so it has a target folder of its own: otherwise every run
//! would rebuild the whole tree.

use crate::process::{cargo, output, target};
use anyhow::{Result, ensure};

/// Runs the loom tests; it is an error if there are none.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let mut command = cargo(["test", "--package", "wasmill-vm", "--lib", "loom_"]);
    command
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", target().join("loom"));
    let text = output(&mut command)?;
    print!("{text}");
    ensure!(passed(&text) > 0, "no test named loom_* ran");
    Ok(())
}

/// How many tests passed, from the closing lines of `cargo test`.
fn passed(text: &str) -> u32 {
    let results = text
        .lines()
        .filter_map(|line| line.strip_prefix("test result: ok. "));
    results
        .filter_map(|rest| rest.split(' ').next()?.parse::<u32>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn counts_closing_lines() {
        let line = "test result: ok. 3 passed; 0 failed; 0 ignored\n";
        assert_eq!(passed(&format!("running 3 tests\n{line}\n{line}")), 6);
        assert_eq!(passed("test result: ok. 0 passed; 0 failed\n"), 0);
    }
}
