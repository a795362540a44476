//! Which functions LLVM cannot optimise in a time that grows with their size.
//!
//! Some passes take time that grows with the square of something that code made by compilers has little of, and that a few
//! kilobytes can have thousands of. That is counted here, before any pass runs, and compared with the bytes of the body; a function
//! with too much of it is left as it was translated (`optnone`), which costs about as much as optimising an ordinary one
//! of its size. A function that would take many gigabytes is refused. Only the function counts, so the same module gives the same code everywhere, and the rest of its unit is
//! optimised as ever.

use inkwell::values::{
    AnyValueEnum, BasicValue, BasicValueEnum, BasicValueUse, FunctionValue, InstructionOpcode,
    InstructionValue, PointerValue,
};
use wasmill_compiler::FrameKind;

/// Bytes of the largest body that is optimised: passes that look at pairs of blocks or of instructions have to end.
const MAX_BYTES: usize = 512 << 10;
/// Most loops around one point.
const MAX_LOOPS: u32 = 50;
/// Most `if`s around one point.
const MAX_IFS: u32 = 250;
/// Bytes of body for each loop of a function that has more than [`MANY_LOOPS`].
const BYTES_PER_LOOP: usize = 24;
/// So many loops are fine in a body of any size.
const MANY_LOOPS: usize = 64;
/// What the squares of [`Extent::tests`] of all locals may add up to, for each byte of the body.
const TESTS_PER_BYTE: usize = 64;
/// Locals that may be there for each byte of the body, and so many in any case: each may need a value wherever paths meet.
const MANY_LOCALS: usize = 4096;
/// Arguments and results that any call may have.
const FEW_PASSED: usize = 16;
/// Bytes of body for each argument and result above that.
const BYTES_PER_PASSED: usize = 8;
/// Instructions of LLVM's before any pass: each takes about a kilobyte until it is machine code.
const MAX_INSTRUCTIONS: usize = 4 << 20;

/// What makes LLVM slow, counted while a function is translated.
#[derive(Debug)]
pub(crate) struct Extent {
    /// Bytes of the body.
    bytes: usize,
    loops: usize,
    loop_depth: Depth,
    if_depth: Depth,
    passed: usize,
}

/// How deep things lie in each other.
#[derive(Debug, Default)]
struct Depth {
    here: u32,
    most: u32,
}

impl Depth {
    fn enter(&mut self) {
        self.here += 1;
        self.most = self.most.max(self.here);
    }

    fn leave(&mut self) {
        self.here -= 1;
    }
}

impl Extent {
    /// Nothing yet, of a body of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            bytes,
            loops: 0,
            loop_depth: Depth::default(),
            if_depth: Depth::default(),
            passed: 0,
        }
    }

    /// Whether a function must be refused, since LLVM would take many gigabytes for it.
    pub(crate) fn is_too_large(&self, function: FunctionValue<'_>) -> bool {
        let blocks = || function.get_basic_block_iter();
        let instructions = || blocks().flat_map(|block| block.get_instructions());
        self.bytes > MAX_BYTES && instructions().nth(MAX_INSTRUCTIONS).is_some()
    }

    /// A block of this kind starts.
    pub(crate) fn enter(&mut self, kind: FrameKind) {
        if kind == FrameKind::Loop {
            self.loops += 1;
        }
        if let Some(depth) = self.depth(kind) {
            depth.enter();
        }
    }

    /// It ends.
    pub(crate) fn leave(&mut self, kind: FrameKind) {
        if let Some(depth) = self.depth(kind) {
            depth.leave();
        }
    }

    fn depth(&mut self, kind: FrameKind) -> Option<&mut Depth> {
        match kind {
            FrameKind::Loop => Some(&mut self.loop_depth),
            FrameKind::If | FrameKind::Else => Some(&mut self.if_depth),
            FrameKind::Function | FrameKind::Block => None,
        }
    }

    /// So many values go to a callee, or come from it.
    pub(crate) fn pass(&mut self, values: usize) {
        self.passed += values.saturating_sub(FEW_PASSED);
    }

    /// Whether there are so many arguments that even passes over whole units, which `optnone` does not keep away, take too long.
    pub(crate) fn has_wide_calls(&self) -> bool {
        self.passed > FEW_PASSED * FEW_PASSED + self.bytes / BYTES_PER_PASSED
    }

    /// Whether the function is too much for LLVM's passes; `locals` are its slots.
    pub(crate) fn is_extreme<'ctx>(
        &self,
        locals: impl ExactSizeIterator<Item = PointerValue<'ctx>>,
    ) -> bool {
        let bytes = self.bytes;
        bytes > MAX_BYTES
            || self.loop_depth.most > MAX_LOOPS
            || self.if_depth.most > MAX_IFS
            || self.loops > MANY_LOOPS + bytes / BYTES_PER_LOOP
            || self.has_wide_calls()
            || locals.len() > MANY_LOCALS.max(bytes)
            || tests_squared(locals) > TESTS_PER_BYTE * bytes
    }
}

/// The passes compare each test of a value with all others of it. A value that is used more than once comes from a local.
fn tests_squared<'ctx>(locals: impl Iterator<Item = PointerValue<'ctx>>) -> usize {
    locals
        .map(|local| {
            let loads = uses(local.get_first_use());
            let loads = loads.filter(|user| user.get_opcode() == InstructionOpcode::Load);
            let users = loads.flat_map(|load| uses(load.get_first_use()));
            users.filter(|user| is_test(*user)).count().pow(2)
        })
        .sum()
}

fn uses<'ctx>(first: Option<BasicValueUse<'ctx>>) -> impl Iterator<Item = InstructionValue<'ctx>> {
    let uses = std::iter::successors(first, |one| one.get_next_use());
    uses.filter_map(|one| match one.get_user() {
        AnyValueEnum::InstructionValue(user) => Some(user),
        user => BasicValueEnum::try_from(user).ok()?.as_instruction_value(),
    })
}

fn is_test(user: InstructionValue<'_>) -> bool {
    matches!(
        user.get_opcode(),
        InstructionOpcode::ICmp
            | InstructionOpcode::FCmp
            | InstructionOpcode::Select
            | InstructionOpcode::Switch
    )
}
