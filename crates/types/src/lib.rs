//! Wasm types, values, index newtypes and entity maps, and the meaning of pure operators.
