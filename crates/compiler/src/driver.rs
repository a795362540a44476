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
//! What operators do is in `driver/visit.rs`; regular ones come from the table in `operators.rs`. Leaving one out stops
//! the build. Operators of proposals that are not supported give an error that names the proposal; they are listed
//! nowhere.

mod visit;

use crate::control::Frame;
use crate::convert::{invalid, too_large, value_type};
use crate::{CompileError, Emit, FrameKind, FunctionBodyData, LocalRun};
use wasmill_types::{FunctionIndex, FunctionType, ModuleInfo, SignatureIndex, Type};
use wasmparser::{
    BinaryReader, BlockType, BrTable, FrameStack, FuncValidator, FuncValidatorAllocations, ValType,
    ValidatorResources, VisitOperator, VisitSimdOperator, for_each_visit_operator,
    for_each_visit_simd_operator,
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
                    self.emit.if_(condition, params, results)
                }
                _ => self.emit.block(params, results),
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
