//! What a WASI guest may see of this machine, and the functions that it gets for that.

use std::ffi::OsString;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use wasmill::{Module, NamedResolver};
use wasmill_wasi::{WasiEnv, WasiState, get_wasi_versions};

/// Folders and variables. Executables have it in them (`executable.rs`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Capabilities {
    /// Folders that have the same name for the guest.
    pub(crate) dirs: Vec<OsString>,
    /// The guest's names of folders, and where they are.
    pub(crate) mapped_dirs: Vec<(String, OsString)>,
    /// Variables of the environment.
    pub(crate) env: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Capabilities {
    /// What a module imports of WASI. A module that imports other functions too gets it all the same: those others are
    /// what it lacks then, and what the error must name.
    pub(crate) fn imports(
        &self,
        module: &Module,
        program: &str,
        args: &[OsString],
    ) -> Result<Box<dyn NamedResolver>> {
        if get_wasi_versions(module, false).is_none_or(|versions| versions.is_empty()) {
            return Ok(Box::new(()));
        }
        let mut env = self.environment(program, args)?;
        Ok(env.import_object_for_all_wasi_versions(module)?)
    }

    fn environment(&self, program: &str, args: &[OsString]) -> Result<WasiEnv> {
        let mut state = WasiState::new(program);
        state.args(args.iter().map(|arg| arg.as_encoded_bytes()));
        state.envs(self.env.iter().map(|(name, value)| (name, value)));
        for dir in &self.dirs {
            state
                .preopen_dir(dir)
                .with_context(|| format!("cannot open the folder `{}`", dir.display()))?;
        }
        for (guest, host) in &self.mapped_dirs {
            state.map_dir(guest, host).with_context(|| {
                format!("cannot open the folder `{}` as `{guest}`", host.display())
            })?;
        }
        Ok(state.finalize()?)
    }
}
