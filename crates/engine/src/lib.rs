//! Artifacts: compile or load a module, link it, make it executable.
