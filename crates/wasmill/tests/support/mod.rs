//! What tests share that set up an engine by hand.

/// The compiler of `Store::default()`: the tests run with each (`cargo xtask test`).
#[cfg(feature = "default-cranelift")]
pub(crate) use wasmill::Cranelift as DefaultCompiler;
#[cfg(feature = "default-llvm")]
pub(crate) use wasmill::LLVM as DefaultCompiler;
#[cfg(feature = "default-singlepass")]
pub(crate) use wasmill::Singlepass as DefaultCompiler;
