//! `wasmill compile`: compiles a module once, into a file that runs, or is linked, later.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use wasmill::{StaticlibArtifact, Target};

use crate::messages;
use crate::output_file::{self, Kind};
use crate::source;
use crate::store_options::{EngineKind, StoreOptions};
use crate::target_options::TargetOptions;

const EXAMPLES: &str = "\
Examples:
  wasmill compile tool.wasm -o tool.wasmu              then: wasmill run tool.wasmu
  wasmill compile tool.wasm -o tool.so --dylib         for gdb, perf and objdump
  wasmill compile sums.wasm -o sums.o --staticlib      for a linker, with sums.h for C
  wasmill compile tool.wasm -o tool.wasmu --target x86_64-linux-gnu -m sse4.2,avx2";

/// Compile a module into a file.
///
/// The file is run by `wasmill run` and loaded by programs with this library, without compiling again. Code of the engine
/// --staticlib is for linkers; a C header says what is in it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compile {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file to make.
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,

    /// The C header to make (with --staticlib); it is called like the module and stands beside the output if none is named.
    #[arg(long, value_name = "PATH", requires = "staticlib")]
    header: Option<PathBuf>,

    /// What symbols have in their names in place of a hash of the module (with --staticlib or --dylib).
    #[arg(long, value_name = "NAME")]
    prefix: Option<String>,

    #[command(flatten)]
    target: TargetOptions,

    #[command(flatten)]
    store: StoreOptions,
}

impl Compile {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        self.compile()
            .with_context(|| format!("failed to compile `{}`", self.file.display()))
    }

    fn compile(&self) -> Result<()> {
        let engine = self.store.engine_kind();
        ensure!(
            self.prefix.is_none() || engine != EngineKind::Universal,
            "there are no symbols for --prefix in what the engine `universal` makes"
        );
        output_file::check(&self.file, &self.output)?;
        let header = self.header();
        if engine == EngineKind::Staticlib {
            output_file::check(&self.file, &header)?;
            ensure!(
                header != self.output,
                "output and header have the same name"
            );
        }
        let target = self.target.target();
        let bytes = source::read(&self.file)?;
        let store = self
            .store
            .store_for_target(target.clone(), self.prefix.as_deref())?;
        messages::print_facts(&[
            ("Engine", &engine.name()),
            ("Compiler", &self.store.compiler_name()),
            ("Target", target.triple()),
        ])?;
        self.warn_of_extension(&target);

        let mut module = self
            .store
            .compile(&store, &bytes, None)
            .map_err(|error| source::in_file(error, &bytes, &self.file))?;
        module.set_name(&source::module_name(&self.file));
        output_file::write(&self.output, Kind::Data, &[&module.serialize()?])?;
        let made = self.output.display();
        messages::success(format!("File compiled successfully to `{made}`."));
        match module.artifact().downcast_ref::<StaticlibArtifact>() {
            Some(artifact) => write_header(&header, artifact),
            None => Ok(()),
        }
    }

    /// Where the header will be.
    fn header(&self) -> PathBuf {
        let usual = || {
            let named = match source::is_standard_input(&self.file) {
                true => &self.output,
                false => &self.file,
            };
            let stem = named.file_stem().unwrap_or("module".as_ref());
            self.output.with_file_name(stem).with_extension("h")
        };
        self.header.clone().unwrap_or_else(usual)
    }

    fn warn_of_extension(&self, target: &Target) {
        let usual = self.store.engine_kind().extension(target.triple());
        let is_device = self.output.exists() && !self.output.is_file();
        if self.output.extension().is_none_or(|given| given != usual) && !is_device {
            messages::warning(format!(
                "files of the engine `{}` are called `*.{usual}`: `{}` would be the usual name",
                self.store.engine_kind().name(),
                self.output.with_extension(usual).display()
            ));
        }
    }
}

fn write_header(path: &Path, artifact: &StaticlibArtifact) -> Result<()> {
    output_file::write(path, Kind::Data, &[artifact.c_header().as_bytes()])?;
    let made = path.display();
    messages::success(format!("C header written to `{made}`."));
    Ok(())
}
