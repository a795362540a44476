//! The driver's control frames.

use crate::{FrameKind, FrameLookup};

/// A block, loop, `if` or the function itself, open at some point of the walk.
pub(crate) struct Frame<F> {
    pub(crate) kind: FrameKind,
    /// How many parameters it takes.
    pub(crate) params: usize,
    /// How many results it gives.
    pub(crate) results: usize,
    /// The height of the operand stack below the parameters.
    pub(crate) height: usize,
    /// Where the parameters of this `if` lie among those saved for `else`.
    pub(crate) saved: usize,
    /// Whether an emitted branch targets the end of this frame.
    pub(crate) branched_to: bool,
    /// The back end's part; `None` if the frame was entered in dead code: nothing is emitted for it.
    pub(crate) emit: Option<F>,
}

impl<F> Frame<F> {
    /// How many arguments a branch to this frame takes.
    pub(crate) fn branch_arity(&self) -> usize {
        match self.kind {
            FrameKind::Loop => self.params,
            _ => self.results,
        }
    }

    /// The back end's part of a frame that reachable code branches to: such code lies inside it, so it was entered in
    /// reachable code too.
    pub(crate) fn emitted(&mut self) -> &mut F {
        self.emit
            .as_mut()
            .expect("reachable code is in frames entered in reachable code")
    }
}

/// What a `br_table` sees of the open frames.
pub(crate) struct Frames<'a, F>(pub(crate) &'a mut [Frame<F>]);

impl<F> FrameLookup<F> for Frames<'_, F> {
    fn frame(&mut self, position: u32) -> &mut F {
        self.0[position as usize].emitted()
    }
}

/// What wasmparser's reader must know to accept `else` and the end of the body.
impl From<FrameKind> for wasmparser::FrameKind {
    fn from(kind: FrameKind) -> Self {
        match kind {
            FrameKind::Function | FrameKind::Block => Self::Block,
            FrameKind::Loop => Self::Loop,
            FrameKind::If => Self::If,
            FrameKind::Else => Self::Else,
        }
    }
}
