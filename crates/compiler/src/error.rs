//! What can go wrong between bytes and code.

use thiserror::Error;

/// A module could not be compiled.
///
/// ```
/// # use wasmill_compiler::{CompileError, Features};
/// let error = wasmill_compiler::validate(b"\0asm\x09\0\0\0", &Features::new()).unwrap_err();
/// assert!(error.to_string().starts_with("Validation error: "), "{error}");
///
/// let mut features = Features::new();
/// features.threads(true);
/// let error = features.to_wasmparser().unwrap_err();
/// assert!(matches!(error, CompileError::UnsupportedFeature(name) if name == "threads"));
/// ```
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
///
/// ```
/// # use wasmill_compiler::{MiddlewareError, WasmError};
/// let error = WasmError::from(MiddlewareError::new("Deny", "no floats"));
/// assert_eq!(error.to_string(), "Error in middleware Deny: no floats");
/// ```
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
///
/// Made by [`FunctionMiddleware::feed`](crate::FunctionMiddleware::feed) to make the compilation fail:
///
/// ```
/// use wasmill_compiler::wasmparser::Operator;
/// use wasmill_compiler::{
///     FunctionMiddleware, MiddlewareBinaryReader, MiddlewareError, MiddlewareReaderState,
/// };
///
/// /// Refuses code that grows memories.
/// #[derive(Debug)]
/// struct Fixed;
///
/// impl FunctionMiddleware for Fixed {
///     fn feed<'a>(
///         &mut self,
///         operator: Operator<'a>,
///         state: &mut MiddlewareReaderState<'a>,
///     ) -> Result<(), MiddlewareError> {
///         if let Operator::MemoryGrow { .. } = operator {
///             return Err(MiddlewareError::new("Fixed", "memories must not grow"));
///         }
///         state.push_operator(operator);
///         Ok(())
///     }
/// }
///
/// let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x40, 0x00, 0x0b], 0);
/// reader.set_middleware_chain(vec![Box::new(Fixed)]);
/// let error = reader.read_operator().unwrap_err();
/// assert_eq!(error.to_string(), "Error in middleware Fixed: memories must not grow");
/// ```
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
    ///
    /// ```
    /// # use wasmill_compiler::MiddlewareError;
    /// let error = MiddlewareError::new("Fixed", "memories must not grow");
    /// assert_eq!(error.to_string(), "Error in middleware Fixed: memories must not grow");
    /// ```
    pub fn new<A: Into<String>, B: Into<String>>(name: A, message: B) -> Self {
        Self {
            name: name.into(),
            message: message.into(),
        }
    }
}

/// The result of a translation.
pub type WasmResult<T> = Result<T, WasmError>;
