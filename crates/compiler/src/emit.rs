//! What a compiler implements: one hook per category of operators.

use crate::ops::*;
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, FunctionType, GlobalIndex, MemoryIndex, SignatureIndex,
    TableIndex, Type,
};

/// What kind of construct a control frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// The body of the function; a branch to it returns.
    Function,
    /// A `block`.
    Block,
    /// A `loop`; a branch to it goes to its start.
    Loop,
    /// An `if` whose `else` has not been seen.
    If,
    /// The `else` part of an `if`.
    Else,
}

/// Locals of one type that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalRun {
    /// How many; not zero.
    pub count: u32,
    /// Their type.
    pub ty: Type,
}

/// How a control frame ends.
#[derive(Debug)]
pub struct FrameEnd<'a, V> {
    /// The kind of the frame.
    pub kind: FrameKind,
    /// The results, if the code before the `end` is reachable.
    pub fallthrough: Option<&'a [V]>,
    /// Whether some emitted branch targets the end of this frame.
    pub branched_to: bool,
    /// For an `if` without `else`: its parameters, which are its results when the condition is false.
    pub otherwise: Option<&'a [V]>,
}

impl<V> FrameEnd<'_, V> {
    /// Whether code behind the `end` is reachable.
    pub fn is_live(&self) -> bool {
        self.fallthrough.is_some() || self.branched_to || self.otherwise.is_some()
    }
}

/// The targets of a `br_table`, the default last. Frames that occur more than once are the same frame.
#[derive(Debug)]
pub struct BranchTargets<'a, F> {
    /// The position in `frames` of each case's target; the default is the last.
    pub cases: &'a [u32],
    /// Gives the back end's part of the frame at a position.
    pub frames: &'a mut dyn FrameLookup<F>,
}

/// Access to the back end's part of control frames, by position (0 is the function's).
pub trait FrameLookup<F> {
    /// The frame at `position`.
    fn frame(&mut self, position: u32) -> &mut F;
}

impl<F> std::fmt::Debug for dyn FrameLookup<F> + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FrameLookup")
    }
}

/// Turns operations into code for one function.
///
/// Hooks are called in reachable code only, with operands popped and validated: they cannot fail. What can go wrong in
/// a back end (a function too large for it) is reported when the function is finished. A value is used at most as often
/// as the operand stack says: it is consumed by the hook that receives it, or by [`Emit::drop`]. Operands that are left
/// when code becomes unreachable (behind a branch, say) are forgotten without a hook.
pub trait Emit {
    /// An operand: an SSA value, or the name of a place.
    type Value: Copy + std::fmt::Debug;
    /// The back end's part of a control frame.
    type Frame;

    /// The operator that follows starts at this byte of the module.
    fn location(&mut self, module_offset: u32);

    /// A constant.
    fn constant(&mut self, value: Const) -> Self::Value;
    /// One operand, same shape.
    fn unary(&mut self, op: Unary, shape: Shape, a: Self::Value) -> Self::Value;
    /// One operand, `i32` result.
    fn test(&mut self, op: Test, shape: Shape, a: Self::Value) -> Self::Value;
    /// Two operands of one shape.
    fn binary(&mut self, op: Binary, shape: Shape, a: Self::Value, b: Self::Value) -> Self::Value;
    /// Compares two operands.
    fn compare(&mut self, op: Compare, shape: Shape, a: Self::Value, b: Self::Value)
    -> Self::Value;
    /// Shifts the lanes of a vector.
    fn shift(&mut self, op: Shift, shape: Shape, a: Self::Value, by: Self::Value) -> Self::Value;
    /// Converts between shapes.
    fn convert(&mut self, op: Convert, from: Shape, to: Shape, a: Self::Value) -> Self::Value;
    /// `condition ? a : b`; both are evaluated. `ty` is the type of both.
    fn select(
        &mut self,
        ty: Type,
        condition: Self::Value,
        a: Self::Value,
        b: Self::Value,
    ) -> Self::Value;

    /// A scalar into all lanes.
    fn splat(&mut self, shape: Shape, a: Self::Value) -> Self::Value;
    /// A lane as a scalar.
    fn extract_lane(
        &mut self,
        shape: Shape,
        extend: LaneExtend,
        lane: u8,
        a: Self::Value,
    ) -> Self::Value;
    /// Replaces a lane by a scalar.
    fn replace_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        a: Self::Value,
        scalar: Self::Value,
    ) -> Self::Value;
    /// Bytes of `a` (0 to 15) and `b` (16 to 31), by constant indices.
    fn shuffle(&mut self, lanes: [u8; 16], a: Self::Value, b: Self::Value) -> Self::Value;
    /// Bits of `a` where `mask` is one, of `b` where it is zero.
    fn bitselect(&mut self, a: Self::Value, b: Self::Value, mask: Self::Value) -> Self::Value;

    /// Reads from a memory.
    fn load(&mut self, op: Load, shape: Shape, arg: MemoryArg, address: Self::Value)
    -> Self::Value;
    /// Writes to a memory.
    fn store(
        &mut self,
        op: Store,
        shape: Shape,
        arg: MemoryArg,
        address: Self::Value,
        value: Self::Value,
    );
    /// Reads one lane of a vector (lane width: `shape`).
    fn load_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Self::Value,
        vector: Self::Value,
    ) -> Self::Value;
    /// Writes one lane of a vector (lane width: `shape`).
    fn store_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Self::Value,
        vector: Self::Value,
    );
    /// The size of a memory, in pages.
    fn memory_size(&mut self, memory: MemoryIndex) -> Self::Value;
    /// Grows a memory.
    fn memory_grow(&mut self, memory: MemoryIndex, delta: Self::Value) -> Self::Value;
    /// Copies between memories.
    fn memory_copy(
        &mut self,
        to: MemoryIndex,
        from: MemoryIndex,
        to_offset: Self::Value,
        from_offset: Self::Value,
        length: Self::Value,
    );
    /// Fills a part of a memory.
    fn memory_fill(
        &mut self,
        memory: MemoryIndex,
        offset: Self::Value,
        byte: Self::Value,
        length: Self::Value,
    );
    /// Copies from a data segment.
    fn memory_init(
        &mut self,
        memory: MemoryIndex,
        segment: DataIndex,
        to_offset: Self::Value,
        from_offset: Self::Value,
        length: Self::Value,
    );
    /// Gives up a data segment.
    fn data_drop(&mut self, segment: DataIndex);

    /// Reads a local.
    fn local_get(&mut self, local: u32) -> Self::Value;
    /// Writes a local.
    fn local_set(&mut self, local: u32, value: Self::Value);
    /// Writes a local and keeps the value.
    fn local_tee(&mut self, local: u32, value: Self::Value) -> Self::Value;
    /// Reads a global; what is the same in every instance is a constant instead.
    fn global_get(&mut self, global: GlobalIndex) -> Self::Value;
    /// Writes a global.
    fn global_set(&mut self, global: GlobalIndex, value: Self::Value);
    /// Gives up an operand.
    fn drop(&mut self, value: Self::Value);

    /// The null reference of a type.
    fn ref_null(&mut self, ty: Type) -> Self::Value;
    /// Whether a reference is null, as an `i32`.
    fn ref_is_null(&mut self, ty: Type, reference: Self::Value) -> Self::Value;
    /// A reference to a function.
    fn ref_func(&mut self, function: FunctionIndex) -> Self::Value;
    /// Reads a table.
    fn table_get(&mut self, table: TableIndex, index: Self::Value) -> Self::Value;
    /// Writes a table.
    fn table_set(&mut self, table: TableIndex, index: Self::Value, value: Self::Value);
    /// The size of a table.
    fn table_size(&mut self, table: TableIndex) -> Self::Value;
    /// Grows a table.
    fn table_grow(
        &mut self,
        table: TableIndex,
        value: Self::Value,
        delta: Self::Value,
    ) -> Self::Value;
    /// Fills a part of a table.
    fn table_fill(
        &mut self,
        table: TableIndex,
        offset: Self::Value,
        value: Self::Value,
        length: Self::Value,
    );
    /// Copies between tables.
    fn table_copy(
        &mut self,
        to: TableIndex,
        from: TableIndex,
        to_offset: Self::Value,
        from_offset: Self::Value,
        length: Self::Value,
    );
    /// Copies from an element segment.
    fn table_init(
        &mut self,
        table: TableIndex,
        segment: ElemIndex,
        to_offset: Self::Value,
        from_offset: Self::Value,
        length: Self::Value,
    );
    /// Gives up an element segment.
    fn elem_drop(&mut self, segment: ElemIndex);

    /// Calls a function; appends its results to `results`.
    fn call(
        &mut self,
        function: FunctionIndex,
        args: &[Self::Value],
        results: &mut Vec<Self::Value>,
    );
    /// Calls an element of a table.
    fn call_indirect(
        &mut self,
        ty: SignatureIndex,
        table: TableIndex,
        index: Self::Value,
        args: &[Self::Value],
        results: &mut Vec<Self::Value>,
    );

    /// Starts the function, before anything else: gives its type, the locals it declares behind its parameters (runs of
    /// one type; at most 50,000 locals in all, zero at first), and asks for the function's own frame.
    fn function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Self::Frame;
    /// Starts a block. The topmost operands are its parameters, and stay.
    fn block(&mut self, params: &[Type], results: &[Type]) -> Self::Frame;
    /// Starts a loop: replaces `values` (the operands that are its parameters) by the loop's own.
    fn loop_(&mut self, params: &[Type], values: &mut [Self::Value]) -> Self::Frame;
    /// Starts an `if`. The operands that are its parameters start both of its parts.
    fn if_(&mut self, condition: Self::Value, params: &[Type], results: &[Type]) -> Self::Frame;
    /// Ends the first part of an `if` (with its results, where its end is reachable) and starts the second.
    fn else_(&mut self, frame: &mut Self::Frame, results: Option<&[Self::Value]>);
    /// Ends a frame; appends its results to `results` if the code behind is reachable. Called for every frame that was
    /// started. At the end of the function's own frame the back end returns the results and appends nothing.
    fn end(
        &mut self,
        frame: Self::Frame,
        end: FrameEnd<'_, Self::Value>,
        results: &mut Vec<Self::Value>,
    );
    /// Branches. A branch to the function's own frame returns.
    fn br(&mut self, to: &mut Self::Frame, args: &[Self::Value]);
    /// Branches if the condition is not zero; the arguments stay on the operand stack.
    fn br_if(&mut self, condition: Self::Value, to: &mut Self::Frame, args: &[Self::Value]);
    /// Branches by an index.
    fn br_table(
        &mut self,
        index: Self::Value,
        targets: BranchTargets<'_, Self::Frame>,
        args: &[Self::Value],
    );
    /// Stops the program.
    fn unreachable(&mut self);
}
