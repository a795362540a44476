//! `wasmill run`: compiles a module (or takes it from the cache), instantiates it, and runs it: a program, or one of its functions.
//!
//! A module whose function imports are all of WASI gets WASI. `_initialize` is called first where it is exported, then
//! the function that `--invoke` names, or `_start`.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wasmill::{Instance, Module};

use crate::cache::CacheOptions;
use crate::store_options::StoreOptions;
use crate::tool_options::ToolOptions;
use crate::wasi_options::WasiOptions;
use crate::{invoke, module_file};

/// Run a module: a program, or one of its functions.
///
/// The module is compiled and its `_start` is called, or the function that `--invoke` names. A WASI program gets the
/// arguments, and its exit code is passed through; the function that is invoked gets them as its parameters: integers
/// (decimal or 0x…, signed or unsigned), floats, or `null` for references. Its results are printed, joined by a space.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Call this exported function and print its results.
    #[arg(short = 'i', long, value_name = "NAME")]
    pub(crate) invoke: Option<String>,

    #[command(flatten)]
    cache: CacheOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tools: ToolOptions,

    #[command(flatten)]
    wasi: WasiOptions,

    /// What the guest sees as the program's name, in place of the file's name.
    #[arg(long, value_name = "NAME", hide = true)]
    command_name: Option<String>,

    /// What the guest gets as its arguments. Those that look like options must stand after `--`.
    #[arg(value_name = "ARGS", allow_negative_numbers = true)]
    pub(crate) args: Vec<OsString>,
}

impl Run {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        self.run()
            .with_context(|| format!("failed to run `{}`", self.file.display()))
    }

    fn run(&self) -> Result<()> {
        let bytes = module_file::read(&self.file)?;
        let store = self.store.store_for(&self.tools)?;
        let mut module = self.cache.module(&self.store, &store, &bytes)?;
        module.set_name(&module_file::module_name(&self.file));
        let versions = WasiOptions::versions(&module);
        if self.wasi.warns_of(versions) {
            let file = self.file.display();
            writeln!(
                std::io::stderr(),
                "warning: `{file}` imports several versions of WASI"
            )?;
        }
        let instance = self.instantiate(&module)?;
        let outcome = self.call(&instance);
        if versions > 0 {
            outcome.context("WASI execution failed")
        } else {
            outcome
        }
    }

    fn instantiate(&self, module: &Module) -> Result<Instance> {
        let program = self.command_name.clone();
        let program = program.unwrap_or_else(|| module_file::module_name(&self.file));
        let capabilities = self.wasi.capabilities(module)?;
        let imports = capabilities.imports(module, &program, &self.args)?;
        Instance::new(module, &imports).with_context(|| {
            let description = self.store.description();
            format!("module instantiation failed ({description})")
        })
    }

    fn call(&self, instance: &Instance) -> Result<()> {
        if let Ok(initialize) = instance.exports.get_function("_initialize") {
            initialize.call(&[])?;
        }
        match &self.invoke {
            Some(name) => invoke::invoke(instance, &self.file, name, &self.args),
            None => {
                let start = invoke::find(instance, &self.file, "_start", &self.args)?;
                start.call(&[])?;
                Ok(())
            }
        }
    }
}
