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
//! - `resolver`, `export`: imports. `tunables`: layouts. `error`, `runtime_error`, `frame`: what goes wrong, and where.
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
mod export;
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
pub use export::{Export, ExportFunction, ExportFunctionMetadata};
pub use frame::FrameInfo;
pub use link::{AbsoluteAddress, ImageError, Layout, padding_byte};
pub use metadata::CodeMap;
pub use resolver::{
    ChainableNamedResolver, NamedResolver, NamedResolverChain, NullResolver, Resolver, Resources,
    instantiate, resolve_imports,
};
pub use runtime_error::RuntimeError;
pub use tunables::{BaseTunables, Tunables};
pub use universal::{Universal, UniversalEngine};
pub use wasmill_vm::is_wasm_pc;
pub use wasmill_vm::{SignatureRegistry, SignatureSet};

/// The engine-wide id of a type, as a guard: see [`Engine::register_signature`].
pub type VMSharedSignatureIndex = wasmill_vm::Signature;

/// Where the code of a function starts: see [`Artifact::finished_functions`].
pub type FunctionBodyPtr = wasmill_vm::CodePointer;

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
