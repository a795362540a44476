//! WASI preview 1 for Wasmill, on capabilities.
