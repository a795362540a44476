//! The front end of Wasmill: parse, validate and drive a compiler.
