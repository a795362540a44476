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
//! let key = Hash::generate(wasm).compiled_in(&store).expect("there is a compiler, and no middleware");
//! // SAFETY: only this program writes to the folder.
//! let module = unsafe { cache.load_or_compile(&store, key, wasm) }?;
//! # assert_eq!(module.exports().len(), 1);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Hash::generate`] names what was compiled, [`Hash::compiled_in`] names how, too. With the former alone, an entry of another
//! version of Wasmill, or for another machine, is an error when it is loaded; whoever uses several compilers or settings puts
//! them into the folder or the extension.

mod cache;
mod filesystem;
mod folder;
mod hash;

pub use cache::Cache;
pub use filesystem::FileSystemCache;
pub use folder::CacheUsage;
pub use hash::Hash;
pub use wasmill::{DeserializeError, SerializeError};
