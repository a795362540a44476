//! Middlewares: rewriting of WebAssembly functions before they are compiled, for purposes that many hosts have.
//!
//! - [`metering`] makes instances pay for what they execute.

pub mod metering;

pub use metering::Metering;
