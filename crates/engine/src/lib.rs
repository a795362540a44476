//! Artifacts: compile or load a module, link it, make it executable; and what the host needs around that.
//!
//! ```text
//!   EngineBuilder ─► ModuleEngine ─► ModuleArtifact ─► RuntimeModule (in `wasmill-vm`)       each as Universal… and Native…
//!                        │                │
//!                SignatureRegistry    link, CodeMap ─► RuntimeError, FrameInfo
//!
//!   Resolver ─► resolve_imports ─► instance creation
//! ```
//!
//! - `engine`, `module_engine`, `container`: what engines are, the one that there is, and the two forms of its artifacts.
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
mod c_header;
mod container;
mod engine;
mod error;
mod export;
mod frame;
mod images;
mod link;
mod metadata;
mod module_engine;
mod profile;
mod resolver;
mod runtime_error;
mod serialized;
mod source;
mod symbols;
mod table;
mod tunables;

pub use address_map::{AddressMap, AddressMapBuilder};
pub use artifact::{Artifact, ModuleArtifact, compile_info};
pub use container::{
    Container, Dylib, DylibArtifact, DylibEngine, Form, InMemory, InSharedObject, InStaticObject,
    Native, NativeArtifact, NativeEngine, Staticlib, StaticlibArtifact, StaticlibEngine, Universal,
    UniversalArtifact, UniversalEngine, WithSymbols,
};
pub use engine::{Engine, EngineId};
pub use error::{DeserializeError, ImportError, InstantiationError, LinkError, SerializeError};
pub use export::{Export, ExportFunction, ExportFunctionMetadata};
pub use frame::FrameInfo;
pub use link::{AbsoluteAddress, ImageError, Layout, padding_byte};
pub use metadata::CodeMap;
pub use module_engine::{EngineBuilder, ModuleEngine};
pub use profile::Profiler;
pub use resolver::{
    ChainableNamedResolver, NamedResolver, NamedResolverChain, NullResolver, Resolver, Resources,
    instantiate, resolve_imports,
};
pub use runtime_error::RuntimeError;
pub use serialized::{ArtifactDescription, artifact_build};
pub use source::FrameSymbol;
pub use tunables::{BaseTunables, Tunables};
pub use wasmill_vm::is_wasm_pc;
pub use wasmill_vm::{SignatureRegistry, SignatureSet};

/// The engine-wide id of a type, as a guard: see [`Engine::register_signature`].
pub type VMSharedSignatureIndex = wasmill_vm::Signature;

/// Where the code of a function starts: see [`Artifact::finished_functions`].
pub type FunctionBodyPtr = wasmill_vm::CodePointer;

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
