//! What a WASI guest may see of this machine, and the functions that it gets for that.

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use wasmill::{Module, NamedResolver};
use wasmill_wasi::{WasiEnv, WasiState, WasiStateBuilder, get_wasi_versions};

/// Folders and variables. Executables have it in them (`executable.rs`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Capabilities {
    /// Folders.
    pub(crate) folders: Vec<Folder>,
    /// Where connections are accepted.
    pub(crate) listeners: Vec<Listener>,
    /// Variables of the environment.
    pub(crate) env: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A folder that the guest may use.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) host: OsString,
    /// The guest's name of it, if that is another.
    pub(crate) guest: Option<String>,
    /// Whether it may not be changed.
    pub(crate) read_only: bool,
}

/// A place where the guest accepts connections. It finds them behind its folders, in order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) enum Listener {
    /// An address and a port.
    Tcp(String),
    /// The path of a socket that does not exist yet.
    Unix(OsString),
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
        for folder in &self.folders {
            folder.open(&mut state)?;
        }
        for listener in &self.listeners {
            listener.open(&mut state)?;
        }
        Ok(state.finalize()?)
    }
}

impl Folder {
    fn open(&self, state: &mut WasiStateBuilder) -> Result<()> {
        let opened = state.preopen(|folder| {
            if let Some(name) = &self.guest {
                folder.alias(name);
            }
            let write = !self.read_only;
            folder
                .directory(&self.host)
                .read(true)
                .write(write)
                .create(write)
        });
        opened.with_context(|| {
            let host = self.host.display();
            match &self.guest {
                Some(name) => format!("cannot open the folder `{host}` as `{name}`"),
                None => format!("cannot open the folder `{host}`"),
            }
        })?;
        Ok(())
    }
}

impl Listener {
    fn open(&self, state: &mut WasiStateBuilder) -> Result<()> {
        let socket: OwnedFd = match self {
            Self::Tcp(address) => TcpListener::bind(address)
                .with_context(|| format!("cannot listen at `{address}`"))?
                .into(),
            Self::Unix(path) => UnixListener::bind(path)
                .with_context(|| format!("cannot listen at `{}`", path.display()))?
                .into(),
        };
        state.preopen_socket(socket)?;
        Ok(())
    }
}
