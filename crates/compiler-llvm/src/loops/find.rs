//! Innermost loops, in the form that LLVM's own passes leave them in.
//!
//! Each has one way in (a block that only jumps to the header), one way back (from the latch), and no value of it is used outside but by
//! a phi where it is left. What looks otherwise is passed over. Loops that contain another one are, too.

use std::collections::{HashMap, HashSet};

use inkwell::basic_block::BasicBlock;
use inkwell::values::{FunctionValue, InstructionOpcode, InstructionValue};
use smallvec::SmallVec;

/// Blocks of the largest loop that is looked at.
const MAX_BLOCKS: usize = 24;

/// A loop without another one in it.
pub(super) struct Loop<'ctx> {
    /// Leads into it, and nowhere else.
    pub(super) preheader: BasicBlock<'ctx>,
    /// Where each round starts.
    pub(super) header: BasicBlock<'ctx>,
    /// Where it goes on to the next one.
    pub(super) latch: BasicBlock<'ctx>,
    /// The header first, and each block behind those that lead to it.
    pub(super) blocks: Vec<BasicBlock<'ctx>>,
}

impl<'ctx> Loop<'ctx> {
    /// Whether a block is part of it.
    pub(super) fn contains(&self, block: BasicBlock<'ctx>) -> bool {
        self.blocks.contains(&block)
    }

    /// Its instructions.
    pub(super) fn instructions(&self) -> impl Iterator<Item = InstructionValue<'ctx>> {
        self.blocks
            .iter()
            .flat_map(|block| block.get_instructions())
    }
}

type Blocks<'ctx> = SmallVec<[BasicBlock<'ctx>; 4]>;

/// Where a block may go on.
pub(super) fn successors(block: BasicBlock<'_>) -> Blocks<'_> {
    let terminator = block.get_terminator().into_iter();
    let operands = terminator.flat_map(InstructionValue::get_operands);
    operands
        .flatten()
        .filter_map(|operand| operand.block())
        .collect()
}

/// The innermost loops of a function.
pub(super) fn innermost(function: FunctionValue<'_>) -> Vec<Loop<'_>> {
    let mut predecessors: HashMap<BasicBlock<'_>, Blocks<'_>> = HashMap::new();
    for block in function.get_basic_block_iter() {
        for successor in successors(block) {
            predecessors.entry(successor).or_default().push(block);
        }
    }
    let headers = function.get_basic_block_iter();
    headers
        .filter_map(|header| loop_at(header, &predecessors))
        .collect()
}

fn loop_at<'ctx>(
    header: BasicBlock<'ctx>,
    predecessors: &HashMap<BasicBlock<'ctx>, Blocks<'ctx>>,
) -> Option<Loop<'ctx>> {
    let &[one, other] = predecessors.get(&header)?.as_slice() else {
        return None;
    };
    // Which of the two leads into it does not matter for where they stand.
    [(one, other), (other, one)]
        .into_iter()
        .filter(|(preheader, _)| successors(*preheader).as_slice() == [header])
        .find_map(|(preheader, latch)| {
            let body = body(header, preheader, latch, predecessors)?;
            let blocks = in_order(header, &body)?;
            Some(Loop {
                preheader,
                header,
                latch,
                blocks,
            })
        })
}

/// The blocks from which the latch is reached without another round; `None` if there is another way in.
fn body<'ctx>(
    header: BasicBlock<'ctx>,
    preheader: BasicBlock<'ctx>,
    latch: BasicBlock<'ctx>,
    predecessors: &HashMap<BasicBlock<'ctx>, Blocks<'ctx>>,
) -> Option<HashSet<BasicBlock<'ctx>>> {
    let mut body = HashSet::from([header]);
    let mut open = vec![latch];
    while let Some(block) = open.pop() {
        if block == preheader || body.len() > MAX_BLOCKS {
            return None;
        }
        let terminator = block.get_terminator()?;
        if terminator.get_opcode() != InstructionOpcode::Br {
            return None;
        }
        if body.insert(block) {
            // A block without predecessors is the function's entry, or nothing leads to it.
            open.extend(predecessors.get(&block)?.iter().copied());
        }
    }
    Some(body)
}

/// The blocks in an order in which none leads to an earlier one; `None` if there is none, which is if there is a loop inside.
fn in_order<'ctx>(
    header: BasicBlock<'ctx>,
    body: &HashSet<BasicBlock<'ctx>>,
) -> Option<Vec<BasicBlock<'ctx>>> {
    let inside = |block: BasicBlock<'ctx>| {
        let next = successors(block).into_iter();
        next.filter(|next| *next != header && body.contains(next))
    };
    let mut missing: HashMap<BasicBlock<'ctx>, usize> = HashMap::new();
    for &block in body {
        for next in inside(block) {
            *missing.entry(next).or_default() += 1;
        }
    }
    let mut order = vec![header];
    let mut done = 0;
    while let Some(&block) = order.get(done) {
        done += 1;
        for next in inside(block) {
            let missing = missing.get_mut(&next)?;
            *missing -= 1;
            if *missing == 0 {
                order.push(next);
            }
        }
    }
    (order.len() == body.len()).then_some(order)
}
