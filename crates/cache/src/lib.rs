//! Keeps compiled modules, so that they need not be compiled again.
//!
//! ```
//! use wasmill::{Module, Store};
//! use wasmill_cache::{Cache, FileSystemCache, Hash};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("wasmill-cache-example-{}", std::process::id()));
//! let mut cache = FileSystemCache::new(&folder)?;
//! let store = Store::default();
//! let wasm = br#"(module (func (export "f")))"#;
//!
//! let key = Hash::generate(wasm);
//! // SAFETY: only this program writes to the folder.
//! let module = match unsafe { cache.load(&store, key) } {
//!     Ok(module) => module,
//!     Err(_) => {
//!         let module = Module::new(&store, wasm)?;
//!         cache.store(key, &module)?;
//!         module
//!     }
//! };
//! # assert_eq!(module.exports().len(), 1);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! A key names what was compiled. It does not name how: an entry of another version of Wasmill, or for another machine, is
//! an error when it is loaded; whoever uses several compilers or settings puts them into the key, or into the folder or
//! the extension.

mod cache;
mod filesystem;
mod hash;

pub use cache::Cache;
pub use filesystem::FileSystemCache;
pub use hash::Hash;
pub use wasmill::{DeserializeError, SerializeError};
