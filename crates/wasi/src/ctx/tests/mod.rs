//! Tests of the core without Wasm: a [`World`] is a temporary directory and a guest state that has it preopened.

mod backends;
mod descriptors;
mod directories;
mod escapes;
mod freezing;
mod paths;
mod polling;
mod roots;
mod sockets;
mod supplied;

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Mutex;

use super::*;
use crate::memory::MemoryFs;
use crate::state::{WasiState, WasiStateBuilder};
use crate::types::*;

/// The first preopened directory.
pub(crate) const DIR: __wasi_fd_t = 4;

/// A guest and the directory it sees; what lies beside the directory is out of its reach.
pub(crate) struct World {
    outside: tempfile::TempDir,
    state: Mutex<WasiState>,
}

impl World {
    /// A guest with `outside/inside` preopened as `dir`.
    pub(crate) fn new() -> Self {
        Self::with(|builder, inside| {
            builder.map_dir("dir", inside).unwrap();
        })
    }

    pub(crate) fn with(build: impl FnOnce(&mut WasiStateBuilder, PathBuf)) -> Self {
        let outside = tempfile::tempdir().unwrap();
        let inside = outside.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let mut builder = WasiState::new("test");
        build(&mut builder, inside);
        let state = Mutex::new(builder.build().unwrap());
        Self { outside, state }
    }

    /// A guest with a file system in memory as `dir`.
    pub(crate) fn in_memory(fs: &MemoryFs) -> Self {
        Self::with(|builder, _| {
            builder.map_memory("dir", fs).unwrap();
        })
    }

    pub(crate) fn ctx(&self) -> Ctx<'_> {
        Ctx::new(&self.state)
    }

    /// The host's path of a name in the directory.
    pub(crate) fn host(&self, name: &str) -> PathBuf {
        self.outside.path().join("inside").join(name)
    }

    pub(crate) fn write_host(&self, name: &str, contents: &str) {
        std::fs::write(self.host(name), contents).unwrap();
    }

    pub(crate) fn read_host(&self, name: &str) -> String {
        std::fs::read_to_string(self.host(name)).unwrap()
    }

    /// Opens with these flags and rights, following symbolic links.
    pub(crate) fn open(
        &self,
        path: &str,
        oflags: OFlags,
        rights: Rights,
    ) -> Result<__wasi_fd_t, Errno> {
        self.ctx().path_open(DIR, path, &how(oflags, rights))
    }

    /// Creates and fills a file through the guest's functions.
    pub(crate) fn create(&self, path: &str, contents: &str) -> __wasi_fd_t {
        let fd = self.open(path, OFlags::CREAT, Rights::OF_FILES).unwrap();
        let written = self.write(fd, contents).unwrap();
        assert_eq!(written, contents.len());
        fd
    }

    pub(crate) fn read(&self, fd: __wasi_fd_t, len: usize) -> Result<Vec<u8>, Errno> {
        let mut buf = vec![0; len];
        let count = self.ctx().reader(fd)?.read_once(&mut buf, None)?;
        buf.truncate(count);
        Ok(buf)
    }

    pub(crate) fn write(&self, fd: __wasi_fd_t, contents: &str) -> Result<usize, Errno> {
        self.ctx().writer(fd)?.write_once(contents.as_bytes(), None)
    }
}

/// One transfer, whatever is behind the descriptor; `abi` does it with pieces of guest memory.
impl Channel<'_> {
    fn read_once(&self, buf: &mut [u8], offset: Option<u64>) -> Result<usize, Errno> {
        match self {
            Channel::Straight(host) => {
                host.read(&[Cell::from_mut(buf).as_slice_of_cells()], offset)
            }
            Channel::Buffered(other) => other.read(buf, offset),
        }
    }

    fn write_once(&self, buf: &[u8], offset: Option<u64>) -> Result<usize, Errno> {
        match self {
            Channel::Straight(host) => {
                let mut buf = buf.to_vec();
                host.write(&[Cell::from_mut(&mut buf[..]).as_slice_of_cells()], offset)
            }
            Channel::Buffered(other) => other.write(buf, offset),
        }
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.read_once(buf, Some(offset))
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> Result<usize, Errno> {
        self.write_once(buf, Some(offset))
    }
}

/// Opening with these flags and rights, following symbolic links, passing everything on.
pub(crate) fn how(oflags: OFlags, rights: Rights) -> OpenHow {
    OpenHow {
        follow: true,
        oflags,
        rights,
        inheriting: Rights::all(),
        flags: FdFlags::empty(),
    }
}
