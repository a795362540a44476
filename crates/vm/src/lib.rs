//! What runs: instances, memories, tables, globals, traps, islands.
