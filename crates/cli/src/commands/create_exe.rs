//! `wasmill create-exe`: makes a program of a WASI module, without a compiler or linker of the system.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use wasmill::{ExportType, ExternType, Module};
use wasmill_wasi::is_wasi_module;

use crate::capabilities::Capabilities;
use crate::executable;
use crate::messages;
use crate::output_file::{self, Kind};
use crate::store_options::{EngineKind, StoreOptions};
use crate::target_options::TargetOptions;
use crate::wasi_options::CapabilityOptions;
use crate::{runtime, source};

/// Where artifacts start: pages are not larger on any system.
const PAGE: usize = 0x1_0000;

const EXAMPLES: &str = "\
What the program may see is decided here, once: its arguments are its own. Folders whose names are relative are looked for where \
    the program is started.

Examples:
  wasmill create-exe tool.wasm -o tool && ./tool arguments
  wasmill create-exe tool.wasm -o tool --dir . --env LANG=C --singlepass";

/// Make an executable of a WASI program.
///
/// It is the module, compiled, with a runtime in front of it. Nothing else is needed to make it, and nothing else to run it. Without --target and -m it is for processors that can do what
/// this one can.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CreateExe {
    /// The module, in the binary or the text format.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The executable to make.
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,

    /// The runtime in front of the module, in place of the `wasmill-headless` beside this program. One for another machine must
    /// be named.
    #[arg(long, value_name = "FILE")]
    runtime: Option<PathBuf>,

    /// Was for the linker, which is not needed.
    #[arg(short = 'l', value_name = "LIB", hide = true)]
    libraries: Vec<String>,

    #[command(flatten)]
    target: TargetOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    seen: CapabilityOptions,
}

impl CreateExe {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        self.create().with_context(|| {
            format!("failed to make an executable of `{}`", self.file.display())
        })?;
        messages::success(format!(
            "Native executable compiled successfully to `{}`.",
            self.output.display()
        ));
        Ok(())
    }

    fn create(&self) -> Result<()> {
        ensure!(
            self.store.engine_kind() == EngineKind::Universal,
            "executables are made with the Universal engine"
        );
        output_file::check(&self.file, &self.output)?;
        if let Some(library) = self.libraries.first() {
            messages::warning(format!("`-l {library}` does nothing: no linker is needed"));
        }
        let target = self.target.target();
        let bytes = source::read(&self.file)?;
        // What needs no compiler comes first.
        let mut runtime = runtime::find(self.runtime.as_deref(), target.triple())?;
        let store = self.store.store_for_target(target.clone(), None)?;
        let mut module = self
            .store
            .compile(&store, &bytes, None)
            .map_err(|error| source::in_file(error, &bytes, &self.file))?;
        check(&module)?;
        module.set_name(&source::module_name(&self.file));
        messages::print_facts(&[
            ("Compiler", &self.store.compiler_name()),
            ("Target", target.triple()),
        ])?;

        runtime.resize(runtime.len().next_multiple_of(PAGE), 0);
        let artifact = module.serialize()?;
        let place = runtime.len()..runtime.len() + artifact.len();
        let end = end(&self.seen.capabilities(), place)?;
        output_file::write(&self.output, Kind::Program, &[&runtime, &artifact, &end])
    }
}

/// Refuses a module that could never run as a program.
fn check(module: &Module) -> Result<()> {
    if !is_wasi_module(module)
        && let Some(import) = module.imports().next()
    {
        bail!(
            "it imports `{}.{}`, and an executable has nothing but WASI to offer",
            import.module().escape_debug(),
            import.name().escape_debug()
        );
    }
    let is_start = |export: ExportType| {
        export.name() == "_start" && matches!(export.ty(), ExternType::Function(_))
    };
    ensure!(
        module.exports().any(is_start),
        "it exports no function `_start`, so it is no program"
    );
    Ok(())
}

/// What follows the artifact, which starts and ends there.
fn end(capabilities: &Capabilities, artifact: Range<usize>) -> Result<Vec<u8>> {
    let mut end = postcard::to_allocvec(capabilities)?;
    ensure!(
        end.len() <= executable::MOST_CAPABILITIES,
        "too many folders or variables"
    );
    let total = artifact.end + end.len() + executable::TRAILER;
    let numbers = numbers(artifact, total);
    let checksum = executable::checksum(&end, &numbers);
    end.extend_from_slice(executable::MAGIC);
    end.extend_from_slice(&numbers);
    end.extend_from_slice(&checksum);
    Ok(end)
}

fn numbers(artifact: Range<usize>, total: usize) -> [u8; 24] {
    let mut bytes = [0; 24];
    let numbers = [artifact.start, artifact.end, total];
    for (bytes, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
        *bytes = (number as u64).to_le_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities::{Folder, Listener};
    use std::fs::File;
    use std::io::Write;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn every_damage_of_the_end_is_found() {
        let seen = Capabilities {
            folders: vec![Folder {
                host: "/srv/data".into(),
                guest: Some("/data".into()),
                read_only: true,
            }],
            listeners: vec![Listener::Tcp("localhost:80".into())],
            env: vec![(b"A".to_vec(), b"\xff".to_vec())],
        };
        let artifact = 100..250;
        let end = end(&seen, artifact.clone()).unwrap();
        let bytes = [&[7; 250][..], &end].concat();
        assert_eq!(executable::read(&file(&bytes)), Some((seen, artifact)));
        assert_eq!(
            executable::read(&file(&[&bytes[..], b"more"].concat())),
            None
        );
        for length in 0..bytes.len() {
            assert_eq!(executable::read(&file(&bytes[..length])), None, "{length}");
        }
        for at in 250..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(executable::read(&file(&damaged)), None, "{at}");
        }
    }
}
