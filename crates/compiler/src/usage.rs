//! How a function uses its locals: a look ahead for back ends that cannot look back.
//!
//! A body's operators are read once, without validation, before it is compiled: how often is each local used, and how often
//! is something called, each weighted by the loops around? What comes out is a guess about speed; nothing may depend on it
//! for correctness.

use crate::FunctionBodyData;
use wasmparser::*;

/// What one loop around a use multiplies it by, as a power of two.
const LOOP_SHIFT: u32 = 3;
/// Deeper loops count like this one.
const MAX_DEPTH: u32 = 4;

/// The uses of a function's locals.
#[derive(Debug)]
pub struct LocalUsage {
    /// How often each local is used, weighted. Those with higher numbers are not counted.
    pub locals: [u32; Self::COUNTED],
    /// How often something is called, weighted.
    pub calls: u32,
    /// The open blocks.
    frames: Vec<FrameKind>,
    /// How many of them are loops.
    loops: u32,
}

impl Default for LocalUsage {
    fn default() -> Self {
        Self {
            locals: [0; Self::COUNTED],
            calls: 0,
            frames: Vec::new(),
            loops: 0,
        }
    }
}

impl LocalUsage {
    /// How many locals are counted.
    pub const COUNTED: usize = 128;

    /// Reads a body. What is malformed ends the reading: validation reports it later.
    pub fn read(&mut self, body: &FunctionBodyData<'_>) {
        self.locals = [0; Self::COUNTED];
        self.calls = 0;
        self.loops = 0;
        self.frames.clear();
        self.frames.push(FrameKind::Block);
        let Ok(operators) = body.body.get_operators_reader() else {
            return;
        };
        let mut reader = operators.get_binary_reader();
        while !reader.eof() && reader.visit_operator(self).is_ok() {}
    }

    fn weight(&self) -> u32 {
        1 << (LOOP_SHIFT * self.loops.min(MAX_DEPTH))
    }

    fn count(&mut self, local: u32) {
        let weight = self.weight();
        if let Some(count) = self.locals.get_mut(local as usize) {
            *count = count.saturating_add(weight);
        }
    }

    fn count_call(&mut self) {
        self.calls = self.calls.saturating_add(self.weight());
    }

    fn leave(&mut self) {
        if self.frames.pop() == Some(FrameKind::Loop) {
            self.loops -= 1;
        }
    }
}

impl FrameStack for LocalUsage {
    fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last().copied()
    }
}

/// One method per operator, most of them empty.
macro_rules! define_counting {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => { $(
        #[inline]
        #[allow(unused_variables, reason = "most operators do not count")]
        fn $visit(&mut self $($(, $arg: $argty)*)?) {
            define_counting!(on self $visit $($($arg)*)?);
        }
    )* };
    (on $self:ident visit_local_get $local:ident) => { $self.count($local) };
    (on $self:ident visit_local_set $local:ident) => { $self.count($local) };
    (on $self:ident visit_local_tee $local:ident) => { $self.count($local) };
    (on $self:ident visit_call $function:ident) => { $self.count_call() };
    (on $self:ident visit_call_indirect $ty:ident $table:ident) => { $self.count_call() };
    (on $self:ident visit_memory_grow $memory:ident) => { $self.count_call() };
    (on $self:ident visit_memory_copy $to:ident $from:ident) => { $self.count_call() };
    (on $self:ident visit_memory_fill $memory:ident) => { $self.count_call() };
    (on $self:ident visit_block $ty:ident) => { $self.frames.push(FrameKind::Block) };
    (on $self:ident visit_if $ty:ident) => { $self.frames.push(FrameKind::If) };
    (on $self:ident visit_else) => {
        if let Some(frame) = $self.frames.last_mut() {
            *frame = FrameKind::Else;
        }
    };
    (on $self:ident visit_loop $ty:ident) => {
        $self.frames.push(FrameKind::Loop);
        $self.loops += 1;
    };
    (on $self:ident visit_end) => { $self.leave() };
    (on $self:ident $other:ident $($arg:ident)*) => {};
}

impl<'a> VisitOperator<'a> for LocalUsage {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    for_each_visit_operator!(define_counting);
}

impl<'a> VisitSimdOperator<'a> for LocalUsage {
    for_each_visit_simd_operator!(define_counting);
}

#[cfg(all(test, feature = "wat"))]
mod tests {
    use super::*;
    use crate::{Features, translate, wat2wasm};

    fn usage(body: &str) -> LocalUsage {
        let wat = format!("(module (func $f (param i32) (local i32 i64) {body}))");
        let wasm = wat2wasm(wat.as_bytes()).expect("a module");
        let translation = translate(&wasm, &Features::default()).expect("a valid module");
        let mut usage = LocalUsage::default();
        for body in translation.bodies.values() {
            usage.read(body);
        }
        usage
    }

    #[test]
    fn uses_in_loops_count_more() {
        let usage = usage(
            "(local.set 1 (local.get 0))
             (loop (local.set 2 (i64.const 1)) (loop (drop (local.get 1))))
             (block (call $f (local.tee 0 (i32.const 1))))",
        );
        assert_eq!(usage.locals[..4], [2, 1 + 64, 8, 0]);
        assert_eq!(usage.calls, 1);
    }

    #[test]
    fn deep_loops_do_not_overflow() {
        let (open, close) = ("(loop ".repeat(500), ")".repeat(500));
        let usage = usage(&format!(
            "{open}(drop (local.get 0)){close}(drop (local.get 2))"
        ));
        assert_eq!(usage.locals[..3], [1 << 12, 0, 1]);
    }
}
