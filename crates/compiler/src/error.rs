//! What can go wrong between bytes and code.

use thiserror::Error;

/// A module could not be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The module could not be translated.
    #[error("WebAssembly translation error: {0}")]
    Wasm(#[from] WasmError),
    /// The compiler failed.
    #[error("Compilation error: {0}")]
    Codegen(String),
    /// The module is not valid.
    #[error("Validation error: {0}")]
    Validate(String),
    /// The module uses something that is not supported.
    #[error("Feature {0} is not yet supported")]
    UnsupportedFeature(String),
    /// The compiler cannot make code for the target.
    #[error("The target {0} is not yet supported (see https://docs.rs/wasmill)")]
    UnsupportedTarget(String),
    /// Something ran out.
    #[error("Insufficient resources: {0}")]
    Resource(String),
}

/// A module could not be translated.
#[derive(Debug, Error)]
pub enum WasmError {
    /// The bytes are not WebAssembly.
    #[error("Invalid input WebAssembly code at offset {offset}: {message}")]
    InvalidWebAssembly {
        /// What is wrong.
        message: String,
        /// Where, in bytes from the module's start.
        offset: usize,
    },
    /// The module uses something that is not supported.
    #[error("Unsupported feature: {0}")]
    Unsupported(String),
    /// The module is larger than the implementation allows.
    #[error("Implementation limit exceeded")]
    ImplLimitExceeded,
    /// A middleware refused.
    #[error("{0}")]
    Middleware(#[from] MiddlewareError),
    /// Something else.
    #[error("{0}")]
    Generic(String),
}

/// A middleware refused an operator.
#[derive(Debug, Error)]
#[error("Error in middleware {name}: {message}")]
pub struct MiddlewareError {
    /// The name of the middleware.
    pub name: String,
    /// What it says.
    pub message: String,
}

impl MiddlewareError {
    /// Makes the error.
    pub fn new<A: Into<String>, B: Into<String>>(name: A, message: B) -> Self {
        Self {
            name: name.into(),
            message: message.into(),
        }
    }
}

/// The result of a translation.
pub type WasmResult<T> = Result<T, WasmError>;
