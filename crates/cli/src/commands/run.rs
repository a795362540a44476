//! `wasmill run`: compiles a module (or takes it from the cache), instantiates it, and runs it: a program, or one of its functions.
//!
//! ```text
//!   FILE ─► source ─┬─ module ───► cache, or compiler ─┐
//!                   └─ compiled ─► loaded, no compiler ┴─► WASI, limits ─► instance ─► `_initialize` ─► `_start`, or --invoke
//! ```
//!
//! A module whose function imports are all of WASI gets WASI.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result};
use clap::Args;
use wasmill::{Instance, Module, Native, Store, Universal};
use wasmill_engine::{Container, EngineBuilder};

use crate::cache::CacheOptions;
use crate::capabilities::Capabilities;
use crate::invoke::Call;
use crate::limits::LimitOptions;
use crate::messages::{self, note, time};
use crate::source::{self, Source};
use crate::store_options::StoreOptions;
use crate::tool_options::ToolOptions;
use crate::values::Shape;
use crate::wasi_options::WasiOptions;
use crate::{fuel, pipes, report, size, stack, timeout, unlinked};

const EXAMPLES: &str = "\
Examples:
  wasmill run program.wasm --dir . -- --flag input.txt
  wasmill run sums.wat --invoke add 1 0x2
  wasmill run vectors.wasm --invoke scale i32x4:1,2,3,4 0.5 --v128 f32x4
  wasmill run untrusted.wasm --timeout 10s --max-memory 64MiB --fuel 100M
  curl -s https://example.org/program.wasm | wasmill run - -- arguments

The exit code is the program's own, and 1 if something goes wrong before or around it.";

/// What functions of the host have of a stack besides what the guest was given.
const HOST_STACK: usize = 256 << 10;

/// Run a module: a program, or one of its functions.
///
/// The module is compiled and its `_start` is called, or the function that `--invoke` names. A WASI program gets the
/// arguments, and its exit code is passed through; the function that is invoked gets them as its parameters. Its results are
/// printed, joined by a space.
///
/// Integers are decimal, hexadecimal (0x…) or binary (0b…), signed or unsigned; floats as in the text format (1.5, 0x1.8p3, inf,
/// nan:0x1234); vectors a number, or lanes (i32x4:1,2,3,4); function references `null` or the name of an exported function; host
/// references `null` or a word.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// The module, in the binary or the text format, or compiled before; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Call this exported function and print its results.
    #[arg(short = 'i', long, value_name = "NAME")]
    pub(crate) invoke: Option<String>,

    /// Print vectors as lanes of this shape.
    #[arg(
        long,
        value_name = "SHAPE",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    v128: Shape,

    /// What the guest gets as its arguments. Those that look like options must stand after `--`.
    #[arg(value_name = "ARGS", allow_negative_numbers = true)]
    pub(crate) args: Vec<OsString>,

    #[command(flatten)]
    wasi: WasiOptions,

    #[command(flatten)]
    limits: LimitOptions,

    #[command(flatten)]
    cache: CacheOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tools: ToolOptions,

    /// What the guest sees as the program's name, in place of the file's name.
    #[arg(long, value_name = "NAME", hide = true)]
    command_name: Option<String>,
}

/// A module that can be instantiated.
struct Loaded {
    module: Module,
    /// What it was made of, if it was compiled now.
    bytes: Option<Vec<u8>>,
    /// How it was made, for messages.
    description: String,
}

impl Run {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        self.run().with_context(|| failed(&self.file))
    }

    fn run(&self) -> Result<()> {
        let mut loaded = self.load()?;
        loaded.module.set_name(&source::module_name(&self.file));
        let versions = WasiOptions::versions(&loaded.module);
        if self.wasi.warns_of(versions) {
            let file = self.file.display();
            messages::warning(format_args!("`{file}` imports several versions of WASI"));
        }
        let is_wasi = versions > 0;
        pipes::end_with_reader();
        let guest = || self.guest(&loaded, is_wasi);
        match self.limits.stack_size {
            Some(size) => stack::on_thread(size + HOST_STACK, guest),
            None => guest(),
        }
    }

    /// Makes the module, or finds it made. That is not the guest's time, but may not take longer either.
    fn load(&self) -> Result<Loaded> {
        match source::open(&self.file)? {
            Source::Module(bytes) => self.compile(bytes),
            Source::Compiled { native, bytes } => {
                let bytes = bytes.as_deref();
                let engine = if native { "native" } else { "universal" };
                let module = match native {
                    true => self.compiled(Native::headless(), bytes),
                    false => self.compiled(Universal::headless(), bytes),
                };
                note(|| format!("{} was compiled before", self.file.display()));
                Ok(Loaded {
                    module: module?,
                    bytes: None,
                    description: format!("engine: {engine}, compiled before"),
                })
            }
        }
    }

    fn compile(&self, bytes: Vec<u8>) -> Result<Loaded> {
        let store = self.store.store_for(&self.tools, &self.limits)?;
        let module = self
            .cache
            .module(&self.store, &self.limits, &store, &bytes)
            .map_err(|error| source::in_file(error, &bytes, &self.file))?;
        Ok(Loaded {
            module,
            bytes: Some(bytes),
            description: self.store.description(),
        })
    }

    /// Loads a module that was compiled before.
    fn compiled<C: Container>(
        &self,
        engine: EngineBuilder<C>,
        bytes: Option<&[u8]>,
    ) -> Result<Module> {
        let engine = self.tools.set_up(engine)?.engine();
        let store: Store = self.limits.store(&engine);
        #[allow(unsafe_code, reason = "machine code is trusted")]
        // SAFETY: whoever names compiled code on the command line trusts it, as with every program.
        let module = unsafe {
            match bytes {
                Some(bytes) => Module::deserialize(&store, bytes),
                None => Module::deserialize_from_file(&store, &self.file),
            }
        };
        module.map_err(|error| source::not_loaded(&self.file, error))
    }

    /// Runs the guest, within its time.
    fn guest(&self, loaded: &Loaded, is_wasi: bool) -> Result<()> {
        let limit = self.limits.timeout;
        let begin = Instant::now();
        let guest = || self.start(loaded, is_wasi);
        let (outcome, late) = timeout::within(limit, || self.give_up(), guest);
        note(|| format!("the guest ran for {}", time(begin.elapsed())));
        note_memory();
        match limit {
            Some(limit) if late => outcome.map_err(|error| timed_out(error, limit)),
            _ => outcome,
        }
    }

    /// Ends the process, since the guest does not end.
    fn give_up(&self) {
        let limit = self.limits.timeout.unwrap_or_default();
        let error = timed_out(Error::msg("a function of the host does not return"), limit);
        let error = error.context(failed(&self.file));
        let _ = report::exit(&error, messages::manner().color);
        std::process::exit(1);
    }

    fn start(&self, loaded: &Loaded, is_wasi: bool) -> Result<()> {
        let instance = self.instantiate(loaded)?;
        let outcome = self.call(&instance);
        if let Some(points) = self.limits.fuel {
            note(|| {
                let used = points.saturating_sub(fuel::left(&instance));
                format!("{used} of {points} operators were executed")
            });
        }
        note_usage(&loaded.module);
        let outcome = match self.limits.fuel {
            Some(points) => {
                outcome.map_err(|error| fuel::explain(error, points, fuel::is_exhausted(&instance)))
            }
            None => outcome,
        };
        match is_wasi {
            true => outcome.context("WASI execution failed"),
            false => outcome,
        }
    }

    fn instantiate(&self, loaded: &Loaded) -> Result<Instance> {
        let Loaded {
            module,
            bytes,
            description,
        } = loaded;
        let program = self.command_name.clone();
        let program = program.unwrap_or_else(|| source::module_name(&self.file));
        let capabilities = self.wasi.capabilities(module)?;
        let imports = capabilities
            .imports(module, &program, &self.args)
            .map_err(|error| unopened(error, &capabilities))?;
        let instance = Instance::new(module, &imports).map_err(|error| {
            let bytes = bytes.as_deref().unwrap_or_default();
            match self.limits.fuel {
                Some(points) if fuel::has_exhausted(&error, bytes) => {
                    fuel::explain(error.into(), points, true)
                }
                _ => unlinked::explain(error),
            }
        });
        let instance =
            instance.with_context(|| format!("module instantiation failed ({description})"))?;
        if let (Some(points), None) = (self.limits.fuel, bytes) {
            fuel::fill(&instance, points)?;
        }
        Ok(instance)
    }

    fn call(&self, instance: &Instance) -> Result<()> {
        if let Ok(initialize) = instance.exports.get_function("_initialize") {
            initialize.call(&[])?;
        }
        let name = self.invoke.as_deref().unwrap_or("_start");
        let call = Call {
            file: &self.file,
            name,
            args: &self.args,
        };
        if self.invoke.is_some() {
            return call.invoke(instance, self.v128);
        }
        call.find(instance)?.call(&[])?;
        Ok(())
    }
}

/// Says what a guest has taken, where that is counted.
fn note_usage(module: &Module) {
    if let Some(usage) = module.store().usage() {
        note(|| {
            let memory = size::size(usage.memory_bytes);
            let tables = usage.table_elements;
            format!("the guest has {memory} of memory, and tables with {tables} elements")
        });
    }
}

/// Says how much memory this process has had.
fn note_memory() {
    note(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        let most: u64 = kib.unwrap_or(0);
        format!("this process has had {} in memory", size::size(most << 10))
    });
}

/// The error of folders that cannot be opened, with what may be meant.
fn unopened(error: Error, capabilities: &Capabilities) -> Error {
    let mut folders = capabilities
        .folders
        .iter()
        .map(|folder| Path::new(&folder.host));
    let missing = folders.find(|folder| !folder.exists());
    match missing.and_then(source::similar_folders) {
        Some(advice) => {
            let cause = Error::msg(format!("{}\n{advice}", error.root_cause()));
            cause.context(error.to_string())
        }
        None => error,
    }
}

fn failed(file: &Path) -> String {
    format!("failed to run `{}`", file.display())
}

fn timed_out(error: Error, limit: Duration) -> Error {
    error.context(format!(
        "the guest did not end within {limit:?} (--timeout)"
    ))
}
