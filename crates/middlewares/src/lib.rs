//! Middlewares: rewriting of WebAssembly functions before they are compiled, for purposes that many hosts have.
//!
//! - [`metering`] makes instances pay for what they execute.
//!
//! Hosts write others themselves. One that refuses floats, since they may differ from machine to machine:
//!
//! ```
//! use std::sync::Arc;
//! use wasmill::wasmparser::Operator;
//! use wasmill::{
//!     CompilerConfig, Cranelift, FunctionMiddleware, LocalFunctionIndex, MiddlewareError,
//!     MiddlewareReaderState, Module, ModuleMiddleware, Store, Universal,
//! };
//!
//! #[derive(Debug)]
//! struct NoFloats;
//!
//! impl ModuleMiddleware for NoFloats {
//!     fn generate_function_middleware(
//!         &self,
//!         _: LocalFunctionIndex,
//!     ) -> Box<dyn FunctionMiddleware> {
//!         Box::new(Self)
//!     }
//! }
//!
//! impl FunctionMiddleware for NoFloats {
//!     fn feed<'a>(
//!         &mut self,
//!         operator: Operator<'a>,
//!         state: &mut MiddlewareReaderState<'a>,
//!     ) -> Result<(), MiddlewareError> {
//!         let name = format!("{operator:?}");
//!         if name.contains("F32") || name.contains("F64") {
//!             return Err(MiddlewareError::new("NoFloats", name));
//!         }
//!         state.push_operator(operator);
//!         Ok(())
//!     }
//! }
//!
//! let mut compiler = Cranelift::default();
//! compiler.push_middleware(Arc::new(NoFloats));
//! let store = Store::new(&Universal::new(compiler).engine());
//!
//! assert!(Module::new(&store, "(module (func (drop (i32.clz (i32.const 1)))))").is_ok());
//! let floats = Module::new(&store, "(module (func (drop (f32.abs (f32.const 1)))))");
//! let error = floats.unwrap_err().to_string();
//! assert!(error.contains("Error in middleware NoFloats: F32Const"), "{error}");
//! ```

pub mod metering;

pub use metering::Metering;
