//! The optimizing compiler of Wasmill, on Cranelift.
