//! The options for tools that look at a running guest.

use std::path::Path;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use wasmill::Profiler;
use wasmill_engine::{Container, EngineBuilder};

/// What tools of the system learn about the guest.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Profiling and debugging")]
pub(crate) struct ToolOptions {
    /// Tell `perf` the names of the guest's functions.
    #[arg(long, value_name = "FORM", value_enum)]
    profile: Option<Profile>,

    /// Tell debuggers the guest's functions and frames, so that `gdb` can stop there (--native has that always).
    #[arg(short = 'g', long)]
    debug_info: bool,
}

/// The forms that `perf` reads.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    /// /tmp/perf-PID.map, which `perf report` finds by itself.
    Perfmap,
    /// jit-PID.dump in this folder, with the code: `perf record -k 1`, then `perf inject --jit`.
    Jitdump,
}

impl ToolOptions {
    /// What writes a profile, if one was asked for.
    fn profiler(&self) -> Result<Option<Profiler>> {
        let profiler = match self.profile {
            None => return Ok(None),
            Some(Profile::Perfmap) => Profiler::perf_map(),
            Some(Profile::Jitdump) => Profiler::jit_dump(Path::new(".")),
        };
        profiler
            .map(Some)
            .context("cannot write the names for `perf`")
    }

    /// Tells an engine of them.
    pub(crate) fn set_up<C: Container>(
        &self,
        engine: EngineBuilder<C>,
    ) -> Result<EngineBuilder<C>> {
        let engine = engine.debug_info(self.debug_info);
        Ok(match self.profiler()? {
            Some(profiler) => engine.profiler(&profiler),
            None => engine,
        })
    }
}
