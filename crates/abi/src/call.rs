//! The calling convention at every boundary.
//!
//! # The boundary ABI
//!
//! Every function that something outside its module can reach (exports, table elements, imports, host functions) has an
//! entry in the C convention of the platform:
//!
//! ```text
//! no result, or one:   result f(context, p0, p1, …)
//! two or more:         void   f(context, results: *mut RawValue, p0, p1, …)
//! ```
//!
//! - `context` is the callee's own: a [`crate::VMContext`] for WebAssembly functions, a host function's context
//!   otherwise. Both start with a [`crate::ContextHeader`].
//! - `i32` and `i64` travel as C integers (the upper half of a register that holds an `i32` is undefined), `f32` and
//!   `f64` as C floats, `v128` as a 16-byte vector (`__m128i`, `int8x16_t`), `externref` as a `u32` (0 is null; an index
//!   into the engine's reference heap), `funcref` as a pointer to a [`crate::VMFuncRef`] (0 is null).
//! - Results that go through memory take one [`crate::RawValue`] (16 bytes) each, low bytes first.
//!
//! A host function made from a typed Rust closure *is* such a C function, and a typed call from the host calls the
//! entry directly; neither way has an adapter in between.
//!
//! # Entering: host to WebAssembly
//!
//! ```text
//!   Rust frame of the caller      Activation lives here; the thread's state points to it
//!   ────────────────────────      activation.sp: everything below belongs to WebAssembly
//!   entry stub (no frame)         saves callee-saved registers into the activation, calls activation.target
//!   WebAssembly frames            each: push rbp; mov rbp, rsp   (or the platform's frame record)
//! ```
//!
//! The stub is one piece of assembly for all signatures: it touches no argument register and keeps stack arguments where
//! they are, by moving its own return address into the activation before the call. A trap restores the saved registers
//! and returns from the stub, with `activation.trap` set; no other frame is unwound.
//!
//! # Leaving: WebAssembly to host
//!
//! The first instructions of every host function and of every built-in store the caller's frame pointer and stack pointer
//! into the innermost activation (`exit_fp`, `exit_sp`; the word at `exit_sp` is the return address on x86-64), which
//! they find through the thread pointer. That makes every WebAssembly frame on the stack reachable: through the chain of
//! activations, each with the frame it was left from.
//!
//! Frame pointers are always kept by compiled code.
