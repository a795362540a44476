//! What compiled code and the runtime share, and nothing else.
