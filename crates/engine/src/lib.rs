//! Artifacts: compile or load a module, link it, make it executable; and what the host needs around that.
//!
//! ```text
//!   Universal ─► UniversalEngine ─► UniversalArtifact ─► RuntimeModule (in `wasmill-vm`)
//!                     │                   │
//!              SignatureRegistry      link, CodeMap ─► RuntimeError, FrameInfo
//!
//!   Resolver ─► resolve_imports ─► instance creation
//! ```
//!
//! - `engine`, `universal`: what engines are, and the one that maps code into this process.
//! - `artifact`: the way from bytes to something that can be instantiated; `link`, `metadata`, `address_map`, `images`
//!   are its steps. `serialized`: artifacts as bytes and files.
//! - `resolver`: imports. `tunables`: layouts. `error`, `runtime_error`, `frame`: what goes wrong, and where.
//!
//! This crate does not know which compiler made the code.

#![allow(
    clippy::result_large_err,
    reason = "the shape of `LinkError` is part of the API, and linking fails at most once"
)]

mod address_map;
mod artifact;
mod engine;
mod error;
mod frame;
mod images;
mod link;
mod metadata;
mod resolver;
mod runtime_error;
mod serialized;
mod table;
mod tunables;
mod universal;

pub use address_map::{AddressMap, AddressMapBuilder};
pub use artifact::{Artifact, UniversalArtifact, compile_info};
pub use engine::{Engine, EngineId};
pub use error::{DeserializeError, ImportError, InstantiationError, LinkError, SerializeError};
pub use frame::FrameInfo;
pub use link::{AbsoluteAddress, Image, ImageError, link, padding_byte};
pub use metadata::CodeMap;
pub use resolver::{
    ChainableNamedResolver, Export, NamedResolver, NamedResolverChain, NullResolver, Resolver,
    Resources, instantiate, resolve_imports,
};
pub use runtime_error::RuntimeError;
pub use tunables::{BaseTunables, Tunables};
pub use universal::{Universal, UniversalEngine};
pub use wasmill_vm::is_wasm_pc;
pub use wasmill_vm::{Signature, SignatureRegistry, SignatureSet};

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
