//! The driver: walks a function body once and tells a back end what to do.
//!
//! ```text
//!   bytes ─► wasmparser's reader ─► Checked ─► FuncValidator     (is the operator valid here?)
//!                                      └─────► Driver ─► Emit    (what does it do?)
//! ```
//!
//! The driver owns the operand stack (of the back end's values), the control frames, and the knowledge of what code is
//! reachable. Its invariants:
//!
//! - An operator reaches the driver only when the validator has accepted it; so [`Driver::pop`] cannot fail.
//! - In reachable code the operand stack is as high as the validator's (checked in debug builds). In dead code it is as
//!   high as when the code became dead, cut to the height of the frame.
//! - Dead code takes the same path: every structural operator pushes or pops a frame. Frames entered in dead code have no
//!   part of the back end ([`Frame::emit`] is `None`), and that is all that sets them apart. There is no second walk and
//!   no depth counter.
//! - Time and memory are linear in the size of the body, whatever it says: see [`Driver::charge`].
//!
//! Regular operators come from the table in `operators.rs`. Leaving one out stops the build. Operators of proposals that
//! are not supported give an error that names the proposal; they are listed nowhere.

use crate::control::{Frame, Frames};
use crate::convert::{invalid, memory_arg, reference_type, too_large, unsupported, value_type};
use crate::operators::{define_visitors, for_each_scalar_operator, for_each_vector_operator};
use crate::ops::*;
use crate::{BranchTargets, CompileError, Emit, FrameEnd, FrameKind, FunctionBodyData, LocalRun};
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, FunctionType, GlobalIndex, MemoryIndex, ModuleInfo,
    SignatureIndex, TableIndex, Type,
};
use wasmparser::{
    BinaryReader, BlockType, BrTable, FrameStack, FuncValidator, FuncValidatorAllocations,
    HeapType, Ieee32, Ieee64, MemArg, V128, ValType, ValidatorResources, VisitOperator,
    VisitSimdOperator, for_each_visit_operator, for_each_visit_simd_operator,
};

/// What a visited operator gives. Boxed, since it is returned for every operator and is nearly always `Ok`.
pub(crate) type Outcome = Result<(), Box<CompileError>>;

/// Most operands a function may have on the stack at one time.
pub const MAX_OPERANDS: usize = 1_000_000;

/// What types with many parameters and results may make of each byte of a body: see [`Driver::charge`].
const WORK_PER_BYTE: u64 = 8;
/// As [`WORK_PER_BYTE`], for the body as a whole.
const WORK_PER_BODY: u64 = 1_000_000;

/// The driver's memory, kept from function to function. `V` and `F` are those of the [`Emit`].
pub struct DriverState<V, F> {
    validator: FuncValidatorAllocations,
    locals: Vec<LocalRun>,
    values: Vec<V>,
    /// The parameters of each open `if`, for its `else`.
    if_params: Vec<V>,
    /// What a hook gives back, before it replaces what the hook took.
    results: Vec<V>,
    /// The targets of a `br_table`.
    cases: Vec<u32>,
    frames: Vec<Frame<F>>,
}

impl<V, F> Default for DriverState<V, F> {
    fn default() -> Self {
        Self {
            validator: FuncValidatorAllocations::default(),
            locals: Vec::new(),
            values: Vec::new(),
            if_params: Vec::new(),
            results: Vec::new(),
            cases: Vec::new(),
            frames: Vec::new(),
        }
    }
}

impl<V, F> DriverState<V, F> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the last function, which may have ended with an error.
    fn clear(&mut self) {
        self.locals.clear();
        self.values.clear();
        self.if_params.clear();
        self.results.clear();
        self.frames.clear();
    }
}

impl<V, F> std::fmt::Debug for DriverState<V, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DriverState").finish_non_exhaustive()
    }
}

/// Walks one body: decodes and validates it, and drives `emit`.
///
/// The first hook is [`Emit::function`]. After the last, [`Emit::end`] of the function's own frame, the back end
/// finishes by itself what it has gathered. After an error it must forget the function.
///
/// # Errors
///
/// If the body is not valid, uses what is not supported, or is above a limit.
pub fn drive<E: Emit>(
    module: &ModuleInfo,
    body: FunctionBodyData<'_>,
    state: &mut DriverState<E::Value, E::Frame>,
    emit: &mut E,
) -> Result<(), CompileError> {
    state.clear();
    let allocations = std::mem::take(&mut state.validator);
    let FunctionBodyData { body, validator } = body;
    let function = FunctionIndex::from_u32(validator.index);
    let mut checked = Checked(Driver {
        validator: validator.into_validator(allocations),
        offset: 0,
        emit,
        module,
        state,
        reachable: true,
        operand: None,
        work_left: WORK_PER_BODY + WORK_PER_BYTE * body.as_bytes().len() as u64,
    });
    let mut reader = body.get_binary_reader();
    let outcome = checked.walk(module.function_type(function), &mut reader);
    let driver = checked.0;
    driver.state.validator = driver.validator.into_allocations();
    outcome.map_err(|error| *error)
}

/// The state of one walk.
struct Driver<'d, E: Emit> {
    validator: FuncValidator<ValidatorResources>,
    /// Where the current operator starts.
    offset: u64,
    emit: &'d mut E,
    module: &'d ModuleInfo,
    state: &'d mut DriverState<E::Value, E::Frame>,
    reachable: bool,
    /// The type that the current operator found on the stack, where the validator forgets it.
    operand: Option<ValType>,
    work_left: u64,
}

/// A driver whose operators are validated first.
struct Checked<'d, E: Emit>(Driver<'d, E>);

impl<E: Emit> Checked<'_, E> {
    fn walk(&mut self, ty: &FunctionType, reader: &mut BinaryReader<'_>) -> Outcome {
        self.0.begin(ty, reader)?;
        while !reader.eof() {
            let driver = &mut self.0;
            driver.offset = reader.original_position();
            if driver.reachable {
                driver.location();
            }
            reader.visit_operator(self).map_err(invalid)??;
            self.0.check_heights();
        }
        reader.finish_expression(self).map_err(invalid)
    }
}

impl<E: Emit> FrameStack for Checked<'_, E> {
    fn current_frame(&self) -> Option<wasmparser::FrameKind> {
        self.0.state.frames.last().map(|frame| frame.kind.into())
    }
}

/// Validates each operator, then drives it.
macro_rules! validate_then_drive {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => { $(
        #[inline]
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Outcome {
            validate_then_drive!(@before self $visit $($($arg)*)?);
            let driver = &mut self.0;
            #[allow(clippy::clone_on_copy, reason = "one macro for immediates that are `Copy` and those that are not")]
            driver.validator.simd_visitor(driver.offset).$visit($($($arg.clone()),*)?).map_err(invalid)?;
            driver.$visit($($($arg),*)?)
        }
    )* };
    (@before $self:ident visit_ref_is_null) => {
        $self.0.operand = $self.0.validator.get_operand_type(0).flatten();
    };
    (@before $self:ident visit_br_table $targets:ident) => {
        $self.0.charge_br_table(&$targets)?;
    };
    (@before $self:ident $other:ident $($arg:ident)*) => {};
}

impl<'a, E: Emit> VisitOperator<'a> for Checked<'_, E> {
    type Output = Outcome;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Outcome>> {
        Some(self)
    }

    for_each_visit_operator!(validate_then_drive);
}

impl<'a, E: Emit> VisitSimdOperator<'a> for Checked<'_, E> {
    for_each_visit_simd_operator!(validate_then_drive);
}

impl<E: Emit> Driver<'_, E> {
    /// Reads the declarations of locals and starts the function.
    fn begin(&mut self, ty: &FunctionType, reader: &mut BinaryReader<'_>) -> Outcome {
        for _ in 0..reader.read_var_u32().map_err(invalid)? {
            let offset = reader.original_position();
            let count = reader.read_var_u32().map_err(invalid)?;
            let ty = reader.read().map_err(invalid)?;
            self.validator
                .define_locals(offset, count, ty)
                .map_err(invalid)?;
            let ty = value_type(ty)?;
            if count > 0 {
                self.state.locals.push(LocalRun { count, ty });
            }
        }
        let emit = self.emit.function(ty, &self.state.locals);
        self.state.frames.push(Frame {
            kind: FrameKind::Function,
            params: 0,
            results: ty.results().len(),
            height: 0,
            saved: 0,
            branched_to: false,
            emit: Some(emit),
        });
        Ok(())
    }

    fn location(&mut self) {
        // Modules are shorter than 4 GiB: `translate` sees to it.
        self.emit.location(self.offset as u32);
    }

    #[inline]
    fn push(&mut self, value: E::Value) {
        self.state.values.push(value);
    }

    #[inline]
    fn pop(&mut self) -> E::Value {
        self.state.values.pop().expect("validated")
    }

    /// Pops several, the topmost last.
    #[inline]
    fn pop_n<const N: usize>(&mut self) -> [E::Value; N] {
        let values = &mut self.state.values;
        let popped = *values.last_chunk().expect("validated");
        values.truncate(values.len() - N);
        popped
    }

    /// Accounts for `work` values that the body makes the validator, the driver or the back end touch.
    ///
    /// Two bytes can call a function of a thousand parameters and results, or open a block with as many; a `br_table`
    /// has a target for each of its bytes, and each takes all arguments. Without a limit a body of a few megabytes would
    /// cost gigabytes and minutes. Code made by compilers stays far below one value per byte.
    fn charge(&mut self, work: usize) -> Outcome {
        self.work_left = self
            .work_left
            .checked_sub(work as u64)
            .ok_or_else(|| too_large("values passed by calls, blocks and branches"))?;
        if self.validator.operand_stack_height() as usize > MAX_OPERANDS {
            return Err(too_large("operands"));
        }
        Ok(())
    }

    /// Charges for a `br_table` that is not yet validated. All its targets have as many parameters as the default.
    fn charge_br_table(&mut self, targets: &BrTable<'_>) -> Outcome {
        let frames = &self.state.frames;
        let default = frames
            .len()
            .checked_sub(1)
            .and_then(|top| top.checked_sub(targets.default() as usize));
        let arity = default.map_or(0, |at| frames[at].branch_arity());
        self.charge(arity.saturating_mul(targets.len() as usize))
    }

    /// Code from here to the end of the frame is dead.
    fn stop(&mut self) {
        self.reachable = false;
        if let Some(frame) = self.state.frames.last() {
            self.state.values.truncate(frame.height);
        }
    }

    fn check_heights(&self) {
        if cfg!(debug_assertions) && self.reachable && !self.state.frames.is_empty() {
            let height = self.validator.operand_stack_height() as usize;
            assert_eq!(
                self.state.values.len(),
                height,
                "operands at {:#x}",
                self.offset
            );
        }
    }

    /// Opens a frame, in reachable code and in dead code.
    fn enter(&mut self, kind: FrameKind, ty: BlockType, condition: Option<E::Value>) -> Outcome {
        let (params, results) = block_type(self.module, ty)?;
        self.charge(params.len() + results.len())?;
        let state = &mut *self.state;
        let saved = state.if_params.len();
        let mut height = state.values.len();
        let mut emit = None;
        if self.reachable {
            height -= params.len();
            let operands = &mut state.values[height..];
            emit = Some(match (kind, condition) {
                (FrameKind::Loop, _) => self.emit.loop_(params, operands),
                (FrameKind::If, Some(condition)) => {
                    state.if_params.extend_from_slice(operands);
                    self.emit.if_(condition, results)
                }
                _ => self.emit.block(results),
            });
        }
        state.frames.push(Frame {
            kind,
            params: params.len(),
            results: results.len(),
            height,
            saved,
            branched_to: false,
            emit,
        });
        Ok(())
    }

    /// The position of the frame `depth` levels out, and how many arguments a branch to it takes.
    fn target(&self, depth: u32) -> (usize, usize) {
        let frames = &self.state.frames;
        let at = frames.len() - 1 - depth as usize;
        (at, frames[at].branch_arity())
    }

    /// Notes that reachable code branches to a frame.
    fn note_branch(&mut self, at: usize) {
        let frame = &mut self.state.frames[at];
        frame.branched_to |= frame.kind != FrameKind::Loop;
    }

    /// Replaces the topmost `taken` operands by what the last hook gave.
    fn replace(&mut self, taken: usize) {
        let state = &mut *self.state;
        state.values.truncate(state.values.len() - taken);
        state.values.append(&mut state.results);
    }
}

/// The parameters and results of a block.
fn block_type(module: &ModuleInfo, ty: BlockType) -> Result<(&[Type], &[Type]), Box<CompileError>> {
    Ok(match ty {
        BlockType::Empty => (&[], &[]),
        BlockType::Type(ty) => (&[], single(value_type(ty)?)),
        BlockType::FuncType(ty) => {
            let ty = &module.signatures[SignatureIndex::from_u32(ty)];
            (ty.params(), ty.results())
        }
    })
}

/// A list of one type.
fn single(ty: Type) -> &'static [Type] {
    match ty {
        Type::I32 => &[Type::I32],
        Type::I64 => &[Type::I64],
        Type::F32 => &[Type::F32],
        Type::F64 => &[Type::F64],
        Type::V128 => &[Type::V128],
        Type::ExternRef => &[Type::ExternRef],
        Type::FuncRef => &[Type::FuncRef],
    }
}

/// Operators of proposals that no back end supports yet. The supported proposals are left out here: forgetting one of
/// their operators stops the build.
macro_rules! define_unsupported {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $( define_unsupported!(one @$proposal $visit $($($argty)*)?); )*
    };
    (one @mvp $($rest:tt)*) => {};
    (one @sign_extension $($rest:tt)*) => {};
    (one @saturating_float_to_int $($rest:tt)*) => {};
    (one @bulk_memory $($rest:tt)*) => {};
    (one @reference_types $($rest:tt)*) => {};
    (one @simd $($rest:tt)*) => {};
    (one @$proposal:ident $visit:ident $($argty:ty)*) => {
        fn $visit(&mut self $(, _: $argty)*) -> Outcome {
            Err(unsupported(stringify!($proposal)))
        }
    };
}

impl<'a, E: Emit> VisitSimdOperator<'a> for Driver<'_, E> {
    for_each_vector_operator!(define_visitors);
    for_each_visit_simd_operator!(define_unsupported);

    fn visit_v128_const(&mut self, value: V128) -> Outcome {
        self.constant(Const::V128(value.i128() as u128))
    }
    fn visit_i8x16_shuffle(&mut self, lanes: [u8; 16]) -> Outcome {
        if self.reachable {
            let [a, b] = self.pop_n();
            let value = self.emit.shuffle(lanes, a, b);
            self.push(value);
        }
        Ok(())
    }
    fn visit_v128_bitselect(&mut self) -> Outcome {
        if self.reachable {
            let [a, b, mask] = self.pop_n();
            let value = self.emit.bitselect(a, b, mask);
            self.push(value);
        }
        Ok(())
    }
}

impl<'a, E: Emit> VisitOperator<'a> for Driver<'_, E> {
    type Output = Outcome;

    for_each_scalar_operator!(define_visitors);
    for_each_visit_operator!(define_unsupported);

    // ---- control

    fn visit_nop(&mut self) -> Outcome {
        Ok(())
    }
    fn visit_unreachable(&mut self) -> Outcome {
        if self.reachable {
            self.emit.unreachable();
            self.stop();
        }
        Ok(())
    }
    fn visit_block(&mut self, ty: BlockType) -> Outcome {
        self.enter(FrameKind::Block, ty, None)
    }
    fn visit_loop(&mut self, ty: BlockType) -> Outcome {
        self.enter(FrameKind::Loop, ty, None)
    }
    fn visit_if(&mut self, ty: BlockType) -> Outcome {
        let condition = self.reachable.then(|| self.pop());
        self.enter(FrameKind::If, ty, condition)
    }
    fn visit_else(&mut self) -> Outcome {
        let state = &mut *self.state;
        let frame = state.frames.last_mut().expect("validated");
        frame.kind = FrameKind::Else;
        let Some(emit) = &mut frame.emit else {
            return Ok(());
        };
        // An `if` that is emitted makes both of its parts reachable.
        let results = self.reachable.then(|| &state.values[frame.height..]);
        frame.branched_to |= results.is_some();
        if results.is_none() {
            self.emit.location(self.offset as u32);
        }
        self.emit.else_(emit, results);
        state.values.truncate(frame.height);
        state.values.extend(state.if_params.drain(frame.saved..));
        self.reachable = true;
        self.charge(0)
    }
    fn visit_end(&mut self) -> Outcome {
        let state = &mut *self.state;
        let frame = state.frames.pop().expect("validated");
        let Some(emit) = frame.emit else {
            return Ok(());
        };
        if !self.reachable {
            self.emit.location(self.offset as u32);
        }
        let end = FrameEnd {
            kind: frame.kind,
            fallthrough: self.reachable.then(|| &state.values[frame.height..]),
            branched_to: frame.branched_to,
            otherwise: (frame.kind == FrameKind::If).then(|| &state.if_params[frame.saved..]),
        };
        self.reachable = end.is_live() && frame.kind != FrameKind::Function;
        self.emit.end(emit, end, &mut state.results);
        debug_assert_eq!(
            state.results.len(),
            if self.reachable { frame.results } else { 0 },
            "results of the frame that ends at {:#x}",
            self.offset
        );
        state.if_params.truncate(frame.saved);
        state.values.truncate(frame.height);
        state.values.append(&mut state.results);
        self.charge(frame.results)
    }
    fn visit_br(&mut self, depth: u32) -> Outcome {
        let (at, arity) = self.target(depth);
        self.charge(arity)?;
        if self.reachable {
            self.note_branch(at);
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - arity..];
            self.emit.br(state.frames[at].emitted(), args);
            self.stop();
        }
        Ok(())
    }
    fn visit_br_if(&mut self, depth: u32) -> Outcome {
        let (at, arity) = self.target(depth);
        self.charge(arity)?;
        if self.reachable {
            let condition = self.pop();
            self.note_branch(at);
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - arity..];
            self.emit.br_if(condition, state.frames[at].emitted(), args);
        }
        Ok(())
    }
    fn visit_br_table(&mut self, targets: BrTable<'a>) -> Outcome {
        if self.reachable {
            let index = self.pop();
            let (default, arity) = self.target(targets.default());
            let mut cases = std::mem::take(&mut self.state.cases);
            cases.clear();
            for depth in targets.targets() {
                let (at, _) = self.target(depth.map_err(invalid)?);
                self.note_branch(at);
                cases.push(at as u32);
            }
            self.note_branch(default);
            cases.push(default as u32);
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - arity..];
            let targets = BranchTargets {
                cases: &cases,
                frames: &mut Frames(&mut state.frames),
            };
            self.emit.br_table(index, targets, args);
            self.state.cases = cases;
            self.stop();
        }
        Ok(())
    }
    fn visit_return(&mut self) -> Outcome {
        self.visit_br(self.state.frames.len() as u32 - 1)
    }
    fn visit_call(&mut self, function: u32) -> Outcome {
        let function = FunctionIndex::from_u32(function);
        let ty = self.module.function_type(function);
        self.charge(ty.params().len() + ty.results().len())?;
        if self.reachable {
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - ty.params().len()..];
            self.emit.call(function, args, &mut state.results);
            self.replace(ty.params().len());
        }
        Ok(())
    }
    fn visit_call_indirect(&mut self, ty: u32, table: u32) -> Outcome {
        let index = SignatureIndex::from_u32(ty);
        let ty = &self.module.signatures[index];
        self.charge(ty.params().len() + ty.results().len())?;
        if self.reachable {
            let callee = self.pop();
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - ty.params().len()..];
            let table = TableIndex::from_u32(table);
            self.emit
                .call_indirect(index, table, callee, args, &mut state.results);
            self.replace(ty.params().len());
        }
        Ok(())
    }

    // ---- operands

    fn visit_drop(&mut self) -> Outcome {
        if self.reachable {
            let value = self.pop();
            self.emit.drop(value);
        }
        Ok(())
    }
    fn visit_select(&mut self) -> Outcome {
        if self.reachable {
            // The validator has found the operands to be of one type, and pushed a result of it.
            let ty = self.validator.get_operand_type(0).flatten();
            self.select(ty.expect("validated"))?;
        }
        Ok(())
    }
    fn visit_typed_select(&mut self, ty: ValType) -> Outcome {
        if self.reachable {
            self.select(ty)?;
        }
        Ok(())
    }
    fn visit_typed_select_multi(&mut self, _: Vec<ValType>) -> Outcome {
        Err(unsupported("select with several results"))
    }
    fn visit_i32_const(&mut self, value: i32) -> Outcome {
        self.constant(Const::I32(value))
    }
    fn visit_i64_const(&mut self, value: i64) -> Outcome {
        self.constant(Const::I64(value))
    }
    fn visit_f32_const(&mut self, value: Ieee32) -> Outcome {
        self.constant(Const::F32(value.bits()))
    }
    fn visit_f64_const(&mut self, value: Ieee64) -> Outcome {
        self.constant(Const::F64(value.bits()))
    }

    // ---- variables

    fn visit_local_get(&mut self, local: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.local_get(local);
            self.push(value);
        }
        Ok(())
    }
    fn visit_local_set(&mut self, local: u32) -> Outcome {
        if self.reachable {
            let value = self.pop();
            self.emit.local_set(local, value);
        }
        Ok(())
    }
    fn visit_local_tee(&mut self, local: u32) -> Outcome {
        if self.reachable {
            let value = self.pop();
            let value = self.emit.local_tee(local, value);
            self.push(value);
        }
        Ok(())
    }
    fn visit_global_get(&mut self, global: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.global_get(GlobalIndex::from_u32(global));
            self.push(value);
        }
        Ok(())
    }
    fn visit_global_set(&mut self, global: u32) -> Outcome {
        if self.reachable {
            let value = self.pop();
            self.emit.global_set(GlobalIndex::from_u32(global), value);
        }
        Ok(())
    }

    // ---- memories

    fn visit_memory_size(&mut self, memory: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.memory_size(MemoryIndex::from_u32(memory));
            self.push(value);
        }
        Ok(())
    }
    fn visit_memory_grow(&mut self, memory: u32) -> Outcome {
        if self.reachable {
            let delta = self.pop();
            let value = self.emit.memory_grow(MemoryIndex::from_u32(memory), delta);
            self.push(value);
        }
        Ok(())
    }
    fn visit_memory_copy(&mut self, to: u32, from: u32) -> Outcome {
        if self.reachable {
            let (to, from) = (MemoryIndex::from_u32(to), MemoryIndex::from_u32(from));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .memory_copy(to, from, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_memory_fill(&mut self, memory: u32) -> Outcome {
        if self.reachable {
            let [offset, byte, length] = self.pop_n();
            self.emit
                .memory_fill(MemoryIndex::from_u32(memory), offset, byte, length);
        }
        Ok(())
    }
    fn visit_memory_init(&mut self, segment: u32, memory: u32) -> Outcome {
        if self.reachable {
            let (memory, segment) = (MemoryIndex::from_u32(memory), DataIndex::from_u32(segment));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .memory_init(memory, segment, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_data_drop(&mut self, segment: u32) -> Outcome {
        if self.reachable {
            self.emit.data_drop(DataIndex::from_u32(segment));
        }
        Ok(())
    }

    // ---- references and tables

    fn visit_ref_null(&mut self, ty: HeapType) -> Outcome {
        if self.reachable {
            let ty = reference_type(ty)?;
            let value = self.emit.ref_null(ty);
            self.push(value);
        }
        Ok(())
    }
    fn visit_ref_is_null(&mut self) -> Outcome {
        if self.reachable {
            let ty = match self.operand.expect("validated") {
                // What `ref.func` gives is a reference to that function's type, which no value of ours distinguishes.
                ValType::Ref(ty) if ty.is_concrete_type_ref() => Type::FuncRef,
                ty => value_type(ty)?,
            };
            let reference = self.pop();
            let value = self.emit.ref_is_null(ty, reference);
            self.push(value);
        }
        Ok(())
    }
    fn visit_ref_func(&mut self, function: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.ref_func(FunctionIndex::from_u32(function));
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_get(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let index = self.pop();
            let value = self.emit.table_get(TableIndex::from_u32(table), index);
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_set(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let [index, value] = self.pop_n();
            self.emit
                .table_set(TableIndex::from_u32(table), index, value);
        }
        Ok(())
    }
    fn visit_table_size(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.table_size(TableIndex::from_u32(table));
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_grow(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let [value, delta] = self.pop_n();
            let value = self
                .emit
                .table_grow(TableIndex::from_u32(table), value, delta);
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_fill(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let [offset, value, length] = self.pop_n();
            self.emit
                .table_fill(TableIndex::from_u32(table), offset, value, length);
        }
        Ok(())
    }
    fn visit_table_copy(&mut self, to: u32, from: u32) -> Outcome {
        if self.reachable {
            let (to, from) = (TableIndex::from_u32(to), TableIndex::from_u32(from));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .table_copy(to, from, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_table_init(&mut self, segment: u32, table: u32) -> Outcome {
        if self.reachable {
            let (table, segment) = (TableIndex::from_u32(table), ElemIndex::from_u32(segment));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .table_init(table, segment, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_elem_drop(&mut self, segment: u32) -> Outcome {
        if self.reachable {
            self.emit.elem_drop(ElemIndex::from_u32(segment));
        }
        Ok(())
    }
}

impl<E: Emit> Driver<'_, E> {
    fn constant(&mut self, value: Const) -> Outcome {
        if self.reachable {
            let value = self.emit.constant(value);
            self.push(value);
        }
        Ok(())
    }

    fn select(&mut self, ty: ValType) -> Outcome {
        let ty = value_type(ty)?;
        let [a, b, condition] = self.pop_n();
        let value = self.emit.select(ty, condition, a, b);
        self.push(value);
        Ok(())
    }
}
