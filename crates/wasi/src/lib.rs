//! WASI preview 1 for Wasmill: lets programs compiled for `wasm32-wasi` run, with exactly the files, arguments and environment
//! that the host program gives them.
//!
//! ```text
//!  WasiStateBuilder ─► WasiState ─► WasiEnv ─► import_object(&module)      the host program's side
//!                          │           │
//!  guest's call ─► functions.rs ─► abi/ ─► ctx/ ─► sys.rs, cap-std         a call's way
//!                  (the table)    guest    files,   └─► memory/
//!                                 memory   clocks, …
//! ```
//!
//! `ctx` knows nothing of Wasm and `abi` nothing of the host; `functions.rs` is the one list of what there is. Every path is resolved by
//! `cap-std`, or by `memory` where the files are in a [`MemoryFs`], below a directory that was opened in advance: a guest can never
//! reach a file beside or above it.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use wasmill::{Instance, Module, Store};
//! use wasmill_wasi::WasiState;
//!
//! let store = Store::default();
//! let module = Module::from_file(&store, "hello.wasm")?;
//! let mut wasi_env = WasiState::new("hello").arg("Gordon").preopen_dir(".")?.finalize()?;
//! let import_object = wasi_env.import_object(&module)?;
//! let instance = Instance::new(&module, &import_object)?;
//! instance.exports.get_function("_start")?.call(&[])?;
//! # Ok(())
//! # }
//! ```

mod abi;
mod ctx;
mod env;
mod files;
mod functions;
mod memory;
mod state;
mod sys;
pub mod types;
mod version;

pub use ctx::{Fd, Inode, InodeVal, Kind, WasiFs};
pub use env::{WasiEnv, WasiError};
pub use files::{Pipe, Stderr, Stdin, Stdout, Upcastable, WasiFile, WasiFsError};
pub use functions::generate_import_object_from_env;
pub use memory::{MemoryEntry, MemoryFs, MemoryFsError, MemoryKind, MemoryLimits, MemoryMetadata};
pub use state::{PreopenDirBuilder, WasiState, WasiStateBuilder, WasiStateCreationError};
pub use version::{WasiVersion, get_wasi_version, get_wasi_versions, is_wasi_module};

/// The name that later versions of the original gave to [`WasiFsError`].
pub type FsError = WasiFsError;

/// The name that later versions of the original gave to [`WasiFile`].
pub use files::WasiFile as VirtualFile;

/// All rights that a descriptor can have.
pub const ALL_RIGHTS: types::__wasi_rights_t = 0x1FFF_FFFF;

/// The descriptor of the virtual root, which holds the preopened directories; they follow it.
pub const VIRTUAL_ROOT_FD: types::__wasi_fd_t = 3;
