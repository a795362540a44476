//! Runs WebAssembly script tests (.wast) on Wasmill.
