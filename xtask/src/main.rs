//! Tasks of the project, in Rust: `cargo xtask NAME`.
fn main() {}
