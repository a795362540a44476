//! Peak memory of this process, from Linux's `/proc`.

use anyhow::{Context, Result};
use std::fs;

/// Forgets the peak so far: from now on [`peak_bytes`] counts from what is in use.
pub fn reset_peak() -> Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("cannot reset the peak of resident memory")
}

/// The most memory that was resident since [`reset_peak`].
pub fn peak_bytes() -> Result<u64> {
    status("VmHWM:")
}

/// The memory resident now.
pub fn resident_bytes() -> Result<u64> {
    status("VmRSS:")
}

fn status(field: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .with_context(|| format!("/proc/self/status has no `{field}`"))?;
    Ok(value.trim().parse::<u64>()? * 1024)
}
