//! Wasmill: a fast, sound WebAssembly runtime.
