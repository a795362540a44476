//! Machine code for x86-64. Nothing here knows WebAssembly.
//!
//! - `registers`: their names, and sets of them.
//! - `assembler`: bytes of instructions; labels and constants.
//! - `opcodes`: the instructions by name; `vectors`: those on all lanes of vectors.

pub(crate) mod assembler;
pub(crate) mod opcodes;
pub(crate) mod registers;
pub(crate) mod vectors;

#[cfg(test)]
mod tests;
